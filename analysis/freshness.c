/* SPDX-License-Identifier: MIT */
/*
 * The formulas of RFC 9111 §4.2, in its names. Seconds are whole: where the capture's clock is
 * finer, a STRICT age is rounded up and a GENEROUS one down.
 */

#include "analysis/freshness.h"

#include "analysis/storable.h"

#define NS_PER_S INT64_C(1000000000)

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Rounded towards the reading; ns >= 0. */
static int64_t to_seconds(int64_t ns, enum reading reading)
{
    return ns / NS_PER_S + (reading == STRICT && ns % NS_PER_S != 0);
}

/* An empty or unknown value, or a directive that only some readers see, counts as the reading
 * says: STRICT believes in every restriction. */
static bool restricts(const struct cache_control *cc, enum directive d, enum reading reading)
{
    enum truth says = cache_control_says(cc, d);
    return says == YES || (says == UNKNOWN && reading == STRICT);
}

void freshness_of(struct freshness *f, const struct facts *facts)
{
    const struct response_facts *r = &facts->response;
    *f = (struct freshness){
        .t_req0 = facts->t_req0,
        .t_rsp0 = facts->t_rsp0,
        .date = r->date.date.seconds,
        .expires = r->expires.date.seconds,
        .last_modified = r->last_modified.date.seconds,
        .age = r->age,
        .cc = r->cc,
        .targeted = r->targeted,
        .status = facts->x->status,
        .has_expires = date_is_present(&r->expires),
        .has_age = r->age_state == AGE_VALID,
        .vary_star = r->vary_star,
    };
}

/* RFC 9111 §3.2 for the fields that freshness depends on. */
void freshness_restart(struct freshness *f, const struct facts *not_modified)
{
    struct freshness fresh;
    const struct response_facts *r = &not_modified->response;

    freshness_of(&fresh, not_modified);
    f->t_req0 = fresh.t_req0;
    f->t_rsp0 = fresh.t_rsp0;
    f->date = fresh.date != NO_DATE ? fresh.date : fresh.t_rsp0 / NS_PER_S;
    f->age = fresh.age;
    f->has_age = fresh.has_age;
    if (r->cc.lines)
        f->cc = fresh.cc;
    if (r->targeted.lines)
        f->targeted = fresh.targeted;
    if (fresh.has_expires) {
        f->has_expires = true;
        f->expires = fresh.expires;
    }
    if (fresh.last_modified != NO_DATE)
        f->last_modified = fresh.last_modified;
    if (r->has_vary)
        f->vary_star = fresh.vary_star;
}

/* ---- lifetime ---- */

/* freshness_lifetime = expires_value - date_value; an invalid Expires is the past (§5.3). */
static int64_t expires_lifetime(const struct freshness *f)
{
    int64_t date_value = f->date != NO_DATE ? f->date : f->t_rsp0 / NS_PER_S;
    return f->expires == NO_DATE ? 0 : larger(0, f->expires - date_value);
}

/* A tenth of the time since the last modification (§4.2.2), for those who choose to. */
static int64_t heuristic_lifetime(const struct freshness *f)
{
    if (f->last_modified == NO_DATE || f->date == NO_DATE)
        return 0;
    return larger(0, f->date - f->last_modified) / 10;
}

static bool is_unstorable(const struct freshness *f, const struct cache_control *cc,
                          enum cache_kind kind, enum reading reading)
{
    bool understood = cache_control_has(cc, CC_MUST_UNDERSTAND) && status_is_understood(f->status);
    if (restricts(cc, CC_NO_STORE, reading) && !(understood && reading == GENEROUS))
        return true;
    return kind == SHARED_CACHE && restricts(cc, CC_PRIVATE, reading);
}

static bool may_be_heuristic(const struct freshness *f, const struct cache_control *cc)
{
    return status_is_heuristically_cacheable(f->status) || cache_control_has(cc, CC_PUBLIC);
}

/* §4.2.1, first match. */
static void set_lifetime(struct lifetime *life, const struct freshness *f,
                         const struct cache_control *cc, bool has_expires, enum cache_kind kind,
                         enum reading reading)
{
    int64_t s_maxage = cache_control_seconds(cc, CC_S_MAXAGE, reading);
    int64_t max_age = cache_control_seconds(cc, CC_MAX_AGE, reading);

    life->kind = LIFETIME_EXPLICIT;
    if (kind == SHARED_CACHE && s_maxage != NO_DELTA) {
        life->seconds = s_maxage;
    } else if (max_age != NO_DELTA) {
        life->seconds = max_age;
    } else if (has_expires) {
        life->seconds = expires_lifetime(f);
    } else if (may_be_heuristic(f, cc)) {
        life->kind = LIFETIME_HEURISTIC;
        life->seconds = reading == GENEROUS ? heuristic_lifetime(f) : 0;
    } else {
        life->kind = LIFETIME_NONE;
    }
}

static struct lifetime lifetime_under(const struct freshness *f, const struct cache_control *cc,
                                      bool has_expires, enum cache_kind kind, enum reading reading)
{
    struct lifetime life = {
        .must_validate = f->vary_star || restricts(cc, CC_NO_CACHE, reading),
        .never_stale = restricts(cc, CC_MUST_REVALIDATE, reading),
        .immutable = cache_control_has(cc, CC_IMMUTABLE),
        .stale_while_revalidate =
            larger(0, cache_control_seconds(cc, CC_STALE_WHILE_REVALIDATE, reading)),
        .stale_if_error = larger(0, cache_control_seconds(cc, CC_STALE_IF_ERROR, reading)),
    };
    if (kind == SHARED_CACHE)
        life.never_stale |=
            restricts(cc, CC_PROXY_REVALIDATE, reading) || cache_control_has(cc, CC_S_MAXAGE);
    if (is_unstorable(f, cc, kind, reading))
        life.kind = LIFETIME_NOT_STORABLE;
    else
        set_lifetime(&life, f, cc, has_expires, kind, reading);
    return life;
}

/* Allows a less than b. */
static bool is_stricter(const struct lifetime *a, const struct lifetime *b)
{
    bool a_never = a->kind == LIFETIME_NOT_STORABLE, b_never = b->kind == LIFETIME_NOT_STORABLE;
    if (a_never != b_never)
        return a_never;
    if (a->must_validate != b->must_validate)
        return a->must_validate;
    return a->seconds < b->seconds;
}

/* A targeted field replaces Cache-Control and Expires (RFC 9213 §2.2), but only in the caches that
 * it is meant for, and nobody can see which these are. */
struct lifetime freshness_lifetime(const struct freshness *f, enum cache_kind kind,
                                   enum reading reading)
{
    struct lifetime life = lifetime_under(f, &f->cc, f->has_expires, kind, reading);
    if (kind == PRIVATE_CACHE || f->targeted.lines == 0)
        return life;
    struct lifetime targeted = lifetime_under(f, &f->targeted, false, kind, reading);
    bool take_targeted =
        reading == STRICT ? is_stricter(&targeted, &life) : is_stricter(&life, &targeted);
    return take_targeted ? targeted : life;
}

/* The first occurrence, plainly; NO_DELTA where the directive is absent. */
static int64_t first_seconds(const struct cache_control *cc, enum directive d)
{
    if (!cache_control_has(cc, d))
        return NO_DELTA;
    return cc->delta[d].first == UINT32_MAX ? 0 : cc->delta[d].first;
}

int64_t freshness_explicit(const struct freshness *f, enum cache_kind kind)
{
    int64_t seconds = NO_DELTA;
    if (kind == SHARED_CACHE)
        seconds = first_seconds(&f->cc, CC_S_MAXAGE);
    if (seconds == NO_DELTA)
        seconds = first_seconds(&f->cc, CC_MAX_AGE);
    if (seconds != NO_DELTA)
        return seconds;
    return f->has_expires ? expires_lifetime(f) : INT64_MIN;
}

/* ---- age ---- */

/* apparent_age = max(0, response_time - date_value), §4.2.3. The server's clock may be ahead of or
 * behind ours; correcting it may only make the response older, never younger. */
static int64_t apparent_age(const struct freshness *f, int64_t skew_s)
{
    if (f->date == NO_DATE)
        return 0;
    int64_t response_time = to_seconds(f->t_rsp0, STRICT);
    return larger(0, larger(response_time - f->date, response_time - f->date + skew_s));
}

/* corrected_age_value = age_value + response_delay; response_delay = response_time - request_time
 */
static int64_t corrected_age_value(const struct freshness *f)
{
    bool request_seen = f->t_req0 != 0 && f->t_req0 <= f->t_rsp0;
    return f->age + (request_seen ? to_seconds(f->t_rsp0 - f->t_req0, STRICT) : 0);
}

/* current_age = corrected_initial_age + resident_time; resident_time = now - response_time */
int64_t freshness_age(const struct freshness *f, int64_t now_ns, int64_t skew_s,
                      enum reading reading)
{
    int64_t resident_time = to_seconds(larger(0, now_ns - f->t_rsp0), reading);
    if (reading == GENEROUS)
        return f->age + resident_time;
    return larger(apparent_age(f, skew_s), corrected_age_value(f)) + resident_time;
}

/* ---- fresh or stale ---- */

static bool is_fresh(const struct lifetime *life, int64_t age, int64_t guard_s,
                     enum reading reading)
{
    if (life->must_validate || life->kind == LIFETIME_NONE || life->kind == LIFETIME_NOT_STORABLE)
        return false;
    return reading == STRICT ? life->seconds > age + guard_s : life->seconds + guard_s >= age;
}

bool freshness_is_fresh(const struct freshness *f, int64_t now_ns, int64_t skew_s, int64_t guard_s,
                        enum cache_kind kind, enum reading reading)
{
    struct lifetime life = freshness_lifetime(f, kind, reading);
    return is_fresh(&life, freshness_age(f, now_ns, skew_s, reading), guard_s, reading);
}

enum truth freshness_state(const struct freshness *f, int64_t now_ns, int64_t skew_s,
                           int64_t guard_s, enum cache_kind kind)
{
    if (freshness_is_fresh(f, now_ns, skew_s, guard_s, kind, STRICT))
        return YES;
    return freshness_is_fresh(f, now_ns, skew_s, guard_s, kind, GENEROUS) ? UNKNOWN : NO;
}

enum truth freshness_state_explicit(const struct freshness *f, int64_t now_ns, int64_t skew_s,
                                    int64_t guard_s, enum cache_kind kind)
{
    if (freshness_lifetime(f, kind, GENEROUS).kind == LIFETIME_HEURISTIC)
        return NO;
    return freshness_state(f, now_ns, skew_s, guard_s, kind);
}

bool request_allows(const struct cache_control *request, bool pragma_no_cache, int64_t age_s,
                    int64_t lifetime_s)
{
    int64_t max_age = cache_control_seconds(request, CC_MAX_AGE, GENEROUS);
    int64_t min_fresh = cache_control_seconds(request, CC_MIN_FRESH, STRICT);
    int64_t max_stale = cache_control_seconds(request, CC_MAX_STALE, GENEROUS);

    if (pragma_no_cache || cache_control_has(request, CC_NO_CACHE))
        return false;
    if (max_age != NO_DELTA && age_s > max_age)
        return false;
    if (min_fresh != NO_DELTA && lifetime_s - age_s < min_fresh)
        return false;
    return age_s <= lifetime_s + larger(0, max_stale);
}

enum truth freshness_may_serve_stale(const struct freshness *f, int64_t age_s,
                                     enum truth upstream_failed, enum cache_kind kind,
                                     const struct cache_control *request)
{
    struct lifetime life = freshness_lifetime(f, kind, GENEROUS);
    int64_t past = age_s - life.seconds;
    int64_t on_error =
        larger(life.stale_if_error, cache_control_seconds(request, CC_STALE_IF_ERROR, GENEROUS));

    if (life.never_stale || life.must_validate || life.kind == LIFETIME_NOT_STORABLE)
        return NO;
    if (past <= life.stale_while_revalidate ||
        past <= cache_control_seconds(request, CC_MAX_STALE, GENEROUS))
        return YES;
    if (upstream_failed == YES) /* disconnected, or the error that stale-if-error is for */
        return YES;
    return past <= on_error ? upstream_failed : NO;
}

bool freshness_is_stale_proved(const struct freshness *f, int64_t guard_s, enum cache_kind kind)
{
    struct lifetime life = freshness_lifetime(f, kind, GENEROUS);
    return f->has_age && life.kind == LIFETIME_EXPLICIT && f->age > life.seconds + guard_s;
}
