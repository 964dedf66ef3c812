/* SPDX-License-Identifier: MIT */
/*
 * A 304 answers a condition, and one that was false (RFC 9110 §15.4.5, §13.1.2, §13.1.3): was there
 * any that can lead to a 304, and is the tag that it names one of those offered? And what other
 * families ask of that.
 *
 * What else a 304 must be is in the files beside: rules_304_form.c has what is wrong whatever the
 * 200 was, rules_304_missing.c the six fields, rules_304_surplus.c metadata that is too much,
 * rules_304_length.c its Content-Length, rules_304_validators.c the strength of its tag,
 * rules_304_policy.c a policy that is not that of the 200s around it, rules_304_history.c what the
 * URL answered before and after.
 */

#include "analysis/rules_304.h"

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/rules_legs.h"
#include "analysis/shared_cache.h"

enum row { UNSOLICITED, ETAG_NOT_IN_INM, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 304-unsolicited ---- */

static const char *const unsolicited_variants[] = {"invalid-ims", "304-from-if-range", NULL};

bool may_be_mispaired(const struct evidence *e)
{
    return e->x->flaws & FLAW(MID_CONNECTION);
}

static bool has_working_condition(const struct request_facts *q)
{
    return q->if_none_match.kind != TAG_LIST_ABSENT || date_is_valid(&q->if_modified_since) ||
           q->other_condition;
}

static enum judgement judge_unsolicited(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (has_working_condition(q))
        return PASSED;
    if (may_be_mispaired(e))
        return withhold(v, GUARD_PAIRING_UNSURE);
    if (date_is_present(&q->if_modified_since)) {
        accuse(v, CARD(UNSOLICITED),
               "304 although the only condition, If-Modified-Since: {}, is no valid date and must "
               "be ignored");
        say_text(v, q->if_modified_since.text);
        v->variant = "invalid-ims";
    } else if (q->is_conditional || q->if_range != IF_RANGE_ABSENT) {
        accuse(v, CARD(UNSOLICITED),
               "304 to a request whose only conditions (If-Match, "
               "If-Unmodified-Since, If-Range) cannot lead to one");
        v->variant = "304-from-if-range";
    } else {
        accuse(v, CARD(UNSOLICITED), "304 to a request without any condition");
    }
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- 304-etag-not-in-inm ---- */

static const char *const etag_not_in_inm_variants[] = {"suffix", NULL};

enum truth date_explains_304(const struct evidence *e)
{
    const struct date_fact *ims = &e->facts->request.if_modified_since;
    if (!date_is_valid(ims))
        return NO;
    int64_t modified = e->facts->response.last_modified.date.seconds;
    const struct reference *p = &e->refs.before;
    if (modified == NO_DATE && p->representation &&
        entity_tag_weak_equal(&p->representation->etag, &e->facts->response.etag))
        modified = p->representation->last_modified;
    if (modified == NO_DATE)
        return UNKNOWN;
    return truth_of(modified <= ims->date.seconds);
}

/* A 200 that was lost could have told that it does. */
static bool date_may_explain_304(const struct evidence *e)
{
    return date_is_valid(&e->facts->request.if_modified_since) &&
           e->facts->response.last_modified.date.seconds == NO_DATE;
}

static enum judgement judge_etag_not_in_inm(const struct evidence *e, struct verdict *v)
{
    const struct tag_list *offered = &e->facts->request.if_none_match;
    const struct entity_tag *tag = &e->facts->response.etag;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD))
        return WITHHELD;
    if (offered->kind != TAG_LIST_TAGS || slice_is_absent(tag->text))
        return NOT_APPLICABLE;
    if (tag_list_has_tolerant(offered, tag, NULL))
        return PASSED;
    if (offered->malformed || !tag->valid)
        return withhold(v, GUARD_MALFORMED);
    enum tag_kinship kinship = tag_list_kinship(offered, tag, NULL);
    if (kinship == TAGS_UNRELATED && may_be_mispaired(e))
        return withhold(v, GUARD_PAIRING_UNSURE);
    if (kinship == TAGS_UNRELATED && date_explains_304(e) == YES)
        return PASSED; /* ims-honoured-over-inm says why */
    if (waits_for_inner(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (is_union_leak(e))
        return PASSED; /* proxy-304-union-leak says why */
    accuse(v, CARD(ETAG_NOT_IN_INM), "304 with ETag {}, which is not among the tags offered: {}");
    say_text(v, tag->text);
    say_text(v, offered->text);
    v->confidence = CONFIDENCE_CERTAIN;
    if (kinship != TAGS_UNRELATED) {
        v->variant = "suffix";
        v->severity = SEVERITY_WARNING;
    } else if (date_may_explain_304(e)) {
        if (!e->closing)
            return wait_for(v, WAIT_FOR_LOSSES);
        if (evidence_lost(e, NEVER, e->heard_until_ns))
            demote(v, "a lost response may have shown that If-Modified-Since explains it");
    }
    return FIRED;
}

bool is_defective_304(const struct facts *x)
{
    const struct request_facts *q = &x->request;
    const struct entity_tag *tag = &x->response.etag;
    if (!has_working_condition(q) || x->is_unsafe)
        return true;
    return q->if_none_match.kind == TAG_LIST_TAGS && !q->if_none_match.malformed && tag->valid &&
           tag_list_kinship(&q->if_none_match, tag, NULL) == TAGS_UNRELATED;
}

void demote_for_gaps(const struct evidence *e, struct verdict *v)
{
    if (reference_is_tainted(e))
        demote(v, "responses of this server were lost at the tap around it");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
}

/* ---- the rows ---- */

#define S_304     "RFC 9110 §15.4.5"
#define S_304_OLD "RFC 7232 §4.1"

static const struct rule rows[ROWS] = {
    [UNSOLICITED] =
        {
            .card =
                {
                    .id = "304-unsolicited",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "304 to a request that set no condition",
                    .means =
                        "304 says that a condition was evaluated and was false. To a client that "
                        "asked for the thing itself it is an empty answer: a blank page.",
                    .remedy = "Answer 304 only where If-None-Match or If-Modified-Since was sent; "
                              "look for "
                              "a cache in front that keeps a 304 as if it were the response.",
                    .variants = unsolicited_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_unsolicited,
        },
    [ETAG_NOT_IN_INM] =
        {
            .card =
                {
                    .id = "304-etag-not-in-inm",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.2",
                    .formerly = "RFC 7232 §3.2",
                    .title = "a 304 names an ETag that the client did not offer",
                    .means =
                        "The condition is false only if one of the listed tags matches. A client "
                        "told \"not modified\" about something that it does not have shows old "
                        "content as if it were new.",
                    .remedy =
                        "Compare the current tag with the list of If-None-Match, weakly and as a "
                        "whole; where a compression module changes tags on the way out, let it do "
                        "so on the way in (Apache: DeflateAlterETag NoChange or BrotliAlterETag).",
                    .variants = etag_not_in_inm_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_etag_not_in_inm,
        },
};

const struct rule_set rules_304 = {rows, ROWS};
