/* SPDX-License-Identifier: MIT */
/* A binary heap in an array: the children of i are 2i+1 and 2i+2. */

#include "capture/merge.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

static bool is_before(struct merge_entry a, struct merge_entry b)
{
    return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.input < b.input;
}

/* Lets `entry`, which belongs at the root or below it, sink to its place. */
static void sink(struct merge *merge, struct merge_entry entry)
{
    struct merge_entry *entries = merge->entries;
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= merge->count)
            break;
        if (child + 1 < merge->count && is_before(entries[child + 1], entries[child]))
            child++;
        if (!is_before(entries[child], entry))
            break;
        entries[at] = entries[child];
        at = child;
    }
    entries[at] = entry;
}

void merge_init(struct merge *merge, size_t inputs)
{
    *merge = (struct merge){.entries = xcalloc(inputs, sizeof *merge->entries)};
}

void merge_fini(struct merge *merge)
{
    free(merge->entries);
}

void merge_add(struct merge *merge, uint32_t input, int64_t time_ns)
{
    struct merge_entry *entries = merge->entries;
    struct merge_entry entry = {time_ns, input};
    size_t at = merge->count++;
    while (at > 0 && is_before(entry, entries[(at - 1) / 2])) {
        entries[at] = entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    entries[at] = entry;
}

void merge_update_first(struct merge *merge, int64_t time_ns)
{
    assert(merge->count > 0);
    if (merge->count == 1)
        merge->entries[0].time_ns = time_ns;
    else
        sink(merge, (struct merge_entry){time_ns, merge->entries[0].input});
}

void merge_drop_first(struct merge *merge)
{
    assert(merge->count > 0);
    struct merge_entry last = merge->entries[--merge->count];
    if (merge->count > 0)
        sink(merge, last);
}
