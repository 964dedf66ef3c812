/* SPDX-License-Identifier: MIT */
/* Each rule about 304s: what trips it, near twins that do not, and what weakens it. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define WITH_TAG "200\nETag: \"a\"\n"
#define ASK      "GET /a\nIf-None-Match: \"a\"\n"
#define FRESHEN  "304\nETag: \"a\"\n"
#define OLD      "Mon, 01 May 2023 10:00:00 GMT"
#define OLDER    "Sat, 01 Apr 2023 10:00:00 GMT"

// clang-format off
static const struct {
    const char *title;
    struct said said[6];
    const char *want;
} cases[] = {
    {"a clean revalidation",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},

    /* 304-has-body */
    {"octets after the head",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_OTHER}}, "304-has-body#1 error certain"},
    {"as many as Content-Length says",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_CONTENT_LENGTH}}, "304-has-body/cl-body#1 error certain"},
    {"an empty chunked body",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_EMPTY_CHUNK}}, "304-has-body/empty-chunk#1 error certain"},
    {"a chunked body",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_CHUNKED}}, "304-has-body/chunked-body#1 error certain"},
    {"stray line ends are a warning",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_CRLF}}, "304-has-body/stray-crlf#1 warning certain"},
    {"no verdict where the pairing is not sure",
     {{.request = ASK, .response = FRESHEN, .stray = STRAY_OTHER, .flaws = FLAW(PAIRING_UNSURE)}}, ""},
    {"nor where the request was not seen",
     {{.response = FRESHEN, .stray = STRAY_OTHER, .flaws = FLAW(REQUEST_MISSING)}}, ""},

    /* 304-unsolicited */
    {"no condition at all",
     {{.request = "GET /a\n", .response = FRESHEN}}, "304-unsolicited#1 error certain"},
    {"a date that is none",
     {{.request = "GET /a\nIf-Modified-Since: yesterday\n", .response = FRESHEN}}, "304-unsolicited/invalid-ims#1 error certain"},
    {"a valid date is a condition",
     {{.request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = FRESHEN}}, ""},
    {"If-Range alone cannot lead to it",
     {{.request = "GET /a\nRange: bytes=0-\nIf-Range: \"a\"\n", .response = FRESHEN}}, "304-unsolicited/304-from-if-range#1 error certain"},
    {"If-Match alone cannot either",
     {{.request = "GET /a\nIf-Match: \"a\"\n", .response = FRESHEN}}, "304-unsolicited/304-from-if-range#1 error certain"},
    {"A-IM asks for something else",
     {{.request = "GET /a\nA-IM: feed\n", .response = FRESHEN}}, ""},
    {"the star is a condition",
     {{.request = "GET /a\nIf-None-Match: *\n", .response = FRESHEN}}, ""},
    {"half seen, nothing is missing",
     {{.response = FRESHEN, .flaws = FLAW(REQUEST_MISSING)}}, ""},
    {"what it lacks is no second fault",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Cookie\n", .body = "A"},
      {.at_s = 5, .request = "GET /a\n", .response = "304\n"}}, "304-unsolicited#2 error certain"},

    /* 304-etag-not-in-inm */
    {"another tag than the one offered",
     {{.request = ASK, .response = "304\nETag: \"b\"\n"}}, "304-etag-not-in-inm#1 error certain"},
    {"one of several", {{.request = "GET /a\nIf-None-Match: \"x\", W/\"a\"\n", .response = FRESHEN}}, ""},
    {"weakness plays no part", {{.request = ASK, .response = "304\nETag: W/\"a\"\n"}}, ""},
    {"a coding's suffix is a warning",
     {{.request = "GET /a\nIf-None-Match: \"a-gzip\"\n", .response = FRESHEN}}, "304-etag-not-in-inm/suffix#1 warning certain"},
    {"a mangled list leaves it open",
     {{.request = "GET /a\nIf-None-Match: \"x\", y\n", .response = FRESHEN}}, "malformed-validator/if-none-match#1 warning possible"},
    {"a mangled tag is compared tolerantly",
     {{.request = "GET /a\nIf-None-Match: a\n", .response = FRESHEN}}, "malformed-validator/if-none-match#1 warning possible"},
    {"the date explains it: another rule's",
     {{.request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = FRESHEN "Last-Modified: " OLD "\n"}},
     "304-superfluous-metadata#1 info certain, ims-honoured-over-inm#1 error certain"},
    {"a date without Last-Modified explains nothing",
     {{.request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = FRESHEN}}, "304-etag-not-in-inm#1 error certain"},
    {"Last-Modified of the 200 with the tag explains it",
     {{.request = "GET /a\n", .response = WITH_TAG "Last-Modified: " OLD "\n", .body = "A"},
      {.at_s = 5, .request = "GET /a\nIf-None-Match: \"x\"\nIf-Modified-Since: " OLD "\n", .response = FRESHEN}},
     "ims-honoured-over-inm#2 error likely"},

    /* 304-missing-* */
    {"no ETag", {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = "304\n"}},
     "304-missing-etag#2 error likely"},
    {"no Cache-Control",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=9\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}},
     "304-missing-cache-control#2 error likely"},
    {"no Vary",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}},
     "304-missing-vary#2 error likely"},
    {"a member of Vary",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept, Cookie\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Vary: accept\n"}}, "304-missing-vary/vary-subset#2 error likely"},
    {"members in another order",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept, Cookie\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Vary: cookie\nVary: ACCEPT\n"}}, ""},
    {"no Expires",
     {{.request = "GET /a\n", .response = WITH_TAG "Expires: Tue, 14 Nov 2023 22:13:30 GMT\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN}}, "304-missing-expires#2 error likely"},
    {"no Expires, which max-age outweighs",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=9\nExpires: Tue, 14 Nov 2023 22:13:30 GMT\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Cache-Control: max-age=9\n"}}, "304-missing-expires#2 warning likely"},
    {"no Content-Location",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Location: /a.en\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}},
     "304-missing-content-location#2 error likely"},
    {"the 200 has none either",
     {{.request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "304\nLast-Modified: " OLD "\n"}}, ""},
    {"the 200 is of another tag",
     {{.request = "GET /a\n", .response = "200\nETag: \"b\"\nVary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"the 200 is of another URL",
     {{.request = "GET /b\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"the 200 had another Accept-Encoding",
     {{.request = "GET /a\nAccept-Encoding: gzip\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"Accept-Encoding spelt otherwise is the same",
     {{.request = "GET /a\nAccept-Encoding: gzip, br\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"},
      {.at_s = 60, .request = ASK "Accept-Encoding: br;q=1.0,gzip\n", .response = FRESHEN}}, "304-missing-content-location#2 error likely"},
    {"the 200 had Authorization",
     {{.request = "GET /a\nAuthorization: x\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"the 200 had a cookie: a warning",
     {{.request = "GET /a\nCookie: x\n", .response = WITH_TAG "Cache-Control: max-age=1\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN}},
     "304-missing-cache-control#2 warning likely"},
    {"HEAD is no reference",
     {{.request = "HEAD /a\n", .response = WITH_TAG "Vary: Accept\n"}, {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"the 200 came only later",
     {{.request = ASK, .response = FRESHEN}, {.at_s = 60, .request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}},
     "304-missing-vary#1 warning possible"},
    {"before and after",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}}, "304-missing-vary#2 error likely"},
    {"the one after contradicts",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG, .body = "A"}}, ""},
    {"an earlier one lacked it: a fleet",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"},
      {.at_s = 9, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN}}, ""},
    {"another 304 has it: intermittent",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Location: /x\n"}, {.at_s = 70, .request = ASK, .response = FRESHEN}},
     "304-missing-content-location/intermittent#3 warning likely"},
    {"so does a later one",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN},
      {.at_s = 70, .request = ASK, .response = FRESHEN "Content-Location: /x\n"}}, "304-missing-content-location/intermittent#2 warning likely"},
    {"the server's software changed",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\nServer: x/1\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Server: x/2\n"}}, "304-missing-vary#2 warning possible"},
    {"a day and a second later",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"}, {.at_s = 86402, .request = ASK, .response = FRESHEN}},
     "304-missing-content-location#2 warning possible"},
    {"a hit of the cache whose miss was seen",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Age: 5\n"}}, "304-missing-vary#2 error likely"},
    {"part of the head was lost",
     {{.request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN, .flaws = FLAW(RESPONSE_HEAD_INCOMPLETE)}}, ""},

    /* 304-missing-date */
    {"no Date, though the server has a clock",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN, .no_date = true}},
     "304-missing-date#2 error likely"},
    {"its clock shows later",
     {{.request = ASK, .response = FRESHEN, .no_date = true}, {.at_s = 60, .request = "GET /b\n", .response = WITH_TAG, .body = "A"}},
     "304-missing-date#1 error likely"},
    {"nobody ever saw a Date",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .no_date = true},
      {.at_s = 60, .request = ASK, .response = FRESHEN, .no_date = true}}, "304-missing-date/no-clock#2 info possible"},
    {"another server's clock is no proof",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .server = 2}, {.at_s = 60, .request = ASK, .response = FRESHEN, .no_date = true}},
     "304-missing-date/no-clock#2 info possible"},

    /* 304-content-length-mismatch */
    {"zero",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Length: 0\n"}},
     "304-content-length-mismatch/zero#2 error certain"},
    {"another number",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Length: 999\n"}},
     "304-content-length-mismatch#2 error likely"},
    {"the right number",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A"}, {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Length: 1000, 1000\n"}}, ""},
    {"weak tags promise no octets",
     {{.request = "GET /a\n", .response = "200\nETag: W/\"a\"\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-None-Match: W/\"a\"\n", .response = "304\nETag: W/\"a\"\nContent-Length: 9\n"}}, ""},
    {"the 200 was chunked: a warning",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .no_length = true},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Length: 999\n"}}, "304-content-length-mismatch#2 warning likely"},
    {"part of the 200 was lost",
     {{.request = "GET /a\n", .response = WITH_TAG, .body = "A", .flaws = FLAW(RESPONSE_BODY_GAP)},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Length: 999\n"}}, ""},
    {"by date, with the same octets before and after",
     {{.request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "304\nLast-Modified: " OLD "\nContent-Length: 7\n"},
      {.at_s = 90, .client = 2, .request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}},
     "304-content-length-mismatch#2 error likely"},
    {"by date alone it is not proved",
     {{.request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "304\nLast-Modified: " OLD "\nContent-Length: 7\n"}}, ""},

    /* 304-superfluous-metadata */
    {"Content-Type", {{.request = ASK, .response = FRESHEN "Content-Type: text/css\n"}}, "304-superfluous-metadata#1 warning certain"},
    {"Accept-Ranges is of little weight", {{.request = ASK, .response = FRESHEN "Accept-Ranges: bytes\n"}}, "304-superfluous-metadata#1 info certain"},
    {"Last-Modified beside ETag", {{.request = ASK, .response = FRESHEN "Last-Modified: " OLD "\n"}}, "304-superfluous-metadata#1 info certain"},
    {"Last-Modified without", {{.request = "GET /a\nIf-Modified-Since: " OLD "\n", .response = "304\nLast-Modified: " OLD "\n"}}, ""},
    {"no representation metadata",
     {{.request = ASK, .response = FRESHEN "Set-Cookie: a=b\nServer: x\nVia: 1.1 p\nAge: 0\nContent-Length: 4\nLink: </x>\n"}}, ""},
    {"a correction guides the update",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Type: text/plain\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Type: text/css\n"}}, ""},

    /* 304-policy-differs */
    {"no-cache between two that say max-age",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Cache-Control: no-cache\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"}},
     "304-policy-differs/cache-control#2 error likely"},
    {"twice as long is a drift",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Cache-Control: max-age=100\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"}},
     "304-policy-differs/cache-control#2 info likely"},
    {"without the one after nothing is said",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Cache-Control: no-cache\n"}}, ""},
    {"it had changed for good",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Cache-Control: no-cache\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Cache-Control: no-cache\n", .body = "A"}}, ""},
    {"counting down to a fixed instant",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=500\n", .body = "A"},
      {.at_s = 460, .request = ASK "Cache-Control: max-age=0\n", .response = FRESHEN "Cache-Control: max-age=40\n"},
      {.at_s = 480, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=20\n", .body = "A"}},
     "revalidated-while-fresh/reload-revalidation#2 info likely, shared-cache-opportunity#3 info likely"},
    {"Expires that leaves far less",
     {{.request = "GET /a\n", .response = WITH_TAG "Expires: Tue, 14 Nov 2023 22:13:50 GMT\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Expires: Tue, 14 Nov 2023 22:14:21 GMT\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Expires: Tue, 14 Nov 2023 22:15:50 GMT\n", .body = "A"}},
     "304-policy-differs/expires#2 error likely"},
    {"a Date that goes backwards",
     {{.request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"},
      {.at_s = 60, .date_s = -500, .request = ASK, .response = FRESHEN "Cache-Control: max-age=50\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Cache-Control: max-age=50\n", .body = "A"}},
     "304-policy-differs/frozen-date#2 error likely"},
    {"another Content-Location",
     {{.request = "GET /a\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = FRESHEN "Content-Location: /y\n"},
      {.at_s = 120, .client = 2, .request = "GET /a\n", .response = WITH_TAG "Content-Location: /x\n", .body = "A"}},
     "304-policy-differs/content-location#2 info likely"},
};
// clang-format on

Test(rules_304, fire_where_they_should_and_nowhere_else)
{
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char *found = hearing_of(cases[i].said);
        cr_expect(strcmp(found, cases[i].want) == 0, "%s: found \"%s\", not \"%s\"", cases[i].title,
                  found, cases[i].want);
        free(found);
    }
}

/* ---- what was lost in between ---- */

static const struct said reference = {
    .request = "GET /a\n", .response = WITH_TAG "Vary: Accept\n", .body = "A"};
static const struct said accused = {.at_s = 60, .request = ASK, .response = FRESHEN};

static char *with_loss(double from_s, double until_s, bool told_before)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &reference);
    if (told_before)
        hearing_lose(&h, from_s, until_s);
    hearing_say(&h, &accused);
    if (!told_before)
        hearing_lose(&h, from_s, until_s);
    hearing_end(&h);
    char *found = strdup(hearing_findings(&h));
    hearing_free(&h);
    return found;
}

Test(rules_304, a_loss_between_the_200_and_the_304_taints)
{
    static const struct {
        double from, until;
        bool told_before;
        const char *want;
    } losses[] = {
        {30, 31, true, "304-missing-vary#2 warning possible"},
        {30, 31, false, "304-missing-vary#2 warning possible"}, /* told late */
        {60.2, 60.3, false, "304-missing-vary#2 warning possible"},
        {-7200, -7100, true, "304-missing-vary#2 error likely"}, /* long ago */
    };
    for (unsigned i = 0; i < COUNT_OF(losses); i++) {
        char *found = with_loss(losses[i].from, losses[i].until, losses[i].told_before);
        cr_expect(strcmp(found, losses[i].want) == 0, "loss %u: %s", i, found);
        free(found);
    }
}

Test(rules_304, a_half_seen_exchange_taints_too)
{
    const struct said said[] = {
        reference,
        {.at_s = 30, .request = "GET /b\n", .flaws = FLAW(RESPONSE_MISSING)},
        accused,
        {.at_s = 0},
    };
    char *found = hearing_of(said);
    cr_assert(eq(str, found, "304-missing-vary#3 warning possible"));
    free(found);
}

Test(rules_304, the_reference_is_cited_with_its_heads)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &reference);
    hearing_say(&h, &accused);
    hearing_end(&h);
    const struct heard *f = hearing_find(&h, "304-missing-vary", 2);
    cr_assert(f != NULL);
    cr_expect(eq(u64, f->reference, 1));
    cr_expect(f->has_heads && f->has_reference_heads);
    cr_expect(strstr(f->message, "Accept") != NULL, "%s", f->message);
    hearing_free(&h);
}

Test(rules_304, stray_octets_and_superfluous_lines_are_claimed)
{
    const struct said said = {
        .request = ASK, .response = FRESHEN "Content-Type: text/css\n", .stray = STRAY_OTHER};
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &said);
    hearing_end(&h);
    cr_expect(eq(u64, hearing_find(&h, "304-has-body", 1)->avoidable, 5));
    cr_expect(eq(u64, hearing_find(&h, "304-superfluous-metadata", 1)->avoidable,
                 strlen("Content-Type: text/css\r\n")));
    hearing_free(&h);
}
