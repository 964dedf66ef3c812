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

void entropy_add(struct entropy *entropy, struct slice octets)
{
    struct slice sample = slice_first(octets, LIMIT_ENTROPY_OCTETS - entropy->octets);
    for (size_t i = 0; i < sample.len; i++)
        entropy->counts[sample.at[i]]++;
    entropy->octets += (uint32_t)sample.len;
}

/* log2(n) in 1/65536, for n > 0: the exponent, and of the fraction f in [0, 1) the parabola
 * f + 0.3437 f (1 - f), which is nowhere more than 0.0035 away from log2(1 + f). */
static uint32_t log2_fixed(uint32_t n)
{
    uint32_t exponent = 31 - (uint32_t)__builtin_clz(n);
    uint32_t f = (uint32_t)((((uint64_t)n << 16) >> exponent) & 0xFFFF);
    uint32_t bend = (uint32_t)((uint64_t)f * (65536 - f) >> 16);
    return (exponent << 16) + f + (uint32_t)((uint64_t)bend * 22525 >> 16);
}

/* sum c log2 c. Most octets do not occur in a text: they are passed over four at a time. */
static uint64_t sum_of(const uint16_t counts[256])
{
    uint64_t sum = 0, four;
    for (unsigned at = 0; at < 256; at += 4) {
        memcpy(&four, &counts[at], sizeof four);
        for (unsigned c = at; four && c < at + 4; c++)
            if (counts[c])
                sum += (uint64_t)counts[c] * log2_fixed(counts[c]);
    }
    return sum;
}

/* H = log2 N - (sum c log2 c) / N */
uint16_t entropy_centibits(const struct entropy *entropy)
{
    uint64_t total = entropy->octets;
    if (total == 0)
        return 0;
    uint64_t sum = sum_of(entropy->counts);
    uint64_t most = total * log2_fixed((uint32_t)total);
    uint64_t bits = most > sum ? (most - sum) / total : 0; /* in 1/65536 */
    uint64_t centibits = bits * 100 >> 16;
    return centibits > 800 ? 800 : (uint16_t)centibits;
}
