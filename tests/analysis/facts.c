/* SPDX-License-Identifier: MIT */
/* One pass over two heads: what each field becomes, and the guards G1 to G12. */

#include "analysis/facts.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

Test(facts, of_a_plain_pair)
{
    struct facts f = facts_spoken("GET /\nHost: x\n", "200\n");
    cr_expect(f.is_get && f.is_safe && !f.is_head && !f.is_unsafe && f.status_class == 2);
    cr_expect(f.request_head_whole && f.response_head_whole && f.is_paired && f.body_is_comparable);
    cr_expect(!f.was_aborted && !f.is_excluded);
    cr_expect(!f.request.is_conditional && !f.request.wants_reload && !f.request.is_bot);
    cr_expect(f.request.if_none_match.kind == TAG_LIST_ABSENT);
    cr_expect(f.request.if_range == IF_RANGE_ABSENT);
    cr_expect(!date_is_valid(&f.request.if_modified_since));
    cr_expect(f.request.authorization_hash == 0 && f.request.cookie_hash == 0);
    cr_expect(slice_is_absent(f.response.etag.text) && !f.response.etag.valid);
    cr_expect(!date_is_present(&f.response.date) && !date_is_valid(&f.response.date));
    cr_expect(f.response.age_state == AGE_ABSENT && f.response.age == 0);
    cr_expect(f.response.length_state == LENGTH_ABSENT);
    cr_expect(f.response.responder == RESPONDER_UNKNOWN && f.response.intermediary_signs == 0);
    cr_expect(!f.response.cache_status.present && f.response.targeted.lines == 0);
    cr_expect(f.t_req0 == SPOKEN_NS && f.t_rsp1 == SPOKEN_NS && f.now_s == SPOKEN_S);
    spoken_free(&f);
}

Test(facts, conditions)
{
    struct facts f = facts_spoken("GET /\nIf-None-Match: \"a\"\nif-none-match: W/\"b\"\n"
                                  "If-Match: *\n"
                                  "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\n"
                                  "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT\n"
                                  "Range: bytes=0-1\nIf-Range: \"a\"\nA-IM: feed\n",
                                  "304\n");
    const struct request_facts *r = &f.request;
    cr_expect(r->is_conditional && r->other_condition);
    cr_expect(r->if_none_match.kind == TAG_LIST_TAGS && r->if_none_match.valid == 2);
    cr_expect(slice_equal(r->if_none_match.text, SLICE("\"a\", W/\"b\"")));
    cr_expect(r->if_match.kind == TAG_LIST_STAR);
    cr_expect(r->if_modified_since.date.seconds == 784111777);
    cr_expect(r->if_unmodified_since.date.form == HTTP_DATE_RFC850);
    cr_expect(r->if_range == IF_RANGE_TAG && slice_equal(r->range, SLICE("bytes=0-1")));
    cr_expect(!f.body_is_comparable, "a 304 has no body to compare");
    spoken_free(&f);
}

/* T12: "more than one member" makes it be ignored. */
Test(facts, two_dates_are_no_date)
{
#define IMS "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"
    static const char *const requests[] = {
        "GET /\n" IMS "\n" IMS "\n",
        "GET /\n" IMS ", Sun, 06 Nov 1994 08:49:37 GMT\n",
        "GET /\nIf-Modified-Since: 0\n",
        "GET /\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 EST\n",
    };
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct facts f = facts_spoken(requests[i], "200\n");
        cr_expect(date_is_present(&f.request.if_modified_since), "%zu", i);
        cr_expect(!date_is_valid(&f.request.if_modified_since), "%zu", i);
        cr_expect(f.request.is_conditional, "%zu", i);
        spoken_free(&f);
    }
}

// clang-format off
static const struct { const char *value; enum if_range_kind kind; } if_ranges[] = {
    {"If-Range: \"a\"\n", IF_RANGE_TAG},
    {"If-Range: W/\"a\"\n", IF_RANGE_TAG},
    {"If-Range: Sun, 06 Nov 1994 08:49:37 GMT\n", IF_RANGE_DATE},
    {"If-Range: yesterday\n", IF_RANGE_INVALID},
    {"If-Range: \"a\"\nIf-Range: \"a\"\n", IF_RANGE_INVALID},
    {"", IF_RANGE_ABSENT},
};

static const struct { const char *lines; bool reload, hard; } intents[] = {
    {"", false, false},
    {"Cache-Control: max-age=0\n", true, false},
    {"Cache-Control: max-age=60\n", false, false},
    {"Cache-Control: no-cache\n", true, true},
    {"Cache-Control: no-store\n", true, true},
    {"Cache-Control: max-age=0\nCache-Control: no-cache\n", true, true},
    {"Pragma: no-cache\n", true, true},
    {"Pragma: No-Cache, x\n", true, true},
    {"Pragma: no-cache\nCache-Control: max-stale\n", false, false}, /* Cache-Control speaks */
    {"Cache-Control: min-fresh=0\n", false, false},
    {"Cache-Control: max-age=bogus\n", true, false},                /* in doubt it excuses */
};

static const struct { const char *lines; enum responder_class responder; bool sure, hit, by_x_cache; unsigned signs; } responders[] = {
    {"", RESPONDER_UNKNOWN, false, false, false, 0},
    {"Via: 1.1 x\n", RESPONDER_UNKNOWN, false, false, false, SIGN_VIA},
    {"Age: 5\n", RESPONDER_CACHE, true, false, false, SIGN_AGE},
    {"Age: x\n", RESPONDER_CACHE, true, false, false, SIGN_AGE},
    {"X-Cache: HIT\n", RESPONDER_CACHE, false, true, true, SIGN_X_CACHE},
    {"X-Cache: Hit from cloudfront\n", RESPONDER_CACHE, false, true, true, SIGN_X_CACHE},
    {"X-Cache: RefreshHit from cloudfront\n", RESPONDER_UNKNOWN, false, false, false, SIGN_X_CACHE},
    {"X-Cache: Miss from cloudfront\nX-Amz-Cf-Id: a\n", RESPONDER_UNKNOWN, false, false, false, SIGN_X_CACHE | SIGN_X_AMZ_CF},
    {"X-Cache: MISS, HIT\n", RESPONDER_CACHE, false, true, true, SIGN_X_CACHE},
    {"X-Cache: HIT, MISS\n", RESPONDER_UNKNOWN, false, false, false, SIGN_X_CACHE},
    {"X-Cache-Hits: 0, 3\n", RESPONDER_CACHE, false, true, true, SIGN_X_CACHE},
    {"X-Cache-Hits: 3, 0\n", RESPONDER_UNKNOWN, false, false, false, SIGN_X_CACHE},
    {"CF-Cache-Status: HIT\nCF-Ray: 1\n", RESPONDER_CACHE, false, true, true, SIGN_CF},
    {"CF-Cache-Status: DYNAMIC\n", RESPONDER_UNKNOWN, false, false, false, SIGN_CF},
    {"X-Varnish: 123 45\n", RESPONDER_CACHE, false, true, true, SIGN_X_VARNISH},
    {"X-Varnish: 123\nX-Served-By: c\n", RESPONDER_UNKNOWN, false, false, false, SIGN_X_VARNISH | SIGN_X_SERVED_BY},
    {"Cache-Status: c; hit\n", RESPONDER_CACHE, true, true, false, SIGN_CACHE_STATUS},
    {"Cache-Status: c; hit\nX-Cache: HIT\n", RESPONDER_CACHE, true, true, false, SIGN_CACHE_STATUS | SIGN_X_CACHE},
    {"Cache-Status: c; fwd=uri-miss\n", RESPONDER_ORIGIN, true, false, false, SIGN_CACHE_STATUS},
    {"Cache-Status: c; fwd=stale; fwd-status=304\n", RESPONDER_CACHE, true, false, false, SIGN_CACHE_STATUS},
    {"Cache-Status: origin-side; hit, near; fwd=miss\n", RESPONDER_ORIGIN, true, false, false, SIGN_CACHE_STATUS},
    {"Cache-Status: c\n", RESPONDER_UNKNOWN, false, false, false, SIGN_CACHE_STATUS},
};

static const struct { const char *lines; enum age_state state; int64_t age; bool list; } ages[] = {
    {"Age: 0\n", AGE_VALID, 0, false},
    {"Age: 1800\n", AGE_VALID, 1800, false},
    {"Age: 10, 20\n", AGE_VALID, 10, true},
    {"Age: 10\nAge: 20\n", AGE_VALID, 10, true},
    {"Age: 99999999999999999999\n", AGE_VALID, DELTA_MOST, false},
    {"Age: -1\n", AGE_INVALID, 0, false},
    {"Age: 1.5\n", AGE_INVALID, 0, false},
    {"Age: \n", AGE_INVALID, 0, false},
    {"Age: x, 5\n", AGE_INVALID, 0, true},
};

static const struct { const char *lines; enum length_state state; uint64_t length; bool list; } lengths[] = {
    {"Content-Length: 42\n", LENGTH_VALID, 42, false},
    {"Content-Length: 42, 42\n", LENGTH_VALID, 42, true},
    {"Content-Length: 42\nContent-Length: 42\n", LENGTH_VALID, 42, true},
    {"Content-Length: 42, 43\n", LENGTH_INVALID, 42, true},
    {"Content-Length: +42\n", LENGTH_INVALID, 0, false},
    {"Content-Length: \n", LENGTH_INVALID, 0, false},
    {"Content-Length: 42,\n", LENGTH_INVALID, 42, true},
};

static const struct { const char *user_agent; bool bot; } agents[] = {
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", false},
    {"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119 Safari/537.36", false},
    {"curl/8.4.0", false},
    {"Baiduspider", true},
    {"CCBot/2.0 (https://commoncrawl.org/faq/)", true},
    {"Yahoo! Slurp", true},
    {"bo", false},
    {"", false},
};

static const struct { const char *request, *response; } excluded[] = {
    {"CONNECT h:443\n", "200\n"},
    {"GET /\nUpgrade: websocket\n", "101\n"},
    {"POST /\nContent-Type: application/grpc\n", "200\n"},
    {"GET /\n", "200\nContent-Type: application/grpc+proto\n"},
    {"GET /\n", "200\nContent-Type: text/event-stream; charset=utf-8\n"},
    {"GET /\n", "200\nContent-Type: Multipart/X-Mixed-Replace; boundary=x\n"},
};

#define SAME "Sec-Fetch-Site: same-origin\n"
#define CROSS "Sec-Fetch-Site: cross-site\n"
static const struct { const char *a, *b; enum truth same; } partitions[] = {
    {"Referer: https://a.example.org/x\n", "Referer: https://www.EXAMPLE.org/\n", YES},
    {"Referer: https://a.example.org/x\n", "Referer: https://a.example.com/\n", NO},
    {"Origin: https://a.example.org\n", "Referer: https://example.org/\n", YES},
    {"", "", UNKNOWN},
    {"Referer: https://a.example.org/x\n", "", UNKNOWN},
    {SAME, SAME, YES},
    {SAME, CROSS, NO},
    {"Sec-Fetch-Site: none\n", SAME, YES},
    {CROSS "Referer: https://a.org/\n", CROSS "Referer: https://b.org/\n", NO},
    {SAME "Sec-Fetch-Dest: empty\n", SAME, UNKNOWN},
    {"Origin: null\n", "Origin: null\n", UNKNOWN},
};
// clang-format on

static struct facts answered(const char *lines)
{
    char response[512];
    snprintf(response, sizeof response, "200\n%s", lines);
    return facts_spoken("GET /\n", response);
}

static struct facts asked(const char *lines)
{
    char request[1024];
    snprintf(request, sizeof request, "GET /\n%s", lines);
    return facts_spoken(request, "200\n");
}

Test(facts, if_range_is_a_tag_or_a_date)
{
    for (size_t i = 0; i < COUNT_OF(if_ranges); i++) {
        struct facts f = asked(if_ranges[i].value);
        cr_expect(f.request.if_range == if_ranges[i].kind, "%s", if_ranges[i].value);
        spoken_free(&f);
    }
}

Test(facts, reload_intent)
{
    for (size_t i = 0; i < COUNT_OF(intents); i++) {
        struct facts f = asked(intents[i].lines);
        cr_expect(f.request.wants_reload == intents[i].reload, "%s", intents[i].lines);
        cr_expect(f.request.wants_hard_reload == intents[i].hard, "%s", intents[i].lines);
        spoken_free(&f);
    }
}

Test(facts, who_answered)
{
    for (size_t i = 0; i < COUNT_OF(responders); i++) {
        struct facts f = answered(responders[i].lines);
        const struct response_facts *r = &f.response;
        const char *what = responders[i].lines;
        cr_expect(r->responder == responders[i].responder, "%s: %d", what, r->responder);
        cr_expect(r->responder_is_sure == responders[i].sure, "%s", what);
        cr_expect(r->says_hit == responders[i].hit, "%s", what);
        cr_expect(r->says_hit_by_x_cache_only == responders[i].by_x_cache, "%s", what);
        cr_expect(r->intermediary_signs == responders[i].signs, "%s", what);
        spoken_free(&f);
    }
}

Test(facts, unknown_responders_differ_from_nobody)
{
    cr_expect(responders_differ(RESPONDER_CACHE, RESPONDER_ORIGIN));
    cr_expect(!responders_differ(RESPONDER_CACHE, RESPONDER_UNKNOWN));
    cr_expect(!responders_differ(RESPONDER_CACHE, RESPONDER_CACHE));
}

Test(facts, ages)
{
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        struct facts f = answered(ages[i].lines);
        cr_expect(f.response.age_state == ages[i].state, "%s", ages[i].lines);
        cr_expect(f.response.age == ages[i].age, "%s", ages[i].lines);
        cr_expect(f.response.age_is_list == ages[i].list, "%s", ages[i].lines);
        spoken_free(&f);
    }
}

Test(facts, content_lengths)
{
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct facts f = answered(lengths[i].lines);
        cr_expect(f.response.length_state == lengths[i].state, "%s", lengths[i].lines);
        cr_expect(f.response.content_length == lengths[i].length, "%s", lengths[i].lines);
        cr_expect(f.response.length_is_list == lengths[i].list, "%s", lengths[i].lines);
        spoken_free(&f);
    }
}

Test(facts, bots_and_prefetches)
{
    for (size_t i = 0; i < COUNT_OF(agents); i++) {
        char lines[256];
        snprintf(lines, sizeof lines, "User-Agent: %s\n", agents[i].user_agent);
        struct facts f = asked(lines);
        cr_expect(f.request.is_bot == agents[i].bot, "%s", agents[i].user_agent);
        spoken_free(&f);
    }
    struct facts f = asked("Sec-Purpose: prefetch;prerender\n");
    cr_expect(f.request.is_prefetch);
    spoken_free(&f);
}

Test(facts, what_is_excluded_from_waste)
{
    for (size_t i = 0; i < COUNT_OF(excluded); i++) {
        struct facts f = facts_spoken(excluded[i].request, excluded[i].response);
        cr_expect(f.is_excluded, "%zu", i);
        spoken_free(&f);
    }
}

Test(facts, partitions)
{
    for (size_t i = 0; i < COUNT_OF(partitions); i++) {
        struct facts a = asked(partitions[i].a), b = asked(partitions[i].b);
        enum truth same = partition_same(a.request.partition, b.request.partition);
        cr_expect(same == partitions[i].same, "%zu: %d", i, same);
        cr_expect(partition_same(b.request.partition, a.request.partition) == same, "%zu", i);
        spoken_free(&a);
        spoken_free(&b);
    }
}

Test(facts, repeated_lines_count_where_they_agree)
{
    struct facts f =
        answered("ETag: W/\"a\"\nETag: W/\"a\"\nDate: " SPOKEN_DATE "\nDate: " SPOKEN_DATE
                 "\nLast-Modified: Tue, 14 Nov 2023 22:13:19 GMT\n"
                 "Last-Modified: Tue, 14 Nov 2023 22:13:18 GMT\n");
    const struct response_facts *r = &f.response;
    cr_expect(r->etag.valid && r->etag.weak && r->etag_lines == 2);
    cr_expect(r->date.date.seconds == SPOKEN_S && r->date.lines == 2);
    cr_expect(date_is_present(&r->last_modified) && !date_is_valid(&r->last_modified));
    spoken_free(&f);
}

Test(facts, validators_and_dates_of_a_response)
{
    struct facts f = answered("ETag: W/\"a\"\nETag: \"b\"\nDate: " SPOKEN_DATE "\n"
                              "Last-Modified: Tue, 14 Nov 2023 22:13:19 GMT\nExpires: 0\n"
                              "Vary: Accept,\nVary: *\nSet-Cookie: a=b\n");
    const struct response_facts *r = &f.response;
    cr_expect(!r->etag.valid && r->etag.text.len == 5 && r->etag_lines == 2, "which?");
    cr_expect(r->date.date.seconds == SPOKEN_S);
    cr_expect(r->last_modified_is_strong == YES);
    cr_expect(date_is_present(&r->expires) && !date_is_valid(&r->expires), "T13");
    cr_expect(r->has_vary && r->vary_star && r->has_set_cookie);
    spoken_free(&f);
}

Test(facts, a_last_modified_is_strong_a_second_before_date)
{
    cr_expect(last_modified_is_strong(10, 11) == YES);
    cr_expect(last_modified_is_strong(10, 10) == NO, "T27");
    cr_expect(last_modified_is_strong(10, 9) == NO);
    cr_expect(last_modified_is_strong(10, NO_DATE) == UNKNOWN, "T26");
    cr_expect(last_modified_is_strong(NO_DATE, 10) == NO);
}

Test(facts, targeted_fields_that_are_malformed_or_empty_are_ignored)
{
    static const struct {
        const char *line;
        bool counts;
    } cases[] = {
        {"CDN-Cache-Control: max-age=60\n", true},
        {"CDN-Cache-Control: no-store\n", true},
        {"CDN-Cache-Control: \n", false},
        {"CDN-Cache-Control: max-age=abc\n", false},
        {"CDN-Cache-Control: max-age=60 x\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts f = answered(cases[i].line);
        cr_expect((f.response.targeted.lines != 0) == cases[i].counts, "%s", cases[i].line);
        spoken_free(&f);
    }
}

Test(facts, guards)
{
    struct exchange *x = exchange_spoken("GET /\n", "200\n");
    struct facts f;

    x->flaws = FLAW(PAIRING_UNSURE);
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(!f.is_paired && !f.body_is_comparable, "G2");

    x->flaws = FLAW(RESPONSE_HEAD_INCOMPLETE);
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(!f.response_head_whole && f.request_head_whole, "G1");

    x->flaws = FLAW(HEAD_LIMIT);
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(!f.response_head_whole && !f.request_head_whole, "G1: which one is not known");

    x->flaws = 0;
    x->response.end_certain = false;
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(!f.body_is_comparable, "A7: ended by close");

    x->response.end_certain = true;
    x->response.body_whole = false;
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(!f.body_is_comparable, "G3");

    x->aborted_by = ABORTED_BY_CLIENT;
    facts_read(&f, x, &x->arena, NULL);
    cr_expect(f.was_aborted, "G4");
    exchange_free(x);
}

Test(facts, of_halves)
{
    struct facts f = facts_spoken("GET /\nIf-None-Match: \"a\"\n", NULL);
    cr_expect(!f.is_paired && f.request_head_whole && !f.response_head_whole);
    cr_expect(f.request.is_conditional && f.status_class == 0 && f.now_s == SPOKEN_S);
    spoken_free(&f);
    f = facts_spoken(NULL, "304\nETag: \"a\"\n");
    cr_expect(!f.is_paired && !f.request_head_whole && f.response_head_whole);
    cr_expect(!f.is_get && !f.is_safe && !f.is_unsafe && f.response.etag.valid);
    spoken_free(&f);
}

Test(facts, methods)
{
    static const struct {
        const char *request;
        bool safe, unsafe;
    } cases[] = {{"GET /\n", true, false},     {"HEAD /\n", true, false},
                 {"OPTIONS *\n", true, false}, {"TRACE /\n", true, false},
                 {"POST /\n", false, true},    {"PUT /\n", false, true},
                 {"DELETE /\n", false, true},  {"PATCH /\n", false, true},
                 {"QUERY /\n", false, false},  {"CONNECT h\n", false, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts f = facts_spoken(cases[i].request, "200\n");
        cr_expect(f.is_safe == cases[i].safe && f.is_unsafe == cases[i].unsafe, "%s",
                  cases[i].request);
        spoken_free(&f);
    }
}

/* A thousand lines of one list are joined once. */
Test(facts, many_lines_cost_little_memory)
{
    enum { LINES = 1000 };
    static char request[LINES * 256 + 16] = "GET /\n";
    size_t n = strlen(request);
    for (int i = 0; i < LINES; i++)
        n += (size_t)snprintf(request + n, sizeof request - n, "If-None-Match: \"%0200d\"\n", i);
    struct facts f = facts_spoken(request, "200\n");
    cr_expect(f.request.if_none_match.valid == LINES);
    cr_expect(f.x->arena.total < 4u << 20, "%zu", f.x->arena.total);
    spoken_free(&f);
}
