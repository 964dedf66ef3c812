/* SPDX-License-Identifier: MIT */
/*
 * What if, in the summary: each remedy alone, the best that any cache in front of the clients could
 * have done, and a shared cache by its capacity, of which only the capacities are shown at which
 * something changes.
 */

#include "reports/formats/summary_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "reports/options/values.h"

#define SMALL_STEP 200 /* a capacity is shown where it leaves a 200th of the octets less */

static const char *share_text(uint64_t part, uint64_t whole, char text[16])
{
    double share = whole ? 100.0 * (double)part / (double)whole : 0;
    if (part && share < 0.05)
        return "<0.1 %";
    snprintf(text, 16, "%.1f %%", share);
    return text;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static const char *time_text(int64_t us, char text[32])
{
    return us > 0 && us < 1000 ? "less than 1 ms" : duration_text(us, text);
}

void put_time_lost(const struct page *page, struct audit *audit)
{
    char number[32], time[32], each[32];
    struct query query = query_begin(
        audit,
        "SELECT needless_round_trips, needless_time_us, possible_round_trips, "
        "possible_time_us FROM totals WHERE needless_round_trips + possible_round_trips > 0");
    if (query_next(&query)) {
        bool sure = query_number(&query, 0) > 0;
        int64_t n = query_number(&query, sure ? 0 : 2), us = query_number(&query, sure ? 1 : 3);
        page_put(page, STYLE_PLAIN, "  time lost: %s round trip%s that need not have been, %s",
                 number_text((uint64_t)n, number), plural((uint64_t)n), time_text(us, time));
        if (n > 1 && us >= 1000)
            page_put(page, STYLE_DIM, " (%s each)", time_text(us / n, each));
        if (!sure)
            page_put(page, STYLE_DIM, ", possible at most");
        else if (query_number(&query, 2))
            page_put(page, STYLE_DIM, "; possibly %s more",
                     number_text((uint64_t)query_number(&query, 2), number));
        page_end_line(page);
    }
    query_end(&query);
}

static void put_remedies(const struct page *page, struct audit *audit, uint64_t observed,
                         int64_t rows)
{
    char size[24], number[32], share[16];
    struct query query = query_begin(
        audit, "SELECT rule, saved_bytes, round_trips, account = 'opportunity', "
               "possible_bytes = saved_bytes FROM what_if WHERE scenario = 'remedy' "
               "ORDER BY saved_bytes - possible_bytes DESC, saved_bytes DESC, rule LIMIT ?1");
    query_bind(&query, 1, rows);
    for (int i = 0; query_next(&query); i++) {
        uint64_t saved = (uint64_t)query_number(&query, 1),
                 trips = (uint64_t)query_number(&query, 2);
        if (i == 0)
            page_put(page, STYLE_DIM, "  each remedy alone, which is not to be added up:\n");
        page_put(page, STYLE_PLAIN, "  %9s  %7s  ", size_text(saved, size),
                 share_text(saved, observed, share));
        page_put(page, STYLE_BOLD, "%s", query_word(&query, 0));
        if (trips)
            page_put(page, STYLE_PLAIN, ", and %s round trip%s", number_text(trips, number),
                     plural(trips));
        if (query_number(&query, 3))
            page_put(page, STYLE_DIM, ", an opportunity");
        if (query_number(&query, 4))
            page_put(page, STYLE_DIM, ", possible at most");
        page_end_line(page);
    }
}

static void put_private_cache(const struct page *page, struct audit *audit, uint64_t observed)
{
    char size[24], number[32], share[16];
    struct query query = query_begin(
        audit, "SELECT left_bytes, round_trips FROM what_if WHERE scenario = 'private-cache'");
    if (query_next(&query)) {
        uint64_t left = (uint64_t)query_number(&query, 0);
        page_put(page, STYLE_PLAIN,
                 "  %9s  %7s  left by an ideal private cache of each client, which spares %s "
                 "round trip%s\n",
                 size_text(left, size), share_text(left, observed, share),
                 number_text((uint64_t)query_number(&query, 1), number),
                 plural((uint64_t)query_number(&query, 1)));
    }
    query_end(&query);
}

/* One capacity of the curve. */
static void put_capacity(const struct page *page, const struct query *query, uint64_t observed,
                         bool first)
{
    char size[24], share[16], capacity[32];
    uint64_t left = (uint64_t)query_number(query, 1);
    snprintf(capacity, sizeof capacity, "without limit");
    if (!query_is_null(query, 0)) {
        static const char *const units[] = {"MiB", "GiB", "TiB"};
        uint64_t n = (uint64_t)query_number(query, 0) >> 20;
        unsigned unit = 0;
        for (; n >= 1024 && unit < 2; n /= 1024)
            unit++;
        snprintf(capacity, sizeof capacity, "of %" PRIu64 " %s", n, units[unit]);
    }
    page_put(page, STYLE_PLAIN, "  %9s  %7s  %s %s", size_text(left, size),
             share_text(left, observed, share), first ? "left by an ideal shared cache" : "  one",
             capacity);
    if (first && query_number(query, 2) < 1000000)
        page_put(page, STYLE_DIM, " (estimated from %.2g %% of the URLs)",
                 (double)query_number(query, 2) / 10000);
    page_end_line(page);
}

static void put_shared_cache(const struct page *page, struct audit *audit, uint64_t observed)
{
    struct query query = query_begin(
        audit, "SELECT capacity_bytes, left_bytes, sampled_ppm FROM what_if WHERE "
               "scenario = 'shared-cache' ORDER BY capacity_bytes IS NULL, capacity_bytes");
    uint64_t shown = UINT64_MAX;
    for (bool first = true; query_next(&query);) {
        uint64_t left = (uint64_t)query_number(&query, 1);
        if (!first && shown - left <= observed / SMALL_STEP)
            continue;
        put_capacity(page, &query, observed, first);
        shown = left;
        first = false;
    }
}

void put_what_if(const struct page *page, struct audit *audit, uint64_t observed, int64_t rows)
{
    if (audit_number(audit, "SELECT max(saved_bytes) FROM what_if") == 0)
        return;
    page_heading(page, "What if");
    put_remedies(page, audit, observed, rows);
    put_private_cache(page, audit, observed);
    put_shared_cache(page, audit, observed);
}
