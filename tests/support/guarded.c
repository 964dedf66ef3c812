/* SPDX-License-Identifier: MIT */
/* mmap(2) and mprotect(2). */

#include "tests/support/guarded.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded guarded_new(size_t room)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct guarded guarded = {.size = (room + page - 1) / page * page};
    guarded.map =
        mmap(NULL, guarded.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(guarded.map != MAP_FAILED);
    int failed = mprotect(guarded.map + guarded.size, page, PROT_NONE);
    assert(!failed);
    return guarded;
}

void guarded_free(struct guarded *guarded)
{
    munmap(guarded->map, guarded->size + (size_t)sysconf(_SC_PAGESIZE));
    guarded->map = NULL;
}

struct slice guarded_place(struct guarded *guarded, struct slice s)
{
    assert(s.len <= guarded->size);
    uint8_t *at = guarded->map + guarded->size - s.len;
    uint8_t *dirty = at - (guarded->size - s.len < 64 ? guarded->size - s.len : 64);
    memset(dirty, 0xa5, (size_t)(guarded->map + guarded->size - dirty));
    if (s.len)
        memcpy(at, s.at, s.len);
    return slice_of(at, s.len);
}
