/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A slice is a borrowed run of octets: where it starts and how long it is. It owns nothing, is
 * passed by value and is never terminated by NUL. A slice whose `at` is NULL is absent, which is
 * not the same as empty: a header field may be there and have no value.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *at;
    size_t len;
};

#define SLICE(literal) ((struct slice){(const uint8_t *)("" literal), sizeof(literal) - 1})
#define SLICE_ABSENT   ((struct slice){NULL, 0})
#define SLICE_FMT      "%.*s"
#define SLICE_ARG(s)   (int)(s).len, (const char *)(s).at

static inline struct slice slice_of(const void *at, size_t len)
{
    return (struct slice){at, len};
}

static inline struct slice slice_of_text(const char *text)
{
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

static inline bool slice_is_absent(struct slice s)
{
    return s.at == NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII only: the letters of HTTP's tokens. */
static inline uint8_t octet_lower(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool octet_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool octet_is_alpha(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool octet_is_ows(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* tchar of RFC 9110 §5.6.2. */
bool octet_is_token(uint8_t c);

bool slice_equal_nocase(struct slice a, struct slice b);

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal((struct slice){s.at, prefix.len}, prefix);
}

static inline bool slice_starts_with_nocase(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal_nocase((struct slice){s.at, prefix.len}, prefix);
}

static inline bool slice_ends_with(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           slice_equal((struct slice){s.at + s.len - suffix.len, suffix.len}, suffix);
}

/* The part from `from` on; empty where `from` lies beyond the end. */
static inline struct slice slice_from(struct slice s, size_t from)
{
    if (from > s.len)
        from = s.len;
    return (struct slice){s.at ? s.at + from : NULL, s.len - from};
}

/* The first `len` octets, or all where there are fewer. */
static inline struct slice slice_first(struct slice s, size_t len)
{
    return (struct slice){s.at, len < s.len ? len : s.len};
}

/* Index of the first `c`, or s.len. */
static inline size_t slice_find(struct slice s, uint8_t c)
{
    const uint8_t *hit = s.len ? memchr(s.at, c, s.len) : NULL;
    return hit ? (size_t)(hit - s.at) : s.len;
}

/* Without the spaces and tabs (OWS, RFC 9110 §5.6.3) at both ends. */
struct slice slice_trim(struct slice s);

/* Splits *rest at the first `by` and returns what came before it; *rest keeps what came after, and
 * becomes absent when there was no `by`. */
struct slice slice_cut(struct slice *rest, uint8_t by);

/* The whole slice as a decimal number: 1*DIGIT. False where it is anything else or passes 2^63-1;
 * *saturated (may be NULL) then says that only its size was the trouble, and *value is 2^63-1. */
bool slice_to_u64(struct slice s, uint64_t *value, bool *saturated);
