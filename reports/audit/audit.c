/* SPDX-License-Identifier: MIT */
/* Opening a database for reading, walking over rows, and the questions that need nothing else. */

#include "reports/audit/audit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "reports/audit/schema.h"
#include "reports/limits.h"

#define TEXT_OF_(number) #number
#define TEXT_OF(number)  TEXT_OF_(number)

void audit_fail(struct audit *audit)
{
    if (audit->failed)
        return;
    audit->failed = true;
    error_set(&audit->error, ERROR_INPUT, "%s: the database is damaged: %s", audit->path,
              sqlite3_errmsg(audit->db));
}

static bool check_marks(struct audit *audit, struct error *error)
{
    int64_t application = audit_number(audit, "PRAGMA application_id");
    int64_t version = audit_number(audit, "PRAGMA user_version");
    if (audit->failed || application != SCHEMA_APPLICATION_ID)
        return error_set(error, ERROR_INPUT, "%s is no database of wire304", audit->path);
    if (version > SCHEMA_VERSION)
        return error_set(error, ERROR_INPUT,
                         "%s was written by a newer wire304 (schema %lld, this one knows %d)",
                         audit->path, (long long)version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION)
        return error_set(error, ERROR_INPUT,
                         "%s was written by an older wire304 (schema %lld, this one reads %d): "
                         "analyze the captures again",
                         audit->path, (long long)version, SCHEMA_VERSION);
    return true;
}

static bool open_as(struct audit *audit, const char *path, int how, struct error *error)
{
    *audit = (struct audit){.path = path};
    if (access(path, R_OK) != 0)
        return error_set(error, ERROR_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (sqlite3_open_v2(path, &audit->db, how | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        audit_fail(audit);
    audit_run(audit, "PRAGMA cache_size=-" TEXT_OF(LIMIT_READ_CACHE_KIB));
    if (check_marks(audit, error))
        return true;
    sqlite3_close(audit->db);
    return false;
}

bool audit_open(struct audit *audit, const char *path, struct error *error)
{
    return open_as(audit, path, SQLITE_OPEN_READONLY, error);
}

/* Who closes the last may take away the log. */
bool audit_open_growing(struct audit *audit, const char *path, struct error *error)
{
    return open_as(audit, path, SQLITE_OPEN_READWRITE, error);
}

bool audit_attach(struct audit *audit, const char *path, const char *name, struct error *error)
{
    struct audit other; /* is it one at all? */
    if (!audit_open(&other, path, error) || !audit_close(&other, error))
        return false;
    struct query query = query_begin(audit, "ATTACH ?1 AS ?2");
    query_bind_word(&query, 1, path);
    query_bind_word(&query, 2, name);
    query_next(&query);
    if (audit->failed)
        *error = audit->error;
    return !audit->failed;
}

bool audit_close(struct audit *audit, struct error *error)
{
    bool good = !audit->failed;
    sqlite3_close(audit->db);
    audit->db = NULL;
    audit->failed = true; /* who still asks gets no rows */
    if (!good)
        *error = audit->error;
    return good;
}

struct query query_begin(struct audit *audit, const char *text)
{
    struct query query = {.audit = audit};
    if (!audit->failed &&
        sqlite3_prepare_v2(audit->db, text, -1, &query.statement, NULL) != SQLITE_OK)
        audit_fail(audit);
    return query;
}

void query_bind(struct query *query, int parameter, int64_t value)
{
    if (query->statement)
        sqlite3_bind_int64(query->statement, parameter, value);
}

void query_bind_word(struct query *query, int parameter, const char *word)
{
    if (query->statement)
        sqlite3_bind_text(query->statement, parameter, word, -1, SQLITE_STATIC);
}

bool query_next(struct query *query)
{
    if (!query->statement)
        return false;
    int result = sqlite3_step(query->statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        audit_fail(query->audit);
    query_end(query);
    return false;
}

void query_end(struct query *query)
{
    sqlite3_finalize(query->statement);
    query->statement = NULL;
}

bool query_is_null(const struct query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

struct slice query_text(const struct query *query, int column)
{
    if (query_is_null(query, column))
        return SLICE_ABSENT;
    const void *at = sqlite3_column_blob(query->statement, column);
    return slice_of(at ? at : "", (size_t)sqlite3_column_bytes(query->statement, column));
}

const char *query_word(const struct query *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    return text ? (const char *)text : "";
}

int64_t query_number(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

void audit_run(struct audit *audit, const char *text)
{
    if (!audit->failed && sqlite3_exec(audit->db, text, NULL, NULL, NULL) != SQLITE_OK)
        audit_fail(audit);
}

int64_t audit_number(struct audit *audit, const char *text)
{
    struct query query = query_begin(audit, text);
    int64_t number = query_next(&query) ? query_number(&query, 0) : 0;
    query_end(&query);
    return number;
}

static bool any_finding(struct audit *audit, enum severity least)
{
    struct query query = query_begin(
        audit, least == SEVERITY_ERROR
                   ? "SELECT 1 FROM issues WHERE severity = 'error' AND accepted IS NULL LIMIT 1"
                   : "SELECT 1 FROM issues WHERE severity IN ('error', 'warning') "
                     "AND accepted IS NULL LIMIT 1");
    bool found = query_next(&query);
    query_end(&query);
    return found;
}

static bool too_much_avoidable(struct audit *audit, const struct fail_on *fail_on)
{
    uint64_t observed = (uint64_t)audit_number(audit, "SELECT observed_bytes FROM totals");
    uint64_t avoidable = (uint64_t)audit_number(
        audit, "SELECT avoidable_certain + avoidable_likely - accepted_bytes FROM totals");
    if (fail_on->avoidable_bytes_given && avoidable > fail_on->avoidable_bytes)
        return true;
    return fail_on->avoidable_percent >= 0 &&
           (double)avoidable * 100 > fail_on->avoidable_percent * (double)observed;
}

bool audit_is_failing(struct audit *audit, const struct fail_on *fail_on)
{
    return (fail_on->severity_given && any_finding(audit, fail_on->severity)) ||
           too_much_avoidable(audit, fail_on);
}

bool audit_fails(const char *path, const struct fail_on *fail_on, bool *fails, struct error *error)
{
    struct audit audit;
    *fails = false;
    if (!fail_on->severity_given && !fail_on->avoidable_bytes_given &&
        fail_on->avoidable_percent < 0)
        return true;
    if (!audit_open(&audit, path, error))
        return false;
    *fails = audit_is_failing(&audit, fail_on);
    return audit_close(&audit, error);
}
