/* SPDX-License-Identifier: MIT */
/*
 * Which exchange on the far side of a proxy was sent because of which one on the near side. Server
 * 1 is the proxy; as a client it asks server 9, the origin. A case is a conversation in the order
 * in which it enters, and the outer ones of its exchanges.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "tests/support/hearing.h"

#define MOST          8
#define GET           "GET /a\n"
#define OK            "200\nETag: \"a\"\n"
#define VIA           "200\nETag: \"a\"\nVia: 1.1 p\nAge: 0\n"
#define ORIGIN        .asks_as = 1, .server = 9
#define PROXY_ADDRESS "198.51.100.1"
#define LOCAL         .same_host = true

static const struct {
    const char *title;
    struct said said[MOST];
    const char *outers; /* of each exchange, "-": none */
} cases[] = {
    {"nested, one candidate: time will do",
     {{.at_s = 1, .took_s = 0.2, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "2-"},
    {"of whom nobody asked anything yet nothing is kept",
     {{.at_s = 1,
       .took_s = 0.2,
       ORIGIN,
       .unasked = true,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"the inner one enters last: a 304 is over when something follows it",
     {{.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1,
       .took_s = 0.2,
       .over_s = 60,
       ORIGIN,
       .request = GET,
       .response = "304\nETag: \"a\"\n"}},
     "-1"},
    {"not nested: begun before the client asked",
     {{.at_s = 0.5, .took_s = 0.2, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"not nested: answered after the client was",
     {{.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.2, .took_s = 1, ORIGIN, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"another path, another method",
     {{.at_s = 1, .took_s = 0.2, ORIGIN, .request = "GET /b\n", .response = OK, .body = "A"},
      {.at_s = 1, .took_s = 0.2, ORIGIN, .request = "HEAD /a\n", .response = OK},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "---"},
    {"another query",
     {{.at_s = 1, .took_s = 0.2, ORIGIN, .request = "GET /a?x=1\n", .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"from another host than the one that answers",
     {{.at_s = 1,
       .took_s = 0.2,
       .client = 7,
       .server = 9,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"another Host, and the same tag",
     {{.at_s = 1,
       .took_s = 0.2,
       ORIGIN,
       .request = GET "Host: backend\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "2-"},
    {"another Host, and nothing in common",
     {{.at_s = 1,
       .took_s = 0.2,
       ORIGIN,
       .request = GET "Host: backend\n",
       .response = "200\nETag: \"z\"\n",
       .body = "Z"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"two candidates, and only times",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "---"},
    {"the second candidate comes late: taken back",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.1,
       .took_s = 0.1,
       .over_s = 9,
       ORIGIN,
       .request = GET,
       .response = "304\nETag: \"a\"\n"}},
     "---"},
    {"two outer ones for one inner one, and only times",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .client = 2, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.8, .took_s = 0.7, .client = 3, .request = GET, .response = OK, .body = "A"}},
     "---"},
    {"collapsed: two outer ones that carry what the inner one brought; it is the first one's",
     {{.at_s = 0.95, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .client = 2, .request = GET, .response = VIA, .body = "A"},
      {.at_s = 0.8, .took_s = 0.7, .client = 3, .request = GET, .response = VIA, .body = "A"}},
     "3--"},
    {"an older answer, by a tap whose clock is behind: the inner one was fetched beside it",
     {{.at_s = 100,
       .took_s = 0.1,
       .date_s = 60,
       ORIGIN,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 99.9, .took_s = 0.5, .date_s = 30, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"side by side, and who asked last was answered first: to each its own",
     {{.at_s = 1.10, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.02, .took_s = 0.2, .client = 2, .request = GET, .response = VIA, .body = "A"},
      {.at_s = 1.11, .took_s = 0.4, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.00, .took_s = 0.6, .client = 3, .request = GET, .response = VIA, .body = "A"}},
     "2-4-"},
    {"X-Request-Id: two inner ones for one outer one",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET "X-Request-Id: q\n", .response = "503\n"},
      {.at_s = 1.1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Request-Id: q\n",
       .response = OK,
       .body = "A"},
      {.at_s = 1.1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Request-Id: r\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .request = GET "X-Request-Id: q\n",
       .response = OK,
       .body = "A"}},
     "44--"},
    {"X-Request-Id that the proxy made and told the client",
     {{.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Request-Id: q\n",
       .response = OK,
       .body = "A"},
      {.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Request-Id: r\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .request = GET,
       .response = OK "X-Request-Id: r\n",
       .body = "A"}},
     "-3-"},
    {"traceparent: the trace, whatever the span",
     {{.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .response = OK,
       .body = "A",
       .request = GET "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"},
      {.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .response = OK,
       .body = "A",
       .request = GET "traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .response = OK,
       .body = "A",
       .request = GET "traceparent: 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01\n"}},
     "3--"},
    {"X-Varnish names the fetch, also to who waited for it",
     {{.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Varnish: 3\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .request = GET,
       .response = VIA "X-Varnish: 5 3\n",
       .body = "A"}},
     "2-"},
    {"X-Varnish names another fetch: a hit, at the same time",
     {{.at_s = 1,
       .took_s = 0.1,
       ORIGIN,
       .request = GET "X-Varnish: 3\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .request = GET,
       .response = VIA "X-Varnish: 5 2\n",
       .body = "A"}},
     "--"},
    {"Age: older than the inner one",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK "Age: 60\n", .body = "A"}},
     "--"},
    {"one host for all: ports and Via tell",
     {{.at_s = 0.95,
       .took_s = 0.1,
       LOCAL,
       .port = 8080,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, LOCAL, .request = GET, .response = VIA, .body = "A"}},
     "2-"},
    {"one host for all: times alone do not",
     {{.at_s = 1, .took_s = 0.1, LOCAL, .port = 8080, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, LOCAL, .request = GET, .response = OK, .body = "A"}},
     "--"},
    {"one host for all: who was asked first is the outer one, and no one is the other's both ways",
     {{.at_s = 0.9005,
       .took_s = 0.499,
       LOCAL,
       .port = 8080,
       .request = GET,
       .response = VIA,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, LOCAL, .request = GET, .response = VIA, .body = "A"}},
     "2-"},
    {"one host for all: asked by the name of the other's port",
     {{.at_s = 1,
       .took_s = 0.1,
       LOCAL,
       .port = 8080,
       .request = GET "Host: localhost:8081\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       LOCAL,
       .port = 8081,
       .request = GET "Host: localhost:8081\n",
       .response = OK,
       .body = "A"}},
     "2-"},
    {"one host for all: asked by its own name",
     {{.at_s = 1,
       .took_s = 0.1,
       LOCAL,
       .port = 8080,
       .request = GET "Host: localhost:8080\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       LOCAL,
       .port = 8081,
       .request = GET "Host: localhost:8081\n",
       .response = OK,
       .body = "A"}},
     "--"},
    {"one host for all: it says that it asks for others",
     {{.at_s = 1,
       .took_s = 0.1,
       LOCAL,
       .port = 8080,
       .request = GET "X-Forwarded-For: 127.0.0.1\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, LOCAL, .request = GET, .response = OK, .body = "A"}},
     "2-"},
    {"one host for all: HTTP/1.0 in the name of who speaks HTTP/1.1",
     {{.at_s = 1,
       .took_s = 0.1,
       LOCAL,
       .port = 8080,
       .asks_1_0 = true,
       .request = GET "Host: localhost:8080\nUser-Agent: u/1\n",
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       LOCAL,
       .port = 8081,
       .request = GET "Host: localhost:8081\nUser-Agent: u/1\n",
       .response = OK,
       .body = "A"}},
     "2-"},
    {"the origin's clock is ahead, and the proxy writes its own Date: not older for that",
     {{.at_s = 1, .took_s = 0.2, .date_s = 60, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "2-"},
    {"one host, one port: two clients of one server",
     {{.at_s = 1, .took_s = 0.1, LOCAL, .request = GET, .response = VIA, .body = "A"},
      {.at_s = 0.9, .took_s = 0.5, LOCAL, .request = GET, .response = VIA, .body = "A"}},
     "--"},
    {"a chain: each is the outer one of the next",
     {{.at_s = 1,
       .took_s = 0.1,
       .asks_as = 2,
       .server = 9,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.3,
       .asks_as = 1,
       .server = 2,
       .request = GET,
       .response = OK,
       .body = "A"},
      {.at_s = 0.8, .took_s = 0.5, .request = GET, .response = OK, .body = "A"}},
     "23-"},
    {"two within the slack of two taps: each has its own",
     {{.at_s = 1.0001, .took_s = 0.0002, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1, .took_s = 0.0005, .request = GET, .response = VIA, .body = "A"},
      {.at_s = 1.0008, .took_s = 0.0002, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 1.0007, .took_s = 0.0005, .request = GET, .response = VIA, .body = "A"}},
     "2-4-"},
    {"a forward proxy: absolute target",
     {{.at_s = 1, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"},
      {.at_s = 0.9,
       .took_s = 0.5,
       .request = "GET http://www.example.com/a\n",
       .response = OK,
       .body = "A"}},
     "2-"},
    {"an inner one without an answer",
     {{.at_s = 1, ORIGIN, .request = GET, .flaws = FLAW(RESPONSE_MISSING), .over_s = 1.3},
      {.at_s = 0.9, .took_s = 0.5, .request = GET, .response = "502\n"}},
     "2-"},
};

Test(legs, pairs)
{
    for (unsigned c = 0; c < COUNT_OF(cases); c++) {
        struct hearing h;
        char found[MOST + 1] = "";
        hearing_begin(&h, NULL);
        for (const struct said *s = cases[c].said; s->request || s->response; s++)
            hearing_say(&h, s);
        hearing_end(&h);
        for (uint64_t i = 0; i < h.said; i++)
            found[i] = (char)(h.outers[i] ? '0' + h.outers[i] : '-');
        cr_expect_str_eq(found, cases[c].outers, "%s: %s, not %s", cases[c].title, found,
                         cases[c].outers);
        hearing_free(&h);
    }
}

/* An address that has asked often before it answers for the first time: from the second on it is
 * known. */
Test(legs, a_proxy_that_is_met_late_is_known_from_then_on)
{
    struct hearing h;
    hearing_begin(&h, NULL);
    for (int i = 0; i < 40; i++)
        hearing_say(&h,
                    &(struct said){
                        .at_s = i, ORIGIN, .request = "GET /other\n", .response = OK, .body = "A"});
    for (int i = 0; i < 2; i++) {
        hearing_say(&h, &(struct said){.at_s = 100 + i,
                                       .took_s = 0.1,
                                       ORIGIN,
                                       .request = GET,
                                       .response = OK,
                                       .body = "A"});
        hearing_say(
            &h, &(struct said){
                    .at_s = 99.9 + i, .took_s = 0.5, .request = GET, .response = OK, .body = "A"});
    }
    hearing_end(&h);
    cr_expect(eq(u64, h.outers[40], 0));
    cr_expect(eq(u64, h.outers[42], 44));
    hearing_free(&h);
}

static void ask_often_and_then_answer(struct hearing *h)
{
    for (int i = 0; i < 40; i++)
        hearing_say(h,
                    &(struct said){
                        .at_s = i, ORIGIN, .request = "GET /other\n", .response = OK, .body = "A"});
    hearing_say(
        h, &(struct said){
               .at_s = 100, .took_s = 0.1, ORIGIN, .request = GET, .response = OK, .body = "A"});
    hearing_say(h, &(struct said){
                       .at_s = 99.9, .took_s = 0.5, .request = GET, .response = OK, .body = "A"});
    hearing_end(h);
}

/* Whoever runs the network says what an address is. */
Test(legs, a_role_makes_a_proxy_known_from_the_start)
{
    static const struct {
        const char *network;
        enum role role;
        uint64_t outer;
    } rows[] = {
        {PROXY_ADDRESS, ROLE_PROXY, 42}, {PROXY_ADDRESS, ROLE_CDN, 42},
        {PROXY_ADDRESS, ROLE_ORIGIN, 0}, {PROXY_ADDRESS, ROLE_CLIENT, 0},
        {"203.0.113.77", ROLE_PROXY, 0},
    };
    for (unsigned r = 0; r < COUNT_OF(rows); r++) {
        struct analysis_options options = analysis_options_default();
        struct roles roles = {0};
        struct hearing h;
        cr_assert(roles_add(&roles, slice_of_text(rows[r].network), rows[r].role));
        options.roles = &roles;
        hearing_begin(&h, &options);
        ask_often_and_then_answer(&h);
        cr_expect(eq(u64, h.outers[40], rows[r].outer), "row %u", r);
        hearing_free(&h);
        roles_fini(&roles);
    }
}

/* A client that also answers (a machine that somebody tests) is none where that is said. */
Test(legs, a_role_keeps_a_client_from_being_one)
{
    struct analysis_options options = analysis_options_default();
    struct roles roles = {0};
    struct hearing h;
    cr_assert(roles_add(&roles, SLICE(PROXY_ADDRESS), ROLE_CLIENT));
    options.roles = &roles;
    hearing_begin(&h, &options);
    hearing_say(&h,
                &(struct said){
                    .at_s = 1, .took_s = 0.1, .request = "GET /z\n", .response = OK, .body = "A"});
    ask_often_and_then_answer(&h);
    cr_expect(eq(u64, h.outers[41], 0));
    hearing_free(&h);
    roles_fini(&roles);
}

/* More paths than shelves, and more exchanges of one path than a shelf has room for. */
Test(legs, what_is_remembered_is_bounded, .timeout = 60)
{
    struct analysis_options options = analysis_options_default();
    struct hearing h;
    char get[32];
    options.memory = 1 << 20;
    hearing_begin(&h, &options);
    for (int i = 0; i < 300; i++) {
        snprintf(get, sizeof get, "GET /%d\n", i % 3 ? i : 0);
        hearing_say(
            &h, &(struct said){
                    .at_s = i, .took_s = 0.1, ORIGIN, .request = get, .response = OK, .body = "A"});
        hearing_say(
            &h, &(struct said){
                    .at_s = i - 0.1, .took_s = 0.5, .request = get, .response = OK, .body = "A"});
    }
    hearing_end(&h);
    cr_expect(eq(u64, h.outers[598], 600));
    hearing_free(&h);
}
