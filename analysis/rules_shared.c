/* SPDX-License-Identifier: MIT */
/*
 * What a shared cache may not use, or not for this request (RFC 9111 §3, §3.5, §4, §4.1, §4.4). On
 * one side of it Age and Cache-Status show that it answered from its store, and what it says itself
 * is all that is known of what it holds: edges that rewrite Cache-Control for browsers, or were
 * told something else (RFC 9213), look alike, so most of that is a warning. On both sides what came
 * in is known, and that nobody was asked.
 */

#include <stddef.h>

#include "analysis/freshness.h"
#include "analysis/rules.h"
#include "analysis/shared_cache.h"
#include "analysis/storable.h"
#include "analysis/vary.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)

enum row {
    WITHOUT_VALIDATION,
    STORED_NO_STORE,
    PRIVATE_SHARED,
    VARY_VIOLATION,
    NOT_INVALIDATED,
    ROWS
};
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

static const char may_be_rewritten[] = "the edge may have rewritten Cache-Control for browsers";
static const char may_be_told_otherwise[] = "a CDN may have been told something else";

static bool is_hit_by_age(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    return r->age_state == AGE_VALID && !r->age_is_list && r->age > 0 && least_age(e) > 0;
}

/* The answer says of itself that it came from a store, and the other side does not belie it. */
static bool is_hit_by_itself(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    return (is_hit_by_age(e) || r->says_hit) && !was_asked_for(e);
}

static bool is_answer(const struct evidence *e)
{
    return e->facts->is_get && (e->x->status == 200 || e->x->status == 304);
}

/* What is common to all rules here: nothing to look at, or what forbids a look. */
static enum judgement examine(const struct evidence *e, struct verdict *v,
                              enum stored_answer answer)
{
    if (!is_answer(e) || (answer == ANSWER_UNKNOWN && !is_hit_by_itself(e)))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_REQUEST_HEAD | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (answer == ANSWER_WAITS)
        return wait_for(v, WAIT_FOR_LOSSES);
    return FIRED;
}

static void cite_stored(struct verdict *v, const struct evidence *e)
{
    v->reference_exchange_id = e->outer->hit.stored->leg.id;
}

/* Where it was not proved that it came from the store: what it says itself decides, or nothing. */
static enum judgement unless_stored(const struct evidence *e, struct verdict *v,
                                    enum stored_answer answer)
{
    return answer == ANSWER_UNSURE && !is_hit_by_itself(e) ? withhold(v, GUARD_OTHER_SIDE) : PASSED;
}

/* ---- reuse-without-validation ---- */

/* Its Age says so, or Cache-Status, that somebody was asked. */
static bool may_be_validated_now(const struct evidence *e)
{
    const struct cache_status *said = &e->facts->response.cache_status;
    return is_as_old_as_it_took(e) || (said->present && !said->hit && said->forward != FWD_ABSENT);
}

static enum judgement judge_without_validation(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    enum stored_answer answer = answer_with(e, SIN_NO_CACHE);
    enum judgement first = examine(e, v, answer);
    if (LIKELY(first != FIRED))
        return first;
    if (answer == ANSWER_STORED) {
        accuse(v, CARD(WITHOUT_VALIDATION),
               "what came in said no-cache, and was used again {} s later without a question");
        say_number(v, (e->outer->leg.t_req0 - e->outer->hit.stored->leg.t_rsp0) / NS_PER_S);
        cite_stored(v, e);
        if (!is_hit_by_age(e) && !is_watched(e))
            demote(v, "it was not seen to ask that host later: it may ask where nobody listens");
        return FIRED;
    }
    if (!is_hit_by_age(e) || cache_control_says(&r->cc, CC_NO_CACHE) != YES ||
        speaks_to_gateway(r) || is_cleared(e, SIN_NO_CACHE) || may_be_validated_now(e))
        return unless_stored(e, v, answer);
    if (may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(WITHOUT_VALIDATION), "Age: {} with no-cache: it was not validated since");
    say_number(v, r->age);
    confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    v->note = may_be_rewritten;
    if (may_be_cdn(r))
        demote(v, may_be_told_otherwise);
    return FIRED;
}

/* ---- stored-no-store ---- */

static const char *const no_store_variants[] = {"client", NULL};

static bool forbids_storing(const struct response_facts *r, uint16_t status)
{
    return cache_control_says(&r->cc, CC_NO_STORE) == YES &&
           !(cache_control_has(&r->cc, CC_MUST_UNDERSTAND) && status_is_understood(status)) &&
           !speaks_to_gateway(r);
}

/* A tag that this client was given with no-store alone, and that it has kept. An application may do
 * so by itself (RFC 9111 §6). */
static enum judgement judge_client(const struct evidence *e, struct verdict *v)
{
    accuse(v, CARD(STORED_NO_STORE),
           "the client offers {}, which it was only ever given with "
           "no-store");
    say_text(v, e->facts->request.if_none_match.text);
    v->variant = "client";
    v->party = "client-cache";
    v->reference = &e->refs.held;
    confine(v, SEVERITY_INFO, CONFIDENCE_POSSIBLE);
    return FIRED;
}

static enum judgement judge_no_store(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    enum stored_answer answer = answer_with(e, SIN_NO_STORE);
    if (UNLIKELY(e->kept_no_store) && e->facts->is_paired && answer == ANSWER_UNKNOWN)
        return judge_client(e, v);
    enum judgement first = examine(e, v, answer);
    if (LIKELY(first != FIRED))
        return first;
    if (answer == ANSWER_STORED) {
        accuse(v, CARD(STORED_NO_STORE),
               "what came in said no-store, and was used again {} s later");
        say_number(v, (e->outer->leg.t_req0 - e->outer->hit.stored->leg.t_rsp0) / NS_PER_S);
        cite_stored(v, e);
        v->party = "intermediary";
        return FIRED;
    }
    if (!is_hit_by_age(e) || !forbids_storing(r, e->x->status) || is_cleared(e, SIN_NO_STORE))
        return unless_stored(e, v, answer);
    if (may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(STORED_NO_STORE), "Age: {} with no-store: it was stored");
    say_number(v, r->age);
    v->party = "intermediary";
    confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    v->note = may_be_rewritten;
    if (may_be_cdn(r))
        demote(v, may_be_told_otherwise);
    return FIRED;
}

/* ---- private-shared ---- */

static const char *const private_variants[] = {"authorization-shared", NULL};

static enum judgement accuse_of_private(const struct evidence *e, struct verdict *v)
{
    accuse(v, CARD(PRIVATE_SHARED),
           "what came in said private, and was used again {} s later for another request");
    say_number(v, (e->outer->leg.t_req0 - e->outer->hit.stored->leg.t_rsp0) / NS_PER_S);
    cite_stored(v, e);
    if (e->outer->hit.sins & SIN_OWN_CLIENT) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "for the same client: it may keep each one's apart";
    }
    return FIRED;
}

static enum judgement accuse_of_authorization(const struct evidence *e, struct verdict *v,
                                              uint64_t stored_id, bool same_client)
{
    accuse(v, CARD(PRIVATE_SHARED),
           "it had been sent for a request with Authorization, and nothing says that others may "
           "have it");
    v->variant = "authorization-shared";
    v->section = "RFC 9111 §3.5";
    v->reference_exchange_id = stored_id;
    if (may_be_cdn(&e->facts->response))
        demote(v, may_be_told_otherwise);
    if (same_client)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    return FIRED;
}

/* Private octets that a cache says it had stored. */
static bool is_private_hit(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    return (is_hit_by_age(e) || (r->says_hit && !r->says_hit_by_x_cache_only)) &&
           cache_control_says(&r->cc, CC_PRIVATE) == YES && !speaks_to_gateway(r);
}

static enum judgement judge_private(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    enum stored_answer answer = answer_with(e, SIN_PRIVATE);
    if (answer == ANSWER_UNKNOWN)
        answer = answer_with(e, SIN_AUTHORIZATION);
    enum judgement first = examine(e, v, answer);
    if (LIKELY(first != FIRED))
        return first;
    if (answer == ANSWER_STORED && e->outer->hit.sins & SIN_PRIVATE)
        return accuse_of_private(e, v);
    if (answer == ANSWER_STORED)
        return accuse_of_authorization(e, v, e->outer->hit.stored->leg.id,
                                       e->outer->hit.sins & SIN_OWN_CLIENT);
    bool is_private = is_private_hit(e) && !is_cleared(e, SIN_PRIVATE);
    if (!is_private && !e->authorized_exchange_id)
        return unless_stored(e, v, answer);
    if (may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (!is_private && server_lost(e->server, NEVER, e->facts->t_req0))
        return withhold(v, GUARD_LOSS); /* it may have come for somebody else before */
    if (!is_private)
        return accuse_of_authorization(e, v, e->authorized_exchange_id, false);
    accuse(v, CARD(PRIVATE_SHARED), "a shared cache stored it, although it says private");
    confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    v->note = may_be_rewritten;
    if (may_be_cdn(r))
        demote(v, may_be_told_otherwise);
    return FIRED;
}

/* ---- vary-violation ---- */

/* A coding that this client did not ask for, in an answer that varies by what it asks for. */
static bool is_unasked_coding(const struct evidence *e)
{
    const struct response_facts *r = &e->facts->response;
    const struct head *request = &e->x->request.head;
    return e->x->status == 200 && r->content_encoding.len &&
           !slice_equal_nocase(r->content_encoding, SLICE("identity")) &&
           vary_has(&e->x->response.head, SLICE("accept-encoding")) &&
           (!head_has(request, FIELD_ACCEPT_ENCODING) ||
            !accept_encoding_allows(request, r->content_encoding));
}

static enum judgement judge_vary(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    enum stored_answer answer = answer_with(e, SIN_VARY);
    enum judgement first = examine(e, v, answer);
    if (LIKELY(first != FIRED))
        return first;
    if (answer == ANSWER_STORED) {
        accuse(v, CARD(VARY_VIOLATION),
               "it had come for a request with another {}, which Vary nominates");
        say_text(v, e->outer->hit.differs);
        cite_stored(v, e);
        return FIRED;
    }
    if (!is_unasked_coding(e))
        return unless_stored(e, v, answer);
    if (may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(VARY_VIOLATION),
           "from the store in {}, which the client did not accept (Accept-Encoding: {})");
    say_text(v, r->content_encoding);
    say_text(v, head_first(&e->x->request.head, FIELD_ACCEPT_ENCODING));
    if (r->says_hit_by_x_cache_only && !is_hit_by_age(e)) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
        v->note = "only a field that no RFC knows says that it was a hit";
    }
    if (!head_has(&e->x->request.head, FIELD_ACCEPT_ENCODING)) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_POSSIBLE); /* RFC 9110 §12.5.3: any will do */
        v->note = "what was stored may have come for such a request";
    }
    return FIRED;
}

/* ---- not-invalidated-after-unsafe ---- */

/* By its Age it was made before the change: age_value counts whole seconds since then. */
static bool is_from_before(const struct evidence *e)
{
    return is_hit_by_age(e) && e->unsafe.exchange_id && e->unsafe.t_rsp1 <= e->facts->t_req0 &&
           e->facts->t_rsp0 - (least_age(e) - e->thresholds->guard_s) * NS_PER_S < e->unsafe.t_req0;
}

static enum judgement judge_not_invalidated(const struct evidence *e, struct verdict *v)
{
    enum stored_answer answer = answer_with(e, SIN_INVALIDATED);
    if (LIKELY(answer == ANSWER_UNKNOWN && !e->unsafe.exchange_id))
        return NOT_APPLICABLE;
    enum judgement first = examine(e, v, answer);
    if (first != FIRED)
        return first;
    if (answer != ANSWER_STORED && !is_from_before(e))
        return unless_stored(e, v, answer);
    if (answer != ANSWER_STORED && may_be_asked_for(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (e->node != e->unsafe.node)
        return withhold(v, GUARD_OTHER_NODE);
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(NOT_INVALIDATED),
           "from the store, and from before a change of this URL that the same cache had let pass "
           "{} s ago");
    say_number(v, (e->facts->t_req0 - e->unsafe.t_rsp1) / NS_PER_S);
    v->reference_exchange_id = e->unsafe.exchange_id;
    if (may_be_cdn(&e->facts->response))
        demote(v, "many caches stand behind the address of a CDN");
    if (server_lost(e->server, e->unsafe.t_rsp1, e->facts->t_rsp1))
        demote(v, "something to the cache was lost since: it may have been told anew");
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [WITHOUT_VALIDATION] =
        {
            .card =
                {
                    .id = "reuse-without-validation",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4, §5.2.2.4",
                    .formerly = "RFC 7234 §4, §5.2.2.2",
                    .title = "a cache used what it must validate first",
                    .means = "no-cache lets a cache store a response, and forbids it to answer "
                             "with it before it has asked the origin whether it still holds. An "
                             "Age above 0, or an answer for which nobody was asked, shows that it "
                             "did.",
                    .remedy =
                        "Let the cache obey no-cache (nginx: no proxy_ignore_headers "
                        "Cache-Control with proxy_cache_valid; Varnish: set beresp.ttl = 0s with "
                        "some grace and keep; Squid: no refresh_pattern with ignore-no-cache or "
                        "override-expire), or send it a policy of its own: s-maxage, or "
                        "CDN-Cache-Control.",
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_without_validation,
        },
    [STORED_NO_STORE] =
        {
            .card =
                {
                    .id = "stored-no-store",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "cache",
                    .section = "RFC 9111 §5.2.2.5",
                    .formerly = "RFC 7234 §5.2.2.3",
                    .title = "a cache kept what it must not store",
                    .means = "no-store forbids to keep any part of the response. A client that "
                             "later asks with a tag from it has kept at least that (which an "
                             "application may do: information only); a cache that answers with it "
                             "has kept all.",
                    .remedy = "Let the cache obey no-store (nginx: no proxy_ignore_headers "
                              "Cache-Control; Varnish: keep the built-in vcl_backend_response; "
                              "Squid: no ignore-no-store). Where only browsers shall not store, "
                              "tell caches in front with CDN-Cache-Control.",
                    .variants = no_store_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_no_store,
        },
    [PRIVATE_SHARED] =
        {
            .card =
                {
                    .id = "private-shared",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §5.2.2.7",
                    .formerly = "RFC 7234 §5.2.2.6",
                    .title = "a shared cache used what is for one user",
                    .means = "private, and a request with Authorization where the response does "
                             "not say otherwise, mean that the response is for one user. A shared "
                             "cache that answers another request with it may show one user's data "
                             "to the next.",
                    .remedy = "Let the cache obey private and Authorization (nginx: no "
                              "proxy_ignore_headers Cache-Control, and Authorization in "
                              "proxy_cache_bypass and proxy_no_cache; Varnish: keep the built-in "
                              "vcl_recv, which passes Authorization). What may be shared shall "
                              "say public or s-maxage.",
                    .variants = private_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_private,
        },
    [VARY_VIOLATION] =
        {
            .card =
                {
                    .id = "vary-violation",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4.1",
                    .formerly = "RFC 7234 §4.1",
                    .title = "a cache answered with a variant for another request",
                    .means = "Vary names the request fields that the response depends on. What "
                             "was stored for a request with other values must not be used for "
                             "this one without asking: the client may get a coding that it cannot "
                             "read, or another language or user's page.",
                    .remedy = "Let the cache key by what Vary names (nginx: no "
                              "proxy_ignore_headers Vary; Varnish: no unset beresp.http.Vary), "
                              "and normalise a field only so far that every client accepts what "
                              "it gets.",
                },
            .subjects = SUBJECT_200,
            .judge = judge_vary,
        },
    [NOT_INVALIDATED] =
        {
            .card =
                {
                    .id = "not-invalidated-after-unsafe",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4.4",
                    .formerly = "RFC 7234 §4.4",
                    .title = "a cache answers from before a change that it had let pass",
                    .means =
                        "When an unsafe request (POST, PUT, DELETE, PATCH) for a URL is answered "
                        "without an error, a cache on its way must drop what it holds of that "
                        "URL. This one goes on sending what was true before.",
                    .remedy = "Let the cache drop the URL when an unsafe method for it succeeds "
                              "(Varnish: purge or ban in vcl_backend_response of such a request; "
                              "nginx: proxy_cache_purge, or short lifetimes), or purge it from "
                              "the application.",
                },
            .subjects = SUBJECT_200 | SUBJECT_304,
            .judge = judge_not_invalidated,
        },
};

const struct rule_set rules_shared = {rows, ROWS};
