/* SPDX-License-Identifier: MIT */
/* The queries behind the full-screen view, and the text of a card. */

#include "reports/live/board.h"

#include <inttypes.h>
#include <string.h>

#include "reports/formats/escape.h"
#include "reports/limits.h"
#include "reports/options/values.h"

#define LATEST_LOOKED_AT "2000" /* findings of a second; among more, older ones go unseen here */

const char *board_order_word(enum board_order order)
{
    static const char *const words[] = {"avoidable bytes", "what another policy would spare",
                                        "exchanges", "latest"};
    return words[order];
}

void board_init(struct board *board, struct audit *audit)
{
    memset(board, 0, sizeof *board);
    board->audit = audit;
    board->last_finding = audit_number(audit, "SELECT coalesce(max(id), 0) - 200 FROM findings");
}

static enum severity severity_of(const char *word)
{
    for (int i = SEVERITY_ERROR; i > SEVERITY_INFO; i--)
        if (strcmp(word, severity_word((enum severity)i)) == 0)
            return (enum severity)i;
    return SEVERITY_INFO;
}

enum { FINDING, SEVERITY, RULE, EXCHANGES, OCTETS, AT, PLACE, PATTERN };

static struct board_row row_of(const struct query *query)
{
    struct board_row row = {
        .finding = query_number(query, FINDING),
        .severity = severity_of(query_word(query, SEVERITY)),
        .rule = rule_card_by_id(query_word(query, RULE)),
        .exchanges = (uint64_t)query_number(query, EXCHANGES),
        .octets = (uint64_t)query_number(query, OCTETS),
        .at_us = query_number(query, AT),
    };
    char place[BOARD_PLACE / 2], pattern[BOARD_PLACE / 2 - 1];
    bool has_pattern = !query_is_null(query, PATTERN);
    escape_text(query_text(query, PLACE), 0, place, sizeof place);
    escape_text(query_text(query, PATTERN), 0, pattern, sizeof pattern);
    if (!has_pattern)
        snprintf(row.place, sizeof row.place, "%s", place);
    else if (strstr(pattern, place)) /* it names the host, too */
        snprintf(row.place, sizeof row.place, "%s", pattern);
    else
        snprintf(row.place, sizeof row.place, "%s %s", place, pattern);
    return row;
}

/* The sums of issues are a small table: it alone is sorted. */
#define ISSUES(sum, view)                                                                          \
    "SELECT i.first_finding_id, i.severity, i.rule, i.exchanges, " view ", i.last_us,"             \
    " coalesce(i.host, i.server), i.url_pattern FROM main.issues i WHERE i.id IN"                  \
    " (SELECT id FROM main.issue_sum ORDER BY " sum " DESC LIMIT ?1) ORDER BY "

void board_read_issues(struct board *board, enum board_order order)
{
    static const char *const queries[BOARD_ORDERS] = {
        ISSUES("avoidable", "i.avoidable_bytes") "i.avoidable_bytes DESC, i.exchanges DESC",
        ISSUES("opportunity", "i.opportunity_bytes") "i.opportunity_bytes DESC, i.exchanges DESC",
        ISSUES("exchanges", "i.avoidable_bytes") "i.exchanges DESC",
        ISSUES("last_us", "i.avoidable_bytes") "i.last_us DESC"};
    struct query query = query_begin(board->audit, queries[order]);
    query_bind(&query, 1, BOARD_ROWS);
    board->issues.n = 0;
    while (board->issues.n < BOARD_ROWS && query_next(&query))
        board->issues.rows[board->issues.n++] = row_of(&query);
    query_end(&query);
}

/* New rows before those that were there. */
static void put_before(struct board_list *list, const struct board_list *new)
{
    unsigned kept = list->n < BOARD_ROWS - new->n ? list->n : BOARD_ROWS - new->n;
    memmove(list->rows + new->n, list->rows, kept * sizeof *list->rows);
    memcpy(list->rows, new->rows, new->n * sizeof *list->rows);
    list->n = new->n + kept;
}

unsigned board_read_latest(struct board *board)
{
    static const char text[] =
        "SELECT f.id, f.severity, f.rule, 1, f.avoidable_bytes, f.found_us,"
        " coalesce(f.url, ''), NULL FROM main.findings f WHERE f.id > ?1 AND f.id >"
        " (SELECT max(id) FROM main.finding) - " LATEST_LOOKED_AT
        " AND f.severity IN ('error', 'warning') ORDER BY f.id DESC LIMIT ?2";
    struct board_list new = {.n = 0};
    int64_t last = audit_number(board->audit, "SELECT coalesce(max(id), 0) FROM main.finding");
    struct query query = query_begin(board->audit, text);
    query_bind(&query, 1, board->last_finding);
    query_bind(&query, 2, BOARD_ROWS);
    while (new.n < BOARD_ROWS && query_next(&query))
        new.rows[new.n++] = row_of(&query);
    query_end(&query);
    board->last_finding = last;
    put_before(&board->latest, &new);
    return new.n;
}

/* ------------------------------------------------------------------ a card */

/* Words of a text that is safe already, broken at spaces. */
static void put_wrapped(FILE *to, const char *text, unsigned columns)
{
    unsigned used = 0;
    while (*text) {
        size_t length = strcspn(text, " \n");
        unsigned wide = text_columns(slice_of(text, length));
        if (used && used + 1 + wide > columns) {
            fputc('\n', to);
            used = 0;
        }
        fprintf(to, "%s%.*s", used ? " " : "", (int)length, text);
        used += wide + (used ? 1 : 0);
        text += length + strspn(text + length, " \n");
    }
    fputc('\n', to);
}

static void put_fact(FILE *to, const char *name, struct slice value, unsigned columns)
{
    char text[LIMIT_SHOWN_TEXT];
    if (slice_is_absent(value) || columns < 24)
        return;
    escape_text(value, columns - 12, text, sizeof text);
    fprintf(to, "%-11s %s\n", name, text);
}

static void put_rule(FILE *to, const struct rule_card *rule, unsigned columns)
{
    if (!rule)
        return;
    put_wrapped(to, rule->title, columns);
    fputc('\n', to);
    put_wrapped(to, rule->means, columns);
    fputc('\n', to);
    put_wrapped(to, rule->remedy, columns);
}

static void put_octets(FILE *to, const char *name, int64_t octets)
{
    char text[24];
    if (octets > 0)
        fprintf(to, "%-11s %s\n", name, size_text((uint64_t)octets, text));
}

void board_print_card(struct board *board, int64_t finding, unsigned columns, FILE *to)
{
    static const char text[] =
        "SELECT f.rule, f.severity || ', ' || f.confidence || ', ' || f.party || ', ' || f.section,"
        " f.message, coalesce(f.url, e.target), e.method || ' ' || coalesce(e.status, '-') || ', '"
        " || e.outcome || ', ' || e.ending, coalesce(e.client, '') || ' to ' ||"
        " coalesce(e.server, '') || ' port ' || coalesce(e.server_port, ''), e.user_agent, e.etag,"
        " e.last_modified, e.cache_control, e.server_software, f.avoidable_bytes,"
        " f.opportunity_bytes, f.exchange_id, f.reference_exchange_id FROM main.findings f"
        " JOIN main.exchanges e ON e.id = f.exchange_id WHERE f.id = ?1";
    static const char *const names[] = {"",      "",     "",          "URL",        "was",   "from",
                                        "agent", "ETag", "Last-Mod.", "Cache-Con.", "Server"};
    struct query query = query_begin(board->audit, text);
    query_bind(&query, 1, finding);
    if (query_next(&query)) {
        fprintf(to, "%s\n", query_word(&query, 0));
        put_fact(to, "judged", query_text(&query, 1), columns);
        put_fact(to, "says", query_text(&query, 2), columns);
        for (int i = 3; i < 11; i++)
            put_fact(to, names[i], query_text(&query, i), columns);
        put_octets(to, "avoidable", query_number(&query, 11));
        put_octets(to, "opportunity", query_number(&query, 12));
        fprintf(to, "%-11s %" PRId64, "exchange", query_number(&query, 13));
        if (query_number(&query, 14))
            fprintf(to, ", held against %" PRId64, query_number(&query, 14));
        fprintf(to, ", finding %" PRId64 "\n\n", finding);
        put_rule(to, rule_card_by_id(query_word(&query, 0)), columns);
    } else {
        fputs("It is no longer in the database.\n", to);
    }
    query_end(&query);
}
