/* SPDX-License-Identifier: MIT */
/* A list of what was told, in an arena that is used again. */

#include "reports/audit/rows_batch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "reports/limits.h"

enum told {
    TOLD_EXCHANGE,
    TOLD_PAIR,
    TOLD_FINDING,
    TOLD_CHECK,
    TOLD_WHAT_IF,
    TOLD_WAITS,
    TOLD_CONNECTION,
    TOLD_COVERAGE
};

struct pair {
    uint64_t inner_id, outer_id;
};

struct waits {
    uint64_t exchange_id;
    bool is_so;
};

struct telling {
    struct telling *next;
    enum told what;
    union {
        struct assessed *assessed;
        const struct finding *finding;
        const struct check *check;
        const struct what_if *what_if;
        const struct connection *connection;
        const struct coverage *coverage;
        const struct pair *pair;
        const struct waits *waits;
    };
};

struct rows_batch {
    struct arena arena;
    struct telling *first, **end;
    unsigned count;
    struct exchange_list home;
};

struct rows_batch *rows_batch_new(void)
{
    struct rows_batch *batch = xcalloc(1, sizeof *batch);
    arena_init(&batch->arena, LIMIT_ROWS_AHEAD * sizeof(struct assessed));
    batch->end = &batch->first;
    return batch;
}

void rows_batch_free(struct rows_batch *batch, struct exchange_list *home)
{
    if (!batch)
        return;
    exchange_list_append(home, &batch->home);
    arena_fini(&batch->arena);
    free(batch);
}

/* ---- filling ---- */

static struct telling *add(struct rows_batch *batch, enum told what)
{
    struct telling *telling = arena_alloc(&batch->arena, sizeof *telling);
    telling->next = NULL;
    telling->what = what;
    *batch->end = telling;
    batch->end = &telling->next;
    batch->count++;
    return telling;
}

static void *copy(struct rows_batch *batch, const void *from, size_t size)
{
    return memcpy(arena_alloc(&batch->arena, size), from, size);
}

static void keep(struct rows_batch *batch, struct slice *text)
{
    *text = arena_copy(&batch->arena, *text);
}

void rows_batch_exchange(struct rows_batch *batch, const struct assessed *assessed)
{
    struct assessed *kept = copy(batch, assessed, sizeof *assessed);
    keep(batch, &kept->client_key);
    keep(batch, &kept->forwarded_for);
    keep(batch, &kept->host);
    keep(batch, &kept->url);
    keep(batch, &kept->url_pattern);
    add(batch, TOLD_EXCHANGE)->assessed = kept;
}

void rows_batch_pair(struct rows_batch *batch, uint64_t inner_id, uint64_t outer_id)
{
    struct pair pair = {inner_id, outer_id};
    add(batch, TOLD_PAIR)->pair = copy(batch, &pair, sizeof pair);
}

void rows_batch_finding(struct rows_batch *batch, const struct finding *finding)
{
    struct finding *kept = copy(batch, finding, sizeof *finding);
    keep(batch, &kept->message);
    keep(batch, &kept->request_head);
    keep(batch, &kept->response_head);
    keep(batch, &kept->reference_request_head);
    keep(batch, &kept->reference_response_head);
    add(batch, TOLD_FINDING)->finding = kept;
}

void rows_batch_check(struct rows_batch *batch, const struct check *check)
{
    add(batch, TOLD_CHECK)->check = copy(batch, check, sizeof *check);
}

void rows_batch_what_if(struct rows_batch *batch, const struct what_if *what_if)
{
    add(batch, TOLD_WHAT_IF)->what_if = copy(batch, what_if, sizeof *what_if);
}

void rows_batch_waits(struct rows_batch *batch, uint64_t exchange_id, bool waits)
{
    struct waits said = {exchange_id, waits};
    add(batch, TOLD_WAITS)->waits = copy(batch, &said, sizeof said);
}

void rows_batch_connection(struct rows_batch *batch, const struct connection *connection)
{
    struct connection *kept = copy(batch, connection, sizeof *connection);
    keep(batch, &kept->tls_version);
    keep(batch, &kept->alpn);
    keep(batch, &kept->server_name);
    add(batch, TOLD_CONNECTION)->connection = kept;
}

void rows_batch_coverage(struct rows_batch *batch, const struct coverage *coverage)
{
    struct coverage *kept = copy(batch, coverage, sizeof *coverage);
    keep(batch, &kept->server_name);
    add(batch, TOLD_COVERAGE)->coverage = kept;
}

bool rows_batch_is_full(const struct rows_batch *batch)
{
    return batch->count >= LIMIT_ROWS_AHEAD || batch->arena.total >= LIMIT_ROWS_AHEAD_OCTETS;
}

bool rows_batch_is_empty(const struct rows_batch *batch)
{
    return batch->count == 0;
}

/* ---- telling ---- */

static void tell(const struct telling *telling, struct database *database)
{
    switch (telling->what) {
    case TOLD_EXCHANGE:
        database_exchange(database, telling->assessed);
        break;
    case TOLD_PAIR:
        database_pair(database, telling->pair->inner_id, telling->pair->outer_id);
        break;
    case TOLD_FINDING:
        database_finding(database, telling->finding);
        break;
    case TOLD_CHECK:
        database_check(database, telling->check);
        break;
    case TOLD_WHAT_IF:
        database_what_if(database, telling->what_if);
        break;
    case TOLD_WAITS:
        database_waits(database, telling->waits->exchange_id, telling->waits->is_so);
        break;
    case TOLD_CONNECTION:
        database_connection(database, telling->connection);
        break;
    case TOLD_COVERAGE:
        database_coverage(database, telling->coverage);
        break;
    }
}

void rows_batch_tell(const struct rows_batch *batch, struct database *database)
{
    for (const struct telling *t = batch->first; t; t = t->next) {
        if (t->next && t->next->what == TOLD_EXCHANGE)
            exchange_expect(t->next->assessed->exchange); /* another core read it */
        tell(t, database);
    }
}

void rows_batch_return(struct rows_batch *batch, struct exchange_list *done)
{
    exchange_list_append(&batch->home, done);
}

void rows_batch_reset(struct rows_batch *batch, struct exchange_list *home)
{
    exchange_list_append(home, &batch->home);
    arena_reset(&batch->arena);
    batch->first = NULL;
    batch->end = &batch->first;
    batch->count = 0;
}
