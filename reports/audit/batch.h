/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Rows of one table that wait, and are inserted several at a time by one statement: to begin and
 * end a statement takes SQLite as long as a row. They lie in memory of ours, and SQLite reads them
 * from there as from a table (a virtual one, which the file knows nothing of): "INSERT INTO
 * exchange SELECT * FROM rows_0". To bind a value is a store; parameters of a statement cost ten
 * times that.
 *
 * Rows that wait are in no table yet, until batch_flush(). Failures stick to `sql` (sql.h).
 */

#include "base/arena.h"
#include "base/slice.h"
#include "reports/audit/sql.h"

struct batch {
    struct sql *sql;
    sqlite3_stmt *insert; /* all the rows that wait */
    struct value *values; /* row by row, LIMIT_ROWS_PER_BATCH of them */
    struct arena texts;   /* of the rows that wait */
    int columns, rows;    /* of a row; that wait */
    int64_t written;      /* rows, with those that wait: the latest's id if SQLite gives the ids */
    int64_t highest;      /* id by batch_row_of() */
};

/* `into` is the statement up to its rows, "INSERT INTO table". `sql` must outlive the batch, and
 * the batch must stay where it is. */
void batch_init(struct batch *batch, struct sql *sql, const char *into, int columns);
/* Goes on in a table that has rows already. */
void batch_continue(struct batch *batch, const char *table);
void batch_fini(struct batch *batch); /* what still waits is lost */
void batch_flush(struct batch *batch);

/* The next row, to be filled by the verbs of sql.h. */
struct row batch_row(struct batch *batch);

/* The same for a table whose first column is an id that we give: mostly the one after the latest.
 */
struct row batch_row_of(struct batch *batch, int64_t id);

/* For those verbs: a copy that lives as long as the row waits. */
struct value batch_octets(struct batch *batch, struct slice octets, int kind);
int64_t batch_write(struct batch *batch, int columns);
