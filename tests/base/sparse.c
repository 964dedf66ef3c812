/* SPDX-License-Identifier: MIT */
/* Structs without their zeros. */

#include "base/sparse.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/attributes.h"

static size_t there_and_back(const uint64_t *words, size_t n)
{
    uint8_t packed[SPARSE_MOST(1024)];
    uint64_t back[128];
    memset(packed, 0xa5, sizeof packed);
    memset(back, 0x5a, sizeof back);
    size_t octets = sparse_pack(packed, words, n * sizeof *words);
    cr_expect(le(sz, octets, SPARSE_MOST(n * sizeof *words)));
    sparse_unpack(back, n * sizeof *words, packed);
    cr_expect(memcmp(back, words, n * sizeof *words) == 0, "%zu words", n);
    return octets;
}

Test(sparse, nothing_but_zeros_are_their_bits)
{
    uint64_t words[17] = {0};
    cr_expect(eq(sz, there_and_back(words, 17), 3));
    cr_expect(eq(sz, there_and_back(words, 16), 2));
    cr_expect(eq(sz, there_and_back(words, 0), 0));
}

Test(sparse, what_is_there_comes_back_in_its_place)
{
    uint64_t words[19] = {[0] = 1, [7] = UINT64_MAX, [8] = 256, [18] = UINT64_C(1) << 63};
    cr_expect(eq(sz, there_and_back(words, 19), 3 + 4 * 8));
}

Test(sparse, nothing_but_words_take_no_more_than_the_most)
{
    uint64_t words[100];
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = i + 1;
    cr_expect(eq(sz, there_and_back(words, 100), SPARSE_MOST(800)));
}
