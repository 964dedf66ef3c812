/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A protocol for tests of what lies below protocols. A request is 'Q', a length octet and as many
 * octets; an answer the same with 'A'. An exchange is finished with its answer, or 5 s after it
 * began. "MQ" is claimed too, but not before its second octet. After 'X' for 'A' the connection has
 * left the protocol. What it is told is kept per process: a test is one.
 */

#include <stdint.h>

#include "decode/protocol.h"

#define FAKE_TIMEOUT_NS INT64_C(5000000000)

struct fake_seen {
    uint8_t octets[2][1 << 16]; /* by direction, lost octets as '?' */
    uint64_t length[2];
    unsigned gaps[2], cuts[2], runs[2];
    unsigned opened, closed, differing;
    unsigned ends[2][STREAM_CAPTURE_ENDED + 1];
    uint64_t last_ordinal;
    int64_t last_clock_ns;
};

extern struct fake_seen fake_seen;
extern const struct protocol fake_protocol;
extern const struct protocol *const fake_protocols[];
