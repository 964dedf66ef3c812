/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The hashes of the project, all but one XXH3 (libxxhash). Tables that are keyed by octets from the
 * wire use the seed of this run, so that nobody can prepare collisions; digests of bodies use none,
 * so that they mean the same in every database.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* 128 bits over a body's octets; all zero means "no digest". */
struct digest {
    uint64_t high, low;
};

static inline bool digest_equal(struct digest a, struct digest b)
{
    return a.high == b.high && a.low == b.low;
}

static inline bool digest_is_set(struct digest d)
{
    return (d.high | d.low) != 0;
}

/* Seeded, for tables of this process only. Nothing that reaches a result may depend on its order.
 */
uint64_t hash64(struct slice s);

/* Two hashes into one, for tables with compound keys. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2));
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

/* Not seeded: the same in every run, for what a result shows (keys, pseudonyms). */
uint64_t hash64_stable(struct slice s);

/* A fingerprint at a third of the cost of a real hash, for each octet that passes: octets that
 * differ by accident, or because somebody else wrote them, have another; whoever wants to can make
 * ones that have the same. */
uint32_t hash_fast(struct slice s);

/* Digest of one run of octets. */
struct digest digest_of(struct slice s);

/* A digest of octets that arrive in pieces. */
struct digest_stream; /* about 600 octets, from a pool */
struct digest_stream *digest_stream_new(void);
void digest_stream_add(struct digest_stream *stream, struct slice s);
struct digest digest_stream_finish(const struct digest_stream *stream);
void digest_stream_free(struct digest_stream *stream); /* accepts NULL */
