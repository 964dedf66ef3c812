/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A connection of the wanted exchanges: which packet carried which octets, where its exchanges
 * begin and end, and which of its packets are wanted. Without a hole from its first wanted exchange
 * to its last, since octets that are missing in between would be taken for lost; from the handshake
 * on where the first wanted exchange is the connection's first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/evidence/heads.h"
#include "reports/evidence/plan.h"

/* A packet of a connection, and which of its stream's octets it carries. */
struct piece {
    uint64_t ordinal;
    uint32_t sequence, len;
    unsigned sender;
    size_t offset; /* of the payload in the packet, SIZE_MAX: not there (joined from fragments) */
    uint8_t *copy; /* of the whole packet, once it is read again; NULL: not wanted */
    uint32_t keep; /* of the payload's octets, from the first: where heads alone are wanted */
};

/* An exchange of a wanted connection, by its packets. */
struct span {
    uint64_t first, last;
    const struct wanted *wanted; /* NULL: it only lies there */
};

struct line {
    uint64_t id; /* of the connection */
    struct piece *pieces;
    size_t n_pieces, room_pieces;
    struct span *spans;
    size_t n_spans, room_spans;
    uint64_t from, until; /* ordinals that are wanted */
    struct heads_seen heads;
};

/* In the order of their packets. */
void line_add_piece(struct line *line, const struct piece *piece);
/* In any order. */
void line_add_span(struct line *line, const struct span *span);

/* Once all spans are known: from the first wanted one to the last, with the handshake before the
 * connection's first exchange and the end of the connection after its last; nothing where none is
 * wanted. */
void line_set_bounds(struct line *line);

static inline bool line_wants(const struct line *line, uint64_t ordinal)
{
    return ordinal >= line->from && ordinal <= line->until;
}

/* The piece that this packet is, where it is wanted; NULL: none. */
struct piece *line_piece_of(const struct line *line, uint64_t ordinal);

/* What it holds; the copies are not its own. */
void line_free(struct line *line);
