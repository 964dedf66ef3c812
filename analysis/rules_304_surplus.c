/* SPDX-License-Identifier: MIT */
/*
 * Metadata that a 304 should leave out (RFC 9110 §15.4.5): whatever describes the representation,
 * is none of the six fields and guides no cache update. Its octets are claimed.
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "base/attributes.h"

static const struct rule rows[1];
#define CARD (&rows[0].card)

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
    accuse(v, CARD, "the 304 repeats {}: {}, which the cache has");
    say_text(v, field_name_of(worst->token));
    say_text(v, head_first(head, worst->token));
    v->confidence = CONFIDENCE_CERTAIN;
    if (!worst->warns)
        v->severity = SEVERITY_INFO;
    v->claim = (struct claim){.kind = octets ? CLAIM_PART : CLAIM_NOTHING, .header_octets = octets};
    return FIRED;
}

/* ---- the row ---- */

#define S_304     "RFC 9110 §15.4.5"
#define S_304_OLD "RFC 7232 §4.1"

static const struct rule rows[1] = {
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
};

const struct rule_set rules_304_surplus = {rows, 1};
