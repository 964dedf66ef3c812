/* SPDX-License-Identifier: MIT */
/*
 * Small classes: 64, 192, 320, ... octets, odd numbers of cache lines, as pools want them. Middle
 * ones: powers of two, up to a slab. Large ones, which are few: powers of two, each a pool. What is
 * larger still is a mapping of its own.
 */

#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/slabs.h"

#ifdef UNDER_ADDRESS_SANITIZER

#define LARGE ((size_t)1 << 20) /* from here on a mapping, which need not be touched to be zero */

void *heap_take(size_t size)
{
    return size > LARGE ? xmap(size) : xalloc_aligned(size);
}

void *heap_take_zeroed(size_t size)
{
    return size > LARGE ? xmap(size) : memset(xalloc_aligned(size), 0, size);
}

void heap_give(void *memory, size_t size)
{
    if (size > LARGE)
        xunmap(memory, size);
    else
        free(memory);
}

#else

#define SMALL_CLASSES  40 /* the largest: 5,056 octets */
#define MIDDLE_BITS    13 /* the smallest: 8 KiB */
#define MIDDLE_CLASSES 3  /* the largest: 32 KiB */
#define LARGE_CLASSES  5  /* the largest: 1 MiB */
_Static_assert((size_t)1 << (MIDDLE_BITS + MIDDLE_CLASSES - 1) == SLAB_OCTETS, "a whole slab");

static _Thread_local struct slabs small[SMALL_CLASSES], middle[MIDDLE_CLASSES];
static _Thread_local struct pool large[LARGE_CLASSES];

/* Which power of two of the middle and large ones. */
static unsigned power_of(size_t size)
{
    unsigned power = 0;
    while (power < MIDDLE_CLASSES + LARGE_CLASSES && size > (size_t)1 << (MIDDLE_BITS + power))
        power++;
    return power;
}

static struct slabs *slabs_of(size_t size)
{
    size_t octets = POOL_SIZE_OF(size);
    if (octets / 128 < SMALL_CLASSES) {
        small[octets / 128].size = (uint32_t)octets;
        return &small[octets / 128];
    }
    unsigned power = power_of(size);
    if (power >= MIDDLE_CLASSES)
        return NULL;
    middle[power].size = 1u << (MIDDLE_BITS + power);
    return &middle[power];
}

static struct pool *pool_of(size_t size)
{
    unsigned power = power_of(size);
    if (power == MIDDLE_CLASSES + LARGE_CLASSES)
        return NULL;
    struct pool *pool = &large[power - MIDDLE_CLASSES];
    pool->size = (size_t)1 << (MIDDLE_BITS + power);
    return pool;
}

static void *take(size_t size, bool *is_zeroed)
{
    struct slabs *slabs = slabs_of(size);
    struct pool *pool = slabs ? NULL : pool_of(size);
    *is_zeroed = !slabs && !pool;
    return slabs ? slabs_take(slabs) : pool ? pool_take(pool) : xmap(size);
}

void *heap_take(size_t size)
{
    bool is_zeroed;
    return take(size, &is_zeroed);
}

void *heap_take_zeroed(size_t size)
{
    bool is_zeroed;
    void *memory = take(size, &is_zeroed);
    return is_zeroed ? memory : memset(memory, 0, size);
}

void heap_give(void *memory, size_t size)
{
    struct slabs *slabs = slabs_of(size);
    struct pool *pool = slabs ? NULL : pool_of(size);
    if (memory && slabs)
        slabs_give(slabs, memory);
    else if (memory && pool)
        pool_give(pool, memory);
    else if (memory)
        xunmap(memory, size);
}

#endif
