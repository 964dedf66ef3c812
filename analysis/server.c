/* SPDX-License-Identifier: MIT */
/*
 * Three tables whose entries are never freed while the program looks at them: a full table gives
 * its oldest entry a new key. Losses are kept as a few intervals in order; where there are too many
 * the two with the smallest distance become one, which only ever taints more.
 */

#include "analysis/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"

struct server_table {
    struct table servers, habits, families;
    struct server_counts counts;
    int64_t forgotten_ns; /* when a server was pushed out last; NEVER */
    struct server anywhere;
};

struct server *server_anywhere(struct server_table *table)
{
    return &table->anywhere;
}

struct server_table *server_table_new(void)
{
    struct server_table *table = xcalloc(1, sizeof *table);
    table_init(&table->servers);
    table_set_cap(&table->servers, LIMIT_SERVERS);
    table_init(&table->habits);
    table_set_cap(&table->habits, LIMIT_HABITS);
    table_init(&table->families);
    table_set_cap(&table->families, LIMIT_FAMILIES);
    table->forgotten_ns = NEVER;
    return table;
}

#define FREE_ALL(table_, type)                                                                     \
    for (struct entry *e = (table_)->oldest, *newer; e; e = newer) {                               \
        newer = e->newer;                                                                          \
        heap_give(ENTRY_OF(type, entry, e), sizeof(type));                                         \
    }                                                                                              \
    table_fini(table_)

void server_table_free(struct server_table *table)
{
    if (!table)
        return;
    FREE_ALL(&table->servers, struct server);
    FREE_ALL(&table->habits, struct habit);
    FREE_ALL(&table->families, struct family);
    free(table);
}

static uint64_t address_hash(const struct address *address)
{
    return hash64(slice_of(address, sizeof *address));
}

/* An entry for a new key: fresh, or the oldest one where the table is full. */
static void *entry_take(struct table *table, uint32_t cap, size_t size, uint64_t *evicted)
{
    if (table->count < cap)
        return heap_take(size);
    struct entry *oldest = table->oldest;
    table_remove(table, oldest);
    (*evicted)++;
    return oldest; /* `entry` stands first in all of them */
}

const struct server *server_find(const struct server_table *table, const struct address *address)
{
    for (struct entry *e = table_find(&table->servers, address_hash(address)); e;
         e = entry_again(e)) {
        const struct server *server = ENTRY_OF(struct server, entry, e);
        if (address_equal(&server->address, address))
            return server;
    }
    return NULL;
}

struct server *server_of(struct server_table *table, const struct address *address, int64_t now_ns)
{
    uint64_t hash = address_hash(address);
    for (struct entry *e = table_find(&table->servers, hash); e; e = entry_again(e)) {
        struct server *server = ENTRY_OF(struct server, entry, e);
        if (!address_equal(&server->address, address))
            continue;
        table_touch(&table->servers, e);
        return server;
    }
    uint64_t evicted = table->counts.servers_evicted;
    struct server *server =
        entry_take(&table->servers, LIMIT_SERVERS, sizeof *server, &table->counts.servers_evicted);
    if (table->counts.servers_evicted != evicted)
        table->forgotten_ns = now_ns;
    *server = (struct server){.address = *address, .date_seen_ns = NEVER, .deploy_from_ns = NEVER};
    table_add(&table->servers, &server->entry, hash);
    if (table->forgotten_ns != NEVER)
        server_add_loss(server, NEVER, table->forgotten_ns);
    return server;
}

struct habit *habit_of(struct server_table *table, const struct server *server, uint64_t pattern,
                       struct habit *last)
{
    if (last && last->server == server->entry.hash && last->pattern == pattern)
        return last;
    uint64_t hash = hash_mix(server->entry.hash, pattern);
    for (struct entry *e = table_find(&table->habits, hash); e; e = entry_again(e)) {
        struct habit *habit = ENTRY_OF(struct habit, entry, e);
        if (habit->server != server->entry.hash || habit->pattern != pattern)
            continue;
        table_touch(&table->habits, e);
        return habit;
    }
    struct habit *habit =
        entry_take(&table->habits, LIMIT_HABITS, sizeof *habit, &table->counts.habits_evicted);
    *habit = (struct habit){.server = server->entry.hash, .pattern = pattern};
    for (unsigned i = 0; i < DUE_FIELDS; i++)
        habit->carried_ns[i] = NEVER;
    table_add(&table->habits, &habit->entry, hash);
    return habit;
}

struct family *family_of(struct server_table *table, const struct server *server, uint64_t kind,
                         struct family *last)
{
    if (last && last->server == server->entry.hash && last->kind == kind)
        return last;
    uint64_t hash = hash_mix(server->entry.hash, kind);
    for (struct entry *e = table_find(&table->families, hash); e; e = entry_again(e)) {
        struct family *family = ENTRY_OF(struct family, entry, e);
        if (family->server != server->entry.hash || family->kind != kind)
            continue;
        table_touch(&table->families, e);
        return family;
    }
    struct family *family = entry_take(&table->families, LIMIT_FAMILIES, sizeof *family,
                                       &table->counts.families_evicted);
    *family = (struct family){.server = server->entry.hash, .kind = kind};
    table_add(&table->families, &family->entry, hash);
    return family;
}

static void interval_remove(struct server *server, uint32_t at)
{
    assert(at < server->n_losses);
    server->n_losses--;
    memmove(&server->losses[at], &server->losses[at + 1],
            (server->n_losses - at) * sizeof server->losses[0]);
}

/* Distance of an interval to the next; NEVER and the like must not overflow. */
static uint64_t distance(const struct interval *a, const struct interval *b)
{
    return (uint64_t)b->from_ns - (uint64_t)a->until_ns;
}

static void join_closest(struct server *server)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i + 1 < server->n_losses; i++)
        if (distance(&server->losses[i], &server->losses[i + 1]) <
            distance(&server->losses[best], &server->losses[best + 1]))
            best = i;
    server->losses[best].until_ns = server->losses[best + 1].until_ns;
    interval_remove(server, best + 1);
}

void server_add_loss(struct server *server, int64_t from_ns, int64_t until_ns)
{
    if (until_ns < from_ns)
        until_ns = from_ns;
    uint32_t at = 0;
    while (at < server->n_losses && server->losses[at].until_ns < from_ns)
        at++;
    while (at < server->n_losses && server->losses[at].from_ns <= until_ns) { /* they touch */
        if (server->losses[at].from_ns < from_ns)
            from_ns = server->losses[at].from_ns;
        if (server->losses[at].until_ns > until_ns)
            until_ns = server->losses[at].until_ns;
        interval_remove(server, at);
    }
    if (server->n_losses == LIMIT_LOSSES) {
        join_closest(server);
        server_add_loss(server, from_ns, until_ns); /* once more, and now there is room */
        return;
    }
    memmove(&server->losses[at + 1], &server->losses[at],
            (server->n_losses - at) * sizeof server->losses[0]);
    server->losses[at] = (struct interval){from_ns, until_ns};
    server->n_losses++;
}

bool server_lost(const struct server *server, int64_t from_ns, int64_t until_ns)
{
    for (uint32_t i = 0; i < server->n_losses; i++)
        if (server->losses[i].from_ns <= until_ns && server->losses[i].until_ns >= from_ns)
            return true;
    return false;
}

static int64_t skew_of(const struct server *server, uint32_t enough)
{
    enum { WORTH_MS = 2000 };
    if (server->skew_ms.count < enough)
        return 0;
    int64_t behind_ms = median_of(&server->skew_ms, 0);
    if (behind_ms <= WORTH_MS && behind_ms >= -WORTH_MS)
        return 0;
    return -(behind_ms / 1000);
}

int64_t server_skew_s(const struct server *server)
{
    return skew_of(server, 5);
}

int64_t server_may_lag_s(const struct server *server)
{
    int64_t skew_s = skew_of(server, 1);
    return skew_s < 0 ? -skew_s : 0;
}

struct server_counts server_table_counts(const struct server_table *table)
{
    return table->counts;
}
