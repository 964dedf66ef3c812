/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which row of the database already holds these values? An interner remembers the rows that were
 * met lately, and forgets the others: whoever finds nothing writes another row. Nothing may
 * therefore compare the ids of rows where it means their texts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/slice.h"

/* A run of values as a hash; the values themselves are not kept. Whether a value is absent or
 * empty, and where one ends and the next begins, counts. Texts are hashed with a seed: nobody can
 * prepare two runs that pass for one another. By accident it happens once in 2^50 comparisons: those
 * that are compared have the bits in common that name their set. */
struct intern_key {
    uint64_t hash;
};

static inline void intern_key_add_number(struct intern_key *key, uint64_t value)
{
    key->hash = hash_mix(key->hash, value);
}

static inline void intern_key_add(struct intern_key *key, struct slice value)
{
    intern_key_add_number(key, slice_is_absent(value) ? 0 : hash64(value));
}

/* The value at place `i` of a run; one that is absent need not be added. */
static inline void intern_key_add_at(struct intern_key *key, unsigned i, struct slice value)
{
    intern_key_add_number(key, hash64(value) + i);
}

struct interner;

struct interner *interner_new(void);
void interner_free(struct interner *interner); /* accepts NULL */

/* Forgets everything. */
void interner_clear(struct interner *interner);

/* The key is going to be asked for: brings nearer where it is looked for. */
void interner_expect(const struct interner *interner, const struct intern_key *key);

/* The number put under `key`, or 0 where it is not (or no longer) known. */
int64_t interner_find(struct interner *interner, const struct intern_key *key);

/* Remembers `number` (not 0) under the key, in place of what was there. */
void interner_put(struct interner *interner, const struct intern_key *key, int64_t number);
