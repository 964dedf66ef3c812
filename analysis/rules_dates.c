/* SPDX-License-Identifier: MIT */
/*
 * Last-Modified that does not say when something was modified (RFC 9110 §8.8.2): it moves while the
 * octets stay, or stays while they move. Only where there is no ETag, which would come first.
 */

#include <stddef.h>

#include "analysis/rules.h"

#define NS_PER_S INT64_C(1000000000)

enum row { UNSTABLE, BODY_CHANGED, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- unstable-last-modified ---- */

static const char *const unstable_variants[] = {"per-request", "fleet", NULL};

/* Made when it was asked for: the date of modification is that of the response. */
static bool is_date_of_response(int64_t modified_s, int64_t date_s)
{
    enum { MOMENT_S = 2 };
    return modified_s != NO_DATE && date_s != NO_DATE && date_s >= modified_s &&
           date_s - modified_s <= MOMENT_S;
}

static const char *unstable_variant(const struct evidence *e, const struct reference *r)
{
    const struct response_facts *n = &e->facts->response;
    if (is_date_of_response(n->last_modified.date.seconds, n->date.date.seconds) &&
        is_date_of_response(r->representation->last_modified, r->representation->first.date))
        return "per-request";
    return e->date_seen_before ? "fleet" : NULL;
}

static enum judgement judge_unstable(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct reference *r = &e->refs.offered;
    if (!x->is_get || x->request.if_none_match.kind != TAG_LIST_ABSENT ||
        !date_is_valid(&x->request.if_modified_since))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD | NEEDS_END))
        return WITHHELD;
    if (!x->body_is_comparable)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (x->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    if (!slice_is_absent(x->response.etag.text) || !r->representation ||
        !slice_equal(representation_says(r->representation, FIELD_CONTENT_TYPE),
                     x->response.content_type))
        return PASSED;
    const char *variant = unstable_variant(e, r);
    if (!variant)
        return PASSED; /* it moved once, as a deployment or touch(1) does */
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_body)
        return withhold(v, GUARD_TINY);
    accuse(v, CARD(UNSTABLE),
           "Last-Modified: {} for the octets that had {} before, which was asked by");
    say_text(v, x->response.last_modified.text);
    say_text(v, representation_says(r->representation, FIELD_LAST_MODIFIED));
    v->variant = variant;
    v->reference = r;
    v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

/* ---- lm-unchanged-body-changed ---- */

/* Both by date alone, and by the same one. */
static bool is_same_date(const struct facts *x, const struct representation *r)
{
    int64_t modified = x->response.last_modified.date.seconds;
    return modified != NO_DATE && modified == r->last_modified && slice_is_absent(r->etag.text) &&
           slice_is_absent(x->response.etag.text);
}

/* A page that is made for the user: what it shows may follow a session, not the date. */
static bool is_personal(const struct facts *x, const struct representation *r)
{
    return x->request.cookie_hash || x->request.authorization_hash || x->response.has_set_cookie ||
           r->request.has_cookie || r->has_set_cookie ||
           cache_control_says(&x->response.cc, CC_PRIVATE) != NO;
}

/* May every answer be another, by a token or a time in it? Not where two were equal; and files that
 * are no pages seldom carry such. */
static bool may_have_nonce(const struct facts *x, const struct representation *r)
{
    return !r->again &&
           (slice_starts_with_nocase(x->response.content_type, SLICE("text/html")) ||
            slice_starts_with_nocase(x->response.content_type, SLICE("application/xhtml")));
}

static enum judgement judge_body_changed(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct representation *r = e->refs.held.representation;
    if (!x->is_get || !r || !is_same_date(x, r))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (!x->body_is_comparable || !digest_is_set(r->digest))
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (digest_equal(r->digest, x->x->response.digest) ||
        last_modified_is_strong(r->last_modified, r->first.date) != YES ||
        !slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING),
                            x->response.content_encoding) ||
        !slice_equal(representation_says(r, FIELD_CONTENT_TYPE), x->response.content_type))
        return PASSED;
    if (lacks(e, v, NEEDS_END))
        return WITHHELD;
    if (!slice_is_absent(x->response.content_encoding))
        return withhold(v, GUARD_BODY_NOT_COMPARABLE); /* compressing anew gives other octets */
    if (is_personal(x, r))
        return withhold(v, GUARD_OTHER_USER);
    if (!address_equal(&r->server, &e->x->connection.server))
        return withhold(v, GUARD_FLEET);
    if (may_have_nonce(x, r))
        return withhold(v, GUARD_NONCE);
    accuse(v, CARD(BODY_CHANGED),
           "Last-Modified: {} stands for {} octets here and for other {} octets before");
    say_text(v, x->response.last_modified.text);
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, (int64_t)r->content_octets);
    v->reference = &e->refs.held;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [UNSTABLE] =
        {
            .card =
                {
                    .id = "unstable-last-modified",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.2.1",
                    .formerly = "RFC 7232 §2.2.1",
                    .title = "Last-Modified moves although the octets stay",
                    .means =
                        "The client asked whether it was modified since the date it was given, and "
                        "got the same octets under a later one. So no 304 ever comes about. Either "
                        "the date is that of the request, or backends have different ones.",
                    .remedy =
                        "Take the date from the content, not from the clock; let deployments keep "
                        "the times of files (rsync -t, tar); or send an ETag made of the content.",
                    .variants = unstable_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 5,
            .judge = judge_unstable,
        },
    [BODY_CHANGED] =
        {
            .card =
                {
                    .id = "lm-unchanged-body-changed",
                    .group = "hygiene",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.2.1, §8.8.1",
                    .formerly = "RFC 7232 §2.2.1, §2.1",
                    .title = "other octets under the same Last-Modified",
                    .means =
                        "The date is all that clients have to ask by, and it did not change when "
                        "the octets did: who asks gets a 304 and keeps the old ones.",
                    .remedy =
                        "Let the date follow everything that the response is made of (templates, "
                        "includes, data), or send an ETag made of the content.",
                },
            .subjects = SUBJECT_200,
            .judge = judge_body_changed,
        },
};

const struct rule_set rules_dates = {rows, ROWS};
