/* SPDX-License-Identifier: MIT */
/*
 * Transfers and round trips that a cache could have saved, as far as they can be told when the
 * exchange is over or by counting: what a client did although it had the response, and what an
 * origin's policy made it do.
 */

#include "analysis/rules_waste.h"

#include <stddef.h>
#include <string.h>

#include "analysis/rules_after_304.h"
#include "analysis/rules_reloads.h"

#define NS_PER_S INT64_C(1000000000)

enum row {
    UNCONDITIONAL_REFETCH,
    UNSTABLE_ETAG,
    NO_VALIDATOR,
    NO_STORE,
    REFETCH_WHILE_FRESH,
    REVALIDATED_WHILE_FRESH,
    SHORT_TTL,
    CACHE_BUSTER,
    ROWS
};
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- what the rules about repeated transfers ask first ---- */

bool is_plain_get(const struct facts *x)
{
    return x->is_get && !x->request.is_conditional && slice_is_absent(x->request.range) &&
           x->request.if_range == IF_RANGE_ABSENT;
}

enum judgement had_it(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT))
        return WITHHELD;
    if (!e->held.known)
        return NOT_APPLICABLE;
    if (x->was_aborted)
        return withhold(v, GUARD_ABORTED);
    if (lacks(e, v, NEEDS_END))
        return WITHHELD;
    if (e->held.same_octets == UNKNOWN)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (e->held.same_octets == NO)
        return NOT_APPLICABLE;
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_body)
        return withhold(v, GUARD_TINY);
    return PASSED;
}

/* What it holds had arrived stale, and its nominal lifetime is not over: A23 takes the blame. */
static bool is_exonerated(const struct evidence *e)
{
    const struct held *h = &e->held;
    return h->stale_on_arrival && h->lifetime_s > 0 && h->contact_ns != NEVER &&
           e->facts->t_req0 - h->contact_ns < h->lifetime_s * NS_PER_S;
}

bool wants_fresher(const struct request_facts *q)
{
    return q->wants_reload || cache_control_has(&q->cc, CC_MAX_AGE) ||
           cache_control_has(&q->cc, CC_MIN_FRESH);
}

void blame_client(struct verdict *v, const struct evidence *e)
{
    v->reference = &e->refs.held;
    v->confidence = CONFIDENCE_LIKELY;
    if (e->cache_is_shared)
        v->party = "intermediary";
    confine_to_client(v, e);
}

uint64_t condition_octets(const struct representation *r)
{
    if (r->etag.valid)
        return strlen("If-None-Match: \r\n") + r->etag.text.len;
    return strlen("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

/* ---- unconditional-refetch ---- */

static const char *const unconditional_variants[] = {"hard-reload", "client-without-cache", NULL};

static enum judgement judge_unconditional(const struct evidence *e, struct verdict *v)
{
    const struct representation *r = e->refs.held.representation;
    if (!is_plain_get(e->facts))
        return NOT_APPLICABLE;
    enum judgement had = had_it(e, v);
    if (had != PASSED)
        return had;
    if (!e->held.is_stored || !representation_has_validator(r))
        return PASSED;
    if (is_exonerated(e))
        return withhold(v, GUARD_STALE_ARRIVAL);
    if (e->held.fresh && !wants_fresher(&e->facts->request))
        return PASSED; /* refetch-while-fresh */
    accuse(v, CARD(UNCONDITIONAL_REFETCH),
           "{} octets transferred again although the client had them, and could have asked by {}");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_text(v, r->etag.valid ? r->etag.text : representation_says(r, FIELD_LAST_MODIFIED));
    v->claim = (struct claim){.kind = CLAIM_REPLACE, .added_octets = condition_octets(r)};
    blame_client(v, e);
    if (is_refetch_after_304(e))
        v->note = "a 304 had just said so: the octets are counted as 304-then-refetch";
    if (e->facts->request.wants_hard_reload) {
        v->variant = "hard-reload";
        v->severity = SEVERITY_INFO;
        v->claim.waived = true;
    } else if (!e->has_cache) {
        v->variant = "client-without-cache";
    }
    return FIRED;
}

/* ---- refetch-while-fresh ---- */

static const char *const refetch_fresh_variants[] = {"client-without-cache", "preload-mismatch",
                                                     "heuristic", NULL};

/* Caches may make up a lifetime, and need not (RFC 9111 §4.2.2): listed, and the octets are those
 * of unconditional-refetch. */
static enum judgement judge_refetch_guessed(const struct evidence *e, struct verdict *v)
{
    accuse(v, CARD(REFETCH_WHILE_FRESH),
           "{} octets transferred again {} s after the client got them, which says not for how "
           "long they are good: a tenth of their age would have been longer");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_number(v, (e->facts->t_req0 - e->held.contact_ns) / NS_PER_S);
    v->variant = "heuristic";
    v->section = "RFC 9111 §4.2.2";
    v->claim = (struct claim){.kind = CLAIM_ELIMINATE, .waived = true};
    blame_client(v, e);
    v->severity = SEVERITY_INFO;
    return FIRED;
}

static enum judgement judge_refetch_fresh(const struct evidence *e, struct verdict *v)
{
    enum { PRELOAD_S = 5 };
    if (!is_plain_get(e->facts))
        return NOT_APPLICABLE;
    enum judgement had = had_it(e, v);
    if (had != PASSED)
        return had;
    if (!e->held.is_stored || !(e->held.fresh || e->held.fresh_by_guess))
        return PASSED;
    if (wants_fresher(&e->facts->request))
        return withhold(v, GUARD_RELOAD);
    if (!e->held.fresh)
        return judge_refetch_guessed(e, v);
    accuse(v, CARD(REFETCH_WHILE_FRESH),
           "{} octets transferred again {} s after the client got them, with a lifetime of {} s");
    say_number(v, (int64_t)e->x->response.content_bytes);
    say_number(v, (e->facts->t_req0 - e->held.contact_ns) / NS_PER_S);
    say_number(v, e->held.lifetime_s);
    v->claim.kind = CLAIM_ELIMINATE;
    blame_client(v, e);
    bool has_origin = !slice_is_absent(e->facts->request.origin);
    if (has_origin != e->held.had_origin && e->held.stored_s < PRELOAD_S)
        v->variant = "preload-mismatch";
    else if (!e->has_cache)
        v->variant = "client-without-cache";
    return FIRED;
}

/* ---- revalidated-while-fresh ---- */

static const char *const revalidated_variants[] = {"reload-revalidation", NULL};

static enum judgement judge_revalidated(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!x->is_get || !x->request.is_conditional)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (!e->held.known || !e->held.is_stored || !e->held.asked_with)
        return NOT_APPLICABLE;
    bool ignores = ignores_update(e);
    if (!e->held.fresh || is_immutable_kept(e) ||
        (ignores && e->held.after->ignored + 1 >= e->thresholds->update_ignored_min))
        return PASSED; /* or immutable-revalidated or 304-update-ignored says it */
    bool reload = wants_fresher(&x->request);
    accuse(v, CARD(REVALIDATED_WHILE_FRESH),
           "asked \"changed?\" {} s after the last contact, with a lifetime of {} s");
    say_number(v, (x->t_req0 - e->held.contact_ns) / NS_PER_S);
    say_number(v, e->held.lifetime_s);
    v->claim.kind = CLAIM_ELIMINATE;
    blame_client(v, e);
    if (reload) {
        v->variant = "reload-revalidation";
        v->severity = SEVERITY_INFO;
        v->claim.waived = true;
    }
    if (!ignores)
        return FIRED;
    v->counted = COUNTED_IGNORED; /* where it goes on, 304-update-ignored takes its place */
    v->unless_confirmed = true;
    return wait_for(v, WAIT_FOR_COUNT);
}

/* ---- unstable-etag ---- */

static const char *const unstable_variants[] = {"vanished",    "coding", "fleet",
                                                "per-request", "deploy", NULL};

static const char *unstable_variant(const struct evidence *e, const struct representation *r)
{
    enum { MANY_TAGS = 3, MANY_URLS = 3 };
    const struct entity_tag *tag = &e->facts->response.etag;
    if (slice_is_absent(tag->text))
        return "vanished";
    if (entity_tag_kinship(tag, &r->etag) != TAGS_UNRELATED)
        return "coding";
    if (e->tag_seen_before || !address_equal(&r->server, &e->x->connection.server))
        return "fleet";
    if (e->tag_values >= MANY_TAGS)
        return "per-request";
    return e->deploy_urls >= MANY_URLS ? "deploy" : NULL;
}

static enum judgement judge_unstable(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct representation *r = e->refs.offered.representation;
    if (!x->is_get || x->request.if_none_match.kind != TAG_LIST_TAGS)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD | NEEDS_END))
        return WITHHELD;
    if (!x->body_is_comparable)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (x->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    if (tag_list_has_tolerant(&x->request.if_none_match, &x->response.etag, NULL) || !r)
        return PASSED;
    if (!slice_equal(representation_says(r, FIELD_CONTENT_TYPE), x->response.content_type))
        return PASSED; /* the tag may speak of more than the octets */
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_body)
        return withhold(v, GUARD_TINY);
    accuse(v, CARD(UNSTABLE_ETAG), "ETag {} for the octets that had {} before, which was offered");
    say_text(v, slice_is_absent(x->response.etag.text) ? SLICE("(none)") : x->response.etag.text);
    say_text(v, r->etag.text);
    v->variant = unstable_variant(e, r);
    v->reference = &e->refs.offered;
    v->claim.kind = CLAIM_REPLACE;
    return FIRED;
}

/* ---- no-validator-unchanged ---- */

static enum judgement judge_no_validator(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!is_plain_get(x) || !slice_is_absent(x->response.etag.text) ||
        date_is_present(&x->response.last_modified))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    enum judgement had = had_it(e, v);
    if (had != PASSED)
        return had;
    const struct representation *r = e->refs.held.representation;
    if (!e->held.is_stored || !slice_is_absent(r->etag.text) || r->last_modified != NO_DATE)
        return PASSED;
    if (e->held.fresh && !wants_fresher(&x->request))
        return PASSED; /* it needed none: refetch-while-fresh */
    if (x->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    accuse(v, CARD(NO_VALIDATOR),
           "the same {} octets for the {}. time, and neither ETag nor Last-Modified to ask by");
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, e->held.run);
    v->claim.kind = CLAIM_REPLACE;
    blame_client(v, e);
    v->party = "origin";
    return FIRED;
}

/* ---- no-store-unchanged ---- */

static const char *const no_store_variants[] = {"private-unchanged", NULL};

/* The same octets to several users, each as theirs alone. Nothing is claimed: each of them got it
 * for the first time (A26), and only a shared cache could have saved it. */
static enum judgement judge_private(const struct evidence *e, struct verdict *v)
{
    enum { MANY_USERS = 3 };
    const struct facts *x = e->facts;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_body)
        return withhold(v, GUARD_TINY);
    if (e->users < MANY_USERS)
        return PASSED;
    accuse(v, CARD(NO_STORE), "private, and the same {} octets for {} users: must it be?");
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, e->users);
    v->variant = "private-unchanged";
    v->claim = (struct claim){.kind = CLAIM_ELIMINATE, .waived = true};
    v->reference_exchange_id = e->first_user_exchange_id;
    v->confidence = CONFIDENCE_POSSIBLE; /* A22 */
    return FIRED;
}

static enum judgement judge_no_store(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (x->is_get && e->users)
        return judge_private(e, v);
    if (!x->is_get || !cache_control_has(&x->response.cc, CC_NO_STORE))
        return NOT_APPLICABLE;
    enum judgement had = had_it(e, v);
    if (had != PASSED)
        return had;
    if (cache_control_has(&x->response.cc, CC_MUST_UNDERSTAND) || e->held.is_stored)
        return PASSED; /* RFC 9111 §5.2.2.3 */
    int64_t span_s = (x->t_rsp0 - e->held.run_from_ns) / NS_PER_S;
    accuse(v, CARD(NO_STORE), "no-store, and the same {} octets {} times within {} s: must it be?");
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, e->held.run);
    say_number(v, span_s);
    v->claim = (struct claim){.kind = CLAIM_REPLACE, .waived = x->request.wants_hard_reload};
    blame_client(v, e);
    v->party = "origin";
    v->confidence = CONFIDENCE_POSSIBLE; /* A22 */
    if (e->held.run < e->thresholds->no_store_min || span_s < e->thresholds->no_store_span_s) {
        v->counted = COUNTED_RUN;
        return wait_for(v, WAIT_FOR_COUNT);
    }
    return FIRED;
}

/* ---- short-ttl-unchanged ---- */

bool pace_is_short(const struct thresholds *thresholds, const struct pace *pace, int64_t lifetime_s,
                   int64_t distance_s)
{
    enum { YEAR_S = 86400 * 365, LEAST_S = 60 };
    int64_t changes_every = pace->changes ? pace->span_s / pace->changes : pace->span_s;
    int64_t recommended = changes_every / 10;
    if (recommended > YEAR_S)
        recommended = YEAR_S;
    int64_t base = lifetime_s > LEAST_S ? lifetime_s : LEAST_S;
    return lifetime_s * 4 < recommended && pace->unchanged >= thresholds->short_ttl_min &&
           pace->span_s >= thresholds->short_ttl_span * base && distance_s < recommended;
}

static enum judgement judge_short_ttl(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct held *h = &e->held;
    if (!x->is_get || !h->known || h->lifetime_s == ABSENT_NUMBER)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (x->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    bool unchanged = x->x->status == 304 ? h->asked_with : h->same_octets == YES;
    if (!unchanged || h->fresh || !h->is_stored || h->contact_ns == NEVER || is_exonerated(e) ||
        x->request.authorization_hash || x->response.has_set_cookie)
        return PASSED;
    int64_t distance_s = (x->t_req0 - h->contact_ns) / NS_PER_S;
    accuse(v, CARD(SHORT_TTL),
           "asked again after {} s with a lifetime of {} s: {} answers within {} s were unchanged");
    say_number(v, distance_s);
    say_number(v, h->lifetime_s);
    say_number(v, e->pace.unchanged);
    say_number(v, e->pace.span_s);
    v->claim.kind = CLAIM_ELIMINATE;
    v->reference = &e->refs.held;
    v->confidence = CONFIDENCE_POSSIBLE; /* A22 */
    v->lifetime_s = h->lifetime_s;
    v->distance_s = distance_s;
    if (pace_is_short(e->thresholds, &e->pace, h->lifetime_s, distance_s))
        return FIRED;
    v->counted = COUNTED_PACE;
    return wait_for(v, WAIT_FOR_COUNT);
}

/* ---- cache-buster-identical ---- */

static const char *const buster_variants[] = {"signed-url", NULL};

static enum judgement judge_buster(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!e->busting.applies || !x->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_END))
        return WITHHELD;
    if (lacks(e, v, NEEDS_CLIENT))
        return WITHHELD;
    if (x->x->response.content_bytes < (uint64_t)e->thresholds->min_duplicate_body)
        return withhold(v, GUARD_TINY);
    if (e->busting.values < 2)
        return PASSED;
    if (x->request.wants_hard_reload)
        return withhold(v, GUARD_RELOAD); /* it would have gone out whatever the URL */
    accuse(v, CARD(CACHE_BUSTER),
           e->busting.is_signed
               ? "the same {} octets under {} signatures: each makes a new URL of them"
               : "the same {} octets under {} values of a parameter that only defeats caches");
    say_number(v, (int64_t)x->x->response.content_bytes);
    say_number(v, e->busting.values);
    v->variant = e->busting.is_signed ? "signed-url" : NULL;
    v->reference_exchange_id = e->busting.exchange_id;
    v->claim.kind = e->busting.first_is_fresh ? CLAIM_ELIMINATE : CLAIM_REPLACE;
    if (v->claim.kind == CLAIM_REPLACE && x->response.etag.valid)
        v->claim.added_octets = strlen("If-None-Match: \r\n") + x->response.etag.text.len;
    v->confidence = CONFIDENCE_LIKELY;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    if (e->busting.values < e->thresholds->cache_buster_min) {
        v->counted = COUNTED_BUSTING;
        return wait_for(v, WAIT_FOR_COUNT);
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [UNCONDITIONAL_REFETCH] =
        {
            .card =
                {
                    .id = "unconditional-refetch",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_SHOULD,
                    .party = "client-cache",
                    .section = "RFC 9110 §13.1.2",
                    .formerly = "RFC 7232 §3.2",
                    .title = "the client fetched anew what it could have revalidated",
                    .means =
                        "The client had been given these very octets with a validator, and asked "
                        "for them again without it. A 304 would have done.",
                    .remedy =
                        "Give the client an HTTP cache, or let it keep the ETag and send "
                        "If-None-Match (curl: --etag-save and --etag-compare; Python requests: "
                        "CacheControl; Java, Go, .NET: a caching transport).",
                    .variants = unconditional_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 13,
            .judge = judge_unconditional,
        },
    [UNSTABLE_ETAG] =
        {
            .card =
                {
                    .id = "unstable-etag",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.1",
                    .formerly = "RFC 7232 §2.1",
                    .title = "the ETag changed and the octets did not",
                    .means = "The client offered the tag of the very octets that came back under "
                             "another "
                             "one. Where tags are made from inode and time of the file, each "
                             "backend and "
                             "each deployment makes new ones.",
                    .remedy =
                        "Make tags from the content (nginx and Apache on several machines: equal "
                        "modification times, FileETag MTime Size; applications: a hash of the "
                        "body, "
                        "no time and no random number in it).",
                    .variants = unstable_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 5,
            .judge = judge_unstable,
        },
    [NO_VALIDATOR] =
        {
            .card =
                {
                    .id = "no-validator-unchanged",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_SHOULD,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.3.1",
                    .formerly = "RFC 7232 §2.3.1",
                    .title = "the same octets again, with nothing to revalidate them by",
                    .means =
                        "The response changes seldom, but without ETag and Last-Modified no client "
                        "can ask whether it did: every use is a whole transfer.",
                    .remedy = "Send an ETag (a hash of the body will do) or Last-Modified.",
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 12,
            .judge = judge_no_validator,
        },
    [NO_STORE] =
        {
            .card =
                {
                    .id = "no-store-unchanged",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §5.2.2.5",
                    .formerly = "RFC 7234 §5.2.2.3",
                    .title = "no-store on what does not change: must it be?",
                    .means =
                        "The client may keep nothing of it and transfers the same octets each "
                        "time. "
                        "For secrets that is right; often no-cache was meant, which allows a 304.",
                    .remedy =
                        "If the content is no secret, say Cache-Control: no-cache (with private, "
                        "where it belongs to one user) and send an ETag. If a private response is "
                        "the same for everybody, say public.",
                    .variants = no_store_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 11,
            .judge = judge_no_store,
        },
    [REFETCH_WHILE_FRESH] =
        {
            .card =
                {
                    .id = "refetch-while-fresh",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9111 §4.2",
                    .formerly = "RFC 7234 §4.2",
                    .title = "the client fetched anew what it could have reused without asking",
                    .means =
                        "What it had was fresh by the strictest reading of its lifetime. The whole "
                        "exchange was needless.",
                    .remedy =
                        "Give the client an HTTP cache that lasts between runs; in pages, let "
                        "crossorigin of a preload match that of its use.",
                    .variants = refetch_fresh_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 9,
            .judge = judge_refetch_fresh,
        },
    [REVALIDATED_WHILE_FRESH] =
        {
            .card =
                {
                    .id = "revalidated-while-fresh",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9111 §4.2",
                    .formerly = "RFC 7234 §4.2",
                    .title = "the client asked whether something changed that was still fresh",
                    .means =
                        "A fresh response may be used without asking. The round trip cost time and "
                        "a head in each direction.",
                    .remedy = "Let the client heed the lifetime it is given; against reloads, mark "
                              "versioned resources immutable (RFC 8246).",
                    .variants = revalidated_variants,
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 19,
            .judge = judge_revalidated,
        },
    [SHORT_TTL] =
        {
            .card =
                {
                    .id = "short-ttl-unchanged",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §4.2.1",
                    .formerly = "RFC 7234 §4.2.1",
                    .title = "asked again and again about what does not change",
                    .means = "The lifetime is far below the time in which the resource was seen to "
                             "change. "
                             "Where that is so for correctness (pages that name their assets), it "
                             "is the "
                             "cost of the policy.",
                    .remedy = "Raise max-age to a tenth of the time between changes, or put a "
                              "version into "
                              "the URL and give it a year and immutable.",
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 21,
            .judge = judge_short_ttl,
        },
    [CACHE_BUSTER] =
        {
            .card =
                {
                    .id = "cache-buster-identical",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin/page",
                    .section = "RFC 9111 §2",
                    .formerly = "RFC 7234 §2",
                    .title = "a changing query parameter makes a new URL of the same octets",
                    .means =
                        "The URL is the key of every cache. A parameter with the time or a random "
                        "number in it makes each request the first one.",
                    .remedy =
                        "Drop the parameter (jQuery: cache: true) and let Cache-Control say what "
                        "may be reused, or derive its value from the content; No-Vary-Search tells "
                        "caches which parameters mean nothing.",
                    .variants = buster_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 15,
            .judge = judge_buster,
        },
};

const struct rule_set rules_waste = {rows, ROWS};
