/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The state of one HTTP/1 connection, shared by the four files that work on it and by nobody else:
 *
 *   http1.c           the protocol's calls: feed, gap, end, tick
 *   http1_request.c   reads what the client sends
 *   http1_response.c  reads what the server sends
 *   http1_pairing.c   the open exchanges: which response answers which request, how each ends
 *
 * Not more than LIMIT_WAITING_REQUESTS exchanges are open at once, in the order of their requests.
 * Only the first of them can have its response (`answered`): it then waits for the rest of its
 * request, or for what may still follow (`holding`).
 */

#include <stdbool.h>
#include <stdint.h>

#include "decode/http1_body.h"
#include "decode/http1_head.h"
#include "decode/protocol.h"

enum phase {
    PHASE_PREAMBLE, /* client: nothing but the beginning of a PROXY preamble was seen */
    PHASE_BETWEEN,  /* before a message's first octet, or within the "HTTP/" of a response */
    PHASE_HEAD,
    PHASE_BODY,
    /* server only */
    PHASE_MAYBE_BODY,  /* a body is announced, but this may be the response to a HEAD not seen */
    PHASE_STRAY_LINES, /* octets after a response that cannot have a body: empty lines ... */
    PHASE_STRAY_BODY   /* ... as many as Content-Length says, or chunks; else we hunt */
};

/* Link-level octets that an exchange owes to the frames that carried it. */
struct bill {
    uint64_t octets;   /* of the stream */
    uint64_t overhead; /* of its frames */
    uint64_t repeated;
    bool differs;
};

/* A message on its way: from a pool, and there only from its first octet to its last. Most
 * messages lie whole in one packet and leave none of it behind. */
struct reading {
    struct body body;

    /* The message whose head is being read. */
    uint8_t *head; /* its octets so far, where it comes in more than one run */
    uint32_t head_len, head_room;
    uint32_t line_at;      /* where its current line begins */
    uint64_t head_octets;  /* those that were not kept included */
    struct mark first;     /* of its first octet */
    struct instant newest; /* of the packet that brought the latest of its octets */
    struct bill owed;      /* what it costs before it has an exchange */
    uint8_t line;          /* octets of the current line: 0, 1 (CR), 2 (more) */
    uint8_t resume;        /* enum phase: after PHASE_MAYBE_BODY, where it is one */
    bool dropping;         /* the head is longer than is kept */
    bool began_packet;     /* the message's first octet was a packet's first */
    bool versionless;      /* a request line without version was read, and no more: it may be all */

    /* The packet at hand, with which the last octet came that was read. */
    struct mark packet;
    uint32_t overhead; /* of it: what nobody has paid yet */
    uint32_t repeated;
};

/* One direction. */
struct reader {
    struct reading *now;       /* NULL between messages */
    struct exchange *exchange; /* whose body is being read; NULL: nobody's any more */
    int64_t last_ns;           /* of the last packet that was read */
    uint64_t last_ordinal;     /* 0: none was */
    uint8_t phase;             /* enum phase */
    uint8_t matched;           /* octets of "HTTP/" that were seen */
    bool differs : 1;          /* that packet repeated octets with another content */
    bool packet_begins : 1;    /* no octet of it was read yet */
    bool hunting : 1;          /* looks for a message that proves to be one */
    bool lost : 1;             /* ... because octets were lost */
    bool line_begins : 1;      /* while hunting: the next octet is the first of a line */
    bool junk : 1;             /* octets that belong to no message were skipped */
    bool empty_lines : 1;
    bool seen : 1; /* any message */
    bool over : 1;
};

/* Octets that were missing may come in a packet later than those behind them: a message is whole
 * with the latest packet of all that brought octets of it. */
static inline void instant_advance(struct instant *instant, const struct mark *to)
{
    if (to->ordinal > instant->ordinal)
        *instant = mark_instant(to);
}

enum line { LINE_PARTIAL, LINE_TEXT, LINE_EMPTY, LINE_DROPPED };

/* Three lines of a cache: there is one for each connection that waits for a response. */
struct http1 {
    const struct protocol_host *host;
    struct exchange *first, *last; /* open, through ->next */
    struct exchange *loose;        /* a response that answers none of them */
    struct exchange *answering;    /* has had a 1xx, and no other response yet */
    struct address *preamble;      /* NULL: there was none */
    uint32_t kept;                 /* octets of memory of all of them, and of the loose one */
    uint32_t created;   /* exchanges of this connection, those of earlier states included */
    uint32_t abandoned; /* requests whose responses will come after we gave them up */
    uint8_t waiting;    /* how many are open */
    uint8_t alternations;

    bool answered : 1, holding : 1; /* see above */
    bool left : 1;                  /* the connection is no more HTTP */
    bool client_quit : 1;           /* FIN of the client while a response was on its way */
    /* pairing, see http1_pairing.c */
    bool doubt : 1;       /* requests from here on may be answered by the response to another */
    bool resync : 1;      /* the next response may answer any of those that wait */
    bool pipelined : 1;   /* the client has been seen to */
    bool since_loss : 1;  /* a response was completed since the last loss ... */
    bool proof : 1;       /* ... that does not answer a request from before it */
    bool early_proof : 1; /* ... or just before it was noticed, and without request */
    bool orphaned : 1;    /* a response was let go without request, since the last request */
    bool lasting : 1;     /* the doubt does not end: lengths differed, or directions are apart */
    bool unasked : 1;     /* a response without request was completed since the last request */

    struct reader client, server;

    /* the event at hand */
    int64_t clock_ns;
    uint64_t ordinal;

    int64_t active_ns;   /* clock of the last octet */
    int64_t server_ns;   /* the same of the server */
    int64_t answered_ns; /* time of the last octet of the last response */
    int64_t unasked_ns;  /* time of the last response that was let go without request */
};
_Static_assert(sizeof(struct http1) <= 3 * 64, "a connection that waits costs little");
_Static_assert(LIMIT_WAITING_REQUESTS <= UINT8_MAX, "waiting is an octet");

static inline struct connection_facts host_facts(const struct http1 *s)
{
    return s->host->calls->facts(s->host->context);
}

/* The connection's beginning was seen. */
static inline bool began(const struct http1 *s)
{
    return s->host->calls->began(s->host->context);
}

/* ---- http1_request.c, http1_response.c: octets, losses and the end of one direction. The first
 * two return how many octets they used, which may be none where the phase changed. */
size_t request_octets(struct http1 *s, struct slice bytes);
void request_gap(struct http1 *s, uint64_t length, bool cut, const struct mark *at);
void request_end(struct http1 *s, enum ending ending);
/* The server answers: a request line without version is all of its request (HTTP/0.9). */
void request_is_simple(struct http1 *s);
size_t response_octets(struct http1 *s, struct slice bytes);
void response_gap(struct http1 *s, uint64_t length, bool cut, const struct mark *at);
/* The response in progress, if any, ends here: by FIN, RST, ... */
void response_end(struct http1 *s, enum ending ending, enum aborter aborter);

/* ---- http1.c: what both readers need. Where they work on a message, reader->now is there. */
/* A message begins at the octet at hand. */
void reader_begin_message(struct reader *r);
/* `n` octets belong to the message whose head is being read. */
void reader_owe(struct reader *r, size_t n);
/* The exchange is known: it takes what its head costs. */
void reader_pay(struct reader *r, struct exchange *x);
/* `n` octets of the packet at hand belong to `x`, which may be NULL: to nobody. */
void reader_charge(struct reader *r, struct exchange *x, size_t n);
/* Are these flaws of its start line such that a message may be one, found while hunting? Nobody who
 * ends his lines in LF alone shall stay unfound. */
static inline bool reader_believes(const struct reader *r, uint64_t flaws)
{
    return (flaws & ~(r->now->began_packet ? FLAW(BARE_LF) : 0)) == 0;
}
/* Tells that whole messages may have been lost before `at`. */
void reader_lost(struct http1 *s, const struct reader *r, const struct mark *at);
/* The head is forgotten, its octets belong to nobody. */
void reader_drop_head(struct reader *r);
/* Reads octets into the head up to the end of a line; *used of them. *line is the line where it is
 * whole, until the head changes. */
enum line reader_take_line(struct reader *r, struct slice bytes, size_t *used, struct slice *line);
/* The next line follows. */
void reader_next_line(struct reader *r);
/* Forgets all lines but the current one, which is the first line of another head. */
void reader_restart(struct reader *r);
/* Octets of the head that need no line: a prefix. */
void reader_append(struct reader *r, struct slice bytes);
static inline struct slice reader_head(const struct reader *r)
{
    return slice_of(r->now->head, r->now->head_len);
}

/* ---- http1_pairing.c */
/* `octets`: of the head and its fields that it is opened for. */
struct exchange *exchange_open(struct http1 *s, size_t octets);
/* It has got a head. */
void exchange_weigh(struct http1 *s, struct exchange *x);
/* The exchange for a request whose head has just been read; what it needs as exchange_open() wants
 * it. */
struct exchange *pairing_request(struct http1 *s, size_t octets);
/* The exchange for a response that begins. */
struct exchange *pairing_response(struct http1 *s, size_t octets);
/* Its request or its response has come to its end. */
void pairing_request_done(struct http1 *s, struct exchange *x);
void pairing_response_done(struct http1 *s, struct exchange *x, bool may_be_followed);
/* The next response begins, or octets that belong to none: what was held is let go. */
void pairing_release(struct http1 *s);
/* Requests, or responses, may be missing from here on. */
void pairing_client_lost(struct http1 *s);
void pairing_server_lost(struct http1 *s);
/* The same without a loss: what the server sends is not understood. */
void pairing_server_unclear(struct http1 *s);
/* No response will come any more: ends what is open, or all but the request that is being read. */
void pairing_close(struct http1 *s, enum ending ending, bool all);
void exchange_finish(struct http1 *s, struct exchange *x, enum ending ending);
/* Deadlines. */
int64_t pairing_deadline(const struct http1 *s);
void pairing_expire(struct http1 *s, int64_t clock_ns);
