/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Link layers: what lies between the start of a frame, or of the inside of a tunnel, and an IP
 * header. Every layer is a small step that names the next one, so nothing recurses however deep
 * somebody nests them, and each step that can come again takes octets off.
 */

#include <stdint.h>

#include "decode/layer.h"

enum link {
    /* where the steps end */
    LINK_IP,         /* the layer begins with an IPv4 or IPv6 header (its first four bits say) */
    LINK_OTHER,      /* something that is not IP: ARP, spanning tree, PPP negotiation, beacons */
    LINK_BROKEN,     /* a header is cut or contradicts itself */
    LINK_UNREADABLE, /* encrypted, compressed, or a link type that we do not know */

    /* what the layer begins with */
    LINK_ETHERNET,
    LINK_VLAN, /* after the ethertype of a tag: its control information */
    LINK_ITAG, /* 802.1ah, after its ethertype */
    LINK_LLC,
    LINK_MPLS,
    LINK_PPPOE,
    LINK_PPP,
    LINK_CHDLC,
    LINK_SLL,
    LINK_SLL2,
    LINK_NULL,
    LINK_NFLOG,
    LINK_80211,
    LINK_RADIOTAP,
    LINK_PRISM,
    LINK_AVS,
    LINK_PPI,
    LINK_PPP_WITH_DIRECTION,
    LINKS
};

/* LINK_UNREADABLE for link types (DLT_ values) that we do not know. */
enum link link_of_dlt(int link_type);

/* What follows an ethertype; LINK_OTHER where it is nothing that leads to IP. */
enum link link_of_ethertype(uint16_t ethertype);

/* Takes off layers until an IP header begins, or says which of the other ends was met. */
enum link link_strip(enum link link, struct layer *layer);
