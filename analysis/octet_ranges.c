/* SPDX-License-Identifier: MIT */
/* Union and intersection of a few intervals, kept in order. */

#include "analysis/octet_ranges.h"

#include <string.h>

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Takes the ranges [first, last) out and puts one in their place; there is room. */
static void splice(struct octet_ranges *ranges, uint32_t first, uint32_t last,
                   struct octet_range range)
{
    memmove(&ranges->at[first + 1], &ranges->at[last],
            (ranges->count - last) * sizeof ranges->at[0]);
    ranges->at[first] = range;
    ranges->count += 1 - (last - first);
}

/* Forgets the smallest; false where that is the new one itself. */
static bool make_room(struct octet_ranges *ranges, struct octet_range range)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < ranges->count; i++)
        if (ranges->at[i].until - ranges->at[i].from <
            ranges->at[least].until - ranges->at[least].from)
            least = i;
    if (range.until - range.from < ranges->at[least].until - ranges->at[least].from)
        return false;
    ranges->count--;
    memmove(&ranges->at[least], &ranges->at[least + 1],
            (ranges->count - least) * sizeof ranges->at[0]);
    return true;
}

bool octet_ranges_add(struct octet_ranges *ranges, uint64_t from, uint64_t until,
                      int64_t arrived_ns)
{
    struct octet_range range = {from, until, arrived_ns};
    bool forgot = false;
    uint32_t first = 0, last;
    if (from >= until)
        return true;
    while (first < ranges->count && ranges->at[first].until < from)
        first++;
    for (last = first; last < ranges->count && ranges->at[last].from <= until; last++) {
        const struct octet_range *met = &ranges->at[last];
        range.from = smaller(range.from, met->from);
        range.until = larger(range.until, met->until);
        if (met->arrived_ns > range.arrived_ns)
            range.arrived_ns = met->arrived_ns;
    }
    if (first == last && ranges->count == LIMIT_OCTET_RANGES) {
        forgot = true;
        if (!make_room(ranges, range))
            return false;
        for (first = 0; first < ranges->count && ranges->at[first].until < from;)
            first++;
        last = first;
    }
    splice(ranges, first, last, range);
    return !forgot;
}

uint64_t octet_ranges_overlap(const struct octet_ranges *ranges, uint64_t from, uint64_t until,
                              int64_t by_ns)
{
    uint64_t octets = 0;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct octet_range *r = &ranges->at[i];
        uint64_t begin = larger(from, r->from), end = smaller(until, r->until);
        if (begin < end && r->arrived_ns <= by_ns)
            octets += end - begin;
    }
    return octets;
}
