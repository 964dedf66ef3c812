/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Frames from recipes. A recipe lists layers in the order of the wire, separated by spaces:
 *
 *   [hex]          octets as they are. LLLL stands for the length of what follows the bracket, TTTT
 *                  for that and the bracket's own, NNNN for what follows and 4, little-endian
 *   ip4/P/ID/TTL   IPv4 header with protocol P, from 10.0.0.1 to 192.0.2.80
 *   ip6/P          IPv6 header with next header P, from 2001:db8::1 to 2001:db8::50
 *   udp/TO/FROM    UDP header
 *   tcp/SEQ/STAMP  TCP header from port 40000 to 80; with a timestamp if there is a STAMP
 *   pad/N          at the end: N octets that no length counts
 *   text/N         the last N octets of "GET /index.html HTTP/1.1\r\n\r\n", without N all of it
 *
 * Numbers may be left out. The octets are handed out with an unreadable page right behind them.
 */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "decode/segment.h"

#define REQUEST     "GET /index.html HTTP/1.1\r\n\r\n"
#define REQUEST_LEN (sizeof REQUEST - 1)
#define SECOND      INT64_C(1000000000)

enum { DLT_NULL = 0, DLT_ETHERNET = 1, DLT_RAW_IP = 101 };
#define ETHERNET "[02000000000a 02000000000b] "

struct frame {
    uint8_t octets[8192]; /* used from `at` to the end */
    size_t at;
    size_t padding;
};

static inline struct slice frame_slice(const struct frame *frame)
{
    return slice_of(frame->octets + frame->at, sizeof frame->octets - frame->at);
}

/* What the lengths of the headers count. */
static inline size_t frame_counted(const struct frame *frame)
{
    return sizeof frame->octets - frame->at - frame->padding;
}

static inline void frame_prepend(struct frame *frame, const void *octets, size_t n)
{
    cr_assert(n <= frame->at);
    frame->at -= n;
    memcpy(frame->octets + frame->at, octets, n);
}

static inline void frame_hex(struct frame *frame, const char *hex, size_t n)
{
    uint8_t octets[512];
    size_t used = 0, rest = frame_counted(frame), own = 0;

    for (size_t i = 0; i < n; i++)
        own += hex[i] != ' ';
    own /= 2;
    for (size_t i = 0; i < n;) {
        if (hex[i] == ' ') {
            i++;
        } else if (hex[i] == 'L' || hex[i] == 'T') {
            size_t length = rest + (hex[i] == 'T' ? own : 0);
            octets[used++] = (uint8_t)(length >> 8);
            octets[used++] = (uint8_t)length;
            i += 4;
        } else if (hex[i] == 'N') {
            octets[used++] = (uint8_t)(rest + 4);
            octets[used++] = (uint8_t)((rest + 4) >> 8);
            i += 4;
        } else {
            unsigned octet = 0;
            cr_assert(sscanf(hex + i, "%2x", &octet) == 1);
            octets[used++] = (uint8_t)octet;
            i += 2;
        }
    }
    frame_prepend(frame, octets, used);
}

static inline void put16(uint8_t *at, unsigned long value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, unsigned long value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static inline void frame_ip4(struct frame *frame, const unsigned long *n)
{
    uint8_t h[20] = {0x45, [6] = 0x40, [12] = 10, 0, 0, 1, 192, 0, 2, 80};
    put16(h + 2, frame_counted(frame) + 20);
    put16(h + 4, n[1]);
    h[8] = (uint8_t)(n[2] ? n[2] : 64);
    h[9] = (uint8_t)n[0];
    frame_prepend(frame, h, sizeof h);
}

static inline void frame_ip6(struct frame *frame, const unsigned long *n)
{
    uint8_t h[40] = {
        0x60, [8] = 0x20, 0x01, 0x0d, 0xb8, [23] = 1, [24] = 0x20, 0x01, 0x0d, 0xb8, [39] = 0x50};
    put16(h + 4, frame_counted(frame));
    h[6] = (uint8_t)n[0];
    h[7] = (uint8_t)(n[2] ? n[2] : 64);
    frame_prepend(frame, h, sizeof h);
}

static inline void frame_udp(struct frame *frame, const unsigned long *n)
{
    uint8_t h[8];
    put16(h, n[1] ? n[1] : 50000);
    put16(h + 2, n[0]);
    put16(h + 4, frame_counted(frame) + 8);
    put16(h + 6, 0xbeef); /* never right */
    frame_prepend(frame, h, sizeof h);
}

static inline void frame_tcp(struct frame *frame, const unsigned long *n)
{
    uint8_t h[32] = {[12] = 0x50, 0x18, 0x10, 0x00, 0xbe, 0xef, [20] = 1, 1, 8, 10};
    put16(h, 40000);
    put16(h + 2, 80);
    put32(h + 4, n[0] ? n[0] : 1000);
    put32(h + 8, 9000);
    if (n[1]) {
        h[12] = 0x80;
        put32(h + 24, n[1]);
        put32(h + 28, 7);
    }
    frame_prepend(frame, h, n[1] ? 32 : 20);
}

static inline void frame_pad(struct frame *frame, size_t n)
{
    static const uint8_t zeros[64];
    frame_prepend(frame, zeros, n);
    frame->padding = n;
}

static inline void frame_layer(struct frame *frame, const char *token, size_t length)
{
    unsigned long n[3] = {0};
    char word[8] = "", copy[64];

    if (token[0] == '[') {
        frame_hex(frame, token + 1, length - 2);
        return;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)length, token);
    sscanf(copy, "%7[^/]/%lu/%lu/%lu", word, &n[0], &n[1], &n[2]);
    if (strcmp(word, "ip4") == 0)
        frame_ip4(frame, n);
    else if (strcmp(word, "ip6") == 0)
        frame_ip6(frame, n);
    else if (strcmp(word, "udp") == 0)
        frame_udp(frame, n);
    else if (strcmp(word, "tcp") == 0)
        frame_tcp(frame, n);
    else if (strcmp(word, "pad") == 0)
        frame_pad(frame, n[0]);
    else if (strcmp(word, "text") == 0)
        frame_prepend(frame, REQUEST + (n[0] ? REQUEST_LEN - n[0] : 0), n[0] ? n[0] : REQUEST_LEN);
    else
        cr_assert_fail("no layer %s", word);
}

/* From the last layer to the first, so that every length is known when it is written. */
static inline void frame_build(struct frame *frame, const char *recipe)
{
    size_t end = strlen(recipe);

    frame->at = sizeof frame->octets;
    frame->padding = 0;
    while (end > 0) {
        if (recipe[end - 1] == ' ') {
            end--;
            continue;
        }
        size_t begin = end;
        char stop = recipe[end - 1] == ']' ? '[' : ' ';
        while (begin > 0 && recipe[begin - 1] != stop)
            begin--;
        if (stop == '[')
            begin--;
        frame_layer(frame, recipe + begin, end - begin);
        end = begin;
    }
}

/* A run of octets whose end touches a page that cannot be read. */
struct guarded {
    uint8_t *pages;
    size_t room; /* octets before the guard page */
};

static inline struct guarded guarded_new(void)
{
    struct guarded g = {.room = 65536 * 2};
    g.pages = mmap(NULL, g.room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(g.pages != MAP_FAILED);
    cr_assert(mprotect(g.pages + g.room, 4096, PROT_NONE) == 0);
    return g;
}

static inline void guarded_free(struct guarded *g)
{
    munmap(g->pages, g->room + 4096);
}

/* Borrowed until the next call. */
static inline struct slice guarded_copy(struct guarded *g, struct slice s)
{
    uint8_t *at = g->pages + g->room - s.len;
    if (s.len)
        memcpy(at, s.at, s.len);
    return slice_of(at, s.len);
}

/* A dissector that is shown one packet after the other, a second apart unless a test says else. */
struct bench {
    struct dissector *dissector;
    struct guarded guarded;
    struct frame frame;
    struct segment segment; /* of the last packet */
    int link_type;
    int64_t now_ns;
    uint64_t ordinal;
};

static inline void bench_init(struct bench *bench, int link_type)
{
    memset(bench, 0, sizeof *bench);
    bench->dissector = dissector_new();
    bench->guarded = guarded_new();
    bench->link_type = link_type;
    bench->now_ns = 1700000000 * SECOND;
}

static inline void bench_fini(struct bench *bench)
{
    dissector_free(bench->dissector);
    guarded_free(&bench->guarded);
}

/* Shows the first `captured` octets of a frame. */
static inline enum dissection bench_show_cut(struct bench *bench, struct slice octets,
                                             size_t captured)
{
    struct packet packet = {
        .bytes = guarded_copy(&bench->guarded, slice_first(octets, captured)),
        .wire_length = (uint32_t)octets.len,
        .link_type = bench->link_type,
        .time_ns = bench->now_ns,
        .frame = ++bench->ordinal,
    };
    return dissector_packet(bench->dissector, &packet, bench->ordinal, bench->now_ns,
                            &bench->segment);
}

static inline enum dissection bench_show(struct bench *bench, struct slice octets)
{
    return bench_show_cut(bench, octets, octets.len);
}

static inline enum dissection bench_recipe(struct bench *bench, const char *recipe)
{
    frame_build(&bench->frame, recipe);
    return bench_show(bench, frame_slice(&bench->frame));
}

/* Reads every octet of a slice, so that one that lies outside is noticed. */
static inline uint64_t touch(struct slice s)
{
    return s.len ? hash64(s) : 0;
}

/* The frame carries REQUEST from port 40000 to 80. Whole it is dissected
 * to that; cut anywhere in the payload as well, but for the octets; cut anywhere before it is not
 * dissected, or to a segment of an outer packet. */
static inline void check_carries_request(int link_type, const char *title, const char *recipe)
{
    struct bench bench;
    bench_init(&bench, link_type);
    struct segment *s = &bench.segment;
    frame_build(&bench.frame, recipe);
    struct slice whole = frame_slice(&bench.frame);
    size_t headers = whole.len - bench.frame.padding - REQUEST_LEN;

    for (size_t n = 0; n <= whole.len; n++) {
        bench.now_ns += SECOND;
        enum dissection d = bench_show_cut(&bench, whole, n);
        cr_expect(s->wire_length == whole.len, "%s: all octets of the frame count", title);
        touch(s->payload);
        touch(s->ip);
        if (n < headers) {
            cr_expect(d != DISSECTED || s->destination_port != 80, "%s cut at %zu", title, n);
            continue;
        }
        size_t there = n - headers < REQUEST_LEN ? n - headers : REQUEST_LEN;
        cr_expect(d == DISSECTED, "%s cut at %zu of %zu: %d", title, n, whole.len, d);
        cr_expect(s->ip_protocol == 6 && s->source_port == 40000 && s->destination_port == 80,
                  "%s: protocol %u, ports %u %u", title, s->ip_protocol, s->source_port,
                  s->destination_port);
        cr_expect(s->payload_length == REQUEST_LEN, "%s: payload is %u", title, s->payload_length);
        cr_expect(slice_equal(s->payload, slice_first(SLICE(REQUEST), there)), "%s cut at %zu",
                  title, n);
    }
    bench_fini(&bench);
}
