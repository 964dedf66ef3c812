/* SPDX-License-Identifier: MIT */
/*
 * The six fields that a 304 must have where the 200 to the same request would have had them (RFC
 * 9110 §15.4.5): Cache-Control, Content-Location, Date, ETag, Expires, Vary. What the 200 would
 * have had is known from the 200s before and after (rules.md §0.4); of Date it is enough that the
 * server has a clock (RFC 9110 §6.6.1).
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/rules_304.h"
#include "analysis/vary.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)
#define HOUR_NS  (INT64_C(3600) * NS_PER_S)

enum row {
    MISSING_CACHE_CONTROL,
    MISSING_CONTENT_LOCATION,
    MISSING_DATE,
    MISSING_ETAG,
    MISSING_EXPIRES,
    MISSING_VARY,
    ROWS
};
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

static const char *const intermittent_variants[] = {"intermittent", NULL};
static const char *const missing_vary_variants[] = {"vary-subset", "intermittent", NULL};
static const char *const missing_date_variants[] = {"no-clock", "intermittent", NULL};

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
    if (!head_has(head, due_field_token(field)))
        return true;
    /* Some of its members may be. */
    return field == DUE_VARY &&
           ((e->refs.before.representation && reference_has(e, &e->refs.before, DUE_VARY)) ||
            (e->refs.after.representation && reference_has(e, &e->refs.after, DUE_VARY)));
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

static void demote_missing(const struct evidence *e, struct verdict *v, enum due_field field,
                           enum weight weight, const struct reference *r)
{
    int64_t apart = e->facts->t_req0 - r->at.t_rsp1;
    /* Where it has some of Vary, it is itself among the 304s that carry it. */
    if (e->fields.habitual >> field & 1 &&
        !head_has(&e->x->response.head, due_field_token(field))) {
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
    demote_for_gaps(e, v);
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
    say_text(v, field_name_of(due_field_token(field)));
    say_text(v, head_first(&r->representation->head, due_field_token(field)));
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

/* ---- the rows ---- */

#define S_304     "RFC 9110 §15.4.5"
#define S_304_OLD "RFC 7232 §4.1"

static const struct rule rows[ROWS] = {
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
};

const struct rule_set rules_304_missing = {rows, ROWS};
