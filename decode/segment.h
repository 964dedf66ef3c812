/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a packet is once links, tunnels and fragments are off: the transport header and its payload,
 * with where it came from. dissect.c makes it, flow.c eats it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "capture/capture.h"
#include "decode/exchange.h"

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

struct segment {
    struct mark mark;         /* the packet; of a fragmented datagram: the packet with its first
                                 octet, but ordinal and time of the packet that completed it */
    struct address source, destination;
    uint16_t source_port, destination_port; /* 0 where the transport has none */
    uint8_t ip_protocol;      /* 6 TCP, 17 UDP, ... */
    uint8_t ttl;              /* IP TTL or hop limit of the innermost header */

    /* TCP only */
    uint32_t sequence, acknowledgement;
    uint8_t flags;            /* enum tcp_flag */
    uint16_t window;
    bool has_timestamp;
    uint32_t timestamp, timestamp_echo;

    struct slice payload;     /* captured octets of the payload; borrowed from packet or fragments */
    uint32_t payload_length;  /* octets it had on the wire, >= payload.len (snaplen) */
    uint32_t wire_length;     /* link-level octets of the frame, or of all the frames of the datagram */
    uint32_t frames;          /* 1, or how many fragments */
    struct slice ip;          /* innermost IP packet from its header on, for identification */
    uint64_t print;           /* see twice.h */
    uint32_t fingerprint;     /* of the payload, as captured (TCP): see fingerprint.h */
};

/* It says what its sender has got, and nothing else: two of five packets. */
static inline bool segment_is_bare_ack(const struct segment *segment)
{
    return segment->ip_protocol == 6 && segment->payload_length == 0 &&
           (segment->flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK;
}

enum dissection {
    DISSECTED,          /* *segment is filled */
    DISSECTED_PENDING,  /* a fragment: kept until the datagram is whole */
    DISSECTED_TWICE,    /* the tap saw this packet before: to be counted once only; *segment has mark,
                           wire_length and frames, and more only by chance */
    DISSECTED_NOT_IP,   /* ARP and the like; *segment has mark and wire_length only */
    DISSECTED_BROKEN,   /* headers that are cut or contradict themselves; the same */
    DISSECTED_UNREADABLE, /* a link type we do not know, or an encrypted frame; the same */
};

struct dissector; /* fragments that wait, and which packets were seen lately */

struct dissector *dissector_new(void);
void dissector_free(struct dissector *dissector); /* accepts NULL */

/* `ordinal` numbers packets in the capture from 1; `clock_ns` is the largest time so far. */
enum dissection dissector_packet(struct dissector *dissector, const struct packet *packet,
                                 uint64_t ordinal, int64_t clock_ns, struct segment *segment);

/* The same in two steps, so that several packets can be taken apart before the first of them is
 * worked on: where dissector_begin() returns DISSECTED, dissector_end() says whether it stays so or
 * is DISSECTED_TWICE. A segment of fragments (`frames` is not 1) is borrowed until the next packet
 * is begun. */
enum dissection dissector_begin(struct dissector *dissector, const struct packet *packet,
                                uint64_t ordinal, int64_t clock_ns, struct segment *segment);
enum dissection dissector_end(struct dissector *dissector, const struct segment *segment);
/* Between the two: see twice_expect(). */
void dissector_expect(const struct dissector *dissector, const struct segment *segment);
void dissector_expect_more(const struct dissector *dissector, const struct segment *segment);

/* What became of fragments that never made a whole: frames and link-level octets dropped so far. */
struct dissector_counts {
    uint64_t fragments_dropped, fragment_bytes_dropped; /* timed out or over the cap */
    uint64_t fragments_evicted;  /* of these, because of a cap of limits.h */
    uint64_t fragments_waiting, fragment_bytes_waiting; /* not dropped yet, nor part of a whole: at
                                    the end of the capture they are lost as well */
    uint64_t packets_twice;      /* DISSECTED_TWICE */
    uint64_t bytes_twice;
};
struct dissector_counts dissector_counts(const struct dissector *dissector);
