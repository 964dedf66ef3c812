/* SPDX-License-Identifier: MIT */
#pragma once
/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers, read but not believed: checksums are never verified,
 * because the machine that captures may leave them to its network card. */

#include <stdbool.h>
#include <stdint.h>

#include "decode/exchange.h"
#include "decode/layer.h"

enum {
    IP_HOP_BY_HOP = 0,
    IP_ICMP = 1,
    IP_IPV4 = 4,
    IP_TCP = 6,
    IP_UDP = 17,
    IP_IPV6 = 41,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_GRE = 47,
    IP_ESP = 50,
    IP_AH = 51,
    IP_ICMPV6 = 58,
    IP_NO_NEXT_HEADER = 59,
    IP_DESTINATION = 60,
    IP_ETHERIP = 97,
    IP_L2TP = 115,
    IP_DCCP = 33,
    IP_SCTP = 132,
    IP_MOBILITY = 135,
    IP_UDPLITE = 136,
    IP_MPLS = 137,
    IP_HIP = 139,
    IP_SHIM6 = 140,
};

struct ip {
    struct address source, destination;
    uint8_t protocol; /* what the payload is; of a fragment, what its datagram's payload is */
    uint8_t ttl;      /* or hop limit */
    bool has_id;      /* the id tells packets apart: IPv4 with an id other than 0, or IPv6 with a
                         fragment header */
    uint32_t id;
    bool is_fragment; /* a part of a datagram: payload begins `offset` octets into its payload */
    bool more;        /* and it is not the last part */
    uint32_t offset;
    uint16_t header_len; /* of a part: octets of `packet` that precede the fragment header (IPv6) or
                            its octets of payload (IPv4) */
    uint16_t next_at;    /* of an IPv6 part: index of the octet that names the fragment header */
    struct slice packet; /* from the IP header to the end of what was captured, without padding */
    struct layer payload; /* without padding */
};

/* Reads the IP header (and extension headers, and authentication headers) that `layer` begins with.
 * False where it is cut or contradicts itself; *ip is then undefined. */
bool ip_parse(const struct layer *layer, struct ip *ip);

/* Could this be an IP packet that fits into the layer? `exact`: and fills it. Looks at no more than
 * version and lengths. */
bool ip_is_plausible(const struct layer *layer, bool exact);
