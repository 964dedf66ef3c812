/* SPDX-License-Identifier: MIT */
/* hash: digests that mean the same in every run, and errors that are safe to print. */
#include "base/hash.h"

#include "base/digest.h"

#include <criterion/criterion.h>

#include "base/error.h"

Test(hash, a_digest_in_pieces_is_the_digest_of_the_whole)
{
    static uint8_t octets[5000];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7 + i / 251);
    struct digest whole = digest_of(slice_of(octets, sizeof octets));
    for (size_t step = 1; step < 700; step += 13) {
        struct digest_stream *stream = digest_stream_new();
        for (size_t at = 0; at < sizeof octets; at += step)
            digest_stream_add(stream,
                              slice_first(slice_from(slice_of(octets, sizeof octets), at), step));
        cr_assert(digest_equal(digest_stream_finish(stream), whole), "pieces of %zu", step);
        digest_stream_free(stream);
    }
}

/* XXH3 with the vectors of every processor, which this file has, and with those of this one. */
Test(hash, a_digest_does_not_depend_on_the_processor)
{
    enum { MOST = 3000 };
    uint8_t octets[MOST];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 31 + i / 256);
    for (size_t n = 0; n <= MOST; n += n < 600 ? 1 : 97) {
        XXH128_hash_t plain = XXH3_128bits(octets, n);
        struct digest want = {plain.high64, plain.low64};
        struct digest_stream *stream = digest_stream_new();
        for (size_t at = 0, step = 1; at < n; at += step, step = step * 3 % 1451)
            digest_stream_add(stream, slice_first(slice_of(octets + at, n - at), step));
        cr_expect(digest_equal(digest_of(slice_of(octets, n)), want), "%zu octets", n);
        cr_expect(digest_equal(digest_stream_finish(stream), want), "%zu octets in pieces", n);
        digest_stream_free(stream);
        cr_expect_eq(hash_fast(slice_of(octets, n)), hash_fast_here(slice_of(octets, n)));
    }
}

Test(hash, the_fast_one_sees_each_octet_its_place_and_how_many_there_are)
{
    uint8_t octets[1448] = {0};
    uint32_t was = hash_fast(slice_of(octets, sizeof octets));
    cr_expect_neq(hash_fast(slice_of(octets, sizeof octets - 1)), was);
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = 1;
        uint32_t now = hash_fast(slice_of(octets, sizeof octets));
        cr_expect_neq(now, was, "octet %zu", i);
        was = now;
        octets[i] = 0;
    }
}

Test(hash, the_empty_body_has_a_digest)
{
    cr_expect(digest_is_set(digest_of(SLICE(""))));
}

Test(hash, stable_hashes_do_not_depend_on_the_run)
{
    cr_expect_eq(hash64_stable(SLICE("wire304")), hash64_stable(SLICE("wire304")));
    cr_expect_eq(hash64_stable(SLICE("")), UINT64_C(0x2d06800538d394c2), "XXH3 of nothing");
}

Test(error, control_octets_do_not_reach_the_terminal)
{
    struct error error = {0};
    cr_expect(!error_set(&error, ERROR_INPUT, "cannot open %s", "a\x1b[31m\nb"));
    cr_expect_str_eq(error.text, "cannot open a?[31m?b");
    cr_expect_eq(error.kind, ERROR_INPUT);
}
