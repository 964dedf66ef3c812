/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One direction of a TCP connection: segments in any order become runs of octets in order. What is
 * in order goes straight from the packet to the receiver; what came too early is copied and waits;
 * what never came is announced. It knows sequence numbers and nothing of connections.
 *
 * The octets that are always kept are `struct tcp_stream`; `struct tcp_window` is needed only while
 * something is in progress and may be forgotten when tcp_window_is_quiet().
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/counters.h"
#include "decode/protocol.h"

enum tcp_stream_flag {
    TCP_STARTED = 1,   /* start and next mean something */
    TCP_TENTATIVE = 2, /* ... but were read off an acknowledgement, or off the first segment of a
                          connection met in the middle: an earlier one may still come */
    TCP_ACKED = 4,     /* acked means something */
    TCP_FIN_KNOWN = 8, /* fin means something */
    TCP_ENDED = 16,    /* its end was told */
};

struct tcp_stream {
    uint32_t start; /* sequence number of its first octet */
    uint32_t next;  /* of the octet that the receiver gets next */
    uint32_t acked; /* of the first octet that the peer has not acknowledged */
    uint32_t fin;   /* of the FIN */
    uint8_t flags;  /* enum tcp_stream_flag */
    uint8_t ttl;    /* of its first packet: kept for the connection */
};

struct tcp_piece; /* a copied run that waits */

#define TCP_FINGERPRINTS 8

struct tcp_window {
    struct tcp_piece *first, *last; /* by sequence number, not overlapping, all beyond next (or at
                                       next while corked) */
    uint32_t pieces, held;          /* how many, and octets of memory */
    bool corked;                    /* the receiver refused a run: everything waits */
    bool in_grace;  /* octets below grace_until were acknowledged at grace_ns, and we
                       do not have them */
    uint8_t newest; /* of the ring, counts on */
    uint32_t grace_until;
    int64_t grace_ns;
    struct { /* fingerprints of runs that were delivered; of a jumbogram its beginning */
        uint32_t sequence[TCP_FINGERPRINTS], hash[TCP_FINGERPRINTS];
        uint16_t length[TCP_FINGERPRINTS];
    } ring;
};

/* Memory for what waits in all streams of a shard, and what it counts. */
struct tcp_budget {
    uint64_t held, held_max; /* octets of memory */
    uint32_t stream_max;     /* the same of one stream */
    struct counters *counters;
};

struct tcp_arrival {
    uint32_t sequence;    /* of the first octet, a SYN already skipped */
    struct slice octets;  /* as captured */
    uint32_t length;      /* as sent, >= octets.len */
    uint32_t wire_length; /* of the frame */
    uint32_t fingerprint; /* of octets: see fingerprint.h */
    struct mark mark;
    int64_t clock_ns;
};

/* Who gets the octets. The calls come from within tcp_stream_*(). */
struct tcp_receiver {
    void *context;
    /* False: not yet; the stream is corked and holds the run until tcp_stream_uncork(). */
    bool (*run)(void *context, struct slice bytes, const struct provenance *provenance);
    void (*gap)(void *context, uint64_t length, bool cut, const struct mark *at);
};

struct tcp_news {
    uint32_t fresh;  /* octets, as sent, that were not there before */
    bool differs;    /* octets that were delivered before came again with another content. Told
                        only where a run that was delivered lies whole within the segment, and is
                        one of the last TCP_FINGERPRINTS runs of the window; a part of a run, and
                        what was delivered before the connection last was idle, goes unnoticed */
    bool keep_alive; /* a probe: at most one octet, just before next */
    bool out_of_window;
};

/* The first octet's sequence number is known (SYN), or guessed (`tentative`). */
void tcp_stream_start(struct tcp_stream *stream, uint32_t sequence, bool tentative);

/* Takes a segment with at least one octet. */
struct tcp_news tcp_stream_add(struct tcp_stream *stream, struct tcp_window *window,
                               const struct tcp_arrival *arrival,
                               const struct tcp_receiver *receiver, struct tcp_budget *budget);

/* The stream's FIN lies at `sequence`. */
void tcp_stream_fin(struct tcp_stream *stream, struct tcp_window *window, uint32_t sequence,
                    const struct tcp_arrival *arrival, struct tcp_budget *budget);

/* The peer expects `acknowledgement` next. `window` may be NULL where none is kept. */
void tcp_stream_acked(struct tcp_stream *stream, uint32_t acknowledgement);

/* Everything up to its FIN was delivered or announced. */
static inline bool tcp_stream_at_fin(const struct tcp_stream *stream)
{
    return (stream->flags & TCP_FIN_KNOWN) && stream->next == stream->fin;
}

/* The peer has acknowledged more than was delivered, be it only a FIN. */
static inline bool tcp_stream_lags(const struct tcp_stream *stream)
{
    return (stream->flags & TCP_ACKED) && (int32_t)(stream->acked - stream->next) > 0;
}

/* The peer has acknowledged octets that were not delivered: a window is needed to wait for them. */
bool tcp_stream_misses(const struct tcp_stream *stream, const struct tcp_window *window);

/* Begins or ends waiting for acknowledged octets; after anything that moved next or acked. */
void tcp_stream_watch(const struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns);

/* When the next hole will be given up; INT64_MAX where there is none. */
int64_t tcp_stream_due(const struct tcp_stream *stream, const struct tcp_window *window);

/* Gives up the holes that are due, and delivers what lies between them. */
void tcp_stream_expire(struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns,
                       const struct tcp_receiver *receiver, struct tcp_budget *budget);

/* Nothing more will come: delivers all that waits with the gaps between, and announces what was
 * acknowledged beyond. */
void tcp_stream_flush(struct tcp_stream *stream, struct tcp_window *window, int64_t clock_ns,
                      const struct tcp_receiver *receiver, struct tcp_budget *budget);

/* While corked: copies the first octets that are in order to `octets`, at most `size`; how many. */
size_t tcp_stream_peek(const struct tcp_stream *stream, const struct tcp_window *window,
                       uint8_t *octets, size_t size);

/* Delivers what the cork held back to `receiver`. */
void tcp_stream_uncork(struct tcp_stream *stream, struct tcp_window *window,
                       const struct tcp_receiver *receiver, struct tcp_budget *budget);

/* Nothing waits and nothing is waited for. */
static inline bool tcp_window_is_quiet(const struct tcp_window *window)
{
    return !window->first && !window->in_grace;
}

/* Forgets what waits, without telling anybody. */
void tcp_window_drop(struct tcp_window *window, struct tcp_budget *budget);
