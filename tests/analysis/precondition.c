/* SPDX-License-Identifier: MIT */
/* RFC 9110 §13.2.2 step by step; T8 to T12, T26, T27, T37 to T39. */

#include "analysis/precondition.h"

#include <criterion/criterion.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

#define OLD "Sun, 06 Nov 1994 08:49:36 GMT"
#define LM  "Sun, 06 Nov 1994 08:49:37 GMT"
#define NEW "Sun, 06 Nov 1994 08:49:38 GMT"
/* What a 200 shows of the representation: tag "a", LM, made much later. */
#define A200    "200\nETag: \"a\"\nLast-Modified: " LM "\nDate: " SPOKEN_DATE "\n"
#define W200    "200\nETag: W/\"a\"\nLast-Modified: " LM "\nDate: " SPOKEN_DATE "\n"
#define LM200   "200\nLast-Modified: " LM "\nDate: " SPOKEN_DATE "\n"
#define WEAK200 "200\nLast-Modified: " LM "\nDate: " LM "\n"
#define BARE200 "200\nDate: " SPOKEN_DATE "\n"
#define R       "Range: bytes=0-1\n"

// clang-format off
static const struct {
    const char *title, *request, *response;
    unsigned wanted, allowed;
    enum expected_level level;
    enum precondition_step step;
} cases[] = {
    /* no conditions */
    {"plain", "GET /\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"range", "GET /\n" R, A200, EXPECT_206, EXPECT_206 | EXPECT_200 | EXPECT_416, LEVEL_NONE, STEP_RANGE},
    {"range on HEAD", "HEAD /\n" R, A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"OPTIONS", "OPTIONS /\nIf-None-Match: *\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_METHOD},
    {"unknown method", "QUERY /\nIf-None-Match: *\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_METHOD},
    /* 13.2.1: T39 */
    {"301 to a conditional", "GET /\nIf-None-Match: \"a\"\n", "301\nETag: \"a\"\n", EXPECT_BASE, EXPECT_BASE, LEVEL_MUST, STEP_NOT_2XX},
    {"401 to a conditional", "GET /\nIf-None-Match: *\n", "401\n", EXPECT_BASE, EXPECT_BASE, LEVEL_MUST, STEP_NOT_2XX},
    /* step 1 */
    {"If-Match holds", "GET /\nIf-Match: \"a\"\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Match fails", "GET /\nIf-Match: \"b\"\n", A200, EXPECT_412, EXPECT_412, LEVEL_MUST, STEP_IF_MATCH},
    {"If-Match is strong", "GET /\nIf-Match: W/\"a\"\n", W200, EXPECT_412, EXPECT_412, LEVEL_MUST, STEP_IF_MATCH},
    {"If-Match star", "GET /\nIf-Match: *\n", BARE200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Match without a tag", "GET /\nIf-Match: \"a\"\n", LM200, EXPECT_412, EXPECT_412, LEVEL_MUST, STEP_IF_MATCH},
    {"If-Match malformed", "GET /\nIf-Match: b\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_MATCH},
    {"If-Match comes before If-None-Match (T38)", "GET /\nIf-Match: \"b\"\nIf-None-Match: \"a\"\n", A200, EXPECT_412, EXPECT_412, LEVEL_MUST, STEP_IF_MATCH},
    {"If-Match holds, If-None-Match false", "GET /\nIf-Match: \"a\"\nIf-None-Match: \"a\"\n", A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"PUT: nothing is known of the old state", "PUT /\nIf-Match: \"b\"\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_MATCH},
    /* step 2 */
    {"If-Unmodified-Since holds", "GET /\nIf-Unmodified-Since: " LM "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Unmodified-Since fails", "GET /\nIf-Unmodified-Since: " OLD "\n", A200, EXPECT_412, EXPECT_412, LEVEL_MUST, STEP_IF_UNMODIFIED_SINCE},
    {"If-Unmodified-Since invalid", "GET /\nIf-Unmodified-Since: 0\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Unmodified-Since beside If-Match", "GET /\nIf-Match: \"a\"\nIf-Unmodified-Since: " OLD "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Unmodified-Since without a date", "GET /\nIf-Unmodified-Since: " OLD "\n", BARE200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    /* step 3 */
    {"match", "GET /\nIf-None-Match: \"x\", \"a\"\n", A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"match on HEAD", "HEAD /\nIf-None-Match: \"a\"\n", A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"weak match", "GET /\nIf-None-Match: \"a\"\n", W200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"star (T8)", "GET /\nIf-None-Match: *\n", BARE200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"no match", "GET /\nIf-None-Match: \"b\"\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"no match, the date is ignored (T9)", "GET /\nIf-None-Match: \"b\"\nIf-Modified-Since: " NEW "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"match, an older date is ignored (T10)", "GET /\nIf-None-Match: \"a\"\nIf-Modified-Since: " OLD "\n", A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"match before range (T37)", "GET /\nIf-None-Match: \"a\"\n" R, A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"list without a tag to compare", "GET /\nIf-None-Match: \"a\"\n", LM200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"malformed and no match", "GET /\nIf-None-Match: a\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_NONE_MATCH},
    {"malformed but a match", "GET /\nIf-None-Match: x, \"a\"\n", A200, EXPECT_304, EXPECT_304, LEVEL_MUST, STEP_IF_NONE_MATCH},
    {"malformed tag", "GET /\nIf-None-Match: \"a\"\n", "200\nETag: a\n", EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_NONE_MATCH},
    {"empty list", "GET /\nIf-None-Match: \n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"304 shows no state", "GET /\nIf-None-Match: \"a\"\n", "304\nETag: \"a\"\n", EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_NONE_MATCH},
    {"no match, range", "GET /\nIf-None-Match: \"b\"\n" R, A200, EXPECT_206, EXPECT_206 | EXPECT_200 | EXPECT_416, LEVEL_NONE, STEP_RANGE},
    /* step 4 */
    {"the very date", "GET /\nIf-Modified-Since: " LM "\n", A200, EXPECT_304, EXPECT_304 | EXPECT_200, LEVEL_SHOULD, STEP_IF_MODIFIED_SINCE},
    {"a later date (T11)", "GET /\nIf-Modified-Since: " NEW "\n", A200, EXPECT_304, EXPECT_304 | EXPECT_200, LEVEL_INFO, STEP_IF_MODIFIED_SINCE},
    {"the very date, but weak (T27)", "GET /\nIf-Modified-Since: " LM "\n", WEAK200, EXPECT_304, EXPECT_304 | EXPECT_200, LEVEL_INFO, STEP_IF_MODIFIED_SINCE},
    {"the very date, no clock (T26)", "GET /\nIf-Modified-Since: " LM "\n", "200\nLast-Modified: " LM "\n", EXPECT_304, EXPECT_304 | EXPECT_200, LEVEL_INFO, STEP_IF_MODIFIED_SINCE},
    {"an older date", "GET /\nIf-Modified-Since: " OLD "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"invalid date (T12)", "GET /\nIf-Modified-Since: 0\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"two dates (T12)", "GET /\nIf-Modified-Since: " LM "\nIf-Modified-Since: " LM "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"no date to compare", "GET /\nIf-Modified-Since: " LM "\n", BARE200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"POST ignores it", "POST /\nIf-Modified-Since: " LM "\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    /* step 5 */
    {"If-Range holds", "GET /\n" R "If-Range: \"a\"\n", A200, EXPECT_206, EXPECT_206 | EXPECT_200, LEVEL_INFO, STEP_IF_RANGE},
    {"If-Range holds, ranges known", "GET /\n" R "If-Range: \"a\"\n", A200 "Accept-Ranges: bytes\n", EXPECT_206, EXPECT_206 | EXPECT_200, LEVEL_SHOULD, STEP_IF_RANGE},
    {"If-Range holds, no ranges", "GET /\n" R "If-Range: \"a\"\n", A200 "Accept-Ranges: none\n", EXPECT_206, EXPECT_206 | EXPECT_200, LEVEL_INFO, STEP_IF_RANGE},
    {"If-Range fails", "GET /\n" R "If-Range: \"b\"\n", A200, EXPECT_200, EXPECT_200, LEVEL_MUST, STEP_IF_RANGE},
    {"If-Range is strong", "GET /\n" R "If-Range: W/\"a\"\n", W200, EXPECT_200, EXPECT_200, LEVEL_MUST, STEP_IF_RANGE},
    {"If-Range by the very date", "GET /\n" R "If-Range: " LM "\n", A200 "Accept-Ranges: bytes\n", EXPECT_206, EXPECT_206 | EXPECT_200, LEVEL_SHOULD, STEP_IF_RANGE},
    {"If-Range by a later date", "GET /\n" R "If-Range: " NEW "\n", A200, EXPECT_200, EXPECT_200, LEVEL_MUST, STEP_IF_RANGE},
    {"If-Range by a weak date", "GET /\n" R "If-Range: " LM "\n", WEAK200, EXPECT_200, EXPECT_200, LEVEL_MUST, STEP_IF_RANGE},
    {"If-Range on a 206 without validators", "GET /\n" R "If-Range: \"a\"\n", "206\n", EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_RANGE},
    {"If-Range on a 206 with another tag", "GET /\n" R "If-Range: \"a\"\n", "206\nETag: \"b\"\n", EXPECT_200, EXPECT_200, LEVEL_MUST, STEP_IF_RANGE},
    {"If-Range without Range", "GET /\nIf-Range: \"b\"\n", A200, EXPECT_200, EXPECT_200 | EXPECT_BASE, LEVEL_MUST, STEP_NONE},
    {"If-Range that is nothing", "GET /\n" R "If-Range: x\n", A200, EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, STEP_IF_RANGE},
};
// clang-format on

Test(precondition, steps)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts f = facts_spoken(cases[i].request, cases[i].response);
        struct selected s = selected_by(&f);
        struct expected e = expected_of(&f, &s, false);
        cr_expect(e.wanted == cases[i].wanted, "%s: wanted %x", cases[i].title, e.wanted);
        cr_expect(e.allowed == cases[i].allowed, "%s: allowed %x", cases[i].title, e.allowed);
        cr_expect(e.level == cases[i].level, "%s: level %d", cases[i].title, e.level);
        cr_expect(e.step == cases[i].step, "%s: step %d", cases[i].title, e.step);
        spoken_free(&f);
    }
}

static struct expected unsafe(const char *request, const char *tag, int64_t last_modified)
{
    struct facts f = facts_spoken(request, "200\n");
    struct selected s = selected_unknown();
    s.exists = YES;
    s.etag = entity_tag_parse(slice_of_text(tag));
    s.has_etag = tag ? YES : NO;
    s.last_modified = last_modified;
    s.has_last_modified = last_modified == NO_DATE ? NO : YES;
    struct expected e = expected_of(&f, &s, false);
    spoken_free(&f);
    return e;
}

Test(precondition, unsafe_methods_with_a_known_state)
{
    struct expected e = unsafe("PUT /\nIf-Match: \"b\"\n", "\"a\"", NO_DATE);
    cr_expect(e.wanted == EXPECT_412 && e.allowed == (EXPECT_412 | EXPECT_200),
              "maybe done before");
    e = unsafe("PUT /\nIf-Match: \"a\"\n", "\"a\"", NO_DATE);
    cr_expect(e.wanted == EXPECT_200 && !expected_allows(&e, 412));
    e = unsafe("PUT /\nIf-None-Match: *\n", NULL, NO_DATE);
    cr_expect(e.wanted == EXPECT_412 && !expected_allows(&e, 201) && !expected_allows(&e, 304));
    e = unsafe("DELETE /\nIf-Unmodified-Since: " OLD "\n", NULL, 784111777);
    cr_expect(e.step == STEP_IF_UNMODIFIED_SINCE && expected_allows(&e, 412));
    cr_expect(expected_allows(&e, 204) && !expected_allows(&e, 304));
}

Test(precondition, caches_leave_the_first_steps_alone)
{
    struct facts f = facts_spoken("GET /\nIf-Match: \"b\"\nIf-None-Match: \"a\"\n", A200);
    struct selected s = selected_by(&f);
    struct expected e = expected_of(&f, &s, true);
    cr_expect(e.step == STEP_IF_NONE_MATCH && e.level == LEVEL_SHOULD);
    cr_expect(e.wanted == EXPECT_304 && expected_allows(&e, 200));
    spoken_free(&f);
}

Test(precondition, what_allows_what)
{
    struct facts f = facts_spoken("GET /\nIf-None-Match: \"a\"\n", A200);
    struct selected s = selected_by(&f);
    struct expected e = expected_of(&f, &s, false);
    cr_expect(expected_allows(&e, 304) && expected_wants(&e, 304));
    cr_expect(!expected_allows(&e, 200) && !expected_allows(&e, 206) && !expected_allows(&e, 412));
    cr_expect(expected_allows(&e, 503) && expected_allows(&e, 302), "not for preconditions to say");
    cr_expect(expected_allows(&e, 103) && expected_allows(&e, 0));

    s.base_status = 404;
    e = expected_of(&f, &s, false);
    cr_expect(!expected_allows(&e, 304), "304-masks-non-2xx");
    cr_expect(expected_allows(&e, 404) && expected_allows(&e, 500));
    spoken_free(&f);
}

Test(precondition, a_response_head_that_was_not_whole_shows_no_absence)
{
    struct exchange *x = exchange_spoken("GET /\nIf-None-Match: \"a\"\n", "200\n");
    struct facts f;
    x->flaws = FLAW(RESPONSE_HEAD_INCOMPLETE);
    facts_read(&f, x, &x->arena, NULL);
    struct selected s = selected_by(&f);
    cr_expect(s.has_etag == UNKNOWN && s.has_last_modified == UNKNOWN);
    cr_expect(expected_of(&f, &s, false).allowed == EXPECT_ANY);
    exchange_free(x);
}
