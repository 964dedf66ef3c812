/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The modelled shared cache of a proxy whose both sides are in the capture: what it could have held
 * when it answered without asking an origin, and whether it may have used it (RFC 9111 §4). It
 * holds what was seen to come in over its inner side, by URL and Vary, and is asked as of the
 * request.
 *
 * Where several stored responses could be what was sent, and where a stored one can be read in two
 * ways (directives with arguments that caches take differently, a 304 that freshens it in one
 * reading only, CDN-Cache-Control), a sin counts only if it holds for all of them.
 */

#include "analysis/evidence.h"
#include "analysis/legs.h"

enum stored_sin {
    SIN_NO_CACHE = 1,         /* no-cache, unqualified: not without validation */
    SIN_NO_STORE = 2,         /* must not be stored at all */
    SIN_PRIVATE = 4,          /* private, unqualified: not by a shared cache */
    SIN_AUTHORIZATION = 8,    /* came for a request with Authorization, and nothing says it is for
                                 others too (§3.5) */
    SIN_STALE = 16,           /* older than it may be, and nothing allows that */
    SIN_STALE_FORBIDDEN = 32, /* ... and must-revalidate, proxy-revalidate or s-maxage forbid it */
    SIN_VARY = 64,            /* came for a request that differs in a nominated field */
    SIN_INVALIDATED = 128,    /* came before an unsafe method that succeeded (§4.4) */
    SIN_OWN_CLIENT = 256      /* not a sin: it came for the client that is answered now */
};

/* Which of what came in may have been the answer; fills outer->hit. */
void shared_cache_find(struct outer_leg *outer, const struct shelf *shelf, const struct evidence *e,
                       struct arena *scratch);

/* What may be said of an answer that was not asked for on the other side. */
enum stored_answer {
    ANSWER_UNKNOWN, /* nothing: it was asked for, or may have been, or never seen to come in */
    ANSWER_WAITS,   /* what was asked may be told later */
    ANSWER_UNSURE,  /* absence proves nothing here */
    ANSWER_STORED   /* it came from the store */
};
enum stored_answer answer_of(const struct evidence *e);

/* The same, where all that it may have been has that sin. */
enum stored_answer answer_with(const struct evidence *e, enum stored_sin sin);

/* Where what came in is known: was the proxy seen to ask that host again later, so that a question
 * in between would have been seen, too? */
bool is_watched(const struct evidence *e);

/* What came in is known, and not all that it may have been has that sin: then what the edge tells
 * its clients is of its own making. */
static inline bool is_cleared(const struct evidence *e, enum stored_sin sin)
{
    return e->outer && e->outer->hit.stored && !(e->outer->hit.sins & sin);
}

/* Did the proxy ask somebody before it answered, or may it have? Then the answer is no hit. */
static inline bool was_asked_for(const struct evidence *e)
{
    return e->outer && (e->outer->inner || e->outer->is_crowded);
}

/* Both sides are there, and an inner exchange may still be told. */
static inline bool may_be_asked_for(const struct evidence *e)
{
    return e->outer && e->outer->proxy && !e->closing;
}

/* Who waits for the inner exchange: the answer went through somebody, and none is known yet. */
static inline bool waits_for_inner(const struct evidence *e)
{
    return e->outer && !e->closing && !has_sure_inner(e) &&
           (e->outer->proxy || e->outer->leg.from_intermediary);
}

/* The origin speaks to the gateway apart from Cache-Control, so it knows that there is one, which
 * writes another for clients (RFC 9213 §1, Surrogate-Control). */
static inline bool speaks_to_gateway(const struct response_facts *r)
{
    return r->has_surrogate_control || r->targeted.lines != 0;
}

/* Its Age, less what of it may be the origin's clock: as far as that is behind, a cache adds it to
 * all that it hands on (RFC 9111 §4.2.3, apparent_age). */
static inline int64_t least_age(const struct evidence *e)
{
    int64_t lag_s = e->server ? server_may_lag_s(e->server) : 0;
    return e->facts->response.age - (lag_s ? lag_s + e->thresholds->guard_s : 0);
}

/* Is it no older than this exchange makes it (RFC 9111 §4.2.3, response_delay), by a second where
 * seconds are cut off, and a few where the clocks of origin and cache differ? */
static inline bool is_as_old_as_it_took(const struct evidence *e)
{
    int64_t took_s = (e->facts->t_rsp0 - e->facts->t_req0) / 1000000000;
    return least_age(e) <= took_s + 1 + e->thresholds->guard_s;
}

/* An edge whose storage follows rules of its own, and that rewrites what browsers are told. */
bool may_be_cdn(const struct response_facts *r);
