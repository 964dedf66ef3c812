/* SPDX-License-Identifier: MIT */
#pragma once
/* May a cache store this response (RFC 9111 §3), and is that of any use? */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "analysis/truth.h"

enum storable_reason {
    STORABLE_OK,
    STORABLE_METHOD, /* not GET or HEAD */
    STORABLE_STATUS, /* not final, or must not be stored (428, 429, 431, 511), or partial */
    STORABLE_NO_STORE,
    STORABLE_REQUEST_NO_STORE,
    STORABLE_PRIVATE,       /* shared caches only */
    STORABLE_AUTHORIZATION, /* shared caches only (§3.5) */
    STORABLE_NOT_ALLOWED,   /* nothing explicit, and the status is not heuristically cacheable */
    STORABLE_INCOMPLETE,    /* the body was cut short */
    STORABLE_UNSEEN         /* what we did not see could decide: UNKNOWN */
};

struct storability {
    enum truth storable;         /* UNKNOWN: unseen, or a directive that readers take differently */
    enum storable_reason reason; /* of the NO, or of the UNKNOWN */
};

struct storability storability_of(const struct facts *facts, enum cache_kind kind);

/* And has a validator or a lifetime ("are not usually useful to store", §3). */
enum truth is_useful_to_store(const struct facts *facts, enum cache_kind kind);

/* RFC 9110 §15.1. */
bool status_is_heuristically_cacheable(uint16_t status);
/* An error that is worth remembering: the heuristically cacheable ones from 404 on. */
bool status_is_lasting_error(uint16_t status);
/* A status whose caching we understand, for must-understand (RFC 9111 §5.2.2.3). */
bool status_is_understood(uint16_t status);

const char *storable_reason_word(enum storable_reason reason);
