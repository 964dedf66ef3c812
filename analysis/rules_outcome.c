/* SPDX-License-Identifier: MIT */
/*
 * Statuses that the steps of RFC 9110 §13.2.2 do not lead to, apart from those of ranges and from
 * missed 304s, and conditions on HEAD (§13.2.1).
 */

#include <stddef.h>

#include "analysis/precondition.h"
#include "analysis/rules.h"

enum row { GOT_412, OUTCOME_MISMATCH, CONDITIONAL_HEAD, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 412-instead-of-304 ---- */

static enum judgement judge_412(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (e->x->status != 412 || (!e->facts->is_get && !e->facts->is_head))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD))
        return WITHHELD;
    bool by_tag = q->if_none_match.kind != TAG_LIST_ABSENT;
    if ((!by_tag && !date_is_present(&q->if_modified_since)) ||
        q->if_match.kind != TAG_LIST_ABSENT || date_is_present(&q->if_unmodified_since) ||
        q->other_condition)
        return PASSED;
    accuse(v, CARD(GOT_412),
           by_tag ? "412 to {} with If-None-Match: {}, where 304 is due"
                  : "412 to {} with If-Modified-Since: {}, where 304 is due");
    say_text(v, e->x->method);
    say_text(v, by_tag ? q->if_none_match.text : q->if_modified_since.text);
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- precondition-outcome-mismatch ---- */

static const char *const mismatch_variants[] = {"if-match", "if-unmodified-since",
                                                "304-despite-if-match", "if-none-match", NULL};

/* The validators that a 304 shows are those of the selected representation, too. */
static struct selected shown_by(const struct facts *x)
{
    struct selected s = selected_by(x);
    if (x->x->status != 304)
        return s;
    s.exists = YES;
    s.base_status = 200;
    s.etag = x->response.etag;
    s.has_etag = x->response.etag.valid ? YES : UNKNOWN;
    s.last_modified = x->response.last_modified.date.seconds;
    s.has_last_modified = s.last_modified != NO_DATE ? YES : UNKNOWN;
    return s;
}

static bool is_html(struct slice media_type)
{
    return slice_starts_with_nocase(media_type, SLICE("text/html"));
}

/* The page that an application shows for every path shows nothing of what a PUT of something else
 * would find there. */
static bool may_be_soft_404(const struct representation *r, const struct exchange *put)
{
    return is_html(representation_says(r, FIELD_CONTENT_TYPE)) &&
           !is_html(head_first(&put->request.head, FIELD_CONTENT_TYPE));
}

/* PUT with If-None-Match: * wants to create. 200 and 204 say that there was something, which is now
 * changed (RFC 9110 §9.3.4; 201 would say that there was nothing), and a 200 before it shows it. */
static enum judgement judge_overwriting(const struct evidence *e, struct verdict *v)
{
    const struct reference *existing = &e->refs.before;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (e->facts->request.if_match.kind != TAG_LIST_ABSENT ||
        date_is_present(&e->facts->request.if_unmodified_since))
        return PASSED;
    if (!existing->representation || may_be_soft_404(existing->representation, e->x))
        return withhold(v, GUARD_NO_REFERENCE);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(OUTCOME_MISMATCH),
           "{} to PUT with If-None-Match: *, although there was something: it is overwritten");
    say_number(v, e->x->status);
    v->variant = "if-none-match";
    v->reference = existing;
    if (evidence_lost(e, existing->at.t_rsp0, e->facts->t_req0) || e->came_back)
        demote(v, "a lost request may have deleted it before");
    return FIRED;
}

/* Apache evaluates the condition by the tag without the suffix that mod_deflate hangs on to it. */
static bool is_made_over(const struct tag_list *named, const struct entity_tag *shown)
{
    enum tag_kinship kin = tag_list_kinship(named, shown, NULL);
    return named->kind == TAG_LIST_TAGS && kin != TAGS_UNRELATED && kin != TAGS_EQUAL;
}

static enum judgement judge_mismatch(const struct evidence *e, struct verdict *v)
{
    if (e->x->method_token == METHOD_PUT && e->facts->request.if_none_match.kind == TAG_LIST_STAR &&
        (e->x->status == 200 || e->x->status == 204))
        return judge_overwriting(e, v);
    const struct facts *x = e->facts;
    const struct request_facts *q = &x->request;
    uint16_t status = e->x->status;
    bool by_tag = q->if_match.kind != TAG_LIST_ABSENT;
    if ((!by_tag && !date_is_present(&q->if_unmodified_since)) || (!x->is_get && !x->is_head) ||
        (status != 200 && status != 206 && status != 304))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (by_tag && (q->if_match.malformed || x->response.etag_lines > 1))
        return withhold(v, GUARD_MALFORMED);
    if (x->response.responder == RESPONDER_CACHE)
        return PASSED; /* caches leave these conditions alone (RFC 9111 §4.3.2) */
    if (by_tag && is_made_over(&q->if_match, &x->response.etag))
        return PASSED;
    struct selected selected = shown_by(x);
    struct expected expected = expected_of(x, &selected, false);
    if ((expected.step != STEP_IF_MATCH && expected.step != STEP_IF_UNMODIFIED_SINCE) ||
        expected.condition != NO || expected_allows(&expected, status))
        return PASSED;
    accuse(v, CARD(OUTCOME_MISMATCH),
           by_tag ? "{} although If-Match: {} does not name the current ETag {}"
                  : "{} although it was modified after If-Unmodified-Since: {}, namely {}");
    say_number(v, status);
    say_text(v, by_tag ? q->if_match.text : q->if_unmodified_since.text);
    say_text(v, by_tag ? x->response.etag.text : x->response.last_modified.text);
    v->variant = status == 304 ? "304-despite-if-match"
                 : by_tag      ? "if-match"
                               : "if-unmodified-since";
    v->confidence = CONFIDENCE_CERTAIN;
    if (x->response.intermediary_signs) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "an intermediary may have answered, or changed the validator";
    }
    return FIRED;
}

/* ---- conditional-head ---- */

static enum judgement judge_head(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (!e->facts->is_head)
        return NOT_APPLICABLE;
    bool by_tag = q->if_none_match.kind != TAG_LIST_ABSENT;
    if (!by_tag && !date_is_present(&q->if_modified_since))
        return PASSED;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    accuse(v, CARD(CONDITIONAL_HEAD), "HEAD with {}: no body is spared");
    say_text(v, by_tag ? SLICE("If-None-Match") : SLICE("If-Modified-Since"));
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [GOT_412] =
        {
            .card =
                {
                    .id = "412-instead-of-304",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "origin",
                    .section = "RFC 9110 §13.2.2, §13.1.2",
                    .formerly = "RFC 7232 §6, §3.2",
                    .title = "412 to a GET or HEAD that asked whether something is new",
                    .means = "A false If-None-Match or If-Modified-Since makes a GET a 304. With a "
                             "412 the client has an error in place of the copy that it could have "
                             "shown.",
                    .remedy = "Answer 304 for GET and HEAD; 412 is for the other methods, and for "
                              "If-Match and If-Unmodified-Since.",
                },
            .subjects = SUBJECT_OTHER,
            .judge = judge_412,
        },
    [OUTCOME_MISMATCH] =
        {
            .card =
                {
                    .id = "precondition-outcome-mismatch",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "origin",
                    .section = "RFC 9110 §13.2.2",
                    .formerly = "RFC 7232 §6",
                    .title = "If-Match or If-Unmodified-Since failed, and the answer is no 412",
                    .means =
                        "The client wanted this representation or none, and got another. Who "
                        "puts parts together by it mixes two versions; who relies on it before "
                        "writing overwrites what others wrote.",
                    .remedy = "Evaluate If-Match (strong comparison) and If-Unmodified-Since first "
                              "and answer 412 where they are false.",
                    .variants = mismatch_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_mismatch,
        },
    [CONDITIONAL_HEAD] =
        {
            .card =
                {
                    .id = "conditional-head",
                    .group = "hygiene",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "client",
                    .section = "RFC 9110 §13.2.1",
                    .formerly = "RFC 7232 §5",
                    .title = "a condition on HEAD",
                    .means = "A condition spares the transfer of a body, and HEAD has none: the "
                             "client learns less than without it.",
                    .remedy = "Send a plain HEAD, or a conditional GET.",
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_head,
        },
};

const struct rule_set rules_outcome = {rows, ROWS};
