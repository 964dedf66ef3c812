/* SPDX-License-Identifier: MIT */
/* Rows in memory, and the virtual table as which SQLite reads them. It has no indexes and is only
 * ever read from its first row to its last. */

#include "reports/audit/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "reports/limits.h"

/* ---- as SQLite sees it ---- */

struct table {
    sqlite3_vtab base;
    const struct batch *batch;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct value *row, *end;
};

static struct cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return (struct cursor *)(void *)base;
}

static const struct batch *batch_of(sqlite3_vtab_cursor *base)
{
    return ((struct table *)(void *)base->pVtab)->batch;
}

static int table_connect(sqlite3 *db, void *batch, int n, const char *const *words,
                         sqlite3_vtab **made, char **message)
{
    (void)n, (void)words, (void)message;
    sqlite3_str *text = sqlite3_str_new(db);
    for (int i = 0; i < ((const struct batch *)batch)->columns; i++)
        sqlite3_str_appendf(text, "%s%d", i ? ",c" : "CREATE TABLE rows(c", i);
    sqlite3_str_appendchar(text, 1, ')');
    char *declaration = sqlite3_str_finish(text);
    int result = declaration ? sqlite3_declare_vtab(db, declaration) : SQLITE_NOMEM;
    sqlite3_free(declaration);
    if (result != SQLITE_OK)
        return result;
    struct table *table = xcalloc(1, sizeof *table);
    table->batch = batch;
    *made = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *plan)
{
    (void)table;
    plan->estimatedCost = LIMIT_ROWS_PER_BATCH;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **made)
{
    struct cursor *cursor = xcalloc(1, sizeof *cursor);
    (void)table;
    *made = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int cursor_first(sqlite3_vtab_cursor *base, int plan, const char *words, int n,
                        sqlite3_value **values)
{
    (void)plan, (void)words, (void)n, (void)values;
    const struct batch *batch = batch_of(base);
    struct cursor *cursor = cursor_of(base);
    cursor->row = batch->values;
    cursor->end = cursor->row + batch->rows * batch->columns;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    cursor_of(base)->row += batch_of(base)->columns;
    return SQLITE_OK;
}

static int cursor_is_over(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->row >= cursor_of(base)->end;
}

static int cursor_id(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
    *id = (cursor_of(base)->row - batch_of(base)->values) / batch_of(base)->columns;
    return SQLITE_OK;
}

static int cursor_value(sqlite3_vtab_cursor *base, sqlite3_context *result, int at)
{
    const struct value *value = &cursor_of(base)->row[at];
    switch (value->kind) {
    case VALUE_NUMBER:
        sqlite3_result_int64(result, value->number);
        break;
    case VALUE_TEXT:
        sqlite3_result_text(result, (const char *)value->octets, (int)value->len, SQLITE_STATIC);
        break;
    case VALUE_BLOB:
        sqlite3_result_blob(result, value->octets, (int)value->len, SQLITE_STATIC);
        break;
    default: /* a result that nobody sets is NULL */
        break;
    }
    return SQLITE_OK;
}

/* Without xCreate it is there only under its own name and in this connection. */
static const sqlite3_module rows_as_table = {
    .iVersion = 1,
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_first,
    .xNext = cursor_next,
    .xEof = cursor_is_over,
    .xColumn = cursor_value,
    .xRowid = cursor_id,
};

/* ---- as we see it ---- */

void batch_init(struct batch *batch, struct sql *sql, const char *into, int columns)
{
    char name[24];
    *batch = (struct batch){.sql = sql, .columns = columns};
    batch->values = xcalloc((size_t)columns * LIMIT_ROWS_PER_BATCH, sizeof *batch->values);
    arena_init(&batch->texts, 8192);
    snprintf(name, sizeof name, "rows_%u", sql->batches++);
    if (sql->failed)
        return;
    if (sqlite3_create_module_v2(sql->db, name, &rows_as_table, batch, NULL) != SQLITE_OK)
        sql_fail(sql);
    char *insert = sqlite3_mprintf("%s SELECT * FROM %s", into, name);
    batch->insert = sql_prepare(sql, insert);
    sqlite3_free(insert);
}

void batch_continue(struct batch *batch, const char *table)
{
    char query[80];
    snprintf(query, sizeof query, "SELECT max(id) FROM %s", table);
    batch->written = batch->highest = sql_number(batch->sql, query);
}

void batch_fini(struct batch *batch)
{
    sqlite3_finalize(batch->insert);
    arena_fini(&batch->texts);
    free(batch->values);
}

void batch_flush(struct batch *batch)
{
    if (batch->rows && !batch->sql->failed)
        sql_step(batch->sql, batch->insert);
    batch->rows = 0;
    arena_reset(&batch->texts);
}

struct row batch_row(struct batch *batch)
{
    return (struct row){.sql = batch->sql,
                        .batch = batch,
                        .values = &batch->values[batch->rows * batch->columns],
                        .columns = batch->columns};
}

/* To look whether a given id is there already costs SQLite as much as five columns. Where it is the
 * one after the highest, and that is there (another of this statement's rows), SQLite finds the
 * same by itself, at the end of the table where it has just been. */
struct row batch_row_of(struct batch *batch, int64_t id)
{
    struct row row = batch_row(batch);
    if (batch->rows > 0 && id == batch->highest + 1)
        row_null(&row);
    else
        row_number(&row, id);
    if (id > batch->highest)
        batch->highest = id;
    return row;
}

struct value batch_octets(struct batch *batch, struct slice octets, int kind)
{
    return (struct value){
        .octets = arena_copy(&batch->texts, octets).at, .len = (uint32_t)octets.len, .kind = kind};
}

int64_t batch_write(struct batch *batch, int columns)
{
    assert(columns == batch->columns);
    if (++batch->rows == LIMIT_ROWS_PER_BATCH)
        batch_flush(batch);
    return ++batch->written;
}
