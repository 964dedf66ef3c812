/* SPDX-License-Identifier: MIT */
/*
 * RFC 4180: lines end in CRLF, a field with a comma or a quotation mark stands in quotation marks.
 * NULL is an empty field, an empty text is "". What a spreadsheet would take for a formula begins
 * with an apostrophe (CWE-1236). A record is always one line, and nothing in it steers a terminal:
 * control characters are shown by their pictures (U+2400), octets that are no UTF-8 as U+FFFD.
 */

#include "reports/formats/csv.h"

#include <string.h>

#include "reports/audit/questions.h"
#include "reports/formats/escape.h"
#include "reports/options/values.h"

static const char *const contract_views[] = {
    "run",         "totals",   "exchanges",      "findings", "issues",  "checks",
    "connections", "coverage", "heads",          "accepted", "what_if", "needless_round_trips",
    "hours",       "let_go",   "let_go_by_rule",
};

const char *csv_table(unsigned index)
{
    if (index < COUNT_OF(contract_views))
        return contract_views[index];
    const struct question *question = question_at(index - (unsigned)COUNT_OF(contract_views));
    return question ? question->name : NULL;
}

bool csv_has_table(const char *name)
{
    for (unsigned i = 0; csv_table(i); i++)
        if (strcmp(csv_table(i), name) == 0)
            return true;
    return false;
}

/* ------------------------------------------------------------------ fields */

/* Full-width forms count: some spreadsheets read them as the narrow ones. */
static bool begins_formula(struct slice text)
{
    static const char *const signs[] = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
    while (text.len && text.at[0] <= ' ')
        text = slice_from(text, 1);
    for (unsigned i = 0; i < COUNT_OF(signs); i++)
        if (slice_starts_with(text, slice_of_text(signs[i])))
            return true;
    return false;
}

static bool is_harmless(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != ',';
}

static bool needs_quotes(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_harmless(text.at[i]))
            return true;
    return text.len == 0;
}

/* One character; returns its octets. */
static unsigned put_character(FILE *to, struct slice text)
{
    uint32_t code = 0;
    unsigned length = utf8_decode(text, &code);
    if (length == 0 || (code >= 0x80 && code < 0xa0) || code_is_hidden(code))
        fputs("\xef\xbf\xbd", to); /* U+FFFD */
    else if (code < 0x20)
        fprintf(to, "\xe2\x90%c", (int)(0x80 + code)); /* U+2400 ... */
    else if (code == 0x7f)
        fputs("\xe2\x90\xa1", to); /* U+2421 */
    else if (code == '"')
        fputs("\"\"", to);
    else
        fwrite(text.at, 1, length, to);
    return length ? length : 1;
}

void csv_put_text(FILE *to, struct slice text)
{
    bool formula = begins_formula(text);
    if (!formula && !needs_quotes(text)) {
        fwrite(text.at, 1, text.len, to);
        return;
    }
    fputs(formula ? "\"'" : "\"", to);
    while (text.len)
        text = slice_from(text, put_character(to, text));
    fputc('"', to);
}

static void put_column(FILE *to, const struct query *query, int column)
{
    const char *name = sqlite3_column_name(query->statement, column);
    if (query_is_null(query, column))
        return;
    if (sqlite3_column_type(query->statement, column) == SQLITE_INTEGER)
        put_number(to, query_number(query, column));
    else if (slice_ends_with(slice_of_text(name), SLICE("_hash")))
        put_hex(to, query_text(query, column));
    else
        csv_put_text(to, query_text(query, column));
}

/* ------------------------------------------------------------------ the table */

static void put_head(FILE *to, const struct query *query, int columns)
{
    for (int i = 0; i < columns; i++)
        fprintf(to, "%s%s", i ? "," : "", sqlite3_column_name(query->statement, i));
    fputs("\r\n", to);
}

static void put_row(FILE *to, const struct query *query, int columns)
{
    for (int i = 0; i < columns; i++) {
        if (i)
            fputc(',', to);
        put_column(to, query, i);
    }
    fputs("\r\n", to);
}

/* What comes first where --top cuts the rest off. */
static const char *order_of(const char *table)
{
    if (strcmp(table, "issues") == 0)
        return "ORDER BY avoidable_bytes DESC, instr('error warning waste info', severity), "
               "opportunity_bytes DESC, exchanges DESC, key";
    if (strncmp(table, "waste_by_", 9) == 0)
        return "ORDER BY avoidable_certain + avoidable_likely DESC, avoidable_possible DESC, "
               "opportunity_bytes DESC, observed_bytes DESC";
    return "";
}

void csv_write(struct report *report)
{
    const char *asked = report->options->table;
    const char *table = strcmp(asked, "exchanges") == 0 ? "listed" : asked;
    char *text = sqlite3_mprintf("SELECT * FROM %s %s LIMIT ?1", table, order_of(table));
    struct query query = query_begin(report->audit, text ? text : "");
    sqlite3_free(text);
    if (!query.statement)
        return;
    int columns = sqlite3_column_count(query.statement);
    query_bind(&query, 1, report_rows(report, 0));
    put_head(report->to, &query, columns);
    while (query_next(&query))
        put_row(report->to, &query, columns);
}
