/* SPDX-License-Identifier: MIT */
/* Remembers what it was fed, and makes exchanges of it. */

#include "tests/support/fake_protocol.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/exchange.h"

struct fake_seen fake_seen;

struct fake {
    const struct protocol_host *host;
    uint64_t wire;
    int64_t began_ns;
    uint32_t index;
    unsigned want[2]; /* octets of the message that are still to come */
    bool length_next[2], busy, left, answered;
};

static enum claim fake_claims(struct slice begin, enum direction *from)
{
    if (begin.at[0] == 'Q' || begin.at[0] == 'A') {
        *from = begin.at[0] == 'Q' ? FROM_CLIENT : FROM_SERVER;
        return CLAIM_YES;
    }
    if (begin.at[0] != 'M')
        return CLAIM_NO;
    *from = FROM_CLIENT;
    return begin.len < 2 ? CLAIM_MORE : begin.at[1] == 'Q' ? CLAIM_YES : CLAIM_NO;
}

static void *fake_open(const struct protocol_host *host)
{
    struct fake *fake = xcalloc(1, sizeof *fake);
    fake->host = host;
    fake->index = host->calls->exchanges(host->context);
    fake_seen.opened++;
    return fake;
}

static void finish(struct fake *fake, enum ending ending, int64_t clock_ns, uint64_t ordinal)
{
    struct exchange *exchange = exchange_new();
    exchange->connection = fake->host->calls->facts(fake->host->context);
    exchange->index = fake->index++;
    exchange->ending = ending;
    exchange->wire_bytes = fake->wire;
    exchange->finished_ns = clock_ns;
    exchange->finished_ordinal = ordinal;
    fake->wire = 0;
    fake->busy = false;
    fake->want[0] = fake->want[1] = 0;
    fake->host->calls->exchange(fake->host->context, exchange);
}

static void eat(struct fake *fake, enum direction from, uint8_t octet)
{
    if (fake->length_next[from]) {
        fake->length_next[from] = false;
        fake->want[from] = octet;
    } else if (fake->want[from]) {
        fake->want[from]--;
    } else {
        fake->length_next[from] = octet == 'Q' || octet == 'A';
        fake->answered = octet == 'A';
        fake->left |= octet == 'X';
    }
}

static void keep(enum direction from, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (fake_seen.length[from] < sizeof fake_seen.octets[0])
            fake_seen.octets[from][fake_seen.length[from]++] = bytes.at[i];
}

static void fake_feed(void *state, enum direction from, struct slice bytes,
                      const struct provenance *provenance, int64_t clock_ns, uint64_t ordinal)
{
    struct fake *fake = state;
    assert(bytes.len || provenance->overhead);
    assert(clock_ns >= fake_seen.last_clock_ns);
    fake_seen.last_clock_ns = clock_ns;
    fake_seen.last_ordinal = ordinal;
    fake_seen.differing += provenance->differs;
    if (bytes.len == 0)
        return; /* its cost is the connection's */
    fake_seen.runs[from]++;
    keep(from, bytes);
    fake->wire += provenance->overhead;
    for (size_t i = 0; i < bytes.len; i++) {
        if (!fake->busy)
            fake->began_ns = clock_ns;
        fake->busy = true;
        fake->wire++;
        eat(fake, from, bytes.at[i]);
        if (fake->answered && !fake->length_next[FROM_SERVER] && !fake->want[FROM_SERVER]) {
            fake->answered = false;
            finish(fake, ENDED_COMPLETE, clock_ns, ordinal);
        }
    }
    if (fake->left && fake->busy)
        finish(fake, ENDED_COMPLETE, clock_ns, ordinal);
}

static void fake_gap(void *state, enum direction from, uint64_t length, bool cut,
                     const struct mark *at, int64_t clock_ns, uint64_t ordinal)
{
    struct fake *fake = state;
    (void)at;
    assert(length > 0);
    fake_seen.last_clock_ns = clock_ns;
    fake_seen.last_ordinal = ordinal;
    fake_seen.gaps[from] += !cut;
    fake_seen.cuts[from] += cut;
    for (uint64_t i = 0; i < length && i < 1 << 16; i++)
        keep(from, SLICE("?"));
    fake->want[from] = 0;
    fake->length_next[from] = false;
}

static void fake_end(void *state, enum direction from, enum stream_end end, int64_t clock_ns,
                     uint64_t ordinal)
{
    struct fake *fake = state;
    fake_seen.ends[from][end]++;
    if (fake->busy && end != STREAM_FIN)
        finish(fake, end == STREAM_RESET ? ENDED_RESET : ENDED_CAPTURE_ENDED, clock_ns, ordinal);
    else if (fake->busy && from == FROM_SERVER)
        finish(fake, ENDED_CLOSED, clock_ns, ordinal);
}

static int64_t fake_deadline(const void *state)
{
    const struct fake *fake = state;
    return fake->busy ? fake->began_ns + FAKE_TIMEOUT_NS : INT64_MAX;
}

static int64_t fake_tick(void *state, int64_t clock_ns)
{
    struct fake *fake = state;
    if (fake_deadline(fake) <= clock_ns)
        finish(fake, ENDED_TIMEOUT, fake_deadline(fake),
               fake->host->calls->facts(fake->host->context).id);
    return fake_deadline(fake);
}

static bool fake_idle(const void *state)
{
    const struct fake *fake = state;
    return !fake->busy;
}

static bool fake_left(const void *state)
{
    const struct fake *fake = state;
    return fake->left;
}

static uint32_t fake_weight(const void *state)
{
    (void)state;
    return sizeof(struct fake);
}

static void fake_close(void *state)
{
    fake_seen.closed++;
    free(state);
}

const struct protocol fake_protocol = {
    .name = "Fake/1",
    .label = "Fake",
    .claims = fake_claims,
    .open = fake_open,
    .feed = fake_feed,
    .gap = fake_gap,
    .end = fake_end,
    .tick = fake_tick,
    .idle = fake_idle,
    .left = fake_left,
    .deadline = fake_deadline,
    .weight = fake_weight,
    .close = fake_close,
};

const struct protocol *const fake_protocols[] = {&fake_protocol, NULL};
