/* SPDX-License-Identifier: MIT */
/* Binding, stepping, several rows at a time, and the failure that sticks. */

#include "reports/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/limits.h"

/* A full disk, a quota or a limit of file sizes: what may be otherwise in a moment. SQLite has
 * words for the first alone; of the others its last system call tells. */
static bool lacks_room(sqlite3 *db, int reason)
{
    int code = sqlite3_errcode(db);
    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT || reason == EFBIG));
}

void sql_fail(struct sql *sql)
{
    if (sql->failed)
        return;
    sql->failed = true;
    sql->no_room = sql->db && lacks_room(sql->db, errno);
    error_set(&sql->error, ERROR_OUTPUT, "cannot write %s: %s", sql->name,
              sql->db ? sqlite3_errmsg(sql->db) : "out of memory");
}

void sql_run(struct sql *sql, const char *text)
{
    if (!sql->failed && sqlite3_exec(sql->db, text, NULL, NULL, NULL) != SQLITE_OK)
        sql_fail(sql);
}

int64_t sql_number(struct sql *sql, const char *query)
{
    sqlite3_stmt *statement = sql_prepare(sql, query);
    int64_t number = 0;
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    if (sqlite3_finalize(statement) != SQLITE_OK)
        sql_fail(sql);
    return number;
}

sqlite3_stmt *sql_prepare(struct sql *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;
    if (!sql->failed && sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                           NULL) != SQLITE_OK)
        sql_fail(sql);
    return statement;
}

/* "INSERT ... SELECT ?,? UNION ALL SELECT ?,? ... LIMIT ?": a statement for any number of rows. */
void batch_init(struct batch *batch, struct sql *sql, const char *into, int columns)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    sqlite3_str_appendall(text, into);
    for (int i = 0; i < columns * LIMIT_ROWS_PER_BATCH; i++)
        sqlite3_str_appendall(text, i == 0             ? " SELECT ?"
                                    : i % columns == 0 ? " UNION ALL SELECT ?"
                                                       : ",?");
    sqlite3_str_appendall(text, " LIMIT ?");
    char *insert = sqlite3_str_finish(text);
    *batch = (struct batch){.sql = sql, .insert = sql_prepare(sql, insert), .columns = columns};
    arena_init(&batch->texts, 8192);
    sqlite3_free(insert);
}

void batch_continue(struct batch *batch, const char *table)
{
    char query[80];
    snprintf(query, sizeof query, "SELECT max(id) FROM %s", table);
    batch->written = sql_number(batch->sql, query);
}

void batch_fini(struct batch *batch)
{
    sqlite3_finalize(batch->insert);
    arena_fini(&batch->texts);
}

static void run(struct sql *sql, sqlite3_stmt *statement)
{
    while (sqlite3_step(statement) == SQLITE_ROW)
        ;
    if (sqlite3_reset(statement) != SQLITE_OK)
        sql_fail(sql);
}

void batch_flush(struct batch *batch)
{
    if (batch->rows == 0 || batch->sql->failed)
        return;
    sqlite3_bind_int(batch->insert, LIMIT_ROWS_PER_BATCH * batch->columns + 1, batch->rows);
    run(batch->sql, batch->insert);
    batch->rows = 0;
    arena_reset(&batch->texts);
}

struct row row_begin(struct sql *sql, sqlite3_stmt *statement)
{
    return (struct row){.sql = sql, .statement = statement};
}

struct row row_begin_in(struct batch *batch)
{
    return (struct row){batch->sql, batch->insert, batch, batch->rows * batch->columns};
}

static void bound(struct row *row, int result)
{
    if (result != SQLITE_OK)
        sql_fail(row->sql);
}

void row_null(struct row *row)
{
    bound(row, sqlite3_bind_null(row->statement, ++row->column));
}

void row_number(struct row *row, int64_t value)
{
    bound(row, sqlite3_bind_int64(row->statement, ++row->column, value));
}

void row_optional(struct row *row, int64_t value, int64_t absent)
{
    if (value == absent)
        row_null(row);
    else
        row_number(row, value);
}

/* The octets as they stay until the statement is run. */
static const void *kept(const struct row *row, struct slice octets)
{
    return row->batch ? arena_copy(&row->batch->texts, octets).at : octets.at;
}

void row_text(struct row *row, struct slice text)
{
    if (slice_is_absent(text))
        row_null(row);
    else if (text_is_utf8(text))
        bound(row, sqlite3_bind_text64(row->statement, ++row->column, kept(row, text), text.len,
                                       SQLITE_STATIC, SQLITE_UTF8));
    else
        row_blob(row, text);
}

void row_words(struct row *row, const char *text)
{
    row_text(row, slice_of_text(text));
}

void row_blob(struct row *row, struct slice octets)
{
    if (slice_is_absent(octets))
        row_null(row);
    else
        bound(row, sqlite3_bind_blob64(row->statement, ++row->column, kept(row, octets), octets.len,
                                       SQLITE_STATIC));
}

int64_t row_write(struct row *row)
{
    if (row->batch) {
        if (++row->batch->rows == LIMIT_ROWS_PER_BATCH)
            batch_flush(row->batch);
        return ++row->batch->written;
    }
    if (!row->sql->failed)
        run(row->sql, row->statement);
    return row->sql->db ? sqlite3_last_insert_rowid(row->sql->db) : 0;
}
