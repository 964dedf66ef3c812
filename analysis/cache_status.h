/* SPDX-License-Identifier: MIT */
#pragma once
/* What a cache says of its handling of a request (Cache-Status, RFC 9211). */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Why the request was forwarded: fwd (RFC 9211 §2.2). */
enum cache_status_forward {
    FWD_ABSENT,
    FWD_BYPASS,
    FWD_METHOD,
    FWD_URI_MISS,
    FWD_VARY_MISS,
    FWD_MISS,
    FWD_REQUEST,
    FWD_STALE,
    FWD_PARTIAL,
    FWD_OTHER
};

/* The member of Cache-Status nearest the tap, which is the last (RFC 9211 §2). */
struct cache_status {
    bool present; /* the field is there and its last member could be read */
    bool hit, stored, collapsed;
    enum cache_status_forward forward;
    uint16_t forward_status; /* fwd-status; 0: not said */
    int64_t ttl;             /* INT64_MIN: not said */
};

/* Reads one Cache-Status value (all lines joined) for its last member. */
struct cache_status cache_status_parse(struct slice value);
