/* SPDX-License-Identifier: MIT */
/*
 * The first picture: every octet that was captured, in one bar, so that nobody quotes waste without
 * coverage. What HTTP frames (rules.md §3.6) is told apart by the ledger's accounts; around it lie
 * the packets' own headers and what TCP sent again; the rest could not be audited, for a reason
 * each. The parts add up to the whole by construction:
 *
 *     captured = audited HTTP (fine + certain + likely + possible + opportunity)
 *              + carriage + not audited (by reason)
 */

#include "reports/html/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/attributes.h"
#include "reports/advice/reasons.h"
#include "reports/options/values.h"

enum { BAR_WIDTH = 1000 };
#define PARTS_MOST 24

struct part {
    const char *look; /* class of its colour and hatching */
    const char *name, *meaning;
    uint64_t octets;
    bool is_audited; /* has a share of the audited HTTP too */
};

struct parts {
    struct part part[PARTS_MOST];
    unsigned n;
    uint64_t captured, read, unseen;
};

static void add_part(struct parts *parts, const char *look, const char *name, const char *meaning,
                     uint64_t octets, bool is_audited)
{
    if (octets && parts->n < PARTS_MOST)
        parts->part[parts->n++] = (struct part){look, name, meaning, octets, is_audited};
}

/* What of HTTP could be audited, by the ledger's accounts. */
static void add_audited(struct parts *parts, const struct html_report *report)
{
    uint64_t claimed = report->certain + report->likely + report->possible + report->opportunity;
    uint64_t fine = report->observed > claimed ? report->observed - claimed : 0;
    add_part(parts, "fine", "audited, nothing against it",
             "HTTP heads and bodies of which no rule claims anything", fine, true);
    add_part(parts, "certain", "avoidable, certain",
             "somebody broke a rule or ignored what it had been told; the packets alone prove it",
             report->certain, true);
    add_part(parts, "likely", "avoidable, likely",
             "the same, proved by comparison with another exchange or by the model of a cache",
             report->likely, true);
    add_part(parts, "possible", "avoidable, possible",
             "only if something that was not seen did not happen; not in the headline",
             report->possible, true);
    add_part(parts, "opportunity", "opportunity",
             "nobody did wrong: another policy of the site might have saved it",
             report->opportunity, true);
}

static void add_unaudited(struct parts *parts, struct html_report *report)
{
    static const char *const looks[] = {"none-a", "none-b", "none-c"};
    struct query query =
        query_begin(report->audit, "SELECT reason, sum(bytes) FROM coverage WHERE reason NOT NULL "
                                   "GROUP BY reason ORDER BY 2 DESC, 1");
    for (unsigned i = 0; query_next(&query); i++) {
        const char *reason = query_word(&query, 0);
        add_part(parts, looks[i % COUNT_OF(looks)], reason_name(reason), reason_meaning(reason),
                 (uint64_t)query_number(&query, 1), false);
    }
}

static void gather_parts(struct parts *parts, struct html_report *report)
{
    *parts = (struct parts){
        .captured = (uint64_t)audit_number(report->audit, "SELECT sum(bytes) FROM coverage"),
        .read = (uint64_t)audit_number(report->audit,
                                       "SELECT sum(bytes) FROM coverage WHERE reason IS NULL"),
        .unseen = (uint64_t)audit_number(report->audit,
                                         "SELECT sum(unseen_bytes) FROM coverage WHERE reason IN "
                                         "('lost-at-tap', 'began-before-capture')"),
    };
    add_audited(parts, report);
    add_part(parts, "carriage",
             report->is_whole ? "carriage of the audited" : "carriage, and what is not chosen",
             report->is_whole
                 ? "headers of packets, handshakes, acknowledgements, what TCP sent again"
                 : "headers of packets and the like, and the HTTP that this report leaves out",
             parts->read > report->observed ? parts->read - report->observed : 0, false);
    add_unaudited(parts, report);
}

static void put_bar(struct html_report *report, const struct parts *parts)
{
    struct html *out = &report->out;
    char size[24];
    double at = 0, unit = (double)BAR_WIDTH / (double)parts->captured;
    html_put(out,
             "<svg class=\"bar\" viewBox=\"0 0 %d 40\" preserveAspectRatio=\"none\" "
             "role=\"img\" aria-label=\"All captured bytes by what became of them; the table "
             "below has the numbers\">",
             BAR_WIDTH);
    for (unsigned i = 0; i < parts->n; i++) {
        const struct part *part = &parts->part[i];
        double width = (double)part->octets * unit;
        html_put(out, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"40\"><title>",
                 part->look, at, width < 1.5 ? 1.5 : width);
        html_text(out, part->name);
        html_put(out, ": %s, ", size_text(part->octets, size));
        html_share(out, part->octets, parts->captured);
        html_put(out, " of all captured</title></rect>");
        at += width;
    }
    html_put(out, "</svg>\n");
}

static void put_part(struct html_report *report, const struct part *part, uint64_t captured)
{
    struct html *out = &report->out;
    html_put(out,
             "<tr><th scope=\"row\"><svg class=\"key\" viewBox=\"0 0 12 12\" "
             "aria-hidden=\"true\"><rect class=\"%s\" width=\"12\" height=\"12\"/></svg> ",
             part->look);
    html_text(out, part->name);
    html_put(out, "</th>");
    html_cell_size(out, part->octets);
    html_cell_share(out, part->octets, captured);
    if (part->is_audited)
        html_cell_share(out, part->octets, report->observed);
    else
        html_put(out, "<td class=\"n\"></td>");
    html_put(out, "<td class=\"say\">");
    html_text(out, part->meaning);
    html_put(out, "</td></tr>\n");
}

static void put_legend(struct html_report *report, const struct parts *parts)
{
    struct html *out = &report->out;
    html_put(out, "<div class=\"scroll\"><table class=\"plain legend\">\n<thead><tr>"
                  "<th scope=\"col\">part</th><th scope=\"col\" class=\"n\">bytes</th>"
                  "<th scope=\"col\" class=\"n\">of captured</th>"
                  "<th scope=\"col\" class=\"n\">of audited HTTP</th>"
                  "<th scope=\"col\">what it is</th></tr></thead>\n<tbody>\n");
    for (unsigned i = 0; i < parts->n; i++)
        put_part(report, &parts->part[i], parts->captured);
    html_put(out, "</tbody>\n<tfoot><tr><th scope=\"row\">captured</th>");
    html_cell_size(out, parts->captured);
    html_put(out, "<td class=\"n\">100 %%</td>");
    html_cell_size(out, report->observed);
    html_put(out, "<td class=\"say\">all packets at their original length; right, what of it is "
                  "audited HTTP</td></tr></tfoot></table></div>\n");
}

/* One figure of the headline: what, how much, of what. */
static void begin_figure(struct html *out, const char *name)
{
    html_put(out, "<div><dt>%s</dt><dd><b>", name);
}

static void put_avoidable(struct html_report *report)
{
    struct html *out = &report->out;
    uint64_t avoidable = report->certain + report->likely;
    begin_figure(out, "Avoidable");
    html_size(out, avoidable);
    html_put(out, "</b> ");
    html_share(out, avoidable, report->observed);
    html_put(out, " of ");
    html_size(out, report->observed);
    html_put(out, " audited HTTP; certain or likely</dd></div>\n");
}

static void put_opportunity(struct html_report *report)
{
    struct html *out = &report->out;
    begin_figure(out, "Opportunity");
    html_size(out, report->opportunity);
    html_put(out, "</b> ");
    html_share(out, report->opportunity, report->observed);
    html_put(out, " of the same; nobody&#39;s fault, another policy might save it</dd></div>\n");
}

static void put_covered(struct html *out, const struct parts *parts)
{
    begin_figure(out, "Covered");
    html_share(out, parts->read, parts->captured);
    html_put(out, "</b> of ");
    html_size(out, parts->captured);
    html_put(out, " captured could be read as HTTP");
    if (parts->unseen) {
        html_put(out, "; at least ");
        html_size(out, parts->unseen);
        html_put(out, " more went by unseen");
    }
    html_put(out, "</dd></div>\n");
}

static void put_not_modified(struct html_report *report)
{
    struct html *out = &report->out;
    uint64_t conditional =
        (uint64_t)audit_number(report->audit, "SELECT sum(conditional) FROM per_url");
    uint64_t no_request = (uint64_t)audit_number(
        report->audit, "SELECT count(*) FROM exchanges WHERE request_frame IS NULL");
    begin_figure(out, "304 Not Modified");
    html_count(out, report->not_modified);
    html_put(out, "</b> to ");
    html_count(out, conditional);
    html_put(out, " requests with a condition, among ");
    html_count(out, report->exchanges);
    html_put(out, " exchange%s", report->exchanges == 1 ? "" : "s");
    if (no_request) {
        html_put(out, "; ");
        html_count(out, no_request);
        html_put(out, " request%s not seen", no_request == 1 ? " was" : "s were");
    }
    html_put(out, "</dd></div>\n");
}

static void put_headline(struct html_report *report, const struct parts *parts)
{
    html_put(&report->out, "<dl class=\"figures\">\n");
    put_avoidable(report);
    put_opportunity(report);
    put_covered(&report->out, parts);
    put_not_modified(report);
    html_put(&report->out, "</dl>\n");
}

void html_accounts(struct html_report *report)
{
    struct html *out = &report->out;
    struct parts parts;
    gather_parts(&parts, report);
    html_section(report, "bytes", "All captured bytes");
    if (parts.captured == 0) {
        html_put(out, "<p>The capture holds no packets that could be read.</p>\n");
    } else {
        put_headline(report, &parts);
        put_bar(report, &parts);
        put_legend(report, &parts);
    }
    if (parts.unseen) {
        html_put(out, "<p class=\"note\">Beside these, at least ");
        html_size(out, parts.unseen);
        html_put(out, " are missing from the capture: packets went by that it does not "
                      "have.</p>\n");
    }
    html_section_end(report);
}
