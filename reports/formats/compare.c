/* SPDX-License-Identifier: MIT */
/*
 * Both databases are asked at once: the later one is `main`, the earlier one is attached as
 * `before`. What comes out is a temporary table with a row for each issue key, which every format
 * reads.
 *
 * Was an issue exercised? Its URLs are those of its host, server and pattern. How often they were
 * asked for is counted as its rule looks at them: 304s for rules about 304s, conditional requests
 * that were answered for rules about conditions, requests of a client that had the content already
 * for rules about waste, answered requests for the others. Two rules are kept by sending a 304 and
 * then have nothing to examine: there the 304s themselves are the proof.
 */

#include "reports/formats/compare.h"

#include <inttypes.h>
#include <string.h>

#include "reports/audit/audit.h"
#include "reports/formats/json_stream.h"
#include "reports/formats/markdown.h"
#include "reports/formats/page.h"
#include "reports/options/values.h"

enum { FIXED, REMAINING, NEW, NOT_EXERCISED, STATES };

static const char *const states[STATES] = {"fixed", "remaining", "new", "not-exercised"};
static const char *const headings[STATES] = {"Fixed", "Remaining", "New", "Not exercised"};

/* ------------------------------------------------------------------ the table */

#define PLACES(schema)                                                                             \
    "CREATE TEMP TABLE asked_" schema " AS SELECT host, server, url_pattern, "                     \
    "sum(status IS NOT NULL) AS answered, sum(status = 304) AS not_modified, "                     \
    "sum(is_conditional AND status IS NOT NULL) AS conditional, "                                  \
    "sum(is_conditional AND status = 304) AS revalidated, sum(outcome IN ('not-modified', "        \
    "'refreshed-same', 'refreshed-changed', 'refetched-same', 'refetched-changed')) AS again "     \
    "FROM " schema ".exchanges GROUP BY 1, 2, 3;"                                                  \
    "CREATE INDEX temp.asked_" schema "_place ON asked_" schema " (host, server, url_pattern);"

/* Octets of findings that are more than possible, by issue. */
#define ISSUES(schema)                                                                             \
    "CREATE TEMP TABLE issue_" schema " AS SELECT i.*, (SELECT coalesce(sum(avoidable_bytes), 0) " \
    "FROM " schema ".findings f WHERE f.issue_id = i.id AND confidence <> 'possible') AS firm "    \
    "FROM " schema ".issues i;"                                                                    \
    "CREATE UNIQUE INDEX temp.issue_" schema "_key ON issue_" schema " (key);"

#define AT_PLACE(schema, column, issue)                                                            \
    "coalesce((SELECT " column " FROM temp.asked_" schema " p WHERE p.host IS " issue ".host AND " \
    "p.server IS " issue ".server AND p.url_pattern IS " issue ".url_pattern), 0)"

/* How often the place of an issue was exercised, as its rule looks at it. */
static const char exercised[] =
    "CASE (SELECT exercise FROM temp.rule_kind k WHERE k.rule = b.rule) "
    "WHEN '304' THEN " AT_PLACE("main", "not_modified",
                                "b") " "
                                     "WHEN 'cured' THEN " AT_PLACE(
                                         "main", "revalidated",
                                         "b") " "
                                              "WHEN 'conditional' THEN " AT_PLACE(
                                                  "main", "conditional",
                                                  "b") " "
                                                       "WHEN 'again' THEN " AT_PLACE(
                                                           "main", "again",
                                                           "b") " "
                                                                "ELSE " AT_PLACE("main", "answered",
                                                                                 "b") " END";

static const char make_compared[] =
    "CREATE TEMP TABLE compared AS "
    "SELECT CASE WHEN a.key IS NOT NULL THEN 'remaining' WHEN %s >= ?1 AND (examined >= ?1 OR "
    "(cured AND same_rules)) THEN 'fixed' ELSE 'not-exercised' END AS state, b.key AS key, "
    "b.rule AS rule, b.variant AS variant, coalesce(a.severity, b.severity) AS severity, "
    "b.party AS party, b.host AS host, b.server AS server, b.url_pattern AS url_pattern, "
    "b.exchanges AS exchanges_before, coalesce(a.exchanges, 0) AS exchanges_after, "
    "b.firm AS avoidable_before, coalesce(a.firm, 0) AS avoidable_after, " AT_PLACE(
        "before", "answered",
        "b") " AS requests_before, " AT_PLACE("main", "answered",
                                              "b") " AS requests_after, %s AS exercised, examined, "
                                                   "a.accepted IS NOT NULL AS accepted, "
                                                   "a.first_finding_id AS first_finding_id "
                                                   "FROM (SELECT *, (SELECT "
                                                   "coalesce(sum(exchanges), 0) FROM main.checks c "
                                                   "WHERE c.rule = i.rule "
                                                   "AND outcome <> 'withheld') AS examined, "
                                                   "coalesce((SELECT exercise = 'cured' FROM "
                                                   "temp.rule_kind k WHERE k.rule = i.rule), 0) AS "
                                                   "cured, (SELECT m.program_version = "
                                                   "o.program_version AND json_extract(m.options, "
                                                   "'$.only') IS NULL AND json_extract(m.options, "
                                                   "'$.skip') IS NULL FROM main.run m, before.run "
                                                   "o) AS same_rules FROM temp.issue_before i) b "
                                                   "LEFT JOIN temp.issue_main a ON a.key = b.key "
                                                   "UNION ALL SELECT 'new', a.key, a.rule, "
                                                   "a.variant, a.severity, a.party, a.host, "
                                                   "a.server, "
                                                   "a.url_pattern, 0, a.exchanges, 0, "
                                                   "a.firm, " AT_PLACE(
                                                       "before", "answered",
                                                       "a") ", " AT_PLACE("main", "answered",
                                                                          "a") ", NULL, NULL, "
                                                                               "a.accepted IS NOT "
                                                                               "NULL, "
                                                                               "a.first_finding_id "
                                                                               "FROM "
                                                                               "temp.issue_main a "
                                                                               "WHERE a.key NOT IN "
                                                                               "(SELECT key FROM "
                                                                               "temp.issue_before)";

/* What is worth telling first: octets, then severity. `expected`: the issue's cost at the later
 * traffic. */
static const char make_ranked[] =
    "CREATE TEMP TABLE ranked AS SELECT *, row_number() OVER (PARTITION BY state ORDER BY "
    "max(expected, avoidable_after) DESC, instr('error warning waste info', severity), "
    "max(exchanges_before, exchanges_after) DESC, key) AS place FROM (SELECT *, CASE WHEN "
    "requests_before > 0 THEN CAST(1.0 * avoidable_before / requests_before * requests_after AS "
    "INTEGER) ELSE avoidable_before END AS expected FROM temp.compared)";

static const char *exercise_of(const struct rule_card *card)
{
    static const struct {
        const char *name, *exercise; /* a rule or a group */
    } rows[] = {
        {"inm-match-got-200", "cured"},
        {"ims-unmodified-got-200", "cured"},
        {"304-violation", "304"},
        {"conditional", "conditional"},
        {"waste", "again"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, card->id) == 0 || strcmp(rows[i].name, card->group) == 0)
            return rows[i].exercise;
    return "answered";
}

static void write_kinds(struct audit *audit)
{
    audit_run(audit, "CREATE TEMP TABLE rule_kind (rule PRIMARY KEY, exercise) WITHOUT ROWID");
    for (unsigned i = 0; rule_card(i); i++) {
        struct query query = query_begin(audit, "INSERT INTO temp.rule_kind VALUES (?1, ?2)");
        query_bind_word(&query, 1, rule_card(i)->id);
        query_bind_word(&query, 2, exercise_of(rule_card(i)));
        query_next(&query);
    }
}

static void compare(struct audit *audit, int64_t min_exercised)
{
    write_kinds(audit);
    audit_run(audit, PLACES("before") PLACES("main") ISSUES("before") ISSUES("main"));
    char *text = sqlite3_mprintf(make_compared, exercised, exercised);
    struct query query = query_begin(audit, text ? text : "");
    sqlite3_free(text);
    query_bind(&query, 1, min_exercised);
    query_next(&query);
    audit_run(audit, make_ranked);
}

/* ------------------------------------------------------------------ what it comes to */

struct state_sum {
    int64_t issues, before, after, expected;
};

struct side {
    int64_t exchanges, observed, avoidable;
};

struct outcome_of_all {
    struct state_sum states[STATES];
    struct side before, after;
};

static struct side read_side(struct audit *audit, const char *text)
{
    struct side side = {0};
    struct query query = query_begin(audit, text);
    if (query_next(&query))
        side = (struct side){query_number(&query, 0), query_number(&query, 1),
                             query_number(&query, 2)};
    query_end(&query);
    return side;
}

static struct state_sum read_state(struct audit *audit, const char *state)
{
    struct state_sum sum = {0};
    struct query query = query_begin(
        audit, "SELECT count(*), coalesce(sum(avoidable_before), 0), "
               "coalesce(sum(avoidable_after), 0), coalesce(sum(expected), 0) FROM temp.ranked "
               "WHERE state = ?1");
    query_bind_word(&query, 1, state);
    if (query_next(&query))
        sum = (struct state_sum){query_number(&query, 0), query_number(&query, 1),
                                 query_number(&query, 2), query_number(&query, 3)};
    query_end(&query);
    return sum;
}

#define SIDE(schema)                                                                               \
    "SELECT exchanges, observed_bytes, avoidable_certain + avoidable_likely FROM " schema ".total" \
    "s"

static struct outcome_of_all sum_up(struct audit *audit)
{
    struct outcome_of_all all = {.before = read_side(audit, SIDE("before")),
                                 .after = read_side(audit, SIDE("main"))};
    for (int i = 0; i < STATES; i++)
        all.states[i] = read_state(audit, states[i]);
    return all;
}

static double percent(int64_t part, int64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* What a state comes to in octets: saved, still wasted, wasted anew, unknown. */
static int64_t octets_of_state(const struct state_sum *sum, int state)
{
    return state == FIXED ? sum->expected : state == NOT_EXERCISED ? sum->before : sum->after;
}

/* The rows of a state, the worst first. */
static struct query rows_of(struct audit *audit, int state, int64_t rows)
{
    struct query query = query_begin(
        audit, "SELECT rule, variant, severity, coalesce(host, server, '') || "
               "coalesce(url_pattern, ''), expected, avoidable_before, avoidable_after, exercised, "
               "exchanges_before, exchanges_after, examined, accepted FROM temp.ranked "
               "WHERE state = ?1 AND (?2 = 0 OR place <= ?2) ORDER BY place");
    query_bind_word(&query, 1, states[state]);
    query_bind(&query, 2, rows);
    return query;
}

enum {
    RULE,
    VARIANT,
    SEVERITY,
    WHERE,
    EXPECTED,
    BEFORE,
    AFTER,
    EXERCISED,
    ACCUSED_BEFORE,
    ACCUSED_AFTER,
    EXAMINED,
    ACCEPTED
};

static int64_t octets_of_row(const struct query *query, int state)
{
    return query_number(query, state == FIXED ? EXPECTED : state == NOT_EXERCISED ? BEFORE : AFTER);
}

/* Why a row is in its state, in a few words of ours. */
static void reason_text(const struct query *query, int state, int64_t least, char text[120])
{
    int64_t n = query_number(query, EXERCISED);
    if (state == FIXED)
        snprintf(text, 120, "asked for %" PRId64 " times, never again", n);
    else if (state == NOT_EXERCISED && n < least)
        snprintf(text, 120, "exercised %" PRId64 " times, %" PRId64 " are needed", n, least);
    else if (state == NOT_EXERCISED)
        snprintf(text, 120, "the rule examined %" PRId64 " exchanges, %" PRId64 " are needed",
                 query_number(query, EXAMINED), least);
    else
        snprintf(text, 120, "%" PRId64 " before, %" PRId64 " after%s",
                 query_number(query, ACCUSED_BEFORE), query_number(query, ACCUSED_AFTER),
                 query_number(query, ACCEPTED) ? ", accepted" : "");
}

/* ------------------------------------------------------------------ for a terminal */

static void print_side(const struct page *page, const char *name, const char *path,
                       const struct side *side)
{
    char observed[24], number[32];
    page_put(page, STYLE_PLAIN, "%-7s", name);
    page_wire(page, STYLE_BOLD, slice_of_text(path), 40);
    page_put(page, STYLE_PLAIN, "  %s exchanges, %s, avoidable %.1f %%\n",
             number_text((uint64_t)side->exchanges, number),
             size_text((uint64_t)side->observed, observed),
             percent(side->avoidable, side->observed));
}

static void print_row(const struct page *page, const struct query *query, int state, int64_t least)
{
    char size[24], reason[120];
    reason_text(query, state, least, reason);
    page_put(page, STYLE_PLAIN, "  %9s  ", size_text((uint64_t)octets_of_row(query, state), size));
    page_put(page, style_of_severity(query_word(query, SEVERITY)), "%s ",
             query_word(query, SEVERITY));
    page_put(page, STYLE_BOLD, "%s%s%s", query_word(query, RULE),
             query_is_null(query, VARIANT) ? "" : "/", query_word(query, VARIANT));
    page_put(page, STYLE_DIM, "  %s\n%13s", reason, "");
    page_wire(page, STYLE_PLAIN, query_text(query, WHERE), page->width - 14);
    page_end_line(page);
}

static void print_terminal(const struct comparison *c, struct audit *audit,
                           const struct outcome_of_all *all, FILE *to)
{
    char size[24], heading[80];
    struct page page = page_of(to, &c->layout);
    print_side(&page, "before", c->before, &all->before);
    print_side(&page, "after", c->after, &all->after);
    page_put(&page, STYLE_BOLD, "\nSaved: %s",
             size_text((uint64_t)all->states[FIXED].expected, size));
    page_put(&page, STYLE_PLAIN, " of the later traffic, by what is fixed\n");
    for (int i = 0; i < STATES; i++) {
        int64_t rows = c->top ? c->top : 10, shown = 0;
        if (all->states[i].issues == 0)
            continue;
        snprintf(heading, sizeof heading, "%s: %" PRId64 " issue%s, %s", headings[i],
                 all->states[i].issues, all->states[i].issues == 1 ? "" : "s",
                 size_text((uint64_t)octets_of_state(&all->states[i], i), size));
        page_heading(&page, heading);
        struct query query = rows_of(audit, i, rows);
        for (; query_next(&query); shown++)
            print_row(&page, &query, i, c->min_exercised);
        if (all->states[i].issues > shown)
            page_put(&page, STYLE_DIM, "%13sand %" PRId64 " more (--top N)\n", "",
                     all->states[i].issues - shown);
    }
}

/* ------------------------------------------------------------------ for a pull request */

static void write_markdown_side(FILE *to, const char *name, const char *path,
                                const struct side *side)
{
    char observed[24], avoidable[24], number[32];
    fprintf(to, "| %s | ", name);
    markdown_cell(to, slice_of_text(path), 60);
    fprintf(to, " | %s | %s | %s | %.1f %% |\n", number_text((uint64_t)side->exchanges, number),
            size_text((uint64_t)side->observed, observed),
            size_text((uint64_t)side->avoidable, avoidable),
            percent(side->avoidable, side->observed));
}

static void write_markdown_row(FILE *to, const struct query *query, int state, int64_t least)
{
    char size[24], reason[120];
    reason_text(query, state, least, reason);
    fprintf(to, "| `%s%s%s` | %s | ", query_word(query, RULE),
            query_is_null(query, VARIANT) ? "" : "/", query_word(query, VARIANT),
            query_word(query, SEVERITY));
    markdown_cell(to, query_text(query, WHERE), 60);
    fprintf(to, " | %s | %s |\n", size_text((uint64_t)octets_of_row(query, state), size), reason);
}

static void write_markdown(const struct comparison *c, struct audit *audit,
                           const struct outcome_of_all *all, FILE *to)
{
    char size[24];
    fprintf(to, "## HTTP caching: %" PRId64 " fixed, %" PRId64 " remaining, %" PRId64 " new\n\n",
            all->states[FIXED].issues, all->states[REMAINING].issues, all->states[NEW].issues);
    fprintf(to, "Saved: **%s** of the later traffic, by what is fixed.\n\n",
            size_text((uint64_t)all->states[FIXED].expected, size));
    fputs("| | audit | exchanges | octets | avoidable | share |\n|---|---|--:|--:|--:|--:|\n", to);
    write_markdown_side(to, "before", c->before, &all->before);
    write_markdown_side(to, "after", c->after, &all->after);
    for (int i = 0; i < STATES; i++) {
        int64_t shown = 0;
        struct query query = rows_of(audit, i, c->top ? c->top : 10);
        for (; query_next(&query); shown++) {
            if (shown == 0)
                fprintf(to,
                        "\n### %s\n\n| rule | severity | where | octets | |\n"
                        "|---|---|---|--:|---|\n",
                        headings[i]);
            write_markdown_row(to, &query, i, c->min_exercised);
        }
        if (all->states[i].issues > shown)
            fprintf(to, "\nand %" PRId64 " more (`--top N`)\n", all->states[i].issues - shown);
    }
}

/* ------------------------------------------------------------------ for programs */

static void write_json_side(struct json_stream *s, const char *key, const char *path,
                            const struct side *side)
{
    stream_object(s, key);
    stream_word(s, "database", path);
    stream_number(s, "exchanges", side->exchanges);
    stream_number(s, "observed_bytes", side->observed);
    stream_number(s, "avoidable_bytes", side->avoidable);
    stream_end(s);
}

static void write_json(const struct comparison *c, struct audit *audit,
                       const struct outcome_of_all *all, FILE *to)
{
    struct json_stream s = json_stream_of(to, 2);
    stream_object(&s, NULL);
    stream_word(&s, "document", "wire304-comparison");
    stream_number(&s, "version", 1);
    stream_number(&s, "min_exercised", c->min_exercised);
    write_json_side(&s, "before", c->before, &all->before);
    write_json_side(&s, "after", c->after, &all->after);
    stream_number(&s, "saved_bytes", all->states[FIXED].expected);
    stream_object(&s, "states");
    for (int i = 0; i < STATES; i++) {
        stream_object(&s, states[i]);
        stream_number(&s, "issues", all->states[i].issues);
        stream_number(&s, "avoidable_before", all->states[i].before);
        stream_number(&s, "avoidable_after", all->states[i].after);
        stream_number(&s, "expected", all->states[i].expected);
        stream_end(&s);
    }
    stream_end(&s);
    stream_array(&s, "issues");
    struct query query =
        query_begin(audit, "SELECT * FROM temp.ranked WHERE ?1 = 0 OR place <= ?1 ORDER BY "
                           "instr('fixed remaining new not-exercised', state), place");
    query_bind(&query, 1, c->top);
    while (query_next(&query)) {
        stream_object(&s, NULL);
        stream_columns(&s, &query, 0, 0);
        stream_end(&s);
    }
    stream_end(&s);
    stream_end(&s);
}

/* ------------------------------------------------------------------ the whole */

static const struct {
    const char *name;
    void (*print)(const struct comparison *, struct audit *, const struct outcome_of_all *, FILE *);
} formats[] = {
    {"terminal", print_terminal},
    {"json", write_json},
    {"markdown", write_markdown},
};

bool comparison_is_format(const char *format, struct error *error)
{
    for (unsigned i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i].name, format) == 0)
            return true;
    return error_set(error, ERROR_USAGE,
                     "--format: there is no '%s'; there are terminal, json, markdown", format);
}

/* Issues that somebody lives with fail nothing. */
static bool is_met(struct audit *audit, const char *state, bool asked, enum severity least)
{
    static const char *const severe[] = {"info waste warning error", "waste warning error",
                                         "warning error", "error"};
    if (!asked)
        return false;
    struct query query = query_begin(audit, "SELECT 1 FROM temp.ranked WHERE state = ?1 AND "
                                            "instr(?2, severity) AND NOT accepted LIMIT 1");
    query_bind_word(&query, 1, state);
    query_bind_word(&query, 2, severe[least]);
    bool met = query_next(&query);
    query_end(&query);
    return met;
}

bool comparison_print(const struct comparison *c, FILE *to, bool *fails, struct error *error)
{
    struct audit audit;
    *fails = false;
    if (!comparison_is_format(c->format, error) || !audit_open(&audit, c->after, error))
        return false;
    if (!audit_attach(&audit, c->before, "before", error)) {
        struct error other; /* of closing: the first one counts */
        bool closed = audit_close(&audit, &other);
        return closed && false;
    }
    compare(&audit, c->min_exercised);
    struct outcome_of_all all = sum_up(&audit);
    for (unsigned i = 0; to && i < COUNT_OF(formats) && !audit.failed; i++)
        if (strcmp(formats[i].name, c->format) == 0)
            formats[i].print(c, &audit, &all, to);
    *fails = is_met(&audit, "new", c->fail_on->on_new, c->fail_on->least_new) ||
             is_met(&audit, "remaining", c->fail_on->on_remaining, c->fail_on->least_remaining);
    return audit_close(&audit, error);
}
