/* SPDX-License-Identifier: MIT */
/*
 * Conditional ranges (RFC 9110 §13.1.5, §14.2): whether If-Range is written as it must be, and
 * whether the answer is what it asks for.
 */

#include <stddef.h>

#include "analysis/byte_range.h"
#include "analysis/precondition.h"
#include "analysis/rules.h"
#include "base/attributes.h"

enum row { PARTIAL_DESPITE_MATCH, WITHOUT_RANGE, WEAK_VALIDATOR, MISMATCH_206, MATCH_200, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 206-despite-inm-match ---- */

static const char *const despite_variants[] = {"star", NULL};

static enum judgement judge_despite_match(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (e->x->status != 206 || !x->is_get || x->request.if_none_match.kind == TAG_LIST_ABSENT)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    struct selected selected = selected_by(x);
    struct expected expected = expected_of(x, &selected, false);
    if (expected.step == STEP_IF_NONE_MATCH && expected.condition == UNKNOWN)
        return withhold(v, GUARD_MALFORMED);
    if (expected.step != STEP_IF_NONE_MATCH || !(expected.wanted & EXPECT_304))
        return PASSED;
    accuse(v, CARD(PARTIAL_DESPITE_MATCH), "206 although If-None-Match: {} names its ETag {}");
    say_text(v, x->request.if_none_match.text);
    say_text(v, x->response.etag.text);
    v->confidence = CONFIDENCE_CERTAIN;
    if (x->request.if_none_match.kind == TAG_LIST_STAR)
        v->variant = "star";
    if (x->response.responder == RESPONDER_CACHE)
        v->severity = SEVERITY_WARNING; /* caches only SHOULD (RFC 9111 §4.3.2) */
    if (!x->is_excluded)
        v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

/* ---- if-range-without-range ---- */

static enum judgement judge_without_range(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (LIKELY(q->if_range == IF_RANGE_ABSENT))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD))
        return WITHHELD;
    if (!slice_is_absent(q->range))
        return PASSED;
    accuse(v, CARD(WITHOUT_RANGE), "If-Range: {} without Range");
    say_text(v, q->if_range_text);
    v->confidence = CONFIDENCE_CERTAIN;
    if (q->has_forwarding) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "a proxy may have removed Range";
    }
    return FIRED;
}

/* ---- if-range-weak-validator ---- */

static const char *const weak_variants[] = {"date-despite-etag", "weak-date", NULL};

/* Nothing whole is known that it holds, but a part came with a tag and that date. */
static enum judgement judge_by_part(const struct evidence *e, struct verdict *v)
{
    const struct asker *asker = &e->asker;
    if (asker->tagged_part_id == 0 || asker->date_is_ambiguous)
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(WEAK_VALIDATOR),
           "If-Range: {}, although a part with that date had come with a strong tag");
    say_text(v, e->facts->request.if_range_text);
    v->variant = "date-despite-etag";
    v->reference_exchange_id = asker->tagged_part_id;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    if (evidence_lost(e, asker->tagged_part_ns, e->facts->t_req0) || e->came_back)
        demote(v, "a lost response may have had that date, and no tag");
    return FIRED;
}

/* "A client MUST NOT generate an If-Range header field containing an HTTP-date unless the client
 * has no entity tag for the corresponding representation and the date is a strong validator". */
static enum judgement judge_if_range_date(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    const struct reference *held = &e->refs.held;
    const struct representation *r = held->representation;
    if (!r || r->last_modified != q->if_range_date.seconds)
        return judge_by_part(e, v);
    bool has_tag = r->etag.valid && !r->etag.weak;
    bool is_weak = last_modified_is_strong(r->last_modified, held->at.date) == NO;
    if (!has_tag && !is_weak)
        return PASSED;
    if (e->asker.date_is_ambiguous)
        return withhold(v, GUARD_FLEET);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    if (has_tag) {
        accuse(v, CARD(WEAK_VALIDATOR),
               "If-Range: {}, although the client had been given ETag: {}");
        say_text(v, q->if_range_text);
        say_text(v, r->etag.text);
        v->variant = "date-despite-etag";
    } else {
        accuse(
            v, CARD(WEAK_VALIDATOR),
            "If-Range: {}, and the response with that Last-Modified was made in the same second");
        say_text(v, q->if_range_text);
        v->variant = "weak-date";
    }
    v->reference = held;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    if (evidence_lost(e, held->at.t_rsp0, e->facts->t_req0) || e->came_back)
        demote(v, "a lost response may have had that date, and no tag or a later Date");
    return FIRED;
}

static enum judgement judge_weak_validator(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (LIKELY(q->if_range == IF_RANGE_ABSENT))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (q->if_range == IF_RANGE_DATE && e->facts->is_get)
        return judge_if_range_date(e, v);
    if (q->if_range != IF_RANGE_TAG || !q->if_range_tag.weak)
        return PASSED;
    accuse(v, CARD(WEAK_VALIDATOR), "If-Range: {} is marked as weak");
    say_text(v, q->if_range_text);
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- if-range-mismatch-got-206, if-range-match-got-200 ---- */

static bool asks_for_range(const struct facts *x)
{
    return x->is_get && x->request.if_range != IF_RANGE_ABSENT &&
           !slice_is_absent(x->request.range);
}

/* The condition, by the validators of the answer itself. A date that is equal but weak leaves it
 * open. */
static enum truth if_range_holds(const struct facts *x)
{
    const struct request_facts *q = &x->request;
    const struct response_facts *r = &x->response;
    if (q->if_range == IF_RANGE_TAG) {
        if (!r->etag.valid || r->etag_lines > 1)
            return UNKNOWN;
        return truth_of(entity_tag_strong_equal(&q->if_range_tag, &r->etag));
    }
    if (q->if_range != IF_RANGE_DATE || !date_is_valid(&r->last_modified) ||
        r->last_modified.lines > 1)
        return UNKNOWN;
    if (q->if_range_date.seconds != r->last_modified.date.seconds)
        return NO;
    return r->last_modified_is_strong == YES ? YES : UNKNOWN;
}

static struct slice validator_of(const struct facts *x)
{
    return x->request.if_range == IF_RANGE_TAG ? x->response.etag.text
                                               : x->response.last_modified.text;
}

static enum judgement judge_mismatch_206(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (e->x->status != 206 || !asks_for_range(x))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (if_range_holds(x) != NO)
        return PASSED;
    accuse(v, CARD(MISMATCH_206), "206 although If-Range: {} is not its validator {}");
    say_text(v, x->request.if_range_text);
    say_text(v, validator_of(x));
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

static enum judgement judge_match_200(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!asks_for_range(x))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (if_range_holds(x) != YES)
        return PASSED;
    if (!e->x->response.body_whole)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    uint64_t octets = e->x->response.content_bytes;
    uint64_t asked = byte_range_octets(x->request.range, octets);
    if (asked == 0)
        return PASSED; /* not a range that the server had to heed */
    accuse(
        v, CARD(MATCH_200),
        "200 with {} octets although If-Range: {} is its validator and {} octets were asked for");
    say_number(v, (int64_t)octets);
    say_text(v, x->request.if_range_text);
    say_number(v, (int64_t)asked);
    v->confidence = CONFIDENCE_CERTAIN;
    struct selected selected = selected_by(x);
    if (selected.ranges != YES) {
        v->severity = SEVERITY_INFO;
        v->note = "the server does not say that it does ranges";
    } else if (!x->is_excluded && asked < octets) {
        v->claim = (struct claim){.kind = CLAIM_PART, .body_octets = octets - asked};
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [PARTIAL_DESPITE_MATCH] =
        {
            .card =
                {
                    .id = "206-despite-inm-match",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §14.2, §13.2.2",
                    .formerly = "RFC 7233 §3.1, RFC 7232 §6",
                    .title = "206 with the very tag that the client offered: a missed 304",
                    .means = "If-None-Match comes before Range: where a 304 is due, Range is "
                             "ignored. The client was sent a part of what it has.",
                    .remedy = "Evaluate If-None-Match before Range.",
                    .variants = despite_variants,
                },
            .subjects = SUBJECT_OTHER,
            .account = ACCOUNT_AVOIDABLE,
            .order = 3,
            .judge = judge_despite_match,
        },
    [WITHOUT_RANGE] =
        {
            .card =
                {
                    .id = "if-range-without-range",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "client",
                    .section = "RFC 9110 §13.1.5",
                    .formerly = "RFC 7233 §3.2",
                    .title = "If-Range without Range",
                    .means = "If-Range says what to do with Range, and there is none: the client "
                             "gets the whole where it may have meant a part, or where "
                             "If-None-Match would have spared it all.",
                    .remedy = "Send If-Range only with Range; to validate a whole representation "
                              "send If-None-Match.",
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_without_range,
        },
    [WEAK_VALIDATOR] =
        {
            .card =
                {
                    .id = "if-range-weak-validator",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "client",
                    .section = "RFC 9110 §13.1.5",
                    .formerly = "RFC 7233 §3.2",
                    .title = "If-Range with a weak entity tag",
                    .means =
                        "Parts can be put together only where the octets are the same, which a "
                        "weak tag does not promise. The condition is never true, so the client "
                        "gets the whole each time; or, from a lenient server, a part of "
                        "something else.",
                    .remedy =
                        "Use If-Range with strong tags only; with a weak one fetch the whole. "
                        "At the origin: send strong tags for what is fetched in parts.",
                    .variants = weak_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_weak_validator,
        },
    [MISMATCH_206] =
        {
            .card =
                {
                    .id = "if-range-mismatch-got-206",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.5",
                    .formerly = "RFC 7233 §3.2",
                    .title = "a part of another representation than the client holds",
                    .means = "Where If-Range does not hold, Range must be ignored and the whole be "
                             "sent. A client that joins this part to what it has gets a corrupt "
                             "file.",
                    .remedy = "Compare If-Range with the current ETag, strongly, or with the exact "
                              "Last-Modified, and answer 200 where they differ.",
                },
            .subjects = SUBJECT_OTHER,
            .judge = judge_mismatch_206,
        },
    [MATCH_200] =
        {
            .card =
                {
                    .id = "if-range-match-got-200",
                    .group = "conditional",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.5",
                    .formerly = "RFC 7233 §3.2",
                    .title = "the whole again, though the client's part was current",
                    .means = "The client asked for the rest of what it had begun, its validator is "
                             "the current one, and everything was sent from the beginning.",
                    .remedy = "Serve ranges where Accept-Ranges: bytes promises them, and see that "
                              "no compression layer or cache turns them into whole responses.",
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 10,
            .judge = judge_match_200,
        },
};

const struct rule_set rules_ranges = {rows, ROWS};
