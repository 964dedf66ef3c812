/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Memory of any size for what lives long and is looked up at random: entries of tables, and the
 * tables. Sizes are rounded up to a class; memory that came back goes from one class to another
 * (base/slabs.h), but for the largest. All of it lies in large pages: with 4 KiB pages every second
 * miss of the cache is one of the TLB too. Whoever gives memory back says how much was asked for.
 *
 * One thread. Under the address sanitizer each piece is an allocation of its own.
 */

#include <stddef.h>

#include "base/attributes.h"
#include "base/pool.h"

/* Aligned to 64 octets, contents undefined; never NULL. */
void *heap_take(size_t size) MUST_USE;
/* The same, zeroed; what is large is not touched for it. */
void *heap_take_zeroed(size_t size) MUST_USE;
/* What a piece of `size` octets, of some thousand at most, can hold as well. */
static inline size_t heap_rounded(size_t size)
{
    return POOL_SIZE_OF(size);
}
/* Accepts NULL. */
void heap_give(void *memory, size_t size);
