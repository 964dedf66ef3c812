/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Memory from the heap, or the end of the program: every table here is bounded by a cap of its
 * room's limits.h, so a failing allocation is the machine's trouble and cannot be answered where
 * it happens. It is said once, on standard error, and the program aborts.
 */

#include <stddef.h>

#include "base/attributes.h"

/* From LARGE_ALLOCATION octets on the kernel is asked to use large pages: tables are looked up at
 * random, and a miss of the TLB costs as much as one of the cache. */
#define LARGE_ALLOCATION (4u << 20)

void *xmalloc(size_t size) MUST_USE;
void *xcalloc(size_t count, size_t size) MUST_USE;
void *xrealloc(void *old, size_t size) MUST_USE;
/* Aligned to 64 octets, and large ones to a large page; contents undefined. free() takes it. */
void *xalloc_aligned(size_t size) MUST_USE;
/* Zeroed, in large pages where there are such: for what is looked up at random. Not touched before
 * it is used. */
void *xmap(size_t size) MUST_USE;
void xunmap(void *map, size_t size); /* accepts NULL */
char *xstrdup(const char *text) MUST_USE;
