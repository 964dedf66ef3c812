/* SPDX-License-Identifier: MIT */
/* fragments: a datagram that was cut up is the same again, in whatever order its parts come. */
#include "decode/fragments.h"

#include "decode/limits.h"
#include "tests/decode/frames.h"

/* A packet cut into parts, as raw IP. */
struct cut {
    struct frame whole; /* a packet without fragment header */
    struct frame parts[8];
    size_t n;
};

/* One part: `length` octets of the payload, from `offset` on. */
static void make_part(const struct cut *cut, struct frame *part, size_t offset, size_t length,
                      bool more, uint32_t id)
{
    struct slice whole = frame_slice(&cut->whole);
    bool v4 = whole.at[0] >> 4 == 4;
    size_t header = v4 ? 20 : 40;
    uint8_t h[48];

    part->at = sizeof part->octets;
    part->padding = 0;
    frame_prepend(part, whole.at + header + offset, length);
    memcpy(h, whole.at, header);
    if (v4) {
        put16(h + 2, 20 + length);
        put16(h + 4, id);
        put16(h + 6, (more ? 0x2000 : 0) | offset / 8);
        frame_prepend(part, h, 20);
        return;
    }
    put16(h + 4, 8 + length);
    h[40] = whole.at[6];
    h[41] = 0;
    put16(h + 42, offset | more);
    put32(h + 44, id);
    h[6] = 44;
    frame_prepend(part, h, 48);
}

/* Parts that begin at these offsets, up to a 0. */
static void make_cut(struct cut *cut, const char *recipe, const size_t *offsets, uint32_t id)
{
    frame_build(&cut->whole, recipe);
    struct slice whole = frame_slice(&cut->whole);
    size_t payload = whole.len - (whole.at[0] >> 4 == 4 ? 20 : 40), from = 0;

    for (cut->n = 0;; cut->n++) {
        size_t to = offsets[cut->n] ? offsets[cut->n] : payload;
        make_part(cut, &cut->parts[cut->n], from, to - from, to < payload, id);
        from = to;
        if (to == payload)
            break;
    }
    cut->n++;
}

static enum dissection show_part(struct bench *bench, const struct frame *part)
{
    bench->now_ns += SECOND / 100;
    return bench_show(bench, frame_slice(part));
}

static void check_whole(const struct bench *bench, const char *title, uint32_t frames)
{
    const struct segment *s = &bench->segment;
    cr_expect(slice_equal(s->payload, SLICE(REQUEST)), "%s", title);
    cr_expect(s->payload_length == REQUEST_LEN, "%s: %u", title, s->payload_length);
    cr_expect(s->destination_port == 80, "%s", title);
    cr_expect(s->frames == frames, "%s: %u frames", title, s->frames);
    touch(s->ip);
}

static void swap(size_t *a, size_t *b)
{
    size_t t = *a;
    *a = *b;
    *b = t;
}

/* The next permutation in the order of the alphabet. */
static bool next_order(size_t *order, size_t n)
{
    size_t i = n - 1, j = n - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] < order[i - 1])
        j--;
    swap(&order[i - 1], &order[j]);
    for (j = n - 1; i < j; i++, j--)
        swap(&order[i], &order[j]);
    return true;
}

static void check_all_orders(const char *recipe)
{
    static const size_t offsets[] = {8, 24, 40, 0};
    size_t order[4] = {0, 1, 2, 3};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    uint32_t id = 1;

    do {
        make_cut(&cut, recipe, offsets, id++);
        uint32_t wire = 0;
        uint64_t first_frame = 0;
        for (size_t i = 0; i < cut.n; i++) {
            const struct frame *part = &cut.parts[order[i]];
            enum dissection d = show_part(&bench, part);
            wire += (uint32_t)frame_slice(part).len;
            if (order[i] == 0)
                first_frame = bench.ordinal;
            cr_assert(d == (i + 1 < cut.n ? DISSECTED_PENDING : DISSECTED), "%s", recipe);
        }
        check_whole(&bench, recipe, 4);
        cr_expect_eq(bench.segment.wire_length, wire, "all frames count");
        cr_expect_eq(bench.segment.mark.frame, first_frame, "the frame with the first octet");
        cr_expect_eq(bench.segment.mark.ordinal, bench.ordinal, "known with the last one");
        cr_expect_eq(bench.segment.mark.time_ns, bench.now_ns);
    } while (next_order(order, 4));
    bench_fini(&bench);
}

Test(fragments, any_order_makes_the_datagram)
{
    check_all_orders("ip4/6 tcp text");
    check_all_orders("ip6/6 tcp text");
}

Test(fragments, every_part_may_be_cut_by_the_snaplen)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    for (uint32_t captured = 0; captured <= 44; captured++) {
        make_cut(&cut, "ip4/6 tcp text", offsets, captured + 1);
        bench_show_cut(&bench, frame_slice(&cut.parts[0]), captured);
        enum dissection d = show_part(&bench, &cut.parts[1]);
        touch(bench.segment.payload);
        if (captured < 20 || captured >= 40) {
            cr_expect_eq(d, captured < 20 ? DISSECTED_PENDING : DISSECTED, "%u", captured);
        } else {
            cr_expect_eq(d, DISSECTED_BROKEN, "%u", captured);
        }
        if (d == DISSECTED) {
            cr_expect_eq(bench.segment.payload_length, REQUEST_LEN);
            cr_expect_eq(bench.segment.payload.len, captured < 44 ? captured - 40 : REQUEST_LEN);
        }
    }
    bench_fini(&bench);
}

Test(fragments, the_first_copy_of_an_octet_counts)
{
    static const size_t offsets[] = {24, 40, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED_PENDING);

    struct frame other; /* all but the last part, with other octets where parts[1] lies */
    make_part(&cut, &other, 0, 40, true, 7);
    memset(other.octets + other.at + 20 + 24, 'X', 16);
    cr_expect_eq(show_part(&bench, &other), DISSECTED_PENDING);
    cr_expect_eq(show_part(&bench, &cut.parts[2]), DISSECTED);
    check_whole(&bench, "overlap", 3);
    bench_fini(&bench);
}

Test(fragments, a_part_that_came_before_adds_its_frame)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);
    show_part(&bench, &cut.parts[0]);
    cr_expect_eq(show_part(&bench, &cut.parts[0]), DISSECTED_PENDING, "10 ms later: sent again");
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED);
    check_whole(&bench, "repeated", 3);
    bench_fini(&bench);
}

Test(fragments, what_contradicts_is_refused)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    struct frame bad;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);

    make_part(&cut, &bad, 8, 9, true, 7);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN, "not a multiple of eight");
    make_part(&cut, &bad, 8, 0, true, 7);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN, "no octets");
    make_part(&cut, &bad, 0, 24, true, 7);
    put16(bad.octets + bad.at + 6, 0x2000 | 8190);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN, "past 65,535");

    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED_PENDING);
    make_part(&cut, &bad, 24, 16, false, 7);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN, "another end");
    make_part(&cut, &bad, 0, 24, true, 7);
    put16(bad.octets + bad.at + 6, 0x2000 | 8);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN, "past the end");
    cr_expect_eq(show_part(&bench, &cut.parts[0]), DISSECTED, "the others go on waiting");
    check_whole(&bench, "among contradictions", 2);
    bench_fini(&bench);
}

Test(fragments, an_end_before_what_came_is_refused)
{
    static const size_t offsets[] = {24, 40, 0};
    struct bench bench;
    struct cut cut;
    struct frame bad;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);
    show_part(&bench, &cut.parts[1]);
    make_part(&cut, &bad, 24, 8, false, 7);
    cr_expect_eq(show_part(&bench, &bad), DISSECTED_BROKEN);
    bench_fini(&bench);
}

Test(fragments, ids_protocols_and_addresses_keep_datagrams_apart)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut, other;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);
    show_part(&bench, &cut.parts[0]);
    make_cut(&other, "ip4/6 tcp text", offsets, 8);
    cr_expect_eq(show_part(&bench, &other.parts[1]), DISSECTED_PENDING, "id");
    make_cut(&other, "ip4/17 tcp text", offsets, 7);
    cr_expect_eq(show_part(&bench, &other.parts[1]), DISSECTED_PENDING, "protocol");
    make_cut(&other, "ip4/6 tcp text", offsets, 7);
    other.parts[1].octets[other.parts[1].at + 19] ^= 1;
    cr_expect_eq(show_part(&bench, &other.parts[1]), DISSECTED_PENDING, "address");
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED);
    bench_fini(&bench);
}

Test(fragments, what_waits_too_long_is_given_up_and_counted)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    make_cut(&cut, "ip4/6 tcp text", offsets, 7);
    show_part(&bench, &cut.parts[0]);
    cr_expect_eq(dissector_counts(bench.dissector).fragments_waiting, 1u);
    cr_expect_eq(dissector_counts(bench.dissector).fragment_bytes_waiting, 44u);
    bench.now_ns += LIMIT_FRAGMENT_SECONDS * SECOND + 1;
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED_PENDING, "its first part is gone");
    struct dissector_counts counts = dissector_counts(bench.dissector);
    cr_expect_eq(counts.fragments_dropped, 1u);
    cr_expect_eq(counts.fragment_bytes_dropped, 44u);
    cr_expect_eq(counts.fragments_evicted, 0u);
    cr_expect_eq(counts.fragments_waiting, 1u);
    bench_fini(&bench);
}

Test(fragments, the_oldest_gives_way_at_the_cap)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    for (uint32_t id = 1; id <= LIMIT_FRAGMENTED_DATAGRAMS + 2; id++) {
        make_cut(&cut, "ip4/6 tcp text", offsets, id);
        bench_show(&bench, frame_slice(&cut.parts[0]));
    }
    struct dissector_counts counts = dissector_counts(bench.dissector);
    bool by_number = counts.fragments_waiting == LIMIT_FRAGMENTED_DATAGRAMS;
    cr_expect(counts.fragments_evicted + counts.fragments_waiting ==
              LIMIT_FRAGMENTED_DATAGRAMS + 2);
    cr_expect(counts.fragments_evicted == counts.fragments_dropped);
    cr_expect(!by_number || counts.fragments_evicted == 2);

    make_cut(&cut, "ip4/6 tcp text", offsets, 1);
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED_PENDING, "1 was the oldest");
    make_cut(&cut, "ip4/6 tcp text", offsets, LIMIT_FRAGMENTED_DATAGRAMS + 2);
    cr_expect_eq(show_part(&bench, &cut.parts[1]), DISSECTED, "the newest is still there");
    bench_fini(&bench);
}

Test(fragments, far_parts_cannot_take_more_memory_than_the_cap)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    for (uint32_t id = 1; id <= 1000; id++) {
        make_cut(&cut, "ip4/6 tcp text", offsets, id);
        put16(cut.parts[0].octets + cut.parts[0].at + 6, 0x2000 | 8180);
        bench_show(&bench, frame_slice(&cut.parts[0]));
    }
    struct dissector_counts counts = dissector_counts(bench.dissector);
    cr_expect(counts.fragments_waiting <= LIMIT_FRAGMENT_MEMORY / 65536);
    cr_expect_eq(counts.fragments_evicted + counts.fragments_waiting, 1000u);
    bench_fini(&bench);
}

Test(fragments, parts_in_a_tunnel_and_a_tunnel_in_parts)
{
    static const size_t offsets[] = {24, 0};
    struct bench bench;
    struct cut inner, outer;
    bench_init(&bench, DLT_RAW_IP);

    make_cut(&inner, "ip4/6 tcp text", offsets, 7);
    for (int i = 0; i < 2; i++) {
        uint8_t gre[24] = {0x45, [6] = 0x40, [8] = 64, 47, [12] = 10, 9, 9, 1, 10, 9, 9, 2};
        put16(gre + 2, 24 + frame_slice(&inner.parts[i]).len);
        put16(gre + 22, 0x0800);
        frame_prepend(&inner.parts[i], gre, sizeof gre);
    }
    cr_expect_eq(show_part(&bench, &inner.parts[1]), DISSECTED_PENDING);
    cr_expect_eq(show_part(&bench, &inner.parts[0]), DISSECTED);
    check_whole(&bench, "parts in GRE", 2);
    cr_expect_eq(bench.segment.wire_length, 2 * 44 + 2 * 20 + 8u);

    make_cut(&outer, "ip4/17 udp/2152/2152 [30ff LLLL 00000001] ip4/6 tcp text", offsets, 9);
    cr_expect_eq(show_part(&bench, &outer.parts[0]), DISSECTED_PENDING);
    cr_expect_eq(show_part(&bench, &outer.parts[1]), DISSECTED);
    check_whole(&bench, "GTP in parts", 2);

    /* both: a part in GTP, which itself comes in parts */
    make_cut(&inner, "ip4/6 tcp text", offsets, 11);
    for (int i = 0; i < 2; i++) {
        frame_hex(&inner.parts[i], "30ff LLLL 00000001", 18);
        frame_layer(&inner.parts[i], "udp/2152/2152", 13);
        frame_layer(&inner.parts[i], "ip4/17", 6);
        outer.whole = inner.parts[i];
        make_part(&outer, &outer.parts[0], 0, 24, true, 20u + (unsigned)i);
        make_part(&outer, &outer.parts[1], 24, frame_slice(&outer.whole).len - 44, false,
                  20u + (unsigned)i);
        cr_expect_eq(show_part(&bench, &outer.parts[0]), DISSECTED_PENDING);
        cr_expect_eq(show_part(&bench, &outer.parts[1]), i ? DISSECTED : DISSECTED_PENDING);
    }
    check_whole(&bench, "parts of parts", 4);
    bench_fini(&bench);
}

Test(fragments, a_datagram_of_65535_octets_is_the_largest)
{
    struct bench bench;
    struct cut cut;
    bench_init(&bench, DLT_RAW_IP);
    frame_build(&cut.whole, "ip4/250 pad/64");
    uint8_t *end = cut.whole.octets + sizeof cut.whole.octets;
    memset(end - 64, 'a', 64);
    struct frame part;
    size_t offset = 0;
    for (; offset + 64 < 65515; offset += 64) {
        make_part(&cut, &part, 0, 64, true, 5);
        put16(part.octets + part.at + 6, 0x2000 | offset / 8);
        cr_assert_eq(show_part(&bench, &part), DISSECTED_PENDING);
    }
    make_part(&cut, &part, 0, 65515 - offset + 1, false, 5);
    put16(part.octets + part.at + 6, offset / 8);
    cr_expect_eq(show_part(&bench, &part), DISSECTED_BROKEN, "one octet too many");
    make_part(&cut, &part, 0, 65515 - offset, false, 5);
    put16(part.octets + part.at + 6, offset / 8);
    cr_expect_eq(show_part(&bench, &part), DISSECTED);
    cr_expect_eq(bench.segment.payload_length, 65515u);
    cr_expect_eq(bench.segment.payload.len, 65515u);
    cr_expect_eq(bench.segment.payload.at[65514], 'a');
    bench_fini(&bench);
}
