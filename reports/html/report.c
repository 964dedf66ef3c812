/* SPDX-License-Identifier: MIT */
/*
 * The HTML report as a page: its frame, its style and its script, and the sections in the order in
 * which people ask. All of it is one file that asks nobody for anything: the
 * Content-Security-Policy allows the one style and the one script that stand in it, by their
 * hashes, and no request at all.
 */

#include "reports/html/report.h"

#include <string.h>

#include "base/attributes.h"
#include "reports/html/files.h"
#include "reports/options/values.h"
#include "reports/output.h"
#include "reports/selection.h"

/* ------------------------------------------------------------------ what sections are made of */

void html_section(struct html_report *report, const char *id, const char *title)
{
    html_put(&report->out,
             "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n", id, id, id,
             title);
}

void html_section_end(struct html_report *report)
{
    html_put(&report->out, "</section>\n");
}

void html_section_empty(struct html_report *report, const char *id, const char *title)
{
    html_section(report, id, title);
    html_put(&report->out, "<p>No HTTP exchange was seen.</p>\n");
    html_section_end(report);
}

void html_table(struct html_report *report, const char *id, const char *caption,
                const char *const *columns)
{
    struct html *out = &report->out;
    html_put(out, "<div class=\"scroll\"><table class=\"sorts\" id=\"t-%s\"", id);
    html_put(out, caption ? ">\n<caption>%s</caption>\n" : " aria-labelledby=\"%s\">\n",
             caption ? caption : id);
    html_put(out, "<thead><tr>");
    for (; *columns; columns++) {
        bool is_number = **columns == '#';
        html_put(out, "<th scope=\"col\"%s>%s</th>", is_number ? " class=\"n\"" : "",
                 *columns + is_number);
    }
    html_put(out, "</tr></thead>\n<tbody>\n");
}

void html_table_end(struct html_report *report)
{
    html_put(&report->out, "</tbody></table></div>\n");
}

void html_the_rest(struct html_report *report, uint64_t shown, uint64_t all, const char *of_what,
                   const char *query)
{
    struct html *out = &report->out;
    if (shown >= all)
        return;
    html_put(out, "<p class=\"note\">Shown are ");
    html_count(out, shown);
    html_put(out, " of ");
    html_count(out, all);
    html_put(out,
             " %s; <code>--top N</code> shows more, and this all of them: <code "
             "class=\"pick\">sqlite3 ",
             of_what);
    html_wire(out, file_base_name(slice_of_text(report->audit->path)), 80);
    html_put(out, " &#34;");
    html_text(out, query);
    html_put(out, "&#34;</code></p>\n");
}

void html_place(struct html_report *report, struct slice host, struct slice pattern)
{
    struct html *out = &report->out;
    if (slice_is_absent(host) && slice_is_absent(pattern))
        html_put(out, "<em>requests that were not seen</em>");
    if (!slice_is_absent(host))
        html_wire_breaking(out, host, 80);
    if (!slice_is_absent(pattern))
        html_wire_breaking(out, pattern, 120);
}

void html_rule_link(struct html_report *report, const char *rule, const char *variant)
{
    html_put(&report->out, "<a href=\"#rule-%s\"><code>", rule);
    html_text(&report->out, rule);
    if (variant) {
        html_put(&report->out, "/<wbr/>");
        html_text(&report->out, variant);
    }
    html_put(&report->out, "</code></a>");
}

/* ------------------------------------------------------------------ the frame */

static void put_name(struct html_report *report)
{
    struct html *out = &report->out;
    struct query query =
        query_begin(report->audit, "SELECT json_extract(value, '$.file'), count(*) OVER () FROM "
                                   "run, json_each(run.inputs) ORDER BY key");
    if (query_next(&query)) {
        html_wire(out, file_base_name(query_text(&query, 0)), 80);
        if (query_number(&query, 1) > 1) {
            html_put(out, " and ");
            html_count(out, (uint64_t)query_number(&query, 1) - 1);
            html_put(out, " more file%s", query_number(&query, 1) == 2 ? "" : "s");
        }
    }
    query_end(&query);
}

static void put_head(struct html_report *report)
{
    struct html *out = &report->out;
    html_put(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
             "style-src &#39;sha256-%s&#39;; script-src &#39;sha256-%s&#39;; img-src data:; "
             "base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
             "<meta name=\"generator\" content=\"wire304 %s\"/>\n"
             "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
             "<link rel=\"icon\" href=\"data:,\"/>\n<title>",
             html_css_sha256, html_js_sha256, WIRE304_VERSION);
    put_name(report);
    html_put(out, ": HTTP cache audit</title>\n<style>%s</style>\n</head>\n<body>\n", html_css);
}

static void put_span(struct html_report *report)
{
    char text[32];
    struct html *out = &report->out;
    if (report->packets == 0)
        return;
    html_put(out, "<p>");
    html_date(out, report->first_us);
    html_put(out, " to ");
    html_date(out, report->last_us);
    html_put(out, " UTC (%s), ", duration_text(report->last_us - report->first_us, text));
    html_count(out, report->packets);
    html_put(out, " packets, ");
    html_count(out, report->exchanges);
    html_put(out, " HTTP exchange%s</p>\n", report->exchanges == 1 ? "" : "s");
}

static void put_patterns(struct html *out, const char *name, const struct text_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        html_put(out, " <code>--%s ", name);
        html_wire(out, slice_of_text(list->items[i]), 80);
        html_put(out, "</code>");
    }
}

static void put_limit(struct html *out, const char *name, const struct time_limit *limit)
{
    if (!limit->given)
        return;
    html_put(out, " <code>--%s ", name);
    html_wire(out, slice_of_text(limit->text), 40);
    html_put(out, "</code>");
}

/* A part must not be taken for the whole. */
static void put_selection(struct html_report *report)
{
    struct html *out = &report->out;
    const struct selection *selection = report->report->options->selection;
    if (report->is_whole)
        return;
    html_put(out, "<p class=\"warn\">A part of the audit only:");
    put_patterns(out, "host", &selection->hosts);
    put_patterns(out, "url", &selection->urls);
    put_patterns(out, "client", &selection->clients);
    put_patterns(out, "rule", &selection->rules);
    put_limit(out, "since", &selection->since);
    put_limit(out, "until", &selection->until);
    if (selection->least != SEVERITY_INFO)
        html_put(out, " <code>--severity %s</code>", severity_word(selection->least));
    html_put(out, ". What was captured and what was checked are those of the whole.</p>\n");
}

/* The hatchings that the style fills shapes with. */
static const char patterns[] =
    "<svg class=\"defs\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect "
    "class=\"p-dots\" width=\"6\" height=\"6\"/><rect class=\"p-ink\" x=\"1\" y=\"1\" width=\"2\" "
    "height=\"2\"/></pattern>"
    "<pattern id=\"hatch-a\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><rect class=\"p-a\" width=\"8\" height=\"8\"/><line "
    "class=\"p-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"8\"/></pattern>"
    "<pattern id=\"hatch-b\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(-45)\"><rect class=\"p-b\" width=\"8\" height=\"8\"/><line "
    "class=\"p-line\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"8\"/></pattern>"
    "<pattern id=\"hatch-c\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\"><rect "
    "class=\"p-c\" width=\"5\" height=\"5\"/><line class=\"p-line\" x1=\"0\" y1=\"0\" x2=\"0\" "
    "y2=\"5\"/></pattern></defs></svg>\n";

static void put_header(struct html_report *report)
{
    struct html *out = &report->out;
    html_put(out, "%s", patterns);
    html_put(out, "<a class=\"skip\" href=\"#bytes\">to the report</a>\n<header>\n<h1>");
    put_name(report);
    html_put(out, " <small>HTTP cache audit</small></h1>\n");
    put_span(report);
    put_selection(report);
    html_put(
        out,
        "<nav aria-label=\"Sections\"><a href=\"#bytes\">Bytes</a> <a "
        "href=\"#fixes\">Fixes</a> <a href=\"#card\">304 card</a> <a href=\"#timeline\">When</a> "
        "<a href=\"#where\">Where</a> <a href=\"#revalidation\">Revalidation</a> %s"
        "<a href=\"#urls\">URLs</a> <a href=\"#issues\">Findings"
        "</a> <a href=\"#doubts\">Not seen</a> <a href=\"#words\">Words</a></nav>\n</header>\n"
        "<main>\n",
        html_has_what_if(report) ? "<a href=\"#whatif\">What if</a> " : "");
}

static void put_footer(struct html_report *report)
{
    struct html *out = &report->out;
    html_put(out, "</main>\n<footer><p>Made by wire304 ");
    html_text(out, WIRE304_VERSION);
    html_put(out, " from <code>");
    html_wire(out, file_base_name(slice_of_text(report->audit->path)), 80);
    html_put(out,
             "</code>, an SQLite database that has every exchange and every finding. "
             "<code>wire304 explain RULE</code> says what a rule means.%s</p></footer>\n"
             "<script>%s</script>\n</body>\n</html>\n",
             html_has_room(out) ? "" : " This page has reached its size and leaves rows out.",
             html_js);
}

void html_write(struct report *report)
{
    static void (*const sections[])(struct html_report *) = {
        html_accounts, html_fixes,        html_server_card, html_timeline,
        html_rankings, html_revalidation, html_what_if,     html_lives,
        html_issues,   html_doubts,       html_words,
    };
    struct html_report page = {
        .out = {.to = report->to},
        .report = report,
        .audit = report->audit,
        .is_whole = selection_is_whole(report->options->selection),
    };
    html_facts(&page);
    put_head(&page);
    put_header(&page);
    for (unsigned i = 0; i < COUNT_OF(sections); i++)
        sections[i](&page);
    put_footer(&page);
}
