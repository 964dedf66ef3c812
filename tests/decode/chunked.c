/* SPDX-License-Identifier: MIT */
/* The chunked coding (RFC 9112 §7.1), whole and octet by octet, against a guard page. */

#include "decode/chunked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/attributes.h"
#include "tests/support/guarded.h"

struct outcome {
    char content[256];
    size_t content_len, used;
    struct chunked chunked;
};

static void take(struct outcome *outcome, struct slice in)
{
    size_t used = 0, before;
    do {
        struct slice data;
        before = used;
        used += chunked_take(&outcome->chunked, slice_from(in, used), &data);
        cr_assert(le(sz, used, in.len));
        cr_assert(le(sz, outcome->content_len + data.len, sizeof outcome->content));
        if (data.len)
            memcpy(outcome->content + outcome->content_len, data.at, data.len);
        outcome->content_len += data.len;
    } while (used > before && used < in.len);
    outcome->used += used;
}

static struct outcome decode(const char *text, size_t step)
{
    struct guarded guarded = guarded_new(4096);
    struct outcome outcome = {.used = 0};
    struct slice rest = slice_of_text(text);
    while (rest.len && !chunked_is_over(&outcome.chunked)) {
        take(&outcome, guarded_place(&guarded, slice_first(rest, step)));
        rest = slice_from(rest, step);
    }
    guarded_free(&guarded);
    return outcome;
}

static const struct {
    const char *text, *content;
    size_t left; /* octets behind its end, or behind where it broke */
    enum chunked_phase phase;
    bool extension, trailers, bare_lf;
} cases[] = {
    {"0\r\n\r\n", "", 0, CHUNKED_DONE, false, false, false},
    {"0\r\n\r\nHTTP", "", 4, CHUNKED_DONE, false, false, false},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, false, false, false},
    {"5\r\nhello\r\nb\r\n 0123456789\r\n0\r\n\r\n", "hello 0123456789", 0, CHUNKED_DONE, false,
     false, false},
    {"A\r\n0123456789\r\n00\r\n\r\n", "0123456789", 0, CHUNKED_DONE, false, false, false},
    {"0000000000000000000000005\r\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, false, false,
     false},
    {"5;ext\r\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, true, false, false},
    {"5 ; a=\"b;c\" \r\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, true, false, false},
    {"5;a\rb\r\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, true, false, false},
    {"5\t \r\nhello\r\n0  \r\n\r\n", "hello", 0, CHUNKED_DONE, false, false, false},
    {"0\r\nA: b\r\nC: d\r\n\r\n", "", 0, CHUNKED_DONE, false, true, false},
    {"0\r\nA: b\n\n", "", 0, CHUNKED_DONE, false, true, true},
    {"5\nhello\n0\n\n", "hello", 0, CHUNKED_DONE, false, false, true},
    {"5;x\nhello\r\n0\r\n\r\n", "hello", 0, CHUNKED_DONE, true, false, true},
    {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0, CHUNKED_DONE, false, false, false},
    {"", "", 0, CHUNKED_SIZE, false, false, false},
    {"5\r\nhel", "hel", 0, CHUNKED_DATA, false, false, false},
    {"5\r\nhello", "hello", 0, CHUNKED_DATA_CR, false, false, false},
    {"0\r\n", "", 0, CHUNKED_TRAILER, false, false, false},
    {"x\r\n", "", 3, CHUNKED_BROKEN, false, false, false},
    {"\r\n5\r\nhello", "", 10, CHUNKED_BROKEN, false, false, false},
    {" 5\r\nhello", "", 9, CHUNKED_BROKEN, false, false, false},
    {"-5\r\n", "", 4, CHUNKED_BROKEN, false, false, false},
    {"0x5\r\n", "", 4, CHUNKED_BROKEN, false, false, false},
    {"5 5\r\nhello", "", 8, CHUNKED_BROKEN, false, false, false},
    {"5\rx", "", 1, CHUNKED_BROKEN, false, false, false},
    {"5\r\nhelloX\r\n", "hello", 3, CHUNKED_BROKEN, false, false, false},
    {"5\r\nhello\rX", "hello", 1, CHUNKED_BROKEN, false, false, false},
    {"0\r\n\rX", "", 1, CHUNKED_BROKEN, false, false, false},
    {"ffffffffffffffff\r\n", "", 4, CHUNKED_BROKEN, false, false, false},
    {"100000000000000\r\n", "", 3, CHUNKED_BROKEN, false, false, false},
};

static void check(size_t i, size_t step)
{
    struct outcome o = decode(cases[i].text, step);
    cr_expect(eq(int, o.chunked.phase, (int)cases[i].phase), "%zu: %s", i, cases[i].text);
    cr_expect(eq(sz, o.used, strlen(cases[i].text) - cases[i].left), "%zu: %s", i, cases[i].text);
    o.content[o.content_len] = '\0';
    cr_expect(eq(int, strcmp(o.content, cases[i].content), 0), "%zu: %s", i, cases[i].text);
    cr_expect(eq(int, o.chunked.extension, (int)cases[i].extension), "%zu: %s", i, cases[i].text);
    cr_expect(eq(int, o.chunked.trailers, (int)cases[i].trailers), "%zu: %s", i, cases[i].text);
    cr_expect(eq(int, o.chunked.bare_lf, (int)cases[i].bare_lf), "%zu: %s", i, cases[i].text);
}

Test(chunked, is_read_however_it_is_cut)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t step = 1; step <= 64; step = step < 8 ? step + 1 : step * 8)
            check(i, step);
}

Test(chunked, holes_are_skipped_within_data_only)
{
    struct slice data;
    struct chunked chunked = {0};
    cr_expect(eq(int, chunked_skip(&chunked, 1), 0));
    chunked_take(&chunked, SLICE("5\r\nh"), &data);
    struct chunked at_data = chunked;
    cr_expect(eq(int, chunked_skip(&chunked, 5), 0));
    cr_expect(eq(int, chunked_skip(&chunked, 3), 1));
    cr_expect(eq(sz, chunked_take(&chunked, SLICE("o\r\n0\r\n\r\n"), &data), 1));
    cr_expect(eq(sz, chunked_take(&chunked, SLICE("\r\n0\r\n\r\n"), &data), 7));
    cr_expect(eq(int, chunked.phase, CHUNKED_DONE));
    cr_expect(eq(int, chunked_skip(&at_data, 4), 1));
    cr_expect(eq(int, at_data.phase, CHUNKED_DATA_CR));
}
