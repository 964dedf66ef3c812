/* SPDX-License-Identifier: MIT */
/* questions: none looks up texts exchange by exchange, which made a million of them take seconds;
 * and the list of all exchanges has the columns of the view, by name and in order. */
#include "reports/audit/questions.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "reports/audit/schema.h"
#include "reports/audit/words.h"

static sqlite3 *empty_audit(void)
{
    sqlite3 *db;
    char *views = words_expand(schema_views);
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, schema_tables, NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, views, NULL, NULL, NULL), SQLITE_OK);
    cr_assert(questions_create(db, false));
    sqlite3_free(views);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *before, const char *after)
{
    sqlite3_stmt *statement;
    char *text = sqlite3_mprintf("%s%s", before, after);
    cr_assert_eq(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    sqlite3_free(text);
    return statement;
}

/* How often a plan looks something up for each row. */
static int look_ups(sqlite3 *db, const char *select)
{
    int n = 0;
    sqlite3_stmt *plan = prepare(db, "EXPLAIN QUERY PLAN ", select);
    while (sqlite3_step(plan) == SQLITE_ROW)
        n += strstr((const char *)sqlite3_column_text(plan, 3), "CORRELATED SCALAR") != NULL;
    sqlite3_finalize(plan);
    return n;
}

Test(questions, look_nothing_up_but_the_outer_exchange)
{
    sqlite3 *db = empty_audit();
    for (unsigned i = 0; question_at(i); i++)
        cr_expect_leq(look_ups(db, question_at(i)->select), 1, "%s", question_at(i)->name);
    cr_expect_gt(look_ups(db, "SELECT * FROM exchanges"), 30, "the plan says it in other words");
    sqlite3_close(db);
}

/* Where everything is read, each row of the tables beside it is looked up once. */
Test(questions, list_of_exchanges_is_the_view)
{
    sqlite3 *db = empty_audit();
    char *text = words_expand(schema_listed);
    sqlite3_stmt *view = prepare(db, "SELECT * FROM exchanges", "");
    sqlite3_stmt *list = prepare(db, text, "");
    cr_assert_eq(sqlite3_column_count(list), sqlite3_column_count(view));
    for (int i = 0; i < sqlite3_column_count(view); i++)
        cr_expect_str_eq(sqlite3_column_name(list, i), sqlite3_column_name(view, i));
    cr_expect_lt(look_ups(db, text), 8);
    sqlite3_finalize(view);
    sqlite3_finalize(list);
    sqlite3_free(text);
    sqlite3_close(db);
}
