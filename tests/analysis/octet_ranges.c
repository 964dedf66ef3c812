/* SPDX-License-Identifier: MIT */
/* Union and intersection of intervals, against a plain array of octets too. */

#include "analysis/octet_ranges.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tests/support/wire.h"

static uint64_t overlap(const struct octet_ranges *r, uint64_t from, uint64_t until)
{
    return octet_ranges_overlap(r, from, until, INT64_MAX);
}

Test(octet_ranges, what_is_apart_stays_apart)
{
    struct octet_ranges r = {0};
    cr_expect(octet_ranges_add(&r, 100, 200, 1));
    cr_expect(octet_ranges_add(&r, 300, 400, 2));
    cr_expect(octet_ranges_add(&r, 0, 50, 3));
    cr_expect(eq(u32, r.count, 3));
    cr_expect(eq(u64, overlap(&r, 0, 1000), 250));
    cr_expect(eq(u64, overlap(&r, 200, 300), 0));
    cr_expect(eq(u64, overlap(&r, 150, 350), 100));
}

Test(octet_ranges, what_touches_becomes_one)
{
    struct octet_ranges r = {0};
    octet_ranges_add(&r, 0, 100, 1);
    octet_ranges_add(&r, 200, 300, 1);
    octet_ranges_add(&r, 100, 200, 9);
    cr_expect(eq(u32, r.count, 1));
    cr_expect(eq(u64, r.at[0].until, 300));
    cr_expect(eq(i64, r.at[0].arrived_ns, 9), "whole when its last part had come");
}

Test(octet_ranges, one_can_swallow_several)
{
    struct octet_ranges r = {0};
    for (uint64_t i = 0; i < 5; i++)
        octet_ranges_add(&r, i * 100, i * 100 + 10, 1);
    octet_ranges_add(&r, 105, 395, 2);
    cr_expect(eq(u32, r.count, 3));
    cr_expect(eq(u64, overlap(&r, 0, 1000), 10 + 295 + 10));
    octet_ranges_add(&r, 0, UINT64_MAX, 3);
    cr_expect(eq(u32, r.count, 1));
    cr_expect(eq(u64, overlap(&r, 10, 20), 10));
}

Test(octet_ranges, nothing_is_no_range)
{
    struct octet_ranges r = {0};
    cr_expect(octet_ranges_add(&r, 5, 5, 1));
    cr_expect(octet_ranges_add(&r, 6, 5, 1));
    cr_expect(eq(u32, r.count, 0));
    cr_expect(eq(u64, overlap(&r, 0, UINT64_MAX), 0));
}

Test(octet_ranges, what_comes_later_does_not_count)
{
    struct octet_ranges r = {0};
    octet_ranges_add(&r, 0, 100, 5);
    octet_ranges_add(&r, 200, 300, 7);
    cr_expect(eq(u64, octet_ranges_overlap(&r, 0, 300, 4), 0));
    cr_expect(eq(u64, octet_ranges_overlap(&r, 0, 300, 5), 100));
    cr_expect(eq(u64, octet_ranges_overlap(&r, 0, 300, 7), 200));
}

Test(octet_ranges, the_smallest_is_forgotten)
{
    struct octet_ranges r = {0};
    for (uint64_t i = 0; i < LIMIT_OCTET_RANGES; i++)
        cr_expect(octet_ranges_add(&r, i * 1000, i * 1000 + 100 + i, 1));
    cr_expect(not(octet_ranges_add(&r, 50000, 50010, 1)), "smaller than any");
    cr_expect(eq(u64, overlap(&r, 50000, 50010), 0));
    cr_expect(not(octet_ranges_add(&r, 50000, 50500, 1)));
    cr_expect(eq(u32, r.count, LIMIT_OCTET_RANGES));
    cr_expect(eq(u64, overlap(&r, 0, 1000), 0), "it was the smallest");
    cr_expect(eq(u64, overlap(&r, 50000, 51000), 500));
    cr_expect(octet_ranges_add(&r, 1000, 2000, 1), "what it joins needs no room");
}

/* Never an octet that was not added; and all of them while nothing was forgotten. */
Test(octet_ranges, agree_with_an_array)
{
    uint64_t random = 42;
    for (unsigned round = 0; round < 200; round++) {
        struct octet_ranges r = {0};
        bool octets[256] = {0}, whole = true;
        for (unsigned i = 0; i < 30; i++) {
            uint32_t from = wire_random_below(&random, 250);
            uint32_t until = from + wire_random_below(&random, 12);
            until = until > 256 ? 256 : until;
            whole &= octet_ranges_add(&r, from, until, 1);
            memset(octets + from, 1, until - from);
            for (uint32_t k = 1; k < r.count; k++)
                cr_assert(gt(u64, r.at[k].from, r.at[k - 1].until));
        }
        for (unsigned i = 0; i < 256; i++) {
            uint64_t seen = overlap(&r, i, i + 1);
            cr_assert(whole ? seen == octets[i] : seen <= octets[i], "octet %u", i);
        }
    }
}
