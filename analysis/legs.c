/* SPDX-License-Identifier: MIT */
/*
 * Shelves of what passed through a proxy, and who belongs to whom on them. Everything is looked at
 * twice: when the outer exchange enters, and when an inner one enters after it.
 */

#include "analysis/legs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/vary.h"
#include "base/alloc.h"
#include "base/attributes.h"
#include "base/heap.h"

#define NS_PER_S INT64_C(1000000000)

/* The latest of a kind; what a full ring gives up is the oldest. Most hold one or none. */
struct ring {
    void **slots; /* on the heap */
    uint32_t room, added;
};

struct shelf {
    struct entry entry;
    struct address proxy;
    uint64_t path;       /* hash of path and query */
    struct ring stored;  /* struct inner_leg: 200s to GET */
    struct ring passing; /* struct inner_leg: everything else */
    struct ring outers;  /* struct outer_leg */
};

#define FILTER_BITS  65536
#define FIRST_COUNTS 4096

struct legs {
    struct legs_hooks hooks;
    struct store *store;
    const struct roles *roles; /* NULL */
    uint32_t scale;
    struct table proxies, shelves;
    uint64_t octets;     /* of all legs alive */
    struct address lone; /* a host that talks to itself ... */
    uint16_t lone_port;  /* ... at this port */
    struct legs_counts counts;
    uint64_t servers[FILTER_BITS / 64]; /* addresses that somebody asked, by hash */
    /* how many exchanges of an address, by hash, were kept before it was known */
    uint8_t asked[FIRST_COUNTS], answered[FIRST_COUNTS];
};

static uint64_t scaled(const struct legs *legs, uint64_t cap)
{
    uint64_t n = cap * legs->scale / 256;
    return n < 16 ? 16 : n;
}

struct legs *legs_new(const struct legs_hooks *hooks, struct store *store,
                      const struct roles *roles, uint32_t scale)
{
    struct legs *legs = xcalloc(1, sizeof *legs);
    legs->hooks = *hooks;
    legs->store = store;
    legs->roles = roles;
    legs->scale = scale;
    table_init(&legs->proxies);
    table_set_cap(&legs->proxies, LIMIT_PROXIES);
    table_init(&legs->shelves);
    table_set_cap(&legs->shelves, scaled(legs, LIMIT_SHELVES));
    return legs;
}

/* ---- rings ---- */

static uint32_t ring_count(const struct ring *ring)
{
    return ring->added < LIMIT_LEGS ? ring->added : LIMIT_LEGS;
}

/* The latest is 0. */
static void *ring_at(const struct ring *ring, uint32_t index)
{
    return index < ring_count(ring) ? ring->slots[(ring->added - 1 - index) % LIMIT_LEGS] : NULL;
}

static size_t slots_size(const struct ring *ring)
{
    return ring->room * sizeof *ring->slots;
}

static void ring_grow(struct legs *legs, struct ring *ring)
{
    enum { FEW = 8 };
    struct ring larger = *ring;
    larger.room = ring->room ? LIMIT_LEGS : FEW;
    larger.slots = heap_take(slots_size(&larger));
    if (ring->room)
        memcpy(larger.slots, ring->slots, slots_size(ring));
    heap_give(ring->slots, slots_size(ring));
    legs->octets += slots_size(&larger) - slots_size(ring);
    *ring = larger;
}

/* Returns what had to go; NULL. */
static void *ring_add(struct legs *legs, struct ring *ring, void *fresh)
{
    if (ring->added == ring->room && ring->room < LIMIT_LEGS)
        ring_grow(legs, ring);
    void **slot = &ring->slots[ring->added % LIMIT_LEGS];
    void *gone = ring->added >= LIMIT_LEGS ? *slot : NULL;
    *slot = fresh;
    if (++ring->added == 2 * LIMIT_LEGS)
        ring->added = LIMIT_LEGS;
    return gone;
}

struct inner_leg *shelf_stored(const struct shelf *shelf, unsigned index)
{
    return ring_at(&shelf->stored, index);
}

/* ---- legs ---- */

void inner_leg_take(struct inner_leg *inner)
{
    inner->refs++;
}

static size_t inner_leg_octets(const struct inner_leg *inner)
{
    return sizeof *inner + kept_octets(inner->kept) + (inner->held ? sizeof *inner->held : 0) +
           inner->outer_vary_key.len;
}

void inner_leg_drop(struct legs *legs, struct inner_leg *inner)
{
    assert(inner->refs > 0);
    if (--inner->refs)
        return;
    if (inner->freshens)
        inner_leg_drop(legs, inner->freshens); /* a 200, which freshens none: no deeper than that */
    legs->octets -= inner_leg_octets(inner);
    if (inner->held) {
        holding_fini(legs->store, inner->held);
        heap_give(inner->held, sizeof *inner->held);
    }
    kept_free(inner->kept);
    free((void *)(uintptr_t)inner->outer_vary_key.at);
    heap_give(inner, sizeof *inner);
}

void outer_leg_take(struct outer_leg *outer)
{
    outer->refs++;
}

void outer_leg_drop(struct legs *legs, struct outer_leg *outer)
{
    assert(outer->refs > 0);
    if (--outer->refs)
        return;
    if (outer->inner)
        inner_leg_drop(legs, outer->inner);
    if (outer->hit.stored)
        inner_leg_drop(legs, outer->hit.stored);
    legs->octets -= sizeof *outer;
    heap_give(outer, sizeof *outer);
}

/* It will not hear of inner ones that enter from now on. */
static void outer_leg_leave(struct legs *legs, struct outer_leg *outer)
{
    outer->is_crowded = true;
    outer_leg_drop(legs, outer);
}

static uint64_t hash_of(struct slice text)
{
    return text.len ? hash64(text) | 1 : 0;
}

/* version "-" trace-id "-" parent-id "-" flags (W3C Trace Context §3.2). */
static uint64_t trace_of(const struct head *head)
{
    struct slice text = head_first(head, FIELD_TRACEPARENT);
    return text.len < 55 ? 0 : hash_of(slice_of(text.at + 3, 32));
}

/* "32770 3": what answered was fetched by the request with that number. */
static uint64_t varnish_fetch_of(const struct head *response)
{
    struct slice rest = head_first(response, FIELD_X_VARNISH);
    if (!rest.len)
        return 0;
    slice_cut(&rest, ' ');
    return slice_is_absent(rest) ? 0 : hash_of(slice_trim(rest));
}

static uint64_t validator_of(const struct response_facts *r)
{
    if (r->etag.valid)
        return hash_of(entity_tag_opaque(&r->etag));
    return date_is_valid(&r->last_modified) ? (uint64_t)r->last_modified.date.seconds | 1 : 0;
}

/* 0: Host names none. */
static uint16_t named_port_of(const struct url *url)
{
    return url->authority.len > url->host.len ? url->port : 0;
}

static void leg_fill(struct leg *leg, const struct facts *facts, const struct url *url, uint64_t id)
{
    const struct exchange *x = facts->x;
    const struct response_facts *r = &facts->response;
    int64_t over = facts->t_rsp0 ? facts->t_rsp0 : x->finished_ns;
    *leg = (struct leg){
        .id = id,
        .method = hash_of(x->method),
        .host = hash_of(url->authority),
        .request_id = hash_of(head_first(&x->request.head, FIELD_X_REQUEST_ID)),
        .answered_id = hash_of(head_first(&x->response.head, FIELD_X_REQUEST_ID)),
        .trace = trace_of(&x->request.head),
        .agent = facts->request.user_agent_hash,
        .validator = validator_of(r),
        .content_octets = x->response.content_bytes,
        .date = r->date.date.seconds,
        .age = r->age_state == AGE_VALID ? r->age : -1,
        .t_req0 = facts->t_req0 ? facts->t_req0 : over,
        .t_rsp0 = over,
        .t_rsp1 = facts->t_rsp1 ? facts->t_rsp1 : over,
        .finished_ns = x->finished_ns,
        .client = x->connection.client,
        .server = x->connection.server,
        .server_port = x->connection.server_port,
        .named_port = named_port_of(url),
        .status = x->status,
        .input = x->request.seen ? x->request.first.input : x->response.first.input,
        .from_intermediary = r->intermediary_signs != 0,
        .is_1_0 = x->request.version == HTTP_1_0,
        .for_others = facts->request.has_forwarding,
    };
    if (facts->body_is_comparable)
        leg->digest = x->response.digest;
}

/* ---- who is a proxy ---- */

static bool same_host(const struct leg *outer)
{
    return address_equal(&outer->client, &outer->server);
}

static uint64_t address_mix(const struct address *address)
{
    uint64_t halves[2];
    memcpy(halves, address->octets, sizeof halves);
    uint64_t mixed = (halves[0] ^ halves[1] * 3 ^ address->family) * 0x9e3779b97f4a7c15u;
    return mixed ^ mixed >> 29;
}

static uint64_t address_hash(const struct address *address)
{
    return hash64(slice_of(address, sizeof *address));
}

static struct proxy *proxy_find(const struct legs *legs, const struct address *address)
{
    if (LIKELY(legs->proxies.count == 0))
        return NULL;
    struct entry *e = table_find(&legs->proxies, address_hash(address));
    for (; e; e = entry_again(e))
        if (address_equal(&ENTRY_OF(struct proxy, entry, e)->address, address))
            return ENTRY_OF(struct proxy, entry, e);
    return NULL;
}

/* Something came in for this path whose octets cannot be compared: it may be that. */
static bool may_have_stored(const struct shelf *shelf)
{
    struct inner_leg *i;
    for (uint32_t n = 0; (i = ring_at(&shelf->stored, n)) != NULL; n++)
        if (!digest_is_set(i->leg.digest) || i->lengths_conflict)
            return true;
    return false;
}

/* Nothing that was seen gave a reason for this answer. */
static void count_unexplained(struct proxy *proxy, const struct shelf *shelf, struct outer_leg *o)
{
    o->is_unexplained =
        o->needs_reason && !o->is_crowded && !o->inner && !o->hit.stored && !may_have_stored(shelf);
    proxy->outers_unexplained += o->is_unexplained;
}

/* What it had answered before it was known to be one. */
static void count_earlier(const struct legs *legs, struct proxy *proxy)
{
    for (struct entry *e = legs->shelves.oldest; e; e = e->newer) {
        struct shelf *shelf = ENTRY_OF(struct shelf, entry, e);
        struct outer_leg *o;
        if (!address_equal(&shelf->proxy, &proxy->address))
            continue;
        for (uint32_t n = 0; (o = ring_at(&shelf->outers, n)) != NULL; n++) {
            o->proxy = proxy;
            proxy->outers_paired += o->inner != NULL;
            count_unexplained(proxy, shelf, o);
        }
    }
}

/* Proxies are never forgotten: what is counted of them keeps others innocent. */
static struct proxy *proxy_add(struct legs *legs, const struct address *address)
{
    if (legs->proxies.count >= LIMIT_PROXIES) {
        legs->counts.proxies_missed++;
        return NULL;
    }
    struct proxy *proxy = xcalloc(1, sizeof *proxy);
    proxy->address = *address;
    table_add(&legs->proxies, &proxy->entry, address_hash(address));
    count_earlier(legs, proxy);
    return proxy;
}

/* A host that asks itself is one where it does so at two ports. */
static bool talks_to_two_ports(struct legs *legs, const struct connection_facts *c)
{
    bool again = address_equal(&legs->lone, &c->server);
    bool other = again && legs->lone_port != c->server_port;
    if (!again) {
        legs->lone = c->server;
        legs->lone_port = c->server_port;
    }
    return other;
}

static bool is_said_to_be_proxy(const struct legs *legs, const struct address *address)
{
    enum role role = role_of(legs->roles, address);
    return role == ROLE_PROXY || role == ROLE_CDN;
}

/* The one that answers, if it is a proxy. */
static struct proxy *answering_proxy(struct legs *legs, const struct address *server)
{
    struct proxy *known = proxy_find(legs, server);
    return known || !is_said_to_be_proxy(legs, server) ? known : proxy_add(legs, server);
}

void legs_asked(struct legs *legs, const struct address *server)
{
    uint64_t bit = address_mix(server) % FILTER_BITS;
    legs->servers[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool may_be_asked(const struct legs *legs, const struct address *client)
{
    uint64_t bit = address_mix(client) % FILTER_BITS;
    return legs->servers[bit / 64] >> bit % 64 & 1;
}

/* The client, if it is a proxy. */
static struct proxy *asking_proxy(struct legs *legs, const struct connection_facts *c,
                                  const struct server_table *servers)
{
    if (UNLIKELY(legs->roles)) {
        if (is_said_to_be_proxy(legs, &c->client))
            return answering_proxy(legs, &c->client);
        if (role_of(legs->roles, &c->client) == ROLE_CLIENT)
            return NULL;
    }
    if (LIKELY(!may_be_asked(legs, &c->client)))
        return NULL;
    struct proxy *known = proxy_find(legs, &c->client);
    if (known || !server_find(servers, &c->client))
        return known;
    if (address_equal(&c->client, &c->server) && !talks_to_two_ports(legs, c))
        return NULL;
    return proxy_add(legs, &c->client);
}

/* One of the first exchanges of an address that may yet turn out to be one. */
static bool is_among_first(uint8_t *counts, const struct address *address)
{
    uint8_t *count = &counts[(address_mix(address) >> 20) % FIRST_COUNTS];
    if (LIKELY(*count >= LIMIT_FIRST_LEGS))
        return false;
    (*count)++;
    return true;
}

/* ---- shelves ---- */

static void forget_shelf(struct legs *legs, struct shelf *shelf)
{
    void *leg;
    table_remove(&legs->shelves, &shelf->entry);
    for (uint32_t i = 0; (leg = ring_at(&shelf->stored, i)) != NULL; i++)
        inner_leg_drop(legs, leg);
    for (uint32_t i = 0; (leg = ring_at(&shelf->passing, i)) != NULL; i++)
        inner_leg_drop(legs, leg);
    for (uint32_t i = 0; (leg = ring_at(&shelf->outers, i)) != NULL; i++)
        outer_leg_leave(legs, leg);
    struct ring *const rings[] = {&shelf->stored, &shelf->passing, &shelf->outers};
    for (unsigned i = 0; i < COUNT_OF(rings); i++) {
        legs->octets -= slots_size(rings[i]);
        heap_give(rings[i]->slots, slots_size(rings[i]));
    }
    legs->octets -= sizeof *shelf;
    heap_give(shelf, sizeof *shelf);
}

/* Path and query of a URL, which stand side by side in its key. */
static uint64_t path_hash(const struct url *url)
{
    size_t before = (size_t)(url->path.at - url->key.at);
    return hash64(slice_from(url->key, before));
}

static struct shelf *shelf_of(struct legs *legs, const struct address *proxy, uint64_t path)
{
    uint64_t hash = hash_mix(address_hash(proxy), path);
    for (struct entry *e = table_find(&legs->shelves, hash); e; e = entry_again(e)) {
        struct shelf *shelf = ENTRY_OF(struct shelf, entry, e);
        if (shelf->path != path || !address_equal(&shelf->proxy, proxy))
            continue;
        table_touch(&legs->shelves, e);
        return shelf;
    }
    struct shelf *shelf = heap_take_zeroed(sizeof *shelf);
    shelf->proxy = *proxy;
    shelf->path = path;
    legs->octets += sizeof *shelf;
    table_add(&legs->shelves, &shelf->entry, hash);
    return shelf;
}

/* ---- who belongs to whom ---- */

static bool same_endpoint(const struct leg *a, const struct leg *b)
{
    return a->server_port == b->server_port && address_equal(&a->server, &b->server);
}

bool may_have_come_in(const struct inner_leg *inner, const struct outer_leg *outer)
{
    if (same_endpoint(&inner->leg, &outer->leg))
        return false;
    if (inner->outer_id)
        return inner->outer_port == outer->leg.server_port;
    return !same_host(&outer->leg);
}

/* By the clock alone, without the slack that two taps need. */
static bool lies_strictly_in(const struct leg *i, const struct leg *o)
{
    return o->t_req0 <= i->t_req0 && (i->status ? i->t_rsp0 : i->t_req0) <= o->t_rsp1;
}

/* In time, and otherwise possible. On one host either could be the inner one: there the clock,
 * which is one, says which came first. */
static bool lies_in(const struct leg *i, const struct leg *o)
{
    if (i->id == o->id || i->method != o->method || same_endpoint(i, o))
        return false;
    if (same_host(o))
        return o->t_req0 != i->t_req0 && lies_strictly_in(i, o);
    return o->t_req0 <= i->t_req0 + LIMIT_LEG_SLACK_NS &&
           (i->status ? i->t_rsp0 : i->t_req0) <= o->t_rsp1 + LIMIT_LEG_SLACK_NS;
}

/* Was it under way while the outer one was? */
static bool overlaps(const struct leg *i, const struct leg *o)
{
    return !same_endpoint(i, o) && i->t_req0 <= o->t_rsp1 + LIMIT_LEG_SLACK_NS &&
           o->t_req0 <= i->t_rsp1 + LIMIT_LEG_SLACK_NS;
}

static bool equal_hashes(uint64_t a, uint64_t b)
{
    return a != 0 && a == b;
}

static bool same_content(const struct leg *i, const struct leg *o)
{
    return equal_hashes(i->validator, o->validator) ||
           (digest_is_set(i->digest) && digest_equal(i->digest, o->digest));
}

enum { GUARD_S = 2 };

/* The Date of who writes its own, by the clock of the tap. Where that clock is wrong none is, and a
 * proxy's exchanges are told apart by less. */
static bool is_dated_now(const struct leg *leg)
{
    int64_t apart_s = leg->t_rsp0 / NS_PER_S - leg->date;
    return apart_s <= GUARD_S && apart_s >= -GUARD_S;
}

/* What the outer one was answered with had been made before the inner one came (RFC 9111 §4.2.3:
 * Age counts from then). A 304 makes old octets young: its Date says nothing, nor does the present
 * one of a proxy that writes its own. */
static bool is_older(const struct leg *o, const struct leg *i)
{
    int64_t since_s = (o->t_rsp0 - i->t_rsp0) / NS_PER_S;
    int64_t expected = since_s + (i->age > 0 ? i->age : 0) + GUARD_S;
    if (o->age > expected)
        return true;
    return i->status != 304 && o->date != NO_DATE && i->date != NO_DATE &&
           o->date + GUARD_S < i->date && !is_dated_now(o);
}

bool is_telling_content(const struct leg *inner, const struct leg *outer)
{
    enum { TELLING_OCTETS = 64 };
    return equal_hashes(inner->validator, outer->validator) ||
           (same_content(inner, outer) && outer->content_octets >= TELLING_OCTETS);
}

/* On one host anybody may have asked for either, and the clock alone proves nothing. But who asks
 * by the name of the other's port, or says that it asks for others, hands on; and so does who
 * speaks HTTP/1.0 for a client that speaks HTTP/1.1 (nginx, unless it is told otherwise). */
static bool is_handed_on(const struct leg *o, const struct leg *i)
{
    bool as_asked =
        i->host == o->host && o->named_port == o->server_port && i->named_port != i->server_port;
    bool downgraded = i->is_1_0 && !o->is_1_0 && equal_hashes(i->agent, o->agent);
    return as_asked || downgraded || (i->for_others && !o->for_others);
}

static enum pair_by pair_by(const struct leg *o, const struct leg *i)
{
    if (o->varnish && i->varnish) {
        if (o->varnish == i->varnish)
            return PAIR_BY_NAME;
        return PAIR_NONE; /* it names another fetch */
    }
    if (equal_hashes(i->request_id, o->request_id) || equal_hashes(i->request_id, o->answered_id) ||
        equal_hashes(i->trace, o->trace))
        return PAIR_BY_NAME;
    bool equal = same_content(i, o);
    if (o->from_intermediary && equal && o->date != NO_DATE && o->date == i->date)
        return PAIR_BY_VALIDATOR;
    if ((same_host(o) && !is_handed_on(o, i)) || is_older(o, i) ||
        (o->host != i->host && !is_telling_content(i, o)))
        return PAIR_NONE;
    return PAIR_BY_TIME;
}

/* Not a failed attempt before the one that did it, not the next request's, and later. */
static bool is_better(const struct leg *o, const struct inner_leg *a, const struct inner_leg *b)
{
    bool a_failed = a->leg.status == 0 || a->leg.status >= 500;
    bool b_failed = b->leg.status == 0 || b->leg.status >= 500;
    if (a_failed != b_failed)
        return b_failed;
    bool a_strict = lies_strictly_in(&a->leg, o), b_strict = lies_strictly_in(&b->leg, o);
    if (a_strict != b_strict)
        return a_strict;
    return a->leg.t_rsp0 > b->leg.t_rsp0;
}

static void outer_release(struct legs *legs, struct outer_leg *o)
{
    if (!o->inner)
        return;
    inner_leg_drop(legs, o->inner);
    o->inner = NULL;
    o->by = PAIR_NONE;
}

static void outer_adopt(struct legs *legs, struct outer_leg *o, struct inner_leg *i,
                        enum pair_by by)
{
    if (o->inner && (by < o->by || (by == o->by && !is_better(&o->leg, i, o->inner))))
        return;
    inner_leg_take(i);
    outer_release(legs, o);
    o->inner = i;
    o->by = by;
}

/* Several candidates, and only times: none of them is its own. */
static void outer_doubt(struct legs *legs, struct outer_leg *o)
{
    struct inner_leg *i = o->inner;
    if (i->outer_id == o->leg.id) {
        i->outer_id = 0;
        i->by = PAIR_NONE;
        legs->hooks.pair(legs->hooks.context, i->leg.id, 0);
    }
    outer_release(legs, o);
}

/* An inner one that lies in the outer one, or does not. */
static void outer_consider(struct legs *legs, struct outer_leg *o, struct inner_leg *i)
{
    o->is_crowded |= overlaps(&i->leg, &o->leg);
    if (!lies_in(&i->leg, &o->leg))
        return;
    enum pair_by by = pair_by(&o->leg, &i->leg);
    o->candidates++;
    if (by > PAIR_BY_TIME || (by == PAIR_BY_TIME && o->candidates == 1))
        outer_adopt(legs, o, i, by);
    if (o->candidates > 1 && o->by == PAIR_BY_TIME)
        outer_doubt(legs, o);
}

static struct outer_leg *find_outer(const struct shelf *shelf, uint64_t id)
{
    struct outer_leg *o;
    for (uint32_t n = 0; (o = ring_at(&shelf->outers, n)) != NULL; n++)
        if (o->leg.id == id)
            return o;
    return NULL;
}

/* Two outer ones could have caused it, and only their times speak for either. */
static void contest(struct legs *legs, const struct shelf *shelf, struct inner_leg *i)
{
    struct outer_leg *first = find_outer(shelf, i->outer_id);
    if (first && first->inner == i)
        outer_release(legs, first);
    i->is_contested = true;
    i->outer_id = 0;
    i->by = PAIR_NONE;
    legs->hooks.pair(legs->hooks.context, i->leg.id, 0);
}

/* One inner may serve several outer ones: it is the first one's in which it lies. */
static bool is_owned_better(const struct inner_leg *i, const struct outer_leg *o, enum pair_by by)
{
    bool strict = lies_strictly_in(&i->leg, &o->leg);
    if (by != i->by)
        return i->by > by;
    return i->outer_is_strict != strict ? i->outer_is_strict : i->outer_t_req0 <= o->leg.t_req0;
}

/* It is all that its outer one has, and this outer one has another. */
static bool is_needed_there(const struct shelf *shelf, const struct inner_leg *i,
                            const struct outer_leg *o)
{
    const struct outer_leg *there = find_outer(shelf, i->outer_id);
    return there && there->inner == i && o->inner && o->inner != i;
}

/* The inner one learns whose it is. Returns whether the outer one may keep it. */
static bool inner_claim(struct legs *legs, const struct shelf *shelf, struct inner_leg *i,
                        const struct outer_leg *o, enum pair_by by)
{
    if (by == PAIR_BY_TIME && (i->is_contested || i->by > by))
        return false;
    if (by == PAIR_BY_TIME && i->outer_id && i->outer_id != o->leg.id) {
        contest(legs, shelf, i);
        return false;
    }
    if (i->outer_id && (is_owned_better(i, o, by) || (by == i->by && is_needed_there(shelf, i, o))))
        return true;
    i->outer_id = o->leg.id;
    i->outer_t_req0 = o->leg.t_req0;
    i->outer_is_strict = lies_strictly_in(&i->leg, &o->leg);
    i->outer_host = o->leg.host;
    i->outer_port = o->leg.server_port;
    i->by = by;
    legs->hooks.pair(legs->hooks.context, i->leg.id, o->leg.id);
    return true;
}

/* ---- meeting ---- */

/* Entries on a ring stand in the order of their ends: from the first that ended before the outer
 * one began on, none lies in it. */
static void look_for_inners(struct legs *legs, struct outer_leg *o, const struct ring *ring)
{
    struct inner_leg *i = ring_at(ring, 0);
    if (i && !o->proxy && !same_endpoint(&i->leg, &o->leg)) /* it asks and answers */
        o->proxy = proxy_add(legs, &o->leg.server);
    for (uint32_t n = 0; (i = ring_at(ring, n)) != NULL; n++) {
        if (i->leg.finished_ns + LIMIT_LEG_SLACK_NS < o->leg.t_req0)
            return;
        outer_consider(legs, o, i);
    }
}

/* On one host a proxy and its clients have one address: who asks by the name of another port, or
 * for others, is the proxy. */
static bool is_handed_on_locally(const struct facts *facts, const struct url *url)
{
    const struct connection_facts *c = &facts->x->connection;
    uint16_t port = named_port_of(url);
    return address_equal(&c->client, &c->server) &&
           (facts->request.has_forwarding || (port && port != c->server_port));
}

static struct outer_leg *outer_leg_new(struct legs *legs, const struct facts *facts,
                                       const struct url *url, uint64_t id, bool is_handed_on)
{
    struct outer_leg *o = heap_take_zeroed(sizeof *o);
    legs->octets += sizeof *o;
    o->refs = 1;
    leg_fill(&o->leg, facts, url, id);
    o->needs_reason = facts->is_get && o->leg.status == 200 && o->leg.age <= 0 &&
                      !facts->response.says_hit && !is_handed_on;
    o->leg.varnish = varnish_fetch_of(&facts->x->response.head);
    return o;
}

void legs_meet(struct legs *legs, struct meeting *meeting, const struct facts *facts,
               const struct url *url, uint64_t id, const struct server_table *servers)
{
    const struct connection_facts *c = &facts->x->connection;
    const struct proxy *asking = asking_proxy(legs, c, servers);
    bool inner =
        asking || (may_be_asked(legs, &c->client) && is_among_first(legs->asked, &c->client));
    bool outer = answering_proxy(legs, &c->server) || is_among_first(legs->answered, &c->server);
    meeting->client_is_proxy = asking && asking->asks_for_others;
    meeting->is_handed_on = is_handed_on_locally(facts, url);
    if ((!inner && !outer) || slice_is_absent(url->key) || !facts->request_head_whole)
        return;
    uint64_t path = path_hash(url);
    if (inner)
        meeting->as_inner = shelf_of(legs, &c->client, path);
    if (!outer)
        return;
    meeting->as_outer = shelf_of(legs, &c->server, path);
    meeting->outer = outer_leg_new(legs, facts, url, id, meeting->is_handed_on);
    meeting->outer->proxy = proxy_find(legs, &c->server);
    look_for_inners(legs, meeting->outer, &meeting->as_outer->stored);
    look_for_inners(legs, meeting->outer, &meeting->as_outer->passing);
}

/* ---- learning ---- */

/* What the client of the pair had asked with, for the secondary key of what came in. */
static void note_asker(struct legs *legs, struct inner_leg *i, const struct facts *outer,
                       uint64_t client, struct arena *scratch)
{
    i->outer_client = client;
    if (!i->held || !slice_is_absent(i->outer_vary_key))
        return;
    struct slice key = vary_key(&kept_read(i->kept, scratch)->response.head,
                                &outer->x->request.head, outer->request_head_whole, scratch);
    uint8_t *copy = xmalloc(key.len + 1);
    if (key.len)
        memcpy(copy, key.at, key.len);
    i->outer_vary_key = slice_of(copy, key.len);
    legs->octets += key.len;
}

static bool has_condition(const struct head *request)
{
    return head_has(request, FIELD_IF_NONE_MATCH) || head_has(request, FIELD_IF_MODIFIED_SINCE);
}

static void learn_proxy(struct outer_leg *o, const struct shelf *shelf, const struct facts *facts)
{
    enum { SIGNS = SIGN_AGE | SIGN_X_CACHE | SIGN_CACHE_STATUS | SIGN_CF | SIGN_X_VARNISH };
    struct proxy *proxy = o->proxy;
    if (!proxy)
        return;
    proxy->outers_paired += o->inner != NULL;
    if (facts->response.intermediary_signs & SIGNS || o->hit.stored)
        proxy->is_cache = true;
    if (o->inner && o->leg.status == 304 && o->inner->leg.status == 200)
        proxy->is_cache = true; /* it evaluated the condition */
    if (o->inner && o->inner->is_conditional && !has_condition(&facts->x->request.head))
        proxy->is_cache = true; /* it had one of its own */
    if (o->inner && !same_host(&o->leg))
        proxy->asks_for_others = true;
    count_unexplained(proxy, shelf, o);
}

static void claim_inners(struct legs *legs, const struct shelf *shelf, const struct ring *ring,
                         struct outer_leg *o)
{
    struct inner_leg *i;
    for (uint32_t n = 0; (i = ring_at(ring, n)) != NULL; n++) {
        if (i->leg.finished_ns + LIMIT_LEG_SLACK_NS < o->leg.t_req0)
            return;
        if (!lies_in(&i->leg, &o->leg))
            continue;
        enum pair_by by = pair_by(&o->leg, &i->leg);
        if (by > PAIR_BY_TIME)
            inner_claim(legs, shelf, i, o, by);
        else if (o->inner == i && !inner_claim(legs, shelf, i, o, by) && o->inner == i)
            outer_release(legs, o);
    }
}

static void learn_outer(struct legs *legs, const struct meeting *m, const struct facts *facts,
                        uint64_t client, struct arena *scratch)
{
    struct outer_leg *o = m->outer;
    claim_inners(legs, m->as_outer, &m->as_outer->stored, o);
    claim_inners(legs, m->as_outer, &m->as_outer->passing, o);
    learn_proxy(o, m->as_outer, facts);
    if (o->inner && o->inner->outer_id == o->leg.id)
        note_asker(legs, o->inner, facts, client, scratch);
    outer_leg_take(o);
    struct outer_leg *gone = ring_add(legs, &m->as_outer->outers, o);
    if (gone)
        outer_leg_leave(legs, gone);
}

/* Outer ones that entered before this one, told late: it may be theirs, and in any case nothing may
 * be said of what they were answered without asking. */
static void look_for_outers(struct legs *legs, const struct shelf *shelf, struct inner_leg *i)
{
    struct outer_leg *o;
    for (uint32_t n = 0; (o = ring_at(&shelf->outers, n)) != NULL; n++) {
        if (o->leg.finished_ns + LIMIT_LEG_SLACK_NS < i->leg.t_req0)
            return;
        if (same_endpoint(&i->leg, &o->leg))
            continue;
        bool was_paired = o->inner != NULL;
        o->is_crowded |= i->leg.t_req0 <= o->leg.t_rsp1 + LIMIT_LEG_SLACK_NS;
        outer_consider(legs, o, i);
        if (o->inner == i && !inner_claim(legs, shelf, i, o, o->by))
            outer_release(legs, o);
        if (o->proxy && o->is_crowded && o->is_unexplained) {
            o->proxy->outers_unexplained--;
            o->is_unexplained = false;
        }
        if (o->proxy && !was_paired && o->inner)
            o->proxy->outers_paired++;
        if (o->proxy && o->inner == i && !same_host(&o->leg))
            o->proxy->asks_for_others = true;
        if (o->proxy && o->inner == i && i->leg.status == 304 && o->leg.status == 200)
            o->proxy->is_cache = true; /* the octets were its own */
    }
}

/* A 304 freshens what came in before and what it was asked with. */
static void freshen_stored(struct shelf *shelf, struct inner_leg *i, const struct facts *facts)
{
    struct inner_leg *s;
    for (uint32_t n = 0; (s = ring_at(&shelf->stored, n)) != NULL; n++)
        if (s->leg.host == i->leg.host && s->leg.t_rsp1 <= i->leg.t_req0 &&
            s->held->contact_ns <= facts->t_rsp0 && holding_freshen(s->held, facts) &&
            !i->freshens) {
            inner_leg_take(s);
            i->freshens = s;
        }
}

bool proxy_asked_after(const struct proxy *proxy, uint64_t host, int64_t after_ns)
{
    for (unsigned n = 0; n < LIMIT_PROXY_HOSTS; n++)
        if (proxy->asked[n].host == host && proxy->asked[n].last_ns > after_ns)
            return true;
    return false;
}

static void learn_question(const struct legs *legs, const struct leg *i)
{
    struct proxy *proxy = proxy_find(legs, &i->client);
    unsigned at = 0;
    if (!proxy)
        return;
    for (unsigned n = 0; n < LIMIT_PROXY_HOSTS; n++) {
        if (proxy->asked[n].host == i->host) {
            at = n;
            break;
        }
        if (proxy->asked[n].last_ns < proxy->asked[at].last_ns)
            at = n;
    }
    if (proxy->asked[at].host != i->host || proxy->asked[at].last_ns < i->t_req0) {
        proxy->asked[at].host = i->host;
        proxy->asked[at].last_ns = i->t_req0;
    }
}

static void learn_failure(const struct legs *legs, const struct leg *i)
{
    struct proxy *proxy = proxy_find(legs, &i->client);
    if (!proxy)
        return;
    if (i->status == 0 || i->status >= 500) {
        proxy->has_failed = true;
        proxy->failed_ns = i->t_rsp0;
        proxy->failed = i->server;
    } else if (proxy->has_failed && address_equal(&proxy->failed, &i->server)) {
        proxy->has_failed = false;
    }
}

static void learn_inner(struct legs *legs, const struct meeting *m, const struct facts *facts,
                        const struct url *url, struct representation *shown, uint64_t id)
{
    struct inner_leg *i = heap_take_zeroed(sizeof *i);
    i->refs = 1;
    i->kept = kept_new(facts->x);
    leg_fill(&i->leg, facts, url, id);
    i->leg.varnish = hash_of(slice_trim(head_first(&facts->x->request.head, FIELD_X_VARNISH)));
    i->surrogate = facts->response.has_surrogate_control;
    i->is_conditional = has_condition(&facts->x->request.head);
    i->lengths_conflict = facts->x->flaws & FLAW(LENGTHS_CONFLICT);
    if (shown) {
        i->held = heap_take(sizeof *i->held);
        holding_fill(i->held, shown, facts, id);
    }
    legs->octets += inner_leg_octets(i);
    learn_failure(legs, &i->leg);
    learn_question(legs, &i->leg);
    look_for_outers(legs, m->as_inner, i);
    if (facts->x->status == 304)
        freshen_stored(m->as_inner, i, facts);
    struct inner_leg *gone =
        ring_add(legs, shown ? &m->as_inner->stored : &m->as_inner->passing, i);
    if (gone)
        inner_leg_drop(legs, gone);
}

void legs_learn(struct legs *legs, const struct meeting *meeting, const struct facts *facts,
                const struct url *url, struct representation *shown, uint64_t id, uint64_t client,
                struct arena *scratch)
{
    if (meeting->outer)
        learn_outer(legs, meeting, facts, client, scratch);
    if (meeting->as_inner)
        learn_inner(legs, meeting, facts, url, shown, id);
}

void legs_part(struct legs *legs, struct meeting *meeting)
{
    if (meeting->outer)
        outer_leg_drop(legs, meeting->outer);
    *meeting = (struct meeting){0};
    uint64_t octets = scaled(legs, LIMIT_LEGS_OCTETS);
    if (octets < LIMIT_LEGS_OCTETS / 64) /* room for a full shelf */
        octets = LIMIT_LEGS_OCTETS / 64;
    while (legs->shelves.oldest &&
           (legs->shelves.count > scaled(legs, LIMIT_SHELVES) || legs->octets > octets)) {
        forget_shelf(legs, ENTRY_OF(struct shelf, entry, legs->shelves.oldest));
        legs->counts.shelves_evicted++;
    }
}

struct legs_counts legs_counts(const struct legs *legs)
{
    return legs->counts;
}

void legs_free(struct legs *legs)
{
    if (!legs)
        return;
    while (legs->shelves.oldest)
        forget_shelf(legs, ENTRY_OF(struct shelf, entry, legs->shelves.oldest));
    while (legs->proxies.oldest) {
        struct proxy *proxy = ENTRY_OF(struct proxy, entry, legs->proxies.oldest);
        table_remove(&legs->proxies, &proxy->entry);
        free(proxy);
    }
    table_fini(&legs->shelves);
    table_fini(&legs->proxies);
    free(legs);
}
