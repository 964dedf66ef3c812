/* SPDX-License-Identifier: MIT */
/*
 * One transaction on the tables (schema.c), then VACUUM, which writes every page anew: with
 * secure_delete no octet of what was deleted is left in the file, whatever stops the program.
 *
 * What cannot be told apart by client goes or stays whole. What ideal caches would have saved is
 * not known of the rest, and goes. How often a rule passed or was withheld stays: it was looked at.
 * Findings about others that rested on an exchange that is gone stay, and rest on nothing.
 */

#include "reports/privacy/forget.h"

#include "base/attributes.h"
#include "reports/audit/audit.h"
#include "reports/audit/schema.h"
#include "reports/audit/sql.h"
#include "reports/selection.h"

/* Which exchanges and connections. Of a connection that a proxy shares among many, a part. */
static const char choose[] =
    "CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY);"
    "INSERT INTO temp.gone SELECT id FROM main.exchanges WHERE"
    "  client_is_chosen(client, forwarded_for, client_key);"
    "INSERT OR IGNORE INTO temp.gone WITH RECURSIVE because(id) AS (SELECT id FROM temp.gone"
    "  UNION SELECT p.inner FROM main.pair p JOIN because b ON p.outer = b.id)"
    "  SELECT id FROM because;"
    "CREATE TEMP TABLE share AS SELECT link AS id, count(*) AS whole,"
    "  sum(id IN temp.gone) AS n, coalesce(sum(wire) FILTER (WHERE id IN temp.gone), 0) AS wire"
    "  FROM main.exchange GROUP BY link HAVING n > 0;"
    "CREATE TEMP TABLE gone_connection (id INTEGER PRIMARY KEY);"
    "INSERT INTO temp.gone_connection SELECT id FROM temp.share WHERE n = whole;"
    "INSERT OR IGNORE INTO temp.gone_connection SELECT c.id FROM main.connection c JOIN main.link l"
    "  ON l.id = c.id WHERE client_is_chosen(l.client, NULL, NULL)"
    "  AND c.id NOT IN (SELECT link FROM main.exchange);";

/* All traffic is told by kind, not by connection: what was read over the same transport loses it.
 */
static const char take_from_coverage[] =
    "CREATE TEMP TABLE lost AS SELECT c.transport AS transport, sum(g.id NOT NULL) AS connections,"
    "  coalesce(sum(c.packets) FILTER (WHERE g.id NOT NULL), 0) AS packets,"
    "  sum(CASE WHEN g.id NOT NULL THEN c.wire ELSE s.wire END) AS bytes,"
    "  coalesce(sum(s.n), 0) AS exchanges FROM main.connection c"
    "  LEFT JOIN temp.gone_connection g ON g.id = c.id LEFT JOIN temp.share s ON s.id = c.id"
    "  WHERE g.id NOT NULL OR s.id NOT NULL GROUP BY c.transport;"
    "UPDATE main.traffic SET connections = max(0, main.traffic.connections - l.connections),"
    "  packets = max(0, main.traffic.packets - l.packets), bytes = max(0, main.traffic.bytes - "
    "l.bytes),"
    "  exchanges = max(0, main.traffic.exchanges - l.exchanges) FROM temp.lost l"
    "  WHERE main.traffic.id = (SELECT id FROM main.traffic t WHERE t.transport = l.transport"
    "  AND t.reason IS NULL ORDER BY t.exchanges DESC, t.bytes DESC LIMIT 1);"
    "DELETE FROM main.traffic WHERE packets = 0 AND bytes = 0;"
    "INSERT INTO main.forgotten SELECT (SELECT count(*) FROM temp.gone),"
    "  (SELECT coalesce(sum(bytes), 0) FROM temp.lost);";

static const char take_out[] =
    "DELETE FROM main.finding WHERE exchange IN temp.gone;"
    "UPDATE main.finding SET reference = NULL WHERE reference IN temp.gone;"
    "DELETE FROM main.head WHERE id IN temp.gone;"
    "DELETE FROM main.pair WHERE inner IN temp.gone OR outer IN temp.gone;"
    "DELETE FROM main.waiting WHERE id IN temp.gone;"
    "DELETE FROM main.exchange WHERE id IN temp.gone;"
    "UPDATE main.connection SET exchanges = exchanges - s.n, wire = main.connection.wire - s.wire"
    "  FROM temp.share s WHERE s.id = main.connection.id;"
    "UPDATE main.past SET connection_wire = connection_wire + (SELECT coalesce(sum(wire), 0)"
    "  FROM main.link_past WHERE id IN temp.gone_connection);"
    "DELETE FROM main.link_past WHERE id IN temp.gone_connection;"
    "DELETE FROM main.connection WHERE id IN temp.gone_connection;"
    "DELETE FROM main.link WHERE id IN temp.gone_connection;";

static const char drop_unused[] =
    "DELETE FROM main.url WHERE id NOT IN (SELECT url FROM main.exchange WHERE url NOT NULL);"
    "DELETE FROM main.requester WHERE id NOT IN"
    "  (SELECT requester FROM main.exchange WHERE requester NOT NULL);"
    "DELETE FROM main.condition WHERE id NOT IN"
    "  (SELECT condition FROM main.exchange WHERE condition NOT NULL);"
    "DELETE FROM main.response WHERE id NOT IN"
    "  (SELECT response FROM main.exchange WHERE response NOT NULL);"
    "DELETE FROM main.moment WHERE id NOT IN"
    "  (SELECT moment FROM main.exchange WHERE moment NOT NULL);"
    "DELETE FROM main.epoch;"; /* their numbers may come again (retention.c) */

static const char fold_again[] =
    "UPDATE main.issue SET first_finding = NULL;"
    "UPDATE main.issue SET first_finding = f.first FROM"
    "  (SELECT issue, min(id) AS first FROM main.finding GROUP BY issue) f"
    "  WHERE f.issue = main.issue.id;"
    "DELETE FROM main.issue WHERE first_finding IS NULL"
    "  AND id NOT IN (SELECT id FROM main.issue_past);"
    "CREATE TEMP TABLE folded AS SELECT * FROM main.issue_sum;"
    "DELETE FROM main.issue_sum; DELETE FROM main.claim; DELETE FROM main.ideal;"
    "CREATE TEMP TABLE fired AS SELECT v.rule AS rule, count(DISTINCT f.exchange) AS n"
    "  FROM main.finding f JOIN main.verdict v ON v.id = f.verdict GROUP BY v.rule;"
    "UPDATE main.looked_at SET exchanges = coalesce((SELECT n FROM temp.fired f"
    "  WHERE f.rule = main.looked_at.rule), 0) + coalesce((SELECT exchanges FROM main.rule_past p"
    "  WHERE p.rule = main.looked_at.rule), 0) WHERE outcome = 1;"
    "DELETE FROM main.looked_at WHERE exchanges = 0;"
    "DELETE FROM main.total;";

/* What was let go before cannot be told apart by client any more, and stays as a sum. */
static const char add_past[] =
    "INSERT INTO main.issue_sum SELECT p.id, f.severity, p.exchanges, p.avoidable, p.opportunity,"
    "  f.first_us, f.last_us FROM main.issue_past p JOIN temp.folded f ON f.id = p.id WHERE 1"
    "  ON CONFLICT(id) DO UPDATE SET severity = max(severity, excluded.severity),"
    "  exchanges = exchanges + excluded.exchanges, avoidable = avoidable + excluded.avoidable,"
    "  opportunity = opportunity + excluded.opportunity,"
    "  first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us);";

/* Of a database that grows: what the next run adds to. */
static const char settle_again[] =
    "UPDATE main.settled SET finding = (SELECT coalesce(max(id), 0) FROM main.finding),"
    "  exchanges = (SELECT count(*) FROM main.exchange) + (SELECT exchanges FROM main.past),"
    "  observed = (SELECT coalesce(sum(request_header + request_body + response_header"
    "    + response_body), 0) FROM main.exchange) + (SELECT observed FROM main.past),"
    "  retransmitted = (SELECT coalesce(sum(retransmitted), 0) FROM main.exchange)"
    "    + (SELECT coalesce(sum(retransmitted), 0) FROM main.connection)"
    "    + (SELECT retransmitted FROM main.past),"
    "  overhead = (SELECT coalesce(sum(overhead), 0) FROM main.connection)"
    "    + (SELECT overhead FROM main.past);";

static void write_total(struct audit *audit)
{
    static const char *const sums[] = {
        "SELECT count(*) + (SELECT exchanges FROM main.past) FROM main.exchange",
        "SELECT coalesce(sum(request_header + request_body + response_header + response_body), 0) "
        "+ (SELECT observed FROM main.past) FROM main.exchange",
        "SELECT (SELECT coalesce(sum(retransmitted), 0) FROM main.exchange) + (SELECT "
        "coalesce(sum(retransmitted), 0) FROM main.connection) + (SELECT retransmitted FROM "
        "main.past)",
        "SELECT coalesce(sum(overhead), 0) + (SELECT overhead FROM main.past) FROM "
        "main.connection",
        "SELECT coalesce(sum(unseen), 0) FROM main.traffic",
    };
    int64_t numbers[COUNT_OF(sums)];
    for (size_t i = 0; i < COUNT_OF(sums); i++)
        numbers[i] = audit_number(audit, sums[i]);
    struct query query = query_begin(audit, schema_total);
    for (size_t i = 0; i < COUNT_OF(sums); i++)
        query_bind(&query, (int)i + 1, numbers[i]);
    query_next(&query);
    query_end(&query);
}

static void take_away(struct audit *audit)
{
    audit_run(audit, take_from_coverage);
    audit_run(audit, take_out);
    audit_run(audit, drop_unused);
    audit_run(audit, fold_again);
    audit_run(audit, schema_sums);
    audit_run(audit, add_past);
    audit_run(audit, schema_savings);
    write_total(audit);
    if (audit_number(audit, "SELECT count(*) FROM main.sqlite_schema WHERE name = 'settled'"))
        audit_run(audit, settle_again);
}

/* Nobody else may have it open: what others hold in memory of its rows would come back. */
static bool have_alone(struct audit *audit, struct error *error)
{
    struct query query = query_begin(audit, "PRAGMA journal_mode = DELETE");
    bool alone = query_next(&query) && strcmp(query_word(&query, 0), "delete") == 0;
    query_end(&query);
    alone = alone && sqlite3_exec(audit->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK;
    return alone ||
           error_set(error, ERROR_OUTPUT,
                     "%s is in use (by `wire304 live`?), or cannot be written: nothing was "
                     "forgotten",
                     audit->path);
}

static bool forget(struct audit *audit, struct forgotten *forgotten, struct error *error)
{
    int64_t findings = audit_number(audit, "SELECT count(*) FROM main.finding");
    audit_run(audit, choose);
    forgotten->exchanges = (uint64_t)audit_number(audit, "SELECT count(*) FROM temp.gone");
    forgotten->connections =
        (uint64_t)audit_number(audit, "SELECT count(*) FROM temp.gone_connection");
    if (!audit->failed && forgotten->exchanges + forgotten->connections == 0)
        return error_set(error, ERROR_USAGE,
                         "%s has nothing of such a client: `SELECT DISTINCT client, forwarded_for "
                         "FROM exchanges` lists them%s",
                         audit->path,
                         audit_number(audit, "SELECT json_extract(options, '$.privacy') = 'strict' "
                                             "FROM run")
                             ? ", by pseudonyms"
                             : "");
    take_away(audit);
    forgotten->findings =
        (uint64_t)(findings - audit_number(audit, "SELECT count(*) FROM main.finding"));
    audit_run(audit, "COMMIT");
    audit_run(audit, "VACUUM");
    return true;
}

bool audit_forget(const char *path, const struct text_list *clients, struct forgotten *forgotten,
                  struct error *error)
{
    struct audit audit;
    if (!audit_open_growing(&audit, path, error))
        return false;
    audit_run(&audit, "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY");
    selection_teach_clients(&audit, clients);
    bool done = have_alone(&audit, error) && forget(&audit, forgotten, error);
    if (!audit_close(&audit, done ? error : &(struct error){0}))
        done = false;
    return done;
}
