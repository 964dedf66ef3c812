/* SPDX-License-Identifier: MIT */
/* XXH3 and a cheaper hash behind a few names, and where this run's seed comes from. */

#include "base/hash.h"

#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

#include "base/attributes.h"
#include "base/digest.h"
#include "base/pool.h"

static uint64_t seed_new(void)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u;
    return value | 1;
}

/* Whichever thread asks first decides for all. */
static uint64_t seed(void)
{
    static _Atomic uint64_t known;
    uint64_t value = atomic_load_explicit(&known, memory_order_relaxed);
    if (LIKELY(value != 0))
        return value;
    uint64_t fresh = seed_new();
    return atomic_compare_exchange_strong(&known, &value, fresh) ? fresh : value;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
static bool has_avx2(void)
{
    return false;
}
#endif

uint64_t hash64(struct slice s)
{
    return XXH3_64bits_withSeed(s.at, s.len, seed());
}

uint64_t hash64_stable(struct slice s)
{
    return XXH3_64bits(s.at, s.len);
}

uint32_t hash_fast(struct slice s)
{
    return has_avx2() ? hash_fast_avx2(s) : hash_fast_here(s);
}

struct digest digest_of(struct slice s)
{
    return has_avx2() ? digest_of_avx2(s) : digest_of_here(s);
}

static _Thread_local struct pool streams = POOL_OF(struct digest_stream);

struct digest_stream *digest_stream_new(void)
{
    struct digest_stream *stream = pool_take(&streams);
    XXH3_INITSTATE(&stream->state);
    XXH3_128bits_reset(&stream->state);
    return stream;
}

void digest_stream_add(struct digest_stream *stream, struct slice s)
{
    if (has_avx2())
        digest_stream_add_avx2(stream, s);
    else
        digest_stream_add_here(stream, s);
}

struct digest digest_stream_finish(const struct digest_stream *stream)
{
    XXH128_hash_t h = XXH3_128bits_digest(&stream->state);
    return (struct digest){h.high64, h.low64};
}

void digest_stream_free(struct digest_stream *stream)
{
    if (stream)
        pool_give(&streams, stream);
}
