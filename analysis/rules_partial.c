/* SPDX-License-Identifier: MIT */
/*
 * What a 206 must carry like the 200 that it is a part of (RFC 9110 §15.3.7): the same six fields
 * that a 304 must. The 200 it is held against has its strong validator, and came from the same
 * server; without one nothing is said.
 */

#include <stddef.h>

#include "analysis/rules.h"

#define DAY_NS (INT64_C(86400) * 1000000000)

static const struct rule rows[1];

static enum due_field first_of(unsigned set)
{
    unsigned f = 0;
    while (!(set >> f & 1))
        f++;
    return (enum due_field)f;
}

/* As for a 304: max-age makes Expires idle, other users may be told other things, time and losses
 * make the 200 a weaker witness. */
static void weaken(struct verdict *v, const struct evidence *e, unsigned missing)
{
    const struct reference *r = &e->refs.before;
    if (missing == 1u << DUE_EXPIRES && cache_control_has(&r->representation->cc, CC_MAX_AGE)) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "max-age makes caches ignore Expires (RFC 9111 §5.3)";
    }
    if (r->other_user)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (e->facts->t_req0 - r->at.t_rsp0 > DAY_NS)
        demote(v, "the 200 is more than a day older");
    if (evidence_lost(e, r->at.t_rsp0, e->facts->t_rsp1))
        demote(v, "something to this server was lost in between");
}

static enum judgement judge_missing(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct reference *r = &e->refs.before;
    if (e->x->status != 206 || !x->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (!r->representation)
        return withhold(v, GUARD_NO_REFERENCE);
    unsigned missing = r->representation->carries & ~due_fields_of(&e->x->response.head);
    if (!missing)
        return PASSED;
    if (missing & e->fields.lacked)
        return withhold(v, GUARD_FLEET);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    enum field_token token = due_field_token(first_of(missing));
    accuse(v, &rows[0].card, "the 206 has no {}: {}; the 200 that it is a part of has");
    say_text(v, field_name_of(token));
    say_text(v, head_first(&r->representation->head, token));
    v->reference = r;
    weaken(v, e, missing);
    return FIRED;
}

static const struct rule rows[1] = {
    {
        .card =
            {
                .id = "206-missing-metadata",
                .group = "304-violation",
                .severity = SEVERITY_ERROR,
                .norm = NORM_MUST,
                .party = "responder",
                .section = "RFC 9110 §15.3.7",
                .formerly = "RFC 7233 §4.1",
                .title = "a part without a field that the whole has",
                .means = "Date, Cache-Control, ETag, Expires, Content-Location and Vary must be in "
                         "a 206 where a 200 would have them: without them a cache cannot tell "
                         "which representation the part belongs to, or how long it may be kept.",
                .remedy = "Set these fields before the range is cut, for 200 and 206 alike (nginx: "
                          "add_header covers 206; Apache: Header always; frameworks: in the layer "
                          "that serves files, not in one that sees whole responses only).",
            },
        .subjects = SUBJECT_206,
        .judge = judge_missing,
    },
};

const struct rule_set rules_partial = {rows, 1};
