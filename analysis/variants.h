/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Variants of one URL (RFC 9110 §12): which part of a response was made to measure for a request,
 * by which of its fields, and whether one that nominates fields in Vary gives the same octets
 * whatever they say.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/evidence.h"
#include "analysis/facts.h"
#include "analysis/store.h"
#include "base/arena.h"

/* A part of a response that servers choose by a field of the request. */
struct aspect {
    const char *word;
    enum field_token response, request;
};

/* The first part in which the 200 in hand differs from the other one of its URL as the two requests
 * would have it, and which its Vary does not admit; NULL where there is none. */
const struct aspect *variants_differ(const struct facts *facts, const struct representation *other);

/* Another 200 of the URL from which this one differs like that, both of them of one version (their
 * validators say so, or it came back after the other was seen: `matches`). Of the URL nothing must
 * tell against it: no equal request that was answered as the other one. Empty where there is none.
 */
struct reference variants_find(const struct resource *resource, const struct facts *facts,
                               const struct request_key *key, struct arena *scratch);

/* Nothing but fields in which caches should not have to look apart (User-Agent, Cookie, Referer,
 * Authorization, Accept, or "*") keeps what has this key from answering: one of them, else absent.
 */
struct slice variants_fragmenting(const struct representation *r, const struct facts *facts,
                                  struct arena *scratch);

/* The earliest 200 of the URL that a shared cache might have answered with, had it not been for
 * such a field: the octets are those of this 200. *values: how many values of the field were given
 * them in transfers, with this one; 0 where this value is not a new one. */
struct representation *variants_of_equal_octets(const struct resource *resource,
                                                const struct facts *facts, unsigned *values,
                                                struct slice *by, struct arena *scratch);

/* Were the octets of this 200 given for different Cookies? */
bool variants_ignore_cookies(const struct resource *resource, const struct representation *r);
