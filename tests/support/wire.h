/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Forges captures. A wire collects the frames of TCP connections that are scripted call by call
 * (open, send, skip, close), then lets a network or a tap spoil them (reorder, repeat, lose), and
 * hands them out as packets or as a capture file. Everything is a function of the calls and of the
 * seed: the same test makes the same octets everywhere.
 *
 * Every frame remembers its place among the frames as they were scripted (`origin`, from 1, set by
 * wire_settle()), which is what a verdict about a spoilt capture is mapped back to.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "capture/capture.h"

enum wire_side { WIRE_CLIENT, WIRE_SERVER };
enum wire_format { WIRE_PCAP_MICRO, WIRE_PCAP_NANO, WIRE_PCAPNG };

struct wire_frame {
    int64_t time_ns;
    uint8_t *bytes; /* from the link header on; the wire's */
    uint32_t length;
    uint32_t order;       /* of creation: breaks ties of time */
    uint32_t origin;      /* place among the frames as scripted, from 1; a copy keeps it */
    uint32_t connection;  /* which of the wire's connections, from 0 */
    uint32_t sequence;    /* TCP sequence number of the first payload octet */
    uint16_t link_length; /* octets before the IP header */
    uint16_t ip_length;   /* octets of the IP header */
    uint16_t payload_at;  /* octets before the TCP payload */
    uint8_t side;         /* enum wire_side: who sent it */
    uint8_t tcp_flags;
};

struct wire {
    struct wire_frame *frames;
    size_t n, room;
    uint64_t random;      /* state of the generator */
    uint32_t connections; /* opened so far */
    uint16_t next_ip_id;
    uint16_t vlan;       /* 802.1Q tag of the frames forged from now on; 0: none */
    uint16_t outer_vlan; /* 802.1ad tag before it; 0: none */
    bool raw_ip;         /* no link header: DLT_RAW; set before the first frame */
    uint32_t snaplen;    /* octets of a frame that are handed out; 0: all */
};

void wire_init(struct wire *wire, uint64_t seed);
void wire_fini(struct wire *wire);

/* splitmix64; and a number below `bound`, which is not zero. */
uint64_t wire_random(uint64_t *state);
uint32_t wire_random_below(uint64_t *state, uint32_t bound);

/* How a connection begins. Zero and NULL mean the value in brackets. */
struct wire_setup {
    const char *client, *server; /* addresses, both IPv4 or both IPv6 [10.0.0.1, 192.0.2.80] */
    uint16_t client_port, server_port;         /* [40000 + number of the connection, 80] */
    uint32_t client_sequence, server_sequence; /* initial sequence numbers [1000, 9000] */
    int64_t rtt_ns;                            /* [20 ms] */
    uint32_t mss;                              /* octets of payload in a full segment [1460] */
    uint8_t client_ttl;                        /* [64] */
    bool timestamps;                           /* TCP timestamps (RFC 7323) */
    bool midstream;                            /* no handshake: the capture began later */
    bool ragged; /* segments of random sizes, from 1 octet to the mss */
};

struct wire_connection {
    struct wire *wire;
    int64_t now_ns; /* when the next frame is sent; the test moves it */
    int64_t rtt_ns;
    uint32_t number;
    uint32_t mss;
    uint32_t next[2]; /* sequence number that each side sends next */
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t ttl[2];
    uint8_t family; /* 4 or 6 */
    bool timestamps, ragged, closed;
};

/* Shakes hands from `at_ns` on, which takes a round trip. */
void wire_open(struct wire_connection *connection, struct wire *wire,
               const struct wire_setup *setup, int64_t at_ns);

/* Sends octets, cut into segments 10 us apart; the other side acknowledges every second one and the
 * last. `bytes` may be gone when it returns. */
void wire_send(struct wire_connection *connection, enum wire_side from, struct slice bytes);

/* Sends the octets that this side sent last once more, 30 ms later. */
void wire_again(struct wire_connection *connection, enum wire_side from, struct slice bytes);

/* Octets that were sent and acknowledged, but which the tap has not seen. */
void wire_skip(struct wire_connection *connection, enum wire_side from, uint32_t octets);

/* FIN from `first`, FIN from the other, acknowledgement. */
void wire_close(struct wire_connection *connection, enum wire_side first);
void wire_reset(struct wire_connection *connection, enum wire_side from);

/* Half a round trip passes: the turn goes to the other side. */
void wire_turn(struct wire_connection *connection);

/* Sorts by time and gives every frame its origin. Call once, when the script is done. */
void wire_settle(struct wire *wire);

/* What a network or a tap does to a settled wire; `per_mille` of the frames are hit. */

/* Data arrives up to `places` frames of its own direction later, within 3 ms. */
void wire_reorder(struct wire *wire, uint32_t per_mille, uint32_t places);
/* Data is sent again 10 to 60 ms later: as it was, or cut anew over the border to the next segment.
 */
void wire_retransmit(struct wire *wire, uint32_t per_mille);
/* The tap sees a frame again within 2 ms: as it was, or behind a router (MAC addresses, TTL). */
void wire_tap_twice(struct wire *wire, uint32_t per_mille);
/* The tap misses frames: any, or only those with data. */
void wire_lose(struct wire *wire, uint32_t per_mille, bool data_only);

/* Frame `i`, with its number in this capture as `frame`. Borrowed until the wire changes. */
struct packet wire_packet(const struct wire *wire, size_t i);

/* Writes a capture file; false and *error where the disk does not take it. */
bool wire_write(const struct wire *wire, const char *path, enum wire_format format,
                struct error *error) MUST_USE;
