/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of one direction of TCP (RFC 9293 §3.4, §3.10): which octets of a segment are new,
 * which of them can be handed on, which wait, and when waiting has no sense any more. Sequence
 * numbers are compared modulo 2^32; a segment further away than the largest window is not of this
 * stream. The first copy of an octet wins.
 *
 * A hole is given up when (a) the peer acknowledged what is missing and a grace has passed (the
 * capture may have the two directions out of order), (b) nobody did for much longer, (c) too much
 * waits behind it, or (d) the stream ends. An acknowledgement is cumulative, so all holes below it
 * share one grace.
 */

#include "decode/tcp_stream.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "decode/fingerprint.h"
#include "decode/limits.h"

#define PIECE_USUAL 1600 /* octets of a piece with a segment of a link of 1,500 */

struct tcp_piece {
    struct tcp_piece *next;
    uint32_t sequence;
    uint32_t length; /* octets that lie here */
    uint32_t cut;    /* octets after them that the snaplen cut off */
    uint32_t fingerprint;
    int64_t waited_ns; /* clock when the first of this piece and all later ones came */
    struct provenance provenance;
    uint8_t octets[];
};

/* a before b on the circle of sequence numbers. */
static inline bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline uint32_t later(uint32_t a, uint32_t b)
{
    return before(a, b) ? b : a;
}

static inline uint32_t earlier(uint32_t a, uint32_t b)
{
    return before(a, b) ? a : b;
}

static inline uint32_t piece_end(const struct tcp_piece *piece)
{
    return piece->sequence + piece->length + piece->cut;
}

/* Octets of memory. Three sizes hold all that a packet of usual size can bring, since the heap
 * keeps what a size once had for that size: with one for each length, somebody who sends all
 * lengths one after the other would get the budget many times over. */
static inline uint32_t piece_cost(uint32_t length)
{
    uint32_t size = (uint32_t)sizeof(struct tcp_piece) + length;
    return size <= 192 ? 192 : size <= 704 ? 704 : size <= PIECE_USUAL ? PIECE_USUAL : size;
}

static struct tcp_piece *piece_take(uint32_t length)
{
    uint32_t size = piece_cost(length);
    return size > PIECE_USUAL ? xmalloc(size) : heap_take(size);
}

static void piece_give(struct tcp_piece *piece)
{
    uint32_t size = piece_cost(piece->length);
    if (size > PIECE_USUAL)
        free(piece);
    else
        heap_give(piece, size);
}

/* The captured octets of [from, to), a part of the arrival. */
static struct slice captured(const struct tcp_arrival *arrival, uint32_t from, uint32_t to)
{
    return slice_first(slice_from(arrival->octets, from - arrival->sequence), to - from);
}

/* Of octets that were captured with the arrival. Most often they are all of them. */
static uint32_t fingerprint_in(const struct tcp_arrival *arrival, struct slice bytes)
{
    return bytes.len == arrival->octets.len ? arrival->fingerprint : fingerprint_of(bytes);
}

static void remember(struct tcp_window *window, uint32_t sequence, struct slice bytes,
                     uint32_t fingerprint)
{
    unsigned at = window->newest++ % TCP_FINGERPRINTS;
    window->ring.sequence[at] = sequence;
    window->ring.hash[at] = fingerprint;
    window->ring.length[at] = (uint16_t)slice_first(bytes, FINGERPRINT_MOST).len;
}

/* Do the octets of [from, to), all delivered before, say something else than they did? */
static bool differs_from_delivered(const struct tcp_window *window,
                                   const struct tcp_arrival *arrival, uint32_t from, uint32_t to)
{
    for (unsigned i = 0; i < TCP_FINGERPRINTS; i++) {
        uint32_t begin = window->ring.sequence[i], length = window->ring.length[i];
        if (length == 0 || before(begin, from) || before(to, begin + length))
            continue;
        struct slice now = captured(arrival, begin, begin + length);
        if (now.len == length && fingerprint_of(now) != window->ring.hash[i])
            return true;
    }
    return false;
}

/* Compares what a piece and an arrival both have. The piece stays as it is, and says so. */
static void compare_with_held(struct tcp_piece *piece, const struct tcp_arrival *arrival,
                              struct counters *counters)
{
    uint32_t from = later(piece->sequence, arrival->sequence);
    uint32_t to =
        earlier(piece->sequence + piece->length, arrival->sequence + (uint32_t)arrival->octets.len);
    if (!before(from, to))
        return;
    if (memcmp(piece->octets + (from - piece->sequence),
               arrival->octets.at + (from - arrival->sequence), to - from) != 0) {
        piece->provenance.differs = true;
        counter_add(counters, COUNT_DIFFERING, 1);
    }
}

static void advance(struct tcp_stream *stream, uint32_t to)
{
    stream->next = to;
    stream->flags &= (uint8_t)~TCP_TENTATIVE;
}

/* Hands on one run and what the snaplen cut off after it. False: the receiver corked it. */
static bool deliver(struct tcp_stream *stream, struct tcp_window *window,
                    const struct tcp_receiver *receiver, struct slice bytes, uint32_t fingerprint,
                    uint32_t cut, const struct provenance *provenance)
{
    if (bytes.len) {
        if (!receiver->run(receiver->context, bytes, provenance)) {
            window->corked = true;
            return false;
        }
        remember(window, stream->next, bytes, fingerprint);
        advance(stream, stream->next + (uint32_t)bytes.len);
    }
    if (cut) {
        receiver->gap(receiver->context, cut, true, &provenance->mark);
        advance(stream, stream->next + cut);
    }
    return true;
}

static void pop(struct tcp_window *window, struct tcp_budget *budget)
{
    struct tcp_piece *piece = window->first;
    window->first = piece->next;
    if (!window->first)
        window->last = NULL;
    window->pieces--;
    window->held -= piece_cost(piece->length);
    budget->held -= piece_cost(piece->length);
    piece_give(piece);
}

/* Hands on the pieces that have become in order. */
static void drain(struct tcp_stream *stream, struct tcp_window *window,
                  const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    struct tcp_piece *piece;
    while (!window->corked && (piece = window->first) && piece->sequence == stream->next) {
        if (!deliver(stream, window, receiver, slice_of(piece->octets, piece->length),
                     piece->fingerprint, piece->cut, &piece->provenance))
            return;
        pop(window, budget);
    }
}

/* Announces everything up to `to`, which no piece covers, as lost. */
static void announce(struct tcp_stream *stream, const struct tcp_receiver *receiver, uint32_t to,
                     const struct mark *at)
{
    assert(before(stream->next, to));
    receiver->gap(receiver->context, to - stream->next, false, at);
    advance(stream, to);
}

/* Gives up the hole before the first piece. */
static void give_up_hole(struct tcp_stream *stream, struct tcp_window *window,
                         const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    struct mark at = window->first->provenance.mark;
    announce(stream, receiver, window->first->sequence, &at);
    drain(stream, window, receiver, budget);
}

static bool has_room(const struct tcp_window *window, const struct tcp_budget *budget,
                     uint32_t cost)
{
    return window->pieces < LIMIT_HELD_PIECES && window->held + cost <= budget->stream_max &&
           budget->held + cost <= budget->held_max;
}

static void insert(struct tcp_window *window, struct tcp_piece **link, struct tcp_piece *piece,
                   struct tcp_budget *budget)
{
    piece->next = *link;
    *link = piece;
    if (piece->next)
        piece->waited_ns =
            piece->next->waited_ns < piece->waited_ns ? piece->next->waited_ns : piece->waited_ns;
    else
        window->last = piece;
    window->pieces++;
    window->held += piece_cost(piece->length);
    budget->held += piece_cost(piece->length);
}

static struct tcp_piece *piece_new(uint32_t sequence, struct slice bytes, uint32_t fingerprint,
                                   uint32_t cut, const struct provenance *provenance,
                                   int64_t clock_ns)
{
    struct tcp_piece *piece = piece_take((uint32_t)bytes.len);
    *piece = (struct tcp_piece){.sequence = sequence,
                                .length = (uint32_t)bytes.len,
                                .cut = cut,
                                .fingerprint = fingerprint,
                                .waited_ns = clock_ns,
                                .provenance = *provenance};
    if (bytes.len)
        memcpy(piece->octets, bytes.at, bytes.len);
    return piece;
}

/* Where in the list `sequence` belongs: after all that ends at or before it. */
static struct tcp_piece **seek(struct tcp_window *window, struct tcp_piece **link,
                               uint32_t sequence)
{
    if (window->last && !before(sequence, piece_end(window->last)))
        return &window->last->next;
    while (*link && !before(sequence, piece_end(*link)))
        link = &(*link)->next;
    return link;
}

/* What of an arrival is new: [from, to) less what is held. */
struct placing {
    struct tcp_stream *stream;
    struct tcp_window *window;
    const struct tcp_arrival *arrival;
    const struct tcp_receiver *receiver;
    struct tcp_budget *budget;
    uint32_t from, to;
    uint32_t fresh, fresh_captured; /* octets */
    struct provenance provenance;   /* of the next run: only the first one pays for the frame */
};

static void count_fresh(struct placing *p, uint32_t from, uint32_t to)
{
    if (!before(from, to))
        return;
    p->fresh += to - from;
    p->fresh_captured += (uint32_t)captured(p->arrival, from, to).len;
}

/* First walk: what is new, and does the rest say the same as what is held? */
static void survey(struct placing *p)
{
    uint32_t at = p->from;
    struct tcp_piece *piece = *seek(p->window, &p->window->first, at);
    for (; piece && before(piece->sequence, p->to); piece = piece->next) {
        count_fresh(p, at, piece->sequence);
        compare_with_held(piece, p->arrival, p->budget->counters);
        at = later(at, piece_end(piece));
    }
    count_fresh(p, at, p->to);
}

/* The frame was paid for by the run that was just placed. */
static void paid(struct placing *p, struct slice bytes)
{
    if (bytes.len)
        p->provenance = (struct provenance){.mark = p->arrival->mark};
}

/* Room for what cannot be handed on yet. A hole may have to be given up for it, so that it can.
 * False: it is dropped. */
static bool make_room(struct placing *p, uint32_t cost)
{
    struct tcp_window *window = p->window;
    if (has_room(window, p->budget, cost))
        return true;
    if (window->corked) {
        counter_add(p->budget->counters, COUNT_HELD_DROPPED, 1);
        return false;
    }
    bool stream_is_full =
        window->pieces >= LIMIT_HELD_PIECES || window->held + cost > p->budget->stream_max;
    counter_add(p->budget->counters, stream_is_full ? COUNT_HELD_STREAM_CAP : COUNT_HELD_SHARD_CAP,
                1);
    if (window->first && before(window->first->sequence, p->from))
        give_up_hole(p->stream, window, p->receiver, p->budget);
    else
        announce(p->stream, p->receiver, p->from, &p->arrival->mark);
    return true;
}

/* Second walk: hands on or keeps each new part. */
static void place(struct placing *p)
{
    struct tcp_window *window = p->window;
    struct tcp_piece **link = &window->first;
    while (before(p->from, p->to)) {
        link = seek(window, link, p->from);
        if (*link && !before(p->from, (*link)->sequence)) {
            p->from = piece_end(*link);
            continue;
        }
        uint32_t upto = *link ? earlier((*link)->sequence, p->to) : p->to;
        struct slice bytes = captured(p->arrival, p->from, upto);
        uint32_t cut = upto - p->from - (uint32_t)bytes.len;
        uint32_t fingerprint = fingerprint_in(p->arrival, bytes);
        bool in_order = p->from == p->stream->next && !window->corked;
        if (in_order &&
            deliver(p->stream, window, p->receiver, bytes, fingerprint, cut, &p->provenance)) {
            paid(p, bytes);
            drain(p->stream, window, p->receiver, p->budget);
            p->from = later(upto, p->stream->next);
            link = &window->first;
            continue;
        }
        uint32_t next = p->stream->next;
        if (!make_room(p, piece_cost((uint32_t)bytes.len)))
            return;
        if (next != p->stream->next) { /* a hole was given up: look again */
            p->from = later(p->from, p->stream->next);
            link = &window->first;
            continue;
        }
        if (!window->corked)
            counter_add(p->budget->counters, COUNT_REORDERED, 1);
        insert(window, link,
               piece_new(p->from, bytes, fingerprint, cut, &p->provenance, p->arrival->clock_ns),
               p->budget);
        paid(p, bytes);
        link = &(*link)->next;
        p->from = upto;
    }
}

void tcp_stream_start(struct tcp_stream *stream, uint32_t sequence, bool tentative)
{
    stream->start = stream->next = sequence;
    stream->flags |= TCP_STARTED;
    if (tentative)
        stream->flags |= TCP_TENTATIVE;
    else
        stream->flags &= (uint8_t)~TCP_TENTATIVE;
}

/* Where the stream begins, if it is not sure yet. */
static void settle_start(struct tcp_stream *stream, uint32_t sequence)
{
    if (!(stream->flags & TCP_STARTED))
        tcp_stream_start(stream, sequence, true);
    else if ((stream->flags & TCP_TENTATIVE) && before(sequence, stream->next) &&
             stream->next - sequence <= LIMIT_HELD_PER_STREAM)
        tcp_stream_start(stream, sequence, true);
}

/* The segment that nearly all are: it continues what was delivered, came whole, and nothing waits
 * for it or ends before it does. */
static bool is_next(const struct tcp_stream *stream, const struct tcp_window *window,
                    const struct tcp_arrival *arrival)
{
    return (stream->flags & (TCP_STARTED | TCP_FIN_KNOWN)) == TCP_STARTED &&
           arrival->sequence == stream->next && arrival->octets.len == arrival->length &&
           !window->first && !window->corked;
}

/* What all the rest of this file would do with it. */
static struct tcp_news add_next(struct placing *p)
{
    const struct tcp_arrival *arrival = p->arrival;
    uint32_t length = arrival->length;
    p->provenance.overhead = arrival->wire_length > length ? arrival->wire_length - length : 0;
    if (!deliver(p->stream, p->window, p->receiver, arrival->octets, arrival->fingerprint, 0,
                 &p->provenance))
        place(p); /* corked: it is kept */
    return (struct tcp_news){.fresh = length};
}

struct tcp_news tcp_stream_add(struct tcp_stream *stream, struct tcp_window *window,
                               const struct tcp_arrival *arrival,
                               const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    struct tcp_news news = {0};
    struct placing p = {stream,
                        window,
                        arrival,
                        receiver,
                        budget,
                        .from = arrival->sequence,
                        .to = arrival->sequence + arrival->length,
                        .provenance = {.mark = arrival->mark}};
    if (is_next(stream, window, arrival))
        return add_next(&p);
    if ((stream->flags & TCP_STARTED) && arrival->length <= 1 &&
        arrival->sequence + 1 == stream->next) {
        news.keep_alive = true; /* RFC 9293 §3.8.4 */
        return news;
    }
    settle_start(stream, arrival->sequence);
    if ((uint32_t)(arrival->sequence - stream->next + LIMIT_SEQUENCE_JUMP) >
        2 * LIMIT_SEQUENCE_JUMP) {
        news.out_of_window = true;
        return news;
    }
    p.from = later(arrival->sequence, stream->next);
    if (stream->flags & TCP_FIN_KNOWN)
        p.to = earlier(p.to, stream->fin);
    if (before(arrival->sequence, stream->next))
        news.differs = differs_from_delivered(window, arrival, arrival->sequence,
                                              earlier(p.from, arrival->sequence + arrival->length));
    if (!before(p.from, p.to))
        return news;
    survey(&p);
    news.fresh = p.fresh;
    p.provenance.overhead =
        arrival->wire_length > p.fresh_captured ? arrival->wire_length - p.fresh_captured : 0;
    p.provenance.repeated = arrival->length - p.fresh;
    p.provenance.differs = news.differs;
    if (p.fresh)
        place(&p);
    return news;
}

void tcp_stream_fin(struct tcp_stream *stream, struct tcp_window *window, uint32_t sequence,
                    const struct tcp_arrival *arrival, struct tcp_budget *budget)
{
    if (!(stream->flags & TCP_STARTED))
        tcp_stream_start(stream, sequence, true);
    if ((stream->flags & TCP_FIN_KNOWN) || before(sequence, stream->next) ||
        sequence - stream->next > LIMIT_SEQUENCE_JUMP)
        return;
    if (window && window->last && before(sequence, piece_end(window->last)))
        return; /* octets beyond it wait: one of the two is not of this stream, the later one */
    stream->fin = sequence;
    stream->flags |= TCP_FIN_KNOWN;
    if (sequence == stream->next || !window)
        return;
    /* A piece without octets: the hole before it is a hole like any other. */
    struct provenance none = {.mark = arrival->mark};
    insert(window, seek(window, &window->first, sequence),
           piece_new(sequence, SLICE_ABSENT, 0, 0, &none, arrival->clock_ns), budget);
}

void tcp_stream_acked(struct tcp_stream *stream, uint32_t acknowledgement)
{
    if (!(stream->flags & TCP_STARTED))
        tcp_stream_start(stream, acknowledgement, true);
    if (acknowledgement - stream->next > LIMIT_SEQUENCE_JUMP &&
        stream->next - acknowledgement > LIMIT_SEQUENCE_JUMP)
        return;
    if (!(stream->flags & TCP_ACKED) || before(stream->acked, acknowledgement))
        stream->acked = acknowledgement;
    stream->flags |= TCP_ACKED;
}

/* The end of what was acknowledged, the FIN not counted. */
static uint32_t acked_octets(const struct tcp_stream *stream)
{
    return stream->flags & TCP_FIN_KNOWN ? earlier(stream->acked, stream->fin) : stream->acked;
}

bool tcp_stream_misses(const struct tcp_stream *stream, const struct tcp_window *window)
{
    if (!(stream->flags & TCP_ACKED) || (stream->flags & TCP_ENDED))
        return false;
    int32_t missing = (int32_t)(acked_octets(stream) - stream->next);
    /* A single one at the end is rather a FIN that was lost. */
    return missing > 1 || (missing == 1 && window && window->first);
}

void tcp_stream_watch(const struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns)
{
    if (window->in_grace && !before(stream->next, window->grace_until))
        window->in_grace = false;
    if (!window->in_grace && !window->corked && tcp_stream_misses(stream, window)) {
        window->in_grace = true;
        window->grace_until = acked_octets(stream);
        window->grace_ns = clock_ns;
    }
}

int64_t tcp_stream_due(const struct tcp_stream *stream, const struct tcp_window *window)
{
    int64_t due = INT64_MAX;
    if (window->corked)
        return due;
    if (window->in_grace)
        due = window->grace_ns + LIMIT_GAP_ACKED_NS;
    if (window->first && before(stream->next, window->first->sequence) &&
        window->first->waited_ns + LIMIT_GAP_NS < due)
        due = window->first->waited_ns + LIMIT_GAP_NS;
    return due;
}

/* Everything below `limit` that we do not have is lost; it had passed the tap by `seen_ns`. */
static void give_up_until(struct tcp_stream *stream, struct tcp_window *window, uint32_t limit,
                          int64_t seen_ns, const struct tcp_receiver *receiver,
                          struct tcp_budget *budget)
{
    struct mark at = {.time_ns = seen_ns};
    while (!window->corked && before(stream->next, limit)) {
        if (window->first && !before(limit, window->first->sequence))
            give_up_hole(stream, window, receiver, budget);
        else
            announce(stream, receiver, limit, &at);
    }
}

void tcp_stream_expire(struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns,
                       const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    if (!window->corked && window->in_grace && window->grace_ns + LIMIT_GAP_ACKED_NS <= clock_ns) {
        give_up_until(stream, window, window->grace_until, window->grace_ns, receiver, budget);
        window->in_grace = false;
    }
    while (!window->corked && window->first && window->first->waited_ns + LIMIT_GAP_NS <= clock_ns)
        give_up_hole(stream, window, receiver, budget);
    tcp_stream_watch(stream, window, clock_ns);
}

void tcp_stream_flush(struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns,
                      const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    while (!window->corked && window->first)
        give_up_hole(stream, window, receiver, budget);
    if (!window->corked && tcp_stream_misses(stream, window))
        give_up_until(stream, window, acked_octets(stream),
                      window->in_grace ? window->grace_ns : clock_ns, receiver, budget);
    window->in_grace = false;
}

size_t tcp_stream_peek(const struct tcp_stream *stream, const struct tcp_window *window,
                       uint8_t *octets, size_t size)
{
    size_t filled = 0;
    uint32_t at = stream->next;
    for (const struct tcp_piece *piece = window->first; piece && piece->sequence == at;
         piece = piece->next) {
        size_t take = piece->length < size - filled ? piece->length : size - filled;
        memcpy(octets + filled, piece->octets, take);
        filled += take;
        at += piece->length;
        if (filled == size || piece->cut)
            break;
    }
    return filled;
}

void tcp_stream_uncork(struct tcp_stream *stream, struct tcp_window *window,
                       const struct tcp_receiver *receiver, struct tcp_budget *budget)
{
    window->corked = false;
    drain(stream, window, receiver, budget);
}

void tcp_window_drop(struct tcp_window *window, struct tcp_budget *budget)
{
    while (window->first)
        pop(window, budget);
    window->corked = window->in_grace = false;
}
