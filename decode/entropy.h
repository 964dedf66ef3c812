/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How well a body would compress, from its first octets as they pass: the entropy of single octets,
 * H = - sum p(c) log2 p(c) bits. A code of fixed words needs no less; deflate and brotli, which see
 * repetitions too, need less of text. Taken only of texts that were sent plain to somebody who
 * accepts a coding: no other body pays for it. One octet of four is counted, which tells as much.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/exchange.h"
#include "decode/limits.h"

struct entropy {
    uint16_t counts[256];
    uint32_t octets; /* seen, of which every fourth is counted */
};
_Static_assert(LIMIT_ENTROPY_OCTETS <= UINT16_MAX, "counts are 16 bits");

/* Is this response, of which the head is there, worth it? */
bool entropy_is_wanted(const struct exchange *x);

static inline bool entropy_is_full(const struct entropy *entropy)
{
    return entropy->octets >= LIMIT_ENTROPY_OCTETS;
}

/* Sees more octets, as far as it is not full. */
void entropy_add(struct entropy *entropy, struct slice octets);

/* In hundredths of a bit per octet, 0 to 800; 0 where nothing was seen. */
uint16_t entropy_centibits(const struct entropy *entropy);
