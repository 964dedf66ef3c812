/* SPDX-License-Identifier: MIT */
/* Any segments in any order: each octet says its own sequence number, so that the protocol sees
 * whether runs and gaps add up. The decoder itself asserts that no frame's octets are given twice.
 */

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/decode.h"
#include "decode/dispatch.h"

struct checker {
    const struct protocol_host *host;
    uint64_t wire;
    uint8_t next[2];
    bool begun[2];
};

static enum claim claims(struct slice begin, enum direction *from)
{
    *from = begin.at[0] & 1 ? FROM_CLIENT : FROM_SERVER;
    return begin.at[0] % 8 == 7 ? CLAIM_NO : begin.len < begin.at[0] % 8u ? CLAIM_MORE : CLAIM_YES;
}

static void *open(const struct protocol_host *host)
{
    struct checker *checker = xcalloc(1, sizeof *checker);
    checker->host = host;
    return checker;
}

static void feed(void *state, enum direction from, struct slice bytes,
                 const struct provenance *provenance, int64_t clock_ns, uint64_t ordinal)
{
    struct checker *checker = state;
    (void)clock_ns, (void)ordinal;
    assert(bytes.len || provenance->differs || provenance->overhead);
    for (size_t i = 0; i < bytes.len; i++) {
        assert(!checker->begun[from] || bytes.at[i] == checker->next[from]);
        checker->begun[from] = true;
        checker->next[from] = (uint8_t)(bytes.at[i] + 1);
    }
    checker->wire += bytes.len + provenance->overhead;
}

static void gap(void *state, enum direction from, uint64_t length, bool cut, const struct mark *at,
                int64_t clock_ns, uint64_t ordinal)
{
    struct checker *checker = state;
    (void)cut, (void)at, (void)clock_ns, (void)ordinal;
    assert(length > 0);
    checker->next[from] = (uint8_t)(checker->next[from] + length);
}

static void end(void *state, enum direction from, enum stream_end how, int64_t clock_ns,
                uint64_t ordinal)
{
    struct checker *checker = state;
    struct exchange *exchange = exchange_new();
    (void)from, (void)how;
    exchange->connection = checker->host->calls->facts(checker->host->context);
    exchange->wire_bytes = checker->wire;
    exchange->finished_ns = clock_ns;
    exchange->finished_ordinal = ordinal;
    checker->wire = 0;
    checker->host->calls->exchange(checker->host->context, exchange);
}

static int64_t deadline(const void *state)
{
    const struct checker *checker = state;
    return checker->wire % 3 ? INT64_MAX : (int64_t)checker->wire * 10000000;
}

static int64_t tick(void *state, int64_t clock_ns)
{
    (void)clock_ns;
    return deadline(state);
}

static bool idle(const void *state)
{
    return ((const struct checker *)state)->wire == 0;
}

static bool left(const void *state)
{
    return ((const struct checker *)state)->wire % 251 == 250;
}

static uint32_t weight(const void *state)
{
    (void)state;
    return sizeof(struct checker);
}

static const struct protocol checker_protocol = {.name = "check",
                                                 .label = "check",
                                                 .claims = claims,
                                                 .open = open,
                                                 .feed = feed,
                                                 .gap = gap,
                                                 .end = end,
                                                 .tick = tick,
                                                 .idle = idle,
                                                 .left = left,
                                                 .deadline = deadline,
                                                 .weight = weight,
                                                 .close = free};
static const struct protocol *const list[] = {&checker_protocol, NULL};

static void on_exchange(void *context, struct exchange *exchange)
{
    (void)context;
    exchange_free(exchange);
}

static void on_connection(void *context, const struct connection *connection)
{
    (void)context;
    assert(connection->overhead_bytes <= connection->wire_bytes);
}

static void on_asked(void *context, const struct asked *asked)
{
    (void)context, (void)asked;
}

static void on_loss(void *context, const struct loss *loss)
{
    (void)context, (void)loss;
}

static void on_coverage(void *context, const struct coverage *row)
{
    *(uint64_t *)context += row->packets;
}

/* Eight octets of input are one segment. */
static struct segment segment_of(const uint8_t *at, uint8_t *payload, int64_t *time_ns)
{
    bool from_client = at[0] & 1;
    uint32_t base = (at[0] & 2 ? 0xffffff80u : 0x1000u);
    uint32_t sequence = base + at[2] + (at[1] & 0x80 ? (uint32_t)at[3] << 22 : 0);
    uint32_t length = at[4] % 64, kept = at[5] & 0xc0 ? length : length / 2;
    for (uint32_t i = 0; i < length; i++)
        payload[i] = (uint8_t)(sequence + !!(at[1] & TCP_SYN) + i);
    *time_ns += (int64_t)at[6] * at[6] * at[6] * 1000;
    return (struct segment){.mark = {.time_ns = *time_ns, .frame = 1},
                            .source = {4, {from_client ? 1 : 2}},
                            .destination = {4, {from_client ? 2 : 1}},
                            .source_port = from_client ? 1000 + (at[0] >> 6) : 80,
                            .destination_port = from_client ? 80 : 1000 + (at[0] >> 6),
                            .ip_protocol = at[0] & 4 && at[0] & 8 ? 17 : 6,
                            .sequence = sequence,
                            .acknowledgement = base + at[7],
                            .flags = at[1] & 0x17,
                            .payload = {payload, kept},
                            .payload_length = length,
                            .wire_length = 40 + length,
                            .frames = 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
    uint64_t packets = 0;
    int64_t time_ns = 0;
    struct decode_sink sink = {&packets, on_exchange, on_connection,
                               on_asked, on_loss,     on_coverage};
    struct decoder_options options = {.memory = 1};
    struct decoder *decoder = decoder_new_with(&options, &sink, list);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint8_t *payload = xmalloc(64);
        struct segment segment = segment_of(at + i, payload, &time_ns);
        decoder_segment(decoder, &segment);
        free(payload);
    }
    decoder_finish(decoder);
    assert(packets == n / 8);
    decoder_free(decoder);
    return 0;
}
