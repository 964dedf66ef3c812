/* SPDX-License-Identifier: MIT */
/* One block: the struct, its accusations, the URL, the dossier without its zeros. */

#include "analysis/accused.h"

#include <string.h>

#include "base/heap.h"
#include "base/sparse.h"

static size_t accused_size(unsigned n_accusations)
{
    return sizeof(struct accused) + n_accusations * sizeof(struct accusation);
}

static void init_arena(struct accused *x)
{
    arena_init(&x->arena, sizeof(struct verdict) + 128);
}

struct accused *accused_new(unsigned n_accusations)
{
    size_t size = accused_size(n_accusations);
    struct accused *x = heap_take_zeroed(size);
    x->octets = (uint32_t)size;
    x->n_accusations = n_accusations;
    init_arena(x);
    return x;
}

/* What the accusation says lies in the draft's scratch. */
static void keep_accusation(struct accused *x, struct accusation *n)
{
    n->accused = x;
    n->message = arena_copy(&x->arena, n->message);
    if (n->verdict) {
        const struct verdict *draft = n->verdict;
        n->verdict = arena_alloc(&x->arena, sizeof *draft);
        *n->verdict = *draft;
    }
    if (n->reference)
        representation_take(n->reference);
}

struct accused *accused_put_away(const struct accused *draft, const struct dossier *dossier,
                                 struct slice url_key, const struct exchange *x)
{
    uint8_t packed[SPARSE_MOST(sizeof *dossier)];
    size_t sparse = sparse_pack(packed, dossier, sizeof *dossier);
    size_t size = accused_size(draft->n_accusations), octets = size + url_key.len + sparse;
    struct accused *kept = heap_take(octets);
    memcpy(kept, draft, size);
    uint8_t *at = (uint8_t *)kept + size;
    if (url_key.len)
        memcpy(at, url_key.at, url_key.len);
    kept->url_key = slice_of(at, url_key.len);
    kept->dossier = memcpy(at + url_key.len, packed, sparse);
    kept->octets = (uint32_t)octets;
    init_arena(kept);
    references_take(&dossier->refs);
    if (kept->outer)
        outer_leg_take(kept->outer);
    for (unsigned i = 0; i < kept->n_accusations; i++)
        keep_accusation(kept, &kept->accusations[i]);
    if (x)
        kept->kept = kept_new(x);
    kept->weight = octets + kept->arena.total + (x ? kept_octets(kept->kept) : 0);
    return kept;
}

void accused_free(struct accused *x, struct store *store, struct legs *legs)
{
    struct dossier dossier = accused_dossier(x);
    references_drop(&dossier.refs, store);
    if (x->news && x->news->after.representation)
        representation_drop(store, x->news->after.representation);
    heap_give(x->news, sizeof *x->news);
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].reference)
            representation_drop(store, x->accusations[i].reference);
    if (x->outer)
        outer_leg_drop(legs, x->outer);
    arena_fini(&x->arena);
    kept_free(x->kept);
    heap_give(x, x->octets);
}

struct dossier accused_dossier(const struct accused *x)
{
    struct dossier dossier = {.node = 0};
    if (x->dossier)
        sparse_unpack(&dossier, sizeof dossier, x->dossier);
    return dossier;
}

struct news *accused_news(struct accused *x)
{
    if (!x->news)
        x->news = heap_take_zeroed(sizeof *x->news);
    return x->news;
}

bool accused_waits_for(const struct accused *x, enum wait what)
{
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].state == ACCUSATION_UNJUDGED && x->accusations[i].waits == what)
            return true;
    return false;
}
