/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Header fields as decode hands them on: where each line's name and value lie in the head, and a
 * token for the names of fields.def, so that nobody compares strings to find one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

enum field_token {
    FIELD_OTHER, /* a name that fields.def does not have */
#define FIELD_ROW(token, name, secret) FIELD_##token,
#include "decode/fields.def"
#undef FIELD_ROW
    FIELD_TOKENS
};

/* One field line. Offsets are into the head it stands in. The value has its outer white space
 * removed; the line breaks of obsolete folding have become spaces (RFC 9112 §5.2). */
struct field {
    uint32_t name_at, value_at, value_len;
    uint16_t name_len;
    uint16_t token; /* enum field_token */
};

/* A parsed head: the field section of one message. Everything lives in the exchange's arena. */
struct head {
    struct slice bytes;    /* start line, field lines and the empty line, as received */
    struct field *fields;  /* in the order of the wire */
    uint32_t n_fields;
    uint64_t present[2];   /* bit per token: is there at least one such line? */
};

_Static_assert(FIELD_TOKENS <= 128, "struct head has 128 bits for tokens");

/* The token of a name in any casing; FIELD_OTHER where it has none. */
enum field_token field_token_of(struct slice name);
/* Lower-case wire name; "" for FIELD_OTHER. */
struct slice field_name_of(enum field_token token);
bool field_is_secret(enum field_token token);

static inline bool head_has(const struct head *head, enum field_token token)
{
    return (head->present[token >> 6] >> (token & 63)) & 1;
}

static inline struct slice field_name(const struct head *head, const struct field *field)
{
    return slice_of(head->bytes.at + field->name_at, field->name_len);
}

static inline struct slice field_value(const struct head *head, const struct field *field)
{
    return slice_of(head->bytes.at + field->value_at, field->value_len);
}

/* Lines with that token. */
uint32_t head_count(const struct head *head, enum field_token token);
/* Value of the first line with that token; absent where there is none. */
struct slice head_first(const struct head *head, enum field_token token);
/* All its lines joined by ", " (RFC 9110 §5.3); one line is returned as it lies, several are joined
 * in `arena`. Absent where there is none. */
struct slice head_joined(const struct head *head, enum field_token token, struct arena *arena);
