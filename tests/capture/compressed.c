/* SPDX-License-Identifier: MIT */
/* gzip and zstd, told by content: whole, in pieces, cut anywhere, broken. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>

TestSuite(compressed, .init = folder_make, .fini = folder_remove);

enum { PACKETS = 40, PACKET = 100 };

/* Packets that do not compress well, so that a cut falls between them too. */
static struct bytes some_capture(void)
{
    struct bytes b = {0};
    uint32_t noise = 1;
    pcap_head(&b, MAGIC_MICRO, false, 1);
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint8_t packet[PACKET];
        for (size_t k = 0; k < PACKET; k++)
            packet[k] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
        pcap_record(&b, false, i + 1, 0, slice_of(packet, PACKET));
    }
    return b;
}

typedef struct bytes packer(struct slice);

static packer *const packers[] = {gzipped, zstd_packed};
static const char *const titles[] = {"gzip", "zstd"};

Test(compressed, is_read_as_what_it_holds)
{
    struct bytes b = some_capture();
    struct seen plain = see_octets(bytes_slice(&b));
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct bytes packed = packers[i](bytes_slice(&b));
        struct seen seen = see_octets(bytes_slice(&packed));
        cr_expect(eq(sz, seen.packets, PACKETS), "%s", titles[i]);
        cr_expect(slice_equal(bytes_slice(&seen.octets), bytes_slice(&plain.octets)));
        cr_expect(eq(int, seen.input.state, INPUT_WHOLE), "%s", titles[i]);
        cr_expect(eq(u64, seen.input.size, packed.len), "%s", titles[i]);
        cr_expect(eq(u64, seen.input.octets_read, packed.len), "%s", titles[i]);
        bytes_free(&seen.octets);
        bytes_free(&packed);
    }
    bytes_free(&plain.octets);
    bytes_free(&b);
}

Test(compressed, streams_one_behind_the_other_are_one)
{
    struct bytes b = some_capture();
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        const size_t half = 777;
        struct bytes first = packers[i](slice_first(bytes_slice(&b), half));
        struct bytes second = packers[i](slice_from(bytes_slice(&b), half));
        put(&first, second.at, second.len);
        struct seen seen = see_octets(bytes_slice(&first));
        cr_expect(eq(sz, seen.packets, PACKETS), "%s", titles[i]);
        cr_expect(eq(int, seen.input.state, INPUT_WHOLE), "%s", titles[i]);
        bytes_free(&seen.octets);
        bytes_free(&first);
        bytes_free(&second);
    }
    bytes_free(&b);
}

Test(compressed, pzstd_begins_with_a_skippable_frame)
{
    struct bytes b = some_capture(), all = {0};
    put_int(&all, 0x184d2a50, 4, false);
    put_int(&all, 4, 4, false);
    put(&all, "size", 4);
    struct bytes packed = zstd_packed(bytes_slice(&b));
    put(&all, packed.at, packed.len);
    struct seen seen = see_octets(bytes_slice(&all));
    cr_expect(eq(sz, seen.packets, PACKETS));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    bytes_free(&seen.octets);
    bytes_free(&packed);
    bytes_free(&all);
    bytes_free(&b);
}

Test(compressed, gzip_may_be_padded_with_zeros_and_with_nothing_else)
{
    struct bytes b = some_capture();
    struct bytes packed = gzipped(bytes_slice(&b));
    put_int(&packed, 0, 8, false);
    struct seen seen = see_octets(bytes_slice(&packed));
    cr_expect(eq(sz, seen.packets, PACKETS));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    bytes_free(&seen.octets);

    put(&packed, "junk", 4);
    seen = see_octets(bytes_slice(&packed));
    cr_expect(eq(sz, seen.packets, PACKETS));
    cr_expect(eq(int, seen.input.state, INPUT_DAMAGED));
    bytes_free(&seen.octets);
    bytes_free(&packed);
    bytes_free(&b);
}

/* Everything before the cut that could be decompressed is handed on, and it is the right thing. */
Test(compressed, cut_at_every_octet)
{
    struct bytes b = some_capture();
    struct seen plain = see_octets(bytes_slice(&b));
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct bytes packed = packers[i](bytes_slice(&b));
        size_t most = 0;
        for (size_t cut = 0; cut < packed.len; cut++) {
            struct seen seen = see_octets(slice_first(bytes_slice(&packed), cut));
            bool is_refused = seen.error.kind == ERROR_INPUT;
            cr_assert(is_refused || seen.input.state == INPUT_CUT_SHORT, "%s cut at %zu: %s",
                      titles[i], cut, seen.trouble);
            cr_assert(is_refused || strstr(seen.trouble, titles[i]), "%s", seen.trouble);
            cr_assert(slice_equal(bytes_slice(&seen.octets),
                                  slice_first(bytes_slice(&plain.octets), seen.octets.len)));
            cr_assert(seen.packets >= most, "%s cut at %zu", titles[i], cut);
            most = seen.packets;
            bytes_free(&seen.octets);
        }
        cr_expect(eq(sz, most, PACKETS), "%s", titles[i]);
        bytes_free(&packed);
    }
    bytes_free(&plain.octets);
    bytes_free(&b);
}

Test(compressed, a_wrong_checksum_is_damage_after_all_packets)
{
    struct bytes b = some_capture();
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct bytes packed = packers[i](bytes_slice(&b));
        const size_t from_end[] = {8, 1}; /* in gzip's and in zstd's checksum */
        packed.at[packed.len - from_end[i]] ^= 1;
        struct seen seen = see_octets(bytes_slice(&packed));
        cr_expect(eq(int, seen.input.state, INPUT_DAMAGED), "%s", titles[i]);
        cr_expect(strstr(seen.trouble, "(uncompressed)") != NULL, "%s", seen.trouble);
        cr_expect(eq(sz, seen.packets, PACKETS), "%s", titles[i]);
        bytes_free(&seen.octets);
        bytes_free(&packed);
    }
    bytes_free(&b);
}

Test(compressed, any_octet_wrong_is_never_taken_for_whole_and_never_crashes)
{
    struct bytes b = some_capture();
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct bytes packed = packers[i](bytes_slice(&b));
        const size_t head = 10; /* gzip's has flags and a time that say nothing */
        for (size_t at = head; at < packed.len; at += 3) {
            packed.at[at] ^= 0x10;
            struct seen seen = see_octets(bytes_slice(&packed));
            cr_assert(seen.error.kind == ERROR_INPUT || seen.input.state != INPUT_WHOLE,
                      "%s changed at %zu", titles[i], at);
            bytes_free(&seen.octets);
            packed.at[at] ^= 0x10;
        }
        bytes_free(&packed);
    }
    bytes_free(&b);
}

Test(compressed, what_is_no_capture_inside_is_told)
{
    struct bytes packed = gzipped(SLICE("just some text in a file\n"));
    struct seen seen = see_octets(bytes_slice(&packed));
    cr_expect(eq(int, seen.error.kind, ERROR_INPUT));
    cr_expect(strstr(seen.error.text, "gzip") && strstr(seen.error.text, "looks like text"), "%s",
              seen.error.text);
    bytes_free(&packed);
}
