/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Between hash.c and hash_avx2.c, which are compiled for different processors: what goes over each
 * octet of a body. The headers of libxxhash choose the vectors of XXH3 when they are compiled, of
 * 16 octets on every x86-64; those of 32 halve what a body costs, and the digest is the same.
 * hash.c asks the processor which it has.
 */

#define XXH_INLINE_ALL /* keys are short: the call would cost as much as the hash */
#include <xxhash.h>

#include "base/hash.h"

struct digest_stream {
    XXH3_state_t state;
};

/* Sixteen lanes of rotate and add, in four vectors, so that none waits for another. */
typedef uint64_t lanes __attribute__((vector_size(32)));
typedef uint64_t lanes_anywhere __attribute__((vector_size(32), aligned(1), may_alias));

struct stripe {
    lanes a, b, c, d;
};

#define LANES_ADD(sum, words) ((sum) = ((sum) << 5 | (sum) >> 59) + (words))

static inline void stripe_add(struct stripe *sum, const uint8_t octets[sizeof(struct stripe)])
{
    const lanes_anywhere *words = (const lanes_anywhere *)octets;
    LANES_ADD(sum->a, words[0]);
    LANES_ADD(sum->b, words[1]);
    LANES_ADD(sum->c, words[2]);
    LANES_ADD(sum->d, words[3]);
}

/* hash_fast() as this file is compiled. The last stripe of several may begin in the one before. */
static inline uint32_t hash_fast_here(struct slice s)
{
    struct stripe sum = {.a = {s.len}};
    if (s.len < sizeof sum) {
        uint8_t all[sizeof sum] = {0};
        if (s.len)
            memcpy(all, s.at, s.len);
        stripe_add(&sum, all);
    } else {
        const uint8_t *last = s.at + s.len - sizeof sum;
        for (const uint8_t *at = s.at; at < last; at += sizeof sum)
            stripe_add(&sum, at);
        stripe_add(&sum, last);
    }
    LANES_ADD(sum.a, sum.b);
    LANES_ADD(sum.a, sum.c);
    LANES_ADD(sum.a, sum.d);
    return (uint32_t)hash_mix(hash_mix(sum.a[0], sum.a[1]), hash_mix(sum.a[2], sum.a[3]));
}

/* digest_of() and digest_stream_add(), the same way. */
static inline struct digest digest_of_here(struct slice s)
{
    XXH128_hash_t h = XXH3_128bits(s.at, s.len);
    return (struct digest){h.high64, h.low64};
}

static inline void digest_stream_add_here(struct digest_stream *stream, struct slice s)
{
    if (s.len)
        XXH3_128bits_update(&stream->state, s.at, s.len);
}

/* The same where there is AVX2; on other processors nobody asks for them. */
uint32_t hash_fast_avx2(struct slice s);
struct digest digest_of_avx2(struct slice s);
void digest_stream_add_avx2(struct digest_stream *stream, struct slice s);
