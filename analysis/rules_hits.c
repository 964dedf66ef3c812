/* SPDX-License-Identifier: MIT */
/*
 * What a cache says of its own answers: Age on what came from the store (RFC 9111 §4, §5.1), and
 * answers that are older than they may be (§4.2.4). Where both sides of it are in the capture, what
 * came in and when says so whatever it says itself.
 */

#include <stddef.h>

#include "analysis/freshness.h"
#include "analysis/rules.h"
#include "analysis/shared_cache.h"
#include "base/attributes.h"

#define NS_PER_S      INT64_C(1000000000)
#define ORIGIN_DOWN_S 60 /* for so long after an error a cache may not have asked again */

enum row { AGE_MISSING, SERVED_STALE, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- age-missing-on-hit ---- */

static const char *const age_variants[] = {"age-invalid", NULL};

static void cite_stored(struct verdict *v, const struct evidence *e)
{
    v->reference_exchange_id = e->outer->hit.stored->leg.id;
}

static enum judgement judge_silent_hit(const struct evidence *e, struct verdict *v)
{
    switch (answer_of(e)) {
    case ANSWER_UNKNOWN:
        return NOT_APPLICABLE;
    case ANSWER_WAITS:
        return wait_for(v, WAIT_FOR_LOSSES);
    case ANSWER_UNSURE:
        return withhold(v, GUARD_OTHER_SIDE);
    case ANSWER_STORED:
        break;
    }
    accuse(v, CARD(AGE_MISSING),
           "from the store, {} s after it had come in, and without an Age that says so");
    say_number(v, (e->outer->leg.t_rsp0 - e->outer->hit.stored->leg.t_rsp0) / 1000000000);
    cite_stored(v, e);
    if (may_be_cdn(&e->facts->response))
        v->severity = SEVERITY_INFO; /* removed on purpose, RFC 9213 §2.3 */
    return FIRED;
}

static enum judgement judge_age(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    if (LIKELY(r->age_state == AGE_ABSENT && !r->says_hit))
        return e->outer && e->facts->response_head_whole ? judge_silent_hit(e, v) : NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (r->age_state == AGE_INVALID || r->age_is_list) {
        accuse(v, CARD(AGE_MISSING), "Age: {} is not one number of seconds");
        say_text(v, head_first(&e->x->response.head, FIELD_AGE));
        v->variant = "age-invalid";
        v->section = "RFC 9111 §5.1";
        return FIRED;
    }
    if (r->age_state == AGE_VALID || (!e->facts->is_get && !e->facts->is_head))
        return PASSED;
    if (lacks(e, v, NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    accuse(v, CARD(AGE_MISSING),
           "a cache says that this was a hit, and does not say how old it is");
    if (r->says_hit_by_x_cache_only) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "only a field that no RFC knows says that it was a hit";
    }
    if (r->targeted.lines)
        v->severity = SEVERITY_INFO; /* removed on purpose, RFC 9213 §2.3 */
    return FIRED;
}

/* ---- served-stale ---- */

static const char *const stale_variants[] = {"prohibited", NULL};

/* Cache-Status says that the origin confirmed it for this request: its clock may make it old all
 * the same (RFC 9111 §4.2.3). */
static bool says_validated(const struct evidence *e)
{
    const struct cache_status *said = &e->facts->response.cache_status;
    return said->present && !said->hit && said->forward != FWD_ABSENT &&
           said->forward_status == 304;
}

/* Also to a cache that knows nothing of CDN-Cache-Control, and whatever the origin's clock adds.
 * What was asked for in this very exchange may be handed on, stale or not. */
static bool is_stale(const struct evidence *e, const struct freshness *told)
{
    struct freshness f = *told;
    f.age = least_age(e);
    struct freshness plain = f;
    cache_control_init(&plain.targeted);
    return !is_as_old_as_it_took(e) && !says_validated(e) &&
           freshness_is_stale_proved(&f, e->thresholds->guard_s, SHARED_CACHE) &&
           freshness_is_stale_proved(&plain, e->thresholds->guard_s, SHARED_CACHE);
}

/* What came in says how long it may be used, whatever the edge told the client. */
static enum judgement accuse_stored(const struct evidence *e, struct verdict *v)
{
    const struct hit *hit = &e->outer->hit;
    accuse(v, CARD(SERVED_STALE),
           "from the store, {} s old, although what came in may be used for {} s");
    say_number(v, hit->age_s);
    say_number(v, hit->lifetime_s);
    cite_stored(v, e);
    if (hit->sins & SIN_STALE_FORBIDDEN)
        v->variant = "prohibited";
    return FIRED;
}

/* The cache behind had made it as old, or what it said of that can be read as this. */
static bool came_in_stale(const struct evidence *e)
{
    return e->inner && e->inner->response.age_state != AGE_ABSENT &&
           (e->inner->response.age_state == AGE_INVALID || e->inner->response.age_is_list ||
            e->inner->response.age + e->thresholds->guard_s >= e->facts->response.age);
}

/* The other side shows that an origin failed lately (RFC 9111 §4.2.4: disconnected). */
static bool origin_failed(const struct evidence *e)
{
    const struct proxy *proxy = e->outer ? e->outer->proxy : NULL;
    return proxy && proxy->has_failed &&
           e->facts->t_rsp0 - proxy->failed_ns <= ORIGIN_DOWN_S * NS_PER_S;
}

/* Both sides are there, and such an error may have been lost. */
static bool failure_was_lost(const struct evidence *e)
{
    if (!e->outer || !e->outer->proxy)
        return false;
    return server_lost(e->anywhere, e->facts->t_req0 - ORIGIN_DOWN_S * NS_PER_S, e->facts->t_rsp0);
}

static enum judgement judge_stale(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct response_facts *r = &x->response;
    enum stored_answer stored = answer_with(e, SIN_STALE);
    if (stored == ANSWER_WAITS)
        return wait_for(v, WAIT_FOR_LOSSES);
    if (stored == ANSWER_STORED)
        return accuse_stored(e, v);
    if (LIKELY(r->age_state != AGE_VALID) || (!x->is_get && !x->is_head) ||
        (x->status_class != 2 && e->x->status != 304))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    struct freshness f;
    freshness_of(&f, x);
    if (r->age_is_list || !is_stale(e, &f) || came_in_stale(e) || is_cleared(e, SIN_STALE) ||
        r->has_surrogate_control) /* which may allow it for longer */
        return PASSED;
    struct lifetime lifetime = freshness_lifetime(&f, SHARED_CACHE, GENEROUS);
    bool prohibited = lifetime.never_stale || lifetime.must_validate;
    if (!prohibited &&
        (head_has(&e->x->response.head, FIELD_WARNING) || origin_failed(e) ||
         freshness_may_serve_stale(&f, r->age, UNKNOWN, SHARED_CACHE, &x->request.cc) != NO))
        return PASSED;
    if (may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(SERVED_STALE), "Age: {}, although a shared cache may use it for {} s");
    say_number(v, r->age);
    say_number(v, lifetime.seconds);
    if (prohibited) {
        v->variant = "prohibited";
    } else {
        v->severity = SEVERITY_WARNING;
        v->note = "the edge may have rewritten max-age for browsers";
    }
    if (may_be_cdn(r))
        demote(v, "a CDN may have been told another lifetime");
    if (!prohibited && failure_was_lost(e))
        demote(v, "what was lost of the origin may have been an error");
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [AGE_MISSING] =
        {
            .card =
                {
                    .id = "age-missing-on-hit",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4, §5.1",
                    .formerly = "RFC 7234 §4, §5.1",
                    .title = "a hit without Age, or with an Age that is no number",
                    .means =
                        "Who stores the answer counts its age from when it came, not from when "
                        "it was made: it stays in use for longer than the origin allowed, and "
                        "longer with each cache on the way.",
                    .remedy = "Let the cache send Age (Varnish, Squid and Traffic Server do unless "
                              "it is removed; nginx does not: shorten what clients are told, or "
                              "add it).",
                    .variants = age_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_age,
        },
    [SERVED_STALE] =
        {
            .card =
                {
                    .id = "served-stale",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4.2.4",
                    .formerly = "RFC 7234 §4.2.4",
                    .title = "a cache served what it should have validated",
                    .means =
                        "By its own Age the answer is older than it may be for a shared cache, and "
                        "neither the client nor the origin allowed that. Where must-revalidate, "
                        "proxy-revalidate or s-maxage stand there, it is forbidden even when the "
                        "origin cannot be reached.",
                    .remedy = "Let the cache obey the origin's lifetime (Varnish: grace and ttl in "
                              "VCL; nginx: proxy_cache_use_stale, proxy_cache_valid; Squid: "
                              "refresh_pattern), or allow it with stale-while-revalidate.",
                    .variants = stale_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_stale,
        },
};

const struct rule_set rules_hits = {rows, ROWS};
