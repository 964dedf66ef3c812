/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Freshness lifetime and current age (RFC 9111 §4.2), in two readings (see truth.h), for private
 * and for shared caches. A struct freshness is plain data, kept with every stored representation:
 * the inputs of the formulas, so that a 304 can restart them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/cache_control.h"
#include "analysis/facts.h"
#include "analysis/truth.h"

struct freshness {
    int64_t t_req0, t_rsp0; /* ns: request_time and response_time of §4.2.3 */
    int64_t date;           /* date_value in s; NO_DATE where absent or invalid */
    int64_t expires;        /* s; NO_DATE where absent or invalid */
    int64_t last_modified;  /* s; NO_DATE */
    int64_t age;            /* age_value in s; 0 where absent or invalid */
    struct cache_control cc;
    struct cache_control targeted; /* CDN-Cache-Control; lines == 0: none */
    uint16_t status;
    bool has_expires; /* a line is there, valid or not */
    bool has_age;
    bool vary_star;
};

/* The inputs, of a response. */
void freshness_of(struct freshness *freshness, const struct facts *facts);

/* A 304 restarts the clock (rules.md 3.3): fields that it carries replace the stored ones, those it
 * lacks are kept; t_req0, t_rsp0 and Age become its own, Date becomes its own or, missing, its time
 * of arrival. */
void freshness_restart(struct freshness *freshness, const struct facts *not_modified);

enum lifetime_kind {
    LIFETIME_NONE, /* nothing explicit, and heuristics are not allowed */
    LIFETIME_EXPLICIT,
    LIFETIME_HEURISTIC,
    LIFETIME_NOT_STORABLE /* no-store, or private for a shared cache */
};

struct lifetime {
    int64_t seconds; /* freshness_lifetime; 0 for NONE and NOT_STORABLE */
    enum lifetime_kind kind;
    bool must_validate; /* no-cache, or Vary: * */
    bool never_stale;   /* must-revalidate; shared: proxy-revalidate, s-maxage (§4.2.4) */
    bool immutable;
    int64_t stale_while_revalidate, stale_if_error; /* s; 0 where absent */
};

struct lifetime freshness_lifetime(const struct freshness *freshness, enum cache_kind kind,
                                   enum reading reading);

/* The explicit lifetime, plainly read, for the `lifetime_s` column: ABSENT (INT64_MIN) where
 * the response says nothing. First of duplicates; invalid is 0. */
int64_t freshness_explicit(const struct freshness *freshness, enum cache_kind kind);

/* current_age in s at `now_ns`, never negative. `skew_s`: how far the server's clock is ahead
 * (negative: behind) of the capture's, 0 where not known; it only ever makes a STRICT age larger.
 */
int64_t freshness_age(const struct freshness *freshness, int64_t now_ns, int64_t skew_s,
                      enum reading reading);

/* Could it be reused at `now_ns` without asking? STRICT leaves `guard_s` to spare, GENEROUS gives
 * it away. Reads must_validate too. */
bool freshness_is_fresh(const struct freshness *freshness, int64_t now_ns, int64_t skew_s,
                        int64_t guard_s, enum cache_kind kind, enum reading reading);

/* YES: fresh under STRICT (so under both). NO: stale under GENEROUS (so under both). */
enum truth freshness_state(const struct freshness *freshness, int64_t now_ns, int64_t skew_s,
                           int64_t guard_s, enum cache_kind kind);

/* The same where heuristics are left out: what has only a heuristic lifetime is not fresh (NO). */
enum truth freshness_state_explicit(const struct freshness *freshness, int64_t now_ns,
                                    int64_t skew_s, int64_t guard_s, enum cache_kind kind);

/* Does a request directive (max-age, min-fresh, no-cache, max-stale; §5.2.1) allow the reuse of
 * what has this age and lifetime? Only narrows or, for max-stale, widens. */
bool request_allows(const struct cache_control *request, bool pragma_no_cache, int64_t age_s,
                    int64_t lifetime_s);

/* May a cache serve it at that age although it is stale (§4.2.4, RFC 5861)? `upstream_failed`: 500,
 * 502, 503, 504 or no answer, as far as was seen. Read under GENEROUS. */
enum truth freshness_may_serve_stale(const struct freshness *freshness, int64_t age_s,
                                     enum truth upstream_failed, enum cache_kind kind,
                                     const struct cache_control *request);

/* Is a served response proved to be stale: its Age field alone exceeds the longest credible
 * explicit lifetime by the guard? (served-stale, stale-on-arrival) */
bool freshness_is_stale_proved(const struct freshness *freshness, int64_t guard_s,
                               enum cache_kind kind);
