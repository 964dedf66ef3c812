/* SPDX-License-Identifier: MIT */
/*
 * What somebody who did not run it has to know: what was looked at, what it costs, the worst issues
 * with one example each and the packets to open, what to do about them, and what could not be
 * audited. Two screens, however large the capture.
 */

#include "reports/formats/markdown_report.h"

#include <inttypes.h>
#include <string.h>

#include "reports/advice/remedies.h"
#include "reports/formats/json_stream.h"
#include "reports/formats/markdown.h"
#include "reports/options/values.h"
#include "reports/selection.h"

#define WORST 10 /* issues */

static uint64_t octets_of(const struct query *query, int column)
{
    return (uint64_t)query_number(query, column);
}

/* Numbers of a part must not be taken for those of the whole. */
static void put_choice(struct report *report)
{
    char chosen[1024];
    if (!selection_text(report->options->selection, chosen, sizeof chosen))
        return;
    fputs("Only a part of the audit: ", report->to);
    markdown_code(report->to, slice_of_text(chosen), 0);
    fputs(".\n\n", report->to);
}

static void put_head(struct report *report)
{
    char first[48], last[48], number[32], observed[24];
    struct query query = query_begin(
        report->audit,
        "SELECT first_us, last_us, observed_bytes, (SELECT count(*) FROM exchanges WHERE "
        "outer_exchange_id IS NULL), (SELECT count(*) FROM exchanges WHERE status = 304 AND "
        "outer_exchange_id IS NULL), json_extract(inputs, '$[0].file'), "
        "json_array_length(inputs) FROM run, totals");
    if (query_next(&query)) {
        int64_t more = query_number(&query, 6) - 1;
        fputs("## HTTP cache audit of ", report->to);
        markdown_code(report->to, query_text(&query, 5), 60);
        if (more > 0)
            fprintf(report->to, " and %" PRId64 " more", more);
        fputs("\n\n", report->to);
        if (!query_is_null(&query, 0))
            fprintf(report->to, "%.19s to %.19s UTC. ",
                    time_text(query_number(&query, 0), "", first),
                    time_text(query_number(&query, 1), "", last));
        fprintf(report->to, "%s HTTP exchanges, %s",
                number_text((uint64_t)query_number(&query, 3), number),
                size_text(octets_of(&query, 2), observed));
        fprintf(report->to, "; %s answered `304 Not Modified`.\n\n",
                number_text((uint64_t)query_number(&query, 4), number));
        put_choice(report);
    }
    query_end(&query);
}

static void put_part(struct report *report, const char *name, uint64_t octets, uint64_t whole)
{
    char size[24];
    fprintf(report->to, "| %s | %s | %.1f %% |\n", name, size_text(octets, size),
            whole ? 100.0 * (double)octets / (double)whole : 0);
}

static void put_totals(struct report *report)
{
    struct query query =
        query_begin(report->audit, "SELECT observed_bytes, avoidable_certain, avoidable_likely, "
                                   "avoidable_possible, opportunity_bytes FROM totals");
    if (query_next(&query)) {
        uint64_t whole = octets_of(&query, 0);
        fputs("| of what was sent | octets | share |\n|---|--:|--:|\n", report->to);
        put_part(report, "**avoidable**", octets_of(&query, 1) + octets_of(&query, 2), whole);
        put_part(report, "of that, certain", octets_of(&query, 1), whole);
        put_part(report, "of that, likely", octets_of(&query, 2), whole);
        put_part(report, "possible, not in the sum", octets_of(&query, 3), whole);
        put_part(report, "opportunity: another policy might save it", octets_of(&query, 4), whole);
    }
    query_end(&query);
}

/* ------------------------------------------------------------------ issues */

/* One matter at one host: issues that differ by URL pattern or server are one row, where the worst
 * of them stands for all. `place` is its rank. */
static const char make_matters[] =
    "CREATE TEMP TABLE matter AS SELECT row_number() OVER (ORDER BY avoidable DESC, "
    "rank, opportunity DESC, accused DESC, rule, variant, host) AS place, * FROM (SELECT rule, "
    "variant, severity, party, host, server, url_pattern, first_finding_id, software, "
    "min(instr('error warning waste info', severity)) AS rank, sum(exchanges) AS accused, "
    "sum(avoidable_bytes) AS avoidable, sum(opportunity_bytes) AS opportunity, "
    "count(DISTINCT url_pattern) - 1 AS others, max(avoidable_bytes * 1e6 + exchanges) "
    "FROM issues WHERE accepted IS NULL GROUP BY rule, variant, party, host)";

static void put_name(FILE *to, const struct query *query, int rule, int variant)
{
    fprintf(to, "`%s%s%s`", query_word(query, rule), query_is_null(query, variant) ? "" : "/",
            query_word(query, variant));
}

static void put_matter(FILE *to, const struct query *query)
{
    char size[24], other[24], number[32];
    int64_t others = query_number(query, 8);
    fputs("| ", to);
    put_name(to, query, 0, 1);
    fprintf(to, " | %s | %s | ", query_word(query, 2), query_word(query, 3));
    markdown_cell(to, query_text(query, 4), 60);
    if (others > 0)
        fprintf(to, " and %" PRId64 " more pattern%s", others, others == 1 ? "" : "s");
    fprintf(to, " | %s | %s | %s |\n", number_text((uint64_t)query_number(query, 5), number),
            size_text(octets_of(query, 6), size), size_text(octets_of(query, 7), other));
}

static void put_matters(struct report *report)
{
    audit_run(report->audit, make_matters);
    struct query query = query_begin(
        report->audit, "SELECT rule, variant, severity, party, coalesce(host, server, '') || "
                       "coalesce(url_pattern, ''), accused, avoidable, opportunity, others "
                       "FROM temp.matter WHERE place <= ?1 ORDER BY place");
    int64_t shown = 0, all = audit_number(report->audit, "SELECT count(*) FROM temp.matter");
    query_bind(&query, 1, report_rows(report, WORST));
    for (; query_next(&query); shown++) {
        if (shown == 0)
            fputs("\n### The worst issues\n\n| rule | severity | at fault | where | exchanges | "
                  "avoidable | opportunity |\n|---|---|---|---|--:|--:|--:|\n",
                  report->to);
        put_matter(report->to, &query);
    }
    if (shown == 0)
        fputs("\nNo issue was found in what could be audited.\n", report->to);
    int64_t accepted =
        audit_number(report->audit, "SELECT count(*) FROM issues WHERE accepted IS NOT NULL");
    if (accepted > 0)
        fprintf(report->to, "\nAccepted, and not listed: %" PRId64 " issue%s.\n", accepted,
                accepted == 1 ? "" : "s");
    if (all > shown)
        fprintf(report->to, "\n%" PRId64 " more are in the database (`--top N` shows more).\n",
                all - shown);
}

/* ------------------------------------------------------------------ what to do */

static void put_packets(FILE *to, const struct query *query, int column)
{
    static const char *const halves[] = {"request", "response"};
    for (int i = 0; i < 2; i++)
        if (!query_is_null(query, column + 1 + i))
            fprintf(to, "%s %s in frame %" PRId64, i ? "," : "", halves[i],
                    query_number(query, column + 1 + i));
    fputs(" of ", to);
    markdown_code(to, query_text(query, column), 60);
}

/* Of the software that the heads of the example name. */
static void put_software_remedies(FILE *to, const char *rule, struct slice software)
{
    uint64_t set = slice_is_absent(software) ? 0 : software_set(software);
    for (unsigned i = 0; i < SOFTWARES; i++) {
        const struct remedy *remedy = set >> i & 1 ? remedy_find(rule, (enum software)i) : NULL;
        if (!remedy)
            continue;
        fprintf(to, "- In %s%s%s%s: ", software_name(i), *remedy->since ? " since " : "",
                remedy->since, remedy_doubt(remedy));
        markdown_text(to, remedy->text);
        fputc('\n', to);
    }
}

/* One card per rule, with the first finding of its worst issue. */
static void put_remedy(FILE *to, const struct query *query)
{
    const struct rule_card *card = rule_card_by_id(query_word(query, 0));
    fprintf(to, "\n**`%s`**", query_word(query, 0));
    if (card) {
        fprintf(to, " (%s%s%s): ", card->section, norm_word(card->norm) ? ", " : "",
                norm_word(card->norm) ? norm_word(card->norm) : "");
        markdown_text(to, card->title);
        fputs(".\n", to);
    } else {
        fputc('\n', to);
    }
    fputs("- For example ", to);
    markdown_code(to, query_text(query, 1), 100);
    fputs(": ", to);
    markdown_code(to, query_text(query, 2), 240);
    fputs(";", to);
    put_packets(to, query, 3);
    fprintf(to, ", finding %" PRId64 ".\n", query_number(query, 8));
    if (!card)
        return;
    fputs("- What to do: ", to);
    markdown_text(to, card->remedy);
    fputc('\n', to);
    put_software_remedies(to, card->id, query_text(query, 7));
}

static void put_remedies(struct report *report)
{
    struct query query = query_begin(
        report->audit,
        "SELECT m.rule, e.method || ' ' || coalesce(e.url, e.target), f.message, "
        "coalesce(e.request_file, e.response_file), e.request_frame, e.response_frame, "
        "min(m.place), m.software, f.id FROM temp.matter m JOIN main.findings f ON f.id = "
        "m.first_finding_id "
        "JOIN main.exchanges e ON e.id = f.exchange_id WHERE m.place <= ?1 GROUP BY m.rule "
        "ORDER BY min(m.place)");
    query_bind(&query, 1, report_rows(report, WORST));
    for (int i = 0; query_next(&query); i++) {
        if (i == 0)
            fputs("\n### What to do\n", report->to);
        put_remedy(report->to, &query);
    }
}

/* ------------------------------------------------------------------ what nobody should conclude */

static void put_coverage(struct report *report)
{
    char bytes[24], number[32];
    struct query query = query_begin(
        report->audit, "SELECT reason, sum(bytes), sum(connections) FROM coverage WHERE reason NOT "
                       "NULL GROUP BY 1 HAVING sum(bytes) > 0 ORDER BY 2 DESC, 1");
    for (int i = 0; query_next(&query); i++) {
        if (i == 0)
            fputs("\n### What could not be audited\n\n| reason | octets | connections |\n"
                  "|---|--:|--:|\n",
                  report->to);
        fprintf(report->to, "| %s | %s | %s |\n", query_word(&query, 0),
                size_text(octets_of(&query, 1), bytes),
                number_text((uint64_t)query_number(&query, 2), number));
    }
}

void markdown_report_write(struct report *report)
{
    put_head(report);
    put_totals(report);
    put_matters(report);
    put_remedies(report);
    put_coverage(report);
}
