/* SPDX-License-Identifier: MIT */
/*
 * SQLite resolves a name in the schema `temp` before `main`: a temporary view called `exchanges`
 * stands in front of the one in the file. Which rows belong to it is found out once and kept as
 * numbers; the columns are copied from the view in the file, so that whatever it has, the part has.
 * The tables `exchange` and `finding`, which sums over many rows are made of, are stood in for,
 * too.
 */

#include "reports/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/audit/questions.h"
#include "reports/audit/schema.h"
#include "reports/audit/words.h"
#include "reports/options/values.h"

/* A column that is not copied: what stands in its place. */
struct instead {
    const char *column, *expression;
};

bool selection_is_whole(const struct selection *s)
{
    return s->hosts.n + s->urls.n + s->clients.n + s->rules.n == 0 && !s->since.given &&
           !s->until.given && s->least == SEVERITY_INFO;
}

static bool chooses_exchanges(const struct selection *s)
{
    return s->hosts.n + s->urls.n + s->clients.n > 0 || s->since.given || s->until.given;
}

static void add_text(char *text, size_t size, const char *option, const char *value)
{
    size_t at = strlen(text);
    snprintf(text + at, size - at, "%s--%s %s", at ? " " : "", option, value);
}

static void add_list(char *text, size_t size, const char *option, const struct text_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        add_text(text, size, option, list->items[i]);
}

bool selection_text(const struct selection *s, char *text, size_t size)
{
    *text = '\0';
    add_list(text, size, "host", &s->hosts);
    add_list(text, size, "url", &s->urls);
    add_list(text, size, "client", &s->clients);
    add_list(text, size, "rule", &s->rules);
    if (s->since.given)
        add_text(text, size, "since", s->since.text);
    if (s->until.given)
        add_text(text, size, "until", s->until.text);
    return *text != '\0';
}

/* ------------------------------------------------------------------ patterns, as SQL functions */

static struct slice text_of(sqlite3_value *value)
{
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return SLICE_ABSENT;
    const void *at = sqlite3_value_blob(value);
    return slice_of(at ? at : "", (size_t)sqlite3_value_bytes(value));
}

/* Does any of the values match any of the patterns? */
static void any_matches(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct text_list *globs = sqlite3_user_data(context);
    bool found = false;
    for (int i = 0; i < n && !found; i++) {
        struct slice text = text_of(values[i]);
        for (size_t j = 0; j < globs->n && !found && !slice_is_absent(text); j++)
            found = glob_matches(globs->items[j], text);
    }
    sqlite3_result_int(context, found);
}

/* A rule is known by its id or by its group; one that this program does not know, by its id. */
static void rule_is_chosen(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    const struct text_list *globs = sqlite3_user_data(context);
    const unsigned char *id = sqlite3_value_text(values[0]);
    const struct rule_card *card = id ? rule_card_by_id((const char *)id) : NULL;
    bool found = false;
    for (size_t i = 0; i < globs->n && !found && id; i++)
        found = glob_matches(globs->items[i], slice_of_text((const char *)id)) ||
                (card && glob_matches(globs->items[i], slice_of_text(card->group)));
    sqlite3_result_int(context, found);
}

/* The function keeps a list of its own, of the same patterns. */
static void teach(struct audit *audit, const char *name, int arguments,
                  const struct text_list *globs,
                  void (*function)(sqlite3_context *, int, sqlite3_value **))
{
    struct text_list *kept = xmalloc(sizeof *kept);
    *kept = *globs;
    sqlite3_create_function_v2(audit->db, name, arguments,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, kept,
                               function, NULL, NULL, free);
}

void selection_teach_clients(struct audit *audit, const struct text_list *clients)
{
    teach(audit, "client_is_chosen", 3, clients, any_matches);
}

/* ------------------------------------------------------------------ what stands in front */

static const char *expression_of(const struct instead *others, const char *column)
{
    for (; others && others->column; others++)
        if (strcmp(others->column, column) == 0)
            return others->expression;
    return NULL;
}

/* CREATE TEMP VIEW `name` AS SELECT its columns FROM main.name AS t, `from` being the rest. */
static void stand_in(struct audit *audit, const char *name, const struct instead *others,
                     const char *from)
{
    sqlite3_str *text = sqlite3_str_new(audit->db);
    struct query columns = query_begin(audit, "SELECT name FROM pragma_table_info(?1, 'main')");
    query_bind_word(&columns, 1, name);
    sqlite3_str_appendf(text, "CREATE TEMP VIEW %s AS SELECT", name);
    for (int i = 0; query_next(&columns); i++) {
        const char *column = query_word(&columns, 0), *other = expression_of(others, column);
        if (other)
            sqlite3_str_appendf(text, "%s (%s) AS \"%w\"", i ? "," : "", other, column);
        else
            sqlite3_str_appendf(text, "%s t.\"%w\" AS \"%w\"", i ? "," : "", column, column);
    }
    sqlite3_str_appendf(text, " FROM main.%s AS t %s", name, from);
    char *statement = sqlite3_str_finish(text);
    audit_run(audit, statement ? statement : "");
    sqlite3_free(statement);
}

/* ------------------------------------------------------------------ the choice */

static int64_t time_us(const struct time_limit *limit, int64_t first_us, int64_t otherwise)
{
    if (!limit->given)
        return otherwise;
    int64_t us = limit->ns / 1000 - (limit->ns % 1000 < 0);
    return limit->relative ? us + first_us : us;
}

static void choose_exchanges(const struct selection *s, struct audit *audit)
{
    int64_t first_us = audit_number(audit, "SELECT first_us FROM run");
    audit_run(audit, "CREATE TEMP TABLE chosen_exchange (id INTEGER PRIMARY KEY)");
    char *text = sqlite3_mprintf(
        "INSERT INTO temp.chosen_exchange SELECT id FROM %s.exchanges "
        "WHERE (?1 OR host_is_chosen(host, server)) AND (?2 OR url_is_chosen(url, target)) "
        "AND (?3 OR client_is_chosen(client, forwarded_for, client_key)) "
        "AND coalesce(requested_us, responded_us) BETWEEN ?4 AND ?5",
        audit->is_redacted ? "whole" : "main");
    struct query query = query_begin(audit, text ? text : "");
    sqlite3_free(text);
    query_bind(&query, 1, s->hosts.n == 0);
    query_bind(&query, 2, s->urls.n == 0);
    query_bind(&query, 3, s->clients.n == 0);
    query_bind(&query, 4, time_us(&s->since, first_us, INT64_MIN));
    query_bind(&query, 5, time_us(&s->until, first_us, INT64_MAX));
    while (query_next(&query))
        ;
}

static void choose_findings(const struct selection *s, struct audit *audit)
{
    audit_run(audit, "CREATE TEMP TABLE chosen_finding (id INTEGER PRIMARY KEY);"
                     "CREATE TEMP TABLE chosen_claim (id INTEGER PRIMARY KEY, avoidable, "
                     "opportunity)");
    audit_run(audit, chooses_exchanges(s)
                         ? "INSERT INTO temp.chosen_finding SELECT id FROM main.findings WHERE "
                           "rule_is_chosen(rule) AND exchange_id IN temp.chosen_exchange"
                         : "INSERT INTO temp.chosen_finding SELECT id FROM main.findings WHERE "
                           "rule_is_chosen(rule)");
    audit_run(audit, "INSERT INTO temp.chosen_claim SELECT exchange_id, sum(avoidable_bytes), "
                     "sum(opportunity_bytes) FROM main.findings WHERE id IN temp.chosen_finding "
                     "GROUP BY exchange_id");
}

static void stand_in_exchanges(const struct selection *s, struct audit *audit)
{
    static const struct instead claims[] = {
        {"avoidable_bytes", "coalesce((SELECT avoidable FROM temp.chosen_claim WHERE id = t.id), "
                            "0)"},
        {"opportunity_bytes", "coalesce((SELECT opportunity FROM temp.chosen_claim WHERE id = "
                              "t.id), 0)"},
        {NULL, NULL},
    };
    stand_in(audit, "exchanges", claims,
             chooses_exchanges(s) ? "WHERE t.id IN temp.chosen_exchange" : "");
    if (chooses_exchanges(s))
        audit_run(audit, "CREATE TEMP VIEW exchange AS SELECT * FROM main.exchange WHERE "
                         "id IN temp.chosen_exchange");
}

static void stand_in_findings(const struct selection *s, struct audit *audit)
{
    static const char *const shown[] = {
        "WHERE t.id IN temp.chosen_finding",
        "WHERE t.id IN temp.chosen_finding AND t.severity IN ('waste', 'warning', 'error')",
        "WHERE t.id IN temp.chosen_finding AND t.severity IN ('warning', 'error')",
        "WHERE t.id IN temp.chosen_finding AND t.severity = 'error'",
    };
    stand_in(audit, "findings", NULL, shown[s->least]);
    audit_run(audit, "CREATE TEMP VIEW finding AS SELECT * FROM main.finding WHERE "
                     "id IN (SELECT id FROM temp.findings)");
}

/* The sums of an issue over what is chosen of it (contract.md: `issues`). */
static void stand_in_issues(struct audit *audit)
{
    static const struct instead sums[] = {
        {"severity", "CASE c.rank WHEN 3 THEN 'error' WHEN 2 THEN 'warning' WHEN 1 THEN 'waste' "
                     "ELSE 'info' END"},
        {"first_finding_id", "c.first_finding"},
        {"exchanges", "c.exchanges"},
        {"avoidable_bytes", "c.avoidable"},
        {"opportunity_bytes", "c.opportunity"},
        {"first_us", "c.first_us"},
        {"last_us", "c.last_us"},
        {NULL, NULL},
    };
    audit_run(audit,
              "CREATE TEMP TABLE chosen_issue (id INTEGER PRIMARY KEY, rank, first_finding, "
              "exchanges, avoidable, opportunity, first_us, last_us);"
              "INSERT INTO temp.chosen_issue SELECT issue_id, max(CASE severity WHEN 'error' THEN "
              "3 WHEN 'warning' THEN 2 WHEN 'waste' THEN 1 ELSE 0 END), min(id), "
              "count(DISTINCT exchange_id), sum(avoidable_bytes), sum(opportunity_bytes), "
              "min(found_us), max(found_us) FROM temp.findings GROUP BY issue_id");
    stand_in(audit, "issues", sums, "JOIN temp.chosen_issue c ON c.id = t.id");
}

static void stand_in_connections(const struct selection *s, struct audit *audit)
{
    if (!chooses_exchanges(s))
        return;
    audit_run(audit, "CREATE TEMP TABLE chosen_connection (id INTEGER PRIMARY KEY);"
                     "INSERT INTO temp.chosen_connection SELECT DISTINCT connection_id FROM "
                     "temp.exchanges");
    stand_in(audit, "connections", NULL, "WHERE t.id IN temp.chosen_connection");
}

/* As schema.c adds them up: only exchanges without an outer one; claims by their confidence. */
static void stand_in_totals(struct audit *audit)
{
    static const struct instead sums[] = {
        {"exchanges", "c.exchanges"},
        {"observed_bytes", "c.observed"},
        {"avoidable_certain", "d.certain"},
        {"avoidable_likely", "d.likely"},
        {"avoidable_possible", "d.possible"},
        {"opportunity_bytes", "d.opportunity"},
        {"retransmitted_bytes", "c.retransmitted"},
        {"connection_bytes", "c.overhead"},
        {"accepted_bytes", "d.accepted"},
        {"needless_round_trips", "SELECT count(*) FROM needless_round_trips WHERE confidence <> "
                                 "'possible'"},
        {"needless_time_us", "SELECT coalesce(sum(time_us), 0) FROM needless_round_trips WHERE "
                             "confidence <> 'possible'"},
        {"possible_round_trips", "SELECT count(*) FROM needless_round_trips WHERE confidence = "
                                 "'possible'"},
        {"possible_time_us", "SELECT coalesce(sum(time_us), 0) FROM needless_round_trips WHERE "
                             "confidence = 'possible'"},
        {NULL, NULL},
    };
    audit_run(
        audit,
        "CREATE TEMP TABLE chosen_traffic AS SELECT count(*) AS exchanges, "
        "coalesce(sum(request_header_bytes + request_body_bytes + response_header_bytes + "
        "response_body_bytes), 0) AS observed, coalesce(sum(retransmitted_bytes), 0) AS "
        "retransmitted, (SELECT coalesce(sum(overhead_bytes), 0) FROM connections) AS overhead "
        "FROM temp.exchanges WHERE outer_exchange_id IS NULL;"
        "CREATE TEMP TABLE chosen_sums AS SELECT "
        "coalesce(sum(avoidable_bytes) FILTER (WHERE confidence = 'certain'), 0) AS certain, "
        "coalesce(sum(avoidable_bytes) FILTER (WHERE confidence = 'likely'), 0) AS likely, "
        "coalesce(sum(avoidable_bytes) FILTER (WHERE confidence = 'possible'), 0) AS possible, "
        "coalesce(sum(opportunity_bytes), 0) AS opportunity, "
        "coalesce(sum(avoidable_bytes) FILTER (WHERE confidence <> 'possible' AND issue_id IN "
        "(SELECT id FROM main.issues WHERE accepted NOT NULL)), 0) AS accepted "
        "FROM main.findings f "
        "WHERE id IN temp.chosen_finding AND avoidable_bytes + opportunity_bytes > 0 "
        "AND (SELECT outer_exchange_id FROM main.exchanges WHERE id = f.exchange_id) IS NULL");
    stand_in(audit, "totals", sums, "JOIN temp.chosen_traffic c JOIN temp.chosen_sums d");
}

/* Of the exchanges that are chosen, those that a chosen rule accuses; and what would become of all
 * the traffic is not said of a part. */
static void stand_in_what_if(struct audit *audit)
{
    stand_in(audit, "needless_round_trips", NULL,
             "WHERE rule_is_chosen(t.rule) AND t.exchange_id IN (SELECT id FROM temp.exchanges)");
    stand_in(audit, "what_if", NULL, "WHERE 0");
}

/* Everything that is made of the chosen part. */
static void narrow(const struct selection *s, struct audit *audit)
{
    static const char *star = "*";
    static const struct text_list every = {&star, 1};
    teach(audit, "host_is_chosen", 2, &s->hosts, any_matches);
    teach(audit, "url_is_chosen", 2, &s->urls, any_matches);
    selection_teach_clients(audit, &s->clients);
    teach(audit, "rule_is_chosen", 1, s->rules.n ? &s->rules : &every, rule_is_chosen);
    if (chooses_exchanges(s))
        choose_exchanges(s, audit);
    choose_findings(s, audit);
    stand_in_exchanges(s, audit);
    stand_in_findings(s, audit);
    stand_in_issues(audit);
    stand_in_connections(s, audit);
    stand_in_what_if(audit);
    stand_in_totals(audit);
}

/* All columns of all exchanges are read: joins look a row up once for all of its columns. */
static void list_all(struct audit *audit)
{
    char *select = words_expand(schema_listed);
    char *text = sqlite3_mprintf("CREATE TEMP VIEW listed AS %s", select);
    audit_run(audit, text ? text : "");
    sqlite3_free(text);
    sqlite3_free(select);
}

static void list_exchanges(const struct selection *s, struct audit *audit)
{
    if (selection_is_whole(s)) {
        list_all(audit);
        return;
    }
    if (s->rules.n == 0) {
        audit_run(audit, "CREATE TEMP VIEW listed AS SELECT * FROM exchanges");
        return;
    }
    audit_run(audit,
              "CREATE TEMP TABLE concerned (id INTEGER PRIMARY KEY);"
              "INSERT OR IGNORE INTO temp.concerned SELECT exchange_id FROM findings;"
              "INSERT OR IGNORE INTO temp.concerned SELECT reference_exchange_id FROM findings "
              "WHERE reference_exchange_id NOT NULL;"
              "CREATE TEMP VIEW listed AS SELECT * FROM exchanges WHERE id IN temp.concerned");
}

void selection_apply(const struct selection *s, struct audit *audit)
{
    if (!selection_is_whole(s))
        narrow(s, audit);
    list_exchanges(s, audit);
    if (!audit->failed && !questions_create(audit->db, true))
        audit_fail(audit);
}
