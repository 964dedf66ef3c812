/* SPDX-License-Identifier: MIT */
/* Who asked whether something changed and what came of it, by host; and which rules each server
 * software breaks, by how many exchanges: the views `revalidation_outcomes` (here without its
 * hours) and `violations_by_server_software`, of what was chosen. */

#include "reports/html/report.h"

#include <string.h>

#include "reports/limits.h"

static const char outcomes[] =
    "SELECT u.host, sum(a.conditional), sum(a.not_modified), sum(a.sent_again), sum(a.changed),"
    " sum(a.other), sum(a.unanswered), sum(a.octets), count(*) OVER ()"
    " FROM asked a LEFT JOIN main.url u ON u.id = a.url"
    " GROUP BY 1 ORDER BY 4 DESC, 2 DESC, 1 LIMIT ?1";
static const char all_outcomes[] =
    "SELECT host, sum(conditional), sum(not_modified), sum(sent_again), sum(changed) FROM "
    "revalidation_outcomes GROUP BY 1 ORDER BY 4 DESC, 2 DESC";

static const char violations[] =
    "SELECT r.server_software, v.rule, v.variant,"
    " CASE f.severity WHEN 3 THEN 'error' ELSE 'warning' END AS severity, sum(f.exchanges),"
    " sum(f.not_modified), count(DISTINCT u.host), NULL, count(*) OVER () FROM"
    " (SELECT e.response, e.url, k.one AS verdict, k.severity, count(DISTINCT f.exchange) AS"
    "  exchanges, sum(" STATUS_OF_E " = 304) AS not_modified FROM finding f"
    "  JOIN (SELECT id, severity, min(id) OVER (PARTITION BY rule, variant, severity) AS one"
    "   FROM main.verdict WHERE severity > 1) k ON k.id = f.verdict"
    "  JOIN main.exchange e ON e.id = f.exchange WHERE " NOT_INNER " AND " STATUS_OF_E " > 0"
    "  GROUP BY 1, 2, 3) f JOIN main.verdict v ON v.id = f.verdict"
    " LEFT JOIN main.response r ON r.id = f.response LEFT JOIN main.url u ON u.id = f.url"
    " GROUP BY 1, 2, 3, 4 ORDER BY severity, 5 DESC, 2, 3, 1 LIMIT ?1";
static const char all_violations[] =
    "SELECT server_software, rule, variant, severity, exchanges FROM violations_by_server_software "
    "ORDER BY severity, exchanges DESC";

static void put_name(struct html *out, struct slice name, const char *otherwise)
{
    html_put(out, "<tr><th scope=\"row\" class=\"w\">");
    if (name.len)
        html_wire_breaking(out, name, 120);
    else
        html_put(out, "<em>%s</em>", otherwise);
    html_put(out, "</th>");
}

static void put_outcome(struct html_report *report, const struct query *query)
{
    struct html *out = &report->out;
    uint64_t conditional = (uint64_t)query_number(query, 1);
    uint64_t not_modified = (uint64_t)query_number(query, 2);
    put_name(out, query_text(query, 0), "not seen, or not said");
    html_cell_count(out, conditional);
    html_cell_count(out, not_modified);
    html_cell_share(out, not_modified, conditional);
    for (int column = 3; column <= 6; column++)
        html_cell_count(out, (uint64_t)query_number(query, column));
    html_cell_size(out, (uint64_t)query_number(query, 7));
    html_put(out, "</tr>\n");
}

static void put_violation(struct html_report *report, const struct query *query)
{
    struct html *out = &report->out;
    put_name(out, query_text(query, 0), "no Server field");
    html_put(out, "<td>%s</td><td>", query_word(query, 3));
    const char *variant = query_word(query, 2);
    html_rule_link(report, query_word(query, 1), *variant ? variant : NULL);
    html_put(out, "</td>");
    for (int column = 4; column <= 6; column++)
        html_cell_count(out, (uint64_t)query_number(query, column));
    html_put(out, "</tr>\n");
}

static void put_table(struct html_report *report, const char *id, const char *const *columns,
                      const char *text, void (*put_row)(struct html_report *, const struct query *),
                      const char *of_what, const char *all_of_them)
{
    uint64_t shown = 0, all = 0;
    html_table(report, id, NULL, columns);
    struct query query = query_begin(report->audit, text);
    query_bind(&query, 1, report_rows(report->report, LIMIT_HTML_RANKING));
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, 8);
        if (!html_has_room(&report->out))
            continue;
        put_row(report, &query);
        shown++;
    }
    html_table_end(report);
    html_the_rest(report, shown, all, of_what, all_of_them);
}

void html_revalidation(struct html_report *report)
{
    static const char *const asked[] = {
        "host",     "#conditional", "#304s",       "#of asked",   "#sent again",
        "#changed", "#other 200s",  "#unanswered", "#body bytes", NULL};
    static const char *const broken[] = {"server software", "severity", "rule", "#exchanges",
                                         "#of them 304s",   "#hosts",   NULL};
    struct html *out = &report->out;
    if (report->exchanges == 0) {
        html_section_empty(report, "revalidation", "Revalidation");
        return;
    }
    html_section(report, "revalidation", "Revalidation");
    html_put(
        out,
        "<h3 id=\"outcomes\">Does it work? <small>conditional requests by host, and what "
        "came of them</small></h3>\n<p class=\"note\"><em>Sent again</em>: the same "
        "content, whole, although the client named a validator of it; <em>changed</em>: "
        "another content; <em>other 200s</em>: no earlier content was seen to hold them against. "
        "Other statuses are in none of these.</p>\n");
    put_table(report, "outcomes", asked, outcomes, put_outcome, "hosts", all_outcomes);
    html_put(out, "<h3 id=\"software\">What each server software breaks <small>errors and warnings "
                  "by the Server field of the response; the fault may be another's</small></h3>\n");
    put_table(report, "software", broken, violations, put_violation, "rows", all_violations);
    html_section_end(report);
}
