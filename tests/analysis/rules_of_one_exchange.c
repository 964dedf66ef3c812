/* SPDX-License-Identifier: MIT */
/* The rules that one exchange, or one 200 before it, decides: what trips them and what must not. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>
#include <string.h>

#include "analysis/rules.h"
#include "base/attributes.h"
#include "tests/support/hearing.h"

#define PAST  "Mon, 01 May 2023 10:00:00 GMT"
#define LATER "Thu, 01 Jun 2023 10:00:00 GMT"
#define GET   "GET /a\n"
#define PLAIN "200\nCache-Control: no-cache\n"

// clang-format off
static const struct {
    const char *title;
    struct said said[4];
    const char *want;
} cases[] = {
    /* RFC 9110 §5.6.7 */
    {"asctime", {{.request = GET, .response = PLAIN "Last-Modified: Mon May  1 10:00:00 2023\n"}},
     "bad-http-date/last-modified#1 error certain"},
    {"letters of another case", {{.request = GET, .response = PLAIN "Last-Modified: MON, 01 May 2023 10:00:00 GMT\n"}},
     "bad-http-date/last-modified#1 error certain"},
    {"no such day", {{.request = GET, .response = PLAIN "Last-Modified: Mon, 31 Feb 2023 10:00:00 GMT\n"}},
     "bad-http-date/last-modified#1 error certain"},
    {"an Expires of -1", {{.request = GET, .response = PLAIN "Expires: -1\n"}}, "bad-http-date/expires#1 info certain"},
    {"an Expires in words", {{.request = GET, .response = PLAIN "Expires: never\n"}}, "bad-http-date/expires#1 error certain"},
    {"a Last-Modified of 0 is no Expires of 0", {{.request = GET, .response = PLAIN "Last-Modified: 0\n"}},
     "bad-http-date/last-modified#1 error certain"},
    {"the worse of two", {{.request = GET, .response = PLAIN "Expires: 0\nLast-Modified: 0\n"}},
     "bad-http-date/last-modified#1 error certain"},
    {"If-Range with a date of another form", {{.request = GET "Range: bytes=0-1\nIf-Range: Monday, 01-May-23 10:00:00 GMT\n", .response = PLAIN}},
     "bad-http-date/if-range#1 error certain"},
    {"two good dates are one fault", {{.request = GET "If-Modified-Since: " PAST "\nIf-Modified-Since: " LATER "\n", .response = PLAIN}},
     "duplicate-singleton-field/if-modified-since#1 error certain"},
    {"whose pairing is not sure", {{.request = GET, .response = PLAIN "Last-Modified: 0\n", .flaws = FLAW(PAIRING_UNSURE)}}, ""},
    /* RFC 9110 §5.3 */
    {"a difference is worse than a repetition",
     {{.request = GET, .response = PLAIN "ETag: \"a\"\nETag: \"a\"\nContent-Location: /x\nContent-Location: /y\n"}},
     "duplicate-singleton-field/content-location#1 error certain"},
    {"one Content-Location", {{.request = GET, .response = PLAIN "Content-Location: /x\n"}}, ""},
    /* RFC 9110 §8.8.2.1 */
    {"later than Date", {{.request = GET, .response = PLAIN "Last-Modified: " LATER "\nDate: " PAST "\n", .no_date = true}},
     "last-modified-in-future#1 error certain"},
    {"two Dates: nobody knows which", {{.request = GET, .response = PLAIN "Last-Modified: " LATER "\nDate: " PAST "\nDate: " LATER "\n", .no_date = true}},
     "duplicate-singleton-field/date#1 error certain"},
    {"no Date to be later than", {{.request = GET, .response = PLAIN "Last-Modified: " LATER "\n", .no_date = true}}, ""},
    /* RFC 9111 §5.2 */
    {"a lifetime in words", {{.request = GET, .response = "200\nCache-Control: max-age=one\n"}},
     "cc-malformed-or-conflicting/argument#1 error certain"},
    {"a negative one", {{.request = GET, .response = "200\nCache-Control: s-maxage=-1\n"}},
     "cc-malformed-or-conflicting/argument#1 error certain"},
    {"of a request", {{.request = GET "Cache-Control: max-age=x\n", .response = PLAIN}},
     "cc-malformed-or-conflicting/argument#1 error certain"},
    {"the same twice", {{.request = GET, .response = "200\nCache-Control: max-age=5, max-age=5\n"}}, ""},
    {"fields without quotes", {{.request = GET, .response = "200\nCache-Control: max-age=5, private=Set-Cookie\n"}},
     "cc-malformed-or-conflicting/quotes#1 warning certain"},
    {"private for shared caches", {{.request = GET, .response = "200\nCache-Control: private, s-maxage=5\n"}},
     "cc-malformed-or-conflicting/conflict#1 info certain"},
    {"public, not to be stored", {{.request = GET, .response = "200\nCache-Control: public, no-store\n"}},
     "cc-malformed-or-conflicting/conflict#1 info certain"},
    {"not stored for no time", {{.request = GET, .response = "200\nCache-Control: no-store, max-age=0\n"}}, ""},
    {"immutable until Expires", {{.request = GET, .response = "200\nCache-Control: immutable\nExpires: " LATER "\n"}}, ""},
    {"immutable for no time", {{.request = GET, .response = "200\nCache-Control: immutable, no-cache\n"}},
     "cc-malformed-or-conflicting/conflict#1 info certain"},
    /* RFC 9111 §4.2.2 */
    {"a 301 without a lifetime", {{.request = GET, .response = "301\nLocation: /b\n"}}, "heuristic-only-freshness#1 info certain"},
    {"a 302 is not kept", {{.request = GET, .response = "302\nLocation: /b\n"}}, ""},
    {"nor what POST brings", {{.request = "POST /a\n", .response = "200\n"}}, ""},
    {"a lifetime for others", {{.request = GET, .response = "200\nCache-Control: s-maxage=5\n"}}, ""},
    {"a head that was not seen whole", {{.request = GET, .response = "200\n", .flaws = FLAW(HEAD_LIMIT)}}, ""},
    /* RFC 9110 §13.1.2, §13.2.2 */
    {"304 to DELETE", {{.request = "DELETE /a\nIf-None-Match: \"a\"\n", .response = "304\nETag: \"a\"\n"}},
     "304-wrong-method#1 error certain"},
    {"412 to a date", {{.request = GET "If-Modified-Since: " PAST "\n", .response = "412\n"}}, "412-instead-of-304#1 error certain"},
    {"412 to WebDAV's If", {{.request = GET "If-None-Match: \"a\"\nIf: (<x>)\n", .response = "412\n"}}, ""},
    {"412 without a condition", {{.request = GET, .response = "412\n"}}, ""},
    {"a weak tag never matches strongly", {{.request = GET "If-Match: W/\"a\"\n", .response = PLAIN "ETag: W/\"a\"\n", .body = "A"}},
     "precondition-outcome-mismatch/if-match#1 error certain"},
    {"a cache leaves If-Match alone", {{.request = GET "If-Match: \"b\"\n", .response = PLAIN "ETag: \"a\"\nAge: 0\n", .body = "A"}}, ""},
    {"who passed a proxy", {{.request = GET "If-Match: \"b\"\n", .response = PLAIN "ETag: \"a\"\nVia: 1.1 p\n", .body = "A"}},
     "precondition-outcome-mismatch/if-match#1 warning likely"},
    {"a 200 to PUT shows the new tag", {{.request = "PUT /a\nIf-Match: \"a\"\n", .response = "200\nETag: \"b\"\n"}}, ""},
    {"a 404 comes before conditions", {{.request = GET "If-Match: \"a\"\n", .response = "404\nCache-Control: no-cache\n"}}, ""},
    {"a 304 that does not show its tag", {{.request = GET "If-Match: \"a\"\nIf-None-Match: \"b\"\n", .response = "304\n"}}, ""},
    /* RFC 9110 §13.1.5, §14.2 */
    {"206 by a list", {{.request = GET "Range: bytes=0-1\nIf-None-Match: \"x\", W/\"a\"\n", .response = "206\nETag: \"a\"\nContent-Range: bytes 0-1/9\n"}},
     "206-despite-inm-match#1 error certain"},
    {"206 by a cache", {{.request = GET "Range: bytes=0-1\nIf-None-Match: \"a\"\n", .response = "206\nETag: \"a\"\nAge: 1\nContent-Range: bytes 0-1/9\n"}},
     "206-despite-inm-match#1 warning certain"},
    {"a weak If-Range holds for nothing", {{.request = GET "Range: bytes=0-1\nIf-Range: W/\"a\"\n", .response = "206\nETag: W/\"a\"\nContent-Range: bytes 0-1/9\n"}},
     "if-range-mismatch-got-206#1 error certain, if-range-weak-validator#1 error certain"},
    {"a proxy may have dropped Range", {{.request = GET "If-Range: \"a\"\nVia: 1.1 p\n", .response = PLAIN}},
     "if-range-without-range#1 warning likely"},
    {"the whole by a range", {{.request = GET "Range: bytes=0-\nIf-Range: \"a\"\n", .response = PLAIN "ETag: \"a\"\n", .body = "A"}},
     "if-range-match-got-200#1 info certain"},
    {"several ranges need not be heeded", {{.request = GET "Range: bytes=0-1,5-6\nIf-Range: \"a\"\n", .response = PLAIN "ETag: \"a\"\nAccept-Ranges: bytes\n", .body = "A"}}, ""},
    {"the last octets", {{.request = GET "Range: bytes=-500\nIf-Range: \"a\"\n", .response = PLAIN "ETag: \"a\"\nAccept-Ranges: bytes\n", .body = "A"}},
     "if-range-match-got-200#1 warning certain"},
    {"a range that ends before it begins", {{.request = GET "Range: bytes=5-4\nIf-Range: \"a\"\n", .response = PLAIN "ETag: \"a\"\nAccept-Ranges: bytes\n", .body = "A"}}, ""},
    /* RFC 9111 §4, §4.2.4 */
    {"a hit that says why it has no Age", {{.request = GET, .response = "200\nCache-Control: max-age=9\nCDN-Cache-Control: max-age=9\nCache-Status: c; hit\n"}},
     "age-missing-on-hit#1 info likely"},
    {"the member nearest the tap was no hit", {{.request = GET, .response = "200\nCache-Control: max-age=9\nCache-Status: a; hit, b; fwd=miss\n"}}, ""},
    {"older by the guard", {{.request = GET, .response = "200\nCache-Control: max-age=9\nAge: 11\n"}}, ""},
    {"older by more", {{.request = GET, .response = "200\nCache-Control: max-age=9\nAge: 12\n"}}, "served-stale#1 warning likely"},
    {"a lifetime for shared caches", {{.request = GET, .response = "200\nCache-Control: max-age=9, s-maxage=99\nAge: 12\n"}}, ""},
    {"that has run out", {{.request = GET, .response = "200\nCache-Control: max-age=999, s-maxage=9\nAge: 12\n"}},
     "served-stale/prohibited#1 error likely"},
    {"a CDN of its own mind", {{.request = GET, .response = "200\nCache-Control: max-age=9, must-revalidate\nAge: 12\nX-Served-By: edge\n"}},
     "served-stale/prohibited#1 warning possible"},
    {"a lifetime that was guessed", {{.request = GET, .response = "200\nLast-Modified: " PAST "\nAge: 99999\n"}}, "heuristic-only-freshness#1 info certain"},
    /* RFC 9111 §4.3.4 */
    {"weak in the 304 alone", {{.request = GET, .response = PLAIN "ETag: \"a\"\n", .body = "A"},
      {.at_s = 60, .request = GET "If-None-Match: \"a\"\n", .response = "304\nETag: W/\"a\"\n"}},
     "304-etag-strength-flip#2 error likely"},
    {"a date within the second rescues nothing", {{.request = GET, .response = PLAIN "ETag: W/\"a\"\nLast-Modified: " PAST "\nDate: " PAST "\n", .no_date = true, .body = "A"},
      {.at_s = 60, .request = GET "If-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\nLast-Modified: " PAST "\nDate: " PAST "\n", .no_date = true}},
     "304-etag-strength-flip#2 error likely"},
    {"a day later, it is a guess", {{.request = GET, .response = PLAIN "ETag: W/\"a\"\n", .body = "A"},
      {.at_s = 90000, .request = GET "If-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\n"}},
     "304-etag-strength-flip#2 warning possible"},
    {"known only from later", {{.request = GET "If-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\n"},
      {.at_s = 60, .request = GET, .response = PLAIN "ETag: W/\"a\"\n", .body = "A"}},
     "304-etag-strength-flip#1 warning possible"},
    {"on the other side of a cache", {{.request = GET, .response = PLAIN "ETag: W/\"a\"\nVia: 1.1 p\n", .body = "A"},
      {.at_s = 60, .request = GET "If-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\n"}}, ""},
};
// clang-format on

/* These rules alone. */
static bool is_of_one_exchange(void *context UNUSED, const struct rule_card *card)
{
    static const struct rule_set *const sets[] = {
        &rules_304_validators, &rules_304_form, &rules_outcome, &rules_ranges,
        &rules_hits,           &rules_fields,   &rules_policy};
    for (unsigned s = 0; s < COUNT_OF(sets); s++)
        for (unsigned i = 0; i < sets[s]->count; i++)
            if (&sets[s]->rules[i].card == card)
                return true;
    return false;
}

Test(rules_of_one_exchange, fire_where_they_should_and_nowhere_else)
{
    struct analysis_options options = analysis_options_default();
    options.rule_enabled = is_of_one_exchange;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct hearing h;
        hearing_begin(&h, &options);
        for (const struct said *s = cases[i].said; s->request; s++)
            hearing_say(&h, s);
        hearing_end(&h);
        const char *found = hearing_findings(&h);
        cr_expect(strcmp(found, cases[i].want) == 0, "%s: found \"%s\", not \"%s\"", cases[i].title,
                  found, cases[i].want);
        hearing_free(&h);
    }
}

/* The rest of a body that the client had begun. */
Test(rules_of_one_exchange, the_octets_that_were_not_asked_for_are_claimed)
{
    const struct said said = {.request = GET "Range: bytes=400-\nIf-Range: \"a\"\n",
                              .response = PLAIN "ETag: \"a\"\nAccept-Ranges: bytes\n",
                              .body = "A"};
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &said);
    hearing_end(&h);
    const struct heard *found = hearing_find(&h, "if-range-match-got-200", 1);
    cr_assert(found != NULL);
    cr_expect(eq(u64, found->avoidable, 400));
    hearing_free(&h);
}
