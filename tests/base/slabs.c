/* SPDX-License-Identifier: MIT */
/* slabs: pieces do not overlap, keep what is in them, and memory goes from one size to another. */
#include "base/slabs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static void fill(uint8_t *piece, uint32_t size, uint32_t mark)
{
    for (uint32_t i = 0; i + 4 <= size; i += 4)
        memcpy(piece + i, &mark, 4);
}

static bool is_full_of(const uint8_t *piece, uint32_t size, uint32_t mark)
{
    for (uint32_t i = 0; i + 4 <= size; i += 4)
        if (memcmp(piece + i, &mark, 4) != 0)
            return false;
    return true;
}

Test(slabs, pieces_are_aligned_and_their_own)
{
    enum { N = 3000, SIZES = 6, ROUNDS = 60000 };
    static struct slabs of[SIZES] = {{.size = 64},   {.size = 192},  {.size = 1088},
                                     {.size = 5056}, {.size = 8192}, {.size = SLAB_OCTETS}};
    static struct {
        uint8_t *piece;
        uint32_t size, mark;
    } held[N];
    uint32_t random = 1;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        random = random * 1664525 + 1013904223;
        uint32_t i = (random >> 8) % N;
        /* times of many, and times of few: slabs become spare, and of another size */
        bool gives = round / 6000 % 2;
        if (held[i].piece) {
            struct slabs *slabs = &of[held[i].size];
            cr_assert(is_full_of(held[i].piece, slabs->size, held[i].mark), "round %u", round);
            slabs_give(slabs, held[i].piece);
            held[i].piece = NULL;
        }
        if (gives)
            continue;
        held[i].size = random % SIZES;
        held[i].mark = round;
        held[i].piece = slabs_take(&of[held[i].size]);
        cr_assert_eq((uintptr_t)held[i].piece % 64, 0u);
        fill(held[i].piece, of[held[i].size].size, round);
    }
}

Test(slabs, memory_of_one_size_becomes_memory_of_another)
{
    enum { OCTETS = 16 << 20, SIZES = 20 };
    static void *pieces[OCTETS / 320];
    static struct slabs of[SIZES];
    for (uint32_t s = 0; s < SIZES; s++) {
        of[s].size = 320 + 256 * s;
        uint32_t n = OCTETS / of[s].size;
        for (uint32_t i = 0; i < n; i++)
            pieces[i] = slabs_take(&of[s]);
        for (uint32_t i = 0; i < n; i++)
            slabs_give(&of[s], pieces[(i * UINT64_C(7919)) % n]);
    }
    /* a piece that is kept at hand may be all that is left of its slab */
    cr_expect_leq(slabs_made(), 1.1 * OCTETS / SLAB_OCTETS + SIZES * SLABS_KEPT);
    cr_expect_geq(slabs_spare() + SIZES * SLABS_KEPT, slabs_made());
}

struct parcel {
    struct slabs *from;
    void *pieces[1000];
};

static void *use_elsewhere(void *context)
{
    struct parcel *parcel = context;
    struct slabs here = {.size = parcel->from->size};
    for (unsigned i = 0; i < 1000; i++)
        slabs_give(&here, parcel->pieces[i]);
    cr_expect_eq(slabs_made(), 0u);
    for (unsigned i = 0; i < 1000; i++) /* the same ones: none has to be made */
        fill(slabs_take(&here), here.size, i);
    cr_expect_eq(slabs_made(), 0u);
    return NULL;
}

Test(slabs, a_piece_of_another_thread_is_used_where_it_is)
{
    static struct slabs slabs = {.size = 704};
    static struct parcel parcel = {&slabs, {NULL}};
    pthread_t thread;
    for (unsigned i = 0; i < 1000; i++)
        parcel.pieces[i] = slabs_take(&slabs);
    uint32_t made = slabs_made();
    cr_assert_eq(pthread_create(&thread, NULL, use_elsewhere, &parcel), 0);
    pthread_join(thread, NULL);
    for (unsigned i = 0; i < 1000; i++) /* slabs that are away are not spare */
        fill(slabs_take(&slabs), 704, i);
    cr_expect_geq(slabs_made() - slabs_spare(), 2 * 1000 * 704 / SLAB_OCTETS);
    cr_expect_geq(slabs_made(), made);
}
