/* SPDX-License-Identifier: MIT */
/* Caches on the way, by one link; and validators that are none. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define TEN  "ETag: \"a\"\nCache-Control: max-age=10\n"
#define ASK  "GET /a\nIf-None-Match: \"a\"\n"
#define AGED "ETag: \"a\"\nCache-Control: max-age=600\n"

// clang-format off
static const struct {
    const char *title;
    struct said said[5];
    const char *want;
} cases[] = {
    /* proxy-304-expanded */
    {"the cache says that it got a 304",
     {{.request = ASK, .response = "200\n" TEN "Cache-Status: p; fwd=stale; fwd-status=304\n", .body = "A"}},
     "inm-match-got-200#1 warning certain, proxy-304-expanded#1 warning likely"},
    {"Age shows that it had validated",
     {{.request = "GET /a\n", .response = "200\n" TEN "Age: 0\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\n" TEN "Age: 0\n", .body = "A"}},
     "inm-match-got-200#2 warning certain, proxy-304-expanded#2 warning likely"},
    {"Age alone does not", {{.request = ASK, .response = "200\n" TEN "Age: 0\n", .body = "A"}}, "inm-match-got-200#1 warning certain"},
    {"a hit on what was never validated",
     {{.request = "GET /a\n", .response = "200\n" AGED "Age: 0\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = "200\n" AGED "Age: 60\n", .body = "A"}},
     "inm-match-got-200#2 warning certain"},
    {"the client's tag did not match", {{.request = "GET /a\nIf-None-Match: \"x\"\n", .response = "200\n" TEN "Cache-Status: p; fwd=stale; fwd-status=304\n", .body = "A"}}, ""},
    {"the client did not ask", {{.request = "GET /a\n", .response = "200\n" TEN "Cache-Status: p; fwd=stale; fwd-status=304\n", .body = "A"}}, ""},
    {"the client wanted it anew", {{.request = ASK "Cache-Control: no-cache\n", .response = "200\n" TEN "Cache-Status: p; fwd=stale; fwd-status=304\n", .body = "A"}},
     "inm-match-got-200/request-no-cache#1 warning certain"},

    /* stale-on-arrival */
    {"as old as it may become", {{.request = "GET /a\n", .response = "200\n" AGED "Age: 600\n", .body = "A"}}, "stale-on-arrival#1 waste certain"},
    {"a second younger", {{.request = "GET /a\n", .response = "200\n" AGED "Age: 599\n", .body = "A"}}, ""},
    {"a 304", {{.request = ASK, .response = "304\n" AGED "Age: 700\n"}}, "stale-on-arrival#1 waste certain"},
    {"meant to be validated each time", {{.request = "GET /a\n", .response = "200\nETag: \"a\"\nCache-Control: max-age=0\nAge: 5\n", .body = "A"}}, ""},
    {"no-cache is no lifetime", {{.request = "GET /a\n", .response = "200\nETag: \"a\"\nCache-Control: no-cache, max-age=5\nAge: 5\n", .body = "A"}},
     "reuse-without-validation#1 warning likely"},
    {"stale-while-revalidate lets it be used",
     {{.request = "GET /a\n", .response = "200\nETag: \"a\"\nCache-Control: max-age=60, stale-while-revalidate=60\nAge: 90\n", .body = "A"}}, ""},
    {"the lifetime of the cache in front counts not",
     {{.request = "GET /a\n", .response = "200\n" AGED "CDN-Cache-Control: max-age=3600\nAge: 1800\n", .body = "A"}}, "stale-on-arrival#1 waste certain"},
    {"who asks again is not to blame",
     {{.request = "GET /a\n", .response = "200\n" AGED "Age: 600\n", .body = "A"}, {.at_s = 60, .request = ASK, .response = "304\n" AGED "Age: 0\n"},
      {.at_s = 700, .request = ASK, .response = "304\n" AGED "Age: 0\n"}},
     "stale-on-arrival#1 waste certain, stale-on-arrival/asked-again#2 waste likely"},
    {"nor who fetches again",
     {{.request = "GET /a\n", .response = "200\n" AGED "Age: 600\n", .body = "A"}, {.at_s = 60, .request = "GET /a\n", .response = "200\n" AGED "Age: 0\n", .body = "A"}},
     "stale-on-arrival#1 waste certain, stale-on-arrival/asked-again#2 waste likely"},

    /* malformed-validator */
    {"a tag without quotes", {{.request = "GET /a\n", .response = "200\nETag: a\n", .body = "A"}}, "malformed-validator/etag#1 error certain"},
    {"w in lower case", {{.request = "GET /a\n", .response = "200\nETag: w/\"a\"\n", .body = "A"}}, "malformed-validator/etag#1 error certain"},
    {"its request was not seen", {{.response = "200\nETag: a\n", .body = "A", .flaws = FLAW(REQUEST_MISSING)}}, "malformed-validator/etag#1 warning possible"},
    {"the empty tag and odd octets are legal", {{.request = "GET /a\n", .response = "200\nETag: \"\"\n", .body = "A"}, {.at_s = 1, .request = "GET /b\n", .response = "200\nETag: \"\\\xe9\"\n", .body = "A"}}, ""},
    {"who echoes it is not to blame",
     {{.request = "GET /a\n", .response = "200\nETag: a\n", .body = "A"}, {.at_s = 1, .request = "GET /a\nIf-None-Match: a\n", .response = "304\n"}},
     "malformed-validator/etag#1 error certain, malformed-validator/echoed#2 info certain"},
    {"who mangles it is",
     {{.request = "GET /a\n", .response = "200\nETag: \"a\"\n", .body = "A"}, {.at_s = 1, .request = "GET /a\nIf-None-Match: a\n", .response = "304\nETag: \"a\"\n"}},
     "malformed-validator/requoted#2 error certain"},
    {"it was given to another client",
     {{.request = "GET /a\n", .response = "200\nETag: \"a\"\n", .body = "A"}, {.at_s = 1, .client = 2, .request = "GET /a\nIf-None-Match: a\n", .response = "304\nETag: \"a\"\n"}},
     "malformed-validator/if-none-match#2 warning possible"},
    {"the star beside others", {{.request = "GET /a\nIf-None-Match: *, \"a\"\n", .response = "200\nETag: \"b\"\n", .body = "A"}}, "malformed-validator/star-list#1 error certain"},
    {"an empty list is a list", {{.request = "GET /a\nIf-None-Match: ,\n", .response = "200\nETag: \"b\"\n", .body = "A"}}, ""},
};
// clang-format on

Test(rules_proxy, fire_where_they_should_and_nowhere_else)
{
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char *found = hearing_of(cases[i].said);
        cr_expect(strcmp(found, cases[i].want) == 0, "%s: found \"%s\", not \"%s\"", cases[i].title,
                  found, cases[i].want);
        free(found);
    }
}

Test(rules_proxy, a_loss_may_hide_who_mangled_the_tag)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(
        &h, &(struct said){.request = "GET /a\n", .response = "200\nETag: \"a\"\n", .body = "A"});
    hearing_say(&h, &(struct said){.at_s = 9,
                                   .request = "GET /a\nIf-None-Match: a\n",
                                   .response = "304\nETag: \"a\"\n"});
    hearing_lose(&h, 5, 6);
    hearing_end(&h);
    const struct heard *f = hearing_find(&h, "malformed-validator", 2);
    cr_assert(f != NULL);
    cr_expect(eq(int, f->severity, SEVERITY_WARNING));
    cr_expect(eq(int, f->confidence, CONFIDENCE_POSSIBLE));
    hearing_free(&h);
}
