/* SPDX-License-Identifier: MIT */
/*
 * The walk over all exchanges that the sections of the HTML report share, in the order of the
 * table, which is that of time. Each section has its sums; keys are numbers of rows, and texts are
 * looked up at last, for the few that are left.
 *
 * For the report card, the latest 200 of each URL is remembered on the way, in a temporary table,
 * since there may be millions.
 */

#include "reports/html/report.h"

#include "reports/html/group_sums.h"
#include "reports/limits.h"

enum column {
    URL,
    LINK,
    REQUESTER,
    CONDITION,
    RESPONSE,
    BITS,
    START,
    OCTETS,
    BODY,
    IS_INNER,
    FIRM,
    WEAK,
    OPPORTUNITY,
    IS_CUT,
    SAME_URL,
    IS_SURE,
    IS_TIDY,
    DATES,
    FAILED,
    ACCUSED,
    IS_GET
};

// clang-format off
static const char exchanges[] =
    "SELECT coalesce(e.url, 0), coalesce(e.link, 0), coalesce(e.requester, 0),"
    " coalesce(e.condition, 0), coalesce(e.response, 0), e.bits, e.start_us,"
    " e.request_header + e.request_body + e.response_header + e.response_body, e.response_body,"
    " NOT " NOT_INNER ", c.firm, c.weak, c.opportunity,"
    " e.flaws IN cutting, coalesce(u.one, 0), e.flaws NOT IN unsure, e.flaws NOT IN stray,"
    " (m.date NOT NULL) + (m.expires NOT NULL) * 2, a.firm, a.anyhow,"
    " iif(" STATUS_OF_E " = 200,"
    "  (SELECT method = 'GET' FROM main.requester WHERE id = e.requester), 0)"
    " FROM exchange e LEFT JOIN cost c ON c.id = e.id LEFT JOIN same_url u ON u.id = e.url"
    " LEFT JOIN main.moment m ON m.id = e.moment LEFT JOIN accused a ON a.exchange = e.id"
    " ORDER BY e.id";
// clang-format on

static const char make_tables[] =
    "CREATE TEMP TABLE per_url (url, exchanges, conditional, not_modified, octets, firm, weak,"
    " opportunity);"
    "CREATE TEMP TABLE per_client (link, requester, exchanges, conditional, not_modified, octets,"
    " firm, weak, opportunity);"
    "CREATE TEMP TABLE per_interval (interval, exchanges, not_modified, octets, firm, opportunity,"
    " cut);"
    "CREATE TEMP TABLE asked (url, conditional, not_modified, sent_again, changed, other,"
    " unanswered, octets);"
    "CREATE TEMP TABLE cutting AS SELECT id FROM main.flaws WHERE instr(words, 'gap')"
    " OR instr(words, 'head-incomplete') OR instr(words, 'pairing-unsure');"
    "CREATE TEMP TABLE latest (one INTEGER PRIMARY KEY, response, dates);";

struct walk {
    struct query query; /* stands on an exchange */
    const struct html_report *report;
    struct group_sums *urls, *clients, *intervals, *asked, *graded;
    struct query remember, latest;
};

static int64_t number(const struct walk *walk, enum column column)
{
    return query_number(&walk->query, (int)column);
}

static int64_t status_of(const struct walk *walk)
{
    return number(walk, BITS) >> BITS_STATUS & 1023;
}

static int64_t is_conditional(const struct walk *walk)
{
    return number(walk, BITS) >> BITS_CONDITIONAL & 1;
}

static void add_places(struct walk *walk)
{
    int64_t client[] = {number(walk, LINK), number(walk, REQUESTER)};
    int64_t sums[] = {1,
                      is_conditional(walk),
                      status_of(walk) == 304,
                      number(walk, OCTETS),
                      number(walk, FIRM),
                      number(walk, WEAK),
                      number(walk, OPPORTUNITY)};
    group_sums_add(walk->urls, (int64_t[]){number(walk, URL)}, sums);
    group_sums_add(walk->clients, client, sums);
}

static void add_interval(struct walk *walk)
{
    const struct html_report *report = walk->report;
    int64_t i = (number(walk, START) - report->first_us) / report->step_us;
    if (i < 0 || i >= LIMIT_HTML_COLUMNS) /* a clock that jumped back */
        i = i < 0 ? 0 : LIMIT_HTML_COLUMNS - 1;
    int64_t sums[] = {1,
                      status_of(walk) == 304,
                      number(walk, OCTETS),
                      number(walk, FIRM),
                      number(walk, OPPORTUNITY),
                      number(walk, IS_CUT)};
    group_sums_add(walk->intervals, &i, sums);
}

static void add_condition(struct walk *walk)
{
    int64_t status = status_of(walk), outcome = number(walk, BITS) >> BITS_OUTCOME & 7;
    bool same = outcome == OUTCOME_REFRESHED_SAME, changed = outcome == OUTCOME_REFRESHED_CHANGED;
    int64_t sums[] = {
        1,           status == 304,     same, changed, status == 200 && !same && !changed,
        status == 0, number(walk, BODY)};
    group_sums_add(walk->asked, (int64_t[]){number(walk, URL)}, sums);
}

static void remember(struct walk *walk)
{
    query_bind(&walk->remember, 1, number(walk, SAME_URL));
    query_bind(&walk->remember, 2, number(walk, RESPONSE));
    query_bind(&walk->remember, 3, number(walk, DATES));
    sqlite3_step(walk->remember.statement);
    if (sqlite3_reset(walk->remember.statement) != SQLITE_OK)
        audit_fail(walk->report->audit);
}

static void grade(struct walk *walk)
{
    int64_t full = 0, dates = 0;
    query_bind(&walk->latest, 1, number(walk, SAME_URL));
    if (sqlite3_step(walk->latest.statement) == SQLITE_ROW) {
        full = query_number(&walk->latest, 0);
        dates = query_number(&walk->latest, 1);
    }
    if (sqlite3_reset(walk->latest.statement) != SQLITE_OK)
        audit_fail(walk->report->audit);
    int64_t key[] = {number(walk, RESPONSE), number(walk, CONDITION), full,
                     number(walk, DATES) | dates << 2 | number(walk, IS_TIDY) << 4 |
                         number(walk, FAILED) << 8 | number(walk, ACCUSED) << 16};
    group_sums_add(walk->graded, key, (int64_t[]){1});
}

static void add_exchange(struct walk *walk)
{
    if (!number(walk, IS_INNER)) {
        add_places(walk);
        add_interval(walk);
        if (is_conditional(walk))
            add_condition(walk);
    }
    if (number(walk, IS_SURE) && status_of(walk) == 304)
        grade(walk);
    if (number(walk, IS_SURE) && number(walk, IS_GET) && number(walk, SAME_URL))
        remember(walk);
}

void html_walk(struct html_report *report)
{
    struct audit *audit = report->audit;
    audit_run(audit, make_tables);
    audit_run(audit, html_card_tables);
    audit_run(audit, "BEGIN"); /* or each row that is poured were a transaction */
    struct walk walk = {
        .query = query_begin(audit, exchanges),
        .report = report,
        .urls = group_sums_new(audit, "per_url", 1, 7),
        .clients = group_sums_new(audit, "per_client", 2, 7),
        .intervals = group_sums_new(audit, "per_interval", 1, 6),
        .asked = group_sums_new(audit, "asked", 1, 7),
        .graded = group_sums_new(audit, "graded", 4, 1),
        .remember = query_begin(audit, "INSERT OR REPLACE INTO temp.latest VALUES (?,?,?)"),
        .latest = query_begin(audit, "SELECT response, dates FROM temp.latest WHERE one = ?"),
    };
    while (query_next(&walk.query) && !audit->failed)
        add_exchange(&walk);
    query_end(&walk.query);
    query_end(&walk.remember);
    query_end(&walk.latest);
    group_sums_free(walk.urls);
    group_sums_free(walk.clients);
    group_sums_free(walk.intervals);
    group_sums_free(walk.asked);
    group_sums_free(walk.graded);
    audit_run(audit, "COMMIT");
}
