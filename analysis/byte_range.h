/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Byte ranges as they are written (RFC 9110 §14.1, §14.2, §14.4): what a request asks for and which
 * octets a 206 says that it holds. Positions that pass 2^63-1 make a range invalid.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* "bytes 0-499/1234", or without a known length "*" in its place. */
struct content_range {
    bool valid;           /* one range of octets: first <= last, and both below a known length */
    uint64_t from, until; /* [from, until) */
    bool has_complete;
    uint64_t complete; /* length of the whole representation */
};
struct content_range content_range_parse(struct slice value);

/* Octets that "bytes=a-b", "bytes=a-" or "bytes=-n" asks for of so many; 0 where it is another
 * form, several ranges, or none that can be satisfied. */
uint64_t byte_range_octets(struct slice range, uint64_t of);

/* Does it ask for anything but the representation from its first octet on? Also where it asks for
 * several ranges, or in a form that is not known. */
bool byte_range_skips(struct slice range);
