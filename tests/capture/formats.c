/* SPDX-License-Identifier: MIT */
/* pcap in every dialect and order, pcapng with all that it may mix. */

#include "capture/limits.h"
#include "tests/capture/files.h"

#include <criterion/new/assert.h>

#include <pcap/pcap.h>

#define ETHERNET 1
#define RAW_IP   101 /* LINKTYPE_RAW, whose DLT_ is another number */

TestSuite(formats, .init = folder_make, .fini = folder_remove);

Test(formats, pcap_in_either_order_and_precision)
{
    static const struct {
        const char *title;
        uint32_t magic;
        bool big;
        int64_t fraction_ns;
    } cases[] = {
        {"little-endian microseconds", MAGIC_MICRO, false, 7000},
        {"big-endian microseconds", MAGIC_MICRO, true, 7000},
        {"little-endian nanoseconds", MAGIC_NANO, false, 7},
        {"big-endian nanoseconds", MAGIC_NANO, true, 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes b = {0};
        pcap_head(&b, cases[i].magic, cases[i].big, ETHERNET);
        pcap_record(&b, cases[i].big, 3000000000u, 7, SLICE("hello"));
        pcap_record(&b, cases[i].big, 3000000001u, 0, SLICE(""));
        struct seen seen = see_octets(bytes_slice(&b));
        cr_expect(eq(sz, seen.packets, 2), "%s", cases[i].title);
        cr_expect(eq(i64, seen.first_ns, 3000000000 * SECOND + cases[i].fraction_ns), "%s",
                  cases[i].title);
        cr_expect(eq(i64, seen.last_ns, 3000000001 * SECOND), "%s", cases[i].title);
        cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("hello")), "%s", cases[i].title);
        cr_expect(eq(int, seen.input.state, INPUT_WHOLE), "%s", cases[i].title);
        bytes_free(&seen.octets);
        bytes_free(&b);
    }
}

Test(formats, patched_libpcap_writes_longer_record_heads)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_PATCHED, false, ETHERNET);
    for (int i = 0; i < 2; i++) {
        put_int(&b, 5, 4, false);
        put_int(&b, 6, 4, false);
        put_int(&b, 3, 4, false);
        put_int(&b, 3, 4, false);
        put_int(&b, 0, 8, false); /* interface, protocol, packet type */
        put(&b, "abc", 3);
    }
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 2));
    cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("abcabc")));
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, old_versions_have_the_lengths_the_other_way_round)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, ETHERNET);
    b.at[6] = 2; /* version 2.2 */
    put_int(&b, 1, 4, false);
    put_int(&b, 0, 4, false);
    put_int(&b, 100, 4, false); /* on the wire */
    put_int(&b, 4, 4, false);   /* captured */
    put(&b, "abcd", 4);
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 1));
    cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("abcd")));
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, an_unknown_version_is_refused)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, ETHERNET);
    b.at[4] = 3;
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(int, seen.error.kind, ERROR_INPUT));
    cr_expect(strstr(seen.error.text, "version 3.4") != NULL);
    bytes_free(&b);
}

Test(formats, a_head_without_packets_is_a_capture)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, ETHERNET);
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(int, seen.error.kind, ERROR_NONE));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    bytes_free(&b);
    section_block(&b, true);
    seen = see_octets(bytes_slice(&b));
    cr_expect(eq(int, seen.error.kind, ERROR_NONE));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    bytes_free(&b);
}

/* ---- pcapng ---- */

Test(formats, clocks_of_pcapng)
{
    static const struct {
        const char *title;
        uint8_t resolution;
        int64_t offset;
        uint64_t ticks;
        int64_t time_ns;
    } cases[] = {
        {"microseconds, the default", 6, 0, 1700000000123456, 1700000000123456000},
        {"nanoseconds", 9, 0, 1700000000123456789, 1700000000123456789},
        {"seconds", 0, 0, 1700000000, 1700000000 * SECOND},
        {"picoseconds", 12, 0, 5000000000123999, 5000 * SECOND + 123},
        {"finer than any clock", 127, 0, UINT64_MAX, 0},
        {"2^-10 s", 0x80 | 10, 0, 1024 * 9 + 512, 9 * SECOND + SECOND / 2},
        {"2^-32 s, as NTP", 0x80 | 32, 0, UINT64_C(7) << 32 | UINT64_C(1) << 30,
         7 * SECOND + SECOND / 4},
        {"2^-127 s", 0xff, 0, UINT64_MAX, 0},
        {"an offset", 6, 1700000000, 1000000, 1700000001 * SECOND},
        {"an offset into the past", 6, -10, 1000000, -9 * SECOND},
        {"a time beyond the range", 0, 0, UINT64_MAX, LIMIT_TIME},
        {"an offset beyond the range", 6, INT64_MAX, 1, LIMIT_TIME},
        {"an offset below the range", 6, INT64_MIN, 0, -LIMIT_TIME},
        {"the last second of pcap", 0, 0, UINT32_MAX, UINT32_MAX * SECOND},
    };
    for (size_t i = 0; i < COUNT_OF(cases) * 2; i++) {
        bool big = i % 2;
        struct bytes b = {0};
        section_block(&b, big);
        interface_block(&b, big, ETHERNET, 0, cases[i / 2].resolution, cases[i / 2].offset);
        enhanced_block(&b, big, 0, cases[i / 2].ticks, SLICE("x"));
        struct seen seen = see_octets(bytes_slice(&b));
        cr_expect(eq(sz, seen.packets, 1), "%s", cases[i / 2].title);
        cr_expect(eq(i64, seen.first_ns, cases[i / 2].time_ns), "%s", cases[i / 2].title);
        bytes_free(&seen.octets);
        bytes_free(&b);
    }
}

Test(formats, interfaces_of_one_file_may_differ)
{
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0};
        section_block(&b, big);
        interface_block(&b, big, ETHERNET, 65535, 6, 0);
        interface_block(&b, big, RAW_IP, 65535, 9, 0);
        enhanced_block(&b, big, 1, 1000000001, SLICE("raw"));
        enhanced_block(&b, big, 0, 1000002, SLICE("ether"));
        struct seen seen = see_octets(bytes_slice(&b));
        cr_expect(eq(sz, seen.packets, 2));
        cr_expect(eq(int, seen.link_types[0], DLT_RAW));
        cr_expect(eq(int, seen.link_types[1], DLT_EN10MB));
        cr_expect(eq(i64, seen.first_ns, SECOND + 1));
        cr_expect(eq(i64, seen.last_ns, SECOND + 2000));
        cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("rawether")));
        bytes_free(&seen.octets);
        bytes_free(&b);
    }
}

Test(formats, sections_have_their_own_order_and_interfaces)
{
    struct bytes b = {0};
    section_block(&b, true);
    interface_block(&b, true, RAW_IP, 0, 6, 0);
    enhanced_block(&b, true, 0, 1, SLICE("one"));
    section_block(&b, false);
    interface_block(&b, false, ETHERNET, 0, 6, 0);
    enhanced_block(&b, false, 0, 2, SLICE("two"));
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 2));
    cr_expect(eq(int, seen.link_types[0], DLT_RAW));
    cr_expect(eq(int, seen.link_types[1], DLT_EN10MB));
    cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("onetwo")));
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, simple_and_obsolete_packets)
{
    struct bytes b = {0}, body = {0};
    section_block(&b, false);
    interface_block(&b, false, ETHERNET, 4, 6, 0);

    put_int(&body, 0, 2, false); /* interface */
    put_int(&body, 3, 2, false); /* drops */
    put_int(&body, 0, 4, false);
    put_int(&body, 5000000, 4, false);
    put_int(&body, 3, 4, false);
    put_int(&body, 3, 4, false);
    put(&body, "old", 3);
    block(&b, false, 2, &body);
    bytes_free(&body);

    put_int(&body, 100, 4, false); /* of which the snaplen leaves 4 */
    put(&body, "simp", 4);
    block(&b, false, 3, &body);
    bytes_free(&body);

    put_int(&body, 2, 4, false); /* padded */
    put(&body, "le", 2);
    block(&b, false, 3, &body);
    bytes_free(&body);

    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 3));
    cr_expect(slice_equal(bytes_slice(&seen.octets), SLICE("oldsimple")));
    cr_expect(eq(i64, seen.first_ns, 5 * SECOND));
    cr_expect(eq(i64, seen.last_ns, 5 * SECOND)); /* a simple packet has no time of its own */
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, other_blocks_are_passed_over_however_long)
{
    struct bytes b = {0}, body = {0};
    section_block(&b, false);
    interface_block(&b, false, ETHERNET, 0, 6, 0);
    body = (struct bytes){xcalloc(1, 3 << 20), 3 << 20, 3 << 20};
    block(&b, false, 0x0a, &body); /* secrets, longer than the window */
    block(&b, false, 0x80000bad, &(struct bytes){0});
    enhanced_block(&b, false, 0, 1, SLICE("here"));
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 1));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    cr_expect(eq(u64, seen.input.octets_read, b.len));
    bytes_free(&body);
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, a_packet_larger_than_any_network_is_cut)
{
    enum { HUGE = 700000, CUT = 256 << 10 };
    struct bytes b = {0};
    uint8_t *packet = xcalloc(1, HUGE);
    section_block(&b, false);
    interface_block(&b, false, ETHERNET, 0, 6, 0);
    enhanced_block(&b, false, 0, 1, slice_of(packet, HUGE));
    enhanced_block(&b, false, 0, 2, SLICE("next"));
    struct seen seen = see_octets(bytes_slice(&b));
    cr_expect(eq(sz, seen.packets, 2));
    cr_expect(eq(sz, seen.octets.len, CUT + 4));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    free(packet);
    bytes_free(&seen.octets);
    bytes_free(&b);
}

Test(formats, nflog_attributes_come_in_the_order_of_this_machine)
{
    static const uint8_t big[] = {2, 0, 0, 0, 0, 6, 0,   9,   'a', 'b',
                                  0, 0, 0, 8, 0, 1, 'c', 'd', 'e', 'f'};
    const uint16_t want[] = {6, 9, 8, 1};
    const size_t where[] = {4, 6, 12, 14};
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, DLT_NFLOG);
    pcap_record(&b, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, 1, 1, slice_of(big, sizeof big));
    struct seen seen = see_octets(bytes_slice(&b));
    cr_assert(eq(sz, seen.octets.len, sizeof big));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        uint16_t got;
        memcpy(&got, seen.octets.at + where[i], sizeof got);
        cr_expect(eq(u16, got, want[i]));
    }
    bytes_free(&seen.octets);
    bytes_free(&b);
}

/* ---- another reader ---- */

/* libpcap is the oracle for what it can read: sizes, times, links of random packets. */
Test(formats, libpcap_reads_the_same)
{
    for (int variant = 0; variant < 6; variant++) {
        bool big = variant % 2;
        struct bytes b = {0};
        uint8_t packet[3000];
        for (size_t i = 0; i < sizeof packet; i++)
            packet[i] = (uint8_t)i;
        if (variant < 4)
            pcap_head(&b, variant < 2 ? MAGIC_MICRO : MAGIC_NANO, big, RAW_IP);
        else {
            section_block(&b, big);
            interface_block(&b, big, RAW_IP, 65535, 9, 0);
        }
        for (uint32_t i = 0; i < 2000; i++) { /* 3 MB: several windows */
            struct slice s = slice_of(packet, (i * 7919) % sizeof packet);
            if (variant < 4)
                pcap_record(&b, big, i, i * 400, s);
            else
                enhanced_block(&b, big, 0, i * UINT64_C(3000000001), s);
        }
        char *path = file_with("both", bytes_slice(&b));
        char complaint[PCAP_ERRBUF_SIZE];
        pcap_t *pcap =
            pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, complaint);
        cr_assert(pcap != NULL);
        struct error error;
        struct source *source = source_open((const char *[]){path}, 1, &SOURCE_EVERYTHING, &error);
        cr_assert(source != NULL);
        struct packet ours;
        struct pcap_pkthdr *head;
        const u_char *theirs;
        size_t count = 0;
        while (pcap_next_ex(pcap, &head, &theirs) == 1) {
            cr_assert(source_next(source, &ours));
            cr_assert(eq(u64, ours.frame, ++count));
            cr_assert(eq(sz, ours.bytes.len, head->caplen));
            cr_assert(eq(u32, ours.wire_length, head->len));
            cr_assert(eq(i64, ours.time_ns, head->ts.tv_sec * SECOND + head->ts.tv_usec));
            cr_assert(eq(int, ours.link_type, pcap_datalink(pcap)));
            cr_assert(memcmp(ours.bytes.at, theirs, ours.bytes.len) == 0);
        }
        cr_expect(eq(sz, count, 2000));
        cr_expect(not(source_next(source, &ours)));
        source_close(source);
        pcap_close(pcap);
        free(path);
        bytes_free(&b);
    }
}
