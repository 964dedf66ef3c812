/* SPDX-License-Identifier: MIT */
/*
 * gzip (RFC 1952) through zlib: members one behind the other, as `cat`, pigz and bgzip make them,
 * and the zeros that fill up the last block of a tape. Checksums are zlib's to compare.
 */

#include "capture/coding.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/alloc.h"

struct gzip {
    z_stream zlib;
    bool is_between; /* the last member has ended, the next has not begun */
    bool is_padded;  /* zeros were seen behind a member: nothing but zeros may follow */
};

static bool gzip_claims(struct slice start)
{
    return slice_starts_with(start, SLICE("\x1f\x8b\x08"));
}

static void *gzip_open(void)
{
    struct gzip *gzip = xcalloc(1, sizeof *gzip);
    const int gzip_only = 16; /* zlib.h, inflateInit2 */
    if (inflateInit2(&gzip->zlib, MAX_WBITS + gzip_only) != Z_OK)
        abort();
    return gzip;
}

/* Behind a member: padding, or the next member. */
static const char *begin_member(struct gzip *gzip, struct slice *stored)
{
    while (stored->len && stored->at[0] == 0) {
        *stored = slice_from(*stored, 1);
        gzip->is_padded = true;
    }
    if (stored->len == 0)
        return NULL;
    if (gzip->is_padded)
        return "octets that are not gzip follow the gzip stream";
    inflateReset(&gzip->zlib);
    gzip->is_between = false;
    return NULL;
}

static size_t gzip_decode(void *state, struct slice *stored, uint8_t *out, size_t room,
                          const char **trouble)
{
    struct gzip *gzip = state;
    if (gzip->is_between) {
        *trouble = begin_member(gzip, stored);
        if (gzip->is_between)
            return 0;
    }
    gzip->zlib.next_in = stored->at;
    gzip->zlib.avail_in = (uInt)stored->len;
    gzip->zlib.next_out = out;
    gzip->zlib.avail_out = (uInt)room;
    int said = inflate(&gzip->zlib, Z_NO_FLUSH);
    *stored = slice_from(*stored, stored->len - gzip->zlib.avail_in);
    gzip->is_between = said == Z_STREAM_END;
    size_t written = room - gzip->zlib.avail_out;
    if (said != Z_OK && said != Z_STREAM_END && said != Z_BUF_ERROR && written == 0)
        *trouble = gzip->zlib.msg ? gzip->zlib.msg : "the gzip stream is broken";
    return written;
}

static bool gzip_is_whole(const void *state)
{
    const struct gzip *gzip = state;
    return gzip->is_between;
}

static void gzip_close(void *state)
{
    struct gzip *gzip = state;
    inflateEnd(&gzip->zlib);
    free(gzip);
}

const struct coding coding_gzip = {
    .name = "gzip",
    .claims = gzip_claims,
    .open = gzip_open,
    .decode = gzip_decode,
    .is_whole = gzip_is_whole,
    .close = gzip_close,
};
