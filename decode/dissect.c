/* SPDX-License-Identifier: MIT */
/*
 * From a frame to the transport segment of the innermost IP packet: links, IP, fragments and
 * tunnels in turn until nothing is left to take off, then the transport header, then the question
 * whether the tap saw this packet before. Nothing is copied; a reassembled datagram lies in
 * fragments.c.
 *
 * TCP: RFC 9293 §3.1, timestamps RFC 7323 §3. UDP: RFC 768. SCTP, DCCP and UDP-Lite begin with
 * ports as well.
 */

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/cursor.h"
#include "decode/fingerprint.h"
#include "decode/fragments.h"
#include "decode/ip.h"
#include "decode/limits.h"
#include "decode/link.h"
#include "decode/segment.h"
#include "decode/tunnel.h"
#include "decode/twice.h"

struct dissector {
    struct fragments *fragments;
    struct twice *twice;
    struct dissector_counts counts; /* the fields *_twice */
};

struct dissector *dissector_new(void)
{
    struct dissector *dissector = xcalloc(1, sizeof *dissector);
    dissector->fragments = fragments_new();
    dissector->twice = twice_new();
    return dissector;
}

void dissector_free(struct dissector *dissector)
{
    if (!dissector)
        return;
    fragments_free(dissector->fragments);
    twice_free(dissector->twice);
    free(dissector);
}

struct dissector_counts dissector_counts(const struct dissector *dissector)
{
    struct dissector_counts counts = dissector->counts;
    fragments_count(dissector->fragments, &counts);
    return counts;
}

/* What is to be done with a packet while it is taken apart. */
struct work {
    struct dissector *dissector;
    int64_t clock_ns;
    struct frames frames;
    struct ip ip; /* the innermost packet so far */
};

static enum dissection dissection_of_link(enum link link)
{
    switch (link) {
    case LINK_OTHER:
        return DISSECTED_NOT_IP;
    case LINK_UNREADABLE:
        return DISSECTED_UNREADABLE;
    default:
        return DISSECTED_BROKEN;
    }
}

/* A part of a datagram: DISSECTED when *layer now is the whole. */
static enum dissection join(struct work *work, struct layer *layer)
{
    struct dissector *dissector = work->dissector;
    struct twice_marks marks = {.fingerprint = fingerprint_of(work->ip.payload.bytes)};
    uint64_t print = twice_print(&work->ip, marks);
    if (twice_met(dissector->twice, print, work->frames.mark.time_ns))
        return DISSECTED_TWICE;
    switch (fragments_add(dissector->fragments, &work->ip, work->clock_ns, &work->frames, layer)) {
    case JOINING_DONE:
        return DISSECTED;
    case JOINING_WAITS:
        return DISSECTED_PENDING;
    default:
        return DISSECTED_BROKEN;
    }
}

/* Goes inwards from the IP header that `layer` begins with. DISSECTED: work->ip is the innermost
 * packet, and whole. Each round takes a header off or joins parts, which leaves one part less to
 * come; what is wrapped deeper than the cap stays wrapped. */
static enum dissection find_innermost(struct work *work, struct layer layer)
{
    for (int depth = 0;;) {
        if (!ip_parse(&layer, &work->ip))
            return DISSECTED_BROKEN;
        if (work->ip.is_fragment) {
            enum dissection joined = join(work, &layer);
            if (joined != DISSECTED)
                return joined;
            continue;
        }
        if (depth++ == LIMIT_TUNNEL_DEPTH)
            return DISSECTED;
        switch (tunnel_open(&work->ip, &layer)) {
        case TUNNEL_ENTERED:
            break;
        case TUNNEL_NONE:
            return DISSECTED;
        case TUNNEL_ENCRYPTED:
            return DISSECTED_UNREADABLE;
        case TUNNEL_BROKEN:
            return DISSECTED_BROKEN;
        }
    }
}

/* Everything of the IP payload after the transport header; `length`: of both, on the wire. */
static void set_payload(struct segment *segment, const struct ip *ip, size_t header, size_t length)
{
    struct layer payload = ip->payload;
    layer_cut(&payload, length);
    segment->payload = slice_from(payload.bytes, header);
    segment->payload_length = (uint32_t)(payload.wire - header);
}

enum { TCP_OPTION_END = 0, TCP_OPTION_NOTHING = 1, TCP_OPTION_TIMESTAMP = 8 };

/* A length that leads past the header ends the list: what came before it counts. */
static void read_tcp_options(struct slice options, struct segment *segment)
{
    struct cursor c = cursor_of(options);
    while (cursor_left(&c)) {
        uint8_t kind = cursor_u8(&c);
        if (kind == TCP_OPTION_NOTHING)
            continue;
        uint8_t length = cursor_u8(&c);
        if (kind == TCP_OPTION_END || length < 2)
            return;
        if (kind == TCP_OPTION_TIMESTAMP && length == 10) {
            segment->timestamp = cursor_u32(&c);
            segment->timestamp_echo = cursor_u32(&c);
            segment->has_timestamp = !c.overrun;
        } else {
            cursor_skip(&c, length - 2u);
        }
    }
}

static bool read_tcp(struct segment *segment, const struct ip *ip, struct twice_marks *marks)
{
    struct cursor c = cursor_of(ip->payload.bytes);
    segment->source_port = cursor_u16(&c);
    segment->destination_port = cursor_u16(&c);
    segment->sequence = cursor_u32(&c);
    segment->acknowledgement = cursor_u32(&c);
    size_t header = (size_t)(cursor_u8(&c) >> 4) * 4;
    segment->flags = cursor_u8(&c) & 0x3f;
    segment->window = cursor_u16(&c);
    cursor_skip(&c, 4);
    struct slice options = cursor_take(&c, header < 20 ? 0 : header - 20);
    if (c.overrun || header < 20)
        return false;
    read_tcp_options(options, segment);
    set_payload(segment, ip, header, ip->payload.wire);
    *marks = (struct twice_marks){(uint8_t)header, 16, segment->has_timestamp, 0};
    return true;
}

/* The length is 0 in jumbograms (RFC 2675) and where the network card is to segment. */
static bool read_udp(struct segment *segment, const struct ip *ip, struct twice_marks *marks)
{
    struct cursor c = cursor_of(ip->payload.bytes);
    segment->source_port = cursor_u16(&c);
    segment->destination_port = cursor_u16(&c);
    size_t length = cursor_u16(&c);
    cursor_skip(&c, 2);
    if (c.overrun || (length != 0 && length < 8))
        return false;
    set_payload(segment, ip, 8, length ? length : ip->payload.wire);
    *marks = (struct twice_marks){8, 6, false, 0};
    return true;
}

/* Ports, then a header of `header` octets in all. */
static bool read_ports(struct segment *segment, const struct ip *ip, size_t header)
{
    struct cursor c = cursor_of(ip->payload.bytes);
    segment->source_port = cursor_u16(&c);
    segment->destination_port = cursor_u16(&c);
    cursor_skip(&c, header - 4);
    if (c.overrun)
        return false;
    set_payload(segment, ip, header, ip->payload.wire);
    return true;
}

static bool read_transport(struct segment *segment, const struct ip *ip, struct twice_marks *marks)
{
    switch (ip->protocol) {
    case IP_TCP:
        return read_tcp(segment, ip, marks);
    case IP_UDP:
        return read_udp(segment, ip, marks);
    case IP_SCTP:
        return read_ports(segment, ip, 12);
    case IP_DCCP:
    case IP_UDPLITE:
        return read_ports(segment, ip, 8);
    default:
        set_payload(segment, ip, 0, ip->payload.wire);
        return true;
    }
}

static void set_frames(struct segment *segment, const struct frames *frames)
{
    segment->mark = frames->mark;
    segment->frames = frames->count;
    segment->wire_length = frames->wire_length;
}

/* What does not depend on the transport. */
static void fill(struct segment *segment, const struct ip *ip, struct twice_marks marks)
{
    segment->source = ip->source;
    segment->destination = ip->destination;
    segment->ip_protocol = ip->protocol;
    segment->ttl = ip->ttl;
    segment->ip = ip->packet;
    segment->fingerprint = marks.fingerprint =
        fingerprint_of(slice_from(ip->payload.bytes, marks.header_len));
    segment->print = twice_print(ip, marks);
}

/* The transport segment of the innermost packet. */
static enum dissection finish(struct work *work, struct segment *segment)
{
    struct twice_marks marks = {0};

    if (!read_transport(segment, &work->ip, &marks)) {
        *segment = (struct segment){0};
        return DISSECTED_BROKEN;
    }
    fill(segment, &work->ip, marks);
    return DISSECTED;
}

/* Nearly all packets are of one shape: Ethernet; IPv4 without options and in one piece; TCP with no
 * option, or with its timestamp alone and aligned as everybody does (RFC 7323 appendix A); captured
 * to the end. Then everything lies at a known place. What is said of such a packet is what all the
 * rest of this file would say, which a test holds it to. */
enum {
    DLT_ETHERNET = 1,
    PLAIN_IP = 14,
    PLAIN_TCP = PLAIN_IP + 20,
    PLAIN_OPTIONS = PLAIN_TCP + 20,
};

/* The TCP header's length, or 0. */
static size_t plain_header(struct slice bytes)
{
    const uint8_t *p = bytes.at;
    if (bytes.len < PLAIN_OPTIONS)
        return 0;
    bool is_ip4 = octets_u16(p + 12) == 0x0800 && p[PLAIN_IP] == 0x45;
    bool is_whole = (octets_u16(p + PLAIN_IP + 6) & 0x3fff) == 0;
    if (!is_ip4 || !is_whole || p[PLAIN_IP + 9] != IP_TCP)
        return 0;
    size_t header = (size_t)(p[PLAIN_TCP + 12] >> 4) * 4;
    size_t total = octets_u16(p + PLAIN_IP + 2);
    if (total < PLAIN_TCP - PLAIN_IP + header || PLAIN_IP + total > bytes.len)
        return 0;
    bool is_stamped = header == 32 && octets_u32(p + PLAIN_OPTIONS) == 0x0101080a;
    return header == 20 || is_stamped ? header : 0;
}

static void read_plain(struct slice bytes, size_t header, struct ip *ip, struct segment *segment)
{
    const uint8_t *p = bytes.at + PLAIN_IP, *tcp = bytes.at + PLAIN_TCP;
    size_t total = octets_u16(p + 2);
    ip->id = octets_u16(p + 4);
    ip->has_id = ip->id != 0;
    ip->is_fragment = ip->more = false;
    ip->offset = 0;
    ip->ttl = p[8];
    ip->protocol = IP_TCP;
    ip->source = ip->destination = (struct address){.family = 4};
    memcpy(ip->source.octets, p + 12, 4);
    memcpy(ip->destination.octets, p + 16, 4);
    ip->packet = slice_of(p, total);
    ip->payload = (struct layer){slice_of(tcp, total - 20), total - 20};

    segment->source_port = octets_u16(tcp);
    segment->destination_port = octets_u16(tcp + 2);
    segment->sequence = octets_u32(tcp + 4);
    segment->acknowledgement = octets_u32(tcp + 8);
    segment->flags = tcp[13] & 0x3f;
    segment->window = octets_u16(tcp + 14);
    segment->has_timestamp = header > 20;
    segment->timestamp = header > 20 ? octets_u32(tcp + 24) : 0;
    segment->timestamp_echo = header > 20 ? octets_u32(tcp + 28) : 0;
    segment->payload = slice_from(ip->payload.bytes, header);
    segment->payload_length = (uint32_t)segment->payload.len;
    fill(segment, ip, (struct twice_marks){(uint8_t)header, 16, header > 20, 0});
}

static void count_twice(struct dissector *dissector, const struct segment *segment)
{
    dissector->counts.packets_twice += segment->frames;
    dissector->counts.bytes_twice += segment->wire_length;
}

enum dissection dissector_begin(struct dissector *dissector, const struct packet *packet,
                                uint64_t ordinal, int64_t clock_ns, struct segment *segment)
{
    struct layer layer = {packet->bytes, packet->wire_length};
    if (layer.wire < layer.bytes.len)
        layer.wire = layer.bytes.len;
    struct work work; /* its `ip` is filled by ip_parse() and not worth zeroing */
    work.dissector = dissector;
    work.clock_ns = clock_ns;
    work.frames = (struct frames){
        .mark = {packet->time_ns, ordinal, packet->frame, packet->input},
        .count = 1,
        .wire_length = (uint32_t)layer.wire,
    };

    *segment = (struct segment){0};
    fragments_tick(dissector->fragments, clock_ns);
    size_t plain = packet->link_type == DLT_ETHERNET ? plain_header(packet->bytes) : 0;
    if (LIKELY(plain)) {
        read_plain(packet->bytes, plain, &work.ip, segment);
        set_frames(segment, &work.frames);
        return DISSECTED;
    }
    enum link link = link_strip(link_of_dlt(packet->link_type), &layer);
    enum dissection result =
        link == LINK_IP ? find_innermost(&work, layer) : dissection_of_link(link);
    if (result == DISSECTED)
        result = finish(&work, segment);
    set_frames(segment, &work.frames);
    if (result == DISSECTED_TWICE)
        count_twice(dissector, segment);
    return result;
}

enum dissection dissector_end(struct dissector *dissector, const struct segment *segment)
{
    if (!twice_met(dissector->twice, segment->print, segment->mark.time_ns))
        return DISSECTED;
    count_twice(dissector, segment);
    return DISSECTED_TWICE;
}

void dissector_expect(const struct dissector *dissector, const struct segment *segment)
{
    twice_expect(dissector->twice, segment->print);
}

void dissector_expect_more(const struct dissector *dissector, const struct segment *segment)
{
    twice_expect_more(dissector->twice, segment->print);
}

enum dissection dissector_packet(struct dissector *dissector, const struct packet *packet,
                                 uint64_t ordinal, int64_t clock_ns, struct segment *segment)
{
    enum dissection result = dissector_begin(dissector, packet, ordinal, clock_ns, segment);
    return result == DISSECTED ? dissector_end(dissector, segment) : result;
}
