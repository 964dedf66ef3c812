/* SPDX-License-Identifier: MIT */
/*
 * What to mend first: the three matters worth most, as Pareto bars on one scale, with what mending
 * them gives in bytes, in round trips that would not take place, and in money. A matter is one rule
 * and variant, one party, one host, over all its URL patterns. What is avoidable and firm comes
 * first, then what is opportunity, then what is only possible.
 */

#include "reports/html/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/options/values.h"

enum { FIXES = 3, BAR_WIDTH = 300 };
#define MONTH_US (INT64_C(30) * 86400 * 1000000)
#define HOUR_US  (INT64_C(3600) * 1000000)

/* The columns of the query. */
enum column {
    RULE,
    VARIANT,
    PARTY,
    HOST,
    SOFTWARE,
    PATTERN,
    PATTERNS,
    EXCHANGES,
    FIRM,
    WEAK,
    OPPORTUNITY,
    TRIPS,
    WAITED,
    ALL_MATTERS,
    ALL_OCTETS,
    OF_ITS_ISSUE,
    LARGEST
};

static const char matters[] =
    "SELECT rule, variant, party, host, (SELECT software FROM issues WHERE id = worst),"
    " (SELECT url_pattern FROM issues WHERE id = worst), patterns, exchanges, firm, weak,"
    " opportunity, trips, waited_us, all_matters, all_octets, of_worst,"
    " max(firm + weak + opportunity) OVER () FROM"
    " (SELECT rule, variant, party, host, id AS worst, count(*) AS patterns,"
    "  sum(exchanges) AS exchanges, sum(m.firm) AS firm, sum(m.weak) AS weak,"
    "  sum(m.opportunity) AS opportunity, sum(m.trips) AS trips, sum(m.waited_us) AS waited_us,"
    "  count(*) OVER () AS all_matters,"
    "  sum(sum(m.firm + m.weak + m.opportunity)) OVER () AS all_octets,"
    "  max(m.firm + m.opportunity + m.weak) AS of_worst" /* whose id it is */
    "  FROM brief i JOIN matter m ON m.issue = i.id WHERE NOT is_accepted"
    "  AND m.firm + m.weak + m.opportunity > 0 GROUP BY rule, variant, party, host"
    "  ORDER BY firm DESC, opportunity DESC, weak DESC, rule, host LIMIT ?1)"
    " ORDER BY firm DESC, opportunity DESC, weak DESC, rule, host";

static uint64_t number_at(const struct query *query, enum column column)
{
    return (uint64_t)query_number(query, (int)column);
}

static void put_bar(struct html *out, const struct query *query)
{
    static const struct {
        enum column column;
        const char *look;
    } accounts[] = {{FIRM, "certain"}, {OPPORTUNITY, "opportunity"}, {WEAK, "possible"}};
    double at = 0;
    html_put(out,
             "<svg class=\"pareto\" viewBox=\"0 0 %d 14\" preserveAspectRatio=\"none\" "
             "aria-hidden=\"true\">",
             BAR_WIDTH);
    for (unsigned i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        uint64_t octets = number_at(query, accounts[i].column);
        double width = BAR_WIDTH * (double)octets / (double)number_at(query, LARGEST);
        if (octets)
            html_put(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"14\"/>",
                     accounts[i].look, at, width < 1.5 ? 1.5 : width);
        at += width;
    }
    html_put(out, "</svg>");
}

/* Told with the report, or else with the audit; NULL: neither. */
static const char *price_of(struct html_report *report, char text[64])
{
    if (report->report->options->price)
        return report->report->options->price;
    struct query query = query_begin(report->audit, "SELECT price FROM run WHERE price NOT NULL");
    bool told = query_next(&query);
    if (told)
        snprintf(text, 64, "%s", query_word(&query, 0));
    query_end(&query);
    return told ? text : NULL;
}

static void put_money(struct html_report *report, uint64_t octets)
{
    struct html *out = &report->out;
    char text[64];
    const char *unit, *price = price_of(report, text);
    double amount;
    if (!price || !price_read(price, &amount, &unit))
        return;
    double cost = amount * (double)octets / 1e9;
    int64_t span = report->last_us - report->first_us;
    bool little = cost < 0.005;
    html_put(out, "<div><dt>money</dt><dd><b>%s%.2f ", little ? "&lt; " : "", little ? 0.01 : cost);
    html_text(out, unit);
    html_put(out, "</b> in this capture, at ");
    html_text(out, price);
    html_put(out, " for 10⁹ bytes");
    if (span >= HOUR_US)
        html_put(out, "; %.2f in 30 days, were they all like it",
                 cost * (double)MONTH_US / (double)span);
    html_put(out, "</dd></div>");
}

static void put_figures(struct html_report *report, const struct query *query, uint64_t octets,
                        uint64_t so_far)
{
    struct html *out = &report->out;
    char text[32];
    uint64_t trips = number_at(query, TRIPS);
    html_put(out, "<dl><div><dt>bytes</dt><dd><b>");
    html_size(out, octets);
    html_put(out, "</b> ");
    html_share(out, octets, report->observed);
    html_put(out, " of audited HTTP");
    if (so_far != octets) {
        html_put(out, "; with those above ");
        html_share(out, so_far, number_at(query, ALL_OCTETS));
        html_put(out, " of all that is claimed");
    }
    html_put(out, "</dd></div><div><dt>round trips</dt><dd><b>");
    html_count(out, trips);
    html_put(out, "</b> of ");
    html_count(out, report->exchanges);
    html_put(out, " round trips saved");
    if (query_number(query, WAITED) >= 1000)
        html_put(out, ", %s of waiting", duration_text(query_number(query, WAITED), text));
    html_put(out, "</dd></div>");
    put_money(report, octets);
    html_put(out, "</dl>\n");
}

static void put_where(struct html_report *report, const struct query *query)
{
    struct html *out = &report->out;
    uint64_t patterns = number_at(query, PATTERNS);
    html_put(out, "<p class=\"where\">");
    html_place(report, query_text(query, HOST), query_text(query, PATTERN));
    if (patterns > 1) {
        html_put(out, " and ");
        html_count(out, patterns - 1);
        html_put(out, " more pattern%s", patterns == 2 ? "" : "s");
    }
    html_put(out, "; ");
    html_count(out, number_at(query, EXCHANGES));
    html_put(out, " exchange%s, by the ", number_at(query, EXCHANGES) == 1 ? "" : "s");
    html_text(out, query_word(query, PARTY));
    html_put(out, "</p>\n");
}

static void put_fix(struct html_report *report, const struct query *query, uint64_t octets,
                    uint64_t so_far, const char *told)
{
    struct html *out = &report->out;
    const struct rule_card *card = rule_card_by_id(query_word(query, RULE));
    html_put(out, "<li><h3>");
    html_rule_link(report, query_word(query, RULE),
                   query_is_null(query, VARIANT) ? NULL : query_word(query, VARIANT));
    html_put(out, " <span>");
    if (card)
        html_text(out, card->title);
    html_put(out, "</span></h3>\n");
    put_bar(out, query);
    put_figures(report, query, octets, so_far);
    put_where(report, query);
    html_put(out, "<p class=\"remedy\"><b>Remedy.</b> ");
    if (strcmp(told, query_word(query, RULE)) == 0)
        html_put(out, "As above.");
    else
        html_remedy(report, query_word(query, RULE), query_text(query, SOFTWARE));
    html_put(out, "</p></li>\n");
}

void html_fixes(struct html_report *report)
{
    struct html *out = &report->out;
    uint64_t so_far = 0;
    char told[64] = ""; /* the rule before: its remedy is told once */
    struct query query = query_begin(report->audit, matters);
    query_bind(&query, 1, FIXES);
    html_section(report, "fixes", "The three fixes worth most");
    while (query_next(&query)) {
        uint64_t octets =
            number_at(&query, FIRM) + number_at(&query, WEAK) + number_at(&query, OPPORTUNITY);
        if (so_far == 0) {
            html_put(out, "<p class=\"note\">Of ");
            html_count(out, number_at(&query, ALL_MATTERS));
            html_put(out,
                     " matter%s that cost%s bytes. What is avoidable comes first, "
                     "opportunities after it. Bars are on one scale.</p>\n<ol "
                     "class=\"fixes\">\n",
                     number_at(&query, ALL_MATTERS) == 1 ? "" : "s",
                     number_at(&query, ALL_MATTERS) == 1 ? "s" : "");
        }
        so_far += octets;
        put_fix(report, &query, octets, so_far, told);
        snprintf(told, sizeof told, "%s", query_word(&query, RULE));
    }
    html_put(out, so_far ? "</ol>\n"
                         : "<p>No rule claims a byte of what this capture shows. What was not "
                           "checked stands <a href=\"#doubts\">at the end</a>.</p>\n");
    html_section_end(report);
}
