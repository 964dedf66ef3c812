/* SPDX-License-Identifier: MIT */
/* A ring of prospects, and the steps that each of them takes. */

#include "analysis/ahead.h"

#include <stdlib.h>

#include "analysis/accused.h"
#include "base/alloc.h"
#include "base/attributes.h"

struct ahead {
    struct prospect ring[ANALYSIS_AHEAD + 1]; /* with the one that was taken last */
    unsigned first, count;
};

struct ahead *ahead_new(void)
{
    struct ahead *ahead = xcalloc(1, sizeof *ahead);
    for (unsigned i = 0; i < COUNT_OF(ahead->ring); i++)
        arena_init(&ahead->ring[i].arena, 1024);
    return ahead;
}

void ahead_free(struct ahead *ahead)
{
    if (!ahead)
        return;
    for (unsigned i = 0; i < COUNT_OF(ahead->ring); i++)
        arena_fini(&ahead->ring[i].arena);
    free(ahead);
}

/* ---- the steps: each looks at what the one before it asked for ---- */

/* Places in tables. */
static void read(struct prospect *p, const struct model *model, const struct exchange *x)
{
    arena_reset(&p->arena);
    p->x = x;
    p->step = 0;
    p->url = url_of(x, &p->arena);
    p->resource = store_expect(model->store, p->url.key);
    p->client = client_expect(model->clients, x, p->url.host);
    p->server = server_expect(model->servers, &x->connection.server);
    p->errand = errand_expect(model->errands, x);
}

/* What stands there. */
static void look_up(const struct prospect *p, const struct model *model)
{
    store_expect_resource(model->store, p->resource);
    client_expect_entries(model->clients, &p->client);
    server_expect_entry(model->servers, p->server);
    errand_expect_entry(model->errands, p->errand);
}

/* What the URL has shown, and whether the client holds some of it. */
static void look_into_url(const struct prospect *p, const struct model *model)
{
    const struct resource *r = store_expected(model->store, p->resource);
    if (!r)
        return;
    store_expect_holding(model->store, p->client.id, r);
    for (uint32_t i = 0; i < r->n_representations && i < 2; i++) /* the latest */
        expect_lines(r->representations[i], sizeof *r->representations[i]);
    if (r->habit)
        expect_lines(r->habit, sizeof *r->habit);
    if (r->family)
        expect_lines(r->family, sizeof *r->family);
    if (r->waiting_first)
        expect_lines(r->waiting_first, sizeof *r->waiting_first);
}

static void look_into_holding(const struct prospect *p, const struct model *model)
{
    const struct resource *r = store_expected(model->store, p->resource);
    if (r)
        store_expect_held(model->store, p->client.id, r);
}

static void look_at_what_is_held(const struct prospect *p, const struct model *model)
{
    const struct resource *r = store_expected(model->store, p->resource);
    const struct holding *h = r ? store_expected_holding(model->store, p->client.id, r) : NULL;
    if (!h)
        return;
    if (h->after)
        expect_lines(h->after, sizeof *h->after);
    if (h->renewed)
        expect_lines(h->renewed, sizeof *h->renewed);
    if (h->tally.first)
        expect_lines(h->tally.first, sizeof *h->tally.first);
}

/* Whose accusations wait for what it does next. */
static void look_at_who_waits(const struct prospect *p, const struct model *model)
{
    const struct resource *r = store_expected(model->store, p->resource);
    const struct holding *h = r ? store_expected_holding(model->store, p->client.id, r) : NULL;
    if (h && h->tally.first)
        expect_lines(h->tally.first->accused, sizeof *h->tally.first->accused);
}

static void (*const steps[])(const struct prospect *p, const struct model *model) = {
    look_up, look_into_url, look_into_holding, look_at_what_is_held, look_at_who_waits,
};

/* ---- the ring ---- */

static struct prospect *at(struct ahead *ahead, unsigned index)
{
    return &ahead->ring[(ahead->first + index) % COUNT_OF(ahead->ring)];
}

void ahead_expect(struct ahead *ahead, const struct model *model, const struct exchange *x)
{
    if (ahead->count < ANALYSIS_AHEAD)
        read(at(ahead, ahead->count++), model, x);
}

/* The next one, where it is that; else NULL. */
static struct prospect *next(struct ahead *ahead, const struct exchange *x)
{
    struct prospect *p = at(ahead, 0);
    if (ahead->count == 0 || p->x != x)
        return NULL;
    ahead->first = (ahead->first + 1) % COUNT_OF(ahead->ring);
    ahead->count--;
    return p;
}

void ahead_pass_over(struct ahead *ahead, const struct exchange *x)
{
    next(ahead, x);
}

const struct prospect *ahead_take(struct ahead *ahead, const struct model *model,
                                  const struct exchange *x)
{
    struct prospect *p = next(ahead, x);
    if (p)
        return p;
    p = at(ahead, ahead->count);
    read(p, model, x);
    return p;
}

void ahead_step(struct ahead *ahead, const struct model *model)
{
    for (unsigned i = 0; i < ahead->count; i++) {
        struct prospect *p = at(ahead, i);
        if (p->step < COUNT_OF(steps))
            steps[p->step++](p, model);
    }
}
