/* SPDX-License-Identifier: MIT */
/* Which packets pass: BPF per link type, times. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>

TestSuite(filters, .init = folder_make, .fini = folder_remove);

#define MACS  "\2\0\0\0\0\1\2\0\0\0\0\2"
#define IP    "\x45\0\0\x28\0\1\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
#define TCP   "\x1f\x90\0\x50\0\0\0\0\0\0\0\0\x50\2\xff\xff\0\0\0\0" /* 8080 to 80 */
#define ETHER SLICE(MACS "\x08\0" IP TCP)
#define VLAN  SLICE(MACS "\x81\0\0\5\x08\0" IP TCP)
#define ARP   SLICE(MACS "\x08\6\0\1")
#define RAW   SLICE(IP TCP)

static struct seen filtered(const struct bytes *b, const char *filter)
{
    struct source_options options = SOURCE_EVERYTHING;
    options.filter = filter;
    char *path = file_with("filtered", bytes_slice(b));
    struct seen seen = see_with(path, &options);
    free(path);
    bytes_free(&seen.octets);
    return seen;
}

Test(filters, bpf_expressions)
{
    static const struct {
        const char *filter;
        size_t passed;
    } cases[] = {
        {NULL, 3},      {"", 3},           {"tcp port 80", 1},  {"vlan and tcp port 80", 1},
        {"vlan 5", 1},  {"vlan 6", 0},     {"arp", 1},          {"host 10.0.0.2", 1},
        {"not tcp", 2}, {"greater 55", 2}, {"tcp port 443", 0},
    };
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0};
        pcap_head(&b, MAGIC_MICRO, big, 1);
        pcap_record(&b, big, 1, 0, ETHER);
        pcap_record(&b, big, 2, 0, VLAN);
        pcap_record(&b, big, 3, 0, ARP);
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct seen seen = filtered(&b, cases[i].filter);
            cr_expect(eq(sz, seen.packets, cases[i].passed), "%s", cases[i].filter);
            cr_expect(eq(u64, seen.input.packets, 3), "%s", cases[i].filter);
            cr_expect(eq(i64, seen.input.last_ns, 3 * SECOND), "%s", cases[i].filter);
        }
        bytes_free(&b);
    }
}

Test(filters, loopback_links_depend_on_the_order_of_the_file)
{
    enum { LINK_NULL = 0, FAMILY_IPV4 = 2 };
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0}, packet = {0};
        put_int(&packet, FAMILY_IPV4, 4, big);
        put(&packet, RAW.at, RAW.len);
        pcap_head(&b, MAGIC_MICRO, big, LINK_NULL);
        pcap_record(&b, big, 1, 0, bytes_slice(&packet));
        cr_expect(eq(sz, filtered(&b, "ip and tcp port 80").packets, 1), "big %d", big);
        bytes_free(&packet);
        bytes_free(&b);
    }
}

Test(filters, one_expression_is_compiled_for_each_link)
{
    struct bytes b = {0};
    section_block(&b, false);
    interface_block(&b, false, 1, 0, 6, 0);
    interface_block(&b, false, 101, 0, 6, 0);
    enhanced_block(&b, false, 0, 1, ETHER);
    enhanced_block(&b, false, 1, 2, RAW);
    enhanced_block(&b, false, 0, 3, ARP);
    enhanced_block(&b, false, 1, 4, RAW);
    cr_expect(eq(sz, filtered(&b, "tcp port 80").packets, 3));

    /* Raw IP has no ARP: its packets are left out, and the input says why. */
    struct seen seen = filtered(&b, "ether proto 0x0806");
    cr_expect(eq(sz, seen.packets, 1));
    seen = filtered(&b, "ether host 02:00:00:00:00:01");
    cr_expect(eq(sz, seen.packets, 2));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    cr_expect(strstr(seen.trouble, "link type 101 are left out") != NULL, "%s", seen.trouble);
    bytes_free(&b);
}

Test(filters, more_link_types_than_are_kept_still_pass_unfiltered)
{
    struct bytes b = {0};
    section_block(&b, false);
    for (uint16_t i = 0; i < 200; i++)
        interface_block(&b, false, (uint16_t)(300 + i), 0, 6, 0);
    for (uint32_t i = 0; i < 200; i++)
        enhanced_block(&b, false, i, i, RAW);
    cr_expect(eq(sz, filtered(&b, NULL).packets, 200));
    bytes_free(&b);
}

Test(filters, one_that_does_not_compile_is_the_users_mistake)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    struct seen seen = filtered(&b, "tcp prot 80");
    cr_expect(eq(int, seen.error.kind, ERROR_USAGE), "without packets");
    pcap_record(&b, false, 1, 0, ETHER);
    seen = filtered(&b, "tcp prot 80");
    cr_expect(eq(int, seen.error.kind, ERROR_USAGE));
    cr_expect(strstr(seen.error.text, "syntax error") != NULL, "%s", seen.error.text);
    bytes_free(&b);
}

Test(filters, times_from_and_until_are_inclusive)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    for (uint32_t i = 1; i <= 5; i++)
        pcap_record(&b, false, i, 0, ETHER);
    char *path = file_with("times", bytes_slice(&b));
    struct source_options options = {.from_ns = 2 * SECOND, .until_ns = 4 * SECOND};
    struct seen seen = see_with(path, &options);
    cr_expect(eq(sz, seen.packets, 3));
    cr_expect(eq(i64, seen.first_ns, 2 * SECOND));
    cr_expect(eq(i64, seen.last_ns, 4 * SECOND));
    cr_expect(eq(u64, seen.input.packets, 5));
    cr_expect(eq(i64, seen.input.first_ns, 1 * SECOND));
    cr_expect(eq(i64, seen.input.last_ns, 5 * SECOND));
    bytes_free(&seen.octets);
    free(path);
    bytes_free(&b);
}
