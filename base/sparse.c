/* SPDX-License-Identifier: MIT */
/* All bits, then all words that are there. */

#include "base/sparse.h"

#include <assert.h>
#include <string.h>

enum { WORD = sizeof(uint64_t), WORDS_OF_OCTET = 8 };

size_t sparse_pack(uint8_t *packed, const void *plain, size_t size)
{
    size_t words = size / WORD;
    uint8_t *at = packed + (words + WORDS_OF_OCTET - 1) / WORDS_OF_OCTET;
    assert(size % WORD == 0);
    for (size_t i = 0; i < words; i += WORDS_OF_OCTET) {
        unsigned there = 0;
        for (size_t j = 0; j < WORDS_OF_OCTET && i + j < words; j++) {
            uint64_t word;
            memcpy(&word, (const uint8_t *)plain + (i + j) * WORD, WORD);
            if (word == 0)
                continue;
            memcpy(at, &word, WORD);
            there |= 1u << j;
            at += WORD;
        }
        packed[i / WORDS_OF_OCTET] = (uint8_t)there;
    }
    return (size_t)(at - packed);
}

void sparse_unpack(void *plain, size_t size, const uint8_t *packed)
{
    size_t words = size / WORD;
    const uint8_t *at = packed + (words + WORDS_OF_OCTET - 1) / WORDS_OF_OCTET;
    memset(plain, 0, size);
    for (size_t i = 0; i < words; i += WORDS_OF_OCTET)
        for (unsigned there = packed[i / WORDS_OF_OCTET]; there; there &= there - 1) {
            memcpy((uint8_t *)plain + (i + (unsigned)__builtin_ctz(there)) * WORD, at, WORD);
            at += WORD;
        }
}
