/* SPDX-License-Identifier: MIT */
/*
 * Sums first, then rows. An issue loses its first finding, which tells what it is about: that is
 * written down beside its sums. A connection that has lost exchanges keeps count of them, until it
 * is closed and has lost all.
 */

#include "reports/audit/deletion.h"

#include <stdio.h>

#include "reports/audit/schema.h"

// clang-format off
#define CONFIDENCE "(SELECT confidence FROM verdict WHERE id = f.verdict)"
#define OCTETS "(request_header + request_body + response_header + response_body)"
#define FINDINGS "finding f WHERE f.exchange IN slice"
#define IS_OUTER "f.exchange NOT IN (SELECT inner FROM pair)"
#define SUM(what, from, where) "coalesce((SELECT sum(" what ") FROM " from " WHERE " where "), 0)"
#define OF_NEEDLESS(what, how) SUM(what, "needless", "exchange IN slice AND confidence " how " 0")

static const char preparation[] =
"CREATE TEMP TABLE IF NOT EXISTS slice (id INTEGER PRIMARY KEY);"
"CREATE INDEX IF NOT EXISTS finding_of_exchange ON finding (exchange);"
"CREATE INDEX IF NOT EXISTS finding_of_issue ON finding (issue);";

static const char sums[] =
"INSERT INTO hour SELECT * FROM (" SCHEMA_HOURS("e.id IN slice", "f.exchange IN slice") ") WHERE 1"
"  ON CONFLICT(hour_us) DO UPDATE SET exchanges = exchanges + excluded.exchanges,"
"  observed = observed + excluded.observed, certain = certain + excluded.certain,"
"  likely = likely + excluded.likely, possible = possible + excluded.possible,"
"  opportunity = opportunity + excluded.opportunity;"

"UPDATE past SET exchanges = exchanges + (SELECT count(*) FROM exchange WHERE id IN slice AND id NOT IN (SELECT inner FROM pair)),"
"  observed = observed + " SUM(OCTETS, "exchange", "id IN slice AND id NOT IN (SELECT inner FROM pair)") ","
"  retransmitted = retransmitted + " SUM("retransmitted", "exchange", "id IN slice AND id NOT IN (SELECT inner FROM pair)") ","
"  wire = wire + " SUM("wire", "exchange", "id IN slice") ","
"  findings = findings + (SELECT count(*) FROM " FINDINGS ");";

/* Of the findings, by confidence and account. */
static const char finding_sums[] =
"WITH s AS (SELECT coalesce(sum(avoidable) FILTER (WHERE c = 2), 0) AS certain,"
"  coalesce(sum(avoidable) FILTER (WHERE c = 1), 0) AS likely,"
"  coalesce(sum(avoidable) FILTER (WHERE c = 0), 0) AS possible, coalesce(sum(opportunity), 0) AS opportunity,"
"  coalesce(sum(avoidable) FILTER (WHERE c > 0 AND is_accepted), 0) AS accepted FROM"
"  (SELECT avoidable, opportunity, " CONFIDENCE " AS c, f.issue IN (SELECT i.id FROM acceptance a"
"   JOIN issue i ON i.key = a.key WHERE coalesce(a.until_us >= (SELECT last_us FROM run_row), 1))"
"   AS is_accepted FROM " FINDINGS " AND " IS_OUTER "))"
"UPDATE past SET certain = past.certain + s.certain, likely = past.likely + s.likely,"
"  possible = past.possible + s.possible, opportunity = past.opportunity + s.opportunity,"
"  accepted = past.accepted + s.accepted FROM s;"

"UPDATE past SET needless = needless + " OF_NEEDLESS("1", ">") ","
"  needless_us = needless_us + " OF_NEEDLESS("time_us", ">") ","
"  possibly = possibly + " OF_NEEDLESS("1", "=") ","
"  possibly_us = possibly_us + " OF_NEEDLESS("time_us", "=") ";"

"INSERT INTO rule_past SELECT (SELECT rule FROM verdict WHERE id = f.verdict) AS r,"
"  count(DISTINCT f.exchange), sum(f.standalone) FROM " FINDINGS " GROUP BY r"
"  ON CONFLICT(rule) DO UPDATE SET exchanges = exchanges + excluded.exchanges,"
"  standalone = standalone + excluded.standalone;"

SCHEMA_REMEDIES("remedy_past", "f.exchange IN slice")

"INSERT INTO issue_past SELECT i.id, f.verdict, u.host, l.server, r.server_software, u.url_pattern, 0, 0, 0"
"  FROM (SELECT DISTINCT issue FROM " FINDINGS ") s JOIN issue i ON i.id = s.issue"
"  JOIN finding f ON f.id = i.first_finding JOIN exchange e ON e.id = f.exchange"
"  LEFT JOIN url u ON u.id = e.url LEFT JOIN link l ON l.id = e.link"
"  LEFT JOIN response r ON r.id = e.response WHERE 1 ON CONFLICT DO NOTHING;"
"UPDATE issue_past SET exchanges = exchanges + s.n, avoidable = avoidable + s.a,"
"  opportunity = opportunity + s.o FROM (SELECT issue, count(DISTINCT exchange) AS n,"
"  sum(avoidable) AS a, sum(opportunity) AS o FROM " FINDINGS " GROUP BY issue) s WHERE issue_past.id = s.issue;"
"UPDATE issue SET first_finding = NULL WHERE first_finding IN (SELECT id FROM " FINDINGS ");"

"INSERT INTO link_past SELECT link, count(*), sum(wire) FROM exchange WHERE id IN slice GROUP BY link"
"  ON CONFLICT(id) DO UPDATE SET exchanges = exchanges + excluded.exchanges,"
"  wire = wire + excluded.wire;";

static const char rows[] =
"DELETE FROM finding WHERE exchange IN slice;"
"DELETE FROM claim WHERE id IN slice;"
"DELETE FROM needless WHERE exchange IN slice;"
"DELETE FROM head WHERE id IN slice;"
"DELETE FROM pair WHERE inner IN slice;"
"DELETE FROM exchange WHERE id IN slice;"
"DELETE FROM slice;";
// clang-format on

void deletion_prepare(struct sql *sql)
{
    sql_run(sql, preparation);
}

/* Most databases have none, and then nothing is looked for. */
static void count_inners(struct sql *sql, struct deletion_inners *inners)
{
    *inners = (struct deletion_inners){0};
    inners->exchanges = sql_number(sql, "SELECT count(*) FROM slice WHERE id IN (SELECT inner "
                                        "FROM pair)");
    if (inners->exchanges == 0)
        return;
    inners->observed = sql_number(sql, "SELECT sum(request_header + request_body + "
                                       "response_header + response_body) FROM exchange WHERE id IN "
                                       "slice AND id IN (SELECT inner FROM pair)");
    inners->retransmitted =
        sql_number(sql, "SELECT sum(retransmitted) FROM exchange WHERE id IN slice AND id IN "
                        "(SELECT inner FROM pair)");
}

void deletion_run(struct sql *sql, struct deletion_inners *inners)
{
    count_inners(sql, inners);
    sql_run(sql, sums);
    sql_run(sql, finding_sums);
    sql_run(sql, rows);
}

void deletion_of_connections(struct sql *sql, int most)
{
    char text[800];
    snprintf(text, sizeof text,
             "DELETE FROM slice;"
             "INSERT INTO slice SELECT p.id FROM link_past p JOIN connection c ON c.id = p.id "
             "WHERE p.exchanges = c.exchanges LIMIT %d;"
             "UPDATE past SET connections = connections + (SELECT count(*) FROM slice), "
             "connection_wire = connection_wire + s.wire, overhead = past.overhead + s.overhead, "
             "retransmitted = past.retransmitted + s.retransmitted FROM (SELECT "
             "coalesce(sum(wire), 0) AS wire, coalesce(sum(overhead), 0) AS overhead, "
             "coalesce(sum(retransmitted), 0) AS retransmitted FROM connection WHERE id IN slice) "
             "s;"
             "DELETE FROM link_past WHERE id IN slice; DELETE FROM link WHERE id IN slice;"
             "DELETE FROM connection WHERE id IN slice; DELETE FROM slice;",
             most);
    sql_run(sql, text);
}
