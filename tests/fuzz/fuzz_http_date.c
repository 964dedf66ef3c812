/* SPDX-License-Identifier: MIT */
/* Any octets as a date: what is one lies within years 0 to 9999 and does not depend on case. */

#include <assert.h>

#include "analysis/http_date.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    int64_t now = 0;
    for (size_t i = 0; i < 8 && i < size; i++)
        now = (int64_t)((uint64_t)now << 8 | data[size - 1 - i]);
    struct http_date date = http_date_parse(slice_of(data, size), now);
    assert((date.seconds == NO_DATE) == (date.form == HTTP_DATE_INVALID));
    if (date.seconds == NO_DATE)
        return 0;
    assert(date.seconds >= -INT64_C(62167219200) && date.seconds <= INT64_C(253402300800));
    arena_init(&arena, size);
    uint8_t *lower = arena_alloc(&arena, size);
    for (size_t i = 0; i < size; i++)
        lower[i] = octet_lower(data[i]);
    assert(http_date_seconds(slice_of(lower, size), now) == date.seconds);
    arena_fini(&arena);
    return 0;
}
