/* SPDX-License-Identifier: MIT */
/*
 * Whether a cache can tell from the validators of a 304 which of its stored responses is meant (RFC
 * 9111 §4.3.4): the tag has the strength that the 200 gave it, and there is a validator at all.
 */

#include <stddef.h>

#include "analysis/rules.h"

#define NS_PER_S INT64_C(1000000000)

enum row { STRENGTH_FLIP, NO_VALIDATOR, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 304-etag-strength-flip ---- */

static const char *const flip_variants[] = {"nginx-gzip", NULL};

enum likeness { LIKE_NONE, LIKE_SAME, LIKE_FLIPPED };

/* It went through an intermediary and the 304 did not: on both sides of a cache the URL may be the
 * same, and the cache hands on what the 304 told it. */
static bool is_from_other_side(const struct evidence *e, const struct representation *r)
{
    return r->signs & ~e->facts->response.intermediary_signs & (SIGN_VIA | SIGN_X_VARNISH);
}

/* Does this 200 carry the tag of the 304, and with which strength? */
static enum likeness likeness_of(const struct evidence *e, const struct reference *r)
{
    const struct entity_tag *tag = &e->facts->response.etag;
    if (!r->representation || !entity_tag_weak_equal(tag, &r->representation->etag) ||
        is_from_other_side(e, r->representation))
        return LIKE_NONE;
    return tag->weak == r->representation->etag.weak ? LIKE_SAME : LIKE_FLIPPED;
}

/* The client, which was told the tag in a 200, wrote it with the other strength. */
static bool was_offered_otherwise(const struct evidence *e)
{
    const struct entity_tag *tag = &e->facts->response.etag;
    struct slice rest = e->facts->request.if_none_match.text;
    struct entity_tag member;
    while (tag_list_next(&rest, &member))
        if (entity_tag_weak_equal(&member, tag) && member.weak != tag->weak)
            return true;
    return false;
}

/* nginx compresses on the fly, weakens the tag of the 200 for it, and not that of the 304. */
static bool is_nginx_gzip(const struct evidence *e, const struct representation *r)
{
    return !e->facts->response.etag.weak &&
           slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING), SLICE("gzip")) &&
           slice_starts_with_nocase(representation_says(r, FIELD_SERVER), SLICE("nginx"));
}

/* Last-Modified, where it is strong, identifies the stored response all the same. */
static bool date_rescues(const struct evidence *e, const struct representation *r)
{
    const struct response_facts *n = &e->facts->response;
    int64_t modified = n->last_modified.date.seconds;
    return modified != NO_DATE && modified == r->last_modified &&
           (n->last_modified_is_strong == YES ||
            last_modified_is_strong(modified, r->first.date) == YES);
}

static void demote_flip(const struct evidence *e, struct verdict *v, const struct reference *r)
{
    bool both = e->refs.before.representation && likeness_of(e, &e->refs.after) == LIKE_FLIPPED;
    int64_t apart = e->facts->t_req0 - r->at.t_rsp1;
    if (r->other_user)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (r == &e->refs.after)
        demote(v, "the 200 with it came only after the 304");
    if (!both && apart > e->thresholds->reference_max_s * NS_PER_S)
        demote(v, "the 200 lies far back");
    if (!both && is_another_software(e, r->representation))
        demote(v, "Server changed in between");
    if (reference_is_tainted(e))
        demote(v, "responses of this server in between were lost at the tap");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
}

static enum judgement judge_flip(const struct evidence *e, struct verdict *v)
{
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    if (!e->facts->response.etag.valid)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_SOUND_304))
        return WITHHELD;
    enum likeness before = likeness_of(e, p), after = likeness_of(e, f);
    if (before == LIKE_SAME)
        return PASSED;
    if (before == LIKE_NONE && p->representation)
        return withhold(v, GUARD_NO_REFERENCE); /* what came last was something else */
    if (before == LIKE_NONE && !was_offered_otherwise(e))
        return withhold(v, GUARD_NO_REFERENCE); /* no later 200 is worth waiting for */
    if (!e->closing)
        return wait_for(v, WAIT_FOR_REFERENCE);
    if (before == LIKE_NONE && after != LIKE_FLIPPED)
        return after == LIKE_SAME ? PASSED : withhold(v, GUARD_NO_REFERENCE);
    if (after == LIKE_SAME)
        return withhold(v, GUARD_CONTRADICTED);

    const struct reference *r = before == LIKE_FLIPPED ? p : f;
    accuse(v, CARD(STRENGTH_FLIP), "ETag: {} in the 304, {} in the 200: one of them is weak");
    say_text(v, e->facts->response.etag.text);
    say_text(v, r->representation->etag.text);
    v->reference = r;
    if (is_nginx_gzip(e, r->representation))
        v->variant = "nginx-gzip";
    if (date_rescues(e, r->representation)) {
        v->severity = SEVERITY_WARNING;
        v->note = "Last-Modified is a strong validator here: caches can go by it";
    }
    demote_flip(e, v, r);
    return FIRED;
}

/* ---- 304-no-validator ---- */

static enum judgement judge_no_validator(const struct evidence *e, struct verdict *v)
{
    const struct head *head = &e->x->response.head;
    const struct reference *p = &e->refs.before;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD | NEEDS_SOUND_304))
        return WITHHELD;
    if (head_has(head, FIELD_ETAG) || head_has(head, FIELD_LAST_MODIFIED))
        return PASSED;
    if (!p->representation || !p->matches)
        return withhold(v, GUARD_NO_REFERENCE);
    if (!slice_is_absent(p->representation->etag.text) ||
        p->representation->last_modified == NO_DATE)
        return PASSED; /* 304-missing-etag says it, or there is nothing to say */
    accuse(v, CARD(NO_VALIDATOR),
           "the 304 has no validator, the 200 has Last-Modified: {}: consider sending it");
    say_text(v, representation_says(p->representation, FIELD_LAST_MODIFIED));
    v->reference = p;
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [STRENGTH_FLIP] =
        {
            .card =
                {
                    .id = "304-etag-strength-flip",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §15.4.5, RFC 9111 §4.3.4",
                    .formerly = "RFC 7232 §4.1, RFC 7234 §4.3.4",
                    .title = "a 304 has the tag of its 200, but strong for weak or weak for strong",
                    .means =
                        "The ETag of a 304 is the one that the 200 would have had, W/ and all. A "
                        "strict cache that stored W/\"x\" and is told \"x\" has no response with "
                        "that "
                        "strong validator, must not use the 304, and transfers everything again. "
                        "Known of nginx with gzip, which weakens the tag of the compressed 200 "
                        "only; where Last-Modified comes along, caches can go by that.",
                    .remedy =
                        "Give 200 and 304 the same tag (nginx: compress beforehand and serve with "
                        "gzip_static, or keep Last-Modified on the 304; Apache and applications: "
                        "weaken the tag before the condition is evaluated).",
                    .variants = flip_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_flip,
        },
    [NO_VALIDATOR] =
        {
            .card =
                {
                    .id = "304-no-validator",
                    .group = "304-violation",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "responder",
                    .section = "RFC 9111 §4.3.4",
                    .formerly = "RFC 7234 §4.3.4",
                    .title = "a 304 without ETag and Last-Modified, though its 200 has a date",
                    .means = "Not forbidden: Last-Modified is none of the six fields. But a 304 "
                             "without any validator updates only a single stored response that has "
                             "none either, so a strict cache cannot make its copy fresh again.",
                    .remedy = "Send Last-Modified with a 304 where there is no ETag; better, send "
                              "entity tags.",
                },
            .subjects = SUBJECT_304,
            .judge = judge_no_validator,
        },
};

const struct rule_set rules_304_validators = {rows, ROWS};
