/* SPDX-License-Identifier: MIT */
/*
 * Tables of URLs, of what clients hold of them, and of what is known of clients. A representation
 * is one block: the struct, its field table, both heads and the secondary key. Whatever a cap
 * pushes out is told to the hooks first, because accusations may wait on it.
 */

#include "analysis/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/terms.h"
#include "analysis/vary.h"
#include "base/alloc.h"
#include "base/attributes.h"
#include "base/heap.h"

/* A client that was seen to ask with a validator that it had been given. */
struct proof {
    struct entry entry;
    uint64_t client;
    bool by_tag, heedless;
};

/* Clear-Site-Data told this client to forget an origin. */
struct clearing {
    struct entry entry;
    uint64_t client;
    struct digest origin;
    int64_t at_ns;
};

enum { LIMIT_CLEARINGS = 4096 };

struct known_encoding {
    uint64_t raw, canonical;
};

struct store {
    struct store_hooks hooks;
    struct table resources, holdings, proofs, busters, clearings;
    uint64_t octets; /* of all representations alive */
    uint64_t serial;
    uint32_t scale;
    struct arena scratch;
    struct known_encoding encodings[64];
    struct issuers *issuers;
    uint64_t *ghosts; /* bit per hash: a URL that was pushed out; NULL until one was */
    struct store_counts counts;
};

static uint64_t scaled(const struct store *store, uint64_t cap)
{
    uint64_t n = cap * store->scale / 256;
    return n < 16 ? 16 : n;
}

struct store *store_new(const struct store_hooks *hooks, uint32_t scale)
{
    struct store *store = xcalloc(1, sizeof *store);
    store->hooks = *hooks;
    store->scale = scale;
    store->issuers = issuers_new();
    arena_init(&store->scratch, 2048);
    table_init(&store->resources);
    table_set_cap(&store->resources, scaled(store, LIMIT_RESOURCES));
    table_init(&store->holdings);
    table_set_cap(&store->holdings, scaled(store, LIMIT_HOLDINGS));
    table_init(&store->proofs);
    table_set_cap(&store->proofs, scaled(store, LIMIT_CLIENTS));
    table_init(&store->busters);
    table_set_cap(&store->busters, scaled(store, LIMIT_BUSTERS));
    table_init(&store->clearings);
    table_set_cap(&store->clearings, LIMIT_CLEARINGS);
    return store;
}

/* ---- ghosts: URLs that were pushed out ---- */

/* A Bloom filter of three bits per URL, cut from one stable hash: no result depends on the seed of
 * this run. Now and then it takes a new URL for an old one, which only ever excuses. */
enum { GHOST_HASHES = 3 };

static uint32_t ghost_bit(uint64_t hash, unsigned i)
{
    return (uint32_t)(hash >> 20 * i) & (LIMIT_GHOSTS - 1);
}
_Static_assert(LIMIT_GHOSTS <= 1u << 24, "three overlapping parts of 64 bits");

static void ghost_remember(struct store *store, struct slice key)
{
    if (!store->ghosts)
        store->ghosts = xcalloc(LIMIT_GHOSTS / 64, sizeof *store->ghosts);
    uint64_t hash = hash64_stable(key);
    for (unsigned i = 0; i < GHOST_HASHES; i++) {
        uint32_t bit = ghost_bit(hash, i);
        store->ghosts[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

static bool ghost_is_known(const struct store *store, struct slice key)
{
    if (!store->ghosts)
        return false;
    uint64_t hash = hash64_stable(key);
    for (unsigned i = 0; i < GHOST_HASHES; i++) {
        uint32_t bit = ghost_bit(hash, i);
        if (!(store->ghosts[bit / 64] >> bit % 64 & 1))
            return false;
    }
    return true;
}

/* ---- representations ---- */

void representation_drop(struct store *store, struct representation *representation)
{
    assert(representation->refs > 0);
    if (--representation->refs)
        return;
    store->octets -= representation_octets(representation);
    representation_free(representation);
}

/* Clients write the same few values over and over: the canonical form of each is hashed once. */
static uint64_t canonical_encoding(struct store *store, const struct facts *facts, uint64_t raw,
                                   struct arena *scratch)
{
    struct known_encoding *known = &store->encodings[raw % COUNT_OF(store->encodings)];
    if (known->raw != raw)
        *known =
            (struct known_encoding){raw, accept_encoding_hash(&facts->x->request.head, scratch)};
    return known->canonical;
}

struct request_key request_key_of(struct store *store, const struct facts *facts,
                                  struct arena *scratch)
{
    const struct head *head = &facts->x->request.head;
    struct request_key key = {
        .authorization = facts->request.authorization_hash,
        .has_cookie = head_has(head, FIELD_COOKIE),
        .has_origin = head_has(head, FIELD_ORIGIN),
        .has_range = head_has(head, FIELD_RANGE),
    };
    if (head_has(head, FIELD_ACCEPT_ENCODING)) {
        struct slice all = head_joined(head, FIELD_ACCEPT_ENCODING, scratch);
        key.accept_encoding_raw = hash64(all) | 1;
        key.accept_encoding = canonical_encoding(store, facts, key.accept_encoding_raw, scratch);
    }
    return key;
}

static void forget_representation(struct store *store, struct resource *resource, uint32_t at)
{
    representation_drop(store, resource->representations[at]);
    resource->n_representations--;
    memmove(&resource->representations[at], &resource->representations[at + 1],
            (resource->n_representations - at) * sizeof(struct representation *));
}

/* Puts it in front of the URL's list. */
static void bring_forward(struct resource *resource, uint32_t at)
{
    struct representation *r = resource->representations[at];
    memmove(&resource->representations[1], &resource->representations[0],
            at * sizeof(struct representation *));
    resource->representations[0] = r;
}

struct representation *store_show(struct store *store, struct resource *resource,
                                  const struct facts *facts, const struct request_key *key,
                                  uint64_t exchange_id, enum truth storable, struct arena *scratch)
{
    struct slice vary = vary_key(&facts->x->response.head, &facts->x->request.head,
                                 facts->request_head_whole, scratch);
    uint64_t signature = representation_signature(facts, key, storable, vary);
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        if (resource->representations[i]->signature != signature)
            continue;
        store->octets += representation_see(resource->representations[i], facts, key, exchange_id);
        bring_forward(resource, i);
        return resource->representations[0];
    }
    if (resource->n_representations == LIMIT_REPRESENTATIONS) {
        forget_representation(store, resource, LIMIT_REPRESENTATIONS - 1);
        store->counts.representations_evicted++;
    }
    struct representation *r =
        representation_new(facts, key, storable, vary, signature, exchange_id);
    store->octets += representation_octets(r);
    resource->representations[resource->n_representations++] = r;
    bring_forward(resource, resource->n_representations - 1);
    return r;
}

/* ---- what clients hold ---- */

/* Clients' ids come from the wire unseeded, so tables hash them anew. */
static uint64_t pair_hash(uint64_t client, uint64_t other)
{
    const uint64_t pair[] = {client, other};
    return hash64(slice_of(pair, sizeof pair));
}

static uint64_t holding_hash(uint64_t client, uint64_t serial)
{
    return pair_hash(client, serial);
}

void holding_fini(struct store *store, struct holding *holding)
{
    if (holding->representation)
        representation_drop(store, holding->representation);
    heap_give(holding->renewed, sizeof *holding->renewed);
    heap_give(holding->after, sizeof *holding->after);
}

static void forget_holding(struct store *store, struct holding *holding)
{
    if (holding->tally.first)
        store->hooks.forget_tally(store->hooks.context, &holding->tally);
    table_remove(&store->holdings, &holding->entry);
    holding_fini(store, holding);
    heap_give(holding, sizeof *holding);
}

static int64_t cleared_ns(const struct store *store, uint64_t client, struct slice origin)
{
    struct digest digest = digest_of(origin);
    uint64_t hash = pair_hash(client, digest.low);
    for (struct entry *e = table_find(&store->clearings, hash); e; e = entry_again(e)) {
        const struct clearing *c = ENTRY_OF(struct clearing, entry, e);
        if (c->client == client && digest_equal(c->origin, digest))
            return c->at_ns;
    }
    return NEVER;
}

/* "scheme://host[:port]" of a key. */
static struct slice origin_of(struct slice key)
{
    size_t slashes = 0, i = 0;
    for (; i < key.len; i++)
        if (key.at[i] == '/' && ++slashes == 3)
            break;
    return slice_first(key, i);
}

bool store_is_cleared(struct store *store, uint64_t client, const struct resource *resource,
                      int64_t arrived_ns)
{
    return store->clearings.count &&
           arrived_ns <= cleared_ns(store, client, origin_of(resource->key));
}

struct holding *store_holding(struct store *store, uint64_t client, const struct resource *resource,
                              const struct facts *facts, const struct request_key *key,
                              struct arena *scratch, struct holding **other)
{
    if (other)
        *other = NULL;
    if (!resource->was_held)
        return NULL;
    int64_t cleared = NEVER;
    if (store->clearings.count)
        cleared = cleared_ns(store, client, origin_of(resource->key));
    struct holding *best = NULL;
    struct entry *e = table_find(&store->holdings, holding_hash(client, resource->serial));
    for (; e; e = entry_again(e)) {
        struct holding *h = ENTRY_OF(struct holding, entry, e);
        if (h->client != client || h->resource != resource->serial || h->arrived_ns <= cleared)
            continue;
        bool answers =
            representation_answers(h->representation, facts, key, VARY_EXACT, scratch) == YES;
        if (answers && (!best || h->arrived_ns > best->arrived_ns))
            best = h;
        if (!answers && other && (!*other || h->arrived_ns > (*other)->arrived_ns))
            *other = h;
    }
    if (best)
        table_touch(&store->holdings, &best->entry);
    return best;
}

static struct holding_clock clock_of(const struct freshness *f)
{
    int64_t delay_us = (f->t_rsp0 - f->t_req0) / 1000;
    return (struct holding_clock){
        .t_rsp0 = f->t_rsp0,
        .date = f->date,
        .expires = f->expires,
        .delay_us = delay_us > INT32_MAX ? INT32_MAX
                    : delay_us < 0       ? 0
                                         : (int32_t)delay_us,
        .age_s = f->age > UINT32_MAX ? UINT32_MAX : (uint32_t)f->age,
    };
}

const struct holding_clock *holding_clock(const struct holding *holding, bool strict)
{
    return strict || !holding->renewed ? &holding->clock : &holding->renewed->lenient;
}

bool holding_has_policy(const struct holding *holding)
{
    return holding->renewed && holding->renewed->has_policy;
}

/* Made where there is none: as it was. */
static struct renewed *renewed_of(struct holding *holding)
{
    if (!holding->renewed) {
        holding->renewed = heap_take_zeroed(sizeof *holding->renewed);
        holding->renewed->lenient = holding->clock;
    }
    return holding->renewed;
}

struct freshness holding_freshness(const struct holding *holding, bool strict)
{
    struct freshness f = holding_has_policy(holding)
                             ? holding->renewed->policy
                             : representation_freshness(holding->representation);
    const struct holding_clock *clock = holding_clock(holding, strict);
    f.t_rsp0 = clock->t_rsp0;
    f.t_req0 = clock->t_rsp0 - (int64_t)clock->delay_us * 1000;
    f.date = clock->date;
    f.expires = clock->expires;
    f.age = clock->age_s;
    return f;
}

/* The variants of the URL that the client holds already; the oldest is the one to go. */
static struct holding *too_many(struct store *store, uint64_t client, uint64_t serial)
{
    unsigned n = 0;
    struct holding *oldest = NULL;
    for (struct entry *e = table_find(&store->holdings, holding_hash(client, serial)); e;
         e = entry_again(e)) {
        struct holding *h = ENTRY_OF(struct holding, entry, e);
        if (h->client != client || h->resource != serial)
            continue;
        n++;
        if (!oldest || h->arrived_ns < oldest->arrived_ns)
            oldest = h;
    }
    return n < LIMIT_HOLDINGS_OF_ONE ? NULL : oldest;
}

static struct holding *holding_new(struct store *store, uint64_t client, uint64_t serial)
{
    struct holding *oldest = too_many(store, client, serial);
    if (oldest)
        forget_holding(store, oldest);
    if (store->holdings.count >= scaled(store, LIMIT_HOLDINGS)) {
        forget_holding(store, ENTRY_OF(struct holding, entry, store->holdings.oldest));
        store->counts.holdings_evicted++;
    }
    struct holding *h = heap_take_zeroed(sizeof *h);
    h->client = client;
    h->resource = serial;
    table_add(&store->holdings, &h->entry, holding_hash(client, serial));
    return h;
}

uint32_t request_mode(const struct facts *facts)
{
    static const enum field_token negotiated[] = {FIELD_ACCEPT, FIELD_ACCEPT_ENCODING,
                                                  FIELD_ACCEPT_LANGUAGE};
    const struct exchange *x = facts->x;
    struct slice mode = head_first(&x->request.head, FIELD_SEC_FETCH_MODE);
    uint64_t hash = hash64(slice_of(&x->connection.server, sizeof x->connection.server));
    hash = hash_mix(hash, facts->request.cookie_hash);
    if (!slice_is_absent(facts->request.origin))
        hash = hash_mix(hash, hash64(facts->request.origin));
    if (!slice_is_absent(mode))
        hash = hash_mix(hash, hash64(mode));
    /* Whether the answer will vary with these is not known before it comes. */
    for (size_t i = 0; i < COUNT_OF(negotiated); i++) {
        struct slice wish = head_first(&x->request.head, negotiated[i]);
        if (!slice_is_absent(wish))
            hash = hash_mix(hash_mix(hash, i), hash64(wish));
    }
    return (uint32_t)hash;
}

/* The same octets once more? */
static bool continues_run(const struct holding *h, const struct representation *r)
{
    return h->representation && digest_is_set(r->digest) &&
           digest_equal(h->representation->digest, r->digest);
}

/* As if it had just come: all but the run, and the reference to the representation. */
static void holding_restart(struct holding *h, struct representation *representation,
                            const struct facts *facts, uint64_t exchange_id)
{
    struct freshness f;
    freshness_of(&f, facts);
    heap_give(h->renewed, sizeof *h->renewed);
    heap_give(h->after, sizeof *h->after);
    h->renewed = NULL;
    h->after = NULL;
    h->representation = representation;
    h->exchange_id = exchange_id;
    h->clock = clock_of(&f);
    h->arrived_ns = facts->t_rsp1;
    h->contact_ns = facts->t_rsp0;
    h->partition = facts->request.partition;
    h->is_stored = representation->storable == YES;
    h->had_origin = !slice_is_absent(facts->request.origin);
    h->by_prefetch = facts->request.is_prefetch;
    h->ambiguous = false;
}

void holding_fill(struct holding *holding, struct representation *representation,
                  const struct facts *facts, uint64_t exchange_id)
{
    *holding = (struct holding){0};
    representation_take(representation);
    holding_restart(holding, representation, facts, exchange_id);
}

struct holding *store_hold(struct store *store, uint64_t client, struct resource *resource,
                           struct representation *representation, struct holding *old,
                           const struct facts *facts, uint64_t exchange_id)
{
    assert(representation);
    uint64_t latest_id = exchange_id;
    struct holding *h = old ? old : holding_new(store, client, resource->serial);
    resource->was_held = true;
    if (!continues_run(h, representation)) {
        if (h->tally.first)
            store->hooks.forget_tally(store->hooks.context, &h->tally);
        h->run = 0;
        h->run_from_ns = facts->t_rsp0;
    }
    h->run++;
    if (h->representation == representation) {
        exchange_id = h->exchange_id;
    } else if (h->representation) {
        representation_drop(store, h->representation);
        h->representation = NULL;
    }
    if (!h->representation)
        representation_take(representation);
    holding_restart(h, representation, facts, exchange_id);
    h->latest_id = latest_id;
    h->asked_ordinal = facts->x->request.first.ordinal & ((UINT64_C(1) << 56) - 1);
    h->mode = request_mode(facts);
    return h;
}

/* rules.md 3.3, for the one stored response of this variant. */
static bool freshens_strictly(const struct holding *h, const struct facts *facts)
{
    const struct representation *r = h->representation;
    const struct response_facts *n = &facts->response;
    bool strong_tag = n->etag.valid && !n->etag.weak;
    bool has_date = n->last_modified.date.seconds != NO_DATE;
    bool held_date_is_strong = last_modified_is_strong(r->last_modified, h->clock.date) == YES;
    bool strong_date =
        has_date && (n->last_modified_is_strong == YES ||
                     (held_date_is_strong && n->last_modified.date.seconds == r->last_modified));
    if (strong_tag || strong_date)
        return (strong_tag && entity_tag_strong_equal(&r->etag, &n->etag)) ||
               (strong_date && held_date_is_strong &&
                n->last_modified.date.seconds == r->last_modified);
    if (n->etag.valid || has_date)
        return entity_tag_weak_equal(&r->etag, &n->etag) ||
               (has_date && n->last_modified.date.seconds == r->last_modified);
    return !representation_has_validator(r);
}

/* Did the request carry its validator? */
static bool freshens_leniently(const struct holding *h, const struct facts *facts)
{
    const struct representation *r = h->representation;
    const struct request_facts *q = &facts->request;
    if (q->if_none_match.kind != TAG_LIST_ABSENT)
        return tag_list_has_tolerant(&q->if_none_match, &r->etag, NULL);
    return r->last_modified != NO_DATE && q->if_modified_since.date.seconds == r->last_modified;
}

static bool same_policy(const struct freshness *a, const struct freshness *b)
{
    return cache_control_equal(&a->cc, &b->cc) && a->cc.lines == b->cc.lines &&
           cache_control_equal(&a->targeted, &b->targeted) && a->has_expires == b->has_expires &&
           a->vary_star == b->vary_star && a->last_modified == b->last_modified;
}

/* Does the 304 name in Vary what the 200 did not? From then on the stored response is for requests
 * like one of the two, and it is not known which. */
static bool varies_anew(const struct representation *r, const struct facts *facts)
{
    struct vary_walk walk = vary_walk(&facts->x->response.head);
    struct slice name;
    while (facts->response.has_vary && vary_next(&walk, &name))
        if (!vary_has(&r->head, name))
            return true;
    return false;
}

/* There is a second clock only where it differs. */
static void restart_clocks(struct holding *holding, struct holding_clock strict,
                           struct holding_clock lenient)
{
    if (holding->renewed || memcmp(&strict, &lenient, sizeof strict) != 0)
        renewed_of(holding)->lenient = lenient;
    holding->clock = strict;
}
_Static_assert(sizeof(struct holding_clock) == 32, "no holes: clocks are compared as octets");

bool holding_freshen(struct holding *holding, const struct facts *facts)
{
    bool strictly = freshens_strictly(holding, facts);
    bool leniently = freshens_leniently(holding, facts);
    holding->contact_ns = facts->t_rsp0;
    if (!strictly && !leniently)
        return false;
    if (varies_anew(holding->representation, facts))
        holding->ambiguous = true;
    struct freshness before = holding_freshness(holding, strictly);
    struct freshness after = before;
    freshness_restart(&after, facts);
    if (!same_policy(&before, &after)) {
        if (strictly != leniently)
            holding->ambiguous = true;
        renewed_of(holding)->has_policy = true;
        holding->renewed->policy = after;
    }
    struct freshness lenient = holding_freshness(holding, false);
    if (leniently)
        freshness_restart(&lenient, facts);
    restart_clocks(holding, strictly ? clock_of(&after) : holding->clock, clock_of(&lenient));
    return strictly && leniently;
}

void holding_invalidate(struct holding *holding)
{
    holding->is_stored = false;
}

void store_invalidate(struct store *store, uint64_t client, const struct resource *resource)
{
    for (struct entry *e = table_find(&store->holdings, holding_hash(client, resource->serial)); e;
         e = entry_again(e)) {
        struct holding *h = ENTRY_OF(struct holding, entry, e);
        if (h->client == client && h->resource == resource->serial)
            holding_invalidate(h);
    }
}

void store_clear_site(struct store *store, uint64_t client, struct slice origin, int64_t at_ns)
{
    struct digest digest = digest_of(origin);
    uint64_t hash = pair_hash(client, digest.low);
    for (struct entry *e = table_find(&store->clearings, hash); e; e = entry_again(e)) {
        struct clearing *c = ENTRY_OF(struct clearing, entry, e);
        if (c->client != client || !digest_equal(c->origin, digest))
            continue;
        c->at_ns = at_ns;
        table_touch(&store->clearings, e);
        return;
    }
    if (store->clearings.count >= LIMIT_CLEARINGS) {
        struct entry *oldest = store->clearings.oldest;
        table_remove(&store->clearings, oldest);
        heap_give(ENTRY_OF(struct clearing, entry, oldest), sizeof(struct clearing));
    }
    struct clearing *c = heap_take(sizeof *c);
    *c = (struct clearing){.client = client, .origin = digest, .at_ns = at_ns};
    table_add(&store->clearings, &c->entry, hash);
}

/* ---- URLs ---- */

/* Its key and its pattern lie behind it. */
static size_t resource_size(struct slice key, struct slice pattern)
{
    return sizeof(struct resource) + key.len + pattern.len;
}

static void forget_resource(struct store *store, struct resource *resource)
{
    if (resource->waiting_first || resource->changing.tally.first)
        store->hooks.forget_resource(store->hooks.context, resource);
    assert(!resource->waiting_first && !resource->changing.tally.first);
    table_remove(&store->resources, &resource->entry);
    ghost_remember(store, resource->key);
    while (resource->n_representations)
        forget_representation(store, resource, resource->n_representations - 1);
    heap_give(resource->oddities, sizeof *resource->oddities);
    heap_give(resource, resource_size(resource->key, resource->pattern));
}

/* Holdings keep representations alive too, so both tables give up their oldest. */
void store_trim(struct store *store)
{
    while (store->octets > scaled(store, LIMIT_STORE_OCTETS)) {
        if (store->resources.oldest) {
            forget_resource(store, ENTRY_OF(struct resource, entry, store->resources.oldest));
            store->counts.resources_evicted++;
        }
        for (unsigned i = 0; i < 16 && store->holdings.oldest; i++) {
            forget_holding(store, ENTRY_OF(struct holding, entry, store->holdings.oldest));
            store->counts.holdings_evicted++;
        }
        if (!store->resources.oldest && !store->holdings.oldest)
            return; /* accusations that wait hold the rest */
    }
}

uint64_t store_expect(const struct store *store, struct slice key)
{
    uint64_t hash = hash64(key);
    table_expect(&store->resources, hash);
    return hash;
}

void store_expect_more(const struct store *store, uint64_t expected)
{
    table_expect_entry(&store->resources, expected);
}

void store_expect_holding(const struct store *store, uint64_t client,
                          const struct resource *resource)
{
    if (resource->was_held)
        table_expect(&store->holdings, holding_hash(client, resource->serial));
    if (resource->habit)
        habit_expect(resource->habit);
    for (uint32_t i = 0; i < resource->n_representations && i < 2; i++) { /* the latest */
        const char *r = (const char *)resource->representations[i];
        for (size_t line = 0; line < sizeof(struct representation); line += 64)
            __builtin_prefetch(r + line, 1);
    }
}

struct resource *store_find_resource(struct store *store, struct slice key)
{
    for (struct entry *e = table_find(&store->resources, hash64(key)); e; e = entry_again(e)) {
        struct resource *resource = ENTRY_OF(struct resource, entry, e);
        if (slice_equal(resource->key, key))
            return resource;
    }
    return NULL;
}

static uint8_t *append_octets(uint8_t *at, struct slice s, struct slice *copy)
{
    if (s.len)
        memcpy(at, s.at, s.len);
    *copy = slice_is_absent(s) ? s : slice_of(at, s.len);
    return at + s.len;
}

static struct resource *resource_new(struct store *store, const struct url *url)
{
    arena_reset(&store->scratch);
    struct slice pattern = url_pattern(url, &store->scratch);
    struct resource *r = heap_take_zeroed(resource_size(url->key, pattern));
    uint8_t *at = append_octets((uint8_t *)(r + 1), url->key, &r->key);
    append_octets(at, pattern, &r->pattern);
    r->serial = ++store->serial;
    r->pattern_hash = hash64_stable(r->pattern);
    r->kind = url_family(url);
    r->came_back = ghost_is_known(store, r->key);
    r->changing.from_ns = NEVER;
    r->unsafe_ns = NEVER;
    return r;
}

struct oddities *resource_oddities(struct resource *resource)
{
    if (!resource->oddities)
        resource->oddities = heap_take_zeroed(sizeof *resource->oddities);
    return resource->oddities;
}

struct resource *store_resource(struct store *store, const struct url *url)
{
    struct resource *found = store_find_resource(store, url->key);
    if (found) {
        table_touch(&store->resources, &found->entry);
        return found;
    }
    if (store->resources.count >= scaled(store, LIMIT_RESOURCES)) {
        forget_resource(store, ENTRY_OF(struct resource, entry, store->resources.oldest));
        store->counts.resources_evicted++;
    }
    struct resource *fresh = resource_new(store, url);
    table_add(&store->resources, &fresh->entry, hash64(fresh->key));
    return fresh;
}

/* ---- clients ---- */

static struct proof *proof_of(const struct store *store, uint64_t client)
{
    struct entry *e = table_find(&store->proofs, pair_hash(client, 0));
    for (; e; e = entry_again(e))
        if (ENTRY_OF(struct proof, entry, e)->client == client)
            return ENTRY_OF(struct proof, entry, e);
    return NULL;
}

bool store_client_has_cache(const struct store *store, uint64_t client)
{
    return proof_of(store, client) != NULL;
}

bool store_client_sends_tags(const struct store *store, uint64_t client)
{
    const struct proof *proof = proof_of(store, client);
    return proof && proof->by_tag;
}

bool store_client_is_heedless(const struct store *store, uint64_t client)
{
    const struct proof *proof = proof_of(store, client);
    return proof && proof->heedless;
}

void store_note_heedless(struct store *store, uint64_t client)
{
    struct proof *proof = proof_of(store, client);
    if (proof)
        proof->heedless = true;
}

struct issuers *store_issuers(struct store *store)
{
    return store->issuers;
}

void store_prove_cache(struct store *store, uint64_t client, bool by_tag)
{
    struct proof *known = proof_of(store, client);
    if (known) {
        known->by_tag |= by_tag;
        table_touch(&store->proofs, &known->entry);
        return;
    }
    if (store->proofs.count >= scaled(store, LIMIT_CLIENTS)) {
        struct entry *oldest = store->proofs.oldest;
        table_remove(&store->proofs, oldest);
        heap_give(ENTRY_OF(struct proof, entry, oldest), sizeof(struct proof));
        store->counts.clients_evicted++;
    }
    struct proof *proof = heap_take(sizeof *proof);
    proof->client = client;
    proof->by_tag = by_tag;
    proof->heedless = false;
    table_add(&store->proofs, &proof->entry, pair_hash(client, 0));
}

/* ---- changing parameters ---- */

static void forget_buster(struct store *store, struct buster *buster)
{
    if (buster->tally.first)
        store->hooks.forget_tally(store->hooks.context, &buster->tally);
    table_remove(&store->busters, &buster->entry);
    heap_give(buster, sizeof *buster);
}

struct buster *store_buster(struct store *store, uint64_t client, struct digest url)
{
    uint64_t hash = pair_hash(client, url.low);
    for (struct entry *e = table_find(&store->busters, hash); e; e = entry_again(e)) {
        struct buster *buster = ENTRY_OF(struct buster, entry, e);
        if (buster->client != client || !digest_equal(buster->url, url))
            continue;
        table_touch(&store->busters, e);
        return buster;
    }
    if (store->busters.count >= scaled(store, LIMIT_BUSTERS)) {
        forget_buster(store, ENTRY_OF(struct buster, entry, store->busters.oldest));
        store->counts.busters_evicted++;
    }
    struct buster *buster = heap_take_zeroed(sizeof *buster);
    buster->client = client;
    buster->url = url;
    table_add(&store->busters, &buster->entry, hash);
    return buster;
}

struct store_counts store_counts(const struct store *store)
{
    return store->counts;
}

/* ---- the end ---- */

static void no_resource_hook(void *context UNUSED, struct resource *resource)
{
    resource->waiting_first = resource->waiting_last = NULL;
    resource->changing.tally = (struct tally){0};
}

static void no_tally_hook(void *context UNUSED, struct tally *tally)
{
    *tally = (struct tally){0};
}

#define FREE_PLAIN(table_, type)                                                                   \
    while ((table_)->oldest) {                                                                     \
        struct entry *e = (table_)->oldest;                                                        \
        table_remove(table_, e);                                                                   \
        heap_give(ENTRY_OF(type, entry, e), sizeof(type));                                         \
    }                                                                                              \
    table_fini(table_)

void store_free(struct store *store)
{
    if (!store)
        return;
    store->hooks = (struct store_hooks){NULL, no_resource_hook, no_tally_hook};
    while (store->holdings.oldest)
        forget_holding(store, ENTRY_OF(struct holding, entry, store->holdings.oldest));
    while (store->resources.oldest)
        forget_resource(store, ENTRY_OF(struct resource, entry, store->resources.oldest));
    table_fini(&store->holdings);
    table_fini(&store->resources);
    FREE_PLAIN(&store->proofs, struct proof);
    FREE_PLAIN(&store->busters, struct buster);
    FREE_PLAIN(&store->clearings, struct clearing);
    arena_fini(&store->scratch);
    issuers_free(store->issuers);
    free(store->ghosts);
    free(store);
}
