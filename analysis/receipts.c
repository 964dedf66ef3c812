/* SPDX-License-Identifier: MIT */
/* The table of receipts: who got what of which URL. */

#include "analysis/receipts.h"

#include <stdlib.h>

#include "base/alloc.h"

struct receipt_table {
    struct table table;
    uint64_t cap, evicted;
    void (*forget)(void *context, struct tally *tally);
    void *context;
};

struct receipt_table *receipt_table_new(void (*forget)(void *context, struct tally *tally),
                                        void *context, uint64_t cap)
{
    struct receipt_table *t = xcalloc(1, sizeof *t);
    t->forget = forget;
    t->context = context;
    t->cap = cap;
    table_init(&t->table);
    table_set_cap(&t->table, cap);
    return t;
}

void receipt_table_free(struct receipt_table *table)
{
    if (!table)
        return;
    while (table->table.oldest) {
        struct entry *oldest = table->table.oldest;
        table_remove(&table->table, oldest);
        free(ENTRY_OF(struct receipt, entry, oldest));
    }
    table_fini(&table->table);
    free(table);
}

/* Clients' ids come from the wire unseeded, so the pair is hashed anew. */
static uint64_t hash_of(uint64_t client, uint64_t serial)
{
    const uint64_t pair[] = {client, serial};
    return hash64(slice_of(pair, sizeof pair));
}

static struct receipt *find(struct receipt_table *t, uint64_t client, uint64_t serial,
                            uint64_t hash)
{
    for (struct entry *e = table_find(&t->table, hash); e; e = entry_again(e)) {
        struct receipt *r = ENTRY_OF(struct receipt, entry, e);
        if (r->client != client || r->resource != serial)
            continue;
        table_touch(&t->table, e);
        return r;
    }
    return NULL;
}

static void forget_oldest(struct receipt_table *t)
{
    struct receipt *oldest = ENTRY_OF(struct receipt, entry, t->table.oldest);
    if (oldest->errors.first)
        t->forget(t->context, &oldest->errors);
    if (oldest->cuts.first)
        t->forget(t->context, &oldest->cuts);
    table_remove(&t->table, &oldest->entry);
    free(oldest);
    t->evicted++;
}

struct receipt *receipt_find(struct receipt_table *table, uint64_t client,
                             const struct resource *resource)
{
    if (!resource->has_receipts)
        return NULL;
    return find(table, client, resource->serial, hash_of(client, resource->serial));
}

struct receipt *receipt_of(struct receipt_table *table, uint64_t client, struct resource *resource)
{
    uint64_t hash = hash_of(client, resource->serial);
    struct receipt *known = find(table, client, resource->serial, hash);
    if (known)
        return known;
    if (table->table.count >= table->cap)
        forget_oldest(table);
    struct receipt *r = xcalloc(1, sizeof *r);
    r->client = client;
    r->resource = resource->serial;
    r->skipped_ns = NEVER;
    resource->has_receipts = true;
    table_add(&table->table, &r->entry, hash);
    return r;
}

uint64_t receipt_table_evicted(const struct receipt_table *table)
{
    return table->evicted;
}
