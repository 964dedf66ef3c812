/* SPDX-License-Identifier: MIT */
/*
 * A set-associative table: a key's hash names a set of four entries in the order of their last use,
 * and the last of them makes room. It is bounded by construction, needs no sweep and never grows.
 */

#include "reports/intern.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "reports/limits.h"

struct entry {
    struct intern_key key;
    int64_t number; /* 0: free */
};

struct interner {
    struct entry sets[LIMIT_INTERN_SETS][LIMIT_INTERN_WAYS];
};

void intern_key_add(struct intern_key *key, struct slice value)
{
    if (slice_is_absent(value)) {
        intern_key_add_number(key, UINT64_MAX);
        return;
    }
    key->seeded = hash_mix(key->seeded, hash64(value) + value.len);
    key->plain = hash_mix(key->plain, hash64_stable(value));
}

void intern_key_add_number(struct intern_key *key, uint64_t value)
{
    key->seeded = hash_mix(key->seeded, value);
    key->plain = hash_mix(key->plain, ~value);
}

struct interner *interner_new(void)
{
    return xcalloc(1, sizeof(struct interner));
}

void interner_free(struct interner *interner)
{
    free(interner);
}

static struct entry *set_of(struct interner *interner, const struct intern_key *key)
{
    return interner->sets[key->seeded % LIMIT_INTERN_SETS];
}

/* Moves entry `at` to the front; those before it age by one place. */
static void use(struct entry *set, unsigned at)
{
    struct entry used = set[at];
    for (; at > 0; at--)
        set[at] = set[at - 1];
    set[0] = used;
}

/* Index of the key's entry, or LIMIT_INTERN_WAYS. */
static unsigned place_of(const struct entry *set, const struct intern_key *key)
{
    unsigned i = 0;
    while (i < LIMIT_INTERN_WAYS && (set[i].key.seeded != key->seeded ||
                                     set[i].key.plain != key->plain || set[i].number == 0))
        i++;
    return i;
}

int64_t interner_find(struct interner *interner, const struct intern_key *key)
{
    struct entry *set = set_of(interner, key);
    unsigned at = place_of(set, key);
    if (at == LIMIT_INTERN_WAYS)
        return 0;
    use(set, at);
    return set[0].number;
}

void interner_put(struct interner *interner, const struct intern_key *key, int64_t number)
{
    assert(number != 0);
    struct entry *set = set_of(interner, key);
    unsigned at = place_of(set, key);
    if (at == LIMIT_INTERN_WAYS)
        at--; /* the one that was not met for longest goes */
    set[at] = (struct entry){*key, number};
    use(set, at);
}
