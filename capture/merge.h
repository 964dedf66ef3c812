/* SPDX-License-Identifier: MIT */
#pragma once
/* Which input comes next: a min-heap of the inputs that have packets left, by the time of each
 * one's next packet, ties by the order in which they were named. */

#include <stddef.h>
#include <stdint.h>

struct merge_entry {
    int64_t time_ns;
    uint32_t input;
};

struct merge {
    struct merge_entry *entries; /* the first is the next */
    size_t count;
};

/* Room for `inputs` entries. */
void merge_init(struct merge *merge, size_t inputs);
void merge_fini(struct merge *merge);

void merge_add(struct merge *merge, uint32_t input, int64_t time_ns);

/* The first one's next packet is of that time now. */
void merge_update_first(struct merge *merge, int64_t time_ns);

/* The first one has no packets left. */
void merge_drop_first(struct merge *merge);
