/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Vary (RFC 9110 §12.5.5) and the secondary key of a cache (RFC 9111 §4.1): which request fields a
 * response nominates, and whether two requests agree on them. A stored response keeps the key
 * instead of the request: hashes of the values, so nothing secret stays in memory.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/truth.h"
#include "base/arena.h"
#include "base/slice.h"
#include "decode/fields.h"

/* Walks the nominated names over all Vary lines, empty members left out, duplicates not. */
struct vary_walk {
    const struct head *response;
    uint32_t next_field;
    struct slice rest;
};
static inline struct vary_walk vary_walk(const struct head *response)
{
    return (struct vary_walk){.response = response};
}
bool vary_next(struct vary_walk *walk, struct slice *name);

/* Is "*" among them? */
bool vary_has_star(const struct head *response);
/* Is the field nominated by name? Case does not matter; "*" nominates no name. */
bool vary_has(const struct head *response, struct slice name);

/* Comparison as sets, case, order and lines apart. */
enum vary_relation {
    VARY_EQUAL,
    VARY_FIRST_LACKS,  /* a is a real subset of b (no Vary at all is the empty set) */
    VARY_SECOND_LACKS, /* b is a real subset of a */
    VARY_DIFFER,
};
/* The same in one line of each: they are equal, names and all. */
bool vary_has_same_text(const struct head *a, const struct head *b);
/* *lacking (may be NULL): a name of the one side that the other does not have; absent if equal. */
enum vary_relation vary_compare(const struct head *a, const struct head *b, struct slice *lacking);

/* EXACT accuses those who treat as different what is the same: values equal octet by octet, lines
 * joined. CANON excuses those who normalise: white space, q-values, order and case overlooked where
 * the field's grammar allows it (rules.md 3.4). */
enum vary_mode { VARY_EXACT, VARY_CANON };

/* The secondary key of the response to this request: what vary_key_match() needs, in the arena.
 * Empty (not absent) where there is no Vary. `request_whole`: the request's head was seen whole;
 * if not, the match of fields that it seems to lack is UNKNOWN. */
struct slice vary_key(const struct head *response, const struct head *request, bool request_whole,
                      struct arena *arena);

/* May the response with that key answer this request? NO where a nominated value differs or is
 * present in one only, and always for "*". UNKNOWN where a head that was not seen whole could
 * decide it. *differs (may be NULL): the first field that says NO, in the key; absent otherwise.
 * `scratch` takes the canonical forms; it may be reset afterwards. */
enum truth vary_key_match(struct slice key, const struct head *request, bool request_whole,
                          enum vary_mode mode, struct arena *scratch, struct slice *differs);

/* The nominated fields in which the request differs octet by octet from the key, where all of them
 * are among `names`: the first of those, or "*" where that is nominated. Absent where the key
 * answers the request, where another field differs, or where it cannot be told. */
struct slice vary_key_differs_in(struct slice key, const struct head *request, bool request_whole,
                                 const struct slice *names, unsigned n, struct arena *scratch);

/* Two keys of the same response class: equal names and values under that mode. */
enum truth vary_key_equal(struct slice a, struct slice b, enum vary_mode mode);

/* Seeded hash of a key under that mode, for tables: equal keys have equal hashes. */
uint64_t vary_key_hash(struct slice key, enum vary_mode mode);

/* canon() of rules.md 3.4 over all lines of a field: joined, white space round "," ";" "=" gone;
 * for accept, accept-charset, accept-encoding, accept-language and te lower case, q=1 dropped,
 * sorted by (q descending, name). Absent where the field is. */
struct slice field_canon(const struct head *head, enum field_token token, struct arena *arena);

/* Hash of the canonical Accept-Encoding; 0 where the field is absent. Cheap enough for every
 * exchange; equal hashes mean canon-equal. Seeded: for this run only. */
uint64_t accept_encoding_hash(const struct head *request, struct arena *scratch);

/* Does it want a coding that everybody has (gzip, br, zstd) no less than none? Not without
 * Accept-Encoding. */
bool accept_encoding_wants_coding(const struct head *request);

/* Does the request accept a response with this Content-Encoding (all its codings)? Without
 * Accept-Encoding anything goes (RFC 9110 §12.5.3). "x-gzip" is "gzip". */
bool accept_encoding_allows(const struct head *request, struct slice content_encoding);
