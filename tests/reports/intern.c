/* SPDX-License-Identifier: MIT */
/* intern: what was met lately is known, what was not is not confused with it, memory is bounded. */
#include "reports/audit/intern.h"

#include <criterion/criterion.h>

#include "reports/limits.h"

static struct intern_key key_of(struct slice a, struct slice b)
{
    struct intern_key key = {0};
    intern_key_add(&key, a);
    intern_key_add(&key, b);
    return key;
}

Test(intern, only_the_same_values_in_the_same_order_are_the_same)
{
    struct interner *interner = interner_new();
    const struct intern_key keys[] = {
        key_of(SLICE("a"), SLICE("b")),    key_of(SLICE("b"), SLICE("a")),
        key_of(SLICE("ab"), SLICE("")),    key_of(SLICE(""), SLICE("ab")),
        key_of(SLICE("ab"), SLICE_ABSENT), key_of(SLICE_ABSENT, SLICE("ab")),
        key_of(SLICE_ABSENT, SLICE("")),   key_of(SLICE(""), SLICE_ABSENT),
        key_of(SLICE(""), SLICE("")),      key_of(SLICE_ABSENT, SLICE_ABSENT),
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cr_expect_eq(interner_find(interner, &keys[i]), 0, "key %zu", i);
        interner_put(interner, &keys[i], (int64_t)i + 1);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_expect_eq(interner_find(interner, &keys[i]), (int64_t)i + 1, "key %zu", i);
    interner_free(interner);
}

/* Absent values are left out: where the others stand tells them apart. */
Test(intern, the_same_value_at_another_place_is_another_run)
{
    struct intern_key first = {0}, second = {0}, both = {0}, again = {0};
    intern_key_add_at(&first, 0, SLICE("a"));
    intern_key_add_at(&second, 1, SLICE("a"));
    intern_key_add_at(&both, 0, SLICE("a"));
    intern_key_add_at(&both, 1, SLICE("a"));
    intern_key_add_at(&again, 0, SLICE("a"));
    cr_expect_neq(first.hash, second.hash);
    cr_expect_neq(first.hash, both.hash);
    cr_expect_neq(second.hash, both.hash);
    cr_expect_eq(first.hash, again.hash);
}

Test(intern, a_second_put_replaces)
{
    struct interner *interner = interner_new();
    struct intern_key key = key_of(SLICE("a"), SLICE("b"));
    interner_put(interner, &key, 1);
    interner_put(interner, &key, 2);
    cr_expect_eq(interner_find(interner, &key), 2);
    interner_free(interner);
}

Test(intern, the_least_recently_met_of_a_set_goes)
{
    struct interner *interner = interner_new();
    struct intern_key keys[LIMIT_INTERN_WAYS + 1];
    for (uint64_t i = 0; i <= LIMIT_INTERN_WAYS; i++)
        keys[i] = (struct intern_key){.hash = i * LIMIT_INTERN_SETS + 7}; /* of one set */
    for (int i = 0; i < LIMIT_INTERN_WAYS; i++)
        interner_put(interner, &keys[i], i + 1);
    interner_find(interner, &keys[0]); /* met again: the second is now the oldest */
    interner_put(interner, &keys[LIMIT_INTERN_WAYS], 99);
    cr_expect_eq(interner_find(interner, &keys[1]), 0);
    cr_expect_eq(interner_find(interner, &keys[0]), 1);
    cr_expect_eq(interner_find(interner, &keys[LIMIT_INTERN_WAYS]), 99);
    interner_free(interner);
}

/* It begins small: what is met again while it grows is in the order of its last use all the same.
 */
Test(intern, growing_forgets_nothing)
{
    struct interner *interner = interner_new();
    const int n = LIMIT_INTERN_SETS / 4;
    for (int i = 1; i <= n; i++) {
        struct intern_key key = {0}, first = {0};
        intern_key_add_number(&key, (uint64_t)i);
        intern_key_add_number(&first, 1);
        interner_put(interner, &key, i);
        cr_assert_eq(interner_find(interner, &first), 1, "after %d", i);
    }
    for (int i = 1; i <= n; i++) {
        struct intern_key key = {0};
        intern_key_add_number(&key, (uint64_t)i);
        cr_expect_eq(interner_find(interner, &key), i);
    }
    interner_clear(interner);
    struct intern_key key = {0};
    intern_key_add_number(&key, 1);
    cr_expect_eq(interner_find(interner, &key), 0);
    interner_free(interner);
}

Test(intern, more_than_it_holds_is_forgotten_and_never_mistaken)
{
    struct interner *interner = interner_new();
    const uint64_t n = 3 * LIMIT_INTERN_SETS * LIMIT_INTERN_WAYS;
    uint64_t known = 0;
    for (uint64_t i = 1; i <= n; i++) {
        struct intern_key key = {0};
        intern_key_add_number(&key, i);
        interner_put(interner, &key, (int64_t)i);
    }
    for (uint64_t i = 1; i <= n; i++) {
        struct intern_key key = {0};
        intern_key_add_number(&key, i);
        int64_t found = interner_find(interner, &key);
        cr_assert(found == 0 || found == (int64_t)i);
        known += found != 0;
    }
    cr_expect_leq(known, LIMIT_INTERN_SETS * LIMIT_INTERN_WAYS);
    cr_expect_gt(known, LIMIT_INTERN_SETS * LIMIT_INTERN_WAYS / 2);
    interner_free(interner);
}
