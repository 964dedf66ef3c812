/* SPDX-License-Identifier: MIT */
/* The rules about needless transfers and round trips: what trips each, and near twins. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define HOUR     "200\nETag: \"a\"\nCache-Control: max-age=3600\n"
#define NO_CACHE "200\nETag: \"a\"\nCache-Control: no-cache\n"
#define ASK      "GET /a\nIf-None-Match: \"a\"\n"
#define OLD      "Mon, 01 May 2023 10:00:00 GMT"
/* It has a cache (G13): asks for /x with the tag that it was given. */
#define PROOF                                                                                      \
    {.request = "GET /x\n",                                                                        \
     .response = "200\nETag: \"x\"\nCache-Control: no-cache\n",                                    \
     .body = "X"},                                                                                 \
    {                                                                                              \
        .at_s = 1, .request = "GET /x\nIf-None-Match: \"x\"\n",                                    \
        .response = "304\nETag: \"x\"\nCache-Control: no-cache\n"                                  \
    }

// clang-format off
static const struct {
    const char *title;
    struct said said[12];
    const char *want;
} cases[] = {
    /* unconditional-refetch */
    {"could have asked", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, "unconditional-refetch#4 waste likely"},
    {"never asks", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}},
     "unconditional-refetch/client-without-cache#2 waste likely"},
    {"by date", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\n", .response = "200\nLast-Modified: " OLD "\n", .body = "A"}},
     "refetch-while-fresh/heuristic#4 info likely, unconditional-refetch#4 waste likely"},
    {"other octets", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\nETag: \"b\"\n", .body = "B"}}, ""},
    {"another client", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .client = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, ""},
    {"a hard reload", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = HOUR, .body = "A"},
      {.at_s = 60, .request = "GET /a\nCache-Control: no-cache\n", .response = HOUR, .body = "A"}}, "unconditional-refetch/hard-reload#4 info likely"},
    {"a small body", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A", .octets = 255}, {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A", .octets = 255}}, ""},
    {"nobody says from which page", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A", .no_referer = true},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A", .no_referer = true}}, "unconditional-refetch#4 waste possible"},
    {"after more than a week", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"},
      {.at_s = 604900, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, "unconditional-refetch#4 waste possible"},
    {"a prefetch", {PROOF, {.at_s = 2, .request = "GET /a\nSec-Purpose: prefetch\n", .response = NO_CACHE, .body = "A"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, "unconditional-refetch#4 waste possible"},
    {"an event stream", {{.request = "GET /a\n", .response = NO_CACHE "Content-Type: text/event-stream\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE "Content-Type: text/event-stream\n", .body = "A"}}, ""},
    {"the first had not arrived yet", {{.took_s = 5, .at_s = 0, .request = "GET /a\n", .response = NO_CACHE, .body = "A"},
      {.at_s = 4, .took_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, ""},
    {"an unsafe request in between",
     {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 9, .request = "POST /a\n", .response = "204\n"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, ""},
    {"one that failed drops nothing",
     {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 9, .request = "POST /a\n", .response = "500\n"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, "unconditional-refetch#5 waste likely"},
    {"Location of an unsafe answer",
     {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 9, .request = "POST /form\n", .response = "303\nLocation: /a\n"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, ""},
    {"the site was cleared",
     {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 9, .request = "GET /out\n", .response = "200\nClear-Site-Data: \"cache\"\n"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, ""},
    {"only its cookies were cleared",
     {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 9, .request = "GET /out\n", .response = "200\nClear-Site-Data: \"cookies\"\n"},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A"}}, "unconditional-refetch#5 waste likely"},
    {"strong tag and length, where the snaplen cut the body",
     {PROOF, {.at_s = 2, .request = "GET /a\n", .response = NO_CACHE, .body = "A", .flaws = FLAW(CUT_BY_SNAPLEN)},
      {.at_s = 60, .request = "GET /a\n", .response = NO_CACHE, .body = "A", .flaws = FLAW(CUT_BY_SNAPLEN)}}, "unconditional-refetch#4 waste possible"},

    /* refetch-while-fresh */
    {"an hour to live", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = HOUR, .body = "A"}},
     "refetch-while-fresh#4 waste likely"},
    {"no more", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 3602, .request = "GET /a\n", .response = HOUR, .body = "A"}},
     "unconditional-refetch#4 waste likely"},
    {"it had aged on the way", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = HOUR "Age: 3590\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = HOUR, .body = "A"}},
     "unconditional-refetch#4 waste likely"},
    {"the request wants it younger", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = HOUR, .body = "A"},
      {.at_s = 60, .request = "GET /a\nCache-Control: max-age=30\n", .response = HOUR, .body = "A"}}, "unconditional-refetch#4 waste likely"},
    {"a preload that did not match its use",
     {{.request = "GET /f\n", .response = HOUR, .body = "F"}, {.at_s = 2, .request = "GET /f\nOrigin: http://www.example.com\n", .response = HOUR, .body = "F"}},
     "refetch-while-fresh/preload-mismatch#2 waste likely"},
    {"Vary names what changed",
     {{.request = "GET /a\nCookie: x\n", .response = HOUR "Vary: Cookie\n", .body = "A"}, {.at_s = 60, .request = "GET /a\nCookie: y\n", .response = HOUR "Vary: Cookie\n", .body = "A"}},
     "vary-fragmentation#2 waste likely"},

    /* revalidated-while-fresh */
    {"an hour to live, and asked", {{.request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 60, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=3600\n"}},
     "revalidated-while-fresh#2 waste likely"},
    {"a 304 restarts the clock",
     {{.request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 4000, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=3600\n"},
      {.at_s = 7000, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=3600\n"}}, "revalidated-while-fresh#3 waste likely"},
    {"and brings its own lifetime",
     {{.request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 4000, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=60\n"},
      {.at_s = 7000, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=60\n"}}, ""},
    {"asked for something else", {{.request = "GET /a\n", .response = HOUR, .body = "A"}, {.at_s = 60, .request = "GET /a\nIf-None-Match: \"z\"\n", .response = "304\nETag: \"z\"\n"}}, ""},
    {"a reload", {{.request = "GET /a\n", .response = HOUR, .body = "A"},
      {.at_s = 60, .request = ASK "Cache-Control: max-age=0\n", .response = "304\nETag: \"a\"\nCache-Control: max-age=3600\n"}}, "revalidated-while-fresh/reload-revalidation#2 info likely"},
    {"a lifetime that can be read two ways", {{.request = "GET /a\n", .response = "200\nETag: \"a\"\nCache-Control: max-age=3600, no-cache=\"Set-Cookie\"\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = "304\nETag: \"a\"\nCache-Control: max-age=3600, no-cache=\"Set-Cookie\"\n"}}, ""},
    {"the strict reading says that the first 304 renewed nothing",
     {{.request = "GET /a\n", .response = "200\nETag: W/\"a\"\nCache-Control: max-age=60\n", .body = "A"},
      {.at_s = 100, .request = "GET /a\nIf-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\nCache-Control: max-age=60\n"},
      {.at_s = 110, .request = "GET /a\nIf-None-Match: W/\"a\"\n", .response = "304\nETag: \"a\"\nCache-Control: max-age=60\n"}}, ""},

    /* unstable-etag */
    {"another tag for the same octets", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: \"b\"\n", .body = "A"}},
     "unstable-etag#2 waste likely"},
    {"other octets, another tag", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: \"b\"\n", .body = "B"}}, ""},
    {"the tag is gone", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\n", .body = "A"}},
     "unstable-etag/vanished#2 waste likely"},
    {"a suffix came", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: \"a-gzip\"\n", .body = "A"}},
     "unstable-etag/coding#2 waste likely"},
    {"another backend", {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .server = 2, .request = ASK, .response = "200\nETag: \"b\"\n", .body = "A"}},
     "unstable-etag/fleet#2 waste likely"},
    {"a new one each time",
     {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: \"b\"\n", .body = "A"},
      {.at_s = 90, .request = "GET /a\nIf-None-Match: \"b\"\n", .response = "200\nETag: \"c\"\n", .body = "A"}},
     "unstable-etag#2 waste likely, unstable-etag/per-request#3 waste likely"},
    {"there and back again",
     {{.request = "GET /a\n", .response = NO_CACHE, .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\nETag: \"b\"\n", .body = "A"},
      {.at_s = 90, .request = "GET /a\nIf-None-Match: \"b\"\n", .response = NO_CACHE, .body = "A"}},
     "unstable-etag#2 waste likely, unstable-etag/fleet#3 waste likely"},
    {"the type changed with it", {{.request = "GET /a\n", .response = NO_CACHE "Content-Type: text/plain\n", .body = "A"},
      {.at_s = 60, .request = ASK, .response = "200\nETag: \"b\"\nContent-Type: text/html\n", .body = "A"}}, ""},

    /* no-validator-unchanged */
    {"nothing to ask by", {{.request = "GET /a\n", .response = "200\nCache-Control: no-cache\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\nCache-Control: no-cache\n", .body = "A"}},
     "no-validator-unchanged#2 waste likely"},
    {"nothing to ask by, and it changed", {{.request = "GET /a\n", .response = "200\nCache-Control: no-cache\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\nCache-Control: no-cache\n", .body = "B"}}, ""},
    {"it needed none: it was fresh", {PROOF, {.at_s = 2, .request = "GET /a\n", .response = "200\nCache-Control: max-age=600\n", .body = "A"},
      {.at_s = 60, .request = "GET /a\n", .response = "200\nCache-Control: max-age=600\n", .body = "A"}}, "refetch-while-fresh#4 waste likely"},

    /* no-store-unchanged */
    {"three times within two minutes", {{.request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"},
      {.at_s = 120, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}}, "no-store-unchanged#2 waste possible, no-store-unchanged#3 waste possible"},
    {"three times within a minute", {{.request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}, {.at_s = 20, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"},
      {.at_s = 40, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}}, ""},
    {"twice", {{.request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}, {.at_s = 90, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}}, ""},
    {"it changed in between", {{.request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"},
      {.at_s = 90, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "B"}, {.at_s = 120, .request = "GET /a\n", .response = "200\nCache-Control: no-store\n", .body = "A"}}, ""},

    {"three users got the same as theirs alone",
     {{.request = "GET /a\nCookie: 1\n", .response = "200\nETag: \"a\"\nCache-Control: private\n", .body = "A"},
      {.at_s = 1, .client = 2, .request = "GET /a\nCookie: 2\n", .response = "200\nETag: \"a\"\nCache-Control: private\n", .body = "A"},
      {.at_s = 2, .client = 2, .request = "GET /a\nCookie: 2\nIf-None-Match: \"a\"\n", .response = "304\nETag: \"a\"\nCache-Control: private\n"},
      {.at_s = 3, .client = 3, .request = "GET /a\nCookie: 3\n", .response = "200\nETag: \"a\"\nCache-Control: private\n", .body = "A"}},
     "no-store-unchanged/private-unchanged#4 waste possible"},
    {"two users, or each their own", {{.request = "GET /a\nCookie: 1\n", .response = "200\nETag: \"a\"\nCache-Control: private\n", .body = "A"},
      {.at_s = 1, .client = 2, .request = "GET /a\nCookie: 2\n", .response = "200\nETag: \"a\"\nCache-Control: private\n", .body = "A"},
      {.at_s = 3, .client = 3, .request = "GET /a\nCookie: 3\n", .response = "200\nETag: \"c\"\nCache-Control: private\n", .body = "C"}}, ""},

    /* cache-buster-identical */
    {"the origin says that the parameter means nothing",
     {{.request = "GET /a.js?_=1700000000001\n", .response = HOUR "No-Vary-Search: params=(\"_\")\n", .body = "A", .octets = 2000}, {.at_s = 9, .request = "GET /a.js?_=1700000009000\n", .response = HOUR "No-Vary-Search: params=(\"_\")\n", .body = "A", .octets = 2000},
      {.at_s = 18, .request = "GET /a.js?_=1700000018000\n", .response = HOUR "No-Vary-Search: params=(\"_\")\n", .body = "A", .octets = 2000}}, ""},
    {"the third value proves the second",
     {{.request = "GET /a.js?_=1700000000001\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 9, .request = "GET /a.js?_=1700000009000\n", .response = HOUR, .body = "A", .octets = 2000},
      {.at_s = 18, .request = "GET /a.js?_=1700000018000\n", .response = HOUR, .body = "A", .octets = 2000}},
     "cache-buster-identical#2 waste likely, cache-buster-identical#3 waste likely"},
    {"two values prove nothing",
     {{.request = "GET /a.js?_=1700000000001\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 9, .request = "GET /a.js?_=1700000009000\n", .response = HOUR, .body = "A", .octets = 2000}}, ""},
    {"other octets under each",
     {{.request = "GET /a.js?_=1700000000001\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 9, .request = "GET /a.js?_=1700000009000\n", .response = HOUR, .body = "B", .octets = 2000},
      {.at_s = 18, .request = "GET /a.js?_=1700000018000\n", .response = HOUR, .body = "C", .octets = 2000}}, ""},
    {"less than a KiB",
     {{.request = "GET /a.js?_=1700000000001\n", .response = HOUR, .body = "A"}, {.at_s = 9, .request = "GET /a.js?_=1700000009000\n", .response = HOUR, .body = "A"},
      {.at_s = 18, .request = "GET /a.js?_=1700000018000\n", .response = HOUR, .body = "A"}}, ""},
    {"several clients share the values: a version",
     {{.request = "GET /a.js?v=1700000000001\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 1, .client = 2, .request = "GET /a.js?v=1700000000001\n", .response = HOUR, .body = "A", .octets = 2000},
      {.at_s = 9, .client = 2, .request = "GET /a.js?v=1700000009000\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 10, .request = "GET /a.js?v=1700000009000\n", .response = HOUR, .body = "A", .octets = 2000},
      {.at_s = 18, .client = 2, .request = "GET /a.js?v=1700000018000\n", .response = HOUR, .body = "A", .octets = 2000}, {.at_s = 19, .request = "GET /a.js?v=1700000018000\n", .response = HOUR, .body = "A", .octets = 2000}},
     "shared-cache-opportunity#2 info likely, shared-cache-opportunity#4 info likely, shared-cache-opportunity#6 info likely"},
};
// clang-format on

Test(rules_waste, fire_where_they_should_and_nowhere_else)
{
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char *found = hearing_of(cases[i].said);
        cr_expect(strcmp(found, cases[i].want) == 0, "%s: found \"%s\", not \"%s\"", cases[i].title,
                  found, cases[i].want);
        free(found);
    }
}

/* ---- short-ttl-unchanged ---- */

static unsigned short_ttls(const char *response, const char *validation, double every_s, unsigned n)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &(struct said){.request = "GET /a\n", .response = response, .body = "A"});
    for (unsigned i = 1; i <= n; i++)
        hearing_say(&h,
                    &(struct said){.at_s = every_s * i, .request = ASK, .response = validation});
    hearing_end(&h);
    unsigned found = 0;
    for (unsigned i = 0; i < h.n_heard; i++) {
        cr_expect(strcmp(h.heard[i].rule->id, "short-ttl-unchanged") == 0, "%s",
                  h.heard[i].rule->id);
        cr_expect(h.heard[i].avoidable == 0 && h.heard[i].opportunity > 0);
        cr_expect(eq(int, h.heard[i].confidence, CONFIDENCE_POSSIBLE));
        found++;
    }
    hearing_free(&h);
    return found;
}

#define SHORT   "ETag: \"a\"\nCache-Control: max-age=5\n"
#define LONGISH "ETag: \"a\"\nCache-Control: max-age=300\n"

Test(rules_waste, a_short_lifetime_is_asked_about_once_enough_was_seen)
{
    /* Every two minutes for 28: a tenth of the span is 168 s, so each distance of 120 s counts. */
    cr_expect(eq(u32, short_ttls("200\n" SHORT, "304\n" SHORT, 120, 14), 14));
    cr_expect(eq(u32, short_ttls("200\n" SHORT, "304\n" SHORT, 120, 4), 0), "too few");
    cr_expect(eq(u32, short_ttls("200\n" SHORT, "304\n" SHORT, 20, 20), 0), "too short a time");
    cr_expect(eq(u32, short_ttls("200\n" LONGISH, "304\n" LONGISH, 400, 14), 0), "long enough");
    cr_expect(eq(u32, short_ttls("200\nETag: \"a\"\n", "304\nETag: \"a\"\n", 120, 14), 0),
              "no lifetime was given");
    cr_expect(
        eq(u32,
           short_ttls("200\n" SHORT "Set-Cookie: a\n", "304\n" SHORT "Set-Cookie: a\n", 120, 14),
           0),
        "one user's own");
}

/* ---- what is claimed ---- */

Test(rules_waste, claims_say_what_a_cache_would_have_saved)
{
    static const struct said said[] = {
        PROOF,
        {.at_s = 2, .request = "GET /a\n", .response = HOUR, .body = "A"},
        {.at_s = 60, .request = "GET /a\n", .response = HOUR, .body = "A"}, /* all of it */
        {.at_s = 5000, .request = "GET /a\n", .response = HOUR, .body = "A"},
        {.at_s = 5060, .request = "GET /a\nPragma: no-cache\n", .response = HOUR, .body = "A"},
    };
    struct hearing h;
    hearing_begin(&h, NULL);
    for (unsigned i = 0; i < COUNT_OF(said); i++)
        hearing_say(&h, &said[i]);
    hearing_end(&h);
    const struct heard *fresh = hearing_find(&h, "refetch-while-fresh", 4);
    const struct heard *stale = hearing_find(&h, "unconditional-refetch", 5);
    const struct heard *reload = hearing_find(&h, "unconditional-refetch", 6);
    cr_assert(fresh && stale && reload);
    cr_expect(fresh->avoidable > 1100, "head and body of both: %lu", fresh->avoidable);
    cr_expect(stale->avoidable > 900 && stale->avoidable < fresh->avoidable);
    cr_expect(eq(u64, reload->avoidable, 0));
    cr_expect(reload->standalone > 900);
    cr_expect(eq(u64, fresh->reference, 3));
    hearing_free(&h);
}
