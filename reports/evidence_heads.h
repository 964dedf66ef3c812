/* SPDX-License-Identifier: MIT */
#pragma once
/* Where the heads of messages stand among the octets of a connection, so that what is no head can
 * be left out of evidence. */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/exchange.h"

struct head_seen {
    uint64_t ordinal; /* of the packet with its first octet */
    uint8_t *octets;  /* owned */
    size_t len;
};

/* All heads of a connection. */
struct heads_seen {
    struct head_seen *heads;
    size_t n, room;
};

void heads_note(struct heads_seen *heads, const struct message *message);
void heads_sort(struct heads_seen *heads); /* once all are noted */
void heads_free(struct heads_seen *heads);

/* Sets keep[i] where stream[i] belongs to a head that begins in the packet, whose octets in the
 * stream are those from `from` to `to`. */
void heads_mark(const struct heads_seen *heads, uint64_t ordinal, struct slice stream, size_t from,
                size_t to, uint8_t *keep);
