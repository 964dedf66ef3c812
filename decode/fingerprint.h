/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What tells octets from others at little cost. It is taken of each packet once, and tells twice: a
 * packet that the tap saw before (twice.c), and a retransmission that says something else
 * (tcp_stream.c).
 */

#include <stdint.h>

#include "base/hash.h"
#include "base/slice.h"

/* Of a jumbogram only its beginning counts, so that a length fits 16 bits. */
#define FINGERPRINT_MOST UINT16_MAX

static inline uint32_t fingerprint_of(struct slice octets)
{
    return octets.len ? hash_fast(slice_first(octets, FINGERPRINT_MOST)) : 0;
}
