/* SPDX-License-Identifier: MIT */
/* Which tags a URL is known to have issued, and what is said where it is not known. */

#include "analysis/issued.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

static struct issuers *issuers;
static struct issued a, b;

static void setup(void)
{
    issuers = issuers_new();
}

static void teardown(void)
{
    issuers_free(issuers);
}

TestSuite(issued, .init = setup, .fini = teardown);

static void learn(struct issued *issued, const char *request, const char *response, uint64_t id)
{
    struct facts facts = facts_spoken(request, response);
    issued_learn(issued, issuers, issued == &a ? 1 : 2, &facts, id);
    spoken_free(&facts);
}

static enum foreign ask(const struct issued *issued, const char *list, uint64_t *exchange_id)
{
    struct slice tag;
    struct tag_list offered = tag_list_scan(slice_of_text(list));
    *exchange_id = 0;
    return issued_foreign(issued, issuers, issued == &a ? 1 : 2, &offered, &tag, exchange_id);
}

Test(issued, a_tag_that_was_issued_is_not_foreign_however_it_is_written)
{
    static const char *const written[] = {"\"x\"",  "W/\"x\"",      "x", "w/\"x\"", "\"x-gzip\"",
                                          "W\"x\"", "\"\\\"x\\\"\""};
    uint64_t id;
    learn(&a, "GET /a\nHost: x\n", "200\nETag: \"x\"\n", 7);
    for (size_t i = 0; i < COUNT_OF(written); i++)
        cr_expect(eq(int, ask(&a, written[i], &id), FOREIGN_NOT), "%s", written[i]);
    cr_expect(eq(int, ask(&a, "\"X\"", &id), FOREIGN_UNKNOWN));
}

Test(issued, a_tag_of_another_url_says_which_exchange_issued_it)
{
    uint64_t id;
    learn(&a, "GET /a\nHost: x\n", "200\nETag: \"x\"\n", 7);
    learn(&b, "GET /b\nHost: x\n", "200\nETag: \"y\"\n", 8);
    cr_expect(eq(int, ask(&a, "\"x\", \"y\"", &id), FOREIGN_CROSS_URL));
    cr_expect(eq(u64, id, 8));
}

Test(issued, a_304_vouches_for_what_was_offered)
{
    uint64_t id;
    learn(&a, "GET /a\nHost: x\nIf-None-Match: \"o\", \"p\"\n", "304\nServer: s\n", 7);
    cr_expect(eq(int, ask(&a, "\"p\"", &id), FOREIGN_NOT));
    learn(&b, "GET /b\nHost: x\nIf-None-Match: \"q\"\n", "200\nETag: \"r\"\n", 8);
    cr_expect(eq(int, ask(&b, "\"q\"", &id), FOREIGN_UNKNOWN));
}

Test(issued, of_too_many_nothing_is_said)
{
    uint64_t id;
    char response[64];
    for (unsigned i = 0; i <= LIMIT_TAGS_OF_URL; i++) {
        snprintf(response, sizeof response, "200\nETag: \"t%u\"\n", i);
        learn(&a, "GET /a\nHost: x\n", response, i + 1);
        cr_expect(eq(int, ask(&a, "\"z\"", &id),
                     i < LIMIT_TAGS_OF_URL ? FOREIGN_UNKNOWN : FOREIGN_FORGOTTEN));
    }
}
