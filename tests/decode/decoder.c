/* SPDX-License-Identifier: MIT */
/* The decoder from segments to exchanges, connections and coverage, with a protocol of its own. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "decode/decode.h"
#include "decode/dispatch.h"
#include "decode/limits.h"
#include "tests/support/fake_protocol.h"

#define SECOND  INT64_C(1000000000)
#define HEADERS 54

/* What the sink got, in words, so that two runs can be compared. */
struct told {
    char text[1 << 20];
    size_t len;
    unsigned exchanges, connections, asked, losses, rows;
    uint64_t exchange_bytes, connection_bytes, overhead_bytes, packets, bytes, flows, unseen;
    uint64_t seen_packets, seen_bytes;
    int64_t last_finished_ns;
    struct connection last;
    struct address last_asked;
};

static struct told told;
static struct decoder *decoder;

static void say(const char *format, ...) PRINTF(1, 2);
static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(told.text + told.len, sizeof told.text - told.len, format, args);
    va_end(args);
    if (n > 0 && told.len + (size_t)n < sizeof told.text)
        told.len += (size_t)n;
}

static void on_exchange(void *context, struct exchange *exchange)
{
    (void)context;
    told.exchanges++;
    told.exchange_bytes += exchange->wire_bytes;
    told.last_finished_ns = exchange->finished_ns;
    say("x%llu.%u %s\n", (unsigned long long)exchange->connection.id, exchange->index,
        ending_word(exchange->ending));
    exchange_free(exchange);
}

static void on_connection(void *context, const struct connection *connection)
{
    (void)context;
    told.connections++;
    told.connection_bytes += connection->wire_bytes;
    told.overhead_bytes += connection->overhead_bytes;
    told.last = *connection;
    say("c%llu %u lost %llu\n", (unsigned long long)connection->facts.id, connection->exchanges,
        (unsigned long long)connection->lost_bytes);
}

static void on_asked(void *context, const struct asked *asked)
{
    (void)context;
    told.asked++;
    told.last_asked = asked->server;
}

static void on_loss(void *context, const struct loss *loss)
{
    (void)context;
    (void)loss;
    told.losses++;
    say("loss\n");
}

static void on_coverage(void *context, const struct coverage *row)
{
    (void)context;
    told.rows++;
    told.packets += row->packets;
    told.bytes += row->bytes;
    told.flows += row->connections;
    told.unseen += row->unseen_bytes;
    say("%s %s %s: %llu connections %llu packets %llu unseen %llu exchanges\n", row->transport,
        row->protocol, row->reason ? row->reason : "-", (unsigned long long)row->connections,
        (unsigned long long)row->packets, (unsigned long long)row->unseen_bytes,
        (unsigned long long)row->exchanges);
}

static const struct decode_sink sink = {NULL,     on_exchange, on_connection,
                                        on_asked, on_loss,     on_coverage};

static void begin_with(uint64_t memory)
{
    struct decoder_options options = {.memory = memory};
    decoder = decoder_new_with(&options, &sink, fake_protocols);
}

static void begin(void)
{
    begin_with(0);
}

static void finish(void)
{
    decoder_finish(decoder);
    cr_expect(eq(u64, told.packets, told.seen_packets), "each packet has one row");
    cr_expect(eq(u64, told.bytes, told.seen_bytes));
    cr_expect(eq(u64, told.exchange_bytes + told.overhead_bytes, told.connection_bytes));
    cr_expect(eq(uint, fake_seen.opened, fake_seen.closed));
    decoder_free(decoder);
    decoder = NULL;
}

TestSuite(decoder, .init = begin);

/* One connection: its ends, its sequence numbers, the time. */
struct pipe {
    uint32_t client_sequence, server_sequence;
    uint16_t client_port;
    uint8_t client_host;
    int64_t time_ns;
};

static struct pipe pipe_of(uint16_t port)
{
    return (struct pipe){1000, 5000, port, 1, SECOND};
}

static struct segment segment_of(const struct pipe *pipe, bool from_client, uint8_t flags,
                                 const void *payload, size_t length)
{
    struct segment segment = {
        .mark = {.time_ns = pipe->time_ns, .frame = told.seen_packets + 1},
        .source = {4, {10, 0, 0, from_client ? pipe->client_host : 200}},
        .destination = {4, {10, 0, 0, from_client ? 200 : pipe->client_host}},
        .source_port = from_client ? pipe->client_port : 80,
        .destination_port = from_client ? 80 : pipe->client_port,
        .ip_protocol = 6,
        .ttl = from_client ? 57 : 120,
        .sequence = from_client ? pipe->client_sequence : pipe->server_sequence,
        .acknowledgement = from_client ? pipe->server_sequence : pipe->client_sequence,
        .flags = flags,
        .payload = slice_of(payload, length),
        .payload_length = (uint32_t)length,
        .wire_length = HEADERS + (uint32_t)length,
        .frames = 1,
    };
    return segment;
}

static void send(struct segment segment)
{
    told.seen_packets += segment.frames;
    told.seen_bytes += segment.wire_length;
    decoder_segment(decoder, &segment);
}

static void say_as(struct pipe *pipe, bool from_client, uint8_t flags, const char *text)
{
    send(segment_of(pipe, from_client, flags, text, strlen(text)));
    uint32_t step = (uint32_t)strlen(text) + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
    *(from_client ? &pipe->client_sequence : &pipe->server_sequence) += step;
    pipe->time_ns += 1000000;
}

static void client(struct pipe *pipe, const char *text)
{
    say_as(pipe, true, TCP_ACK, text);
}

static void server(struct pipe *pipe, const char *text)
{
    say_as(pipe, false, TCP_ACK, text);
}

static void handshake(struct pipe *pipe)
{
    say_as(pipe, true, TCP_SYN, "");
    say_as(pipe, false, TCP_SYN | TCP_ACK, "");
    say_as(pipe, true, TCP_ACK, "");
}

static void close_both(struct pipe *pipe)
{
    say_as(pipe, true, TCP_FIN | TCP_ACK, "");
    say_as(pipe, false, TCP_FIN | TCP_ACK, "");
    say_as(pipe, true, TCP_ACK, "");
}

/* The sink was told these words, in this order. */
static bool was_told(const char *words)
{
    return strstr(told.text, words) != NULL;
}

#define SEEN(from)         slice_of(fake_seen.octets[from], fake_seen.length[from])
#define IS(slice, literal) slice_equal(slice, SLICE(literal))

Test(decoder, a_connection_gives_its_exchanges_and_its_record)
{
    struct pipe pipe = pipe_of(4000);
    handshake(&pipe);
    client(&pipe, "Q\3abc");
    server(&pipe, "A\3def");
    client(&pipe, "Q\1g");
    server(&pipe, "A\1h");
    close_both(&pipe);
    finish();
    cr_assert(eq(uint, told.exchanges, 2));
    cr_assert(eq(uint, told.connections, 1));
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\3abcQ\1g"));
    cr_assert(IS(SEEN(FROM_SERVER), "A\3defA\1h"));
    cr_assert(told.last.facts.began_in_capture);
    cr_assert(eq(i64, told.last.facts.rtt_ns, 2000000));
    cr_assert(eq(u8, told.last.facts.client_initial_ttl, 64));
    cr_assert(eq(u16, told.last.facts.client_port, 4000));
    cr_assert(eq(u64, told.last.overhead_bytes, 6 * HEADERS));
    cr_assert(eq(u64, told.last.packets, 10));
    cr_assert(eq(i64, told.last.closed_ns - told.last.opened_ns, 8000000));
    cr_assert(eq(uint, fake_seen.opened, 2), "idle between the exchanges");
    cr_assert(was_told("x1.0 complete\nx1.1 complete\nc1 2 lost 0\n"));
}

Test(decoder, a_connection_that_began_before_is_read_from_either_side)
{
    struct pipe pipe = pipe_of(4001);
    server(&pipe, "A\1x");
    client(&pipe, "Q\1y");
    server(&pipe, "A\1z");
    finish();
    cr_assert(eq(uint, told.exchanges, 2));
    cr_assert(not(told.last.facts.began_in_capture));
    cr_assert(eq(i64, told.last.facts.rtt_ns, -1));
    cr_assert(eq(u16, told.last.facts.server_port, 80));
    cr_assert(eq(u16, told.last.facts.client_port, 4001));
}

Test(decoder, who_is_asked_is_told_before_the_answer_and_once_for_a_connection)
{
    struct pipe pipe = pipe_of(4020);
    handshake(&pipe);
    cr_assert(eq(uint, told.asked, 0), "that it listens says nothing");
    client(&pipe, "Q\1a");
    cr_assert(eq(uint, told.asked, 1));
    cr_assert(told.last_asked.octets[3] == 200);
    server(&pipe, "A\1b");
    client(&pipe, "Q\1c");
    server(&pipe, "A\1d");
    finish();
    cr_assert(eq(uint, told.exchanges, 2));
    cr_assert(eq(uint, told.asked, 1));
}

Test(decoder, a_late_beginning_is_found_at_a_segment)
{
    struct pipe pipe = pipe_of(4002);
    for (unsigned i = 0; i < 40; i++)
        server(&pipe, "body octets");
    client(&pipe, "Q\1y");
    server(&pipe, "A\1z");
    finish();
    cr_assert(eq(uint, told.exchanges, 1));
    cr_assert(eq(uint, told.losses, 1));
    cr_assert(was_told("tcp Fake began-before-capture: 0 connections 0 packets 440 unseen"));
}

Test(decoder, a_preamble_of_something_else_is_passed_over)
{
    struct pipe pipe = pipe_of(4003);
    handshake(&pipe);
    client(&pipe, "\5\1");
    server(&pipe, "\5\2");
    client(&pipe, "Q\1y");
    server(&pipe, "A\1z");
    finish();
    cr_assert(eq(uint, told.exchanges, 1));
    cr_assert(was_told("tcp Fake unsupported: 0 connections 0 packets 4 unseen"));
}

Test(decoder, a_connection_of_something_else_is_covered_only)
{
    struct pipe pipe = pipe_of(4004);
    handshake(&pipe);
    for (unsigned i = 0; i < 20; i++)
        client(&pipe, "SSH");
    client(&pipe, "Q\1y");
    finish();
    cr_assert(eq(uint, told.exchanges, 0));
    cr_assert(eq(uint, told.connections, 0));
    cr_assert(was_told("tcp Unknown unsupported: 1 connections 24 packets 63 unseen"));
}

Test(decoder, octets_wait_for_an_answer_of_more)
{
    struct pipe pipe = pipe_of(4005);
    handshake(&pipe);
    client(&pipe, "M");
    cr_assert(eq(u64, fake_seen.length[FROM_CLIENT], 0));
    client(&pipe, "Q\1y");
    server(&pipe, "A\1z");
    finish();
    cr_assert(IS(SEEN(FROM_CLIENT), "MQ\1y"));
    cr_assert(eq(uint, told.exchanges, 1));
}

Test(decoder, an_answer_of_more_that_never_comes_is_no)
{
    struct pipe pipe = pipe_of(4006);
    handshake(&pipe);
    client(&pipe, "M");
    close_both(&pipe);
    finish();
    cr_assert(eq(uint, told.connections, 0));
    cr_assert(was_told("tcp Unknown unsupported: 1 connections 7 packets 1 unseen"));
}

Test(decoder, segments_out_of_order_change_nothing)
{
    struct pipe pipe = pipe_of(4007);
    handshake(&pipe);
    struct segment first = segment_of(&pipe, true, TCP_ACK, "Q\4a", 3);
    pipe.client_sequence += 3;
    struct segment second = segment_of(&pipe, true, TCP_ACK, "bcd", 3);
    pipe.client_sequence += 3;
    send(second);
    send(first);
    server(&pipe, "A\1z");
    finish();
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\4abcd"));
    cr_assert(eq(uint, told.exchanges, 1));
    cr_assert(eq(u64, told.last.overhead_bytes, 3 * HEADERS));
}

Test(decoder, lost_octets_that_were_acknowledged_are_told_after_the_grace)
{
    struct pipe pipe = pipe_of(4008);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    server(&pipe, "A\4x");
    pipe.server_sequence += 2; /* not captured */
    server(&pipe, "z");
    client(&pipe, "");
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 0));
    pipe.time_ns += LIMIT_GAP_ACKED_NS + LIMIT_TICK_NS;
    client(&pipe, "");
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 1));
    cr_assert(IS(SEEN(FROM_SERVER), "A\4x??z"));
    cr_assert(eq(u64, fake_seen.last_ordinal, 1), "a deadline is stamped with the first packet");
    cr_assert(eq(i64, fake_seen.last_clock_ns % LIMIT_TICK_NS, 0));
    finish();
    cr_assert(eq(u64, told.last.lost_bytes, 2));
    cr_assert(was_told("tcp Fake lost-at-tap: 0 connections 0 packets 2 unseen"));
}

Test(decoder, a_connection_seen_by_half_has_gaps)
{
    struct pipe pipe = pipe_of(4009);
    client(&pipe, "Q\1a");
    pipe.server_sequence += 300;
    client(&pipe, "");
    pipe.time_ns += SECOND;
    client(&pipe, "Q\1b");
    finish();
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 1));
    cr_assert(eq(u64, fake_seen.length[FROM_SERVER], 300));
}

Test(decoder, retransmissions_are_overhead)
{
    struct pipe pipe = pipe_of(4010);
    handshake(&pipe);
    struct segment again = segment_of(&pipe, true, TCP_ACK, "Q\3abc", 5);
    client(&pipe, "Q\3abc");
    send(again);
    server(&pipe, "A\1z");
    finish();
    cr_assert(eq(uint, told.exchanges, 1));
    cr_assert(eq(u64, told.last.retransmitted_bytes, HEADERS + 5));
    cr_assert(eq(u64, told.last.overhead_bytes, 4 * HEADERS + 5));
    cr_assert(eq(uint, fake_seen.differing, 0));
}

Test(decoder, other_octets_in_a_retransmission_are_told)
{
    struct pipe pipe = pipe_of(4011);
    handshake(&pipe);
    struct segment again = segment_of(&pipe, true, TCP_ACK, "Q\3abX", 5);
    client(&pipe, "Q\3abc");
    send(again);
    server(&pipe, "A\1z");
    finish();
    cr_assert(eq(uint, fake_seen.differing, 1));
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\3abc"));
}

Test(decoder, a_reset_ends_both_streams)
{
    struct pipe pipe = pipe_of(4012);
    handshake(&pipe);
    client(&pipe, "Q\3abc");
    say_as(&pipe, false, TCP_RST | TCP_ACK, "");
    finish();
    cr_assert(eq(uint, fake_seen.ends[FROM_SERVER][STREAM_RESET], 1));
    cr_assert(was_told("x1.0 reset"));
}

Test(decoder, a_reset_tells_what_the_tap_missed)
{
    struct pipe pipe = pipe_of(4041);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    pipe.server_sequence += 300;
    say_as(&pipe, true, TCP_RST | TCP_ACK, "");
    finish();
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 1));
    cr_assert(eq(u64, fake_seen.length[FROM_SERVER], 300));
    cr_assert(eq(uint, fake_seen.ends[FROM_CLIENT][STREAM_RESET], 1));
}

Test(decoder, a_reset_that_acknowledges_nothing_new_tells_no_gap)
{
    struct pipe pipe = pipe_of(4042);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    server(&pipe, "A\3z");
    say_as(&pipe, true, TCP_RST | TCP_ACK, "");
    finish();
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 0));
    cr_assert(eq(uint, fake_seen.ends[FROM_CLIENT][STREAM_RESET], 1));
}

Test(decoder, a_reset_without_the_flag_acknowledges_nothing)
{
    struct pipe pipe = pipe_of(4043);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    pipe.server_sequence += 300;
    say_as(&pipe, true, TCP_RST, "");
    finish();
    cr_assert(eq(uint, fake_seen.gaps[FROM_SERVER], 0));
}

Test(decoder, a_reset_from_elsewhere_is_not_believed)
{
    struct pipe pipe = pipe_of(4013);
    handshake(&pipe);
    client(&pipe, "Q\3abc");
    struct segment forged = segment_of(&pipe, false, TCP_RST, "", 0);
    forged.sequence += 0x40000000;
    send(forged);
    server(&pipe, "A\1z");
    finish();
    cr_assert(was_told("x1.0 complete"));
}

Test(decoder, a_syn_with_another_number_is_another_connection)
{
    struct pipe pipe = pipe_of(4014);
    struct segment syn = segment_of(&pipe, true, TCP_SYN, "", 0);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    send(syn); /* a retransmission */
    server(&pipe, "A\1b");
    close_both(&pipe);
    pipe.client_sequence += 100000;
    pipe.server_sequence += 300000;
    handshake(&pipe);
    client(&pipe, "Q\1c");
    server(&pipe, "A\1d");
    finish();
    cr_assert(eq(uint, told.connections, 2));
    cr_assert(was_told("x1.0 complete\nc1 1 lost 0\nx10.0 complete\nc10 1 lost 0\n"));
}

Test(decoder, keep_alive_probes_do_nothing)
{
    struct pipe pipe = pipe_of(4015);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    server(&pipe, "A\1b");
    for (unsigned i = 0; i < 3; i++) {
        struct segment probe = segment_of(&pipe, true, TCP_ACK, "\0", i % 2);
        probe.sequence--;
        send(probe);
    }
    client(&pipe, "Q\1c");
    server(&pipe, "A\1d");
    finish();
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\1aQ\1c"));
    cr_assert(eq(uint, told.exchanges, 2));
}

Test(decoder, a_syn_may_carry_octets)
{
    struct pipe pipe = pipe_of(4016);
    say_as(&pipe, true, TCP_SYN, "Q\1a");
    say_as(&pipe, false, TCP_SYN | TCP_ACK, "");
    say_as(&pipe, false, TCP_ACK | TCP_FIN, "A\1b");
    server(&pipe, "after FIN");
    finish();
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\1a"));
    cr_assert(IS(SEEN(FROM_SERVER), "A\1b"));
    cr_assert(eq(uint, told.exchanges, 1));
}

Test(decoder, what_the_snaplen_cut_is_a_cut_gap)
{
    struct pipe pipe = pipe_of(4017);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    struct segment cut = segment_of(&pipe, false, TCP_ACK, "A\5h", 3);
    cut.payload_length = 7;
    cut.wire_length += 4;
    send(cut);
    finish();
    cr_assert(IS(SEEN(FROM_SERVER), "A\5h????"));
    cr_assert(eq(uint, fake_seen.cuts[FROM_SERVER], 1));
    cr_assert(was_told("tcp Fake snaplen: 0 connections 0 packets 4 unseen"));
}

Test(decoder, what_leaves_the_protocol_is_not_read)
{
    struct pipe pipe = pipe_of(4018);
    handshake(&pipe);
    client(&pipe, "Q\1a");
    server(&pipe, "X");
    client(&pipe, "Q\1tunnel");
    server(&pipe, "tunnel");
    close_both(&pipe);
    finish();
    cr_assert(IS(SEEN(FROM_CLIENT), "Q\1a"));
    cr_assert(eq(uint, told.exchanges, 1));
    cr_assert(was_told("tcp Fake -: 1 connections 10 packets 0 unseen 1 exchanges"));
    cr_assert(was_told("tcp Fake unsupported: 0 connections 0 packets 14 unseen"));
}

Test(decoder, open_exchanges_end_in_the_order_of_first_packets)
{
    struct pipe pipes[8];
    for (unsigned i = 0; i < 8; i++) {
        pipes[i] = pipe_of((uint16_t)(5000 + i * 17));
        handshake(&pipes[i]);
    }
    for (unsigned i = 8; i-- > 0;) {
        pipes[i].time_ns = 2 * SECOND;
        client(&pipes[i], "Q\1a");
    }
    finish();
    cr_assert(was_told("x1.0 capture-ended\nx4.0 capture-ended\nx7.0 capture-ended\n"
                       "x10.0 capture-ended\nx13.0 capture-ended\nx16.0 capture-ended\n"
                       "x19.0 capture-ended\nx22.0 capture-ended\nc1 1"));
}

Test(decoder, what_one_tick_finishes_is_in_order_whatever_the_shards)
{
    for (unsigned i = 0; i < 40; i++) {
        struct pipe pipe = pipe_of((uint16_t)(6000 + i * 31));
        pipe.time_ns = SECOND + i * 1000000;
        client(&pipe, "Q\1a");
    }
    struct pipe late = pipe_of(9);
    late.time_ns = 3600 * SECOND;
    client(&late, "Q\1b");
    cr_assert(eq(uint, told.exchanges, 40));
    char want[4096];
    size_t len = 0;
    for (unsigned i = 1; i <= 40; i++)
        len += (size_t)snprintf(want + len, sizeof want - len, "x%u.0 timeout\n", i);
    cr_assert(strncmp(told.text, want, len) == 0);
    cr_assert(eq(i64, told.last_finished_ns, SECOND + 39000000 + FAKE_TIMEOUT_NS));
    finish();
}

Test(decoder, idle_and_closed_connections_are_told_when_their_time_has_come)
{
    struct pipe closed = pipe_of(7000), idle = pipe_of(7001), clock = pipe_of(7002);
    handshake(&closed);
    client(&closed, "Q\1a");
    server(&closed, "A\1b");
    close_both(&closed);
    client(&idle, "Q\1a");
    server(&idle, "A\1b");
    clock.time_ns = closed.time_ns + LIMIT_FLOW_CLOSED_NS - SECOND;
    client(&clock, "");
    cr_assert(eq(uint, told.connections, 0));
    clock.time_ns = closed.time_ns + LIMIT_FLOW_CLOSED_NS + SECOND;
    client(&clock, "");
    cr_assert(eq(uint, told.connections, 1));
    clock.time_ns = idle.time_ns + LIMIT_FLOW_IDLE_NS - SECOND;
    client(&clock, "");
    cr_assert(eq(uint, told.connections, 1));
    clock.time_ns = idle.time_ns + LIMIT_FLOW_IDLE_NS + LIMIT_FLOW_ORDER_NS + LIMIT_TICK_NS;
    client(&clock, "");
    cr_assert(eq(uint, told.connections, 2));
    finish();
}

Test(decoder, a_clock_that_jumps_by_years_costs_nothing)
{
    struct pipe pipe = pipe_of(7100);
    for (unsigned i = 0; i < 60; i++) {
        pipe.time_ns = (int64_t)i * 365 * 86400 * SECOND;
        client(&pipe, "Q\1a");
    }
    static const int64_t extremes[] = {INT64_MAX, INT64_MIN};
    for (unsigned i = 0; i < 2; i++) {
        pipe.time_ns = extremes[i];
        send(segment_of(&pipe, true, TCP_ACK, "Q\1a", 3));
        pipe.client_sequence += 3;
    }
    finish();
    cr_assert(eq(uint, told.exchanges, 61));
}

Test(decoder, the_oldest_flows_are_pushed_out_at_the_cap)
{
    decoder_free(decoder);
    begin_with(1); /* the least there is: 16 flows in each shard */
    for (unsigned i = 0; i < 4000; i++) {
        struct pipe pipe = pipe_of((uint16_t)(1024 + i));
        pipe.time_ns = SECOND + i;
        client(&pipe, "Q\1a");
    }
    cr_assert(told.exchanges >= 4000 - 64 * 16);
    cr_assert(told.losses == told.exchanges);
    cr_assert(strncmp(told.text, "loss\nx", 6) == 0);
    finish();
    cr_assert(eq(uint, told.exchanges, 4000));
    cr_assert(eq(uint, told.connections, 4000));
}

/* Many connections at once, lossy, disordered. */
static void crowd(void)
{
    static struct pipe pipes[200];
    uint64_t seed = 42;
    for (unsigned i = 0; i < 200; i++)
        pipes[i] = pipe_of((uint16_t)(10000 + i));
    for (unsigned i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        struct pipe *pipe = &pipes[(seed >> 33) % 200];
        bool from_client = (seed >> 50) & 1;
        const char *text = from_client ? "Q\5hello" : "A\5there";
        pipe->time_ns = SECOND + (int64_t)i * 3000000;
        if ((seed >> 40) % 16 == 0)
            *(from_client ? &pipe->client_sequence : &pipe->server_sequence) += 7; /* lost */
        if ((seed >> 44) % 16 == 0)
            send(segment_of(pipe, from_client, TCP_ACK, text, 7)); /* twice */
        uint8_t flags = (seed >> 20) % 256 ? TCP_ACK : (seed >> 28) % 2 ? TCP_RST : TCP_SYN;
        say_as(pipe, from_client, flags, text);
    }
}

Test(decoder, the_same_packets_give_the_same_rows)
{
    crowd();
    finish();
    static struct told before;
    before = told;
    told = (struct told){0};
    fake_seen = (struct fake_seen){0};
    begin();
    crowd();
    finish();
    cr_assert(told.exchanges > 1000);
    cr_assert(eq(sz, told.len, before.len));
    cr_assert(memcmp(told.text, before.text, told.len) == 0);
}

Test(decoder, other_transports_are_covered)
{
    struct pipe pipe = pipe_of(53);
    struct segment datagram = segment_of(&pipe, true, 0, "query", 5);
    datagram.ip_protocol = 17;
    send(datagram);
    datagram.ip_protocol = 1;
    send(datagram);
    finish();
    cr_assert(was_told("udp Unknown unsupported: 1 connections 1 packets 5 unseen"));
    cr_assert(was_told("icmp Unknown unsupported: 1 connections 1 packets 5 unseen"));
}
