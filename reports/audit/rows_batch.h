/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the database is told, kept to be told in another thread: one fills a batch, another tells it
 * to the database, and it goes back to the first with the exchanges that nobody needs any more.
 */

#include <stdbool.h>

#include "analysis/analysis.h"
#include "decode/decode.h"
#include "reports/reports.h"

struct rows_batch;

struct rows_batch *rows_batch_new(void) MUST_USE;
/* Accepts NULL. Appends what came back, as rows_batch_reset(). */
void rows_batch_free(struct rows_batch *batch, struct exchange_list *home);

/* As database_exchange() and the others. All is copied but exchanges, which must stay as they are
 * until rows_batch_tell() has returned. */
void rows_batch_exchange(struct rows_batch *batch, const struct assessed *assessed);
void rows_batch_pair(struct rows_batch *batch, uint64_t inner_id, uint64_t outer_id);
void rows_batch_finding(struct rows_batch *batch, const struct finding *finding);
void rows_batch_check(struct rows_batch *batch, const struct check *check);
void rows_batch_waits(struct rows_batch *batch, uint64_t exchange_id, bool waits);
void rows_batch_what_if(struct rows_batch *batch, const struct what_if *what_if);
void rows_batch_connection(struct rows_batch *batch, const struct connection *connection);
void rows_batch_coverage(struct rows_batch *batch, const struct coverage *coverage);

/* It is time to hand it on. */
bool rows_batch_is_full(const struct rows_batch *batch);
bool rows_batch_is_empty(const struct rows_batch *batch);

/* Tells all of it, in its order. */
void rows_batch_tell(const struct rows_batch *batch, struct database *database);

/* These exchanges go back with the batch; empties the list. */
void rows_batch_return(struct rows_batch *batch, struct exchange_list *done);

/* In the thread that fills it: empties it, and appends what came back to `home`. */
void rows_batch_reset(struct rows_batch *batch, struct exchange_list *home);
