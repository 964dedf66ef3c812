/* SPDX-License-Identifier: MIT */
/*
 * 304s held against what the URL answered before and after, where the 304 alone looks right: the
 * representation was another one all the time (RFC 9110 §13.2.2), or there was none (§13.2.1).
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/terms.h"

#define NS_PER_S INT64_C(1000000000)

enum row { DESPITE_CHANGE, MASKS_NON_2XX, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* So long may lie between two answers that agree, and still nothing else is likely in between. */
enum { STEADY_S = 3600 };

/* What needs no history to be unsure of. */
enum { NEEDS = NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD | NEEDS_SOUND_304 };

static bool went_through_cache(const struct facts *x)
{
    return x->response.intermediary_signs != 0 || x->response.responder == RESPONDER_CACHE;
}

/* What makes two agreeing answers less of a proof that nothing changed between them. A loss in the
 * hour before counts too: it may hide that answers alternate. */
static void demote_for_time(const struct evidence *e, struct verdict *v, int64_t from_ns,
                            int64_t until_ns)
{
    int64_t hour_ns = evidence_begins_ns(&e->refs, e->facts);
    if (until_ns - from_ns > STEADY_S * NS_PER_S)
        demote(v, "over such a time it may have been otherwise, and back again");
    if (evidence_lost(e, from_ns < hour_ns ? from_ns : hour_ns, until_ns))
        demote(v, "responses of this server around it were lost at the tap");
    if (e->came_back)
        demote(v, "wire304's memory of this URL had reached its cap");
}

/* ---- 304-despite-change ---- */

static const char *const despite_variants[] = {"fleet-inconsistent", NULL};

/* By this 200 the condition would have been true: its tag is none of those offered, nor akin to
 * one; or, where none were offered, it was modified later than the date. */
static bool is_changed(const struct request_facts *q, const struct representation *r)
{
    if (q->if_none_match.kind == TAG_LIST_TAGS)
        return r->etag.valid && !tag_list_has_tolerant(&q->if_none_match, &r->etag, NULL) &&
               tag_list_kinship(&q->if_none_match, &r->etag, NULL) == TAGS_UNRELATED;
    return q->if_none_match.kind == TAG_LIST_ABSENT && date_is_valid(&q->if_modified_since) &&
           r->last_modified != NO_DATE && r->last_modified > q->if_modified_since.date.seconds;
}

/* Both 200s show one and the same representation. */
static bool is_steady(const struct request_facts *q, const struct representation *p,
                      const struct representation *f)
{
    if (q->if_none_match.kind == TAG_LIST_TAGS)
        return entity_tag_weak_equal(&p->etag, &f->etag);
    return p->last_modified == f->last_modified &&
           (entity_tag_strong_equal(&p->etag, &f->etag) ||
            (digest_is_set(p->digest) && digest_equal(p->digest, f->digest)));
}

/* Several backends, or the same one in two states. */
static bool is_fleet(const struct evidence *e)
{
    const struct address *server = &e->x->connection.server;
    return e->tags_alternate || !address_equal(&e->refs.before.representation->server, server) ||
           !address_equal(&e->refs.after.representation->server, server);
}

/* Answers may be made for each user (address, cookies): one of the two 200s must have been given to
 * the one who got the 304, asked in the same way: Vary may fail to name a field that chooses. That
 * the other one agrees shows that it is not for one user alone. */
static bool is_of_one_user(const struct evidence *e)
{
    uint64_t user = e->key.user;
    uint64_t terms = terms_of(&e->x->request.head);
    const struct sighting *p = &e->refs.before.at, *f = &e->refs.after.at;
    return user &&
           ((p->user == user && p->terms == terms) || (f->user == user && f->terms == terms));
}

static void accuse_despite(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    const struct representation *p = e->refs.before.representation;
    bool by_tag = q->if_none_match.kind == TAG_LIST_TAGS;
    accuse(v, CARD(DESPITE_CHANGE),
           by_tag ? "304 to If-None-Match: {}, although the 200s before and after it have ETag {}"
                  : "304 to If-Modified-Since: {}, although the 200s before and after it have "
                    "Last-Modified: {}");
    say_text(v, by_tag ? q->if_none_match.text : q->if_modified_since.text);
    say_text(v, by_tag ? p->etag.text : representation_says(p, FIELD_LAST_MODIFIED));
    v->reference = &e->refs.before;
}

static void demote_despite(const struct evidence *e, struct verdict *v)
{
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    if (is_fleet(e)) {
        v->variant = "fleet-inconsistent";
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    }
    if (p->other_user || f->other_user)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    if (e->facts->request.if_none_match.kind == TAG_LIST_TAGS && p->representation->etag.weak) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "weak tags may stand for several versions";
    }
    if (e->client.shared_address)
        demote(v, "several users share the client's address");
    if (is_another_software(e, p->representation))
        demote(v, "Server changed in between");
    demote_for_time(e, v, p->at.t_rsp0, f->at.t_rsp1);
}

/* Then ims-honoured-over-inm says why. */
static bool is_explained_by_date(const struct request_facts *q, const struct representation *r)
{
    return q->if_none_match.kind == TAG_LIST_TAGS && date_is_valid(&q->if_modified_since) &&
           r->last_modified != NO_DATE && r->last_modified <= q->if_modified_since.date.seconds;
}

static enum judgement judge_despite(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    if (lacks(e, v, NEEDS))
        return WITHHELD;
    if (!p->representation)
        return withhold(v, GUARD_NO_REFERENCE);
    if (x->request.if_none_match.malformed)
        return withhold(v, GUARD_MALFORMED);
    if (!is_changed(&x->request, p->representation) ||
        is_explained_by_date(&x->request, p->representation))
        return PASSED;
    if (went_through_cache(x) || p->representation->signs)
        return withhold(v, GUARD_CACHE); /* it may evaluate against its own (RFC 9111 §4.3.2) */
    if (!e->closing)
        return wait_for(v, WAIT_FOR_REFERENCE);
    if (!f->representation)
        return withhold(v, GUARD_NO_REFERENCE);
    if (!is_steady(&x->request, p->representation, f->representation) ||
        e->unsafe_ns >= p->at.t_req0)
        return PASSED; /* it changed in between, or was written to */
    if (f->representation->signs)
        return withhold(v, GUARD_CACHE);
    if (!is_of_one_user(e))
        return withhold(v, GUARD_OTHER_USER);
    accuse_despite(e, v);
    demote_despite(e, v);
    return FIRED;
}

/* ---- 304-masks-non-2xx ---- */

/* A 200 in the meantime, or one before that is fresh yet: somebody may have answered by it. */
static bool may_be_there(const struct evidence *e)
{
    const struct representation *p = e->refs.before.representation;
    int64_t from_ns = e->status_before.t_req0;
    if (e->latest_200_ns >= from_ns || e->unsafe_ns >= from_ns)
        return true;
    if (!p)
        return false;
    struct freshness f = representation_freshness(p);
    return freshness_is_fresh(&f, e->facts->t_req0, 0, e->thresholds->guard_s, SHARED_CACHE,
                              GENEROUS);
}

static enum judgement judge_masks(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct base_status *before = &e->status_before, *after = &e->status_after;
    if (!base_status_excludes_304(before))
        return before->exchange_id ? PASSED : NOT_APPLICABLE;
    if (lacks(e, v, NEEDS))
        return WITHHELD;
    if (may_be_there(e))
        return PASSED;
    if (went_through_cache(x) || before->by_cache)
        return withhold(v, GUARD_CACHE);
    if (!e->key.user || before->user != e->key.user ||
        before->terms != base_terms_of(&e->x->request.head))
        return withhold(v, GUARD_OTHER_USER);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_STATUS);
    if (!after->exchange_id)
        return withhold(v, GUARD_NO_REFERENCE);
    if (after->by_cache)
        return withhold(v, GUARD_CACHE);
    if (!base_status_equal(before, after))
        return after->user == before->user && after->terms == before->terms
                   ? PASSED
                   : withhold(v, GUARD_OTHER_USER);
    accuse(v, CARD(MASKS_NON_2XX),
           "304, although without a condition the same client got {} before and after it");
    say_number(v, before->status);
    v->reference_exchange_id = before->exchange_id;
    if (e->client.shared_address)
        demote(v, "several users share the client's address");
    demote_for_time(e, v, before->t_req0, after->t_rsp1);
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [DESPITE_CHANGE] =
        {
            .card =
                {
                    .id = "304-despite-change",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.2.2, §13.1.2, §13.1.3",
                    .formerly = "RFC 7232 §6, §3.2, §3.3",
                    .title = "a 304 for a version that is no longer the current one",
                    .means =
                        "The 200s before and after the 304 agree on another validator than the "
                        "client asked by, so its condition was true and the new version was due. "
                        "It goes on to show the old one, and its cache calls it fresh again.",
                    .remedy =
                        "Evaluate the condition against what a 200 would be sent with at that "
                        "moment: look for a validator cache that is not invalidated with the "
                        "content, and for backends behind one address that are not in step.",
                    .variants = despite_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_despite,
        },
    [MASKS_NON_2XX] =
        {
            .card =
                {
                    .id = "304-masks-non-2xx",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §13.2.1",
                    .formerly = "RFC 7232 §5",
                    .title = "a 304 where the plain answer is an error or a redirection",
                    .means =
                        "Conditions are to be ignored where the answer without them would be no "
                        "2xx. Who holds an old copy is told that it is still good, while everybody "
                        "else is told that it has moved, is forbidden or is gone.",
                    .remedy =
                        "Look the resource up, and check who may have it, before the condition is "
                        "evaluated; let filters that answer 304 by date or tag alone run last.",
                },
            .subjects = SUBJECT_304,
            .judge = judge_masks,
        },
};

const struct rule_set rules_304_history = {rows, ROWS};
