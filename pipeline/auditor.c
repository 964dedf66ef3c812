/* SPDX-License-Identifier: MIT */
/*
 * From what decode tells to the rows of the database: the sinks of decode and of analysis, and the
 * batches that defer rows where another thread writes them. Between decode and analysis stands the
 * host filter, so that verdicts about a host do not depend on what the others did. Where packets
 * are kept, a packet's number in the run becomes its place in the ring.
 */

#include "pipeline/auditor.h"

#include <stdlib.h>

void auditor_begin_rows(struct auditor *auditor)
{
    auditor->rows = stage_take(auditor->writing);
    rows_batch_reset(auditor->rows, &auditor->done);
}

/* What was freed until now may be read by these rows: it comes back with them. */
void auditor_hand_on_rows(struct auditor *auditor)
{
    struct exchange_list freed = exchange_gathered();
    rows_batch_return(auditor->rows, &freed);
    stage_give(auditor->writing, auditor->rows);
    auditor_begin_rows(auditor);
}

/* The batch of rows to add to, with room for another; NULL: the database itself is told. */
static struct rows_batch *rows_of(struct auditor *auditor)
{
    if (!auditor->writing || auditor->is_settled)
        return NULL;
    if (rows_batch_is_full(auditor->rows))
        auditor_hand_on_rows(auditor);
    return auditor->rows;
}

static void on_exchange(void *context, struct exchange *exchange)
{
    struct auditor *auditor = context;
    if (auditor->hosts && !host_filter_exchange(auditor->hosts, exchange))
        exchange_free(exchange);
    else
        analysis_exchange(auditor->analysis, exchange);
}

/* A packet's place in the ring instead of its number in the run. */
static void place_in_ring(struct auditor *auditor, struct mark *mark)
{
    struct ring_place place;
    if (mark->ordinal == 0 || !packet_ring_find(auditor->ring, mark->frame, &place))
        return;
    mark->input = database_ring_input(place.file);
    mark->frame = place.frame;
    uint32_t *named = &auditor->named[place.file % FILES_NAMED];
    if (*named == place.file)
        return;
    *named = place.file;
    char *name = packet_ring_name(packet_ring_folder(auditor->ring), place.file);
    database_ring_file(auditor->database, mark->input, name);
    free(name);
}

static void on_connection(void *context, const struct connection *connection)
{
    struct auditor *auditor = context;
    struct connection copy = *connection;
    analysis_connection(auditor->analysis, connection);
    if (auditor->hosts && !host_filter_connection(auditor->hosts, &copy))
        return;
    if (auditor->ring)
        place_in_ring(auditor, &copy.first);
    struct rows_batch *rows = rows_of(auditor);
    if (rows)
        rows_batch_connection(rows, &copy);
    else
        database_connection(auditor->database, &copy);
}

static void on_asked(void *context, const struct asked *asked)
{
    struct auditor *auditor = context;
    analysis_asked(auditor->analysis, asked);
}

static void on_loss(void *context, const struct loss *loss)
{
    struct auditor *auditor = context;
    analysis_loss(auditor->analysis, loss);
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    auditor->status.bytes += coverage->bytes;
    if (!coverage->reason)
        auditor->status.audited_bytes += coverage->bytes;
    watch_coverage(auditor->watch, coverage);
    if (rows)
        rows_batch_coverage(rows, coverage);
    else
        database_coverage(auditor->database, coverage);
}

static void write_placed(struct auditor *auditor, const struct assessed *assessed)
{
    struct exchange exchange = *assessed->exchange;
    struct assessed placed = *assessed;
    placed.exchange = &exchange;
    place_in_ring(auditor, &exchange.request.first);
    place_in_ring(auditor, &exchange.response.first);
    database_exchange(auditor->database, &placed);
}

static void on_assessed(void *context, const struct assessed *assessed)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    auditor->exchanges++;
    watch_exchange(auditor->watch, assessed);
    if (rows)
        rows_batch_exchange(rows, assessed);
    else if (auditor->ring)
        write_placed(auditor, assessed);
    else
        database_exchange(auditor->database, assessed);
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    if (rows)
        rows_batch_pair(rows, inner_id, outer_id);
    else
        database_pair(auditor->database, inner_id, outer_id);
}

static void on_finding(void *context, const struct finding *finding)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    auditor->status.findings++;
    if (finding->confidence != CONFIDENCE_POSSIBLE)
        auditor->status.avoidable_bytes += finding->avoidable_bytes;
    watch_finding(auditor->watch, finding);
    if (rows)
        rows_batch_finding(rows, finding);
    else
        database_finding(auditor->database, finding);
}

static void on_check(void *context, const struct check *check)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    watch_check(auditor->watch, check);
    if (rows)
        rows_batch_check(rows, check);
    else
        database_check(auditor->database, check);
}

static void on_waits(void *context, uint64_t exchange_id, bool waits)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    if (rows)
        rows_batch_waits(rows, exchange_id, waits);
    else
        database_waits(auditor->database, exchange_id, waits);
}

static void on_what_if(void *context, const struct what_if *what_if)
{
    struct auditor *auditor = context;
    struct rows_batch *rows = rows_of(auditor);
    if (rows)
        rows_batch_what_if(rows, what_if);
    else
        database_what_if(auditor->database, what_if);
}

struct decode_sink auditor_sink(struct auditor *auditor)
{
    return (struct decode_sink){auditor,  on_exchange, on_connection,
                                on_asked, on_loss,     on_coverage};
}

void auditor_init(struct auditor *auditor, const struct pipeline_options *options,
                  struct database *database)
{
    *auditor =
        (struct auditor){.database = database, .watch = options->watch, .ring = options->ring};
    const struct analysis_sink findings = {
        .context = auditor,
        .exchange = on_assessed,
        .pair = on_pair,
        .finding = on_finding,
        .check = on_check,
        .what_if = on_what_if,
        .waits = database_grows(database) ? on_waits : NULL,
    };
    if (options->hosts.n + options->left_out.n)
        auditor->hosts = host_filter_new(options->hosts, options->left_out);
    auditor->analysis = analysis_new(&options->analysis, &findings);
}

void auditor_fini(struct auditor *auditor)
{
    analysis_free(auditor->analysis);
    host_filter_free(auditor->hosts);
}

void auditor_begin_sums(struct auditor *auditor)
{
    database_begin_checkpoint(auditor->database);
    watch_begin_standing(auditor->watch);
    auditor->status.bytes = auditor->status.audited_bytes = 0;
}

void auditor_tell_sums(struct auditor *auditor, const struct decoder *decoder)
{
    auditor_begin_sums(auditor);
    analysis_checks(auditor->analysis, on_check, auditor);
    decoder_coverage(decoder, on_coverage, auditor);
}
