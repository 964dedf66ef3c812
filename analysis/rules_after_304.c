/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a 304, seen from what the client asks next (RFC 9111 §4.3.4): its copy is fresh
 * again and is used without asking, if the 304 was fit for that; it keeps the tag that it has; and
 * it does have the octets.
 */

#include "analysis/rules_after_304.h"

#include <stddef.h>

#include "analysis/rules_waste.h"
#include "analysis/shared_cache.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)

enum row { NOT_FRESHENING, UPDATE_IGNORED, THEN_REFETCH, FOREIGN_TAG, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 304-not-freshening ---- */

static const char *const freshening_variants[] = {"frozen-date", "frozen-expires", "no-expires",
                                                  NULL};

static const struct {
    const char *variant, *message;
} unfreshened[] = {
    [UNFRESHENED_FROZEN_DATE] = {"frozen-date",
                                 "asked again {} s after a 304 whose Date stood still: the copy, "
                                 "meant to live {} s, was stale when it came"},
    [UNFRESHENED_FROZEN_EXPIRES] = {"frozen-expires",
                                    "asked again {} s after a 304 whose Expires is over: the copy, "
                                    "meant to live {} s, was stale when it came"},
    [UNFRESHENED_NO_EXPIRES] = {"no-expires",
                                "asked again {} s after a 304 without Expires, so that the old one "
                                "holds: the copy, meant to live {} s, was stale when it came"},
};

static enum judgement judge_not_freshening(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct after_304 *after = e->held.after;
    if (!x->is_get || !x->request.is_conditional || !after || !after->exchange_id ||
        !e->held.asked_with)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    int64_t apart_s = (x->t_req0 - after->t_rsp1) / NS_PER_S;
    if (after->unfreshened == UNFRESHENED_NOT || apart_s < 0 ||
        apart_s + e->thresholds->guard_s >= after->nominal_s || after->heeds_nothing)
        return PASSED;
    if (x->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    accuse(v, CARD(NOT_FRESHENING), unfreshened[after->unfreshened].message);
    say_number(v, apart_s);
    say_number(v, after->nominal_s);
    v->variant = unfreshened[after->unfreshened].variant;
    v->claim.kind = CLAIM_ELIMINATE;
    v->reference_exchange_id = after->exchange_id;
    confine_to_client(v, e);
    if (after->unfreshened != UNFRESHENED_FROZEN_DATE && !after->expires_moves) {
        v->confidence = CONFIDENCE_POSSIBLE;
        v->note = "Expires may mean that very moment";
    }
    if (evidence_lost(e, after->t_rsp0, x->t_req0))
        demote(v, "responses of this server in between were lost at the tap");
    return FIRED;
}

/* ---- 304-update-ignored ---- */

/* A10: it may have taken the lifetime back. */
static bool was_lost_since(const struct evidence *e)
{
    return server_lost(e->server, e->held.arrived_ns, e->facts->t_req0);
}

bool ignores_update(const struct evidence *e)
{
    const struct held *h = &e->held;
    return h->after && h->fresh && h->fresh_by_304 && h->asked_with && !h->after->heeds_nothing &&
           !wants_fresher(&e->facts->request) && !was_lost_since(e);
}

static const char *const ignored_variants[] = {"proxy", NULL};

/* Does the 304 say something else than the 200 that it freshens, and not only how much of the same
 * time is left? */
static bool changes_policy(const struct cache_control *stored, const struct cache_control *now)
{
    return stored->lines == 1 && now->lines == 1 && !cache_control_equal(stored, now) &&
           (stored->present != now->present ||
            cache_control_seconds(now, CC_MAX_AGE, STRICT) >
                cache_control_seconds(stored, CC_MAX_AGE, STRICT));
}

/* Another pair, or a later 200 that the 304 is about; of any server, since a proxy may ask several.
 */
static bool was_lost_at_proxy(const struct evidence *e, int64_t from_ns)
{
    return !e->upstream || server_lost(e->anywhere, from_ns, e->heard_until_ns);
}

static const struct outdated {
    enum field_token field;
    const char *message;
} outdated_fields[] = {
    {FIELD_CACHE_CONTROL, "told {} by a 304, it sends what it stored with {} still"},
    {FIELD_EXPIRES, "told Expires: {} by a 304, it sends what it stored with {} still"},
    {FIELD_DATE, "told by a 304 of {}, it sends what it stored with the Date of {} still"},
};

/* One line, word for word that of the 200 that was stored. */
static bool is_as_stored(const struct head *sent, const struct head *stored, enum field_token field)
{
    return head_count(sent, field) == 1 && head_count(stored, field) == 1 &&
           slice_equal(head_first(sent, field), head_first(stored, field));
}

static bool is_later(const struct evidence *e, const struct date_fact *now, struct slice stored)
{
    struct http_date before = http_date_parse(stored, e->facts->t_rsp0 / NS_PER_S);
    return now->lines == 1 && date_is_valid(now) && before.seconds != NO_DATE &&
           now->date.seconds > before.seconds + e->thresholds->guard_s;
}

/* Older than the 304 by what it says itself: another process of the proxy, whom the 304 did not
 * reach, may have sent it. */
static bool is_of_another_store(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    int64_t since_s = (e->facts->t_rsp0 - e->outer->inner->leg.t_rsp0) / NS_PER_S;
    return r->age_state == AGE_VALID &&
           r->age > since_s + e->inner->response.age + e->thresholds->guard_s;
}

/* What the 304 said anew, and was sent on as it had come with the 200; NULL: nothing. Expires means
 * nothing beside max-age (RFC 9111 §5.3), and a Date alone may be of a copy that is not meant. */
static const struct outdated *find_outdated(const struct evidence *e, const struct head *stored)
{
    const struct response_facts *r = &e->facts->response, *told = &e->inner->response;
    const struct head *sent = &e->x->response.head;
    struct cache_control cc;
    cache_control_parse(&cc, stored, FIELD_CACHE_CONTROL);
    if (r->cc.lines == 1 && changes_policy(&cc, &told->cc) && cache_control_equal(&r->cc, &cc))
        return &outdated_fields[0];
    if (is_of_another_store(e))
        return NULL;
    if (!cache_control_has(&r->cc, CC_MAX_AGE) && !cache_control_has(&r->cc, CC_S_MAXAGE) &&
        is_as_stored(sent, stored, FIELD_EXPIRES) &&
        is_later(e, &told->expires, head_first(stored, FIELD_EXPIRES)))
        return &outdated_fields[1];
    if (is_as_stored(sent, stored, FIELD_DATE) &&
        is_later(e, &told->date, head_first(stored, FIELD_DATE)))
        return &outdated_fields[2];
    return NULL;
}

/* Both sides of a cache: it was told 304, and sends the client what it stored with the fields of
 * then, word for word. Who writes fields of its own for clients does not write just those. */
static enum judgement judge_ignoring_proxy(const struct evidence *e, struct verdict *v)
{
    if (LIKELY(!e->outer) || !e->facts->is_get)
        return NOT_APPLICABLE;
    if (waits_for_inner(e) || (e->inner && !e->closing))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (!e->inner || e->inner->x->status != 304 || !e->outer->inner->freshens)
        return NOT_APPLICABLE;
    if (!e->facts->is_paired || !e->inner->is_paired)
        return withhold(v, GUARD_PAIRING_UNSURE);
    if (!is_pair_certain(e))
        return withhold(v, GUARD_OTHER_SIDE);
    const struct inner_leg *full = e->outer->inner->freshens;
    if (e->outer->inner->leg.t_rsp0 > e->outer->leg.t_rsp0)
        return PASSED; /* it had answered before, which stale-while-revalidate may allow */
    if (e->facts->response.targeted.lines || e->inner->response.targeted.lines || full->surrogate)
        return PASSED;
    const struct outdated *outdated = find_outdated(e, e->freshened);
    if (!outdated)
        return PASSED;
    accuse(v, CARD(UPDATE_IGNORED), outdated->message);
    say_text(v, head_first(&e->inner->x->response.head, outdated->field));
    say_text(v, head_first(&e->x->response.head, outdated->field));
    v->variant = "proxy";
    v->party = "intermediary";
    v->reference_exchange_id = e->outer->inner->leg.id;
    if (was_lost_at_proxy(e, full->leg.t_rsp0))
        demote(v, "something was lost on one side of the proxy: a later 200 may have been");
    return FIRED;
}

static enum judgement judge_ignored(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct held *h = &e->held;
    if (e->x->status == 200)
        return judge_ignoring_proxy(e, v);
    if (!e->closing) {
        if (!x->is_get || !x->request.is_conditional || !h->after || !h->asked_with)
            return NOT_APPLICABLE;
        if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
            return WITHHELD;
        if (!h->fresh || !h->fresh_by_304 || h->after->heeds_nothing)
            return PASSED;
        if (wants_fresher(&x->request))
            return withhold(v, GUARD_RELOAD);
    }
    if (was_lost_since(e))
        return withhold(v, GUARD_LOSS);
    accuse(v, CARD(UPDATE_IGNORED),
           "asked \"changed?\" {} s after a 304 that made it fresh for {} s: only by the fields of "
           "the 200 it is stale");
    say_number(v, (x->t_req0 - h->contact_ns) / NS_PER_S);
    say_number(v, h->lifetime_s);
    v->claim.kind = CLAIM_ELIMINATE;
    blame_client(v, e);
    if (e->closing)
        return FIRED;
    if (h->after->ignored + 1 >= e->thresholds->update_ignored_min)
        return wait_for(v, WAIT_FOR_LOSSES);
    v->counted = COUNTED_IGNORED;
    v->ripens = true;
    return wait_for(v, WAIT_FOR_COUNT);
}

/* ---- 304-then-refetch ---- */

bool is_refetch_after_304(const struct evidence *e)
{
    const struct facts *x = e->facts;
    struct verdict v;
    return e->x->status == 200 && e->held.after && is_plain_get(x) &&
           after_304_is_followed(e->held.after, x) && had_it(e, &v) == PASSED &&
           e->held.is_stored && !x->request.wants_reload;
}

void accuse_304_before_refetch(struct verdict *v, enum confidence confidence)
{
    accuse(v, CARD(THEN_REFETCH), "304, and then the client fetched the whole all the same");
    v->claim.kind = CLAIM_ELIMINATE;
    v->confidence = confidence;
}

/* It may turn out to have been for nothing. */
static enum judgement await_refetch(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!x->is_get || !x->request.is_conditional || !e->held.known || !e->held.asked_with ||
        !e->held.is_stored)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    accuse_304_before_refetch(v, CONFIDENCE_LIKELY);
    blame_client(v, e);
    v->counted = COUNTED_REFETCH;
    return wait_for(v, WAIT_FOR_COUNT);
}

static enum judgement judge_refetch(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct after_304 *after = e->held.after;
    if (e->x->status == 304)
        return await_refetch(e, v);
    if (!is_plain_get(x) || !after || !after_304_is_followed(after, x))
        return NOT_APPLICABLE;
    enum judgement had = had_it(e, v);
    if (had != PASSED)
        return had;
    if (x->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    if (!e->held.is_stored)
        return PASSED;
    accuse(v, CARD(THEN_REFETCH), "{} octets {} s after a 304 said that the client has them");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_number(v, (x->t_req0 - after->t_rsp1) / NS_PER_S);
    v->claim.kind = CLAIM_REPLACE;
    blame_client(v, e);
    v->reference = NULL;
    v->reference_exchange_id = after->exchange_id;
    return FIRED;
}

/* ---- 304-adopted-foreign-tag ---- */

static enum judgement judge_foreign(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (e->adoption.exchange_id == 0)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (!e->adoption.has_client)
        return withhold(v, GUARD_NO_CLIENT);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(FOREIGN_TAG),
           "offers {}, which only a 304 gave to it, that it had not asked by it: no 200 did");
    say_text(v, x->request.if_none_match.text);
    v->reference_exchange_id = e->adoption.exchange_id;
    if (e->cache_is_shared)
        v->party = "intermediary";
    confine_to_client(v, e);
    if (evidence_lost(e, e->adoption.from_ns, x->t_req0))
        demote(v, "a 200 with that tag may have been lost at the tap");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
    return FIRED;
}

/* ---- the rows ---- */

#define S_FRESHEN     "RFC 9111 §4.3.4"
#define S_FRESHEN_OLD "RFC 7234 §4.3.4"

static const struct rule rows[ROWS] = {
    [NOT_FRESHENING] =
        {
            .card =
                {
                    .id = "304-not-freshening",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "responder",
                    .section = S_FRESHEN ", §4.2.3",
                    .formerly = S_FRESHEN_OLD ", §4.2.3",
                    .title = "a 304 leaves the copy as stale as it was, so the client asks again",
                    .means =
                        "A cache takes Date and Expires from the 304 and reckons the age anew. "
                        "Where they are still those of the 200, the lifetime that the policy gives "
                        "is over before it begins, and every use is another round trip.",
                    .remedy =
                        "Let every 304 carry the Date of its own making, and Expires reckoned from "
                        "it (or better, max-age); look for an inner cache that sends a stored 304 "
                        "again.",
                    .variants = freshening_variants,
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 20,
            .judge = judge_not_freshening,
        },
    [UPDATE_IGNORED] =
        {
            .card =
                {
                    .id = "304-update-ignored",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "client-cache",
                    .section = S_FRESHEN ", §3.2",
                    .formerly = S_FRESHEN_OLD,
                    .title = "a cache does not take over what 304s tell it",
                    .means =
                        "It heeds the lifetime of the 200, but not that of the 304s after it, "
                        "which "
                        "begins with each of them: once the first is over it asks at every use. "
                        "Only where that happened several times, and where the client never asked "
                        "while the 200 itself was fresh. Of a cache whose both sides are in the "
                        "capture it is plain at once: it was told another Cache-Control, Expires "
                        "or "
                        "Date by the 304 and sends on the one of the 200.",
                    .remedy = "Update the stored fields, Date first, with those of each 304 that "
                              "confirms them, and reckon the age from then on.",
                    .variants = ignored_variants,
                },
            .subjects = SUBJECT_304 | SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 19,
            .judge = judge_ignored,
        },
    [THEN_REFETCH] =
        {
            .card =
                {
                    .id = "304-then-refetch",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9111 §4.3.3",
                    .formerly = "RFC 7234 §4.3.3",
                    .title = "the client is told that nothing changed, and fetches the whole",
                    .means =
                        "It has the validator, but no octets that it can use: the question was for "
                        "nothing, and the transfer should not have been needed.",
                    .remedy = "Keep validators and content together, and drop the one with the "
                              "other; ask "
                              "by a condition only where the content is at hand.",
                },
            .subjects = SUBJECT_304 | SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 8,
            .judge = judge_refetch,
        },
    [FOREIGN_TAG] =
        {
            .card =
                {
                    .id = "304-adopted-foreign-tag",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "client-cache",
                    .section = S_FRESHEN,
                    .formerly = S_FRESHEN_OLD,
                    .title = "a cache took a new tag for its old content from a 304",
                    .means = "The 304 named a strong tag that the client had not offered, so it "
                             "spoke of "
                             "a response that the cache does not have, and must not be used. Now "
                             "the old "
                             "content bears the new tag, every revalidation confirms it, and it is "
                             "stale "
                             "for ever.",
                    .remedy =
                        "Use a 304 only for stored responses with the strong validator that it "
                        "names. On the server: see 304-etag-not-in-inm.",
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_foreign,
        },
};

const struct rule_set rules_after_304 = {rows, ROWS};
