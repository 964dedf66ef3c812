/* SPDX-License-Identifier: MIT */
/* RFC 9111 §3 condition by condition; RFC 6585 for the statuses that must not be stored. */

#include "analysis/storable.h"

#include "analysis/freshness.h"
#include "base/attributes.h"

static bool is_one_of(uint16_t status, const uint16_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == status)
            return true;
    return false;
}

bool status_is_heuristically_cacheable(uint16_t status)
{
    static const uint16_t list[] = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
    return is_one_of(status, list, COUNT_OF(list));
}

bool status_is_lasting_error(uint16_t status)
{
    return status >= 400 && status_is_heuristically_cacheable(status);
}

bool status_is_understood(uint16_t status)
{
    static const uint16_t list[] = {200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303,
                                    304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406,
                                    407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417,
                                    421, 422, 426, 500, 501, 502, 503, 504, 505};
    return is_one_of(status, list, COUNT_OF(list));
}

static struct storability verdict(enum truth storable, enum storable_reason reason)
{
    return (struct storability){storable, storable == YES ? STORABLE_OK : reason};
}

/* What a directive that readers take differently does to a condition: a NO becomes UNKNOWN. */
static struct storability forbidden(enum truth says, enum storable_reason reason)
{
    return verdict(says == YES ? NO : UNKNOWN, reason);
}

/* A partial response needs a cache that keeps parts; a 304 is no response to keep. */
static struct storability by_status(uint16_t status)
{
    static const uint16_t never[] = {304, 428, 429, 431, 511};
    if (status < 200 || is_one_of(status, never, COUNT_OF(never)))
        return verdict(NO, STORABLE_STATUS);
    return verdict(status == 206 ? UNKNOWN : YES, STORABLE_STATUS);
}

/* "no-store" beside must-understand is for caches that do not know the latter (§5.2.2.3): the ones
 * that do may store what they understand, the others may not, and both are right. */
static struct storability by_no_store(const struct facts *f, const struct cache_control *cc)
{
    bool must_understand = cache_control_has(cc, CC_MUST_UNDERSTAND);
    bool understood = status_is_understood(f->x->status);
    enum truth no_store = cache_control_says(cc, CC_NO_STORE);

    if (no_store != NO)
        return must_understand && understood ? verdict(UNKNOWN, STORABLE_NO_STORE)
                                             : forbidden(no_store, STORABLE_NO_STORE);
    return verdict(must_understand && !understood ? NO : YES, STORABLE_STATUS);
}

/* §3.5: with Authorization only if the response says that it may be shared. */
static struct storability by_sharing(const struct facts *f, const struct cache_control *cc,
                                     enum cache_kind kind)
{
    enum truth is_private = cache_control_says(cc, CC_PRIVATE);

    if (kind == PRIVATE_CACHE)
        return verdict(YES, STORABLE_OK);
    if (is_private != NO)
        return forbidden(is_private, STORABLE_PRIVATE);
    if (f->request.authorization_hash == 0)
        return verdict(f->request_head_whole ? YES : UNKNOWN, STORABLE_UNSEEN);
    enum truth may_share = cache_control_says(cc, CC_PUBLIC);
    may_share = truth_or(may_share, cache_control_says(cc, CC_S_MAXAGE));
    may_share = truth_or(may_share, cache_control_says(cc, CC_MUST_REVALIDATE));
    return verdict(may_share, STORABLE_AUTHORIZATION);
}

/* "at least one of the following" */
static struct storability by_permission(const struct facts *f, const struct cache_control *cc,
                                        bool has_expires, enum cache_kind kind)
{
    enum truth allowed = truth_of(has_expires || cache_control_has(cc, CC_MAX_AGE) ||
                                  status_is_heuristically_cacheable(f->x->status));
    allowed = truth_or(allowed, cache_control_says(cc, CC_PUBLIC));
    if (kind == SHARED_CACHE)
        allowed = truth_or(allowed, truth_of(cache_control_has(cc, CC_S_MAXAGE)));
    else
        allowed = truth_or(allowed, truth_of(cache_control_says(cc, CC_PRIVATE) != NO));
    return verdict(allowed, STORABLE_NOT_ALLOWED);
}

/* Whole for the cache, whether or not the capture has every octet of it. */
static struct storability by_completeness(const struct exchange *x)
{
    switch (x->ending) {
    case ENDED_COMPLETE:
        return verdict(YES, STORABLE_OK);
    case ENDED_CLOSED:
        return verdict(x->flaws & FLAW(ENDED_BY_CLOSE) ? YES : NO, STORABLE_INCOMPLETE);
    case ENDED_RESET:
        return verdict(NO, STORABLE_INCOMPLETE);
    default:
        return verdict(UNKNOWN, STORABLE_UNSEEN);
    }
}

/* The worst of the conditions: the first NO, else the first UNKNOWN. */
static struct storability worst(const struct storability *conditions, size_t count)
{
    struct storability result = verdict(YES, STORABLE_OK);
    for (size_t i = 0; i < count; i++) {
        if (conditions[i].storable == NO)
            return conditions[i];
        if (conditions[i].storable == UNKNOWN && result.storable == YES)
            result = conditions[i];
    }
    return result;
}

static struct storability under_policy(const struct facts *f, const struct cache_control *cc,
                                       bool has_expires, enum cache_kind kind)
{
    const struct storability conditions[] = {
        by_no_store(f, cc),
        by_sharing(f, cc, kind),
        by_permission(f, cc, has_expires, kind),
    };
    return worst(conditions, COUNT_OF(conditions));
}

/* Which of two policies a shared cache goes by cannot be seen (RFC 9213 §2.2). */
static struct storability by_policy(const struct facts *f, enum cache_kind kind)
{
    const struct response_facts *r = &f->response;
    struct storability plain = under_policy(f, &r->cc, date_is_present(&r->expires), kind);
    if (kind == PRIVATE_CACHE || r->targeted.lines == 0)
        return plain;
    struct storability targeted = under_policy(f, &r->targeted, false, kind);
    if (plain.storable == targeted.storable)
        return plain;
    return verdict(UNKNOWN, plain.storable == YES ? targeted.reason : plain.reason);
}

struct storability storability_of(const struct facts *f, enum cache_kind kind)
{
    enum truth request_no_store = cache_control_says(&f->request.cc, CC_NO_STORE);

    if (!f->is_get && !f->is_head)
        return f->x->request.seen ? verdict(NO, STORABLE_METHOD)
                                  : verdict(UNKNOWN, STORABLE_UNSEEN);
    if (!f->response_head_whole || f->x->status == 0)
        return verdict(UNKNOWN, STORABLE_UNSEEN);
    const struct storability conditions[] = {
        by_status(f->x->status),
        request_no_store == NO ? verdict(YES, STORABLE_OK)
                               : forbidden(request_no_store, STORABLE_REQUEST_NO_STORE),
        by_policy(f, kind),
        by_completeness(f->x),
        verdict(f->request_head_whole ? YES : UNKNOWN, STORABLE_UNSEEN),
    };
    return worst(conditions, COUNT_OF(conditions));
}

static bool lives(const struct freshness *freshness, enum cache_kind kind, enum reading reading)
{
    return freshness_lifetime(freshness, kind, reading).seconds > 0;
}

enum truth is_useful_to_store(const struct facts *f, enum cache_kind kind)
{
    struct freshness freshness;
    freshness_of(&freshness, f);
    enum truth use = truth_of(f->response.etag.valid || date_is_valid(&f->response.last_modified) ||
                              lives(&freshness, kind, STRICT));
    if (use == NO && lives(&freshness, kind, GENEROUS))
        use = UNKNOWN;
    return truth_and(storability_of(f, kind).storable, use);
}

const char *storable_reason_word(enum storable_reason reason)
{
    static const char *const words[] = {
        [STORABLE_OK] = "storable",
        [STORABLE_METHOD] = "method",
        [STORABLE_STATUS] = "status",
        [STORABLE_NO_STORE] = "no-store",
        [STORABLE_REQUEST_NO_STORE] = "no-store in the request",
        [STORABLE_PRIVATE] = "private",
        [STORABLE_AUTHORIZATION] = "authorization",
        [STORABLE_NOT_ALLOWED] = "nothing allows it",
        [STORABLE_INCOMPLETE] = "incomplete",
        [STORABLE_UNSEEN] = "not seen",
    };
    return (size_t)reason < COUNT_OF(words) ? words[reason] : "";
}
