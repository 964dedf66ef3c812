/* SPDX-License-Identifier: MIT */
/* What the database keeps of a run beside what was seen in it: struct run_facts and its JSON. */

#include "pipeline/tally.h"

#include <stdlib.h>

#include <jansson.h>

#include "capture/fingerprint.h"
#include "reports/formats/json.h"

static json_t *input_facts(const struct input *input)
{
    static const char *const states[] = {"whole", "cut-short", "damaged"};
    char ends[17];
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(slice_of_text(input->name)));
    json_object_set_new(object, "size", json_integer((json_int_t)input->size));
    if (input->packets) {
        json_object_set_new(object, "first_us", json_integer(input->first_ns / 1000));
        json_object_set_new(object, "last_us", json_integer(input->last_ns / 1000));
    }
    if (input->size && fingerprint_of_file(input->name, ends))
        json_object_set_new(object, "ends", json_string(ends));
    json_object_set_new(object, "packets", json_integer((json_int_t)input->packets));
    json_object_set_new(object, "state", json_string(states[input->state]));
    if (input->late)
        json_object_set_new(object, "late", json_integer((json_int_t)input->late));
    return object;
}

char *tally_inputs_json(const struct source *source)
{
    json_t *array = json_array();
    for (size_t i = 0; i < source_inputs(source); i++)
        json_array_append_new(array, input_facts(source_input(source, i)));
    return json_finish(array);
}

void tally_packet(struct tally *tally, int64_t time_ns)
{
    if (tally->packets++ == 0)
        tally->first_ns = tally->last_ns = time_ns;
    else if (time_ns < tally->first_ns)
        tally->first_ns = time_ns;
    else if (time_ns > tally->last_ns)
        tally->last_ns = time_ns;
}

struct drops drops_of(const struct source *source)
{
    struct drops drops = {0};
    for (size_t i = 0; i < source_inputs(source); i++) {
        const struct input *input = source_input(source, i);
        drops.by_kernel += input->dropped_by_kernel;
        drops.by_interface += input->dropped_by_interface;
    }
    return drops;
}

/* ---- caps that were reached ---- */

struct caps {
    struct watch *watch; /* is told all counters */
    json_t *reached;
};

static void on_counter(void *context, const char *name, const char *text, bool is_cap,
                       uint64_t value)
{
    struct caps *caps = context;
    watch_counter(caps->watch, name, is_cap, value);
    if (!is_cap)
        return;
    json_t *cap = json_object();
    json_object_set_new(cap, "name", json_string(name));
    json_object_set_new(cap, "text", json_string(text));
    json_object_set_new(cap, "value", json_integer((json_int_t)value));
    json_array_append_new(caps->reached, cap);
}

/* What a full disk cost is a cap that was reached, too. */
static void tell_losses(const struct losses *losses, struct caps *caps)
{
    if (losses && losses->paused_ns)
        on_counter(caps, "disk-full", "packets that came while the disk was full were dropped",
                   true, losses->packets);
    if (losses && losses->exchanges)
        on_counter(caps, "disk-full-exchanges", "exchanges that a full disk did not take", true,
                   losses->exchanges);
}

static char *caps_json(const struct pipeline_options *options, const struct decoder *decoder,
                       const struct analysis *analysis)
{
    struct caps caps = {options->watch, json_array()};
    watch_begin_counters(caps.watch);
    decoder_counters(decoder, on_counter, &caps);
    analysis_counters(analysis, on_counter, &caps);
    tell_losses(options->losses, &caps);
    if (options->ring && packet_ring_lost(options->ring))
        on_counter(&caps, "ring-lost", "packets that could not be kept for evidence", true,
                   packet_ring_lost(options->ring));
    return json_finish(caps.reached);
}

/* ---- together ---- */

struct run_facts tally_facts(const struct tally *tally, const struct pipeline_options *options,
                             const struct decoder *decoder, const struct analysis *analysis)
{
    const struct drops drops = drops_of(options->source);
    return (struct run_facts){
        .options_json = options->options_json,
        .thresholds_json = options->thresholds_json,
        .price = options->price,
        .inputs_json = tally_inputs_json(options->source),
        .caps_json = caps_json(options, decoder, analysis),
        .started_ns = tally->first_ns,
        .first_ns = tally->first_ns,
        .last_ns = tally->last_ns,
        .packets = tally->packets,
        .dropped_by_kernel = drops.by_kernel - tally->before.by_kernel,
        .dropped_by_interface = drops.by_interface - tally->before.by_interface,
    };
}

void tally_facts_free(struct run_facts *facts)
{
    free((char *)(uintptr_t)facts->inputs_json);
    free((char *)(uintptr_t)facts->caps_json);
}
