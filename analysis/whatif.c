/* SPDX-License-Identifier: MIT */
/*
 * Which exchanges an ideal cache would have answered, and the sums over them.
 *
 * An exchange is looked at when it enters, but counted a while later: on the far side of a proxy
 * (an inner exchange) it must not count, and that may be known only when the near side is over.
 */

#include "analysis/whatif.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/limits.h"
#include "analysis/stack_distance.h"
#include "base/alloc.h"
#include "base/hash.h"

#define LEAST_CAPACITY (UINT64_C(1) << 20)
#define LEAST_OBJECTS  1024

/* An exchange, as far as the sums need it. */
struct waiting {
    uint64_t id; /* 0: none */
    uint64_t octets;
    int64_t took_ns;
    uint64_t place, object, size; /* in shared caches; object 0: they may not have it */
    bool is_inner, private_has_it;
};

struct whatif {
    struct waiting *waiting; /* by id modulo LIMIT_WHATIF_WAITING */
    uint64_t latest;
    uint64_t next_inner; /* the one that comes next is an inner one */
    uint64_t pairs_late;
    uint64_t octets;          /* of all that counted */
    uint64_t answered, saved; /* of these, by private caches */
    int64_t time_ns;
    struct stack_distance *shared;
};

struct whatif *whatif_new(uint32_t scale)
{
    struct whatif *w = xcalloc(1, sizeof *w);
    uint64_t objects = (uint64_t)LIMIT_STACK_OBJECTS * scale / 256;
    if (objects < LEAST_OBJECTS)
        objects = LEAST_OBJECTS;
    if (objects > 4 * LIMIT_STACK_OBJECTS) /* 6 MiB */
        objects = 4 * LIMIT_STACK_OBJECTS;
    w->waiting = xcalloc(LIMIT_WHATIF_WAITING, sizeof *w->waiting);
    w->shared = stack_distance_new((uint32_t)objects, LEAST_CAPACITY);
    return w;
}

void whatif_free(struct whatif *w)
{
    if (!w)
        return;
    stack_distance_free(w->shared);
    free(w->waiting);
    free(w);
}

/* ---- what caches would have ---- */

/* The client has it, and may have stored it. A 304 says so itself, whatever was seen before. */
static bool private_has_it(const struct inspection *n)
{
    const struct held *held = &n->evidence.held;
    if (n->holder == 0 || !n->facts.is_get || !n->facts.is_paired)
        return false;
    if (n->facts.x->status == 304)
        return n->facts.request.is_conditional && (!held->known || held->is_stored);
    return n->facts.x->status == 200 && held->known && held->is_stored && held->same_octets == YES;
}

/* What the exchange was about, where that is known: of a 304 the 200 that its validator names. */
static struct representation *representation_of(const struct inspection *n)
{
    const struct references *refs = &n->evidence.refs;
    if (!n->facts.is_get || !n->facts.is_paired)
        return NULL;
    if (n->facts.x->status == 200)
        return n->shown;
    if (n->facts.x->status != 304)
        return NULL;
    if (n->evidence.held.asked_with)
        return refs->held.representation;
    return refs->before.matches ? refs->before.representation : NULL;
}

static bool shared_may_have_it(const struct inspection *n, const struct representation *r)
{
    return r && digest_is_set(r->digest) && r->storable == YES && representation_may_be_shared(r) &&
           !cache_control_has(&n->facts.request.cc, CC_NO_STORE);
}

static void name_object(struct representation *r, struct slice url)
{
    if (r->object)
        return;
    r->place = hash64_stable(url);
    uint64_t variant = hash64_stable(representation_vary_key(r));
    r->object = hash_mix(hash_mix(r->place, variant), r->digest.low) | 1;
}

/* ---- counting ---- */

static void count(struct whatif *w, const struct waiting *x)
{
    if (x->id == 0 || x->is_inner)
        return;
    w->octets += x->octets;
    if (x->private_has_it) {
        w->answered++;
        w->saved += x->octets;
        if (__builtin_add_overflow(w->time_ns, x->took_ns, &w->time_ns))
            w->time_ns = INT64_MAX; /* where clocks jump by decades */
    }
    if (x->object)
        stack_distance_touch(w->shared, x->place, x->object, x->size, x->octets);
}

/* Those that are counted with the next exchanges are known: what that takes is on its way. */
static void expect_next(const struct whatif *w)
{
    enum { STEPS = 3 };
    for (unsigned step = 0; step < STEPS; step++) {
        const struct waiting *x = &w->waiting[(w->latest + 1 + step) % LIMIT_WHATIF_WAITING];
        if (x->object)
            stack_distance_expect(w->shared, x->object, step);
    }
    __builtin_prefetch(&w->waiting[(w->latest + 1 + STEPS) % LIMIT_WHATIF_WAITING], 1);
}

void whatif_exchange(struct whatif *w, const struct inspection *n)
{
    const struct exchange *x = n->facts.x;
    const struct facts *facts = &n->facts;
    uint64_t response = x->response.header_bytes + x->response.body_bytes;
    w->latest = n->evidence.id;
    struct waiting *entry = &w->waiting[w->latest % LIMIT_WHATIF_WAITING];
    expect_next(w);
    count(w, entry);
    *entry = (struct waiting){
        .id = w->latest,
        .octets = x->request.header_bytes + x->request.body_bytes + response,
        .is_inner = w->next_inner == w->latest,
        .private_has_it = private_has_it(n),
    };
    if (facts->t_req0 && facts->t_rsp1 > facts->t_req0)
        entry->took_ns = facts->t_rsp1 - facts->t_req0;
    struct representation *r = representation_of(n);
    if (!shared_may_have_it(n, r))
        return;
    name_object(r, n->url.key);
    entry->place = r->place;
    entry->object = r->object;
    entry->size = x->status == 200 ? response : r->head.bytes.len + r->content_octets;
}

void whatif_pair(struct whatif *w, uint64_t inner_id, uint64_t outer_id)
{
    struct waiting *entry = &w->waiting[inner_id % LIMIT_WHATIF_WAITING];
    if (inner_id > w->latest)
        w->next_inner = outer_id ? inner_id : 0;
    else if (entry->id == inner_id)
        entry->is_inner = outer_id != 0;
    else
        w->pairs_late += outer_id != 0;
}

uint64_t whatif_pairs_late(const struct whatif *w)
{
    return w->pairs_late;
}

/* What still waits, in order of entry. */
static void count_all(struct whatif *w)
{
    for (uint64_t i = 1; i <= LIMIT_WHATIF_WAITING; i++) {
        struct waiting *entry = &w->waiting[(w->latest + i) % LIMIT_WHATIF_WAITING];
        count(w, entry);
        entry->id = 0;
    }
}

void whatif_finish(struct whatif *w, void (*each)(void *context, const struct what_if *row),
                   void *context)
{
    count_all(w);
    struct what_if row = {
        .scenario = SCENARIO_PRIVATE_CACHE,
        .capacity_bytes = UINT64_MAX,
        .exchanges = w->answered,
        .saved_bytes = w->saved,
        .left_bytes = w->octets - w->saved,
        .time_ns = w->time_ns,
        .sampled_ppm = 1000000,
    };
    each(context, &row);
    const struct stack_point all = stack_distance_point(w->shared, STACK_CAPACITIES);
    for (unsigned i = 0; i <= STACK_CAPACITIES; i++) {
        struct stack_point point = stack_distance_point(w->shared, i);
        if (i && i < STACK_CAPACITIES && stack_distance_point(w->shared, i - 1).hits == all.hits)
            continue; /* a smaller one does all that can be done */
        row = (struct what_if){
            .scenario = SCENARIO_SHARED_CACHE,
            .capacity_bytes = point.capacity,
            .exchanges = point.hits,
            .saved_bytes = point.weight,
            .left_bytes = w->octets - point.weight,
            .sampled_ppm = stack_distance_sampled_ppm(w->shared),
        };
        each(context, &row);
    }
}
