/* SPDX-License-Identifier: MIT */
#include "decode/batch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <string.h>

#include "decode/limits.h"

/* What a batch told: a letter for each. */
struct heard {
    char order[16];
    size_t n;
    struct exchange *exchange;
    struct connection connection;
    struct asked asked;
    struct loss loss;
    struct coverage coverage;
    char name[16];
};

static void hear(struct heard *heard, char what)
{
    heard->order[heard->n++] = what;
}

static void on_exchange(void *context, struct exchange *exchange)
{
    hear(context, 'x');
    ((struct heard *)context)->exchange = exchange;
}

static void keep_name(struct heard *heard, struct slice name)
{
    cr_assert(name.len < sizeof heard->name);
    memcpy(heard->name, name.at, name.len);
    heard->name[name.len] = '\0';
}

static void on_connection(void *context, const struct connection *connection)
{
    struct heard *heard = context;
    hear(heard, 'c');
    heard->connection = *connection;
    keep_name(heard, connection->server_name);
}

static void on_asked(void *context, const struct asked *asked)
{
    hear(context, 'a');
    ((struct heard *)context)->asked = *asked;
}

static void on_loss(void *context, const struct loss *loss)
{
    hear(context, 'l');
    ((struct heard *)context)->loss = *loss;
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    struct heard *heard = context;
    hear(heard, 'v');
    heard->coverage = *coverage;
    keep_name(heard, coverage->server_name);
}

static struct heard told(const struct decode_batch *batch)
{
    struct heard heard = {.n = 0};
    decode_batch_tell(batch, &(struct decode_sink){&heard, on_exchange, on_connection, on_asked,
                                                   on_loss, on_coverage});
    return heard;
}

Test(decode_batch, tells_everything_in_its_order)
{
    struct decode_batch *batch = decode_batch_new();
    struct exchange *x = exchange_new();
    cr_expect(decode_batch_is_empty(batch));
    decode_batch_loss(batch, &(struct loss){.from_ns = 3, .until_ns = 5});
    decode_batch_asked(batch, &(struct asked){{.family = 6}});
    decode_batch_exchange(batch, x);
    decode_batch_connection(batch, &(struct connection){.packets = 7, .server_name = SLICE("c")});
    decode_batch_coverage(batch, &(struct coverage){.bytes = 9, .server_name = SLICE("v")});
    cr_expect(not(decode_batch_is_empty(batch)));
    struct heard heard = told(batch);
    cr_expect(eq(str, heard.order, "laxcv"));
    cr_expect(heard.exchange == x);
    cr_expect(heard.asked.server.family == 6);
    cr_expect(heard.loss.from_ns == 3 && heard.loss.until_ns == 5);
    cr_expect(heard.connection.packets == 7 && heard.coverage.bytes == 9);
    decode_batch_reset(batch);
    cr_expect(decode_batch_is_empty(batch));
    cr_expect(eq(sz, told(batch).n, 0));
    exchange_free(x);
    decode_batch_free(batch);
}

Test(decode_batch, keeps_texts_that_were_borrowed)
{
    struct decode_batch *batch = decode_batch_new();
    char name[] = "example";
    decode_batch_connection(batch,
                            &(struct connection){.server_name = slice_of(name, strlen(name))});
    memset(name, 'x', sizeof name - 1);
    struct heard heard = told(batch);
    cr_expect(eq(str, heard.name, "example"));
    cr_expect(slice_is_absent(heard.connection.alpn), "absent stays absent");
    decode_batch_free(batch);
}

Test(decode_batch, is_full_at_its_limits)
{
    struct decode_batch *batch = decode_batch_new();
    for (unsigned i = 0; i < LIMIT_BATCH; i++) {
        cr_assert(not(decode_batch_is_full(batch)));
        decode_batch_loss(batch, &(struct loss){.from_ns = i});
    }
    cr_expect(decode_batch_is_full(batch));
    decode_batch_reset(batch);
    cr_expect(not(decode_batch_is_full(batch)));

    struct exchange *large = exchange_new();
    arena_alloc(&large->arena, LIMIT_BATCH_OCTETS);
    decode_batch_exchange(batch, large);
    cr_expect(decode_batch_is_full(batch), "heads may be large");
    exchange_free(large);
    decode_batch_free(batch);
}

struct elsewhere {
    struct decode_batch *batch;
    struct exchange *of[3];
};

/* Another thread frees exchanges, and the batch takes them along in two goes. */
static void *free_elsewhere(void *context)
{
    struct elsewhere *e = context;
    exchange_gather();
    exchange_free(e->of[0]);
    exchange_free(e->of[1]);
    exchange_free(NULL);
    struct exchange_list list = exchange_gathered();
    cr_expect(list.first == e->of[0] && list.last == e->of[1]);
    decode_batch_return(e->batch, &list);
    cr_expect(list.first == NULL);
    exchange_free(e->of[2]);
    list = exchange_gathered();
    decode_batch_return(e->batch, &list);
    list = exchange_gathered();
    cr_expect(list.first == NULL);
    return NULL;
}

Test(decode_batch, brings_home_what_was_freed)
{
    pthread_t thread;
    struct elsewhere e = {decode_batch_new(), {exchange_new(), exchange_new(), exchange_new()}};
    cr_assert(pthread_create(&thread, NULL, free_elsewhere, &e) == 0);
    pthread_join(thread, NULL);
    cr_expect(e.of[0]->next == e.of[1] && e.of[1]->next == e.of[2] && e.of[2]->next == NULL);
    decode_batch_reset(e.batch); /* frees them: the leak sanitizer would tell */
    decode_batch_free(e.batch);
}
