/* SPDX-License-Identifier: MIT */
/* docs/what-if.md: what ideal caches would have answered. */
#include "tests/support/hearing.h"

#include <criterion/criterion.h>

#include "base/attributes.h"

#define GET   "GET /a\n"
#define FRESH "200\nETag: \"1\"\nCache-Control: max-age=60\n"
#define END                                                                                        \
    {                                                                                              \
        .at_s = 0                                                                                  \
    }
#define ASK(etag)  "GET /a\nIf-None-Match: " etag "\n"
#define UNMODIFIED "304\nETag: \"1\"\n"

struct answered {
    uint64_t by_private, by_shared;
};

/* Exchanges that the caches would have answered; the shared one without limit. Checks on the way
 * that octets and exchanges go together and that what is left and saved is what was seen. */
static struct answered answered_of(const struct said *said)
{
    struct hearing h;
    struct answered answered = {0};
    uint64_t seen = 0;
    hearing_begin(&h, NULL);
    for (; said->request || said->response; said++)
        hearing_say(&h, said);
    hearing_end(&h);
    for (unsigned i = 0; i < h.n_what_if; i++) {
        const struct what_if *w = &h.what_if[i];
        cr_expect_eq(w->saved_bytes > 0, w->exchanges > 0);
        cr_expect(seen == 0 || seen == w->saved_bytes + w->left_bytes);
        seen = w->saved_bytes + w->left_bytes;
        cr_expect_eq(w->sampled_ppm, 1000000u);
        if (w->scenario == SCENARIO_PRIVATE_CACHE)
            answered.by_private = w->exchanges;
        else
            answered.by_shared = w->exchanges;
    }
    cr_expect_eq(h.n_what_if, 3u); /* 1 MiB does for all that is said here */
    cr_expect_eq(h.what_if[h.n_what_if - 1].capacity_bytes, UINT64_MAX);
    hearing_free(&h);
    return answered;
}

static void expect(const char *title, const struct said *said, uint64_t by_private,
                   uint64_t by_shared)
{
    struct answered a = answered_of(said);
    cr_expect_eq(a.by_private, by_private, "%s: %lu by private caches, not %lu", title,
                 a.by_private, by_private);
    cr_expect_eq(a.by_shared, by_shared, "%s: %lu by a shared one, not %lu", title, a.by_shared,
                 by_shared);
}

Test(whatif, what_is_held_is_not_asked_for)
{
    static const struct said again[] = {{.at_s = 1, .request = GET, .response = FRESH, .body = "x"},
                                        {.at_s = 2, .request = GET, .response = FRESH, .body = "x"},
                                        END};
    expect("the same octets again", again, 1, 1);
    static const struct said asked[] = {
        {.at_s = 1, .request = GET, .response = FRESH, .body = "x"},
        {.at_s = 2, .request = ASK("\"1\""), .response = UNMODIFIED},
        END};
    expect("a 304", asked, 1, 1);
    static const struct said changed[] = {
        {.at_s = 1, .request = GET, .response = FRESH, .body = "x"},
        {.at_s = 2, .request = GET, .response = "200\nETag: \"2\"\n", .body = "y"},
        {.at_s = 3, .request = GET, .response = FRESH, .body = "x"},
        END};
    expect("it changed, and changed back: only the shared one keeps both", changed, 0, 1);
}

Test(whatif, others_help_in_a_shared_cache_alone)
{
    static const struct said two[] = {
        {.at_s = 1, .request = GET, .response = FRESH, .body = "x", .client = 1},
        {.at_s = 2, .request = GET, .response = FRESH, .body = "x", .client = 2},
        END};
    expect("two clients", two, 0, 1);
    static const struct said unknown[] = {
        {.at_s = 2, .request = ASK("\"1\""), .response = UNMODIFIED}, END};
    expect("a 304 for what was never seen: the client says that it has it", unknown, 1, 0);
}

Test(whatif, what_may_not_be_stored_is_not_stored)
{
#define TWICE(head)                                                                                \
    {                                                                                              \
        {.at_s = 1, .request = GET, .response = head, .body = "x"},                                \
            {.at_s = 2, .request = GET, .response = head, .body = "x"}, END                        \
    }
    static const struct said no_store[] = TWICE("200\nCache-Control: no-store\n");
    expect("no-store", no_store, 0, 0);
    static const struct said alone[] = TWICE("200\nCache-Control: private, max-age=9\n");
    expect("private", alone, 1, 0);
    static const struct said post[] = {
        {.at_s = 1, .request = "POST /a\n", .response = FRESH, .body = "x"},
        {.at_s = 2, .request = "POST /a\n", .response = FRESH, .body = "x"},
        END};
    expect("POST", post, 0, 0);
    static const struct said secret[] = {{.at_s = 1,
                                          .request = "GET /a\nAuthorization: Basic eA==\n",
                                          .response = FRESH,
                                          .body = "x"},
                                         {.at_s = 2,
                                          .request = "GET /a\nAuthorization: Basic eA==\n",
                                          .response = FRESH,
                                          .body = "x"},
                                         END};
    expect("Authorization", secret, 1, 0);
}

Test(whatif, variants_are_objects_of_their_own)
{
    static const struct said variants[] = {
        {.at_s = 1,
         .request = "GET /a\nAccept-Language: de\n",
         .response = "200\nVary: Accept-Language\nCache-Control: max-age=60\n",
         .body = "x"},
        {.at_s = 2,
         .request = "GET /a\nAccept-Language: fr\n",
         .response = "200\nVary: Accept-Language\nCache-Control: max-age=60\n",
         .body = "x",
         .client = 2},
        {.at_s = 3,
         .request = "GET /a\nAccept-Language: de\n",
         .response = "200\nVary: Accept-Language\nCache-Control: max-age=60\n",
         .body = "x",
         .client = 3},
        END};
    expect("of three, one comes again", variants, 0, 1);
}

Test(whatif, the_far_side_of_a_proxy_does_not_count)
{
    static const struct said both[] = {
        {.at_s = 1, .request = GET, .response = FRESH, .body = "x", .server = 1, .took_s = 0.5},
        {.at_s = 1.1,
         .request = "GET /a\nX-Request-Id: 17\n",
         .response = FRESH,
         .body = "x",
         .asks_as = 1,
         .server = 2,
         .over_s = 1.7},
        END};
    struct hearing h;
    hearing_begin(&h, NULL);
    hearing_say(&h, &both[0]);
    hearing_say(&h, &both[1]);
    hearing_end(&h);
    cr_assert_eq(h.outers[1], 1u, "they are a pair");
    const struct what_if *unlimited = &h.what_if[h.n_what_if - 1];
    cr_expect_eq(unlimited->exchanges, 0u);
    cr_expect_lt(unlimited->left_bytes, 2000u);
    hearing_free(&h);
}
