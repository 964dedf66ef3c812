/* SPDX-License-Identifier: MIT */
/* The flow table finds what was put in, forgets in the right order, and deadlines come when due. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/attributes.h"
#include "decode/deadlines.h"
#include "decode/flow.h"
#include "decode/limits.h"

static struct flow_key key_of(uint32_t n)
{
    struct flow_key key = {.ip_protocol = 6, .family = 4, .port = {80, (uint16_t)n}};
    memcpy(key.address[1], &n, sizeof n);
    return key;
}

static struct flow *add(struct flow_table *table, uint32_t n, int64_t clock_ns)
{
    struct flow_key key = key_of(n);
    struct flow *flow = flow_table_add(table, &key, flow_key_tag(&key), LIST_CONNECTIONS, clock_ns);
    flow->first_ordinal = n + 1;
    flow->last_ns = clock_ns;
    return flow;
}

static struct flow *find(const struct flow_table *table, uint32_t n)
{
    struct flow_key key = key_of(n);
    return flow_table_find(table, &key, flow_key_tag(&key));
}

Test(flow, both_directions_have_one_key)
{
    struct segment there = {.source = {4, {10, 0, 0, 1}},
                            .destination = {4, {10, 0, 0, 2}},
                            .source_port = 4000,
                            .destination_port = 80,
                            .ip_protocol = 6};
    struct segment back = {.source = {4, {10, 0, 0, 2}},
                           .destination = {4, {10, 0, 0, 1}},
                           .source_port = 80,
                           .destination_port = 4000,
                           .ip_protocol = 6};
    struct flow_key a, b;
    unsigned from_there = flow_key_of(&there, &a), from_back = flow_key_of(&back, &b);
    cr_assert(from_there != from_back);
    cr_assert(memcmp(&a, &b, sizeof a) == 0);
    cr_assert(eq(u64, flow_key_hash_stable(&a), flow_key_hash_stable(&b)));
    cr_assert(eq(u16, a.port[from_there], 4000));
    cr_assert(eq(u8, a.address[from_there][3], 1));
}

Test(flow, ends_of_one_host_are_told_apart_by_their_ports)
{
    struct segment segment = {.source = {4, {127, 0, 0, 1}},
                              .destination = {4, {127, 0, 0, 1}},
                              .source_port = 4000,
                              .destination_port = 80};
    struct flow_key key;
    unsigned sender = flow_key_of(&segment, &key);
    cr_assert(eq(u16, key.port[sender], 4000));
    cr_assert(eq(u16, key.port[!sender], 80));
}

/* A result may not change with the version: these are for ever. */
Test(flow, the_shard_of_a_key_is_the_same_in_every_run)
{
    struct flow_key key = key_of(7);
    cr_assert(eq(u64, flow_key_hash_stable(&key), flow_key_hash_stable(&key)));
    uint64_t shards = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct flow_key k = key_of(i);
        shards |= UINT64_C(1) << (flow_key_hash_stable(&k) % LIMIT_SHARDS);
    }
    cr_assert(eq(u64, shards, UINT64_MAX), "all shards are used");
}

Test(flow, what_was_added_is_found_until_it_is_removed)
{
    struct flow_table table;
    flow_table_init(&table, 100000);
    for (uint32_t i = 0; i < 50000; i++)
        add(&table, i, i);
    for (uint32_t i = 0; i < 50000; i += 3)
        flow_table_remove(&table, find(&table, i));
    for (uint32_t i = 0; i < 50000; i++) {
        struct flow *flow = find(&table, i);
        bool is_there = flow && flow->first_ordinal == i + 1;
        cr_assert(is_there == (i % 3 != 0), "%u", i);
    }
    for (uint32_t i = 0; i < 50000; i += 3)
        add(&table, i, i);
    for (uint32_t i = 0; i < 50000; i++)
        cr_assert(find(&table, i) && find(&table, i)->first_ordinal == i + 1);
    cr_assert(eq(u32, table.count, 50000));
    flow_table_fini(&table);
}

Test(flow, the_oldest_goes_first_and_closed_ones_before_it)
{
    struct flow_table table;
    flow_table_init(&table, 4);
    for (uint32_t i = 0; i < 4; i++)
        add(&table, i, i);
    cr_assert(flow_table_is_full(&table));
    cr_assert(flow_table_victim(&table, 10) == find(&table, 0));
    flow_table_touch(&table, find(&table, 2), LIST_CLOSED, 10);
    cr_assert(flow_table_victim(&table, 10) == find(&table, 2));
    flow_table_remove(&table, find(&table, 2));
    cr_assert(flow_table_victim(&table, 10) == find(&table, 0));
    flow_table_fini(&table);
}

Test(flow, a_flood_of_openings_pushes_out_openings)
{
    struct flow_table table;
    flow_table_init(&table, 32);
    for (uint32_t i = 0; i < 27; i++)
        add(&table, i, i);
    for (uint32_t i = 27; i < 32; i++)
        flow_table_touch(&table, add(&table, i, i), LIST_OPENING, i);
    cr_assert(flow_table_victim(&table, 40) == find(&table, 27), "five are more than an eighth");
    flow_table_remove(&table, find(&table, 27));
    cr_assert(flow_table_victim(&table, 40) == find(&table, 0), "four are not");
    flow_table_fini(&table);
}

Test(flow, openings_and_datagrams_have_a_part_of_the_places)
{
    struct flow_table table;
    flow_table_init(&table, 32);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert(flow_table_surplus(&table, LIST_OPENING) == NULL);
        flow_table_touch(&table, add(&table, i, i), LIST_OPENING, i);
    }
    cr_assert(flow_table_surplus(&table, LIST_OPENING) == find(&table, 0), "an eighth is full");
    for (uint32_t i = 4; i < 12; i++) {
        cr_assert(flow_table_surplus(&table, LIST_DATAGRAMS) == NULL);
        flow_table_touch(&table, add(&table, i, i), LIST_DATAGRAMS, i);
    }
    cr_assert(flow_table_surplus(&table, LIST_DATAGRAMS) == find(&table, 4), "a quarter is full");
    for (uint32_t i = 12; i < 31; i++)
        add(&table, i, i);
    cr_assert(flow_table_surplus(&table, LIST_CONNECTIONS) == NULL, "those may have all");
    flow_table_fini(&table);
}

Test(flow, one_that_had_packets_since_it_was_listed_is_passed_over)
{
    struct flow_table table;
    flow_table_init(&table, 4);
    for (uint32_t i = 0; i < 4; i++)
        add(&table, i, i);
    find(&table, 0)->last_ns = 50;
    flow_table_touch(&table, find(&table, 0), LIST_CONNECTIONS, 50);
    cr_assert(flow_table_oldest(&table, LIST_CONNECTIONS) == find(&table, 0), "not worth a move");
    cr_assert(flow_table_victim(&table, 60) == find(&table, 1));
    flow_table_touch(&table, find(&table, 1), LIST_CONNECTIONS, LIMIT_FLOW_ORDER_NS + 1);
    cr_assert(flow_table_oldest(&table, LIST_CONNECTIONS) == find(&table, 2));
    flow_table_fini(&table);
}

Test(flow, deadlines_come_in_order_and_only_the_last_set)
{
    struct flow_table table;
    struct deadlines deadlines = {0};
    flow_table_init(&table, 1000);
    for (uint32_t i = 0; i < 500; i++) {
        struct flow *flow = add(&table, i, 0);
        deadlines_set(&deadlines, flow, 1000000 + i);
        deadlines_set(&deadlines, flow, (int64_t)(i * 7919) % 500);
        deadlines_set(&deadlines, flow, 2000000); /* later: does nothing */
    }
    cr_assert(eq(i64, deadlines_next(&deadlines), 0));
    flow_table_remove(&table, find(&table, 0));
    struct flow *taken[DEADLINES_TAKEN];
    int64_t last = -1, step = 3;
    unsigned count = 0;
    for (int64_t now = 0; now < 1000; now += step) {
        if (now > 200)
            step = 250; /* more than are taken at once */
        for (size_t n; (n = deadlines_take(&deadlines, &table, now, taken)) > 0; count += n)
            for (size_t i = 0; i < n; i++) {
                int64_t due = (int64_t)((taken[i]->first_ordinal - 1) * 7919) % 500;
                cr_assert(due <= now && due > now - step && due >= last);
                cr_assert(eq(i64, taken[i]->due_ns, INT64_MAX));
                last = due;
            }
    }
    cr_assert(eq(uint, count, 499));
    cr_assert(deadlines_take(&deadlines, &table, INT64_MAX, taken) == 0,
              "overtaken ones do not come");
    deadlines_fini(&deadlines);
    flow_table_fini(&table);
}
