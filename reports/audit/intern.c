/* SPDX-License-Identifier: MIT */
/*
 * A set-associative table: a key names a set of four entries, which fill one cache line, in the
 * order of their last use; the last of them makes room. It begins with a few sets and doubles where
 * one is full, up to the cap; what it remembers is the same as if it had had all from the start,
 * since before the cap nothing is forgotten. It needs no sweep.
 */

#include "reports/audit/intern.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "reports/limits.h"

#define SETS_AT_FIRST 16

struct entry {
    uint64_t hash;
    int64_t number; /* 0: free, and so are those after it */
};

struct set {
    struct entry entries[LIMIT_INTERN_WAYS];
};

struct interner {
    struct set *sets;
    size_t count; /* a power of two */
};

static void sets_take(struct interner *interner, size_t count)
{
    interner->sets = heap_take_zeroed(count * sizeof *interner->sets);
    interner->count = count;
}

static void sets_give(struct interner *interner)
{
    heap_give(interner->sets, interner->count * sizeof *interner->sets);
}

struct interner *interner_new(void)
{
    struct interner *interner = xmalloc(sizeof *interner);
    sets_take(interner, SETS_AT_FIRST);
    return interner;
}

void interner_free(struct interner *interner)
{
    if (!interner)
        return;
    sets_give(interner);
    free(interner);
}

void interner_clear(struct interner *interner)
{
    sets_give(interner);
    sets_take(interner, SETS_AT_FIRST);
}

static struct entry *set_of(const struct interner *interner, uint64_t hash)
{
    return interner->sets[hash & (interner->count - 1)].entries;
}

/* Index of the hash's entry in its set, or LIMIT_INTERN_WAYS. */
static unsigned place_of(const struct entry *set, uint64_t hash)
{
    unsigned i = 0;
    while (i < LIMIT_INTERN_WAYS && (set[i].hash != hash || set[i].number == 0))
        i++;
    return i;
}

static bool set_is_full(const struct entry *set)
{
    return set[LIMIT_INTERN_WAYS - 1].number != 0;
}

/* Moves entry `at` to the front; those before it age by one place. */
static void use(struct entry *set, unsigned at)
{
    struct entry used = set[at];
    for (; at > 0; at--)
        set[at] = set[at - 1];
    set[0] = used;
}

/* Each set becomes two, in the same order. */
static void grow(struct interner *interner)
{
    struct interner old = *interner;
    sets_take(interner, old.count * 2);
    for (size_t i = 0; i < old.count; i++)
        for (unsigned way = 0; way < LIMIT_INTERN_WAYS; way++) {
            const struct entry *entry = &old.sets[i].entries[way];
            struct entry *to = set_of(interner, entry->hash);
            if (!entry->number)
                break;
            while (to->number)
                to++;
            *to = *entry;
        }
    sets_give(&old);
}

void interner_expect(const struct interner *interner, const struct intern_key *key)
{
    __builtin_prefetch(set_of(interner, key->hash), 1);
}

int64_t interner_find(struct interner *interner, const struct intern_key *key)
{
    struct entry *set = set_of(interner, key->hash);
    unsigned at = place_of(set, key->hash);
    if (at == LIMIT_INTERN_WAYS)
        return 0;
    if (at > 0)
        use(set, at);
    return set[0].number;
}

void interner_put(struct interner *interner, const struct intern_key *key, int64_t number)
{
    assert(number != 0);
    struct entry *set = set_of(interner, key->hash);
    unsigned at = place_of(set, key->hash);
    while (at == LIMIT_INTERN_WAYS && set_is_full(set) && interner->count < LIMIT_INTERN_SETS) {
        grow(interner);
        set = set_of(interner, key->hash);
    }
    if (at == LIMIT_INTERN_WAYS)
        at--; /* a free one, or the one that was not met for longest, which goes */
    set[at] = (struct entry){key->hash, number};
    use(set, at);
}
