/* SPDX-License-Identifier: MIT */
/*
 * The lives of single URLs: each transfer and each 304 in order, with the validator it named and
 * the freshness it gave, so that one sees what was fetched that need not have been. In the picture
 * each validator has a lane: a tall bar is a 200, a short one a 304, the thin line after it is how
 * long it was fresh; what is avoidable is coloured. The table below it says the same in words.
 */

#include "reports/html/report.h"

#include <inttypes.h>
#include <string.h>

#include "reports/formats/escape.h"
#include "reports/limits.h"
#include "reports/options/values.h"

enum { WIDTH = 1000, LANE = 24 };

static const char make_tables[] =
    "CREATE TEMP TABLE url_faults AS SELECT u.one AS one, count(*) AS n FROM finding f"
    " JOIN main.verdict v ON v.id = f.verdict"
    " JOIN main.exchange e ON e.id = f.exchange JOIN same_url u ON u.id = e.url"
    " WHERE v.severity > 1 AND v.confidence > 0 GROUP BY u.one;"
    "CREATE UNIQUE INDEX temp.url_faults_one ON url_faults (one);"

    "CREATE TEMP TABLE life (one INTEGER PRIMARY KEY, exchanges, not_modified, firm, weak,"
    " opportunity, faults, of_all);"
    "INSERT INTO life SELECT u.one, sum(p.exchanges), sum(p.not_modified), sum(p.firm),"
    " sum(p.weak), sum(p.opportunity), coalesce((SELECT n FROM url_faults WHERE one = u.one), 0) AS"
    " faults, count(*) OVER () FROM per_url p JOIN same_url u ON u.id = p.url"
    " WHERE (SELECT coalesce(url, target) FROM main.url WHERE id = u.one) NOT NULL GROUP BY u.one"
    " ORDER BY 4 DESC, 6 DESC, 7 DESC, 3 DESC, 2 DESC, u.one LIMIT %d;"

    "CREATE TEMP TABLE event (one, id, at_us, PRIMARY KEY (one, at_us, id)) WITHOUT ROWID;"
    "CREATE TEMP TABLE of_life (url INTEGER PRIMARY KEY, one);"
    "INSERT INTO of_life SELECT u.id, u.one FROM same_url u WHERE u.one IN (SELECT one FROM life);"
    "INSERT INTO event SELECT u.one, e.id, e.start_us FROM exchange e"
    " CROSS JOIN of_life u ON u.url = e.url WHERE " NOT_INNER ";"

    "CREATE TEMP TABLE accusal AS SELECT f.exchange, v.rule, v.variant, v.severity, v.confidence"
    " FROM finding f JOIN main.verdict v ON v.id = f.verdict"
    " WHERE f.exchange IN (SELECT id FROM event) AND (v.severity > 0 OR f.avoidable +"
    " f.opportunity > 0);"
    "CREATE INDEX temp.accusal_exchange ON accusal (exchange);";

/* ------------------------------------------------------------------ the picture */

struct bar {
    int64_t at_us;
    int64_t fresh_us; /* how long after it; 0: not at all, or not said */
    unsigned lane;
    bool is_304;
    const char *look;
};

struct picture {
    struct bar bars[LIMIT_HTML_EVENTS];
    unsigned n, lanes;
    char labels[LIMIT_HTML_LANES][400]; /* of the lanes; escape_text() has been over them */
    int64_t first_us, last_us;
};

/* The lane of what a response is known by; one for all that do not fit. */
static unsigned lane_of(struct picture *picture, struct slice tag, struct slice date)
{
    char label[400]; /* 28 columns, each spelled out at worst */
    struct slice name = slice_is_absent(tag) ? date : tag;
    if (slice_is_absent(name))
        name = SLICE("no validator");
    escape_text(name, 28, label, sizeof label);
    for (unsigned i = 0; i < picture->lanes; i++)
        if (strcmp(picture->labels[i], label) == 0)
            return i;
    if (picture->lanes == LIMIT_HTML_LANES) {
        strcpy(picture->labels[LIMIT_HTML_LANES - 1], "and others");
        return LIMIT_HTML_LANES - 1;
    }
    strcpy(picture->labels[picture->lanes], label);
    return picture->lanes++;
}

static const char bars_of[] =
    "SELECT v.at_us, e.responded, x.status, x.etag, x.last_modified,"
    " (SELECT lifetime_s FROM main.response WHERE id = e.response) - coalesce(e.age_s, 0), "
    "coalesce(c.firm, 0), coalesce(c.weak, 0),"
    " coalesce(c.opportunity, 0) FROM event v JOIN exchanges x ON x.id = v.id"
    " JOIN main.exchange e ON e.id = v.id LEFT JOIN cost c ON c.id = v.id WHERE v.one = ?1"
    " ORDER BY v.at_us, v.id LIMIT ?2";

static void gather_picture(struct picture *picture, struct html_report *report, int64_t one)
{
    struct query query = query_begin(report->audit, bars_of);
    query_bind(&query, 1, one);
    query_bind(&query, 2, LIMIT_HTML_EVENTS);
    while (query_next(&query)) {
        struct bar *bar = &picture->bars[picture->n];
        int64_t status = query_number(&query, 2), fresh_s = query_number(&query, 5);
        bar->at_us = query_number(&query, 0);
        picture->last_us = bar->at_us;
        if (picture->n == 0)
            picture->first_us = bar->at_us;
        if (status != 200 && status != 304)
            continue;
        bar->is_304 = status == 304;
        bar->fresh_us = fresh_s > 0 && fresh_s < INT64_MAX / 1000000 ? fresh_s * 1000000 : 0;
        bar->lane = lane_of(picture, query_text(&query, 3), query_text(&query, 4));
        bar->look = query_number(&query, 6)   ? "certain"
                    : query_number(&query, 8) ? "opportunity"
                    : query_number(&query, 7) ? "possible"
                                              : "plain";
        picture->n++;
    }
}

static void put_freshness(struct html *out, const struct bar *bar, double x, double unit)
{
    double width = (double)bar->fresh_us * unit;
    if (width > WIDTH - x)
        width = WIDTH - x;
    if (width > 0)
        html_put(out, "<rect class=\"fresh\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"4\"/>", x,
                 bar->lane * LANE + LANE - 5, width);
}

static void put_picture(struct html *out, const struct picture *picture)
{
    int64_t span = picture->last_us - picture->first_us;
    double unit = span > 0 ? (WIDTH - 12) / (double)span : 0;
    html_put(out, "<div class=\"lanes\"><div>");
    for (unsigned i = 0; i < picture->lanes; i++) {
        html_put(out, "<code>");
        html_text(out, picture->labels[i]);
        html_put(out, "</code>");
    }
    html_put(out,
             "</div><svg viewBox=\"0 0 %d %u\" height=\"%u\" preserveAspectRatio=\"none\" "
             "role=\"img\" aria-label=\"%u answers by validator over time; the table below has "
             "them\">",
             WIDTH, picture->lanes * LANE, picture->lanes * LANE, picture->n);
    for (unsigned i = 0; i < picture->n; i++)
        put_freshness(out, &picture->bars[i],
                      (double)(picture->bars[i].at_us - picture->first_us) * unit, unit);
    for (unsigned i = 0; i < picture->n; i++) {
        const struct bar *bar = &picture->bars[i];
        html_put(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"6\" height=\"%d\"/>",
                 bar->look, (double)(bar->at_us - picture->first_us) * unit,
                 bar->lane * LANE + (bar->is_304 ? 10 : 1), bar->is_304 ? 8 : 17);
    }
    html_put(out, "</svg></div>\n");
}

/* ------------------------------------------------------------------ the table */

enum column {
    ID,
    AT,
    CLIENT,
    METHOD,
    STATUS,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    ASKED_CC,
    ETAG,
    LAST_MODIFIED,
    LIFETIME,
    AGE,
    OCTETS,
    FIRM,
    WEAK,
    OPPORTUNITY,
    REQUEST_FRAME,
    RESPONSE_FRAME
};

static const char events_of[] =
    "SELECT x.id, v.at_us, coalesce(x.forwarded_for, x.client), x.method, x.status,"
    " x.if_none_match, x.if_modified_since, x.request_cache_control, x.etag, x.last_modified,"
    " x.lifetime_s, x.age_s,"
    " e.request_header + e.request_body + e.response_header + e.response_body,"
    " coalesce(c.firm, 0), coalesce(c.weak, 0), coalesce(c.opportunity, 0),"
    " x.request_frame, x.response_frame FROM event v JOIN exchanges x ON x.id = v.id"
    " JOIN main.exchange e ON e.id = v.id LEFT JOIN cost c ON c.id = v.id"
    " WHERE v.one = ?1 ORDER BY v.at_us, v.id LIMIT ?2";

static void put_question(struct html *out, const struct query *query)
{
    html_put(out, "<td class=\"w\">");
    if (!query_is_null(query, IF_NONE_MATCH)) {
        html_put(out, "If-None-Match ");
        html_wire(out, query_text(query, IF_NONE_MATCH), 40);
    } else if (!query_is_null(query, IF_MODIFIED_SINCE)) {
        html_put(out, "If-Modified-Since ");
        html_wire(out, query_text(query, IF_MODIFIED_SINCE), 32);
    } else {
        html_wire(out, query_text(query, METHOD), 12);
        html_put(out, ", no condition");
    }
    if (!query_is_null(query, ASKED_CC)) {
        html_put(out, "; Cache-Control ");
        html_wire(out, query_text(query, ASKED_CC), 24);
    }
    html_put(out, "</td>");
}

static void put_freshness_cell(struct html *out, const struct query *query)
{
    char text[32];
    if (query_is_null(query, LIFETIME)) {
        html_put(out, "<td class=\"n\" data-v=\"-1\">not said</td>");
        return;
    }
    int64_t left = query_number(query, LIFETIME) - query_number(query, AGE);
    html_put(out, "<td class=\"n\" data-v=\"%" PRId64 "\">%s</td>", left,
             left <= 0                    ? "not fresh"
             : left < INT64_MAX / 1000000 ? duration_text(left * 1000000, text)
                                          : "for ever");
}

static void put_accusations(struct html_report *report, int64_t exchange)
{
    struct html *out = &report->out;
    struct query query = query_begin(
        report->audit, "SELECT rule, variant, confidence FROM accusal WHERE exchange = ?1"
                       " ORDER BY confidence DESC, severity DESC, rule LIMIT 6");
    query_bind(&query, 1, exchange);
    html_put(out, "<td class=\"w\">");
    for (unsigned i = 0; query_next(&query); i++) {
        html_put(out, "%s", i ? ", " : "");
        html_rule_link(report, query_word(&query, 0),
                       query_is_null(&query, 1) ? NULL : query_word(&query, 1));
        html_put(out, " <small>%s</small>",
                 confidence_word((enum confidence)query_number(&query, 2)));
    }
    html_put(out, "</td>");
}

static void put_frames(struct html *out, const struct query *query)
{
    html_put(out, "<td class=\"n\" data-v=\"%" PRId64 "\">", query_number(query, REQUEST_FRAME));
    for (int i = REQUEST_FRAME; i <= RESPONSE_FRAME; i++) {
        html_put(out, "%s", i == RESPONSE_FRAME ? ", " : "");
        if (query_is_null(query, i))
            html_put(out, "-");
        else
            html_put(out, "%" PRId64, query_number(query, i));
    }
    html_put(out, "</td>");
}

static void put_event(struct html_report *report, const struct query *query)
{
    struct html *out = &report->out;
    bool costs = query_number(query, FIRM) > 0;
    html_put(out, "<tr%s><td class=\"n\" data-v=\"%" PRId64 "\">", costs ? " class=\"hot\"" : "",
             query_number(query, AT));
    html_clock(out, query_number(query, AT));
    html_put(out, "</td>");
    html_cell_wire(out, query_text(query, CLIENT), 46);
    put_question(out, query);
    if (query_is_null(query, STATUS))
        html_put(out, "<td class=\"n\" data-v=\"0\">-</td>");
    else
        html_put(out, "<td class=\"n\" data-v=\"%" PRId64 "\"><b>%" PRId64 "</b></td>",
                 query_number(query, STATUS), query_number(query, STATUS));
    html_cell_wire(out, query_text(query, query_is_null(query, ETAG) ? LAST_MODIFIED : ETAG), 40);
    put_freshness_cell(out, query);
    html_cell_size(out, (uint64_t)query_number(query, OCTETS));
    html_cell_size(out, (uint64_t)(query_number(query, FIRM)));
    html_cell_size(out, (uint64_t)(query_number(query, OPPORTUNITY)));
    put_accusations(report, query_number(query, ID));
    put_frames(out, query);
    html_put(out, "</tr>\n");
}

static void put_events(struct html_report *report, int64_t one, unsigned ordinal, uint64_t all)
{
    static const char *const columns[] = {"#at",          "client",        "asked",   "#status",
                                          "validator",    "#fresh for",    "#bytes",  "#avoidable",
                                          "#opportunity", "what is wrong", "#frames", NULL};
    char id[32];
    struct query query = query_begin(report->audit, events_of);
    query_bind(&query, 1, one);
    query_bind(&query, 2, LIMIT_HTML_EVENTS);
    snprintf(id, sizeof id, "life-%u", ordinal);
    html_table(report, id, "Its exchanges in order (UTC)", columns);
    uint64_t shown = 0;
    for (; query_next(&query); shown++)
        put_event(report, &query);
    html_table_end(report);
    html_the_rest(
        report, shown, all, "exchanges of this URL, the earliest",
        "SELECT requested_us, client, status, outcome, if_none_match, etag, request_frame "
        "FROM exchanges WHERE url = '...' ORDER BY requested_us");
}

/* ------------------------------------------------------------------ the section */

static void put_summary(struct html_report *report, const struct query *query)
{
    struct html *out = &report->out;
    html_put(out, "<summary><span class=\"w\">");
    html_wire_breaking(out, query_text(query, 1), 160);
    html_put(out, "</span> <small>");
    html_count(out, (uint64_t)query_number(query, 2));
    html_put(out, " exchange%s, ", query_number(query, 2) == 1 ? "" : "s");
    html_count(out, (uint64_t)query_number(query, 3));
    html_put(out, " answered 304");
    if (query_number(query, 4)) {
        html_put(out, ", avoidable ");
        html_size(out, (uint64_t)query_number(query, 4));
    }
    if (query_number(query, 5)) {
        html_put(out, ", opportunity ");
        html_size(out, (uint64_t)query_number(query, 5));
    }
    html_put(out, "</small></summary>\n");
}

static void put_life(struct html_report *report, const struct query *query, unsigned ordinal)
{
    struct picture picture = {.n = 0};
    gather_picture(&picture, report, query_number(query, 0));
    html_put(&report->out, "<details%s>", ordinal == 0 ? " open=\"open\"" : "");
    put_summary(report, query);
    if (picture.n > 1)
        put_picture(&report->out, &picture);
    put_events(report, query_number(query, 0), ordinal, (uint64_t)query_number(query, 2));
    html_put(&report->out, "</details>\n");
}

static void make(struct html_report *report)
{
    char text[sizeof make_tables + 16];
    int64_t rows = report_rows(report->report, LIMIT_HTML_LIVES);
    snprintf(text, sizeof text, make_tables,
             rows < 0 || rows > LIMIT_HTML_RANKING ? LIMIT_HTML_RANKING : (int)rows);
    audit_run(report->audit, text);
}

void html_lives(struct html_report *report)
{
    struct html *out = &report->out;
    uint64_t all = 0;
    unsigned shown = 0;
    if (report->exchanges == 0) {
        html_section_empty(report, "urls", "The lives of single URLs");
        return;
    }
    make(report);
    html_section(report, "urls", "The lives of single URLs");
    html_put(out, "%s",
             "<p class=\"note\">The most costly first. A lane for each validator (ETag, else "
             "Last-Modified): tall bars are 200s, short ones 304s, the thin line after one is how "
             "long it was fresh. <span class=\"swatch certain\"></span> avoidable, "
             "<span class=\"swatch opportunity\"></span> opportunity, <span class=\"swatch "
             "possible\"></span> possible, <span class=\"swatch plain\"></span> nothing claimed."
             "</p>\n");
    struct query query =
        query_begin(report->audit,
                    "SELECT l.one, coalesce(u.url, u.target), l.exchanges, l.not_modified,"
                    " l.firm, l.opportunity, l.of_all FROM life l JOIN main.url u ON u.id = l.one"
                    " ORDER BY l.firm DESC, l.opportunity DESC, l.faults DESC,"
                    " l.not_modified DESC, l.exchanges DESC, l.one");
    while (query_next(&query)) {
        all = (uint64_t)query_number(&query, 6);
        if (html_has_room(out))
            put_life(report, &query, shown++);
    }
    if (shown == 0)
        html_put(out, "<p>No URL was seen.</p>\n");
    html_the_rest(report, shown, all, "URLs",
                  "SELECT url, count(*), sum(status = 304), sum(avoidable_bytes), "
                  "sum(opportunity_bytes) FROM exchanges GROUP BY 1 ORDER BY 4 DESC, 5 DESC");
    html_section_end(report);
}
