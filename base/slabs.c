/* SPDX-License-Identifier: MIT */
/*
 * Slabs lie side by side in large pages. What is known of them lies together in the first of each
 * page, at a place that differs from page to page, lest all compete for the same places of a cache;
 * and it is looked at for every SLABS_KEPT / 2 pieces that come back beyond those that go out.
 */

#include "base/slabs.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

#define PAGE ((uintptr_t)2 << 20)

enum {
    SLABS_OF_PAGE = PAGE / SLAB_OCTETS,
    COLOURS = 8, /* times sizeof(struct slab) * SLABS_OF_PAGE: within a slab */
    BATCH = SLABS_KEPT / 2
};

struct slabs_piece {
    struct slabs_piece *next;
};

struct slab {
    struct slab *newer, *older; /* among its size's with pieces to give, or ->older: spare ones */
    struct slabs_piece *free;   /* pieces that came back */
    const void *owner;          /* &spare of its thread */
    uint16_t out;               /* pieces that are not here */
    uint16_t cut; /* pieces that were ever given: those beyond are one after another */
    bool is_listed;
};
_Static_assert(sizeof(struct slab) * SLABS_OF_PAGE * COLOURS <= SLAB_OCTETS, "beside one another");

static _Thread_local struct slab *spare;
static _Thread_local uint32_t n_made, n_spare;

static struct slab *first_of(uintptr_t page)
{
    size_t colour = page / PAGE % COLOURS;
    return (struct slab *)page + colour * SLABS_OF_PAGE;
}

static struct slab *slab_of(const void *piece)
{
    uintptr_t at = (uintptr_t)piece, page = at & ~(PAGE - 1);
    return first_of(page) + (at - page) / SLAB_OCTETS;
}

static uint8_t *octets_of(const struct slab *slab)
{
    uintptr_t page = (uintptr_t)slab & ~(PAGE - 1);
    return (uint8_t *)page + (size_t)(slab - first_of(page)) * SLAB_OCTETS;
}

static void put_aside(struct slab *slab)
{
    slab->older = spare;
    spare = slab;
    n_spare++;
}

/* All but the first slab of a page, which has what is known of the others. */
static void page_take(void)
{
    uintptr_t page = (uintptr_t)xmap(PAGE);
    for (unsigned i = SLABS_OF_PAGE - 1; i > 0; i--) {
        struct slab *slab = first_of(page) + i;
        slab->owner = &spare;
        put_aside(slab);
        n_made++;
    }
}

static void list(struct slabs *slabs, struct slab *slab)
{
    slab->newer = NULL;
    slab->older = slabs->partial;
    if (slabs->partial)
        slabs->partial->newer = slab;
    slabs->partial = slab;
    slab->is_listed = true;
}

static void unlist(struct slabs *slabs, struct slab *slab)
{
    if (slab->newer)
        slab->newer->older = slab->older;
    else
        slabs->partial = slab->older;
    if (slab->older)
        slab->older->newer = slab->newer;
    slab->is_listed = false;
}

static struct slab *slab_with_pieces(struct slabs *slabs)
{
    if (slabs->partial)
        return slabs->partial;
    if (!spare)
        page_take();
    struct slab *slab = spare;
    spare = slab->older;
    n_spare--;
    slab->free = NULL;
    slab->cut = 0;
    assert(slab->out == 0);
    list(slabs, slab);
    return slab;
}

/* NULL: all are out. */
static void *piece_of(const struct slabs *slabs, struct slab *slab)
{
    struct slabs_piece *piece = slab->free;
    if (piece)
        slab->free = piece->next;
    else if ((slab->cut + 1u) * slabs->size <= SLAB_OCTETS)
        piece = (struct slabs_piece *)(octets_of(slab) + slab->cut++ * slabs->size);
    else
        return NULL;
    slab->out++;
    return piece;
}

static void refill(struct slabs *slabs)
{
    if (slabs->foreign) {
        slabs->kept[slabs->n_kept++] = slabs->foreign;
        slabs->foreign = slabs->foreign->next;
        return;
    }
    struct slab *slab = slab_with_pieces(slabs);
    void *piece;
    while (slabs->n_kept < BATCH && (piece = piece_of(slabs, slab)))
        slabs->kept[slabs->n_kept++] = piece;
    if (slabs->n_kept < BATCH)
        unlist(slabs, slab);
}

static void bring_home(struct slabs *slabs, struct slabs_piece *piece)
{
    struct slab *slab = slab_of(piece);
    if (slab->owner != &spare) {
        piece->next = slabs->foreign;
        slabs->foreign = piece;
        return;
    }
    piece->next = slab->free;
    slab->free = piece;
    if (!slab->is_listed)
        list(slabs, slab);
    if (--slab->out == 0) {
        unlist(slabs, slab);
        put_aside(slab);
    }
}

void *slabs_take(struct slabs *slabs)
{
    while (slabs->n_kept == 0)
        refill(slabs);
    return slabs->kept[--slabs->n_kept];
}

/* The older half goes back to the slabs. */
static void drain(struct slabs *slabs)
{
    for (unsigned i = 0; i < BATCH; i++)
        bring_home(slabs, slabs->kept[i]);
    slabs->n_kept -= BATCH;
    for (unsigned i = 0; i < slabs->n_kept; i++)
        slabs->kept[i] = slabs->kept[i + BATCH];
}

void slabs_give(struct slabs *slabs, void *piece)
{
    if (slabs->n_kept == SLABS_KEPT)
        drain(slabs);
    slabs->kept[slabs->n_kept++] = piece;
}

uint32_t slabs_made(void)
{
    return n_made;
}

uint32_t slabs_spare(void)
{
    return n_spare;
}
