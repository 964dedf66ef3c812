/* SPDX-License-Identifier: MIT */
/*
 * Which thread does what. What decode tells is gathered in batches, on one thread too: the code of
 * each room is larger than the first cache, and a batch pays once for fetching it.
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

#include "pipeline/pipeline.h"

#include "base/clock.h"
#include "decode/batch.h"
#include "pipeline/auditor.h"
#include "pipeline/stage.h"
#include "pipeline/tally.h"
#include "pipeline/upkeep.h"
#include "reports/audit/rows_batch.h"

#define PACKETS_BETWEEN_LOOKS 1024 /* at the clock; signals are looked for more often */
#define LOOK_NS               INT64_C(20000000) /* other threads stand still so often at most */

struct pipeline {
    const struct pipeline_options *options;
    struct decoder *decoder;
    struct tally tally;
    struct upkeep upkeep;
    int64_t look_ns; /* monotonic clock: when due */
    bool draining;
    struct stage *auditing;    /* NULL: this thread does it */
    struct decode_batch *told; /* being filled */
    struct decode_sink deferring;

    struct auditor auditor; /* of the thread that audits */
    void *told_batches[STAGE_BATCHES], *rows_batches[STAGE_BATCHES];
};

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
    const struct decode_sink audit = auditor_sink(&pipeline->auditor);
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
    if (pipeline->auditor.writing)
        stage_wait(pipeline->auditor.writing, 1);
    pipeline->auditor.is_settled = true;
}

static void unsettle(struct pipeline *pipeline)
{
    pipeline->auditor.is_settled = false;
}

/* ---- when to look up from reading ---- */

/* False and *error where the database cannot be written any more. */
static bool look_at_clock(struct pipeline *pipeline, bool is_idle, struct error *error)
{
    uint64_t done, total;
    source_progress(pipeline->options->source, &done, &total);
    progress_update(pipeline->options->progress, done, total);
    if (!database_grows(pipeline->auditor.database))
        return true;
    if (pipeline->auditing && !is_idle && monotonic_ns() < pipeline->look_ns)
        return true;
    settle(pipeline);
    bool has_room = upkeep_turn(&pipeline->upkeep, error);
    unsettle(pipeline);
    pipeline->look_ns = monotonic_ns() + LOOK_NS;
    return has_room;
}

static bool has_all_packets(const struct pipeline *pipeline)
{
    return pipeline->options->count && pipeline->tally.packets >= pipeline->options->count;
}

static bool is_over(const struct pipeline *pipeline)
{
    return is_stopped(pipeline->options) || has_all_packets(pipeline) ||
           (pipeline->options->duration_ns && monotonic_ns() >= pipeline->upkeep.until_ns);
}

static bool is_to_rotate(const struct pipeline_options *options)
{
    return was_asked(options->rotate) ||
           (options->rotate_at_ns && real_ns() >= options->rotate_at_ns);
}

/* ---- reading ---- */

/* As many packets as may be had at once; of more than were asked for, one that is left out. */
static size_t next_packets(const struct pipeline *pipeline, struct packet *packets)
{
    const struct pipeline_options *options = pipeline->options;
    uint64_t most = DECODER_PACKETS;
    if (options->count && options->count - pipeline->tally.packets < most)
        most = options->count - pipeline->tally.packets;
    return source_packets(options->source, packets, most ? most : 1);
}

static void work_on(struct pipeline *pipeline, struct packet *packets, size_t n)
{
    struct packet_ring *ring = pipeline->options->ring;
    for (size_t i = 0; i < n; i++) {
        tally_packet(&pipeline->tally, packets[i].time_ns);
        if (ring)
            packets[i].frame = packet_ring_add(ring, &packets[i]);
    }
    decoder_packets(pipeline->decoder, packets, n);
}

/* From now on nothing more is captured; what the kernel holds is read still. */
static void drain(struct pipeline *pipeline)
{
    pipeline->draining = true;
    source_drain(pipeline->options->source);
    watch_stop(pipeline->options->watch);
}

static bool read_packets(struct pipeline *pipeline, enum pipeline_end *end, struct error *error)
{
    const struct pipeline_options *options = pipeline->options;
    struct packet packets[DECODER_PACKETS];
    uint64_t look = PACKETS_BETWEEN_LOOKS;
    bool done = true;
    while (done) {
        if (!pipeline->draining && is_over(pipeline))
            drain(pipeline);
        size_t n = next_packets(pipeline, packets);
        if (!n && !source_is_idle(options->source))
            break;
        if (n && !has_all_packets(pipeline))
            work_on(pipeline, packets, n);
        if (n && pipeline->tally.packets < look)
            continue;
        look = pipeline->tally.packets + PACKETS_BETWEEN_LOOKS;
        done = look_at_clock(pipeline, !n, error);
        if (done && !pipeline->draining && is_to_rotate(options)) {
            *end = PIPELINE_ROTATES;
            break;
        }
        if (done && options->room && options->room->is_short)
            break; /* asked to stop in a pause: what the kernel holds would find no room */
    }
    if (!done && database_lacks_room(pipeline->auditor.database))
        *end = PIPELINE_FULL;
    progress_clear(options->progress);
    return done;
}

/* ---- the other threads ---- */

/* A little of what is no longer to be kept, for what has come. */
static void let_go(struct database *database)
{
    if (database_grows(database))
        database_turn(database, real_ns() / 1000);
}

static void begin_auditing(void *context)
{
    struct auditor *auditor = context;
    exchange_gather();
    if (auditor->writing)
        auditor_begin_rows(auditor);
}

static void audit_batch(void *context, void *batch)
{
    struct auditor *auditor = context;
    struct decode_batch *told = batch;
    const struct decode_sink audit = auditor_sink(auditor);
    decode_batch_tell(told, &audit);
    if (!auditor->writing) {
        let_go(auditor->database);
        auditor->done = exchange_gathered();
    } else if (database_grows(auditor->database) && !rows_batch_is_empty(auditor->rows)) {
        auditor_hand_on_rows(auditor);
    }
    decode_batch_return(told, &auditor->done);
}

/* Exchanges that are left are freed by who made them. */
static void end_auditing(void *context)
{
    struct auditor *auditor = context;
    analysis_finish(auditor->analysis);
    if (auditor->writing)
        auditor_hand_on_rows(auditor);
    struct exchange_list freed = exchange_gathered();
    exchange_list_append(&auditor->done, &freed);
}

static void write_batch(void *context, void *batch)
{
    struct auditor *auditor = context;
    rows_batch_tell(batch, auditor->database);
    let_go(auditor->database);
}

static bool start_writing(struct pipeline *pipeline)
{
    const struct stage_hooks hooks = {.context = &pipeline->auditor, .work = write_batch};
    for (unsigned i = 0; i < STAGE_BATCHES; i++)
        pipeline->rows_batches[i] = rows_batch_new();
    pipeline->auditor.writing = stage_new(&hooks, pipeline->rows_batches);
    return pipeline->auditor.writing != NULL;
}

static bool start_auditing(struct pipeline *pipeline)
{
    const struct stage_hooks hooks = {&pipeline->auditor, begin_auditing, audit_batch,
                                      end_auditing};
    for (unsigned i = 1; i < STAGE_BATCHES; i++)
        pipeline->told_batches[i] = decode_batch_new();
    pipeline->auditing = stage_new(&hooks, pipeline->told_batches);
    return pipeline->auditing != NULL;
}

/* As many as were asked for and as there is work for. Where packets are kept, whoever audits says
 * where they are, and writes. Where the machine has no thread left, one does the same. */
static void start_threads(struct pipeline *pipeline)
{
    const struct pipeline_options *options = pipeline->options;
    if (options->jobs < 2 || (options->jobs > 2 && !options->ring && !start_writing(pipeline)))
        return;
    if (start_auditing(pipeline))
        return;
    stage_free(pipeline->auditor.writing);
    pipeline->auditor.writing = NULL;
}

/* All is told: the end of analysis comes in the thread that it was in. */
static void end_threads(struct pipeline *pipeline)
{
    struct auditor *auditor = &pipeline->auditor;
    if (pipeline->auditing) {
        stage_give(pipeline->auditing, pipeline->told);
    } else {
        hand_on_told(pipeline);
        analysis_finish(auditor->analysis);
    }
    stage_free(pipeline->auditing);
    stage_free(auditor->writing);
    for (unsigned i = 0; i < STAGE_BATCHES; i++) {
        rows_batch_free(pipeline->rows_batches[i], &auditor->done);
        decode_batch_free(pipeline->told_batches[i]);
    }
    exchange_list_free(&auditor->done);
}

/* ---- a run ---- */

static void pipeline_begin(struct pipeline *pipeline, const struct pipeline_options *options,
                           struct database *database)
{
    *pipeline = (struct pipeline){.options = options};
    auditor_init(&pipeline->auditor, options, database);
    pipeline->told = pipeline->told_batches[0] = decode_batch_new();
    start_threads(pipeline);
    begin_telling(pipeline);
    pipeline->deferring = deferring_sink(pipeline);
    pipeline->decoder = decoder_new(&options->decoder, &pipeline->deferring);
    pipeline->tally.before = drops_of(options->source);
    pipeline->upkeep = (struct upkeep){
        .options = options,
        .decoder = pipeline->decoder,
        .tally = &pipeline->tally,
        .auditor = &pipeline->auditor,
        .until_ns = monotonic_ns() + options->duration_ns,
    };
}

/* What is open in any room completes, and is in the database. */
static void pipeline_end(struct pipeline *pipeline)
{
    if (database_grows(pipeline->auditor.database)) {
        settle(pipeline);
        auditor_begin_sums(&pipeline->auditor);
        unsettle(pipeline);
    }
    decoder_finish(pipeline->decoder);
    end_threads(pipeline);
    upkeep_flush_ring(&pipeline->upkeep);
}

bool pipeline_run(const struct pipeline_options *options, struct database *database,
                  struct pipeline_result *result, struct error *error)
{
    struct pipeline pipeline;
    const struct auditor *auditor = &pipeline.auditor;
    pipeline_begin(&pipeline, options, database);
    result->end = PIPELINE_OVER;
    bool done = read_packets(&pipeline, &result->end, error);
    result->stopped = *options->stop != 0;
    pipeline_end(&pipeline);
    result->exchanges = auditor->exchanges;
    result->packets = pipeline.tally.packets;
    if (done && !upkeep_finish(&pipeline.upkeep, error)) {
        result->end = database_lacks_room(database) ? PIPELINE_FULL : result->end;
        done = false;
    }
    if (result->end == PIPELINE_FULL && options->losses)
        options->losses->exchanges += auditor->exchanges - pipeline.upkeep.committed;
    watch_finish(options->watch);
    decoder_free(pipeline.decoder);
    auditor_fini(&pipeline.auditor);
    return done;
}
