/* SPDX-License-Identifier: MIT */
/*
 * Every rule that fired: what it means, in what words the duty was given, where it was broken, and
 * the evidence of the worst places. What is `info`, and what is `possible` at most, is folded away,
 * so that nobody takes it for an accusation.
 */

#include "reports/html/report.h"

#include <inttypes.h>
#include <string.h>

#include "reports/advice/norms.h"
#include "reports/advice/remedies.h"
#include "reports/advice/software.h"
#include "reports/limits.h"

enum { REMEDIES = 3 }; /* of a rule, by software */

/* How an issue is shown. */
enum fold { IN_THE_OPEN, FOLDED_AWAY, ACCEPTED, FOLDS };

/* What issues are ordered by. */
static const char make_places[] =
    "CREATE TEMP TABLE place AS SELECT i.*, m.firm, m.weak, m.opportunity, m.confidence,"
    " CASE WHEN i.is_accepted THEN 2 WHEN i.rank = 21 OR m.confidence = 0 THEN 1 ELSE 0 END AS fold"
    " FROM brief i JOIN matter m ON m.issue = i.id;"
    "CREATE INDEX temp.place_of_rule ON place (rule, fold);";

/* What costs a hundredth of all comes first, the most costly at the front; then by severity. */
static const char rules_of[] =
    "SELECT rule, sum(exchanges), sum(firm), sum(weak), sum(opportunity), count(*), min(rank)"
    " FROM place WHERE fold = ?1 GROUP BY rule"
    " ORDER BY CASE WHEN sum(firm) * 100 >= (SELECT observed_bytes FROM totals)"
    " THEN sum(firm) ELSE 0 END DESC, 7, 3 DESC, 5 DESC, 2 DESC, rule";

/* The worst of a rule; the rest of an issue is looked up for these alone. */
static const char worst_of[] =
    "SELECT id, exchanges, firm, weak, opportunity, confidence, count(*) OVER ()"
    " FROM place WHERE rule = ?2 AND fold = ?1"
    " ORDER BY firm DESC, rank, opportunity DESC, exchanges DESC, id LIMIT ?3";
static const char issue_of[] =
    "SELECT first_finding_id, severity, variant, host, url_pattern, server, server_software, party,"
    " accepted, accepted_until, software FROM issues WHERE id = ?1";

enum worst_column { ISSUE, EXCHANGES, FIRM, WEAK, OPPORTUNITY, CONFIDENCE, ALL };
enum column {
    FINDING,
    SEVERITY,
    VARIANT,
    HOST,
    PATTERN,
    SERVER,
    SOFTWARE,
    PARTY,
    WHY_ACCEPTED,
    ACCEPTED_UNTIL,
    NAMED
};

static const char *const prefixes[FOLDS] = {"issues", "also", "accepted"};
static const char *const confidences[] = {"possible", "likely", "certain"};

/* ------------------------------------------------------------------ what the rule is */

static void put_norm(struct html *out, const struct rule_card *card)
{
    char address[96];
    const struct norm_sentence *norm = norm_sentence_of(card->id);
    if (!norm) {
        html_put(out, "<p class=\"note\">No sentence of an RFC forbids it; it is about ");
        html_text(out, card->section);
        html_put(out, ".</p>\n");
        return;
    }
    norm_address(norm->source, address);
    html_put(out, "<blockquote><p>“");
    html_text(out, norm->text);
    html_put(out, "”</p><footer>");
    if (*address)
        html_put(out, "<a href=\"%s\" rel=\"noreferrer\">%s</a>", address, norm->source);
    else
        html_text(out, norm->source);
    if (card->norm != NORM_NONE && strstr(norm->text, norm_word(card->norm)))
        html_put(out, ", a %s", norm_word(card->norm));
    html_put(out, "</footer></blockquote>\n");
}

/* How often it was looked at, so that "11 fired" has its denominator. */
static void put_checks(struct html_report *report, const char *rule)
{
    struct html *out = &report->out;
    struct query query = query_begin(
        report->audit, "SELECT coalesce(sum(exchanges) FILTER (WHERE outcome = 'fired'), 0),"
                       " coalesce(sum(exchanges) FILTER (WHERE outcome = 'passed'), 0),"
                       " coalesce(sum(exchanges) FILTER (WHERE outcome = 'withheld'), 0)"
                       " FROM checks WHERE rule = ?1");
    query_bind_word(&query, 1, rule);
    if (query_next(&query)) {
        uint64_t fired = (uint64_t)query_number(&query, 0);
        html_put(out, "<p class=\"note\">In the whole capture it fired on ");
        html_count(out, fired);
        html_put(out, " of ");
        html_count(out, fired + (uint64_t)query_number(&query, 1));
        html_put(out, " exchanges that it could judge");
        if (query_number(&query, 2)) {
            html_put(out, ", and was withheld from ");
            html_count(out, (uint64_t)query_number(&query, 2));
            html_put(out, " for want of evidence");
        }
        html_put(out, ".</p>\n");
    }
    query_end(&query);
}

static void put_card(struct html_report *report, const char *rule)
{
    struct html *out = &report->out;
    const struct rule_card *card = rule_card_by_id(rule);
    if (!card)
        return;
    html_put(out, "<p>");
    html_text(out, card->means);
    html_put(out, "</p>\n");
    put_norm(out, card);
    html_put(out, "<p class=\"remedy\"><b>Remedy.</b> ");
    html_text(out, card->remedy);
    html_put(out, "</p>\n");
    put_checks(report, rule);
}

/* ------------------------------------------------------------------ where */

/* The issue that `worst` stands on. */
static struct query issue_at(struct html_report *report, const struct query *worst)
{
    struct query query = query_begin(report->audit, issue_of);
    query_bind(&query, 1, query_number(worst, ISSUE));
    query_next(&query);
    return query;
}

static void put_issue(struct html_report *report, const struct query *worst,
                      const struct query *query, bool costs)
{
    struct html *out = &report->out;
    const char *severity = query_word(query, SEVERITY);
    html_put(out, "<tr><td><span class=\"sev %s\">%s</span></td><td>%s</td><td>", severity,
             severity, confidences[query_number(worst, CONFIDENCE) % 3]);
    html_text(out, query_is_null(query, VARIANT) ? "" : query_word(query, VARIANT));
    html_put(out, "</td><td class=\"w wide\">");
    html_place(report, query_text(query, HOST), query_text(query, PATTERN));
    html_put(out, "</td>");
    html_put(out, "<td class=\"w\">");
    html_wire(out, query_text(query, SERVER), 46);
    if (!query_is_null(query, SOFTWARE)) {
        html_put(out, " <small>");
        html_wire(out, query_text(query, SOFTWARE), 40);
        html_put(out, "</small>");
    }
    html_put(out, "</td><td>");
    html_text(out, query_word(query, PARTY));
    html_put(out, "</td>");
    html_cell_count(out, (uint64_t)query_number(worst, EXCHANGES));
    for (int account = FIRM; account <= OPPORTUNITY && costs; account++)
        html_cell_size(out, (uint64_t)query_number(worst, account));
    html_put(out, "</tr>\n");
}

static struct query begin_issues(struct html_report *report, const char *rule, enum fold fold,
                                 int64_t rows)
{
    struct query query = query_begin(report->audit, worst_of);
    query_bind(&query, 1, fold);
    query_bind_word(&query, 2, rule);
    query_bind(&query, 3, rows);
    return query;
}

/* `costs`: some of them claim bytes. */
static void put_issues(struct html_report *report, const char *rule, enum fold fold, bool costs)
{
    const char *columns[] = {"severity",  "confidence",   "variant",    "where",
                             "server",    "party",        "#exchanges", "#avoidable",
                             "#possible", "#opportunity", NULL};
    if (!costs)
        columns[7] = NULL;
    struct html *out = &report->out;
    char id[96], all_of_it[192];
    uint64_t shown = 0, all = 0;
    snprintf(id, sizeof id, "%s-%s", prefixes[fold], rule);
    html_table(report, id, "Where", columns);
    struct query query =
        begin_issues(report, rule, fold, report_rows(report->report, LIMIT_HTML_ISSUES));
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, ALL);
        if (!html_has_room(out))
            continue;
        struct query issue = issue_at(report, &query);
        if (issue.statement)
            put_issue(report, &query, &issue, costs);
        query_end(&issue);
        shown++;
    }
    html_table_end(report);
    snprintf(all_of_it, sizeof all_of_it,
             "SELECT severity, host, url_pattern, server, exchanges, avoidable_bytes FROM issues "
             "WHERE rule = '%.60s'",
             rule);
    html_the_rest(report, shown, all, "places", all_of_it);
}

static void put_evidence(struct html_report *report, const char *rule, uint64_t exchanges,
                         const struct query *issue)
{
    struct html *out = &report->out;
    html_place(report, query_text(issue, HOST), query_text(issue, PATTERN));
    html_put(out, "</span>");
    if (exchanges > 1) {
        html_put(out, " <small>the first of ");
        html_count(out, exchanges);
        html_put(out, " exchanges</small>");
    }
    html_put(out, "</summary>\n");
    if (!query_is_null(issue, WHY_ACCEPTED)) {
        bool for_good = strcmp(query_word(issue, ACCEPTED_UNTIL), "never") == 0;
        html_put(out, "<p>Accepted %s%s: ", for_good ? "for good" : "until ",
                 for_good ? "" : query_word(issue, ACCEPTED_UNTIL));
        html_wire(out, query_text(issue, WHY_ACCEPTED), 200);
        html_put(out, "</p>\n");
    }
    html_evidence(report, query_number(issue, FINDING));
    html_remedy_here(report, rule, query_text(issue, NAMED));
}

static void put_evidence_of(struct html_report *report, const char *rule, enum fold fold)
{
    struct html *out = &report->out;
    struct query query = begin_issues(report, rule, fold, LIMIT_HTML_EVIDENCE);
    for (unsigned i = 0; query_next(&query); i++) {
        if (!html_has_room(out))
            continue;
        struct query issue = issue_at(report, &query);
        html_put(out, "<details class=\"evidence\"%s><summary>Evidence: <span class=\"w\">",
                 i == 0 && fold == IN_THE_OPEN ? " open=\"open\"" : "");
        if (issue.statement)
            put_evidence(report, rule, (uint64_t)query_number(&query, EXCHANGES), &issue);
        query_end(&issue);
        html_put(out, "</details>\n");
    }
}

/* ------------------------------------------------------------------ the section */

static bool has_issues(struct html_report *report, const char *rule, enum fold fold)
{
    struct query query = begin_issues(report, rule, fold, 1);
    bool has = query_next(&query);
    query_end(&query);
    return has;
}

static void put_rule(struct html_report *report, const struct query *query, enum fold fold)
{
    static const char *const ranks[] = {"error", "warning", "waste", "info"};
    static const int at[] = {1, 7, 15, 21}; /* where they begin in the text that is searched */
    struct html *out = &report->out;
    const char *severity = "info";
    char rule[80];
    snprintf(rule, sizeof rule, "%s", query_word(query, 0));
    const struct rule_card *card = rule_card_by_id(rule);
    bool is_first = true; /* of the rule's places on the page: links lead there */
    for (enum fold before = IN_THE_OPEN; before < fold; before++)
        is_first &= !has_issues(report, rule, before);
    for (unsigned i = 0; i < sizeof at / sizeof *at; i++)
        if (query_number(query, 6) == at[i])
            severity = ranks[i];
    html_put(out,
             "<details class=\"rule\" id=\"%s-%s\"%s><summary><h3><span class=\"sev %s\">%s"
             "</span> <code>%s</code> ",
             is_first ? "rule" : prefixes[fold], rule, fold == IN_THE_OPEN ? " open=\"open\"" : "",
             severity, severity, rule);
    if (card)
        html_text(out, card->title);
    html_put(out, " <small>");
    html_count(out, (uint64_t)query_number(query, 1));
    html_put(out, " exchange%s", query_number(query, 1) == 1 ? "" : "s");
    if (query_number(query, 2)) {
        html_put(out, ", avoidable ");
        html_size(out, (uint64_t)query_number(query, 2));
    }
    if (query_number(query, 4)) {
        html_put(out, ", opportunity ");
        html_size(out, (uint64_t)query_number(query, 4));
    }
    html_put(out, "</small></h3></summary>\n");
    put_card(report, rule);
    put_issues(report, rule, fold,
               query_number(query, 2) + query_number(query, 3) + query_number(query, 4) > 0);
    put_evidence_of(report, rule, fold);
    html_put(out, "</details>\n");
}

static unsigned put_rules(struct html_report *report, enum fold fold)
{
    unsigned n = 0;
    struct query query = query_begin(report->audit, rules_of);
    query_bind(&query, 1, fold);
    while (query_next(&query)) {
        if (html_has_room(&report->out))
            put_rule(report, &query, fold);
        n++;
    }
    return n;
}

static void put_folded(struct html_report *report, enum fold fold, const char *what)
{
    struct html *out = &report->out;
    struct query query = query_begin(report->audit, "SELECT count(*) FROM place WHERE fold = ?1");
    query_bind(&query, 1, fold);
    uint64_t folded = query_next(&query) ? (uint64_t)query_number(&query, 0) : 0;
    query_end(&query);
    if (folded == 0)
        return;
    html_put(out, "<details class=\"folded\"><summary>Folded away: ");
    html_count(out, folded);
    html_put(out, " issue%s, %s</summary>\n", folded == 1 ? "" : "s", what);
    put_rules(report, fold);
    html_put(out, "</details>\n");
}

void html_issues(struct html_report *report)
{
    struct html *out = &report->out;
    audit_run(report->audit, make_places);
    html_section(report, "issues", "What was found");
    html_put(out, "<p class=\"note\">Rule by rule: first what costs a hundredth of the audited "
                  "bytes or more, then by severity. The evidence shows the "
                  "exchange that is accused beside the one it is held against: = the same, ≠ "
                  "differs, − not in the accused, + in the accused alone.</p>\n");
    if (put_rules(report, IN_THE_OPEN) == 0)
        html_put(out, "<p>No rule fired with more than <em>info</em> and <em>possible</em>. What "
                      "was not checked stands <a href=\"#doubts\">below</a>.</p>\n");
    put_folded(report, FOLDED_AWAY, "only worth knowing (info), or possible at most");
    put_folded(report, ACCEPTED, "accepted: somebody has decided to live with them");
    html_section_end(report);
}

/* ------------------------------------------------------------------ remedies */

/* The first remedies for what is named in `software`, `put` each. */
static void each_remedy(struct html *out, const char *rule, struct slice software,
                        const char *before, const char *after)
{
    uint64_t set = software_set(software);
    unsigned told = 0;
    for (unsigned i = 0; i < SOFTWARES && told < REMEDIES; i++) {
        const struct remedy *remedy = set >> i & 1 ? remedy_find(rule, (enum software)i) : NULL;
        if (!remedy)
            continue;
        html_put(out, "%s<b>", before);
        html_text(out, software_name(i));
        if (*remedy->since) {
            html_put(out, " (from ");
            html_text(out, remedy->since);
            html_put(out, " on)");
        }
        html_put(out, "%s:</b> ", remedy_doubt(remedy));
        html_text(out, remedy->text);
        html_put(out, "%s", after);
        told++;
    }
}

void html_remedy_here(struct html_report *report, const char *rule, struct slice software)
{
    each_remedy(&report->out, rule, software, "<p class=\"remedy\">At this server: ", "</p>\n");
}

void html_remedy(struct html_report *report, const char *rule, struct slice software)
{
    const struct rule_card *card = rule_card_by_id(rule);
    if (card)
        html_text(&report->out, card->remedy);
    each_remedy(&report->out, rule, software, " ", "");
}
