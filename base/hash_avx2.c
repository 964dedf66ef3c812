/* SPDX-License-Identifier: MIT */
/* What goes over bodies where the processor has AVX2, which this file is compiled for: see
 * digest.h. */

#include "base/digest.h"

#include <stdlib.h>

#ifdef __x86_64__

_Static_assert(XXH_VECTOR == XXH_AVX2, "compiled for AVX2");

uint32_t hash_fast_avx2(struct slice s)
{
    return hash_fast_here(s);
}

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

#else /* nobody asks */

uint32_t hash_fast_avx2(struct slice s)
{
    (void)s;
    abort();
}

struct digest digest_of_avx2(struct slice s)
{
    (void)s;
    abort();
}

void digest_stream_add_avx2(struct digest_stream *stream, struct slice s)
{
    (void)stream, (void)s;
    abort();
}

#endif
