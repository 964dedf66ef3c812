/* SPDX-License-Identifier: MIT */
/*
 * LINKTYPE_NFLOG: family:1 version:1 resource:2, then attributes `length:2 type:2 value`, padded to
 * 4 octets; the length counts itself and the type. Values of interest are octets or big-endian.
 */

#include "capture/nflog.h"

static void swap16(uint8_t *at)
{
    uint8_t first = at[0];
    at[0] = at[1];
    at[1] = first;
}

void nflog_swap(uint8_t *at, size_t len)
{
    const size_t head = 4;
    if (len < head || at[1] != 0) /* version 0 is the only one */
        return;
    size_t next = head;
    while (next < len && len - next >= head) {
        uint8_t *attribute = at + next;
        swap16(attribute);
        swap16(attribute + 2);
        uint16_t length;
        memcpy(&length, attribute, sizeof length);
        if (length < head)
            return;
        next += (length + 3u) & ~3u;
    }
}
