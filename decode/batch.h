/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What decode tells, kept to be told again in another thread: exchanges, connections, who is
 * asked, losses and rows of coverage, in their order. One thread fills a batch, another tells it, and it goes back to
 * the first with the exchanges that the second has done with: memory stays with the thread that
 * took it.
 */

#include <stdbool.h>

#include "decode/decode.h"

struct decode_batch;

struct decode_batch *decode_batch_new(void) MUST_USE;
void decode_batch_free(struct decode_batch *batch); /* accepts NULL; as decode_batch_reset() */

/* As the calls of decode_sink; `context` is the batch. Exchanges are carried, all else is copied.
 */
void decode_batch_exchange(void *context, struct exchange *exchange);
void decode_batch_connection(void *context, const struct connection *connection);
void decode_batch_asked(void *context, const struct asked *asked);
void decode_batch_loss(void *context, const struct loss *loss);
void decode_batch_coverage(void *context, const struct coverage *coverage);

/* It is time to hand it on. */
bool decode_batch_is_full(const struct decode_batch *batch);
bool decode_batch_is_empty(const struct decode_batch *batch);

/* Tells all of it. The sink takes the exchanges. */
void decode_batch_tell(const struct decode_batch *batch, const struct decode_sink *sink);

/* These exchanges go home with the batch; empties the list. */
void decode_batch_return(struct decode_batch *batch, struct exchange_list *done);

/* In the thread that fills it: frees what came home, and empties the batch. */
void decode_batch_reset(struct decode_batch *batch);
