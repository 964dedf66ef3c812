/* SPDX-License-Identifier: MIT */
/*
 * Vary (RFC 9110 §12.5.5): where it is missing although answers are made to measure, and where it
 * tells apart what is the same.
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/storable.h"
#include "analysis/variants.h"
#include "base/attributes.h"

enum row { MISSING_VARY, FRAGMENTATION, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- missing-vary-observed ---- */

static const char *const missing_vary_variants[] = {
    "content-encoding", "content-type", "content-language", "access-control-allow-origin", NULL};

/* "An origin server might not send a Vary header field when it considers the variation less
 * significant [..], particularly when reuse is already limited" (§12.5.5). */
static bool is_reuse_limited(const struct facts *x)
{
    return cache_control_says(&x->response.cc, CC_NO_CACHE) != NO ||
           storability_of(x, SHARED_CACHE).storable != YES;
}

static enum judgement judge_missing_vary(const struct evidence *e, struct verdict *v)
{
    enum { HOUR_S = 3600 };
    const struct facts *x = e->facts;
    const struct reference *other = &e->refs.variant;
    if (!x->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (LIKELY(!other->representation) || storability_of(x, PRIVATE_CACHE).storable != YES)
        return PASSED;
    const struct aspect *aspect = variants_differ(x, other->representation);
    if (!aspect)
        return PASSED;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(MISSING_VARY), "{}: {} here and {} for another {}, which Vary does not name");
    say_text(v, field_name_of(aspect->response));
    struct slice here = head_first(&x->x->response.head, aspect->response);
    struct slice there = head_first(&other->representation->head, aspect->response);
    say_text(v, slice_is_absent(here) ? SLICE("(none)") : here);
    say_text(v, slice_is_absent(there) ? SLICE("(none)") : there);
    say_text(v, field_name_of(aspect->request));
    v->variant = aspect->word;
    v->reference = other;
    if (is_reuse_limited(x))
        v->severity = SEVERITY_INFO;
    bool other_server = !address_equal(&other->representation->server, &x->x->connection.server);
    if (!other->matches &&
        (other_server || x->t_rsp0 - other->at.t_rsp0 > HOUR_S * INT64_C(1000000000)))
        v->confidence = CONFIDENCE_POSSIBLE; /* it may have changed in time, or with the machine */
    if (aspect->request != FIELD_ACCEPT_ENCODING && aspect->request != FIELD_ORIGIN &&
        x->request.cookie_hash != other->representation->cookie)
        v->confidence = CONFIDENCE_POSSIBLE; /* the user may have chosen */
    if (evidence_lost(e, other->at.t_rsp0, x->t_rsp1) || e->came_back)
        demote(v, "a lost response may have told otherwise");
    return FIRED;
}

/* ---- vary-fragmentation ---- */

static const char *const fragmentation_variants[] = {"star", "clients", NULL};

/* The client itself would have asked, or not even that. */
static enum judgement judge_own_fragment(const struct evidence *e, struct verdict *v)
{
    const struct representation *r = e->refs.fragment.representation;
    if (lacks(e, v, NEEDS_CLIENT))
        return WITHHELD;
    if (e->facts->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    struct freshness f = representation_freshness(r);
    if (!representation_has_validator(r) &&
        freshness_explicit(&f, PRIVATE_CACHE) <= e->held.stored_s)
        return PASSED; /* it would have been transferred anyway: no-validator-unchanged */
    bool star = slice_equal(e->fragmented_by, SLICE("*"));
    accuse(v, CARD(FRAGMENTATION),
           star ? "{} octets again, which the client has: Vary: {} keeps it from using them"
                : "{} octets again, which the client has for another {}: Vary tells them apart");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_text(v, e->fragmented_by);
    v->variant = star ? "star" : NULL;
    v->reference = &e->refs.fragment;
    v->claim.kind = CLAIM_REPLACE;
    if (!e->facts->request.is_conditional)
        v->claim.added_octets = condition_octets(r);
    confine_to_client(v, e);
    return FIRED;
}

/* Nothing is claimed: each of the clients got it for the first time, and only a shared cache could
 * have saved it (A25, A26). */
static enum judgement judge_fragments(const struct evidence *e, struct verdict *v)
{
    if (e->fragments < e->thresholds->vary_values ||
        storability_of(e->facts, SHARED_CACHE).storable != YES)
        return PASSED;
    accuse(v, CARD(FRAGMENTATION),
           "the same {} octets for {} values of {}, which Vary tells apart");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_number(v, e->fragments);
    say_text(v, e->fragmented_by);
    v->variant = "clients";
    v->reference = &e->refs.fragment;
    v->claim = (struct claim){.kind = CLAIM_REPLACE, .waived = true};
    v->confidence = CONFIDENCE_POSSIBLE;
    return FIRED;
}

static enum judgement judge_fragmentation(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!x->is_get || !x->response.has_vary)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    if (!x->body_is_comparable)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (!e->refs.fragment.representation)
        return PASSED;
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_body)
        return withhold(v, GUARD_TINY);
    return e->refs.fragment.matches ? judge_own_fragment(e, v) : judge_fragments(e, v);
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [MISSING_VARY] =
        {
            .card =
                {
                    .id = "missing-vary-observed",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "origin",
                    .section = "RFC 9110 §12.5.5",
                    .formerly = "RFC 7231 §7.1.4",
                    .title = "answers are made to measure, and Vary does not say by what",
                    .means =
                        "Two requests for this URL were given different variants, each the one "
                        "that it asked for. Without Vary a cache takes either for everybody: "
                        "gzip for clients that cannot read it, the other language, a response "
                        "without CORS fields for the page that needs them.",
                    .remedy =
                        "Send Vary with the name of the request field in all variants (nginx: "
                        "gzip_vary on; Apache: mod_deflate and mod_negotiation do it, unless "
                        "Header unset Vary; for CORS: Vary: Origin in every response, also where "
                        "the request had no Origin).",
                    .variants = missing_vary_variants,
                },
            .subjects = SUBJECT_200,
            .judge = judge_missing_vary,
        },
    [FRAGMENTATION] =
        {
            .card =
                {
                    .id = "vary-fragmentation",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §4.1",
                    .formerly = "RFC 7234 §4.1",
                    .title = "Vary keeps caches from reusing what is the same for all",
                    .means =
                        "The response names in Vary a field with many values (User-Agent, Cookie, "
                        "Referer, Accept, Authorization, or *), and its octets do not depend on "
                        "it: every value makes another transfer of the same.",
                    .remedy =
                        "Name in Vary only what the answer depends on; where it depends on the "
                        "user, say Cache-Control: private instead. Strip cookies from requests "
                        "for static files, or serve them from a host without cookies.",
                    .variants = fragmentation_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 16,
            .judge = judge_fragmentation,
        },
};

const struct rule_set rules_variants = {rows, ROWS};
