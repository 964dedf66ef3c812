/* SPDX-License-Identifier: MIT */
/* RFC 9110 §14: Range and Content-Range as they are written. */

#include "analysis/byte_range.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/attributes.h"

// clang-format off
static const struct { const char *value; bool valid; uint64_t from, until; uint64_t complete; } contents[] = {
    {"bytes 0-499/1234", true, 0, 500, 1234},
    {"BYTES 500-500/501", true, 500, 501, 501},
    {"bytes 0-499/*", true, 0, 500, 0},
    {"bytes  7-9/10", true, 7, 10, 10},
    {"bytes */1234", false, 0, 0, 0},
    {"bytes 5-4/10", false, 0, 0, 0},
    {"bytes 0-10/10", false, 0, 0, 0},
    {"bytes 0-9", false, 0, 0, 0},
    {"bytes 0-9/", false, 0, 0, 0},
    {"bytes 0-9/10x", false, 0, 0, 0},
    {"bytes=0-9/10", false, 0, 0, 0},
    {"lines 0-9/10", false, 0, 0, 0},
    {"bytes 0-99999999999999999999/*", false, 0, 0, 0},
    {"bytes 0-9223372036854775807/*", true, 0, UINT64_C(1) << 63, 0},
    {"", false, 0, 0, 0},
    {NULL, false, 0, 0, 0},
};
static const struct { const char *range; uint64_t of, octets; bool skips; } requests[] = {
    {"bytes=0-", 100, 100, false},
    {"bytes=0-9", 100, 10, false},
    {"Bytes=10-", 100, 90, true},
    {"bytes=10-19", 100, 10, true},
    {"bytes=-20", 100, 20, true},
    {"bytes=-200", 100, 100, true},
    {"bytes=90-200", 100, 10, true},
    {"bytes=100-", 100, 0, true},
    {"bytes=0-9,20-29", 100, 0, true},
    {"bytes=5-4", 100, 0, true},
    {"items=0-9", 100, 0, true},
    {"bytes=", 100, 0, true},
};
// clang-format on

Test(byte_range, content_range)
{
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct content_range r = content_range_parse(slice_of_text(contents[i].value));
        cr_expect(eq(int, r.valid, contents[i].valid), "%s", contents[i].value);
        if (!r.valid)
            continue;
        cr_expect(eq(u64, r.from, contents[i].from), "%s", contents[i].value);
        cr_expect(eq(u64, r.until, contents[i].until), "%s", contents[i].value);
        cr_expect(eq(u64, r.has_complete ? r.complete : 0, contents[i].complete), "%s",
                  contents[i].value);
    }
}

Test(byte_range, range)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct slice range = slice_of_text(requests[i].range);
        cr_expect(eq(u64, byte_range_octets(range, requests[i].of), requests[i].octets), "%s",
                  requests[i].range);
        cr_expect(eq(int, byte_range_skips(range), requests[i].skips), "%s", requests[i].range);
    }
}
