/* SPDX-License-Identifier: MIT */
/* What was read before the damage is kept; where and what it is, is said. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>

TestSuite(damage, .init = folder_make, .fini = folder_remove);

/* A small file and where each packet is whole. */
struct specimen {
    struct bytes file;
    size_t head;    /* octets without which it cannot be opened */
    size_t ends[8]; /* of the packets */
    size_t packets;
    size_t boundaries[16]; /* where it may end without being cut */
    size_t n_boundaries;
};

static void mark_end(struct specimen *s, bool is_packet)
{
    s->boundaries[s->n_boundaries++] = s->file.len;
    if (is_packet)
        s->ends[s->packets++] = s->file.len;
}

static struct specimen small_pcap(void)
{
    struct specimen s = {0};
    pcap_head(&s.file, MAGIC_MICRO, false, 1);
    s.head = s.file.len;
    mark_end(&s, false);
    for (uint32_t i = 0; i < 4; i++) {
        pcap_record(&s.file, false, i + 1, 0, slice_of("abcdefghij", 3 + i));
        mark_end(&s, true);
    }
    return s;
}

static struct specimen small_pcapng(void)
{
    struct specimen s = {0};
    struct bytes body = {0};
    section_block(&s.file, true);
    s.head = s.file.len;
    mark_end(&s, false);
    interface_block(&s.file, true, 1, 0, 9, 3);
    mark_end(&s, false);
    enhanced_block(&s.file, true, 0, 5, SLICE("abc"));
    mark_end(&s, true);
    put(&body, "passed over", 11);
    block(&s.file, true, 0xbad, &body);
    mark_end(&s, false);
    enhanced_block(&s.file, true, 0, 6, SLICE("abcd"));
    mark_end(&s, true);
    bytes_free(&body);
    return s;
}

static size_t packets_within(const struct specimen *s, size_t cut)
{
    size_t n = 0;
    while (n < s->packets && s->ends[n] <= cut)
        n++;
    return n;
}

static bool is_boundary(const struct specimen *s, size_t cut)
{
    for (size_t i = 0; i < s->n_boundaries; i++)
        if (s->boundaries[i] == cut)
            return true;
    return false;
}

static void cut_everywhere(struct specimen *s, const char *title)
{
    for (size_t cut = 0; cut <= s->file.len; cut++) {
        struct seen seen = see_octets(slice_first(bytes_slice(&s->file), cut));
        if (cut < s->head) {
            cr_assert(eq(int, seen.error.kind, ERROR_INPUT), "%s cut at %zu", title, cut);
            continue;
        }
        enum input_state want = is_boundary(s, cut) ? INPUT_WHOLE : INPUT_CUT_SHORT;
        cr_assert(eq(int, seen.error.kind, ERROR_NONE), "%s cut at %zu", title, cut);
        cr_assert(eq(sz, seen.packets, packets_within(s, cut)), "%s cut at %zu", title, cut);
        cr_assert(eq(int, seen.input.state, want), "%s cut at %zu: %s", title, cut, seen.trouble);
        cr_assert(eq(int, seen.trouble[0] != 0, want != INPUT_WHOLE), "%s cut at %zu", title, cut);
        bytes_free(&seen.octets);
    }
    bytes_free(&s->file);
}

Test(damage, a_pcap_cut_at_every_octet)
{
    struct specimen s = small_pcap();
    cut_everywhere(&s, "pcap");
}

Test(damage, a_pcapng_cut_at_every_octet)
{
    struct specimen s = small_pcapng();
    cut_everywhere(&s, "pcapng");
}

Test(damage, any_octet_of_any_value_is_survived)
{
    struct specimen specimens[] = {small_pcap(), small_pcapng()};
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (size_t k = 0; k < COUNT_OF(specimens); k++) {
        struct bytes *file = &specimens[k].file;
        for (size_t at = 0; at < file->len; at++)
            for (size_t v = 0; v < COUNT_OF(values); v++) {
                uint8_t was = file->at[at];
                file->at[at] = values[v];
                struct seen seen = see_octets(bytes_slice(file));
                if (seen.error.kind == ERROR_NONE && at >= specimens[k].head)
                    cr_assert(seen.packets >= packets_within(&specimens[k], at),
                              "what was before the damage is lost: %zu", at);
                bytes_free(&seen.octets);
                file->at[at] = was;
            }
        bytes_free(file);
    }
}

/* Text that a trouble has to contain, for one field changed in a pcap's third record or a pcapng's
 * third packet. */
static void expect_damage(struct bytes *file, const char *title, size_t packets, const char *text)
{
    struct seen seen = see_octets(bytes_slice(file));
    cr_expect(eq(sz, seen.packets, packets), "%s", title);
    cr_expect(eq(int, seen.input.state, INPUT_DAMAGED), "%s: %s", title, seen.trouble);
    cr_expect(strstr(seen.trouble, text) != NULL, "%s: %s", title, seen.trouble);
    cr_expect(slice_starts_with(slice_of_text(seen.trouble), slice_of_text(test_folder)));
    bytes_free(&seen.octets);
}

Test(damage, impossible_records_of_pcap)
{
    static const struct {
        const char *title;
        uint32_t captured, original;
        const char *text;
    } cases[] = {
        {"beyond any packet", 0x7fffffff, 0x7fffffff,
         "packet 3 at offset 64: a packet of 2147483647 captured octets is impossible"},
        {"beyond the snaplen and the end", 70000, 70000, "70000 of them captured, is impossible"},
        {"more captured than there were", 2000, 60, "of 60 octets on the wire, 2000 of them"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes b = {0};
        pcap_head(&b, MAGIC_MICRO, true, 1);
        pcap_record(&b, true, 1, 0, SLICE("abcd"));
        pcap_record(&b, true, 2, 0, SLICE("abcd"));
        put_int(&b, 3, 4, true);
        put_int(&b, 0, 4, true);
        put_int(&b, cases[i].captured, 4, true);
        put_int(&b, cases[i].original, 4, true);
        put(&b, "abcd", 4);
        pcap_record(&b, true, 4, 0, SLICE("abcd"));
        expect_damage(&b, cases[i].title, 2, cases[i].text);
        bytes_free(&b);
    }
}

Test(damage, zeros_after_a_crash_are_no_packets)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    pcap_record(&b, false, 1, 0, SLICE("abcd"));
    put_int(&b, 0, 4, false);
    for (int i = 0; i < 1000; i++)
        put_int(&b, 0, 4, false);
    expect_damage(&b, "zeros in pcap", 1, "packet 2 at offset 44: zeros");
    bytes_free(&b);

    section_block(&b, false);
    interface_block(&b, false, 1, 0, 6, 0);
    enhanced_block(&b, false, 0, 1, SLICE("abcd"));
    for (int i = 0; i < 1000; i++)
        put_int(&b, 0, 4, false);
    expect_damage(&b, "zeros in pcapng", 1, "type 0x0 and 0 octets is impossible");
    bytes_free(&b);
}

/* A pcapng of one section, one interface, one good packet, and then whatever `spoil` adds. */
static void with_spoiled_block(const char *title, const char *text, void (*spoil)(struct bytes *b))
{
    struct bytes b = {0};
    section_block(&b, false);
    interface_block(&b, false, 1, 0, 6, 0);
    enhanced_block(&b, false, 0, 1, SLICE("good"));
    spoil(&b);
    enhanced_block(&b, false, 0, 1, SLICE("too late"));
    expect_damage(&b, title, 1, text);
    bytes_free(&b);
}

static void wrong_trailer(struct bytes *b)
{
    enhanced_block(b, false, 0, 1, SLICE("bad"));
    b->at[b->len - 4] ^= 4;
}

static void wrong_trailer_of_a_long_block(struct bytes *b)
{
    struct bytes body = {xcalloc(1, 1 << 20), 1 << 20, 1 << 20};
    block(b, false, 0xbad, &body);
    b->at[b->len - 4] ^= 4;
    bytes_free(&body);
}

static void odd_length(struct bytes *b)
{
    put_int(b, 6, 4, false);
    put_int(b, 33, 4, false);
}

static void no_room_for_a_packet(struct bytes *b)
{
    put_int(b, 6, 4, false);
    put_int(b, 28, 4, false);
}

static void giant_block(struct bytes *b)
{
    put_int(b, 0xbad, 4, false);
    put_int(b, 1 << 30, 4, false);
}

static void unknown_interface(struct bytes *b)
{
    enhanced_block(b, false, 7, 1, SLICE("bad"));
}

static void more_captured_than_the_block_has(struct bytes *b)
{
    size_t start = b->len;
    enhanced_block(b, false, 0, 1, SLICE("bad!"));
    b->at[start + 20] = 5;
}

static void simple_packet_longer_than_its_block(struct bytes *b)
{
    struct bytes body = {0};
    put_int(&body, 100, 4, false);
    block(b, false, 3, &body);
    bytes_free(&body);
}

static void section_without_byte_order(struct bytes *b)
{
    size_t start = b->len;
    section_block(b, false);
    b->at[start + 8] ^= 1;
}

static void section_of_another_version(struct bytes *b)
{
    size_t start = b->len;
    section_block(b, false);
    b->at[start + 12] = 9;
}

Test(damage, impossible_blocks_of_pcapng)
{
    with_spoiled_block("trailer", "packet 2 at offset", wrong_trailer);
    with_spoiled_block("long trailer", "and 1048584 at its end", wrong_trailer_of_a_long_block);
    with_spoiled_block("odd", "33 octets is impossible", odd_length);
    with_spoiled_block("short", "28 octets is impossible", no_room_for_a_packet);
    with_spoiled_block("giant", "1073741824 octets is impossible", giant_block);
    with_spoiled_block("interface", "interface 7, but only 1", unknown_interface);
    with_spoiled_block("captured", "5 captured octets in a block of 36",
                       more_captured_than_the_block_has);
    with_spoiled_block("simple", "100 octets in a block of 16",
                       simple_packet_longer_than_its_block);
    with_spoiled_block("order", "without a byte order", section_without_byte_order);
    with_spoiled_block("version", "version 9.0", section_of_another_version);
}

Test(damage, one_input_does_not_stop_the_others)
{
    struct bytes bad = {0}, good = {0};
    pcap_head(&bad, MAGIC_MICRO, false, 1);
    pcap_record(&bad, false, 1, 0, SLICE("bad"));
    put(&bad, "?", 1);
    pcap_head(&good, MAGIC_MICRO, false, 1);
    pcap_record(&good, false, 2, 0, SLICE("good"));
    char *names[] = {file_with("bad", bytes_slice(&bad)), file_with("good", bytes_slice(&good))};
    struct error error;
    struct source *source = source_open((const char *const *)names, 2, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL);
    struct packet packet;
    cr_assert(source_next(source, &packet));
    cr_assert(source_next(source, &packet));
    cr_expect(slice_equal(packet.bytes, SLICE("good")));
    cr_expect(not(source_next(source, &packet)));
    cr_expect(eq(int, source_input(source, 0)->state, INPUT_CUT_SHORT));
    cr_expect(eq(int, source_input(source, 1)->state, INPUT_WHOLE));
    source_close(source);
    for (int i = 0; i < 2; i++)
        free(names[i]);
    bytes_free(&bad);
    bytes_free(&good);
}

Test(damage, a_file_that_vanished_before_its_time_is_told)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    pcap_record(&b, false, 1, 0, SLICE("here"));
    char *names[] = {file_with("stays", bytes_slice(&b)), file_with("goes", bytes_slice(&b))};
    struct error error;
    struct source *source = source_open((const char *const *)names, 2, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL);
    unlink(names[1]);
    struct packet packet;
    cr_expect(source_next(source, &packet));
    cr_expect(not(source_next(source, &packet)));
    cr_expect(eq(int, source_input(source, 1)->state, INPUT_DAMAGED));
    cr_expect(strstr(source_input(source, 1)->trouble, "No such file") != NULL);
    source_close(source);
    for (int i = 0; i < 2; i++)
        free(names[i]);
    bytes_free(&b);
}
