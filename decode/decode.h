/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Front door of decode/: how packets become HTTP exchanges.
 *
 * In:       packets, in the order of the capture.
 * Out:      to the sink, in the order in which they are known: finished exchanges, connections that
 *           carry HTTP, by the server they ask when they begin to and whole when they are over,
 *           losses, and at the end one row of coverage per kind of traffic.
 * Lifetime: the sink owns the exchanges it is given; everything else is borrowed for the call.
 * Thread:   one.
 *
 * Trouble:  nothing on the wire makes it stop. Odd octets become flaws of exchanges and counters.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "capture/capture.h"
#include "decode/exchange.h"

enum protocol_kind { PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_HTTP3 };

/* A connection that carried HTTP, once it is over (contract.md, `connections`). */
struct connection {
    struct connection_facts facts;
    const char *transport;      /* "tcp" */
    const char *protocol;       /* "HTTP/1" */
    struct slice tls_version, alpn, server_name; /* absent where there is none */
    struct mark first;          /* its first packet */
    int64_t opened_ns, closed_ns; /* closed: of FIN or RST, else of the last packet */
    uint64_t packets;
    uint64_t wire_bytes;        /* link-level octets of all its frames */
    uint64_t overhead_bytes;    /* of these, what belongs to no exchange */
    uint64_t retransmitted_bytes; /* of the overhead: frames that brought nothing new */
    uint64_t lost_bytes;        /* octets of its streams that the capture does not have */
    uint32_t exchanges;
};

/* This server is asked for something over HTTP: told when the octets of a connection are first read
 * as such, so before any exchange of it, and before what a proxy asks elsewhere because of it. */
struct asked {
    struct address server;
};

/* Something to or from this server was lost in that time, which could have been a whole response: a
 * gap over a head, a connection seen by half, an eviction (rules.md A10). Told when it is noticed,
 * which may be later than exchanges that lie after `until_ns`. */
struct loss {
    struct address server;
    int64_t from_ns, until_ns;
};

/* All traffic, by kind (contract.md, `coverage`). */
struct coverage {
    const char *transport;      /* "tcp", "udp", "icmp", "sctp", ..., "none" where it is not IP */
    const char *protocol;       /* nDPI's name, or ours where we read it: "HTTP" */
    struct slice server_name;   /* absent where there is none; from the wire */
    const char *reason;         /* NULL: read; else a word of contract.md */
    uint64_t connections, packets, bytes, unseen_bytes, exchanges;
};

/* A TCP segment and its connection, as it comes off its packet. */
struct carried {
    uint64_t connection;    /* its id */
    uint64_t ordinal;       /* of the packet */
    unsigned sender;        /* 0 or 1: one of its two ends */
    uint32_t sequence;      /* of the payload's first octet */
    uint32_t acknowledgement;
    uint8_t flags;          /* as in the TCP header: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG */
    struct address source, destination;
    uint16_t source_port, destination_port;
    struct slice payload;   /* in the packet's octets, or in those of a datagram joined from fragments */
};

struct decode_sink {
    void *context;
    void (*exchange)(void *context, struct exchange *exchange); /* takes it */
    void (*connection)(void *context, const struct connection *connection);
    void (*asked)(void *context, const struct asked *asked);
    void (*loss)(void *context, const struct loss *loss);
    void (*coverage)(void *context, const struct coverage *coverage);
};

struct decoder_options {
    uint64_t memory;         /* about as many octets for flows and streams; 0: the default caps */
    bool identify;           /* ask nDPI about what we cannot read (names in coverage) */
    /* told of each TCP segment before it is worked on; NULL: nobody asks */
    void (*carried)(void *context, const struct carried *carried);
    void *carried_context;
    uint64_t packets_before; /* ordinals go on from there: packets of an earlier run */
};

struct decoder;

/* Copies the options; the sink is borrowed until decoder_free(). */
struct decoder *decoder_new(const struct decoder_options *options, const struct decode_sink *sink);

/* Digests packets; may call the sink. The more of them are given at once, up to this many, the less
 * is waited for memory; nothing else depends on it. */
#define DECODER_PACKETS 16
void decoder_packets(struct decoder *decoder, const struct packet *packets, size_t n);
void decoder_packet(struct decoder *decoder, const struct packet *packet);

/* The coverage as it stands now, open flows included, for those who cannot wait for the end. */
void decoder_coverage(const struct decoder *decoder,
                      void (*each)(void *context, const struct coverage *coverage), void *context);

/* The capture is over: finishes what is open, in the order of first packets, then tells the
 * connections and the coverage. Call once. */
void decoder_finish(struct decoder *decoder);

/* Counters by name, for `run.caps_reached` and --verbose: calls back for each that is not zero, in
 * the order of counters.def. `is_cap` marks those that say that a cap of limits.h was reached. */
void decoder_counters(const struct decoder *decoder,
                      void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                   uint64_t value),
                      void *context);

void decoder_free(struct decoder *decoder); /* accepts NULL */
