/* SPDX-License-Identifier: MIT */
/* heap: every size is usable to its last octet, aligned, and comes back. */
#include "base/heap.h"

#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>

static const size_t sizes[] = {1,       63,   64,   65,   192,   193,      4096,
                               5056,    5057, 8192, 8193, 70000, 1u << 20, (1u << 20) + 1,
                               5u << 20};

Test(heap, pieces_of_all_sizes_are_aligned_and_do_not_overlap)
{
    enum { N = sizeof sizes / sizeof *sizes };
    uint8_t *pieces[N];
    for (size_t i = 0; i < N; i++) {
        pieces[i] = heap_take(sizes[i]);
        cr_assert_eq((uintptr_t)pieces[i] % 64, 0u);
        memset(pieces[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            cr_assert_eq(pieces[i][j], i + 1, "octet %zu of %zu", j, sizes[i]);
        heap_give(pieces[i], sizes[i]);
    }
}

Test(heap, zeroed_means_zero_also_the_second_time)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int round = 0; round < 2; round++) {
            uint8_t *piece = heap_take_zeroed(sizes[i]);
            for (size_t j = 0; j < sizes[i]; j++)
                cr_assert_eq(piece[j], 0, "octet %zu of %zu", j, sizes[i]);
            memset(piece, 0xff, sizes[i]);
            heap_give(piece, sizes[i]);
        }
}

Test(heap, nothing_may_be_given_back)
{
    heap_give(NULL, 100);
}
