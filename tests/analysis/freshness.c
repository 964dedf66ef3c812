/* SPDX-License-Identifier: MIT */
/* RFC 9111 §4.2 and §4.3.4 in both readings; T13, T14, T15, T26, T30, T31. */

#include "analysis/freshness.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

#define SECONDS       INT64_C(1000000000)
#define DATE          "Date: " SPOKEN_DATE "\n"
#define HOUR_AHEAD    "Expires: Tue, 14 Nov 2023 23:13:20 GMT\n"
#define HOUR_PAST     "Expires: Tue, 14 Nov 2023 21:13:20 GMT\n"
#define TEN_HOURS_OLD "Last-Modified: Tue, 14 Nov 2023 12:13:20 GMT\n"

static struct freshness spoken(const char *response)
{
    struct facts facts = facts_spoken("GET /\n", response);
    struct freshness f;
    freshness_of(&f, &facts);
    spoken_free(&facts);
    return f;
}

#define EX   LIFETIME_EXPLICIT
#define HEUR LIFETIME_HEURISTIC
#define NOT  LIFETIME_NOT_STORABLE

// clang-format off
/* strict and generous lifetimes, for private and shared caches */
static const struct {
    const char *lines;
    enum lifetime_kind kind[2][2]; /* [shared][reading] */
    int64_t seconds[2][2];
    int64_t explicit_s;
} lifetimes[] = {
    {"", {{HEUR, HEUR}, {HEUR, HEUR}}, {{0, 0}, {0, 0}}, INT64_MIN},
    {DATE "Cache-Control: max-age=60\n", {{EX, EX}, {EX, EX}}, {{60, 60}, {60, 60}}, 60},
    {DATE "Cache-Control: max-age=600, s-maxage=0\n", {{EX, EX}, {EX, EX}}, {{600, 600}, {0, 0}}, 600},       /* T15 */
    {DATE HOUR_AHEAD, {{EX, EX}, {EX, EX}}, {{3600, 3600}, {3600, 3600}}, 3600},
    {HOUR_AHEAD, {{EX, EX}, {EX, EX}}, {{3600, 3600}, {3600, 3600}}, 3600},                                   /* T26 */
    {DATE HOUR_PAST, {{EX, EX}, {EX, EX}}, {{0, 0}, {0, 0}}, 0},
    {DATE HOUR_PAST "Cache-Control: max-age=60\n", {{EX, EX}, {EX, EX}}, {{60, 60}, {60, 60}}, 60},           /* T14 */
    {DATE "Expires: 0\n", {{EX, EX}, {EX, EX}}, {{0, 0}, {0, 0}}, 0},                                         /* T13 */
    {DATE "Expires: -1\n" TEN_HOURS_OLD, {{EX, EX}, {EX, EX}}, {{0, 0}, {0, 0}}, 0},
    {DATE "Expires: \n", {{EX, EX}, {EX, EX}}, {{0, 0}, {0, 0}}, 0},
    {DATE TEN_HOURS_OLD, {{HEUR, HEUR}, {HEUR, HEUR}}, {{0, 3600}, {0, 3600}}, INT64_MIN},
    {DATE "Cache-Control: max-age=60, max-age=10\n", {{EX, EX}, {EX, EX}}, {{10, 60}, {10, 60}}, 60},
    {DATE "Cache-Control: max-age=abc\n" HOUR_AHEAD, {{EX, EX}, {EX, EX}}, {{0, 3600}, {0, 3600}}, 0},
    {DATE "Cache-Control: no-store, max-age=60\n", {{NOT, NOT}, {NOT, NOT}}, {{0, 0}, {0, 0}}, 60},
    {DATE "Cache-Control: private, max-age=60\n", {{EX, EX}, {NOT, NOT}}, {{60, 60}, {0, 0}}, 60},
    {DATE "Cache-Control: private=\"X\", max-age=60\n", {{EX, EX}, {NOT, EX}}, {{60, 60}, {0, 60}}, 60},
    {DATE "Cache-Control: no-store, must-understand, max-age=60\n", {{NOT, EX}, {NOT, EX}}, {{0, 60}, {0, 60}}, 60}, /* T33 */
    {DATE "Cache-Control: max-age=600\nCDN-Cache-Control: max-age=3600\n", {{EX, EX}, {EX, EX}}, {{600, 600}, {600, 3600}}, 600}, /* T31 */
    {DATE "Cache-Control: max-age=600\nCDN-Cache-Control: no-store\n", {{EX, EX}, {NOT, EX}}, {{600, 600}, {0, 600}}, 600},
    {DATE "Cache-Control: private\nCDN-Cache-Control: max-age=5\n", {{HEUR, HEUR}, {NOT, EX}}, {{0, 0}, {0, 5}}, INT64_MIN},
    {DATE "Pragma: no-cache\nCache-Control: max-age=60\n", {{EX, EX}, {EX, EX}}, {{60, 60}, {60, 60}}, 60},
    {DATE "Cache-Control: max-age=99999999999\n", {{EX, EX}, {EX, EX}}, {{DELTA_MOST, DELTA_MOST}, {DELTA_MOST, DELTA_MOST}}, DELTA_MOST},
};
// clang-format on

Test(freshness, lifetimes)
{
    for (size_t i = 0; i < COUNT_OF(lifetimes); i++) {
        char text[512];
        snprintf(text, sizeof text, "200\n%s", lifetimes[i].lines);
        struct freshness f = spoken(text);
        for (unsigned kind = PRIVATE_CACHE; kind <= SHARED_CACHE; kind++)
            for (unsigned r = STRICT; r <= GENEROUS; r++) {
                struct lifetime life = freshness_lifetime(&f, kind, r);
                cr_expect(life.kind == lifetimes[i].kind[kind][r], "%zu %u %u: kind %d", i, kind, r,
                          life.kind);
                cr_expect(life.seconds == lifetimes[i].seconds[kind][r], "%zu %u %u: %" PRId64, i,
                          kind, r, life.seconds);
            }
        int64_t s = freshness_explicit(&f, PRIVATE_CACHE);
        cr_expect(s == lifetimes[i].explicit_s, "%zu: explicit %" PRId64, i, s);
    }
}

Test(freshness, heuristics_are_for_some_statuses_and_for_public)
{
    struct freshness f = spoken("302\n" DATE TEN_HOURS_OLD);
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).kind == LIFETIME_NONE);
    f = spoken("302\n" DATE TEN_HOURS_OLD "Cache-Control: public\n");
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).seconds == 3600);
    f = spoken("404\n" DATE);
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).kind == LIFETIME_HEURISTIC);
}

Test(freshness, flags)
{
    struct freshness f = spoken("200\nCache-Control: max-age=60, must-revalidate, immutable, "
                                "stale-while-revalidate=30, stale-if-error=90\n");
    struct lifetime life = freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS);
    cr_expect(life.never_stale && life.immutable && !life.must_validate);
    cr_expect(life.stale_while_revalidate == 30 && life.stale_if_error == 90);

    f = spoken("200\nCache-Control: s-maxage=60, proxy-revalidate\n");
    cr_expect(!freshness_lifetime(&f, PRIVATE_CACHE, STRICT).never_stale);
    cr_expect(freshness_lifetime(&f, SHARED_CACHE, GENEROUS).never_stale);

    f = spoken("200\nCache-Control: max-age=60\nVary: *\n");
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).must_validate);
    f = spoken("200\nCache-Control: max-age=60, no-cache\n");
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).must_validate);
    cr_expect(freshness_state(&f, SPOKEN_NS, 0, 2, PRIVATE_CACHE) == NO);
}

/* T30: no finding either way. */
Test(freshness, qualified_no_cache_is_read_both_ways)
{
    struct freshness f =
        spoken("200\n" DATE "Cache-Control: max-age=60, no-cache=\"Set-Cookie\"\n");
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, STRICT).must_validate);
    cr_expect(!freshness_lifetime(&f, PRIVATE_CACHE, GENEROUS).must_validate);
    cr_expect(freshness_state(&f, SPOKEN_NS, 0, 2, PRIVATE_CACHE) == UNKNOWN);
}

static struct freshness timed(const char *response, int64_t requested_s, int64_t responded_s)
{
    struct freshness f = spoken(response);
    f.t_req0 = SPOKEN_NS + requested_s * SECONDS;
    f.t_rsp0 = SPOKEN_NS + responded_s * SECONDS;
    return f;
}

// clang-format off
static const struct {
    const char *title, *response;
    int64_t requested, responded, now, skew, strict, generous;
} current_ages[] = {
    {"resident time alone", "200\n" DATE, 0, 0, 10, 0, 10, 10},
    {"response delay counts from the request", "200\n" DATE "Age: 5\n", 0, 3, 3, 0, 8, 5},
    {"apparent age", "200\n" DATE, 20, 20, 20, 0, 20, 0},
    {"the larger of apparent age and Age", "200\n" DATE "Age: 30\n", 20, 20, 20, 0, 30, 30},
    {"Date in the future is no negative age", "200\n" DATE, -50, -50, -40, 0, 10, 10},
    {"no Date", "200\n", 5, 5, 6, 0, 1, 1},
    {"invalid Age is 0", "200\n" DATE "Age: x\n", 0, 0, 0, 0, 0, 0},
    {"a server ahead of us has older responses", "200\n" DATE, -50, -50, -50, 60, 10, 0},
    {"a server behind us has none younger", "200\n" DATE, 20, 20, 20, -20, 20, 0},
    {"looked at before it came", "200\n" DATE, 5, 5, 0, 0, 5, 0},
};
// clang-format on

Test(freshness, current_age)
{
    for (size_t i = 0; i < COUNT_OF(current_ages); i++) {
        struct freshness f =
            timed(current_ages[i].response, current_ages[i].requested, current_ages[i].responded);
        int64_t now = SPOKEN_NS + current_ages[i].now * SECONDS;
        int64_t strict = freshness_age(&f, now, current_ages[i].skew, STRICT);
        int64_t generous = freshness_age(&f, now, current_ages[i].skew, GENEROUS);
        cr_expect(strict == current_ages[i].strict, "%s: %" PRId64, current_ages[i].title, strict);
        cr_expect(generous == current_ages[i].generous, "%s: %" PRId64, current_ages[i].title,
                  generous);
    }
}

Test(freshness, parts_of_seconds_are_rounded_for_the_accused)
{
    struct freshness f = spoken("200\n" DATE);
    cr_expect(freshness_age(&f, SPOKEN_NS + SECONDS / 2, 0, STRICT) == 1);
    cr_expect(freshness_age(&f, SPOKEN_NS + SECONDS / 2, 0, GENEROUS) == 0);
}

Test(freshness, a_request_that_was_not_seen_took_no_time)
{
    struct freshness f = spoken("200\n" DATE "Age: 5\n");
    f.t_req0 = 0;
    cr_expect(freshness_age(&f, SPOKEN_NS, 0, STRICT) == 5);
}

Test(freshness, states_have_a_guard_on_both_sides)
{
    struct freshness f = spoken("200\n" DATE "Cache-Control: max-age=60\n");
    static const struct {
        int64_t at;
        enum truth state;
    } cases[] = {{0, YES}, {57, YES}, {58, UNKNOWN}, {60, UNKNOWN}, {62, UNKNOWN}, {63, NO}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t now = SPOKEN_NS + cases[i].at * SECONDS;
        cr_expect(freshness_state(&f, now, 0, 2, PRIVATE_CACHE) == cases[i].state, "%zu", i);
    }
}

Test(freshness, heuristics_are_nobodys_duty)
{
    struct freshness f = spoken("200\n" DATE TEN_HOURS_OLD);
    cr_expect(freshness_state(&f, SPOKEN_NS, 0, 2, PRIVATE_CACHE) == UNKNOWN);
    cr_expect(freshness_state_explicit(&f, SPOKEN_NS, 0, 2, PRIVATE_CACHE) == NO);
    cr_expect(freshness_state(&f, SPOKEN_NS + 4000 * SECONDS, 0, 2, PRIVATE_CACHE) == NO);
}

static void restart(struct freshness *f, const char *response, int64_t at_s)
{
    struct facts facts = facts_spoken("GET /\n", response);
    facts.t_req0 = facts.t_rsp0 = SPOKEN_NS + at_s * SECONDS;
    freshness_restart(f, &facts);
    spoken_free(&facts);
}

Test(freshness, a_304_restarts_the_clock)
{
    struct freshness f = spoken("200\n" DATE "Age: 50\nCache-Control: max-age=60\n");
    restart(&f, "304\nDate: Tue, 14 Nov 2023 22:30:00 GMT\n", 1000);
    cr_expect(freshness_age(&f, SPOKEN_NS + 1010 * SECONDS, 0, STRICT) == 10);
    cr_expect(freshness_age(&f, SPOKEN_NS + 1010 * SECONDS, 0, GENEROUS) == 10, "Age is gone");
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds == 60, "kept");
}

Test(freshness, a_304_replaces_what_it_carries)
{
    struct freshness f = spoken("200\n" DATE HOUR_AHEAD);
    restart(&f, "304\nCache-Control: max-age=5\nAge: 3\nVary: *\n", 100);
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds == 5);
    cr_expect(f.has_expires && f.vary_star && f.has_age && f.age == 3);
    cr_expect(f.date == SPOKEN_S + 100, "no Date: its time of arrival");
    cr_expect(f.status == 200);

    f = spoken("200\n" DATE "Cache-Control: max-age=60\n");
    restart(&f, "304\nExpires: 0\n", 100);
    cr_expect(f.has_expires && f.expires == NO_DATE);
    cr_expect(freshness_lifetime(&f, PRIVATE_CACHE, STRICT).seconds == 60);
}

/* 304-not-freshening: an old Date replayed, Expires in the past. */
Test(freshness, a_304_with_an_old_date_leaves_it_stale)
{
    struct freshness f = spoken("200\n" DATE HOUR_AHEAD);
    restart(&f, "304\n" DATE HOUR_AHEAD, 4000);
    cr_expect(freshness_age(&f, SPOKEN_NS + 4000 * SECONDS, 0, STRICT) == 4000);
    cr_expect(freshness_state(&f, SPOKEN_NS + 4001 * SECONDS, 0, 2, PRIVATE_CACHE) == UNKNOWN);
}

// clang-format off
static const struct { const char *request; int64_t age, lifetime; bool allowed; } requests[] = {
    {"", 10, 60, true},
    {"", 61, 60, false},
    {"Cache-Control: max-age=5\n", 10, 60, false},
    {"Cache-Control: max-age=5\n", 5, 60, true},
    {"Cache-Control: max-age=0\n", 1, 60, false},
    {"Cache-Control: min-fresh=50\n", 10, 60, true},
    {"Cache-Control: min-fresh=51\n", 10, 60, false},
    {"Cache-Control: no-cache\n", 0, 60, false},
    {"Pragma: no-cache\n", 0, 60, false},
    {"Cache-Control: max-stale=10\n", 70, 60, true},
    {"Cache-Control: max-stale=10\n", 71, 60, false},
    {"Cache-Control: max-stale\n", 100000, 60, true},
};

static const struct { const char *lines, *request; int64_t age; enum truth failed; enum truth allowed; } stale[] = {
    {"Cache-Control: max-age=60\n", "", 60, UNKNOWN, YES},
    {"Cache-Control: max-age=60\n", "", 61, UNKNOWN, NO},
    {"Cache-Control: max-age=60\n", "", 61, YES, YES},
    {"Cache-Control: max-age=60, must-revalidate\n", "", 61, YES, NO},
    {"Cache-Control: s-maxage=60\n", "", 61, YES, NO},
    {"Cache-Control: max-age=60, no-cache\n", "", 1, YES, NO},
    {"Cache-Control: max-age=60, stale-while-revalidate=30\n", "", 90, NO, YES},
    {"Cache-Control: max-age=60, stale-while-revalidate=30\n", "", 91, NO, NO},
    {"Cache-Control: max-age=60, stale-if-error=30\n", "", 90, UNKNOWN, UNKNOWN},
    {"Cache-Control: max-age=60, stale-if-error=30\n", "", 90, NO, NO},
    {"Cache-Control: max-age=60, stale-if-error=30\n", "", 91, UNKNOWN, NO},
    {"Cache-Control: max-age=60\n", "Cache-Control: max-stale=10\n", 70, NO, YES},
    {"Cache-Control: max-age=60, proxy-revalidate\n", "Cache-Control: max-stale\n", 70, NO, NO},
};
// clang-format on

static struct facts asked(const char *lines)
{
    char request[256];
    snprintf(request, sizeof request, "GET /\n%s", lines);
    return facts_spoken(request, "200\n");
}

Test(freshness, request_directives_narrow)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct facts facts = asked(requests[i].request);
        bool allowed = request_allows(&facts.request.cc, facts.request.pragma_no_cache,
                                      requests[i].age, requests[i].lifetime);
        cr_expect(allowed == requests[i].allowed, "%zu", i);
        spoken_free(&facts);
    }
}

Test(freshness, stale_responses_that_may_be_served)
{
    for (size_t i = 0; i < COUNT_OF(stale); i++) {
        char text[256];
        snprintf(text, sizeof text, "200\n%s", stale[i].lines);
        struct freshness f = spoken(text);
        struct facts facts = asked(stale[i].request);
        enum truth allowed = freshness_may_serve_stale(&f, stale[i].age, stale[i].failed,
                                                       SHARED_CACHE, &facts.request.cc);
        cr_expect(allowed == stale[i].allowed, "%zu: %d", i, allowed);
        spoken_free(&facts);
    }
}

Test(freshness, stale_by_its_own_age)
{
    static const struct {
        const char *response;
        bool proved;
    } cases[] = {
        {"200\nAge: 603\nCache-Control: max-age=600\n", true},
        {"200\nAge: 602\nCache-Control: max-age=600\n", false},
        {"200\nAge: 1800\nCache-Control: max-age=600\nCDN-Cache-Control: max-age=3600\n", false},
        {"200\nAge: 1800\nCache-Control: max-age=600, s-maxage=3600\n", false},
        {"200\nAge: 1800\n", false},
        {"200\nAge: 1800\nExpires: 0\n", true},
        {"200\nCache-Control: max-age=0\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct freshness f = spoken(cases[i].response);
        cr_expect(freshness_is_stale_proved(&f, 2, SHARED_CACHE) == cases[i].proved, "%zu", i);
    }
}
