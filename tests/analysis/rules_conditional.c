/* SPDX-License-Identifier: MIT */
/* The rules about conditions and tags: what trips each, and near twins that do not. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define WITH_TAG "200\nETag: \"a\"\n"
#define ASK      "GET /a\nIf-None-Match: \"a\"\n"
#define OLD      "Mon, 01 May 2023 10:00:00 GMT"
#define OLDER    "Sat, 01 Apr 2023 10:00:00 GMT"
#define GZIP     "Content-Encoding: gzip\n"

// clang-format off
static const struct {
    const char *title;
    struct said said[6];
    const char *want;
} cases[] = {
    /* inm-match-got-200 */
    {"the tag matched", {{.request = ASK, .response = WITH_TAG, .body = "A"}}, "inm-match-got-200#1 error certain"},
    {"weakly, in a list", {{.request = "GET /a\nIf-None-Match: \"x\", W/\"a\"\n", .response = WITH_TAG, .body = "A"}}, "inm-match-got-200#1 error certain"},
    {"another tag", {{.request = "GET /a\nIf-None-Match: \"x\"\n", .response = WITH_TAG, .body = "A"}}, ""},
    {"a suffix makes it another representation",
     {{.request = "GET /a\nIf-None-Match: \"a-gzip\"\n", .response = WITH_TAG, .body = "A"}}, ""},
    {"an earlier date was heard too",
     {{.request = ASK "If-Modified-Since: " OLDER "\n", .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"}}, "inm-match-got-200/ims-override#1 error certain"},
    {"the star", {{.request = "GET /a\nIf-None-Match: *\n", .response = WITH_TAG, .body = "A"}}, "inm-match-got-200/star#1 error certain"},
    {"no-cache in the request", {{.request = ASK "Cache-Control: no-cache\n", .response = WITH_TAG, .body = "A"}},
     "inm-match-got-200/request-no-cache#1 warning certain"},
    {"with a range", {{.request = ASK "Range: bytes=0-9\n", .response = WITH_TAG, .body = "A"}}, "inm-match-got-200/range#1 error certain"},
    {"a sign of an intermediary", {{.request = ASK, .response = WITH_TAG "Via: 1.1 p\n", .body = "A"}}, "inm-match-got-200#1 warning certain"},
    {"HEAD", {{.request = "HEAD /a\nIf-None-Match: \"a\"\n", .response = WITH_TAG}}, "inm-match-got-200#1 warning certain"},
    {"If-Match comes first", {{.request = ASK "If-Match: \"a\"\n", .response = WITH_TAG, .body = "A"}}, "inm-match-got-200#1 error certain"},
    {"a 412 that If-Match demands", {{.request = ASK "If-Match: \"b\"\n", .response = "412\n"}}, ""},
    {"a mangled list leaves it open", {{.request = "GET /a\nIf-None-Match: a\n", .response = WITH_TAG, .body = "A"}}, "malformed-validator/if-none-match#1 warning possible"},
    {"POST has no such duty", {{.request = "POST /a\nIf-None-Match: \"a\"\n", .response = WITH_TAG, .body = "A"}}, ""},
    {"the pairing is not sure", {{.request = ASK, .response = WITH_TAG, .body = "A", .flaws = FLAW(PAIRING_UNSURE)}}, ""},
    {"the octets changed under the tag: the tag is at fault",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = WITH_TAG, .body = "B"}},
     "strong-etag-collision/content#2 error likely"},
    {"a weak tag may stand for both",
     {{.request = "GET /a\n", .response = "200\nETag: W/\"a\"\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: W/\"a\"\n", .body = "B"}},
     "inm-match-got-200#2 error certain"},
    {"whether they changed was lost",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .flaws = FLAW(RESPONSE_BODY_GAP)},
      {.at_s = 60, .request = ASK, .response = WITH_TAG, .body = "B"}}, "inm-match-got-200#2 warning possible"},

    /* ims-unmodified-got-200 */
    {"nothing was modified", {{.request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}},
     "ims-unmodified-got-200#1 warning certain"},
    {"a later date is matched exactly by some",
     {{.request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "200\nLast-Modified: " OLDER "\n", .body = "A"}}, "ims-unmodified-got-200/later-date#1 info certain"},
    {"it was modified", {{.request = "GET /a\nIf-Modified-Since: " OLDER "\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}}, ""},
    {"the date is none", {{.request = "GET /a\nIf-Modified-Since: 5\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}}, ""},
    {"a weak date", {{.request = "GET /a\nIf-Modified-Since: " SPOKEN_DATE "\n", .response = "200\nLast-Modified: " SPOKEN_DATE "\n", .body = "A"}},
     "ims-unmodified-got-200/weak-date#1 info certain"},
    {"If-None-Match goes first", {{.request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n",
      .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"}}, ""},
    {"a reload asks for it", {{.request = "GET /a\nCache-Control: no-cache\nIf-Modified-Since: " OLD "\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}},
     "ims-unmodified-got-200/reload#1 info certain"},
    {"the octets did change: the date lies",
     {{.request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "200\nLast-Modified: " OLD "\n", .body = "B"}},
     "lm-unchanged-body-changed#2 warning likely"},

    /* strong-etag-collision */
    {"one tag, two bodies",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "B"}},
     "strong-etag-collision/content#2 error likely"},
    {"one tag, two codings",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"},
      {.at_s = 60, .client = 2, .request = "GET /a\nAccept-Encoding: gzip\n", .response = WITH_TAG GZIP, .body = "Z"}},
     "missing-vary-observed/content-encoding#2 warning likely, strong-etag-collision/coding#2 error likely"},
    {"one coding, other octets: it may be the coder",
     {{.request = "GET /a\n", .response = WITH_TAG GZIP, .body = "Y"}, {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG GZIP, .body = "Z"}},
     "strong-etag-collision/coding-nondeterministic#2 warning likely"},
    {"something on the way may transform",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"},
      {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Via: 1.1 p\n", .body = "B"}}, "strong-etag-collision/content#2 warning likely"},
    {"each is accused against the one before it",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "B"},
      {.at_s = 70, .client = 3, .request = "GET /a\n", .response = WITH_TAG, .body = "B"}}, "strong-etag-collision/content#2 error likely"},
    {"weak tags group versions",
     {{.request = "GET /a\n", .response = "200\nETag: W/\"a\"\n", .body = "A"}, {.at_s = 60, .client = 2, .request = "GET /a\n", .response = "200\nETag: W/\"a\"\n", .body = "B"}}, ""},
    {"two URLs", {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .client = 2, .request = "GET /b\n", .response = WITH_TAG, .body = "B"}}, ""},
    {"part of one was lost",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .flaws = FLAW(RESPONSE_BODY_GAP)},
      {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "B"}}, ""},
    {"a body that ended with the connection",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .flaws = FLAW(ENDED_BY_CLOSE), .no_length = true},
      {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "B"}}, ""},
    {"a part of it", {{.request = "GET /a\nRange: bytes=0-9\n", .response = "206\nETag: \"a\"\nContent-Range: bytes 0-999/2000\n", .body = "A"},
      {.at_s = 60, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "B"}}, ""},

    /* ims-honoured-over-inm */
    {"the date decided", {{.request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = "304\nETag: \"a\"\nLast-Modified: " OLD "\n"}},
     "304-superfluous-metadata#1 info certain, ims-honoured-over-inm#1 error certain"},
    {"both say not modified", {{.request = "GET /a\nIf-None-Match: \"a\"\nIf-Modified-Since: " OLD "\n", .response = "304\nETag: \"a\"\n"}}, ""},
    {"HTTP/1.0 may know dates alone: no tag in it",
     {{.request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = "304\nLast-Modified: " OLD "\n"}}, ""},
    {"the 200s before and after agree on another tag",
     {{.request = "GET /a\n", .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = "304\n"},
      {.at_s = 90, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"}},
     "ims-honoured-over-inm#2 error likely"},
    {"only the one before is known",
     {{.request = "GET /a\n", .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = "304\n"}}, ""},
};
// clang-format on

Test(rules_conditional, fire_where_they_should_and_nowhere_else)
{
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char *found = hearing_of(cases[i].said);
        cr_expect(strcmp(found, cases[i].want) == 0, "%s: found \"%s\", not \"%s\"", cases[i].title,
                  found, cases[i].want);
        free(found);
    }
}

Test(rules_conditional, a_missed_304_claims_all_but_a_304)
{
    const struct said said[] = {
        {.request = "GET /a\nIf-None-Match: \"b\"\n", .response = "304\nETag: \"b\"\n"},
        {.at_s = 1, .request = ASK, .response = WITH_TAG, .body = "A"},
    };
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &said[0]);
    hearing_say(&h, &said[1]);
    hearing_end(&h);
    const struct heard *f = hearing_find(&h, "inm-match-got-200", 2);
    cr_assert(f != NULL);
    /* "200", ETag, Date, Content-Length: 22 octets longer than the 304 */
    cr_expect(eq(u64, f->avoidable, 1000 + strlen("Content-Length: 1000\n")));
    cr_expect(eq(u64, f->standalone, f->avoidable));
    cr_expect(strstr(f->message, "by url") != NULL, "%s", f->message);
    hearing_free(&h);
}

Test(rules_conditional, what_is_informative_claims_nothing)
{
    const struct said said = {.request = "GET /a\nIf-Modified-Since: " OLD "\n",
                              .response = "200\nLast-Modified: " OLDER "\n",
                              .body = "A"};
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &said);
    hearing_end(&h);
    const struct heard *f = hearing_find(&h, "ims-unmodified-got-200", 1);
    cr_assert(f != NULL);
    cr_expect(eq(u64, f->avoidable, 0));
    cr_expect(f->standalone > 900);
    hearing_free(&h);
}
