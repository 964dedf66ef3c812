/* SPDX-License-Identifier: MIT */
/*
 * What happens to one TCP connection (RFC 9293 §3.5, §3.6 as seen by somebody who is neither end).
 *
 * The client is who sent the SYN, or got the SYN-ACK; else who the protocol says would send such
 * octets. A protocol is asked at the beginning of each segment in order until it claims one: at
 * once in most connections, after a preamble of something else (SOCKS) or in the middle of a body
 * in some. Where its answer is "more", the stream is corked: octets wait as if they had come too
 * early.
 *
 * While nothing is in progress, a connection has no `active`: the protocol's state is closed and
 * opened anew. settle() sees to that after everything that moved a stream.
 */

#include "decode/connection.h"

#include <assert.h>

#include "base/pool.h"
#include "decode/limits.h"
#include "decode/shard.h"

static _Thread_local struct pool actives = POOL_OF(struct active);

/* What is being worked on: the context of a tcp_receiver. */
struct work {
    struct shard *shard;
    struct flow *flow;
    unsigned sender; /* whose stream */
    int64_t clock_ns;
    uint64_t ordinal;
};

static const struct protocol *protocol_of(const struct shard *shard, const struct flow *flow)
{
    return shard->protocols[flow->protocol];
}

static enum direction direction_of(const struct flow *flow, unsigned sender)
{
    return sender == flow->client_end ? FROM_CLIENT : FROM_SERVER;
}

static uint8_t initial_ttl(uint8_t ttl)
{
    return ttl == 0 ? 0 : ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

static struct address end_address(const struct flow *flow, unsigned end)
{
    struct address address = {.family = flow->key.family};
    memcpy(address.octets, flow->key.address[end], sizeof address.octets);
    return address;
}

static struct connection_facts facts_of(const struct flow *flow)
{
    unsigned client = flow->client_end, server = !client;
    return (struct connection_facts){
        .id = flow->first_ordinal,
        .client = end_address(flow, client),
        .server = end_address(flow, server),
        .client_port = flow->key.port[client],
        .server_port = flow->key.port[server],
        .rtt_ns = flow->handshake == HANDSHAKE_DONE ? flow->rtt_ns : -1,
        .preamble_client = flow->preamble_client,
        .client_initial_ttl = initial_ttl(flow->stream[client].ttl),
        .began_in_capture = flow->flags & FLOW_BEGAN,
    };
}

/* ---- what a protocol may ask and tell ---- */

static struct connection_facts host_facts(void *context)
{
    struct active *active = context;
    return facts_of(active->flow);
}

static bool host_began(void *context)
{
    struct active *active = context;
    return active->flow->flags & FLOW_BEGAN;
}

static void host_exchange(void *context, struct exchange *exchange)
{
    struct active *active = context;
    struct flow *flow = active->flow;
    flow->exchanges++;
    flow->exchange_bytes += exchange->wire_bytes;
    assert(flow->exchange_bytes <= flow->wire_bytes);
    if (exchange->connection.preamble_client.family)
        flow->preamble_client = exchange->connection.preamble_client;
    active->shard->out->exchange(active->shard->out->context, exchange);
}

static void tell_loss(const struct shard *shard, const struct flow *flow, int64_t from_ns,
                      int64_t until_ns)
{
    struct loss loss = {end_address(flow, !flow->client_end), from_ns, until_ns};
    shard->out->loss(shard->out->context, &loss);
}

static void host_lost(void *context, int64_t from_ns, int64_t until_ns)
{
    struct active *active = context;
    tell_loss(active->shard, active->flow, from_ns, until_ns);
}

static uint32_t host_exchanges(void *context)
{
    struct active *active = context;
    return active->flow->exchanges;
}

static const struct host_calls host_calls = {host_facts, host_began, host_exchange, host_lost,
                                             host_exchanges};

/* ---- what is there only while something is in progress ---- */

void connection_expect(const struct shard *shard, const struct flow *flow, unsigned sender,
                       unsigned step)
{
    const struct active *active = flow->active;
    if (!active)
        return;
    if (step == 0)
        expect_lines(active, sizeof *active);
    else if (active->state && protocol_of(shard, flow)->expect)
        protocol_of(shard, flow)->expect(active->state, direction_of(flow, sender), step - 1);
}

static struct active *active_of(struct shard *shard, struct flow *flow)
{
    if (flow->active)
        return flow->active;
    struct active *active = pool_take(&actives);
    *active = (struct active){
        .host = {active, &host_calls},
        .shard = shard,
        .flow = flow,
    };
    flow->active = active;
    return active;
}

static void active_release(struct flow *flow)
{
    struct active *active = flow->active;
    assert(!active->state && !active->identified);
    assert(!active->window[0].first && !active->window[1].first);
    flow->active = NULL;
    pool_give(&actives, active);
}

static void *state_of(struct work *work)
{
    struct active *active = active_of(work->shard, work->flow);
    if (!active->state)
        active->state = protocol_of(work->shard, work->flow)->open(&active->host);
    return active->state;
}

static void state_close(struct shard *shard, struct flow *flow)
{
    struct active *active = flow->active;
    if (!active)
        return;
    if (active->state)
        protocol_of(shard, flow)->close(active->state);
    active->state = NULL;
    shard->busy -= active->weight;
    active->weight = 0;
}

/* Something may have been fed to it. */
static void state_weigh(struct shard *shard, struct active *active)
{
    uint32_t weight = 0;
    if (active->state)
        weight = (uint32_t)sizeof *active + protocol_of(shard, active->flow)->weight(active->state);
    shard->busy += weight;
    shard->busy -= active->weight;
    active->weight = weight;
}

/* ---- names for what we do not read ---- */

static void row_set(struct shard *shard, struct flow *flow, const char *protocol,
                    struct slice server_name, const char *reason)
{
    flow->row = coverage_row(&shard->coverage, transport_name(flow->key.ip_protocol), protocol,
                             server_name, reason);
}

static void identity_set(struct shard *shard, struct flow *flow, const struct identity *identity)
{
    const char *reason = identity->is_tls || identity->is_quic ? "no-keys" : "unsupported";
    if (identity->is_http && flow->key.ip_protocol == 6 && !(flow->flags & FLOW_BEGAN))
        reason = "began-before-capture";
    struct slice name = identity->server_name[0] && !identity->is_http
                            ? slice_of_text(identity->server_name)
                            : SLICE_ABSENT;
    row_set(shard, flow, identity->protocol, name, reason);
}

static void identify_end(struct shard *shard, struct flow *flow)
{
    flow->flags |= FLOW_IDENTIFIED;
    if (!flow->active || !flow->active->identified)
        return;
    identifier_end(shard->identifier, flow->active->identified);
    flow->active->identified = NULL;
    shard->identifying--;
}

/* The flow is over, or has a protocol: what is known by now has to do. */
static void identify_give_up(struct shard *shard, struct flow *flow)
{
    struct identity identity;
    if (!flow->active || !flow->active->identified)
        return;
    identifier_give_up(shard->identifier, flow->active->identified, &identity);
    identity_set(shard, flow, &identity);
    identify_end(shard, flow);
}

static void identify_show(struct shard *shard, struct flow *flow, const struct segment *segment)
{
    struct identity identity;
    if ((flow->flags & FLOW_IDENTIFIED) || !shard->identifier || segment->payload.len == 0)
        return;
    struct active *active = active_of(shard, flow);
    if (!active->identified) {
        if (shard->identifying >= shard->identifying_max) {
            counter_add(&shard->counters, COUNT_IDENTIFY_CAP, 1);
            flow->flags |= FLOW_IDENTIFIED;
            return;
        }
        active->identified = identifier_begin(shard->identifier);
        shard->identifying++;
    }
    bool known = identifier_packet(shard->identifier, active->identified, segment->ip,
                                   segment->mark.time_ns, &identity);
    if (known)
        identity_set(shard, flow, &identity);
    if (known || ++flow->shown >= LIMIT_IDENTIFY_PACKETS)
        identify_end(shard, flow);
}

/* ---- which protocol reads it ---- */

static enum claim ask(struct shard *shard, struct slice begin, enum direction *from,
                      unsigned *protocol)
{
    enum claim answer = CLAIM_NO;
    begin = slice_first(begin, LIMIT_CLAIM_OCTETS);
    for (unsigned i = 0; shard->protocols[i]; i++) {
        enum claim claim = shard->protocols[i]->claims(begin, from);
        if (claim == CLAIM_YES) {
            *protocol = i;
            return CLAIM_YES;
        }
        if (claim == CLAIM_MORE)
            answer = begin.len < LIMIT_CLAIM_OCTETS ? CLAIM_MORE : answer;
    }
    return answer;
}

/* Octets of a connection that carries HTTP could not be read. */
static void unseen_add_to(struct coverage_table *table, const struct shard *shard,
                          const struct flow *flow, const char *reason, uint64_t octets)
{
    uint32_t row = coverage_row(table, transport_name(flow->key.ip_protocol),
                                protocol_of(shard, flow)->label, SLICE_ABSENT, reason);
    table->rows[row].unseen_bytes += octets;
}

static void unseen_add(struct shard *shard, const struct flow *flow, const char *reason,
                       uint64_t octets)
{
    unseen_add_to(&shard->coverage, shard, flow, reason, octets);
}

static void decide(struct work *work, unsigned protocol)
{
    struct shard *shard = work->shard;
    struct flow *flow = work->flow;
    identify_end(shard, flow);
    flow->row = FLOW_NONE;
    flow->reading = READING_PROTOCOL;
    flow->protocol = (uint8_t)protocol;
    struct asked asked = {end_address(flow, !flow->client_end)};
    shard->out->asked(shard->out->context, &asked);
    if (flow->unread_bytes == 0)
        return;
    bool began = flow->flags & FLOW_BEGAN;
    unseen_add(shard, flow, began ? "unsupported" : "began-before-capture", flow->unread_bytes);
    counter_add(&shard->counters, COUNT_CLAIMED_LATE, 1);
    flow->unread_bytes = 0;
    if (!began)
        tell_loss(shard, flow, flow->first_ns, work->clock_ns);
}

/* HTTP/2 without TLS (RFC 9113 §3.4): nDPI does not know it. */
static bool is_http2_preface(struct slice begin)
{
    return slice_starts_with(begin, SLICE("PRI * HTTP/2.0\r\n"));
}

static void not_claimed(struct work *work, struct slice begin)
{
    struct flow *flow = work->flow;
    unsigned limit =
        flow->flags & FLOW_BEGAN ? LIMIT_CLAIM_SEGMENTS : LIMIT_CLAIM_SEGMENTS_MIDSTREAM;
    if (is_http2_preface(begin)) {
        row_set(work->shard, flow, "HTTP2", SLICE_ABSENT, "unsupported");
        identify_end(work->shard, flow);
        flow->reading = READING_NOTHING;
    } else if (++flow->tries >= limit) {
        flow->reading = READING_NOTHING;
    }
}

/* Asks whose the octets are that come next from the sender. */
static enum claim claim(struct work *work, struct slice begin)
{
    struct flow *flow = work->flow;
    enum direction from = FROM_CLIENT;
    unsigned protocol = 0;
    enum claim answer =
        is_http2_preface(begin) ? CLAIM_NO : ask(work->shard, begin, &from, &protocol);
    if (answer == CLAIM_YES && (flow->flags & FLOW_CLIENT_KNOWN) &&
        from != direction_of(flow, work->sender))
        answer = CLAIM_NO;
    if (answer == CLAIM_YES) {
        flow->client_end = (uint8_t)(from == FROM_CLIENT ? work->sender : !work->sender);
        flow->flags |= FLOW_CLIENT_KNOWN;
        decide(work, protocol);
    } else if (answer == CLAIM_NO) {
        not_claimed(work, begin);
    }
    return answer;
}

/* ---- octets, as the streams hand them over ---- */

static bool take_run(void *context, struct slice bytes, const struct provenance *provenance)
{
    struct work *work = context;
    struct flow *flow = work->flow;
    if (flow->reading == READING_UNDECIDED && claim(work, bytes) == CLAIM_MORE)
        return false;
    if (flow->reading == READING_PROTOCOL)
        protocol_of(work->shard, flow)
            ->feed(state_of(work), direction_of(flow, work->sender), bytes, provenance,
                   work->clock_ns, work->ordinal);
    else
        flow->unread_bytes += bytes.len;
    return true;
}

/* What was lost before anything was read may have been whole messages: from here on it is a
 * connection that was met in the middle, SYN or no SYN. */
static void lose_beginning(struct flow *flow)
{
    flow->flags &= (uint8_t)~FLOW_BEGAN;
}

static void take_gap(void *context, uint64_t length, bool cut, const struct mark *at)
{
    struct work *work = context;
    struct flow *flow = work->flow;
    struct counters *counters = &work->shard->counters;
    flow->lost_bytes += length;
    if (flow->reading == READING_UNDECIDED)
        lose_beginning(flow);
    if (flow->reading != READING_PROTOCOL) {
        flow->unread_bytes += length;
        return;
    }
    counter_add(counters, COUNT_GAPS, !cut);
    counter_add(counters, cut ? COUNT_OCTETS_CUT : COUNT_OCTETS_LOST, length);
    bool early = flow->stream[work->sender].flags & TCP_TENTATIVE;
    unseen_add(work->shard, flow,
               cut     ? "snaplen"
               : early ? "began-before-capture"
                       : "lost-at-tap",
               length);
    protocol_of(work->shard, flow)
        ->gap(state_of(work), direction_of(flow, work->sender), length, cut, at, work->clock_ns,
              work->ordinal);
}

/* For what a cork held back and nobody wants. */
static bool discard_run(void *context, struct slice bytes, const struct provenance *provenance)
{
    struct work *work = context;
    (void)provenance;
    work->flow->unread_bytes += bytes.len;
    return true;
}

static struct tcp_receiver receiver_of(struct work *work)
{
    return (struct tcp_receiver){work, take_run, take_gap};
}

/* A corked stream has more octets, or will not get any (`last`): asks again. */
static void uncork(struct work *work, bool last)
{
    struct flow *flow = work->flow;
    struct tcp_stream *stream = &flow->stream[work->sender];
    struct tcp_window *window = &flow->active->window[work->sender];
    struct tcp_receiver receiver = receiver_of(work);
    if (flow->reading == READING_UNDECIDED) {
        uint8_t begin[LIMIT_CLAIM_OCTETS];
        size_t len = tcp_stream_peek(stream, window, begin, sizeof begin);
        enum claim answer = claim(work, slice_of(begin, len));
        if (answer == CLAIM_MORE && !last)
            return;
        if (answer != CLAIM_YES)
            receiver.run = discard_run;
    }
    tcp_stream_uncork(stream, window, &receiver, &work->shard->budget);
}

/* ---- the end of a stream ---- */

static void tell_fin(struct work *work, unsigned end)
{
    struct flow *flow = work->flow;
    if (flow->stream[end].flags & TCP_ENDED)
        return;
    flow->stream[end].flags |= TCP_ENDED;
    if (flow->active && flow->active->state)
        protocol_of(work->shard, flow)
            ->end(flow->active->state, direction_of(flow, end), STREAM_FIN, work->clock_ns,
                  work->ordinal);
}

static void stream_end(struct work *work, unsigned end)
{
    if (tcp_stream_at_fin(&work->flow->stream[end]))
        tell_fin(work, end);
}

/* Delivers all that waits in both streams, with gaps, the client's first. */
static void flush(struct work *work)
{
    struct flow *flow = work->flow;
    unsigned client_end = flow->client_end; /* what is delivered may tell that it is the other */
    for (unsigned i = 0; i < 2 && flow->active; i++) {
        work->sender = i ^ client_end;
        struct tcp_window *window = &flow->active->window[work->sender];
        struct tcp_receiver receiver = receiver_of(work);
        if (window->corked)
            uncork(work, true);
        while (window->first || window->in_grace) {
            tcp_stream_flush(&flow->stream[work->sender], window, work->clock_ns, &receiver,
                             &work->shard->budget);
            if (window->corked)
                uncork(work, true);
        }
        stream_end(work, work->sender);
    }
}

static void close_flow(struct work *work)
{
    struct flow *flow = work->flow;
    if (flow->flags & FLOW_CLOSED)
        return;
    flow->flags |= FLOW_CLOSED;
    flow_table_touch(&work->shard->flows, flow, LIST_CLOSED, work->clock_ns);
}

/* ---- after everything that moved a stream ---- */

static void uncork_both(struct work *work)
{
    struct flow *flow = work->flow;
    unsigned sender = work->sender;
    for (unsigned i = 0; i < 2; i++) {
        work->sender = sender ^ i;
        if (flow->active->window[work->sender].corked)
            uncork(work, false);
    }
    work->sender = sender;
}

/* The protocol is through with the connection, or there is nothing in progress. */
static void settle_state(struct work *work)
{
    struct flow *flow = work->flow;
    const struct protocol *protocol = protocol_of(work->shard, flow);
    void *state = flow->active->state;
    if (!state)
        return;
    bool left = protocol->left(state);
    bool over = flow->stream[0].flags & flow->stream[1].flags & TCP_ENDED;
    if (left || over || protocol->idle(state))
        state_close(work->shard, flow);
    if (left) {
        flow->reading = READING_LEFT;
        flush(work);
    }
}

static int64_t next_due(const struct shard *shard, const struct flow *flow)
{
    const struct active *active = flow->active;
    int64_t due = INT64_MAX;
    for (unsigned i = 0; i < 2; i++) {
        int64_t stream_due = tcp_stream_due(&flow->stream[i], &active->window[i]);
        due = stream_due < due ? stream_due : due;
    }
    if (active->state) {
        int64_t deadline = protocol_of(shard, flow)->deadline(active->state);
        due = deadline < due ? deadline : due;
    }
    return due;
}

/* Waiting for acknowledged octets makes sense where somebody reads them. */
static void watch(struct work *work)
{
    struct flow *flow = work->flow;
    for (unsigned i = 0; i < 2; i++) {
        if (!flow->active && flow->reading == READING_PROTOCOL &&
            tcp_stream_misses(&flow->stream[i], NULL))
            active_of(work->shard, flow);
        if (flow->active)
            tcp_stream_watch(&flow->stream[i], &flow->active->window[i], work->clock_ns);
    }
}

static void settle(struct work *work)
{
    struct flow *flow = work->flow;
    if (flow->reading == READING_PROTOCOL || flow->active)
        watch(work);
    if (!flow->active)
        return;
    if (flow->active->window[0].corked || flow->active->window[1].corked)
        uncork_both(work);
    if (flow->reading >= READING_LEFT)
        flush(work);
    stream_end(work, 0);
    stream_end(work, 1);
    settle_state(work);
    struct active *active = flow->active;
    state_weigh(work->shard, active);
    if (active->state || active->identified || !tcp_window_is_quiet(&active->window[0]) ||
        !tcp_window_is_quiet(&active->window[1])) {
        int64_t due = next_due(work->shard, flow);
        deadlines_set(&work->shard->deadlines, flow,
                      due > work->clock_ns ? due : work->clock_ns + 1);
    } else {
        active_release(flow);
    }
}

/* ---- segments ---- */

bool connection_is_new(const struct flow *flow, unsigned sender, const struct segment *segment)
{
    const struct tcp_stream *mine = &flow->stream[sender];
    if (!(segment->flags & TCP_SYN) || !(mine->flags & TCP_STARTED) ||
        mine->start == segment->sequence + 1)
        return false;
    /* A SYN-ACK is new only where the old connection is over: its SYN was lost. */
    return !(segment->flags & TCP_ACK) || (flow->flags & FLOW_CLOSED);
}

static void client_is(struct flow *flow, unsigned end)
{
    if (flow->flags & FLOW_CLIENT_KNOWN)
        return;
    flow->client_end = (uint8_t)end;
    flow->flags |= FLOW_CLIENT_KNOWN;
}

/* RFC 9293 §3.5. The round trip at the tap: from SYN to SYN-ACK and from there to ACK; which copy
 * was answered is unknown where one was repeated (Karn), and then so is the round trip. */
static void handshake_syn(struct flow *flow, unsigned sender, const struct segment *segment)
{
    struct tcp_stream *mine = &flow->stream[sender];
    bool answers = segment->flags & TCP_ACK;
    client_is(flow, answers ? !sender : sender);
    flow->flags |= FLOW_BEGAN;
    bool waits = flow->active && flow->active->window[sender].first;
    if (!(mine->flags & TCP_STARTED) || ((mine->flags & TCP_TENTATIVE) && !waits))
        tcp_stream_start(mine, segment->sequence + 1, false);
    if (!answers && flow->handshake <= HANDSHAKE_SYN) {
        flow->handshake = HANDSHAKE_SYN;
        flow->rtt_ns = segment->mark.time_ns;
    } else if (answers && flow->handshake == HANDSHAKE_SYN) {
        flow->handshake = HANDSHAKE_SYN_ACK;
    } else if (flow->handshake != HANDSHAKE_DONE) {
        flow->handshake = HANDSHAKE_UNSURE;
    }
}

static void handshake_ack(struct flow *flow, unsigned sender, const struct segment *segment)
{
    if (flow->handshake != HANDSHAKE_SYN_ACK || sender != flow->client_end)
        return;
    flow->rtt_ns = segment->mark.time_ns - flow->rtt_ns;
    flow->handshake = flow->rtt_ns >= 0 ? HANDSHAKE_DONE : HANDSHAKE_UNSURE;
}

static bool is_read(const struct flow *flow, unsigned sender)
{
    return flow->reading < READING_LEFT && !(flow->stream[sender].flags & TCP_ENDED);
}

static void take_repeat(struct work *work, const struct segment *segment, bool differs)
{
    struct flow *flow = work->flow;
    flow->retransmitted_bytes += segment->wire_length;
    counter_add(&work->shard->counters, COUNT_RETRANSMITTED, 1);
    if (flow->reading == READING_PROTOCOL && flow->active->state) {
        struct provenance provenance = {
            .mark = segment->mark,
            .overhead = segment->wire_length,
            .repeated = segment->payload_length,
            .differs = differs,
        };
        protocol_of(work->shard, flow)
            ->feed(flow->active->state, direction_of(flow, work->sender),
                   slice_of(segment->payload.at, 0), &provenance, work->clock_ns, work->ordinal);
    }
}

static void take_payload(struct work *work, const struct segment *segment,
                         const struct tcp_arrival *arrival)
{
    struct flow *flow = work->flow;
    struct counters *counters = &work->shard->counters;
    if (!is_read(flow, work->sender)) {
        flow->unread_bytes += flow->reading >= READING_LEFT ? arrival->length : 0;
        return;
    }
    struct active *active = active_of(work->shard, flow);
    struct tcp_receiver receiver = receiver_of(work);
    struct tcp_news news =
        tcp_stream_add(&flow->stream[work->sender], &active->window[work->sender], arrival,
                       &receiver, &work->shard->budget);
    if (news.differs)
        counter_add(counters, COUNT_DIFFERING, 1);
    if (news.keep_alive)
        counter_add(counters, COUNT_KEEP_ALIVES, 1);
    else if (news.out_of_window)
        counter_add(counters, COUNT_OUT_OF_WINDOW, 1);
    else if (news.fresh == 0)
        take_repeat(work, segment, news.differs);
}

static void take_fin(struct work *work, const struct tcp_arrival *arrival)
{
    struct flow *flow = work->flow;
    struct tcp_stream *mine = &flow->stream[work->sender];
    if (is_read(flow, work->sender)) {
        uint32_t fin = arrival->sequence + arrival->length;
        bool early = !(mine->flags & TCP_STARTED) || fin != mine->next;
        if (early)
            active_of(work->shard, flow);
        struct tcp_window *window = flow->active ? &flow->active->window[work->sender] : NULL;
        tcp_stream_fin(mine, window, fin, arrival, &work->shard->budget);
        if (!(mine->flags & TCP_FIN_KNOWN))
            return;
    } else {
        tell_fin(work, work->sender);
    }
    flow->flags |= (uint8_t)(FLOW_FIN_0 << work->sender);
    if (!(~flow->flags & (FLOW_FIN_0 | FLOW_FIN_1)))
        close_flow(work);
}

/* A reset is believed only where it lies near the stream's place (RFC 5961 §3): others may be late
 * ones of an older connection, or somebody's guess. */
static bool reset_is_near(const struct flow *flow, unsigned sender, uint32_t sequence)
{
    const struct tcp_stream *mine = &flow->stream[sender];
    if (flow->reading >= READING_LEFT || !(mine->flags & TCP_STARTED))
        return true;
    return sequence - mine->next + LIMIT_RESET_JUMP <= 2 * LIMIT_RESET_JUMP ||
           ((mine->flags & TCP_ACKED) &&
            sequence - mine->acked + LIMIT_RESET_JUMP <= 2 * LIMIT_RESET_JUMP);
}

/* Who resets says how far it got (RFC 9293 §3.10.7): what it had and the tap had not was lost at
 * the tap, and nobody broke it off. */
static void take_last_ack(struct work *work, const struct segment *segment)
{
    struct flow *flow = work->flow;
    struct tcp_stream *theirs = &flow->stream[!work->sender];
    if (!(segment->flags & TCP_ACK) || !(theirs->flags & TCP_STARTED) ||
        !is_read(flow, !work->sender))
        return;
    tcp_stream_acked(theirs, segment->acknowledgement);
    if (tcp_stream_misses(theirs, flow->active ? &flow->active->window[!work->sender] : NULL))
        tcp_stream_watch(theirs, &active_of(work->shard, flow)->window[!work->sender],
                         work->clock_ns);
}

static void take_reset(struct work *work, const struct segment *segment)
{
    struct flow *flow = work->flow;
    unsigned sender = work->sender;
    if (!reset_is_near(flow, sender, segment->sequence)) {
        counter_add(&work->shard->counters, COUNT_OUT_OF_WINDOW, 1);
        return;
    }
    take_last_ack(work, segment);
    flush(work);
    work->sender = sender;
    if (flow->active && flow->active->state)
        protocol_of(work->shard, flow)
            ->end(flow->active->state, direction_of(flow, sender), STREAM_RESET, work->clock_ns,
                  work->ordinal);
    flow->stream[0].flags |= TCP_ENDED;
    flow->stream[1].flags |= TCP_ENDED;
    close_flow(work);
}

void connection_segment(struct shard *shard, struct flow *flow, unsigned sender,
                        const struct segment *segment, int64_t clock_ns)
{
    struct work work = {shard, flow, sender, clock_ns, segment->mark.ordinal};
    struct tcp_stream *mine = &flow->stream[sender];
    bool syn = segment->flags & TCP_SYN;
    if (!(flow->flags & (FLOW_SAW_0 << sender))) {
        flow->flags |= (uint8_t)(FLOW_SAW_0 << sender);
        mine->ttl = segment->ttl;
    }
    if (syn)
        handshake_syn(flow, sender, segment);
    else if (segment->flags & TCP_ACK)
        handshake_ack(flow, sender, segment);
    if ((segment->flags & TCP_ACK) && !(segment->flags & TCP_RST))
        tcp_stream_acked(&flow->stream[!sender], segment->acknowledgement);
    struct tcp_arrival arrival = {segment->sequence + syn,
                                  segment->payload,
                                  segment->payload_length,
                                  segment->wire_length,
                                  segment->fingerprint,
                                  segment->mark,
                                  clock_ns};
    if (arrival.length)
        take_payload(&work, segment, &arrival);
    if (segment->flags & TCP_FIN)
        take_fin(&work, &arrival);
    if (segment->flags & TCP_RST)
        take_reset(&work, segment);
    /* Nothing has moved: what is in progress is as it was settled before, and is left alone. */
    if (segment_is_bare_ack(segment) && !tcp_stream_lags(&flow->stream[!sender]))
        return;
    if (arrival.length &&
        (flow->reading == READING_NOTHING || (flow->reading == READING_UNDECIDED && flow->tries)))
        identify_show(shard, flow, segment);
    settle(&work);
}

void datagram_segment(struct shard *shard, struct flow *flow, const struct segment *segment)
{
    flow->reading = READING_NOTHING;
    flow->unread_bytes += segment->payload_length;
    identify_show(shard, flow, segment);
    if (flow->active && !flow->active->identified)
        active_release(flow);
}

/* ---- time, and the end ---- */

void connection_expire(struct shard *shard, struct flow *flow, int64_t clock_ns)
{
    struct work work = {shard, flow, 0, clock_ns, flow->first_ordinal};
    unsigned client_end = flow->client_end; /* as in flush() */
    if (!flow->active)
        return;
    for (unsigned i = 0; i < 2; i++) {
        work.sender = i ^ client_end;
        struct tcp_receiver receiver = receiver_of(&work);
        tcp_stream_expire(&flow->stream[work.sender], &flow->active->window[work.sender], clock_ns,
                          &receiver, &shard->budget);
    }
    stream_end(&work, 0);
    stream_end(&work, 1);
    if (flow->active->state)
        protocol_of(shard, flow)->tick(flow->active->state, clock_ns);
    settle(&work);
}

void connection_end(struct shard *shard, struct flow *flow, enum stream_end why, int64_t clock_ns,
                    uint64_t ordinal)
{
    struct work work = {shard, flow, 0, clock_ns, ordinal};
    if (!flow->active)
        return;
    flush(&work);
    void *state = flow->active->state;
    if (state) {
        const struct protocol *protocol = protocol_of(shard, flow);
        if (why == STREAM_LIMIT && !protocol->idle(state)) {
            counter_add(&shard->counters, COUNT_BUSY_EVICTED, 1);
            tell_loss(shard, flow, flow->last_ns, clock_ns);
        }
        if (!(flow->stream[0].flags & flow->stream[1].flags & TCP_ENDED))
            protocol->end(state, FROM_CLIENT, why, clock_ns, ordinal);
        state_close(shard, flow);
    }
    identify_give_up(shard, flow);
    active_release(flow);
}

static uint32_t row_of(struct coverage_table *table, const struct shard *shard,
                       const struct flow *flow)
{
    const char *transport = transport_name(flow->key.ip_protocol);
    bool was_read = flow->reading == READING_PROTOCOL || flow->reading == READING_LEFT;
    if (was_read)
        return coverage_row(table, transport, protocol_of(shard, flow)->label, SLICE_ABSENT, NULL);
    if (flow->row == FLOW_NONE)
        return coverage_row(table, transport, "Unknown", SLICE_ABSENT, "unsupported");
    const struct coverage *named = &shard->coverage.rows[flow->row];
    return coverage_row(table, named->transport, named->protocol, named->server_name,
                        named->reason);
}

void connection_cover(struct coverage_table *table, const struct shard *shard,
                      const struct flow *flow)
{
    uint32_t index = row_of(table, shard, flow); /* may move the rows */
    struct coverage *row = &table->rows[index];
    row->connections++;
    row->packets += flow->packets;
    row->bytes += flow->wire_bytes;
    row->exchanges += flow->exchanges;
    if (flow->reading == READING_LEFT)
        unseen_add_to(table, shard, flow, "unsupported", flow->unread_bytes);
    else
        row->unseen_bytes += flow->unread_bytes;
}

void connection_tell(struct shard *shard, struct flow *flow)
{
    connection_cover(&shard->coverage, shard, flow);
    if (flow->reading != READING_PROTOCOL && flow->reading != READING_LEFT)
        return;
    struct connection connection = {
        .facts = facts_of(flow),
        .transport = transport_name(flow->key.ip_protocol),
        .protocol = protocol_of(shard, flow)->name,
        .first = {flow->first_ns, flow->first_ordinal, flow->first_frame, flow->first_input},
        .opened_ns = flow->first_ns,
        .closed_ns = flow->last_ns,
        .packets = flow->packets,
        .wire_bytes = flow->wire_bytes,
        .overhead_bytes = flow->wire_bytes - flow->exchange_bytes,
        .retransmitted_bytes = flow->retransmitted_bytes,
        .lost_bytes = flow->lost_bytes,
        .exchanges = flow->exchanges,
    };
    shard->out->connection(shard->out->context, &connection);
}
