/* SPDX-License-Identifier: MIT */
/* batch: rows that wait arrive as they were written, each under its id, however these come. */
#include "reports/audit/batch.h"

#include <criterion/criterion.h>

#include "reports/limits.h"

static struct sql opened(const char *table)
{
    struct sql sql = {.name = "test"};
    cr_assert_eq(sqlite3_open(":memory:", &sql.db), SQLITE_OK);
    sql_run(&sql, table);
    cr_assert(!sql.failed);
    return sql;
}

static void closed(struct sql *sql)
{
    cr_expect(!sql->failed, "%s", sql->error.text);
    cr_expect_eq(sqlite3_close(sql->db), SQLITE_OK, "a statement is left");
}

/* A row whose number says which id it was given. */
static void write_numbered(struct batch *batch, int64_t id)
{
    struct row row = batch_row_of(batch, id);
    row_number(&row, 10 * id);
    row_write(&row);
}

static void expect_rows(struct sql *sql, int64_t rows)
{
    cr_expect_eq(sql_number(sql, "SELECT count(*) FROM numbered"), rows);
    cr_expect_eq(sql_number(sql, "SELECT count(*) FROM numbered WHERE number IS NOT 10 * id"), 0);
}

Test(batch, every_row_has_the_id_it_was_given)
{
    static const int64_t runs[][2] = {
        {1, 100},   /* one after the other, over several statements */
        {103, 104}, /* some left out */
        {102, 102}, /* an earlier one, and what follows it is there already: */
        {105, 110}, /* on from the highest */
        {101, 101}, {200, 231}, {111, 140},
    };
    struct sql sql = opened("CREATE TABLE numbered (id INTEGER PRIMARY KEY, number INTEGER)");
    struct batch batch;
    int64_t rows = 0;
    batch_init(&batch, &sql, "INSERT INTO numbered", 2);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        for (int64_t id = runs[i][0]; id <= runs[i][1]; id++, rows++)
            write_numbered(&batch, id);
    batch_flush(&batch);
    expect_rows(&sql, rows);
    batch_fini(&batch);
    closed(&sql);
}

/* The table has rows that this batch did not write, and loses some of those that it did. */
Test(batch, ids_are_kept_in_a_table_that_others_change)
{
    struct sql sql = opened("CREATE TABLE numbered (id INTEGER PRIMARY KEY, number INTEGER);"
                            "INSERT INTO numbered VALUES (7, 70), (8, 80);");
    struct batch batch;
    batch_init(&batch, &sql, "INSERT INTO numbered", 2);
    batch_continue(&batch, "numbered");
    write_numbered(&batch, 5); /* the next is the one after it, but not after the highest */
    write_numbered(&batch, 6);
    write_numbered(&batch, 9);
    write_numbered(&batch, 10);
    batch_flush(&batch);
    expect_rows(&sql, 6);
    sql_run(&sql, "DELETE FROM numbered");
    for (int64_t id = 11; id < 11 + 2 * LIMIT_ROWS_PER_BATCH; id++)
        write_numbered(&batch, id);
    batch_flush(&batch);
    expect_rows(&sql, 2 * LIMIT_ROWS_PER_BATCH);
    batch_fini(&batch);
    closed(&sql);
}

Test(batch, values_of_every_kind_arrive)
{
    struct sql sql = opened("CREATE TABLE kinds (id INTEGER PRIMARY KEY, a, b, c, d, e)");
    struct batch batch;
    batch_init(&batch, &sql, "INSERT INTO kinds (a, b, c, d, e)", 5);
    for (int i = 0; i <= LIMIT_ROWS_PER_BATCH; i++) {
        char text[] = "text";
        struct row row = batch_row(&batch);
        row_null(&row);
        row_text(&row, slice_of_text(text));
        row_text(&row, SLICE("\xff"));
        row_text(&row, SLICE(""));
        row_optional(&row, i, LIMIT_ROWS_PER_BATCH);
        cr_expect_eq(row_write(&row), i + 1);
        text[0] = 'n'; /* nobody reads it any more */
    }
    batch_flush(&batch);
    cr_expect_eq(sql_number(&sql, "SELECT count(*) FROM kinds WHERE a IS NULL AND b = 'text' AND "
                                  "c = x'ff' AND d = '' AND e IS iif(id - 1 < "
                                  "(SELECT max(id) - 1 FROM kinds), id - 1, NULL)"),
                 LIMIT_ROWS_PER_BATCH + 1);
    batch_fini(&batch);
    closed(&sql);
}
