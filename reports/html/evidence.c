/* SPDX-License-Identifier: MIT */
/*
 * The evidence of one finding: the heads of the accused exchange and of the one it is held against,
 * field by field side by side, and the packets to look at. The heads are those that the database
 * kept, with credentials masked already (contract.md, `heads`).
 */

#include "reports/html/report.h"

#include <inttypes.h>
#include <string.h>

#include "reports/limits.h"
#include "reports/output.h"

/* ------------------------------------------------------------------ heads as lines */

struct line {
    struct slice name, value; /* of the start line the name is absent */
    bool taken;
};

struct lines {
    struct line line[LIMIT_HTML_FIELDS];
    unsigned n;
    bool more; /* the head has more lines than these */
};

static struct lines lines_of(struct slice head)
{
    struct lines lines = {.n = 0};
    while (head.len) {
        struct slice text = slice_cut(&head, '\n');
        if (text.len && text.at[text.len - 1] == '\r')
            text.len--;
        if (text.len == 0)
            break;
        if (lines.n == LIMIT_HTML_FIELDS) {
            lines.more = true;
            break;
        }
        struct line *line = &lines.line[lines.n++];
        size_t colon = slice_find(text, ':');
        if (lines.n == 1 || colon == text.len) {
            line->value = text;
        } else {
            line->name = slice_first(text, colon);
            line->value = slice_trim(slice_from(text, colon + 1));
        }
    }
    return lines;
}

/* The line of that name that was not taken yet; a start line answers a start line. */
static struct line *counterpart(struct lines *lines, const struct line *of)
{
    for (unsigned i = 0; i < lines->n; i++) {
        struct line *line = &lines->line[i];
        if (!line->taken && slice_is_absent(line->name) == slice_is_absent(of->name) &&
            slice_equal_nocase(line->name, of->name)) {
            line->taken = true;
            return line;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ side by side */

struct marking {
    const char *look, *mark, *says;
};

static struct marking marking_of(const struct line *left, const struct line *right)
{
    static const struct marking markings[] = {
        {"same", "=", "the same on both sides"},
        {"differs", "≠", "differs"},
        {"left", "−", "not in the accused"},
        {"right", "+", "in the accused alone"},
    };
    if (!right)
        return markings[2];
    if (!left)
        return markings[3];
    return markings[slice_equal(left->value, right->value) ? 0 : 1];
}

/* A value that mask_head() went over. */
static bool is_masked(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] != '*')
            return false;
    return value.len > 3;
}

static void put_side(struct html *out, const struct line *line)
{
    html_put(out, "<td>");
    if (line && !slice_is_absent(line->name)) {
        html_put(out, "<b>");
        html_wire(out, line->name, 60);
        html_put(out, ":</b> ");
    }
    if (line && is_masked(line->value)) {
        html_put(out, "<em>");
        html_count(out, line->value.len);
        html_put(out, " octets, not stored</em>");
    } else if (line) {
        html_wire_breaking(out, line->value, 400);
    }
    html_put(out, "</td>");
}

/* Is the finding about this field? Then its message names it: "the 304 has no vary: ...". */
static bool is_about(struct slice message, const struct line *line)
{
    struct slice name = line->name;
    for (size_t i = 0; name.len > 1 && i + name.len < message.len; i++)
        if (message.at[i + name.len] == ':' &&
            slice_equal_nocase(slice_first(slice_from(message, i), name.len), name))
            return i == 0 || !octet_is_token(message.at[i - 1]);
    return false;
}

static void put_line(struct html *out, struct slice message, const struct line *left,
                     const struct line *right)
{
    struct marking marking = marking_of(left, right);
    html_put(out, "<tr class=\"%s%s\"><td><abbr title=\"%s\">%s</abbr></td>", marking.look,
             is_about(message, left ? left : right) ? " about" : "", marking.says, marking.mark);
    put_side(out, left);
    put_side(out, right);
    html_put(out, "</tr>\n");
}

static void put_more(struct html *out, const struct lines *left, const struct lines *right)
{
    if (left->more || right->more)
        html_put(out, "<tr><td></td><td colspan=\"2\"><em>and more lines</em></td></tr>\n");
}

static void put_compared(struct html *out, const char *what, struct slice message,
                         struct slice left, struct slice right)
{
    struct lines l = lines_of(left), r = lines_of(right);
    html_put(out, "<tr class=\"part\"><td></td><th scope=\"colgroup\" colspan=\"2\">%s</th></tr>\n",
             what);
    for (unsigned i = 0; i < l.n; i++)
        put_line(out, message, &l.line[i], counterpart(&r, &l.line[i]));
    for (unsigned i = 0; i < r.n; i++)
        if (!r.line[i].taken)
            put_line(out, message, NULL, &r.line[i]);
    put_more(out, &l, &r);
}

static void put_single(struct html *out, const char *what, struct slice message, struct slice head)
{
    struct lines lines = lines_of(head);
    html_put(out,
             "<table class=\"heads single\">\n<thead><tr><th scope=\"col\">%s</th></tr></thead>\n"
             "<tbody>\n",
             what);
    for (unsigned i = 0; i < lines.n; i++) {
        html_put(out, "<tr%s>", is_about(message, &lines.line[i]) ? " class=\"about\"" : "");
        put_side(out, &lines.line[i]);
        html_put(out, "</tr>\n");
    }
    if (lines.more)
        html_put(out, "<tr><td><em>and more lines</em></td></tr>\n");
    html_put(out, "</tbody></table>\n");
}

/* ------------------------------------------------------------------ the finding */

enum column {
    CONFIDENCE,
    MESSAGE,
    METHOD,
    URL,
    STATUS,
    FILES, /* of request and response, then those of the reference */
    FRAMES = FILES + 4,
    REFERENCE = FRAMES + 4,
    REFERENCE_STATUS,
    HEADS /* request and response, then those of the reference */
};

static const char finding_of[] =
    "SELECT f.confidence, f.message, x.method, coalesce(x.url, x.target),"
    " x.status, x.request_file, x.response_file, r.request_file, r.response_file,"
    " x.request_frame, x.response_frame, r.request_frame, r.response_frame, r.id, r.status,"
    " h.request_head, h.response_head, g.request_head, g.response_head"
    " FROM findings f JOIN main.exchanges x ON x.id = f.exchange_id"
    " LEFT JOIN main.exchanges r ON r.id = f.reference_exchange_id"
    " LEFT JOIN heads h ON h.exchange_id = x.id LEFT JOIN heads g ON g.exchange_id = r.id"
    " WHERE f.id = ?1";

static struct slice head_at(const struct query *query, int which)
{
    return query_text(query, HEADS + which);
}

static void put_status(struct html *out, const struct query *query, int column)
{
    if (query_is_null(query, column))
        html_put(out, "no response");
    else
        html_put(out, "%" PRId64, query_number(query, column));
}

static void put_both(struct html *out, const struct query *query)
{
    html_put(out, "<div class=\"scroll\"><table class=\"heads\">\n<thead><tr><td></td>"
                  "<th scope=\"col\">held against: the ");
    put_status(out, query, REFERENCE_STATUS);
    html_put(out, "</th><th scope=\"col\">accused: the ");
    put_status(out, query, STATUS);
    html_put(out, "</th></tr></thead>\n<tbody>\n");
    struct slice message = query_text(query, MESSAGE);
    put_compared(out, "request", message, head_at(query, 2), head_at(query, 0));
    put_compared(out, "response", message, head_at(query, 3), head_at(query, 1));
    html_put(out, "</tbody></table></div>\n");
}

static void put_accused(struct html *out, const struct query *query)
{
    struct slice message = query_text(query, MESSAGE);
    html_put(out, "<div class=\"pair\">\n");
    if (!slice_is_absent(head_at(query, 0)))
        put_single(out, "request", message, head_at(query, 0));
    if (!slice_is_absent(head_at(query, 1)))
        put_single(out, "response", message, head_at(query, 1));
    html_put(out, "</div>\n");
}

static void put_heads(struct html *out, const struct query *query)
{
    bool accused = !slice_is_absent(head_at(query, 0)) || !slice_is_absent(head_at(query, 1));
    bool reference = !slice_is_absent(head_at(query, 2)) || !slice_is_absent(head_at(query, 3));
    if (!accused)
        html_put(out, "<p class=\"note\">The database did not keep the heads of this exchange "
                      "(<code>--heads</code>).</p>\n");
    else if (reference)
        put_both(out, query);
    else
        put_accused(out, query);
}

/* ------------------------------------------------------------------ the packets */

static const char *const halves[] = {"request", "response", "the request it is held against",
                                     "its response"};

/* Does a half before this one lie in the same file? */
static bool file_was_named(const struct query *query, int half)
{
    for (int i = 0; i < half; i++)
        if (!query_is_null(query, FRAMES + i) &&
            slice_equal(query_text(query, FILES + i), query_text(query, FILES + half)))
            return true;
    return false;
}

/* All frames of the finding in one file, and the display filter that shows just them. */
static void put_file(struct html *out, const struct query *query, int first)
{
    struct slice file = query_text(query, FILES + first);
    html_put(out, "<p class=\"packets\">In <code>");
    html_wire(out, file_base_name(file), 80);
    html_put(out, "</code>: ");
    for (int i = first, n = 0; i < 4; i++)
        if (!query_is_null(query, FRAMES + i) && slice_equal(query_text(query, FILES + i), file))
            html_put(out, "%s%s in frame <b>%" PRId64 "</b>", n++ ? ", " : "", halves[i],
                     query_number(query, FRAMES + i));
    html_put(out, ". Wireshark display filter: <code class=\"pick\">");
    for (int i = first, n = 0; i < 4; i++)
        if (!query_is_null(query, FRAMES + i) && slice_equal(query_text(query, FILES + i), file))
            html_put(out, "%sframe.number == %" PRId64, n++ ? " || " : "",
                     query_number(query, FRAMES + i));
    html_put(out, "</code></p>\n");
}

static void put_packets(struct html *out, const struct query *query, int64_t finding)
{
    for (int i = 0; i < 4; i++)
        if (!query_is_null(query, FRAMES + i) && !file_was_named(query, i))
            put_file(out, query, i);
    html_put(out,
             "<p class=\"packets\">As a capture: <code class=\"pick\">wire304 evidence -o "
             "finding-%" PRId64 ".pcapng DB %" PRId64 "</code></p>\n",
             finding, finding);
}

static void put_target(struct html *out, const struct query *query)
{
    if (query_is_null(query, URL))
        return;
    html_put(out, "<p class=\"w\"><code>");
    html_wire(out, query_text(query, METHOD), 12);
    html_put(out, " ");
    html_wire_breaking(out, query_text(query, URL), 300);
    html_put(out, "</code></p>\n");
}

void html_evidence(struct html_report *report, int64_t finding)
{
    struct html *out = &report->out;
    struct query query = query_begin(report->audit, finding_of);
    query_bind(&query, 1, finding);
    if (query_next(&query)) {
        html_put(out, "<p class=\"said\"><b>%s</b>: <span class=\"w\">",
                 query_word(&query, CONFIDENCE));
        html_wire(out, query_text(&query, MESSAGE), 600);
        html_put(out, "</span></p>\n");
        put_target(out, &query);
        put_heads(out, &query);
        put_packets(out, &query, finding);
    }
    query_end(&query);
}
