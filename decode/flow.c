/* SPDX-License-Identifier: MIT */
/*
 * How flows are found and in which order they are forgotten. A slot of the table holds 32 bits of
 * the hash beside the index, so that a look-up touches one line of the table and the flow it finds.
 * The hash is seeded (nobody can prepare collisions); nothing that is told depends on it.
 */

#include "decode/flow.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/pool.h"
#include "decode/limits.h"

/* Of all shards of a thread, which fill large pages together. */
static _Thread_local struct pool flow_blocks = POOL_OF(struct flow[FLOW_BLOCK]);

void flow_key_fill(struct flow_key *key, const struct segment *segment, unsigned sender)
{
    *key = (struct flow_key){.ip_protocol = segment->ip_protocol, .family = segment->source.family};
    memcpy(key->address[sender], segment->source.octets, 16);
    memcpy(key->address[!sender], segment->destination.octets, 16);
    key->port[sender] = segment->source_port;
    key->port[!sender] = segment->destination_port;
}

unsigned flow_key_of(const struct segment *segment, struct flow_key *key)
{
    int order = memcmp(segment->source.octets, segment->destination.octets, 16);
    if (order == 0)
        order = (int)segment->source_port - (int)segment->destination_port;
    unsigned sender = order > 0;
    flow_key_fill(key, segment, sender);
    return sender;
}

uint64_t flow_key_hash_stable(const struct flow_key *key)
{
    return hash64_stable(slice_of(key, sizeof *key));
}

uint32_t flow_key_tag(const struct flow_key *key)
{
    return (uint32_t)hash64(slice_of(key, sizeof *key));
}

static void slots_clear(struct flow_table *table, uint32_t count)
{
    table->slots = heap_take(count * sizeof *table->slots);
    for (uint32_t i = 0; i < count; i++)
        table->slots[i] = (struct flow_slot){0, FLOW_NONE};
    table->mask = count - 1;
}

void flow_table_init(struct flow_table *table, uint32_t max)
{
    *table = (struct flow_table){.max = max ? max : 1, .free = FLOW_NONE};
    for (unsigned i = 0; i < FLOW_LISTS; i++)
        table->newest[i] = table->oldest[i] = FLOW_NONE;
    slots_clear(table, 64);
}

void flow_table_fini(struct flow_table *table)
{
    for (uint32_t i = 0; i < table->n_blocks; i++)
        pool_give(&flow_blocks, table->blocks[i]);
    free(table->blocks);
    heap_give(table->slots, (table->mask + 1) * sizeof *table->slots);
}

void flow_table_expect(const struct flow_table *table, uint32_t tag)
{
    __builtin_prefetch(&table->slots[tag & table->mask]);
}

struct flow *flow_table_expect_flow(const struct flow_table *table, uint32_t tag, bool all)
{
    const struct flow_slot *slot = &table->slots[tag & table->mask];
    if (slot->index == FLOW_NONE || slot->tag != tag)
        return NULL;
    struct flow *flow = flow_at(table, slot->index);
    size_t octets = all ? sizeof *flow : offsetof(struct flow, due_ns);
    expect_lines(flow, octets);
    return flow;
}

struct flow *flow_table_find(const struct flow_table *table, const struct flow_key *key,
                             uint32_t tag)
{
    for (uint32_t at = tag & table->mask; table->slots[at].index != FLOW_NONE;
         at = (at + 1) & table->mask) {
        if (table->slots[at].tag != tag)
            continue;
        struct flow *flow = flow_at(table, table->slots[at].index);
        if (memcmp(&flow->key, key, sizeof *key) == 0)
            return flow;
    }
    return NULL;
}

static void slots_insert(struct flow_table *table, struct flow_slot slot)
{
    uint32_t at = slot.tag & table->mask;
    while (table->slots[at].index != FLOW_NONE)
        at = (at + 1) & table->mask;
    table->slots[at] = slot;
}

static void slots_grow(struct flow_table *table)
{
    struct flow_slot *old = table->slots;
    uint32_t count = table->mask + 1;
    slots_clear(table, count * 2);
    for (uint32_t i = 0; i < count; i++)
        if (old[i].index != FLOW_NONE)
            slots_insert(table, old[i]);
    heap_give(old, count * sizeof *old);
}

/* Linear probing without tombstones: what follows the hole moves into it, as long as that is not
 * before its own place. */
static void slots_remove(struct flow_table *table, const struct flow *flow)
{
    uint32_t mask = table->mask, hole = flow->tag & mask;
    while (table->slots[hole].index != flow->index)
        hole = (hole + 1) & mask;
    for (uint32_t at = (hole + 1) & mask; table->slots[at].index != FLOW_NONE;
         at = (at + 1) & mask) {
        uint32_t home = table->slots[at].tag & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].index = FLOW_NONE;
}

static void list_unlink(struct flow_table *table, struct flow *flow)
{
    table->listed[flow->list]--;
    if (flow->newer == FLOW_NONE)
        table->newest[flow->list] = flow->older;
    else
        flow_at(table, flow->newer)->older = flow->older;
    if (flow->older == FLOW_NONE)
        table->oldest[flow->list] = flow->newer;
    else
        flow_at(table, flow->older)->newer = flow->newer;
}

static void list_push(struct flow_table *table, struct flow *flow, enum flow_list list,
                      int64_t clock_ns)
{
    table->listed[list]++;
    flow->list = (uint8_t)list;
    flow->listed_ns = clock_ns;
    flow->newer = FLOW_NONE;
    flow->older = table->newest[list];
    if (flow->older == FLOW_NONE)
        table->oldest[list] = flow->index;
    else
        flow_at(table, flow->older)->newer = flow->index;
    table->newest[list] = flow->index;
}

static void add_block(struct flow_table *table)
{
    struct flow *block = pool_take(&flow_blocks);
    table->blocks = xrealloc(table->blocks, (table->n_blocks + 1) * sizeof *table->blocks);
    table->blocks[table->n_blocks] = block;
    for (uint32_t i = FLOW_BLOCK; i-- > 0;) {
        block[i].index = table->n_blocks * FLOW_BLOCK + i;
        block[i].active = NULL; /* as in all that are not in use: who looks at all may skip them */
        block[i].older = table->free;
        table->free = block[i].index;
    }
    table->n_blocks++;
}

struct flow *flow_table_add(struct flow_table *table, const struct flow_key *key, uint32_t tag,
                            enum flow_list list, int64_t clock_ns)
{
    assert(!flow_table_is_full(table));
    if (table->free == FLOW_NONE)
        add_block(table);
    struct flow *flow = flow_at(table, table->free);
    table->free = flow->older;
    *flow = (struct flow){
        .key = *key, .index = flow->index, .tag = tag, .due_ns = INT64_MAX, .row = FLOW_NONE};
    if (++table->count > (table->mask + 1) / 2)
        slots_grow(table);
    slots_insert(table, (struct flow_slot){flow->tag, flow->index});
    list_push(table, flow, list, clock_ns);
    return flow;
}

void flow_table_touch(struct flow_table *table, struct flow *flow, enum flow_list list,
                      int64_t clock_ns)
{
    if (flow->list == list && clock_ns - flow->listed_ns < LIMIT_FLOW_ORDER_NS)
        return;
    list_unlink(table, flow);
    list_push(table, flow, list, clock_ns);
}

struct flow *flow_table_oldest(const struct flow_table *table, enum flow_list list)
{
    return table->oldest[list] == FLOW_NONE ? NULL : flow_at(table, table->oldest[list]);
}

/* How many flows of the list there may be. */
static uint32_t part_of(const struct flow_table *table, enum flow_list list)
{
    uint32_t part = list == LIST_OPENING     ? table->max / LIMIT_OPENING_PART
                    : list == LIST_DATAGRAMS ? table->max / LIMIT_DATAGRAMS_PART
                                             : table->max;
    return part ? part : 1;
}

struct flow *flow_table_surplus(const struct flow_table *table, enum flow_list list)
{
    return table->listed[list] < part_of(table, list) ? NULL : flow_table_oldest(table, list);
}

/* Lists are in order to within LIMIT_FLOW_ORDER_NS only, which a flood of new flows may undercut: a
 * flow that had packets since it was listed is passed over a few times. */
struct flow *flow_table_victim(struct flow_table *table, int64_t clock_ns)
{
    struct flow *closed = flow_table_oldest(table, LIST_CLOSED);
    if (closed)
        return closed;
    struct flow *connection = flow_table_oldest(table, LIST_CONNECTIONS), *other = NULL;
    for (enum flow_list list = LIST_OPENING; list <= LIST_DATAGRAMS; list++) {
        struct flow *oldest = flow_table_oldest(table, list);
        if (table->listed[list] > part_of(table, list))
            return oldest;
        if (oldest && (!other || oldest->listed_ns < other->listed_ns))
            other = oldest;
    }
    if (!connection || (other && other->listed_ns <= connection->listed_ns))
        return other;
    for (unsigned i = 0; i < 8 && connection->last_ns > connection->listed_ns; i++) {
        list_unlink(table, connection);
        list_push(table, connection, LIST_CONNECTIONS, clock_ns);
        connection = flow_table_oldest(table, LIST_CONNECTIONS);
    }
    return connection;
}

void flow_table_remove(struct flow_table *table, struct flow *flow)
{
    slots_remove(table, flow);
    list_unlink(table, flow);
    flow->older = table->free;
    flow->first_ordinal = 0; /* queued deadlines know it by this */
    table->free = flow->index;
    table->count--;
}
