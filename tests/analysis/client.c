/* SPDX-License-Identifier: MIT */
/* rules.md §0.1, A1 and A2: who is one client. */

#include "analysis/client.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "analysis/limits.h"
#include "base/attributes.h"
#include "tests/support/spoken.h"

#define SECONDS INT64_C(1000000000)

static struct client_table *table;

static void setup(void)
{
    table = client_table_new(CLIENT_AUTO, 12, NULL);
}

static void teardown(void)
{
    client_table_free(table);
}

TestSuite(client, .init = setup, .fini = teardown);

/* One request as somebody sends it. */
struct who {
    const char *lines;
    uint8_t address[4];
    const char *host;
    uint64_t connection;
    int64_t from_s, until_s;
    uint8_t ttl;
    uint8_t preamble; /* last octet of 203.0.113.0/24; 0: none */
};

struct told {
    uint64_t id, address_id;
    char key[160], forwarded_for[64];
    bool has_key, is_intermediary, is_named, is_nobody, shared_address;
};

static struct told ask(struct who who)
{
    char request[1024];
    snprintf(request, sizeof request, "GET /\n%s", who.lines ? who.lines : "");
    struct exchange *x = exchange_spoken(request, "200\n");
    static const uint8_t nobody[4];
    const uint8_t *address =
        memcmp(who.address, nobody, 4) ? who.address : (uint8_t[]){192, 0, 2, 1};
    memcpy(x->connection.client.octets, address, 4);
    x->connection.id = who.connection;
    x->connection.client_initial_ttl = who.ttl;
    if (who.preamble)
        x->connection.preamble_client = (struct address){4, {203, 0, 113, who.preamble}};
    x->request.first.time_ns = SPOKEN_NS + who.from_s * SECONDS;
    x->response.last.time_ns = SPOKEN_NS + who.until_s * SECONDS;
    struct facts facts;
    facts_read(&facts, x, &x->arena, NULL);
    struct client c = client_of(table, &facts, slice_of_text(who.host ? who.host : "h"), &x->arena);
    struct told told = {c.id,       c.address_id,     "",
                        "",         c.key.at != NULL, c.is_intermediary,
                        c.is_named, c.is_nobody,      c.shared_address};
    snprintf(told.key, sizeof told.key, SLICE_FMT, SLICE_ARG(c.key));
    snprintf(told.forwarded_for, sizeof told.forwarded_for, SLICE_FMT, SLICE_ARG(c.forwarded_for));
    exchange_free(x);
    return told;
}

#define ASK(...) ask((struct who){__VA_ARGS__})

Test(client, is_address_and_principal_never_cookie)
{
    struct told a = ASK(.lines = "User-Agent: A\n"), b = ASK(.lines = "User-Agent: A\nCookie: x\n");
    struct told c = ASK(.lines = "User-Agent: B\n"),
                d = ASK(.lines = "User-Agent: A\nAuthorization: y\n");
    struct told e = ASK(.lines = "User-Agent: A\n", .address = {192, 0, 2, 2});
    cr_expect(a.id == b.id && strcmp(a.key, b.key) == 0);
    cr_expect(a.id != c.id && a.id != d.id && a.id != e.id && a.id != 0);
    cr_expect(a.address_id == c.address_id && a.address_id != e.address_id);
    cr_expect(strcmp(a.key, c.key) && strcmp(a.key, d.key) && strcmp(a.key, e.key));
    cr_expect(!a.is_intermediary && !a.is_named && !a.is_nobody && !a.shared_address);
}

Test(client, keys_are_the_same_in_every_run)
{
    cr_expect_str_eq(ASK(0).key, "192.0.2.1");
    struct told a = ASK(.lines = "User-Agent: A\n");
    char want[64];
    snprintf(want, sizeof want, "192.0.2.1#%08x", (unsigned)(hash64_stable(SLICE("A")) | 1));
    cr_expect_str_eq(a.key, want);
}

Test(client, credentials_are_not_in_the_key)
{
    struct told a = ASK(.lines = "Authorization: Basic c2VjcmV0\n");
    cr_expect(strstr(a.key, "c2Vj") == NULL && strstr(a.key, "Basic") == NULL);
    cr_expect(strlen(a.key) == strlen("192.0.2.1+abcd"), "16 bits of a hash: %s", a.key);
}

// clang-format off
static const struct { const char *lines, *name, *key; } hops[] = {
    {"X-Forwarded-For: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"X-Forwarded-For: 203.0.113.9, 10.0.0.1\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"X-Forwarded-For: 203.0.113.9:4711\n", "203.0.113.9:4711", "203.0.113.9@192.0.2.1"},
    {"X-Real-IP: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"True-Client-IP: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"CF-Connecting-IP: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"X-Client-IP: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"Forwarded: for=203.0.113.9;proto=http\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"Forwarded: proto=http ; For=\"203.0.113.9:80\", for=10.0.0.1\n", "203.0.113.9:80", "203.0.113.9@192.0.2.1"},
    {"Forwarded: for=\"[2001:db8::1]:4711\"\n", "[2001:db8::1]:4711", "2001:db8::1@192.0.2.1"},
    {"Forwarded: for=_hidden\n", "_hidden", "_hidden@192.0.2.1"},
    {"Forwarded: by=1.2.3.4\nX-Forwarded-For: 203.0.113.9\n", "203.0.113.9", "203.0.113.9@192.0.2.1"},
    {"X-Forwarded-For: a\x01 b\x7F\n", "a\x01 b\x7F", "a??b?@192.0.2.1"},
};

static const char *const unnamed[] = {
    "Via: 1.1 proxy\n", "Forwarded: for=unknown\n", "X-Forwarded-For: \n", "X-Forwarded-For: unknown\n",
    "Forwarded: proto=https\n", "Forwarded: for=\n",
};
// clang-format on

Test(client, intermediaries_name_whom_they_speak_for)
{
    for (size_t i = 0; i < COUNT_OF(hops); i++) {
        struct told c = ASK(.lines = hops[i].lines);
        cr_expect(c.is_intermediary && c.is_named && !c.is_nobody && c.id, "%s", hops[i].lines);
        cr_expect_str_eq(c.forwarded_for, hops[i].name);
        cr_expect_str_eq(c.key, hops[i].key);
    }
}

Test(client, one_name_is_one_client_however_it_is_written)
{
    struct told a = ASK(.lines = "X-Forwarded-For: 203.0.113.9\n");
    struct told b = ASK(.lines = "Forwarded: for=\"203.0.113.9:4711\"\n");
    struct told c = ASK(.lines = "X-Forwarded-For: 203.0.113.10\n");
    struct told d = ASK(.lines = "X-Forwarded-For: 203.0.113.9\n", .address = {192, 0, 2, 7});
    cr_expect(a.id == b.id && a.id != c.id && a.id != d.id);
}

Test(client, who_names_nobody_is_nobody)
{
    for (size_t i = 0; i < COUNT_OF(unnamed); i++) {
        struct told c = ASK(.lines = unnamed[i]);
        cr_expect(c.is_intermediary && c.is_nobody && !c.is_named, "%s", unnamed[i]);
        cr_expect(c.id == 0 && !c.has_key && c.address_id != 0, "%s", unnamed[i]);
    }
}

Test(client, an_address_that_spoke_for_others_once_is_an_intermediary)
{
    cr_expect(ASK(0).id != 0);
    ASK(.lines = "X-Forwarded-For: 203.0.113.9\n");
    struct told c = ASK(0);
    cr_expect(c.is_intermediary && c.is_nobody && c.id == 0);
    cr_expect(!ASK(.address = {192, 0, 2, 9}).is_intermediary);
}

Test(client, preambles_name_the_client)
{
    struct told c = ASK(.preamble = 9);
    cr_expect(c.is_intermediary && c.is_named);
    cr_expect_str_eq(c.key, "203.0.113.9@192.0.2.1");
    cr_expect_str_eq(c.forwarded_for, "203.0.113.9");
    cr_expect(c.id != ASK(.preamble = 10).id);
    cr_expect(c.id == ASK(.lines = "X-Forwarded-For: 203.0.113.9\n").id);
}

static void use_mode(enum client_key mode)
{
    client_table_free(table);
    table = client_table_new(mode, 12, NULL);
}

static void restart_with(struct roles *roles, const char *network, enum role role)
{
    client_table_free(table);
    cr_assert(roles_add(roles, slice_of_text(network), role));
    table = client_table_new(CLIENT_AUTO, 12, roles);
}

Test(client, one_that_is_said_to_be_a_client_is_no_intermediary)
{
    struct roles roles = {0};
    restart_with(&roles, "192.0.2.0/24", ROLE_CLIENT);
    struct told plain = ask((struct who){0});
    struct told forged = ask((struct who){.lines = "X-Forwarded-For: 203.0.113.9\n"});
    cr_expect_not(forged.is_intermediary);
    cr_expect_not(forged.is_named);
    cr_expect_eq(forged.id, plain.id);
    cr_expect_str_eq(forged.forwarded_for, "203.0.113.9"); /* it is what the request says */
    cr_expect_eq(ask((struct who){.lines = "Via: 1.1 x\n"}).id, plain.id);
    roles_fini(&roles);
}

Test(client, one_that_is_said_to_be_a_proxy_is_an_intermediary_from_the_first_request_on)
{
    struct roles roles = {0};
    restart_with(&roles, "192.0.2.1", ROLE_PROXY);
    struct told told = ask((struct who){0});
    cr_expect(told.is_intermediary);
    cr_expect(told.is_nobody);
    cr_expect_eq(told.id, 0u);
    cr_expect(ask((struct who){.lines = "X-Forwarded-For: 203.0.113.9\n"}).is_named);
    roles_fini(&roles);
}

Test(client, modes)
{
    const char *const named = "User-Agent: A\nX-Forwarded-For: 203.0.113.9\n";
    use_mode(CLIENT_IP);
    cr_expect_str_eq(ASK(.lines = named).key, "192.0.2.1");
    cr_expect(ASK(.lines = named).id == ASK(0).id && !ASK(.lines = named).is_intermediary);
    cr_expect_str_eq(ASK(.lines = named).forwarded_for, "203.0.113.9", "still told");

    use_mode(CLIENT_IP_UA);
    cr_expect(ASK(.lines = named).id == ASK(.lines = "User-Agent: A\n").id);
    cr_expect(ASK(.lines = named).id != ASK(0).id);
    cr_expect(ASK(.lines = "Authorization: x\n").id != ASK(0).id);

    use_mode(CLIENT_FORWARDED);
    cr_expect(ASK(.lines = named).is_named);
    cr_expect(ASK(.lines = "Via: 1.1 x\n").id != 0, "nobody named: the address");

    use_mode(CLIENT_NONE);
    cr_expect(ASK(.lines = named).id == 0 && ASK(.lines = named).is_nobody);
}

/* ---- several users behind one address ---- */

Test(client, one_sign_is_not_enough)
{
    ASK(.lines = "Cookie: a\n");
    cr_expect(!ASK(.lines = "Cookie: b\n", .from_s = 1, .until_s = 1).shared_address);
    ASK(.address = {192, 0, 2, 2}, .ttl = 64);
    cr_expect(
        !ASK(.address = {192, 0, 2, 2}, .ttl = 128, .from_s = 1, .until_s = 1).shared_address);
}

Test(client, two_signs_within_a_minute_are)
{
    ASK(.lines = "Cookie: a\n", .ttl = 64);
    struct told c = ASK(.lines = "Cookie: b\n", .ttl = 128, .from_s = 30, .until_s = 30);
    cr_expect(c.shared_address);
    cr_expect(ASK(.from_s = 9999, .until_s = 9999).shared_address, "and it stays so");
    cr_expect(!ASK(.address = {192, 0, 2, 9}).shared_address);
}

/* A capture's clock may say so, and what it says shall not become a number of another year. */
Test(client, signs_before_1970_are_signs)
{
    int64_t before_s = -(SPOKEN_NS / SECONDS) - 100;
    ASK(.lines = "Cookie: a\n", .ttl = 64, .from_s = before_s, .until_s = before_s);
    struct told c =
        ASK(.lines = "Cookie: b\n", .ttl = 128, .from_s = before_s + 30, .until_s = before_s + 30);
    cr_expect(c.shared_address);
}

Test(client, signs_far_apart_are_not)
{
    ASK(.lines = "Cookie: a\n");
    ASK(.lines = "Cookie: b\n", .from_s = 1, .until_s = 1);
    ASK(.ttl = 64, .from_s = 100, .until_s = 100);
    cr_expect(!ASK(.ttl = 128, .from_s = 101, .until_s = 101).shared_address);
}

Test(client, cookies_of_two_hosts_are_no_sign)
{
    ASK(.lines = "Cookie: a\n", .host = "h", .ttl = 64);
    cr_expect(!ASK(.lines = "Cookie: b\n", .host = "i", .ttl = 128).shared_address);
}

Test(client, carrier_grade_addresses_need_one_more_sign)
{
    ASK(.address = {100, 64, 0, 1}, .lines = "Cookie: a\n");
    cr_expect(ASK(.address = {100, 64, 0, 1}, .lines = "Cookie: b\n").shared_address);
    cr_expect(!ASK(.address = {100, 127, 255, 1}, .lines = "Cookie: a\n").shared_address);
    ASK(.address = {100, 128, 0, 1}, .lines = "Cookie: a\n");
    cr_expect(!ASK(.address = {100, 128, 0, 1}, .lines = "Cookie: b\n").shared_address);
}

/* `count` connections that are all open from second 0 to second 10. */
static struct told at_once(unsigned count)
{
    struct told last = {0};
    for (unsigned i = 0; i < count; i++)
        ASK(.address = {100, 64, 0, 1}, .connection = i + 1, .from_s = 0, .until_s = 1);
    for (unsigned i = 0; i < count; i++)
        last = ASK(.address = {100, 64, 0, 1}, .connection = i + 1, .from_s = 9, .until_s = 10);
    return last;
}

Test(client, twelve_connections_at_once_are_one_browser)
{
    cr_expect(!at_once(12).shared_address);
}

Test(client, thirteen_are_more)
{
    cr_expect(at_once(13).shared_address);
}

Test(client, connections_one_after_the_other_are_no_sign)
{
    for (unsigned i = 0; i < 100; i++)
        cr_expect(!ASK(.address = {100, 64, 0, 1}, .connection = i + 1, .from_s = i * 2,
                       .until_s = i * 2 + 1)
                       .shared_address,
                  "%u", i);
}

Test(client, connections_of_an_intermediary_say_nothing_about_its_clients)
{
    for (unsigned i = 0; i < 40; i++)
        cr_expect(!ASK(.lines = "X-Forwarded-For: 100.64.0.9\n", .connection = i + 1, .until_s = 50)
                       .shared_address);
}

Test(client, memory_is_bounded)
{
    for (unsigned i = 0; i < LIMIT_CLIENT_HOSTS + 10; i++) {
        char host[16];
        snprintf(host, sizeof host, "h%u", i);
        ASK(.host = host);
    }
    cr_expect(client_table_counts(table).hosts_evicted == 10);
    cr_expect(client_table_counts(table).addresses_evicted == 0);
}
