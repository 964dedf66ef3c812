/* SPDX-License-Identifier: MIT */
/* Entropy of octets, in integers: against what the formula gives, and its bounds. */

#include "decode/entropy.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

static double entropy_by_formula(const struct entropy *e)
{
    double bits = 0, counted = 0;
    for (unsigned c = 0; c < 256; c++)
        counted += e->counts[c];
    for (unsigned c = 0; c < 256; c++)
        if (e->counts[c]) {
            double p = e->counts[c] / counted;
            bits -= p * log2(p);
        }
    return bits;
}

static struct entropy of_alphabet(unsigned letters, unsigned octets)
{
    struct entropy e = {.octets = 0};
    for (unsigned i = 0; i < octets; i++) {
        uint8_t c = (uint8_t)(i / 4 * (i / 4) % letters);
        entropy_add(&e, slice_of(&c, 1));
    }
    return e;
}

Test(entropy, nothing_is_zero)
{
    struct entropy e = {.octets = 0};
    cr_expect(eq(u16, entropy_centibits(&e), 0));
}

Test(entropy, one_letter_tells_nothing)
{
    struct entropy e = of_alphabet(1, 4096);
    cr_expect(eq(u16, entropy_centibits(&e), 0));
}

Test(entropy, all_octets_alike_are_eight_bits)
{
    struct entropy e = {.octets = 0};
    for (unsigned i = 0; i < 4096; i++) {
        uint8_t c = (uint8_t)(i / 4);
        entropy_add(&e, slice_of(&c, 1));
    }
    cr_expect(eq(u16, entropy_centibits(&e), 800));
}

Test(entropy, is_within_three_hundredths_of_the_formula)
{
    for (unsigned letters = 1; letters <= 256; letters += 5)
        for (unsigned octets = 1; octets <= 4096; octets = octets * 3 + 1) {
            struct entropy e = of_alphabet(letters, octets);
            double want = entropy_by_formula(&e), got = entropy_centibits(&e) / 100.0;
            cr_expect(fabs(want - got) <= 0.03, "%u letters, %u octets: %f, not %f", letters,
                      octets, got, want);
        }
}

Test(entropy, takes_no_more_than_its_limit)
{
    static uint8_t body[3 * LIMIT_ENTROPY_OCTETS];
    struct entropy e = {.octets = 0};
    entropy_add(&e, slice_of(body, LIMIT_ENTROPY_OCTETS - 1));
    cr_expect(not(entropy_is_full(&e)));
    entropy_add(&e, slice_of(body, sizeof body));
    entropy_add(&e, slice_of(body, sizeof body));
    cr_expect(entropy_is_full(&e));
    cr_expect(eq(u32, e.octets, LIMIT_ENTROPY_OCTETS));
    cr_expect(eq(u16, e.counts[0], LIMIT_ENTROPY_OCTETS / 4));
}

Test(entropy, counts_the_same_octets_however_they_are_cut)
{
    uint8_t body[1000];
    for (unsigned i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 37 >> 3);
    struct entropy whole = {.octets = 0};
    entropy_add(&whole, slice_of(body, sizeof body));
    for (size_t cut = 1; cut < 9; cut++) {
        struct entropy pieces = {.octets = 0};
        for (size_t at = 0; at < sizeof body; at += cut)
            entropy_add(&pieces, slice_first(slice_of(body + at, sizeof body - at), cut));
        cr_expect(eq(int, memcmp(&whole, &pieces, sizeof whole), 0), "pieces of %zu", cut);
    }
}
