/* SPDX-License-Identifier: MIT */
/*
 * Content-Length of a 304: if it is there, it is that of the 200 to the same request (RFC 9110
 * §8.6). Known where validator and octets show that it would have been the same representation.
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/rules_304.h"

static const struct rule rows[1];
#define CARD (&rows[0].card)

static const char *const length_mismatch_variants[] = {"zero", NULL};

/* Does the tag say that both are the same octets? */
static bool is_same_strong(const struct evidence *e, const struct representation *r)
{
    const struct entity_tag *tag = &e->facts->response.etag;
    const struct tag_list *offered = &e->facts->request.if_none_match;
    if (!slice_is_absent(tag->text))
        return entity_tag_strong_equal(tag, &r->etag);
    return offered->valid == 1 && offered->members == 1 &&
           tag_list_has_strong(offered, &r->etag) == YES;
}

/* Without tags: equal dates, and octets that were the same before and after. */
static bool may_be_same_by_date(const struct evidence *e)
{
    const struct representation *p = e->refs.before.representation;
    int64_t modified = e->facts->response.last_modified.date.seconds;
    return slice_is_absent(e->facts->response.etag.text) && slice_is_absent(p->etag.text) &&
           modified != NO_DATE && p->last_modified == modified && digest_is_set(p->digest);
}

static bool is_same_by_date(const struct evidence *e)
{
    const struct representation *p = e->refs.before.representation;
    const struct representation *f = e->refs.after.representation;
    return may_be_same_by_date(e) && f && f->last_modified == p->last_modified &&
           digest_equal(p->digest, f->digest);
}

static enum judgement accuse_length(const struct evidence *e, struct verdict *v,
                                    const struct reference *r)
{
    const struct response_facts *n = &e->facts->response;
    accuse(v, CARD,
           "Content-Length: {} in the 304, but the 200 with the same "
           "validator has {} octets");
    say_number(v, (int64_t)n->content_length);
    say_number(v, (int64_t)r->representation->content_octets);
    v->reference = r;
    if (n->content_length == 0) {
        v->variant = "zero";
        if (entity_tag_strong_equal(&n->etag, &r->representation->etag))
            v->confidence = CONFIDENCE_CERTAIN;
    }
    if (!r->representation->has_length)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    demote_for_gaps(e, v);
    return FIRED;
}

/* Where only a later 200 can tell, nothing but the strong tag may say that it is the same (A9). */
static enum judgement judge_length_by_later(const struct evidence *e, struct verdict *v)
{
    const struct reference *f = &e->refs.after;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_REFERENCE);
    if (!f->representation)
        return withhold(v, GUARD_NO_REFERENCE);
    if (!f->representation->body_whole)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (!is_same_strong(e, f->representation) ||
        f->representation->content_octets == e->facts->response.content_length)
        return PASSED;
    accuse_length(e, v, f);
    demote(v, "the 200 with these octets came only after the 304");
    return FIRED;
}

static enum judgement judge_length_mismatch(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *n = &e->facts->response;
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    if (n->length_state != LENGTH_VALID || !e->facts->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_SOUND_304))
        return WITHHELD;
    if (!p->representation)
        return judge_length_by_later(e, v);
    if (!p->representation->body_whole)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    bool by_tag = is_same_strong(e, p->representation);
    if (p->representation->content_octets == n->content_length ||
        (!by_tag && !may_be_same_by_date(e)))
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_REFERENCE);
    if (!by_tag && !is_same_by_date(e))
        return PASSED;
    if (f->representation && by_tag && is_same_strong(e, f->representation) &&
        f->representation->body_whole &&
        f->representation->content_octets != p->representation->content_octets)
        return withhold(v, GUARD_CONTRADICTED);
    return accuse_length(e, v, p);
}

/* ---- the row ---- */

static const struct rule rows[1] = {
    {
        .card =
            {
                .id = "304-content-length-mismatch",
                .group = "304-violation",
                .severity = SEVERITY_ERROR,
                .norm = NORM_MUST,
                .party = "responder",
                .section = "RFC 9110 §8.6",
                .formerly = "RFC 7230 §3.3.2",
                .title = "Content-Length of a 304 is not that of its 200",
                .means = "A 304 may carry Content-Length only if it equals the octets that a 200 "
                         "would have brought. Some caches take the number for the stored response "
                         "and then break it; zero is the usual form of the fault.",
                .remedy = "Leave Content-Length out of 304s, or set it to the length of the "
                          "representation; look for frameworks that add Content-Length: 0 to "
                          "empty bodies.",
                .variants = length_mismatch_variants,
            },
        .subjects = SUBJECT_304,
        .judge = judge_length_mismatch,
    },
};

const struct rule_set rules_304_length = {rows, 1};
