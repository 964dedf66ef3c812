/* SPDX-License-Identifier: MIT */
/* RFC 9111 §3, condition by condition; T33, T34. */

#include "analysis/storable.h"

#include <criterion/criterion.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

// clang-format off
static const struct {
    const char *request, *response;
    enum truth private_cache, shared_cache;
    enum storable_reason private_reason, shared_reason;
} cases[] = {
    {"GET /\n", "200\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"HEAD /\n", "200\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /?q\n", "200\nSet-Cookie: a=b\nVary: *\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"POST /\n", "200\nCache-Control: max-age=60\n", NO, NO, STORABLE_METHOD, STORABLE_METHOD},
    {"PUT /\n", "200\n", NO, NO, STORABLE_METHOD, STORABLE_METHOD},
    /* status */
    {"GET /\n", "304\n", NO, NO, STORABLE_STATUS, STORABLE_STATUS},
    {"GET /\n", "206\n", UNKNOWN, UNKNOWN, STORABLE_STATUS, STORABLE_STATUS},
    {"GET /\n", "429\nCache-Control: max-age=60\n", NO, NO, STORABLE_STATUS, STORABLE_STATUS},
    {"GET /\n", "428\nCache-Control: max-age=60\n", NO, NO, STORABLE_STATUS, STORABLE_STATUS},
    {"GET /\n", "302\n", NO, NO, STORABLE_NOT_ALLOWED, STORABLE_NOT_ALLOWED},
    {"GET /\n", "302\nExpires: 0\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\n", "302\nCache-Control: max-age=1\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\n", "302\nCache-Control: public\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\n", "302\nCache-Control: s-maxage=1\n", NO, YES, STORABLE_NOT_ALLOWED, STORABLE_OK},
    {"GET /\n", "302\nCache-Control: private\n", YES, NO, STORABLE_OK, STORABLE_PRIVATE},
    {"GET /\n", "404\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\n", "500\n", NO, NO, STORABLE_NOT_ALLOWED, STORABLE_NOT_ALLOWED},
    /* no-store */
    {"GET /\n", "200\nCache-Control: no-store, max-age=60\n", NO, NO, STORABLE_NO_STORE, STORABLE_NO_STORE},
    {"GET /\nCache-Control: no-store\n", "200\n", NO, NO, STORABLE_REQUEST_NO_STORE, STORABLE_REQUEST_NO_STORE},
    {"GET /\n", "200\nCache-Control: public; no-store\n", UNKNOWN, UNKNOWN, STORABLE_NO_STORE, STORABLE_NO_STORE},
    {"GET /\n", "200\nCache-Control: no-cache\n", YES, YES, STORABLE_OK, STORABLE_OK},
    /* T33: both kinds of caches are right */
    {"GET /\n", "200\nCache-Control: must-understand, no-store\n", UNKNOWN, UNKNOWN, STORABLE_NO_STORE, STORABLE_NO_STORE},
    {"GET /\n", "299\nCache-Control: must-understand, no-store, max-age=5\n", NO, NO, STORABLE_NO_STORE, STORABLE_NO_STORE},
    {"GET /\n", "299\nCache-Control: must-understand, max-age=5\n", NO, NO, STORABLE_STATUS, STORABLE_STATUS},
    {"GET /\n", "200\nCache-Control: must-understand, max-age=5\n", YES, YES, STORABLE_OK, STORABLE_OK},
    /* sharing */
    {"GET /\n", "200\nCache-Control: private\n", YES, NO, STORABLE_OK, STORABLE_PRIVATE},
    {"GET /\n", "200\nCache-Control: private=\"X\"\n", YES, UNKNOWN, STORABLE_OK, STORABLE_PRIVATE},
    {"GET /\nAuthorization: Basic x\n", "200\n", YES, NO, STORABLE_OK, STORABLE_AUTHORIZATION},
    {"GET /\nAuthorization: Basic x\n", "200\nCache-Control: public\n", YES, YES, STORABLE_OK, STORABLE_OK}, /* T34 */
    {"GET /\nAuthorization: Basic x\n", "200\nCache-Control: s-maxage=0\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\nAuthorization: Basic x\n", "200\nCache-Control: must-revalidate\n", YES, YES, STORABLE_OK, STORABLE_OK},
    {"GET /\nAuthorization: Basic x\n", "200\nCache-Control: max-age=60\n", YES, NO, STORABLE_OK, STORABLE_AUTHORIZATION},
    /* a targeted field is for some shared caches */
    {"GET /\n", "200\nCache-Control: no-store\nCDN-Cache-Control: max-age=60\n", NO, UNKNOWN, STORABLE_NO_STORE, STORABLE_NO_STORE},
    {"GET /\n", "200\nCDN-Cache-Control: no-store\n", YES, UNKNOWN, STORABLE_OK, STORABLE_NO_STORE},
    /* halves */
    {NULL, "200\n", UNKNOWN, UNKNOWN, STORABLE_UNSEEN, STORABLE_UNSEEN},
    {"GET /\n", NULL, UNKNOWN, UNKNOWN, STORABLE_UNSEEN, STORABLE_UNSEEN},
};
// clang-format on

Test(storable, conditions)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts f = facts_spoken(cases[i].request, cases[i].response);
        struct storability p = storability_of(&f, PRIVATE_CACHE);
        struct storability s = storability_of(&f, SHARED_CACHE);
        cr_expect(p.storable == cases[i].private_cache, "%zu: private %d", i, p.storable);
        cr_expect(p.reason == cases[i].private_reason, "%zu: private reason %s", i,
                  storable_reason_word(p.reason));
        cr_expect(s.storable == cases[i].shared_cache, "%zu: shared %d", i, s.storable);
        cr_expect(s.reason == cases[i].shared_reason, "%zu: shared reason %s", i,
                  storable_reason_word(s.reason));
        spoken_free(&f);
    }
}

Test(storable, bodies_that_were_cut)
{
    static const struct {
        enum ending ending;
        uint64_t flaws;
        enum truth storable;
    } endings[] = {
        {ENDED_COMPLETE, 0, YES},
        {ENDED_COMPLETE, FLAW(CUT_BY_SNAPLEN), YES}, /* we lack octets, the client does not */
        {ENDED_CLOSED, FLAW(ENDED_BY_CLOSE), YES},
        {ENDED_CLOSED, FLAW(BODY_SHORT), NO},
        {ENDED_RESET, 0, NO},
        {ENDED_GAP, 0, UNKNOWN},
        {ENDED_TIMEOUT, 0, UNKNOWN},
        {ENDED_LIMIT, 0, UNKNOWN},
        {ENDED_CAPTURE_ENDED, 0, UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        struct exchange *x = exchange_spoken("GET /\n", "200\n");
        struct facts f;
        x->ending = endings[i].ending;
        x->flaws = endings[i].flaws;
        facts_read(&f, x, &x->arena, NULL);
        cr_expect(storability_of(&f, PRIVATE_CACHE).storable == endings[i].storable, "%zu", i);
        exchange_free(x);
    }
}

Test(storable, usefulness)
{
    static const struct {
        const char *response;
        enum truth useful;
    } responses[] = {
        {"200\n", NO},
        {"200\nETag: \"a\"\n", YES},
        {"200\nETag: a\n", NO},
        {"200\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n", YES},
        {"200\nCache-Control: max-age=60\n", YES},
        {"200\nCache-Control: max-age=0\n", NO},
        {"200\nCache-Control: max-age=0, max-age=60\n", UNKNOWN},
        {"200\nCache-Control: no-store\nETag: \"a\"\n", NO},
    };
    for (size_t i = 0; i < COUNT_OF(responses); i++) {
        struct facts f = facts_spoken("GET /\n", responses[i].response);
        cr_expect(is_useful_to_store(&f, PRIVATE_CACHE) == responses[i].useful, "%zu", i);
        spoken_free(&f);
    }
}

Test(storable, heuristically_cacheable_statuses)
{
    static const uint16_t yes[] = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
    unsigned count = 0;
    for (uint16_t status = 0; status < 1000; status++)
        count += status_is_heuristically_cacheable(status);
    cr_expect(count == COUNT_OF(yes));
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        cr_expect(status_is_heuristically_cacheable(yes[i]) && status_is_understood(yes[i]));
    cr_expect(!status_is_understood(299));
}
