/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: where an IP packet ends, where its payload begins and what is in it. The
 * length in the header rules, because Ethernet pads short frames; only where it is 0 the rest of
 * the frame counts. That is what segmentation offload leaves in packets that were captured before
 * the network card cut them up, and what IPv6 jumbograms say (RFC 2675).
 */

#include "decode/ip.h"

#include <string.h>

#include "base/attributes.h"
#include "decode/cursor.h"

enum { IPV4_MORE = 0x2000, IPV4_OFFSET = 0x1fff, IPV6_MORE = 0x0001, IPV6_OFFSET = 0xfff8 };

/* Ends packet and payload where the IP length says. Where it says more than the frame had, the
 * octets count as cut. */
static void set_payload(struct ip *ip, const struct layer *layer, size_t header, size_t total)
{
    ip->packet = slice_first(layer->bytes, total);
    ip->payload = (struct layer){slice_from(ip->packet, header), total - header};
}

/* An extension header's length: in units of eight octets less one, but of four less two in an
 * authentication header (RFC 4302 §2.2). */
static size_t extension_length(uint8_t header, uint8_t units)
{
    return header == IP_AH ? ((size_t)units + 2) * 4 : ((size_t)units + 1) * 8;
}

static bool is_extension(uint8_t header)
{
    switch (header) {
    case IP_HOP_BY_HOP:
    case IP_ROUTING:
    case IP_DESTINATION:
    case IP_AH:
    case IP_MOBILITY:
    case IP_HIP:
    case IP_SHIM6:
        return true;
    default:
        return false;
    }
}

/* RFC 8200 §4.5. The parts of a datagram share the headers before this one. A fragment header of a
 * packet that is whole (RFC 6946) is one more header to skip. */
static bool read_fragment_header(struct ip *ip, uint16_t named_at)
{
    struct cursor c = cursor_of(ip->payload.bytes);
    uint8_t next = cursor_u8(&c);
    cursor_skip(&c, 1);
    uint16_t where = cursor_u16(&c);
    uint32_t id = cursor_u32(&c);
    if (c.overrun || ip->payload.wire < 8)
        return false;

    ip->protocol = next;
    ip->id = id;
    ip->has_id = true;
    ip->offset = where & IPV6_OFFSET;
    ip->more = where & IPV6_MORE;
    ip->is_fragment = ip->more || ip->offset;
    if (ip->is_fragment) {
        ip->header_len = (uint16_t)(ip->payload.bytes.at - ip->packet.at);
        ip->next_at = named_at;
    }
    layer_skip(&ip->payload, 8);
    return true;
}

/* Takes off the extension or authentication header that the payload begins with. */
static bool skip_extension(struct ip *ip)
{
    struct cursor c = cursor_of(ip->payload.bytes);
    uint8_t next = cursor_u8(&c), units = cursor_u8(&c);
    size_t length = extension_length(ip->protocol, units);
    if (c.overrun || length > ip->payload.bytes.len)
        return false;
    ip->protocol = next;
    layer_skip(&ip->payload, length);
    return true;
}

/* Skips extension headers, up to a fragment header that makes this a part. */
static bool skip_extensions(struct ip *ip)
{
    uint16_t named_at = 6; /* index in the packet of the octet that names the next header */

    for (;;) {
        size_t at = (size_t)(ip->payload.bytes.at - ip->packet.at);
        if (at > UINT16_MAX)
            return false;
        if (ip->protocol == IP_FRAGMENT) {
            if (!read_fragment_header(ip, named_at))
                return false;
            if (ip->is_fragment)
                return true;
        } else if (is_extension(ip->protocol)) {
            if (!skip_extension(ip))
                return false;
        } else {
            return true;
        }
        named_at = (uint16_t)at;
    }
}

static void set_address(struct address *address, uint8_t family, const uint8_t *octets)
{
    address->family = family;
    if (family == 4) {
        memcpy(address->octets, octets, 4);
        memset(address->octets + 4, 0, 12);
    } else {
        memcpy(address->octets, octets, 16);
    }
}

static bool parse_v4(const struct layer *layer, struct ip *ip)
{
    const uint8_t *p = layer->bytes.at;
    if (layer->bytes.len < 20)
        return false;
    size_t header = (size_t)(p[0] & 15) * 4, total = octets_u16(p + 2);
    if (total == 0)
        total = layer->wire;
    if (header < 20 || header > layer->bytes.len || total < header)
        return false;

    uint16_t where = octets_u16(p + 6);
    ip->id = octets_u16(p + 4);
    ip->has_id = ip->id != 0;
    ip->more = where & IPV4_MORE;
    ip->offset = (uint32_t)(where & IPV4_OFFSET) * 8;
    ip->is_fragment = ip->more || ip->offset;
    ip->ttl = p[8];
    ip->protocol = p[9];
    ip->header_len = (uint16_t)header;
    ip->next_at = 0;
    set_address(&ip->source, 4, p + 12);
    set_address(&ip->destination, 4, p + 16);
    set_payload(ip, layer, header, total);
    while (ip->protocol == IP_AH && !ip->is_fragment)
        if (!skip_extension(ip))
            return false;
    return true;
}

static bool parse_v6(const struct layer *layer, struct ip *ip)
{
    const uint8_t *p = layer->bytes.at;
    if (layer->bytes.len < 40)
        return false;
    size_t total = 40u + octets_u16(p + 4);
    if (total == 40 && p[6] != IP_NO_NEXT_HEADER)
        total = layer->wire;

    ip->protocol = p[6];
    ip->ttl = p[7];
    ip->id = 0;
    ip->has_id = ip->is_fragment = ip->more = false;
    ip->offset = 0;
    ip->header_len = 40;
    ip->next_at = 0;
    set_address(&ip->source, 6, p + 8);
    set_address(&ip->destination, 6, p + 24);
    set_payload(ip, layer, 40, total);
    return skip_extensions(ip);
}

bool ip_parse(const struct layer *layer, struct ip *ip)
{
    if (layer->bytes.len == 0)
        return false;
    switch (layer->bytes.at[0] >> 4) {
    case 4:
        return parse_v4(layer, ip);
    case 6:
        return parse_v6(layer, ip);
    default:
        return false;
    }
}

bool ip_is_plausible(const struct layer *layer, bool exact)
{
    const uint8_t *p = layer->bytes.at;
    size_t total;

    if (layer->bytes.len >= 20 && p[0] >> 4 == 4) {
        total = octets_u16(p + 2);
        if ((p[0] & 15) < 5 || total < (size_t)(p[0] & 15) * 4)
            return false;
    } else if (layer->bytes.len >= 40 && p[0] >> 4 == 6) {
        total = 40u + octets_u16(p + 4);
    } else {
        return false;
    }
    return exact ? total == layer->wire : total <= layer->wire;
}
