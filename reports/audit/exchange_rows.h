/* SPDX-License-Identifier: MIT */
#pragma once
/* An exchange as rows: itself, and the rows of what repeats. */

#include "analysis/analysis.h"
#include "reports/audit/batch.h"
#include "reports/privacy/privacy.h"

struct exchange_rows;

/* Prepares the statements; `sql` and `privacy` must outlive it. */
struct exchange_rows *exchange_rows_new(struct sql *sql, const struct privacy *privacy);
void exchange_rows_free(struct exchange_rows *rows); /* accepts NULL */

/* Goes on in tables that have rows already. */
void exchange_rows_continue(struct exchange_rows *rows);

/* Rows are inserted several at a time: now those that wait. */
/* From here on no row is met that was written before; the last of each of these tables (url,
 * requester, condition, response, moment). */
#define EXCHANGE_ROWS_TEXTS 5
void exchange_rows_begin_epoch(struct exchange_rows *rows, int64_t last[EXCHANGE_ROWS_TEXTS]);
void exchange_rows_flush(struct exchange_rows *rows);

void exchange_rows_write(struct exchange_rows *rows, const struct assessed *assessed);

/* Sees to it that the connection has its row of addresses. */
void exchange_rows_link(struct exchange_rows *rows, const struct connection_facts *facts);

/* What a connection came to, in place of what was said of it before. */
void exchange_rows_connection(struct exchange_rows *rows, const struct connection *connection);

/* Times in microseconds, rounded towards the past. */
static inline int64_t microseconds(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}
