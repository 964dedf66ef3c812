/* SPDX-License-Identifier: MIT */
/*
 * The questions that everybody asks first, as views: where the waste is, whose fault it is, whether
 * revalidation works, what became of a tag. What a proxy passes on is there twice, on its outer and
 * on its inner side: only the outer one is counted. Octets of waste stand by the confidence of the
 * findings, as in `totals`, whose numbers they add up to.
 *
 * They read the narrow tables (schema.c) and group by numbers of rows before they look at texts,
 * since nothing takes SQLite longer than to sort a million texts. A text may have several rows: it
 * is grouped by in the end, or stands for its rows by its rank among all texts. Where a part of an
 * audit is reported on, `exchange` and `finding` are that part (selection.c).
 */

#include "reports/audit/questions.h"

#include <assert.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "reports/audit/schema.h"

// clang-format off
/* enum outcome, in SQL. */
#define REFRESHED_SAME    2
#define REFRESHED_CHANGED 3
static_assert(REFRESHED_SAME == OUTCOME_REFRESHED_SAME, "");
static_assert(REFRESHED_CHANGED == OUTCOME_REFRESHED_CHANGED, "");
#define STATUS   "(e.bits >> " DIGITS(BITS_STATUS) " & 1023)"
#define OUTCOME  "(e.bits >> " DIGITS(BITS_OUTCOME) " & 7)"
#define DIGITS_(number) #number
#define DIGITS(number)  DIGITS_(number)
#define OUTER    SCHEMA_COUNTS("e.id")

/* Of the exchanges by `keys`, which are numbers of rows. */
#define WASTE_BY(keys)                                                                             \
    " (SELECT " keys ", count(*) AS exchanges, count(f.exchange) AS wasteful,"                     \
    "  sum(e.request_header + e.request_body + e.response_header + e.response_body) AS observed,"  \
    "  sum(f.certain) AS certain, sum(f.likely) AS likely, sum(f.possible) AS possible,"           \
    "  sum(f.opportunity) AS opportunity"                                                          \
    "  FROM exchange e LEFT JOIN (SELECT f.exchange,"                                              \
    "   sum(CASE v.confidence WHEN 2 THEN f.avoidable ELSE 0 END) AS certain,"                     \
    "   sum(CASE v.confidence WHEN 1 THEN f.avoidable ELSE 0 END) AS likely,"                      \
    "   sum(CASE v.confidence WHEN 0 THEN f.avoidable ELSE 0 END) AS possible,"                    \
    "   sum(f.opportunity) AS opportunity FROM finding f JOIN verdict v ON v.id = f.verdict"       \
    "   WHERE f.avoidable + f.opportunity > 0 GROUP BY f.exchange) f"                              \
    "  ON f.exchange = e.id WHERE " OUTER " GROUP BY " keys ") w"

#define WASTE                                                                                      \
    " sum(w.exchanges) AS exchanges, sum(w.wasteful) AS wasteful_exchanges,"                       \
    " sum(w.observed) AS observed_bytes, coalesce(sum(w.certain), 0) AS avoidable_certain,"        \
    " coalesce(sum(w.likely), 0) AS avoidable_likely,"                                             \
    " coalesce(sum(w.possible), 0) AS avoidable_possible,"                                         \
    " coalesce(sum(w.opportunity), 0) AS opportunity_bytes FROM"

static const struct question questions[] = {
    {"waste_by_url_pattern",
     "SELECT u.host AS host, u.url_pattern AS url_pattern," WASTE WASTE_BY("e.url")
     " LEFT JOIN url u ON u.id = w.url GROUP BY 1, 2"},
    {"waste_by_host",
     "SELECT u.host AS host," WASTE WASTE_BY("e.url")
     " LEFT JOIN url u ON u.id = w.url GROUP BY 1"},
    {"waste_by_client",
     "SELECT coalesce(q.forwarded_for, l.client) AS client, q.user_agent AS user_agent,"
     WASTE WASTE_BY("e.link, e.requester") " LEFT JOIN link l ON l.id = w.link"
     " LEFT JOIN requester q ON q.id = w.requester GROUP BY 1, 2"},
    {"violations_by_server_software",
     "SELECT r.server_software AS server_software, v.rule AS rule, v.variant AS variant,"
     " CASE v.severity WHEN 3 THEN 'error' ELSE 'warning' END AS severity,"
     " sum(f.exchanges) AS exchanges, sum(f.not_modified) AS not_modified,"
     " count(DISTINCT u.host) AS hosts, count(DISTINCT l.server) AS servers,"
     " min(f.first) AS first_finding_id FROM"
     " (SELECT e.response, e.url, e.link, k.one AS verdict, count(DISTINCT f.exchange) AS exchanges,"
     "  sum(" STATUS " = 304) AS not_modified, min(f.id) AS first FROM finding f"
     "  JOIN (SELECT id, min(id) OVER (PARTITION BY rule, variant, severity) AS one FROM verdict"
     "   WHERE severity > 1) k ON k.id = f.verdict JOIN exchange e ON e.id = f.exchange"
     "  WHERE " OUTER " AND " STATUS " > 0 GROUP BY 1, 2, 3, 4) f JOIN verdict v ON v.id = f.verdict"
     " LEFT JOIN response r ON r.id = f.response LEFT JOIN url u ON u.id = f.url"
     " LEFT JOIN link l ON l.id = f.link GROUP BY 1, 2, 3, 4"},
    {"revalidation_outcomes",
     "SELECT u.host AS host, a.hour_us AS hour_us, sum(a.conditional) AS conditional,"
     " sum(a.not_modified) AS not_modified, sum(a.sent_again) AS sent_again,"
     " sum(a.changed) AS changed, sum(a.unanswered) AS unanswered, sum(a.body) AS body_bytes FROM"
     " (SELECT e.url, coalesce(iif(e.request_frame NOT NULL, e.start_us, NULL),"
     "   e.start_us + e.responded) / 3600000000 * 3600000000 AS hour_us, count(*) AS conditional,"
     "  sum(nullif(" STATUS ", 0) = 304) AS not_modified,"
     "  sum(" OUTCOME " = " DIGITS(REFRESHED_SAME) ") AS sent_again,"
     "  sum(" OUTCOME " = " DIGITS(REFRESHED_CHANGED) ") AS changed,"
     "  sum(" STATUS " = 0) AS unanswered, sum(e.response_body) AS body FROM exchange e"
     "  WHERE e.bits >> " DIGITS(BITS_CONDITIONAL) " & 1 AND " OUTER " GROUP BY 1, 2) a"
     " LEFT JOIN url u ON u.id = a.url GROUP BY 1, 2"},
    {"etag_history",
     "SELECT u.url AS url, r.etag AS etag, r.last_modified AS last_modified,"
     " r.content_encoding AS content_encoding, h.first_us AS first_us, h.last_us AS last_us,"
     " h.sent AS sent, h.not_modified AS not_modified, h.bodies AS bodies, h.servers AS servers,"
     " h.body_bytes AS body_bytes FROM"
     " (SELECT min(e.url) AS a_url, min(e.response) AS a_response,"
     "  min(e.start_us + e.responded) AS first_us, max(e.start_us + e.responded) AS last_us,"
     "  sum(" STATUS " = 200) AS sent, sum(" STATUS " = 304) AS not_modified,"
     "  count(DISTINCT e.body_hash) AS bodies, count(DISTINCT l.place) AS servers,"
     "  max(CASE " STATUS " WHEN 200 THEN e.response_body END) AS body_bytes FROM exchange e"
     "  CROSS JOIN (SELECT id, dense_rank() OVER (ORDER BY url) AS place FROM url WHERE url NOT NULL) u"
     "   ON u.id = e.url"
     "  LEFT JOIN (SELECT id, dense_rank() OVER (ORDER BY etag, last_modified, content_encoding)"
     "   AS place FROM response WHERE coalesce(etag, last_modified, content_encoding) NOT NULL) r"
     "   ON r.id = e.response"
     "  LEFT JOIN (SELECT id, dense_rank() OVER (ORDER BY server) AS place FROM link"
     "   WHERE server NOT NULL) l ON l.id = e.link"
     "  WHERE " OUTER " AND " STATUS " IN (200, 304) GROUP BY u.place, r.place) h"
     " CROSS JOIN url u ON u.id = h.a_url LEFT JOIN response r ON r.id = h.a_response"},
};
// clang-format on

const struct question *question_at(unsigned index)
{
    return index < COUNT_OF(questions) ? &questions[index] : NULL;
}

bool questions_create(sqlite3 *db, bool temporary)
{
    bool created = true;
    for (unsigned i = 0; i < COUNT_OF(questions) && created; i++) {
        char *text = sqlite3_mprintf("CREATE %sVIEW %s AS %s", temporary ? "TEMP " : "",
                                     questions[i].name, questions[i].select);
        created = text && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
        sqlite3_free(text);
    }
    return created;
}
