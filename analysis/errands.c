/* SPDX-License-Identifier: MIT */
/* The table of such connections. Of others, only the second exchange is looked up. */

#include "analysis/errands.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/hash.h"

struct errand_table {
    struct table table;
    uint64_t cap, evicted;
};

struct errand_table *errand_table_new(uint64_t cap)
{
    struct errand_table *t = xcalloc(1, sizeof *t);
    t->cap = cap;
    table_init(&t->table);
    return t;
}

static void forget(struct errand_table *t, struct errand *errand)
{
    table_remove(&t->table, &errand->entry);
    free(errand);
}

void errand_table_free(struct errand_table *table)
{
    if (!table)
        return;
    while (table->table.oldest)
        forget(table, ENTRY_OF(struct errand, entry, table->table.oldest));
    table_fini(&table->table);
    free(table);
}

static struct errand *find(const struct errand_table *t, uint64_t connection)
{
    for (struct entry *e = table_find(&t->table, hash_mix(connection, 0)); e; e = entry_again(e))
        if (ENTRY_OF(struct errand, entry, e)->connection == connection)
            return ENTRY_OF(struct errand, entry, e);
    return NULL;
}

static struct errand *begin(struct errand_table *t, uint64_t connection, uint64_t id)
{
    if (t->table.count >= t->cap) {
        forget(t, ENTRY_OF(struct errand, entry, t->table.oldest));
        t->evicted++;
    }
    struct errand *errand = xcalloc(1, sizeof *errand);
    errand->connection = connection;
    errand->exchange_id = id;
    table_add(&t->table, &errand->entry, hash_mix(connection, 0));
    return errand;
}

static void add(struct errand *errand, const struct exchange *x)
{
    errand->exchanges++;
    errand->found_ns = x->finished_ns;
    errand->octets += x->request.header_bytes + x->request.body_bytes + x->response.header_bytes +
                      x->response.body_bytes;
}

void errand_note(struct errand_table *table, const struct exchange *x, uint64_t id)
{
    bool is_one = x->status == 304 && x->ending == ENDED_COMPLETE && exchange_is_paired(x);
    if (LIKELY(x->index > ERRAND_EXCHANGES) || !x->connection.began_in_capture)
        return;
    if (x->index == 0) {
        if (is_one)
            add(begin(table, x->connection.id, id), x);
        return;
    }
    struct errand *errand = find(table, x->connection.id);
    if (!errand)
        return;
    if (is_one && x->index < ERRAND_EXCHANGES)
        add(errand, x);
    else
        forget(table, errand);
}

bool errand_take(struct errand_table *table, uint64_t connection, struct errand *errand)
{
    struct errand *found = find(table, connection);
    if (!found)
        return false;
    *errand = *found;
    forget(table, found);
    return true;
}

uint64_t errand_table_evicted(const struct errand_table *table)
{
    return table->evicted;
}
