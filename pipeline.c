/* SPDX-License-Identifier: MIT */
/*
 * One thread: each packet goes all the way before the next is read. Sinks are handed downstream at
 * construction; between decode and analysis stands the host filter, so that verdicts about a host
 * do not depend on what the others did.
 */

#include "pipeline.h"

#include <stdlib.h>

#include <jansson.h>

#include "reports/json.h"

#define PACKETS_BETWEEN_LOOKS 1024 /* at the progress; signals are looked for at every packet */

struct pipeline {
    struct database *database;
    struct analysis *analysis;
    struct host_filter *hosts; /* NULL: all */
    uint64_t exchanges, packets;
    int64_t first_ns, last_ns; /* smallest and largest packet time */
    json_t *caps;
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
    database_coverage(pipeline->database, coverage);
}

static void on_assessed(void *context, const struct assessed *assessed)
{
    struct pipeline *pipeline = context;
    pipeline->exchanges++;
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
    database_finding(pipeline->database, finding);
}

static void on_check(void *context, const struct check *check)
{
    struct pipeline *pipeline = context;
    database_check(pipeline->database, check);
}

/* Caps that were reached, for run.caps_reached. */
static void on_counter(void *context, const char *name, const char *text, bool is_cap,
                       uint64_t value)
{
    struct pipeline *pipeline = context;
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
    return object;
}

static char *inputs_json(const struct source *source)
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

/* Returns whether it was stopped before the end. */
static bool read_packets(const struct pipeline_options *options, struct pipeline *pipeline,
                         struct decoder *decoder)
{
    struct packet packet;
    uint64_t done, total;
    while (!*options->stop && source_next(options->source, &packet)) {
        note_time(pipeline, packet.time_ns);
        decoder_packet(decoder, &packet);
        if (pipeline->packets % PACKETS_BETWEEN_LOOKS == 0) {
            source_progress(options->source, &done, &total);
            progress_update(options->progress, done, total);
        }
    }
    progress_clear(options->progress);
    return *options->stop != 0;
}

static bool finish_database(const struct pipeline_options *options, struct pipeline *pipeline,
                            struct error *error)
{
    char *inputs = inputs_json(options->source);
    char *caps = json_finish(pipeline->caps);
    struct run_facts facts = {
        .options_json = options->options_json,
        .thresholds_json = options->thresholds_json,
        .price = options->price,
        .inputs_json = inputs,
        .caps_json = caps,
        .started_ns = pipeline->first_ns,
        .first_ns = pipeline->first_ns,
        .last_ns = pipeline->last_ns,
        .packets = pipeline->packets,
    };
    bool finished = database_finish(pipeline->database, &facts, error);
    free(inputs);
    free(caps);
    return finished;
}

bool pipeline_run(const struct pipeline_options *options, struct database *database,
                  struct pipeline_result *result, struct error *error)
{
    struct pipeline pipeline = {.database = database, .caps = json_array()};
    const struct analysis_sink findings = {&pipeline, on_assessed, on_pair, on_finding, on_check};
    const struct decode_sink exchanges = {&pipeline, on_exchange, on_connection, on_loss,
                                          on_coverage};
    if (options->hosts.n + options->left_out.n)
        pipeline.hosts = host_filter_new(options->hosts, options->left_out);
    pipeline.analysis = analysis_new(&options->analysis, &findings);
    struct decoder *decoder = decoder_new(&options->decoder, &exchanges);

    result->stopped = read_packets(options, &pipeline, decoder);
    decoder_finish(decoder);
    analysis_finish(pipeline.analysis);
    decoder_counters(decoder, on_counter, &pipeline);
    analysis_counters(pipeline.analysis, on_counter, &pipeline);
    result->exchanges = pipeline.exchanges;

    decoder_free(decoder);
    analysis_free(pipeline.analysis);
    host_filter_free(pipeline.hosts);
    return finish_database(options, &pipeline, error);
}
