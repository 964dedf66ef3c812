/* SPDX-License-Identifier: MIT */
/* roles: networks as they are written, and which of them an address belongs to. */
#include "analysis/roles.h"

#include <criterion/criterion.h>

#include "analysis/facts.h"
#include "base/attributes.h"
#include "tests/support/spoken.h"

static struct address address_of(const char *text)
{
    struct address address = {0};
    cr_assert(address_parse(slice_of_text(text), &address), "%s", text);
    return address;
}

static enum role ask(const struct roles *roles, const char *text)
{
    struct address address = address_of(text);
    return role_of(roles, &address);
}

Test(roles, the_longest_prefix_wins)
{
    struct roles roles = {0};
    cr_assert(roles_add(&roles, SLICE("10.0.0.0/8"), ROLE_CLIENT));
    cr_assert(roles_add(&roles, SLICE("10.1.0.0/16"), ROLE_PROXY));
    cr_assert(roles_add(&roles, SLICE(" 10.1.2.3 "), ROLE_ORIGIN));
    cr_assert(roles_add(&roles, SLICE("2001:db8::/33"), ROLE_CDN));
    cr_assert(roles_add(&roles, SLICE("10.9.9.9/9"), ROLE_CDN)); /* bits beyond are not looked at */
    cr_expect_eq(ask(&roles, "10.1.2.3"), ROLE_ORIGIN);
    cr_expect_eq(ask(&roles, "10.1.2.4"), ROLE_PROXY);
    cr_expect_eq(ask(&roles, "10.200.0.1"), ROLE_CLIENT);
    cr_expect_eq(ask(&roles, "10.127.0.1"), ROLE_CDN);
    cr_expect_eq(ask(&roles, "11.0.0.1"), ROLE_UNKNOWN);
    cr_expect_eq(ask(&roles, "2001:db8:7fff::1"), ROLE_CDN);
    cr_expect_eq(ask(&roles, "2001:db8:8000::1"), ROLE_UNKNOWN);
    cr_expect_eq(ask(NULL, "10.1.2.3"), ROLE_UNKNOWN);
    roles_fini(&roles);
}

Test(roles, everything_is_a_network_too)
{
    struct roles roles = {0};
    cr_assert(roles_add(&roles, SLICE("0.0.0.0/0"), ROLE_CLIENT));
    cr_expect_eq(ask(&roles, "203.0.113.9"), ROLE_CLIENT);
    cr_expect_eq(ask(&roles, "::1"), ROLE_UNKNOWN);
    roles_fini(&roles);
}

Test(roles, what_is_no_network_is_refused)
{
    static const char *const wrong[] = {
        "",      "10.0.0",  "10.0.0.0/33", "10.0.0.0/",    "/8",   "10.0.0.0/-1", "10.0.0.0:80",
        "[::1]", "\"::1\"", "::/129",      "10.0.0.0/8/8", "host", "10.0.0.0/8x"};
    struct roles roles = {0};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        cr_expect_not(roles_add(&roles, slice_of_text(wrong[i]), ROLE_PROXY), "%s", wrong[i]);
    cr_expect_eq(roles.n, 0u);
    roles_fini(&roles);
}

/* What a role makes of a response. */
static struct response_facts respond(const char *response, enum role role)
{
    struct exchange *x = exchange_spoken("GET /\n", response);
    struct facts facts;
    facts_read(&facts, x, &x->arena, NULL);
    facts_assign_role(&facts, role);
    struct response_facts told = facts.response;
    exchange_free(x);
    return told;
}

Test(roles, an_origin_answers_for_itself_unless_the_response_says_otherwise)
{
    struct response_facts r = respond("200\nETag: \"a\"\n", ROLE_ORIGIN);
    cr_expect_eq(r.responder, RESPONDER_ORIGIN);
    r = respond("200\nX-Cache: HIT\n", ROLE_ORIGIN);
    cr_expect_eq(r.responder, RESPONDER_ORIGIN);
    cr_expect_not(r.says_hit);
    r = respond("200\nAge: 12\n", ROLE_ORIGIN);
    cr_expect_eq(r.responder, RESPONDER_CACHE);
}

Test(roles, a_proxy_may_always_be_the_one_at_fault)
{
    struct response_facts r = respond("200\nETag: \"a\"\n", ROLE_PROXY);
    cr_expect_eq(r.responder, RESPONDER_UNKNOWN);
    cr_expect_eq(r.intermediary_signs, SIGN_ROLE);
    cr_expect_eq(respond("200\n", ROLE_CDN).intermediary_signs, SIGN_ROLE);
    cr_expect_eq(respond("200\n", ROLE_CLIENT).intermediary_signs, 0);
    cr_expect_eq(respond("200\n", ROLE_UNKNOWN).responder, RESPONDER_UNKNOWN);
}
