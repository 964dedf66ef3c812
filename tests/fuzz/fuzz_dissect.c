/* SPDX-License-Identifier: MIT */
/*
 * The dissector eats packets: the first octet chooses the link type, the rest is cut into packets
 * by prefixes of two octets, of which the upper bits are milliseconds that pass.
 */

#include <assert.h>

#include "decode/cursor.h"
#include "decode/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
    static const int link_types[] = {1, 0, 101, 113, 276, 9, 50, 104, 105, 127, 119, 163, 192, 239};
    struct cursor c = cursor_of(slice_of(at, n));
    int link_type = link_types[cursor_u8(&c) % (sizeof link_types / sizeof *link_types)];
    static struct dissector *dissector;
    static int64_t now_ns;

    if (!dissector)
        dissector = dissector_new();
    now_ns += INT64_C(3600000000000);
    for (uint64_t ordinal = 1; cursor_left(&c) > 2; ordinal++) {
        uint16_t prefix = cursor_u16(&c);
        size_t length = prefix & 0x7ff, left = cursor_left(&c);
        now_ns += (prefix >> 11) * 1000000;
        struct slice bytes = cursor_take(&c, length < left ? length : left);
        struct packet packet = {bytes, (uint32_t)length, link_type, now_ns, 0, ordinal};
        struct segment s;
        enum dissection d = dissector_packet(dissector, &packet, ordinal, now_ns, &s);
        assert(s.wire_length >= bytes.len && s.frames >= 1 && s.mark.ordinal == ordinal);
        assert(s.payload.len <= s.payload_length);
        assert(d == DISSECTED_TWICE || (d == DISSECTED) == (s.ip.len > 0));
        for (size_t i = 0; i < s.ip.len; i++)
            now_ns += s.ip.at[i] & 0; /* every octet can be read */
    }
    return 0;
}
