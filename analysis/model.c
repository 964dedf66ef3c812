/* SPDX-License-Identifier: MIT */
/*
 * From memory to evidence. Everything is asked "as of" the request (rules.md A6): exchanges enter
 * when they are over, so what is remembered may have happened after the request in hand was sent.
 */

#include "analysis/model.h"

#include <stddef.h>
#include <string.h>

#include "analysis/freshness.h"
#include "analysis/rules_304.h"
#include "analysis/rules_after_304.h"
#include "analysis/rules_proxy.h"
#include "analysis/shared_cache.h"
#include "analysis/storable.h"
#include "analysis/transfers.h"
#include "analysis/variants.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)
#define HOUR_NS  (3600 * NS_PER_S)

static uint64_t scaled_cap(uint64_t cap, uint32_t scale)
{
    uint64_t n = cap * scale / 256;
    return n < 16 ? 16 : n;
}

void model_init(struct model *model, const struct analysis_options *options,
                const struct store_hooks *hooks, const struct legs_hooks *legs_hooks,
                uint32_t scale)
{
    *model = (struct model){
        .store = store_new(hooks, scale),
        .servers = server_table_new(),
        .clients = client_table_new(options->client_key,
                                    options->thresholds.same_address_connections, options->roles),
        .receipts = receipt_table_new(hooks->forget_tally, hooks->context,
                                      scaled_cap(LIMIT_RECEIPTS, scale)),
        .copies = copy_table_new(scaled_cap(LIMIT_COPIES, scale)),
        .errands = errand_table_new(scaled_cap(LIMIT_ERRANDS, scale)),
        .reloads = reload_table_new(),
        .thresholds = options->thresholds,
        .client_key = options->client_key,
        .roles = options->roles && options->roles->n ? options->roles : NULL,
        .begin_ns = INT64_MAX,
    };
    model->legs = legs_new(legs_hooks, model->store, model->roles, scale);
    model->memo = memo_new();
    arena_init(&model->scratch, 8192);
    arena_init(&model->scratch_again, 4096);
}

void model_fini(struct model *model)
{
    legs_free(model->legs);
    store_free(model->store);
    server_table_free(model->servers);
    client_table_free(model->clients);
    receipt_table_free(model->receipts);
    copy_table_free(model->copies);
    errand_table_free(model->errands);
    reload_table_free(model->reloads);
    memo_free(model->memo);
    arena_fini(&model->scratch);
    arena_fini(&model->scratch_again);
}

static void read_facts(const struct model *model, struct facts *facts, const struct exchange *x,
                       struct arena *scratch)
{
    facts_read(facts, x, scratch, model->memo);
    if (model->roles)
        facts_assign_role(facts, role_of(model->roles, &x->connection.server));
}

static struct reload reload_of(const struct facts *facts)
{
    const struct exchange *x = facts->x;
    uint64_t octets = x->request.header_bytes + x->request.body_bytes + x->response.header_bytes +
                      x->response.body_bytes;
    return (struct reload){facts->t_req0, octets > UINT32_MAX ? UINT32_MAX : (uint32_t)octets};
}

/* ---- what was lost ---- */

/* An exchange of which a half is missing, or of which we do not know what it was about, may hide a
 * response for any URL of its server (A10). */
static void note_half_seen(struct server_table *servers, struct server *server,
                           const struct facts *facts, const struct url *url)
{
    const struct exchange *x = facts->x;
    bool cut_off = x->aborted_by != ABORTED_BY_NOBODY || x->ending == ENDED_CLOSED;
    bool no_response = facts->t_rsp0 == 0 && !(cut_off && facts->request_head_whole);
    bool unread = !facts->response_head_whole && facts->t_rsp0 != 0;
    bool unknown_target = !facts->request_head_whole || slice_is_absent(url->key);
    if (x->method_token == METHOD_CONNECT || (x->flaws & FLAW(HTTP_0_9)))
        return;
    if (!no_response && !unread && !unknown_target && !(x->flaws & FLAW(PAIRING_UNSURE)))
        return;
    int64_t from = facts->t_req0 ? facts->t_req0 : facts->t_rsp0;
    int64_t until = facts->t_rsp1 && !no_response ? facts->t_rsp1 : x->finished_ns;
    server_add_loss(server, from, until > from ? until : from);
    server_add_loss(server_anywhere(servers), from, until > from ? until : from);
}

/* ---- who holds what ---- */

static void find_holder(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    if (UNLIKELY(n->meeting.client_is_proxy))
        client_note_intermediary(model->clients, &n->facts.x->connection.client);
    e->client = client_of(model->clients, &n->facts, n->url.host, &model->scratch);
    n->holder = n->meeting.is_handed_on ? 0 : e->client.id;
    if (n->holder == 0 && e->client.is_nobody && model->client_key != CLIENT_NONE)
        n->holder = hash_mix(e->client.address_id, n->facts.request.user_agent_hash) | 1;
    if (n->holder == 0)
        return;
    e->cache_is_shared = e->client.id == 0;
}

/* Does the request carry the validator of what is held? */
static bool asks_with(const struct representation *r, const struct request_facts *q)
{
    if (q->if_none_match.kind != TAG_LIST_ABSENT)
        return r->etag.valid && tag_list_has_weak(&q->if_none_match, &r->etag) == YES;
    return r->last_modified != NO_DATE && q->if_modified_since.date.seconds == r->last_modified;
}

/* Was this date issued without a tag, too? Then the client may have that response. */
static bool date_is_ambiguous(const struct resource *resource, int64_t modified)
{
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        if (r->last_modified == modified && slice_is_absent(r->etag.text))
            return true;
    }
    return false;
}

/* Does the client offer what this URL never issued? Only where all of its doings with the URL were
 * seen, or a day of the capture: what it keeps for longer, it may have from before. */
static void find_foreign(struct model *model, struct inspection *n)
{
    enum { DAY_S = 86400 };
    const struct facts *facts = &n->facts;
    const struct holding *h = n->holding ? n->holding : n->other;
    struct asker *asker = &n->evidence.asker;
    struct slice tag;
    if (!h || h->arrived_ns > facts->t_req0 ||
        (!h->began_plain && facts->t_req0 - model->begin_ns < DAY_S * NS_PER_S))
        return;
    asker->foreign = (uint8_t)issued_foreign(&n->resource->issued, store_issuers(model->store),
                                             n->resource->serial, &facts->request.if_none_match,
                                             &tag, &asker->foreign_exchange_id);
}

/* The 200, whole or not, that this client was given with the date in If-Range; of several with that
 * date the first. */
static void find_if_range(struct inspection *n)
{
    struct evidence *e = &n->evidence;
    int64_t modified = n->facts.request.if_range_date.seconds;
    uint64_t user = e->key.user;
    if (e->refs.held.representation)
        return; /* what it holds is known */
    for (uint32_t i = 0; user && i < n->resource->n_representations; i++) {
        struct representation *r = n->resource->representations[i];
        struct sighting at = sighting_begun_before(r, n->facts.t_req0);
        if (r->last_modified != modified || !at.exchange_id || at.user != user)
            continue;
        e->refs.held = (struct reference){.representation = r, .at = at, .matches = true};
        e->asker.date_is_ambiguous = r->etag.valid && date_is_ambiguous(n->resource, modified);
        return;
    }
}

static void gather_asker(struct model *model, struct inspection *n)
{
    const struct request_facts *q = &n->facts.request;
    const struct reference *held = &n->evidence.refs.held;
    struct asker *asker = &n->evidence.asker;
    if (n->evidence.client.id == 0)
        return;
    if (q->if_none_match.kind == TAG_LIST_TAGS && !n->evidence.held.asked_with)
        find_foreign(model, n);
    if (q->if_none_match.kind != TAG_LIST_ABSENT || !n->evidence.held.asked_with)
        return;
    asker->sends_tags = store_client_sends_tags(model->store, n->holder);
    asker->date_is_ambiguous = date_is_ambiguous(n->resource, held->representation->last_modified);
}

/* Was this tag only ever given with no-store? */
static bool is_only_no_store(const struct resource *resource, const struct representation *held)
{
    if (LIKELY(cache_control_says(&held->cc, CC_NO_STORE) != YES))
        return false;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        const struct cache_control *cc = &r->cc;
        if (entity_tag_weak_equal(&r->etag, &held->etag) &&
            (cache_control_says(cc, CC_NO_STORE) != YES ||
             cache_control_has(cc, CC_MUST_UNDERSTAND)))
            return false;
    }
    return true;
}

/* Would it be stale if the 304s since had not been? Its own Age is not kept: reckoned without, it
 * is younger. */
static bool is_stale_by_200(const struct holding *h, int64_t now_ns, int64_t skew_s,
                            int64_t guard_s, enum cache_kind kind)
{
    struct freshness f = representation_freshness(h->representation);
    f.t_req0 = f.t_rsp0 = h->arrived_ns;
    f.age = 0;
    return !freshness_is_fresh(&f, now_ns, skew_s, guard_s, kind, GENEROUS);
}

/* What the 304s since the 200 did, as far as this request bears on it. */
static void gather_after_304(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct evidence *e = &n->evidence;
    const struct holding *h = n->holding;
    enum cache_kind kind = e->cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE;
    if (!h->after)
        return;
    n->after = *h->after;
    e->held.after = &n->after;
    e->held.fresh_by_304 =
        e->held.fresh && is_stale_by_200(h, facts->t_req0, server_skew_s(n->server),
                                         model->thresholds.guard_s, kind);
    if (e->held.fresh_by_304 && store_client_is_heedless(model->store, n->holder))
        n->after.heeds_nothing = true; /* whatever the 304s said */
    if (!n->after.foreign_tag ||
        !after_304_offers_foreign(&n->after, &facts->request.if_none_match) ||
        n->resource->tag_otherwise == n->after.foreign_tag)
        return; /* or it has it from a HEAD, from a part, from what it wrote */
    for (uint32_t i = 0; i < n->resource->n_representations; i++)
        if (n->resource->representations[i]->etag.valid &&
            after_304_is_foreign(&n->after, &n->resource->representations[i]->etag))
            return; /* a 200 with it was seen: who knows whom it reached */
    e->adoption = (struct adoption){
        .exchange_id = n->after.foreign_exchange_id,
        .from_ns = n->after.foreign_ns,
    };
}

static void gather_held(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct evidence *e = &n->evidence;
    struct held *held = &e->held;
    n->holding = store_holding(model->store, n->holder, n->resource, facts, &e->key,
                               &model->scratch, &n->other);
    const struct holding *h = n->holding;
    held->contact_ns = NEVER;
    held->lifetime_s = ABSENT_NUMBER;
    if (!h || h->arrived_ns > facts->t_req0)
        return;
    const struct representation *r = h->representation;
    n->held_in_time = held->known = true;
    e->refs.held = (struct reference){
        .representation = n->holding->representation,
        .at = {.exchange_id = h->exchange_id,
               .t_rsp0 = h->arrived_ns,
               .t_rsp1 = h->arrived_ns,
               .date = holding_clock(h, false)->date},
        .matches = asks_with(r, &facts->request),
    };
    held->is_stored = h->is_stored && (!e->cache_is_shared || representation_may_be_shared(r));
    held->asked_with = e->refs.held.matches;
    e->kept_no_store = held->asked_with && !holding_has_policy(h) && !e->cache_is_shared &&
                       facts->request.if_none_match.kind == TAG_LIST_TAGS &&
                       is_only_no_store(n->resource, r);
    if (facts->x->status == 200)
        held->same_octets = same_octets(r, facts, &held->octets_inferred);
    else
        held->same_octets = UNKNOWN;
    held->arrived_ns = h->arrived_ns;
    held->stored_s = (facts->t_req0 - h->arrived_ns) / NS_PER_S;
    held->run = h->run + (held->same_octets == YES);
    held->run_from_ns = h->run_from_ns;
    held->had_origin = h->had_origin;
    held->by_prefetch = h->by_prefetch;
    held->same_partition = partition_same(h->partition, facts->request.partition);
    if (h->contact_ns > facts->t_req0)
        return; /* a validation overlaps with this request: what was known then is not kept */
    held->contact_ns = h->contact_ns;
    held->stale_on_arrival = h->stale_on_arrival;

    enum cache_kind kind = e->cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE;
    int64_t skew_s = server_skew_s(n->server), guard_s = model->thresholds.guard_s;
    struct freshness strict = holding_freshness(h, true);
    struct lifetime lifetime = freshness_lifetime(&strict, kind, STRICT);
    if (lifetime.must_validate)
        held->lifetime_s = 0;
    else if (lifetime.kind == LIFETIME_EXPLICIT)
        held->lifetime_s = lifetime.seconds;
    if (!held->is_stored || h->ambiguous)
        return;
    struct freshness lenient = holding_freshness(h, false);
    held->fresh = freshness_state_explicit(&strict, facts->t_req0, skew_s, guard_s, kind) == YES &&
                  freshness_state_explicit(&lenient, facts->t_req0, skew_s, guard_s, kind) == YES;
    if (freshness_lifetime(&strict, kind, GENEROUS).kind == LIFETIME_HEURISTIC)
        held->fresh_by_guess =
            freshness_is_fresh(&strict, facts->t_req0, skew_s, guard_s, kind, GENEROUS) &&
            freshness_is_fresh(&lenient, facts->t_req0, skew_s, guard_s, kind, GENEROUS);
    held->immutable = lifetime.immutable;
}

/* G13: it has asked with a validator that had been issued to it. */
static void notice_cache(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    bool by_tag = n->facts.request.if_none_match.kind != TAG_LIST_ABSENT;
    if (e->held.asked_with && !(by_tag ? n->holding->proved_tags : n->holding->proved)) {
        store_prove_cache(model->store, n->holder, by_tag);
        n->holding->proved = true;
        n->holding->proved_tags |= by_tag;
    }
    if (e->cache_is_shared || (n->facts.x->status == 200 && e->held.known))
        e->has_cache = store_client_has_cache(model->store, n->holder);
    e->cache = !e->cache_is_shared || e->has_cache ? n->holder : 0;
}

/* A reload that finds nothing new. */
static void gather_reload(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct evidence *e = &n->evidence;
    if (!facts->request.wants_reload || facts->x->status != 304 || !facts->request.is_conditional ||
        !e->cache || e->cache_is_shared)
        return;
    n->watch = reload_watch_of(model->reloads, e->cache);
    e->storm = reload_storm_with(n->watch, reload_of(facts), &model->thresholds);
}

/* ---- what a 304 is held against ---- */

/* What is known of the URL besides its 200s. */
static void gather_history(const struct resource *resource, struct evidence *e)
{
    e->unsafe_ns = resource->unsafe_ns;
    for (uint32_t i = 0; i < resource->n_representations; i++)
        if (representation_latest(resource->representations[i])->t_rsp0 > e->latest_200_ns)
            e->latest_200_ns = representation_latest(resource->representations[i])->t_rsp0;
}

/* ---- what a 200 is held against ---- */

/* The same octets of the same variant: another variant has validators of its own. */
static bool has_these_octets(struct model *model, const struct inspection *n,
                             const struct representation *r)
{
    const struct facts *facts = &n->facts;
    return facts->body_is_comparable && digest_is_set(r->digest) &&
           digest_equal(r->digest, facts->x->response.digest) &&
           slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING),
                              facts->response.content_encoding) &&
           representation_answers(r, facts, &n->evidence.key, VARY_CANON, &model->scratch) == YES;
}

/* A 200 with these octets under another tag, which the client offered; and how that tag behaves. */
static void find_offered(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct evidence *e = &n->evidence;
    const struct entity_tag *tag = &facts->response.etag;
    if (facts->request.if_none_match.kind != TAG_LIST_TAGS)
        return;
    e->tag_values = 1;
    for (uint32_t i = 0; i < n->resource->n_representations; i++) {
        struct representation *r = n->resource->representations[i];
        if (!r->etag.valid || !has_these_octets(model, n, r))
            continue;
        if (entity_tag_weak_equal(&r->etag, tag))
            e->tag_seen_before = true;
        else
            e->tag_values++;
        struct sighting at = sighting_before(r, facts->t_req0);
        if (!e->refs.offered.representation && at.exchange_id &&
            tag_list_has_weak(&facts->request.if_none_match, &r->etag) == YES)
            e->refs.offered = (struct reference){r, at, true, false};
    }
    if (e->refs.offered.representation && n->server->deploy_from_ns != NEVER &&
        facts->t_rsp0 - n->server->deploy_from_ns < 600 * NS_PER_S)
        e->deploy_urls = n->server->deploy_urls;
}

/* A 200 with these octets under another date, by which the client asked. Tags, where there are any,
 * come first. */
static void find_offered_by_date(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct evidence *e = &n->evidence;
    const struct date_fact *since = &facts->request.if_modified_since;
    int64_t modified = facts->response.last_modified.date.seconds;
    if (facts->request.if_none_match.kind != TAG_LIST_ABSENT || !date_is_valid(since) ||
        modified == NO_DATE || modified == since->date.seconds)
        return;
    for (uint32_t i = 0; i < n->resource->n_representations; i++) {
        struct representation *r = n->resource->representations[i];
        if (r->etag.valid || r->last_modified == NO_DATE || !has_these_octets(model, n, r))
            continue;
        if (r->last_modified == modified)
            e->date_seen_before = true;
        struct sighting at = sighting_before(r, facts->t_req0);
        if (!e->refs.offered.representation && at.exchange_id &&
            r->last_modified == since->date.seconds)
            e->refs.offered = (struct reference){r, at, true, false};
    }
}

/* Does the variant stand still? Compares with the latest 200 of the same variant. */
static void measure_change(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct change_count *c = &n->resource->changing;
    if (facts->x->status == 304) {
        n->unchanged = true;
    } else {
        for (uint32_t i = 0; i < n->resource->n_representations; i++) {
            const struct representation *r = n->resource->representations[i];
            bool inferred = false;
            if (!is_comparable(r, facts, &n->evidence.key, &model->scratch))
                continue;
            enum truth same = same_octets(r, facts, &inferred);
            n->unchanged = same == YES;
            n->changed = same == NO || (same == UNKNOWN &&
                                        !entity_tag_weak_equal(&r->etag, &facts->response.etag));
            break;
        }
    }
    int64_t span_ns = c->from_ns == NEVER ? 0 : facts->t_rsp0 - c->from_ns;
    n->evidence.pace = (struct pace){
        .span_s = span_ns > 0 ? span_ns / NS_PER_S : 0,
        .changes = c->changes + n->changed,
        .unchanged = c->unchanged + n->unchanged,
    };
}

/* The URL without its changing parameters, and whether these octets came under another value. */
static void measure_busting(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct facts *facts = &n->facts;
    if (slice_is_absent(n->url.query) || !facts->body_is_comparable || n->holder == 0 ||
        facts->request.is_conditional)
        return;
    struct url_bare bare = url_without_busters(&n->url, &model->scratch);
    struct slice told =
        head_joined(&facts->x->response.head, FIELD_NO_VARY_SEARCH, &model->scratch);
    if (!slice_is_absent(told) &&
        !slice_equal(url_no_vary_search(&n->url, told, &model->scratch), n->url.key))
        return; /* the origin says which parameters mean nothing: caches may know */
    if ((bare.busters == 0 && !bare.is_signed) || e->held.known || n->resource->shared_by_clients ||
        (n->resource->asked_by && n->resource->asked_by != n->holder))
        return;
    n->buster = store_buster(model->store, n->holder, digest_of(bare.key));
    bool goes_on = n->buster->values && digest_equal(n->buster->body, facts->x->response.digest);
    e->busting = (struct busting){
        .applies = true,
        .is_signed = bare.is_signed,
        .values = goes_on ? n->buster->values + (n->buster->last_serial != n->resource->serial) : 1,
        .exchange_id = n->buster->exchange_id,
    };
    if (goes_on)
        e->busting.first_is_fresh =
            freshness_state_explicit(&n->buster->freshness, facts->t_req0, server_skew_s(n->server),
                                     model->thresholds.guard_s, PRIVATE_CACHE) == YES;
}

/* Has this client's user got what others were given as theirs alone? */
static void measure_sharing(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct oddities *odd = n->resource->oddities;
    if (!facts->body_is_comparable || n->holder == 0 || !facts->request.cookie_hash ||
        !cache_control_has(&facts->response.cc, CC_PRIVATE) ||
        cache_control_has(&facts->response.cc, CC_NO_STORE))
        return;
    n->evidence.users = 1;
    if (!odd || !digest_equal(odd->users.body, facts->x->response.digest))
        return;
    const struct users *u = &odd->users;
    n->evidence.users = 0;
    for (uint32_t i = 0; i < u->count; i++)
        if (u->cookie[i] == facts->request.cookie_hash || u->client[i] == n->holder)
            return;
    n->evidence.users = u->count + 1;
    n->evidence.first_user_exchange_id = u->count ? u->exchange_id : 0;
}

/* A20: how many members echo a tag that was issued malformed. */
static unsigned count_echoes(const struct resource *resource, const struct tag_list *list)
{
    const struct oddities *odd = resource->oddities;
    struct slice rest = list->text;
    struct entity_tag member;
    unsigned echoes = 0;
    while (odd && tag_list_next(&rest, &member)) {
        if (member.valid)
            continue;
        for (unsigned i = 0; i < odd->n_mangled && i < COUNT_OF(odd->mangled); i++)
            echoes += odd->mangled[i] == hash64_stable(member.text);
    }
    return echoes;
}

/* ---- both sides of a proxy ---- */

/* The cache that an exchange went through: an address may stand for many. */
static uint64_t endpoint_of(const struct exchange *x)
{
    const struct connection_facts *c = &x->connection;
    return hash_mix(hash64_stable(slice_of(&c->server, sizeof c->server)), c->server_port);
}

/* Signs by which the nodes behind one address name themselves. */
static uint64_t node_of(const struct facts *facts)
{
    const struct head *head = &facts->x->response.head;
    return hash_mix(hash64_stable(head_first(head, FIELD_X_SERVED_BY)),
                    hash64_stable(facts->response.via));
}

static const struct facts *facts_of(const struct exchange *x, struct arena *scratch)
{
    struct facts *facts = arena_alloc(scratch, sizeof *facts);
    facts_read(facts, x, scratch, NULL);
    return facts;
}

/* What the pair says, when it enters and again when it is closed. */
static void gather_pair(struct model *model, struct evidence *e, struct arena *scratch)
{
    const struct outer_leg *o = e->outer;
    if (!o)
        return;
    const struct inner_leg *i = o->inner ? o->inner : o->hit.stored;
    if (o->inner)
        e->inner = facts_of(kept_read(o->inner->kept, scratch), scratch);
    if (o->inner && o->inner->freshens)
        e->freshened = &kept_read(o->inner->freshens->kept, scratch)->response.head;
    if (i)
        e->upstream = server_find(model->servers, &i->leg.server);
}

static void gather_legs(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    struct outer_leg *o = n->meeting.outer;
    e->outer = o;
    if (o && !o->inner && !o->is_crowded && n->facts.is_get && n->facts.is_paired &&
        n->facts.x->status == 200)
        shared_cache_find(o, n->meeting.as_outer, e, &model->scratch);
    gather_pair(model, e, &model->scratch);
}

/* A change that passed the same cache as this exchange. */
static void gather_change(struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct oddities *odd = n->resource->oddities;
    if (LIKELY(!odd) || odd->unsafe[0].exchange_id == 0)
        return;
    const struct unsafe_change *changes = odd->unsafe;
    uint64_t endpoint = endpoint_of(n->facts.x);
    e->node = node_of(&n->facts);
    for (unsigned i = 0; i < COUNT_OF(odd->unsafe); i++)
        if (changes[i].exchange_id && changes[i].endpoint == endpoint)
            e->unsafe = changes[i];
}

static bool may_be_for_others(const struct representation *r)
{
    return cache_control_says(&r->cc, CC_PUBLIC) != NO ||
           cache_control_says(&r->cc, CC_S_MAXAGE) != NO ||
           cache_control_says(&r->cc, CC_MUST_REVALIDATE) != NO || r->targeted;
}

/* Was this response here once before, from this endpoint: by tag, Date and Age? */
static uint64_t first_seen_as(const struct representation *r, const struct facts *facts)
{
    const struct connection_facts *c = &facts->x->connection;
    struct sighting at = sighting_before(r, facts->t_req0);
    int64_t apart_s = (facts->t_rsp0 - at.t_rsp0) / NS_PER_S - facts->response.age;
    bool same = at.exchange_id && at.date == facts->response.date.date.seconds &&
                entity_tag_weak_equal(&r->etag, &facts->response.etag) &&
                r->server_port == c->server_port && address_equal(&r->server, &c->server);
    return same && apart_s <= 3 && apart_s >= -3 ? at.exchange_id : 0;
}

/* Has it come for a request that this one may be answered like? What is stored of that may have
 * been validated since by a request with Authorization, whose Date it then bears (§4.3.4). */
static bool was_stored_for_all(const struct representation *r, const struct inspection *n)
{
    uint64_t authorization = r->request.authorization;
    return (!authorization || authorization == n->evidence.key.authorization ||
            may_be_for_others(r)) &&
           entity_tag_weak_equal(&r->etag, &n->facts.response.etag) &&
           sighting_before(r, n->facts.t_req0).exchange_id != 0;
}

/* §3.5: what was stored for a request with Authorization, and is used for another one. */
static void find_authorized(struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct response_facts *r = &n->facts.response;
    if (LIKELY(r->age_state != AGE_VALID || r->age <= 0) || !date_is_valid(&r->date))
        return;
    for (uint32_t i = 0; i < n->resource->n_representations; i++) {
        const struct representation *seen = n->resource->representations[i];
        if (was_stored_for_all(seen, n)) {
            e->authorized_exchange_id = 0;
            return;
        }
        uint64_t id = first_seen_as(seen, &n->facts);
        if (id)
            e->authorized_exchange_id = id;
    }
}

/* ---- variants ---- */

/* The client has these octets, and cannot use them for this request. */
static bool find_own_fragment(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct holding *h = n->other;
    bool inferred = false;
    if (!h || e->held.known || h->arrived_ns > n->facts.t_req0 || !h->is_stored ||
        same_octets(h->representation, &n->facts, &inferred) != YES || inferred)
        return false;
    e->fragmented_by = variants_fragmenting(h->representation, &n->facts, &model->scratch);
    if (slice_is_absent(e->fragmented_by))
        return false;
    e->held.same_partition = partition_same(h->partition, n->facts.request.partition);
    e->held.stored_s = (n->facts.t_req0 - h->arrived_ns) / NS_PER_S;
    e->held.by_prefetch = h->by_prefetch;
    e->refs.fragment = (struct reference){
        .representation = n->other->representation,
        .at = {.exchange_id = h->exchange_id, .t_rsp0 = h->arrived_ns, .t_rsp1 = h->arrived_ns},
        .matches = true,
    };
    return true;
}

static void find_fragment(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    if (find_own_fragment(model, n) || cache_control_says(&n->facts.response.cc, CC_PRIVATE) != NO)
        return;
    struct representation *r = variants_of_equal_octets(n->resource, &n->facts, &e->fragments,
                                                        &e->fragmented_by, &model->scratch);
    if (!r || !representation_may_be_shared(r) || r->first.t_rsp1 > n->facts.t_req0)
        return;
    e->refs.fragment = (struct reference){.representation = r, .at = r->first};
}

static void find_variants(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct facts *facts = &n->facts;
    if (n->resource->n_representations == 0)
        return;
    e->refs.variant = variants_find(n->resource, facts, &e->key, &model->scratch);
    if (UNLIKELY(facts->response.has_vary) && facts->body_is_comparable && !facts->is_excluded)
        find_fragment(model, n);
}

/* ---- the evidence ---- */

static void gather_304(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    e->is_defective_304 = is_defective_304(&n->facts);
    references_find(&e->refs, n->resource, &n->facts, &e->key, &model->scratch);
    const struct representation *p = e->refs.before.representation;
    if (p && !address_equal(&p->server, &n->server->address))
        e->reference_server = server_of(model->servers, &p->server, n->facts.x->finished_ns);
    struct resource *r = n->resource;
    if (e->key.has_cookie && p && e->refs.before.matches)
        e->ignores_cookies = variants_ignore_cookies(r, p);
    n->habit = r->habit = habit_of(model->servers, n->server, r->pattern_hash, r->habit);
    e->habit = n->habit;
    gather_history(r, e);
    if (r->base.exchange_id && r->base.t_rsp1 <= n->facts.t_req0)
        e->status_before = r->base;
}

/* What a PUT found: the latest 200 of the URL, where no unsafe request has been answered since. */
static void find_existing(struct inspection *n)
{
    const struct resource *resource = n->resource;
    struct reference *existing = &n->evidence.refs.before;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        struct sighting at = sighting_before(r, n->facts.t_req0);
        if (at.exchange_id && at.t_req0 > resource->unsafe_ns &&
            r->server_port == n->facts.x->connection.server_port &&
            address_equal(&r->server, &n->server->address) && at.t_rsp0 > existing->at.t_rsp0)
            *existing = (struct reference){.representation = r, .at = at, .matches = true};
    }
}

static void look_up(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    const struct facts *facts = &n->facts;
    uint16_t status = facts->x->status;
    n->resource = store_resource(model->store, &n->url);
    store_expect_holding(model->store, n->holder, n->resource);
    e->came_back = n->resource->came_back;
    e->key = request_key_of(model->store, facts, &model->scratch);
    if (n->holder)
        e->key.user = hash_mix(n->holder, facts->request.cookie_hash) | 1;
    e->held.contact_ns = NEVER;
    e->held.lifetime_s = ABSENT_NUMBER;
    gather_change(n);
    if (status == 304 && facts->is_paired)
        gather_304(model, n);
    if (UNLIKELY(facts->x->method_token == METHOD_PUT) &&
        facts->request.if_none_match.kind == TAG_LIST_STAR)
        find_existing(n);
    if ((!facts->is_get && !facts->is_head) || !facts->is_paired)
        return;
    if (n->holder && facts->is_get && (status == 200 || status == 304)) {
        gather_held(model, n);
        notice_cache(model, n);
        gather_asker(model, n);
        if (e->held.contact_ns != NEVER)
            gather_after_304(model, n);
        e->adoption.has_client = e->cache != 0;
        gather_reload(model, n);
    }
    if (UNLIKELY(status == 206) && facts->is_get)
        e->fields.lacked =
            references_find_whole(&e->refs, n->resource, facts, &e->key, &model->scratch);
    if (status == 200 && facts->is_get) {
        references_find_same_tag(&e->refs, n->resource, facts);
        find_offered(model, n);
        find_authorized(n);
        find_offered_by_date(model, n);
        measure_busting(model, n);
        measure_sharing(n);
        find_variants(model, n);
    }
    if (UNLIKELY(facts->request.if_range == IF_RANGE_DATE) && facts->is_get && e->client.id)
        find_if_range(n);
    if (facts->is_get && (status == 200 || status == 304))
        measure_change(model, n);
    if (n->holder && facts->is_get)
        transfers_gather(model, n);
    if (facts->request.if_none_match.malformed)
        e->mangled_echo = count_echoes(n->resource, &facts->request.if_none_match);
}

void model_inspect(struct model *model, const struct exchange *x, uint64_t id, struct inspection *n)
{
    arena_reset(&model->scratch);
    memset(n, 0, offsetof(struct inspection, facts));
    uint64_t client = client_expect(model->clients, x);
    read_facts(model, &n->facts, x, &model->scratch);
    client_expect_more(model->clients, client);
    n->url = url_of(x, &model->scratch);
    uint64_t resource = store_expect(model->store, n->url.key);
    n->server = server_of(model->servers, &x->connection.server, x->finished_ns);
    note_half_seen(model->servers, n->server, &n->facts, &n->url);
    if (n->facts.t_req0 && n->facts.t_req0 < model->begin_ns)
        model->begin_ns = n->facts.t_req0;
    struct evidence *e = &n->evidence;
    e->facts = &n->facts;
    e->x = x;
    e->thresholds = &model->thresholds;
    e->id = id;
    e->url = &n->url;
    e->server = n->server;
    e->anywhere = server_anywhere(model->servers);
    e->refs.same_octets_ns = NEVER;
    e->latest_200_ns = e->unsafe_ns = NEVER;
    e->heard_until_ns = x->finished_ns;
    legs_meet(model->legs, &n->meeting, &n->facts, &n->url, id, model->servers);
    if (!slice_is_absent(x->request.head.bytes))
        find_holder(model, n);
    store_expect_more(model->store, resource);
    if (!slice_is_absent(n->url.key))
        look_up(model, n);
    gather_legs(model, n);
    references_take(&n->evidence.refs);
}

void model_release(struct model *model, struct inspection *n)
{
    references_drop(&n->evidence.refs, model->store);
    legs_part(model->legs, &n->meeting);
}

struct dossier model_dossier(struct model *model, const struct inspection *n, int64_t clock_ns)
{
    const struct evidence *e = &n->evidence;
    struct dossier dossier = {
        .refs = e->refs,
        .status_before = e->status_before,
        .held = e->held,
        .adoption = e->adoption,
        .asker = e->asker,
        .unsafe = e->unsafe,
        .server = n->server,
        .habit = n->habit,
        .node = e->node,
        .authorized_exchange_id = e->authorized_exchange_id,
        .fields = e->fields,
        .mangled_echo = e->mangled_echo,
        .cache_is_shared = e->cache_is_shared,
        .is_shared_address = e->client.shared_address,
        .came_back = e->came_back,
    };
    dossier.held.after = NULL;
    if (e->reference_server)
        dossier.reference_server =
            server_of(model->servers, &e->reference_server->address, clock_ns);
    if (n->habit) {
        dossier.habit_server = n->habit->server;
        dossier.habit_pattern = n->habit->pattern;
    }
    return dossier;
}

void model_inspect_again(struct model *model, const struct accused *accused, int64_t heard_until_ns,
                         bool closing, struct inspection *n)
{
    arena_reset(&model->scratch_again);
    memset(n, 0, offsetof(struct inspection, facts));
    const struct exchange *x = kept_read(accused->kept, &model->scratch_again);
    struct dossier dossier = accused_dossier(accused);
    read_facts(model, &n->facts, x, &model->scratch_again);
    n->server = dossier.server;
    n->evidence = (struct evidence){
        .facts = &n->facts,
        .x = x,
        .thresholds = &model->thresholds,
        .id = accused->exchange_id,
        .server = dossier.server,
        .anywhere = server_anywhere(model->servers),
        .reference_server = dossier.reference_server,
        .key = accused->key,
        .cache_is_shared = dossier.cache_is_shared,
        .held = dossier.held,
        .adoption = dossier.adoption,
        .refs = dossier.refs,
        .status_before = dossier.status_before,
        .latest_200_ns = NEVER,
        .unsafe_ns = NEVER,
        .fields = dossier.fields,
        .asker = dossier.asker,
        .client.shared_address = dossier.is_shared_address,
        .came_back = dossier.came_back,
        .outer = accused->outer,
        .unsafe = dossier.unsafe,
        .node = dossier.node,
        .authorized_exchange_id = dossier.authorized_exchange_id,
        .mangled_echo = dossier.mangled_echo,
        .heard_until_ns = heard_until_ns,
        .closing = closing,
    };
    if (accused->news) {
        n->evidence.status_after = accused->news->status;
        if (accused->news->after.representation)
            n->evidence.refs.after = accused->news->after;
    }
    gather_pair(model, &n->evidence, &model->scratch_again);
    struct references *refs = &n->evidence.refs;
    struct resource *resource = store_find_resource(model->store, accused->url_key);
    if (!resource)
        n->evidence.came_back = true; /* as good as: what was known of it was pushed out */
    if (n->facts.x->status != 304) {
        if (resource)
            references_find_same_tag(refs, resource, &n->facts);
        return;
    }
    n->evidence.is_defective_304 = is_defective_304(&n->facts);
    /* What entered late may lie closer to the 304 in time. */
    if (resource) {
        references_find(refs, resource, &n->facts, &accused->key, &model->scratch_again);
        gather_history(resource, &n->evidence);
        n->evidence.tags_alternate =
            validators_alternate(refs, resource, &n->facts, &accused->key, &model->scratch_again);
    }
    int64_t seen = dossier.server->date_seen_ns;
    n->evidence.server_has_clock = seen != NEVER && seen >= n->facts.t_rsp0 - HOUR_NS;
    const struct habit *habit = dossier.habit;
    if (habit && (habit->server != dossier.habit_server || habit->pattern != dossier.habit_pattern))
        habit = NULL; /* forgotten in the meantime */
    n->evidence.fields = field_sets_of(resource, habit, &n->facts, &accused->key,
                                       evidence_begins_ns(refs, &n->facts), &model->scratch_again);
}

bool model_is_reference(struct model *model, const struct accused *accused,
                        struct representation *shown, struct reference *reference)
{
    const struct sighting *at = representation_latest(shown);
    if (at->t_req0 < accused->t_rsp1 ||
        shown->request.accept_encoding != accused->key.accept_encoding ||
        shown->request.authorization != accused->key.authorization ||
        shown->request.has_range != accused->key.has_range ||
        responders_differ((enum responder_class)shown->responder, accused->responder))
        return false;
    struct facts facts;
    arena_reset(&model->scratch_again);
    read_facts(model, &facts, kept_read(accused->kept, &model->scratch_again),
               &model->scratch_again);
    if (!is_comparable(shown, &facts, &accused->key, &model->scratch_again))
        return false;
    *reference = (struct reference){
        .representation = shown,
        .at = *at,
        .matches = reference_matches(shown, &facts),
        .other_user = shown->request.has_cookie != accused->key.has_cookie ||
                      shown->request.has_origin != accused->key.has_origin,
    };
    return true;
}

struct size_estimate model_size_of_304(const struct inspection *n)
{
    return size_of_304(n->resource ? &n->resource->sizes : NULL,
                       n->family ? &n->family->sizes : NULL, &n->server->sizes, &n->facts);
}

enum outcome model_outcome(const struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct held *held = &n->evidence.held;
    if (!facts->is_get || !facts->is_paired || !n->resource)
        return OUTCOME_OTHER;
    if (facts->x->status == 304)
        return facts->request.is_conditional ? OUTCOME_NOT_MODIFIED : OUTCOME_OTHER;
    if (facts->x->status != 200 || n->holder == 0)
        return OUTCOME_OTHER;
    bool conditional = facts->request.is_conditional;
    if (!held->known) {
        if (!n->other || n->other->arrived_ns > facts->t_req0)
            return OUTCOME_FIRST;
        return conditional ? OUTCOME_REFRESHED_CHANGED : OUTCOME_REFETCHED_CHANGED;
    }
    if (held->same_octets == UNKNOWN)
        return OUTCOME_OTHER;
    if (held->same_octets == YES)
        return conditional ? OUTCOME_REFRESHED_SAME : OUTCOME_REFETCHED_SAME;
    return conditional ? OUTCOME_REFRESHED_CHANGED : OUTCOME_REFETCHED_CHANGED;
}

/* ---- learning ---- */

/* How long the server took to begin its answer. A 200 counts where the URL has had a 304. */
static void learn_time(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct resource *r = n->resource;
    struct habit *habit = r ? r->habit : NULL;
    if (!habit || !facts->is_paired || !facts->is_get || facts->t_req1 == 0 ||
        facts->response.responder == RESPONDER_CACHE || facts->t_rsp0 < facts->t_req1 ||
        habit->server != n->server->entry.hash || habit->pattern != r->pattern_hash)
        return;
    int64_t ms = (facts->t_rsp0 - facts->t_req1) / 1000000;
    if (facts->x->status == 304)
        median_add(&habit->ms_to_304, ms);
    else if (facts->x->status == 200)
        median_add(&habit->ms_to_200, ms);
}

static void learn_server(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct exchange *x = facts->x;
    if (facts->t_rsp0 == 0 || !facts->response_head_whole)
        return;
    if (head_has(&x->response.head, FIELD_DATE) && facts->t_rsp0 > n->server->date_seen_ns)
        n->server->date_seen_ns = facts->t_rsp0;
    if (date_is_valid(&facts->response.date) && facts->response.age_state == AGE_ABSENT)
        median_add(&n->server->skew_ms,
                   facts->t_rsp0 / 1000000 - facts->response.date.date.seconds * 1000 - 500);
    learn_time(n);
    if (x->status != 304 || !n->resource)
        return;
    struct resource *r = n->resource;
    n->family = r->family = family_of(model->servers, n->server, r->kind, r->family);
    int64_t octets = (int64_t)x->response.header_bytes;
    median_add(&n->server->sizes, octets);
    median_add(&n->family->sizes, octets);
    median_add(&n->resource->sizes, octets);
    if (!n->habit)
        return;
    unsigned carried = due_fields_of(&x->response.head);
    for (unsigned f = 0; f < DUE_FIELDS; f++)
        if (carried >> f & 1 && facts->t_rsp0 > n->habit->carried_ns[f])
            n->habit->carried_ns[f] = facts->t_rsp0;
}

static void learn_change(struct inspection *n)
{
    struct change_count *c = &n->resource->changing;
    if (!n->facts.is_get || !n->facts.is_paired ||
        (n->facts.x->status != 200 && n->facts.x->status != 304))
        return;
    if (c->from_ns == NEVER)
        c->from_ns = n->facts.t_rsp0;
    else
        c->changes += n->changed, c->unchanged += n->unchanged;
}

static void learn_mangled(struct inspection *n)
{
    const struct entity_tag *tag = &n->facts.response.etag;
    if (slice_is_absent(tag->text) || tag->valid)
        return;
    struct oddities *odd = resource_oddities(n->resource);
    uint64_t hash = hash64_stable(tag->text);
    unsigned most = COUNT_OF(odd->mangled);
    for (unsigned i = 0; i < odd->n_mangled && i < most; i++)
        if (odd->mangled[i] == hash)
            return;
    odd->mangled[odd->n_mangled++ % most] = hash;
}

/* ... and whether the URL was written to, which may change what it answers. */
static void learn_base_status(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct resource *r = n->resource;
    n->told_base = base_status_is_told(facts);
    if (n->told_base)
        r->base = base_status_of(facts, n->evidence.id, n->evidence.key.user);
    if (facts->is_unsafe && facts->x->status >= 200 && facts->x->status < 400 &&
        facts->t_rsp1 > r->unsafe_ns)
        r->unsafe_ns = facts->t_rsp1;
}

static void learn_tag_otherwise(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    bool is_whole = facts->is_get && (facts->x->status == 200 || facts->x->status == 304);
    if (!is_whole && facts->response.etag.valid)
        n->resource->tag_otherwise = tag_opaque_hash(&facts->response.etag);
}

static void learn_asker(struct inspection *n)
{
    if (n->holder == 0)
        return;
    if (n->resource->asked_by == 0)
        n->resource->asked_by = n->holder;
    else if (n->resource->asked_by != n->holder)
        n->resource->shared_by_clients = true;
}

/* A tag that changed over equal octets: counted per server, to tell a deployment (by many URLs). */
static void learn_deployment(struct inspection *n)
{
    if (!n->evidence.refs.offered.representation)
        return;
    int64_t now = n->facts.t_rsp0;
    if (n->server->deploy_from_ns == NEVER || now - n->server->deploy_from_ns > 600 * NS_PER_S) {
        n->server->deploy_from_ns = now;
        n->server->deploy_urls = 0;
    }
    n->server->deploy_urls++;
}

static void learn_users(struct inspection *n)
{
    if (n->evidence.users == 0)
        return;
    struct users *u = &resource_oddities(n->resource)->users;
    if (n->evidence.users == 1) {
        u->body = n->facts.x->response.digest;
        u->exchange_id = n->evidence.id;
        u->count = 0;
    }
    if (u->count < COUNT_OF(u->client)) {
        u->client[u->count] = n->holder;
        u->cookie[u->count++] = n->facts.request.cookie_hash;
    }
}

static void learn_200(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    enum truth storable = storability_of(&n->facts, PRIVATE_CACHE).storable;
    n->shown =
        store_show(model->store, n->resource, &n->facts, &e->key, e->id, storable, &model->scratch);
    learn_deployment(n);
    learn_users(n);
    if (n->shown->first_client == 0)
        n->shown->first_client = n->holder;
    if (n->holder == 0 || n->facts.was_aborted) /* then it keeps what it had */
        return;
    bool again_proved = n->holding && n->holding->proved;
    bool again_tags = n->holding && n->holding->proved_tags;
    bool is_new = !n->holding && !n->other;
    bool other_began_plain = n->other && n->other->began_plain;
    n->other = NULL; /* it may be the one that makes room */
    n->holding =
        store_hold(model->store, n->holder, n->resource, n->shown, n->holding, &n->facts, e->id);
    n->holding->proved = again_proved;
    n->holding->proved_tags = again_tags;
    if (is_new)
        n->holding->began_plain =
            !n->facts.request.is_conditional && !n->facts.request.wants_reload;
    else
        n->holding->began_plain |= other_began_plain;
    n->holding->stale_on_arrival =
        arrives_stale(&n->facts, e->cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE);
    if (n->buster) {
        struct buster *b = n->buster;
        b->values = e->busting.values;
        b->last_serial = n->resource->serial;
        if (b->values == 1) {
            b->body = n->facts.x->response.digest;
            b->exchange_id = e->id;
            freshness_of(&b->freshness, &n->facts);
        }
    }
}

/* Does it ask without heed of lifetimes, or of 304s alone? */
static void learn_heed(struct model *model, struct inspection *n)
{
    const struct evidence *e = &n->evidence;
    struct after_304 *after = n->holding->after;
    if (!e->held.asked_with || !e->held.fresh || n->facts.request.wants_reload)
        return;
    if (!e->held.fresh_by_304) {
        after->heeds_nothing = true;
        store_note_heedless(model->store, n->holder);
    } else if (ignores_update(e))
        after->ignored++;
}

static void learn_304(struct model *model, struct inspection *n)
{
    if (n->watch)
        reload_watch_add(n->watch, reload_of(&n->facts), n->evidence.storm.is_storm);
    if (!n->held_in_time)
        return;
    /* It must be fit to be used in both models, and must not make the client drop what it has. */
    bool confirmed = holding_freshen(n->holding, &n->facts) && n->evidence.held.asked_with &&
                     !cache_control_has(&n->facts.response.cc, CC_NO_STORE);
    after_304_note(n->holding, &n->facts, n->evidence.id, confirmed, model->thresholds.guard_s);
    learn_heed(model, n);
    n->holding->stale_on_arrival =
        arrives_stale(&n->facts, n->evidence.cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE);
}

/* RFC 9111 §4.4: a non-error answer to an unsafe method drops what is stored for its URL and for
 * those that Location and Content-Location name on the same origin. */
static void learn_unsafe(struct model *model, struct inspection *n)
{
    const struct slice named[] = {n->facts.response.location, n->facts.response.content_location};
    store_invalidate(model->store, n->holder, n->resource);
    for (unsigned i = 0; i < COUNT_OF(named); i++) {
        if (slice_is_absent(named[i]))
            continue;
        struct url url = url_resolve(&n->url, named[i], &model->scratch);
        if (slice_is_absent(url.key) || !url_same_origin(&url, &n->url))
            continue;
        const struct resource *resource = store_find_resource(model->store, url.key);
        if (resource)
            store_invalidate(model->store, n->holder, resource);
    }
}

/* The same for whoever stored it on the way, as seen by the answers that come through there. */
static void learn_change_of_state(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct unsafe_change *changes = resource_oddities(n->resource)->unsafe;
    uint64_t endpoint = endpoint_of(facts->x);
    struct unsafe_change *change = &changes[0];
    if (change->exchange_id && change->endpoint != endpoint)
        change = &changes[1];
    if (change->exchange_id && change->endpoint == endpoint && change->t_req0 > facts->t_req0)
        return;
    *change = (struct unsafe_change){
        .exchange_id = n->evidence.id,
        .t_req0 = facts->t_req0,
        .t_rsp1 = facts->t_rsp1,
        .endpoint = endpoint,
        .node = node_of(facts),
    };
}

static void learn_clear_site_data(struct model *model, struct inspection *n)
{
    struct slice rest =
        head_joined(&n->facts.x->response.head, FIELD_CLEAR_SITE_DATA, &model->scratch);
    while (!slice_is_absent(rest)) {
        struct slice word = slice_trim(slice_cut(&rest, ','));
        if (!slice_equal(word, SLICE("\"cache\"")) && !slice_equal(word, SLICE("\"*\"")))
            continue;
        size_t origin = n->url.key.len - n->url.path.len -
                        (slice_is_absent(n->url.query) ? 0 : n->url.query.len + 1);
        store_clear_site(model->store, n->holder, slice_first(n->url.key, origin), n->facts.t_rsp1);
        return;
    }
}

static void learn_legs(struct model *model, struct inspection *n)
{
    legs_learn(model->legs, &n->meeting, &n->facts, &n->url, n->shown, n->evidence.id,
               n->evidence.client.id, &model->scratch);
}

void model_learn(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    uint16_t status = facts->x->status;
    learn_server(model, n);
    if (!n->resource || !facts->is_paired) {
        learn_legs(model, n);
        return;
    }
    learn_mangled(n);
    issued_learn(&n->resource->issued, store_issuers(model->store), n->resource->serial, facts,
                 n->evidence.id);
    learn_change(n);
    learn_base_status(n);
    learn_tag_otherwise(n);
    if (status == 200 && facts->is_get)
        learn_200(model, n);
    else if (status == 304 && facts->is_get)
        learn_304(model, n);
    learn_asker(n);
    learn_legs(model, n);
    if (facts->is_unsafe && status >= 200 && status < 400)
        learn_change_of_state(n);
    if (n->holder == 0)
        return;
    if (facts->is_get)
        transfers_learn(model, n);
    if (facts->is_unsafe && status >= 200 && status < 400)
        learn_unsafe(model, n);
    if (head_has(&facts->x->response.head, FIELD_CLEAR_SITE_DATA))
        learn_clear_site_data(model, n);
}
