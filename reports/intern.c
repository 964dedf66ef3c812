/* SPDX-License-Identifier: MIT */
/*
 * A set-associative table: half of a key names a set of four entries, which fill one cache line, in
 * the order of their last use; the last of them makes room. It is bounded by construction, needs no
 * sweep and never grows.
 */

#include "reports/intern.h"

#include <assert.h>
#include <string.h>

#include "base/heap.h"
#include "reports/limits.h"

struct entry {
    uint64_t tag;
    int64_t number; /* 0: free */
};

struct interner {
    struct entry sets[LIMIT_INTERN_SETS][LIMIT_INTERN_WAYS] __attribute__((aligned(64)));
};

struct interner *interner_new(void)
{
    return heap_take_zeroed(sizeof(struct interner));
}

void interner_free(struct interner *interner)
{
    heap_give(interner, sizeof *interner);
}

void interner_clear(struct interner *interner)
{
    memset(interner, 0, sizeof *interner);
}

/* Index of the key's entry in its set, or LIMIT_INTERN_WAYS. */
static unsigned place_of(const struct entry *set, const struct intern_key *key)
{
    unsigned i = 0;
    while (i < LIMIT_INTERN_WAYS && (set[i].tag != key->tag || set[i].number == 0))
        i++;
    return i;
}

/* Moves entry `at` to the front; those before it age by one place. */
static void use(struct entry *set, unsigned at)
{
    struct entry used = set[at];
    for (; at > 0; at--)
        set[at] = set[at - 1];
    set[0] = used;
}

void interner_expect(const struct interner *interner, const struct intern_key *key)
{
    __builtin_prefetch(interner->sets[key->set % LIMIT_INTERN_SETS], 1);
}

int64_t interner_find(struct interner *interner, const struct intern_key *key)
{
    struct entry *set = interner->sets[key->set % LIMIT_INTERN_SETS];
    unsigned at = place_of(set, key);
    if (at == LIMIT_INTERN_WAYS)
        return 0;
    if (at > 0)
        use(set, at);
    return set[0].number;
}

void interner_put(struct interner *interner, const struct intern_key *key, int64_t number)
{
    assert(number != 0);
    struct entry *set = interner->sets[key->set % LIMIT_INTERN_SETS];
    unsigned at = place_of(set, key);
    if (at == LIMIT_INTERN_WAYS)
        at--; /* the one that was not met for longest goes */
    set[at] = (struct entry){key->tag, number};
    use(set, at);
}
