/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A finished database that is read again, through its views. Like writing, reading has a failure that
 * sticks: a query that fails has no rows, and audit_close() tells.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"
#include "reports/options/options.h"

struct audit {
    sqlite3 *db;
    const char *path;
    bool is_redacted; /* a copy (redaction.h); what it was made of is the schema `whole` */
    bool failed;
    struct error error;
};

/* False and ERROR_INPUT where it is no database of ours, or of a newer program. */
bool audit_open(struct audit *audit, const char *path, struct error *error) MUST_USE;
/* One that is being written by this process: opened while that may still be done, and the last to
 * be closed. */
bool audit_open_growing(struct audit *audit, const char *path, struct error *error) MUST_USE;
/* Opens a second audit beside it, as the schema `name`; false as audit_open(). */
bool audit_attach(struct audit *audit, const char *path, const char *name,
                  struct error *error) MUST_USE;
/* False and *error where a query failed. */
bool audit_close(struct audit *audit, struct error *error) MUST_USE;

/* The rows of a query, one after the other. */
struct query {
    struct audit *audit;
    sqlite3_stmt *statement;
};

struct query query_begin(struct audit *audit, const char *text);
void query_bind(struct query *query, int parameter, int64_t value);
void query_bind_word(struct query *query, int parameter, const char *word); /* that stays */
bool query_next(struct query *query); /* false at the end, and the query is gone */
void query_end(struct query *query);  /* before its end */

/* Columns from 0; borrowed until the next row. Absent where NULL. */
struct slice query_text(const struct query *query, int column);
/* The same as a string without NUL octets, for words of ours; "" where NULL. */
const char *query_word(const struct query *query, int column);
int64_t query_number(const struct query *query, int column);
bool query_is_null(const struct query *query, int column);

/* Takes over what SQLite last said, where nothing failed before. */
void audit_fail(struct audit *audit);

/* Statements without rows, or whose rows nobody asks for: of the schema `temp`, since the file is
 * open for reading only. */
void audit_run(struct audit *audit, const char *text);

/* The single number that a query gives; 0 where it gives none. */
int64_t audit_number(struct audit *audit, const char *text);

/* Is --fail-on met? */
bool audit_is_failing(struct audit *audit, const struct fail_on *fail_on);
bool audit_fails(const char *path, const struct fail_on *fail_on, bool *fails,
                 struct error *error) MUST_USE;
