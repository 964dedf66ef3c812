/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which status a conditional request should get (RFC 9110 §13.2.2, in its order of steps), given
 * what is known of the selected representation. rules.md 3.1.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/entity_tag.h"
#include "analysis/facts.h"
#include "analysis/truth.h"

/* S: the selected representation, as far as known. */
struct selected {
    enum truth exists;
    uint16_t base_status; /* what the request without conditions would get; 0: not known */
    enum truth has_etag;  /* UNKNOWN: not known; then etag is not valid */
    struct entity_tag etag;
    enum truth has_last_modified;
    int64_t last_modified; /* s; NO_DATE unless has_last_modified is YES */
    enum truth last_modified_is_strong;
    enum truth ranges; /* does the server do ranges here? */
};

/* Self-evidence: the validators of a 200 or 206 are those of the selected representation "as
 * determined at the conclusion of handling the request" (RFC 9110 §8.8.2, §8.8.3). Of another
 * status nothing is known but what base_status says for it. */
struct selected selected_by(const struct facts *facts);

/* Nothing known: fill in what surrounding exchanges tell. */
struct selected selected_unknown(void);

enum expected_status {                 /* set */
                       EXPECT_200 = 1, /* a 2xx other than 206 */
                       EXPECT_206 = 2,
                       EXPECT_304 = 4,
                       EXPECT_412 = 8,
                       EXPECT_416 = 16,
                       EXPECT_BASE = 32, /* base_status, where it is no 2xx */
                       EXPECT_ANY = 63
};

/* What breaking the expectation is. */
enum expected_level { LEVEL_NONE, LEVEL_INFO, LEVEL_SHOULD, LEVEL_MUST };

enum precondition_step {               /* which one decided */
                         STEP_NONE,    /* unconditional, or nothing decided */
                         STEP_METHOD,  /* CONNECT, OPTIONS, TRACE: preconditions are ignored
                                          (§13.2.1) */
                         STEP_NOT_2XX, /* the base status is no 2xx: the same */
                         STEP_IF_MATCH,
                         STEP_IF_UNMODIFIED_SINCE,
                         STEP_IF_NONE_MATCH,
                         STEP_IF_MODIFIED_SINCE,
                         STEP_IF_RANGE,
                         STEP_RANGE
};

struct expected {
    unsigned allowed; /* set of enum expected_status */
    unsigned wanted;  /* of these, the one that is due; the others are tolerated at `level` */
    enum expected_level level;
    enum precondition_step step;
    enum truth condition; /* of that step: YES true, NO false (as the RFC says "the condition is
                             false" when If-None-Match matches), UNKNOWN */
    uint16_t base_status;
};

/* `as_cache`: a cache answers, which must not evaluate If-Match and If-Unmodified-Since and only
 * SHOULD evaluate the others (RFC 9111 §4.3.2). */
struct expected expected_of(const struct facts *facts, const struct selected *selected,
                            bool as_cache);

/* Is this status in the allowed set? 1xx and 0 always are. */
bool expected_allows(const struct expected *expected, uint16_t status);
/* Is it the wanted one? */
bool expected_wants(const struct expected *expected, uint16_t status);
