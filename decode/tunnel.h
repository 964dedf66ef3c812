/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Tunnels: IP packets that carry another IP packet, directly or in an Ethernet frame or PPP.
 */

#include "decode/ip.h"
#include "decode/layer.h"

enum tunnel {
    TUNNEL_NONE,      /* this packet is the innermost one that can be read */
    TUNNEL_ENTERED,   /* *inner begins with the header of the IP packet inside */
    TUNNEL_BROKEN,    /* a tunnel whose header is cut or contradicts itself */
    TUNNEL_ENCRYPTED, /* ESP */
};

/* `ip` is whole, no part of a datagram. A tunnel that carries something else than IP (ARP,
 * negotiation, compressed PPP) is TUNNEL_NONE. */
enum tunnel tunnel_open(const struct ip *ip, struct layer *inner);
