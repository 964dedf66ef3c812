/* SPDX-License-Identifier: MIT */
/* table: what was added is found until it is removed, equal hashes too, in the order of use. */
#include "analysis/table.h"

#include <criterion/criterion.h>

struct thing {
    struct entry entry;
    unsigned number;
};

enum { N = 3000 };

/* Few different hashes, many of which meet in neighbouring slots. */
static uint64_t hash_of(unsigned number)
{
    return (number % 1000) * 3 + ((uint64_t)(number % 7) << 40);
}

static bool is_found(const struct table *table, const struct thing *thing)
{
    for (struct entry *e = table_find(table, hash_of(thing->number)); e; e = entry_again(e)) {
        cr_assert_eq(e->hash, hash_of(thing->number));
        if (e == &thing->entry)
            return true;
    }
    return false;
}

Test(table, what_is_in_it_is_found_and_nothing_else)
{
    static struct thing things[N];
    struct table table;
    table_init(&table);
    for (unsigned i = 0; i < N; i++) {
        things[i].number = i;
        table_add(&table, &things[i].entry, hash_of(i));
    }
    for (unsigned gone = 0; gone < N; gone++) {
        unsigned i = gone * 1009 % N;
        table_remove(&table, &things[i].entry);
        cr_assert_not(is_found(&table, &things[i]));
        if (gone % 100)
            continue;
        for (unsigned k = gone + 1; k < N; k++)
            cr_assert(is_found(&table, &things[k * 1009 % N]), "%u after %u", k, gone);
    }
    cr_expect_eq(table.count, 0u);
    cr_expect_null(table.oldest);
    table_fini(&table);
}

Test(table, equal_hashes_are_met_newest_first)
{
    struct thing a, b, c;
    struct table table;
    table_init(&table);
    table_add(&table, &a.entry, 5);
    table_add(&table, &b.entry, 5);
    table_add(&table, &c.entry, 5);
    cr_expect_eq(table_find(&table, 5), &c.entry);
    cr_expect_eq(entry_again(&c.entry), &b.entry);
    table_remove(&table, &c.entry);
    cr_expect_eq(table_find(&table, 5), &b.entry);
    table_remove(&table, &a.entry);
    cr_expect_null(entry_again(&b.entry));
    cr_expect_null(table_find(&table, 6));
    table_fini(&table);
}

Test(table, the_order_of_use_begins_to_count_when_it_is_half_full)
{
    struct thing a, b, c;
    struct table table;
    table_init(&table);
    table_set_cap(&table, 6);
    table_add(&table, &a.entry, 1);
    table_add(&table, &b.entry, 2);
    table_touch(&table, &a.entry);
    cr_expect_eq(table.oldest, &a.entry);
    table_add(&table, &c.entry, 3);
    table_touch(&table, &a.entry);
    cr_expect_eq(table.oldest, &b.entry);
    cr_expect_eq(table.newest, &a.entry);
    table_fini(&table);
}
