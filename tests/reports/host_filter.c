/* SPDX-License-Identifier: MIT */
/* host_filter: whom it lets pass, and that the sums of a connection stay right. */
#include "reports/options/host_filter.h"

#include <criterion/criterion.h>

#define CONNECTIONS 5000

static bool passes(struct host_filter *filter, const char *target, const char *host)
{
    struct exchange *x = exchange_new();
    struct field field = {.value_len = (uint32_t)strlen(host), .token = FIELD_HOST};
    x->target = slice_of_text(target);
    x->connection.id = 1;
    x->connection.server = (struct address){4, {192, 0, 2, 80}};
    x->connection.client = (struct address){4, {10, 0, 0, 1}};
    x->request.head = (struct head){.bytes = slice_of_text(host), .fields = &field, .n_fields = 1};
    x->request.head.present[FIELD_HOST >> 6] |= UINT64_C(1) << (FIELD_HOST & 63);
    bool passed = host_filter_exchange(filter, x);
    exchange_free(x);
    return passed;
}

Test(host_filter, the_host_is_the_targets_else_the_fields)
{
    static const struct {
        const char *glob, *target, *host;
        bool want;
    } cases[] = {
        {"a.example", "/", "a.example", true},
        {"a.example", "/", "A.EXAMPLE:8080", true},
        {"a.example", "/x?u=http://a.example/", "b.example", false},
        {"a.example", "http://a.example:80/x", "b.example", true},
        {"a.example", "http://u:p@a.example/x", "b.example", true},
        {"a.example", "http://b.example/x", "a.example", false},
        {"2001:db8::1", "/", "[2001:db8::1]:80", true},
        {"*", "/", "", true},
        {"192.0.2.*", "/", "anything", true},
        {"10.0.0.1", "/", "anything", true},
        {"10.0.0.2", "/", "anything", false},
        {"a.example", "http://", "", false},
        {"a.example", "/", "[", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct host_filter *filter = host_filter_new((struct globs){&cases[i].glob, 1}, (struct globs){0});
        cr_expect_eq(passes(filter, cases[i].target, cases[i].host), cases[i].want, "case %zu", i);
        host_filter_free(filter);
    }
}

Test(host_filter, what_is_left_out_becomes_overhead_of_its_connection)
{
    const char *glob = "never.example";
    struct host_filter *filter = host_filter_new((struct globs){&glob, 1}, (struct globs){0});
    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t id = 1; id <= CONNECTIONS; id++) {
            struct exchange x = {.connection.id = id, .wire_bytes = id, .retransmitted_bytes = 1};
            cr_assert_not(host_filter_exchange(filter, &x));
        }
    }
    for (uint64_t id = CONNECTIONS; id >= 1; id--) {
        struct connection connection = {.facts.id = id, .overhead_bytes = 7, .exchanges = 4};
        cr_assert(host_filter_connection(filter, &connection));
        cr_assert_eq(connection.overhead_bytes, 7 + 3 * id);
        cr_assert_eq(connection.retransmitted_bytes, 3u);
        cr_assert_eq(connection.exchanges, 1u);
    }
    struct connection without = {.facts.id = 1, .exchanges = 2};
    cr_expect(host_filter_connection(filter, &without), "forgotten once told");
    cr_expect_eq(without.exchanges, 2u);
    host_filter_free(filter);
}

Test(host_filter, a_connection_without_anything_left_is_not_told)
{
    const char *glob = "never.example";
    struct host_filter *filter = host_filter_new((struct globs){&glob, 1}, (struct globs){0});
    struct exchange x = {.connection.id = 9, .wire_bytes = 5};
    struct connection connection = {.facts.id = 9, .exchanges = 1};
    cr_assert_not(host_filter_exchange(filter, &x));
    cr_expect_not(host_filter_connection(filter, &connection));
    host_filter_free(filter);
}
