/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Capture files made octet by octet, in either byte order, and the folder they are put in. Written
 * from the formats' specifications, not with the code under test.
 */

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "capture/capture.h"

#define SECOND INT64_C(1000000000)

/* ---- octets that grow ---- */

struct bytes {
    uint8_t *at;
    size_t len, room;
};

static inline struct slice bytes_slice(const struct bytes *b)
{
    return slice_of(b->at, b->len);
}

static inline void put(struct bytes *b, const void *what, size_t len)
{
    if (b->room - b->len < len) {
        b->room = 2 * (b->len + len);
        b->at = xrealloc(b->at, b->room);
    }
    if (len)
        memcpy(b->at + b->len, what, len);
    b->len += len;
}

static inline void put_int(struct bytes *b, uint64_t value, unsigned octets, bool big)
{
    for (unsigned i = 0; i < octets; i++) {
        uint8_t octet = (uint8_t)(value >> 8 * (big ? octets - 1 - i : i));
        put(b, &octet, 1);
    }
}

static inline void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){0};
}

/* ---- pcap ---- */

#define MAGIC_MICRO   0xa1b2c3d4u
#define MAGIC_NANO    0xa1b23c4du
#define MAGIC_PATCHED 0xa1b2cd34u

static inline void pcap_head(struct bytes *b, uint32_t magic, bool big, uint32_t link)
{
    put_int(b, magic, 4, big);
    put_int(b, 2, 2, big);
    put_int(b, 4, 2, big);
    put_int(b, 0, 8, big);
    put_int(b, 65535, 4, big);
    put_int(b, link, 4, big);
}

static inline void pcap_record(struct bytes *b, bool big, uint32_t seconds, uint32_t fraction,
                               struct slice packet)
{
    put_int(b, seconds, 4, big);
    put_int(b, fraction, 4, big);
    put_int(b, packet.len, 4, big);
    put_int(b, packet.len + 10, 4, big); /* cut by a snaplen */
    put(b, packet.at, packet.len);
}

/* ---- pcapng ---- */

static inline void block(struct bytes *b, bool big, uint32_t type, const struct bytes *body)
{
    uint32_t padding = -body->len & 3;
    uint32_t length = (uint32_t)body->len + padding + 12;
    put_int(b, type, 4, big);
    put_int(b, length, 4, big);
    put(b, body->at, body->len);
    put_int(b, 0, padding, big);
    put_int(b, length, 4, big);
}

static inline void section_block(struct bytes *b, bool big)
{
    struct bytes body = {0};
    put_int(&body, 0x1a2b3c4d, 4, big);
    put_int(&body, 1, 2, big);
    put_int(&body, 0, 2, big);
    put_int(&body, UINT64_MAX, 8, big);
    block(b, big, 0x0a0d0d0a, &body);
    bytes_free(&body);
}

static inline void option(struct bytes *b, bool big, uint16_t code, uint64_t value, uint16_t octets)
{
    put_int(b, code, 2, big);
    put_int(b, octets, 2, big);
    put_int(b, value, octets, big);
    put_int(b, 0, -octets & 3u, big);
}

/* resolution 6 and offset 0, the defaults, are left out. */
static inline void interface_block(struct bytes *b, bool big, uint16_t link, uint32_t snaplen,
                                   uint8_t resolution, int64_t offset)
{
    struct bytes body = {0};
    put_int(&body, link, 2, big);
    put_int(&body, 0, 2, big);
    put_int(&body, snaplen, 4, big);
    option(&body, big, 2, 0x30687465, 4); /* if_name */
    if (resolution != 6)
        option(&body, big, 9, resolution, 1);
    if (offset != 0)
        option(&body, big, 14, (uint64_t)offset, 8);
    option(&body, big, 0, 0, 0);
    block(b, big, 1, &body);
    bytes_free(&body);
}

static inline void enhanced_block(struct bytes *b, bool big, uint32_t interface, uint64_t ticks,
                                  struct slice packet)
{
    struct bytes body = {0};
    put_int(&body, interface, 4, big);
    put_int(&body, ticks >> 32, 4, big);
    put_int(&body, ticks & 0xffffffff, 4, big);
    put_int(&body, packet.len, 4, big);
    put_int(&body, packet.len + 10, 4, big);
    put(&body, packet.at, packet.len);
    block(b, big, 6, &body);
    bytes_free(&body);
}

/* ---- compression ---- */

static inline struct bytes gzipped(struct slice s)
{
    struct bytes out = {xmalloc(s.len + 1024), s.len + 1024, s.len + 1024};
    z_stream z = {0};
    const int gzip_only = 16;
    cr_assert(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + gzip_only, 8, Z_DEFAULT_STRATEGY) ==
              Z_OK);
    z.next_in = (Bytef *)(uintptr_t)s.at;
    z.avail_in = (uInt)s.len;
    z.next_out = out.at;
    z.avail_out = (uInt)out.len;
    cr_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out.len -= z.avail_out;
    deflateEnd(&z);
    return out;
}

static inline struct bytes zstd_packed(struct slice s)
{
    size_t room = ZSTD_compressBound(s.len);
    struct bytes out = {xmalloc(room), room, room};
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    out.len = ZSTD_compress2(context, out.at, out.len, s.at, s.len);
    cr_assert(!ZSTD_isError(out.len));
    ZSTD_freeCCtx(context);
    return out;
}

/* ---- files ---- */

static char test_folder[64];

static inline void folder_make(void)
{
    snprintf(test_folder, sizeof test_folder, "/tmp/wire304-capture-XXXXXX");
    cr_assert(mkdtemp(test_folder) != NULL);
}

static inline void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
    cr_assert(system(command) == 0);
}

/* A path in the folder; the caller frees. */
static inline char *path_of(const char *name)
{
    char *path;
    cr_assert(asprintf(&path, "%s/%s", test_folder, name) > 0);
    return path;
}

static inline char *file_with(const char *name, struct slice content)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL);
    cr_assert(content.len == 0 || fwrite(content.at, content.len, 1, file) == 1);
    cr_assert(fclose(file) == 0);
    return path;
}

/* ---- reading ---- */

/* All that a capture of one file said. */
struct seen {
    struct error error; /* ERROR_NONE when it could be opened */
    struct input input;
    char trouble[512];
    size_t packets;
    struct bytes octets;       /* of all packets */
    int64_t first_ns, last_ns; /* of the first and last packet that was handed on */
    int link_types[8];         /* of the first packets */
};

static inline void seen_add(struct seen *seen, const struct packet *packet)
{
    cr_assert(packet->wire_length >= packet->bytes.len);
    if (seen->packets < COUNT_OF(seen->link_types))
        seen->link_types[seen->packets] = packet->link_type;
    if (seen->packets++ == 0)
        seen->first_ns = packet->time_ns;
    seen->last_ns = packet->time_ns;
    put(&seen->octets, packet->bytes.at, packet->bytes.len);
}

/* Looks at packets only when several have been handed over: they have to be there still. */
static inline struct seen see_with(const char *path, const struct source_options *options)
{
    struct seen seen = {.error.kind = ERROR_NONE};
    struct source *source = source_open(&path, 1, options, &seen.error);
    if (!source)
        return seen;
    struct packet packets[7];
    for (size_t n; (n = source_packets(source, packets, COUNT_OF(packets)));)
        for (size_t i = 0; i < n; i++)
            seen_add(&seen, &packets[i]);
    seen.input = *source_input(source, 0);
    cr_assert(seen.input.passed == seen.packets);
    snprintf(seen.trouble, sizeof seen.trouble, "%s", seen.input.trouble ? seen.input.trouble : "");
    source_close(source);
    return seen;
}

static inline struct seen see(const char *path)
{
    return see_with(path, &SOURCE_EVERYTHING);
}

/* The same for octets that are put into a file first. */
static inline struct seen see_octets(struct slice content)
{
    char *path = file_with("capture", content);
    struct seen seen = see(path);
    free(path);
    return seen;
}
