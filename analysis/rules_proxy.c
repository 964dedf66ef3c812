/* SPDX-License-Identifier: MIT */
/*
 * What caches on the way do, as far as their own fields say that they answered (Age, RFC 9111 §5.1;
 * Cache-Status, RFC 9211), or the other side of them is in the capture and shows what they were
 * told.
 */

#include "analysis/rules_proxy.h"

#include <stddef.h>

#include "analysis/freshness.h"
#include "analysis/rules.h"
#include "analysis/shared_cache.h"

#define NS_PER_S INT64_C(1000000000)

enum row { PROXY_304_EXPANDED, STALE_ON_ARRIVAL, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- proxy-304-expanded ---- */

bool client_was_due_304(const struct facts *x)
{
    const struct request_facts *q = &x->request;
    if (q->if_none_match.kind != TAG_LIST_ABSENT)
        return tag_list_has_weak(&q->if_none_match, &x->response.etag) == YES;
    return date_is_valid(&q->if_modified_since) && date_is_valid(&x->response.last_modified) &&
           x->response.last_modified.date.seconds <= q->if_modified_since.date.seconds;
}

/* Age says that a cache answered; that it had validated what it held follows where this URL was
 * seen to be stored before, is older than its lifetime, and comes young again with the same tag. */
static bool age_shows_validation(const struct evidence *e)
{
    const struct representation *r = e->refs.held.representation;
    const struct facts *x = e->facts;
    if (x->response.age_state != AGE_VALID || !r)
        return false;
    struct freshness before = representation_freshness(r);
    int64_t age = freshness_age(&before, x->t_req0, 0, GENEROUS);
    struct lifetime lifetime = freshness_lifetime(&before, SHARED_CACHE, GENEROUS);
    bool was_stale = lifetime.must_validate || age >= lifetime.seconds;
    return was_stale && lifetime.kind != LIFETIME_NOT_STORABLE && x->response.age < age &&
           entity_tag_weak_equal(&r->etag, &x->response.etag);
}

/* Both exchanges are there: nothing is left open but, for a pair by time alone, whose it is. */
static enum judgement accuse_of_both_sides(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    accuse(v, CARD(PROXY_304_EXPANDED),
           "the proxy was told 304 and sent the client, who had {}, the whole of it");
    say_text(v, slice_is_absent(x->response.etag.text) ? x->request.if_modified_since.text
                                                       : x->response.etag.text);
    v->confidence = is_pair_certain(e) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    v->reference_exchange_id = e->outer->inner->leg.id;
    if (!x->is_excluded)
        v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

static enum judgement judge_expanded(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!x->is_get || !x->request.is_conditional)
        return NOT_APPLICABLE;
    if (x->response.age_state == AGE_ABSENT && !x->response.cache_status.present && !e->outer)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (x->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    if (!client_was_due_304(x))
        return PASSED;
    if (has_sure_inner(e))
        return e->inner->x->status == 304 ? accuse_of_both_sides(e, v) : PASSED;
    if (waits_for_inner(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (x->response.cache_status.forward_status == 304)
        accuse(v, CARD(PROXY_304_EXPANDED),
               "the cache got 304 (Cache-Status: fwd-status=304) and sent the client, who had "
               "{}, the whole of it");
    else if (age_shows_validation(e))
        accuse(v, CARD(PROXY_304_EXPANDED),
               "the cache had validated what it held and sent the client, who had {}, the whole "
               "of it");
    else
        return PASSED;
    say_text(v, slice_is_absent(x->response.etag.text) ? x->request.if_modified_since.text
                                                       : x->response.etag.text);
    v->confidence = CONFIDENCE_LIKELY;
    if (!x->is_excluded)
        v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

/* ---- stale-on-arrival ---- */

static const char *const stale_variants[] = {"asked-again", NULL};

bool arrives_stale(const struct facts *x, enum cache_kind kind)
{
    if (x->response.age_state != AGE_VALID)
        return false;
    struct freshness f;
    freshness_of(&f, x);
    struct lifetime l = freshness_lifetime(&f, kind, GENEROUS);
    int64_t past = x->response.age - l.seconds;
    return l.kind == LIFETIME_EXPLICIT && l.seconds > 0 && !l.must_validate &&
           past >= l.stale_while_revalidate &&
           past > cache_control_seconds(&x->request.cc, CC_MAX_STALE, GENEROUS);
}

/* The client asks again only because what it got was stale when it came. */
static bool is_asked_again(const struct evidence *e)
{
    const struct held *h = &e->held;
    if (!h->known || !h->stale_on_arrival || e->cache == 0 || e->facts->request.wants_reload ||
        h->lifetime_s <= 0 || h->contact_ns == NEVER)
        return false;
    bool same = e->x->status == 304 ? h->asked_with : h->same_octets == YES;
    return same && e->facts->t_req0 - h->contact_ns < h->lifetime_s * NS_PER_S;
}

static enum judgement judge_stale(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    bool again = is_asked_again(e);
    if (!x->is_get || (x->response.age_state != AGE_VALID && !again))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    bool stale = arrives_stale(x, e->cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE);
    if (!stale && !again)
        return PASSED;
    if (stale) {
        accuse(v, CARD(STALE_ON_ARRIVAL), "Age: {} although it may live {} s: nobody may reuse it");
        say_number(v, x->response.age);
        struct freshness f;
        freshness_of(&f, x);
        say_number(v, freshness_explicit(&f, PRIVATE_CACHE));
        v->confidence = CONFIDENCE_CERTAIN;
    } else {
        accuse(v, CARD(STALE_ON_ARRIVAL),
               "asked again {} s after a transfer that arrived older than its lifetime of {} s");
        say_number(v, (x->t_req0 - e->held.contact_ns) / NS_PER_S);
        say_number(v, e->held.lifetime_s);
        v->variant = "asked-again";
        v->reference = &e->refs.held;
    }
    if (again) {
        v->claim.kind = CLAIM_ELIMINATE;
        v->confidence = CONFIDENCE_LIKELY;
        confine_to_client(v, e);
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [PROXY_304_EXPANDED] =
        {
            .card =
                {
                    .id = "proxy-304-expanded",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "intermediary",
                    .section = "RFC 9110 §15.4.5",
                    .formerly = "RFC 7232 §4.1",
                    .title = "a cache was told 304 and did not pass it on to the client that asked",
                    .means = "The client's condition was false and the cache knew it, having "
                             "validated its "
                             "own copy; it answered 200 with the whole body.",
                    .remedy =
                        "Let the cache evaluate the client's condition against what it has just "
                        "validated (Varnish: do not remove If-None-Match in VCL; nginx: "
                        "proxy_cache_revalidate on, and no etag off).",
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 2,
            .judge = judge_expanded,
        },
    [STALE_ON_ARRIVAL] =
        {
            .card =
                {
                    .id = "stale-on-arrival",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "intermediary",
                    .section = "RFC 9111 §4.2, §5.1",
                    .formerly = "RFC 7234 §4.2, §5.1",
                    .title = "a response older than its lifetime when it arrives",
                    .means = "Age counts against the lifetime. A cache in front kept the response "
                             "longer "
                             "than the lifetime that it hands on, so no client may reuse it and "
                             "each use "
                             "costs another request.",
                    .remedy =
                        "Give clients a lifetime of their own: let the cache shorten its own "
                        "storage, "
                        "or raise max-age by it; use s-maxage or CDN-Cache-Control for the cache "
                        "and max-age for browsers; or have the edge reset Age when it rewrites "
                        "max-age.",
                    .variants = stale_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 20,
            .judge = judge_stale,
        },
};

const struct rule_set rules_proxy = {rows, ROWS};
