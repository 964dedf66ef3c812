/* SPDX-License-Identifier: MIT */
/* views: what is written as rows of the schema is what CREATE VIEW would have written, and SQLite
 * reads it. */
#include "reports/audit/views.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "reports/audit/schema.h"

static const char rows[] =
    "SELECT group_concat(type || '|' || name || '|' || tbl_name || '|' || rootpage || '|' || sql, "
    "char(10)) FROM (SELECT * FROM sqlite_schema ORDER BY rowid)";

static struct sql made(const char *path, void (*make)(struct sql *sql))
{
    struct sql sql = {.name = path};
    cr_assert(eq(int, sqlite3_open(path, &sql.db), SQLITE_OK));
    sql_run(&sql, "BEGIN");
    sql_run(&sql, schema_tables);
    make(&sql);
    sql_run(&sql, "COMMIT");
    cr_assert(not(sql.failed), "%s", sql.error.text);
    return sql;
}

static char *first_text(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement;
    cr_assert(eq(int, sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK), "%s: %s",
              query, sqlite3_errmsg(db));
    cr_assert(eq(int, sqlite3_step(statement), SQLITE_ROW));
    char *text = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

Test(views, written_as_rows_are_those_that_are_created)
{
    struct sql created = made(":memory:", views_create), written = made(":memory:", views_write);
    char *a = first_text(created.db, rows), *b = first_text(written.db, rows);
    cr_expect(ge(sz, strlen(a), 20000u));
    cr_expect_str_eq(a, b);
    sqlite3_free(a);
    sqlite3_free(b);
    sqlite3_close(created.db);
    sqlite3_close(written.db);
}

Test(views, written_as_rows_can_be_asked)
{
    char path[] = "/tmp/wire304-views-XXXXXX";
    int fd = mkstemp(path);
    close(fd);
    sqlite3_close(made(path, views_write).db);

    sqlite3 *db;
    cr_assert(eq(int, sqlite3_open(path, &db), SQLITE_OK));
    char *whole = first_text(db, "PRAGMA integrity_check");
    char *query = first_text(db, "SELECT group_concat('SELECT ''' || name || ''', count(*) FROM '"
                                 " || name, ' UNION ALL ') FROM sqlite_schema"
                                 " WHERE type = 'view'");
    cr_expect_str_eq(whole, "ok");
    sqlite3_free(first_text(db, query));
    sqlite3_free(whole);
    sqlite3_free(query);
    sqlite3_close(db);
    unlink(path);
}
