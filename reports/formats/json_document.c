/* SPDX-License-Identifier: MIT */
/*
 * The members of the document in the order in which a reader wants them: what was looked at, what
 * it came to, what is wrong and what to do, and last the long lists. Rows have the names of the
 * views' columns; a column that is NULL is left out.
 */

#include "reports/formats/json_document.h"

#include <string.h>

#include "reports/advice/remedies.h"

#define WORST_FIRST                                                                                \
    " ORDER BY avoidable_bytes DESC, instr('error warning waste info', severity),"                 \
    " opportunity_bytes DESC, exchanges DESC, key"
#define WASTE_FIRST                                                                                \
    " ORDER BY avoidable_certain + avoidable_likely DESC, avoidable_possible DESC,"                \
    " opportunity_bytes DESC, observed_bytes DESC"

/* A list of rows: all, or --top of them. */
struct list {
    const char *key, *query;
};

static const struct list before[] = {
    {"coverage", "SELECT * FROM coverage ORDER BY bytes DESC LIMIT ?1"},
    {"checks", "SELECT * FROM checks ORDER BY rule, outcome, guard LIMIT -1"},
    {"issues", "SELECT * FROM issues" WORST_FIRST " LIMIT ?1"},
    {"accepted", "SELECT * FROM accepted ORDER BY key LIMIT -1"},
    {"what_if",
     "SELECT * FROM what_if ORDER BY instr('remedy private-cache shared-cache', scenario), "
     "rule, capacity_bytes IS NULL, capacity_bytes LIMIT -1"},
    {"hosts", "SELECT * FROM waste_by_host" WASTE_FIRST " LIMIT ?1"},
    {"url_patterns", "SELECT * FROM waste_by_url_pattern" WASTE_FIRST " LIMIT ?1"},
    {"clients", "SELECT * FROM waste_by_client" WASTE_FIRST " LIMIT ?1"},
};

static const struct list after[] = {
    {"connections", "SELECT * FROM connections ORDER BY id LIMIT ?1"},
    {"findings", "SELECT * FROM findings ORDER BY id LIMIT ?1"},
    {"exchanges", "SELECT * FROM listed ORDER BY id LIMIT ?1"},
};

static void write_list(struct json_stream *s, struct report *report, const struct list *list)
{
    struct query query = query_begin(report->audit, list->query);
    query_bind(&query, 1, report_rows(report, 0));
    stream_array(s, list->key);
    while (query_next(&query)) {
        stream_object(s, NULL);
        stream_columns(s, &query, 0, 0);
        stream_end(s);
    }
    stream_end(s);
}

static bool is_json(const char *column)
{
    static const char *const columns[] = {"options", "thresholds", "inputs", "caps_reached"};
    for (unsigned i = 0; i < COUNT_OF(columns); i++)
        if (strcmp(columns[i], column) == 0)
            return true;
    return false;
}

static void write_run_column(struct json_stream *s, const struct query *query, int i)
{
    const char *column = sqlite3_column_name(query->statement, i);
    if (is_json(column))
        stream_json(s, column, query_text(query, i));
    else
        stream_column(s, column, query, i);
}

/* The row of `run`, some columns of which are JSON themselves. */
static void write_run(struct json_stream *s, struct report *report)
{
    struct query query = query_begin(report->audit, "SELECT * FROM run");
    stream_object(s, "run");
    while (query_next(&query))
        for (int i = 0; i < sqlite3_column_count(query.statement); i++)
            write_run_column(s, &query, i);
    stream_end(s);
}

static void write_totals(struct json_stream *s, struct report *report)
{
    struct query query = query_begin(report->audit, "SELECT * FROM totals");
    stream_object(s, "totals");
    while (query_next(&query))
        stream_columns(s, &query, 0, 0);
    stream_end(s);
}

static void write_patterns(struct json_stream *s, const char *key, const struct text_list *patterns)
{
    if (patterns->n == 0)
        return;
    stream_array(s, key);
    for (size_t i = 0; i < patterns->n; i++)
        stream_word(s, NULL, patterns->items[i]);
    stream_end(s);
}

/* What was asked for; empty where the audit is whole. */
static void write_selection(struct json_stream *s, const struct selection *chosen)
{
    stream_object(s, "selection");
    write_patterns(s, "host", &chosen->hosts);
    write_patterns(s, "url", &chosen->urls);
    write_patterns(s, "client", &chosen->clients);
    write_patterns(s, "rule", &chosen->rules);
    if (chosen->since.given)
        stream_word(s, "since", chosen->since.text);
    if (chosen->until.given)
        stream_word(s, "until", chosen->until.text);
    if (chosen->least != SEVERITY_INFO)
        stream_word(s, "severity", severity_word(chosen->least));
    if (chosen->top)
        stream_number(s, "top", chosen->top);
    stream_end(s);
}

/* What to change in each software that something is known of. */
static void write_remedies(struct json_stream *s, const char *rule)
{
    stream_array(s, "remedies");
    for (unsigned i = 0; remedy_at(i); i++) {
        const struct remedy *remedy = remedy_at(i);
        if (strcmp(remedy->rule, rule) != 0)
            continue;
        stream_object(s, NULL);
        stream_word(s, "software", software_word(remedy->software));
        if (*remedy->since)
            stream_word(s, "since", remedy->since);
        stream_word(s, "text", remedy->text);
        stream_bool(s, "tried", remedy->tried);
        stream_end(s);
    }
    stream_end(s);
}

void json_write_rule(struct json_stream *s, const char *key, const struct rule_card *card)
{
    stream_object(s, key);
    stream_word(s, "rule", card->id);
    stream_word(s, "group", card->group);
    stream_word(s, "severity", severity_word(card->severity));
    stream_word(s, "norm", norm_word(card->norm));
    stream_word(s, "section", card->section);
    stream_word(s, "party", card->party);
    stream_word(s, "title", card->title);
    stream_word(s, "means", card->means);
    stream_word(s, "remedy", card->remedy);
    write_remedies(s, card->id);
    if (card->variants && card->variants[0]) {
        stream_array(s, "variants");
        for (unsigned i = 0; card->variants[i]; i++)
            stream_word(s, NULL, card->variants[i]);
        stream_end(s);
    }
    stream_end(s);
}

/* The cards of the rules that issues speak of. */
static void write_rules(struct json_stream *s, struct report *report)
{
    struct query query = query_begin(report->audit, "SELECT DISTINCT rule FROM issues ORDER BY 1");
    stream_array(s, "rules");
    while (query_next(&query)) {
        const struct rule_card *card = rule_card_by_id(query_word(&query, 0));
        if (card)
            json_write_rule(s, NULL, card);
    }
    stream_end(s);
}

void json_document_write(struct report *report)
{
    struct json_stream s = json_stream_of(report->to, 2);
    stream_object(&s, NULL);
    stream_word(&s, "document", "wire304-audit");
    stream_number(&s, "version", JSON_DOCUMENT_VERSION);
    write_selection(&s, report->options->selection);
    write_run(&s, report);
    write_totals(&s, report);
    write_rules(&s, report);
    for (unsigned i = 0; i < COUNT_OF(before); i++)
        write_list(&s, report, &before[i]);
    for (unsigned i = 0; i < COUNT_OF(after); i++)
        write_list(&s, report, &after[i]);
    stream_end(&s);
}
