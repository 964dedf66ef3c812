/* SPDX-License-Identifier: MIT */
/* Binding, stepping, and the failure that sticks. */

#include "reports/sql.h"

#include <string.h>

#include "reports/escape.h"

void sql_fail(struct sql *sql)
{
    if (sql->failed)
        return;
    sql->failed = true;
    error_set(&sql->error, ERROR_OUTPUT, "cannot write %s: %s", sql->name,
              sql->db ? sqlite3_errmsg(sql->db) : "out of memory");
}

void sql_run(struct sql *sql, const char *text)
{
    if (!sql->failed && sqlite3_exec(sql->db, text, NULL, NULL, NULL) != SQLITE_OK)
        sql_fail(sql);
}

sqlite3_stmt *sql_prepare(struct sql *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;
    if (!sql->failed && sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                           NULL) != SQLITE_OK)
        sql_fail(sql);
    return statement;
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

void row_text(struct row *row, struct slice text)
{
    if (slice_is_absent(text))
        row_null(row);
    else if (text_is_utf8(text))
        bound(row, sqlite3_bind_text64(row->statement, ++row->column, (const char *)text.at,
                                       text.len, SQLITE_STATIC, SQLITE_UTF8));
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
        bound(row, sqlite3_bind_blob64(row->statement, ++row->column, octets.at, octets.len,
                                       SQLITE_STATIC));
}

int64_t row_write(struct row *row)
{
    if (!row->sql->failed) {
        while (sqlite3_step(row->statement) == SQLITE_ROW)
            ;
        if (sqlite3_reset(row->statement) != SQLITE_OK)
            sql_fail(row->sql);
    }
    return row->sql->db ? sqlite3_last_insert_rowid(row->sql->db) : 0;
}
