/* SPDX-License-Identifier: MIT */
/* Streams: whatever the order, the cuts and the losses, the receiver gets the octets once, in
 * order, and is told what is missing. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "decode/fingerprint.h"
#include "decode/limits.h"
#include "decode/tcp_stream.h"

#define STREAM_MAX 4096

/* One stream, its sender's octets, and what came out. */
struct bench {
    struct tcp_stream stream;
    struct tcp_window window;
    struct counters counters;
    struct tcp_budget budget;
    uint32_t initial;
    int64_t clock_ns;
    uint64_t ordinal;
    uint8_t sent[STREAM_MAX];
    uint8_t got[STREAM_MAX];
    bool lost[STREAM_MAX];
    size_t at;
    unsigned gaps, cuts, runs, differing, refusals;
    uint64_t overhead, taken, repeated;
};

static bool got_run(void *context, struct slice bytes, const struct provenance *provenance)
{
    struct bench *b = context;
    if (b->refusals) {
        b->refusals--;
        return false;
    }
    cr_assert(b->at + bytes.len <= STREAM_MAX);
    memcpy(b->got + b->at, bytes.at, bytes.len);
    b->at += bytes.len;
    b->runs++;
    b->overhead += provenance->overhead;
    b->repeated += provenance->repeated;
    b->taken += bytes.len;
    b->differing += provenance->differs;
    return true;
}

static void got_gap(void *context, uint64_t length, bool cut, const struct mark *at)
{
    struct bench *b = context;
    (void)at;
    cr_assert(length > 0);
    cr_assert(b->at + length <= STREAM_MAX);
    for (uint64_t i = 0; i < length; i++)
        b->lost[b->at++] = true;
    b->gaps += !cut;
    b->cuts += cut;
}

static struct tcp_receiver receiver(struct bench *b)
{
    return (struct tcp_receiver){b, got_run, got_gap};
}

static struct bench *bench_new(uint32_t initial)
{
    struct bench *b = calloc(1, sizeof *b);
    b->budget = (struct tcp_budget){.held_max = LIMIT_HELD_PER_SHARD,
                                    .stream_max = LIMIT_HELD_PER_STREAM,
                                    .counters = &b->counters};
    b->initial = initial;
    for (unsigned i = 0; i < STREAM_MAX; i++)
        b->sent[i] = (uint8_t)(i * 7 + (i >> 8));
    tcp_stream_start(&b->stream, initial, false);
    return b;
}

static void bench_free(struct bench *b)
{
    tcp_window_drop(&b->window, &b->budget);
    cr_assert(eq(u64, b->budget.held, 0));
    free(b);
}

#define FRAME_HEADERS 54

/* Octets [from, from + length) of the stream arrive, `captured` of them kept. */
static struct tcp_news arrive_as(struct bench *b, const uint8_t *octets, uint32_t from,
                                 uint32_t captured, uint32_t length)
{
    /* A buffer of its own size, so that the sanitizer sees each octet too many. */
    uint8_t *frame = malloc(captured ? captured : 1);
    memcpy(frame, octets + from, captured);
    struct tcp_arrival arrival = {.sequence = b->initial + from,
                                  .octets = slice_of(frame, captured),
                                  .length = length,
                                  .wire_length = FRAME_HEADERS + length,
                                  .fingerprint = fingerprint_of(slice_of(frame, captured)),
                                  .mark = {.time_ns = b->clock_ns, .ordinal = ++b->ordinal},
                                  .clock_ns = b->clock_ns};
    struct tcp_receiver to = receiver(b);
    struct tcp_news news = tcp_stream_add(&b->stream, &b->window, &arrival, &to, &b->budget);
    tcp_stream_watch(&b->stream, &b->window, b->clock_ns);
    free(frame);
    return news;
}

static struct tcp_news arrive(struct bench *b, uint32_t from, uint32_t length)
{
    return arrive_as(b, b->sent, from, length, length);
}

static void acked(struct bench *b, uint32_t upto)
{
    tcp_stream_acked(&b->stream, b->initial + upto);
    tcp_stream_watch(&b->stream, &b->window, b->clock_ns);
}

static void fin_at(struct bench *b, uint32_t at)
{
    struct tcp_arrival arrival = {.sequence = b->initial + at, .clock_ns = b->clock_ns};
    tcp_stream_fin(&b->stream, &b->window, b->initial + at, &arrival, &b->budget);
    tcp_stream_watch(&b->stream, &b->window, b->clock_ns);
}

static void expire_at(struct bench *b, int64_t clock_ns)
{
    struct tcp_receiver to = receiver(b);
    b->clock_ns = clock_ns;
    tcp_stream_expire(&b->stream, &b->window, clock_ns, &to, &b->budget);
}

static void flush(struct bench *b)
{
    struct tcp_receiver to = receiver(b);
    tcp_stream_flush(&b->stream, &b->window, b->clock_ns, &to, &b->budget);
}

/* All octets up to `upto` came out right, or were announced as lost. */
static void check(const struct bench *b, size_t upto)
{
    cr_assert(eq(sz, b->at, upto));
    for (size_t i = 0; i < upto; i++)
        cr_assert(b->lost[i] || b->got[i] == b->sent[i], "octet %zu", i);
}

static const uint32_t initials[] = {0, 1000, 0x7ffffff0, 0x80000000, 0xffffff00, 0xfffffffe};

Test(tcp_stream, in_order_octets_pass_at_once)
{
    for (size_t i = 0; i < COUNT_OF(initials); i++) {
        struct bench *b = bench_new(initials[i]);
        for (uint32_t at = 0; at < 1000; at += 100)
            cr_assert(eq(u32, arrive(b, at, 100).fresh, 100));
        check(b, 1000);
        cr_assert(eq(uint, b->runs, 10));
        cr_assert(eq(u64, b->overhead, 10 * FRAME_HEADERS));
        cr_assert(b->window.first == NULL);
        bench_free(b);
    }
}

Test(tcp_stream, reversed_octets_pass_when_the_first_comes)
{
    for (size_t i = 0; i < COUNT_OF(initials); i++) {
        struct bench *b = bench_new(initials[i]);
        for (uint32_t at = 1000; at > 0; at -= 100) {
            cr_assert(eq(sz, b->at, 0));
            arrive(b, at - 100, 100);
        }
        check(b, 1000);
        cr_assert(eq(uint, b->gaps, 0));
        cr_assert(eq(u64, b->overhead, 10 * FRAME_HEADERS));
        bench_free(b);
    }
}

static void permute(uint32_t *order, unsigned n, unsigned k)
{
    for (unsigned i = n; i > 1; k /= i--) {
        uint32_t swap = order[i - 1];
        order[i - 1] = order[k % i];
        order[k % i] = swap;
    }
}

Test(tcp_stream, every_order_of_five_segments_gives_the_same)
{
    for (unsigned k = 0; k < 120; k++) {
        struct bench *b = bench_new(0xffffff80);
        uint32_t order[5] = {0, 1, 2, 3, 4};
        permute(order, 5, k);
        for (unsigned i = 0; i < 5; i++)
            arrive(b, order[i] * 60, 60);
        check(b, 300);
        cr_assert(eq(uint, b->gaps, 0));
        cr_assert(eq(u64, b->overhead + b->taken, 5 * (FRAME_HEADERS + 60)));
        bench_free(b);
    }
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* Random segments, cut anywhere, doubled, overlapping, in any order, some octets never sent at all,
 * some cut by the snaplen, acknowledgements and time in between. */
static void random_trial(uint64_t seed)
{
    struct bench *b = bench_new(initials[draw(&seed, COUNT_OF(initials))]);
    uint32_t total = 1 + draw(&seed, 1200);
    uint32_t spread = 1 + draw(&seed, total);
    uint64_t wire = 0;
    unsigned segments = 4 + draw(&seed, 60);
    for (unsigned i = 0; i < segments; i++) {
        uint32_t from = draw(&seed, total), room = total - from;
        uint32_t length = 1 + draw(&seed, room < spread ? room : spread);
        uint32_t kept = draw(&seed, 16) ? length : draw(&seed, length + 1);
        arrive_as(b, b->sent, from, kept, length);
        wire += FRAME_HEADERS + length;
        if (draw(&seed, 8) == 0)
            acked(b, draw(&seed, total + 1));
        if (draw(&seed, 32) == 0)
            fin_at(b, total);
        if (draw(&seed, 16) == 0)
            b->refusals = draw(&seed, 2);
        if (b->window.corked && draw(&seed, 2)) {
            struct tcp_receiver to = receiver(b);
            tcp_stream_uncork(&b->stream, &b->window, &to, &b->budget);
        }
        if (draw(&seed, 8) == 0)
            expire_at(b, b->clock_ns + draw(&seed, 4) * (int64_t)100000000);
    }
    b->refusals = 0;
    struct tcp_receiver to = receiver(b);
    tcp_stream_uncork(&b->stream, &b->window, &to, &b->budget);
    flush(b);
    cr_assert(b->at <= total);
    check(b, b->at);
    cr_assert(eq(sz, b->at, b->stream.next - b->initial));
    cr_assert(b->overhead + b->taken <= wire, "a frame's octets were given out twice");
    cr_assert(b->window.first == NULL);
    cr_assert(eq(uint, b->differing, 0));
    bench_free(b);
}

Test(tcp_stream, random_segments_never_give_a_wrong_octet)
{
    for (uint64_t i = 0; i < 10000; i++)
        random_trial(i * 7919 + 1);
}

/* All octets are there, in any cut and order: then nothing may be called lost, ever. */
Test(tcp_stream, nothing_is_lost_that_came)
{
    for (uint64_t trial = 0; trial < 2000; trial++) {
        uint64_t seed = trial + 77;
        struct bench *b = bench_new(initials[draw(&seed, COUNT_OF(initials))]);
        uint32_t order[20];
        for (uint32_t i = 0; i < 20; i++)
            order[i] = i;
        for (unsigned i = 20; i > 1; i--) {
            unsigned j = draw(&seed, i);
            uint32_t swap = order[i - 1];
            order[i - 1] = order[j];
            order[j] = swap;
        }
        uint64_t wire = 0;
        for (unsigned i = 0; i < 20; i++) {
            uint32_t from = order[i] * 50, length = 50 + draw(&seed, 60);
            length = from + length > 1000 ? 1000 - from : length;
            arrive(b, from, length);
            wire += FRAME_HEADERS + length;
        }
        check(b, 1000);
        cr_assert(eq(uint, b->gaps, 0));
        cr_assert(eq(u64, b->taken, 1000));
        bench_free(b);
    }
}

Test(tcp_stream, repeated_octets_are_told_once)
{
    struct bench *b = bench_new(500);
    arrive(b, 0, 100);
    cr_assert(eq(u32, arrive(b, 0, 100).fresh, 0));
    cr_assert(eq(u32, arrive(b, 20, 30).fresh, 0));
    cr_assert(eq(u32, arrive(b, 50, 100).fresh, 50));
    check(b, 150);
    cr_assert(eq(u64, b->repeated, 50));
    cr_assert(eq(u64, b->overhead, FRAME_HEADERS + FRAME_HEADERS + 50));
    bench_free(b);
}

Test(tcp_stream, other_octets_in_a_repeat_are_noticed_and_not_taken)
{
    struct bench *b = bench_new(500);
    uint8_t forged[STREAM_MAX];
    memcpy(forged, b->sent, sizeof forged);
    forged[150] ^= 1;
    arrive(b, 0, 100);
    arrive(b, 100, 100);
    cr_assert(not(arrive(b, 100, 100).differs));
    cr_assert(arrive_as(b, forged, 100, 100, 100).differs, "the same borders");
    cr_assert(arrive_as(b, forged, 0, 200, 200).differs, "two runs in one");
    struct tcp_news news = arrive_as(b, forged, 90, 130, 130);
    cr_assert(news.differs, "enclosing, with new octets");
    cr_assert(eq(u32, news.fresh, 20));
    check(b, 220);
    cr_assert(eq(uint, b->differing, 1));
    bench_free(b);
}

Test(tcp_stream, held_octets_are_compared_one_by_one)
{
    struct bench *b = bench_new(500);
    uint8_t forged[STREAM_MAX];
    memcpy(forged, b->sent, sizeof forged);
    forged[150] ^= 1;
    arrive(b, 100, 100);
    arrive_as(b, forged, 120, 60, 60);
    arrive(b, 0, 100);
    check(b, 200);
    cr_assert(eq(uint, b->differing, 1));
    cr_assert(eq(u64, b->counters.of[COUNT_DIFFERING], 1));
    bench_free(b);
}

Test(tcp_stream, a_hole_that_was_acknowledged_is_given_up_after_a_grace)
{
    struct bench *b = bench_new(0xfffffff0);
    arrive(b, 0, 100);
    arrive(b, 200, 100);
    acked(b, 300);
    cr_assert(eq(i64, tcp_stream_due(&b->stream, &b->window), LIMIT_GAP_ACKED_NS));
    expire_at(b, LIMIT_GAP_ACKED_NS - 1);
    cr_assert(eq(sz, b->at, 100));
    expire_at(b, LIMIT_GAP_ACKED_NS);
    check(b, 300);
    cr_assert(eq(uint, b->gaps, 1));
    cr_assert(b->lost[100] && b->lost[199] && !b->lost[200]);
    bench_free(b);
}

Test(tcp_stream, all_holes_below_an_acknowledgement_share_one_grace)
{
    struct bench *b = bench_new(9);
    for (uint32_t at = 100; at < 1000; at += 200)
        arrive(b, at, 100);
    acked(b, 1000);
    expire_at(b, LIMIT_GAP_ACKED_NS);
    check(b, 1000);
    cr_assert(eq(uint, b->gaps, 5));
    bench_free(b);
}

Test(tcp_stream, a_hole_that_was_filled_in_the_grace_is_none)
{
    struct bench *b = bench_new(0);
    arrive(b, 100, 100);
    acked(b, 200);
    b->clock_ns = LIMIT_GAP_ACKED_NS / 2;
    arrive(b, 0, 100);
    expire_at(b, LIMIT_GAP_ACKED_NS);
    check(b, 200);
    cr_assert(eq(uint, b->gaps, 0));
    cr_assert(eq(i64, tcp_stream_due(&b->stream, &b->window), INT64_MAX));
    bench_free(b);
}

Test(tcp_stream, a_hole_that_nobody_acknowledged_waits_longer)
{
    struct bench *b = bench_new(0);
    arrive(b, 100, 100);
    expire_at(b, LIMIT_GAP_NS - 1);
    cr_assert(eq(sz, b->at, 0));
    expire_at(b, LIMIT_GAP_NS);
    check(b, 200);
    bench_free(b);
}

Test(tcp_stream, acknowledged_octets_at_the_end_are_lost_too)
{
    struct bench *b = bench_new(0);
    arrive(b, 0, 100);
    acked(b, 400);
    expire_at(b, LIMIT_GAP_ACKED_NS);
    check(b, 400);
    cr_assert(eq(uint, b->gaps, 1));
    acked(b, 401); /* a FIN that was not captured, rather than an octet */
    expire_at(b, 2 * LIMIT_GAP_ACKED_NS);
    cr_assert(eq(sz, b->at, 400));
    bench_free(b);
}

Test(tcp_stream, the_fin_is_no_octet)
{
    struct bench *b = bench_new(0);
    arrive(b, 0, 100);
    fin_at(b, 100);
    acked(b, 101);
    cr_assert(tcp_stream_at_fin(&b->stream));
    cr_assert(eq(i64, tcp_stream_due(&b->stream, &b->window), INT64_MAX));
    cr_assert(eq(u32, arrive(b, 100, 50).fresh, 0), "data after FIN");
    check(b, 100);
    bench_free(b);
}

Test(tcp_stream, octets_missing_before_the_fin_are_a_hole)
{
    struct bench *b = bench_new(0);
    arrive(b, 0, 100);
    fin_at(b, 300);
    expire_at(b, LIMIT_GAP_NS);
    check(b, 300);
    cr_assert(tcp_stream_at_fin(&b->stream));
    cr_assert(eq(uint, b->gaps, 1));
    bench_free(b);
}

Test(tcp_stream, a_fin_before_octets_that_wait_is_not_believed)
{
    struct bench *b = bench_new(0);
    b->refusals = 1;
    arrive(b, 0, 100);
    fin_at(b, 50);
    cr_assert(not(b->stream.flags & TCP_FIN_KNOWN));
    struct tcp_receiver to = receiver(b);
    tcp_stream_uncork(&b->stream, &b->window, &to, &b->budget);
    fin_at(b, 100);
    cr_assert(tcp_stream_at_fin(&b->stream));
    check(b, 100);
    bench_free(b);
}

Test(tcp_stream, what_the_snaplen_cut_is_told_at_once)
{
    struct bench *b = bench_new(0);
    arrive_as(b, b->sent, 0, 14, 100);
    arrive_as(b, b->sent, 100, 14, 100);
    check(b, 200);
    cr_assert(eq(uint, b->cuts, 2));
    cr_assert(eq(uint, b->gaps, 0));
    cr_assert(eq(u64, b->taken, 28));
    cr_assert(eq(u64, b->overhead + b->taken, 2 * (FRAME_HEADERS + 100)));
    bench_free(b);
}

Test(tcp_stream, keep_alive_probes_are_not_octets)
{
    struct bench *b = bench_new(0xffffff9c);
    static const uint8_t zeros[100];
    arrive(b, 0, 100);
    cr_assert(arrive_as(b, zeros, 99, 1, 1).keep_alive);
    cr_assert(eq(u32, arrive(b, 100, 1).fresh, 1), "a zero-window probe is one");
    cr_assert(eq(u32, arrive(b, 100, 50).fresh, 49));
    check(b, 150);
    bench_free(b);
}

Test(tcp_stream, a_guessed_start_moves_back_until_octets_passed)
{
    struct bench *b = bench_new(1000);
    b->stream = (struct tcp_stream){0};
    tcp_stream_acked(&b->stream, 1000 + 200);
    arrive(b, 0, 100);
    arrive(b, 100, 100);
    check(b, 200);
    cr_assert(eq(uint, b->gaps, 0));
    bench_free(b);
}

Test(tcp_stream, segments_from_elsewhere_are_ignored)
{
    struct bench *b = bench_new(0);
    b->initial = LIMIT_SEQUENCE_JUMP + 1000;
    cr_assert(arrive(b, 0, 100).out_of_window);
    cr_assert(eq(sz, b->at, 0));
    bench_free(b);
}

Test(tcp_stream, a_cork_keeps_octets_until_it_is_drawn)
{
    struct bench *b = bench_new(0);
    uint8_t begin[8];
    b->refusals = 1;
    arrive(b, 0, 3);
    cr_assert(b->window.corked);
    arrive(b, 3, 3);
    arrive(b, 10, 3);
    cr_assert(eq(sz, tcp_stream_peek(&b->stream, &b->window, begin, sizeof begin), 6));
    cr_assert(memcmp(begin, b->sent, 6) == 0);
    struct tcp_receiver to = receiver(b);
    tcp_stream_uncork(&b->stream, &b->window, &to, &b->budget);
    cr_assert(eq(sz, b->at, 6));
    arrive(b, 6, 4);
    check(b, 13);
    bench_free(b);
}

Test(tcp_stream, too_much_behind_a_hole_gives_it_up)
{
    struct bench *b = bench_new(0);
    b->budget.stream_max = 1000;
    for (uint32_t at = 100; at + 100 <= STREAM_MAX; at += 100)
        arrive(b, at, 100);
    cr_assert(b->counters.of[COUNT_HELD_STREAM_CAP] == 1);
    check(b, STREAM_MAX / 100 * 100);
    cr_assert(eq(uint, b->gaps, 1));
    bench_free(b);
}

Test(tcp_stream, memory_of_the_shard_is_a_bound_too)
{
    struct bench *b = bench_new(0);
    b->budget.held_max = 0;
    arrive(b, 0, 10);
    arrive(b, 100, 10);
    arrive(b, 50, 10);
    check(b, 110);
    cr_assert(b->counters.of[COUNT_HELD_SHARD_CAP] == 1);
    bench_free(b);
}

Test(tcp_stream, pieces_are_bounded_however_small)
{
    struct bench *b = bench_new(0);
    for (uint32_t at = 1; at < STREAM_MAX; at += 2) {
        arrive(b, at, 1);
        cr_assert(b->window.pieces <= LIMIT_HELD_PIECES);
    }
    flush(b);
    check(b, STREAM_MAX);
    bench_free(b);
}
