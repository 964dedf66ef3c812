/* SPDX-License-Identifier: MIT */
/* Rows of coverage are found by their keys, merged, bounded, and told in the order of the keys. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "decode/coverage.h"

static void write_row(void *context, const struct coverage *row)
{
    char line[256], *text = context;
    snprintf(line, sizeof line, "%s/%s/%.*s/%s %llu\n", row->transport, row->protocol,
             row->server_name.at ? (int)row->server_name.len : 1,
             row->server_name.at ? (const char *)row->server_name.at : "-",
             row->reason ? row->reason : "-", (unsigned long long)row->packets);
    strcat(text, line);
}

static void add(struct coverage_table *table, const char *transport, const char *protocol,
                const char *name, const char *reason, uint64_t packets)
{
    uint32_t row = coverage_row(table, transport, protocol, slice_of_text(name), reason);
    table->rows[row].packets += packets;
}

Test(coverage, rows_are_told_in_the_order_of_their_keys)
{
    struct coverage_table table;
    char text[1024] = "";
    coverage_init(&table, 10);
    add(&table, "udp", "QUIC", "b.example", "no-keys", 1);
    add(&table, "tcp", "TLS", "b.example", "no-keys", 2);
    add(&table, "tcp", "TLS", "a.example", "no-keys", 3);
    add(&table, "tcp", "TLS", "", "no-keys", 4);
    add(&table, "tcp", "TLS", NULL, "no-keys", 5);
    add(&table, "tcp", "HTTP", NULL, "lost-at-tap", 6);
    add(&table, "tcp", "HTTP", NULL, NULL, 7);
    add(&table, "tcp", "TLS", "a.example", "no-keys", 10);
    coverage_each(&table, write_row, text);
    cr_assert(eq(str, text,
                 "tcp/HTTP/-/- 7\ntcp/HTTP/-/lost-at-tap 6\ntcp/TLS/-/no-keys 5\n"
                 "tcp/TLS//no-keys 4\ntcp/TLS/a.example/no-keys 13\n"
                 "tcp/TLS/b.example/no-keys 2\nudp/QUIC/b.example/no-keys 1\n"));
    coverage_fini(&table);
}

Test(coverage, merging_adds_up_whatever_the_order)
{
    char text[2][4096] = {"", ""};
    for (unsigned turn = 0; turn < 2; turn++) {
        struct coverage_table parts[2], sum;
        coverage_init(&sum, 100);
        for (unsigned i = 0; i < 2; i++) {
            coverage_init(&parts[i], 100);
            for (unsigned n = 0; n < 60; n++) {
                char name[16];
                snprintf(name, sizeof name, "h%u", n % (20 + i * 20));
                add(&parts[i], "tcp", "TLS", name, "no-keys", n + i);
            }
        }
        coverage_merge(&sum, &parts[turn]);
        coverage_merge(&sum, &parts[!turn]);
        cr_assert(eq(u32, sum.count, 40));
        coverage_each(&sum, write_row, text[turn]);
        coverage_fini(&parts[0]);
        coverage_fini(&parts[1]);
        coverage_fini(&sum);
    }
    cr_assert(eq(str, text[0], text[1]));
}

Test(coverage, names_are_left_out_beyond_the_cap)
{
    struct coverage_table table;
    char text[1024] = "";
    coverage_init(&table, 2);
    add(&table, "tcp", "TLS", "a", "no-keys", 1);
    add(&table, "tcp", "TLS", "b", "no-keys", 2);
    add(&table, "tcp", "TLS", "c", "no-keys", 3);
    add(&table, "tcp", "TLS", "d", "no-keys", 4);
    add(&table, "tcp", "TLS", "a", "no-keys", 5);
    coverage_each(&table, write_row, text);
    cr_assert(eq(u64, table.names_dropped, 2));
    cr_assert(eq(str, text, "tcp/TLS/-/no-keys 7\ntcp/TLS/a/no-keys 6\ntcp/TLS/b/no-keys 2\n"));
    coverage_fini(&table);
}

Test(coverage, transports_have_names)
{
    cr_assert(eq(str, (char *)(uintptr_t)transport_name(6), "tcp"));
    cr_assert(eq(str, (char *)(uintptr_t)transport_name(17), "udp"));
    cr_assert(eq(str, (char *)(uintptr_t)transport_name(253), "ip"));
}
