/* SPDX-License-Identifier: MIT */
/*
 * Nobody is ever given a response that was not his without being told: talks of clients with
 * different habits, from which packets are lost at random, single ones and in bursts over both
 * directions, and whose holes are noticed at once or late. Each response names the request that it
 * answers.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "decode/protocol.h"
#include "tests/support/wire.h"

#define MS       INT64_C(1000000)
#define TALK_MAX 4096 /* packets of a talk */

enum habit { ALTERNATES, PIPELINES_ALL, PIPELINES_TWO, PIPELINES_LATE, HABITS };

struct packet_of_talk {
    int64_t time_ns, fed_ns;
    enum direction from;
    bool lost;
    uint32_t number; /* in the order of times, from 1 */
    uint32_t len;
    const char *bytes;
};

struct talk {
    struct packet_of_talk packets[TALK_MAX];
    unsigned n;
    char *text; /* of all packets */
    size_t len;
    int64_t now_ns;
    uint64_t random;
    unsigned requests;
    bool head[512]; /* which requests are HEAD */
};

struct result {
    unsigned paired, sure, wrong, exchanges;
    struct connection_facts facts;
};

static unsigned below(struct talk *t, unsigned n)
{
    return wire_random_below(&t->random, n);
}

/* ---- what is said */

static void say(struct talk *t, enum direction from, const char *text, size_t len)
{
    size_t mss = 40 + below(t, 400);
    for (size_t i = 0; i < len; i += mss) {
        struct packet_of_talk *p = &t->packets[t->n++];
        cr_assert(t->n < TALK_MAX);
        *p = (struct packet_of_talk){
            .time_ns = t->now_ns,
            .from = from,
            .len = (uint32_t)(len - i < mss ? len - i : mss),
            .bytes = memcpy(t->text + t->len, text + i, len - i < mss ? len - i : mss),
        };
        t->len += p->len;
        t->now_ns += 10000;
    }
}

static void ask(struct talk *t)
{
    char text[256];
    unsigned n = t->requests++;
    t->head[n] = below(t, 8) == 0;
    int len = snprintf(text, sizeof text, "%s /%u HTTP/1.1\r\nHost: a\r\nUser-Agent: %.*s\r\n\r\n",
                       t->head[n] ? "HEAD" : "GET", n, (int)below(t, 60),
                       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
    say(t, FROM_CLIENT, text, (size_t)len);
}

static void answer(struct talk *t, unsigned n)
{
    static const char body[] = "HTTP/1.1 is spoken here. GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"
                               "HTTP/1.1 200 OK\r\n<p>and so on, and so forth.....\n";
    char text[4096];
    size_t len, size = below(t, 3) ? below(t, 100) : below(t, 1000);
    bool bodiless = t->head[n] || below(t, 3) == 0, chunked = below(t, 3) == 0;
    bool not_modified = bodiless && !t->head[n];
    len = (size_t)snprintf(text, sizeof text, "HTTP/1.1 %s\r\nX-Request-Id: /%u\r\n",
                           not_modified ? "304 Not Modified" : "200 OK", n);
    if (chunked)
        len += (size_t)sprintf(text + len, "Transfer-Encoding: chunked\r\n\r\n");
    else
        len += (size_t)sprintf(text + len, "Content-Length: %zu\r\n\r\n", size);
    if (chunked && !bodiless && size)
        len += (size_t)sprintf(text + len, "%zx\r\n", size);
    for (size_t i = 0; !bodiless && i < size; i++)
        text[len++] = body[i % (sizeof body - 1)];
    if (chunked && !bodiless)
        len += (size_t)sprintf(text + len, "%s0\r\n\r\n", size ? "\r\n" : "");
    say(t, FROM_SERVER, text, len);
}

static void pause_for(struct talk *t)
{
    t->now_ns += below(t, 20) ? (int64_t)(1 + below(t, 30)) * MS : 3000 * MS;
}

static void converse(struct talk *t, enum habit habit)
{
    unsigned answered = 0, all = 8 + below(t, 24);
    while (answered < all) {
        bool pipelines = habit == PIPELINES_ALL || habit == PIPELINES_TWO ||
                         (habit == PIPELINES_LATE && answered > 4);
        unsigned window = !pipelines ? 1 : habit == PIPELINES_TWO ? 2 : 1 + below(t, 6);
        while (t->requests < all && t->requests - answered < window)
            ask(t);
        t->now_ns += 5 * MS;
        answer(t, answered++);
        if (t->requests == answered)
            pause_for(t);
        else
            t->now_ns += MS;
    }
}

/* ---- what of it is seen, and when it is fed */

static void lose(struct talk *t, unsigned per_mille, bool bursts)
{
    for (unsigned i = 0; i < t->n; i++)
        if (below(t, 1000) < per_mille)
            for (unsigned k = 1 + (bursts ? below(t, 6) : 0); k && i < t->n; k--)
                t->packets[i++].lost = true;
}

static int by_fed(const void *a, const void *b)
{
    const struct packet_of_talk *p = a, *q = b;
    if (p->fed_ns != q->fed_ns)
        return p->fed_ns < q->fed_ns ? -1 : 1;
    return p->number < q->number ? -1 : 1;
}

/* What lies behind a hole waits until it is given up. */
static void hold_back(struct talk *t)
{
    int64_t free_ns[2] = {0, 0};
    for (unsigned i = 0; i < t->n; i++) {
        struct packet_of_talk *p = &t->packets[i];
        p->number = i + 1;
        p->fed_ns = p->time_ns;
        if (p->lost) {
            static const int64_t delays[] = {0, 12 * MS, 250 * MS};
            int64_t until = p->time_ns + delays[below(t, 3)];
            if (until > free_ns[p->from])
                free_ns[p->from] = until;
        }
        if (p->fed_ns < free_ns[p->from])
            p->fed_ns = free_ns[p->from];
    }
    qsort(t->packets, t->n, sizeof *t->packets, by_fed);
}

/* ---- what comes of it */

static struct connection_facts facts(void *context)
{
    return ((struct result *)context)->facts;
}

static bool began(void *context)
{
    return ((struct result *)context)->facts.began_in_capture;
}

static uint32_t exchanges(void *context)
{
    return ((struct result *)context)->exchanges;
}

static void lost(void *context, int64_t from_ns, int64_t until_ns)
{
    (void)context;
    cr_assert(le(long, from_ns, until_ns));
}

static void take(void *context, struct exchange *x)
{
    struct result *result = context;
    struct slice answered = head_first(&x->response.head, FIELD_X_REQUEST_ID);
    bool both = x->request.head.bytes.at && x->response.head.bytes.at;
    result->exchanges++;
    result->paired += both;
    result->sure += both && exchange_is_paired(x);
    result->wrong += both && exchange_is_paired(x) && !slice_equal(answered, x->target);
    exchange_free(x);
}

static void feed(const struct talk *t, struct result *result)
{
    static const struct host_calls calls = {facts, began, take, lost, exchanges};
    struct protocol_host host = {result, &calls};
    void *state = protocol_http1.open(&host);
    int64_t clock_ns = 0;
    for (unsigned i = 0; i < t->n; i++) {
        const struct packet_of_talk *p = &t->packets[i];
        struct provenance provenance = {.mark = {p->time_ns, p->number, p->number, 0}};
        clock_ns = p->fed_ns > clock_ns ? p->fed_ns : clock_ns;
        if (p->lost)
            protocol_http1.gap(state, p->from, p->len, false, &provenance.mark, clock_ns,
                               p->number);
        else
            protocol_http1.feed(state, p->from, slice_of(p->bytes, p->len), &provenance, clock_ns,
                                p->number);
        if (protocol_http1.idle(state) && p->number % 2) {
            protocol_http1.close(state);
            state = protocol_http1.open(&host);
        }
    }
    protocol_http1.end(state, FROM_CLIENT, STREAM_CAPTURE_ENDED, clock_ns, t->n);
    protocol_http1.close(state);
}

static struct result play(uint64_t seed, enum habit habit, unsigned per_mille, bool bursts,
                          bool began)
{
    static struct talk t;
    struct result result = {.facts = {.id = 1, .rtt_ns = -1, .began_in_capture = began}};
    t = (struct talk){.text = xmalloc(1 << 20), .now_ns = 1000 * MS, .random = seed};
    converse(&t, habit);
    lose(&t, per_mille, bursts);
    hold_back(&t);
    feed(&t, &result);
    free(t.text);
    return result;
}

Test(pairing, without_losses_everything_is_paired)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct result result = play(seed, seed % HABITS, 0, false, true);
        cr_expect(eq(uint, result.sure, result.exchanges), "seed %lu", seed);
        cr_expect(eq(uint, result.wrong, 0u), "seed %lu", seed);
    }
}

Test(pairing, no_wrong_pair_is_believed, .timeout = 300)
{
    static const char *const names[HABITS] = {"alternates", "all", "two", "late"};
    for (enum habit habit = 0; habit < HABITS; habit++) {
        struct result sum = {0};
        for (uint64_t seed = 1; seed <= 1000; seed++) {
            static const unsigned rates[] = {3, 10, 30, 100};
            struct result one =
                play(seed * HABITS + habit, habit, rates[seed % 4], seed / 4 % 2, seed / 8 % 2);
            sum.wrong += one.wrong;
            sum.sure += one.sure;
            sum.paired += one.paired;
            cr_expect(eq(uint, one.wrong, 0u), "%s, seed %lu", names[habit], seed);
        }
        cr_expect(gt(uint, sum.sure * 3, sum.paired), "%s: too much is in doubt", names[habit]);
    }
}
