/* SPDX-License-Identifier: MIT */
/* What is remembered of servers: losses, clocks, habits, sizes; and how it is forgotten. */

#include "analysis/server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct address one = {4, {192, 0, 2, 1}}, two = {4, {192, 0, 2, 2}};

Test(server, is_found_by_its_address)
{
    struct server_table *table = server_table_new();
    struct server *a = server_of(table, &one, 0), *b = server_of(table, &two, 0);
    cr_expect(a != b);
    cr_expect(server_of(table, &one, 5) == a);
    server_table_free(table);
}

Test(server, remembers_when_something_was_lost)
{
    struct server_table *table = server_table_new();
    struct server *s = server_of(table, &one, 0);
    cr_expect(not(server_lost(s, NEVER, INT64_MAX)));
    server_add_loss(s, 100, 200);
    server_add_loss(s, 400, 300); /* until before from: an instant */
    cr_expect(server_lost(s, 150, 160));
    cr_expect(server_lost(s, 0, 100));
    cr_expect(server_lost(s, 200, 250));
    cr_expect(not(server_lost(s, 201, 399)));
    cr_expect(server_lost(s, 400, 400));
    cr_expect(not(server_lost(s, 401, INT64_MAX)));
    server_table_free(table);
}

Test(server, joins_losses_that_touch)
{
    struct server_table *table = server_table_new();
    struct server *s = server_of(table, &one, 0);
    server_add_loss(s, 300, 400);
    server_add_loss(s, 100, 200);
    cr_expect(eq(u32, s->n_losses, 2));
    server_add_loss(s, 150, 350);
    cr_expect(eq(u32, s->n_losses, 1));
    cr_expect(eq(i64, s->losses[0].from_ns, 100));
    cr_expect(eq(i64, s->losses[0].until_ns, 400));
    server_table_free(table);
}

/* Too many of them become fewer that cover more: nothing that was lost is ever unlost. */
Test(server, never_forgets_a_loss)
{
    struct server_table *table = server_table_new();
    struct server *s = server_of(table, &one, 0);
    for (int64_t i = 0; i < 1000; i++) {
        int64_t at = i * 7919 % 1000 * 100; /* in no order */
        server_add_loss(s, at, at + 10);
        cr_assert(s->n_losses <= LIMIT_LOSSES);
        for (uint32_t k = 1; k < s->n_losses; k++)
            cr_assert(s->losses[k - 1].until_ns < s->losses[k].from_ns);
    }
    for (int64_t i = 0; i < 1000; i++)
        cr_assert(server_lost(s, i * 100 + 5, i * 100 + 5));
    server_table_free(table);
}

Test(server, that_was_forgotten_comes_back_tainted)
{
    struct server_table *table = server_table_new();
    server_of(table, &one, 10);
    for (uint32_t i = 0; i < LIMIT_SERVERS; i++) {
        struct address a = {4, {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        server_of(table, &a, 1000);
    }
    struct server *again = server_of(table, &one, 2000);
    cr_expect(server_lost(again, 500, 600));
    cr_expect(not(server_lost(again, 2001, 3000)));
    cr_expect(server_table_counts(table).servers_evicted > 0);
    server_table_free(table);
}

Test(server, knows_how_far_its_clock_is_off)
{
    struct server_table *table = server_table_new();
    struct server *s = server_of(table, &one, 0);
    for (unsigned i = 0; i < 4; i++)
        median_add(&s->skew_ms, -90000);
    cr_expect(eq(i64, server_skew_s(s), 0), "four are not enough");
    median_add(&s->skew_ms, -90000);
    cr_expect(eq(i64, server_skew_s(s), 90), "ahead of the capture");
    for (unsigned i = 0; i < MEDIAN_VALUES; i++)
        median_add(&s->skew_ms, 1500);
    cr_expect(eq(i64, server_skew_s(s), 0), "a second and a half is not worth minding");
    server_table_free(table);
}

Test(server, keeps_habits_apart)
{
    struct server_table *table = server_table_new();
    struct server *a = server_of(table, &one, 0), *b = server_of(table, &two, 0);
    struct habit *h = habit_of(table, a, 7, NULL);
    h->carried_ns[DUE_VARY] = 5;
    cr_expect(habit_of(table, a, 7, NULL) == h);
    cr_expect(habit_of(table, a, 7, h) == h);
    cr_expect(habit_of(table, a, 8, h) != h);
    cr_expect(habit_of(table, b, 7, h) != h);
    cr_expect(eq(i64, habit_of(table, b, 7, NULL)->carried_ns[DUE_VARY], NEVER));
    server_table_free(table);
}
