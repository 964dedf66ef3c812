/* SPDX-License-Identifier: MIT */
/*
 * Three kinds of queues, all in order of entry, so that what is closed is closed in the same order
 * in every run: all that waits (the window), what only waits for losses to be told (ripening), and
 * per URL what waits for a 200. Counts have a queue each.
 */

#include "analysis/accusations.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct accusations {
    struct accusation_hooks hooks;
    int64_t window_ns;
    uint32_t scale;
    struct accused *oldest, *newest;
    struct line ripening; /* what only waits for losses to be told */
    struct line unheld;   /* what waits for a 200 and has none before it */
    struct line brief;    /* what only waits for what the client does next */
    uint64_t count, octets;
    struct accusation_counts counts;
};

struct accusations *accusations_new(const struct accusation_hooks *hooks, int64_t window_ns,
                                    uint32_t scale)
{
    struct accusations *a = xcalloc(1, sizeof *a);
    a->hooks = *hooks;
    a->window_ns = window_ns;
    a->scale = scale;
    return a;
}

void accusations_free(struct accusations *accusations)
{
    assert(!accusations || !accusations->oldest);
    free(accusations);
}

/* ---- the queues ---- */

static void queue_all(struct accusations *a, struct accused *x)
{
    x->older = a->newest;
    x->newer = NULL;
    if (a->newest)
        a->newest->newer = x;
    else
        a->oldest = x;
    a->newest = x;
    a->count++;
    a->octets += x->weight;
}

static void unqueue_all(struct accusations *a, struct accused *x)
{
    *(x->older ? &x->older->newer : &a->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &a->newest) = x->older;
    a->count--;
    a->octets -= x->weight;
}

static void line_add(struct line *line, struct accused *x)
{
    x->older_in_line = line->newest;
    x->newer_in_line = NULL;
    *(line->newest ? &line->newest->newer_in_line : &line->oldest) = x;
    line->newest = x;
    line->count++;
    x->line = line;
}

static void line_leave(struct accused *x)
{
    struct line *line = x->line;
    if (!line)
        return;
    *(x->older_in_line ? &x->older_in_line->newer_in_line : &line->oldest) = x->newer_in_line;
    *(x->newer_in_line ? &x->newer_in_line->older_in_line : &line->newest) = x->older_in_line;
    line->count--;
    x->line = NULL;
}

static void queue_ripe(struct accusations *a, struct accused *x, int64_t now_ns)
{
    int64_t wait = a->window_ns < LIMIT_RIPENING_NS ? a->window_ns : LIMIT_RIPENING_NS;
    x->ripe_ns = now_ns + wait;
    line_leave(x);
    line_add(&a->ripening, x);
}

static void queue_url(struct accusations *a, struct resource *r, struct accused *x)
{
    x->resource = r;
    x->older_of_url = r->waiting_last;
    x->newer_of_url = NULL;
    if (r->waiting_last)
        r->waiting_last->newer_of_url = x;
    else
        r->waiting_first = x;
    r->waiting_last = x;
    r->waiting++;
    r->waiting_unheld += x->is_unheld;
    if (x->is_unheld)
        line_add(&a->unheld, x);
}

static void unqueue_url(struct accused *x)
{
    struct resource *r = x->resource;
    *(x->older_of_url ? &x->older_of_url->newer_of_url : &r->waiting_first) = x->newer_of_url;
    *(x->newer_of_url ? &x->newer_of_url->older_of_url : &r->waiting_last) = x->older_of_url;
    r->waiting--;
    r->waiting_unheld -= x->is_unheld;
    x->resource = NULL;
}

static void unqueue_tally(struct accusation *n)
{
    struct tally *t = n->tally;
    assert(t);
    *(n->older ? &n->older->newer : &t->first) = n->newer;
    *(n->newer ? &n->newer->older : &t->last) = n->older;
    t->waiting--;
    n->tally = NULL;
}

/* ---- closing ---- */

static bool is_open(const struct accused *x, enum accusation_state state)
{
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].state == state)
            return true;
    return false;
}

/* Leaves every queue that it stands in for what was unjudged, and has that judged. */
static void close_unjudged(struct accusations *a, struct accused *x)
{
    if (x->resource)
        unqueue_url(x);
    line_leave(x);
    if (is_open(x, ACCUSATION_UNJUDGED))
        a->hooks.judge(a->hooks.context, x);
}

static void settle_if_closed(struct accusations *a, struct accused *x)
{
    if (is_open(x, ACCUSATION_UNJUDGED) || is_open(x, ACCUSATION_COUNTED))
        return;
    line_leave(x);
    unqueue_all(a, x);
    a->hooks.settle(a->hooks.context, x);
}

static void close_count(struct accusation *n, bool confirmed)
{
    unqueue_tally(n);
    n->state = ACCUSATION_CLOSED;
    n->stands = confirmed != n->verdict->unless_confirmed;
}

static void close_whole(struct accusations *a, struct accused *x)
{
    close_unjudged(a, x);
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].state == ACCUSATION_COUNTED)
            close_count(&x->accusations[i], x->accusations[i].presumed);
    settle_if_closed(a, x);
}

static void close_unjudged_and_settle(struct accusations *a, struct accused *x)
{
    close_unjudged(a, x);
    settle_if_closed(a, x);
}

/* ---- caps ---- */

static uint64_t scaled(const struct accusations *a, uint64_t cap)
{
    uint64_t n = cap * a->scale / 256;
    return n < 16 ? 16 : n;
}

static void make_room(struct accusations *a)
{
    while (a->oldest &&
           (a->count > scaled(a, LIMIT_WAITING) || a->octets > scaled(a, LIMIT_WAITING_OCTETS))) {
        a->counts.pushed_out++;
        close_whole(a, a->oldest);
    }
}

/* Too many wait without a 200 before them, of the URL or in all: the oldest is judged without one.
 */
static void make_room_unheld(struct accusations *a, struct resource *r)
{
    struct accused *x = a->unheld.oldest;
    if (r->waiting_unheld > LIMIT_WAITING_UNHELD)
        for (x = r->waiting_first; x && !x->is_unheld;)
            x = x->newer_of_url;
    else if (a->unheld.count <= scaled(a, LIMIT_ALL_UNHELD))
        return;
    assert(x);
    a->counts.unheld_pushed_out++;
    close_unjudged_and_settle(a, x);
}

/* The same for what waits for the next request: it came to nothing. */
static void make_room_brief(struct accusations *a)
{
    if (a->brief.count <= scaled(a, LIMIT_BRIEF))
        return;
    a->counts.brief_pushed_out++;
    close_whole(a, a->brief.oldest);
}

/* ---- entering ---- */

void tally_add(struct accusations *accusations, struct tally *tally, struct accusation *accusation)
{
    if (tally->waiting >= LIMIT_WAITING_FOR_COUNT) {
        struct accusation *oldest = tally->first;
        accusations->counts.tallies_full += !oldest->presumed;
        oldest->verdict->confidence = CONFIDENCE_POSSIBLE;
        close_count(oldest, oldest->presumed);
        settle_if_closed(accusations, oldest->accused);
    }
    accusation->tally = tally;
    accusation->state = ACCUSATION_COUNTED;
    accusation->older = tally->last;
    accusation->newer = NULL;
    if (tally->last)
        tally->last->newer = accusation;
    else
        tally->first = accusation;
    tally->last = accusation;
    tally->waiting++;
}

/* Nothing of it is open but what the next request of the client decides. */
static bool waits_briefly(const struct accused *x)
{
    for (unsigned i = 0; i < x->n_accusations; i++) {
        const struct accusation *n = &x->accusations[i];
        if (n->state == ACCUSATION_UNJUDGED ||
            (n->state == ACCUSATION_COUNTED && n->verdict->counted != COUNTED_REFETCH))
            return false;
    }
    return true;
}

void accusations_add(struct accusations *accusations, struct accused *accused,
                     struct resource *resource, int64_t now_ns)
{
    accused->deadline_ns = now_ns + accusations->window_ns;
    queue_all(accusations, accused);
    bool by_reference = accused_waits_for(accused, WAIT_FOR_REFERENCE) && resource;
    bool by_status = accused_waits_for(accused, WAIT_FOR_STATUS) && resource;
    if (by_status || (by_reference && !accused->has_after)) {
        queue_url(accusations, resource, accused);
        make_room_unheld(accusations, resource);
    } else if (by_reference || accused_waits_for(accused, WAIT_FOR_LOSSES)) {
        queue_ripe(accusations, accused, now_ns);
    } else if (waits_briefly(accused)) {
        accused->ripe_ns = now_ns + LIMIT_BRIEF_NS;
        line_add(&accusations->brief, accused);
        make_room_brief(accusations);
    }
    make_room(accusations);
}

void accusations_ripen(struct accusations *accusations, struct accused *accused, int64_t now_ns)
{
    if (accused->resource)
        unqueue_url(accused);
    accusations->hooks.reconsider(accusations->hooks.context, accused);
    if (!is_open(accused, ACCUSATION_UNJUDGED)) {
        line_leave(accused);
        settle_if_closed(accusations, accused);
    } else if (accused->line != &accusations->ripening) {
        queue_ripe(accusations, accused, now_ns);
    }
}

/* ---- events ---- */

/* Confirmed, but losses may still be told that change it. */
static void ripen_count(struct accusations *a, struct accusation *n, int64_t now_ns)
{
    unqueue_tally(n);
    n->state = ACCUSATION_UNJUDGED;
    n->waits = WAIT_FOR_LOSSES;
    n->verdict_is_counted = false;
    if (!n->accused->line && !n->accused->resource)
        queue_ripe(a, n->accused, now_ns);
}

void tally_confirm(struct accusations *accusations, struct tally *tally,
                   bool (*confirms)(const void *context, const struct accusation *accusation),
                   const void *context, int64_t now_ns)
{
    for (struct accusation *n = tally->first, *newer; n; n = newer) {
        newer = n->newer;
        if (!confirms(context, n))
            continue;
        if (n->verdict->ripens) {
            ripen_count(accusations, n, now_ns);
            continue;
        }
        close_count(n, true);
        settle_if_closed(accusations, n->accused);
    }
}

void tally_presume(struct tally *tally)
{
    for (struct accusation *n = tally->first; n; n = n->newer)
        n->presumed = true;
}

void tally_withdraw(struct accusations *accusations, struct tally *tally)
{
    while (tally->first) {
        struct accused *innocent = tally->first->accused;
        close_count(tally->first, false);
        settle_if_closed(accusations, innocent);
    }
}

void tally_reject(struct accusations *accusations, struct tally *tally,
                  bool (*applies)(const void *context, const struct accusation *accusation),
                  const void *context)
{
    for (struct accusation *n = tally->first, *newer; n; n = newer) {
        newer = n->newer;
        if (!applies(context, n))
            continue;
        close_count(n, false);
        settle_if_closed(accusations, n->accused);
    }
}

void tally_drop(struct accusations *accusations, struct tally *tally)
{
    while (tally->first) {
        struct accused *accused = tally->first->accused;
        close_count(tally->first, tally->first->presumed);
        settle_if_closed(accusations, accused);
    }
}

void accusations_forget(struct accusations *accusations, struct resource *resource)
{
    tally_drop(accusations, &resource->changing.tally);
    while (resource->waiting_first)
        close_unjudged_and_settle(accusations, resource->waiting_first);
}

void accusations_expire(struct accusations *accusations, int64_t now_ns)
{
    while (accusations->ripening.oldest && accusations->ripening.oldest->ripe_ns <= now_ns)
        close_unjudged_and_settle(accusations, accusations->ripening.oldest);
    while (accusations->brief.oldest && accusations->brief.oldest->ripe_ns <= now_ns)
        close_whole(accusations, accusations->brief.oldest);
    while (accusations->oldest && accusations->oldest->deadline_ns <= now_ns)
        close_whole(accusations, accusations->oldest);
}

void accusations_finish(struct accusations *accusations)
{
    while (accusations->oldest)
        close_whole(accusations, accusations->oldest);
}

struct accusation_counts accusation_counts(const struct accusations *accusations)
{
    return accusations->counts;
}
