/* SPDX-License-Identifier: MIT */
/*
 * Transfers that repeat, or come to nothing, other than a whole 200 that the client held (those are
 * in rules_waste.c): twice at once, again in parts, cut, the same redirect or error over and over,
 * the same octets from elsewhere or for others, packets sent again.
 */

#include <stddef.h>
#include <string.h>

#include "analysis/rules.h"
#include "analysis/rules_waste.h"
#include "analysis/storable.h"
#include "base/attributes.h"

enum row {
    CONCURRENT,
    COPIED,
    RANGE,
    ABORTED,
    REDIRECT,
    NEGATIVE,
    ERRAND,
    RETRANSMISSION,
    SHARED_CACHE_ROW,
    ROWS
};
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- what several of them ask ---- */

/* Servers that do not know a film's type call it octets; then its name tells, or who asks. */
static bool is_named_as_media(const struct facts *x, struct slice path)
{
    static const struct slice endings[] = {
        {(const uint8_t *)".mp4", 4},  {(const uint8_t *)".m4s", 4}, {(const uint8_t *)".m4v", 4},
        {(const uint8_t *)".m4a", 4},  {(const uint8_t *)".mkv", 4}, {(const uint8_t *)".mov", 4},
        {(const uint8_t *)".webm", 5}, {(const uint8_t *)".avi", 4}, {(const uint8_t *)".ts", 3},
        {(const uint8_t *)".mp3", 4},  {(const uint8_t *)".ogg", 4}, {(const uint8_t *)".flac", 5},
    };
    static const struct slice players[] = {
        {(const uint8_t *)"Lavf/", 5},           {(const uint8_t *)"VLC/", 4},
        {(const uint8_t *)"AppleCoreMedia", 14}, {(const uint8_t *)"stagefright", 11},
        {(const uint8_t *)"GStreamer", 9},       {(const uint8_t *)"NSPlayer", 8},
        {(const uint8_t *)"ExoPlayer", 9},       {(const uint8_t *)"mpv ", 4},
    };
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (slice_ends_with(path, endings[i]))
            return true;
    struct slice agent = x->request.user_agent;
    for (size_t i = 0; i < COUNT_OF(players); i++)
        if (agent.len && memmem(agent.at, agent.len, players[i].at, players[i].len))
            return true;
    return false;
}

/* Players read the head and the tail of a file, seek, and keep little. */
static bool is_media(const struct facts *x, struct slice path)
{
    static const struct slice types[] = {{(const uint8_t *)"video/", 6},
                                         {(const uint8_t *)"audio/", 6},
                                         {(const uint8_t *)"application/mp4", 15},
                                         {(const uint8_t *)"application/ogg", 15}};
    static const struct slice destinations[] = {{(const uint8_t *)"video", 5},
                                                {(const uint8_t *)"audio", 5},
                                                {(const uint8_t *)"track", 5}};
    struct slice destination = head_first(&x->x->request.head, FIELD_SEC_FETCH_DEST);
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (slice_starts_with_nocase(x->response.content_type, types[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(destinations); i++)
        if (slice_equal_nocase(destination, destinations[i]))
            return true;
    return is_named_as_media(x, path);
}

/* Its length was not told, and it went on and on: events, logs, what is watched. It has no end, and
 * to leave is the way to end it. */
static bool is_endless(const struct exchange *x, const struct facts *facts)
{
    enum { LONG_S = 10 };
    return !head_has(&x->response.head, FIELD_CONTENT_LENGTH) &&
           x->finished_ns - facts->t_rsp0 >= LONG_S * INT64_C(1000000000);
}

/* What browsers and robots ask every host for, whether it is there or not. */
static bool is_probe(const struct evidence *e)
{
    static const struct slice names[] = {
        {(const uint8_t *)"/favicon.", 9},
        {(const uint8_t *)"/robots.txt", 11},
        {(const uint8_t *)"/apple-touch-icon", 17},
        {(const uint8_t *)"/.well-known/", 13},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (slice_starts_with(e->url->path, names[i]))
            return true;
    return false;
}

static bool is_tiny(const struct evidence *e, uint64_t octets)
{
    return octets < (uint64_t)e->thresholds->min_body;
}

static int64_t content_of(const struct evidence *e)
{
    return (int64_t)e->x->response.content_bytes;
}

/* ---- concurrent-duplicate ---- */

static const char *const concurrent_variants[] = {"client-without-cache", NULL};

static enum judgement judge_concurrent(const struct evidence *e, struct verdict *v)
{
    const struct concurrent *c = &e->concurrent;
    if (LIKELY(c->exchange_id == 0) || !slice_is_absent(e->facts->request.range) ||
        e->facts->request.is_conditional)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (e->facts->was_aborted)
        return withhold(v, GUARD_ABORTED);
    if (c->same_octets == UNKNOWN)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (e->facts->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    if (c->same_octets == NO || !c->same_mode || !c->may_answer)
        return PASSED;
    if (is_tiny(e, e->x->response.content_bytes))
        return withhold(v, GUARD_TINY);
    accuse(v, CARD(CONCURRENT), "{} octets asked for while they were already under way");
    say_number(v, content_of(e));
    v->reference_exchange_id = c->exchange_id;
    v->claim.kind = CLAIM_ELIMINATE;
    if (e->cache_is_shared)
        v->party = "intermediary";
    else if (!e->has_cache)
        v->variant = "client-without-cache";
    if (!c->is_explicit)
        v->confidence = CONFIDENCE_POSSIBLE; /* only by a heuristic is it reusable */
    confine_to_footing(v, e, &c->footing);
    return FIRED;
}

/* ---- duplicate-body-across-urls ---- */

static const char *const copied_variants[] = {"soft-404", NULL};

/* A site that answers every path with one page gives that page, or its error, no URL of its own. */
static bool is_page_for_all(const struct evidence *e)
{
    enum { MANY_URLS = 3 };
    struct slice type = e->facts->response.content_type;
    return e->copied.same_authority && e->copied.urls >= MANY_URLS &&
           slice_starts_with_nocase(type, SLICE("text/html"));
}

static enum judgement judge_copied(const struct evidence *e, struct verdict *v)
{
    const struct copied *c = &e->copied;
    if (LIKELY(c->exchange_id == 0))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (e->facts->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    accuse(v, CARD(COPIED), "the {} octets that the client had got from another URL ({} by now)");
    say_number(v, content_of(e));
    say_number(v, c->urls);
    v->reference_exchange_id = c->exchange_id;
    v->claim.kind = CLAIM_ELIMINATE;
    v->confidence = CONFIDENCE_POSSIBLE;
    if (is_page_for_all(e))
        v->variant = "soft-404";
    return FIRED;
}

/* ---- range-redownload ---- */

static const char *const range_variants[] = {"no-strong-validator", NULL};

static enum judgement judge_range(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct part *part = &e->part;
    if (!x->is_get || x->x->status != 206)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (lacks(e, v, NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (slice_starts_with_nocase(x->response.content_type, SLICE("multipart/byteranges")))
        return withhold(v, GUARD_MULTIPART);
    if (x->was_aborted)
        return withhold(v, GUARD_ABORTED);
    if (!part->is_part)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (part->overlap == 0)
        return PASSED;
    if (is_media(x, e->url->path))
        return withhold(v, GUARD_PLAYER);
    if (x->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    if (is_tiny(e, part->overlap))
        return withhold(v, GUARD_TINY);
    accuse(v, CARD(RANGE), "{} of these {} octets had been sent to the client before");
    say_number(v, (int64_t)part->overlap);
    say_number(v, (int64_t)part->octets);
    v->reference_exchange_id = part->exchange_id;
    v->claim = part->overlap == part->octets
                   ? (struct claim){.kind = CLAIM_ELIMINATE}
                   : (struct claim){.kind = CLAIM_PART, .body_octets = part->overlap};
    if (e->cache_is_shared)
        v->party = "intermediary";
    if (!part->is_strong) {
        v->variant = "no-strong-validator";
        v->party = "origin"; /* "MUST NOT be combined" */
    }
    confine_to_footing(v, e, &part->footing);
    return FIRED;
}

/* ---- aborted-unused ---- */

static enum judgement judge_aborted(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    bool by_server = x->x->aborted_by == ABORTED_BY_SERVER;
    if (LIKELY(!x->was_aborted) || !x->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (!e->cut.is_cut)
        return withhold(v, GUARD_NO_CLIENT);
    if (lacks(e, v, NEEDS_END))
        return WITHHELD;
    if (x->x->flaws & (FLAW(RESPONSE_BODY_GAP) | FLAW(CUT_BY_SNAPLEN)))
        return withhold(v, GUARD_BODY_NOT_COMPARABLE); /* what is missing may have been the end */
    if (is_tiny(e, x->x->response.content_bytes))
        return withhold(v, GUARD_TINY);
    if (x->request.is_prefetch)
        return withhold(v, GUARD_PREFETCH);
    if (is_media(x, e->url->path))
        return withhold(v, GUARD_PLAYER);
    if (is_probe(e))
        return withhold(v, GUARD_PROBE);
    if (e->cut.others_asked)
        return PASSED;
    if (!by_server && x->x->status == 200 && !slice_is_absent(x->request.range))
        return PASSED; /* it had asked for a part, and was being given the whole */
    if (!by_server && is_endless(x->x, x))
        return withhold(v, GUARD_EXCLUDED);
    bool end_unmarked = x->x->flaws & FLAW(ENDED_BY_CLOSE);
    if (by_server && end_unmarked)
        return PASSED; /* it may have been its way to end it */
    accuse(v, CARD(ABORTED),
           by_server ? "the server broke off after {} octets, for the {}. time, and nobody came "
                       "for the rest"
                     : "the client broke off after {} octets and never came for the rest");
    say_number(v, content_of(e));
    if (by_server) {
        say_number(v, e->cut.by_server);
        v->party = "server";
    }
    v->claim.kind = CLAIM_ELIMINATE;
    struct footing footing = {.same_partition = YES};
    if (end_unmarked || server_lost(e->server, x->t_rsp0, x->x->finished_ns))
        v->confidence = CONFIDENCE_POSSIBLE;
    confine_to_footing(v, e, &footing);
    v->presumed = true;
    v->counted = COUNTED_CUTS;
    return wait_for(v, WAIT_FOR_COUNT);
}

/* ---- permanent-redirect-refetch ---- */

static const char *const redirect_variants[] = {"client-without-cache", "heuristic", NULL};

static enum judgement judge_redirect(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct repeat *again = &e->repeat;
    if (!x->is_get)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (lacks(e, v, NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (again->run < 2)
        return PASSED;
    if (wants_fresher(&x->request))
        return withhold(v, GUARD_RELOAD);
    if (again->term == TERM_OVER)
        return PASSED;
    accuse(v, CARD(REDIRECT), "sent to {} for good, as {} s before");
    say_text(v, x->response.location);
    say_number(v, again->footing.stored_s);
    v->reference_exchange_id = again->exchange_id;
    v->claim.kind = CLAIM_ELIMINATE;
    if (again->term == TERM_FORBIDDEN) {
        v->party = "origin";
    } else if (again->term == TERM_NONE) {
        v->variant = "heuristic";
        v->severity = SEVERITY_INFO;
        v->claim.waived = true;
    } else if (e->cache_is_shared) {
        v->party = "intermediary";
    } else if (!e->has_cache) {
        v->variant = "client-without-cache";
    }
    confine_to_footing(v, e, &again->footing);
    return FIRED;
}

/* ---- negative-refetch ---- */

static const char *const negative_variants[] = {"client-without-cache", "fat-404", NULL};

static void blame_for_error(struct verdict *v, const struct evidence *e)
{
    if (e->repeat.term != TERM_FRESH) {
        v->party = "origin";
    } else if (e->cache_is_shared) {
        v->party = "intermediary";
    } else {
        v->party = "client-cache";
        v->variant = e->has_cache ? NULL : "client-without-cache";
    }
    if (content_of(e) >= e->thresholds->fat_error_body)
        v->variant = "fat-404";
    if (e->repeat.term == TERM_FORBIDDEN)
        v->confidence = CONFIDENCE_POSSIBLE; /* it may mean to be asked each time */
}

static enum judgement judge_negative(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct repeat *again = &e->repeat;
    if (!x->is_get || !status_is_lasting_error(x->x->status))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (lacks(e, v, NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (x->was_aborted)
        return withhold(v, GUARD_ABORTED);
    if (!x->x->response.body_whole || !x->x->response.end_certain)
        return withhold(v, GUARD_BODY_NOT_COMPARABLE);
    if (is_probe(e))
        return withhold(v, GUARD_PROBE);
    if (again->run < 2)
        return PASSED;
    if (wants_fresher(&x->request))
        return withhold(v, GUARD_RELOAD);
    if (again->term == TERM_OVER)
        return PASSED;
    accuse(v, CARD(NEGATIVE), "{} for the {}. time, {} s after the one before");
    say_number(v, x->x->status);
    say_number(v, again->run);
    say_number(v, again->footing.stored_s);
    v->reference_exchange_id = again->exchange_id;
    v->claim.kind = CLAIM_ELIMINATE;
    blame_for_error(v, e);
    confine_to_footing(v, e, &again->footing);
    v->presumed = again->run >= e->thresholds->negative_min;
    v->counted = COUNTED_ERRORS;
    return wait_for(v, WAIT_FOR_COUNT);
}

/* ---- handshake-for-304 ---- */

static enum judgement judge_errand(const struct evidence *e, struct verdict *v)
{
    const struct errand *errand = e->errand;
    const struct connection *c = e->connection;
    if (!errand || errand->exchanges != c->exchanges)
        return NOT_APPLICABLE; /* it carried others, which were not told */
    if (c->lost_bytes)
        return withhold(v, GUARD_PAIRING_UNSURE);
    uint64_t overhead = c->overhead_bytes - c->retransmitted_bytes;
    if (overhead <= errand->octets)
        return PASSED;
    accuse(v, CARD(ERRAND), "{} octets to open, acknowledge and close a connection for {} of HTTP");
    say_number(v, (int64_t)overhead);
    say_number(v, (int64_t)errand->octets);
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- wire-retransmission ---- */

static enum judgement judge_retransmission(const struct evidence *e, struct verdict *v)
{
    const struct exchange *x = e->x;
    uint64_t again = x->retransmitted_bytes + x->repeated_bytes;
    if (LIKELY(again == 0))
        return NOT_APPLICABLE;
    uint64_t all = x->wire_bytes + x->repeated_bytes;
    uint64_t percent = (uint64_t)e->thresholds->retransmitted_percent;
    if (again < (uint64_t)e->thresholds->retransmitted_min || again < all * percent / 100)
        return PASSED;
    accuse(v, CARD(RETRANSMISSION), "{} of {} octets on the wire were sent again");
    say_number(v, (int64_t)again);
    say_number(v, (int64_t)all);
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- shared-cache-opportunity ---- */

static enum judgement judge_shared(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (LIKELY(e->crowd.exchange_id == 0))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_END))
        return WITHHELD;
    if (x->request.wants_reload)
        return withhold(v, GUARD_RELOAD);
    if (is_tiny(e, x->x->response.content_bytes))
        return withhold(v, GUARD_TINY);
    if (!e->crowd.fresh || x->response.has_set_cookie ||
        storability_of(x, SHARED_CACHE).storable != YES)
        return PASSED;
    accuse(v, CARD(SHARED_CACHE_ROW), "{} octets that another client had got {} s before");
    say_number(v, content_of(e));
    say_number(v, e->crowd.stored_s);
    v->reference_exchange_id = e->crowd.exchange_id;
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [CONCURRENT] =
        {
            .card =
                {
                    .id = "concurrent-duplicate",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9111 §4",
                    .formerly = "RFC 7234 §4",
                    .title = "the same response was fetched twice at the same time",
                    .means = "The first transfer was under way when the second was asked for, the "
                             "same way and for the same octets. A cache may answer both requests "
                             "with one response.",
                    .remedy =
                        "Let the client collapse equal requests (browsers do, unless credentials "
                        "or mode differ; in a service worker or an application keep the promise of "
                        "the fetch). For a proxy: proxy_cache_lock (nginx), request coalescing "
                        "(Varnish has it), collapsed_forwarding (Squid), CacheLock (Apache).",
                    .variants = concurrent_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_AVOIDABLE,
            .order = 7,
            .judge = judge_concurrent,
        },
    [COPIED] =
        {
            .card =
                {
                    .id = "duplicate-body-across-urls",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §2",
                    .formerly = "RFC 7234 §2",
                    .title = "the same octets under several paths, transferred for each",
                    .means =
                        "The URL is the key of every cache: what comes under two of them is stored "
                        "and transferred twice. One page for every path (soft-404) may also hide "
                        "errors that should be a 404.",
                    .remedy =
                        "Refer to each resource by one URL, and redirect (301) from the others. "
                        "Let names of files follow from their content, so that a new release keeps "
                        "what did not change. Answer what does not exist with 404.",
                    .variants = copied_variants,
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 17,
            .judge = judge_copied,
        },
    [RANGE] =
        {
            .card =
                {
                    .id = "range-redownload",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client",
                    .section = "RFC 9110 §15.3.7.3",
                    .formerly = "RFC 7233 §4.3",
                    .title = "the client fetched parts that it had been sent before",
                    .means =
                        "Parts with the same strong validator belong to one representation and may "
                        "be combined. Without a strong validator they may not, and the client has "
                        "to fetch anew what it has.",
                    .remedy =
                        "Let the client keep the parts that it got, and ask only for what it "
                        "lacks (curl -C -, wget -c). Let the server send a strong ETag with what "
                        "it serves in ranges.",
                    .variants = range_variants,
                },
            .subjects = SUBJECT_206,
            .account = ACCOUNT_AVOIDABLE,
            .order = 10,
            .judge = judge_range,
        },
    [ABORTED] =
        {
            .card =
                {
                    .id = "aborted-unused",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client",
                    .section = "RFC 9111 §3.3",
                    .formerly = "RFC 7234 §3.1",
                    .title = "a transfer was broken off and never completed",
                    .means =
                        "What had come until then was of no use: an incomplete response can be "
                        "completed by a request for the rest, and none came.",
                    .remedy =
                        "Ask for less (HEAD, or a first range), fetch later, or resume with Range "
                        "and If-Range. Where the server breaks off: look at its time-outs, memory "
                        "and at what stands in front of it (proxy_read_timeout, send_timeout).",
                },
            .subjects = SUBJECT_200 | SUBJECT_206,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 14, /* 6 in the list of §3.6, which A26 puts after 14 */
            .judge = judge_aborted,
        },
    [REDIRECT] =
        {
            .card =
                {
                    .id = "permanent-redirect-refetch",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "client-cache",
                    .section = "RFC 9110 §15.4.2, §15.4.9",
                    .formerly = "RFC 7231 §6.4.2, RFC 7538 §3",
                    .title = "a permanent redirect was asked for again",
                    .means =
                        "301 and 308 say that the new place is for good, and may be cached. Each "
                        "repetition costs a round trip before the page even begins. Where the "
                        "redirect itself forbids its reuse, the origin contradicts itself.",
                    .remedy =
                        "Give permanent redirects a lifetime (Cache-Control: max-age=86400) and "
                        "mend the links that lead to them; let the client keep them. For http to "
                        "https, Strict-Transport-Security saves the request.",
                    .variants = redirect_variants,
                },
            .subjects = SUBJECT_REDIRECT,
            .account = ACCOUNT_AVOIDABLE,
            .order = 14,
            .judge = judge_redirect,
        },
    [NEGATIVE] =
        {
            .card =
                {
                    .id = "negative-refetch",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9110 §15.5.5, §15.1",
                    .formerly = "RFC 7231 §6.5.4, §6.1",
                    .title = "the same error again and again",
                    .means =
                        "What does not exist may be remembered like what does (404, 405, 410, 414 "
                        "and 501 can be cached). Without a lifetime few clients do, and each page "
                        "that refers to it costs the error once more.",
                    .remedy =
                        "Remove what refers to it. Give errors a short lifetime (Cache-Control: "
                        "max-age=60; nginx: add_header ... always; Varnish: beresp.ttl on 404), "
                        "and a small body.",
                    .variants = negative_variants,
                },
            .subjects = SUBJECT_REST,
            .account = ACCOUNT_AVOIDABLE,
            .order = 14,
            .judge = judge_negative,
        },
    [ERRAND] =
        {
            .card =
                {
                    .id = "handshake-for-304",
                    .group = "waste",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "client/server",
                    .section = "RFC 9112 §9.3",
                    .formerly = "RFC 7230 §6.3",
                    .title = "a connection was made for a 304, and cost more than it",
                    .means =
                        "One or two 304s were all that it carried: opening and closing it took "
                        "more octets than HTTP did, and a round trip before the question could be "
                        "asked. It is in no sum of HTTP.",
                    .remedy =
                        "Keep connections open for longer (keepalive_timeout, KeepAliveTimeout; "
                        "in clients one pool for all requests), or give a lifetime, so that the "
                        "question need not be asked.",
                },
            .subjects = SUBJECT_ERRAND,
            .account = ACCOUNT_NONE,
            .judge = judge_errand,
        },
    [RETRANSMISSION] =
        {
            .card =
                {
                    .id = "wire-retransmission",
                    .group = "waste",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "network",
                    .section = "RFC 9293 §3.8.1",
                    .formerly = "RFC 793 §3.7",
                    .title = "much of the exchange was sent more than once",
                    .means = "Packets were lost, or taken for lost. It says nothing about HTTP, "
                             "and is in none of its sums; but it is time that no cache gives back.",
                    .remedy =
                        "Look for loss, for a policer or a full queue on the path, for a path MTU "
                        "that is too large, and for packets that the capture saw twice.",
                },
            .subjects = SUBJECT_ANY,
            .account = ACCOUNT_NONE,
            .judge = judge_retransmission,
        },
    [SHARED_CACHE_ROW] =
        {
            .card =
                {
                    .id = "shared-cache-opportunity",
                    .group = "waste",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "network",
                    .section = "RFC 9111 §3",
                    .formerly = "RFC 7234 §3",
                    .title = "a shared cache here could have answered",
                    .means =
                        "Another client of this link had got these octets from this URL, they were "
                        "fresh still, and a cache that several use may keep them. It is in no sum: "
                        "each client got them for the first time.",
                    .remedy = "Put a shared cache (Varnish, Squid, nginx, a CDN) in front of these "
                              "clients, or of the server.",
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_NONE,
            .judge = judge_shared,
        },
};

const struct rule_set rules_transfers = {rows, ROWS};
