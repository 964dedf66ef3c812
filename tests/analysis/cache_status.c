/* SPDX-License-Identifier: MIT */
/* Cache-Status (RFC 9211): the last member and its parameters, as servers write them and worse. */

#include "analysis/cache_status.h"

#include <criterion/criterion.h>

#include "base/attributes.h"

// clang-format off
static const struct { const char *value; bool present, hit, stored, collapsed; enum cache_status_forward forward; unsigned status; int64_t ttl; } statuses[] = {
    {"ExampleCache; hit", true, true, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"\"a;b,c\"; hit; ttl=376", true, true, false, false, FWD_ABSENT, 0, 376},
    {"c; hit; ttl=-412", true, true, false, false, FWD_ABSENT, 0, -412},
    {"c; hit=?0", true, false, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"c; hit=?1", true, true, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"c; fwd=stale; fwd-status=304; stored; collapsed", true, false, true, true, FWD_STALE, 304, INT64_MIN},
    {"a; hit, b; fwd=uri-miss", true, false, false, false, FWD_URI_MISS, 0, INT64_MIN},
    {"a; fwd=uri-miss, b; hit", true, true, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"c; fwd=bypass", true, false, false, false, FWD_BYPASS, 0, INT64_MIN},
    {"c; fwd=method", true, false, false, false, FWD_METHOD, 0, INT64_MIN},
    {"c; fwd=vary-miss", true, false, false, false, FWD_VARY_MISS, 0, INT64_MIN},
    {"c; fwd=miss", true, false, false, false, FWD_MISS, 0, INT64_MIN},
    {"c; fwd=request", true, false, false, false, FWD_REQUEST, 0, INT64_MIN},
    {"c; fwd=partial", true, false, false, false, FWD_PARTIAL, 0, INT64_MIN},
    {"c; fwd", true, false, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"c; fwd=other-word", true, false, false, false, FWD_OTHER, 0, INT64_MIN},
    {"c; detail=\"x; hit\"", true, false, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"c;hit;fwd-status=99999", true, true, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"", false, false, false, false, FWD_ABSENT, 0, INT64_MIN},
    {"a; hit,", false, false, false, false, FWD_ABSENT, 0, INT64_MIN},
};
// clang-format on

Test(cache_status, is_that_of_the_nearest_cache)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct cache_status s = cache_status_parse(slice_of_text(statuses[i].value));
        const char *what = statuses[i].value;
        cr_expect(s.present == statuses[i].present, "%s", what);
        cr_expect(s.hit == statuses[i].hit, "%s", what);
        cr_expect(s.stored == statuses[i].stored && s.collapsed == statuses[i].collapsed, "%s",
                  what);
        cr_expect(s.forward == statuses[i].forward, "%s: %d", what, s.forward);
        cr_expect(s.forward_status == statuses[i].status && s.ttl == statuses[i].ttl, "%s", what);
    }
    cr_expect(!cache_status_parse(SLICE_ABSENT).present);
}
