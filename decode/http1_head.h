/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The head of an HTTP/1 message: where it ends, what its start line says, which field lines it has
 * (RFC 9112 §2 to §5, RFC 9110 §5). Whatever can be read in spite of faults is read, and the faults
 * are returned as flaws.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "decode/exchange.h"
#include "decode/limits.h"

struct start_line {
    struct slice method, target; /* of a request */
    struct slice reason;         /* of a response; present and empty where it has none */
    uint16_t status;
    enum method method_token;
    enum http_version version; /* HTTP_0_9: a request line without version */
    uint64_t flaws;
};

/* Where the lines of a head end: offsets of their LF. Not cleared before use. */
struct line_ends {
    uint32_t n;
    uint32_t controls; /* control octets other than HTAB; those of the line ends included */
    uint32_t at[LIMIT_FIELDS + 2];
};

/* `line` up to and including its LF. False where it is no request line, or no status line, in
 * whatever sense; slices are of `line`. */
bool request_line_parse(struct slice line, struct start_line *start);
bool status_line_parse(struct slice line, struct start_line *start);

/* A method that is registered, or written like one: nothing but capitals, digits, '-' and '_'. */
bool method_is_known(struct slice method);
bool method_is_plausible(struct slice method);

/* A request line without version is believed if a field line comes behind it: does this begin like
 * one? Its line break need not be there; *may says that a colon may still come. */
bool field_line_begins(struct slice bytes, bool *may);

/* Could these octets, at most a line, be the beginning of a request line: a token and white space,
 * or a token so far? */
bool request_line_begins(struct slice bytes);

/* Length of the head at the beginning of `bytes`, its empty line included; 0 where it is not whole.
 * Lines beyond what *lines holds are not recorded. */
size_t head_find(struct slice bytes, struct line_ends *lines);

/* A field line without any fault: what is demanded where it is not known whether a head is one. */
bool field_line_is_strict(struct slice line, bool may_end_in_lf);

/* The first line of a head is no field. */
static inline uint32_t head_fields_most(const struct line_ends *lines)
{
    return lines->n ? lines->n - 1 : 0;
}

/* What such a head of `len` octets and head_parse() take of an arena. */
static inline size_t head_octets(size_t len, const struct line_ends *lines)
{
    return ((len + 7) & ~(size_t)7) + head_fields_most(lines) * sizeof(struct field);
}

/* Fills *head from `bytes`, which were found to have these lines and live as long as the arena; the
 * first line is not looked at. Folded lines are joined in place. Returns flaws. */
uint64_t head_parse(struct arena *arena, uint8_t *bytes, size_t len, const struct line_ends *lines,
                    struct head *head);
