/* SPDX-License-Identifier: MIT */
/* What nobody should conclude from the report: traffic that could not be read, exchanges that were
 * not seen whole, limits that were reached, and rules that had nothing to examine. And the words of
 * the report, for whom they are new. */

#include "reports/html/report.h"

#include <string.h>

#include "reports/advice/reasons.h"

/* ------------------------------------------------------------------ not seen */

static void put_coverage(struct html_report *report)
{
    static const char *const columns[] = {"why",         "transport",           "protocol",
                                          "server name", "#connections",        "#packets",
                                          "#bytes",      "#known to be unseen", NULL};
    struct html *out = &report->out;
    uint64_t shown = 0, all = 0;
    struct query query = query_begin(
        report->audit, "SELECT reason, transport, protocol, server_name, connections, packets,"
                       " bytes, unseen_bytes, count(*) OVER () FROM coverage WHERE reason NOT NULL"
                       " ORDER BY bytes DESC, unseen_bytes DESC, 1, 3, 4 LIMIT 50");
    while (query_next(&query)) {
        if (shown++ == 0)
            html_table(report, "coverage", "Traffic that could not be audited", columns);
        all = (uint64_t)query_number(&query, 8);
        html_put(out, "<tr><td>");
        html_text(out, reason_meaning(query_word(&query, 0)));
        html_put(out, "</td>");
        for (int i = 1; i <= 3; i++)
            html_cell_wire(out, query_text(&query, i), 80);
        html_cell_count(out, (uint64_t)query_number(&query, 4));
        html_cell_count(out, (uint64_t)query_number(&query, 5));
        html_cell_size(out, (uint64_t)query_number(&query, 6));
        html_cell_size(out, (uint64_t)query_number(&query, 7));
        html_put(out, "</tr>\n");
    }
    if (shown == 0)
        return;
    html_table_end(report);
    html_the_rest(report, shown, all, "kinds of traffic",
                  "SELECT * FROM coverage WHERE reason NOT NULL ORDER BY bytes DESC");
}

struct doubt {
    const char *query, *of_what;
    bool is_size;
};

static const struct doubt doubts[] = {
    {"SELECT count(*) FROM exchanges WHERE ending <> 'complete'",
     "exchanges of which not everything was seen (column <code>ending</code> says why)", false},
    {"SELECT sum(lost_bytes) FROM connections",
     "of HTTP connections that the capture does not have", true},
    {"SELECT dropped_by_kernel + dropped_by_interface FROM run", "packets dropped while capturing",
     false},
    {"SELECT forgotten_exchanges FROM run",
     "exchanges that were here and have been forgotten (<code>wire304 forget</code>)", false},
};

static void put_doubts(struct html_report *report)
{
    struct html *out = &report->out;
    unsigned n = 0;
    for (unsigned i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        uint64_t number = (uint64_t)audit_number(report->audit, doubts[i].query);
        if (number == 0)
            continue;
        html_put(out, n++ ? "<li>" : "<ul>\n<li>");
        if (doubts[i].is_size)
            html_size(out, number);
        else
            html_count(out, number);
        html_put(out, " %s</li>\n", doubts[i].of_what);
    }
    struct query query = query_begin(
        report->audit, "SELECT json_extract(value, '$.text'), json_extract(value, '$.value') FROM "
                       "run, json_each(run.caps_reached)");
    while (query_next(&query)) {
        html_put(out, n++ ? "<li>" : "<ul>\n<li>");
        html_put(out, "a limit was reached ");
        html_count(out, (uint64_t)query_number(&query, 1));
        html_put(out, " times: ");
        html_wire(out, query_text(&query, 0), 120);
        html_put(out, "</li>\n");
    }
    if (n)
        html_put(out, "</ul>\n");
}

/* ------------------------------------------------------------------ not checked */

static void put_guards(struct html_report *report, const char *rule)
{
    struct html *out = &report->out;
    struct query query =
        query_begin(report->audit, "SELECT guard, exchanges FROM checks WHERE rule = ?1 AND "
                                   "outcome = 'withheld' ORDER BY exchanges DESC, guard");
    query_bind_word(&query, 1, rule);
    html_put(out, "<td>");
    for (unsigned i = 0; query_next(&query); i++) {
        html_put(out, "%s", i ? "; " : "");
        html_count(out, (uint64_t)query_number(&query, 1));
        html_put(out, " × ");
        html_text(out, guard_meaning(query_word(&query, 0)));
    }
    html_put(out, "</td>");
}

static uint64_t checked(struct html_report *report, const char *rule, const char *outcome)
{
    struct query query = query_begin(
        report->audit, "SELECT sum(exchanges) FROM checks WHERE rule = ?1 AND outcome = ?2");
    query_bind_word(&query, 1, rule);
    query_bind_word(&query, 2, outcome);
    uint64_t number = query_next(&query) ? (uint64_t)query_number(&query, 0) : 0;
    query_end(&query);
    return number;
}

static void put_check(struct html_report *report, const struct rule_card *card)
{
    struct html *out = &report->out;
    uint64_t fired = checked(report, card->id, "fired");
    uint64_t passed = checked(report, card->id, "passed");
    html_put(out, "<tr%s><th scope=\"row\"><code>%s</code></th><td>%s</td><td>",
             fired + passed ? "" : " class=\"unchecked\"", card->id, card->group);
    html_text(out, card->title);
    html_put(out, "</td>");
    html_cell_count(out, fired + passed);
    html_cell_count(out, fired);
    html_cell_count(out, checked(report, card->id, "withheld"));
    put_guards(report, card->id);
    html_put(out, "</tr>\n");
}

static void put_checks(struct html_report *report)
{
    static const char *const columns[] = {"rule",   "group",     "what it looks for", "#examined",
                                          "#fired", "#withheld", "withheld because",  NULL};
    struct html *out = &report->out;
    unsigned rules = 0, unchecked = 0;
    for (; rule_card(rules); rules++)
        unchecked += checked(report, rule_card(rules)->id, "fired") +
                         checked(report, rule_card(rules)->id, "passed") ==
                     0;
    html_put(out,
             "<p>%u of %u rules had nothing to examine in this capture, or their evidence was "
             "not sufficient: they are <em>not checked</em>, which is not the same as "
             "passed.</p>\n<details><summary>All %u rules, and how many exchanges each "
             "examined</summary>\n",
             unchecked, rules, rules);
    html_table(report, "rules", "Examined is passed or fired", columns);
    for (unsigned i = 0; i < rules; i++)
        put_check(report, rule_card(i));
    html_table_end(report);
    html_put(out, "</details>\n");
}

void html_doubts(struct html_report *report)
{
    html_section(report, "doubts", "What was not seen or not checked");
    put_coverage(report);
    put_doubts(report);
    put_checks(report);
    html_section_end(report);
}

/* ------------------------------------------------------------------ words */

static const struct {
    const char *word, *meaning;
} words[] = {
    {"exchange", "one request and its response"},
    {"304 Not Modified",
     "the answer “use what you have”: a head without a body, to a request with a condition "
     "(If-None-Match with the tag of what the client has, or If-Modified-Since with its date)"},
    {"validator", "what names a version of a representation: ETag, or Last-Modified"},
    {"fresh", "a response that its server allows to be used again without asking, for its lifetime "
              "(Cache-Control: max-age, or Expires)"},
    {"avoidable",
     "bytes that need not have been sent: somebody broke a rule or ignored what it had been told"},
    {"opportunity", "bytes that nobody wasted by any rule, and that another policy of the site "
                    "(longer lifetimes, validators, no cache-busters) might save"},
    {"certain, likely, possible",
     "the confidence of a finding. Certain: it follows from the packets, mostly of one exchange. "
     "Likely: it needs another exchange to compare with, or the model of a cache. Possible: it "
     "needs "
     "that something unseen did not happen; never in a headline"},
    {"error, warning, waste, info",
     "the severity. Error: a MUST was broken. Warning: a SHOULD, or a MUST with a doubt or an "
     "excuse. Waste: no norm, but bytes or time. Info: worth knowing"},
    {"party",
     "who is at fault: origin (the site's own server), client-cache (browser or program that "
     "asks), "
     "intermediary (proxy or CDN), responder (origin or intermediary, which cannot be told apart "
     "from where the capture was made), sender (whoever wrote the message)"},
    {"host, server", "the name that requests ask for; the address that answers"},
    {"URL pattern", "a URL with the changing parts of its path replaced by *"},
    {"matter, issue",
     "findings of one rule folded: an issue is one rule, variant, party, host, server and URL "
     "pattern; a matter takes the servers and patterns of a host together"},
    {"bytes", "what HTTP frames: request head and body, response head and body. kB is 1000, MB "
              "1000², as everywhere in wire304. “Captured” alone counts whole packets"},
    {"not checked",
     "nothing in this capture that a rule applies to, or not enough evidence: not the "
     "same as passed"},
};

void html_words(struct html_report *report)
{
    struct html *out = &report->out;
    html_section(report, "words", "Words");
    html_put(out, "<dl class=\"words\">\n");
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        html_put(out, "<dt>%s</dt><dd>", words[i].word);
        html_text(out, words[i].meaning);
        html_put(out, "</dd>\n");
    }
    html_put(out, "</dl>\n");
    html_section_end(report);
}
