/* SPDX-License-Identifier: MIT */
/* When reloads are a storm: by their number, by bursts, and what is forgotten. */

#include "analysis/reloads.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define NS INT64_C(1000000000)

static struct reload_table *table;
static struct reload_watch *watch;
static struct thresholds thresholds;

static void setup(void)
{
    table = reload_table_new();
    watch = reload_watch_of(table, 1);
    thresholds = thresholds_default();
}

static void teardown(void)
{
    reload_table_free(table);
}

TestSuite(reloads, .init = setup, .fini = teardown);

/* One more reload, in tenths of a second. */
static struct reload_storm add(int64_t tenths, uint32_t octets)
{
    struct reload reload = {1000 * NS + tenths * NS / 10, octets};
    struct reload_storm storm = reload_storm_with(watch, reload, &thresholds);
    reload_watch_add(watch, reload, storm.is_storm);
    return storm;
}

/* `n` reloads at a distance; the last one's storm. */
static struct reload_storm add_many(unsigned n, int64_t from, int64_t step)
{
    struct reload_storm storm = {0};
    for (unsigned i = 0; i < n; i++)
        storm = add(from + i * step, 100);
    return storm;
}

Test(reloads, twenty_within_ten_seconds_are_a_storm)
{
    cr_assert(not(add_many(19, 0, 5).is_storm));
    struct reload_storm storm = add(95, 7);
    cr_assert(storm.is_storm);
    cr_assert(eq(u32, storm.reloads, 20));
    cr_assert(eq(u32, storm.bursts, 0));
    cr_assert(eq(u64, storm.octets, 19 * 100 + 7));
    cr_assert(eq(i64, storm.span_s, 10));
}

Test(reloads, the_same_over_more_time_are_none)
{
    cr_assert(not(add_many(60, 0, 30).is_storm)); /* three seconds apart: not even bursts */
}

Test(reloads, ten_seconds_count_to_the_very_one)
{
    add(0, 1);
    add_many(18, 50, 1);
    cr_assert(add(100, 1).is_storm);
    add_many(18, 1050, 1);
    cr_assert(not(add(1149, 1).is_storm)); /* only nineteen of them lie within */
}

Test(reloads, a_storm_is_told_once)
{
    cr_assert(add_many(20, 0, 1).is_storm);
    cr_assert(not(add(20, 1).is_storm));
    cr_assert(not(add_many(18, 21, 1).is_storm));
    cr_assert(add(39, 1).is_storm);
}

Test(reloads, three_bursts_within_a_minute_are_one)
{
    cr_assert(not(add_many(3, 0, 1).is_storm));
    cr_assert(not(add_many(3, 200, 1).is_storm));
    cr_assert(not(add_many(2, 400, 1).is_storm)); /* two are no burst */
    struct reload_storm storm = add(402, 50);
    cr_assert(storm.is_storm);
    cr_assert(eq(u32, storm.bursts, 3));
    cr_assert(eq(u32, storm.reloads, 9));
    cr_assert(eq(u64, storm.octets, 8 * 100 + 50));
    cr_assert(eq(i64, storm.span_s, 60));
}

Test(reloads, bursts_further_apart_are_none)
{
    cr_assert(not(add_many(3, 0, 1).is_storm));
    cr_assert(not(add_many(3, 400, 1).is_storm));
    cr_assert(not(add_many(3, 800, 1).is_storm));
}

Test(reloads, a_pause_of_two_seconds_is_within_a_burst)
{
    add_many(3, 0, 20);
    cr_assert(eq(u32, watch->n_bursts, 1));
    add_many(3, 1000, 21);
    cr_assert(eq(u32, watch->n_bursts, 1));
}

Test(reloads, what_ended_late_counts_where_it_began)
{
    add(100, 1);
    cr_assert(not(add(0, 1).is_storm));
    cr_assert(eq(i64, watch->latest_ns, 1010 * NS));
    add_many(17, 120, 1);
    cr_assert(not(add(137, 1).is_storm)); /* the one at 0 lies more than ten seconds back */
}

Test(reloads, more_than_is_remembered)
{
    thresholds.reload_storm = LIMIT_RELOADS + 2;
    cr_assert(not(add_many(4 * LIMIT_RELOADS, 0, 0).is_storm)); /* all at once, and no more fit */
    cr_assert(eq(u32, watch->count, LIMIT_RELOADS));
    for (int i = 0; i < 3 * LIMIT_RELOAD_BURSTS; i++)
        add_many(3, 10000 + 1000 * i, 1);
    cr_assert(eq(u32, watch->n_bursts, LIMIT_RELOAD_BURSTS));
}

Test(reloads, clients_are_kept_apart_and_the_laziest_is_forgotten)
{
    add_many(19, 0, 1);
    watch = reload_watch_of(table, 2);
    cr_assert(not(add(19, 1).is_storm));
    for (uint64_t client = 3; client <= LIMIT_RELOADERS; client++)
        reload_watch_of(table, client);
    cr_assert(eq(u64, reload_table_evicted(table), 0));
    reload_watch_of(table, 1);
    reload_watch_of(table, LIMIT_RELOADERS + 1); /* client 2 has to go */
    cr_assert(eq(u64, reload_table_evicted(table), 1));
    cr_assert(eq(u32, reload_watch_of(table, 1)->count, 19));
    cr_assert(eq(u32, reload_watch_of(table, 2)->count, 0));
}
