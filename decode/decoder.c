/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher: it alone sees every packet. It numbers them, keeps the capture's clock (the
 * largest time so far), takes off what is around the transport, and gives each segment to the shard
 * of its flow. Deadlines are looked at when the clock crosses a multiple of LIMIT_TICK_NS, in all
 * shards at once, before the packet is worked on: what a timeout finishes does then depend on
 * neither the number of shards that a thread has nor the order in which they are asked.
 */

#include "decode/decode.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/dispatch.h"
#include "decode/fingerprint.h"
#include "decode/lately.h"
#include "decode/limits.h"
#include "decode/outbox.h"
#include "decode/shard.h"

/* A packet between being taken apart and being worked on. */
struct waiting {
    const struct packet *packet;
    enum dissection dissection;
    struct segment segment;
    struct flow_call call;
    struct shard *shard;
    struct flow *flow; /* probably; NULL: nothing that hangs off it is needed */
};

struct decoder {
    const struct decode_sink *sink;
    struct decoder_options options;
    struct outbox outbox;
    struct dissector *dissector;
    struct identifier *identifier;
    uint64_t ordinal;        /* of the packet that was taken apart last, from 1 */
    int64_t seen_ns;         /* the largest time of those that were taken apart */
    int64_t clock_ns;        /* ... and of those that were worked on */
    int64_t due_ns;          /* nothing is due before in any shard */
    uint64_t pending_frames; /* fragments that are no datagram yet, or never will be */
    uint64_t pending_bytes;
    struct counters counters;       /* what no shard counts */
    struct coverage_table coverage; /* of what is no flow; at the end, of all */
    struct lately lately;
    struct shard shards[LIMIT_SHARDS];
};

/* A flow with nothing in progress, its place in the table, and what the heap rounds up. */
#define FLOW_COST 320
/* What nDPI keeps of one. */
#define IDENTIFY_COST 1536

static uint32_t bounded(uint64_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : (uint32_t)value;
}

static struct shard_options shard_options_of(struct decoder *decoder, uint64_t memory,
                                             const struct protocol *const *list)
{
    struct shard_options options = {
        .flows = LIMIT_FLOWS_PER_SHARD,
        .identifying = LIMIT_IDENTIFYING_PER_SHARD,
        .held = LIMIT_HELD_PER_SHARD,
        .busy = LIMIT_BUSY_PER_SHARD,
        .protocols = list,
        .identifier = decoder->identifier,
        .out = &decoder->outbox.from,
        .asked = &decoder->options,
    };
    if (memory) {
        uint64_t share = memory / LIMIT_SHARDS;
        options.flows = bounded(share / 4 / FLOW_COST, 16, UINT32_MAX / 2);
        options.identifying = bounded(share / 4 / IDENTIFY_COST, 8, LIMIT_IDENTIFYING_PER_SHARD);
        options.held = options.busy = share / 4 < 65536 ? 65536 : share / 4;
    }
    return options;
}

struct decoder *decoder_new_with(const struct decoder_options *options,
                                 const struct decode_sink *sink, const struct protocol *const *list)
{
    struct decoder *decoder = xcalloc(1, sizeof *decoder);
    decoder->sink = sink;
    decoder->options = *options;
    decoder->seen_ns = decoder->clock_ns = -LIMIT_TIME_NS;
    decoder->due_ns = INT64_MAX;
    decoder->ordinal = options->packets_before;
    decoder->dissector = dissector_new();
    decoder->identifier = options->identify ? identifier_new() : NULL;
    outbox_init(&decoder->outbox, sink);
    coverage_init(&decoder->coverage, UINT32_MAX);
    struct shard_options shard = shard_options_of(decoder, options->memory, list);
    for (unsigned i = 0; i < LIMIT_SHARDS; i++)
        shard_init(&decoder->shards[i], &shard);
    return decoder;
}

struct decoder *decoder_new(const struct decoder_options *options, const struct decode_sink *sink)
{
    return decoder_new_with(options, sink, protocols);
}

/* ---- time ---- */

/* The first tick at or after `time_ns`. */
static int64_t tick_of(int64_t time_ns)
{
    int64_t into = time_ns % LIMIT_TICK_NS;
    return into > 0 ? time_ns - into + LIMIT_TICK_NS : time_ns - into;
}

static void tick(struct decoder *decoder, int64_t time_ns)
{
    int64_t due_ns = INT64_MAX;
    outbox_keep(&decoder->outbox);
    for (unsigned i = 0; i < LIMIT_SHARDS; i++) {
        if (decoder->shards[i].due_ns <= time_ns)
            shard_tick(&decoder->shards[i], time_ns);
        if (decoder->shards[i].due_ns < due_ns)
            due_ns = decoder->shards[i].due_ns;
    }
    decoder->due_ns = due_ns;
    outbox_pass(&decoder->outbox);
}

static int64_t later(int64_t clock_ns, int64_t time_ns)
{
    if (time_ns > LIMIT_TIME_NS)
        time_ns = LIMIT_TIME_NS;
    return time_ns > clock_ns ? time_ns : clock_ns;
}

/* Ticks at which nothing is due do not take place, so that a capture may pause for years. */
static void advance(struct decoder *decoder, int64_t time_ns)
{
    decoder->clock_ns = later(decoder->clock_ns, time_ns);
    while (decoder->due_ns <= decoder->clock_ns && tick_of(decoder->due_ns) <= decoder->clock_ns)
        tick(decoder, tick_of(decoder->due_ns));
}

/* ---- packets ---- */

static struct shard *shard_of(struct decoder *decoder, const struct segment *segment,
                              struct flow_call *call)
{
    return &decoder->shards[lately_call(&decoder->lately, segment, call)];
}

static void work_on(struct decoder *decoder, struct shard *shard, const struct flow_call *call,
                    const struct segment *segment)
{
    shard_segment(shard, call, segment, decoder->clock_ns);
    if (shard->due_ns < decoder->due_ns)
        decoder->due_ns = shard->due_ns;
}

void decoder_segment(struct decoder *decoder, struct segment *segment)
{
    struct flow_call call;
    segment->mark.ordinal = ++decoder->ordinal;
    segment->fingerprint = fingerprint_of(segment->payload);
    advance(decoder, segment->mark.time_ns);
    work_on(decoder, shard_of(decoder, segment, &call), &call, segment);
}

/* What is not of any flow. */
static void cover(struct decoder *decoder, const char *transport, const char *protocol,
                  const char *reason, uint64_t packets, uint64_t bytes)
{
    uint32_t row = coverage_row(&decoder->coverage, transport, protocol, SLICE_ABSENT, reason);
    decoder->coverage.rows[row].packets += packets;
    decoder->coverage.rows[row].bytes += bytes;
    decoder->coverage.rows[row].unseen_bytes += bytes;
}

static void cover_packet(struct decoder *decoder, enum counter counter, const struct packet *packet)
{
    bool cut = packet->bytes.len < packet->wire_length;
    counter_add(&decoder->counters, counter, 1);
    cover(decoder, "none", "Unknown", counter == COUNT_BROKEN && cut ? "snaplen" : "unsupported", 1,
          packet->wire_length);
}

/* A datagram of fragments is one segment with the frames of all of them. */
static void datagram_is_whole(struct decoder *decoder, const struct segment *segment,
                              const struct packet *packet)
{
    uint64_t frames = segment->frames - 1, bytes = segment->wire_length - packet->wire_length;
    decoder->pending_frames -= frames < decoder->pending_frames ? frames : decoder->pending_frames;
    decoder->pending_bytes -= bytes < decoder->pending_bytes ? bytes : decoder->pending_bytes;
}

static void conclude(struct decoder *decoder, const struct waiting *w)
{
    switch (w->dissection) {
    case DISSECTED:
        if (dissector_end(decoder->dissector, &w->segment) == DISSECTED) {
            if (w->segment.frames > 1)
                datagram_is_whole(decoder, &w->segment, w->packet);
            work_on(decoder, w->shard, &w->call, &w->segment);
            break;
        }
        /* fall through */
    case DISSECTED_TWICE:
        counter_add(&decoder->counters, COUNT_TWICE, 1);
        break;
    case DISSECTED_PENDING:
        decoder->pending_frames++;
        decoder->pending_bytes += w->packet->wire_length;
        break;
    case DISSECTED_NOT_IP:
        cover_packet(decoder, COUNT_NOT_IP, w->packet);
        break;
    case DISSECTED_BROKEN:
        cover_packet(decoder, COUNT_BROKEN, w->packet);
        break;
    case DISSECTED_UNREADABLE:
        cover_packet(decoder, COUNT_UNREADABLE, w->packet);
        break;
    }
}

/* Takes packets apart up to `n` or to a datagram of fragments, which is borrowed; returns how many.
 */
static size_t take_apart(struct decoder *decoder, const struct packet *packets, size_t n,
                         struct waiting *waiting)
{
    for (size_t i = 0; i < n; i++) {
        struct waiting *w = &waiting[i];
        w->packet = &packets[i];
        w->flow = NULL;
        w->shard = NULL;
        decoder->seen_ns = later(decoder->seen_ns, packets[i].time_ns);
        w->dissection = dissector_begin(decoder->dissector, &packets[i], ++decoder->ordinal,
                                        decoder->seen_ns, &w->segment);
        if (w->dissection != DISSECTED)
            continue;
        w->shard = shard_of(decoder, &w->segment, &w->call);
        dissector_expect(decoder->dissector, &w->segment);
        flow_table_expect(&w->shard->flows, w->call.tag);
        if (w->segment.frames != 1)
            return i + 1;
    }
    return n;
}

/* With a hundred thousand connections nearly everything that a packet meets is a miss of the cache,
 * and each leads to the next: print, slot, flow, what is active of it, the protocol's state, its
 * exchange. Here the misses of several packets are waited for at the same time. Nothing is decided.
 */
static void bring_nearer(const struct decoder *decoder, struct waiting *waiting, size_t n)
{
    for (struct waiting *w = waiting; w < waiting + n; w++)
        if (w->shard) {
            dissector_expect_more(decoder->dissector, &w->segment);
            bool is_bare = segment_is_bare_ack(&w->segment); /* what hangs off it is left alone */
            struct flow *flow = flow_table_expect_flow(&w->shard->flows, w->call.tag, !is_bare);
            w->flow = is_bare ? NULL : flow;
        }
    for (unsigned step = 0; step < CONNECTION_STEPS; step++)
        for (struct waiting *w = waiting; w < waiting + n; w++)
            if (w->flow)
                connection_expect(w->shard, w->flow, w->call.sender, step);
}

void decoder_packets(struct decoder *decoder, const struct packet *packets, size_t n)
{
    struct waiting waiting[DECODER_PACKETS];
    for (size_t taken; n; packets += taken, n -= taken) {
        taken = take_apart(decoder, packets, n < DECODER_PACKETS ? n : DECODER_PACKETS, waiting);
        if (taken > 1)
            bring_nearer(decoder, waiting, taken);
        for (size_t i = 0; i < taken; i++) {
            advance(decoder, waiting[i].packet->time_ns);
            conclude(decoder, &waiting[i]);
        }
    }
}

void decoder_packet(struct decoder *decoder, const struct packet *packet)
{
    decoder_packets(decoder, packet, 1);
}

/* ---- the end ---- */

struct ending_flow {
    struct shard *shard;
    struct flow *flow;
};

static int ending_compare(const void *left, const void *right)
{
    const struct ending_flow *a = left, *b = right;
    return (a->flow->first_ordinal > b->flow->first_ordinal) -
           (a->flow->first_ordinal < b->flow->first_ordinal);
}

/* All flows that are left, in the order of their first packets; the caller frees. */
static struct ending_flow *flows_left(struct decoder *decoder, size_t *count)
{
    size_t room = 0, n = 0;
    for (unsigned i = 0; i < LIMIT_SHARDS; i++)
        room += decoder->shards[i].flows.count;
    struct ending_flow *all = xmalloc(room * sizeof *all);
    for (unsigned i = 0; i < LIMIT_SHARDS; i++) {
        struct flow_table *flows = &decoder->shards[i].flows;
        for (uint32_t slot = 0; slot <= flows->mask; slot++)
            if (flows->slots[slot].index != FLOW_NONE)
                all[n++] = (struct ending_flow){&decoder->shards[i],
                                                flow_at(flows, flows->slots[slot].index)};
    }
    assert(n == room);
    if (n)
        qsort(all, n, sizeof *all, ending_compare);
    *count = n;
    return all;
}

static void finish_coverage(struct decoder *decoder)
{
    if (decoder->pending_frames)
        cover(decoder, "ip", "Fragment", "lost-at-tap", decoder->pending_frames,
              decoder->pending_bytes);
    counter_add(&decoder->counters, COUNT_FRAGMENTS_DROPPED, decoder->pending_frames);
    counter_add(&decoder->counters, COUNT_FRAGMENTS_EVICTED,
                dissector_counts(decoder->dissector).fragments_evicted);
    for (unsigned i = 0; i < LIMIT_SHARDS; i++) {
        coverage_merge(&decoder->coverage, &decoder->shards[i].coverage);
        counters_merge(&decoder->counters, &decoder->shards[i].counters);
    }
    counter_add(&decoder->counters, COUNT_NAMES_CAP, decoder->coverage.names_dropped);
    coverage_each(&decoder->coverage, decoder->sink->coverage, decoder->sink->context);
}

void decoder_coverage(const struct decoder *decoder,
                      void (*each)(void *context, const struct coverage *coverage), void *context)
{
    struct coverage_table now;
    coverage_init(&now, UINT32_MAX);
    coverage_merge(&now, &decoder->coverage);
    for (unsigned i = 0; i < LIMIT_SHARDS; i++) {
        const struct shard *shard = &decoder->shards[i];
        coverage_merge(&now, &shard->coverage);
        for (uint32_t slot = 0; slot <= shard->flows.mask; slot++)
            if (shard->flows.slots[slot].index != FLOW_NONE)
                connection_cover(&now, shard,
                                 flow_at(&shard->flows, shard->flows.slots[slot].index));
    }
    coverage_each(&now, each, context);
    coverage_fini(&now);
}

void decoder_finish(struct decoder *decoder)
{
    size_t count;
    struct ending_flow *all = flows_left(decoder, &count);
    for (size_t i = 0; i < count; i++)
        connection_end(all[i].shard, all[i].flow, STREAM_CAPTURE_ENDED, decoder->clock_ns,
                       decoder->ordinal);
    for (size_t i = 0; i < count; i++)
        connection_tell(all[i].shard, all[i].flow);
    for (size_t i = 0; i < count; i++)
        flow_table_remove(&all[i].shard->flows, all[i].flow);
    free(all);
    finish_coverage(decoder);
}

void decoder_counters(const struct decoder *decoder,
                      void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                   uint64_t value),
                      void *context)
{
    counters_each(&decoder->counters, each, context);
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    for (unsigned i = 0; i < LIMIT_SHARDS; i++)
        shard_fini(&decoder->shards[i]);
    coverage_fini(&decoder->coverage);
    outbox_fini(&decoder->outbox);
    dissector_free(decoder->dissector);
    identifier_free(decoder->identifier);
    free(decoder);
}
