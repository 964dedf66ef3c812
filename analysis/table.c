/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with linear probing, at most half full, and one list through all entries in the
 * order of use. A slot has the whole hash beside the entry, so that a search touches one line of
 * the table and the entry it finds, and nothing else. Entries with equal hashes share a slot, the
 * newest first.
 */

#include "analysis/table.h"

#include "base/heap.h"

enum { FIRST_SLOTS = 64 };

static struct table_slot *slots_new(uint32_t mask)
{
    return heap_take_zeroed(((size_t)mask + 1) * sizeof(struct table_slot));
}

static void slots_free(struct table_slot *slots, uint32_t mask)
{
    heap_give(slots, ((size_t)mask + 1) * sizeof *slots);
}

void table_init(struct table *table)
{
    *table = (struct table){.mask = FIRST_SLOTS - 1};
    table->slots = slots_new(table->mask);
}

void table_set_cap(struct table *table, uint64_t cap)
{
    table->relaxed = (uint32_t)(cap / 2);
}

void table_fini(struct table *table)
{
    slots_free(table->slots, table->mask);
    *table = (struct table){0};
}

/* The slot of that hash, or the free one where it belongs. */
static struct table_slot *slot_of(const struct table *table, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & table->mask;
    while (table->slots[at].entry && table->slots[at].hash != hash)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

struct entry *table_find(const struct table *table, uint64_t hash)
{
    return slot_of(table, hash)->entry;
}

static void grow(struct table *table)
{
    struct table_slot *old = table->slots;
    uint32_t old_mask = table->mask;
    table->mask = old_mask * 2 + 1;
    table->slots = slots_new(table->mask);
    for (uint32_t i = 0; i <= old_mask; i++)
        if (old[i].entry)
            *slot_of(table, old[i].hash) = old[i];
    slots_free(old, old_mask);
}

/* Without tombstones: what follows the hole moves into it, as long as that is not before its own
 * place. */
static void slot_clear(struct table *table, struct table_slot *slot)
{
    uint32_t mask = table->mask, hole = (uint32_t)(slot - table->slots);
    for (uint32_t at = (hole + 1) & mask; table->slots[at].entry; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)table->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].entry = NULL;
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
    if (table->count > table->mask / 2)
        grow(table);
    struct table_slot *slot = slot_of(table, hash);
    entry->hash = hash;
    entry->next = slot->entry;
    *slot = (struct table_slot){hash, entry};
    append(table, entry);
    table->count++;
}

void table_remove(struct table *table, struct entry *entry)
{
    struct table_slot *slot = slot_of(table, entry->hash);
    struct entry **at = &slot->entry;
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    if (!slot->entry)
        slot_clear(table, slot);
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
