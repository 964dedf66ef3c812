/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Datagrams that came in parts, IPv4 (RFC 791 §3.2, RFC 815) and IPv6 (RFC 8200 §4.5), put together
 * in any order. Of octets that came twice the first copy counts. The only place of the dissector
 * that copies.
 */

#include <stdbool.h>
#include <stdint.h>

#include "decode/ip.h"
#include "decode/segment.h"

/* The frames that something came in. */
struct frames {
    struct mark mark; /* the packet with its first octet; ordinal and time of the last to come */
    uint32_t count;
    uint32_t wire_length;
};

enum joining {
    JOINING_WAITS,  /* kept until the rest has come */
    JOINING_DONE,   /* the datagram is whole */
    JOINING_REFUSED /* the part contradicts itself or the others; it was not kept */
};

struct fragments;

struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments); /* accepts NULL */

/* Gives back what fragments_add() returned, and gives up what has waited too long. */
void fragments_tick(struct fragments *fragments, int64_t clock_ns);

/* Adds a part that came in *frames. When it makes the datagram whole, *whole is the IP packet as if
 * it had never been cut up (its checksum aside), valid until fragments_tick(), and *frames are all
 * the frames that it came in. */
enum joining fragments_add(struct fragments *fragments, const struct ip *part, int64_t clock_ns,
                           struct frames *frames, struct layer *whole);

/* The fields fragments_* of *counts. */
void fragments_count(const struct fragments *fragments, struct dissector_counts *counts);
