/* SPDX-License-Identifier: MIT */
/* words: every WORD() in the views becomes the word of its code, and NULL beyond the last. */

#include "reports/audit/words.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <string.h>

#include "analysis/analysis.h"

Test(words, of_endings_are_those_of_the_program)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    char *sql = words_expand("SELECT " WORD(WORDS_OF_ENDING, "?1") ", 'as it was'");
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    for (int code = 0; code < ENDINGS; code++) {
        sqlite3_bind_int(query, 1, code);
        cr_assert_eq(sqlite3_step(query), SQLITE_ROW);
        cr_expect_str_eq((const char *)sqlite3_column_text(query, 0),
                         ending_word((enum ending)code));
        cr_expect_str_eq((const char *)sqlite3_column_text(query, 1), "as it was");
        sqlite3_reset(query);
    }
    sqlite3_bind_int(query, 1, ENDINGS);
    cr_assert_eq(sqlite3_step(query), SQLITE_ROW);
    cr_expect_eq(sqlite3_column_type(query, 0), SQLITE_NULL);
    sqlite3_finalize(query);
    sqlite3_close(db);
    sqlite3_free(sql);
}
