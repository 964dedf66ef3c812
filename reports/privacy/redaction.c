/* SPDX-License-Identifier: MIT */
/*
 * Which column of the tables (schema.c) holds what. A column of text that is not named is taken for
 * a text in which addresses and queries are looked for. The copy is a temporary database of
 * SQLite's: in memory as long as it is small, else a file without a name.
 */

#include "reports/privacy/redaction.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "reports/privacy/privacy.h"

enum { KIND_MESSAGE = 100, KIND_OURS }; /* beside enum private_kind; OURS is left alone */

struct column {
    const char *table, *name;
    int kind;
};

static const struct column columns[] = {
    {"link", "client", PRIVATE_ADDRESS},
    {"link", "server", PRIVATE_ADDRESS},
    {"url", "host", PRIVATE_HOST},
    {"url", "target", PRIVATE_URL},
    {"url", "url", PRIVATE_URL},
    {"url", "url_pattern", PRIVATE_URL},
    {"requester", "client_key", PRIVATE_CLIENT},
    {"requester", "forwarded_for", PRIVATE_ADDRESS},
    {"requester", "user_agent", PRIVATE_AGENT},
    {"condition", "if_none_match", PRIVATE_TAGS},
    {"response", "etag", PRIVATE_TAGS},
    {"response", "content_location", PRIVATE_URL},
    {"exchange", "body_hash", PRIVATE_DIGEST},
    {"connection", "server_name", PRIVATE_HOST},
    {"traffic", "server_name", PRIVATE_HOST},
    {"head", "request", PRIVATE_HEAD},
    {"head", "response", PRIVATE_HEAD},
    {"finding", "message", KIND_MESSAGE},
    {"issue", "key", PRIVATE_KEY},
    {"acceptance", "key", PRIVATE_KEY},
};

/* Tables whose texts are ours. */
static const char *const ours[] = {"word", "verdict", "flaws", "looked_at", "ideal", "remedy"};

struct redaction {
    struct privacy privacy;
    struct arena scratch;
};

static void redaction_free(void *redaction)
{
    struct redaction *r = redaction;
    privacy_fini(&r->privacy);
    arena_fini(&r->scratch);
    free(r);
}

/* ---- values ---- */

static struct slice text_of(sqlite3_value *value)
{
    const void *at = sqlite3_value_blob(value);
    return slice_of(at ? at : "", (size_t)sqlite3_value_bytes(value));
}

/* redacted(kind, value) or redacted(kind, message, form). */
static void redacted(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct redaction *r = sqlite3_user_data(context);
    int kind = sqlite3_value_int(values[0]), type = sqlite3_value_type(values[1]);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
        sqlite3_result_value(context, values[1]);
        return;
    }
    struct slice value = text_of(values[1]);
    value = n == 3 ? privacy_of_message(&r->privacy, text_of(values[2]), value, &r->scratch)
                   : privacy_of(&r->privacy, (enum private_kind)kind, value, &r->scratch);
    if (type == SQLITE_TEXT)
        sqlite3_result_text64(context, (const char *)value.at, value.len, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    else
        sqlite3_result_blob64(context, value.at, value.len, SQLITE_TRANSIENT);
    arena_reset(&r->scratch);
}

static bool teach(struct audit *audit, const char *key_file, struct error *error)
{
    struct redaction *r = xcalloc(1, sizeof *r);
    arena_init(&r->scratch, 4096);
    if (!privacy_init(&r->privacy, PRIVACY_STRICT, key_file, error)) {
        redaction_free(r);
        return false;
    }
    if (sqlite3_create_function_v2(audit->db, "redacted", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, r,
                                   redacted, NULL, NULL, redaction_free) != SQLITE_OK)
        audit_fail(audit);
    return true;
}

/* ---- columns ---- */

static int kind_of(const char *table, const char *column, const char *type)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (strcmp(columns[i].table, table) == 0 && strcmp(columns[i].name, column) == 0)
            return columns[i].kind;
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        if (strcmp(ours[i], table) == 0)
            return KIND_OURS;
    bool may_be_text = !*type || strcmp(type, "TEXT") == 0;
    return may_be_text ? PRIVATE_TEXT : KIND_OURS;
}

/* "UPDATE table SET column = redacted(...), ..."; nothing where all of it is ours. */
static void redact_table(struct audit *audit, const char *table)
{
    int n = 0;
    sqlite3_str *text = sqlite3_str_new(audit->db);
    struct query query = query_begin(audit, "SELECT name, type FROM pragma_table_info(?1, 'main')");
    query_bind_word(&query, 1, table);
    sqlite3_str_appendf(text, "UPDATE main.\"%w\" SET", table);
    while (query_next(&query)) {
        const char *column = query_word(&query, 0);
        int kind = kind_of(table, column, (const char *)sqlite3_column_text(query.statement, 1));
        if (kind == KIND_OURS)
            continue;
        sqlite3_str_appendf(
            text, "%s \"%w\" = redacted(%d, \"%w\"%s)", n++ ? "," : "", column, kind, column,
            kind == KIND_MESSAGE ? ", (SELECT form FROM main.verdict v WHERE v.id = verdict)" : "");
    }
    char *statement = sqlite3_str_finish(text);
    if (n && statement)
        audit_run(audit, statement);
    sqlite3_free(statement);
}

static void redact_tables(struct audit *audit)
{
    struct query query =
        query_begin(audit, "SELECT name FROM whole.sqlite_schema WHERE type = 'table' "
                           "AND name NOT LIKE 'sqlite_%'");
    audit_run(audit, "BEGIN");
    while (query_next(&query))
        redact_table(audit, query_word(&query, 0));
    audit_run(audit, "COMMIT");
}

/* ---- the copy ---- */

static bool copy(struct audit *audit, const char *path, struct error *error)
{
    struct audit from;
    if (!audit_open(&from, path, error))
        return false;
    sqlite3_backup *backup = sqlite3_backup_init(audit->db, "main", from.db, "main");
    if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE)
        audit_fail(backup ? &from : audit);
    sqlite3_backup_finish(backup);
    return audit_close(&from, error);
}

static bool make(struct audit *audit, const char *path, const char *key_file, struct error *error)
{
    audit_run(audit, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    if (!copy(audit, path, error) || !audit_attach(audit, path, "whole", error) ||
        !teach(audit, key_file, error))
        return false;
    redact_tables(audit);
    return true;
}

bool redaction_open(struct audit *audit, const char *path, const char *key_file,
                    struct error *error)
{
    *audit = (struct audit){.path = path, .is_redacted = true};
    if (sqlite3_open_v2("", &audit->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        audit_fail(audit);
    if (make(audit, path, key_file, error))
        return true;
    sqlite3_close(audit->db);
    return false;
}

struct selection redaction_of_selection(const struct selection *selection)
{
    static const char *hidden[] = {"..."};
    struct selection told = *selection;
    struct text_list *const lists[] = {&told.hosts, &told.urls, &told.clients};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (lists[i]->n)
            *lists[i] = (struct text_list){hidden, 1};
    return told;
}
