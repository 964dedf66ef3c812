/* SPDX-License-Identifier: MIT */
/*
 * What a 304 must be, sentence by sentence of RFC 9110 §15.4.5: it answers a condition that was
 * false, it carries six fields where the 200 has them, no other metadata, and no body. In the order
 * of rules.md §3.7.
 */

#include "analysis/rules_304.h"
#include "analysis/rules_legs.h"
#include "analysis/shared_cache.h"

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/vary.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)
#define HOUR_NS  (INT64_C(3600) * NS_PER_S)

enum row {
    HAS_BODY,
    MISSING_ETAG,
    MISSING_CACHE_CONTROL,
    MISSING_VARY,
    MISSING_EXPIRES,
    MISSING_CONTENT_LOCATION,
    MISSING_DATE,
    LENGTH_MISMATCH,
    UNSOLICITED,
    ETAG_NOT_IN_INM,
    SUPERFLUOUS_METADATA,
    POLICY_DIFFERS,
    ROWS
};
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 304-has-body ---- */

static const char *const has_body_variants[] = {
    "cl-body", "empty-chunk", "chunked-body", "stray-crlf", "h2-data", "trailers", NULL};

static enum judgement judge_has_body(const struct evidence *e, struct verdict *v)
{
    static const char *const variants[] = {
        [STRAY_CRLF] = "stray-crlf",
        [STRAY_EMPTY_CHUNK] = "empty-chunk",
        [STRAY_CHUNKED] = "chunked-body",
        [STRAY_CONTENT_LENGTH] = "cl-body",
        [STRAY_OTHER] = NULL,
    };
    if (lacks(e, v, NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (e->x->stray == STRAY_NONE)
        return PASSED;
    if (!e->facts->is_paired || e->x->flaws & FLAW(RESPONSE_BODY_GAP))
        return withhold(v, GUARD_PAIRING_UNSURE);
    accuse(v, CARD(HAS_BODY),
           "{} octets follow the head of a 304, which ends with its first empty "
           "line");
    say_number(v, (int64_t)e->x->stray_bytes);
    v->variant = variants[e->x->stray];
    v->confidence = CONFIDENCE_CERTAIN;
    if (e->x->stray == STRAY_CRLF)
        v->severity = SEVERITY_WARNING;
    v->claim = (struct claim){.kind = CLAIM_PART, .body_octets = e->x->stray_bytes};
    return FIRED;
}

/* ---- 304-unsolicited ---- */

static const char *const unsolicited_variants[] = {"invalid-ims", "304-from-if-range", NULL};

/* A 304 that does not fit its request, in the first exchange of a connection met in the middle,
 * may be the answer to a request that was pipelined before. */
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

/* ---- 304-missing-* ---- */

static const char *const intermittent_variants[] = {"intermittent", NULL};
static const char *const missing_vary_variants[] = {"vary-subset", "intermittent", NULL};
static const char *const missing_date_variants[] = {"no-clock", "intermittent", NULL};

static const enum field_token token_of[DUE_FIELDS] = {
    [DUE_CACHE_CONTROL] = FIELD_CACHE_CONTROL,
    [DUE_CONTENT_LOCATION] = FIELD_CONTENT_LOCATION,
    [DUE_DATE] = FIELD_DATE,
    [DUE_ETAG] = FIELD_ETAG,
    [DUE_EXPIRES] = FIELD_EXPIRES,
    [DUE_VARY] = FIELD_VARY,
};

/* A member of Vary that the reference has and the 304 has not; absent where there is none. */
static struct slice missing_vary_member(const struct evidence *e, const struct representation *r)
{
    const struct head *head = &e->x->response.head;
    struct vary_walk walk = vary_walk(&r->head);
    struct slice name;
    if (LIKELY(vary_has_same_text(head, &r->head)) || vary_has_star(head))
        return SLICE_ABSENT;
    while (vary_next(&walk, &name))
        if (slice_equal(name, SLICE("*")) ? !vary_has_star(head) : !vary_has(head, name))
            return name;
    return SLICE_ABSENT;
}

/* Does the 200 have what the 304 lacks? */
static bool reference_has(const struct evidence *e, const struct reference *r, enum due_field field)
{
    if (field == DUE_VARY)
        return !slice_is_absent(missing_vary_member(e, r->representation));
    return r->representation->carries >> field & 1;
}

static bool is_missing(const struct evidence *e, enum due_field field)
{
    const struct head *head = &e->x->response.head;
    if (!head_has(head, token_of[field]))
        return true;
    /* Some of its members may be. */
    return field == DUE_VARY &&
           ((e->refs.before.representation && reference_has(e, &e->refs.before, DUE_VARY)) ||
            (e->refs.after.representation && reference_has(e, &e->refs.after, DUE_VARY)));
}

bool is_another_software(const struct evidence *e, const struct representation *r)
{
    struct slice here = e->facts->response.server, there = representation_says(r, FIELD_SERVER);
    return !slice_is_absent(here) && !slice_is_absent(there) && !slice_equal(here, there);
}

/* How far the 200s bear it: §0.4 with A8 to A10. */
enum weight { WEIGHT_NONE, WEIGHT_CONTRADICTED, WEIGHT_AFTER_ONLY, WEIGHT_ONE, WEIGHT_BOTH };

static enum weight weigh(const struct evidence *e, enum due_field field)
{
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    bool p_bears = p->representation && p->matches && reference_has(e, p, field);
    bool f_bears = f->representation && f->matches && reference_has(e, f, field);
    if (!p_bears && !f_bears)
        return WEIGHT_NONE;
    if (p_bears && f_bears)
        return WEIGHT_BOTH;
    if (p_bears && f->representation) {
        if (f->matches || !reference_has(e, f, field))
            return WEIGHT_CONTRADICTED;
        /* The representation changed after P; only the 304's own tag tells on which side it was. */
        return entity_tag_weak_equal(&e->facts->response.etag, &p->representation->etag)
                   ? WEIGHT_ONE
                   : WEIGHT_CONTRADICTED;
    }
    if (f_bears && p->representation && p->matches)
        return WEIGHT_CONTRADICTED;
    return p_bears ? WEIGHT_ONE : WEIGHT_AFTER_ONLY;
}

bool reference_is_tainted(const struct evidence *e)
{
    int64_t until = e->heard_until_ns;
    if (e->refs.after.representation && e->refs.after.at.t_rsp1 > until)
        until = e->refs.after.at.t_rsp1;
    return evidence_lost(e, evidence_begins_ns(&e->refs, e->facts), until);
}

static void demote_missing(const struct evidence *e, struct verdict *v, enum due_field field,
                           enum weight weight, const struct reference *r)
{
    int64_t apart = e->facts->t_req0 - r->at.t_rsp1;
    /* Where it has some of Vary, it is itself among the 304s that carry it. */
    if (e->fields.habitual >> field & 1 && !head_has(&e->x->response.head, token_of[field])) {
        v->variant = "intermittent";
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    }
    /* RFC 9110 §9.3.2: what a GET would have got is only what HEAD SHOULD have (G5). */
    if (e->facts->is_head)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (r->other_user && !(e->fields.agreed >> field & 1))
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (weight == WEIGHT_AFTER_ONLY)
        demote(v, "the 200 with it came only after the 304");
    if (weight != WEIGHT_BOTH && apart > e->thresholds->reference_max_s * NS_PER_S)
        demote(v, "the 200 lies far back");
    if (weight != WEIGHT_BOTH && is_another_software(e, r->representation))
        demote(v, "Server changed in between");
    if (reference_is_tainted(e))
        demote(v, "responses of this server were lost at the tap around it");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
}

static enum judgement judge_missing(const struct evidence *e, struct verdict *v,
                                    enum due_field field, const struct rule_card *card)
{
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD | NEEDS_SOUND_304))
        return WITHHELD;
    if (!is_missing(e, field))
        return PASSED;
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    enum weight weight = weigh(e, field);
    /* A 200 of this validator lacks it too: whatever else comes, at most it contradicts that. */
    bool lacks_too = weight == WEIGHT_NONE &&
                     ((p->representation && p->matches) || (f->representation && f->matches));
    if (!e->closing && !lacks_too)
        return wait_for(v, WAIT_FOR_REFERENCE);
    if (weight == WEIGHT_NONE)
        return lacks_too ? PASSED : withhold(v, GUARD_NO_REFERENCE);
    if (weight == WEIGHT_CONTRADICTED)
        return withhold(v, GUARD_CONTRADICTED);
    if (e->fields.lacked >> field & 1)
        return withhold(v, GUARD_FLEET);

    const struct reference *r = weight == WEIGHT_AFTER_ONLY ? f : p;
    accuse(v, card,
           weight == WEIGHT_BOTH ? "the 304 has no {}: {}; the 200s before and after it have"
                                 : "the 304 has no {}: {}; the 200 it is held against has");
    say_text(v, field_name_of(token_of[field]));
    say_text(v, head_first(&r->representation->head, token_of[field]));
    v->reference = r;
    demote_missing(e, v, field, weight, r);
    return FIRED;
}

static enum judgement judge_missing_etag(const struct evidence *e, struct verdict *v)
{
    return judge_missing(e, v, DUE_ETAG, CARD(MISSING_ETAG));
}

static enum judgement judge_missing_cache_control(const struct evidence *e, struct verdict *v)
{
    return judge_missing(e, v, DUE_CACHE_CONTROL, CARD(MISSING_CACHE_CONTROL));
}

static enum judgement judge_missing_content_location(const struct evidence *e, struct verdict *v)
{
    return judge_missing(e, v, DUE_CONTENT_LOCATION, CARD(MISSING_CONTENT_LOCATION));
}

static enum judgement judge_missing_vary(const struct evidence *e, struct verdict *v)
{
    enum judgement judgement = judge_missing(e, v, DUE_VARY, CARD(MISSING_VARY));
    if (judgement == FIRED && head_has(&e->x->response.head, FIELD_VARY)) {
        struct slice lacking = missing_vary_member(e, v->reference->representation);
        v->variant = "vary-subset";
        v->message = "Vary of the 304 lacks {}, the 200 says Vary: {}";
        v->words[0].text = lacking;
    }
    return judgement;
}

static enum judgement judge_missing_expires(const struct evidence *e, struct verdict *v)
{
    enum judgement judgement = judge_missing(e, v, DUE_EXPIRES, CARD(MISSING_EXPIRES));
    if (judgement == FIRED) {
        if (cache_control_has(&v->reference->representation->cc, CC_MAX_AGE)) {
            confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
            v->note = v->note ? v->note : "max-age makes caches ignore Expires (RFC 9111 §5.3)";
        }
    }
    return judgement;
}

/* The clock is the reference: any response of the same server within the hour that has Date. */
static enum judgement judge_missing_date(const struct evidence *e, struct verdict *v)
{
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD | NEEDS_SOUND_304))
        return WITHHELD;
    if (head_has(&e->x->response.head, FIELD_DATE))
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_MORE);
    if (!e->server_has_clock) {
        accuse(v, CARD(MISSING_DATE),
               "the 304 has no Date, nor has any other response of this "
               "server: it may have no clock");
        v->variant = "no-clock";
        confine(v, SEVERITY_INFO, CONFIDENCE_POSSIBLE);
        return FIRED;
    }
    accuse(v, CARD(MISSING_DATE),
           "the 304 has no Date, although other responses of this server show that it has a clock");
    if (e->refs.before.representation)
        v->reference = &e->refs.before;
    if (e->fields.habitual >> DUE_DATE & 1) {
        v->variant = "intermittent";
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    }
    if (evidence_lost(e, e->facts->t_rsp0 - HOUR_NS, e->heard_until_ns))
        demote(v, "responses of this server within the hour were lost at the tap");
    return FIRED;
}

/* ---- 304-content-length-mismatch ---- */

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
    accuse(v, CARD(LENGTH_MISMATCH),
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
    if (reference_is_tainted(e))
        demote(v, "responses of this server were lost at the tap around it");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
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

/* ---- 304-superfluous-metadata ---- */

static const struct superfluous {
    enum field_token token;
    bool warns;     /* A15 */
    bool with_etag; /* only beside an ETag, and useful even so: no octets are claimed */
} superfluous[] = {
    {FIELD_CONTENT_TYPE, true, false},         {FIELD_CONTENT_ENCODING, true, false},
    {FIELD_CONTENT_LANGUAGE, true, false},     {FIELD_CONTENT_RANGE, false, false},
    {FIELD_CONTENT_MD5, false, false},         {FIELD_DIGEST, false, false},
    {FIELD_CONTENT_DIGEST, false, false},      {FIELD_REPR_DIGEST, false, false},
    {FIELD_CONTENT_DISPOSITION, false, false}, {FIELD_ACCEPT_RANGES, false, false},
    {FIELD_LAST_MODIFIED, false, true},
};

/* It guides cache updates: the stored value is another. */
static bool corrects_stored(const struct evidence *e, enum field_token token)
{
    const struct reference *p = &e->refs.before;
    if (!p->representation || !p->matches || token == FIELD_LAST_MODIFIED)
        return false;
    struct slice stored = head_first(&p->representation->head, token);
    return !slice_is_absent(stored) &&
           !slice_equal(head_first(&e->x->response.head, token), stored);
}

static enum judgement judge_superfluous(const struct evidence *e, struct verdict *v)
{
    const struct head *head = &e->x->response.head;
    const struct superfluous *worst = NULL;
    uint64_t octets = 0;
    for (unsigned i = 0; i < COUNT_OF(superfluous); i++) {
        const struct superfluous *s = &superfluous[i];
        if (!head_has(head, s->token) || (s->with_etag && !head_has(head, FIELD_ETAG)) ||
            corrects_stored(e, s->token))
            continue;
        if (!worst || (s->warns && !worst->warns))
            worst = s;
        if (!s->with_etag)
            octets += field_lines_octets(head, s->token);
    }
    if (!worst)
        return e->facts->response_head_whole ? PASSED : withhold(v, GUARD_HEAD_INCOMPLETE);
    accuse(v, CARD(SUPERFLUOUS_METADATA), "the 304 repeats {}: {}, which the cache has");
    say_text(v, field_name_of(worst->token));
    say_text(v, head_first(head, worst->token));
    v->confidence = CONFIDENCE_CERTAIN;
    if (!worst->warns)
        v->severity = SEVERITY_INFO;
    v->claim = (struct claim){.kind = octets ? CLAIM_PART : CLAIM_NOTHING, .header_octets = octets};
    return FIRED;
}

/* ---- 304-policy-differs ---- */

static const char *const policy_differs_variants[] = {
    "cache-control", "vary", "content-location", "etag", "expires", "frozen-date", NULL};

/* Explicit lifetime of a response in s as its private and shared readers see it, or -1. */
static int64_t plain_lifetime(const struct cache_control *cc, int64_t expires, int64_t date)
{
    int64_t seconds = cache_control_seconds(cc, CC_MAX_AGE, GENEROUS);
    if (seconds != NO_DELTA)
        return seconds;
    if (expires != NO_DATE && date != NO_DATE)
        return expires > date ? expires - date : 0;
    return -1;
}

#define FLIPPING                                                                                   \
    (DIRECTIVE(NO_STORE) | DIRECTIVE(PRIVATE) | DIRECTIVE(NO_CACHE) | DIRECTIVE(PUBLIC) |          \
     DIRECTIVE(MUST_REVALIDATE))

/* "lifetime ratio > 10 or < 0.1" */
static bool lifetimes_conflict(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return false;
    return a > b * 10 || b > a * 10;
}

/* max-age that counts down to a fixed instant is one policy. */
static bool counts_down(const struct cache_control *a, int64_t a_date,
                        const struct cache_control *b, int64_t b_date)
{
    int64_t a_age = cache_control_seconds(a, CC_MAX_AGE, GENEROUS);
    int64_t b_age = cache_control_seconds(b, CC_MAX_AGE, GENEROUS);
    if (a_age == NO_DELTA || b_age == NO_DELTA || a_date == NO_DATE || b_date == NO_DATE)
        return false;
    int64_t apart = (a_date + a_age) - (b_date + b_age);
    return apart >= -2 && apart <= 2;
}

/* Equal but for max-age and the stale-* extensions. */
static bool same_directives(const struct cache_control *a, const struct cache_control *b)
{
    uint32_t soft = DIRECTIVE(STALE_WHILE_REVALIDATE) | DIRECTIVE(STALE_IF_ERROR);
    return (a->present & ~soft) == (b->present & ~soft) && a->qualified == b->qualified;
}

static bool same_cache_control(const struct cache_control *a, int64_t a_date,
                               const struct cache_control *b, int64_t b_date)
{
    if (!same_directives(a, b))
        return false;
    return (cache_control_seconds(a, CC_MAX_AGE, GENEROUS) ==
                cache_control_seconds(b, CC_MAX_AGE, GENEROUS) &&
            cache_control_seconds(a, CC_S_MAXAGE, GENEROUS) ==
                cache_control_seconds(b, CC_S_MAXAGE, GENEROUS)) ||
           counts_down(a, a_date, b, b_date);
}

/* The 304 between the two 200s. */
struct sides {
    const struct response_facts *n;
    const struct head *head;
    const struct reference *p, *f;
};

/* What differs, and whether it turns the policy into another one. */
struct difference {
    const char *variant;
    enum field_token token;
    bool conflict;
};

static bool differs_in_cache_control(const struct sides *s, struct difference *d)
{
    const struct cache_control *n = &s->n->cc;
    const struct cache_control *p = &s->p->representation->cc;
    const struct cache_control *f = &s->f->representation->cc;
    if (!n->lines || !p->lines || !f->lines ||
        !same_cache_control(p, s->p->at.date, f, s->f->at.date) ||
        same_cache_control(p, s->p->at.date, n, s->n->date.date.seconds))
        return false;
    *d = (struct difference){"cache-control", FIELD_CACHE_CONTROL, false};
    d->conflict = ((n->present ^ p->present) & FLIPPING) != 0 ||
                  lifetimes_conflict(plain_lifetime(n, NO_DATE, NO_DATE),
                                     plain_lifetime(p, NO_DATE, NO_DATE));
    return true;
}

/* What the 304 lacks is 304-missing-vary's; this is about what it adds. */
static bool differs_in_vary(const struct sides *s, struct difference *d)
{
    const struct head *p = &s->p->representation->head, *f = &s->f->representation->head;
    if (!head_has(s->head, FIELD_VARY) || !head_has(p, FIELD_VARY) ||
        vary_compare(p, f, NULL) != VARY_EQUAL ||
        vary_compare(p, s->head, NULL) != VARY_FIRST_LACKS)
        return false;
    *d = (struct difference){"vary", FIELD_VARY, vary_has_star(s->head)};
    return true;
}

static bool differs_in_location(const struct sides *s, struct difference *d)
{
    struct slice n = s->n->content_location;
    struct slice p = head_first(&s->p->representation->head, FIELD_CONTENT_LOCATION);
    struct slice f = head_first(&s->f->representation->head, FIELD_CONTENT_LOCATION);
    if (slice_is_absent(n) || slice_is_absent(p) || slice_is_absent(f) || !slice_equal(p, f) ||
        slice_equal(p, n))
        return false;
    *d = (struct difference){"content-location", FIELD_CONTENT_LOCATION, false};
    return true;
}

/* A suffix of a coding (Apache's -gzip) is 304-etag-not-in-inm's, and milder there. */
static bool differs_in_etag(const struct sides *s, struct difference *d)
{
    const struct entity_tag *p = &s->p->representation->etag;
    if (!s->n->etag.valid || !p->valid || !entity_tag_weak_equal(p, &s->f->representation->etag) ||
        entity_tag_kinship(p, &s->n->etag) != TAGS_UNRELATED)
        return false;
    *d = (struct difference){"etag", FIELD_ETAG, true};
    return true;
}

static bool about_equal(int64_t a, int64_t b)
{
    return a - b <= 2 && b - a <= 2;
}

/* A14: what Expires leaves after Date, where no max-age hides it. */
static bool differs_in_expires(const struct sides *s, struct difference *d)
{
    const struct sighting *p = &s->p->at, *f = &s->f->at;
    int64_t expires = s->n->expires.date.seconds, date = s->n->date.date.seconds;
    if (cache_control_has(&s->n->cc, CC_MAX_AGE) || expires == NO_DATE || date == NO_DATE ||
        p->expires == NO_DATE || f->expires == NO_DATE || p->date == NO_DATE || f->date == NO_DATE)
        return false;
    int64_t before = p->expires - p->date, after = f->expires - f->date, here = expires - date;
    if (expires == p->expires || !about_equal(before, after) || about_equal(before, here))
        return false; /* a fixed instant, no agreement, or no difference */
    *d = (struct difference){"expires", FIELD_EXPIRES, false};
    d->conflict = lifetimes_conflict(here < 0 ? 0 : here, before < 0 ? 0 : before);
    return true;
}

/* A14: a Date before that of an earlier response; a conflict where the lifetime is then over. */
static bool has_frozen_date(const struct sides *s, struct difference *d)
{
    int64_t date = s->n->date.date.seconds, before = s->p->at.date;
    if (date == NO_DATE || before == NO_DATE || s->n->responder == RESPONDER_CACHE ||
        date >= before - 2)
        return false;
    int64_t lifetime = plain_lifetime(&s->n->cc, s->n->expires.date.seconds, date);
    *d = (struct difference){"frozen-date", FIELD_DATE, false};
    d->conflict = lifetime > 0 && before - date >= lifetime;
    return true;
}

/* A conflict before a drift; no variant: nothing differs. */
static struct difference worst_difference(const struct sides *s)
{
    static bool (*const differs[])(const struct sides *, struct difference *) = {
        differs_in_cache_control, differs_in_etag, differs_in_expires,
        differs_in_location,      has_frozen_date, differs_in_vary,
    };
    struct difference worst = {0}, d;
    for (unsigned i = 0; i < COUNT_OF(differs); i++)
        if (differs[i](s, &d) && (!worst.variant || (d.conflict && !worst.conflict)))
            worst = d;
    return worst;
}

static enum judgement judge_policy_differs(const struct evidence *e, struct verdict *v)
{
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    struct sides sides = {&e->facts->response, &e->x->response.head, p, f};
    if (lacks(e, v, NEEDS_PAIR | NEEDS_SOUND_304))
        return WITHHELD;
    if (!p->representation || !p->matches)
        return withhold(v, GUARD_NO_REFERENCE);
    if (!e->closing) {
        sides.f = p; /* as if the next 200 will be what the last one was */
        return worst_difference(&sides).variant ? wait_for(v, WAIT_FOR_REFERENCE) : PASSED;
    }
    if (!f->representation || !f->matches)
        return withhold(v, GUARD_NO_REFERENCE);
    struct difference worst = worst_difference(&sides);
    if (!worst.variant)
        return PASSED;
    accuse(v, CARD(POLICY_DIFFERS),
           "the 304 says {}: {}, the 200s before and after it agree on {}");
    say_text(v, field_name_of(worst.token));
    say_text(v, head_first(&e->x->response.head, worst.token));
    say_text(v, head_first(&p->representation->head, worst.token));
    v->variant = worst.variant;
    v->reference = p;
    if (!worst.conflict)
        v->severity = SEVERITY_INFO;
    if (p->other_user || f->other_user)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (reference_is_tainted(e))
        demote(v, "responses of this server were lost at the tap around it");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
    return FIRED;
}

/* ---- the rows ---- */

#define S_304     "RFC 9110 §15.4.5"
#define S_304_OLD "RFC 7232 §4.1"

static const struct rule rows[ROWS] = {
    [HAS_BODY] =
        {
            .card =
                {
                    .id = "304-has-body",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304 ", RFC 9112 §6.3",
                    .formerly = S_304_OLD ", RFC 7230 §3.3.3",
                    .title = "a 304 is followed by octets that belong to no message",
                    .means = "A 304 ends with its first empty line and has neither content nor "
                             "trailers. A recipient takes what follows for the "
                             "beginning of the next response: connections break, and attackers can "
                             "smuggle. The octets are wasted in any case.",
                    .remedy =
                        "Do not write a body once the status is 304: return from the handler after "
                        "the head, take no template, error page or chunked wrapper around it, and "
                        "do not let a compression layer close an empty chunked body.",
                    .variants = has_body_variants,
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 1,
            .judge = judge_has_body,
        },
    [MISSING_ETAG] =
        {
            .card =
                {
                    .id = "304-missing-etag",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 lacks the ETag that its 200 has",
                    .means =
                        "A 304 must carry ETag where the 200 to the same request would have. "
                        "Without "
                        "it a cache that holds several variants cannot tell which of them the 304 "
                        "confirms (RFC 9111 §4.3.4), and transfers them anew.",
                    .remedy =
                        "Send the ETag with the 304 too: set it before the condition is evaluated, "
                        "and see that no filter (compression, header clean-up for 304) removes it.",
                    .variants = intermittent_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_etag,
        },
    [MISSING_CACHE_CONTROL] =
        {
            .card =
                {
                    .id = "304-missing-cache-control",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 lacks the Cache-Control that its 200 has",
                    .means = "The stored policy goes on to apply, so little happens while it stays "
                             "as it "
                             "was; but a new lifetime can never reach those who revalidate.",
                    .remedy =
                        "Add Cache-Control for every status, not only for 200 (nginx: add_header "
                        "... always, or expires; Apache: Header always set; frameworks: set it "
                        "before the freshness check).",
                    .variants = intermittent_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_cache_control,
        },
    [MISSING_VARY] =
        {
            .card =
                {
                    .id = "304-missing-vary",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 lacks the Vary that its 200 has, or a member of it",
                    .means =
                        "A shared cache that updates its stored response with this 304 may give "
                        "one "
                        "variant to everybody. Known of nginx with gzip_vary: only its 200s carry "
                        "Vary: Accept-Encoding.",
                    .remedy = "Send the same Vary with 304 as with 200 (nginx: add_header Vary "
                              "Accept-Encoding instead of gzip_vary; "
                              "applications: set Vary before the freshness check).",
                    .variants = missing_vary_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_vary,
        },
    [MISSING_EXPIRES] =
        {
            .card =
                {
                    .id = "304-missing-expires",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 lacks the Expires that its 200 has",
                    .means = "The stored Expires stays in the past, so the 304 does not make the "
                             "response "
                             "fresh again and every use of it costs another round trip. Where "
                             "max-age is "
                             "there too, caches ignore Expires and nothing is lost.",
                    .remedy =
                        "Send Expires with the 304 too, or better: replace it by Cache-Control: "
                        "max-age.",
                    .variants = intermittent_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_expires,
        },
    [MISSING_CONTENT_LOCATION] =
        {
            .card =
                {
                    .id = "304-missing-content-location",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 lacks the Content-Location that its 200 has",
                    .means =
                        "With several variants Content-Location says which one was chosen; without "
                        "it a cache may update another.",
                    .remedy = "Send Content-Location with the 304 too.",
                    .variants = intermittent_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_content_location,
        },
    [MISSING_DATE] =
        {
            .card =
                {
                    .id = "304-missing-date",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304 ", §6.6.1",
                    .formerly = S_304_OLD ", RFC 7231 §7.1.1.2",
                    .title = "a 304 has no Date although its server has a clock",
                    .means =
                        "An origin server with a clock must send Date in every 2xx, 3xx and 4xx. "
                        "Caches count the age of what the 304 confirms from it.",
                    .remedy =
                        "Let the server add Date to every response; look for code that writes 304 "
                        "heads by hand.",
                    .variants = missing_date_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_missing_date,
        },
    [LENGTH_MISMATCH] =
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
                    .means =
                        "A 304 may carry Content-Length only if it equals the octets that a 200 "
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
    [SUPERFLUOUS_METADATA] =
        {
            .card =
                {
                    .id = "304-superfluous-metadata",
                    .group = "304-violation",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "responder",
                    .section = S_304,
                    .formerly = S_304_OLD,
                    .title = "a 304 repeats metadata that the cache has",
                    .means =
                        "A 304 should not carry representation metadata other than the six fields, "
                        "unless it guides cache updates. Octets in every revalidation, and a risk: "
                        "caches overwrite what they stored with it.",
                    .remedy =
                        "Drop Content-Type, Content-Encoding, Content-Language and their kin from "
                        "304s. Last-Modified beside an ETag does no harm.",
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 22,
            .judge = judge_superfluous,
        },
    [POLICY_DIFFERS] =
        {
            .card =
                {
                    .id = "304-policy-differs",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = S_304 ", RFC 9111 §4.3.4",
                    .formerly = S_304_OLD ", RFC 7234 §4.3.4",
                    .title = "a 304 carries another policy than the 200s around it",
                    .means = "The fields of a 304 are those that a 200 would have had, and caches "
                             "update "
                             "the stored response with them: the policy of the first visit is "
                             "overwritten "
                             "by that of the second.",
                    .remedy =
                        "Compute Cache-Control, Expires, Vary and ETag in one place, before it is "
                        "decided whether the answer is 200 or 304.",
                    .variants = policy_differs_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_policy_differs,
        },
};

const struct rule_set rules_304 = {rows, ROWS};
