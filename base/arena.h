/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An arena is memory that dies together: allocations are a bump of a pointer, nothing is given back
 * singly. Everything that one exchange mentions lives in its arena.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *newest;
    uint8_t *at, *end; /* free part of the newest block */
    size_t first_size; /* octets of the first block, 0: it is not the arena's; later ones double */
    size_t total;      /* octets of all blocks */
};

/* No memory is taken before the first allocation. */
void arena_init(struct arena *arena, size_t first_size);

/* The first block lies in the `size` octets of `room`, which is aligned to 8 octets, outlives the
 * arena and stays its own at arena_fini(); ARENA_HEADER of them are not for allocations. */
#define ARENA_HEADER 16
void arena_init_in(struct arena *arena, void *room, size_t size);

/* Gives everything back; the arena can be used again. */
void arena_fini(struct arena *arena);

/* The next allocations, each rounded up to 8 octets, will take `size` in all: where there is no
 * room for them, they get a block that is hardly larger. */
void arena_reserve(struct arena *arena, size_t size);

/* Forgets every allocation, keeps the first block for reuse. */
void arena_reset(struct arena *arena);

/* Aligned to 8 octets, contents undefined; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same, zeroed. */
void *arena_zalloc(struct arena *arena, size_t size);

/* A copy of `s` that lives as long as the arena. Absent stays absent. */
struct slice arena_copy(struct arena *arena, struct slice s);

/* Lengthens the allocation at `old` in place where it is the newest and there is room, else
 * allocates anew and copies `old_size` octets. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);
