/* SPDX-License-Identifier: MIT */
/*
 * Small classes: 64, 192, 320, ... octets, odd numbers of cache lines, as pools want them. Middle
 * ones: powers of two. What is larger is a mapping of its own.
 */

#include "base/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"

#ifdef __SANITIZE_ADDRESS__

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
#define MIDDLE_CLASSES 8  /* the largest: 1 MiB */

static _Thread_local struct pool small[SMALL_CLASSES], middle[MIDDLE_CLASSES];

/* The pool of a size, or NULL where it is too large for all of them. */
static struct pool *class_of(size_t size)
{
    size_t octets = POOL_SIZE_OF(size);
    if (octets / 128 < SMALL_CLASSES) {
        small[octets / 128].size = octets;
        return &small[octets / 128];
    }
    unsigned class = 0;
    while (class < MIDDLE_CLASSES && size > (size_t)1 << (MIDDLE_BITS + class))
        class ++;
    if (class == MIDDLE_CLASSES)
        return NULL;
    middle[class].size = (size_t)1 << (MIDDLE_BITS + class);
    return &middle[class];
}

void *heap_take(size_t size)
{
    struct pool *pool = class_of(size);
    return pool ? pool_take(pool) : xmap(size);
}

void *heap_take_zeroed(size_t size)
{
    struct pool *pool = class_of(size);
    return pool ? memset(pool_take(pool), 0, size) : xmap(size);
}

void heap_give(void *memory, size_t size)
{
    struct pool *pool = class_of(size);
    if (memory && pool)
        pool_give(pool, memory);
    else if (memory)
        xunmap(memory, size);
}

#endif
