/* SPDX-License-Identifier: MIT */
/* A histogram of octets and its entropy in integers, so that every machine finds the same. */

#include "decode/entropy.h"

#include <string.h>

#include "base/attributes.h"

/* Texts by their media type (RFC 9110 §8.3.1): what is not among them, is packed already or may be.
 */
static bool is_text(struct slice type)
{
    static const struct slice others[] = {
        {(const uint8_t *)"application/json", 16},
        {(const uint8_t *)"application/javascript", 22},
        {(const uint8_t *)"application/x-javascript", 24},
        {(const uint8_t *)"application/ecmascript", 22},
        {(const uint8_t *)"application/xml", 15},
    };
    type = slice_trim(slice_cut(&type, ';'));
    if (slice_starts_with_nocase(type, SLICE("text/")))
        return true;
    if (type.len > 5 && (slice_equal_nocase(slice_from(type, type.len - 4), SLICE("+xml")) ||
                         slice_equal_nocase(slice_from(type, type.len - 5), SLICE("+json"))))
        return true;
    for (unsigned i = 0; i < COUNT_OF(others); i++)
        if (slice_equal_nocase(type, others[i]))
            return true;
    return false;
}

bool entropy_is_wanted(const struct exchange *x)
{
    const struct head *head = &x->response.head;
    return x->status == 200 && !head_has(head, FIELD_CONTENT_ENCODING) &&
           head_has(&x->request.head, FIELD_ACCEPT_ENCODING) &&
           is_text(head_first(head, FIELD_CONTENT_TYPE));
}

enum { STRIDE = 4 };

void entropy_add(struct entropy *entropy, struct slice octets)
{
    struct slice sample = slice_first(octets, LIMIT_ENTROPY_OCTETS - entropy->octets);
    for (size_t i = -entropy->octets % STRIDE; i < sample.len; i += STRIDE)
        entropy->counts[sample.at[i]]++;
    entropy->octets += (uint32_t)sample.len;
}

/* log2(n) in 1/65536: the exponent, and of the fraction f in [0, 1) the parabola
 * f + 0.3437 f (1 - f), which is nowhere more than 0.0035 away from log2(1 + f). Both are read off
 * n as a float (IEEE 754, exact below 2^24), for which compilers know vectors. Of 0 it is nonsense
 * that any product with 0 ends. */
static uint32_t log2_fixed(uint32_t n)
{
    float real = (float)(int32_t)n;
    uint32_t bits;
    memcpy(&bits, &real, sizeof bits);
    uint32_t exponent = (bits >> 23) - 127, f = bits >> 7 & 0xFFFF;
    uint32_t bend = f * (65536 - f) >> 16;
    return (exponent << 16) + f + (bend * 22525 >> 16);
}
_Static_assert(LIMIT_ENTROPY_OCTETS <= 4096,
               "the sum of c log2 c of all counts is below 2^32 / 65536");

/* Most octets do not occur in a text: they are passed over sixteen at a time. */
static bool are_zero(const uint16_t counts[16])
{
    uint64_t four[4];
    memcpy(four, counts, sizeof four);
    return (four[0] | four[1] | four[2] | four[3]) == 0;
}

/* sum c log2 c, most where all octets are the same */
static uint32_t sum_of(const uint16_t counts[256])
{
    uint32_t sum = 0;
    for (unsigned at = 0; at < 256; at += 16) {
        if (are_zero(counts + at))
            continue;
        for (unsigned c = at; c < at + 16; c++)
            sum += counts[c] * log2_fixed(counts[c]);
    }
    return sum;
}

/* H = log2 N - (sum c log2 c) / N */
uint16_t entropy_centibits(const struct entropy *entropy)
{
    uint64_t total = (entropy->octets + STRIDE - 1) / STRIDE;
    if (total == 0)
        return 0;
    uint64_t sum = sum_of(entropy->counts);
    uint64_t most = total * log2_fixed((uint32_t)total);
    uint64_t bits = most > sum ? (most - sum) / total : 0; /* in 1/65536 */
    uint64_t centibits = bits * 100 >> 16;
    return centibits > 800 ? 800 : (uint16_t)centibits;
}
