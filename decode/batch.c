/* SPDX-License-Identifier: MIT */
/* A list of what was told, in an arena that is used again. */

#include "decode/batch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "decode/limits.h"

enum { TELLINGS_AHEAD = 2 }; /* whose memory is on its way while one is told */

enum told { TOLD_EXCHANGE, TOLD_CONNECTION, TOLD_ASKED, TOLD_LOSS, TOLD_COVERAGE };

struct telling {
    struct telling *next;
    enum told what;
    union {
        struct exchange *exchange;
        const struct connection *connection;
        const struct asked *asked;
        const struct loss *loss;
        const struct coverage *coverage;
    };
};

struct decode_batch {
    struct arena arena;
    struct telling *first, **end;
    unsigned count;
    size_t octets; /* of the exchanges */
    struct exchange_list home;
};

struct decode_batch *decode_batch_new(void)
{
    struct decode_batch *batch = xcalloc(1, sizeof *batch);
    arena_init(&batch->arena, LIMIT_BATCH * sizeof(struct telling));
    batch->end = &batch->first;
    return batch;
}

void decode_batch_free(struct decode_batch *batch)
{
    if (!batch)
        return;
    exchange_list_free(&batch->home);
    arena_fini(&batch->arena);
    free(batch);
}

static struct telling *add(struct decode_batch *batch, enum told what)
{
    struct telling *telling = arena_alloc(&batch->arena, sizeof *telling);
    telling->next = NULL;
    telling->what = what;
    *batch->end = telling;
    batch->end = &telling->next;
    batch->count++;
    return telling;
}

static const void *copy(struct decode_batch *batch, const void *from, size_t size)
{
    return memcpy(arena_alloc(&batch->arena, size), from, size);
}

void decode_batch_exchange(void *context, struct exchange *exchange)
{
    struct decode_batch *batch = context;
    add(batch, TOLD_EXCHANGE)->exchange = exchange;
    batch->octets += exchange->arena.total;
}

void decode_batch_connection(void *context, const struct connection *connection)
{
    struct decode_batch *batch = context;
    struct connection kept = *connection;
    kept.tls_version = arena_copy(&batch->arena, kept.tls_version);
    kept.alpn = arena_copy(&batch->arena, kept.alpn);
    kept.server_name = arena_copy(&batch->arena, kept.server_name);
    add(batch, TOLD_CONNECTION)->connection = copy(batch, &kept, sizeof kept);
}

void decode_batch_asked(void *context, const struct asked *asked)
{
    struct decode_batch *batch = context;
    add(batch, TOLD_ASKED)->asked = copy(batch, asked, sizeof *asked);
}

void decode_batch_loss(void *context, const struct loss *loss)
{
    struct decode_batch *batch = context;
    add(batch, TOLD_LOSS)->loss = copy(batch, loss, sizeof *loss);
}

void decode_batch_coverage(void *context, const struct coverage *coverage)
{
    struct decode_batch *batch = context;
    struct coverage kept = *coverage;
    kept.server_name = arena_copy(&batch->arena, kept.server_name);
    add(batch, TOLD_COVERAGE)->coverage = copy(batch, &kept, sizeof kept);
}

bool decode_batch_is_full(const struct decode_batch *batch)
{
    return batch->count >= LIMIT_BATCH || batch->octets >= LIMIT_BATCH_OCTETS;
}

bool decode_batch_is_empty(const struct decode_batch *batch)
{
    return batch->count == 0;
}

static void tell(const struct telling *telling, const struct decode_sink *sink)
{
    switch (telling->what) {
    case TOLD_EXCHANGE:
        sink->exchange(sink->context, telling->exchange);
        break;
    case TOLD_CONNECTION:
        sink->connection(sink->context, telling->connection);
        break;
    case TOLD_ASKED:
        sink->asked(sink->context, telling->asked);
        break;
    case TOLD_LOSS:
        sink->loss(sink->context, telling->loss);
        break;
    case TOLD_COVERAGE:
        sink->coverage(sink->context, telling->coverage);
        break;
    }
}

/* Returns the one after it. */
static const struct telling *expect(const struct telling *telling)
{
    if (telling->what == TOLD_EXCHANGE)
        exchange_expect(telling->exchange);
    return telling->next;
}

void decode_batch_tell(const struct decode_batch *batch, const struct decode_sink *sink)
{
    /* Those to come were written long ago, perhaps by another core. */
    const struct telling *ahead = batch->first;
    for (unsigned n = 0; ahead && n < TELLINGS_AHEAD; n++)
        ahead = expect(ahead);
    for (const struct telling *t = batch->first; t; t = t->next) {
        if (ahead)
            ahead = expect(ahead);
        if (t->next && t->next->what == TOLD_EXCHANGE)
            exchange_expect_response(t->next->exchange);
        tell(t, sink);
    }
}

void decode_batch_return(struct decode_batch *batch, struct exchange_list *done)
{
    exchange_list_append(&batch->home, done);
}

void decode_batch_reset(struct decode_batch *batch)
{
    exchange_list_free(&batch->home);
    arena_reset(&batch->arena);
    batch->first = NULL;
    batch->end = &batch->first;
    batch->count = 0;
    batch->octets = 0;
}
