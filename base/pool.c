/* SPDX-License-Identifier: MIT */
/* A list of what came back, and blocks that double up to the size of a large page. */

#include "base/pool.h"

#include <stdlib.h>

#include "base/alloc.h"

#define FIRST_BLOCK (64u << 10)
#define LARGE_BLOCK (4u << 20)

struct pool_object {
    struct pool_object *next;
};

struct pool_block {
    struct pool_block *older;
    size_t size;
    uint8_t objects[] __attribute__((aligned(64)));
};

#ifdef __SANITIZE_ADDRESS__

void *pool_take(struct pool *pool)
{
    return xalloc_aligned(pool->size);
}

void pool_give(struct pool *pool, void *object)
{
    (void)pool;
    free(object);
}

#else

static void add_block(struct pool *pool)
{
    size_t size = pool->newest ? pool->newest->size * 2 : FIRST_BLOCK;
    if (size > LARGE_BLOCK)
        size = LARGE_BLOCK;
    struct pool_block *block = xalloc_aligned(size);
    block->older = pool->newest;
    block->size = size;
    pool->newest = block;
    pool->at = block->objects;
    pool->end = (uint8_t *)block + size;
}

void *pool_take(struct pool *pool)
{
    struct pool_object *object = pool->free;
    if (object) {
        pool->free = object->next;
        return object;
    }
    if ((size_t)(pool->end - pool->at) < pool->size)
        add_block(pool);
    pool->at += pool->size;
    return pool->at - pool->size;
}

void pool_give(struct pool *pool, void *object)
{
    struct pool_object *came_back = object;
    came_back->next = pool->free;
    pool->free = came_back;
}

#endif

void pool_fini(struct pool *pool)
{
    for (struct pool_block *older; pool->newest; pool->newest = older) {
        older = pool->newest->older;
        free(pool->newest);
    }
    pool->free = NULL;
    pool->at = pool->end = NULL;
}
