/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A cursor reads binary headers from front to back. Reading past the end gives zeros, moves to the
 * end and latches `overrun`: a decoder reads a header straight down and asks once at the bottom.
 * What it does with the values before it asks must therefore be harmless for zeros.
 *
 * Numbers are in network order unless the name says otherwise.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/slice.h"

struct cursor {
    const uint8_t *at, *end; /* at <= end */
    bool overrun;
};

static inline struct cursor cursor_of(struct slice s)
{
    return (struct cursor){s.at, s.at + s.len, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* The next `n` octets, or NULL where there are fewer. */
static inline const uint8_t *cursor_pull(struct cursor *c, size_t n)
{
    if (UNLIKELY(cursor_left(c) < n)) {
        c->at = c->end;
        c->overrun = true;
        return NULL;
    }
    const uint8_t *octets = c->at;
    c->at += n;
    return octets;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
    (void)cursor_pull(c, n);
}

/* The next `n` octets as a slice; absent where there are fewer. */
static inline struct slice cursor_take(struct cursor *c, size_t n)
{
    const uint8_t *octets = cursor_pull(c, n);
    return slice_of(octets, octets ? n : 0);
}

static inline struct slice cursor_rest(const struct cursor *c)
{
    return slice_of(c->at, cursor_left(c));
}

/* The next octet without moving on; 0 at the end. */
static inline uint8_t cursor_peek(const struct cursor *c)
{
    return c->at < c->end ? *c->at : 0;
}

static inline uint16_t octets_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t octets_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    const uint8_t *p = cursor_pull(c, 1);
    return p ? *p : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
    const uint8_t *p = cursor_pull(c, 2);
    if (!p)
        return 0;
    return octets_u16(p);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
    const uint8_t *p = cursor_pull(c, 4);
    return p ? octets_u32(p) : 0;
}

static inline uint16_t cursor_u16_little(struct cursor *c)
{
    return __builtin_bswap16(cursor_u16(c));
}

static inline uint32_t cursor_u32_little(struct cursor *c)
{
    return __builtin_bswap32(cursor_u32(c));
}
