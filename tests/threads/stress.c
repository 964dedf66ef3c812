/* SPDX-License-Identifier: MIT */
/*
 * Threads under stress, for the thread sanitizer, which criterion does not start under: exchanges
 * are made here, looked at by one stage, which keeps some of them for a while, looked at by
 * another, and come home to be freed; all three hash. Nothing may be lost, changed or out of order.
 *
 * usage: stress [EXCHANGES]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/hash.h"
#include "pipeline/stage.h"
#include "decode/batch.h"
#include "reports/audit/rows_batch.h"

#define KEPT 300 /* exchanges that the middle keeps: more than a batch has */

struct line {
    struct stage *middle, *last;
    struct decode_batch *told;

    /* of the middle */
    struct exchange *kept[KEPT];
    uint64_t met, hashes;
    struct sheaf *sheaf;
    struct exchange_list done;

    /* of the last */
    uint64_t written, sum;
    const char *wrong;
};

/* What crosses to the last: pointers to exchanges that the middle may have freed. */
struct sheaf {
    unsigned n;
    const struct exchange *of[100];
    struct exchange_list home;
};

static struct exchange *make(uint64_t number)
{
    char text[32];
    struct exchange *x = exchange_new();
    int length = snprintf(text, sizeof text, "/%" PRIu64, number);
    x->finished_ordinal = number;
    x->target = arena_copy(&x->arena, slice_of(text, (size_t)length));
    if (number % 7 == 0)
        arena_zalloc(&x->arena, 5000); /* a second block */
    return x;
}

static void hand_on(struct line *line)
{
    struct exchange_list freed = exchange_gathered();
    exchange_list_append(&line->sheaf->home, &freed);
    stage_give(line->last, line->sheaf);
    line->sheaf = stage_take(line->last);
    exchange_list_append(&line->done, &line->sheaf->home);
    line->sheaf->n = 0;
}

static void on_exchange(void *context, struct exchange *x)
{
    struct line *line = context;
    struct exchange **place = &line->kept[line->met++ % KEPT];
    line->hashes ^= hash64(x->target);
    if (line->sheaf->n == COUNT_OF(line->sheaf->of))
        hand_on(line);
    line->sheaf->of[line->sheaf->n++] = x;
    if (x->finished_ordinal % 3) {
        exchange_free(x);
        return;
    }
    exchange_free(*place);
    *place = x;
}

static void on_connection(void *context, const struct connection *connection)
{
    struct line *line = context;
    line->hashes ^= hash64(connection->server_name);
}

static void begin_middle(void *context)
{
    struct line *line = context;
    exchange_gather();
    line->sheaf = stage_take(line->last);
}

static void work_in_middle(void *context, void *batch)
{
    struct line *line = context;
    const struct decode_sink sink = {
        .context = line, .exchange = on_exchange, .connection = on_connection};
    decode_batch_tell(batch, &sink);
    decode_batch_return(batch, &line->done);
}

static void end_middle(void *context)
{
    struct line *line = context;
    for (unsigned i = 0; i < KEPT; i++)
        exchange_free(line->kept[i]);
    hand_on(line);
    struct exchange_list freed = exchange_gathered();
    exchange_list_append(&line->done, &freed);
}

static void work_at_last(void *context, void *batch)
{
    struct line *line = context;
    const struct sheaf *sheaf = batch;
    char text[32];
    for (unsigned i = 0; i < sheaf->n; i++) {
        const struct exchange *x = sheaf->of[i];
        uint64_t number = ++line->written;
        int length = snprintf(text, sizeof text, "/%" PRIu64, number);
        if (x->finished_ordinal != number)
            line->wrong = "out of order";
        if (!slice_equal(x->target, slice_of(text, (size_t)length)))
            line->wrong = "changed";
        line->sum ^= hash64(x->target);
    }
}

static void run(struct line *line, uint64_t exchanges)
{
    uint64_t hashes = 0;
    for (uint64_t number = 1; number <= exchanges; number++) {
        struct exchange *x = make(number);
        hashes ^= hash64(x->target);
        if (decode_batch_is_full(line->told)) {
            stage_give(line->middle, line->told);
            line->told = stage_take(line->middle);
            decode_batch_reset(line->told);
        }
        decode_batch_exchange(line->told, x);
        if (number % 5)
            continue;
        decode_batch_connection(line->told, &(struct connection){.server_name = SLICE("shop")});
        hashes ^= hash64(SLICE("shop"));
    }
    stage_give(line->middle, line->told);
    stage_free(line->middle);
    stage_free(line->last);
    if (!line->wrong && (line->written != exchanges || line->hashes != hashes))
        line->wrong = "lost";
}

int main(int n, char **words)
{
    static struct line line;
    static struct sheaf sheaves[STAGE_BATCHES];
    void *to_middle[STAGE_BATCHES], *to_last[STAGE_BATCHES];
    uint64_t exchanges = n > 1 ? strtoull(words[1], NULL, 10) : 200000;
    for (unsigned i = 0; i < STAGE_BATCHES; i++) {
        to_middle[i] = decode_batch_new();
        to_last[i] = &sheaves[i];
    }
    line.last = stage_new(&(struct stage_hooks){.context = &line, .work = work_at_last}, to_last);
    line.middle = stage_new(&(struct stage_hooks){&line, begin_middle, work_in_middle, end_middle},
                            to_middle);
    line.told = stage_take(line.middle);
    run(&line, exchanges);
    for (unsigned i = 0; i < STAGE_BATCHES; i++) {
        decode_batch_free(to_middle[i]);
        exchange_list_append(&line.done, &sheaves[i].home);
    }
    exchange_list_free(&line.done);
    printf("%" PRIu64 " exchanges: %s\n", line.written, line.wrong ? line.wrong : "all well");
    return line.wrong != NULL;
}
