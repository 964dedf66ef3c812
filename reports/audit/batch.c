/* SPDX-License-Identifier: MIT */
/* Rows in memory, and the virtual table as which SQLite reads them. It has no indexes and is only
 * ever read from its first row to its last. */

#include "reports/audit/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "reports/limits.h"

enum { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_BLOB };

struct value {
    union {
        int64_t number;
        const uint8_t *octets;
    };
    uint32_t len;
    uint32_t kind;
};
_Static_assert(sizeof(struct value) == 16, "four to a cache line");

/* ---- as SQLite sees it ---- */

struct table {
    sqlite3_vtab base;
    const struct batch *batch;
};

struct cursor {
    sqlite3_vtab_cursor base;
    int row;
};

static const struct batch *batch_of(sqlite3_vtab_cursor *cursor)
{
    return ((struct table *)(void *)cursor->pVtab)->batch;
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

static int cursor_first(sqlite3_vtab_cursor *cursor, int plan, const char *words, int n,
                        sqlite3_value **values)
{
    (void)plan, (void)words, (void)n, (void)values;
    ((struct cursor *)(void *)cursor)->row = 0;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *cursor)
{
    ((struct cursor *)(void *)cursor)->row++;
    return SQLITE_OK;
}

static int cursor_is_over(sqlite3_vtab_cursor *cursor)
{
    return ((struct cursor *)(void *)cursor)->row >= batch_of(cursor)->rows;
}

static int cursor_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
    *id = ((struct cursor *)(void *)cursor)->row;
    return SQLITE_OK;
}

static int cursor_value(sqlite3_vtab_cursor *cursor, sqlite3_context *result, int at)
{
    const struct batch *batch = batch_of(cursor);
    int row = ((struct cursor *)(void *)cursor)->row;
    const struct value *value = &batch->values[row * batch->columns + at];
    switch (value->kind) {
    case VALUE_NUMBER:
        sqlite3_result_int64(result, value->number);
        break;
    case VALUE_TEXT:
        sqlite3_result_text64(result, (const char *)value->octets, value->len, SQLITE_STATIC,
                              SQLITE_UTF8);
        break;
    case VALUE_BLOB:
        sqlite3_result_blob64(result, value->octets, value->len, SQLITE_STATIC);
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
    batch->written = sql_number(batch->sql, query);
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
    return (struct row){.sql = batch->sql, .batch = batch};
}

static struct value *value_at(struct batch *batch, int at)
{
    assert(at < batch->columns);
    return &batch->values[batch->rows * batch->columns + at];
}

void batch_null(struct batch *batch, int at)
{
    value_at(batch, at)->kind = VALUE_NULL;
}

void batch_number(struct batch *batch, int at, int64_t number)
{
    *value_at(batch, at) = (struct value){.number = number, .kind = VALUE_NUMBER};
}

static void put_octets(struct batch *batch, int at, struct slice octets, uint32_t kind)
{
    *value_at(batch, at) = (struct value){
        .octets = arena_copy(&batch->texts, octets).at, .len = (uint32_t)octets.len, .kind = kind};
}

void batch_text(struct batch *batch, int at, struct slice text)
{
    put_octets(batch, at, text, VALUE_TEXT);
}

void batch_blob(struct batch *batch, int at, struct slice octets)
{
    put_octets(batch, at, octets, VALUE_BLOB);
}

int64_t batch_write(struct batch *batch, int columns)
{
    assert(columns == batch->columns);
    if (++batch->rows == LIMIT_ROWS_PER_BATCH)
        batch_flush(batch);
    return ++batch->written;
}
