/* SPDX-License-Identifier: MIT */
/*
 * The questions that everybody asks first, as views: where the waste is, whose fault it is, whether
 * revalidation works, what became of a tag. What a proxy passes on is there twice, on its outer and
 * on its inner side: only the outer one is counted. Octets of waste stand by the confidence of the
 * findings, as in `totals`, whose numbers they add up to.
 */

#include "reports/questions.h"

#include "base/attributes.h"

#define WASTE                                                                                      \
    " count(*) AS exchanges, count(f.exchange_id) AS wasteful_exchanges,"                          \
    " sum(e.request_header_bytes + e.request_body_bytes + e.response_header_bytes"                 \
    " + e.response_body_bytes) AS observed_bytes,"                                                 \
    " coalesce(sum(f.certain), 0) AS avoidable_certain,"                                           \
    " coalesce(sum(f.likely), 0) AS avoidable_likely,"                                             \
    " coalesce(sum(f.possible), 0) AS avoidable_possible,"                                         \
    " coalesce(sum(f.opportunity), 0) AS opportunity_bytes"                                        \
    " FROM exchanges e LEFT JOIN (SELECT exchange_id,"                                             \
    " sum(CASE confidence WHEN 'certain' THEN avoidable_bytes ELSE 0 END) AS certain,"             \
    " sum(CASE confidence WHEN 'likely' THEN avoidable_bytes ELSE 0 END) AS likely,"               \
    " sum(CASE confidence WHEN 'possible' THEN avoidable_bytes ELSE 0 END) AS possible,"           \
    " sum(opportunity_bytes) AS opportunity FROM findings"                                         \
    " WHERE avoidable_bytes + opportunity_bytes > 0 GROUP BY exchange_id) f"                       \
    " ON f.exchange_id = e.id WHERE e.outer_exchange_id IS NULL"

static const struct question questions[] = {
    {"waste_by_url_pattern",
     "SELECT e.host AS host, e.url_pattern AS url_pattern," WASTE " GROUP BY 1, 2"},
    {"waste_by_host", "SELECT e.host AS host," WASTE " GROUP BY 1"},
    {"waste_by_client",
     "SELECT coalesce(e.forwarded_for, e.client) AS client, e.user_agent AS user_agent," WASTE
     " GROUP BY 1, 2"},
    {"violations_by_server_software",
     "SELECT e.server_software AS server_software, f.rule AS rule, f.variant AS variant,"
     " f.severity AS severity, count(DISTINCT f.exchange_id) AS exchanges,"
     " sum(e.status = 304) AS not_modified, count(DISTINCT e.host) AS hosts,"
     " count(DISTINCT e.server) AS servers, min(f.id) AS first_finding_id"
     " FROM findings f JOIN exchanges e ON e.id = f.exchange_id"
     " WHERE e.outer_exchange_id IS NULL AND f.severity IN ('error', 'warning')"
     " AND e.status IS NOT NULL GROUP BY 1, 2, 3, 4"},
    {"revalidation_outcomes",
     "SELECT host, coalesce(requested_us, responded_us) / 3600000000 * 3600000000 AS hour_us,"
     " count(*) AS conditional, sum(status = 304) AS not_modified,"
     " sum(outcome = 'refreshed-same') AS sent_again, sum(outcome = 'refreshed-changed') AS "
     "changed,"
     " sum(status IS NULL) AS unanswered, sum(response_body_bytes) AS body_bytes"
     " FROM exchanges WHERE is_conditional AND outer_exchange_id IS NULL GROUP BY 1, 2"},
    {"etag_history",
     "SELECT url, etag, last_modified, content_encoding, min(responded_us) AS first_us,"
     " max(responded_us) AS last_us, sum(status = 200) AS sent, sum(status = 304) AS not_modified,"
     " count(DISTINCT body_hash) AS bodies, count(DISTINCT server) AS servers,"
     " max(CASE status WHEN 200 THEN response_body_bytes END) AS body_bytes"
     " FROM exchanges WHERE outer_exchange_id IS NULL AND status IN (200, 304)"
     " AND url IS NOT NULL GROUP BY 1, 2, 3, 4"},
};

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
