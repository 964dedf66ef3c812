/* SPDX-License-Identifier: MIT */
/*
 * What somebody lives with, in the summary: it is not among what is to be fixed, and it is not
 * hidden either. And the price that somebody pays.
 */

#include "reports/formats/summary_parts.h"

#include <inttypes.h>

#include "reports/options/values.h"

void put_price(const struct page *page, struct audit *audit, uint64_t avoidable)
{
    struct query query = query_begin(audit, "SELECT price FROM run WHERE price NOT NULL");
    double amount;
    const char *unit;
    if (query_next(&query) && price_read(query_word(&query, 0), &amount, &unit)) {
        double cost = amount * (double)avoidable / 1e9;
        page_put(page, STYLE_PLAIN, cost < 0.005 ? "  that is %.2g%s%s" : "  that is %.2f%s%s",
                 cost, *unit ? " " : "", unit);
        page_put(page, STYLE_DIM, ", at %s per gigabyte", query_word(&query, 0));
        page_end_line(page);
    }
    query_end(&query);
}

/* One accepted issue: what it is, where, until when and why. */
static void put_acceptance(const struct page *page, const struct query *query)
{
    char number[32];
    bool expired = query_number(query, 6);
    uint64_t n = (uint64_t)query_number(query, 2);
    page_put(page, STYLE_PLAIN, "  %9s  ", number_text(n, number));
    page_put(page, STYLE_BOLD, "%s", query_word(query, 0));
    if (!query_is_null(query, 1))
        page_put(page, STYLE_PLAIN, "/%s", query_word(query, 1));
    page_put(page, STYLE_PLAIN, "  ");
    page_wire(page, STYLE_PLAIN, query_text(query, 3), page->width - 40);
    page_end_line(page);
    page_put(page, expired ? STYLE_YELLOW : STYLE_DIM, "%13s%s %s: ", "",
             expired ? "expired on" : "until", query_word(query, 4));
    page_wire(page, STYLE_PLAIN, query_text(query, 5), page->width - 35);
    page_end_line(page);
}

static void put_not_seen(const struct page *page, struct audit *audit, const char *state,
                         const char *text)
{
    char number[32];
    struct query query =
        query_begin(audit, "SELECT count(*) FROM accepted WHERE issue_id IS NULL AND state = ?1");
    query_bind_word(&query, 1, state);
    if (query_next(&query) && query_number(&query, 0))
        page_put(page, STYLE_DIM, "  %9s  %s\n",
                 number_text((uint64_t)query_number(&query, 0), number), text);
    query_end(&query);
}

void put_accepted(const struct page *page, struct audit *audit)
{
    if (audit_number(audit, "SELECT count(*) FROM accepted") == 0)
        return;
    page_heading(page, "Accepted");
    struct query query =
        query_begin(audit, "SELECT i.rule, i.variant, i.exchanges, coalesce(i.host, '') || "
                           "coalesce(i.url_pattern, ''), a.until, a.reason, a.state = 'expired' "
                           "FROM accepted a JOIN issues i ON i.id = a.issue_id "
                           "ORDER BY a.state = 'expired' DESC, a.until, i.rule, 4");
    while (query_next(&query))
        put_acceptance(page, &query);
    put_not_seen(page, audit, "not-seen", "not seen in this capture");
    put_not_seen(page, audit, "expired", "expired, and not seen in this capture");
}
