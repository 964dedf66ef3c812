/* SPDX-License-Identifier: MIT */
/*
 * What clients ask with (RFC 9111 §4.3.1, RFC 9110 §13.1): the validators of what they hold, all of
 * them, and no others.
 */

#include <stddef.h>

#include "analysis/issued.h"
#include "analysis/rules.h"

enum row { OMITS_ETAG, OMITS_IMS, FOREIGN_VALIDATOR, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* A GET that may ask about what the client holds of the whole: PASSED means go on. */
static enum judgement asks_about_held(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!x->is_get || !slice_is_absent(x->request.range))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD))
        return WITHHELD;
    return e->closing || e->client.id ? PASSED : withhold(v, GUARD_NO_CLIENT);
}

/* What the client asks about, by this response; NULL where that is not known. */
static const struct representation *asked_about(const struct evidence *e)
{
    const struct reference *held = &e->refs.held;
    return held->matches ? held->representation : NULL;
}

/* ---- client-omits-etag ---- */

static const char *const omits_etag_variants[] = {"dates-only", NULL};

static enum judgement judge_omits_etag(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (!date_is_present(&q->if_modified_since) || q->if_none_match.kind != TAG_LIST_ABSENT ||
        q->if_match.kind != TAG_LIST_ABSENT)
        return NOT_APPLICABLE;
    enum judgement asks = asks_about_held(e, v);
    if (asks != PASSED)
        return asks;
    const struct representation *r = asked_about(e);
    if (!r)
        return NOT_APPLICABLE;
    if (!r->etag.valid || r->storable != YES)
        return PASSED;
    if (e->asker.date_is_ambiguous)
        return withhold(v, GUARD_FLEET);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(OMITS_ETAG),
           "asked by If-Modified-Since: {} alone, although the client had been given ETag: {}");
    say_text(v, q->if_modified_since.text);
    say_text(v, r->etag.text);
    v->reference = &e->refs.held;
    if (e->client.shared_address || q->is_bot)
        v->confidence = CONFIDENCE_POSSIBLE;
    if (!e->asker.sends_tags) {
        v->variant = "dates-only"; /* it has no use for tags: apt, wget -N */
        v->severity = SEVERITY_INFO;
    }
    if (evidence_lost(e, e->refs.held.at.t_rsp0, e->facts->t_req0) || e->came_back)
        demote(v, "a lost response may have had that date and no ETag");
    return FIRED;
}

/* ---- client-omits-ims ---- */

static enum judgement judge_omits_ims(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (q->if_none_match.kind != TAG_LIST_TAGS)
        return NOT_APPLICABLE;
    enum judgement asks = asks_about_held(e, v);
    if (asks != PASSED)
        return asks;
    const struct representation *r = asked_about(e);
    if (!r)
        return NOT_APPLICABLE;
    if (date_is_present(&q->if_modified_since) || q->if_none_match.members != 1 ||
        r->last_modified == NO_DATE || r->storable != YES)
        return PASSED;
    accuse(
        v, CARD(OMITS_IMS),
        "asked by If-None-Match: {} alone, although the client had been given Last-Modified: {}");
    say_text(v, q->if_none_match.text);
    say_text(v, representation_says(r, FIELD_LAST_MODIFIED));
    v->reference = &e->refs.held;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    return FIRED;
}

/* ---- foreign-validator ---- */

static const char *const foreign_variants[] = {"cross-url", NULL};

/* The first tag offered that is not the one held: the list has one that was never issued. */
static enum judgement judge_foreign(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    if (q->if_none_match.kind != TAG_LIST_TAGS)
        return NOT_APPLICABLE;
    enum judgement asks = asks_about_held(e, v);
    if (asks != PASSED)
        return asks;
    if (e->asker.foreign == FOREIGN_FORGOTTEN)
        return withhold(v, GUARD_FORGOTTEN);
    if (e->asker.foreign == FOREIGN_NOT ||
        (e->asker.foreign == FOREIGN_UNKNOWN && e->x->status == 304))
        return PASSED; /* who answers 304 knows the tag */
    if (q->if_none_match.malformed)
        return withhold(v, GUARD_MALFORMED); /* malformed-validator */
    if (e->came_back)
        return withhold(v, GUARD_FORGOTTEN);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    if (evidence_lost(e, NEVER, e->facts->t_req0))
        return withhold(v, GUARD_LOST);
    accuse(v, CARD(FOREIGN_VALIDATOR),
           "asked with If-None-Match: {}, which names a tag that this URL was never seen to issue");
    say_text(v, q->if_none_match.text);
    v->confidence = CONFIDENCE_POSSIBLE;
    if (e->asker.foreign == FOREIGN_CROSS_URL) {
        v->variant = "cross-url";
        v->message = "asked with If-None-Match: {}, which names a tag of another URL";
        v->reference_exchange_id = e->asker.foreign_exchange_id;
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [OMITS_ETAG] =
        {
            .card =
                {
                    .id = "client-omits-etag",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "client-cache",
                    .section = "RFC 9111 §4.3.1",
                    .formerly = "RFC 7232 §2.4",
                    .title = "the client was given an ETag and asks by the date alone",
                    .means =
                        "A date cannot tell two versions of one second apart, and says nothing "
                        "about variants: the client may be told 304 and keep what is out of date. "
                        "Programs that never send tags (apt, wget -N) are only listed.",
                    .remedy = "Let the client keep the ETag with the response and send it in "
                              "If-None-Match, beside If-Modified-Since.",
                    .variants = omits_etag_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_omits_etag,
        },
    [OMITS_IMS] =
        {
            .card =
                {
                    .id = "client-omits-ims",
                    .group = "conditional",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_SHOULD,
                    .party = "client-cache",
                    .section = "RFC 9111 §4.3.1",
                    .formerly = "RFC 7232 §2.4",
                    .title = "the client was given Last-Modified and asks by the tag alone",
                    .means = "Servers and caches that know only dates then send the whole again. "
                             "Where both ends know entity tags nothing is lost.",
                    .remedy = "Send the Last-Modified that was received in If-Modified-Since, "
                              "beside If-None-Match.",
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_omits_ims,
        },
    [FOREIGN_VALIDATOR] =
        {
            .card =
                {
                    .id = "foreign-validator",
                    .group = "conditional",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9110 §13.1.2",
                    .formerly = "RFC 7232 §3.2",
                    .title = "the client offers a tag that the URL never issued",
                    .means =
                        "The tag came with another URL, from a time before the capture, or from "
                        "nowhere. It cannot match what the client holds, so the whole is sent "
                        "again; if by chance it matches, the client shows the wrong content.",
                    .remedy =
                        "Keep each tag with the URL (its query included) that it came with, and "
                        "drop it when the content is dropped.",
                    .variants = foreign_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_foreign,
        },
};

const struct rule_set rules_clients = {rows, ROWS};
