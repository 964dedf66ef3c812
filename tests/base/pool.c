/* SPDX-License-Identifier: MIT */
/* pool: objects lie apart, and what comes back goes out again first. */
#include "base/pool.h"

#include <string.h>

#include <criterion/criterion.h>

struct thing {
    uint8_t octets[200];
};

Test(pool, objects_are_aligned_and_do_not_overlap)
{
    struct pool pool = POOL_OF(struct thing);
    static struct thing *things[5000];
    for (size_t i = 0; i < 5000; i++) {
        things[i] = pool_take(&pool);
        cr_assert_eq((uintptr_t)things[i] % 64, 0u);
        memset(things[i], (int)(i % 251), sizeof *things[i]);
    }
    for (size_t i = 0; i < 5000; i++) {
        for (size_t j = 0; j < sizeof *things[i]; j++)
            cr_assert_eq(things[i]->octets[j], i % 251, "octet %zu of object %zu", j, i);
        pool_give(&pool, things[i]);
    }
}

#ifndef __SANITIZE_ADDRESS__
Test(pool, the_object_that_came_back_last_goes_out_first)
{
    struct pool pool = POOL_OF(struct thing);
    void *a = pool_take(&pool), *b = pool_take(&pool);
    pool_give(&pool, a);
    pool_give(&pool, b);
    cr_expect_eq(pool_take(&pool), b);
    cr_expect_eq(pool_take(&pool), a);
}
#endif

Test(pool, an_empty_pool_ends_and_begins_again)
{
    struct pool pool = POOL_OF(struct thing);
    void *thing = pool_take(&pool);
    cr_expect(thing != NULL);
    pool_give(&pool, thing);
}
