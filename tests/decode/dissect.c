/* SPDX-License-Identifier: MIT */
/* dissect: the transport header, what is told of a packet, and real captures. */
#include "decode/ip.h"

#include <dirent.h>

#include "decode/limits.h"
#include "tests/decode/frames.h"

Test(dissect, tcp_fields_are_read)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    cr_assert_eq(bench_recipe(&bench, "ip4/6/7/61 [9c40 0050 fffffff0 01020304 80 1b abcd 0000 0000"
                                      " 0101 080a 00112233 44556677] text"),
                 DISSECTED);
    const struct segment *s = &bench.segment;
    cr_expect_eq(s->source.family, 4);
    cr_expect(memcmp(s->source.octets, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
    cr_expect(memcmp(s->destination.octets, "\xc0\0\2\x50\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
    cr_expect_eq(s->source_port, 40000);
    cr_expect_eq(s->destination_port, 80);
    cr_expect_eq(s->ip_protocol, 6);
    cr_expect_eq(s->ttl, 61);
    cr_expect_eq(s->sequence, 0xfffffff0u);
    cr_expect_eq(s->acknowledgement, 0x01020304u);
    cr_expect_eq(s->flags, TCP_FIN | TCP_SYN | TCP_PSH | TCP_ACK);
    cr_expect_eq(s->window, 0xabcd);
    cr_expect(s->has_timestamp);
    cr_expect_eq(s->timestamp, 0x00112233u);
    cr_expect_eq(s->timestamp_echo, 0x44556677u);
    cr_expect(slice_equal(s->payload, SLICE(REQUEST)));
    cr_expect_eq(s->frames, 1u);
    cr_expect_eq(s->ip.len, 20 + 32 + REQUEST_LEN);
    cr_expect_eq(s->ip.at[0], 0x45);
    bench_fini(&bench);
}

Test(dissect, tcp_options_are_read_as_far_as_they_make_sense)
{
    static const struct {
        const char *title, *header;
        bool has_timestamp;
    } cases[] = {
        {"none", "[9c40 0050 00000001 00000001 50 10 1000 0000 0000]", false},
        {"behind others",
         "[9c40 0050 00000001 00000001 a0 02 1000 0000 0000 020405b4 0402 080a 00000001 00000000 "
         "01 "
         "030307]",
         true},
        {"after the end of the list",
         "[9c40 0050 00000001 00000001 90 10 1000 0000 0000 0002 0101 080a 00000001 00000000 0000]",
         false},
        {"length 0",
         "[9c40 0050 00000001 00000001 90 10 1000 0000 0000 0500 0101 080a 00000001 00000000 0000]",
         false},
        {"length past the header", "[9c40 0050 00000001 00000001 60 10 1000 0000 0000 0101 080a]",
         false},
        {"timestamp of another length",
         "[9c40 0050 00000001 00000001 80 10 1000 0000 0000 0808 00000001 0000 01010101]", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char recipe[256];
        struct bench bench;
        bench_init(&bench, DLT_RAW_IP);
        snprintf(recipe, sizeof recipe, "ip4/6 %s text", cases[i].header);
        cr_expect(bench_recipe(&bench, recipe) == DISSECTED, "%s", cases[i].title);
        cr_expect(bench.segment.has_timestamp == cases[i].has_timestamp, "%s", cases[i].title);
        cr_expect(slice_equal(bench.segment.payload, SLICE(REQUEST)), "%s", cases[i].title);
        bench_fini(&bench);
    }
}

Test(dissect, other_transports_have_ports_or_none)
{
    static const struct {
        const char *title, *recipe;
        uint16_t from, to;
        uint32_t length;
    } cases[] = {
        {"UDP", "ip4/17 udp/53/1234 text", 1234, 53, REQUEST_LEN},
        {"UDP, IPv6", "ip6/17 udp/53/1234 text", 1234, 53, REQUEST_LEN},
        {"UDP, length left to the card", "ip4/17 [04d2 0035 0000 0000] text", 1234, 53,
         REQUEST_LEN},
        {"UDP, shorter than IP", "ip4/17 [04d2 0035 000c 0000] text", 1234, 53, 4},
        {"UDP-Lite", "ip4/136 [04d2 0035 0008 0000] text", 1234, 53, REQUEST_LEN},
        {"SCTP", "ip4/132 [0b59 0b5a 00000001 00000000] text", 2905, 2906, REQUEST_LEN},
        {"DCCP", "ip4/33 [04d2 0035 04 00 0000] text", 1234, 53, REQUEST_LEN},
        {"ICMP", "ip4/1 [0800 0000 0001 0001] text", 0, 0, 8 + REQUEST_LEN},
        {"ICMPv6", "ip6/58 [8000 0000 0001 0001] text", 0, 0, 8 + REQUEST_LEN},
        {"OSPF", "ip4/89 text", 0, 0, REQUEST_LEN},
        {"nothing", "ip4/6 tcp", 40000, 80, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        bench_init(&bench, DLT_RAW_IP);
        const struct segment *s = &bench.segment;
        cr_expect(bench_recipe(&bench, cases[i].recipe) == DISSECTED, "%s", cases[i].title);
        cr_expect(s->source_port == cases[i].from && s->destination_port == cases[i].to,
                  "%s: %u %u", cases[i].title, s->source_port, s->destination_port);
        cr_expect(s->payload_length == cases[i].length && s->payload.len == cases[i].length,
                  "%s: %u", cases[i].title, s->payload_length);
        bench_fini(&bench);
    }
}

Test(dissect, a_wire_length_below_the_captured_one_is_not_believed)
{
    struct bench bench;
    bench_init(&bench, DLT_RAW_IP);
    frame_build(&bench.frame, "ip4/6 tcp text");
    struct packet packet = {.bytes = frame_slice(&bench.frame),
                            .wire_length = 10,
                            .link_type = DLT_RAW_IP,
                            .input = 3,
                            .frame = 17,
                            .time_ns = 5};
    cr_assert_eq(dissector_packet(bench.dissector, &packet, 29, 6, &bench.segment), DISSECTED);
    cr_expect_eq(bench.segment.wire_length, packet.bytes.len);
    cr_expect_eq(bench.segment.mark.input, 3u);
    cr_expect_eq(bench.segment.mark.frame, 17u);
    cr_expect_eq(bench.segment.mark.ordinal, 29u);
    cr_expect_eq(bench.segment.mark.time_ns, 5);
    bench_fini(&bench);
}

/* Real captures, where there are any: nothing is broken in them, and the sums are those of another
 * dissector. */
static const struct {
    const char *name;
    unsigned long tcp_with_payload, payload, twice;
} real[] = {
    {"d01_tcpflow_raw304.pcap", 75, 44653, 0},
    {"d03_tryzeek_http.pcap", 2715, 3561870, 1},
    {"d08_tcpreplay_mixed.pcap", 51, 53446, 2},
    {"d10_80211.pcap", 15, 8592, 1},
    {"d11_loopback304.pcap", 11, 56331, 0},
    {"d18_rawip_cond.pcap", 40, 24437, 1},
    {"d23_ipfrag_cond.pcap", 1, 1460, 0},
    {"d36_ws_ooo.pcap", 14, 287, 1},
    {"d39_v6http.pcap", 3, 2499, 0},
    {"d40_qinq.pcap", 5, 5143, 0},
    {"d42_gre.pcap", 5, 4225, 0},
    {"d44_pppoe.pcap", 12, 15508, 0},
    {"d45_gtp_frag.pcap", 48, 64562, 0},
    {"d46_sll.pcap", 324, 415114, 0},
    {"d47_nflog.pcap", 2, 1339, 0},
};

static const char *corpus_folder(void)
{
    const char *folder = getenv("WIRE304_CORPUS");
    return folder ? folder : SOURCE_DIR "/../shared/corpus";
}

static void check_capture(const char *path, size_t i)
{
    const struct source_options options = {.from_ns = INT64_MIN, .until_ns = INT64_MAX};
    struct error error;
    struct source *source = source_open(&path, 1, &options, &error);
    cr_assert(source != NULL, "%s", error.text);

    struct dissector *dissector = dissector_new();
    unsigned long tcp_with_payload = 0, payload = 0, broken = 0;
    int64_t clock_ns = INT64_MIN;
    uint64_t ordinal = 0;
    struct packet packet;
    while (source_next(source, &packet)) {
        struct segment segment;
        if (packet.time_ns > clock_ns)
            clock_ns = packet.time_ns;
        switch (dissector_packet(dissector, &packet, ++ordinal, clock_ns, &segment)) {
        case DISSECTED:
            if (segment.ip_protocol == IP_TCP && segment.payload_length) {
                tcp_with_payload++;
                payload += segment.payload_length;
            }
            break;
        case DISSECTED_BROKEN:
        case DISSECTED_UNREADABLE:
            broken++;
            break;
        default:
            break;
        }
    }
    cr_expect(tcp_with_payload == real[i].tcp_with_payload, "%s: %lu segments", real[i].name,
              tcp_with_payload);
    cr_expect(payload == real[i].payload, "%s: %lu octets", real[i].name, payload);
    cr_expect(dissector_counts(dissector).packets_twice == real[i].twice, "%s", real[i].name);
    cr_expect(broken == 0, "%s: %lu broken", real[i].name, broken);
    dissector_free(dissector);
    source_close(source);
}

Test(dissect, real_captures_add_up)
{
    DIR *folder = opendir(corpus_folder());
    if (!folder)
        cr_skip_test("no captures here");
    closedir(folder);
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", corpus_folder(), real[i].name);
        check_capture(path, i);
    }
}
