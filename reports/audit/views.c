/* SPDX-License-Identifier: MIT */
/*
 * A view is a row of sqlite_schema that has its text. CREATE VIEW parses the text, copies what it
 * has parsed, writes the row and parses that again, which for all our views takes longer than to
 * make the tables and to open and close the file together; who writes a database and never reads it
 * needs none of that, so that the rows can be written as they are (PRAGMA writable_schema). A test
 * holds them against what CREATE VIEW writes.
 */

#include "reports/audit/views.h"

#include <assert.h>
#include <string.h>

#include "reports/audit/questions.h"
#include "reports/audit/schema.h"
#include "reports/audit/words.h"

static const struct slice beginning = {(const uint8_t *)"CREATE VIEW ", 12};

void views_create(struct sql *sql)
{
    char *views = words_expand(schema_views);
    sql_run(sql, views);
    sqlite3_free(views);
    if (!sql->failed && !questions_create(sql->db, false))
        sql_fail(sql);
}

/* `text` as SQLite keeps it: from CREATE to before the semicolon. */
static void write_view(struct sql *sql, sqlite3_stmt *insert, struct slice name, struct slice text)
{
    struct row row = row_begin(sql, insert);
    row_text(&row, name);
    row_text(&row, text);
    row_write(&row);
}

/* No text of ours has a semicolon in it. */
static void write_all_of(struct sql *sql, sqlite3_stmt *insert, struct slice views)
{
    while (views.len && !sql->failed) {
        struct slice text = slice_cut(&views, ';');
        assert(slice_starts_with(text, beginning));
        struct slice rest = slice_from(text, beginning.len);
        write_view(sql, insert, slice_cut(&rest, ' '), text);
    }
}

static void write_questions(struct sql *sql, sqlite3_stmt *insert)
{
    const struct question *question;
    for (unsigned i = 0; (question = question_at(i)) && !sql->failed; i++) {
        char *text = sqlite3_mprintf("CREATE VIEW %s AS %s", question->name, question->select);
        if (!text)
            sql_fail(sql);
        write_view(sql, insert, slice_of_text(question->name), slice_of_text(text));
        sqlite3_free(text);
    }
}

void views_write(struct sql *sql)
{
    sql_run(sql, "PRAGMA writable_schema=ON");
    sqlite3_stmt *insert =
        sql_prepare(sql, "INSERT INTO sqlite_schema VALUES ('view', ?1, ?1, 0, ?2)");
    char *views = words_expand(schema_views);
    if (!views)
        sql_fail(sql);
    write_all_of(sql, insert, slice_of_text(views));
    write_questions(sql, insert);
    sqlite3_free(views);
    sqlite3_finalize(insert);
    sql_run(sql, "PRAGMA writable_schema=OFF");
}
