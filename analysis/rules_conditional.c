/* SPDX-License-Identifier: MIT */
/*
 * Whether servers evaluate conditions as RFC 9110 §13 says, and keep their side of what an entity
 * tag promises (§8.8).
 */

#include <stddef.h>

#include "analysis/precondition.h"
#include "analysis/rules.h"
#include "analysis/rules_304.h"

enum row { INM_MATCH_GOT_200, IMS_UNMODIFIED_GOT_200, STRONG_ETAG_COLLISION, IMS_OVER_INM, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* Does a lost octet keep us from knowing this body? */
static bool body_was_lost(const struct evidence *e)
{
    return e->x->flaws & (FLAW(RESPONSE_BODY_GAP) | FLAW(CUT_BY_SNAPLEN));
}

/* ---- inm-match-got-200 ---- */

static const char *const inm_match_variants[] = {"ims-override", "request-no-cache", "range",
                                                 "star", NULL};

/* The same strong tag came before with other octets: then the tag lies, and the 200 was needed. */
static bool same_tag_other_octets(const struct evidence *e)
{
    const struct representation *r = e->refs.same_tag.representation;
    return r && e->facts->body_is_comparable && digest_is_set(r->digest) &&
           !digest_equal(r->digest, e->x->response.digest);
}

/* A loss may hide that the octets had changed under the tag. */
static bool octets_may_have_changed(const struct evidence *e)
{
    const struct entity_tag *tag = &e->facts->response.etag;
    if (!tag->valid || tag->weak)
        return false;
    const struct representation *r = e->refs.same_tag.representation;
    if (body_was_lost(e) || (r && !digest_is_set(r->digest)))
        return true;
    return evidence_lost(e, e->refs.same_octets_ns, e->facts->t_req0);
}

static const char *inm_match_variant(const struct evidence *e)
{
    const struct request_facts *q = &e->facts->request;
    int64_t modified = e->facts->response.last_modified.date.seconds;
    if (q->if_none_match.kind == TAG_LIST_STAR)
        return "star";
    if (cache_control_has(&q->cc, CC_NO_CACHE) || q->pragma_no_cache)
        return "request-no-cache";
    if (date_is_valid(&q->if_modified_since) && modified != NO_DATE &&
        q->if_modified_since.date.seconds != modified)
        return "ims-override";
    if (!slice_is_absent(q->range))
        return "range";
    return NULL;
}

/* A11: a cache should evaluate the condition, an origin must. Where both sides of the one that
 * answered are seen, or could have been but for a loss, it need not say that it is one. */
static bool may_be_intermediary(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    return r->intermediary_signs || r->responder == RESPONDER_CACHE ||
           (e->outer && (e->outer->inner || e->outer->hit.stored)) ||
           server_lost(e->anywhere, e->facts->t_req0, e->facts->t_rsp1);
}

static enum judgement judge_inm_match(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if ((!x->is_get && !x->is_head) || x->request.if_none_match.kind == TAG_LIST_ABSENT)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    struct selected selected = selected_by(x);
    struct expected expected = expected_of(x, &selected, false);
    if (expected.step == STEP_IF_NONE_MATCH && expected.condition == UNKNOWN)
        return withhold(v, GUARD_MALFORMED);
    if (expected.step != STEP_IF_NONE_MATCH || !(expected.wanted & EXPECT_304))
        return PASSED;
    if (same_tag_other_octets(e))
        return PASSED; /* strong-etag-collision says so instead */
    if (!e->closing && x->response.etag.valid && !x->response.etag.weak)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(INM_MATCH_GOT_200), "200 although If-None-Match: {} names its ETag {}");
    say_text(v, x->request.if_none_match.text);
    say_text(v, x->response.etag.text);
    v->variant = inm_match_variant(e);
    v->confidence = CONFIDENCE_CERTAIN;
    if (x->is_head || may_be_intermediary(e) || cache_control_has(&x->request.cc, CC_NO_CACHE) ||
        x->request.pragma_no_cache)
        v->severity = SEVERITY_WARNING;
    if (x->request.if_none_match.malformed) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "the list is malformed: what the server makes of it is open";
    }
    if (octets_may_have_changed(e))
        demote(v, "a lost response may have shown that the octets changed under this tag");
    if (x->is_get && !x->is_excluded)
        v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

/* ---- ims-unmodified-got-200 ---- */

static const char *const ims_unmodified_variants[] = {"later-date", "weak-date", "reload", NULL};

/* Same date, other octets: the date lies. */
static bool same_date_other_octets(const struct evidence *e)
{
    const struct representation *r = e->refs.held.representation;
    return r && e->held.same_octets == NO &&
           r->last_modified == e->facts->response.last_modified.date.seconds;
}

/* What was lost may have been other octets under that date. */
static bool date_may_lie(const struct evidence *e)
{
    const struct representation *r = e->refs.held.representation;
    return e->held.same_octets != YES &&
           (body_was_lost(e) || (r && !r->body_whole) || evidence_lost(e, NEVER, e->facts->t_req0));
}

static enum judgement judge_ims_unmodified(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct date_fact *ims = &x->request.if_modified_since;
    if (!x->is_get || x->request.if_none_match.kind != TAG_LIST_ABSENT || !date_is_present(ims))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    struct selected selected = selected_by(x);
    struct expected expected = expected_of(x, &selected, false);
    if (expected.step != STEP_IF_MODIFIED_SINCE || !(expected.wanted & EXPECT_304))
        return PASSED;
    if (same_date_other_octets(e))
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(IMS_UNMODIFIED_GOT_200),
           "200 although Last-Modified: {} is not later than If-Modified-Since: {}");
    say_text(v, x->response.last_modified.text);
    say_text(v, ims->text);
    v->confidence = CONFIDENCE_CERTAIN;
    if (date_may_lie(e))
        demote(v, "a lost response may have shown that the octets changed under this date");
    v->claim.kind = x->is_excluded ? CLAIM_NOTHING : CLAIM_REPLACE;
    if (x->response.last_modified.date.seconds < ims->date.seconds)
        v->variant = "later-date";
    else if (x->response.last_modified_is_strong != YES)
        v->variant = "weak-date";
    else if (x->request.wants_hard_reload)
        v->variant = "reload";
    if (v->variant) {
        v->severity = SEVERITY_INFO; /* foreseen by §13.1.3, or asked for */
        v->claim.waived = true;
    }
    return FIRED;
}

/* ---- strong-etag-collision ---- */

static const char *const collision_variants[] = {"content", "coding", "coding-nondeterministic",
                                                 NULL};

static bool is_identity(struct slice coding)
{
    return coding.len == 0 || slice_equal_nocase(coding, SLICE("identity"));
}

static enum judgement judge_collision(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct reference *other = &e->refs.same_tag;
    if (!x->is_get || !x->response.etag.valid || x->response.etag.weak)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (!other->representation)
        return PASSED;
    if (!x->body_is_comparable || !digest_is_set(other->representation->digest))
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (digest_equal(x->x->response.digest, other->representation->digest))
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    struct slice here = x->response.content_encoding,
                 there = representation_says(other->representation, FIELD_CONTENT_ENCODING);
    bool same_coding = slice_equal_nocase(here, there) || (is_identity(here) && is_identity(there));
    accuse(v, CARD(STRONG_ETAG_COLLISION),
           "the strong ETag {} stands for {} octets here and for other {} octets before");
    say_text(v, x->response.etag.text);
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, (int64_t)other->representation->content_octets);
    v->reference = other;
    v->variant = !same_coding        ? "coding"
                 : is_identity(here) ? "content"
                                     : "coding-nondeterministic";
    if (same_coding && !is_identity(here))
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if ((x->response.intermediary_signs ^ other->representation->signs) & SIGN_VIA)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY); /* something on the way may transform */
    if (is_of_other_leg(other->representation, x) ||
        (x->response.intermediary_signs && other->representation->signs))
        v->party = "responder"; /* the proxy between them may have made it */
    /* Several servers give this URL: what was lost may have come from a third. */
    bool one_server = address_equal(&other->representation->server, &e->x->connection.server);
    if (evidence_lost(e, other->at.t_rsp0, e->facts->t_rsp1) || e->came_back ||
        (!one_server && server_lost(e->anywhere, other->at.t_rsp0, e->facts->t_rsp1)))
        demote(v, "responses of this URL in between may have been lost");
    return FIRED;
}

/* ---- ims-honoured-over-inm ---- */

static enum judgement judge_ims_over_inm(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct tag_list *offered = &x->request.if_none_match;
    const struct date_fact *ims = &x->request.if_modified_since;
    if (offered->kind != TAG_LIST_TAGS || !date_is_present(ims))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (offered->malformed)
        return withhold(v, GUARD_MALFORMED);
    if (!date_is_valid(ims))
        return PASSED;

    /* The tag of the 304, or else the one that the 200s before and after agree on. */
    struct entity_tag tag = x->response.etag;
    bool by_reference = slice_is_absent(tag.text);
    int64_t modified = x->response.last_modified.date.seconds;
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    if (by_reference) {
        if (!p->representation || !p->representation->etag.valid)
            return PASSED;
        tag = p->representation->etag;
        if (modified == NO_DATE)
            modified = p->representation->last_modified;
    }
    if (!tag.valid || tag_list_kinship(offered, &tag, NULL) != TAGS_UNRELATED ||
        tag_list_has_tolerant(offered, &tag, NULL))
        return PASSED;
    enum truth by_date = by_reference
                             ? truth_of(modified != NO_DATE && modified <= ims->date.seconds)
                             : date_explains_304(e);
    if (by_date != YES)
        return PASSED;
    if (may_be_mispaired(e))
        return withhold(v, GUARD_PAIRING_UNSURE);
    bool own = x->response.last_modified.date.seconds != NO_DATE && !by_reference;
    if (!own && !e->closing)
        return wait_for(v, by_reference ? WAIT_FOR_REFERENCE : WAIT_FOR_LOSSES);
    if (by_reference &&
        (!f->representation || !entity_tag_weak_equal(&f->representation->etag, &tag)))
        return withhold(v, GUARD_NO_REFERENCE);
    accuse(
        v, CARD(IMS_OVER_INM),
        "304 by If-Modified-Since: {}, although none of the tags offered ({}) is the current {}");
    say_text(v, ims->text);
    say_text(v, offered->text);
    say_text(v, tag.text);
    v->confidence = own ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (!own)
        v->reference = p;
    if (x->x->response.version == HTTP_1_0)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY); /* may know nothing but dates */
    if (!own && evidence_lost(e, p->at.t_rsp0, e->heard_until_ns))
        demote(v, "responses of this server were lost at the tap around it");
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [INM_MATCH_GOT_200] =
        {
            .card =
                {
                    .id = "inm-match-got-200",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.2",
                    .formerly = "RFC 7232 §3.2",
                    .title = "200 with the very tag that the client offered: a missed 304",
                    .means =
                        "The client had this representation and said so; the server agreed that it "
                        "is the current one and sent the whole of it again. The octets are lost, "
                        "and the round trip grew by the transfer.",
                    .remedy =
                        "Evaluate If-None-Match before the body is made. Known causes: "
                        "If-Modified-Since evaluated although If-None-Match is there (nginx: "
                        "if_modified_since exact or off), a comparison that misses lists or W/, "
                        "request Cache-Control: no-cache taken as \"send anew\" (Express).",
                    .variants = inm_match_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 3,
            .judge = judge_inm_match,
        },
    [IMS_UNMODIFIED_GOT_200] =
        {
            .card =
                {
                    .id = "ims-unmodified-got-200",
                    .group = "conditional",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.3",
                    .formerly = "RFC 7232 §3.3",
                    .title =
                        "200 although nothing was modified since the date that the client named",
                    .means = "The client asked for it only if it had changed, Last-Modified says "
                             "that it "
                             "has not, and the whole of it came again.",
                    .remedy = "Evaluate If-Modified-Since for GET and HEAD where there is no "
                              "If-None-Match; better, send entity tags.",
                    .variants = ims_unmodified_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 4,
            .judge = judge_ims_unmodified,
        },
    [STRONG_ETAG_COLLISION] =
        {
            .card =
                {
                    .id = "strong-etag-collision",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.1, §8.8.3",
                    .formerly = "RFC 7232 §2.1, §2.3",
                    .title = "one strong ETag stands for different octets",
                    .means =
                        "A strong tag promises the same octets. Caches that revalidate by it keep "
                        "what is out of date, and ranges put together by it are corrupt.",
                    .remedy =
                        "Derive the tag from the content (or mark it weak with W/), and give each "
                        "content coding its own (nginx, Apache and caches: look at what compresses "
                        "behind the tag).",
                    .variants = collision_variants,
                },
            .subjects = SUBJECT_200,
            .judge = judge_collision,
        },
    [IMS_OVER_INM] =
        {
            .card =
                {
                    .id = "ims-honoured-over-inm",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.1.3",
                    .formerly = "RFC 7232 §3.3",
                    .title = "If-Modified-Since was heard although If-None-Match was there",
                    .means =
                        "Where If-None-Match is present, If-Modified-Since must be ignored. Here "
                        "no tag matched and still the answer was 304: the client goes on to show "
                        "what it has, although it has changed.",
                    .remedy =
                        "Ignore If-Modified-Since as soon as If-None-Match is in the request, and "
                        "not only when it matches.",
                },
            .subjects = SUBJECT_304,
            .judge = judge_ims_over_inm,
        },
};

const struct rule_set rules_conditional = {rows, ROWS};
