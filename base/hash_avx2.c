/* SPDX-License-Identifier: MIT */
/* What goes over bodies where the processor has AVX2, which this file is compiled for: see
 * digest.h. */

#include "base/digest.h"

#ifdef __x86_64__
_Static_assert(XXH_VECTOR == XXH_AVX2, "compiled for AVX2");
#endif

uint32_t hash_fast_avx2(struct slice s)
{
    return hash_fast_here(s);
}

struct digest digest_of_avx2(struct slice s)
{
    return digest_of_here(s);
}

void digest_stream_add_avx2(struct digest_stream *stream, struct slice s)
{
    digest_stream_add_here(stream, s);
}
