/* SPDX-License-Identifier: MIT */
/*
 * Which text is still spoken of, nobody knows without asking all exchanges. So time is cut into
 * epochs: with a new one, no text that was met before is remembered, and exchanges speak of new
 * copies only. When the last exchange of the epochs before has gone, so may all texts of a number
 * below that of the epoch's beginning, without looking.
 *
 * The newest row of each table stays, since SQLite counts on from it; and with the newest finding
 * its exchange.
 */

#include "reports/audit/retention.h"

#include <inttypes.h>
#include <stdio.h>

#include "reports/audit/schema.h"
#include "reports/limits.h"
#include "reports/reports.h"

_Static_assert(DATABASE_RING_INPUT == 1024, "as forget_files has it");

#define DIGITS_(number) #number
#define DIGITS(number)  DIGITS_(number)
#define OPEN_US         INT64_C(600000000) /* a connection that is open for so long keeps nothing back */
#define IDLE_US         INT64_C(1000000) /* between two looks that find nothing */

uint64_t retention_threshold(uint64_t max_octets)
{
    uint64_t slack = max_octets / 4;
    return max_octets - (slack < LIMIT_RETENTION_SLACK ? slack : LIMIT_RETENTION_SLACK);
}

bool retention_begins_epoch(int64_t oldest, int64_t newest, int64_t epoch_first)
{
    int64_t length = (newest - oldest) / 8;
    return newest - epoch_first >=
           (length > LIMIT_RETENTION_EPOCH ? length : LIMIT_RETENTION_EPOCH);
}

/* ---- epochs ---- */

/* Files of a packet ring older than that of the oldest exchange. */
static const char forget_files[] =
    "DELETE FROM input WHERE id >= 1024 AND name < (SELECT name FROM input WHERE id = "
    "(SELECT bits >> " DIGITS(BITS_REQUEST_FILE) " & 1048575 FROM exchange ORDER BY id LIMIT 1))";

static void begin_epoch(struct retention *r, int64_t first)
{
    char text[200];
    int64_t at[EXCHANGE_ROWS_TEXTS];
    exchange_rows_begin_epoch(r->exchanges, at);
    finding_rows_begin_epoch(r->findings);
    snprintf(text, sizeof text,
             "INSERT OR REPLACE INTO epoch VALUES (%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
             ",%" PRId64 ",%" PRId64 ")",
             first, at[0], at[1], at[2], at[3], at[4]);
    sql_run(r->sql, text);
    r->epoch_first = first;
    sql_run(r->sql, forget_files);
}

void retention_begin(struct retention *r, struct sql *sql)
{
    r->sql = sql;
    r->cursor = r->next_us = 0;
    deletion_prepare(sql);
    finding_rows_let_go(r->findings, sql_number(sql, "SELECT coalesce(max(id), 0) FROM exchange"));
    begin_epoch(r, sql_number(sql, "SELECT coalesce(max(id), 0) + 1 FROM exchange"));
}

/* Texts below the beginning of the latest epoch that nothing older speaks of. */
static bool sweep_texts(struct retention *r, int64_t oldest)
{
    static const char *const tables[] = {"url", "requester", "condition", "response", "moment"};
    char text[240];
    snprintf(text, sizeof text, "SELECT coalesce(max(id), 0) FROM epoch WHERE id <= %" PRId64,
             oldest);
    int64_t epoch = sql_number(r->sql, text);
    if (epoch == 0)
        return false;
    bool swept = false;
    for (unsigned i = 0; i < COUNT_OF(tables); i++) {
        snprintf(text, sizeof text,
                 "DELETE FROM %s WHERE id IN (SELECT id FROM %s WHERE id <= (SELECT %s FROM epoch "
                 "WHERE id = %" PRId64 ") AND id < (SELECT max(id) FROM %s) ORDER BY id LIMIT %d)",
                 tables[i], tables[i], tables[i], epoch, tables[i], LIMIT_RETENTION_SLICE);
        sql_run(r->sql, text);
        swept |= !r->sql->failed && sqlite3_changes(r->sql->db) > 0;
    }
    snprintf(text, sizeof text, "DELETE FROM epoch WHERE id < %" PRId64, epoch);
    sql_run(r->sql, text);
    return swept;
}

/* ---- exchanges ---- */

static uint64_t octets_of(struct sql *sql, const char *pages)
{
    return (uint64_t)sql_number(sql, pages) * (uint64_t)sql_number(sql, "PRAGMA page_size");
}

static uint64_t octets_in_use(struct sql *sql)
{
    return octets_of(sql, "PRAGMA page_count") - octets_of(sql, "PRAGMA freelist_count");
}

/* Fills the slice with the oldest that were there before `before_us`; how many they are. What
 * waits, has findings that no sum has yet, or belongs to a connection whose end may accuse it
 * still, comes in a later round. */
static int64_t choose(struct retention *r, int64_t before_us, int64_t open_before_us)
{
    char text[720];
    snprintf(
        text, sizeof text,
        "INSERT INTO slice SELECT id FROM (SELECT id, start_us, link FROM exchange WHERE id > "
        "%" PRId64 " ORDER BY id LIMIT %d) chosen WHERE start_us < %" PRId64
        " AND id NOT IN waiting AND id < (SELECT max(id) FROM exchange) AND id IS NOT "
        "(SELECT exchange FROM finding ORDER BY id DESC LIMIT 1) AND NOT EXISTS (SELECT 1 "
        "FROM finding f WHERE f.exchange = chosen.id AND f.id > (SELECT finding FROM "
        "settled)) AND (link IN (SELECT id FROM connection) OR start_us < %" PRId64 ") LIMIT %d",
        r->cursor, 4 * LIMIT_RETENTION_SLICE, before_us, open_before_us, LIMIT_RETENTION_SLICE);
    sql_run(r->sql, text);
    return r->sql->failed ? 0 : sqlite3_changes(r->sql->db);
}

/* The next slice begins after this one; where nothing of what was looked at may go yet, after that;
 * at the beginning again where there is nothing old enough. */
static void advance(struct retention *r, int64_t chosen, int64_t before_us)
{
    char text[240];
    if (chosen) {
        r->cursor = sql_number(r->sql, "SELECT max(id) FROM slice");
        return;
    }
    snprintf(text, sizeof text,
             "SELECT coalesce(max(id), 0) FROM (SELECT id, start_us FROM exchange WHERE id > "
             "%" PRId64 " ORDER BY id LIMIT %d) WHERE start_us < %" PRId64,
             r->cursor, 4 * LIMIT_RETENTION_SLICE, before_us);
    r->cursor = sql_number(r->sql, text);
}

/* True where there may be more. */
static bool let_go(struct retention *r, int64_t before_us, int64_t open_before_us,
                   struct deletion_inners *inners)
{
    exchange_rows_flush(r->exchanges);
    finding_rows_flush(r->findings);
    int64_t chosen = choose(r, before_us, open_before_us);
    advance(r, chosen, before_us);
    if (chosen) {
        finding_rows_let_go(r->findings, r->cursor);
        deletion_run(r->sql, inners);
    }
    deletion_of_connections(r->sql, LIMIT_RETENTION_SLICE);
    return r->cursor != 0;
}

void retention_turn(struct retention *r, int64_t now_us, struct deletion_inners *inners)
{
    *inners = (struct deletion_inners){0};
    if ((!r->keep_us && !r->max_octets) || now_us < r->next_us || r->sql->failed)
        return;
    bool is_large = r->max_octets && octets_in_use(r->sql) > retention_threshold(r->max_octets);
    int64_t before_us = is_large ? INT64_MAX : r->keep_us ? now_us - r->keep_us : INT64_MIN;
    bool worked = let_go(r, before_us, is_large ? INT64_MAX : now_us - OPEN_US, inners);
    int64_t oldest = sql_number(r->sql, "SELECT coalesce(min(id), 0) FROM exchange");
    int64_t newest = sql_number(r->sql, "SELECT coalesce(max(id), 0) FROM exchange");
    worked |= sweep_texts(r, oldest);
    if (retention_begins_epoch(oldest, newest, r->epoch_first))
        begin_epoch(r, newest + 1);
    if (r->max_octets && octets_of(r->sql, "PRAGMA page_count") > r->max_octets)
        sql_run(r->sql, "PRAGMA incremental_vacuum(" DIGITS(LIMIT_RETENTION_PAGES) ")");
    if (!worked)
        r->next_us = now_us + IDLE_US;
}
