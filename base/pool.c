/* SPDX-License-Identifier: MIT */
/* A list of what came back, blocks, and the large runs that they are cut from. */

#include "base/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

struct pool_object {
    struct pool_object *next;
};

#ifdef UNDER_ADDRESS_SANITIZER

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

#define RUN         ((size_t)4 << 20)
#define BLOCK_LEAST (64u << 10)
#define BLOCK_MOST  (256u << 10) /* of eight objects; larger ones are blocks of their own */

/* What is left of the newest run. */
static _Thread_local uint8_t *run_at, *run_end;

static uint8_t *block_take(size_t size)
{
    assert(size <= RUN);
    if ((size_t)(run_end - run_at) < size) {
        run_at = xmap(RUN);
        run_end = run_at + RUN;
    }
    run_at += size;
    return run_at - size;
}

static void add_block(struct pool *pool)
{
    size_t size = pool->size * 8 < BLOCK_LEAST ? BLOCK_LEAST : pool->size * 8;
    if (size > BLOCK_MOST)
        size = pool->size;
    pool->at = block_take(size);
    pool->end = pool->at + size;
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
