/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Cache-Control (RFC 9111 §5.2), of requests and of responses, and the fields with the same content
 * (CDN-Cache-Control, RFC 9213). A struct cache_control is plain data without pointers: it may be
 * kept as long as one likes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/truth.h"
#include "base/slice.h"
#include "decode/fields.h"

enum directive {
#define DIRECTIVE_ROW(token, name, argument) CC_##token,
#include "analysis/directives.def"
#undef DIRECTIVE_ROW
    DIRECTIVES,
    DIRECTIVES_WITH_SECONDS = CC_MIN_FRESH + 1
};
_Static_assert(DIRECTIVES <= 32, "sets of directives are 32 bits");

#define DIRECTIVE(token) (UINT32_C(1) << CC_##token) /* DIRECTIVE(NO_STORE): the bit of a set */
#define DELTA_MOST       INT64_C(2147483648)         /* what overflows becomes this (§1.2.2) */
#define NO_DELTA         INT64_C(-1)

enum cache_control_oddity {
    CC_ODD_SEMICOLON = 1, /* directives separated by ";" */
    CC_ODD_SYNTAX = 2,    /* a member that is no directive: no token, junk behind it, open quotes */
    CC_ODD_SATURATED = 4, /* a number beyond 2^31 */
    CC_ODD_NEGATIVE = 8,  /* "max-age=-1": an invalid argument that means something to its sender */
    CC_ODD_CASE = 16      /* a directive not in lower case: legal */
};

/* The valid arguments of a directive; UINT32_MAX where there is none. */
struct delta_seconds {
    uint32_t first, least, most;
};

struct cache_control {
    uint32_t lines;   /* field lines; 0: the field is absent */
    uint32_t members; /* non-empty members, unknown directives too */
    /* Sets of directives. */
    uint32_t present;     /* without argument, or with one; no-cache and private only unqualified */
    uint32_t qualified;   /* no-cache="x", private="x" */
    uint32_t maybe;       /* only behind a ";" or with junk behind it: readers differ */
    uint32_t invalid;     /* an occurrence lacks its argument or has a wrong one */
    uint32_t repeated;    /* twice */
    uint32_t conflicting; /* twice, with different arguments */
    uint32_t quoted;      /* an argument in quotes where a token is due, or the reverse */
    uint32_t oddities;    /* set of enum cache_control_oddity */
    struct delta_seconds delta[DIRECTIVES_WITH_SECONDS];
};

/* No field at all: the initial value of one. */
#define CACHE_CONTROL_NONE                                                                         \
    {                                                                                              \
        .delta = { [0 ... DIRECTIVES_WITH_SECONDS - 1] = {UINT32_MAX, UINT32_MAX, UINT32_MAX} }    \
    }

/* An empty one, to which lines are added in order. */
void cache_control_init(struct cache_control *cc);
void cache_control_add(struct cache_control *cc, struct slice line);

/* All lines of that field. */
void cache_control_parse(struct cache_control *cc, const struct head *head, enum field_token token);

/* Unqualified. For no-cache="x" alone the answer is NO: ask `qualified`. */
static inline bool cache_control_has(const struct cache_control *cc, enum directive d)
{
    return cc->present >> d & 1;
}

static inline bool cache_control_is_qualified(const struct cache_control *cc, enum directive d)
{
    return cc->qualified >> d & 1;
}

/* YES: it stands there plainly. UNKNOWN: only in a form that readers take differently (qualified,
 * behind a ";"). */
enum truth cache_control_says(const struct cache_control *cc, enum directive d);

/* The argument in seconds, NO_DELTA where the directive is absent or, GENEROUS, has no valid
 * argument. STRICT: the least of duplicates, and 0 where an occurrence is invalid ("encouraged to
 * consider responses that have invalid freshness information to be stale", §4.2.1); GENEROUS: the
 * largest valid one. max-stale without argument is DELTA_MOST. */
int64_t cache_control_seconds(const struct cache_control *cc, enum directive d,
                              enum reading reading);

/* Has the same directives with the same effective arguments, order and spelling apart. */
bool cache_control_equal(const struct cache_control *a, const struct cache_control *b);

/* "no-store"; "" past the end. */
const char *directive_name(enum directive d);

/* The field names of the first qualified occurrence of no-cache or private over all lines, as they
 * stand between the quotes; absent where there is none. Rare, so it is not kept. */
struct slice cache_control_fields(const struct head *head, enum field_token token,
                                  enum directive d);
