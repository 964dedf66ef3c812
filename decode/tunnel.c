/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: how tunnels wrap what they carry, and how sure one can be that they do.
 *
 * Where the IP protocol number says that it is a tunnel it is one: IP in IP (RFC 2003, 4213), GRE
 * (RFC 2784, 2890; version 1 of PPTP: RFC 2637) with ERSPAN and WCCP inside, EtherIP (RFC 3378),
 * MPLS in IP (RFC 4023), L2TPv3 (RFC 3931).
 *
 * Over UDP a port number alone proves nothing, clients get any port from their system. A payload is
 * taken for a tunnel only if its header is exactly as its specification says and an IP packet lies
 * where it should, with a length that fits: VXLAN (RFC 7348), VXLAN-GPE, Geneve (RFC 8926), GTP-U
 * (3GPP TS 29.281), L2TP (RFC 2661), Teredo (RFC 4380), MPLS (RFC 7510), GRE (RFC 8086).
 */

#include "decode/tunnel.h"

#include "base/attributes.h"
#include "decode/cursor.h"
#include "decode/link.h"

/* What lies in a tunnel: the link that it begins with, or LINK_OTHER for nothing of interest. */

/* What `c` has read is taken off. */
static enum link inside(struct layer *layer, const struct cursor *c, enum link link)
{
    if (c->overrun)
        return LINK_BROKEN;
    layer_skip(layer, (size_t)(c->at - layer->bytes.at));
    return link;
}

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080, /* version 1 */
    GRE_VERSION = 0x0007,
    GRE_ERSPAN_2 = 0x88be, /* and type I, which has neither header nor sequence number */
    GRE_ERSPAN_3 = 0x22eb,
    GRE_WCCP = 0x883e,
    GRE_PPP = 0x880b,
};

/* Type III has a second header of eight octets where its last bit (O) says so. */
static enum link erspan_3(struct layer *layer, struct cursor *c)
{
    cursor_skip(c, 10);
    uint16_t flags = cursor_u16(c);
    if (flags & 1)
        cursor_skip(c, 8);
    bool is_ip = (flags >> 11 & 31) == 2;
    return inside(layer, c, is_ip ? LINK_IP : LINK_ETHERNET);
}

/* Version 0. Source routes (RFC 1701) are not followed: nobody uses them. */
static enum link gre_0(struct layer *layer, struct cursor *c, uint16_t flags, uint16_t type)
{
    if (flags & GRE_ROUTING)
        return LINK_OTHER;
    if (flags & GRE_CHECKSUM)
        cursor_skip(c, 4);
    if (flags & GRE_KEY)
        cursor_skip(c, 4);
    if (flags & GRE_SEQUENCE)
        cursor_skip(c, 4);

    switch (type) {
    case GRE_ERSPAN_2:
        if (flags & GRE_SEQUENCE)
            cursor_skip(c, 8);
        return inside(layer, c, LINK_ETHERNET);
    case GRE_ERSPAN_3:
        return erspan_3(layer, c);
    case GRE_WCCP: /* its second version puts a header of four octets in front, which begins with 0
                    */
        if (cursor_peek(c) >> 4 != 4)
            cursor_skip(c, 4);
        return inside(layer, c, LINK_IP);
    default:
        return inside(layer, c, type < 0x600 ? LINK_OTHER : link_of_ethertype(type));
    }
}

/* Version 1: the key is the payload's length and a call number; a bare acknowledgement has no
 * payload. */
static enum link gre_1(struct layer *layer, struct cursor *c, uint16_t flags, uint16_t type)
{
    if (type != GRE_PPP || !(flags & GRE_KEY) || !(flags & GRE_SEQUENCE))
        return LINK_OTHER;
    uint16_t length = cursor_u16(c);
    cursor_skip(c, 2 + 4);
    if (flags & GRE_ACKNOWLEDGEMENT)
        cursor_skip(c, 4);
    enum link link = inside(layer, c, LINK_PPP);
    if (link == LINK_PPP)
        layer_cut(layer, length);
    return link;
}

static enum link gre(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t flags = cursor_u16(&c), type = cursor_u16(&c);
    switch (flags & GRE_VERSION) {
    case 0:
        return gre_0(layer, &c, flags, type);
    case 1:
        return gre_1(layer, &c, flags, type);
    default:
        return LINK_OTHER;
    }
}

static enum link etherip(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t version = cursor_u16(&c);
    return inside(layer, &c, version == 0x3000 ? LINK_ETHERNET : LINK_OTHER);
}

/* Does a packet of IP, not more than the layer, begin after these links? */
static bool leads_to_ip(enum link link, struct layer layer)
{
    return link_strip(link, &layer) == LINK_IP && ip_is_plausible(&layer, false);
}

/* After the session number. The lengths of a cookie (0, 4 or 8) and of a sublayer (0 or 4) are
 * agreed beforehand and not in the packet; what comes then is Ethernet, PPP or IP. */
static enum link l2tp_3_session(struct layer *layer, const struct cursor *c)
{
    static const enum link links[] = {LINK_ETHERNET, LINK_PPP, LINK_IP};

    if (inside(layer, c, LINK_OTHER) == LINK_BROKEN)
        return LINK_BROKEN;
    for (size_t skip = 0; skip <= 12 && skip <= layer->bytes.len; skip += 4) {
        struct layer after = *layer;
        layer_skip(&after, skip);
        for (size_t i = 0; i < COUNT_OF(links); i++) {
            if (leads_to_ip(links[i], after)) {
                *layer = after;
                return links[i];
            }
        }
    }
    return LINK_OTHER;
}

static enum link l2tp_3(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint32_t session = cursor_u32(&c);
    if (!c.overrun && session == 0) /* control */
        return LINK_OTHER;
    return l2tp_3_session(layer, &c);
}

static enum link in_ip(struct layer *layer)
{
    (void)layer;
    return LINK_IP;
}

static enum link mpls(struct layer *layer)
{
    (void)layer;
    return LINK_MPLS;
}

enum { VXLAN_GROUP_POLICY = 0x80, VXLAN_VNI = 0x08, VXLAN_NEXT_PROTOCOL = 0x04 };

/* Eight octets: flags, reserved or group, network identifier, reserved. With the P bit the last
 * octet of the first word names what comes. */
static enum link vxlan(struct layer *layer)
{
    static const enum link next_protocols[] = {
        LINK_OTHER, LINK_IP, LINK_IP, LINK_ETHERNET, LINK_OTHER, LINK_MPLS,
    };
    struct cursor c = cursor_of(layer->bytes);
    uint8_t flags = cursor_u8(&c);
    cursor_skip(&c, 2);
    uint8_t next = cursor_u8(&c);
    cursor_skip(&c, 4);

    if (flags == (VXLAN_VNI | VXLAN_NEXT_PROTOCOL))
        return inside(layer, &c,
                      next < COUNT_OF(next_protocols) ? next_protocols[next] : LINK_OTHER);
    if ((flags & ~VXLAN_GROUP_POLICY) != VXLAN_VNI)
        return LINK_OTHER;
    return inside(layer, &c, LINK_ETHERNET);
}

static enum link geneve(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint8_t version = cursor_u8(&c), flags = cursor_u8(&c);
    uint16_t type = cursor_u16(&c);
    cursor_skip(&c, 4 + (version & 63u) * 4);
    if (version >> 6 != 0 || flags & 0x3f || type < 0x600)
        return LINK_OTHER;
    return inside(layer, &c, link_of_ethertype(type));
}

enum { GTP_VERSION_1 = 0x30, GTP_OPTIONAL = 0x07, GTP_EXTENSION = 0x04, GTP_DATA = 255 };

/* Extension headers: a length in units of four octets, contents, and the type of the next one. The
 * length in the header has to fit exactly; where the packet inside fits exactly too, no port is
 * needed to be convincing. */
static enum link gtp(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint8_t flags = cursor_u8(&c), type = cursor_u8(&c);
    uint16_t length = cursor_u16(&c);
    cursor_skip(&c, 4);
    if ((flags & ~GTP_OPTIONAL) != GTP_VERSION_1 || type != GTP_DATA || length + 8u != layer->wire)
        return LINK_OTHER;

    if (flags & GTP_OPTIONAL) {
        cursor_skip(&c, 3);
        uint8_t next = cursor_u8(&c);
        while (flags & GTP_EXTENSION && next != 0 && !c.overrun) {
            uint8_t units = cursor_u8(&c);
            if (units == 0)
                return LINK_OTHER;
            cursor_skip(&c, units * 4u - 2);
            next = cursor_u8(&c);
        }
    }
    return inside(layer, &c, LINK_IP);
}

enum {
    L2TP_CONTROL = 0x8000,
    L2TP_LENGTH = 0x4000,
    L2TP_SEQUENCE = 0x0800,
    L2TP_OFFSET = 0x0200,
    L2TP_RESERVED = 0x34f0,
    L2TP_VERSION = 0x000f,
};

static enum link l2tp_2(struct layer *layer, struct cursor *c, uint16_t flags)
{
    uint16_t length = flags & L2TP_LENGTH ? cursor_u16(c) : UINT16_MAX;
    cursor_skip(c, 4);
    if (flags & L2TP_SEQUENCE)
        cursor_skip(c, 4);
    if (flags & L2TP_OFFSET) {
        uint16_t offset = cursor_u16(c);
        cursor_skip(c, offset);
    }
    layer_cut(layer, length);
    if ((size_t)(c->at - layer->bytes.at) > layer->bytes.len)
        return LINK_OTHER;
    return inside(layer, c, LINK_PPP);
}

static enum link l2tp(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t flags = cursor_u16(&c);
    if (flags & (L2TP_CONTROL | L2TP_RESERVED))
        return LINK_OTHER;
    if ((flags & L2TP_VERSION) == 2)
        return l2tp_2(layer, &c, flags);
    if (flags != 3)
        return LINK_OTHER;
    cursor_skip(&c, 2 + 4);
    return l2tp_3_session(layer, &c);
}

/* RFC 4380 §5.1.1: an authentication and an origin indication may come first; 0 and 1 are no first
 * octets of IP. */
static enum link teredo(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    if (layer->bytes.len > 4 && octets_u16(layer->bytes.at) == 1) {
        cursor_skip(&c, 2);
        uint8_t client = cursor_u8(&c), value = cursor_u8(&c);
        cursor_skip(&c, (size_t)client + value + 8 + 1);
    }
    if (cursor_left(&c) >= 8 && octets_u16(c.at) == 0)
        cursor_skip(&c, 8);
    return inside(layer, &c, cursor_peek(&c) >> 4 == 6 ? LINK_IP : LINK_OTHER);
}

/* `either`: the port may be the sender's as well. */
struct udp_tunnel {
    uint16_t port;
    bool either;
    enum link (*open)(struct layer *layer);
};

// clang-format off
static const struct udp_tunnel udp_tunnels[] = {
    {4789, false, vxlan},
    {8472, false, vxlan}, /* Linux, from before the port was assigned */
    {4790, false, vxlan}, /* VXLAN-GPE */
    {6081, false, geneve},
    {2152, true,  gtp},
    {1701, true,  l2tp},
    {3544, true,  teredo},
    {4754, false, gre},
    {6635, false, mpls},
};

static const struct {
    uint8_t protocol;
    enum link (*open)(struct layer *layer);
} ip_tunnels[] = {
    {IP_IPV4,    in_ip},
    {IP_IPV6,    in_ip},
    {IP_GRE,     gre},
    {IP_ETHERIP, etherip},
    {IP_L2TP,    l2tp_3},
    {IP_MPLS,    mpls},
};
// clang-format on

/* Goes in if an IP packet that fits lies behind the tunnel's header; `exact`: and fills it. */
static bool enter_udp(enum link (*open)(struct layer *), bool exact, struct layer *layer)
{
    struct layer inner = *layer;
    enum link link = open(&inner);
    if (link_strip(link, &inner) != LINK_IP || !ip_is_plausible(&inner, exact))
        return false;
    *layer = inner;
    return true;
}

static enum tunnel open_udp(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t from = cursor_u16(&c), to = cursor_u16(&c), length = cursor_u16(&c);
    cursor_skip(&c, 2);
    if (c.overrun)
        return TUNNEL_NONE;
    if (length >= 8)
        layer_cut(layer, length);
    if (layer->bytes.len <= 8)
        return TUNNEL_NONE;
    layer_skip(layer, 8);

    for (size_t i = 0; i < COUNT_OF(udp_tunnels); i++) {
        const struct udp_tunnel *t = &udp_tunnels[i];
        if ((to == t->port || (t->either && from == t->port)) && enter_udp(t->open, false, layer))
            return TUNNEL_ENTERED;
    }
    if ((layer->bytes.at[0] & ~GTP_OPTIONAL) == GTP_VERSION_1 && enter_udp(gtp, true, layer))
        return TUNNEL_ENTERED;
    return TUNNEL_NONE;
}

static enum tunnel tunnel_of_link(enum link link)
{
    switch (link) {
    case LINK_IP:
        return TUNNEL_ENTERED;
    case LINK_BROKEN:
        return TUNNEL_BROKEN;
    default:
        return TUNNEL_NONE;
    }
}

enum tunnel tunnel_open(const struct ip *ip, struct layer *inner)
{
    if (LIKELY(ip->protocol == IP_TCP))
        return TUNNEL_NONE;
    if (ip->protocol == IP_ESP)
        return TUNNEL_ENCRYPTED;

    *inner = ip->payload;
    if (ip->protocol == IP_UDP)
        return open_udp(inner);
    for (size_t i = 0; i < COUNT_OF(ip_tunnels); i++)
        if (ip->protocol == ip_tunnels[i].protocol)
            return tunnel_of_link(link_strip(ip_tunnels[i].open(inner), inner));
    return TUNNEL_NONE;
}
