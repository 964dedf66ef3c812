/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A hash table of entries that lie inside other structs, which also knows in what order they were
 * last used. What grows from the wire is kept in one of these: whoever adds sees to the cap and
 * takes `oldest` out. No result depends on the order of the slots.
 */

#include <stddef.h>
#include <stdint.h>

struct entry {
    struct entry *next; /* with the same hash */
    struct entry *older, *newer;
    uint64_t hash;
};

struct table_slot {
    uint64_t hash;
    struct entry *entry; /* the newest of that hash; NULL: free */
};

struct table {
    struct table_slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t count;
    uint32_t relaxed; /* with fewer entries than that their order of use does not matter yet */
    struct entry *oldest, *newest;
};

/* The struct that holds an entry. */
#define ENTRY_OF(type, member, pointer) ((type *)((char *)(pointer)-offsetof(type, member)))

void table_init(struct table *table);
/* It will be kept below that many entries. */
void table_set_cap(struct table *table, uint64_t cap);
/* Gives the slots back; the entries belong to whoever added them. */
void table_fini(struct table *table);

/* The first entry with that hash, and the one after it; NULL where there is none. */
struct entry *table_find(const struct table *table, uint64_t hash);
static inline struct entry *entry_again(const struct entry *entry)
{
    return entry->next;
}

/* That hash is going to be searched: brings nearer where, then what is found, in two steps with
 * something else to do between them. A search costs two misses of the cache otherwise, in turn. */
static inline void table_expect(const struct table *table, uint64_t hash)
{
    __builtin_prefetch(&table->slots[hash & table->mask], 1);
}

static inline void table_expect_entry(const struct table *table, uint64_t hash)
{
    const struct table_slot *slot = &table->slots[hash & table->mask];
    if (slot->hash != hash || !slot->entry)
        return;
    __builtin_prefetch(slot->entry, 1);
    __builtin_prefetch((const char *)slot->entry + 64, 1);
    __builtin_prefetch((const char *)slot->entry + 128, 1);
}

/* Adds as the newest. */
void table_add(struct table *table, struct entry *entry, uint64_t hash);
void table_remove(struct table *table, struct entry *entry);
/* It was used: it is the newest now. While the table is less than half full nothing will be pushed
 * out soon, and the order stays as it is. */
void table_touch(struct table *table, struct entry *entry);
