/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * SQLite with one habit: the first failure sticks. Statements are run without asking after each;
 * whoever owns the database asks once, at the end.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

struct sql {
    sqlite3 *db;
    const char *name; /* of the file, for messages */
    bool failed;
    bool no_room; /* and it is the disk that is full */
    struct error error; /* the first failure */
};

void sql_fail(struct sql *sql);
/* The number in the first column of the first row; 0 where there is none. */
int64_t sql_number(struct sql *sql, const char *query);
void sql_run(struct sql *sql, const char *text);
sqlite3_stmt *sql_prepare(struct sql *sql, const char *text) MUST_USE;

/* Rows of one table that are inserted several at a time: to begin and end a statement takes SQLite
 * as long as a row. Rows that wait are in no table yet, until batch_flush(). */
struct batch {
    struct sql *sql;
    sqlite3_stmt *insert; /* up to LIMIT_ROWS_PER_BATCH rows, how many is its last parameter */
    struct arena texts;   /* of the rows that wait */
    int columns, rows;    /* of a row; that wait */
    int64_t written;      /* rows, with those that wait: the latest's id if SQLite gives the ids */
};

/* `into` is the statement up to its rows, "INSERT INTO table"; `sql` must outlive the batch. */
void batch_init(struct batch *batch, struct sql *sql, const char *into, int columns);
/* Goes on in a table that has rows already. */
void batch_continue(struct batch *batch, const char *table);
void batch_fini(struct batch *batch); /* what still waits is lost */
void batch_flush(struct batch *batch);

/* A row that is being bound, column by column from the left. */
struct row {
    struct sql *sql;
    sqlite3_stmt *statement;
    struct batch *batch; /* NULL: it is run on its own */
    int column;          /* bound so far, of all the statement's */
};

struct row row_begin(struct sql *sql, sqlite3_stmt *statement);
struct row row_begin_in(struct batch *batch);
void row_null(struct row *row);
void row_number(struct row *row, int64_t value);
/* NULL where `value` is `absent`. */
void row_optional(struct row *row, int64_t value, int64_t absent);
/* Borrowed until row_write(): TEXT where it is UTF-8, else BLOB; absent is NULL. */
void row_text(struct row *row, struct slice text);
void row_words(struct row *row, const char *text); /* a string of ours; NULL is NULL */
void row_blob(struct row *row, struct slice octets);
/* Runs the statement, now or with its batch, and forgets the borrowed values; returns the id of the
 * row it inserted; of a batch's row, its number. */
int64_t row_write(struct row *row);
