/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The chunked transfer coding (RFC 9112 §7.1), read as it comes: where its framing ends and content
 * lies, and where the whole is over. Octets are looked at once and nothing is kept but a few
 * numbers.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum chunked_phase {
    CHUNKED_SIZE, /* before a chunk's first digit */
    CHUNKED_DIGITS,
    CHUNKED_PADDING, /* white space after the digits */
    CHUNKED_EXTENSION,
    CHUNKED_SIZE_LF,
    CHUNKED_DATA,
    CHUNKED_DATA_CR,
    CHUNKED_DATA_LF,
    CHUNKED_TRAILER, /* at the beginning of a trailer line, or of the last empty line */
    CHUNKED_TRAILER_LINE,
    CHUNKED_LAST_LF,
    CHUNKED_DONE,
    CHUNKED_BROKEN
};

struct chunked {
    uint64_t left;  /* octets of this chunk's data that are still to come; while digits are read,
                       the size so far */
    uint8_t phase;  /* enum chunked_phase */
    bool extension; /* a chunk had one */
    bool trailers;  /* there is at least one trailer line */
    bool bare_lf;   /* a line ended without CR */
    bool after_cr;  /* in an extension or trailer: the last octet was CR */
};

/* A zeroed struct chunked is at the beginning. Reads framing up to the next run of content, to the
 * end or to the end of `in`; returns how many octets it used. *data is the content among them,
 * their last octets; absent where there is none. */
size_t chunked_take(struct chunked *chunked, struct slice in, struct slice *data);

/* `length` octets are lost. True, and skipped, where all of them are data of this chunk. */
bool chunked_skip(struct chunked *chunked, uint64_t length);

static inline bool chunked_is_over(const struct chunked *chunked)
{
    return chunked->phase >= CHUNKED_DONE;
}
