/* SPDX-License-Identifier: MIT */
/*
 * Sinks are handed downstream at construction; between decode and analysis stands the host filter,
 * so that verdicts about a host do not depend on what the others did. What decode tells is gathered
 * in batches, on one thread too: the code of each room is larger than the first cache, and a batch
 * pays once for fetching it.
 *
 * On two threads, reading and decoding stay with the one that opened the source, and the other
 * audits the batches; on three the database has one too. The calls are the same in the same order,
 * so the database is: a stage only defers them. What one thread owns no other touches, and
 * exchanges go home to be freed by who made them:
 *
 *     reading, decoding --what decode tells--> auditing --rows--> writing
 *             ^-------- exchanges -----------'   ^-- exchanges --'
 *
 * A database that grows is committed by the clock, and others look on. What is due then is done by
 * the thread that reads, after it has waited until the others have worked off all it gave them and
 * stand still (settle()): nothing that it then looks at needs a lock.
 */

#include "pipeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "capture/fingerprint.h"
#include "decode/batch.h"
#include "reports/audit/rows_batch.h"
#include "reports/formats/json.h"
#include "reports/options/values.h"
#include "stage.h"

#define PACKETS_BETWEEN_LOOKS 1024 /* at the clock; signals are looked for more often */
#define LOOK_NS               INT64_C(20000000)    /* other threads stand still so often at most */
#define CHECKPOINT_NS         INT64_C(1000000000)  /* a database that grows is committed so often */
#define WHOLE_NS              INT64_C(10000000000) /* and its sums stand so often */

enum { FILES_NAMED = 64 }; /* one that is told again does no harm */

struct pipeline {
    /* of the thread that reads */
    struct decoder *decoder;
    uint64_t packets;
    int64_t first_ns, last_ns;                          /* smallest and largest packet time */
    int64_t until_ns, look_ns, checkpoint_ns, whole_ns; /* monotonic clock: when due */
    bool draining;
    bool is_settled;           /* the other threads stand still: this one may do all */
    struct stage *auditing;    /* NULL: this thread does it */
    struct decode_batch *told; /* being filled */

    /* of the thread that audits */
    struct analysis *analysis;
    struct host_filter *hosts; /* NULL: all */
    uint64_t exchanges;
    struct status_facts status;
    struct stage *writing;     /* NULL: this thread does it */
    struct rows_batch *rows;   /* being filled; else NULL */
    struct exchange_list done; /* nobody needs them any more */

    /* of the thread that writes */
    struct database *database;
    struct packet_ring *ring;    /* NULL: packets are numbered by their interface */
    uint32_t named[FILES_NAMED]; /* files of the ring that the database knows the names of */

    /* of the thread that reads, while the others stand still */
    struct watch *watch;                              /* NULL: nobody */
    uint64_t committed;                               /* of exchanges */
    uint64_t dropped_by_kernel, dropped_by_interface; /* before this database began */
    bool is_ring_broken;
    json_t *caps;

    void *told_batches[STAGE_BATCHES], *rows_batches[STAGE_BATCHES];
};

/* ---- to the database ---- */

static void begin_rows(struct pipeline *pipeline)
{
    pipeline->rows = stage_take(pipeline->writing);
    rows_batch_reset(pipeline->rows, &pipeline->done);
}

/* What was freed until now may be read by these rows: it comes back with them. */
static void hand_on_rows(struct pipeline *pipeline)
{
    struct exchange_list freed = exchange_gathered();
    rows_batch_return(pipeline->rows, &freed);
    stage_give(pipeline->writing, pipeline->rows);
    begin_rows(pipeline);
}

/* The batch of rows to add to, with room for another; NULL: the database itself is told. */
static struct rows_batch *rows_of(struct pipeline *pipeline)
{
    if (!pipeline->writing || pipeline->is_settled)
        return NULL;
    if (rows_batch_is_full(pipeline->rows))
        hand_on_rows(pipeline);
    return pipeline->rows;
}

static void on_exchange(void *context, struct exchange *exchange)
{
    struct pipeline *pipeline = context;
    if (pipeline->hosts && !host_filter_exchange(pipeline->hosts, exchange))
        exchange_free(exchange);
    else
        analysis_exchange(pipeline->analysis, exchange);
}

/* A packet's place in the ring instead of its number in the run. */
static void place_in_ring(struct pipeline *pipeline, struct mark *mark)
{
    struct ring_place place;
    if (mark->ordinal == 0 || !packet_ring_find(pipeline->ring, mark->frame, &place))
        return;
    mark->input = database_ring_input(place.file);
    mark->frame = place.frame;
    uint32_t *named = &pipeline->named[place.file % FILES_NAMED];
    if (*named == place.file)
        return;
    *named = place.file;
    char *name = packet_ring_name(packet_ring_folder(pipeline->ring), place.file);
    database_ring_file(pipeline->database, mark->input, name);
    free(name);
}

static void on_connection(void *context, const struct connection *connection)
{
    struct pipeline *pipeline = context;
    struct connection copy = *connection;
    analysis_connection(pipeline->analysis, connection);
    if (pipeline->hosts && !host_filter_connection(pipeline->hosts, &copy))
        return;
    if (pipeline->ring)
        place_in_ring(pipeline, &copy.first);
    struct rows_batch *rows = rows_of(pipeline);
    if (rows)
        rows_batch_connection(rows, &copy);
    else
        database_connection(pipeline->database, &copy);
}

static void on_asked(void *context, const struct asked *asked)
{
    struct pipeline *pipeline = context;
    analysis_asked(pipeline->analysis, asked);
}

static void on_loss(void *context, const struct loss *loss)
{
    struct pipeline *pipeline = context;
    analysis_loss(pipeline->analysis, loss);
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    pipeline->status.bytes += coverage->bytes;
    if (!coverage->reason)
        pipeline->status.audited_bytes += coverage->bytes;
    watch_coverage(pipeline->watch, coverage);
    if (rows)
        rows_batch_coverage(rows, coverage);
    else
        database_coverage(pipeline->database, coverage);
}

static void write_placed(struct pipeline *pipeline, const struct assessed *assessed)
{
    struct exchange exchange = *assessed->exchange;
    struct assessed placed = *assessed;
    placed.exchange = &exchange;
    place_in_ring(pipeline, &exchange.request.first);
    place_in_ring(pipeline, &exchange.response.first);
    database_exchange(pipeline->database, &placed);
}

static void on_assessed(void *context, const struct assessed *assessed)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    pipeline->exchanges++;
    watch_exchange(pipeline->watch, assessed);
    if (rows)
        rows_batch_exchange(rows, assessed);
    else if (pipeline->ring)
        write_placed(pipeline, assessed);
    else
        database_exchange(pipeline->database, assessed);
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    if (rows)
        rows_batch_pair(rows, inner_id, outer_id);
    else
        database_pair(pipeline->database, inner_id, outer_id);
}

static void on_finding(void *context, const struct finding *finding)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    pipeline->status.findings++;
    if (finding->confidence != CONFIDENCE_POSSIBLE)
        pipeline->status.avoidable_bytes += finding->avoidable_bytes;
    watch_finding(pipeline->watch, finding);
    if (rows)
        rows_batch_finding(rows, finding);
    else
        database_finding(pipeline->database, finding);
}

static void on_check(void *context, const struct check *check)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    watch_check(pipeline->watch, check);
    if (rows)
        rows_batch_check(rows, check);
    else
        database_check(pipeline->database, check);
}

static void on_waits(void *context, uint64_t exchange_id, bool waits)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    if (rows)
        rows_batch_waits(rows, exchange_id, waits);
    else
        database_waits(pipeline->database, exchange_id, waits);
}

static void on_what_if(void *context, const struct what_if *what_if)
{
    struct pipeline *pipeline = context;
    struct rows_batch *rows = rows_of(pipeline);
    if (rows)
        rows_batch_what_if(rows, what_if);
    else
        database_what_if(pipeline->database, what_if);
}

static struct decode_sink audit_sink(struct pipeline *pipeline)
{
    return (struct decode_sink){pipeline, on_exchange, on_connection,
                                on_asked, on_loss,     on_coverage};
}

/* ---- from decode ---- */

static void begin_telling(struct pipeline *pipeline)
{
    if (pipeline->auditing)
        pipeline->told = stage_take(pipeline->auditing);
    decode_batch_reset(pipeline->told);
}

/* What was told until now is audited, here or by the other thread. */
static void hand_on_told(struct pipeline *pipeline)
{
    const struct decode_sink audit = audit_sink(pipeline);
    if (pipeline->auditing)
        stage_give(pipeline->auditing, pipeline->told);
    else
        decode_batch_tell(pipeline->told, &audit);
    begin_telling(pipeline);
}

static struct decode_batch *told_of(struct pipeline *pipeline)
{
    if (decode_batch_is_full(pipeline->told))
        hand_on_told(pipeline);
    return pipeline->told;
}

static void defer_exchange(void *context, struct exchange *exchange)
{
    decode_batch_exchange(told_of(context), exchange);
}

static void defer_connection(void *context, const struct connection *connection)
{
    decode_batch_connection(told_of(context), connection);
}

static void defer_asked(void *context, const struct asked *asked)
{
    decode_batch_asked(told_of(context), asked);
}

static void defer_loss(void *context, const struct loss *loss)
{
    decode_batch_loss(told_of(context), loss);
}

static void defer_coverage(void *context, const struct coverage *coverage)
{
    decode_batch_coverage(told_of(context), coverage);
}

static struct decode_sink deferring_sink(struct pipeline *pipeline)
{
    return (struct decode_sink){pipeline,    defer_exchange, defer_connection,
                                defer_asked, defer_loss,     defer_coverage};
}

/* ---- the others stand still ---- */

/* Until all that was told is in the database and nobody else does anything. */
static void settle(struct pipeline *pipeline)
{
    hand_on_told(pipeline);
    if (pipeline->auditing)
        stage_wait(pipeline->auditing, 1); /* which waits to be filled */
    if (pipeline->writing)
        stage_wait(pipeline->writing, 1);
    pipeline->is_settled = true;
}

static void unsettle(struct pipeline *pipeline)
{
    pipeline->is_settled = false;
}

/* ---- facts of the run ---- */

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

static int64_t real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void count_drops(const struct source *source, uint64_t *by_kernel, uint64_t *by_interface)
{
    *by_kernel = *by_interface = 0;
    for (size_t i = 0; i < source_inputs(source); i++) {
        const struct input *input = source_input(source, i);
        *by_kernel += input->dropped_by_kernel;
        *by_interface += input->dropped_by_interface;
    }
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
    count_drops(options->source, &facts->dropped_by_kernel, &facts->dropped_by_interface);
    facts->dropped_by_kernel -= pipeline->dropped_by_kernel;
    facts->dropped_by_interface -= pipeline->dropped_by_interface;
}

/* What a full disk cost, as a cap that was reached. */
static void tell_losses(const struct losses *losses, struct pipeline *pipeline)
{
    if (losses && losses->paused_ns)
        on_counter(pipeline, "disk-full", "packets that came while the disk was full were dropped",
                   true, losses->packets);
    if (losses && losses->exchanges)
        on_counter(pipeline, "disk-full-exchanges", "exchanges that a full disk did not take", true,
                   losses->exchanges);
}

static char *caps_json(const struct pipeline_options *options, struct pipeline *pipeline)
{
    pipeline->caps = json_array();
    watch_begin_counters(pipeline->watch);
    decoder_counters(pipeline->decoder, on_counter, pipeline);
    analysis_counters(pipeline->analysis, on_counter, pipeline);
    tell_losses(options->losses, pipeline);
    if (options->ring && packet_ring_lost(options->ring))
        on_counter(pipeline, "ring-lost", "packets that could not be kept for evidence", true,
                   packet_ring_lost(options->ring));
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

/* Says once that packets cannot be kept, and once that they are again. */
static void flush_ring(const struct pipeline_options *options, struct pipeline *pipeline)
{
    packet_ring_flush(options->ring);
    const char *trouble = packet_ring_trouble(options->ring);
    if ((trouble != NULL) == pipeline->is_ring_broken)
        return;
    pipeline->is_ring_broken = trouble != NULL;
    watch_clear_line(options->watch);
    if (trouble)
        fprintf(stderr, "wire304: warning: packets are not kept in %s: %s\n",
                packet_ring_folder(options->ring), trouble);
    else
        fprintf(stderr, "wire304: packets are kept again; %" PRIu64 " were not\n",
                packet_ring_lost(options->ring));
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
    if (options->ring)
        flush_ring(options, pipeline); /* no row speaks of a packet that a kill could take */
    gather_facts(options, pipeline, &facts);
    facts.caps_json = caps_json(options, pipeline);
    int64_t began = monotonic_ns();
    bool done = database_checkpoint(pipeline->database, &facts, whole, error);
    if (done)
        pipeline->committed = pipeline->exchanges;
    pipeline->status.packets = pipeline->packets;
    pipeline->status.exchanges = pipeline->exchanges;
    pipeline->status.dropped = facts.dropped_by_kernel + facts.dropped_by_interface;
    free_facts(&facts);
    watch_commit(pipeline->watch, options->source, &pipeline->status, monotonic_ns() - began);
    return done;
}

/* ---- what signals and a full disk ask for ---- */

static void print_counter(void *context, const char *name, const char *text, bool is_cap,
                          uint64_t value)
{
    (void)context, (void)is_cap;
    fprintf(stderr, "wire304: %s %" PRIu64 " (%s)\n", name, value, text);
}

/* One line each. */
static void tell_counters(const struct pipeline_options *options, const struct pipeline *pipeline)
{
    uint64_t by_kernel, by_interface;
    count_drops(options->source, &by_kernel, &by_interface);
    watch_clear_line(options->watch);
    const struct {
        const char *name, *text;
        uint64_t value;
    } own[] = {
        {"packets", "read, of this database", pipeline->packets},
        {"exchanges", "of this database", pipeline->exchanges},
        {"findings", "of this database", pipeline->status.findings},
        {"dropped-by-kernel", "packets that the ring had no room for", by_kernel},
        {"dropped-by-interface", "packets that the card or its driver lost", by_interface},
        {"disk-full", "packets dropped while the disk was full",
         options->losses ? options->losses->packets : 0},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        print_counter(NULL, own[i].name, own[i].text, false, own[i].value);
    decoder_counters(pipeline->decoder, print_counter, NULL);
    analysis_counters(pipeline->analysis, print_counter, NULL);
}

/* By a signal, or by who looks on. */
static bool is_stopped(const struct pipeline_options *options)
{
    return *options->stop || watch_wants_end(options->watch);
}

static bool was_asked(volatile sig_atomic_t *wish)
{
    if (!wish || !*wish)
        return false;
    *wish = 0;
    return true;
}

static void tell_pause(const struct pipeline_options *options, const char *format, ...)
{
    char octets[24];
    va_list arguments;
    watch_clear_line(options->watch);
    fprintf(stderr, "wire304: warning: %s are left on the disk of the database: ",
            size_text(room_available(options->room), octets));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

/* Nothing is read while there is no room: packets stay in the kernel's ring, which is as large as
 * it is, and it counts what it drops. What is in the database is committed before. */
static bool wait_for_room(const struct pipeline_options *options, struct pipeline *pipeline,
                          struct error *error)
{
    const struct timespec tick = {.tv_nsec = 50000000};
    int64_t from_ns = monotonic_ns();
    uint64_t before, after, by_interface;
    if (!options->room || !room_look(options->room))
        return true;
    count_drops(options->source, &before, &by_interface);
    tell_pause(options, "writing pauses, and goes on when there is room\n");
    bool done = checkpoint(options, pipeline, false, error);
    while (done && room_look(options->room) && !is_stopped(options) &&
           !(options->duration_ns && monotonic_ns() >= pipeline->until_ns)) {
        if (was_asked(options->tell))
            tell_counters(options, pipeline);
        watch_turn(options->watch, monotonic_ns());
        nanosleep(&tick, NULL);
    }
    count_drops(options->source, &after, &by_interface);
    options->losses->packets += after - before;
    options->losses->paused_ns += monotonic_ns() - from_ns;
    if (done)
        tell_pause(options, "after %.0f s writing goes on; %" PRIu64 " packets were lost\n",
                   (double)(monotonic_ns() - from_ns) / 1e9, after - before);
    return done;
}

/* What is due by the clock in a run without end. */
static bool look_after_database(const struct pipeline_options *options, struct pipeline *pipeline,
                                struct error *error)
{
    if (was_asked(options->tell))
        tell_counters(options, pipeline);
    if (!wait_for_room(options, pipeline, error))
        return false;
    database_turn(pipeline->database, real_ns() / 1000);
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

/* False and *error where the database cannot be written any more. */
static bool look_at_clock(const struct pipeline_options *options, struct pipeline *pipeline,
                          bool is_idle, struct error *error)
{
    uint64_t done, total;
    source_progress(options->source, &done, &total);
    progress_update(options->progress, done, total);
    if (!database_grows(pipeline->database))
        return true;
    if (pipeline->auditing && !is_idle && monotonic_ns() < pipeline->look_ns)
        return true;
    settle(pipeline);
    bool has_room = look_after_database(options, pipeline, error);
    unsettle(pipeline);
    pipeline->look_ns = monotonic_ns() + LOOK_NS;
    return has_room;
}

static bool is_over(const struct pipeline_options *options, const struct pipeline *pipeline)
{
    return is_stopped(options) || (options->count && pipeline->packets >= options->count) ||
           (options->duration_ns && monotonic_ns() >= pipeline->until_ns);
}

static bool is_to_rotate(const struct pipeline_options *options)
{
    return was_asked(options->rotate) ||
           (options->rotate_at_ns && real_ns() >= options->rotate_at_ns);
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

static void work_on(const struct pipeline_options *options, struct pipeline *pipeline,
                    struct packet *packets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        note_time(pipeline, packets[i].time_ns);
        if (options->ring)
            packets[i].frame = packet_ring_add(options->ring, &packets[i]);
    }
    decoder_packets(pipeline->decoder, packets, n);
}

static bool read_packets(const struct pipeline_options *options, struct pipeline *pipeline,
                         enum pipeline_end *end, struct error *error)
{
    struct packet packets[DECODER_PACKETS];
    uint64_t look = PACKETS_BETWEEN_LOOKS;
    bool done = true;
    while (done) {
        if (!pipeline->draining && is_over(options, pipeline)) {
            pipeline->draining = true;
            source_drain(options->source);
            watch_stop(options->watch);
        }
        size_t n = next_packets(options, pipeline, packets);
        if (!n && !source_is_idle(options->source))
            break;
        if (n && !(options->count && pipeline->packets >= options->count))
            work_on(options, pipeline, packets, n);
        if (!n || pipeline->packets >= look) {
            look = pipeline->packets + PACKETS_BETWEEN_LOOKS;
            done = look_at_clock(options, pipeline, !n, error);
            if (done && !pipeline->draining && is_to_rotate(options)) {
                *end = PIPELINE_ROTATES;
                break;
            }
            if (done && options->room && options->room->is_short)
                break; /* asked to stop in a pause: what the kernel holds would find no room */
        }
    }
    if (!done && database_lacks_room(pipeline->database))
        *end = PIPELINE_FULL;
    progress_clear(options->progress);
    return done;
}

static bool finish_database(const struct pipeline_options *options, struct pipeline *pipeline,
                            struct error *error)
{
    struct run_facts facts;
    gather_facts(options, pipeline, &facts);
    facts.caps_json = caps_json(options, pipeline);
    bool finished = database_finish(pipeline->database, &facts, error);
    free_facts(&facts);
    return finished;
}

/* ---- the other threads ---- */

/* A little of what is no longer to be kept, for what has come. */
static void let_go(struct pipeline *pipeline)
{
    if (database_grows(pipeline->database))
        database_turn(pipeline->database, real_ns() / 1000);
}

static void begin_auditing(void *context)
{
    struct pipeline *pipeline = context;
    exchange_gather();
    if (pipeline->writing)
        begin_rows(pipeline);
}

static void audit_batch(void *context, void *batch)
{
    struct pipeline *pipeline = context;
    struct decode_batch *told = batch;
    const struct decode_sink audit = audit_sink(pipeline);
    decode_batch_tell(told, &audit);
    if (!pipeline->writing) {
        let_go(pipeline);
        pipeline->done = exchange_gathered();
    } else if (database_grows(pipeline->database) && !rows_batch_is_empty(pipeline->rows)) {
        hand_on_rows(pipeline);
    }
    decode_batch_return(told, &pipeline->done);
}

/* Exchanges that are left are freed by who made them. */
static void end_auditing(void *context)
{
    struct pipeline *pipeline = context;
    analysis_finish(pipeline->analysis);
    if (pipeline->writing)
        hand_on_rows(pipeline);
    struct exchange_list freed = exchange_gathered();
    exchange_list_append(&pipeline->done, &freed);
}

static void write_batch(void *context, void *batch)
{
    struct pipeline *pipeline = context;
    rows_batch_tell(batch, pipeline->database);
    let_go(pipeline);
}

static bool start_writing(struct pipeline *pipeline)
{
    const struct stage_hooks hooks = {.context = pipeline, .work = write_batch};
    for (unsigned i = 0; i < STAGE_BATCHES; i++)
        pipeline->rows_batches[i] = rows_batch_new();
    pipeline->writing = stage_new(&hooks, pipeline->rows_batches);
    return pipeline->writing != NULL;
}

static bool start_auditing(struct pipeline *pipeline)
{
    const struct stage_hooks hooks = {pipeline, begin_auditing, audit_batch, end_auditing};
    for (unsigned i = 1; i < STAGE_BATCHES; i++)
        pipeline->told_batches[i] = decode_batch_new();
    pipeline->auditing = stage_new(&hooks, pipeline->told_batches);
    return pipeline->auditing != NULL;
}

/* As many as were asked for and as there is work for. Where packets are kept, whoever audits says
 * where they are, and writes. Where the machine has no thread left, one does the same. */
static void start_threads(struct pipeline *pipeline, unsigned jobs)
{
    if (jobs < 2 || (jobs > 2 && !pipeline->ring && !start_writing(pipeline)))
        return;
    if (start_auditing(pipeline))
        return;
    stage_free(pipeline->writing);
    pipeline->writing = NULL;
}

/* All is told: the end of analysis comes in the thread that it was in. */
static void end_threads(struct pipeline *pipeline)
{
    if (pipeline->auditing) {
        stage_give(pipeline->auditing, pipeline->told);
    } else {
        hand_on_told(pipeline);
        analysis_finish(pipeline->analysis);
    }
    stage_free(pipeline->auditing);
    stage_free(pipeline->writing);
    for (unsigned i = 0; i < STAGE_BATCHES; i++) {
        rows_batch_free(pipeline->rows_batches[i], &pipeline->done);
        decode_batch_free(pipeline->told_batches[i]);
    }
    exchange_list_free(&pipeline->done);
}

bool pipeline_run(const struct pipeline_options *options, struct database *database,
                  struct pipeline_result *result, struct error *error)
{
    bool grows = database_grows(database);
    struct pipeline pipeline = {
        .database = database, .watch = options->watch, .ring = options->ring};
    const struct analysis_sink findings = {
        .context = &pipeline,
        .exchange = on_assessed,
        .pair = on_pair,
        .finding = on_finding,
        .check = on_check,
        .what_if = on_what_if,
        .waits = grows ? on_waits : NULL,
    };
    if (options->hosts.n + options->left_out.n)
        pipeline.hosts = host_filter_new(options->hosts, options->left_out);
    pipeline.analysis = analysis_new(&options->analysis, &findings);
    pipeline.told = pipeline.told_batches[0] = decode_batch_new();
    start_threads(&pipeline, options->jobs);
    begin_telling(&pipeline);
    const struct decode_sink told = deferring_sink(&pipeline);
    pipeline.decoder = decoder_new(&options->decoder, &told);
    pipeline.until_ns = monotonic_ns() + options->duration_ns;

    result->end = PIPELINE_OVER;
    count_drops(options->source, &pipeline.dropped_by_kernel, &pipeline.dropped_by_interface);
    bool done = read_packets(options, &pipeline, &result->end, error);
    result->stopped = *options->stop != 0;
    if (grows) {
        settle(&pipeline);
        begin_standing(&pipeline);
        unsettle(&pipeline);
    }
    decoder_finish(pipeline.decoder);
    end_threads(&pipeline);
    result->exchanges = pipeline.exchanges;
    result->packets = pipeline.packets;
    if (options->ring)
        flush_ring(options, &pipeline);
    if (done && !finish_database(options, &pipeline, error)) {
        result->end = database_lacks_room(database) ? PIPELINE_FULL : result->end;
        done = false;
    }
    if (result->end == PIPELINE_FULL && options->losses)
        options->losses->exchanges += pipeline.exchanges - pipeline.committed;
    watch_finish(options->watch);

    decoder_free(pipeline.decoder);
    analysis_free(pipeline.analysis);
    host_filter_free(pipeline.hosts);
    return done;
}
