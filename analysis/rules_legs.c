/* SPDX-License-Identifier: MIT */
/*
 * What a proxy changed on the way, seen on both sides of it: conditions of its own in answers to
 * others (RFC 9111 §4.3.2), directives and conditions that it did not hand on (RFC 9111 §5.2, RFC
 * 9110 §13.2.1, §7.7). Accused is the exchange with the client.
 *
 * A proxy that the client was told to use gets the whole URL in the request line (RFC 9112 §3.2.2);
 * one that gets a path alone is a gateway, which stands in the origin's place and may change what
 * the origin says (RFC 9110 §3.7).
 */

#include "analysis/rules_legs.h"

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/rules_proxy.h"
#include "analysis/shared_cache.h"
#include "analysis/vary.h"

enum row { UNION_LEAK, DROPS_DIRECTIVES, DROPS_PRECONDITIONS, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

static bool is_gateway(const struct evidence *e)
{
    return e->x->target.len == 0 || e->x->target.at[0] == '/';
}

/* A pair stands on there being one candidate: what was lost may have been another. Where an
 * identifier decided, that could only be another attempt at the same request. */
static bool may_have_another_inner(const struct evidence *e)
{
    const int64_t minute_ns = INT64_C(60000000000);
    const struct leg *outer = &e->outer->leg;
    bool by_name = e->outer->by == PAIR_BY_NAME;
    int64_t from_ns = by_name ? outer->t_req0 - minute_ns : NEVER;
    int64_t until_ns = by_name ? outer->t_rsp1 : e->heard_until_ns;
    return !e->upstream || server_lost(e->server, from_ns, until_ns) ||
           server_lost(e->upstream, from_ns, until_ns);
}

static void cite_inner(struct verdict *v, const struct evidence *e)
{
    v->reference_exchange_id = e->outer->inner->leg.id;
    v->confidence = is_pair_certain(e) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (may_have_another_inner(e))
        demote(v, "something was lost on one side of the proxy: the pair may be another");
}

/* ---- proxy-304-union-leak ---- */

/* RFC 9111 §4.3.2: "and has an ETag field value with an entity tag that is not in the client's
 * list, the cache MUST generate a 200 (OK) response". */
bool is_union_leak(const struct evidence *e)
{
    const struct tag_list *offered = &e->facts->request.if_none_match;
    const struct entity_tag *tag = &e->facts->response.etag;
    if (!has_sure_inner(e) || e->x->status != 304 || e->inner->x->status != 304)
        return false;
    return offered->kind == TAG_LIST_TAGS && !offered->malformed && tag->valid &&
           !tag_list_has_tolerant(offered, tag, NULL) &&
           tag_list_kinship(offered, tag, NULL) == TAGS_UNRELATED &&
           tag_list_has_weak(&e->inner->request.if_none_match, tag) == YES;
}

static enum judgement judge_union_leak(const struct evidence *e, struct verdict *v)
{
    const struct tag_list *offered = &e->facts->request.if_none_match;
    const struct entity_tag *tag = &e->facts->response.etag;
    if (!e->outer || offered->kind != TAG_LIST_TAGS || !tag->valid || !e->facts->is_paired)
        return NOT_APPLICABLE;
    if (tag_list_has_tolerant(offered, tag, NULL))
        return e->inner ? PASSED : NOT_APPLICABLE;
    if (waits_for_inner(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (!is_union_leak(e))
        return NOT_APPLICABLE;
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(UNION_LEAK),
           "the proxy had asked with {}, was told 304 for {}, and told the client 304, who had "
           "offered {}");
    say_text(v, e->inner->request.if_none_match.text);
    say_text(v, tag->text);
    say_text(v, offered->text);
    cite_inner(v, e);
    return FIRED;
}

/* ---- proxy-drops-directives ---- */

static const char *const directive_variants[] = {"request", "representation", NULL};

#define OF_RESPONSE                                                                                \
    (DIRECTIVE(MAX_AGE) | DIRECTIVE(S_MAXAGE) | DIRECTIVE(STALE_WHILE_REVALIDATE) |                \
     DIRECTIVE(STALE_IF_ERROR) | DIRECTIVE(NO_CACHE) | DIRECTIVE(PRIVATE) | DIRECTIVE(NO_STORE) |  \
     DIRECTIVE(NO_TRANSFORM) | DIRECTIVE(MUST_REVALIDATE) | DIRECTIVE(MUST_UNDERSTAND) |           \
     DIRECTIVE(PROXY_REVALIDATE) | DIRECTIVE(PUBLIC) | DIRECTIVE(IMMUTABLE))
#define OF_REQUEST                                                                                 \
    (DIRECTIVE(MAX_AGE) | DIRECTIVE(MAX_STALE) | DIRECTIVE(MIN_FRESH) | DIRECTIVE(NO_CACHE) |      \
     DIRECTIVE(NO_STORE) | DIRECTIVE(NO_TRANSFORM))

/* What `from` says plainly and `to` says in no form. */
static uint32_t lost_directives(const struct cache_control *from, const struct cache_control *to,
                                uint32_t known)
{
    return from->present & ~(to->present | to->qualified | to->maybe | to->invalid) & known;
}

static struct slice first_directive(uint32_t set)
{
    for (unsigned d = 0; d < DIRECTIVES; d++)
        if (set >> d & 1)
            return slice_of_text(directive_name((enum directive)d));
    return SLICE("");
}

/* It was sent for this client, as far as is known by now. */
static bool is_for_this_client(const struct evidence *e)
{
    uint64_t owner = e->outer->inner->outer_id;
    return owner == 0 || owner == e->id;
}

/* The request that the proxy sent is the client's own and not one of its cache, which asks with its
 * validators, or for several at once. */
static bool is_client_request(const struct evidence *e)
{
    const struct request_facts *q = &e->inner->request;
    return is_for_this_client(e) && (e->facts->request.is_conditional || !q->is_conditional);
}

/* RFC 9110 §7.7: "SHOULD NOT modify header fields that provide information about [..] the selected
 * representation". Where the octets are the same, nothing had to change. */
static struct slice lost_field(const struct evidence *e)
{
    const struct head *from = &e->inner->x->response.head, *to = &e->x->response.head;
    static const enum field_token fields[] = {FIELD_ETAG, FIELD_LAST_MODIFIED, FIELD_VARY};
    if (!digest_is_set(e->outer->leg.digest) ||
        !digest_equal(e->outer->leg.digest, e->outer->inner->leg.digest))
        return SLICE_ABSENT;
    for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
        if (head_has(from, fields[i]) && !head_has(to, fields[i]))
            return field_name_of(fields[i]);
    return SLICE_ABSENT;
}

static enum judgement accuse_of_directives(const struct evidence *e, struct verdict *v,
                                           uint32_t lost, const char *variant, const char *message)
{
    if (!e->closing)
        return wait_for(v, WAIT_FOR_LOSSES);
    accuse(v, CARD(DROPS_DIRECTIVES), message);
    say_text(v, first_directive(lost));
    cite_inner(v, e);
    v->variant = variant;
    if (is_gateway(e)) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_CERTAIN);
        v->note = "a gateway may speak for the origin";
    }
    return FIRED;
}

/* A pair by time alone may be two things of the same name: a gateway that answers /health itself
 * and, just then, asks the same of who is behind it. */
static bool is_same_thing(const struct evidence *e)
{
    return e->outer->by > PAIR_BY_TIME || is_telling_content(&e->outer->inner->leg, &e->outer->leg);
}

static enum judgement judge_directives(const struct evidence *e, struct verdict *v)
{
    if (!e->inner || e->inner->x->status != e->x->status || e->x->status == 304 ||
        e->x->status >= 400 || !e->facts->is_paired || !e->inner->is_paired)
        return NOT_APPLICABLE; /* errors may be pages of the proxy's own */
    if (!has_sure_inner(e))
        return wait_for(v, WAIT_FOR_LOSSES);
    if (!is_same_thing(e))
        return withhold(v, GUARD_OTHER_SIDE);
    uint32_t lost = lost_directives(&e->inner->response.cc, &e->facts->response.cc, OF_RESPONSE);
    if (lost && !(is_gateway(e) && speaks_to_gateway(&e->inner->response)))
        return accuse_of_directives(e, v, lost, NULL,
                                    "the origin's Cache-Control said {}, the proxy's does not");
    lost = lost_directives(&e->facts->request.cc, &e->inner->request.cc, OF_REQUEST);
    if (lost && is_client_request(e))
        return accuse_of_directives(e, v, lost, "request",
                                    "the client's Cache-Control said {}, the proxy's does not");
    struct slice field = lost_field(e);
    if (slice_is_absent(field))
        return PASSED;
    accuse(v, CARD(DROPS_DIRECTIVES), "the origin had sent {}, the proxy did not hand it on");
    say_text(v, field);
    cite_inner(v, e);
    v->variant = "representation";
    v->section = "RFC 9110 §7.7";
    v->norm = NORM_SHOULD;
    confine(v, is_gateway(e) ? SEVERITY_INFO : SEVERITY_WARNING, CONFIDENCE_CERTAIN);
    return FIRED;
}

/* ---- proxy-drops-preconditions ---- */

static bool has_validators(const struct request_facts *q)
{
    return q->if_none_match.kind != TAG_LIST_ABSENT || date_is_present(&q->if_modified_since);
}

/* A cache takes the conditions off to fill its store, and evaluates them itself. */
static enum judgement judge_preconditions(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (!e->inner || !x->is_get || !has_validators(&x->request))
        return NOT_APPLICABLE;
    if (!x->is_paired || !e->inner->is_paired)
        return withhold(v, GUARD_PAIRING_UNSURE);
    if (e->inner->x->status != 200 || e->inner->request.is_conditional || !is_for_this_client(e))
        return PASSED;
    const struct proxy *proxy = e->outer->proxy;
    if (!e->closing && !(proxy && proxy->is_cache && has_sure_inner(e)))
        return wait_for(v, WAIT_FOR_MORE);
    accuse(v, CARD(DROPS_PRECONDITIONS),
           "the client had asked with {}, the proxy asked without, and got the whole of it");
    say_text(v, x->request.if_none_match.kind != TAG_LIST_ABSENT
                    ? x->request.if_none_match.text
                    : x->request.if_modified_since.text);
    cite_inner(v, e);
    confine(v, SEVERITY_ERROR, CONFIDENCE_LIKELY);
    if (!proxy || proxy->is_cache) {
        v->severity = SEVERITY_INFO;
        v->note = "a cache may do so to fill its store";
    } else if (!client_was_due_304(x)) {
        confine(v, SEVERITY_WARNING, CONFIDENCE_POSSIBLE);
        v->note = "the condition was true, so it may be a cache that had to ask anyway";
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [UNION_LEAK] =
        {
            .card =
                {
                    .id = "proxy-304-union-leak",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §4.3.2",
                    .formerly = "RFC 7234 §4.3.2",
                    .title = "a 304 for a tag that only the cache had asked about",
                    .means = "A cache that validates for a client may add the tags of what it "
                             "stores. The 304 that it gets may then be for one of those: the "
                             "client, who does not have that representation, must be sent it, "
                             "with 200. Told 304 it goes on using something else.",
                    .remedy = "Let the cache compare the 304's tag with the client's "
                              "If-None-Match before it hands it on, and answer 200 from its store "
                              "where it is not there.",
                },
            .subjects = SUBJECT_304,
            .judge = judge_union_leak,
        },
    [DROPS_DIRECTIVES] =
        {
            .card =
                {
                    .id = "proxy-drops-directives",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9111 §5.2",
                    .formerly = "RFC 7234 §5.2",
                    .title = "a proxy does not hand on what Cache-Control said",
                    .means =
                        "Directives are for everybody on the way, and a proxy must pass them on "
                        "whether or not it is a cache. What it leaves out, the caches behind it "
                        "do not obey: they store what they must not, or fetch again what they "
                        "could have kept. A gateway that speaks for the origin may mean it: a "
                        "warning.",
                    .remedy = "Hand Cache-Control on as it came (nginx: no proxy_hide_header "
                              "Cache-Control, no expires beside proxy_pass; Varnish: no unset "
                              "resp.http.Cache-Control; HAProxy: no http-response del-header), or "
                              "write all of it anew.",
                    .variants = directive_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_OTHER,
            .judge = judge_directives,
        },
    [DROPS_PRECONDITIONS] =
        {
            .card =
                {
                    .id = "proxy-drops-preconditions",
                    .group = "conditional",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "intermediary",
                    .section = "RFC 9110 §13.2.1",
                    .formerly = "RFC 7232 §5",
                    .title = "a proxy without a cache does not hand on the client's condition",
                    .means = "Only the origin, or a cache that has the representation, can answer "
                             "a conditional request with 304. A proxy that does neither must "
                             "forward the condition; without it the origin sends everything again, "
                             "twice over.",
                    .remedy = "Forward If-None-Match and If-Modified-Since (nginx: no "
                              "proxy_set_header If-None-Match \"\"; Apache: no RequestHeader unset "
                              "If-None-Match; HAProxy: no http-request del-header).",
                },
            .subjects = SUBJECT_200,
            .judge = judge_preconditions,
        },
};

const struct rule_set rules_legs = {rows, ROWS};
