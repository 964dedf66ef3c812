/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A pool hands out objects of one size, the one that came back last first: it is still in the
 * cache. Objects lie side by side in blocks that are never given back, and the blocks of all pools
 * of a thread side by side in large pages, so that a million objects cost few page faults (18,000
 * cycles each in a virtual machine), few entries of the TLB, and none of malloc's bookkeeping.
 *
 * One thread. Under the address sanitizer each object is an allocation of its own.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct pool_object;

struct pool {
    size_t size; /* octets of an object: an odd number of cache lines, lest the same field of all
                    objects compete for the same few places of a cache */
    struct pool_object *free;
    uint8_t *at, *end; /* of the newest block: not handed out yet */
};

#define POOL_SIZE_OF(size) ((((size) + 63) / 64 | 1) * 64)

/* `static _Thread_local struct pool things = POOL_OF(struct thing)`. No memory is taken before the
 * first object. */
#define POOL_OF(type) ((struct pool){.size = POOL_SIZE_OF(sizeof(type))})

/* Aligned to 64 octets, contents undefined; never NULL. */
void *pool_take(struct pool *pool) MUST_USE;
void pool_give(struct pool *pool, void *object);

/* These octets are going to be looked at: brings their lines nearer. */
static inline void expect_lines(const void *from, size_t octets)
{
    for (size_t line = 0; line < octets; line += 64)
        __builtin_prefetch((const char *)from + line);
}
