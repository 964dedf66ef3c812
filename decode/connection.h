/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One TCP connection: who is client, how it begins and ends, which protocol reads it, and what it
 * adds up to. It joins two tcp streams to one protocol. Flows that are not TCP pass through here
 * for their name only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "decode/coverage.h"
#include "decode/flow.h"
#include "decode/identify.h"
#include "decode/protocol.h"
#include "decode/segment.h"

struct shard;

/* What a flow needs while something is in progress: an exchange, a hole, an identification. */
struct active {
    struct protocol_host host; /* its context is this */
    struct shard *shard;
    struct flow *flow;
    void *state; /* the protocol's, or NULL while it is idle */
    struct identified_flow *identified;
    uint32_t weight; /* octets of it and of its state, as the shard counts them; 0 without state */
    struct tcp_window window[2];
};
_Static_assert(sizeof(struct active) <= 5 * 64, "a connection that waits costs little");

/* A segment of that flow, which `sender` sent, is going to be worked on: brings nearer what hangs
 * off it, in steps (0, 1, ...) with something else to do between them. */
enum { CONNECTION_STEPS = 3 };
void connection_expect(const struct shard *shard, const struct flow *flow, unsigned sender,
                       unsigned step);

/* Is this segment the first one of another connection between the same ends (port reuse)? */
bool connection_is_new(const struct flow *flow, unsigned sender, const struct segment *segment);

void connection_segment(struct shard *shard, struct flow *flow, unsigned sender,
                        const struct segment *segment, int64_t clock_ns);
void datagram_segment(struct shard *shard, struct flow *flow, const struct segment *segment);

/* A deadline of the flow has come. */
void connection_expire(struct shard *shard, struct flow *flow, int64_t clock_ns);

/* Ends what is in progress; exchanges go out. `ordinal` as for the protocol. */
void connection_end(struct shard *shard, struct flow *flow, enum stream_end why, int64_t clock_ns,
                    uint64_t ordinal);

/* Tells the connection, if it carried HTTP, and enters the flow into the coverage. It was ended. */
void connection_tell(struct shard *shard, struct flow *flow);

/* Enters the flow, as it stands now, into a table of coverage: its shard's or another. */
void connection_cover(struct coverage_table *table, const struct shard *shard,
                      const struct flow *flow);
