/* SPDX-License-Identifier: MIT */
/*
 * The audit database as a file, in two ways. What `analyze` writes is made under a temporary name
 * beside the final one, so that whatever fails, and whenever, what stood there before stays; and
 * renamed when it is whole. Since the file is nobody's until then, it is written without journal
 * and without waiting for the disk; it is flushed once, before the rename.
 *
 * What `live` writes grows in place, with a write-ahead log: others read it at any moment, and what
 * was committed stays whatever ends the program. Its sums stand after each checkpoint.
 */

#include "reports/reports.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "reports/audit/exchange_rows.h"
#include "reports/audit/finding_rows.h"
#include "reports/audit/retention.h"
#include "reports/audit/schema.h"
#include "reports/audit/sql.h"
#include "reports/audit/views.h"
#include "reports/limits.h"
#include "reports/options/acceptances.h"
#include "reports/output.h"

/* What `totals` says, but for the findings, and with both sides of every proxy: added up as the
 * rows come. What lies behind a proxy is taken off at the end. */
struct sums {
    uint64_t exchanges, observed, retransmitted, overhead, unseen;
};

struct database {
    struct sql sql;
    struct sums sums;
    enum heads_policy heads;
    const struct acceptances *accepted; /* NULL: none */
    char *path, *beside; /* final and temporary name; beside is NULL where it grows in place */
    bool unfinished;     /* the file beside is there */
    struct run_past {    /* of a database that grows: what its run row said before this run */
        int64_t started_us, first_us, last_us, packets, dropped_by_kernel, dropped_by_interface;
        bool known;
    } past;
    struct privacy privacy;
    struct arena scratch; /* what it makes of a value */
    unsigned rows;        /* in the transaction at hand */
    struct exchange_rows *exchanges;
    struct finding_rows *findings;
    struct retention retention;
    sqlite3_stmt *check, *ideal, *coverage, *pair, *unpair, *waits, *waits_no_more;
};

#define DIGITS_(number) #number
#define DIGITS(number)  DIGITS_(number)
#define PRAGMAS                                                                                    \
    "PRAGMA page_size=16384;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"                       \
    "PRAGMA locking_mode=EXCLUSIVE;PRAGMA temp_store=MEMORY;PRAGMA cell_size_check=OFF;"
#define PRAGMAS_TO_GROW                                                                            \
    "PRAGMA page_size=4096;PRAGMA auto_vacuum=INCREMENTAL;PRAGMA journal_mode=WAL;"                \
    "PRAGMA wal_autocheckpoint=256;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;PRAGMA "     \
    "journal_size_limit=" DIGITS(LIMIT_LOG_OCTETS) ";"

bool database_may_replace(const char *path, bool force, struct error *error)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ||
               error_set(error, ERROR_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(error, ERROR_OUTPUT, "cannot write %s: it is a directory", path);
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) /* /dev/null would be gone */
        return error_set(error, ERROR_OUTPUT, "cannot write %s: a database is a file", path);
    if (force || (S_ISREG(st.st_mode) && file_is_audit(path)))
        return true;
    return error_set(error, ERROR_OUTPUT,
                     "%s exists and is no database of wire304: choose another name with -o, or "
                     "replace it with --force",
                     path);
}

static void open_sql(struct database *database, const char *file)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* a lock for each allocation, and nobody asks */
    if (sqlite3_open_v2(file, &database->sql.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        sql_fail(&database->sql);
}

/* Tables in an empty file, and the transaction that the first rows belong to. */
static void lay_out(struct database *database, const char *pragmas)
{
    struct sql *sql = &database->sql;
    char marks[160];
    snprintf(marks, sizeof marks,
             "PRAGMA cache_size=-%d;PRAGMA application_id=%d;"
             "PRAGMA user_version=%d;BEGIN;",
             LIMIT_PAGE_CACHE_KIB, SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    sql_run(sql, pragmas);
    sql_run(sql, marks);
    sql_run(sql, schema_tables);
}

static void prepare(struct database *database)
{
    struct sql *sql = &database->sql;
    bool grows = database_grows(database);
    database->exchanges = exchange_rows_new(sql, &database->privacy);
    database->findings =
        finding_rows_new(sql, database->exchanges, database->heads, &database->privacy);
    database->check = sql_prepare(sql, grows ? "INSERT INTO now_looked_at VALUES (NULL,?,?,?,?)"
                                             : "INSERT INTO looked_at VALUES (NULL,?,?,?,?)");
    database->ideal = sql_prepare(sql, schema_ideal);
    database->pair = sql_prepare(sql, "INSERT OR REPLACE INTO pair VALUES (?,?)");
    database->unpair = sql_prepare(sql, "DELETE FROM pair WHERE inner = ?");
    database->coverage =
        sql_prepare(sql, grows ? "INSERT INTO now_traffic VALUES (NULL,?,?,?,?,?,?,?,?,?)"
                               : "INSERT INTO traffic VALUES (NULL,?,?,?,?,?,?,?,?,?)");
    database->waits = sql_prepare(sql, "INSERT OR IGNORE INTO waiting VALUES (?)");
    database->waits_no_more = sql_prepare(sql, "DELETE FROM waiting WHERE id = ?");
}

/* Not open yet. Takes the privacy over. */
static struct database *database_new(const struct database_options *options,
                                     const struct privacy *privacy)
{
    struct database *database = xcalloc(1, sizeof *database);
    database->privacy = *privacy;
    arena_init(&database->scratch, 256);
    database->path = xstrdup(options->path);
    database->sql.name = database->path;
    database->accepted = options->accepted;
    database->heads = options->heads;
    return database;
}

struct database *database_create(const struct database_options *options, struct error *error)
{
    if (!database_may_replace(options->path, options->force, error))
        return NULL;
    struct privacy privacy;
    if (!privacy_init(&privacy, options->privacy, NULL, error))
        return NULL;
    char *beside = file_beside(options->path, error);
    if (!beside) {
        privacy_fini(&privacy);
        return NULL;
    }
    struct database *database = database_new(options, &privacy);
    database->beside = beside;
    database->unfinished = true;
    open_sql(database, beside);
    lay_out(database, PRAGMAS);
    prepare(database);
    if (!database->sql.failed)
        return database;
    *error = database->sql.error;
    database_abandon(database);
    database_free(database);
    return NULL;
}

static void write_acceptances(struct sql *sql, const struct acceptances *accepted)
{
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO acceptance VALUES (?,?,?,?)");
    for (size_t i = 0; accepted && i < accepted->n && !sql->failed; i++) {
        const struct acceptance *acceptance = &accepted->items[i];
        struct row row = row_begin(sql, insert);
        row_words(&row, acceptance->key);
        row_words(&row, acceptance->until);
        row_optional(&row, acceptance->until_us, INT64_MAX);
        row_text(&row, slice_of_text(acceptance->reason));
        row_write(&row);
    }
    sqlite3_finalize(insert);
}

/* ---- one that grows ---- */

bool database_grows(const struct database *database)
{
    return database->beside == NULL;
}

/* A log without its database would be taken for the log of the new one. */
static void remove_leftovers(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (unsigned i = 0; i < COUNT_OF(suffixes); i++) {
        char *name = xmalloc(strlen(path) + 8);
        sprintf(name, "%s%s", path, suffixes[i]);
        unlink(name);
        free(name);
    }
}

/* Makes the file, readable for nobody else; true also where ours stands there already (*is_old).
 * One without an octet is what a kill leaves at the very beginning. */
static bool make_in_place(const char *path, bool force, bool *is_old, struct error *error)
{
    struct stat st;
    bool is_empty = lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
    if (!is_empty && !database_may_replace(path, force, error))
        return false;
    *is_old = !is_empty && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && file_is_audit(path);
    if (*is_old)
        return true;
    remove_leftovers(path); /* forced, or empty, or not there */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, ERROR_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    close(fd);
    return true;
}

/* A database says what it keeps back: one rule for all of it. */
static bool has_same_privacy(struct sql *sql, enum privacy_level level, struct error *error)
{
    bool differs = false;
    sqlite3_stmt *kept =
        sql_prepare(sql, "SELECT 1 FROM run_row WHERE coalesce(json_extract(options, '$.privacy'), "
                         "'full') <> ?");
    sqlite3_bind_text(kept, 1, privacy_word(level), -1, SQLITE_STATIC);
    differs = kept && sqlite3_step(kept) == SQLITE_ROW;
    sqlite3_finalize(kept);
    return !differs || error_set(error, ERROR_OUTPUT,
                                 "%s was not recorded with --privacy %s: name another with -o",
                                 sql->name, privacy_word(level));
}

static bool is_continuable(struct sql *sql, const char *inputs, struct error *error)
{
    if (sql_number(sql, "PRAGMA user_version") != SCHEMA_VERSION)
        return error_set(error, ERROR_OUTPUT,
                         "%s was written by another version of wire304: name another with -o",
                         sql->name);
    if (!sql_number(sql, "SELECT count(*) FROM sqlite_schema WHERE name = 'settled'"))
        return error_set(error, ERROR_OUTPUT,
                         "%s was written by analyze, and live goes on in its own only: name "
                         "another with -o",
                         sql->name);
    sqlite3_stmt *same =
        sql_prepare(sql, "SELECT 1 FROM input WHERE id < ?2 AND (name NOT IN (SELECT "
                         "json_extract(value, '$.file') FROM "
                         "json_each(?1)) OR id NOT IN (SELECT key FROM json_each(?1) WHERE "
                         "json_extract(value, '$.file') = name))");
    sqlite3_bind_text(same, 1, inputs, -1, SQLITE_STATIC);
    sqlite3_bind_int64(same, 2, DATABASE_RING_INPUT);
    bool differs = same && sqlite3_step(same) == SQLITE_ROW;
    sqlite3_finalize(same);
    return !differs ||
           error_set(error, ERROR_OUTPUT,
                     "%s was recorded from other interfaces: name another with -o", sql->name);
}

static void read_past(struct database *database)
{
    struct sql *sql = &database->sql;
    struct run_past *past = &database->past;
    past->known = sql_number(sql, "SELECT count(*) FROM run_row WHERE first_us NOT NULL") > 0;
    past->started_us = sql_number(sql, "SELECT started_us FROM run_row");
    past->first_us = sql_number(sql, "SELECT first_us FROM run_row");
    past->last_us = sql_number(sql, "SELECT last_us FROM run_row");
    past->packets = sql_number(sql, "SELECT packets FROM run_row");
    past->dropped_by_kernel = sql_number(sql, "SELECT dropped_by_kernel FROM run_row");
    past->dropped_by_interface = sql_number(sql, "SELECT dropped_by_interface FROM run_row");
    database->sums = (struct sums){
        .exchanges = (uint64_t)sql_number(sql, "SELECT exchanges FROM settled"),
        .observed = (uint64_t)sql_number(sql, "SELECT observed FROM settled"),
        .retransmitted = (uint64_t)sql_number(sql, "SELECT retransmitted FROM settled"),
        .overhead = (uint64_t)sql_number(sql, "SELECT overhead FROM settled"),
    };
}

/* In a transaction, and in another one in the end: what is needed for rows to come. */
static void go_on(struct database *database, bool is_old)
{
    struct sql *sql = &database->sql;
    sql_run(sql, schema_grow);
    sql_run(sql, "DELETE FROM acceptance");
    write_acceptances(sql, database->accepted);
    read_past(database);
    prepare(database);
    if (is_old) {
        exchange_rows_continue(database->exchanges);
        finding_rows_continue(database->findings);
    }
    database->retention.exchanges = database->exchanges;
    database->retention.findings = database->findings;
    if (database->retention.keep_us || database->retention.max_octets)
        retention_begin(&database->retention, sql);
    sql_run(sql, "COMMIT;BEGIN");
}

static bool grow(struct database *database, bool is_old, const char *inputs, struct error *error)
{
    struct sql *sql = &database->sql;
    open_sql(database, database->path);
    sqlite3_busy_timeout(sql->db, 5000); /* a reader may be in the middle of a checkpoint */
    if (is_old) {
        if (sql->failed || !is_continuable(sql, inputs, error) ||
            !has_same_privacy(sql, database->privacy.level, error))
            return false;
        sql_run(sql, PRAGMAS_TO_GROW "BEGIN IMMEDIATE;");
    } else {
        lay_out(database, PRAGMAS_TO_GROW);
        sql_run(sql, "INSERT INTO total VALUES (0,0,0,0,0,0,0,0,0,0,0,0,0,0)");
        views_create(sql);
    }
    go_on(database, is_old);
    if (!is_old) /* so that the file itself says what it is, and not only its log */
        sql_run(sql, "COMMIT;PRAGMA wal_checkpoint(TRUNCATE);BEGIN");
    return !sql->failed;
}

static void tell_past(struct database *database, struct database_past *past)
{
    past->exchanges = (uint64_t)sql_number(&database->sql, "SELECT max(id) FROM exchange");
    past->packets = (uint64_t)database->past.packets;
}

struct database *database_grow(const struct database_options *options, const char *inputs,
                               struct database_past *past, struct error *error)
{
    bool is_old;
    struct privacy privacy;
    if (!privacy_init(&privacy, options->privacy, NULL, error))
        return NULL;
    if (!make_in_place(options->path, options->force, &is_old, error)) {
        privacy_fini(&privacy);
        return NULL;
    }
    struct database *database = database_new(options, &privacy);
    database->retention.keep_us = options->keep_ns / 1000;
    database->retention.max_octets = options->max_octets;
    if (grow(database, is_old, inputs, error)) {
        tell_past(database, past);
        return database;
    }
    if (database->sql.failed)
        *error = database->sql.error;
    database_free(database);
    return NULL;
}

bool database_give(const struct database *database, unsigned uid, unsigned gid, struct error *error)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    if (geteuid() != 0)
        return true;
    for (unsigned i = 0; i < COUNT_OF(suffixes); i++) {
        char *name = xmalloc(strlen(database->path) + 8);
        sprintf(name, "%s%s", database->path, suffixes[i]);
        bool done = lchown(name, uid, gid) == 0 || errno == ENOENT;
        if (!done)
            error_set(error, ERROR_OUTPUT, "cannot give %s to the user that wire304 becomes: %s",
                      name, strerror(errno));
        free(name);
        if (!done)
            return false;
    }
    return true;
}

void database_waits(struct database *database, uint64_t exchange_id, bool waits)
{
    if (database->sql.failed)
        return;
    struct row row = row_begin(&database->sql, waits ? database->waits : database->waits_no_more);
    row_number(&row, (int64_t)exchange_id);
    row_write(&row);
}

void database_ring_file(struct database *database, uint32_t input, const char *name)
{
    if (database->sql.failed)
        return;
    sqlite3_stmt *insert = sql_prepare(&database->sql, "INSERT OR REPLACE INTO input VALUES (?,?)");
    struct row row = row_begin(&database->sql, insert);
    row_number(&row, input);
    row_text(&row, slice_of_text(name));
    row_write(&row);
    sqlite3_finalize(insert);
}

void database_turn(struct database *database, int64_t now_us)
{
    struct deletion_inners inners;
    retention_turn(&database->retention, now_us, &inners);
    database->sums.exchanges -= (uint64_t)inners.exchanges;
    database->sums.observed -= (uint64_t)inners.observed;
    database->sums.retransmitted -= (uint64_t)inners.retransmitted;
}

void database_begin_checkpoint(struct database *database)
{
    sql_run(&database->sql, schema_begin);
}

const char *database_beside(const struct database *database)
{
    return database->beside;
}

/* Once per row that a sink brings. */
static void count_row(struct database *database)
{
    if (database_grows(database) || ++database->rows < LIMIT_ROWS_PER_TRANSACTION)
        return;
    database->rows = 0;
    sql_run(&database->sql, "COMMIT;BEGIN");
}

void database_exchange(struct database *database, const struct assessed *assessed)
{
    const struct exchange *x = assessed->exchange;
    database->sums.exchanges++;
    database->sums.observed += x->request.header_bytes + x->request.body_bytes +
                               x->response.header_bytes + x->response.body_bytes;
    database->sums.retransmitted += x->retransmitted_bytes;
    exchange_rows_write(database->exchanges, assessed);
    finding_rows_exchange(database->findings, assessed);
    count_row(database);
}

void database_pair(struct database *database, uint64_t inner_id, uint64_t outer_id)
{
    if (database->sql.failed)
        return;
    struct row row = row_begin(&database->sql, outer_id ? database->pair : database->unpair);
    row_number(&row, (int64_t)inner_id);
    if (outer_id)
        row_number(&row, (int64_t)outer_id);
    row_write(&row);
    count_row(database);
}

void database_finding(struct database *database, const struct finding *finding)
{
    finding_rows_write(database->findings, finding);
    count_row(database);
}

void database_what_if(struct database *database, const struct what_if *what_if)
{
    static const char *const words[] = {"private-cache", "shared-cache"};
    bool is_private = what_if->scenario == SCENARIO_PRIVATE_CACHE;
    if (database->sql.failed)
        return;
    struct row row = row_begin(&database->sql, database->ideal);
    row_words(&row, words[what_if->scenario]);
    row_number(&row, (int64_t)what_if->capacity_bytes); /* -1: without limit */
    row_number(&row, (int64_t)what_if->exchanges);
    row_number(&row, (int64_t)what_if->saved_bytes);
    row_number(&row, (int64_t)what_if->left_bytes);
    row_optional(&row, is_private ? what_if->time_ns / 1000 : -1, -1);
    row_number(&row, what_if->sampled_ppm);
    row_write(&row);
}

void database_check(struct database *database, const struct check *check)
{
    if (database->sql.failed)
        return;
    struct row row = row_begin(&database->sql, database->check);
    row_words(&row, check->rule->id);
    row_number(&row, check->outcome);
    row_words(&row, check->guard);
    row_number(&row, (int64_t)check->exchanges);
    row_write(&row);
}

/* Until the next one. */
static struct slice shown_host(struct database *database, struct slice host)
{
    arena_reset(&database->scratch);
    return privacy_of(&database->privacy, PRIVATE_HOST, host, &database->scratch);
}

void database_connection(struct database *database, const struct connection *connection)
{
    if (database->sql.failed)
        return;
    database->sums.overhead += connection->overhead_bytes;
    database->sums.retransmitted += connection->retransmitted_bytes;
    exchange_rows_connection(database->exchanges, connection);
    count_row(database);
}

void database_coverage(struct database *database, const struct coverage *coverage)
{
    if (database->sql.failed)
        return;
    database->sums.unseen += coverage->unseen_bytes;
    struct row row = row_begin(&database->sql, database->coverage);
    row_words(&row, coverage->transport);
    row_words(&row, coverage->protocol);
    row_text(&row, shown_host(database, coverage->server_name));
    row_words(&row, coverage->reason);
    row_number(&row, (int64_t)coverage->connections);
    row_number(&row, (int64_t)coverage->packets);
    row_number(&row, (int64_t)coverage->bytes);
    row_number(&row, (int64_t)coverage->unseen_bytes);
    row_number(&row, (int64_t)coverage->exchanges);
    row_write(&row);
    count_row(database);
}

/* Without packets there are no times. */
static void bind_run_time(struct row *row, const struct run_facts *facts, int64_t ns)
{
    if (facts->packets)
        row_number(row, microseconds(ns));
    else
        row_null(row);
}

/* The facts of all runs together. */
static struct run_facts facts_of_all(const struct database *database, const struct run_facts *now)
{
    struct run_facts all = *now;
    const struct run_past *past = &database->past;
    all.packets += (uint64_t)past->packets;
    all.dropped_by_kernel += (uint64_t)past->dropped_by_kernel;
    all.dropped_by_interface += (uint64_t)past->dropped_by_interface;
    if (!past->known)
        return all;
    all.started_ns = past->started_us * 1000;
    all.first_ns = past->first_us * 1000;
    if (now->packets == 0 || past->last_us * 1000 > now->last_ns)
        all.last_ns = past->last_us * 1000;
    return all;
}

static void write_run(struct sql *sql, const struct run_facts *facts)
{
    sqlite3_stmt *insert = sql_prepare(sql, "INSERT INTO run_row VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
    if (sql->failed)
        return;
    struct row row = row_begin(sql, insert);
    row_words(&row, WIRE304_VERSION);
    row_words(&row, facts->options_json);
    row_words(&row, facts->thresholds_json);
    row_words(&row, facts->inputs_json);
    bind_run_time(&row, facts, facts->started_ns);
    bind_run_time(&row, facts, facts->first_ns);
    bind_run_time(&row, facts, facts->last_ns);
    row_number(&row, (int64_t)facts->packets);
    row_number(&row, (int64_t)facts->dropped_by_kernel);
    row_number(&row, (int64_t)facts->dropped_by_interface);
    row_words(&row, facts->caps_json);
    row_words(&row, facts->price);
    row_write(&row);
    sqlite3_finalize(insert);
}

static void write_total(struct sql *sql, const struct sums *sums)
{
    sqlite3_stmt *insert = sql_prepare(sql, schema_total);
    if (sql->failed)
        return;
    struct row row = row_begin(sql, insert);
    row_number(&row, (int64_t)sums->exchanges);
    row_number(&row, (int64_t)sums->observed);
    row_number(&row, (int64_t)sums->retransmitted);
    row_number(&row, (int64_t)sums->overhead);
    row_number(&row, (int64_t)sums->unseen);
    row_write(&row);
    sqlite3_finalize(insert);
}

static void write_sums(struct sql *sql, const struct sums *sums)
{
    char text[240];
    snprintf(text, sizeof text,
             "UPDATE settled SET exchanges=%" PRIu64 ", observed=%" PRIu64
             ", retransmitted=%" PRIu64 ", overhead=%" PRIu64,
             sums->exchanges, sums->observed, sums->retransmitted, sums->overhead);
    sql_run(sql, text);
}

bool database_checkpoint(struct database *database, const struct run_facts *facts, bool whole,
                         struct error *error)
{
    struct sql *sql = &database->sql;
    struct run_facts all = facts_of_all(database, facts);
    exchange_rows_flush(database->exchanges);
    finding_rows_flush(database->findings);
    sql_run(sql, "DELETE FROM run_row");
    write_run(sql, &all);
    write_sums(sql, &database->sums);
    if (whole)
        sql_run(sql, schema_stand);
    sql_run(sql, "COMMIT;BEGIN");
    if (sql->failed)
        *error = sql->error;
    return !sql->failed;
}

static void close_statements(struct database *database)
{
    exchange_rows_free(database->exchanges);
    finding_rows_free(database->findings);
    database->exchanges = NULL;
    database->findings = NULL;
    sqlite3_finalize(database->check);
    sqlite3_finalize(database->ideal);
    sqlite3_finalize(database->coverage);
    sqlite3_finalize(database->pair);
    sqlite3_finalize(database->unpair);
    sqlite3_finalize(database->waits);
    sqlite3_finalize(database->waits_no_more);
    database->check = database->ideal = database->coverage = NULL;
    database->pair = database->unpair = database->waits = database->waits_no_more = NULL;
}

static void close_sql(struct database *database)
{
    close_statements(database);
    if (sqlite3_close(database->sql.db) != SQLITE_OK)
        sql_fail(&database->sql);
    else
        database->sql.db = NULL;
}

/* All is told: sums of the findings anew, now that it is known which exchanges are another's. */
static bool finish_in_place(struct database *database, const struct run_facts *facts,
                            struct error *error)
{
    struct sql *sql = &database->sql;
    if (!database_checkpoint(database, facts, true, error))
        return false;
    database->sums.unseen = (uint64_t)sql_number(sql, "SELECT unseen_bytes FROM total");
    sql_run(sql, schema_savings);
    sql_run(sql, "DELETE FROM total");
    write_total(sql, &database->sums);
    sql_run(sql, "COMMIT");
    if (!sql->failed) /* what cannot be moved into the file now stays in the log, and counts */
        sqlite3_exec(sql->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    if (!sql->failed)
        close_sql(database);
    if (sql->failed)
        *error = sql->error;
    return !sql->failed;
}

bool database_lacks_room(const struct database *database)
{
    return database->sql.no_room;
}

/* SQLite has rolled back already, or does now: rows and numbers of the last second are no more, so
 * nothing that was remembered of them may be either. */
bool database_recover(struct database *database, struct database_past *past, struct error *error)
{
    struct sql *sql = &database->sql;
    close_statements(database);
    if (!sqlite3_get_autocommit(sql->db))
        sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    sql->failed = sql->no_room = false;
    sql_run(sql, "BEGIN IMMEDIATE");
    go_on(database, true);
    if (!sql->failed)
        tell_past(database, past);
    else
        *error = sql->error;
    return !sql->failed;
}

/* Onto the disk, then under its final name: after a power cut one of the two is whole. */
static bool publish(struct database *database)
{
    int fd = open(database->beside, O_RDONLY | O_CLOEXEC);
    bool flushed = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return flushed && rename(database->beside, database->path) == 0;
}

bool database_finish(struct database *database, const struct run_facts *facts, struct error *error)
{
    struct sql *sql = &database->sql;
    if (database_grows(database))
        return finish_in_place(database, facts, error);
    exchange_rows_flush(database->exchanges);
    finding_rows_flush(database->findings);
    write_run(sql, facts);
    write_acceptances(sql, database->accepted);
    sql_run(sql, schema_settle);
    write_total(sql, &database->sums);
    views_write(sql);
    sql_run(sql, "COMMIT");
    close_sql(database);
    if (!sql->failed && !publish(database)) {
        sql->failed = true;
        error_set(&sql->error, ERROR_OUTPUT, "cannot write %s: %s", sql->name, strerror(errno));
    }
    if (!sql->failed) {
        database->unfinished = false;
        return true;
    }
    *error = sql->error;
    database_abandon(database);
    return false;
}

void database_abandon(struct database *database)
{
    if (!database || !database->unfinished)
        return;
    close_sql(database);
    unlink(database->beside);
    database->unfinished = false;
}

void database_free(struct database *database)
{
    if (!database)
        return;
    database_abandon(database);
    if (database_grows(database) && database->sql.db)
        close_sql(database); /* what was committed stays */
    privacy_fini(&database->privacy);
    arena_fini(&database->scratch);
    free(database->path);
    free(database->beside);
    free(database);
}
