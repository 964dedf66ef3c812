/* SPDX-License-Identifier: MIT */
/* tunnel: what is wrapped is found, and what only looks wrapped is left alone. */
#include "decode/tunnel.h"

#include "decode/limits.h"
#include "tests/decode/frames.h"

#define TCP4 "ip4/6 tcp text"
#define TCP6 "ip6/6 tcp text"
#define GRE  "ip4/47 "

// clang-format off
static const struct {
    const char *title, *recipe;
} tunnels[] = {
    {"IP in IP", "ip4/4 " TCP4},
    {"6in4", "ip4/41 " TCP6},
    {"4in6", "ip6/4 " TCP4},
    {"6in6", "ip6/41 " TCP6},
    {"GRE", GRE "[0000 0800] " TCP4},
    {"GRE, IPv6 inside", GRE "[0000 86dd] " TCP6},
    {"GRE over IPv6", "ip6/47 [0000 0800] " TCP4},
    {"GRE, checksum", GRE "[8000 0800 00000000] " TCP4},
    {"GRE, key", GRE "[2000 0800 00000007] " TCP4},
    {"GRE, all three", GRE "[b000 0800 00000000 00000007 00000001] " TCP4},
    {"GRE, Ethernet", GRE "[0000 6558] " ETHERNET "[0800] " TCP4},
    {"GRE, tagged Ethernet", GRE "[2000 6558 00000007] " ETHERNET "[8100 0007 86dd] " TCP6},
    {"GRE, MPLS", GRE "[0000 8847 00010140] " TCP4},
    {"WCCP", GRE "[0000 883e] " TCP4},
    {"WCCP 2", GRE "[0000 883e 00000000] " TCP4},
    {"PPTP", GRE "[3001 880b LLLL 0001 00000001] [ff03 0021] " TCP4},
    {"PPTP, acknowledging", GRE "[3081 880b LLLL 0001 00000001 00000002] [21] " TCP4},
    {"ERSPAN I", GRE "[0000 88be] " ETHERNET "[0800] " TCP4},
    {"ERSPAN II", GRE "[1000 88be 00000001 1001 0000 00000000] " ETHERNET "[0800] " TCP4},
    {"ERSPAN III", GRE "[1000 22eb 00000001 2001 0000 00000000 0000 0000] " ETHERNET "[0800] " TCP4},
    {"ERSPAN III, second header", GRE "[1000 22eb 00000001 2001 0000 00000000 0000 0001 0000000000000000] " ETHERNET "[0800] " TCP4},
    {"EtherIP", "ip4/97 [3000] " ETHERNET "[0800] " TCP4},
    {"MPLS in IP", "ip4/137 [00010140] " TCP4},
    {"L2TPv3", "ip4/115 [00000007] " ETHERNET "[0800] " TCP4},
    {"L2TPv3, cookie", "ip4/115 [00000007 01020304] " ETHERNET "[0800] " TCP4},
    {"L2TPv3, long cookie, sublayer", "ip4/115 [00000007 0102030405060708 40000001] " ETHERNET "[0800] " TCP4},
    {"VXLAN", "ip4/17 udp/4789 [08000000 00000700] " ETHERNET "[0800] " TCP4},
    {"VXLAN, old port", "ip4/17 udp/8472 [08000000 00000700] " ETHERNET "[86dd] " TCP6},
    {"VXLAN, group policy", "ip6/17 udp/4789 [88000007 00000700] " ETHERNET "[0800] " TCP4},
    {"VXLAN-GPE, IPv4", "ip4/17 udp/4790 [0c000001 00000700] " TCP4},
    {"VXLAN-GPE, IPv6", "ip4/17 udp/4790 [0c000002 00000700] " TCP6},
    {"VXLAN-GPE, Ethernet", "ip4/17 udp/4790 [0c000003 00000700] " ETHERNET "[0800] " TCP4},
    {"Geneve", "ip4/17 udp/6081 [0000 6558 00000700] " ETHERNET "[0800] " TCP4},
    {"Geneve, options, IPv4", "ip4/17 udp/6081 [0200 0800 00000700 0102 03 01 00000000] " TCP4},
    {"GTP", "ip4/17 udp/2152/2152 [30ff LLLL 00000001] " TCP4},
    {"GTP, sequence", "ip4/17 udp/2152/2152 [32ff LLLL 00000001] [0001 00 00] " TCP4},
    {"GTP, extension", "ip4/17 udp/2152/2152 [34ff LLLL 00000001] [0000 00 85] [01 0009 00] " TCP4},
    {"GTP, two extensions", "ip4/17 udp/2152/2152 [36ff LLLL 00000001] [0000 00 85] [01 0009 c0] [02 000000000000 00] " TCP6},
    {"GTP on another port", "ip4/17 udp/13578/13578 [30ff LLLL 00000001] " TCP4},
    {"L2TP", "ip4/17 udp/1701/1701 [0002 0001 0002] [ff03 0021] " TCP4},
    {"L2TP, length", "ip4/17 udp/1701/1701 [4002 TTTT 0001 0002 ff03 0021] " TCP4},
    {"L2TP, everything", "ip4/17 udp/50000/1701 [4a02 TTTT 0001 0002 0001 0001 0002 0000 0021] " TCP4},
    {"L2TPv3 over UDP", "ip4/17 udp/1701/1701 [0003 0000 00000007] " ETHERNET "[0800] " TCP4},
    {"Teredo", "ip4/17 udp/3544 " TCP6},
    {"Teredo, origin", "ip4/17 udp/50000/3544 [0000 1234 12345678] " TCP6},
    {"Teredo, authentication", "ip4/17 udp/3544 [0001 00 00 0102030405060708 00] [0000 1234 12345678] " TCP6},
    {"MPLS over UDP", "ip4/17 udp/6635 [00010140] " TCP4},
    {"GRE over UDP", "ip4/17 udp/4754 [0000 0800] " TCP4},
    {"GTP in VXLAN in GRE", GRE "[0000 0800] ip4/17 udp/4789 [08000000 00000700] " ETHERNET "[0800] ip4/17 udp/2152/2152 [30ff LLLL 00000001] " TCP4},
    {"authentication header in front", "ip4/51 [06 04 0000 00000001 00000001 000000000000000000000000] tcp text"},
    {"authentication header, IPv6", "ip6/51 [04 04 0000 00000001 00000001 000000000000000000000000] " TCP4},
};

/* All of them are UDP, or GRE, that stays what it is. */
static const struct {
    const char *title, *recipe;
    unsigned protocol, port;
} plain[] = {
    {"text to VXLAN's port", "ip4/17 udp/4789 text", 17, 4789},
    {"VXLAN, no network bit", "ip4/17 udp/4789 [00000000 00000700] " ETHERNET "[0800] " TCP4, 17, 4789},
    {"VXLAN, reserved bits", "ip4/17 udp/4789 [18000000 00000700] " ETHERNET "[0800] " TCP4, 17, 4789},
    {"VXLAN from the port", "ip4/17 udp/50000/4789 [08000000 00000700] " ETHERNET "[0800] " TCP4, 17, 50000},
    {"VXLAN, ARP inside", "ip4/17 udp/4789 [08000000 00000700] " ETHERNET "[0806 0001]", 17, 4789},
    {"VXLAN, packet that does not fit", "ip4/17 udp/4789 [08000000 00000700] " ETHERNET "[0800 4500 4000] text", 17, 4789},
    {"Geneve, version 1", "ip4/17 udp/6081 [4000 6558 00000700] " ETHERNET "[0800] " TCP4, 17, 6081},
    {"GTP signalling", "ip4/17 udp/2152/2152 [3201 LLLL 00000000] [0000 00 00]", 17, 2152},
    {"GTP, length of something else", "ip4/17 udp/2152/2152 [30ff 0007 00000001] " TCP4, 17, 2152},
    {"GTP on another port, inside too short", "ip4/17 udp/7777 [30ff LLLL 00000001] [4500 0030 0000 0000 40 06 0000 0a000001 c0000250] tcp text", 17, 7777},
    {"L2TP control", "ip4/17 udp/1701/1701 [c802 TTTT 0001 0000 0000 0000] " TCP4, 17, 1701},
    {"IP to no port of a tunnel", "ip4/17 udp/7777 " TCP4, 17, 7777},
    {"IPv4 to Teredo's port", "ip4/17 udp/3544 " TCP4, 17, 3544},
    {"GRE, ARP inside", GRE "[0000 0806 0001 0800]", 47, 0},
    {"GRE, source routes", GRE "[4000 0800 00000000 00000000] " TCP4, 47, 0},
    {"GRE, version 2", GRE "[0002 0800] " TCP4, 47, 0},
    {"PPTP acknowledgement", GRE "[2081 880b 0000 0001 00000002]", 47, 0},
    {"PPTP, compressed", GRE "[3001 880b LLLL 0001 00000001] [00fd 9000] " TCP4, 47, 0},
};
// clang-format on

Test(tunnel, what_is_wrapped_is_found_and_every_cut_is_survived)
{
    for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++)
        check_carries_request(DLT_RAW_IP, tunnels[i].title, tunnels[i].recipe);
}

Test(tunnel, what_looks_wrapped_is_left_alone)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct bench bench;
        bench_init(&bench, DLT_RAW_IP);
        enum dissection d = bench_recipe(&bench, plain[i].recipe);
        const struct segment *s = &bench.segment;
        cr_expect(d == DISSECTED, "%s: %d", plain[i].title, d);
        cr_expect(s->ip_protocol == plain[i].protocol && s->destination_port == plain[i].port,
                  "%s: %u, %u", plain[i].title, s->ip_protocol, s->destination_port);
        bench_fini(&bench);
    }
}

Test(tunnel, encryption_is_not_readable)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    cr_expect_eq(bench_recipe(&bench, "ip4/50 [00000001 00000001] text"), DISSECTED_UNREADABLE);
    cr_expect_eq(bench_recipe(&bench, "ip6/50 [00000001 00000001] text"), DISSECTED_UNREADABLE);
    cr_expect_eq(bench_recipe(&bench, "ip4/4 ip4/50 [00000001 00000001]"), DISSECTED_UNREADABLE);
    bench_fini(&bench);
}

Test(tunnel, nesting_ends_at_the_cap)
{
    char recipe[LIMIT_TUNNEL_DEPTH * 8 + 80] = "";
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    for (int depth = 0; depth <= LIMIT_TUNNEL_DEPTH + 1; depth++) {
        char wrapped[sizeof recipe + 16];
        snprintf(wrapped, sizeof wrapped, "%s" TCP4, recipe);
        bench.now_ns += SECOND;
        cr_expect_eq(bench_recipe(&bench, wrapped), DISSECTED);
        cr_expect_eq(bench.segment.ip_protocol, depth <= LIMIT_TUNNEL_DEPTH ? 6 : 4, "%d", depth);
        strcat(recipe, "ip4/4 ");
    }
    bench_fini(&bench);
}

Test(tunnel, a_cut_header_of_a_tunnel_is_broken)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    cr_expect_eq(bench_recipe(&bench, GRE "[2000 0800 0000]"), DISSECTED_BROKEN);
    cr_expect_eq(bench_recipe(&bench, "ip4/4 [4500]"), DISSECTED_BROKEN);
    bench_fini(&bench);
}
