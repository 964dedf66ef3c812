/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * SQLite with one habit: the first failure sticks. Statements are run without asking after each;
 * whoever owns the database asks once, at the end.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

struct sql {
    sqlite3 *db;
    const char *name; /* of the file, for messages */
    bool failed;
    struct error error; /* the first failure */
};

void sql_fail(struct sql *sql);
void sql_run(struct sql *sql, const char *text);
sqlite3_stmt *sql_prepare(struct sql *sql, const char *text) MUST_USE;

/* A row that is being bound, column by column from the left. */
struct row {
    struct sql *sql;
    sqlite3_stmt *statement;
    int column; /* bound so far */
};

struct row row_begin(struct sql *sql, sqlite3_stmt *statement);
void row_null(struct row *row);
void row_number(struct row *row, int64_t value);
/* NULL where `value` is `absent`. */
void row_optional(struct row *row, int64_t value, int64_t absent);
/* Borrowed until the row is written: TEXT where it is UTF-8, else BLOB; absent is NULL. */
void row_text(struct row *row, struct slice text);
void row_words(struct row *row, const char *text); /* a string of ours; NULL is NULL */
void row_blob(struct row *row, struct slice octets);
/* Runs the statement and forgets the borrowed values; returns the id of the row it inserted. */
int64_t row_write(struct row *row);
