/* SPDX-License-Identifier: MIT */
/* recent_heads: what came lately is found as it was, what went is not found, nothing is mixed up.
 */
#include "reports/audit/recent_heads.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/limits.h"

Test(recent_heads, both_halves_are_found_as_they_came)
{
    struct recent_heads *recent = recent_heads_new();
    struct slice request, response;
    recent_heads_keep(recent, 1, SLICE("GET / HTTP/1.1\r\n"), SLICE("HTTP/1.1 304 x\r\n"));
    recent_heads_keep(recent, 2, SLICE_ABSENT, SLICE("HTTP/1.1 200 x\r\n"));
    recent_heads_keep(recent, 3, SLICE("GET /3"), SLICE_ABSENT);
    cr_assert(recent_heads_find(recent, 1, &request, &response));
    cr_expect(slice_equal(request, SLICE("GET / HTTP/1.1\r\n")));
    cr_expect(slice_equal(response, SLICE("HTTP/1.1 304 x\r\n")));
    cr_assert(recent_heads_find(recent, 2, &request, &response));
    cr_expect(slice_is_absent(request) && slice_equal(response, SLICE("HTTP/1.1 200 x\r\n")));
    cr_assert(recent_heads_find(recent, 3, &request, &response));
    cr_expect(slice_equal(request, SLICE("GET /3")) && slice_is_absent(response));
    cr_expect_not(recent_heads_find(recent, 4, &request, &response));
    cr_expect_not(recent_heads_find(recent, 0, &request, &response));
    recent_heads_free(recent);
}

/* Each head is filled with the low octet of its number: a mixed one would show. */
Test(recent_heads, what_is_found_is_whole_and_what_went_is_gone)
{
    enum { ROUNDS = 40000 };
    struct recent_heads *recent = recent_heads_new();
    uint8_t octets[3000];
    struct slice request, response;
    for (uint64_t id = 1; id <= ROUNDS; id++) {
        memset(octets, (int)(id & 255), sizeof octets);
        recent_heads_keep(recent, id, slice_of(octets, id * 7919 % 3000),
                          slice_of(octets, id % 97));
    }
    unsigned found = 0;
    for (uint64_t id = 1; id <= ROUNDS; id++) {
        if (!recent_heads_find(recent, id, &request, &response))
            continue;
        found++;
        cr_assert_eq(request.len, id * 7919 % 3000);
        cr_assert_eq(response.len, id % 97);
        for (size_t i = 0; i < request.len; i++)
            cr_assert_eq(request.at[i], id & 255);
        for (size_t i = 0; i < response.len; i++)
            cr_assert_eq(response.at[i], id & 255);
    }
    cr_expect_gt(found, 2000);
    cr_expect_leq(found, LIMIT_RECENT_HEADS);
    cr_expect(recent_heads_find(recent, ROUNDS, &request, &response));
    cr_expect_not(recent_heads_find(recent, 1, &request, &response));
    recent_heads_free(recent);
}

Test(recent_heads, a_giant_pushes_nobody_out)
{
    struct recent_heads *recent = recent_heads_new();
    size_t size = LIMIT_RECENT_HEAD_OCTETS / 8 + 1;
    uint8_t *giant = xcalloc(1, size);
    struct slice request, response;
    recent_heads_keep(recent, 1, SLICE("a"), SLICE("b"));
    recent_heads_keep(recent, 2, slice_of(giant, size), SLICE("b"));
    cr_expect(recent_heads_find(recent, 1, &request, &response));
    cr_expect_not(recent_heads_find(recent, 2, &request, &response));
    recent_heads_free(recent);
    free(giant);
}
