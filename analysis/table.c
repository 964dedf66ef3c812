/* SPDX-License-Identifier: MIT */
/* Chained buckets, doubled as they fill, and one list through all entries in the order of use. */

#include "analysis/table.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { FIRST_BUCKETS = 64 };

void table_init(struct table *table)
{
    *table = (struct table){.mask = FIRST_BUCKETS - 1};
    table->buckets = xcalloc(FIRST_BUCKETS, sizeof(struct entry *));
}

void table_set_cap(struct table *table, uint64_t cap)
{
    table->relaxed = (uint32_t)(cap / 2);
}

void table_fini(struct table *table)
{
    free(table->buckets);
    *table = (struct table){0};
}

static struct entry *skip_others(struct entry *entry, uint64_t hash)
{
    while (entry && entry->hash != hash)
        entry = entry->next;
    return entry;
}

struct entry *table_find(const struct table *table, uint64_t hash)
{
    return skip_others(table->buckets[hash & table->mask], hash);
}

struct entry *entry_again(const struct entry *entry)
{
    return skip_others(entry->next, entry->hash);
}

static void grow(struct table *table)
{
    uint32_t mask = table->mask * 2 + 1;
    struct entry **buckets = xcalloc((size_t)mask + 1, sizeof(struct entry *));
    for (struct entry *e = table->oldest; e; e = e->newer) {
        e->next = buckets[e->hash & mask];
        buckets[e->hash & mask] = e;
    }
    free(table->buckets);
    table->buckets = buckets;
    table->mask = mask;
}

static void append(struct table *table, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = table->newest;
    if (table->newest)
        table->newest->newer = entry;
    else
        table->oldest = entry;
    table->newest = entry;
}

static void unlink_from_order(struct table *table, struct entry *entry)
{
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        table->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        table->newest = entry->older;
}

void table_add(struct table *table, struct entry *entry, uint64_t hash)
{
    if (table->count > table->mask / 2) /* short chains: each link is a cache miss */
        grow(table);
    entry->hash = hash;
    entry->next = table->buckets[hash & table->mask];
    table->buckets[hash & table->mask] = entry;
    append(table, entry);
    table->count++;
}

void table_remove(struct table *table, struct entry *entry)
{
    struct entry **at = &table->buckets[entry->hash & table->mask];
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    unlink_from_order(table, entry);
    table->count--;
}

void table_touch(struct table *table, struct entry *entry)
{
    if (table->count < table->relaxed || table->newest == entry)
        return;
    unlink_from_order(table, entry);
    append(table, entry);
}
