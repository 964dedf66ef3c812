/* SPDX-License-Identifier: MIT */
/* Whom it concerns: hosts, clients and URL patterns, the most costly first. Each row has its own
 * denominators: what was exchanged with it, and how many of its conditions were answered 304. */

#include "reports/html/report.h"

#include "reports/limits.h"

/* Of every ranking: name, exchanges, conditional, 304s, octets, firm, weak, opportunity, rows. */
#define SUMS                                                                                       \
    " sum(p.exchanges), sum(p.conditional), sum(p.not_modified), sum(p.octets), sum(p.firm),"      \
    " sum(p.weak), sum(p.opportunity), count(*) OVER ()"
#define WORST_FIRST " GROUP BY 1 ORDER BY 6 DESC, 8 DESC, 7 DESC, 5 DESC, 1 LIMIT ?1"

static const struct ranking {
    const char *id, *name, *title, *caption, *of_what, *query, *all;
} rankings[] = {
    {"hosts", "host", "Hosts", "as the requests name them", "hosts",
     "SELECT u.host," SUMS " FROM per_url p LEFT JOIN main.url u ON u.id = p.url" WORST_FIRST,
     "SELECT host, count(*), sum(avoidable_bytes), sum(opportunity_bytes) FROM exchanges GROUP BY "
     "1 "
     "ORDER BY 3 DESC, 4 DESC"},
    {"clients", "client", "Clients",
     "by the address that the request names (Forwarded, X-Forwarded-For), else by that of the "
     "connection",
     "clients",
     "SELECT coalesce(q.forwarded_for, l.client)," SUMS " FROM per_client p"
     " LEFT JOIN main.link l ON l.id = p.link LEFT JOIN main.requester q ON q.id = "
     "p.requester" WORST_FIRST,
     "SELECT coalesce(forwarded_for, client), count(*), sum(avoidable_bytes), "
     "sum(opportunity_bytes) "
     "FROM exchanges GROUP BY 1 ORDER BY 3 DESC, 4 DESC"},
    {"patterns", "URL pattern", "URL patterns", "the changing parts of the path replaced by *",
     "URL patterns",
     "SELECT coalesce(u.host, '') || coalesce(u.url_pattern, '')," SUMS
     " FROM per_url p LEFT JOIN main.url u ON u.id = p.url" WORST_FIRST,
     "SELECT host, url_pattern, count(*), sum(avoidable_bytes), sum(opportunity_bytes) FROM "
     "exchanges GROUP BY 1, 2 ORDER BY 4 DESC, 5 DESC"},
};

static void put_row(struct html *out, const struct query *query)
{
    uint64_t conditional = (uint64_t)query_number(query, 2);
    uint64_t octets = (uint64_t)query_number(query, 4);
    html_put(out, "<tr><th scope=\"row\" class=\"w\">");
    if (query_text(query, 0).len == 0)
        html_put(out, "<em>not seen, or not said</em>");
    else
        html_wire_breaking(out, query_text(query, 0), 200);
    html_put(out, "</th>");
    html_cell_count(out, (uint64_t)query_number(query, 1));
    html_cell_count(out, conditional);
    html_cell_count(out, (uint64_t)query_number(query, 3));
    html_cell_size(out, octets);
    html_cell_size(out, (uint64_t)query_number(query, 5));
    html_cell_share(out, (uint64_t)query_number(query, 5), octets);
    html_cell_size(out, (uint64_t)query_number(query, 7));
    html_put(out, "</tr>\n");
}

static void put_ranking(struct html_report *report, const struct ranking *ranking)
{
    struct html *out = &report->out;
    const char *const columns[] = {ranking->name,   "#exchanges",   "#conditional",
                                   "#304s",         "#bytes",       "#avoidable",
                                   "#of its bytes", "#opportunity", NULL};
    uint64_t shown = 0, all = 0;
    html_put(out, "<h3 id=\"%s\">%s <small>%s</small></h3>\n", ranking->id, ranking->title,
             ranking->caption);
    html_table(report, ranking->id, NULL, columns);
    struct query query = query_begin(report->audit, ranking->query);
    query_bind(&query, 1, report_rows(report->report, LIMIT_HTML_RANKING));
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, 8);
        if (!html_has_room(out))
            continue;
        put_row(out, &query);
        shown++;
    }
    html_table_end(report);
    html_the_rest(report, shown, all, ranking->of_what, ranking->all);
}

void html_rankings(struct html_report *report)
{
    if (report->exchanges == 0) {
        html_section_empty(report, "where", "Where it goes");
        return;
    }
    html_section(report, "where", "Where it goes");
    html_put(&report->out,
             "<p class=\"note\">The most costly first. <em>Avoidable</em> is what is certain or "
             "likely, and its share is of the bytes of the same row; <em>conditional</em> are "
             "requests that asked whether something changed, <em>304s</em> the answers that it did "
             "not.</p>\n");
    for (unsigned i = 0; i < sizeof rankings / sizeof *rankings; i++)
        put_ranking(report, &rankings[i]);
    html_section_end(report);
}
