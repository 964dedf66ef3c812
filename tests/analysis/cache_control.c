/* SPDX-License-Identifier: MIT */
/* RFC 9111 §5.2, RFC 8246, RFC 5861 and what people write instead; T13, T30. */

#include "analysis/cache_control.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "tests/support/spoken.h"

static struct cache_control parsed(const char *line)
{
    struct cache_control cc;
    cache_control_init(&cc);
    cache_control_add(&cc, slice_of_text(line));
    return cc;
}

#define D(token) DIRECTIVE(token)

// clang-format off
static const struct {
    const char *line;
    uint32_t members, present, qualified, maybe, invalid, conflicting, oddities;
    int64_t strict, generous; /* of max-age */
} lines[] = {
    {"", 0, 0, 0, 0, 0, 0, 0, -1, -1},
    {" , ,", 0, 0, 0, 0, 0, 0, 0, -1, -1},
    {"max-age=60", 1, D(MAX_AGE), 0, 0, 0, 0, 0, 60, 60},
    {"public, max-age=31536000, immutable", 3, D(PUBLIC) | D(MAX_AGE) | D(IMMUTABLE), 0, 0, 0, 0, 0, 31536000, 31536000},
    {"MAX-AGE=60,No-Store", 2, D(MAX_AGE) | D(NO_STORE), 0, 0, 0, 0, CC_ODD_CASE, 60, 60},
    {"max-age=\"60\"", 1, D(MAX_AGE), 0, 0, 0, 0, 0, 60, 60},
    {"max-age=0", 1, D(MAX_AGE), 0, 0, 0, 0, 0, 0, 0},
    {"max-age=00060", 1, D(MAX_AGE), 0, 0, 0, 0, 0, 60, 60},
    {"max-age=2147483648", 1, D(MAX_AGE), 0, 0, 0, 0, 0, DELTA_MOST, DELTA_MOST},
    {"max-age=2147483649", 1, D(MAX_AGE), 0, 0, 0, 0, CC_ODD_SATURATED, DELTA_MOST, DELTA_MOST},
    {"max-age=99999999999999999999999", 1, D(MAX_AGE), 0, 0, 0, 0, CC_ODD_SATURATED, DELTA_MOST, DELTA_MOST},
    /* invalid arguments: stale to STRICT, not there to GENEROUS */
    {"max-age=abc", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, 0, 0, -1},
    {"max-age", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, 0, 0, -1},
    {"max-age=", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, 0, 0, -1},
    {"max-age=-1", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, CC_ODD_NEGATIVE, 0, -1},
    {"max-age=60.5", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, 0, 0, -1},
    {"max-age=1 hour", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, CC_ODD_SYNTAX, 0, 1},
    {"max-age = 60", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, CC_ODD_SYNTAX, 0, 60},
    /* duplicates */
    {"max-age=60, max-age=60", 2, D(MAX_AGE), 0, 0, 0, 0, 0, 60, 60},
    {"max-age=60, max-age=10, max-age=300", 3, D(MAX_AGE), 0, 0, 0, D(MAX_AGE), 0, 10, 300},
    {"max-age=60, max-age=x", 2, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, 0, 0, 60},
    /* qualified */
    {"no-cache", 1, D(NO_CACHE), 0, 0, 0, 0, 0, -1, -1},
    {"no-cache=\"Set-Cookie\"", 1, 0, D(NO_CACHE), 0, 0, 0, 0, -1, -1},
    {"no-cache=\"Set-Cookie, X\", max-age=5", 2, D(MAX_AGE), D(NO_CACHE), 0, 0, 0, 0, 5, 5},
    {"private=X-Me, private", 2, D(PRIVATE), D(PRIVATE), 0, 0, D(PRIVATE), 0, -1, -1},
    {"private=\"\"", 1, 0, 0, D(PRIVATE), 0, 0, 0, -1, -1},
    {"no-store=x", 1, D(NO_STORE), 0, 0, D(NO_STORE), 0, 0, -1, -1},
    /* unknown ones are ignored, whatever is in them */
    {"foo, bar=1, baz=\"no-store, max-age=5\", max-age=7", 4, D(MAX_AGE), 0, 0, 0, 0, 0, 7, 7},
    {"foo=\"a\\\"b, no-store\"", 1, 0, 0, 0, 0, 0, 0, -1, -1},
    {"max-agee=5, xmax-age=5", 2, 0, 0, 0, 0, 0, 0, -1, -1},
    /* junk */
    {"no-cache; no-store", 2, 0, 0, D(NO_CACHE) | D(NO_STORE), 0, 0, CC_ODD_SEMICOLON, -1, -1},
    {"public; max-age=5", 2, D(MAX_AGE), 0, D(PUBLIC), D(MAX_AGE), 0, CC_ODD_SEMICOLON, 0, 5},
    {"max-age=5; public, no-cache", 3, D(MAX_AGE) | D(NO_CACHE), 0, D(PUBLIC), D(MAX_AGE), 0, CC_ODD_SEMICOLON, 0, 5},
    {"no-store no-cache", 1, 0, 0, D(NO_STORE), 0, 0, CC_ODD_SYNTAX, -1, -1},
    {"=5, no-store", 2, D(NO_STORE), 0, 0, 0, 0, CC_ODD_SYNTAX, -1, -1},
    {"\"no-store\"", 1, 0, 0, 0, 0, 0, CC_ODD_SYNTAX, -1, -1},
    {"max-age=\"60", 1, D(MAX_AGE), 0, 0, D(MAX_AGE), 0, CC_ODD_SYNTAX, 0, 60},
    {"\"", 1, 0, 0, 0, 0, 0, CC_ODD_SYNTAX, -1, -1},
    {"no-cache=\"a\\", 1, 0, 0, D(NO_CACHE), 0, 0, CC_ODD_SYNTAX, -1, -1},
    /* requests */
    {"no-cache, no-transform, only-if-cached", 3, D(NO_CACHE) | D(NO_TRANSFORM) | D(ONLY_IF_CACHED), 0, 0, 0, 0, 0, -1, -1},
};
// clang-format on

Test(cache_control, lines)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct cache_control cc = parsed(lines[i].line);
        const char *what = lines[i].line;
        cr_expect(cc.members == lines[i].members, "%s: members %u", what, cc.members);
        cr_expect(cc.present == lines[i].present, "%s: present %x", what, cc.present);
        cr_expect(cc.qualified == lines[i].qualified, "%s: qualified %x", what, cc.qualified);
        cr_expect(cc.maybe == lines[i].maybe, "%s: maybe %x", what, cc.maybe);
        cr_expect(cc.invalid == lines[i].invalid, "%s: invalid %x", what, cc.invalid);
        cr_expect(cc.conflicting == lines[i].conflicting, "%s: %x", what, cc.conflicting);
        cr_expect(cc.oddities == lines[i].oddities, "%s: oddities %x", what, cc.oddities);
        int64_t strict = cache_control_seconds(&cc, CC_MAX_AGE, STRICT);
        int64_t generous = cache_control_seconds(&cc, CC_MAX_AGE, GENEROUS);
        cr_expect(strict == lines[i].strict, "%s: strict %" PRId64, what, strict);
        cr_expect(generous == lines[i].generous, "%s: generous %" PRId64, what, generous);
    }
}

Test(cache_control, every_directive_of_the_table_is_read_by_its_name)
{
    for (enum directive d = 0; d < DIRECTIVES; d++) {
        char line[64];
        const char *argument = d < DIRECTIVES_WITH_SECONDS ? "=7" : "";
        snprintf(line, sizeof line, "%s%s", directive_name(d), argument);
        struct cache_control cc = parsed(line);
        cr_expect(cc.present == UINT32_C(1) << d && !cc.invalid, "%s", line);
        cr_expect(cache_control_has(&cc, d) && cache_control_says(&cc, d) == YES, "%s", line);
        if (d < DIRECTIVES_WITH_SECONDS)
            cr_expect(cache_control_seconds(&cc, d, STRICT) == 7, "%s", line);
    }
    cr_expect_str_eq(directive_name(DIRECTIVES), "");
}

Test(cache_control, lines_are_one_list)
{
    struct arena arena;
    arena_init(&arena, 1024);
    struct head head = head_spoken("Cache-Control: max-age=5\nX: max-age=1\n"
                                   "cache-control: no-store\nCDN-Cache-Control: max-age=9\n",
                                   &arena);
    struct cache_control cc, cdn;
    cache_control_parse(&cc, &head, FIELD_CACHE_CONTROL);
    cache_control_parse(&cdn, &head, FIELD_CDN_CACHE_CONTROL);
    cr_expect(cc.lines == 2 && cc.present == (D(MAX_AGE) | D(NO_STORE)));
    cr_expect(cdn.lines == 1 && cache_control_seconds(&cdn, CC_MAX_AGE, STRICT) == 9);
    cache_control_parse(&cc, &head, FIELD_PRAGMA);
    cr_expect(cc.lines == 0 && cc.present == 0);
    arena_fini(&arena);
}

Test(cache_control, qualified_is_neither_yes_nor_no)
{
    struct cache_control cc = parsed("no-cache=\"Set-Cookie\"");
    cr_expect(cache_control_says(&cc, CC_NO_CACHE) == UNKNOWN);
    cr_expect(!cache_control_has(&cc, CC_NO_CACHE) && cache_control_is_qualified(&cc, CC_NO_CACHE));
    cr_expect(cache_control_says(&cc, CC_PRIVATE) == NO);
}

Test(cache_control, max_stale_needs_no_argument)
{
    struct cache_control cc = parsed("max-stale");
    cr_expect(cache_control_seconds(&cc, CC_MAX_STALE, GENEROUS) == DELTA_MOST);
    cr_expect(cc.invalid == 0);
    cc = parsed("max-stale=30");
    cr_expect(cache_control_seconds(&cc, CC_MAX_STALE, GENEROUS) == 30);
}

Test(cache_control, equality_overlooks_order_and_spelling)
{
    // clang-format off
    static const struct { const char *a, *b; bool equal; } cases[] = {
        {"public, max-age=5", "MAX-AGE=\"5\",public", true},
        {"public, max-age=5", "public, max-age=6", false},
        {"public", "public, unknown=7", true},
        {"max-age=5", "max-age=5, max-age=5", true},
        {"max-age=5", "max-age=5, max-age=6", false},
        {"no-cache", "no-cache=\"x\"", false},
        {"", "no-store", false},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cache_control a = parsed(cases[i].a), b = parsed(cases[i].b);
        cr_expect(cache_control_equal(&a, &b) == cases[i].equal, "%s / %s", cases[i].a, cases[i].b);
    }
}

Test(cache_control, field_names_of_the_qualified_form)
{
    struct arena arena;
    arena_init(&arena, 1024);
    struct head head = head_spoken("Cache-Control: no-cache, max-age=5\n"
                                   "Cache-Control: private=\"A, B\", no-cache=\"C\"\n",
                                   &arena);
    struct slice names = cache_control_fields(&head, FIELD_CACHE_CONTROL, CC_PRIVATE);
    cr_expect(slice_equal(names, SLICE("A, B")));
    names = cache_control_fields(&head, FIELD_CACHE_CONTROL, CC_NO_CACHE);
    cr_expect(slice_equal(names, SLICE("C")));
    names = cache_control_fields(&head, FIELD_CACHE_CONTROL, CC_IMMUTABLE);
    cr_expect(slice_is_absent(names));
    arena_fini(&arena);
}
