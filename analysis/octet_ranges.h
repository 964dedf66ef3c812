/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A set of octets of one representation, as few disjoint ranges: which of them somebody has been
 * sent, and when the last of each range had come. Plain data. Where it is full the smallest range
 * is forgotten; octets between two ranges are never taken for seen.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/limits.h"

struct octet_range {
    uint64_t from, until; /* [from, until); never empty in a set */
    int64_t arrived_ns;
};

struct octet_ranges {
    struct octet_range at[LIMIT_OCTET_RANGES]; /* in order, none touching the next */
    uint32_t count;
};

/* Adds [from, until), which arrived then. Ranges that it meets become one with it, and count as
 * arrived when the last of them did. False where a range had to be forgotten. */
bool octet_ranges_add(struct octet_ranges *ranges, uint64_t from, uint64_t until,
                      int64_t arrived_ns);

/* How many of [from, until) had arrived by that time. */
uint64_t octet_ranges_overlap(const struct octet_ranges *ranges, uint64_t from, uint64_t until,
                              int64_t by_ns);
