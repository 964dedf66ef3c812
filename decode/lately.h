/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Most packets follow one of the same connection closely. Two hashes say where a connection's flow
 * is to be looked for, its seeded tag and the one that its shard hangs on; here is what they came
 * to for the IPv4 connections that were met last, so that their next packet need not be hashed. It
 * is only arithmetic that is remembered: nothing in it ever becomes wrong.
 */

#include "decode/flow.h"

struct lately_place { /* of what one end of a connection sends */
    uint8_t source[4], destination[4];
    uint16_t source_port, destination_port;
    uint32_t tag;
    uint8_t shard, sender;
    uint8_t ip_protocol; /* 0: empty */
};

#define LATELY_BITS 8

struct lately {
    struct lately_place places[1 << LATELY_BITS]; /* by a few bits of addresses and ports */
};

/* Whom the segment belongs to; returns the number of its shard. */
unsigned lately_call(struct lately *lately, const struct segment *segment, struct flow_call *call);
