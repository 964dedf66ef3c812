/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An exchange: one request and the response to it, or the half of one that was seen. It is finished
 * when it crosses from decode to analysis: it says how it ended and what is wrong with it, and it
 * owns the arena in which everything lies that it mentions. Bodies are counted and hashed as they
 * pass and never kept. Whoever takes it from the sink frees it with exchange_free().
 *
 * Times are nanoseconds since the Unix epoch on the capture's clock; sizes are octets.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/hash.h"
#include "base/slice.h"
#include "decode/fields.h"

enum ending {
    ENDED_COMPLETE,     /* both messages whole, their ends certain */
    ENDED_CLOSED,       /* the connection was closed (FIN) before its end, or its close was the end */
    ENDED_RESET,        /* RST */
    ENDED_GAP,          /* octets were lost, or the framing broke: the rest could not be joined */
    ENDED_TIMEOUT,      /* nothing came any more, by the capture's clock */
    ENDED_LIMIT,        /* a cap of limits.h pushed it out */
    ENDED_CAPTURE_ENDED,
    ENDINGS
};

enum flaw {
#define FLAW_ROW(name, word, text) FLAW_BIT_##name,
#include "decode/flaws.def"
#undef FLAW_ROW
    FLAW_BITS
};
_Static_assert(FLAW_BITS <= 64, "flaws are a 64-bit set");
#define FLAW(name) (UINT64_C(1) << FLAW_BIT_##name) /* FLAW(BARE_LF): the bit of a set */

/* A row of flaws.def: its word and its explanation; NULL past the end. */
const char *flaw_word(unsigned bit);
const char *flaw_text(unsigned bit);
/* "complete", "closed", "reset", "gap", "timeout", "limit", "capture-ended". */
const char *ending_word(enum ending ending);

struct address {
    uint8_t family; /* 4, 6, or 0 for none */
    uint8_t octets[16]; /* network order; IPv4 in the first four, the rest zero */
};

static inline bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

/* Text form, at most 46 octets with the NUL; returns `text`. */
const char *address_text(const struct address *address, char text[46]);
/* Parses what X-Forwarded-For and its kin write: with or without port and brackets. */
bool address_parse(struct slice text, struct address *address);

/* The packet that carried an octet. */
struct mark {
    int64_t time_ns;
    uint64_t ordinal; /* in the whole capture, from 1; 0 = no packet */
    uint64_t frame;   /* in its input, from 1 */
    uint32_t input;
};

/* When it came. */
struct instant {
    int64_t time_ns;
    uint64_t ordinal;
};

static inline struct instant mark_instant(const struct mark *mark)
{
    return (struct instant){mark->time_ns, mark->ordinal};
}

enum http_version {
    HTTP_VERSION_NONE,
    HTTP_0_9,
    HTTP_1_0,
    HTTP_1_1, /* and any later minor version */
    HTTP_2,
    HTTP_3
};

enum method { /* the methods that rules tell apart */
    METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH,
    METHOD_OPTIONS, METHOD_TRACE, METHOD_CONNECT
};

enum aborter { ABORTED_BY_NOBODY, ABORTED_BY_CLIENT, ABORTED_BY_SERVER };

/* What followed a 304's empty line although nothing may (RFC 9112 §6.3). */
enum stray_kind {
    STRAY_NONE,
    STRAY_CRLF,           /* one or two empty lines */
    STRAY_EMPTY_CHUNK,    /* exactly "0\r\n\r\n" */
    STRAY_CHUNKED,        /* a chunked body */
    STRAY_CONTENT_LENGTH, /* as many octets as Content-Length says */
    STRAY_OTHER
};

/* One of the two messages. */
struct message {
    bool seen;             /* at least one octet of it was captured */
    bool body_whole;       /* every octet of the body was seen and counted */
    bool end_certain;      /* Content-Length, chunked, or by definition without body */
    uint16_t sampled_octets; /* at the beginning of the content, of which the entropy was taken: only
                              of texts sent plain to who accepts a coding; else 0 */
    uint16_t entropy;      /* of these, in hundredths of a bit per octet */
    enum http_version version;
    struct head head;      /* head.bytes is absent where the head was not seen whole */
    struct mark first;     /* carries its first octet */
    struct instant head_end;/* of the packet with the last octet of its head */
    struct instant last;    /* with which all its octets had come: of the packet with the last of
                              them, or with one that was missing before */
    uint64_t header_bytes; /* framed octets: start line, fields, empty line; of a response, with
                              the heads of its 1xx */
    uint64_t body_bytes;   /* framed octets after the head: chunk framing, trailers, and the illegal
                              body of a 304 included; lost octets not */
    uint64_t content_bytes;/* octets of content: transfer coding removed, content coding kept; lost
                              octets of a known range counted */
    struct digest digest;  /* over the content; unset unless every octet was seen */
};

/* Facts of the connection that an exchange went over; a copy, so that no exchange holds a flow. */
struct connection_facts {
    uint64_t id;                 /* ordinal of the connection's first packet */
    struct address client, server;
    uint16_t client_port, server_port;
    int64_t rtt_ns;              /* of the handshake, -1 where it was not seen */
    struct address preamble_client; /* who a PROXY protocol preamble says it is; family 0 if none */
    uint8_t client_initial_ttl;  /* the client's IP TTL rounded up to 32, 64, 128 or 255; 0 unknown */
    bool began_in_capture;       /* its SYN was seen */
};

/* In the order in which it is needed: at each packet, for the request, with its response. */
struct exchange {
    struct arena arena;
    struct exchange *next;       /* free for whoever holds it */
    uint32_t weight;             /* octets of memory, as decode last knew while it was open */
    uint16_t room;               /* octets that exchange_new_for() took; its own */
    bool secure;                 /* it came out of TLS: scheme https */
    uint32_t index;              /* its place among the connection's exchanges, from 0 */
    uint16_t status;             /* 0 where no (whole) status line was seen */
    uint16_t interim;            /* 1xx responses before the final one */

    uint64_t flaws;              /* set of FLAW(...) */
    uint64_t wire_bytes;         /* link-level octets of the frames it owns (contract.md, laws) */
    uint64_t retransmitted_bytes;/* of these, octets that had been seen before */
    uint64_t repeated_bytes;     /* beside these: link-level octets of frames that brought nothing
                                    new while the message they repeat was under way. They belong to
                                    the connection's overhead */
    enum method method_token;
    enum ending ending;
    enum aborter aborted_by;
    enum stray_kind stray;       /* only for status 304 */
    uint64_t stray_bytes;        /* the octets after its head; part of response.body_bytes */

    struct message request;
    struct slice method, target, reason; /* in the arena; absent where not seen */
    struct message response;

    /* When it became known to be finished: the order in which exchanges enter analysis. */
    int64_t finished_ns;         /* capture clock: of the packet that finished it, or the deadline */
    uint64_t finished_ordinal;   /* that packet; for deadlines the connection's first packet */
    struct connection_facts connection;
};
_Static_assert(sizeof(struct exchange) <= 600, "one waits for each connection that does");

/* A zeroed exchange with a fresh arena, from a pool of this thread; and back into the pool. Behind
 * it lies room for the first `octets` that its arena will be asked for; they may be more. */
struct exchange *exchange_new_for(size_t octets);
static inline struct exchange *exchange_new(void)
{
    return exchange_new_for(1024);
}
void exchange_free(struct exchange *exchange); /* accepts NULL */
/* It is going to be read: brings nearer its lines, in two steps with something else to do between
 * them. */
void exchange_expect(const struct exchange *exchange);
void exchange_expect_response(const struct exchange *exchange);

/* A pool is one thread's. In a thread that is given exchanges of another, exchange_free() only
 * gathers them, after exchange_gather(); exchange_gathered() returns those since its last call, which
 * are as they were but for ->next; and exchange_list_free(), in the thread that made them, frees
 * them. */
struct exchange_list {
    struct exchange *first, *last; /* through ->next */
};
void exchange_gather(void);
struct exchange_list exchange_gathered(void) MUST_USE;
/* Empties `from`. */
void exchange_list_append(struct exchange_list *list, struct exchange_list *from);
void exchange_list_free(struct exchange_list *list);

/* Both halves are there, belong together and their heads are whole. */
static inline bool exchange_is_paired(const struct exchange *x)
{
    return x->request.head.bytes.at && x->response.head.bytes.at && x->status != 0 &&
           !(x->flaws & FLAW(PAIRING_UNSURE));
}
