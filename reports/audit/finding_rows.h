/* SPDX-License-Identifier: MIT */
#pragma once
/* A finding as rows: itself, the issue it is folded into, and the heads that prove it. */

#include "analysis/analysis.h"
#include "reports/reports.h"
#include "reports/audit/batch.h"

struct exchange_rows;
struct finding_rows;

/* Prepares the statements; `sql` must outlive it, and `exchanges`, among which it looks up what
 * findings accuse, and `privacy`. */
struct finding_rows *finding_rows_new(struct sql *sql, struct exchange_rows *exchanges,
                                      enum heads_policy heads, const struct privacy *privacy);
void finding_rows_free(struct finding_rows *rows); /* accepts NULL */

/* Goes on in tables that have rows already. */
void finding_rows_continue(struct finding_rows *rows);

/* Rows are inserted several at a time: now those that wait. */
/* Exchanges up to that one may be there no more: a finding that accuses one of them all the same is
 * only counted. */
void finding_rows_let_go(struct finding_rows *rows, int64_t exchange_id);
/* Heads of issues are kept anew, since those that were kept may go. */
void finding_rows_begin_epoch(struct finding_rows *rows);
void finding_rows_flush(struct finding_rows *rows);

/* Remembers where an exchange belongs, and under HEADS_ALL keeps its heads. Each exchange is seen
 * here before the findings that accuse it. */
void finding_rows_exchange(struct finding_rows *rows, const struct assessed *assessed);

void finding_rows_write(struct finding_rows *rows, const struct finding *finding);
