/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A protocol reads the two byte streams of one connection and makes exchanges. tcp hands it octets
 * in order, each run with the packet that carried it, and announces what was lost. A protocol may
 * itself hand octets to another one (TLS will): the same calls, the same provenance.
 *
 * The list of protocols is in protocols.c; adding one is a file, a row there and a fuzz target.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/exchange.h"

enum direction { FROM_CLIENT, FROM_SERVER };

/* Where a run of octets came from, and what it cost: `overhead` is the frame's link-level octets
 * that are not new stream octets (headers, octets seen before). The exchange that takes the first
 * octet of the run takes the overhead too; the receiver of a run sees to that. `repeated` is the part
 * of the overhead that is stream octets seen before. */
struct provenance {
    struct mark mark;
    uint32_t overhead;
    uint32_t repeated;
    bool differs;            /* the frame also repeated octets with another content */
};

enum stream_end { STREAM_FIN, STREAM_RESET, STREAM_TIMEOUT, STREAM_LIMIT, STREAM_CAPTURE_ENDED };

struct host_calls {
    /* Of the connection as it is known by now. */
    struct connection_facts (*facts)(void *context);
    bool (*began)(void *context); /* its began_in_capture alone */
    /* Takes a finished exchange; stamps nothing, changes nothing. */
    void (*exchange)(void *context, struct exchange *exchange);
    /* Octets that could have been a whole message were lost or could not be read. */
    void (*lost)(void *context, int64_t from_ns, int64_t until_ns);
    /* Exchanges this connection has finished so far, those of earlier states included (a state is
     * closed while it is idle): the index of the first exchange of a state that was just opened. */
    uint32_t (*exchanges)(void *context);
};

/* What a protocol is given once, and may use as long as it lives. */
struct protocol_host {
    void *context;
    const struct host_calls *calls;
};

enum claim {
    CLAIM_NO,
    CLAIM_MORE,              /* these octets may begin it; more are needed to tell */
    CLAIM_YES
};

struct protocol {
    const char *name;        /* for connections.protocol: "HTTP/1" */
    const char *label;       /* for coverage.protocol: "HTTP" */
    /* Do the first octets of this direction (not knowing whether client or server sends) belong to
     * this protocol? *from says who would send such octets. */
    enum claim (*claims)(struct slice begin, enum direction *from);
    void *(*open)(const struct protocol_host *host);
    /* Consumes all of `bytes`; borrowed for the call. `clock_ns`/`ordinal`: of the packet that is
     * being worked on, which is not the provenance's where octets had to wait for others. `bytes` is
     * empty only for a frame that brought nothing new but repeated octets: `overhead` is then all of
     * it, and is the connection's. */
    void (*feed)(void *state, enum direction from, struct slice bytes,
                 const struct provenance *provenance, int64_t clock_ns, uint64_t ordinal);
    /* `length` octets of this direction are not in the capture. `cut`: their packet was, shortened
     * by the snaplen. `at`: the packet after the hole; where none came, ordinal 0 and the time at
     * which the peer had acknowledged them. */
    void (*gap)(void *state, enum direction from, uint64_t length, bool cut, const struct mark *at,
                int64_t clock_ns, uint64_t ordinal);
    /* This direction is over. RESET, TIMEOUT, LIMIT and CAPTURE_ENDED end both: `from` then says who
     * sent the RST, else nothing. After both are over the state is closed. */
    void (*end)(void *state, enum direction from, enum stream_end end, int64_t clock_ns,
                uint64_t ordinal);
    /* The clock has reached `clock_ns`: finish what its deadline says. Returns the next deadline, or
     * INT64_MAX. Called about every 100 ms of capture time while a deadline is due. */
    int64_t (*tick)(void *state, int64_t clock_ns);
    /* Nothing is in progress: the state may be closed and opened anew at the next octets. */
    bool (*idle)(const void *state);
    /* The connection left this protocol (CONNECT, Upgrade): no more octets need be fed. Nothing is in
     * progress then: the state is closed. */
    bool (*left)(const void *state);
    /* The next deadline without advancing, INT64_MAX if none. */
    int64_t (*deadline)(const void *state);
    /* Octets of memory that the state holds, about; changes with what it is fed alone. */
    uint32_t (*weight)(const void *state);
    void (*close)(void *state); /* frees; open exchanges must have been ended before */
    /* [optional] Octets are going to be fed: brings nearer the state (step 0), then what hangs off it
     * (step 1). */
    void (*expect)(const void *state, enum direction from, unsigned step);
};

/* The list, NULL-terminated, in the order in which they are asked. */
extern const struct protocol *const protocols[];
extern const struct protocol protocol_http1;
