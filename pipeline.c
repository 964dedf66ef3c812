/* SPDX-License-Identifier: MIT */
/*
 * One thread: each packet, or the few that lie in memory together, goes all the way before the next
 * is read. Sinks are handed downstream at construction; between decode and analysis stands the host
 * filter, so that verdicts about a host do not depend on what the others did.
 */

#include "pipeline.h"

#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "reports/json.h"

#define PACKETS_BETWEEN_LOOKS 1024 /* at the clock; signals are looked for more often */
#define CHECKPOINT_NS         INT64_C(1000000000)  /* a database that grows is committed so often */
#define WHOLE_NS              INT64_C(10000000000) /* and its sums stand so often */

struct pipeline {
    struct watch *watch; /* NULL: nobody */
    struct database *database;
    struct analysis *analysis;
    struct host_filter *hosts; /* NULL: all */
    uint64_t exchanges, packets;
    int64_t first_ns, last_ns; /* smallest and largest packet time */
    json_t *caps;
    struct decoder *decoder;
    struct status_facts status;
    int64_t until_ns, checkpoint_ns, whole_ns; /* monotonic clock: when due */
    bool draining;
};

static void on_exchange(void *context, struct exchange *exchange)
{
    struct pipeline *pipeline = context;
    if (pipeline->hosts && !host_filter_exchange(pipeline->hosts, exchange))
        exchange_free(exchange);
    else
        analysis_exchange(pipeline->analysis, exchange);
}

static void on_connection(void *context, const struct connection *connection)
{
    struct pipeline *pipeline = context;
    struct connection copy = *connection;
    analysis_connection(pipeline->analysis, connection);
    if (!pipeline->hosts || host_filter_connection(pipeline->hosts, &copy))
        database_connection(pipeline->database, &copy);
}

static void on_loss(void *context, const struct loss *loss)
{
    struct pipeline *pipeline = context;
    analysis_loss(pipeline->analysis, loss);
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    struct pipeline *pipeline = context;
    pipeline->status.bytes += coverage->bytes;
    if (!coverage->reason)
        pipeline->status.audited_bytes += coverage->bytes;
    watch_coverage(pipeline->watch, coverage);
    database_coverage(pipeline->database, coverage);
}

static void on_assessed(void *context, const struct assessed *assessed)
{
    struct pipeline *pipeline = context;
    pipeline->exchanges++;
    watch_exchange(pipeline->watch, assessed);
    database_exchange(pipeline->database, assessed);
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct pipeline *pipeline = context;
    database_pair(pipeline->database, inner_id, outer_id);
}

static void on_finding(void *context, const struct finding *finding)
{
    struct pipeline *pipeline = context;
    pipeline->status.findings++;
    if (finding->confidence != CONFIDENCE_POSSIBLE)
        pipeline->status.avoidable_bytes += finding->avoidable_bytes;
    watch_finding(pipeline->watch, finding);
    database_finding(pipeline->database, finding);
}

static void on_check(void *context, const struct check *check)
{
    struct pipeline *pipeline = context;
    watch_check(pipeline->watch, check);
    database_check(pipeline->database, check);
}

static void on_waits(void *context, uint64_t exchange_id, bool waits)
{
    struct pipeline *pipeline = context;
    database_waits(pipeline->database, exchange_id, waits);
}

static void on_what_if(void *context, const struct what_if *what_if)
{
    struct pipeline *pipeline = context;
    database_what_if(pipeline->database, what_if);
}

/* Caps that were reached, for run.caps_reached. */
static void on_counter(void *context, const char *name, const char *text, bool is_cap,
                       uint64_t value)
{
    struct pipeline *pipeline = context;
    watch_counter(pipeline->watch, name, is_cap, value);
    if (!is_cap)
        return;
    json_t *cap = json_object();
    json_object_set_new(cap, "name", json_string(name));
    json_object_set_new(cap, "text", json_string(text));
    json_object_set_new(cap, "value", json_integer((json_int_t)value));
    json_array_append_new(pipeline->caps, cap);
}

static json_t *input_facts(const struct input *input)
{
    static const char *const states[] = {"whole", "cut-short", "damaged"};
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(slice_of_text(input->name)));
    json_object_set_new(object, "size", json_integer((json_int_t)input->size));
    if (input->packets) {
        json_object_set_new(object, "first_us", json_integer(input->first_ns / 1000));
        json_object_set_new(object, "last_us", json_integer(input->last_ns / 1000));
    }
    json_object_set_new(object, "packets", json_integer((json_int_t)input->packets));
    json_object_set_new(object, "state", json_string(states[input->state]));
    if (input->late)
        json_object_set_new(object, "late", json_integer((json_int_t)input->late));
    return object;
}

char *pipeline_inputs_json(const struct source *source)
{
    json_t *array = json_array();
    for (size_t i = 0; i < source_inputs(source); i++)
        json_array_append_new(array, input_facts(source_input(source, i)));
    return json_finish(array);
}

static void note_time(struct pipeline *pipeline, int64_t time_ns)
{
    if (pipeline->packets++ == 0)
        pipeline->first_ns = pipeline->last_ns = time_ns;
    else if (time_ns < pipeline->first_ns)
        pipeline->first_ns = time_ns;
    else if (time_ns > pipeline->last_ns)
        pipeline->last_ns = time_ns;
}

/* ---- what is due by the clock ---- */

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void gather_facts(const struct pipeline_options *options, const struct pipeline *pipeline,
                         struct run_facts *facts)
{
    *facts = (struct run_facts){
        .options_json = options->options_json,
        .thresholds_json = options->thresholds_json,
        .price = options->price,
        .inputs_json = pipeline_inputs_json(options->source),
        .caps_json = NULL,
        .started_ns = pipeline->first_ns,
        .first_ns = pipeline->first_ns,
        .last_ns = pipeline->last_ns,
        .packets = pipeline->packets,
    };
    for (size_t i = 0; i < source_inputs(options->source); i++) {
        const struct input *input = source_input(options->source, i);
        facts->dropped_by_kernel += input->dropped_by_kernel;
        facts->dropped_by_interface += input->dropped_by_interface;
    }
}

static char *caps_json(struct pipeline *pipeline)
{
    pipeline->caps = json_array();
    watch_begin_counters(pipeline->watch);
    decoder_counters(pipeline->decoder, on_counter, pipeline);
    analysis_counters(pipeline->analysis, on_counter, pipeline);
    return json_finish(pipeline->caps);
}

static void free_facts(struct run_facts *facts)
{
    free((char *)(uintptr_t)facts->inputs_json);
    free((char *)(uintptr_t)facts->caps_json);
}

/* Checks and coverage begin anew: they are told as sums. */
static void begin_standing(struct pipeline *pipeline)
{
    database_begin_checkpoint(pipeline->database);
    watch_begin_standing(pipeline->watch);
    pipeline->status.bytes = pipeline->status.audited_bytes = 0;
}

static bool checkpoint(const struct pipeline_options *options, struct pipeline *pipeline,
                       bool whole, struct error *error)
{
    struct run_facts facts;
    if (whole) {
        begin_standing(pipeline);
        analysis_checks(pipeline->analysis, on_check, pipeline);
        decoder_coverage(pipeline->decoder, on_coverage, pipeline);
    }
    gather_facts(options, pipeline, &facts);
    facts.caps_json = caps_json(pipeline);
    int64_t began = monotonic_ns();
    bool done = database_checkpoint(pipeline->database, &facts, whole, error);
    pipeline->status.packets = pipeline->packets;
    pipeline->status.exchanges = pipeline->exchanges;
    pipeline->status.dropped = facts.dropped_by_kernel + facts.dropped_by_interface;
    free_facts(&facts);
    watch_commit(pipeline->watch, options->source, &pipeline->status, monotonic_ns() - began);
    return done;
}

/* False and *error where the database cannot be written any more. */
static bool look_at_clock(const struct pipeline_options *options, struct pipeline *pipeline,
                          struct error *error)
{
    uint64_t done, total;
    source_progress(options->source, &done, &total);
    progress_update(options->progress, done, total);
    if (!database_grows(pipeline->database))
        return true;
    int64_t now = monotonic_ns();
    watch_turn(pipeline->watch, now);
    if (now < pipeline->checkpoint_ns)
        return true;
    bool whole = now >= pipeline->whole_ns;
    pipeline->checkpoint_ns = now + CHECKPOINT_NS;
    if (whole)
        pipeline->whole_ns = now + WHOLE_NS;
    return checkpoint(options, pipeline, whole, error);
}

static bool is_over(const struct pipeline_options *options, const struct pipeline *pipeline)
{
    return *options->stop || (options->count && pipeline->packets >= options->count) ||
           (options->duration_ns && monotonic_ns() >= pipeline->until_ns);
}

/* ---- reading ---- */

/* As many packets as may be had at once; of more than were asked for, one that is left out. */
static size_t next_packets(const struct pipeline_options *options, const struct pipeline *pipeline,
                           struct packet *packets)
{
    uint64_t most = DECODER_PACKETS;
    if (options->count && options->count - pipeline->packets < most)
        most = options->count - pipeline->packets;
    return source_packets(options->source, packets, most ? most : 1);
}

static void work_on(struct pipeline *pipeline, const struct packet *packets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        note_time(pipeline, packets[i].time_ns);
    decoder_packets(pipeline->decoder, packets, n);
}

static bool read_packets(const struct pipeline_options *options, struct pipeline *pipeline,
                         struct error *error)
{
    struct packet packets[DECODER_PACKETS];
    uint64_t look = PACKETS_BETWEEN_LOOKS;
    bool done = true;
    while (done) {
        if (!pipeline->draining && (*options->stop || options->count || options->duration_ns) &&
            is_over(options, pipeline)) {
            pipeline->draining = true;
            source_drain(options->source);
        }
        size_t n = next_packets(options, pipeline, packets);
        if (!n && !source_is_idle(options->source))
            break;
        if (n && !(options->count && pipeline->packets >= options->count))
            work_on(pipeline, packets, n);
        if (!n || pipeline->packets >= look) {
            look = pipeline->packets + PACKETS_BETWEEN_LOOKS;
            done = look_at_clock(options, pipeline, error);
        }
    }
    progress_clear(options->progress);
    return done;
}

static bool finish_database(const struct pipeline_options *options, struct pipeline *pipeline,
                            struct error *error)
{
    struct run_facts facts;
    gather_facts(options, pipeline, &facts);
    facts.caps_json = caps_json(pipeline);
    bool finished = database_finish(pipeline->database, &facts, error);
    free_facts(&facts);
    return finished;
}

bool pipeline_run(const struct pipeline_options *options, struct database *database,
                  struct pipeline_result *result, struct error *error)
{
    bool grows = database_grows(database);
    struct pipeline pipeline = {.database = database, .watch = options->watch};
    const struct analysis_sink findings = {
        .context = &pipeline,
        .exchange = on_assessed,
        .pair = on_pair,
        .finding = on_finding,
        .check = on_check,
        .what_if = on_what_if,
        .waits = grows ? on_waits : NULL,
    };
    const struct decode_sink exchanges = {&pipeline, on_exchange, on_connection, on_loss,
                                          on_coverage};
    if (options->hosts.n + options->left_out.n)
        pipeline.hosts = host_filter_new(options->hosts, options->left_out);
    pipeline.analysis = analysis_new(&options->analysis, &findings);
    pipeline.decoder = decoder_new(&options->decoder, &exchanges);
    pipeline.until_ns = monotonic_ns() + options->duration_ns;

    bool done = read_packets(options, &pipeline, error);
    result->stopped = *options->stop != 0;
    if (grows)
        begin_standing(&pipeline);
    decoder_finish(pipeline.decoder);
    analysis_finish(pipeline.analysis);
    result->exchanges = pipeline.exchanges;
    result->packets = pipeline.packets;
    done = done && finish_database(options, &pipeline, error);
    watch_finish(options->watch);

    decoder_free(pipeline.decoder);
    analysis_free(pipeline.analysis);
    host_filter_free(pipeline.hosts);
    return done;
}
