/* SPDX-License-Identifier: MIT */
/* The grammar of Range and Content-Range for the unit "bytes", which is the only one in use. */

#include "analysis/byte_range.h"

/* Takes 1*DIGIT off the beginning. */
static bool take_number(struct slice *rest, uint64_t *number)
{
    size_t n = 0;
    while (n < rest->len && octet_is_digit(rest->at[n]))
        n++;
    struct slice digits = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    return n > 0 && slice_to_u64(digits, number, NULL);
}

static bool take_octet(struct slice *rest, uint8_t octet)
{
    if (rest->len == 0 || rest->at[0] != octet)
        return false;
    *rest = slice_from(*rest, 1);
    return true;
}

/* What stands behind the unit and its separator; absent where the unit is another. */
static struct slice behind_unit(struct slice value, struct slice unit)
{
    return slice_starts_with_nocase(value, unit) ? slice_trim(slice_from(value, unit.len))
                                                 : SLICE_ABSENT;
}

struct content_range content_range_parse(struct slice value)
{
    struct content_range range = {0};
    struct slice rest = behind_unit(value, SLICE("bytes "));
    uint64_t first, last;
    if (!take_number(&rest, &first) || !take_octet(&rest, '-') || !take_number(&rest, &last) ||
        !take_octet(&rest, '/') || last < first)
        return range;
    range.from = first;
    range.until = last + 1;
    if (slice_equal(rest, SLICE("*"))) {
        range.valid = true;
        return range;
    }
    range.has_complete = range.valid =
        take_number(&rest, &range.complete) && rest.len == 0 && last < range.complete;
    return range;
}

uint64_t byte_range_octets(struct slice range, uint64_t of)
{
    struct slice rest = behind_unit(range, SLICE("bytes="));
    uint64_t from, to;
    if (take_octet(&rest, '-')) {
        if (!take_number(&rest, &to) || rest.len)
            return 0;
        return to < of ? to : of;
    }
    if (!take_number(&rest, &from) || !take_octet(&rest, '-') || from >= of)
        return 0;
    if (!rest.len)
        return of - from;
    if (!take_number(&rest, &to) || rest.len || to < from)
        return 0;
    return (to < of ? to + 1 : of) - from;
}

bool byte_range_skips(struct slice range)
{
    struct slice rest = behind_unit(range, SLICE("bytes="));
    uint64_t from;
    return !take_number(&rest, &from) || from > 0 || slice_find(rest, ',') < rest.len;
}
