/* SPDX-License-Identifier: MIT */
/* What if: each remedy alone, and what ideal caches would have left (docs/what-if.md). Not of a
 * part of an audit, for which it is not known. */

#include "reports/html/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/attributes.h"
#include "reports/limits.h"
#include "reports/options/values.h"

static const char remedies[] =
    "SELECT rule, exchanges, saved_bytes, possible_bytes, round_trips, time_us,"
    " account = 'opportunity', count(*) OVER () FROM what_if WHERE scenario = 'remedy'"
    " ORDER BY saved_bytes - possible_bytes DESC, saved_bytes DESC, rule LIMIT ?1";

static const char all_remedies[] =
    "SELECT rule, exchanges, saved_bytes, possible_bytes, round_trips, time_us FROM what_if "
    "WHERE scenario = 'remedy' ORDER BY saved_bytes DESC";

static const char caches[] =
    "SELECT scenario = 'shared-cache', capacity_bytes, left_bytes, saved_bytes, exchanges,"
    " coalesce(sampled_ppm, 1000000) FROM what_if WHERE scenario <> 'remedy'"
    " ORDER BY 1, capacity_bytes IS NULL, capacity_bytes";

static void put_remedy(struct html *out, const struct query *query, uint64_t observed)
{
    uint64_t saved = (uint64_t)query_number(query, 2), possible = (uint64_t)query_number(query, 3);
    char time[32];
    html_put(out, "<tr><th scope=\"row\"><a href=\"#rule-%s\">%s</a></th>", query_word(query, 0),
             query_word(query, 0));
    html_cell_count(out, (uint64_t)query_number(query, 1));
    html_cell_size(out, saved);
    html_cell_share(out, saved, observed);
    html_cell_count(out, (uint64_t)query_number(query, 4));
    html_put(out, "<td class=\"n\" data-v=\"%" PRId64 "\">%s</td>", query_number(query, 5),
             query_number(query, 5) ? duration_text(query_number(query, 5), time) : "-");
    html_put(out, "<td>%s%s</td></tr>\n", query_number(query, 6) ? "opportunity" : "avoidable",
             possible == saved ? ", possible at most"
             : possible        ? ", in part only possible"
                               : "");
}

static void put_remedies(struct html_report *report, uint64_t observed)
{
    static const char *const columns[] = {"remedy of",    "#exchanges", "#saves",  "#of all bytes",
                                          "#round trips", "#waiting",   "account", NULL};
    struct html *out = &report->out;
    uint64_t shown = 0, all = 0;
    html_put(out, "<h3 id=\"remedies\">Each remedy alone <small>they overlap, and are not to be "
                  "added up</small></h3>\n");
    html_table(report, "remedies", NULL, columns);
    struct query query = query_begin(report->audit, remedies);
    query_bind(&query, 1, report_rows(report->report, LIMIT_HTML_RANKING));
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, 7);
        if (!html_has_room(out))
            continue;
        put_remedy(out, &query, observed);
        shown++;
    }
    html_table_end(report);
    html_the_rest(report, shown, all, "remedies", all_remedies);
}

/* Capacities are powers of two, as caches are configured. */
static const char *capacity_text(const struct query *query, char text[40])
{
    static const char *const units[] = {"MiB", "GiB", "TiB"};
    uint64_t n = (uint64_t)query_number(query, 1) >> 20;
    unsigned unit = 0;
    if (query_is_null(query, 1))
        return "without limit";
    for (; n >= 1024 && unit + 1 < COUNT_OF(units); n /= 1024)
        unit++;
    snprintf(text, 40, "%" PRIu64 " %s", n, units[unit]);
    return text;
}

static void put_cache(struct html *out, const struct query *query)
{
    char text[40];
    uint64_t left = (uint64_t)query_number(query, 2), saved = (uint64_t)query_number(query, 3);
    bool is_shared = query_number(query, 0);
    html_put(out, "<tr><th scope=\"row\">%s%s</th>",
             is_shared ? "one shared cache, " : "a private cache of each client",
             is_shared ? capacity_text(query, text) : "");
    html_cell_size(out, left);
    html_cell_share(out, left, left + saved);
    html_cell_size(out, saved);
    html_cell_count(out, (uint64_t)query_number(query, 4));
    html_put(out, "<td>%s</td></tr>\n",
             query_number(query, 5) < 1000000 ? "estimated from a part of the URLs" : "counted");
}

static void put_caches(struct html_report *report)
{
    static const char *const columns[] = {
        "ideal cache",     "#bytes left", "#of all bytes", "#bytes it would save", "#exchanges",
        "how it is known", NULL};
    struct html *out = &report->out;
    html_put(out, "<h3 id=\"ideal\">Ideal caches <small>with the URLs and the policies as they "
                  "are: other remedies may save more</small></h3>\n");
    html_table(report, "ideal", NULL, columns);
    struct query query = query_begin(report->audit, caches);
    while (query_next(&query))
        put_cache(out, &query);
    html_table_end(report);
}

bool html_has_what_if(struct html_report *report)
{
    return audit_number(report->audit, "SELECT max(saved_bytes) FROM what_if") != 0;
}

void html_what_if(struct html_report *report)
{
    struct audit *audit = report->audit;
    uint64_t observed = (uint64_t)audit_number(audit, "SELECT observed_bytes FROM totals");
    if (!html_has_what_if(report))
        return;
    html_section(report, "whatif", "What if");
    if (audit_number(audit, "SELECT count(*) FROM what_if WHERE scenario = 'remedy'"))
        put_remedies(report, observed);
    if (audit_number(audit, "SELECT count(*) FROM what_if WHERE scenario <> 'remedy'"))
        put_caches(report);
    html_section_end(report);
}
