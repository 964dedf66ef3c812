/* SPDX-License-Identifier: MIT */
/* The few verbs of a slice that are too long to be inline. */

#include "base/slice.h"

static const uint8_t token_octets[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

bool octet_is_token(uint8_t c)
{
    return token_octets[c];
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (octet_lower(a.at[i]) != octet_lower(b.at[i]))
            return false;
    return true;
}

struct slice slice_trim(struct slice s)
{
    while (s.len && octet_is_ows(s.at[0]))
        s = slice_from(s, 1);
    while (s.len && octet_is_ows(s.at[s.len - 1]))
        s.len--;
    return s;
}

struct slice slice_cut(struct slice *rest, uint8_t by)
{
    size_t at = slice_find(*rest, by);
    struct slice before = slice_first(*rest, at);
    *rest = at < rest->len ? slice_from(*rest, at + 1) : SLICE_ABSENT;
    return before;
}

bool slice_to_u64(struct slice s, uint64_t *value, bool *saturated)
{
    const uint64_t most = INT64_MAX;
    uint64_t n = 0;
    bool over = false;

    if (saturated)
        *saturated = false;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!octet_is_digit(s.at[i]))
            return false;
        uint64_t digit = s.at[i] - (uint64_t)'0';
        if (over || n > (most - digit) / 10)
            over = true;
        else
            n = n * 10 + digit;
    }
    *value = over ? most : n;
    if (saturated)
        *saturated = over;
    return !over;
}
