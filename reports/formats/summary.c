/* SPDX-License-Identifier: MIT */
/*
 * The terminal summary, in the order in which an operator asks: what was looked at, how much of it
 * could have been saved, what to fix first, who it concerns, which rules were broken and where to
 * look in the capture, and at last what nobody should conclude from it, because it could not be
 * seen or was not checked. Each question is one function and its queries.
 */

#include "reports/formats/summary.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "reports/advice/reasons.h"
#include "reports/advice/remedies.h"
#include "reports/audit/audit.h"
#include "reports/exporters.h"
#include "reports/formats/escape.h"
#include "reports/formats/page.h"
#include "reports/formats/summary_parts.h"
#include "reports/options/values.h"
#include "reports/output.h"
#include "reports/selection.h"

#define WORST    5   /* rows of each list */
#define MOST     100 /* the same, however many are asked for */
#define REMEDIES 2   /* of a rule, by software */

struct summary {
    struct page page;
    struct audit *audit;
    enum severity least;
    int64_t rows; /* of each list */
    bool doubted; /* the heading of what could not be audited stands */
    uint64_t observed, certain, likely, possible, opportunity;
    uint64_t incomplete; /* exchanges */
};

/* A query whose ?1 is the severities that are shown. */
static struct query query_shown(struct summary *summary, const char *text)
{
    static const char *const shown[] = {"info,waste,warning,error", "waste,warning,error",
                                        "warning,error", "error"};
    struct query query = query_begin(summary->audit, text);
    query_bind_word(&query, 1, shown[summary->least]);
    return query;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* "12.3 %", and never 0.0 of something. */
static const char *percent_text(uint64_t part, uint64_t whole, char text[16])
{
    double share = percent(part, whole);
    if (part && share < 0.05)
        return "<0.1 %";
    snprintf(text, 16, "%.1f %%", share);
    return text;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_time(const struct page *page, int64_t us, bool with_date)
{
    char text[40];
    time_t seconds = (time_t)(us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, with_date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &utc);
    page_put(page, STYLE_PLAIN, "%s", text);
}

/* ------------------------------------------------------------------ what was looked at */

static void put_inputs(struct summary *summary)
{
    struct query query =
        query_begin(summary->audit, "SELECT json_extract(value, '$.file'), count(*) OVER () FROM "
                                    "run, json_each(run.inputs) ORDER BY key");
    if (query_next(&query)) {
        int64_t n = query_number(&query, 1);
        page_wire(&summary->page, STYLE_BOLD, file_base_name(query_text(&query, 0)), 60);
        if (n > 1)
            page_put(&summary->page, STYLE_BOLD, " and %" PRId64 " more file%s", n - 1,
                     plural((uint64_t)n - 1));
    }
    query_end(&query);
}

static void put_span(struct summary *summary)
{
    char packets[32], span[32];
    struct query query = query_begin(summary->audit, "SELECT packets, first_us, last_us FROM run");
    if (query_next(&query) && !query_is_null(&query, 1)) {
        int64_t first = query_number(&query, 1), last = query_number(&query, 2);
        put_time(&summary->page, first, true);
        page_put(&summary->page, STYLE_PLAIN, " to ");
        put_time(&summary->page, last, first / 86400000000 != last / 86400000000);
        page_put(&summary->page, STYLE_PLAIN, " UTC (%s), %s packets\n",
                 duration_text(last - first, span),
                 number_text((uint64_t)query_number(&query, 0), packets));
    } else {
        page_put(&summary->page, STYLE_PLAIN, "no packets\n");
    }
    query_end(&query);
}

static void put_seen(struct summary *summary)
{
    char exchanges[32], connections[32], observed[24], number[32];
    struct query query =
        query_begin(summary->audit, "SELECT count(*), count(*) FILTER (WHERE status = 304), "
                                    "count(*) FILTER (WHERE ending <> 'complete') FROM exchanges");
    query_next(&query);
    uint64_t n = (uint64_t)query_number(&query, 0);
    uint64_t not_modified = (uint64_t)query_number(&query, 1);
    summary->incomplete = (uint64_t)query_number(&query, 2);
    query_end(&query);
    uint64_t c = (uint64_t)audit_number(summary->audit, "SELECT count(*) FROM connections");
    page_put(&summary->page, STYLE_PLAIN, "%s HTTP exchange%s over %s connection%s, %s",
             number_text(n, exchanges), plural(n), number_text(c, connections), plural(c),
             size_text(summary->observed, observed));
    page_put(&summary->page, STYLE_PLAIN, "; %s answered 304 Not Modified\n",
             not_modified ? number_text(not_modified, number) : "none");
}

/* ------------------------------------------------------------------ how much could be saved */

static void put_bar(const struct page *page, enum style style, double share)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    char bar[160] = "";
    unsigned cells = page->width >= 90 ? 32 : 20;
    unsigned length = (unsigned)(share / 100 * cells * 8 + 0.5);
    if (length > cells * 8)
        length = cells * 8;
    if (length == 0 && share > 0)
        length = 1;
    for (unsigned i = 0; i < length / 8; i++)
        strcat(bar, "█");
    strcat(bar, eighths[length % 8]);
    page_put(page, style, "%s", bar);
}

static void put_account(const struct summary *summary, const char *name, uint64_t octets,
                        enum style style, const char *meaning)
{
    char size[24], share[16];
    const struct page *page = &summary->page;
    page_put(page, STYLE_PLAIN, "  %-12s %9s  %7s", name, size_text(octets, size),
             percent_text(octets, summary->observed, share));
    if (octets) {
        page_put(page, STYLE_PLAIN, "  ");
        put_bar(page, style, percent(octets, summary->observed));
        page_put(page, STYLE_DIM, "%s%s", *meaning ? "  " : "", meaning);
    }
    page_end_line(page);
}

/* The headline, and the two accounts under it (rules.md A25). */
static void put_accounts(struct summary *summary)
{
    char size[24], exact[32], share[16];
    const struct page *page = &summary->page;
    uint64_t headline = summary->certain + summary->likely;
    page_end_line(page);
    if (headline + summary->possible + summary->opportunity == 0) {
        page_put(page, STYLE_BOLD, "Avoidable: nothing that this capture shows");
        page_end_line(page);
        return;
    }
    page_put(page, STYLE_BOLD, "Avoidable: %s", size_text(headline, size));
    if (headline >= 10000)
        page_put(page, STYLE_PLAIN, " (%s octets)", number_text(headline, exact));
    page_put(page, STYLE_BOLD, ", %s of what was sent",
             percent_text(headline, summary->observed, share));
    page_end_line(page);
    put_price(page, summary->audit, headline);
    put_account(summary, "certain", summary->certain, STYLE_RED, "");
    put_account(summary, "likely", summary->likely, STYLE_YELLOW, "");
    put_account(summary, "possible", summary->possible, STYLE_DIM, "not in the headline");
    put_account(summary, "opportunity", summary->opportunity, STYLE_CYAN,
                "nobody's fault: another policy might save it");
}

static void put_wire(struct summary *summary)
{
    char again[24], overhead[24];
    struct query query =
        query_begin(summary->audit, "SELECT retransmitted_bytes, connection_bytes FROM totals");
    if (query_next(&query) && query_number(&query, 0) + query_number(&query, 1) > 0) {
        page_put(&summary->page, STYLE_DIM,
                 "  beside it: %s sent again by TCP, %s of connection overhead",
                 size_text((uint64_t)query_number(&query, 0), again),
                 size_text((uint64_t)query_number(&query, 1), overhead));
        page_end_line(&summary->page);
    }
    query_end(&query);
}

/* ------------------------------------------------------------------ what to fix first */

static void put_rule(const struct page *page, const struct query *query, int rule, int variant)
{
    page_put(page, STYLE_BOLD, "%s", query_word(query, rule));
    if (!query_is_null(query, variant))
        page_put(page, STYLE_PLAIN, "/%s", query_word(query, variant));
}

/* What to change in the software that the traffic names; true where something is known. */
static bool put_software_remedies(const struct page *page, const char *rule, struct slice software)
{
    uint64_t set = software_set(software);
    unsigned told = 0;
    for (unsigned i = 0; i < SOFTWARES && told < REMEDIES; i++) {
        const struct remedy *remedy = set >> i & 1 ? remedy_find(rule, (enum software)i) : NULL;
        if (!remedy)
            continue;
        const char *doubt = remedy_doubt(remedy);
        unsigned column =
            17 + text_columns(slice_of_text(software_name(i))) + text_columns(slice_of_text(doubt));
        page_put(page, STYLE_DIM, "%13s→ ", "");
        page_put(page, STYLE_CYAN, "%s%s: ", software_name(i), doubt);
        page_wrap(page, STYLE_PLAIN, column, 15, remedy->text);
        told++;
    }
    return told != 0;
}

static void put_remedy(const struct page *page, const char *rule, struct slice software)
{
    const struct rule_card *card = rule_card_by_id(rule);
    if (!card)
        return;
    page_put(page, STYLE_DIM, "%13s→ ", "");
    page_wrap(page, STYLE_DIM, 15, 15, card->remedy);
    put_software_remedies(page, rule, software);
}

/* One matter at one host: issues differ by URL pattern, and here the worst stands for all. */
static void put_matter(const struct summary *summary, const struct query *query)
{
    char size[24], number[32], share[16];
    const struct page *page = &summary->page;
    uint64_t saved = (uint64_t)query_number(query, 2), n = (uint64_t)query_number(query, 3);
    uint64_t patterns = (uint64_t)query_number(query, 6);
    page_put(page, STYLE_BOLD, "  %9s  ", size_text(saved, size));
    put_rule(page, query, 0, 1);
    page_put(page, STYLE_PLAIN, "  %s of all, %s exchange%s, by the %s",
             percent_text(saved, summary->observed, share), number_text(n, number), plural(n),
             query_word(query, 4));
    if (query_number(query, 7) == 0)
        page_put(page, STYLE_DIM, ", possible at most");
    page_end_line(page);
    page_put(page, STYLE_PLAIN, "%13s", "");
    page_wire(page, STYLE_PLAIN, query_text(query, 5), page->width - (patterns > 1 ? 58 : 32));
    if (patterns > 1)
        page_put(page, STYLE_DIM, " and %s more pattern%s", number_text(patterns - 1, number),
                 plural(patterns - 1));
    page_put(page, STYLE_DIM, ", finding %" PRId64, query_number(query, 10));
    page_end_line(page);
}

/* What lies behind a proxy is not counted a second time. */
static void put_fix_first(struct summary *summary)
{
    char told[MOST][64] = {""}; /* a remedy is told once */
    struct query query = query_shown(
        summary,
        "SELECT rule, variant, sum(avoidable), sum(concerned), party, "
        "coalesce(host, '') || coalesce(url_pattern, ''), count(*), sum(firm), "
        "max(firm * 1e6 + avoidable), software, first_finding_id FROM issues JOIN (SELECT "
        "issue_id, "
        "sum(avoidable_bytes) AS avoidable, count(DISTINCT exchange_id) AS concerned, "
        "coalesce(sum(avoidable_bytes) FILTER (WHERE confidence <> 'possible'), 0) AS firm "
        "FROM findings WHERE (SELECT outer_exchange_id FROM exchanges e "
        "WHERE e.id = exchange_id) IS NULL GROUP BY issue_id HAVING avoidable > 0) "
        "ON issue_id = id WHERE accepted IS NULL AND instr(?1, severity) > 0 GROUP BY rule, "
        "variant, party, host "
        "ORDER BY 8 DESC, 3 DESC, rule, host LIMIT ?2");
    query_bind(&query, 2, summary->rows);
    for (int i = 0; query_next(&query); i++) {
        if (i == 0)
            page_heading(&summary->page, "What to fix first");
        put_matter(summary, &query);
        bool again = false;
        for (int j = 0; j < i; j++)
            again |= strcmp(told[j], query_word(&query, 0)) == 0;
        if (!again)
            put_remedy(&summary->page, query_word(&query, 0), query_text(&query, 9));
        snprintf(told[i], sizeof told[i], "%s", query_word(&query, 0));
    }
}

/* ------------------------------------------------------------------ whom it concerns */

struct ranking {
    const char *heading;
    const char *query; /* name, avoidable, opportunity, exchanges concerned; worst first */
};

/* What the rankings are made of: only the exchanges that something is claimed of, read once. */
static const char make_claimed[] =
    "CREATE TEMP TABLE claimed AS SELECT host, coalesce(host, '') || coalesce(url_pattern, '') AS "
    "pattern, coalesce(forwarded_for, client) AS client, avoidable_bytes, opportunity_bytes "
    "FROM exchanges WHERE id IN (SELECT exchange_id FROM findings "
    "WHERE avoidable_bytes + opportunity_bytes > 0) "
    "AND avoidable_bytes + opportunity_bytes > 0 AND outer_exchange_id IS NULL";

#define RANKING(column)                                                                            \
    "SELECT " column ", sum(avoidable_bytes), sum(opportunity_bytes), count(*)"                    \
    " FROM claimed GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT ?1"

static const struct ranking rankings[] = {
    {"Hosts", RANKING("host")},
    {"URL patterns", RANKING("pattern")},
    {"Clients", RANKING("client")},
};

static void put_ranking(struct summary *summary, const struct ranking *ranking)
{
    char avoidable[24], opportunity[24], number[32];
    const struct page *page = &summary->page;
    struct query query = query_begin(summary->audit, ranking->query);
    query_bind(&query, 1, summary->rows);
    for (int i = 0; query_next(&query); i++) {
        if (i == 0)
            page_put(page, STYLE_DIM, "  %9s  %11s  %9s  %s\n", "avoidable", "opportunity",
                     "exchanges", ranking->heading);
        page_put(page, STYLE_PLAIN, "  %9s  %11s  %9s  ",
                 size_text((uint64_t)query_number(&query, 1), avoidable),
                 size_text((uint64_t)query_number(&query, 2), opportunity),
                 number_text((uint64_t)query_number(&query, 3), number));
        page_wire(page, STYLE_PLAIN, query_text(&query, 0), page->width - 37);
        page_end_line(page);
    }
}

static void put_rankings(struct summary *summary)
{
    if (summary->certain + summary->likely + summary->possible + summary->opportunity == 0)
        return;
    page_heading(&summary->page, "Where it goes");
    audit_number(summary->audit, make_claimed);
    for (unsigned i = 0; i < COUNT_OF(rankings); i++)
        put_ranking(summary, &rankings[i]);
}

/* ------------------------------------------------------------------ which rules were broken */

/* "site.pcap: request in frame 12, response in frame 14", from four columns. */
static void put_frames(const struct page *page, const struct query *query, int column)
{
    static const char *const halves[] = {"request", "response"};
    struct slice before = SLICE_ABSENT;
    for (int half = 0; half < 2; half++) {
        struct slice file = query_text(query, column + 2 * half);
        if (query_is_null(query, column + 2 * half + 1))
            continue;
        if (!slice_is_absent(before))
            page_put(page, STYLE_DIM, ", ");
        if (slice_is_absent(before) || !slice_equal(file, before)) {
            page_wire(page, STYLE_DIM, file_base_name(file), 40);
            page_put(page, STYLE_DIM, ": ");
        }
        page_put(page, STYLE_DIM, "%s in frame %" PRId64, halves[half],
                 query_number(query, column + 2 * half + 1));
        before = file;
    }
}

/* A finding's message: text from the wire among words of ours, on two lines at most. */
static void put_message(const struct page *page, struct slice message)
{
    char shown[1024];
    escape_text(message, 2 * (page->width - 13) - 16, shown, sizeof shown);
    page_put(page, STYLE_PLAIN, "%13s", "");
    page_wrap(page, STYLE_PLAIN, 13, 13, shown);
}

/* The first finding of an issue, with the packets to open. */
static void put_example(struct summary *summary, int64_t finding)
{
    const struct page *page = &summary->page;
    struct query query = query_begin(
        summary->audit, "SELECT e.method, coalesce(e.url, e.target), f.message, e.request_file, "
                        "e.request_frame, e.response_file, e.response_frame FROM findings f "
                        "JOIN exchanges e ON e.id = f.exchange_id WHERE f.id = ?");
    query_bind(&query, 1, finding);
    if (query_next(&query)) {
        page_put(page, STYLE_PLAIN, "%13s", "");
        unsigned used = page_wire(page, STYLE_PLAIN, query_text(&query, 0), 12);
        page_put(page, STYLE_PLAIN, " ");
        page_wire(page, STYLE_PLAIN, query_text(&query, 1), page->width - 15 - used);
        page_end_line(page);
        put_message(page, query_text(&query, 2));
        page_put(page, STYLE_PLAIN, "%13s", "");
        put_frames(page, &query, 3);
        page_put(page, STYLE_DIM, ", finding %" PRId64, finding);
        page_end_line(page);
    }
    query_end(&query);
}

static void put_broken_rules(struct summary *summary)
{
    char number[32];
    const struct page *page = &summary->page;
    struct query query = query_shown(
        summary, "SELECT rule, severity, sum(exchanges), min(first_finding_id), software FROM "
                 "issues WHERE accepted IS NULL AND severity <> 'waste' AND instr(?1, severity) > "
                 "0 GROUP BY rule, severity "
                 "ORDER BY instr('error,warning,info', severity), 3 DESC, rule");
    for (int i = 0; query_next(&query); i++) {
        const char *rule = query_word(&query, 0), *severity = query_word(&query, 1);
        const struct rule_card *card = rule_card_by_id(rule);
        if (i == 0)
            page_heading(page, "Rules broken, with one example each");
        page_put(page, STYLE_PLAIN, "  %9s  ",
                 number_text((uint64_t)query_number(&query, 2), number));
        page_put(page, style_of_severity(severity), "%s ", severity);
        page_put(page, STYLE_BOLD, "%s", rule);
        page_put(page, STYLE_PLAIN, "%s", card ? "  " : "\n");
        if (card)
            page_wrap(page, STYLE_PLAIN, 16 + (unsigned)strlen(severity) + (unsigned)strlen(rule),
                      13, card->title);
        put_example(summary, query_number(&query, 3));
        put_software_remedies(page, rule, query_text(&query, 4));
    }
}

/* ------------------------------------------------------------------ what could not be seen */

/* The largest protocols of one reason: "TLS, DNS, SSH". */
static void put_protocols(struct summary *summary, const char *reason)
{
    struct query query =
        query_begin(summary->audit, "SELECT protocol, reason FROM coverage WHERE reason NOT NULL "
                                    "GROUP BY 2, 1 ORDER BY sum(bytes) DESC, 1");
    unsigned shown = 0;
    while (query_next(&query)) {
        if (strcmp(query_word(&query, 1), reason) != 0 || ++shown > 4)
            continue;
        page_put(&summary->page, STYLE_DIM, shown == 1 ? "  " : ", ");
        page_wire(&summary->page, STYLE_DIM, query_text(&query, 0), 16);
    }
    if (shown > 4)
        page_put(&summary->page, STYLE_DIM, ", ...");
}

static void put_doubt_heading(struct summary *summary)
{
    if (!summary->doubted)
        page_heading(&summary->page, "What could not be audited");
    summary->doubted = true;
}

static void put_coverage(struct summary *summary)
{
    char bytes[24], number[32];
    const struct page *page = &summary->page;
    struct query query =
        query_begin(summary->audit,
                    "SELECT reason, sum(bytes), sum(connections), sum(unseen_bytes) FROM coverage "
                    "WHERE reason NOT NULL GROUP BY reason ORDER BY 2 DESC, 1");
    while (query_next(&query)) {
        char reason[64];
        uint64_t n = (uint64_t)query_number(&query, 2), unseen = (uint64_t)query_number(&query, 3);
        uint64_t seen = (uint64_t)query_number(&query, 1);
        snprintf(reason, sizeof reason, "%s", query_word(&query, 0));
        put_doubt_heading(summary);
        page_put(page, STYLE_PLAIN, "  %9s  %s", size_text(seen ? seen : unseen, bytes),
                 reason_meaning(reason));
        if (n)
            page_put(page, STYLE_PLAIN, ", %s connection%s", number_text(n, number), plural(n));
        put_protocols(summary, reason);
        page_end_line(page);
    }
}

static uint64_t number_of(struct summary *summary, const char *query)
{
    return (uint64_t)audit_number(summary->audit, query);
}

static void put_one_doubt(struct summary *summary, uint64_t n, const char *meaning)
{
    char number[32];
    if (n == 0)
        return;
    put_doubt_heading(summary);
    page_put(&summary->page, STYLE_PLAIN, "  %9s  ", number_text(n, number));
    page_wrap(&summary->page, STYLE_PLAIN, 13, 13, meaning);
}

static void put_caps(struct summary *summary)
{
    char number[32];
    struct query query = query_begin(
        summary->audit, "SELECT json_extract(value, '$.text'), json_extract(value, '$.value') "
                        "FROM run, json_each(run.caps_reached)");
    while (query_next(&query)) {
        put_doubt_heading(summary);
        page_put(&summary->page, STYLE_PLAIN, "  %9s  a limit was reached: ",
                 number_text((uint64_t)query_number(&query, 1), number));
        page_wire(&summary->page, STYLE_PLAIN, query_text(&query, 0), summary->page.width - 35);
        page_end_line(&summary->page);
    }
}

static void put_unseen(struct summary *summary)
{
    put_coverage(summary);
    put_one_doubt(summary, summary->incomplete,
                  "exchanges of which not everything was seen (column `ending` says why)");
    put_one_doubt(summary, number_of(summary, "SELECT sum(lost_bytes) FROM connections"),
                  "octets of HTTP connections that the capture does not have");
    put_one_doubt(summary,
                  number_of(summary, "SELECT dropped_by_kernel + dropped_by_interface FROM run"),
                  "packets dropped while capturing");
    put_one_doubt(summary, number_of(summary, "SELECT forgotten_exchanges FROM run"),
                  "exchanges that were here and have been forgotten (wire304 forget)");
    put_caps(summary);
}

/* ------------------------------------------------------------------ what was not checked */

static void put_unchecked(struct summary *summary)
{
    char names[8192] = "";
    unsigned n = 0;
    for (unsigned i = 0; rule_card(i); i++) {
        const struct rule_card *card = rule_card(i);
        struct query query =
            query_begin(summary->audit, "SELECT rule FROM checks WHERE outcome <> 'withheld' AND "
                                        "exchanges > 0");
        bool checked = false;
        while (!checked && query_next(&query))
            checked = strcmp(query_word(&query, 0), card->id) == 0;
        query_end(&query);
        if (checked)
            continue;
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", n ? ", " : "", card->id);
        n++;
    }
    if (n == 0)
        return;
    page_heading(&summary->page, "Not checked, which is not the same as passed");
    page_put(&summary->page, STYLE_PLAIN, "  ");
    page_wrap(&summary->page, STYLE_PLAIN, 2, 2, names);
    page_put(&summary->page, STYLE_DIM,
             "  (nothing in this capture that they apply to, or a guard "
             "withheld them: wire304 rules --why)\n");
}

static void read_totals(struct summary *summary)
{
    struct query query =
        query_begin(summary->audit, "SELECT observed_bytes, avoidable_certain, avoidable_likely, "
                                    "avoidable_possible, opportunity_bytes FROM totals");
    if (query_next(&query)) {
        summary->observed = (uint64_t)query_number(&query, 0);
        summary->certain = (uint64_t)query_number(&query, 1);
        summary->likely = (uint64_t)query_number(&query, 2);
        summary->possible = (uint64_t)query_number(&query, 3);
        summary->opportunity = (uint64_t)query_number(&query, 4);
    }
    query_end(&query);
}

/* Numbers of a part must not be taken for those of the whole. */
static void put_choice(const struct page *page, const struct selection *selection)
{
    char chosen[1024];
    if (!selection_text(selection, chosen, sizeof chosen))
        return;
    page_put(page, STYLE_BOLD, "only a part of it: ");
    page_wire(page, STYLE_BOLD, slice_of_text(chosen), page->width - 20);
    page_end_line(page);
}

void summary_write(struct report *report)
{
    struct summary summary = {.page = page_of(report->to, &report->options->layout),
                              .audit = report->audit,
                              .least = report->options->layout.least,
                              .rows = report_rows(report, WORST)};
    if (summary.rows > MOST)
        summary.rows = MOST;
    read_totals(&summary);
    put_inputs(&summary);
    page_end_line(&summary.page);
    put_choice(&summary.page, report->options->selection);
    put_span(&summary);
    put_seen(&summary);
    if (summary.observed) {
        put_accounts(&summary);
        put_wire(&summary);
        put_time_lost(&summary.page, summary.audit);
        put_fix_first(&summary);
        put_rankings(&summary);
        put_what_if(&summary.page, summary.audit, summary.observed, summary.rows);
        put_broken_rules(&summary);
        put_accepted(&summary.page, summary.audit);
    }
    put_unseen(&summary);
    if (summary.observed)
        put_unchecked(&summary);
    page_heading(&summary.page, "The whole audit");
    page_put(&summary.page, STYLE_PLAIN, "  ");
    page_wire(&summary.page, STYLE_PLAIN, slice_of_text(report->audit->path), 0);
    page_put(&summary.page, STYLE_DIM, "  (SQLite)");
    page_end_line(&summary.page);
    page_put(&summary.page, STYLE_DIM, "%s",
             "  wire304 explain RULE says what a rule means, wire304 evidence -o OUT.pcapng DB\n"
             "  FINDING copies the packets of a finding\n");
}
