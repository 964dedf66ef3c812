/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A shard: a fixed 64th of all flows with everything that belongs to them - table, deadlines,
 * memory for what waits, counters, coverage. Shards share nothing but the identifier, so that any
 * number of threads can own them and nothing changes.
 */

#include <stdint.h>

#include "decode/connection.h"
#include "decode/counters.h"
#include "decode/coverage.h"
#include "decode/deadlines.h"
#include "decode/decode.h"
#include "decode/flow.h"
#include "decode/identify.h"
#include "decode/protocol.h"

struct shard {
    struct flow_table flows;
    struct deadlines deadlines;
    int64_t due_ns; /* nothing of this shard is due before */
    struct tcp_budget budget;
    uint64_t busy, busy_max; /* octets of what is in progress: states of protocols */
    struct counters counters;
    struct coverage_table coverage;
    uint32_t identifying, identifying_max; /* flows that nDPI is being shown */
    const struct protocol *const *protocols;
    struct identifier *identifier; /* NULL: nobody is asked */
    const struct decode_sink *out;
    const struct decoder_options *asked; /* for its carried() */
};

struct shard_options {
    uint32_t flows; /* how many at most */
    uint32_t identifying; /* of them, that nDPI may be shown at once */
    uint64_t held;  /* octets that may wait in all its streams */
    uint64_t busy;  /* octets that the states of all its protocols may take */
    const struct protocol *const *protocols;
    struct identifier *identifier;
    const struct decode_sink *out; /* outlives the shard; not asked for coverage */
    const struct decoder_options *asked; /* outlives the shard */
};

void shard_init(struct shard *shard, const struct shard_options *options);
void shard_fini(struct shard *shard);

/* Works on a segment of one of its flows. */
void shard_segment(struct shard *shard, const struct flow_call *call, const struct segment *segment,
                   int64_t clock_ns);

/* Does what is due at or before `clock_ns`. Nothing is due at that time afterwards. */
void shard_tick(struct shard *shard, int64_t clock_ns);
