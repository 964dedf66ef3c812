/* SPDX-License-Identifier: MIT */
/* The table behind coverage: few rows, found by the hash of their four texts. */

#include "decode/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

void coverage_init(struct coverage_table *table, uint32_t names_max)
{
    *table = (struct coverage_table){.mask = 31, .names_max = names_max};
    arena_init(&table->names, 1024);
    table->slots = xcalloc(table->mask + 1, sizeof *table->slots);
}

void coverage_fini(struct coverage_table *table)
{
    arena_fini(&table->names);
    free(table->rows);
    free(table->slots);
}

static int text_compare(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int slice_compare(struct slice a, struct slice b)
{
    if (!a.at || !b.at)
        return (a.at != NULL) - (b.at != NULL);
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int row_compare(const void *left, const void *right)
{
    const struct coverage *a = left, *b = right;
    int order = text_compare(a->transport, b->transport);
    if (!order)
        order = text_compare(a->protocol, b->protocol);
    if (!order)
        order = slice_compare(a->server_name, b->server_name);
    return order ? order : text_compare(a->reason, b->reason);
}

static uint64_t row_hash(const struct coverage *row)
{
    uint64_t h =
        hash_mix(hash64(slice_of_text(row->transport)), hash64(slice_of_text(row->protocol)));
    if (row->server_name.at)
        h = hash_mix(h, hash64(row->server_name));
    return row->reason ? hash_mix(h, hash64(slice_of_text(row->reason))) : h;
}

/* The slot of the row with that key, or the empty one where it belongs. */
static uint32_t *slot_of(const struct coverage_table *table, const struct coverage *key)
{
    uint32_t at = (uint32_t)row_hash(key) & table->mask;
    while (table->slots[at] && row_compare(&table->rows[table->slots[at] - 1], key) != 0)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

static void grow(struct coverage_table *table)
{
    table->room = table->room ? table->room * 2 : 16;
    table->rows = xrealloc(table->rows, table->room * sizeof *table->rows);
    free(table->slots);
    table->mask = table->room * 2 - 1;
    table->slots = xcalloc(table->mask + 1, sizeof *table->slots);
    for (uint32_t i = 0; i < table->count; i++)
        *slot_of(table, &table->rows[i]) = i + 1;
}

static const char *keep_text(struct coverage_table *table, const char *text)
{
    return text ? (const char *)arena_copy(&table->names, slice_of(text, strlen(text) + 1)).at
                : NULL;
}

static uint32_t row_add(struct coverage_table *table, const struct coverage *key)
{
    if (table->count == table->room)
        grow(table);
    table->rows[table->count] = (struct coverage){
        .transport = keep_text(table, key->transport),
        .protocol = keep_text(table, key->protocol),
        .server_name = arena_copy(&table->names, key->server_name),
        .reason = keep_text(table, key->reason),
    };
    table->server_names += key->server_name.at != NULL;
    *slot_of(table, key) = ++table->count;
    return table->count - 1;
}

uint32_t coverage_row(struct coverage_table *table, const char *transport, const char *protocol,
                      struct slice server_name, const char *reason)
{
    struct coverage key = {transport, protocol, server_name, reason, 0, 0, 0, 0, 0};
    uint32_t row = *slot_of(table, &key);
    if (row)
        return row - 1;
    if (server_name.at && table->server_names >= table->names_max) {
        table->names_dropped++;
        key.server_name = SLICE_ABSENT;
        row = *slot_of(table, &key);
        if (row)
            return row - 1;
    }
    return row_add(table, &key);
}

void coverage_merge(struct coverage_table *into, const struct coverage_table *from)
{
    into->names_dropped += from->names_dropped;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct coverage *row = &from->rows[i];
        uint32_t index =
            coverage_row(into, row->transport, row->protocol, row->server_name, row->reason);
        struct coverage *sum = &into->rows[index];
        sum->connections += row->connections;
        sum->packets += row->packets;
        sum->bytes += row->bytes;
        sum->unseen_bytes += row->unseen_bytes;
        sum->exchanges += row->exchanges;
    }
}

void coverage_each(struct coverage_table *table,
                   void (*each)(void *context, const struct coverage *coverage), void *context)
{
    if (table->count)
        qsort(table->rows, table->count, sizeof *table->rows, row_compare);
    for (uint32_t i = 0; i < table->count; i++)
        if (table->rows[i].packets || table->rows[i].unseen_bytes)
            each(context, &table->rows[i]);
}

const char *transport_name(uint8_t ip_protocol)
{
    switch (ip_protocol) {
    case 1:
        return "icmp";
    case 2:
        return "igmp";
    case 6:
        return "tcp";
    case 17:
        return "udp";
    case 33:
        return "dccp";
    case 47:
        return "gre";
    case 50:
        return "esp";
    case 51:
        return "ah";
    case 58:
        return "icmpv6";
    case 89:
        return "ospf";
    case 103:
        return "pim";
    case 112:
        return "vrrp";
    case 132:
        return "sctp";
    default:
        return "ip";
    }
}
