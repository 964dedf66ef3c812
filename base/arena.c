/* SPDX-License-Identifier: MIT */
/* Blocks in a list, newest first; allocation bumps a pointer in the newest. */

#include "base/arena.h"

#include <assert.h>

#include "base/heap.h"

struct arena_block {
    struct arena_block *older;
    size_t size;
    uint8_t bytes[];
};
_Static_assert(sizeof(struct arena_block) == ARENA_HEADER, "as arena.h says");

static void block_give(struct arena_block *block)
{
    if (block)
        heap_give(block, sizeof *block + block->size);
}

static size_t aligned(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

void arena_init(struct arena *arena, size_t first_size)
{
    *arena = (struct arena){.first_size = first_size};
}

void arena_init_in(struct arena *arena, void *room, size_t size)
{
    struct arena_block *block = room;
    assert(size > sizeof *block);
    *block = (struct arena_block){.size = size - sizeof *block};
    *arena = (struct arena){.newest = block, .total = block->size};
    arena_reset(arena);
}

void arena_fini(struct arena *arena)
{
    arena_reset(arena);
    if (arena->first_size == 0)
        return;
    block_give(arena->newest);
    arena_init(arena, arena->first_size);
}

void arena_reset(struct arena *arena)
{
    if (!arena->newest)
        return;
    while (arena->newest->older) {
        struct arena_block *older = arena->newest->older;
        arena->total -= arena->newest->size;
        block_give(arena->newest);
        arena->newest = older;
    }
    arena->at = arena->newest->bytes;
    arena->end = arena->at + arena->newest->size;
}

static void add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = heap_take(sizeof *block + size);
    block->older = arena->newest;
    block->size = size;
    arena->newest = block;
    arena->at = block->bytes;
    arena->end = block->bytes + size;
    arena->total += size;
}

static bool has_room(const struct arena *arena, size_t size)
{
    return arena->newest && (size_t)(arena->end - arena->at) >= size;
}

void arena_reserve(struct arena *arena, size_t size)
{
    if (!has_room(arena, size))
        add_block(arena,
                  heap_rounded(sizeof(struct arena_block) + size) - sizeof(struct arena_block));
}

static void grow(struct arena *arena, size_t at_least)
{
    size_t size = arena->newest ? arena->newest->size * 2 : arena->first_size;
    add_block(arena, size < at_least ? at_least : size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = aligned(size);
    if (!has_room(arena, size))
        grow(arena, size);
    void *p = arena->at;
    arena->at += size;
    assert(arena->at <= arena->end);
    return p;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    if (slice_is_absent(s))
        return s;
    uint8_t *copy = arena_alloc(arena, s.len ? s.len : 1);
    if (s.len)
        memcpy(copy, s.at, s.len);
    return slice_of(copy, s.len);
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    uint8_t *start = old;
    if (start && start + aligned(old_size) == arena->at &&
        (size_t)(arena->end - start) >= aligned(new_size)) {
        arena->at = start + aligned(new_size);
        return old;
    }
    void *fresh = arena_alloc(arena, new_size);
    if (old_size)
        memcpy(fresh, old, old_size);
    return fresh;
}
