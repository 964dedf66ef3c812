/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Between hash.c and hash_avx2.c: XXH3, and what a digest in progress is. The headers of libxxhash
 * choose the vectors of XXH3 when they are compiled, of 16 octets on every x86-64; those of 32
 * halve what a body costs, and the digest is the same. hash.c asks the processor which it has.
 */

#define XXH_INLINE_ALL /* keys are short: the call would cost as much as the hash */
#include <xxhash.h>

#include "base/hash.h"

struct digest_stream {
    XXH3_state_t state;
};

/* digest_of() and digest_stream_add() where there is AVX2. */
struct digest digest_of_avx2(struct slice s);
void digest_stream_add_avx2(struct digest_stream *stream, struct slice s);
