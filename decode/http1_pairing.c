/* SPDX-License-Identifier: MIT */
/*
 * Which response answers which request, and how exchanges end.
 *
 * Responses come in the order of their requests (RFC 9112 §9.3). As long as no octet of either
 * direction was lost, the n-th final response answers the n-th request, however late the octets of
 * one direction reach us: what each direction has shown so far is a beginning of what it sent. A
 * response that we read before its request (a capture from several queues) therefore waits a moment
 * for it, unless it was so much earlier that the server must have sent it unasked (408).
 *
 * After a loss that may have swallowed a whole message, counting proves nothing any more:
 *
 *   - lost by the client: the requests before the hole are counted as before. Those after it may be
 *     preceded by some that nobody saw, whose responses would be taken for theirs: in doubt.
 *   - lost by the server: the responses to all requests that wait may have been in the hole. The
 * next response answers one of them; of a client that does not pipeline, the last one that was sent
 *     before it. In doubt all the same, even if only one waits: where a tap drops packets it drops
 *     them in both directions, and the hole in the requests may not have been announced yet.
 *
 * Exchanges in doubt are flagged PAIRING_UNSURE, and nothing is concluded from them. The doubt ends
 * with a request that is seen from its first octet when nothing is outstanding as far as we see
 * (the server's stream is at a message boundary, all requests have their responses), and something
 * is: a response has been completed since the loss, so that what was lost has been answered. This
 * could still be wrong by a constant number of requests where a client pipelines; it counts only
 * where this connection had shown before that its client does not (a number of responses were
 * complete before the next request began, none was not), or after a silence so long that an
 * outstanding response would have come. What is in doubt itself shows no habits. A state that was
 * opened while the connection was idle knows from the number of earlier exchanges: with a doubt, or
 * with pipelining, it would never have been idle.
 *
 * Where a connection goes on after a response that nobody had asked for, although nothing of its
 * beginning is missing, one direction was captured later than the other (two ports of a tap with
 * clocks of their own): everything from then on is in doubt.
 *
 * The same holds after a message with Content-Lengths that differ (§6.3): where the next one begins
 * is a guess, and a length that happens to be that of whole messages hides them.
 *
 * A connection met in the middle is taken to begin without a request outstanding, unless
 * its first requests are pipelined.
 *
 * Requests that were given up (a cap, a timeout) still get their responses: these are told apart by
 * counting, and become exchanges without request.
 */

#include <assert.h>

#include "decode/http1.h"

#include "base/attributes.h"

/* A response may be captured that much before its request, if packets come through several queues.
 */
#define REORDERED_NS 5000000
/* Nobody who has been asked is silent that long, in general: the doubt about pairing ends. */
#define SILENCE_NS 1000000000
/* So many exchanges without pipelining are a habit. Who pipelines does so from the first few on. */
#define ENOUGH_ALTERNATIONS 8

void exchange_weigh(struct http1 *s, struct exchange *x)
{
    uint32_t weight = (uint32_t)(sizeof *x + x->arena.total);
    s->kept += weight - x->weight;
    x->weight = weight;
}

struct exchange *exchange_open(struct http1 *s, size_t octets)
{
    struct exchange *x = exchange_new_for(octets);
    exchange_weigh(s, x);
    x->index = s->created++;
    if (x->index == 0 && !began(s))
        x->flaws |= FLAW(MID_CONNECTION);
    return x;
}

static void push(struct http1 *s, struct exchange *x)
{
    if (s->last)
        s->last->next = x;
    else
        s->first = x;
    s->last = x;
    s->waiting++;
}

static void unlink_exchange(struct http1 *s, struct exchange *x)
{
    s->kept -= x->weight;
    if (x == s->loose) {
        s->loose = NULL;
        return;
    }
    struct exchange **link = &s->first, *before = NULL;
    while (*link != x) {
        before = *link;
        assert(before);
        link = &before->next;
    }
    if (x == s->first)
        s->answered = s->holding = false;
    *link = x->next;
    if (s->last == x)
        s->last = before;
    x->next = NULL;
    s->waiting--;
}

static uint64_t flaws_of_times(const struct exchange *x)
{
    if (!x->request.seen || !x->response.seen)
        return 0;
    int64_t responded = x->response.first.time_ns;
    if (responded < x->request.first.time_ns)
        return FLAW(RESPONSE_BEFORE_REQUEST);
    bool never_ended =
        x->request.head.bytes.at && !x->request.end_certain && x->ending != ENDED_GAP;
    bool is_early = never_ended || responded < x->request.last.time_ns;
    return is_early && x->status ? FLAW(EARLY_RESPONSE) : 0;
}

static void forget(struct http1 *s, const struct exchange *x)
{
    if (s->client.exchange == x) {
        s->client.exchange = NULL;
        body_drop(&s->client.now->body);
    }
    if (s->server.exchange == x) {
        s->server.exchange = NULL;
        body_drop(&s->server.now->body);
    }
    if (s->answering == x)
        s->answering = NULL;
}

static void doubt_all(struct http1 *s)
{
    s->doubt = true;
    s->proof = s->since_loss = s->early_proof = false;
    for (struct exchange *x = s->first; x; x = x->next)
        if (!(s->answered && x == s->first))
            x->flaws |= FLAW(PAIRING_UNSURE);
}

/* The connection goes on after a response that nobody had asked for: what answers what from here? */
static void doubt_order(struct http1 *s)
{
    if (s->doubt || !began(s))
        return; /* something is missing, which may be the request */
    s->lasting = true;
    doubt_all(s);
}

void exchange_finish(struct http1 *s, struct exchange *x, enum ending ending)
{
    bool was_given_up = x == s->loose;
    unlink_exchange(s, x);
    if (x->ending == ENDED_COMPLETE)
        x->ending = ending;
    x->flaws |= flaws_of_times(x);
    if (!x->response.seen)
        x->flaws |= FLAW(RESPONSE_MISSING);
    if (!x->request.seen) {
        x->flaws |= FLAW(REQUEST_MISSING);
        s->unasked_ns = x->response.first.time_ns;
        s->orphaned = !was_given_up && x->status != 408; /* which is sent unasked */
        if (s->orphaned && s->first) /* it was not yet over when they came */
            doubt_order(s);
    }
    forget(s, x);
    x->connection = host_facts(s);
    if (s->preamble)
        x->connection.preamble_client = *s->preamble;
    x->finished_ns = s->clock_ns;
    x->finished_ordinal = s->ordinal;
    s->host->calls->exchange(s->host->context, x);
}

static bool request_is_done(const struct http1 *s, const struct exchange *x)
{
    return s->client.exchange != x;
}

/* Finishes the first exchange if it waits for nothing. */
static void settle(struct http1 *s)
{
    if (s->answered && !s->holding && request_is_done(s, s->first))
        exchange_finish(s, s->first, ENDED_COMPLETE);
}

void pairing_release(struct http1 *s)
{
    s->holding = false;
    settle(s);
}

/* ---- requests */

/* A response waits for a request: is this the one? */
static bool can_join(const struct http1 *s, const struct exchange *x)
{
    return !s->doubt && began(s) &&
           s->client.now->first.time_ns <= x->response.first.time_ns + REORDERED_NS;
}

static bool is_silent_before(const struct http1 *s, const struct mark *first, int64_t silence_ns)
{
    return first->time_ns - s->answered_ns >= silence_ns;
}

/* All requests have their responses, as far as we see. */
static bool nothing_outstanding(const struct http1 *s)
{
    const struct reader *r = &s->server;
    return s->waiting == (s->answered ? 1 : 0) && !s->loose && !s->abandoned &&
           r->phase == PHASE_BETWEEN && !r->matched && !r->hunting;
}

static void end_doubt(struct http1 *s)
{
    bool is_whole = nothing_outstanding(s) && is_silent_before(s, &s->client.now->first, 1);
    bool alternates = !s->pipelined && s->alternations >= ENOUGH_ALTERNATIONS;
    bool is_proven = alternates
                         ? s->since_loss || s->early_proof
                         : s->proof && is_silent_before(s, &s->client.now->first, SILENCE_NS);
    if (is_whole && is_proven && !s->lasting)
        s->doubt = s->resync = false;
}

static void abandon_first(struct http1 *s)
{
    struct exchange *x = s->first;
    assert(x);
    if (!s->answered && s->server.exchange != x)
        s->abandoned++;
    x->flaws |= FLAW(PIPELINE_LIMIT);
    exchange_finish(s, x, ENDED_LIMIT);
}

struct exchange *pairing_request(struct http1 *s, size_t octets)
{
    struct exchange *x = s->first;
    if (x && !x->request.seen && !x->next && can_join(s, x))
        return x;
    if (x && s->answered && !x->request.seen)
        pairing_release(s);
    if (s->client.now->first.time_ns < s->unasked_ns)
        s->doubt = true; /* it may be what was answered before we saw it */
    if (s->orphaned)
        doubt_order(s);
    if (s->doubt)
        end_doubt(s);
    s->orphaned = false;
    if (s->waiting >= LIMIT_WAITING_REQUESTS)
        abandon_first(s);
    x = exchange_open(s, octets);
    if (s->doubt)
        x->flaws |= FLAW(PAIRING_UNSURE);
    push(s, x);
    s->unasked = false;
    return x;
}

void pairing_request_done(struct http1 *s, struct exchange *x)
{
    s->client.exchange = NULL;
    if (s->server.over && !(s->answered && x == s->first))
        exchange_finish(s, x, ENDED_CLOSED);
    else
        settle(s);
}

/* ---- responses */

static struct exchange *open_loose(struct http1 *s, size_t octets)
{
    assert(!s->loose);
    s->loose = exchange_open(s, octets);
    return s->loose;
}

static void doubt_after(struct http1 *s, const struct exchange *x)
{
    if (!(x->flaws & FLAW(LENGTHS_CONFLICT)))
        return;
    s->lasting = true;
    doubt_all(s);
}

static bool was_sent_before(const struct http1 *s, const struct exchange *x)
{
    return request_is_done(s, x) && x->request.last.time_ns <= s->server.now->first.time_ns;
}

/* The first response after a loss: skips the requests whose responses must have been lost. */
static void skip_unanswered(struct http1 *s)
{
    s->resync = false;
    while (!s->pipelined && s->first && s->first->next && was_sent_before(s, s->first->next))
        exchange_finish(s, s->first, ENDED_GAP);
}

static bool begins_pipelined(const struct http1 *s)
{
    return s->alternations == 0 && s->first && s->first->next &&
           was_sent_before(s, s->first->next) && !began(s);
}

struct exchange *pairing_response(struct http1 *s, size_t octets)
{
    if (s->answering)
        return s->answering;
    if (s->resync)
        skip_unanswered(s);
    else if (begins_pipelined(s))
        doubt_all(s);
    struct exchange *x = s->first;
    if (s->abandoned > 0) {
        s->abandoned--;
        return open_loose(s, octets);
    }
    bool is_too_early = x && s->doubt && s->server.now->first.time_ns < x->request.first.time_ns;
    if (x && (s->answered || is_too_early))
        return open_loose(s, octets);
    if (!x) {
        x = exchange_open(s, octets);
        push(s, x);
    }
    return x;
}

/* What a whole pair tells about the client's habits. */
static void observe(struct http1 *s, const struct exchange *x)
{
    const struct exchange *next = x->next;
    if (!x->request.seen)
        return;
    if (next && next->request.first.time_ns < x->response.last.time_ns)
        s->pipelined = true;
    else if (!(x->flaws & FLAW(PAIRING_UNSURE)) && s->alternations < UINT8_MAX)
        s->alternations++;
}

void pairing_response_done(struct http1 *s, struct exchange *x, bool may_be_followed)
{
    s->server.exchange = NULL;
    s->answering = NULL;
    s->answered_ns = x->response.last.time_ns;
    s->since_loss = true;
    s->proof |= !x->request.seen || (x->flaws & FLAW(PAIRING_UNSURE));
    s->unasked |= !x->request.seen;
    if (x == s->loose) {
        doubt_after(s, x);
        exchange_finish(s, x, ENDED_COMPLETE);
        return;
    }
    assert(x == s->first && !s->answered);
    observe(s, x);
    s->answered = true;
    doubt_after(s, x);
    bool may_join = !x->request.seen && !x->next && !s->doubt;
    s->holding = may_be_followed || may_join;
    settle(s);
}

/* ---- losses and ends */

void pairing_client_lost(struct http1 *s)
{
    if (s->answered && !s->first->request.seen)
        pairing_release(s);
    s->doubt = true;
    s->proof = s->since_loss = false;
    s->early_proof = s->unasked;
}

void pairing_server_unclear(struct http1 *s)
{
    s->resync = true;
    s->abandoned = 0;
    doubt_all(s);
}

void pairing_server_lost(struct http1 *s)
{
    pairing_release(s);
    if (s->loose)
        exchange_finish(s, s->loose, ENDED_GAP);
    s->answering = NULL;
    pairing_server_unclear(s);
}

void pairing_close(struct http1 *s, enum ending ending, bool all)
{
    pairing_release(s);
    if (s->loose)
        exchange_finish(s, s->loose, ending);
    while (s->first && (all || request_is_done(s, s->first)))
        exchange_finish(s, s->first, ending);
}

static int64_t hold_deadline(const struct http1 *s)
{
    bool holds = s->answered && s->holding && request_is_done(s, s->first);
    return holds ? s->server_ns + LIMIT_304_GRACE_NS : INT64_MAX;
}

static int64_t wait_deadline(const struct http1 *s)
{
    return s->first || s->loose ? s->active_ns + LIMIT_RESPONSE_WAIT_NS : INT64_MAX;
}

int64_t pairing_deadline(const struct http1 *s)
{
    int64_t hold = hold_deadline(s), wait = wait_deadline(s);
    return hold < wait ? hold : wait;
}

static void time_out(struct http1 *s)
{
    for (const struct exchange *x = s->first; x; x = x->next)
        s->abandoned += !(x == s->first && s->answered) && s->server.exchange != x;
    pairing_close(s, ENDED_TIMEOUT, true);
}

static void at_deadline(struct http1 *s, int64_t deadline_ns)
{
    s->clock_ns = deadline_ns;
    s->ordinal = host_facts(s).id;
}

void pairing_expire(struct http1 *s, int64_t clock_ns)
{
    int64_t hold = hold_deadline(s);
    if (hold <= clock_ns) {
        at_deadline(s, hold);
        pairing_release(s);
    }
    int64_t wait = wait_deadline(s);
    if (wait <= clock_ns) {
        at_deadline(s, wait);
        time_out(s);
    }
}
