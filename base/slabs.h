/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Pieces of one size, out of slabs that go to another size when all their pieces are back. So what
 * is held is what was needed at once, whatever sizes were needed one after the other: a peer that
 * sends heads of this length today and of that length tomorrow shall not have memory for both.
 * Beyond that each size may hold SLABS_KEPT slabs, by a last piece of each that it keeps at hand.
 *
 * One thread. A piece may come back in another thread than it was taken in, as long as something
 * orders the two (the queue that it crossed): it is used there from then on.
 */

#include <stdint.h>

#include "base/attributes.h"

#define SLAB_OCTETS (32u << 10) /* the largest piece */
#define SLABS_KEPT  32

struct slab;
struct slabs_piece;

struct slabs {
    uint32_t size; /* of a piece; from sizeof(void *) to SLAB_OCTETS, the rest begins zeroed */
    uint32_t n_kept;
    void *kept[SLABS_KEPT];      /* the one that came back last first: it is still in the cache */
    struct slab *partial;        /* slabs with pieces to give, newest first */
    struct slabs_piece *foreign; /* pieces of another thread's slabs */
};

/* Aligned to 64 octets if `size` is; contents undefined; never NULL. */
void *slabs_take(struct slabs *slabs) MUST_USE;
void slabs_give(struct slabs *slabs, void *piece);

/* Slabs of this thread: all that were ever made, and of these, those that hold no piece. */
uint32_t slabs_made(void);
uint32_t slabs_spare(void);
