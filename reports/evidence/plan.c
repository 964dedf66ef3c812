/* SPDX-License-Identifier: MIT */
/*
 * A finding rests on the exchange that it accuses and on its reference, but also on what the caches
 * were taken to hold then. So the other exchanges of the same URL come along, nearest first, both
 * sides of a proxy, and one that shows that the client has a cache (rules.md G13).
 */

#include "reports/evidence/plan.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "reports/evidence/ring.h"
#include "reports/formats/escape.h"

/* ---- the finding ---- */

/* The finding's number that was asked for; 0 where there is none. */
static int64_t find(struct audit *audit, const char *text)
{
    bool is_issue = *text == '#', is_key = strlen(text) == 16;
    struct query query = query_begin(
        audit, is_issue ? "SELECT first_finding_id FROM issues WHERE id = CAST(?1 AS INTEGER)"
               : is_key ? "SELECT first_finding_id FROM issues WHERE key = ?1"
                        : "SELECT id FROM findings WHERE id = CAST(?1 AS INTEGER) AND "
                          "CAST(id AS TEXT) = ?1");
    query_bind_word(&query, 1, text + is_issue);
    int64_t number = query_next(&query) ? query_number(&query, 0) : 0;
    query_end(&query);
    return number;
}

static void copy_word(char *to, size_t size, const struct query *query, int column)
{
    snprintf(to, size, "%s", query_word(query, column));
}

static char *printable(struct slice text)
{
    char *copy = xmalloc(text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        copy[i] = (char)(text.at[i] < ' ' || text.at[i] > '~' ? '?' : text.at[i]);
    copy[text.len] = '\0';
    return copy;
}

static void add(struct evidence_plan *plan, uint64_t id, const char *role)
{
    for (unsigned i = 0; i < plan->n_wanted; i++)
        if (plan->wanted[i].id == id)
            return;
    if (id == 0)
        return;
    if (plan->n_wanted == EVIDENCE_EXCHANGES) {
        plan->is_cut = true;
        return;
    }
    plan->wanted[plan->n_wanted++] = (struct wanted){.id = id, .role = role};
}

static void read_finding(struct evidence_plan *plan, struct audit *audit)
{
    struct query query = query_begin(
        audit, "SELECT rule, variant, severity || ', ' || confidence, message, exchange_id, "
               "reference_exchange_id FROM findings WHERE id = ?");
    query_bind(&query, 1, (int64_t)plan->finding);
    if (query_next(&query)) {
        copy_word(plan->rule, sizeof plan->rule, &query, 0);
        copy_word(plan->variant, sizeof plan->variant, &query, 1);
        copy_word(plan->weight, sizeof plan->weight, &query, 2);
        plan->message = printable(query_text(&query, 3));
        add(plan, (uint64_t)query_number(&query, 4), "accused");
        add(plan, (uint64_t)query_number(&query, 5), "reference");
    }
    query_end(&query);
}

void evidence_plan_redact(struct evidence_plan *plan, struct audit *audit,
                          const struct privacy *privacy)
{
    struct arena arena;
    struct query query =
        query_begin(audit, "SELECT v.form, f.message FROM finding f JOIN verdict v ON v.id = "
                           "f.verdict WHERE f.id = ?");
    query_bind(&query, 1, (int64_t)plan->finding);
    free(plan->message);
    plan->message = NULL;
    arena_init(&arena, 4096);
    if (query_next(&query))
        plan->message = printable(
            privacy_of_message(privacy, query_text(&query, 0), query_text(&query, 1), &arena));
    arena_fini(&arena);
    query_end(&query);
}

/* ---- what bears on it ---- */

static void add_all(struct evidence_plan *plan, struct audit *audit, const char *text,
                    uint64_t parameter)
{
    struct query query = query_begin(audit, text);
    query_bind(&query, 1, (int64_t)parameter);
    while (query_next(&query))
        add(plan, (uint64_t)query_number(&query, 0), "context");
    query_end(&query);
}

#define ASKED_BY_SERVER(comparison, order)                                                         \
    "SELECT x.id FROM exchanges x, exchanges a WHERE a.id = ?1 AND x.client = a.server AND "       \
    "x.host IS a.host AND x.id " comparison " a.id ORDER BY x.id " order " LIMIT 2"

static void add_context(struct evidence_plan *plan, struct audit *audit)
{
    uint64_t accused = plan->wanted[0].id;
    /* one that shows that the client has a cache, with what it had been given */
    add_all(
        plan, audit,
        "WITH a AS (SELECT client_key AS who, client AS address FROM exchanges WHERE id = ?1), "
        "own AS (SELECT * FROM exchanges WHERE client_key IS (SELECT who FROM a) AND client = "
        "(SELECT address FROM a)), p AS (SELECT url, id FROM own WHERE outcome = 'not-modified' "
        "AND id < ?1 ORDER BY id LIMIT 1) SELECT own.id FROM own, p WHERE own.url = p.url AND "
        "own.id <= p.id ORDER BY own.id DESC LIMIT 4",
        accused);
    /* half of the room for the same URL, nearest first */
    add_all(plan, audit,
            "SELECT id FROM exchanges WHERE url = (SELECT url FROM exchanges WHERE id = ?1) "
            "ORDER BY abs(id - ?1) LIMIT 64",
            accused);
    /* the same place under other parameters: what cache busters and copies are told by */
    add_all(
        plan, audit,
        "SELECT id FROM exchanges WHERE url_pattern = (SELECT url_pattern FROM exchanges WHERE "
        "id = ?1) AND host = (SELECT host FROM exchanges WHERE id = ?1) AND body_hash = (SELECT "
        "body_hash FROM exchanges WHERE id = ?1) ORDER BY abs(id - ?1) LIMIT 8",
        accused);
    /* the one before on its connection: requests and responses are in step */
    add_all(plan, audit,
            "SELECT x.id FROM exchanges x, exchanges a WHERE a.id = ?1 AND x.connection_id = "
            "a.connection_id AND x.id < a.id ORDER BY x.id DESC LIMIT 1",
            accused);
    /* what its server, if it is a proxy, asked before and after: that its questions are seen */
    add_all(plan, audit, ASKED_BY_SERVER("<", "DESC"), accused);
    add_all(plan, audit, ASKED_BY_SERVER(">", "ASC"), accused);
    for (unsigned i = 0, n = plan->n_wanted; i < n; i++)
        add_all(plan, audit,
                "SELECT id FROM exchanges WHERE outer_exchange_id = ?1 UNION SELECT "
                "outer_exchange_id FROM exchanges WHERE id = ?1 AND outer_exchange_id NOT NULL",
                plan->wanted[i].id);
}

/* ---- where they are ---- */

static uint32_t file_index(const struct evidence_plan *plan, struct slice name)
{
    uint32_t i = 0;
    while (i < plan->n_files && !slice_equal(slice_of_text(plan->files[i]), name))
        i++;
    return i;
}

static void locate(struct evidence_plan *plan, struct audit *audit, struct wanted *wanted)
{
    struct query query =
        query_begin(audit, "SELECT connection_id, request_file, request_frame, response_file, "
                           "response_frame, coalesce(requested_us, responded_us), "
                           "coalesce(response_end_us, request_end_us) FROM exchanges WHERE id = ?");
    query_bind(&query, 1, (int64_t)wanted->id);
    if (query_next(&query)) {
        wanted->connection = (uint64_t)query_number(&query, 0);
        wanted->request = (struct spot){file_index(plan, query_text(&query, 1)),
                                        (uint64_t)query_number(&query, 2)};
        wanted->response = (struct spot){file_index(plan, query_text(&query, 3)),
                                         (uint64_t)query_number(&query, 4)};
        wanted->start_us = query_number(&query, 5);
        wanted->end_us = query_number(&query, 6);
    }
    query_end(&query);
}

/* ---- the run ---- */

static char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? xstrdup(text) : NULL;
}

static int64_t time_of(const json_t *object, const char *name)
{
    const json_t *time = json_object_get(object, name);
    return time ? json_integer_value(time) : INT64_MIN;
}

static bool read_files(struct evidence_plan *plan, const json_t *inputs, struct error *error)
{
    size_t n = json_array_size(inputs);
    plan->files = xcalloc(n + 1, sizeof *plan->files);
    plan->sizes = xcalloc(n + 1, sizeof *plan->sizes);
    plan->first_us = xcalloc(n + 1, sizeof *plan->first_us);
    plan->last_us = xcalloc(n + 1, sizeof *plan->last_us);
    plan->ends = xcalloc(n + 1, sizeof *plan->ends);
    for (size_t i = 0; i < n; i++) {
        const json_t *input = json_array_get(inputs, i);
        char *file = text_of(input, "file");
        if (!file || strcmp(file, "-") == 0) {
            free(file);
            return error_set(error, ERROR_INPUT,
                             "the audit was made from standard input: its packets cannot be read "
                             "again");
        }
        plan->files[plan->n_files] = file;
        plan->first_us[i] = time_of(input, "first_us");
        plan->last_us[i] = time_of(input, "last_us");
        plan->ends[i] = text_of(input, "ends");
        plan->sizes[plan->n_files++] = (uint64_t)json_integer_value(json_object_get(input, "size"));
    }
    return n > 0 || error_set(error, ERROR_INPUT, "the audit names no captures");
}

/* Of what a live run read, nothing is left but what its ring keeps. */
static bool was_kept(struct audit *audit, struct error *error)
{
    return audit_number(audit, "SELECT count(*) FROM sqlite_schema WHERE name = 'settled'") == 0 ||
           error_set(error, ERROR_INPUT,
                     "%s was recorded from an interface without --packets: its packets are not "
                     "kept",
                     audit->path);
}

static bool read_run(struct evidence_plan *plan, struct audit *audit, struct error *error)
{
    struct query query = query_begin(audit, "SELECT inputs, options FROM run");
    json_t *inputs = NULL, *options = NULL;
    if (query_next(&query)) {
        inputs = json_loads(query_word(&query, 0), 0, NULL);
        options = json_loads(query_word(&query, 1), 0, NULL);
    }
    query_end(&query);
    plan->filter = text_of(options, "filter");
    plan->from = text_of(options, "from");
    plan->until = text_of(options, "until");
    bool done = true;
    if (evidence_has_ring(audit))
        evidence_ring_files(plan, audit);
    else
        done = was_kept(audit, error) && read_files(plan, inputs, error);
    json_decref(inputs);
    json_decref(options);
    return done;
}

bool evidence_plan_make(struct evidence_plan *plan, struct audit *audit, const char *finding,
                        struct error *error)
{
    *plan = (struct evidence_plan){.finding = (uint64_t)find(audit, finding)};
    if (plan->finding == 0)
        return error_set(error, ERROR_USAGE,
                         "there is no finding '%s': give the id of a finding, or the key of an "
                         "issue, as the reports show them",
                         finding);
    if (!read_run(plan, audit, error))
        return false;
    read_finding(plan, audit);
    if (plan->n_wanted)
        add_context(plan, audit);
    for (unsigned i = 0; i < plan->n_wanted; i++)
        locate(plan, audit, &plan->wanted[i]);
    return !plan->is_ring || evidence_ring_narrow(plan, error);
}

void evidence_plan_free(struct evidence_plan *plan)
{
    for (size_t i = 0; i < plan->n_files; i++)
        free(plan->files[i]);
    free(plan->files);
    free(plan->sizes);
    free(plan->first_us);
    free(plan->last_us);
    for (size_t i = 0; i < plan->n_files && plan->ends; i++)
        free(plan->ends[i]);
    free(plan->ends);
    free(plan->filter);
    free(plan->from);
    free(plan->until);
    free(plan->message);
}
