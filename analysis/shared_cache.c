/* SPDX-License-Identifier: MIT */
/*
 * RFC 9111 §4, condition by condition, for each response that a proxy may have answered with. What
 * excuses is taken: the youngest clock, the longest lifetime, fields compared as those compare that
 * normalise them.
 */

#include "analysis/shared_cache.h"

#include "analysis/freshness.h"
#include "analysis/vary.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)

enum { GUARD_S = 3 }; /* two clocks that count whole seconds, and the way */

/* ---- is it this one? ---- */

static bool answers_without_body(const struct evidence *e, const struct leg *i)
{
    return !digest_is_set(i->digest) || !e->facts->body_is_comparable;
}

/* The same representation, as far as tag or octets say. A cache may decode what it stored. */
static bool is_same_representation(const struct evidence *e, const struct inner_leg *i)
{
    const struct representation *r = i->held->representation;
    const struct entity_tag *tag = &e->facts->response.etag;
    bool same_coding = slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING),
                                          e->facts->response.content_encoding);
    if (!answers_without_body(e, &i->leg) && same_coding)
        return digest_equal(i->leg.digest, e->x->response.digest) &&
               (r->etag.valid == tag->valid &&
                (!tag->valid || entity_tag_weak_equal(&r->etag, tag)));
    return r->etag.valid && entity_tag_weak_equal(&r->etag, tag);
}

/* Age of what is held when it was sent, in s. */
static int64_t age_at(const struct inner_leg *i, int64_t at_ns)
{
    struct freshness f = holding_freshness(i->held, false);
    return freshness_age(&f, at_ns, 0, GENEROUS);
}

/* Neither Age nor Date speaks against it: a cache that validates where nobody sees it makes both
 * young, and one that writes a Date of its own writes the present one. */
static bool fits_in_time(const struct evidence *e, const struct outer_leg *o,
                         const struct inner_leg *i)
{
    if (i->leg.t_rsp1 > o->leg.t_req0 || i->held->contact_ns > o->leg.t_req0)
        return false;
    if (o->leg.age >= 0) {
        int64_t apart = age_at(i, o->leg.t_rsp0) - o->leg.age;
        if (apart > GUARD_S || apart < -GUARD_S)
            return false;
    }
    int64_t date = holding_clock(i->held, false)->date, now_s = o->leg.t_rsp0 / NS_PER_S;
    if (o->leg.date == NO_DATE || date == NO_DATE || o->leg.date == date)
        return true;
    int64_t behind = now_s + server_skew_s(e->server) - o->leg.date;
    return behind <= GUARD_S && behind >= -GUARD_S;
}

static bool may_be(const struct evidence *e, const struct outer_leg *o, const struct inner_leg *i)
{
    bool same_url = i->leg.host == o->leg.host || (i->outer_id && i->outer_host == o->leg.host);
    bool named_otherwise = o->leg.varnish && i->leg.varnish && o->leg.varnish != i->leg.varnish;
    return same_url && may_have_come_in(i, o) && !named_otherwise && i->held &&
           fits_in_time(e, o, i) && is_same_representation(e, i);
}

/* Did it come from a store, by what the answer itself shows? */
static bool is_proved(const struct evidence *e, const struct outer_leg *o,
                      const struct inner_leg *i)
{
    const struct response_facts *r = &e->facts->response;
    bool later = o->leg.t_rsp0 - i->leg.t_rsp0 >= 2 * NS_PER_S;
    return (o->leg.age > 0 && i->leg.age < o->leg.age) || r->says_hit ||
           (o->leg.varnish && o->leg.varnish == i->leg.varnish) ||
           (later && o->leg.date != NO_DATE && o->leg.date == holding_clock(i->held, false)->date);
}

/* ---- may it be used? ---- */

/* Of the policy that came with it, and that a 304 may have changed since. */
static unsigned sins_of_policy(const struct evidence *e, const struct inner_leg *i)
{
    struct freshness f = holding_freshness(i->held, false);
    const struct cache_control *cc = &f.cc;
    const struct representation *r = i->held->representation;
    unsigned sins = 0;
    if (i->held->ambiguous || f.targeted.lines || i->surrogate)
        return 0;
    if (cache_control_says(cc, CC_NO_CACHE) == YES)
        sins |= SIN_NO_CACHE;
    if (cache_control_says(cc, CC_NO_STORE) == YES && !cache_control_has(cc, CC_MUST_UNDERSTAND))
        sins |= SIN_NO_STORE;
    if (cache_control_says(cc, CC_PRIVATE) == YES)
        sins |= SIN_PRIVATE;
    if (r->request.authorization && r->request.authorization != e->key.authorization &&
        cache_control_says(cc, CC_PUBLIC) == NO && cache_control_says(cc, CC_S_MAXAGE) == NO &&
        cache_control_says(cc, CC_MUST_REVALIDATE) == NO)
        sins |= SIN_AUTHORIZATION;
    if (i->outer_id && i->outer_client && i->outer_client == e->client.id)
        sins |= SIN_OWN_CLIENT;
    return sins;
}

/* RFC 9111 §4.2.4: a cache that does not reach the origin may use what is stale. Its latest answer
 * that was seen was an error, so it may not have been asked again for a while. */
static bool proxy_is_cut_off(const struct proxy *proxy, const struct inner_leg *i, int64_t now_ns)
{
    enum { WHILE_S = 60 };
    return proxy && proxy->has_failed && now_ns - proxy->failed_ns <= WHILE_S * NS_PER_S &&
           address_equal(&proxy->failed, &i->leg.server);
}

static unsigned sins_of_age(const struct evidence *e, const struct outer_leg *o,
                            const struct inner_leg *i, struct hit *hit)
{
    struct freshness f = holding_freshness(i->held, false);
    struct lifetime lifetime = freshness_lifetime(&f, SHARED_CACHE, GENEROUS);
    int64_t age = freshness_age(&f, o->leg.t_req0, 0, GENEROUS);
    bool forbidden = lifetime.never_stale || lifetime.must_validate;
    if (i->held->ambiguous || f.targeted.lines || i->surrogate ||
        lifetime.kind != LIFETIME_EXPLICIT || age <= lifetime.seconds + e->thresholds->guard_s)
        return 0;
    if (!forbidden &&
        (proxy_is_cut_off(o->proxy, i, o->leg.t_req0) ||
         head_has(&e->x->response.head, FIELD_WARNING) ||
         freshness_may_serve_stale(&f, age, UNKNOWN, SHARED_CACHE, &e->facts->request.cc) != NO))
        return 0;
    hit->age_s = age;
    hit->lifetime_s = lifetime.seconds;
    return forbidden ? SIN_STALE | SIN_STALE_FORBIDDEN : SIN_STALE;
}

/* The fields that Vary nominates, as the client of then sent them and as this one does. Where the
 * proxy itself changed one of them on the way it normalises, and knows better. A32: whoever accepts
 * the coding that is delivered was served what it asked for. */
static unsigned sins_of_variant(const struct evidence *e, const struct inner_leg *i,
                                struct hit *hit, struct arena *scratch)
{
    struct slice differs;
    struct slice key = i->outer_vary_key;
    if (!key.len ||
        vary_key_equal(key, representation_vary_key(i->held->representation), VARY_EXACT) != YES ||
        vary_key_match(key, &e->x->request.head, e->facts->request_head_whole, VARY_CANON, scratch,
                       &differs) != NO ||
        slice_is_absent(differs))
        return 0;
    bool has_asked = head_has(&e->x->request.head, FIELD_ACCEPT_ENCODING) ||
                     e->facts->response.content_encoding.len == 0;
    if (slice_equal_nocase(differs, SLICE("accept-encoding")) && has_asked &&
        accept_encoding_allows(&e->x->request.head, e->facts->response.content_encoding))
        return 0;
    hit->differs = differs;
    return SIN_VARY;
}

static unsigned sins_of_change(const struct outer_leg *o, const struct inner_leg *i,
                               const struct unsafe_change *change)
{
    bool after = change->exchange_id && o->leg.t_req0 >= change->t_rsp1;
    return after && i->leg.t_rsp1 <= change->t_req0 && i->held->contact_ns <= change->t_req0
               ? SIN_INVALIDATED
               : 0;
}

/* ---- all of them ---- */

void shared_cache_find(struct outer_leg *outer, const struct shelf *shelf, const struct evidence *e,
                       struct arena *scratch)
{
    struct inner_leg *i;
    for (unsigned n = 0; (i = shelf_stored(shelf, n)) != NULL; n++) {
        if (!may_be(e, outer, i))
            continue;
        struct hit hit = {.stored = i};
        hit.sins = sins_of_policy(e, i) | sins_of_age(e, outer, i, &hit) |
                   sins_of_variant(e, i, &hit, scratch) | sins_of_change(outer, i, &e->unsafe);
        if (outer->hit.stored) {
            outer->hit.sins &= hit.sins;
            continue;
        }
        hit.is_proved = is_proved(e, outer, i);
        inner_leg_take(i);
        outer->hit = hit;
    }
}

/* ---- what may be said ---- */

bool is_watched(const struct evidence *e)
{
    const struct outer_leg *o = e->outer;
    return o->proxy && proxy_asked_after(o->proxy, o->hit.stored->leg.host, o->leg.t_rsp1);
}

/* Absence counts only where every question would have been seen: the proxy asked that host before
 * and after on a link that is in the capture, nothing was ever lost on either side, all is in one
 * input, and nothing was ever answered by this proxy without a visible reason. */
static bool absence_proves(const struct evidence *e)
{
    const struct outer_leg *o = e->outer;
    return is_watched(e) && o->proxy->outers_paired && o->proxy->outers_unexplained == 0 &&
           o->leg.input == o->hit.stored->leg.input &&
           !server_lost(e->server, NEVER, e->heard_until_ns) &&
           !server_lost(e->upstream, NEVER, e->heard_until_ns);
}

enum stored_answer answer_of(const struct evidence *e)
{
    const struct outer_leg *o = e->outer;
    if (LIKELY(!o || !o->hit.stored) || was_asked_for(e))
        return ANSWER_UNKNOWN;
    if (!e->closing)
        return ANSWER_WAITS;
    int64_t from_ns = o->hit.stored->leg.t_rsp1;
    if (!e->upstream || server_lost(e->upstream, from_ns, o->leg.t_rsp1))
        return ANSWER_UNSURE;
    return o->hit.is_proved || absence_proves(e) ? ANSWER_STORED : ANSWER_UNSURE;
}

enum stored_answer answer_with(const struct evidence *e, enum stored_sin sin)
{
    if (LIKELY(!e->outer) || !(e->outer->hit.sins & sin))
        return ANSWER_UNKNOWN;
    return answer_of(e);
}

bool may_be_cdn(const struct response_facts *r)
{
    return speaks_to_gateway(r) ||
           r->intermediary_signs & (SIGN_CF | SIGN_X_SERVED_BY | SIGN_X_AMZ_CF);
}
