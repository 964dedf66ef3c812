/* SPDX-License-Identifier: MIT */
/* Digests of bodies where the processor has AVX2, which this file is compiled for: see digest.h. */

#include "base/digest.h"

#include <stdlib.h>

#ifdef __x86_64__

_Static_assert(XXH_VECTOR == XXH_AVX2, "compiled for AVX2");

struct digest digest_of_avx2(struct slice s)
{
    XXH128_hash_t h = XXH3_128bits(s.at, s.len);
    return (struct digest){h.high64, h.low64};
}

void digest_stream_add_avx2(struct digest_stream *stream, struct slice s)
{
    if (s.len)
        XXH3_128bits_update(&stream->state, s.at, s.len);
}

#else

struct digest digest_of_avx2(struct slice s)
{
    (void)s;
    abort(); /* nobody has it */
}

void digest_stream_add_avx2(struct digest_stream *stream, struct slice s)
{
    (void)stream, (void)s;
    abort();
}

#endif
