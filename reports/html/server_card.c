/* SPDX-License-Identifier: MIT */
/*
 * The 304 report card: what the 304s of each server software are worth, duty by duty (RFC 9110
 * §15.4.5, §8.6). The findings say what failed; `checks` says how often each rule passed, but not
 * at whose 304s, so that what passed is counted here, from what the database has of each 304:
 *
 *   a field   passed: the 304 has it; or it lacks it, and so does the latest 200 of the same URL
 *             before it that is the same representation by its validator, so that nothing was due
 *   body      passed: nothing followed the head
 *   length    passed: its Content-Length is that of that 200
 *
 * Checked is what passed or failed. A 304 with a finding that is only `possible` is neither; nor is
 * one whose heads were not seen whole, or whose request is not certain.
 */

#include "reports/html/report.h"

#include "reports/limits.h"

enum { DUTIES = 8 };

static const struct duty {
    const char *heading, *rule;
} duties[DUTIES] = {
    {"#Cache-Control", "304-missing-cache-control"},
    {"#Content-Location", "304-missing-content-location"},
    {"#Date", "304-missing-date"},
    {"#ETag", "304-missing-etag"},
    {"#Expires", "304-missing-expires"},
    {"#Vary", "304-missing-vary"},
    {"#no body", "304-has-body"},
    {"#length", "304-content-length-mismatch"},
};

// clang-format off
/* 1 << place of the rule of a finding of verdict v. */
#define PLACES \
    "(CASE v.rule WHEN '304-missing-cache-control' THEN 1 WHEN '304-missing-content-location' THEN 2" \
    " WHEN '304-missing-date' THEN 4 WHEN '304-missing-etag' THEN 8" \
    " WHEN '304-missing-expires' THEN 16 WHEN '304-missing-vary' THEN 32" \
    " WHEN '304-has-body' THEN 64 WHEN '304-content-length-mismatch' THEN 128 ELSE 0 END)"
#define OPAQUE(tag) "(CASE WHEN substr(" tag ", 1, 2) = 'W/' THEN substr(" tag ", 3) ELSE " tag " END)"

/* A set of places is the sum of its distinct members. */
const char html_card_tables[] =
    "CREATE TEMP TABLE accused (exchange INTEGER PRIMARY KEY, firm, anyhow);"
    "INSERT INTO accused SELECT f.exchange,"
    " coalesce(sum(DISTINCT " PLACES ") FILTER (WHERE v.confidence > 0 AND v.severity > 1), 0),"
    " sum(DISTINCT " PLACES ") FROM main.finding f JOIN main.verdict v ON v.id = f.verdict"
    " WHERE " PLACES " > 0 GROUP BY f.exchange;"

    "CREATE TEMP TABLE unsure AS SELECT id FROM main.flaws WHERE instr(words, 'head-incomplete')"
    " OR instr(words, 'request-missing') OR instr(words, 'pairing-unsure');"
    "CREATE TEMP TABLE stray AS SELECT id FROM main.flaws WHERE instr(words, 'body-on-bodiless');"

    /* Of 304s: rows of `response` and `condition`, the row of `response` of the 200 before it, and
     * `marks`, from the lowest bit: it has Date, Expires; that 200 has; nothing strayed behind the
     * head; from bit 8 on what it fails, from 16 on of what it is accused, as sets of places. */
    "CREATE TEMP TABLE graded (response, condition, full, marks, n);";

/* Is the 200 of the same representation (r), as the 304's own head (a) or its condition (k) says? */
#define HELD \
    "(" OPAQUE("r.etag") " = " OPAQUE("a.etag") \
    " OR instr(k.if_none_match, " OPAQUE("r.etag") ") > 0" \
    " OR (k.if_none_match IS NULL AND r.last_modified = k.if_modified_since))"
#define BIT(place, holds) "coalesce((" holds ") << " place ", 0)"
#define FIELD(place, of_304, of_200) \
    BIT(place, of_304 " NOT NULL OR (" of_200 " IS NULL AND " HELD ")") " | "
#define SUM(place) ", sum(n * (passed >> " place " & 1)), sum(n * (failed >> " place " & 1))"

/* What each kind of 304 passes and fails, as sets of places; then added up by its row of `response`,
 * of which there are few, and at last by software. Sorted are numbers alone. */
static const char grades[] =
    "WITH mark AS MATERIALIZED (SELECT g.response, g.n, g.marks >> 8 & 255 AS failed, ("
    FIELD("0", "a.cache_control", "r.cache_control")
    FIELD("1", "a.content_location", "r.content_location")
    BIT("2", "g.marks & 1 OR (NOT g.marks & 4 AND " HELD ")") " | "
    FIELD("3", "a.etag", "r.etag")
    BIT("4", "g.marks & 2 OR (NOT g.marks & 8 AND " HELD ")") " | "
    FIELD("5", "a.vary", "r.vary")
    BIT("6", "g.marks >> 4 & 1") " | "
    BIT("7", "a.content_length = r.content_length AND " HELD) ") & ~(g.marks >> 16) AS passed"
    " FROM graded g LEFT JOIN main.response a ON a.id = g.response"
    " LEFT JOIN main.condition k ON k.id = g.condition"
    " LEFT JOIN main.response r ON r.id = g.full),"
    " total AS MATERIALIZED (SELECT response, passed, failed, sum(n) AS n FROM mark GROUP BY 1, 2, 3)"
    " SELECT w.server_software, sum(n), count(*) OVER ()"
    SUM("0") SUM("1") SUM("2") SUM("3") SUM("4") SUM("5") SUM("6") SUM("7")
    " FROM total LEFT JOIN main.response w ON w.id = response"
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?1";
// clang-format on

static void put_cell(struct html *out, const struct duty *duty, uint64_t passed, uint64_t failed,
                     uint64_t all)
{
    uint64_t checked = passed + failed;
    const char *look = checked == 0 ? "unknown" : failed == 0 ? "good" : passed ? "mixed" : "bad";
    html_put(out, "<td class=\"grade %s\" data-v=\"%.4f\" title=\"", look,
             checked ? (double)passed / (double)checked : -1.0);
    html_text(out, duty->rule);
    html_put(out, ": ");
    html_count(out, checked);
    html_put(out, " of ");
    html_count(out, all);
    html_put(out, " 304s could be checked, ");
    html_count(out, failed);
    html_put(out, " failed\">");
    if (checked == 0) {
        html_put(out, "<span>not checked</span></td>");
        return;
    }
    html_put(out, "<i aria-hidden=\"true\">%s</i> ", failed == 0 ? "✓" : passed ? "◐" : "✗");
    html_count(out, passed);
    html_put(out, "<small> of ");
    html_count(out, checked);
    html_put(out, "</small></td>");
}

static void put_row(struct html *out, const struct query *query)
{
    uint64_t all = (uint64_t)query_number(query, 1);
    html_put(out, "<tr><th scope=\"row\" class=\"w\">");
    if (query_is_null(query, 0))
        html_put(out, "<em>no Server field</em>");
    else
        html_wire(out, query_text(query, 0), 60);
    html_put(out, "</th>");
    html_cell_count(out, all);
    for (int i = 0; i < DUTIES; i++)
        put_cell(out, &duties[i], (uint64_t)query_number(query, 3 + 2 * i),
                 (uint64_t)query_number(query, 4 + 2 * i), all);
    html_put(out, "</tr>\n");
}

static const char how_to_read[] =
    "<p class=\"note\">Each cell: 304s that passed, of those that could be checked. ✓ all passed, "
    "◐ some did, ✗ none; <em>not checked</em> is not passed. A field passes where the 304 carries "
    "it, or where the 200 before it with the same validator lacks it too, so that nothing was due; "
    "it fails where the 200s show that it was due (findings that are certain or likely). A 304 "
    "that "
    "lacks a field and has no 200 to be held against is not checked. <em>length</em>: of the 304s "
    "that have Content-Length, which must then be that of the 200. 304s whose heads were not seen "
    "whole, or whose request is not certain, are left out.</p>\n";

void html_server_card(struct html_report *report)
{
    struct html *out = &report->out;
    const char *columns[DUTIES + 3] = {"server software", "#304s"};
    uint64_t shown = 0, all = 0;
    for (unsigned i = 0; i < DUTIES; i++)
        columns[2 + i] = duties[i].heading;
    html_section(report, "card", "304 report card");
    struct query query = query_begin(report->audit, grades);
    query_bind(&query, 1, report_rows(report->report, LIMIT_HTML_SOFTWARE));
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, 2);
        if (!html_has_room(out))
            continue;
        if (shown++ == 0)
            html_table(report, "card-table",
                       "By the Server field of the responses: the six fields that a 304 must carry "
                       "where its 200 has "
                       "them, no body, and a true length",
                       columns);
        put_row(out, &query);
    }
    if (shown) {
        html_table_end(report);
        html_put(out, "%s", how_to_read);
        html_the_rest(report, shown, all, "server softwares",
                      "SELECT server_software, count(*) FROM exchanges WHERE status = 304 GROUP BY "
                      "1 ORDER BY 2 DESC");
    } else {
        html_put(out, "<p>No 304 was seen of which both heads are whole.</p>\n");
    }
    html_section_end(report);
}
