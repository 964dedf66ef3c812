/* SPDX-License-Identifier: MIT */
/*
 * How frames are written: Ethernet II with VLAN tags (IEEE 802.1Q), IPv4 (RFC 791), IPv6 (RFC 8200)
 * and TCP (RFC 9293, timestamps of RFC 7323) with valid checksums; pcap files of version 2.4 and
 * pcapng (section header, one interface of nanoseconds, enhanced packets), both in this machine's
 * byte order. It knows nothing of HTTP.
 */

#include "tests/support/wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

#define SEGMENT_NS    10000 /* between two segments of one side: 1.2 Gbit/s at full size */
#define LINK_ETHERNET 1     /* DLT_EN10MB, also LINKTYPE_ETHERNET */
#define LINK_RAW_DLT  12    /* DLT_RAW on Linux ... */
#define LINK_RAW      101   /* ... which files call LINKTYPE_RAW */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static const int64_t default_rtt_ns = 20000000;

uint64_t wire_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t wire_random_below(uint64_t *state, uint32_t bound)
{
    assert(bound > 0);
    return (uint32_t)(((wire_random(state) >> 32) * bound) >> 32);
}

static bool hit(struct wire *wire, uint32_t per_mille)
{
    return wire_random_below(&wire->random, 1000) < per_mille;
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value);
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

/* The sum of RFC 1071, not yet folded. */
static uint64_t sum16(uint64_t sum, const uint8_t *at, size_t n)
{
    for (; n > 1; at += 2, n -= 2)
        sum += (uint32_t)at[0] << 8 | at[1];
    return n ? sum + ((uint32_t)at[0] << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Lengths and checksums, once everything else of the frame is there. */
static void frame_finish(struct wire_frame *frame)
{
    uint8_t *ip = frame->bytes + frame->link_length, *tcp = ip + frame->ip_length;
    uint32_t tcp_length = frame->length - frame->link_length - frame->ip_length;
    uint64_t sum = 6 + tcp_length;
    if (ip[0] >> 4 == 4) {
        put16(ip + 2, frame->ip_length + tcp_length);
        put16(ip + 10, 0);
        put16(ip + 10, fold(sum16(0, ip, frame->ip_length)));
        sum = sum16(sum, ip + 12, 8);
    } else {
        put16(ip + 4, tcp_length);
        sum = sum16(sum, ip + 8, 32);
    }
    put16(tcp + 16, 0);
    put16(tcp + 16, fold(sum16(sum, tcp, tcp_length)));
}

static struct wire_frame *frame_append(struct wire *wire)
{
    if (wire->n == wire->room) {
        wire->room = wire->room ? 2 * wire->room : 64;
        wire->frames = xrealloc(wire->frames, wire->room * sizeof *wire->frames);
    }
    struct wire_frame *frame = &wire->frames[wire->n];
    *frame = (struct wire_frame){.order = (uint32_t)wire->n++};
    return frame;
}

/* A copy with `payload` instead of its own, as a new packet of the same sender. */
static struct wire_frame *frame_copy(struct wire *wire, size_t i, struct slice payload)
{
    struct wire_frame *copy = frame_append(wire), *from = &wire->frames[i];
    uint32_t order = copy->order;
    *copy = *from;
    copy->order = order;
    copy->length = copy->payload_at + (uint32_t)payload.len;
    copy->bytes = xmalloc(copy->length);
    put(copy->bytes, from->bytes, copy->payload_at);
    if (payload.len)
        memcpy(copy->bytes + copy->payload_at, payload.at, payload.len);
    return copy;
}

static uint8_t *put_link(const struct wire_connection *c, enum wire_side from, uint8_t *at)
{
    static const uint8_t mac[2][6] = {{2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 1}};
    if (c->wire->raw_ip)
        return at;
    at = put(put(at, mac[!from], 6), mac[from], 6);
    if (c->wire->outer_vlan)
        at = put16(put16(at, 0x88a8), c->wire->outer_vlan);
    if (c->wire->vlan)
        at = put16(put16(at, 0x8100), c->wire->vlan);
    return put16(at, c->family == 4 ? 0x0800 : 0x86dd);
}

static uint8_t *put_ip(const struct wire_connection *c, enum wire_side from, uint8_t *at)
{
    if (c->family == 4) {
        *at++ = 0x45;
        *at++ = 0;
        at = put16(at, 0);
        at = put16(at, c->wire->next_ip_id++);
        at = put16(at, 0x4000); /* do not fragment */
        *at++ = c->ttl[from];
        *at++ = 6;
        at = put16(at, 0);
        return put(put(at, c->address[from], 4), c->address[!from], 4);
    }
    at = put32(at, 0x60000000);
    at = put16(at, 0);
    *at++ = 6;
    *at++ = c->ttl[from];
    return put(put(at, c->address[from], 16), c->address[!from], 16);
}

static uint8_t *put_tcp(const struct wire_connection *c, enum wire_side from, uint8_t flags,
                        uint8_t *at)
{
    uint8_t *start = at;
    at = put16(put16(at, c->port[from]), c->port[!from]);
    at = put32(put32(at, c->next[from]), flags & ACK ? c->next[!from] : 0);
    at += 2; /* data offset and flags: at the end */
    at = put16(at, 65535);
    at = put32(at, 0); /* checksum and urgent pointer */
    if (flags & SYN)
        at = put32(at, 0x02040000u | c->mss);
    if (c->timestamps) {
        uint32_t clock = (uint32_t)(c->now_ns / 1000000);
        at = put32(at, 0x0101080a);
        at = put32(put32(at, clock), flags & ACK ? clock - 10 : 0);
    }
    start[12] = (uint8_t)((at - start) / 4 << 4);
    start[13] = flags;
    return at;
}

static void frame_forge(struct wire_connection *c, enum wire_side from, uint8_t flags,
                        struct slice payload)
{
    uint8_t head[128], *at = put_link(c, from, head);
    struct wire_frame *frame = frame_append(c->wire);
    frame->link_length = (uint16_t)(at - head);
    at = put_ip(c, from, at);
    frame->ip_length = (uint16_t)(at - head - frame->link_length);
    at = put_tcp(c, from, flags, at);
    frame->payload_at = (uint16_t)(at - head);
    frame->length = frame->payload_at + (uint32_t)payload.len;
    frame->bytes = xmalloc(frame->length);
    put(frame->bytes, head, frame->payload_at);
    if (payload.len)
        memcpy(frame->bytes + frame->payload_at, payload.at, payload.len);
    frame->time_ns = c->now_ns;
    frame->connection = c->number;
    frame->sequence = c->next[from];
    frame->side = (uint8_t)from;
    frame->tcp_flags = flags;
    frame_finish(frame);
    c->next[from] += (uint32_t)payload.len + (flags & (SYN | FIN) ? 1 : 0);
}

static bool frame_has_data(const struct wire_frame *frame)
{
    return frame->length > frame->payload_at;
}

void wire_init(struct wire *wire, uint64_t seed)
{
    *wire = (struct wire){.random = seed, .next_ip_id = 1};
}

void wire_fini(struct wire *wire)
{
    for (size_t i = 0; i < wire->n; i++)
        free(wire->frames[i].bytes);
    free(wire->frames);
    wire_init(wire, 0);
}

static void address_read(struct wire_connection *c, enum wire_side side, const char *text)
{
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    int ok = inet_pton(family, text, c->address[side]);
    assert(ok == 1);
    uint8_t version = family == AF_INET ? 4 : 6;
    assert(c->family == 0 || c->family == version);
    c->family = version;
}

void wire_open(struct wire_connection *c, struct wire *wire, const struct wire_setup *s,
               int64_t at_ns)
{
    uint32_t number = wire->connections++;
    uint16_t port = s->client_port ? s->client_port : (uint16_t)(40000 + number % 20000);
    uint8_t ttl = s->client_ttl ? s->client_ttl : 64;
    *c = (struct wire_connection){
        .wire = wire,
        .now_ns = at_ns,
        .rtt_ns = s->rtt_ns ? s->rtt_ns : default_rtt_ns,
        .number = number,
        .mss = s->mss ? s->mss : 1460,
        .next = {s->client_sequence ? s->client_sequence : 1000,
                 s->server_sequence ? s->server_sequence : 9000},
        .port = {port, s->server_port ? s->server_port : 80},
        .ttl = {ttl, 64},
        .timestamps = s->timestamps,
        .ragged = s->ragged,
    };
    address_read(c, WIRE_CLIENT, s->client ? s->client : "10.0.0.1");
    address_read(c, WIRE_SERVER, s->server ? s->server : "192.0.2.80");
    if (s->midstream)
        return;
    frame_forge(c, WIRE_CLIENT, SYN, SLICE_ABSENT);
    wire_turn(c);
    frame_forge(c, WIRE_SERVER, SYN | ACK, SLICE_ABSENT);
    wire_turn(c);
    frame_forge(c, WIRE_CLIENT, ACK, SLICE_ABSENT);
}

static size_t segment_size(struct wire_connection *c, size_t left)
{
    size_t size = c->mss;
    if (c->ragged) { /* small ones are as likely as large ones: heads are cut too */
        uint32_t bound = wire_random_below(&c->wire->random, 4) ? 64 : c->mss;
        size = 1 + wire_random_below(&c->wire->random, bound < c->mss ? bound : c->mss);
    }
    return size < left ? size : left;
}

void wire_send(struct wire_connection *c, enum wire_side from, struct slice bytes)
{
    for (unsigned sent = 1; bytes.len; sent++) {
        size_t size = segment_size(c, bytes.len);
        c->now_ns += SEGMENT_NS;
        frame_forge(c, from, size == bytes.len ? PSH | ACK : ACK, slice_first(bytes, size));
        bytes = slice_from(bytes, size);
        if (sent % 2 == 0 || bytes.len == 0) {
            c->now_ns += SEGMENT_NS / 2;
            frame_forge(c, !from, ACK, SLICE_ABSENT);
        }
    }
}

void wire_again(struct wire_connection *c, enum wire_side from, struct slice bytes)
{
    c->now_ns += 30000000;
    c->next[from] -= (uint32_t)bytes.len;
    wire_send(c, from, bytes);
}

void wire_skip(struct wire_connection *c, enum wire_side from, uint32_t octets)
{
    c->next[from] += octets;
    c->now_ns += SEGMENT_NS * (1 + octets / c->mss);
    frame_forge(c, !from, ACK, SLICE_ABSENT);
}

void wire_close(struct wire_connection *c, enum wire_side first)
{
    if (c->closed)
        return;
    c->closed = true;
    c->now_ns += SEGMENT_NS;
    frame_forge(c, first, FIN | ACK, SLICE_ABSENT);
    wire_turn(c);
    frame_forge(c, !first, FIN | ACK, SLICE_ABSENT);
    wire_turn(c);
    frame_forge(c, first, ACK, SLICE_ABSENT);
}

void wire_reset(struct wire_connection *c, enum wire_side from)
{
    if (c->closed)
        return;
    c->closed = true;
    c->now_ns += SEGMENT_NS;
    frame_forge(c, from, RST | ACK, SLICE_ABSENT);
}

void wire_turn(struct wire_connection *c)
{
    c->now_ns += c->rtt_ns / 2;
}

static int earlier(const void *left, const void *right)
{
    const struct wire_frame *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void wire_sort(struct wire *wire)
{
    if (wire->n)
        qsort(wire->frames, wire->n, sizeof *wire->frames, earlier);
}

void wire_settle(struct wire *wire)
{
    wire_sort(wire);
    for (size_t i = 0; i < wire->n; i++) {
        wire->frames[i].origin = (uint32_t)i + 1;
        wire->frames[i].order = (uint32_t)i;
    }
}

/* The frame with data or FIN that this sender sent next, at most 3 ms after frame i; or i. */
static size_t successor(const struct wire *wire, size_t i)
{
    const struct wire_frame *frame = &wire->frames[i];
    for (size_t j = i + 1; j < wire->n; j++) {
        const struct wire_frame *other = &wire->frames[j];
        if (other->time_ns - frame->time_ns > 3000000)
            return i;
        if (other->connection != frame->connection)
            continue;
        if (other->tcp_flags & RST)
            return i;
        if (other->side == frame->side && (frame_has_data(other) || other->tcp_flags & FIN))
            return j;
    }
    return i;
}

void wire_reorder(struct wire *wire, uint32_t per_mille, uint32_t places)
{
    for (size_t i = 0; i < wire->n; i++) {
        if (!frame_has_data(&wire->frames[i]) || !hit(wire, per_mille))
            continue;
        size_t behind = i;
        for (uint32_t n = 1 + wire_random_below(&wire->random, places); n > 0; n--)
            behind = successor(wire, behind);
        if (wire->frames[behind].time_ns - wire->frames[i].time_ns <= 3000000)
            wire->frames[i].time_ns = wire->frames[behind].time_ns + (behind != i);
    }
    wire_sort(wire);
}

static void frame_renumber(struct wire *wire, struct wire_frame *frame)
{
    uint8_t *ip = frame->bytes + frame->link_length;
    if (ip[0] >> 4 == 4)
        put16(ip + 4, wire->next_ip_id++);
}

/* Frame i again; or from its middle on into the one that follows it in the stream, as a sender does
 * that has joined its queue. */
static void retransmit(struct wire *wire, size_t i)
{
    uint8_t joined[2 * 65536];
    struct wire_frame *frame = &wire->frames[i];
    size_t length = frame->length - frame->payload_at, skip = 0, more = 0;
    size_t next = successor(wire, i);
    const struct wire_frame *follows = &wire->frames[next];
    assert(length <= 65536);
    if (next != i && follows->sequence == frame->sequence + length && hit(wire, 500)) {
        skip = length / 2;
        more = (follows->length - follows->payload_at) / 2;
        memcpy(joined + length, follows->bytes + follows->payload_at, more);
    }
    memcpy(joined, frame->bytes + frame->payload_at, length);
    struct slice payload = slice_of(joined + skip, length - skip + more);
    if (payload.len > 1460)
        payload.len = 1460;
    struct wire_frame *copy = frame_copy(wire, i, payload);
    copy->sequence += (uint32_t)skip;
    put32(copy->bytes + copy->link_length + copy->ip_length + 4, copy->sequence);
    copy->time_ns += 10000000 + wire_random_below(&wire->random, 50000000);
    frame_renumber(wire, copy);
    frame_finish(copy);
}

void wire_retransmit(struct wire *wire, uint32_t per_mille)
{
    for (size_t i = 0, n = wire->n; i < n; i++)
        if (frame_has_data(&wire->frames[i]) && hit(wire, per_mille))
            retransmit(wire, i);
    wire_sort(wire);
}

/* The same packet behind a router: other MAC addresses, one hop fewer. */
static void frame_route(struct wire_frame *frame)
{
    uint8_t *ip = frame->bytes + frame->link_length;
    if (frame->link_length >= 12) {
        frame->bytes[5] ^= 0x40;
        frame->bytes[11] ^= 0x40;
    }
    ip[ip[0] >> 4 == 4 ? 8 : 7]--;
    frame_finish(frame);
}

void wire_tap_twice(struct wire *wire, uint32_t per_mille)
{
    for (size_t i = 0, n = wire->n; i < n; i++) {
        struct wire_frame *frame = &wire->frames[i];
        if (!hit(wire, per_mille))
            continue;
        struct slice payload =
            slice_of(frame->bytes + frame->payload_at, frame->length - frame->payload_at);
        struct wire_frame *copy = frame_copy(wire, i, payload);
        copy->time_ns += 1 + wire_random_below(&wire->random, 2000000);
        if (hit(wire, 500))
            frame_route(copy);
    }
    wire_sort(wire);
}

void wire_lose(struct wire *wire, uint32_t per_mille, bool data_only)
{
    size_t kept = 0;
    for (size_t i = 0; i < wire->n; i++) {
        struct wire_frame *frame = &wire->frames[i];
        if ((!data_only || frame_has_data(frame)) && hit(wire, per_mille))
            free(frame->bytes);
        else
            wire->frames[kept++] = *frame;
    }
    wire->n = kept;
}

struct packet wire_packet(const struct wire *wire, size_t i)
{
    assert(i < wire->n);
    const struct wire_frame *frame = &wire->frames[i];
    uint32_t kept = wire->snaplen && wire->snaplen < frame->length ? wire->snaplen : frame->length;
    return (struct packet){
        .bytes = slice_of(frame->bytes, kept),
        .wire_length = frame->length,
        .link_type = wire->raw_ip ? LINK_RAW_DLT : LINK_ETHERNET,
        .time_ns = frame->time_ns,
        .frame = i + 1,
    };
}

static void write_words(FILE *file, const uint32_t *words, size_t n)
{
    fwrite(words, sizeof *words, n, file);
}

static void write_pcap(const struct wire *wire, FILE *file, bool nano)
{
    uint32_t link = wire->raw_ip ? LINK_RAW : LINK_ETHERNET;
    uint32_t scale = nano ? 1 : 1000;
    uint32_t head[] = {nano ? 0xa1b23c4d : 0xa1b2c3d4, 0, 0, 0, 262144, link};
    memcpy(&head[1], (uint16_t[]){2, 4}, 4);
    write_words(file, head, 6);
    for (size_t i = 0; i < wire->n; i++) {
        struct packet p = wire_packet(wire, i);
        uint32_t record[] = {(uint32_t)(p.time_ns / 1000000000),
                             (uint32_t)(p.time_ns % 1000000000) / scale, (uint32_t)p.bytes.len,
                             p.wire_length};
        write_words(file, record, 4);
        fwrite(p.bytes.at, 1, p.bytes.len, file);
    }
}

static void write_pcapng(const struct wire *wire, FILE *file)
{
    uint32_t link = wire->raw_ip ? LINK_RAW : LINK_ETHERNET;
    uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 0, 0xffffffff, 0xffffffff, 28};
    memcpy(&section[3], (uint16_t[]){1, 0}, 4);
    uint32_t interface[] = {1, 32, 0, 262144, 0, 0, 0, 32};
    memcpy(&interface[2], (uint16_t[]){(uint16_t)link, 0}, 4);
    memcpy(&interface[4], (uint16_t[]){9, 1}, 4);      /* if_tsresol, one octet: */
    memcpy(&interface[5], (uint8_t[]){9, 0, 0, 0}, 4); /* nanoseconds */
    write_words(file, section, 7);
    write_words(file, interface, 8);
    for (size_t i = 0; i < wire->n; i++) {
        struct packet p = wire_packet(wire, i);
        uint32_t kept = (uint32_t)p.bytes.len, padded = (kept + 3) & ~3u, total = padded + 32;
        uint64_t time = (uint64_t)p.time_ns;
        uint32_t block[] = {6,    total,        0, (uint32_t)(time >> 32), (uint32_t)time,
                            kept, p.wire_length};
        write_words(file, block, 7);
        fwrite(p.bytes.at, 1, kept, file);
        fwrite("\0\0\0", 1, padded - kept, file);
        write_words(file, &total, 1);
    }
}

bool wire_write(const struct wire *wire, const char *path, enum wire_format format,
                struct error *error)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return error_set(error, ERROR_OUTPUT, "%s: %s", path, strerror(errno));
    if (format == WIRE_PCAPNG)
        write_pcapng(wire, file);
    else
        write_pcap(wire, file, format == WIRE_PCAP_NANO);
    bool bad = ferror(file) != 0;
    if (fclose(file) != 0 || bad)
        return error_set(error, ERROR_OUTPUT, "%s: cannot be written", path);
    return true;
}
