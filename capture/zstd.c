/* SPDX-License-Identifier: MIT */
/*
 * Zstandard (RFC 8878) through libzstd: frames one behind the other, skippable ones (with which
 * pzstd starts its files) among them.
 */

#include "capture/coding.h"

#include <stdlib.h>

#include <zstd.h>

#include "base/alloc.h"
#include "capture/limits.h"

struct zstd {
    ZSTD_DCtx *context;
    size_t hint;     /* octets up to the end of the next block */
    bool is_between; /* the last frame has ended, the next has not begun */
};

static bool zstd_claims(struct slice start)
{
    bool is_skippable = start.len >= 4 && (start.at[0] & 0xf0) == 0x50 &&
                        slice_starts_with(slice_from(start, 1), SLICE("\x2a\x4d\x18"));
    return is_skippable || slice_starts_with(start, SLICE("\x28\xb5\x2f\xfd"));
}

static void *zstd_open(void)
{
    struct zstd *zstd = xcalloc(1, sizeof *zstd);
    zstd->context = ZSTD_createDCtx();
    if (!zstd->context)
        abort();
    ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, LIMIT_ZSTD_WINDOW_LOG);
    zstd->hint = ZSTD_initDStream(zstd->context);
    zstd->is_between = true;
    return zstd;
}

/* libzstd forgets what it wrote in a call that fails. It is fed block by block, as it asks for, so
 * that what lies before the damage comes out. */
// NOLINTNEXTLINE(readability-non-const-parameter): libzstd writes to `out`
static size_t zstd_decode(void *state, struct slice *stored, uint8_t *out, size_t room,
                          const char **trouble)
{
    struct zstd *zstd = state;
    if (zstd->is_between && stored->len == 0)
        return 0;
    struct slice next = slice_first(*stored, zstd->hint);
    ZSTD_inBuffer in = {.src = next.at, .size = next.len};
    ZSTD_outBuffer to = {.dst = out, .size = room};
    size_t said = ZSTD_decompressStream(zstd->context, &to, &in);
    *stored = slice_from(*stored, in.pos);
    if (ZSTD_isError(said)) {
        *trouble = ZSTD_getErrorName(said);
        return to.pos;
    }
    zstd->is_between = said == 0;
    zstd->hint = said ? said : ZSTD_initDStream(zstd->context);
    return to.pos;
}

static bool zstd_is_whole(const void *state)
{
    const struct zstd *zstd = state;
    return zstd->is_between;
}

static void zstd_close(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDCtx(zstd->context);
    free(zstd);
}

const struct coding coding_zstd = {
    .name = "zstd",
    .claims = zstd_claims,
    .open = zstd_open,
    .decode = zstd_decode,
    .is_whole = zstd_is_whole,
    .close = zstd_close,
};
