/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Packets that the tap saw twice: a mirror port that copies both the way in and the way out, two
 * taps on one path, a router that sends a packet back over the link it came from. Such a packet
 * counts once. A TCP retransmission is another packet, and it has to stay.
 */

#include <stdbool.h>
#include <stdint.h>

#include "decode/ip.h"

struct twice;

struct twice *twice_new(void);
void twice_free(struct twice *twice); /* accepts NULL */

/* What tells a packet from others; the caller knows it from the transport header. */
struct twice_marks {
    uint8_t header_len;   /* octets of transport header, 0: take all of the payload as it is */
    uint8_t checksum_at;  /* index of the checksum in them, left out of the comparison */
    bool has_timestamp;   /* the header has a TCP timestamp */
    uint32_t fingerprint; /* of the octets after the header: see fingerprint.h */
};

/* What a packet is remembered by; 0: nobody could tell it from a retransmission. */
uint64_t twice_print(const struct ip *ip, struct twice_marks marks);

/* That print is going to be asked for: brings nearer what will be looked at, in two steps with
 * something else to do between them. */
void twice_expect(const struct twice *twice, uint64_t print);
void twice_expect_more(const struct twice *twice, uint64_t print);

/* The packet of that print came within LIMIT_TWICE_NS before, or after by its time; else remembers
 * it. */
bool twice_met(struct twice *twice, uint64_t print, int64_t time_ns);
