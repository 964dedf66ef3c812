/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: how each link layer says what it carries. One small function per layer; it
 * reads its header, takes it off and names the next layer. The table at the end of each kind of
 * name (DLT_ value, ethertype, PPP protocol) is where a new one is added.
 *
 * Ethernet and 802.1Q/ad/ah; LLC and SNAP (RFC 1042); MPLS (RFC 3032) and Ethernet pseudowires (RFC
 * 4448); PPPoE (RFC 2516), PPP (RFC 1661, 1662), Cisco HDLC; Linux cooked captures; BSD loopback;
 * NFLOG; 802.11 with radiotap, Prism or AVS in front; PPI.
 */

#include "decode/link.h"

#include <stdbool.h>

#include "base/attributes.h"
#include "decode/cursor.h"
#include "decode/ip.h"

/* What `c` has read is taken off, and `next` follows. */
static enum link advance(struct layer *layer, const struct cursor *c, enum link next)
{
    if (UNLIKELY(c->overrun))
        return LINK_BROKEN;
    layer_skip(layer, (size_t)(c->at - layer->bytes.at));
    return next;
}

/* After an ethertype or, below 0x600, the length of an 802.3 frame, which ends before its padding.
 */
static enum link advance_ethertype(struct layer *layer, const struct cursor *c, uint16_t ethertype)
{
    enum link next = advance(layer, c, link_of_ethertype(ethertype));
    if (next == LINK_LLC)
        layer_cut(layer, ethertype);
    return next;
}

static enum link ethernet(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 12);
    uint16_t ethertype = cursor_u16(&c);
    return advance_ethertype(layer, &c, ethertype);
}

static enum link vlan(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 2);
    uint16_t ethertype = cursor_u16(&c);
    return advance_ethertype(layer, &c, ethertype);
}

static enum link itag(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 4);
    return advance(layer, &c, LINK_ETHERNET);
}

/* Organisations whose protocol identifiers in SNAP are ethertypes: none (RFC 1042) and bridged
 * tunnels (802.1H). */
enum { SNAP_ETHERTYPE = 0x000000, SNAP_8021H = 0x0000f8 };

static enum link llc(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t access_points = cursor_u16(&c);
    uint8_t control = cursor_u8(&c);
    if (access_points == 0x0606 && control == 0x03) /* RFC 948 */
        return advance(layer, &c, LINK_IP);
    if (access_points != 0xaaaa || control != 0x03)
        return advance(layer, &c, LINK_OTHER);

    uint32_t organisation = (uint32_t)cursor_u8(&c) << 16;
    organisation |= cursor_u16(&c);
    uint16_t type = cursor_u16(&c);
    if (organisation != SNAP_ETHERTYPE && organisation != SNAP_8021H)
        return advance(layer, &c, LINK_OTHER);
    enum link next = link_of_ethertype(type);
    return advance(layer, &c, next == LINK_LLC ? LINK_OTHER : next);
}

/* Does an Ethernet frame whose type we know begin `skip` octets further? */
static bool ethernet_at(const struct layer *layer, size_t skip)
{
    struct slice type = slice_from(layer->bytes, skip + 12);
    return type.len >= 2 && octets_u16(type.at) >= 0x600 &&
           link_of_ethertype(octets_u16(type.at)) != LINK_OTHER;
}

/* The label stack does not say what lies below it. IP packets begin with 4 or 6; a pseudowire's
 * control word with 0; but so may the address of an Ethernet frame that comes without control word
 * (RFC 4928 §3), so that the ethertype has to tell. */
static enum link mpls(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint32_t entry;
    do
        entry = cursor_u32(&c);
    while (!(entry & 0x100) && !c.overrun);

    enum link next = advance(layer, &c, LINK_OTHER);
    if (next == LINK_BROKEN || layer->bytes.len == 0)
        return LINK_BROKEN;
    uint8_t first = layer->bytes.at[0] >> 4;
    if ((first == 4 || first == 6) && (ip_is_plausible(layer, false) || !ethernet_at(layer, 0)))
        return LINK_IP;
    if (first == 0 && ethernet_at(layer, 4)) {
        layer_skip(layer, 4);
        return LINK_ETHERNET;
    }
    return ethernet_at(layer, 0) ? LINK_ETHERNET : LINK_OTHER;
}

static enum link pppoe(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint8_t version = cursor_u8(&c), code = cursor_u8(&c);
    cursor_skip(&c, 2);
    uint16_t length = cursor_u16(&c);
    enum link next = advance(layer, &c, LINK_PPP);
    if (next == LINK_BROKEN || version != 0x11)
        return LINK_BROKEN;
    layer_cut(layer, length);
    return code == 0 ? next : LINK_OTHER;
}

static enum link link_of_ppp(uint16_t protocol)
{
    switch (protocol) {
    case 0x0021:
    case 0x0057:
        return LINK_IP;
    case 0x0281:
    case 0x0283:
        return LINK_MPLS;
    case 0x0053: /* encrypted (RFC 1968) */
    case 0x00fb:
    case 0x00fd: /* compressed (RFC 1962), or encrypted by MPPE (RFC 3078) */
    case 0x002d: /* Van Jacobson's compressed TCP headers (RFC 1144) */
    case 0x003d: /* a piece of a packet (RFC 1990) */
        return LINK_UNREADABLE;
    default:
        return LINK_OTHER;
    }
}

/* Address and control field may be left out, and so may the first octet of the protocol, which is
 * even where it is there (RFC 1661 §6.5, 6.6). On serial lines the same link type is used for
 * Cisco's framing. */
static enum link ppp(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint8_t first = cursor_peek(&c);
    if (first == 0x0f || first == 0x8f)
        return LINK_CHDLC;
    if (first == 0xff)
        cursor_skip(&c, 2);
    uint16_t protocol = cursor_u8(&c);
    if (!(protocol & 1))
        protocol = (uint16_t)(protocol << 8 | cursor_u8(&c));
    return advance(layer, &c, link_of_ppp(protocol));
}

static enum link ppp_with_direction(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 1);
    return advance(layer, &c, LINK_PPP);
}

static enum link chdlc(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 2);
    uint16_t ethertype = cursor_u16(&c);
    return advance_ethertype(layer, &c, ethertype);
}

/* In cooked captures 4 stands for a frame that begins with LLC; other small numbers are no
 * lengths. */
static enum link link_of_cooked(uint16_t protocol)
{
    if (protocol >= 0x600)
        return link_of_ethertype(protocol);
    return protocol == 4 ? LINK_LLC : LINK_OTHER;
}

static enum link sll(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 14);
    uint16_t protocol = cursor_u16(&c);
    return advance(layer, &c, link_of_cooked(protocol));
}

static enum link sll2(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t protocol = cursor_u16(&c);
    cursor_skip(&c, 18);
    return advance(layer, &c, link_of_cooked(protocol));
}

/* An address family in the order of the machine that captured (NULL) or of the network (LOOP).
 * Families are small, so the order shows. Each system has its own number for IPv6. */
static enum link null(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint32_t family = cursor_u32(&c);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:  /* everywhere */
    case 10: /* Linux */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* Darwin */
        return advance(layer, &c, LINK_IP);
    default:
        return advance(layer, &c, LINK_OTHER);
    }
}

enum { NFLOG_PAYLOAD = 9 };

/* A list of attributes, each with length and type in the order of the machine that captured, and
 * padded to four octets; types are small, so the order shows. */
static enum link nflog(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    uint8_t family = cursor_u8(&c);
    cursor_skip(&c, 3);
    for (;;) {
        uint16_t length = cursor_u16_little(&c), type = cursor_u16_little(&c);
        if ((type & 0xff) == 0 && type != 0) {
            length = __builtin_bswap16(length);
            type = __builtin_bswap16(type);
        }
        if (c.overrun || length < 4)
            return LINK_BROKEN;
        if ((type & 0x7fff) == NFLOG_PAYLOAD) {
            enum link next = advance(layer, &c, family == 2 || family == 10 ? LINK_IP : LINK_OTHER);
            layer_cut(layer, length - 4u);
            return next;
        }
        cursor_skip(&c, (length + 3u) / 4 * 4 - 4);
    }
}

enum {
    WLAN_TYPE = 0x0f00, /* version and type: must be 0 and data */
    WLAN_DATA = 0x0800,
    WLAN_NO_DATA = 0x4000, /* subtypes without a frame body */
    WLAN_QOS = 0x8000,
    WLAN_TO_AND_FROM = 0x0003,
    WLAN_PROTECTED = 0x0040,
    WLAN_ORDER = 0x0080,
    WLAN_AGGREGATE = 0x80, /* of the QoS control field: A-MSDU */
};

/* IEEE 802.11 §9.2, §9.3.2. Of an A-MSDU the first frame is read; the octets of the others, which
 * are other packets, are lost. Frames that fill their header up to four octets say so in radiotap
 * (`padded`). */
static enum link wlan_data(struct layer *layer, bool padded)
{
    struct cursor c = cursor_of(layer->bytes);
    uint16_t control =
        cursor_u16(&c); /* first octet high: version, type, subtype; then the flags */
    uint8_t aggregate = 0;

    if (!c.overrun && ((control & WLAN_TYPE) != WLAN_DATA || control & WLAN_NO_DATA))
        return LINK_OTHER;
    cursor_skip(&c, 22);
    if ((control & WLAN_TO_AND_FROM) == WLAN_TO_AND_FROM)
        cursor_skip(&c, 6);
    if (control & WLAN_QOS) {
        aggregate = cursor_u8(&c) & WLAN_AGGREGATE;
        cursor_skip(&c, 1);
        if (control & WLAN_ORDER)
            cursor_skip(&c, 4);
    }
    size_t read = (size_t)(c.at - layer->bytes.at);
    if (padded && read % 4)
        cursor_skip(&c, 4 - read % 4);
    if (control & WLAN_PROTECTED)
        return advance(layer, &c, LINK_UNREADABLE);
    if (!aggregate)
        return advance(layer, &c, LINK_LLC);

    cursor_skip(&c, 12);
    uint16_t length = cursor_u16(&c);
    enum link next = advance(layer, &c, LINK_LLC);
    layer_cut(layer, length);
    return next;
}

static enum link wlan(struct layer *layer)
{
    return wlan_data(layer, false);
}

enum {
    RADIOTAP_TSFT = 1u << 0,
    RADIOTAP_FLAGS = 1u << 1,
    RADIOTAP_MORE = 1u << 31,
    RADIOTAP_HAS_FCS = 0x10,
    RADIOTAP_PADDED = 0x20,
    RADIOTAP_BAD_FCS = 0x40,
};

/* The flags field of a radiotap header: the second one, if it is there, after one that is aligned
 * to eight octets. */
static uint8_t radiotap_flags(struct slice header)
{
    struct cursor c = cursor_of(header);
    cursor_skip(&c, 4);
    uint32_t present = cursor_u32_little(&c), more = present;
    while (more & RADIOTAP_MORE && !c.overrun)
        more = cursor_u32_little(&c);
    if (!(present & RADIOTAP_FLAGS))
        return 0;
    if (present & RADIOTAP_TSFT) {
        size_t at = (size_t)(c.at - header.at);
        cursor_skip(&c, (at + 7) / 8 * 8 - at + 8);
    }
    return cursor_u8(&c);
}

/* A frame whose check sequence was wrong was received by nobody: its octets are not to be trusted.
 */
static enum link radiotap(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 2);
    uint16_t length = cursor_u16_little(&c);
    if (c.overrun || length < 8 || length > layer->bytes.len)
        return LINK_BROKEN;
    uint8_t flags = radiotap_flags(slice_first(layer->bytes, length));
    layer_skip(layer, length);
    if (flags & RADIOTAP_BAD_FCS)
        return LINK_BROKEN;
    if (flags & RADIOTAP_HAS_FCS && layer->wire >= 4)
        layer_cut(layer, layer->wire - 4);
    return wlan_data(layer, flags & RADIOTAP_PADDED);
}

enum { AVS_MAGIC = 0x80211000 };

static enum link avs(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 4);
    uint32_t length = cursor_u32(&c);
    if (length < 8)
        return LINK_BROKEN;
    cursor_skip(&c, length - 8);
    return advance(layer, &c, LINK_80211);
}

/* Both kinds of header use this link type; an AVS header begins with its magic. A Prism header has
 * always the same size. */
static enum link prism(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    if ((cursor_u32(&c) & 0xfffff000) == AVS_MAGIC)
        return LINK_AVS;
    cursor_skip(&c, 140);
    return advance(layer, &c, LINK_80211);
}

static enum link ppi(struct layer *layer)
{
    struct cursor c = cursor_of(layer->bytes);
    cursor_skip(&c, 2);
    uint16_t length = cursor_u16_little(&c);
    uint32_t link_type = cursor_u32_little(&c);
    if (length < 8)
        return LINK_BROKEN;
    cursor_skip(&c, length - 8u);
    return advance(layer, &c, link_of_dlt((int)(link_type & 0xffff)));
}

// clang-format off
static enum link (*const steps[LINKS])(struct layer *) = {
    [LINK_ETHERNET] = ethernet, [LINK_VLAN] = vlan,         [LINK_ITAG] = itag,
    [LINK_LLC] = llc,           [LINK_MPLS] = mpls,         [LINK_PPPOE] = pppoe,
    [LINK_PPP] = ppp,           [LINK_CHDLC] = chdlc,       [LINK_SLL] = sll,
    [LINK_SLL2] = sll2,         [LINK_NULL] = null,         [LINK_NFLOG] = nflog,
    [LINK_80211] = wlan,        [LINK_RADIOTAP] = radiotap, [LINK_PRISM] = prism,
    [LINK_AVS] = avs,           [LINK_PPI] = ppi,
    [LINK_PPP_WITH_DIRECTION] = ppp_with_direction,
};

/* The numbers are those of libpcap's <pcap/dlt.h>; raw IP and OpenBSD's loopback have several. */
enum link link_of_dlt(int link_type)
{
    switch (link_type) {
    case 1:   return LINK_ETHERNET; /* EN10MB */
    case 0:                         /* NULL */
    case 108: return LINK_NULL;     /* LOOP */
    case 12: case 14: case 101:     /* RAW */
    case 228: case 229:             /* IPV4, IPV6 */
              return LINK_IP;
    case 113: return LINK_SLL;
    case 276: return LINK_SLL2;
    case 9:                         /* PPP */
    case 50:  return LINK_PPP;      /* PPP_SERIAL */
    case 51:  return LINK_PPPOE;    /* PPP_ETHER */
    case 204: return LINK_PPP_WITH_DIRECTION;
    case 104: return LINK_CHDLC;    /* C_HDLC */
    case 105: return LINK_80211;
    case 119: return LINK_PRISM;
    case 127: return LINK_RADIOTAP;
    case 163: return LINK_AVS;
    case 192: return LINK_PPI;
    case 219: return LINK_MPLS;
    case 239: return LINK_NFLOG;
    default:  return LINK_UNREADABLE;
    }
}

enum link link_of_ethertype(uint16_t ethertype)
{
    switch (ethertype) {
    case 0x0800:
    case 0x86dd: return LINK_IP;
    case 0x8100: /* 802.1Q */
    case 0x88a8: /* 802.1ad */
    case 0x9100: /* what came before it */
    case 0x9200:
    case 0x9300: return LINK_VLAN;
    case 0x88e7: return LINK_ITAG;
    case 0x8847:
    case 0x8848: return LINK_MPLS;
    case 0x8864: return LINK_PPPOE;
    case 0x880b: return LINK_PPP;
    case 0x6558: return LINK_ETHERNET;   /* transparent Ethernet bridging */
    case 0x88e5: return LINK_UNREADABLE; /* MACsec */
    default:     return ethertype <= 1500 ? LINK_LLC : LINK_OTHER;
    }
}
// clang-format on

enum link link_strip(enum link link, struct layer *layer)
{
    while (link > LINK_UNREADABLE)
        link = steps[link](layer);
    return link;
}
