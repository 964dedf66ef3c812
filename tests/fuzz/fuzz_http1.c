/* SPDX-License-Identifier: MIT */
/* Any octets in any runs of both directions, with holes: nothing is counted twice, and where no
 * octet was lost, the same comes of them drop by drop. A run is a control octet and up to 63
 * octets. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/drip.h"

struct talk {
    struct connection_facts facts;
    char text[1 << 16];
    size_t len;
    uint64_t wire, fed;
    uint32_t exchanges;
};

static struct connection_facts facts(void *t)
{
    return ((struct talk *)t)->facts;
}
static bool began(void *t)
{
    return ((struct talk *)t)->facts.began_in_capture;
}
static uint32_t exchanges(void *t)
{
    return ((struct talk *)t)->exchanges;
}
static void lost(void *t, int64_t from, int64_t until)
{
    (void)t, assert(from <= until);
}
static void take(void *context, struct exchange *x)
{
    struct talk *t = context;
    if (sizeof t->text - t->len > 512)
        drip_describe(x, t->text + t->len, 512), t->len += strlen(t->text + t->len);
    t->wire += x->wire_bytes;
    t->exchanges++;
    exchange_free(x);
}

static void play(struct talk *t, const uint8_t *at, size_t n, size_t drop)
{
    static const struct host_calls calls = {facts, began, take, lost, exchanges};
    struct protocol_host host = {t, &calls};
    void *state = protocol_http1.open(&host);
    struct provenance p = {.overhead = 54};
    for (size_t i = 0; i < n;) {
        uint8_t control = at[i++];
        size_t len = control % 64 < n - i ? control % 64 : n - i, step = drop ? drop : len;
        p.mark =
            (struct mark){(int64_t)++p.mark.ordinal * 1000000, p.mark.ordinal, p.mark.ordinal, 0};
        for (size_t k = 0, part; k < len; k += part, p.overhead = 0, t->fed += part) {
            part = step < len - k ? step : len - k;
            uint8_t *run = memcpy(malloc(part), at + i + k, part);
            protocol_http1.feed(state, control >> 7, (struct slice){run, part}, &p, p.mark.time_ns,
                                p.mark.ordinal);
            free(run);
        }
        t->fed += 54, p.overhead = 54, i += len;
        if ((control & 64) && drop == 0 && len)
            protocol_http1.gap(state, control >> 7, len, len & 1, &p.mark, p.mark.time_ns,
                               p.mark.ordinal);
    }
    protocol_http1.end(state, n & 1, n % 5, p.mark.time_ns, p.mark.ordinal);
    protocol_http1.close(state);
    assert(t->wire <= t->fed);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
    static struct talk spoilt, whole, drops;
    memset(&spoilt, 0, sizeof spoilt), memset(&whole, 0, sizeof whole),
        memset(&drops, 0, sizeof drops);
    spoilt.facts.began_in_capture = whole.facts.began_in_capture = drops.facts.began_in_capture =
        n & 2;
    play(&spoilt, at, n, 0);
    play(&whole, at, n, 64);
    play(&drops, at, n, 1);
    assert(whole.wire == drops.wire && strcmp(whole.text, drops.text) == 0);
    return 0;
}
