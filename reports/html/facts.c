/* SPDX-License-Identifier: MIT */
/* The sums that the sections of the HTML report share, as temporary tables; html_report.h says what
 * they hold. Read from the narrow tables (schema.c) rather than the views, whose columns are looked
 * up one by one: a million exchanges take seconds. */

#include "reports/html/report.h"

#include "base/attributes.h"
#include "reports/audit/schema.h"
#include "reports/limits.h"

/* All four byte counters of an exchange, as contract.md counts `observed_bytes`. */
#define OCTETS "(request_header + request_body + response_header + response_body)"

#define DIGITS_(number) #number
#define DIGITS(number)  DIGITS_(number)

static const char *const tables[] = {
    "CREATE TEMP TABLE same_url AS SELECT id, min(id) OVER (PARTITION BY coalesce(url, target), "
    "host) AS one FROM main.url",
    "CREATE UNIQUE INDEX temp.same_url_id ON same_url (id, one)",

    "CREATE TEMP TABLE brief AS SELECT id, rule, variant, party, host,"
    " instr('error,warning,waste,info', severity) AS rank, accepted NOT NULL AS is_accepted,"
    " exchanges FROM issues", /* no join, or SQLite would look up all columns of the view */

    "CREATE TEMP TABLE matter (issue INTEGER PRIMARY KEY, confidence, firm, weak, opportunity, "
    "trips, waited_us)",
    "INSERT INTO matter SELECT issue, max(confidence), sum(iif(confidence > 0, avoidable, 0)),"
    " sum(iif(confidence = 0, avoidable, 0)), sum(opportunity), sum(whole),"
    " sum(iif(whole, coalesce(response_end, 0), 0)) FROM"
    " (SELECT f.issue, v.confidence, iif(c, f.avoidable, 0) AS avoidable,"
    "  iif(c, f.opportunity, 0) AS opportunity, c AND f.whole AS whole, f.response_end"
    "  FROM (SELECT f.*, e.response_end, " NOT_INNER " AS c,"
    "   f.avoidable + f.opportunity = " OCTETS " AS whole"
    "   FROM finding f JOIN main.exchange e ON e.id = f.exchange) f"
    "  JOIN main.verdict v ON v.id = f.verdict) GROUP BY issue",
};

/* As `totals`, whatever --severity shows. */
static const char make_cost[] =
    "CREATE TEMP TABLE cost (id INTEGER PRIMARY KEY, firm, weak, opportunity, whole)";
#define COST(chosen)                                                                               \
    "INSERT INTO cost SELECT f.exchange,"                                                          \
    " coalesce(sum(f.avoidable) FILTER (WHERE v.confidence > 0), 0),"                              \
    " coalesce(sum(f.avoidable) FILTER (WHERE v.confidence = 0), 0), sum(f.opportunity),"          \
    " max(f.avoidable + f.opportunity = " OCTETS ") FROM main.finding f"                           \
    " JOIN main.verdict v ON v.id = f.verdict JOIN main.exchange e ON e.id = f.exchange"           \
    " WHERE f.avoidable + f.opportunity > 0 AND " NOT_INNER " " chosen " GROUP BY f.exchange"

void html_facts(struct html_report *report)
{
    audit_run(report->audit, "PRAGMA main.cache_size = -" DIGITS(LIMIT_REPORT_CACHE_KIB));
    audit_run(report->audit, "PRAGMA temp.cache_size = -" DIGITS(LIMIT_SUMS_CACHE_KIB));
    audit_run(report->audit, make_cost);
    audit_run(report->audit, report->is_whole ? COST("") : COST("AND f.id IN temp.chosen_finding"));
    for (unsigned i = 0; i < COUNT_OF(tables); i++)
        audit_run(report->audit, tables[i]);
    struct query query = query_begin(
        report->audit, "SELECT r.first_us, r.last_us, r.packets, t.exchanges, t.observed_bytes,"
                       " t.avoidable_certain, t.avoidable_likely, t.avoidable_possible,"
                       " t.opportunity_bytes FROM run r, totals t");
    if (query_next(&query)) {
        report->first_us = query_number(&query, 0);
        report->last_us = query_number(&query, 1);
        report->packets = (uint64_t)query_number(&query, 2);
        report->exchanges = (uint64_t)query_number(&query, 3);
        report->observed = (uint64_t)query_number(&query, 4);
        report->certain = (uint64_t)query_number(&query, 5);
        report->likely = (uint64_t)query_number(&query, 6);
        report->possible = (uint64_t)query_number(&query, 7);
        report->opportunity = (uint64_t)query_number(&query, 8);
    }
    query_end(&query);
    report->step_us = (report->last_us - report->first_us) / LIMIT_HTML_COLUMNS + 1;
    html_walk(report);
    report->not_modified =
        (uint64_t)audit_number(report->audit, "SELECT sum(not_modified) FROM per_url");
}
