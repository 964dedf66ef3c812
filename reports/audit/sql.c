/* SPDX-License-Identifier: MIT */
/* Binding, stepping, and the failure that sticks. */

#include "reports/audit/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reports/audit/batch.h"
#include "reports/formats/escape.h"

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

void sql_step(struct sql *sql, sqlite3_stmt *statement)
{
    while (sqlite3_step(statement) == SQLITE_ROW)
        ;
    if (sqlite3_reset(statement) != SQLITE_OK)
        sql_fail(sql);
}

struct row row_begin(struct sql *sql, sqlite3_stmt *statement)
{
    return (struct row){.sql = sql, .statement = statement};
}

static void bound(struct row *row, int result)
{
    if (result != SQLITE_OK)
        sql_fail(row->sql);
}

void row_bind_null(struct row *row)
{
    bound(row, sqlite3_bind_null(row->statement, ++row->column));
}

void row_bind_number(struct row *row, int64_t value)
{
    bound(row, sqlite3_bind_int64(row->statement, ++row->column, value));
}

void row_text(struct row *row, struct slice text)
{
    if (slice_is_absent(text))
        row_null(row);
    else if (!text_is_utf8(text))
        row_blob(row, text);
    else if (row->batch)
        *row_value(row) = batch_octets(row->batch, text, VALUE_TEXT);
    else
        bound(row, sqlite3_bind_text64(row->statement, ++row->column, (const char *)text.at,
                                       text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void row_words(struct row *row, const char *text)
{
    row_text(row, slice_of_text(text));
}

void row_blob(struct row *row, struct slice octets)
{
    if (slice_is_absent(octets))
        row_null(row);
    else if (row->batch)
        *row_value(row) = batch_octets(row->batch, octets, VALUE_BLOB);
    else
        bound(row, sqlite3_bind_blob64(row->statement, ++row->column, octets.at, octets.len,
                                       SQLITE_STATIC));
}

int64_t row_write(struct row *row)
{
    if (row->batch)
        return batch_write(row->batch, row->column);
    if (!row->sql->failed)
        sql_step(row->sql, row->statement);
    return row->sql->db ? sqlite3_last_insert_rowid(row->sql->db) : 0;
}
