/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What protocol a flow is, as nDPI sees it: a name for traffic that we cannot read, and the server
 * name from its handshake. nDPI looks at packets, not at streams, so that its word is never needed
 * to decode anything.
 *
 * Packets must be shown in the order of the capture: the verdict depends on them and on nothing
 * else. An identifier, and the flows that it began, belong to one thread. nDPI's tables (some
 * megabytes) are made when the first packet is shown.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct identity {
    const char *protocol; /* nDPI's name, "Unknown" if it has none: of the protocol that carries
                             where it knows one inside ("TLS", not the site). Lives as long as the
                             identifier */
    char server_name[80]; /* of SNI or Host in TLS, QUIC and HTTP, octets of the wire, cut to 79;
                             else
                             "" */
    bool is_tls, is_quic, is_http;
};

struct identifier;
struct identified_flow; /* about 1 KiB while it is undecided */

struct identifier *identifier_new(void);
void identifier_free(struct identifier *id); /* accepts NULL; after all its flows have ended */

struct identified_flow *identifier_begin(struct identifier *id);

/* Shows the next packet of the flow, in either direction, from its IP header on. True when there is
 * a verdict in *result: nDPI is sure, or has been shown LIMIT_IDENTIFY_PACKETS. The flow is then to
 * be ended, and not to be shown more. */
bool identifier_packet(struct identifier *id, struct identified_flow *flow, struct slice ip,
                       int64_t time_ns, struct identity *result);

/* The verdict on what was shown so far. Ports and addresses alone are no evidence: nothing is
 * guessed from them. */
void identifier_give_up(struct identifier *id, struct identified_flow *flow,
                        struct identity *result);

void identifier_end(struct identifier *id, struct identified_flow *flow); /* accepts a NULL flow */
