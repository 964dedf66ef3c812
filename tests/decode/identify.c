/* SPDX-License-Identifier: MIT */
/* identify: nDPI gives names to what we cannot read, the same ones every time. */
#include "decode/identify.h"

#include "decode/limits.h"
#include "tests/decode/frames.h"

/* A TLS ClientHello for "a.example", as short as it may be. */
#define CLIENT_HELLO                                                                               \
    "[16 0301 004a 01 000046 0303 "                                                                \
    "0000000000000000000000000000000000000000000000000000000000000001"                             \
    " 00 0002 1301 01 00 001b 0000 000e 000c 00 0009 612e6578616d706c65 002b 0003 02 0304"         \
    " ff01 0001 00]"

static const struct {
    const char *title, *recipe, *protocol, *server_name;
    bool is_tls, is_http;
} cases[] = {
    {"HTTP", "ip4/6 tcp [474554202f20485454502f312e310d0a486f73743a20612e6578616d706c650d0a0d0a]",
     "HTTP", "a.example", false, true},
    {"TLS", "ip4/6 tcp " CLIENT_HELLO, "TLS", "a.example", true, false},
    {"TLS, IPv6", "ip6/6 tcp " CLIENT_HELLO, "TLS", "a.example", true, false},
    {"DNS: its name is no server's",
     "ip4/17 udp/53 [0001 0100 0001 0000 0000 0000 0161 076578616d706c65 00 0001 0001]", "DNS", "",
     false, false},
    {"noise", "ip4/6 tcp [0102030405060708]", "Unknown", "", false, false},
    {"no octets", "ip4/6 tcp", "Unknown", "", false, false},
};

static void identify(struct identifier *id, size_t i, struct identity *result)
{
    struct identified_flow *flow = identifier_begin(id);
    struct frame frame;
    frame_build(&frame, cases[i].recipe);
    if (!identifier_packet(id, flow, frame_slice(&frame), SECOND, result))
        identifier_give_up(id, flow, result);
    identifier_end(id, flow);
}

Test(identify, names_and_servers)
{
    struct identifier *id = identifier_new();
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct identity result;
            identify(id, i, &result);
            cr_expect(strcmp(result.protocol, cases[i].protocol) == 0, "%s: %s", cases[i].title,
                      result.protocol);
            cr_expect(strcmp(result.server_name, cases[i].server_name) == 0, "%s: %s",
                      cases[i].title, result.server_name);
            cr_expect(result.is_tls == cases[i].is_tls, "%s", cases[i].title);
            cr_expect(result.is_http == cases[i].is_http, "%s", cases[i].title);
            cr_expect(!result.is_quic, "%s", cases[i].title);
        }
    }
    identifier_free(id);
}

Test(identify, there_is_a_verdict_after_so_many_packets)
{
    struct identifier *id = identifier_new();
    struct identified_flow *flow = identifier_begin(id);
    struct identity result;
    struct frame frame;
    frame_build(&frame, "ip4/6 tcp [0102030405060708]");
    int shown = 1;
    while (!identifier_packet(id, flow, frame_slice(&frame), SECOND, &result))
        shown++;
    cr_expect(shown <= LIMIT_IDENTIFY_PACKETS, "%d", shown);
    cr_expect(strcmp(result.protocol, "Unknown") == 0, "%s: a port is no evidence",
              result.protocol);
    identifier_end(id, flow);
    identifier_free(id);
}

Test(identify, cut_packets_and_odd_times_are_survived)
{
    struct identifier *id = identifier_new();
    struct guarded guarded = guarded_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        frame_build(&frame, cases[i].recipe);
        struct slice whole = frame_slice(&frame);
        for (size_t n = 0; n <= whole.len; n++) {
            struct identified_flow *flow = identifier_begin(id);
            struct identity result;
            struct slice ip = guarded_copy(&guarded, slice_first(whole, n));
            if (!identifier_packet(id, flow, ip, n % 2 ? INT64_MIN : INT64_MAX, &result))
                identifier_give_up(id, flow, &result);
            cr_expect(result.protocol != NULL);
            identifier_end(id, flow);
        }
    }
    identifier_end(id, NULL);
    guarded_free(&guarded);
    identifier_free(id);
    identifier_free(NULL);
}

Test(identify, without_a_packet_nothing_is_known)
{
    struct identifier *id = identifier_new();
    struct identified_flow *flow = identifier_begin(id);
    struct identity result;
    identifier_give_up(id, flow, &result);
    cr_expect(strcmp(result.protocol, "Unknown") == 0);
    identifier_end(id, flow);
    identifier_free(id);
}
