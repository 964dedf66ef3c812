/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which flow of a shard has something due first. A queue by time; an entry that was overtaken by an
 * earlier one of the same flow, or whose flow is gone, is dropped when its time comes: setting a
 * deadline later or not at all costs nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "decode/flow.h"

struct deadline {
    int64_t due_ns;
    uint64_t flow_id; /* ordinal of the flow's first packet */
    uint32_t flow;    /* its index */
};

struct deadlines {
    struct deadline *heap;
    uint32_t count, room;
};

void deadlines_fini(struct deadlines *deadlines);

/* Sees to it that the flow is looked at when `due_ns` has come. */
void deadlines_set(struct deadlines *deadlines, struct flow *flow, int64_t due_ns);

/* The earliest time that is queued, or INT64_MAX. */
static inline int64_t deadlines_next(const struct deadlines *deadlines)
{
    return deadlines->count ? deadlines->heap[0].due_ns : INT64_MAX;
}

/* Takes the next flows with something due at or before `clock_ns`, in their order and at most
 * DEADLINES_TAKEN; how many. Their due_ns is INT64_MAX then. */
enum { DEADLINES_TAKEN = 64 };
size_t deadlines_take(struct deadlines *deadlines, const struct flow_table *flows, int64_t clock_ns,
                      struct flow *due[DEADLINES_TAKEN]);
