/* SPDX-License-Identifier: MIT */
/*
 * When it happened: the capture's time in equal intervals, and in each the octets transferred, the
 * 304s, and what was wasted, on a scale of their own each. An exchange belongs to the interval in
 * which its first packet lies. Shaded is when the capture was blind: between its files, and where
 * an exchange was cut by packets that the capture does not have.
 */

#include "reports/html/report.h"

#include <inttypes.h>

#include "reports/limits.h"
#include "reports/options/values.h"

enum { HEIGHT = 60 };

struct interval_sums {
    uint64_t exchanges, octets, not_modified, firm, opportunity, cut;
};

struct times {
    struct interval_sums at[LIMIT_HTML_COLUMNS];
    unsigned columns; /* in use */
    int64_t first_us, step_us;
    bool gap_before[LIMIT_HTML_COLUMNS]; /* no file of the capture covers it */
    bool any_gap, any_cut;
};

static void gather_sums(struct times *times, struct html_report *report)
{
    struct query query = query_begin(
        report->audit, "SELECT interval, sum(exchanges), sum(octets), sum(not_modified), sum(firm),"
                       " sum(opportunity), sum(cut) FROM per_interval GROUP BY 1");
    while (query_next(&query)) {
        int64_t i = query_number(&query, 0);
        struct interval_sums *at = &times->at[i];
        at->exchanges += (uint64_t)query_number(&query, 1);
        at->octets += (uint64_t)query_number(&query, 2);
        at->not_modified += (uint64_t)query_number(&query, 3);
        at->firm += (uint64_t)query_number(&query, 4);
        at->opportunity += (uint64_t)query_number(&query, 5);
        at->cut += (uint64_t)query_number(&query, 6);
        times->any_cut |= at->cut > 0;
    }
}

/* Intervals that lie as a whole between two files. */
static void gather_gaps(struct times *times, struct html_report *report)
{
    struct query query = query_begin(
        report->audit, "SELECT json_extract(value, '$.first_us'), json_extract(value, '$.last_us')"
                       " FROM run, json_each(run.inputs) WHERE json_extract(value, '$.packets') > 0"
                       " ORDER BY 1");
    int64_t until = times->first_us;
    while (query_next(&query)) {
        int64_t from = query_number(&query, 0), last = query_number(&query, 1);
        for (unsigned i = 0; i < times->columns; i++) {
            int64_t begin = times->first_us + (int64_t)i * times->step_us;
            if (begin > until && begin + times->step_us < from)
                times->any_gap = times->gap_before[i] = true;
        }
        until = last > until ? last : until;
    }
}

/* ------------------------------------------------------------------ the strips */

struct strip {
    const char *name, *look, *look_above;
    uint64_t (*value)(const struct interval_sums *sums);
    uint64_t (*above)(const struct interval_sums *sums); /* stacked on it; NULL: nothing */
    bool is_size;
};

static uint64_t octets_of(const struct interval_sums *sums)
{
    return sums->octets;
}

static uint64_t not_modified_of(const struct interval_sums *sums)
{
    return sums->not_modified;
}

static uint64_t firm_of(const struct interval_sums *sums)
{
    return sums->firm;
}

static uint64_t opportunity_of(const struct interval_sums *sums)
{
    return sums->opportunity;
}

static const struct strip strips[] = {
    {"transferred", "fine", NULL, octets_of, NULL, true},
    {"304 Not Modified", "notmod", NULL, not_modified_of, NULL, false},
    {"avoidable, opportunity", "certain", "opportunity", firm_of, opportunity_of, true},
};

static uint64_t value_of(const struct strip *strip, const struct interval_sums *sums)
{
    return strip->value(sums) + (strip->above ? strip->above(sums) : 0);
}

static void put_column(struct html *out, const char *look, unsigned x, double from, double height)
{
    if (height > 0)
        html_put(out, "<rect class=\"%s\" x=\"%u\" y=\"%.2f\" width=\"9\" height=\"%.2f\"/>", look,
                 10 * x, HEIGHT - from - height, height < 1 ? 1 : height);
}

static void put_shades(struct html *out, const struct times *times)
{
    for (unsigned i = 0; i < times->columns; i++)
        if (times->gap_before[i] || times->at[i].cut)
            html_put(out, "<rect class=\"%s\" x=\"%u\" y=\"0\" width=\"10\" height=\"%d\"/>",
                     times->gap_before[i] ? "gap" : "cut", 10 * i, HEIGHT);
}

static void put_strip(struct html *out, const struct times *times, const struct strip *strip)
{
    char text[32];
    uint64_t most = 0;
    for (unsigned i = 0; i < times->columns; i++) {
        uint64_t value = value_of(strip, &times->at[i]);

        most = value > most ? value : most;
    }
    const char *peak = strip->is_size ? size_text(most, text) : number_text(most, text);
    html_put(out, "<div class=\"strip\"><div><b>%s</b> most: %s</div>", strip->name, peak);
    html_put(out,
             "<svg viewBox=\"0 0 %u %d\" preserveAspectRatio=\"none\" role=\"img\" "
             "aria-label=\"%s over time, at most %s in an interval\">",
             10 * times->columns, HEIGHT, strip->name, peak);
    put_shades(out, times);
    for (unsigned i = 0; i < times->columns && most; i++) {
        double below = HEIGHT * (double)strip->value(&times->at[i]) / (double)most;
        put_column(out, strip->look, i, 0, below);
        if (strip->above)
            put_column(out, strip->look_above, i, below,
                       HEIGHT * (double)strip->above(&times->at[i]) / (double)most);
    }
    html_put(out, "</svg></div>\n");
}

static void put_axis(struct html *out, const struct html_report *report)
{
    html_put(out, "<div class=\"axis\" aria-hidden=\"true\">");
    for (int i = 0; i <= 4; i++) {
        html_put(out, "<span>");
        html_clock(out, report->first_us + (report->last_us - report->first_us) / 4 * i);
        html_put(out, "</span>");
    }
    html_put(out, "</div>\n");
}

static void put_numbers(struct html_report *report, const struct times *times)
{
    static const char *const columns[] = {"#from",      "#exchanges",   "#transferred", "#304s",
                                          "#avoidable", "#opportunity", "#cut",         NULL};
    struct html *out = &report->out;
    html_put(out, "<details><summary>The numbers behind the picture</summary>\n");
    html_table(report, "times", "Intervals in which something happened (UTC)", columns);
    for (unsigned i = 0; i < times->columns; i++) {
        const struct interval_sums *at = &times->at[i];
        int64_t begin = times->first_us + (int64_t)i * times->step_us;
        if (at->exchanges == 0)
            continue;
        html_put(out, "<tr><td class=\"n\" data-v=\"%u\">", i);
        html_clock(out, begin);
        html_put(out, "</td>");
        html_cell_count(out, at->exchanges);
        html_cell_size(out, at->octets);
        html_cell_count(out, at->not_modified);
        html_cell_size(out, at->firm);
        html_cell_size(out, at->opportunity);
        html_cell_count(out, at->cut);
        html_put(out, "</tr>\n");
    }
    html_table_end(report);
    html_put(out, "</details>\n");
}

void html_timeline(struct html_report *report)
{
    char text[32];
    struct html *out = &report->out;
    struct times times = {
        .first_us = report->first_us, .step_us = report->step_us, .columns = LIMIT_HTML_COLUMNS};
    if (report->exchanges == 0) {
        html_section_empty(report, "timeline", "When");
        return;
    }
    gather_sums(&times, report);
    gather_gaps(&times, report);
    html_section(report, "timeline", "When");
    html_put(out, "<p class=\"note\">%d intervals of %s from ", LIMIT_HTML_COLUMNS,
             duration_text(times.step_us, text));
    html_date(out, report->first_us);
    html_put(out, " UTC on; each strip has its own scale.%s%s</p>\n",
             times.any_gap ? " Shaded dark: between the files of the capture, nothing was recorded."
                           : "",
             times.any_cut ? " Hatched: exchanges were cut by packets that the capture does not "
                             "have."
                           : "");
    for (unsigned i = 0; i < sizeof strips / sizeof *strips; i++)
        put_strip(out, &times, &strips[i]);
    put_axis(out, report);
    put_numbers(report, &times);
    html_section_end(report);
}
