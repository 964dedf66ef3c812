/* SPDX-License-Identifier: MIT */
/* The table of bodies by client and digest. */

#include "analysis/copies.h"

#include <stdlib.h>

#include "base/alloc.h"

struct copy_table {
    struct table table;
    uint64_t cap, evicted;
};

struct copy_table *copy_table_new(uint64_t cap)
{
    struct copy_table *t = xcalloc(1, sizeof *t);
    t->cap = cap;
    table_init(&t->table);
    table_set_cap(&t->table, cap);
    return t;
}

static void forget_oldest(struct copy_table *t)
{
    struct entry *oldest = t->table.oldest;
    table_remove(&t->table, oldest);
    free(ENTRY_OF(struct copy, entry, oldest));
}

void copy_table_free(struct copy_table *table)
{
    if (!table)
        return;
    while (table->table.oldest)
        forget_oldest(table);
    table_fini(&table->table);
    free(table);
}

struct copy *copy_of(struct copy_table *table, uint64_t client, struct digest body)
{
    const uint64_t pair[] = {client, body.low};
    uint64_t hash = hash64(slice_of(pair, sizeof pair));
    for (struct entry *e = table_find(&table->table, hash); e; e = entry_again(e)) {
        struct copy *known = ENTRY_OF(struct copy, entry, e);
        if (known->client != client || !digest_equal(known->body, body))
            continue;
        table_touch(&table->table, e);
        return known;
    }
    if (table->table.count >= table->cap) {
        forget_oldest(table);
        table->evicted++;
    }
    struct copy *copy = xcalloc(1, sizeof *copy);
    copy->client = client;
    copy->body = body;
    table_add(&table->table, &copy->entry, hash);
    return copy;
}

uint64_t copy_table_evicted(const struct copy_table *table)
{
    return table->evicted;
}
