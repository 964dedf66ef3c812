/* SPDX-License-Identifier: MIT */
/* The one place where running out of memory is met. */

#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static NORETURN void out_of_memory(size_t size)
{
    fprintf(stderr, "wire304: out of memory (%zu octets were asked for)\n", size);
    abort();
}

#define LARGE_PAGE ((uintptr_t)2 << 20)
#define SMALL_PAGE ((size_t)4096)

/* Advice, no more: where the kernel does not take it, nothing changes but the speed. */
static void *advise(void *p, size_t size)
{
    uintptr_t from = ((uintptr_t)p + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)p + size) & ~(LARGE_PAGE - 1);
    if (size >= LARGE_ALLOCATION && from < to)
        madvise((void *)from, to - from, MADV_HUGEPAGE);
    return p;
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory(size);
    return advise(p, size);
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory(count * size);
    return advise(p, count * size);
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return advise(p, size);
}

void *xalloc_aligned(size_t size)
{
    void *p;
    if (posix_memalign(&p, size >= LARGE_ALLOCATION ? LARGE_PAGE : 64, size))
        out_of_memory(size);
    return advise(p, size);
}

/* The kernel aligns to small pages: what is too much at both ends goes back. */
void *xmap(size_t size)
{
    uint8_t *map =
        mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        out_of_memory(size);
    size_t before = -(uintptr_t)map & (LARGE_PAGE - 1);
    if (before)
        munmap(map, before);
    size_t end = (size + SMALL_PAGE - 1) & ~(SMALL_PAGE - 1);
    munmap(map + before + end, LARGE_PAGE - before + size - end);
    madvise(map + before, end, MADV_HUGEPAGE);
    return map + before;
}

void xunmap(void *map, size_t size)
{
    if (map)
        munmap(map, size);
}

char *xstrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}
