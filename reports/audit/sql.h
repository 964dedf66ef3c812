/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * SQLite with one habit: the first failure sticks. Statements are run without asking after each;
 * whoever owns the database asks once, at the end.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

struct batch;

struct sql {
    sqlite3 *db;
    const char *name; /* of the file, for messages */
    unsigned batches; /* made so far */
    bool failed;
    bool no_room;       /* and it is the disk that is full */
    struct error error; /* the first failure */
};

void sql_fail(struct sql *sql);
/* The number in the first column of the first row; 0 where there is none. */
int64_t sql_number(struct sql *sql, const char *query);
void sql_run(struct sql *sql, const char *text);
/* Runs a statement to its end, and makes it ready to be run again. */
void sql_step(struct sql *sql, sqlite3_stmt *statement);
sqlite3_stmt *sql_prepare(struct sql *sql, const char *text) MUST_USE;

/* What a column of a row that waits holds (batch.h). */
struct value {
    union {
        int64_t number;
        const uint8_t *octets;
    };
    uint32_t len;
    enum { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_BLOB } kind;
};
_Static_assert(sizeof(struct value) == 16, "four to a cache line");

/* A row that is being bound, column by column from the left: to a statement of its own, or as one
 * of those that a batch inserts together (batch.h). */
struct row {
    struct sql *sql;
    sqlite3_stmt *statement; /* NULL: it goes into the batch */
    struct batch *batch;
    struct value *values; /* the batch's, for this row */
    int column;           /* bound so far */
    int columns;          /* of a row of the batch */
};

/* For the verbs below: the next column of a row of a batch. */
static inline struct value *row_value(struct row *row)
{
    assert(row->column < row->columns);
    return &row->values[row->column++];
}

struct row row_begin(struct sql *sql, sqlite3_stmt *statement);
void row_bind_null(struct row *row);
void row_bind_number(struct row *row, int64_t value);

static inline void row_null(struct row *row)
{
    if (row->values)
        row_value(row)->kind = VALUE_NULL;
    else
        row_bind_null(row);
}

static inline void row_number(struct row *row, int64_t value)
{
    if (row->values)
        *row_value(row) = (struct value){.number = value, .kind = VALUE_NUMBER};
    else
        row_bind_number(row, value);
}

/* NULL where `value` is `absent`. */
static inline void row_optional(struct row *row, int64_t value, int64_t absent)
{
    if (value == absent)
        row_null(row);
    else
        row_number(row, value);
}

/* Borrowed until row_write(): TEXT where it is UTF-8, else BLOB; absent is NULL. */
void row_text(struct row *row, struct slice text);
void row_words(struct row *row, const char *text); /* a string of ours; NULL is NULL */
void row_blob(struct row *row, struct slice octets);
/* Runs the statement, now or with its batch, and forgets the borrowed values; returns the id of the
 * row it inserted; of a batch's row, its number. */
int64_t row_write(struct row *row);
