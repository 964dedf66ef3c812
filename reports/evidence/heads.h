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
    uint64_t body; /* framed octets that follow */
};

/* All heads of a connection. */
struct heads_seen {
    struct head_seen *heads;
    size_t n, room;
};

void heads_note(struct heads_seen *heads, const struct message *message);
void heads_sort(struct heads_seen *heads); /* once all are noted */
void heads_free(struct heads_seen *heads);

/* A head among octets of a stream, and how many of those that follow are framed as its body. */
struct head_place {
    size_t at, len;
    uint64_t body;
};

/* The heads that begin in the packet, whose octets in the stream are those from `from` to `to`: at
 * most `room` of them are put into `places` (NULL: none is). Sets keep[i] where stream[i] belongs
 * to a head. */
size_t heads_places(const struct heads_seen *heads, uint64_t ordinal, struct slice stream,
                    size_t from, size_t to, uint8_t *keep, struct head_place *places, size_t room);
