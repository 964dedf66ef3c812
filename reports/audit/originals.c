/* SPDX-License-Identifier: MIT */
/* A temporary table, which temp_store=MEMORY keeps off every disk. */

#include "reports/audit/originals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "reports/audit/intern.h"

struct originals {
    struct sql *sql;
    sqlite3_stmt *note, *find;
    struct interner *noted; /* lately */
    struct arena found;
};

struct originals *originals_new(struct sql *sql, const struct privacy *privacy)
{
    if (privacy->level == PRIVACY_FULL)
        return NULL;
    struct originals *o = xcalloc(1, sizeof *o);
    o->sql = sql;
    o->noted = interner_new();
    arena_init(&o->found, 256);
    sql_run(sql,
            "CREATE TEMP TABLE IF NOT EXISTS original (shown PRIMARY KEY, value) WITHOUT ROWID");
    o->note = sql_prepare(sql, "INSERT OR IGNORE INTO temp.original VALUES (?,?)");
    o->find = sql_prepare(sql, "SELECT value FROM temp.original WHERE shown = ?");
    return o;
}

void originals_free(struct originals *o)
{
    if (!o)
        return;
    sqlite3_finalize(o->note);
    sqlite3_finalize(o->find);
    interner_free(o->noted);
    arena_fini(&o->found);
    free(o);
}

void originals_note(struct originals *o, struct slice shown, struct slice value)
{
    struct intern_key key = {0};
    if (!o || o->sql->failed || slice_is_absent(shown) || slice_equal(shown, value))
        return;
    intern_key_add(&key, shown);
    if (interner_find(o->noted, &key))
        return;
    struct row row = row_begin(o->sql, o->note);
    row_blob(&row, shown);
    row_blob(&row, value);
    row_write(&row);
    interner_put(o->noted, &key, 1);
}

struct slice originals_of(struct originals *o, struct slice shown)
{
    struct slice value = shown;
    if (!o || o->sql->failed || slice_is_absent(shown))
        return shown;
    arena_reset(&o->found);
    sqlite3_bind_blob64(o->find, 1, shown.at, shown.len, SQLITE_STATIC);
    if (sqlite3_step(o->find) == SQLITE_ROW)
        value = arena_copy(&o->found, slice_of(sqlite3_column_blob(o->find, 0),
                                               (size_t)sqlite3_column_bytes(o->find, 0)));
    if (sqlite3_reset(o->find) != SQLITE_OK)
        sql_fail(o->sql);
    return value;
}
