/* SPDX-License-Identifier: MIT */
/*
 * Hexadecimal digits of a keyed hash that is mixed anew every 16 of them, so that a long text has
 * no period by which a part of it could be taken for another.
 */

#include "reports/privacy/letters.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "reports/privacy/mask.h"

enum { DIGITS = 16 }; /* of one hash */

void letters_write_part(uint64_t number, uint64_t from, size_t len, uint8_t *to)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t block = from / DIGITS, bits = hash_mix(number, block);
    for (size_t i = 0; i < len; i++) {
        uint64_t at = from + i;
        if (at / DIGITS != block) {
            block = at / DIGITS;
            bits = hash_mix(number, block);
        }
        to[i] = (uint8_t)digits[bits >> at % DIGITS * 4 & 15];
    }
}

void letters_write(struct pseudonyms *pseudonyms, struct slice what, uint8_t *to)
{
    letters_write_part(pseudonym_number(pseudonyms, what), 0, what.len, to);
}

void letters_for_credentials(struct pseudonyms *pseudonyms, uint8_t *octets, size_t len)
{
    uint8_t *before = xmalloc(len + 1);
    memcpy(before, octets, len);
    mask_head(octets, len);
    for (size_t i = 0; i < len;) {
        size_t from = i;
        while (i < len && octets[i] != before[i])
            i++;
        if (i > from)
            letters_write(pseudonyms, slice_of(before + from, i - from), octets + from);
        i += i == from;
    }
    free(before);
}
