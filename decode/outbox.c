/* SPDX-License-Identifier: MIT */
/* The order of what becomes known in one tick. */

#include "decode/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_of_unsigned(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int exchange_compare(const void *left, const void *right)
{
    const struct exchange *a = *(struct exchange *const *)left;
    const struct exchange *b = *(struct exchange *const *)right;
    int order = order_of(a->finished_ns, b->finished_ns);
    if (!order)
        order = order_of_unsigned(a->finished_ordinal, b->finished_ordinal);
    if (!order)
        order = order_of_unsigned(a->connection.id, b->connection.id);
    return order ? order : order_of_unsigned(a->index, b->index);
}

static int asked_compare(const void *left, const void *right)
{
    const struct asked *a = left, *b = right;
    return memcmp(&a->server, &b->server, sizeof a->server);
}

static int loss_compare(const void *left, const void *right)
{
    const struct loss *a = left, *b = right;
    int order = memcmp(&a->server, &b->server, sizeof a->server);
    if (!order)
        order = order_of(a->from_ns, b->from_ns);
    return order ? order : order_of(a->until_ns, b->until_ns);
}

static int connection_compare(const void *left, const void *right)
{
    const struct connection *a = left, *b = right;
    return order_of_unsigned(a->facts.id, b->facts.id);
}

/* Room for one more element of `size` octets. */
static void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    return xrealloc(array, *room * size);
}

static void take_exchange(void *context, struct exchange *exchange)
{
    struct outbox *outbox = context;
    if (!outbox->keeps) {
        outbox->to->exchange(outbox->to->context, exchange);
        return;
    }
    outbox->exchanges = grown(outbox->exchanges, outbox->n_exchanges, &outbox->room_exchanges,
                              sizeof(struct exchange *));
    outbox->exchanges[outbox->n_exchanges++] = exchange;
}

static void take_asked(void *context, const struct asked *asked)
{
    struct outbox *outbox = context;
    if (!outbox->keeps) {
        outbox->to->asked(outbox->to->context, asked);
        return;
    }
    outbox->asked =
        grown(outbox->asked, outbox->n_asked, &outbox->room_asked, sizeof *outbox->asked);
    outbox->asked[outbox->n_asked++] = *asked;
}

static void take_loss(void *context, const struct loss *loss)
{
    struct outbox *outbox = context;
    if (!outbox->keeps) {
        outbox->to->loss(outbox->to->context, loss);
        return;
    }
    outbox->losses =
        grown(outbox->losses, outbox->n_losses, &outbox->room_losses, sizeof *outbox->losses);
    outbox->losses[outbox->n_losses++] = *loss;
}

static void take_connection(void *context, const struct connection *connection)
{
    struct outbox *outbox = context;
    if (!outbox->keeps) {
        outbox->to->connection(outbox->to->context, connection);
        return;
    }
    outbox->connections = grown(outbox->connections, outbox->n_connections,
                                &outbox->room_connections, sizeof *outbox->connections);
    outbox->connections[outbox->n_connections++] = *connection;
}

void outbox_init(struct outbox *outbox, const struct decode_sink *to)
{
    *outbox = (struct outbox){
        .to = to,
        .from = {outbox, take_exchange, take_connection, take_asked, take_loss, NULL},
    };
}

void outbox_fini(struct outbox *outbox)
{
    free(outbox->exchanges);
    free(outbox->asked);
    free(outbox->losses);
    free(outbox->connections);
}

void outbox_keep(struct outbox *outbox)
{
    outbox->keeps = true;
}

static void sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(array, count, size, compare);
}

void outbox_pass(struct outbox *outbox)
{
    const struct decode_sink *to = outbox->to;
    outbox->keeps = false;
    sort(outbox->exchanges, outbox->n_exchanges, sizeof(struct exchange *), exchange_compare);
    sort(outbox->asked, outbox->n_asked, sizeof *outbox->asked, asked_compare);
    sort(outbox->losses, outbox->n_losses, sizeof *outbox->losses, loss_compare);
    sort(outbox->connections, outbox->n_connections, sizeof *outbox->connections,
         connection_compare);
    for (size_t i = 0; i < outbox->n_asked; i++)
        to->asked(to->context, &outbox->asked[i]);
    for (size_t i = 0; i < outbox->n_exchanges; i++)
        to->exchange(to->context, outbox->exchanges[i]);
    for (size_t i = 0; i < outbox->n_losses; i++)
        to->loss(to->context, &outbox->losses[i]);
    for (size_t i = 0; i < outbox->n_connections; i++)
        to->connection(to->context, &outbox->connections[i]);
    outbox->n_asked = outbox->n_exchanges = outbox->n_losses = outbox->n_connections = 0;
}
