/* SPDX-License-Identifier: MIT */
/* Where a segment's flow is found or made, and when flows are forgotten: closed ones soon, silent
 * ones late, the oldest when there are too many. */

#include "decode/shard.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "decode/limits.h"

void shard_init(struct shard *shard, const struct shard_options *options)
{
    uint64_t stream_max =
        options->held < LIMIT_HELD_PER_STREAM ? options->held : LIMIT_HELD_PER_STREAM;
    *shard = (struct shard){
        .due_ns = INT64_MAX,
        .budget = {.held_max = options->held,
                   .stream_max = (uint32_t)stream_max,
                   .counters = &shard->counters},
        .busy_max = options->busy,
        .identifying_max = options->identifying,
        .protocols = options->protocols,
        .identifier = options->identifier,
        .out = options->out,
        .asked = options->asked,
    };
    flow_table_init(&shard->flows, options->flows);
    coverage_init(&shard->coverage, LIMIT_COVERAGE_NAMES);
}

void shard_fini(struct shard *shard)
{
    flow_table_fini(&shard->flows);
    deadlines_fini(&shard->deadlines);
    coverage_fini(&shard->coverage);
}

static int64_t list_timeout(enum flow_list list)
{
    switch (list) {
    case LIST_CLOSED:
        return LIMIT_FLOW_CLOSED_NS;
    case LIST_DATAGRAMS:
        return LIMIT_DATAGRAM_IDLE_NS + LIMIT_FLOW_ORDER_NS;
    default:
        return LIMIT_FLOW_IDLE_NS + LIMIT_FLOW_ORDER_NS;
    }
}

/* The flow is over: its exchanges, its record, and its place for others. */
static void retire(struct shard *shard, struct flow *flow, enum stream_end why, int64_t clock_ns,
                   uint64_t ordinal)
{
    connection_end(shard, flow, why, clock_ns, ordinal);
    connection_tell(shard, flow);
    flow_table_remove(&shard->flows, flow);
}

static void due_by(struct shard *shard, int64_t due_ns)
{
    if (due_ns < shard->due_ns)
        shard->due_ns = due_ns;
}

static struct flow *flow_begin(struct shard *shard, const struct flow_call *call,
                               const struct segment *segment, int64_t clock_ns)
{
    const struct flow_key *key = &call->key;
    enum flow_list list = key->ip_protocol == 6 ? LIST_OPENING : LIST_DATAGRAMS;
    struct flow *victim = flow_table_is_full(&shard->flows)
                              ? flow_table_victim(&shard->flows, clock_ns)
                              : flow_table_surplus(&shard->flows, list);
    if (victim) {
        counter_add(&shard->counters, COUNT_FLOWS_EVICTED, 1);
        retire(shard, victim, STREAM_LIMIT, clock_ns, segment->mark.ordinal);
    }
    struct flow *flow = flow_table_add(&shard->flows, key, call->tag, list, clock_ns);
    flow->first_ordinal = segment->mark.ordinal;
    flow->first_frame = segment->mark.frame;
    flow->first_input = segment->mark.input;
    flow->first_ns = segment->mark.time_ns;
    due_by(shard, clock_ns + list_timeout(list));
    return flow;
}

static void flow_count(struct flow *flow, const struct segment *segment)
{
    flow->packets += segment->frames;
    flow->wire_bytes += segment->wire_length;
    if (!(flow->flags & FLOW_CLOSED))
        flow->last_ns = segment->mark.time_ns;
}

static void tell_carried(const struct shard *shard, const struct flow *flow, unsigned sender,
                         const struct segment *segment)
{
    const struct carried carried = {
        .connection = flow->first_ordinal,
        .ordinal = segment->mark.ordinal,
        .sender = sender,
        .sequence = segment->sequence + ((segment->flags & TCP_SYN) != 0),
        .acknowledgement = segment->acknowledgement,
        .flags = segment->flags,
        .source = segment->source,
        .destination = segment->destination,
        .source_port = segment->source_port,
        .destination_port = segment->destination_port,
        .payload = segment->payload,
    };
    shard->asked->carried(shard->asked->carried_context, &carried);
}

/* ---- too much in progress */

struct silence {
    int64_t last_ns;
    uint32_t flow;
};

static int silence_compare(const void *a, const void *b)
{
    const struct silence *x = a, *y = b;
    return x->last_ns != y->last_ns ? (x->last_ns < y->last_ns ? -1 : 1)
                                    : (x->flow > y->flow) - (x->flow < y->flow);
}

/* All flows with something in progress, who was silent longest first; how many. */
static uint32_t list_silent(const struct flow_table *flows, struct silence **list)
{
    uint32_t n = 0;
    *list = xmalloc(flows->count * sizeof **list);
    for (uint32_t i = 0; i < flow_table_places(flows); i++) {
        const struct flow *flow = flow_at(flows, i);
        if (flow->active && flow->active->weight)
            (*list)[n++] = (struct silence){flow->last_ns, i};
    }
    qsort(*list, n, sizeof **list, silence_compare);
    return n;
}

/* Connections whose exchanges are in progress take more memory than they may: who was silent
 * longest goes, and an eighth more than has to, so that looking for them costs each of them little.
 * Nothing is kept in order for this while there is room. */
static void make_room(struct shard *shard, int64_t clock_ns, uint64_t ordinal)
{
    struct silence *list;
    uint32_t n = list_silent(&shard->flows, &list);
    for (uint32_t i = 0; i < n && shard->busy > shard->busy_max - shard->busy_max / 8; i++) {
        counter_add(&shard->counters, COUNT_STATES_EVICTED, 1);
        retire(shard, flow_at(&shard->flows, list[i].flow), STREAM_LIMIT, clock_ns, ordinal);
    }
    free(list);
}

void shard_segment(struct shard *shard, const struct flow_call *call, const struct segment *segment,
                   int64_t clock_ns)
{
    const struct flow_key *key = &call->key;
    unsigned sender = call->sender;
    struct flow *flow = flow_table_find(&shard->flows, key, call->tag);
    if (flow && key->ip_protocol == 6 && connection_is_new(flow, sender, segment)) {
        counter_add(&shard->counters, COUNT_PORTS_REUSED, 1);
        retire(shard, flow, STREAM_TIMEOUT, clock_ns, segment->mark.ordinal);
        flow = NULL;
    }
    if (!flow)
        flow = flow_begin(shard, call, segment, clock_ns);
    flow_count(flow, segment);
    if (UNLIKELY(shard->asked->carried != NULL) && key->ip_protocol == 6)
        tell_carried(shard, flow, sender, segment);
    if (key->ip_protocol == 6)
        connection_segment(shard, flow, sender, segment, clock_ns);
    else
        datagram_segment(shard, flow, segment);
    if (flow->list == LIST_OPENING && segment->payload_length)
        flow_table_touch(&shard->flows, flow, LIST_CONNECTIONS, clock_ns);
    else if (!(flow->flags & FLOW_CLOSED))
        flow_table_touch(&shard->flows, flow, flow->list, clock_ns);
    else
        due_by(shard, flow->listed_ns + LIMIT_FLOW_CLOSED_NS);
    due_by(shard, deadlines_next(&shard->deadlines));
    if (UNLIKELY(shard->busy > shard->busy_max))
        make_room(shard, clock_ns, segment->mark.ordinal);
}

/* None of what is due sets a deadline that is due at once, so these can be taken together, and what
 * they lead to be asked for. */
static void expire(struct shard *shard, int64_t clock_ns)
{
    struct flow *due[DEADLINES_TAKEN];
    size_t n;
    while ((n = deadlines_take(&shard->deadlines, &shard->flows, clock_ns, due)) > 0) {
        for (unsigned step = 0; step < CONNECTION_STEPS; step++)
            for (size_t i = 0; i < n; i++)
                connection_expect(shard, due[i], !due[i]->client_end, step);
        for (size_t i = 0; i < n; i++)
            connection_expire(shard, due[i], clock_ns);
    }
}

void shard_tick(struct shard *shard, int64_t clock_ns)
{
    struct flow *flow;
    expire(shard, clock_ns);
    for (enum flow_list list = 0; list < FLOW_LISTS; list++)
        while ((flow = flow_table_oldest(&shard->flows, list)) &&
               flow->listed_ns + list_timeout(list) <= clock_ns)
            retire(shard, flow, STREAM_TIMEOUT, clock_ns, flow->first_ordinal);
    shard->due_ns = deadlines_next(&shard->deadlines);
    for (enum flow_list list = 0; list < FLOW_LISTS; list++)
        if ((flow = flow_table_oldest(&shard->flows, list)))
            due_by(shard, flow->listed_ns + list_timeout(list));
    assert(shard->due_ns > clock_ns);
}
