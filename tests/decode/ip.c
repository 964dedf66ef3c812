/* SPDX-License-Identifier: MIT */
/* ip: where a packet ends, where its payload begins, and what is in it. */
#include "decode/ip.h"

#include "tests/decode/frames.h"

// clang-format off
static const struct {
    const char *title, *recipe;
} carriers[] = {
    {"IPv4 with options", "[48 00 0050 1234 4000 40 06 0000 0a000001 c0000250 070b040a0000010a00000200] tcp text"},
    {"IPv4 with 60 octets of header", "[4f 00 006c 1234 4000 40 06 0000 0a000001 c0000250 0101010101010101010101010101010101010101 0101010101010101010101010101010101010101] tcp text"},
    {"IPv4, length left to the network card", "[45 00 0000 1234 4000 40 06 0000 0a000001 c0000250] tcp text"},
    {"IPv4, authentication header twice", "ip4/51 [33 01 0000 00000001 00000001] [06 01 0000 00000002 00000001] tcp text"},
    {"IPv6, hop by hop", "ip6/0 [06 00 050200000000] tcp text"},
    {"IPv6, every extension", "ip6/0 [2b 00 050200000000] [3c 02 0400 00000000 00000000000000000000000000000000] [87 00 010400000000] [8b 00 010400000000] [8c 00 010400000000] [33 00 010400000000] [06 01 0000 00000002 00000001] tcp text"},
    {"IPv6, fragment header of a whole packet", "ip6/44 [06 00 0000 00000007] tcp text"},
    {"IPv6, fragment header after another", "ip6/60 [2c 00 010400000000] [06 00 0000 00000007] tcp text"},
    {"IPv6, length left to the network card", "[60000000 0000 06 40 20010db8000000000000000000000001 20010db8000000000000000000000050] tcp text"},
    {"IPv6, jumbogram", "[60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000050] [06 00 c204 00000038] tcp text"},
};

static const struct {
    const char *title, *recipe;
} broken[] = {
    {"version 5", "[55 00 0044 1234 4000 40 06 0000 0a000001 c0000250] tcp text"},
    {"IPv4, header of 16 octets", "[44 00 0044 1234 4000 40 59 0000 0a000001 c0000250] text"},
    {"IPv4, header longer than the packet", "[4f 00 0044 1234 4000 40 06 0000 0a000001 c0000250]"},
    {"IPv4, length shorter than the header", "[45 00 0013 1234 4000 40 59 0000 0a000001 c0000250] text"},
    {"IPv4, options beyond the length", "[46 00 0016 1234 4000 40 06 0000 0a000001 c0000250 01010101] tcp text"},
    {"IPv6, extension longer than the packet", "ip6/0 [06 ff 050200000000] tcp text"},
    {"IPv6, extension where the packet ends", "ip6/60 [06]"},
    {"IPv6, fragment header where it ends", "ip6/44 [06 00 0000]"},
    {"TCP, header of 16 octets", "ip4/6 [9c40 0050 00000001 00000001 40 10 1000 0000 0000]"},
    {"TCP, header longer than the packet", "ip4/6 [9c40 0050 00000001 00000001 60 10 1000 0000 0000]"},
    {"TCP, cut by the IP length", "ip4/6 [9c40 0050 00000001] pad/40"},
    {"UDP, length of less than its header", "ip4/17 [9c40 0050 0007 0000] text"},
};
// clang-format on

Test(ip, every_header_leads_to_the_payload_and_every_cut_is_survived)
{
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        check_carries_request(DLT_RAW_IP, carriers[i].title, carriers[i].recipe);
}

Test(ip, contradictions_are_broken)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct bench bench;
        bench_init(&bench, DLT_RAW_IP);
        cr_expect(bench_recipe(&bench, broken[i].recipe) == DISSECTED_BROKEN, "%s",
                  broken[i].title);
        cr_expect(bench.segment.payload.len == 0 && bench.segment.ip.at == NULL, "%s: mark alone",
                  broken[i].title);
        bench_fini(&bench);
    }
}

Test(ip, the_length_ends_the_payload_before_the_padding)
{
    struct bench bench;
    bench_init(&bench, DLT_ETHERNET);
    cr_expect_eq(bench_recipe(&bench, ETHERNET "[0800] ip4/6 tcp pad/6"), DISSECTED);
    cr_expect_eq(bench.segment.payload_length, 0u, "six octets of padding are no data");
    cr_expect_eq(bench_recipe(&bench, ETHERNET "[86dd] ip6/59 pad/6"), DISSECTED);
    cr_expect_eq(bench.segment.payload_length, 0u, "no next header");
    cr_expect_eq(bench.segment.wire_length, 60u);
    bench_fini(&bench);
}

Test(ip, a_length_beyond_the_frame_counts_as_cut)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    frame_build(&bench.frame, "ip4/6 tcp text");
    put16(bench.frame.octets + bench.frame.at + 2, 1500);
    cr_expect_eq(bench_show(&bench, frame_slice(&bench.frame)), DISSECTED);
    cr_expect_eq(bench.segment.payload_length, 1460u);
    cr_expect_eq(bench.segment.payload.len, REQUEST_LEN);
    bench_fini(&bench);
}

Test(ip, the_id_tells_packets_apart_unless_it_is_0)
{
    static const struct {
        const char *recipe;
        bool has_id;
        uint32_t id;
    } cases[] = {
        {"ip4/6/4660 tcp", true, 4660},
        {"ip4/6 tcp", false, 0},
        {"ip6/6 tcp", false, 0},
        {"ip6/44 [06 00 0000 00000007] tcp", true, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        struct ip ip;
        frame_build(&frame, cases[i].recipe);
        struct layer layer = {frame_slice(&frame), frame_slice(&frame).len};
        cr_assert(ip_parse(&layer, &ip));
        cr_expect(ip.has_id == cases[i].has_id && ip.id == cases[i].id, "%s", cases[i].recipe);
        cr_expect(!ip.is_fragment);
    }
}

Test(ip, plausible_is_what_fits)
{
    static const struct {
        const char *recipe;
        bool fits, fills;
    } cases[] = {
        {"ip4/6 tcp text", true, true},
        {"ip4/6 tcp text pad/1", true, false},
        {"ip6/6 tcp text", true, true},
        {"ip6/6 tcp text pad/1", true, false},
        {"[45 00 0045 1234 4000 40 06 0000 0a000001 c0000250] tcp text", false, false},
        {"[44 00 0044 1234 4000 40 06 0000 0a000001 c0000250] tcp text", false, false},
        {"[45 00 0010 1234 4000 40 06 0000 0a000001 c0000250] tcp text", false, false},
        {"[60000000 0031 06 40 20010db8000000000000000000000001] tcp text", false, false},
        {"[75 00 0044 1234 4000 40 06 0000 0a000001 c0000250] tcp text", false, false},
        {"[45 00 0013]", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        frame_build(&frame, cases[i].recipe);
        struct layer layer = {frame_slice(&frame), frame_slice(&frame).len};
        cr_expect(ip_is_plausible(&layer, false) == cases[i].fits, "%s", cases[i].recipe);
        cr_expect(ip_is_plausible(&layer, true) == cases[i].fills, "%s", cases[i].recipe);
    }
}
