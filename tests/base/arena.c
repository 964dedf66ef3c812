/* SPDX-License-Identifier: MIT */
/* arena: what is allocated stays put and apart until it dies together. */
#include "base/arena.h"

#include <criterion/criterion.h>

Test(arena, allocations_are_aligned_and_do_not_overlap)
{
    struct arena arena;
    arena_init(&arena, 64);
    uint8_t *at[200];
    for (size_t i = 0; i < 200; i++) {
        at[i] = arena_alloc(&arena, i);
        cr_assert_eq((uintptr_t)at[i] % 8, 0u);
        memset(at[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i; j++)
            cr_assert_eq(at[i][j], (uint8_t)i, "octet %zu of allocation %zu", j, i);
    arena_fini(&arena);
}

Test(arena, reset_keeps_one_block_only)
{
    struct arena arena;
    arena_init(&arena, 128);
    for (size_t i = 0; i < 100; i++)
        arena_alloc(&arena, 100);
    arena_reset(&arena);
    cr_expect_eq(arena.total, 128u);
    void *first = arena_alloc(&arena, 8);
    arena_reset(&arena);
    cr_expect_eq(arena_alloc(&arena, 8), first);
    arena_fini(&arena);
}

Test(arena, the_newest_allocation_grows_in_place)
{
    struct arena arena;
    arena_init(&arena, 1024);
    uint8_t *a = arena_alloc(&arena, 10);
    memcpy(a, "0123456789", 10);
    cr_expect_eq(arena_grow(&arena, a, 10, 500), a);
    arena_alloc(&arena, 8);
    uint8_t *moved = arena_grow(&arena, a, 10, 600);
    cr_expect_neq(moved, a, "something lies behind it now");
    cr_expect_arr_eq(moved, "0123456789", 10);
    uint8_t *large = arena_grow(&arena, moved, 600, 5000);
    cr_expect_arr_eq(large, "0123456789", 10);
    arena_fini(&arena);
}

Test(arena, copies_keep_absence)
{
    struct arena arena;
    arena_init(&arena, 64);
    cr_expect(slice_is_absent(arena_copy(&arena, SLICE_ABSENT)));
    cr_expect(!slice_is_absent(arena_copy(&arena, SLICE(""))));
    cr_expect(slice_equal(arena_copy(&arena, SLICE("abc")), SLICE("abc")));
    arena_fini(&arena);
}

Test(arena, a_first_block_that_is_not_its_own_is_kept)
{
    _Alignas(16) uint8_t room[128];
    struct arena arena;
    arena_init_in(&arena, room, sizeof room);
    uint8_t *first = arena_alloc(&arena, 64);
    cr_expect(first >= room && first + 64 <= room + sizeof room);
    uint8_t *second = arena_alloc(&arena, 1000);
    cr_expect(second < room || second >= room + sizeof room);
    arena_fini(&arena);
    cr_expect_eq(arena_alloc(&arena, 64), first);
    arena_fini(&arena);
}

Test(arena, what_was_reserved_lies_in_one_block_of_about_that_size)
{
    struct arena arena;
    arena_init(&arena, 1024);
    uint8_t *before = arena_alloc(&arena, 1000);
    arena_reserve(&arena, 400);
    uint8_t *a = arena_alloc(&arena, 100), *b = arena_alloc(&arena, 200);
    cr_expect_eq(b, a + 104, "each is rounded up to 8 octets");
    cr_expect_leq(arena.total, 1024u + 400 + 128, "a block of its own, hardly larger");
    size_t total = arena.total;
    arena_reserve(&arena, 96);
    cr_expect_eq(arena.total, total, "there was room");
    memset(before, 1, 1000);
    arena_fini(&arena);
}
