/* SPDX-License-Identifier: MIT */
/* link: from the first octet of a frame to its IP header, whatever captured it. */
#include "decode/link.h"

#include "tests/decode/frames.h"

#define TCP4   "ip4/6 tcp text"
#define UNSAID "[45 00 0000 1234 4000 40 06 0000 0a000001 c0000250] tcp text" /* IP length 0 */
#define TCP6   "ip6/6 tcp text"
#define SNAP   "[aaaa03 000000 0800] "
#define SLL    "[0000 0001 0006 02000000000b0000] "
#define WLAN   "0000 02000000000a 02000000000b 02000000000c 1000"
#define AVS                                                                                        \
    "[80211001 00000040 00000000000000000000000000000000 00000000000000000000000000000000"         \
    " 00000000000000000000000000000000 0000000000000000] "

// clang-format off
static const struct {
    const char *title;
    int link_type;
    const char *recipe;
} carriers[] = {
    {"Ethernet", 1, ETHERNET "[0800] " TCP4},
    {"Ethernet, IPv6", 1, ETHERNET "[86dd] " TCP6},
    {"Ethernet, padded", 1, ETHERNET "[0800] " TCP4 " pad/6"},
    {"Ethernet, IPv6, padded", 1, ETHERNET "[86dd] " TCP6 " pad/6"},
    {"802.1Q", 1, ETHERNET "[8100 0064 0800] " TCP4},
    {"802.1ad", 1, ETHERNET "[88a8 0064 8100 00c8 0800] " TCP4},
    {"QinQ before 802.1ad", 1, ETHERNET "[9100 0064 8100 00c8 0800] " TCP4},
    {"three tags", 1, ETHERNET "[9200 0064 88a8 0001 8100 00c8 86dd] " TCP6},
    {"802.1ah", 1, ETHERNET "[88e7 00000001] " ETHERNET "[0800] " TCP4},
    {"802.3 with SNAP", 1, ETHERNET "[LLLL] " SNAP TCP4},
    {"802.3 with SNAP, padded", 1, ETHERNET "[LLLL] " SNAP TCP4 " pad/46"},
    {"802.3 with SNAP, its length alone", 1, ETHERNET "[LLLL] " SNAP UNSAID " pad/46"},
    {"802.3 with SNAP and a tag", 1, ETHERNET "[8100 0064 LLLL] " SNAP TCP4},
    {"802.3 with SNAP, 802.1H", 1, ETHERNET "[LLLL] [aaaa03 0000f8 0800] " TCP4},
    {"802.3 with IP in LLC", 1, ETHERNET "[LLLL] [060603] " TCP4},
    {"MPLS", 1, ETHERNET "[8847 00010140] " TCP4},
    {"MPLS, three labels, IPv6", 1, ETHERNET "[8848 00010040 00020040 00030140] " TCP6},
    {"MPLS pseudowire", 1, ETHERNET "[8847 00010140 00000000] " ETHERNET "[0800] " TCP4},
    {"MPLS pseudowire, no control word", 1, ETHERNET "[8847 00010140] " ETHERNET "[0800] " TCP4},
    {"MPLS pseudowire, address like IPv4", 1,
     ETHERNET "[8847 00010140] [45000000000a 02000000000b 0800] " TCP4},
    {"PPPoE", 1, ETHERNET "[8864] [1100 0001 LLLL] [0021] " TCP4},
    {"PPPoE, padded", 1, ETHERNET "[8864] [1100 0001 LLLL] [0021] " TCP4 " pad/20"},
    {"PPPoE, its length alone", 1, ETHERNET "[8864] [1100 0001 LLLL] [0021] " UNSAID " pad/20"},
    {"PPPoE, IPv6, tagged", 1, ETHERNET "[8100 0007 8864] [1100 0001 LLLL] [0057] " TCP6},
    {"PPPoE, short protocol", 1, ETHERNET "[8864] [1100 0001 LLLL] [21] " TCP4},
    {"PPPoE link", 51, "[1100 0001 LLLL] [0021] " TCP4},
    {"PPP", 9, "[ff03 0021] " TCP4},
    {"PPP, nothing in front", 9, "[0021] " TCP4},
    {"PPP, all compressed", 9, "[21] " TCP4},
    {"PPP over a serial line", 50, "[ff03 0057] " TCP6},
    {"Cisco's framing as PPP", 50, "[0f00 0800] " TCP4},
    {"PPP, MPLS", 50, "[ff03 0281 00010140] " TCP4},
    {"PPP with direction", 204, "[01 ff03 0021] " TCP4},
    {"Cisco HDLC", 104, "[8f00 86dd] " TCP6},
    {"Linux cooked", 113, SLL "[0800] " TCP4},
    {"Linux cooked, tagged", 113, SLL "[8100 0064 86dd] " TCP6},
    {"Linux cooked, LLC", 113, SLL "[0004] " SNAP TCP4},
    {"Linux cooked 2", 276, "[0800 0000 00000003 0001 00 06 02000000000b0000] " TCP4},
    {"loopback, little-endian", 0, "[02000000] " TCP4},
    {"loopback, big-endian", 0, "[00000002] " TCP4},
    {"loopback, Linux", 0, "[0a000000] " TCP6},
    {"loopback, NetBSD", 0, "[18000000] " TCP6},
    {"loopback, FreeBSD", 0, "[1c000000] " TCP6},
    {"loopback, Darwin", 0, "[1e000000] " TCP6},
    {"loopback, OpenBSD", 108, "[00000018] " TCP6},
    {"raw, 12", 12, TCP4},
    {"raw, 14", 14, TCP6},
    {"raw, 101", 101, TCP6},
    {"raw IPv4", 228, TCP4},
    {"raw IPv6", 229, TCP6},
    {"MPLS link", 219, "[00010140] " TCP4},
    {"NFLOG", 239, "[02 00 0001] [0800 0100 08000001] [0500 0a00 61000000] [NNNN 0900] " TCP4 " pad/3"},
    {"NFLOG, big-endian", 239, "[0a 00 0001] [0006 000a 61620000] [005c 0009] " TCP6},
    {"802.11 from the access point", 105, "[0802 " WLAN "] " SNAP TCP4},
    {"802.11 QoS", 105, "[8801 " WLAN " 0000] " SNAP TCP4},
    {"802.11 QoS with HT control", 105, "[8881 " WLAN " 0000 00000000] " SNAP TCP4},
    {"802.11, four addresses", 105, "[8803 " WLAN " 02000000000d 0000] " SNAP TCP4},
    {"802.11 A-MSDU", 105, "[8801 " WLAN " 8000] [02000000000a 02000000000b LLLL] " SNAP TCP4},
    {"radiotap", 127, "[00 00 0800 00000000] [0802 " WLAN "] " SNAP TCP4},
    {"radiotap, check sequence", 127, "[00 00 0900 02000000 10] [0802 " WLAN "] " SNAP TCP4 " pad/4"},
    {"radiotap, its length alone", 127, "[00 00 0900 02000000 10] [0802 " WLAN "] " SNAP UNSAID " pad/4"},
    {"radiotap, time before the flags", 127,
     "[00 00 1900 03000080 00000000 00000000 0102030405060708 10] [0802 " WLAN "] " SNAP TCP4 " pad/4"},
    {"radiotap, padded header", 127, "[00 00 0900 02000000 20] [8801 " WLAN " 0000 0000] " SNAP TCP4},
    {"AVS", 163, AVS "[0802 " WLAN "] " SNAP TCP4},
    {"AVS, as Prism", 119, AVS "[0802 " WLAN "] " SNAP TCP4},
    {"PPI, 802.11", 192, "[00 00 0800 69000000] [0802 " WLAN "] " SNAP TCP4},
};

static const struct {
    const char *title;
    int link_type;
    const char *recipe;
    enum dissection want;
} others[] = {
    {"ARP", 1, ETHERNET "[0806 0001 0800 06 04 0001]", DISSECTED_NOT_IP},
    {"spanning tree", 1, ETHERNET "[LLLL] [424203 0000]", DISSECTED_NOT_IP},
    {"Cisco discovery", 1, ETHERNET "[LLLL] [aaaa03 00000c 2000 02b4]", DISSECTED_NOT_IP},
    {"neither length nor type", 1, ETHERNET "[05ee] " TCP4, DISSECTED_NOT_IP},
    {"PPPoE discovery", 1, ETHERNET "[8863 1109 0000 0000]", DISSECTED_NOT_IP},
    {"PPP negotiation", 9, "[ff03 c021 0101 0004]", DISSECTED_NOT_IP},
    {"PPP compression", 9, "[ff03 00fd 0101 0004]", DISSECTED_UNREADABLE},
    {"MACsec", 1, ETHERNET "[88e5 2c00 00000001] " TCP4, DISSECTED_UNREADABLE},
    {"MPLS, echo", 1, ETHERNET "[8847 00010140 10000021 45000000]", DISSECTED_NOT_IP},
    {"loopback, another family", 0, "[07000000] " TCP4, DISSECTED_NOT_IP},
    {"802.11 beacon", 105, "[8000 " WLAN "] " SNAP TCP4, DISSECTED_NOT_IP},
    {"802.11 acknowledgement", 105, "[d400 0000 02000000000a]", DISSECTED_NOT_IP},
    {"802.11 without data", 105, "[4801 " WLAN "]", DISSECTED_NOT_IP},
    {"802.11 encrypted", 105, "[0842 " WLAN "] " SNAP TCP4, DISSECTED_UNREADABLE},
    {"radiotap, damaged frame", 127, "[00 00 0900 02000000 50] [0802 " WLAN "] " SNAP TCP4 " pad/4", DISSECTED_BROKEN},
    {"radiotap, length before its own end", 127, "[00 00 0700 00000000] [0802 " WLAN "] " SNAP TCP4, DISSECTED_BROKEN},
    {"NFLOG, attribute without length", 239, "[02 00 0001] [0000 0900] " TCP4, DISSECTED_BROKEN},
    {"a link type of the future", 9999, TCP4, DISSECTED_UNREADABLE},
    {"USB", 220, TCP4, DISSECTED_UNREADABLE},
    {"nothing at all", 1, "", DISSECTED_BROKEN},
};
// clang-format on

Test(link, every_link_leads_to_the_packet_and_every_cut_is_survived)
{
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        check_carries_request(carriers[i].link_type, carriers[i].title, carriers[i].recipe);
}

Test(link, other_frames_are_told_from_broken_ones)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct bench bench;
        bench_init(&bench, others[i].link_type);
        enum dissection d = bench_recipe(&bench, others[i].recipe);
        cr_expect(d == others[i].want, "%s: %d", others[i].title, d);
        cr_expect(bench.segment.wire_length == frame_slice(&bench.frame).len, "%s",
                  others[i].title);
        cr_expect(bench.segment.mark.ordinal == 1, "%s", others[i].title);
        bench_fini(&bench);
    }
}
