/* SPDX-License-Identifier: MIT */
/* twice: what a tap repeats counts once, what a host repeats stays. */
#include "decode/twice.h"

#include "decode/limits.h"
#include "tests/decode/frames.h"

#define FRAME ETHERNET "[0800] ip4/6/4660 tcp text"
#define MS    INT64_C(1000000)

// clang-format off
static const struct {
    const char *title;
    const char *before, *after;
    int64_t gap_ns;
    bool same;
} cases[] = {
    {"the same frame", FRAME, FRAME, 1 * MS, true},
    {"at the same time", FRAME, FRAME, 0, true},
    {"5 ms later", FRAME, FRAME, 5 * MS, true},
    {"6 ms later", FRAME, FRAME, 6 * MS, false},
    {"from a tap whose clock is behind", FRAME, FRAME, -2 * MS, true},
    {"from a tap whose clock is far behind", FRAME, FRAME, -6 * MS, false},
    {"behind a router", FRAME, "[02000000000c 02000000000d 0800] ip4/6/4660/63 tcp text", MS, true},
    {"in a VLAN", FRAME, ETHERNET "[8100 0064 0800] ip4/6/4660 tcp text", MS, true},
    {"in a tunnel", FRAME, ETHERNET "[0800] ip4/47/99 [0000 0800] ip4/6/4660 tcp text", MS, true},
    {"other checksum and DSCP", FRAME, ETHERNET "[0800] [45 b8 0044 1234 4000 40 06 ffff 0a000001 c0000250]"
     " [9c40 0050 000003e8 00002328 50 18 1000 ffff 0000] text", MS, true},
    {"padded", ETHERNET "[0800] ip4/6/4660 tcp", ETHERNET "[0800] ip4/6/4660 tcp pad/6", MS, true},
    {"acknowledgement", ETHERNET "[0800] ip4/6/4660 tcp", ETHERNET "[0800] ip4/6/4660 tcp", MS, true},
    {"UDP", ETHERNET "[0800] ip4/17/7 udp/53 text", ETHERNET "[0800] ip4/17/7/63 udp/53 text", MS, true},
    {"ICMP", ETHERNET "[0800] ip4/1/7 [0800 0000 0001 0001] text", ETHERNET "[0800] ip4/1/7/63 [0800 0000 0001 0001] text", MS, true},
    {"timestamp, no id", ETHERNET "[0800] ip4/6 tcp/1000/5 text", ETHERNET "[0800] ip4/6/0/63 tcp/1000/5 text", MS, true},
    {"timestamp, IPv6", ETHERNET "[86dd] ip6/6 tcp/1000/5 text", ETHERNET "[86dd] ip6/6/0/63 tcp/1000/5 text", MS, true},
    {"id of IPv6", ETHERNET "[86dd] ip6/44 [11 00 0000 00000007] udp/53 text", ETHERNET "[86dd] ip6/44/0/9 [11 00 0000 00000007] udp/53 text", MS, true},

    {"retransmission: another id", FRAME, ETHERNET "[0800] ip4/6/4661 tcp text", MS, false},
    {"retransmission: another timestamp", ETHERNET "[86dd] ip6/6 tcp/1000/5 text", ETHERNET "[86dd] ip6/6 tcp/1000/6 text", MS, false},
    {"retransmission: nothing tells", ETHERNET "[0800] ip4/6 tcp text", ETHERNET "[0800] ip4/6 tcp text", MS, false},
    {"retransmission: nothing tells, IPv6", ETHERNET "[86dd] ip6/6 tcp text", ETHERNET "[86dd] ip6/6 tcp text", MS, false},
    {"UDP, nothing tells", ETHERNET "[86dd] ip6/17 udp/53 text", ETHERNET "[86dd] ip6/17 udp/53 text", MS, false},
    {"another sequence number", FRAME, ETHERNET "[0800] ip4/6/4660 tcp/1001 text", MS, false},
    {"less payload", FRAME, ETHERNET "[0800] ip4/6/4660 tcp text/27", MS, false},
    {"another octet at the end", ETHERNET "[0800] ip4/6/4660 tcp [61626364]", ETHERNET "[0800] ip4/6/4660 tcp [61626365]", MS, false},
    {"another octet at the begin", ETHERNET "[0800] ip4/6/4660 tcp [61626364]", ETHERNET "[0800] ip4/6/4660 tcp [60626364]", MS, false},
    {"another flag", ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 50 18 1000 0000 0000]",
     ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 50 10 1000 0000 0000]", MS, false},
    {"another acknowledgement", ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 50 10 1000 0000 0000]",
     ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002329 50 10 1000 0000 0000]", MS, false},
    {"another window", ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 50 10 1000 0000 0000]",
     ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 50 10 1001 0000 0000]", MS, false},
    {"another selective acknowledgement", ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 80 10 1000 0000 0000 0101 050a 00000001 00000002]",
     ETHERNET "[0800] ip4/6/7 [9c40 0050 000003e8 00002328 80 10 1000 0000 0000 0101 050a 00000001 00000003]", MS, false},
    {"another protocol", ETHERNET "[0800] ip4/17/7 udp/53 text", ETHERNET "[0800] ip4/136/7 udp/53 text", MS, false},
    {"another address", FRAME, ETHERNET "[0800] [45 00 0044 1234 4000 40 06 0000 0a000002 c0000250] tcp text", MS, false},
    {"another port", ETHERNET "[0800] ip4/17/7 udp/53 text", ETHERNET "[0800] ip4/17/7 udp/54 text", MS, false},
};
// clang-format on

Test(twice, duplicates_are_told_from_near_twins)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        bench_init(&bench, DLT_ETHERNET);
        cr_expect(bench_recipe(&bench, cases[i].before) == DISSECTED, "%s", cases[i].title);
        bench.now_ns += cases[i].gap_ns;
        enum dissection d = bench_recipe(&bench, cases[i].after);
        cr_expect(d == (cases[i].same ? DISSECTED_TWICE : DISSECTED), "%s: %d", cases[i].title, d);
        cr_expect(bench.segment.wire_length == frame_slice(&bench.frame).len, "%s", cases[i].title);
        struct dissector_counts counts = dissector_counts(bench.dissector);
        cr_expect(counts.packets_twice == cases[i].same, "%s", cases[i].title);
        cr_expect(counts.bytes_twice == (cases[i].same ? bench.segment.wire_length : 0), "%s",
                  cases[i].title);
        bench_fini(&bench);
    }
}

Test(twice, three_sightings_are_one_packet)
{
    struct bench bench;
    bench_init(&bench, DLT_ETHERNET);
    cr_expect_eq(bench_recipe(&bench, FRAME), DISSECTED);
    bench.now_ns += 2 * MS;
    cr_expect_eq(bench_recipe(&bench, FRAME), DISSECTED_TWICE);
    bench.now_ns += 2 * MS;
    cr_expect_eq(bench_recipe(&bench, FRAME), DISSECTED_TWICE);
    bench.now_ns += 2 * MS;
    cr_expect_eq(bench_recipe(&bench, FRAME), DISSECTED, "6 ms after the one that counted");
    bench.now_ns += 2 * MS;
    cr_expect_eq(bench_recipe(&bench, FRAME), DISSECTED_TWICE);
    bench_fini(&bench);
}

Test(twice, a_part_of_a_datagram_counts_once)
{
    static const char *const parts[] = {
        "[45 00 0024 0007 2000 40 11 0000 0a000001 c0000250] [c350 0035 0018 0000 "
        "6162636465666768]",
        "[45 00 001c 0007 0002 40 11 0000 0a000001 c0000250] [696a6b6c6d6e6f70]",
    };
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    cr_expect_eq(bench_recipe(&bench, parts[0]), DISSECTED_PENDING);
    cr_expect_eq(bench_recipe(&bench, parts[0]), DISSECTED_TWICE);
    cr_expect_eq(bench_recipe(&bench, parts[1]), DISSECTED);
    cr_expect_eq(bench.segment.frames, 2u);
    cr_expect_eq(bench.segment.wire_length, 36u + 28u);
    cr_expect_eq(bench.segment.payload_length, 16u);
    cr_expect_eq(bench_recipe(&bench, parts[1]), DISSECTED_TWICE, "begins no new datagram");
    cr_expect_eq(dissector_counts(bench.dissector).fragments_waiting, 0u);
    bench_fini(&bench);
}

/* As many packets as are remembered, and as many more as asked; was the first one forgotten? */
static bool is_forgotten_after(size_t others)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    cr_assert_eq(bench_recipe(&bench, "ip4/6/1 tcp/1"), DISSECTED);
    struct frame frame;
    frame_build(&frame, "ip4/6/2 tcp/1");
    for (size_t i = 0; i < others; i++) {
        put32(frame.octets + frame.at + 24, i);
        cr_assert_eq(bench_show(&bench, frame_slice(&frame)), DISSECTED);
    }
    bool forgotten = bench_recipe(&bench, "ip4/6/1 tcp/1") == DISSECTED;
    bench_fini(&bench);
    return forgotten;
}

Test(twice, exactly_the_oldest_is_forgotten)
{
    cr_expect(!is_forgotten_after(LIMIT_TWICE_ENTRIES - 1));
    cr_expect(is_forgotten_after(LIMIT_TWICE_ENTRIES));
}
