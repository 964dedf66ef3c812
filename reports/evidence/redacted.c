/* SPDX-License-Identifier: MIT */
/*
 * Everything here is written, nothing copied: IPv6 (RFC 8200) without a link layer, since
 * pseudonyms of addresses are those of IPv6; TCP (RFC 9293) without options, whose timestamps tell
 * a host from another. Sequence numbers begin at one place; ports, flags, order and times are the
 * original's.
 */

#include "reports/evidence/redacted.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/evidence/redacted_stream.h"

enum { LINKTYPE_RAW_IP = 101, IP_OCTETS = 40, TCP_OCTETS = 20, HEADERS = IP_OCTETS + TCP_OCTETS };
enum { FLAG_SYN = 2, FLAG_ACK = 16 };
#define LONGEST_PAYLOAD 61440u   /* heads may grow; a packet ends at 64 KiB */
#define FIRST_SEQUENCE  1000001u /* of the octet at place 0, in both directions */

struct kept {
    struct carried segment; /* its payload is owned */
    unsigned line;
    int64_t time_ns;
    uint64_t frame;
    uint32_t input;
};

struct direction {
    struct redacted_stream *stream;
    uint32_t base; /* sequence number of place 0 */
    bool is_known;
};

struct line {
    struct direction directions[2];
};

struct redacted_packets {
    const struct privacy *privacy;
    struct kept *kept;
    size_t n, room;
    struct line *lines;
    unsigned n_lines;
    uint64_t octets;
};

struct redacted_packets *redacted_packets_new(const struct privacy *privacy)
{
    struct redacted_packets *packets = xcalloc(1, sizeof *packets);
    packets->privacy = privacy;
    return packets;
}

void redacted_packets_free(struct redacted_packets *packets)
{
    if (!packets)
        return;
    for (size_t i = 0; i < packets->n; i++)
        free((void *)(uintptr_t)packets->kept[i].segment.payload.at);
    for (unsigned i = 0; i < packets->n_lines; i++) {
        redacted_stream_free(packets->lines[i].directions[0].stream);
        redacted_stream_free(packets->lines[i].directions[1].stream);
    }
    free(packets->kept);
    free(packets->lines);
    free(packets);
}

void redacted_packets_add(struct redacted_packets *packets, unsigned line,
                          const struct packet *packet, const struct carried *carried)
{
    if (packets->n == packets->room) {
        packets->room = packets->room ? packets->room * 2 : 64;
        packets->kept = xrealloc(packets->kept, packets->room * sizeof *packets->kept);
    }
    struct kept *kept = &packets->kept[packets->n++];
    *kept = (struct kept){*carried, line, packet->time_ns, packet->frame, packet->input};
    uint8_t *payload = xmalloc(carried->payload.len + 1);
    if (carried->payload.len)
        memcpy(payload, carried->payload.at, carried->payload.len);
    kept->segment.payload = slice_of(payload, carried->payload.len);
    packets->octets += carried->payload.len + HEADERS;
    packets->n_lines = line >= packets->n_lines ? line + 1 : packets->n_lines;
}

uint64_t redacted_packets_octets(const struct redacted_packets *packets)
{
    return packets->octets;
}

/* ---- places ---- */

static void note_base(struct direction *direction, uint32_t sequence)
{
    if (!direction->is_known || (int32_t)(sequence - direction->base) < 0)
        direction->base = sequence;
    direction->is_known = true;
}

/* Place 0 is the first octet that anybody sent; where nobody did, the first that is acknowledged.
 */
static void find_bases(struct redacted_packets *packets)
{
    for (size_t i = 0; i < packets->n; i++) {
        const struct carried *c = &packets->kept[i].segment;
        note_base(&packets->lines[packets->kept[i].line].directions[c->sender], c->sequence);
    }
    for (size_t i = 0; i < packets->n; i++) {
        const struct carried *c = &packets->kept[i].segment;
        struct direction *other = &packets->lines[packets->kept[i].line].directions[!c->sender];
        if (!other->is_known && c->flags & FLAG_ACK)
            note_base(other, c->acknowledgement);
    }
}

static int64_t place_of(const struct direction *direction, uint32_t sequence)
{
    return (int32_t)(sequence - direction->base);
}

static uint32_t sequence_now(const struct direction *direction, uint32_t sequence)
{
    return FIRST_SEQUENCE +
           (uint32_t)redacted_stream_place(direction->stream, place_of(direction, sequence));
}

/* ---- streams ---- */

/* Octets side by side, and the segments that they are of. */
struct run {
    const struct kept **kept;
    size_t n;
    uint32_t from;
    size_t len;
};

static int by_sequence(const void *left, const void *right)
{
    const struct kept *a = *(struct kept *const *)left, *b = *(struct kept *const *)right;
    int32_t distance = (int32_t)(a->segment.sequence - b->segment.sequence);
    return distance ? (distance > 0) - (distance < 0)
                    : (a->segment.ordinal > b->segment.ordinal) -
                          (a->segment.ordinal < b->segment.ordinal);
}

static int by_place(const void *left, const void *right)
{
    const struct head_place *a = left, *b = right;
    return (a->at > b->at) - (a->at < b->at);
}

static size_t find_heads(const struct run *run, const struct heads_seen *heads, struct slice octets,
                         struct head_place *places)
{
    size_t n = 0;
    uint8_t *taken = xcalloc(run->len + 1, 1);
    for (size_t i = 0; i < run->n; i++) {
        const struct carried *c = &run->kept[i]->segment;
        size_t from = c->sequence - run->from;
        n += heads_places(heads, c->ordinal, octets, from, from + c->payload.len, taken, places + n,
                          heads->n - n);
    }
    if (n)
        qsort(places, n, sizeof *places, by_place);
    free(taken);
    return n;
}

static void add_run(struct direction *direction, const struct run *run,
                    const struct heads_seen *heads)
{
    uint8_t *octets = xmalloc(run->len + 1);
    struct head_place *places = xmalloc((heads->n + 1) * sizeof *places);
    for (size_t i = 0; i < run->n; i++) {
        const struct carried *c = &run->kept[i]->segment;
        memcpy(octets + (uint32_t)(c->sequence - run->from), c->payload.at, c->payload.len);
    }
    struct slice text = slice_of(octets, run->len);
    size_t n = find_heads(run, heads, text, places);
    redacted_stream_add(direction->stream, (uint64_t)place_of(direction, run->from), text, places,
                        n);
    free(places);
    free(octets);
}

/* The run that begins with kept[from]. */
static struct run run_of(const struct kept **kept, size_t n)
{
    struct run run = {kept, 1, kept[0]->segment.sequence, kept[0]->segment.payload.len};
    while (run.n < n && kept[run.n]->segment.sequence - run.from <= run.len) {
        const struct carried *c = &kept[run.n++]->segment;
        size_t end = c->sequence - run.from + c->payload.len;
        run.len = end > run.len ? end : run.len;
    }
    return run;
}

static void make_stream(struct redacted_packets *packets, unsigned line, unsigned sender,
                        const struct heads_seen *heads)
{
    struct direction *direction = &packets->lines[line].directions[sender];
    const struct kept **kept = xmalloc((packets->n + 1) * sizeof *kept);
    size_t n = 0;
    direction->stream = redacted_stream_new(packets->privacy);
    for (size_t i = 0; i < packets->n; i++) {
        const struct kept *k = &packets->kept[i];
        if (k->line == line && k->segment.sender == sender && k->segment.payload.len)
            kept[n++] = k;
    }
    if (n)
        qsort(kept, n, sizeof *kept, by_sequence);
    for (size_t from = 0; from < n;) {
        struct run run = run_of(kept + from, n - from);
        add_run(direction, &run, heads);
        from += run.n;
    }
    free(kept);
}

/* ---- packets ---- */

static void put16(uint8_t *to, uint32_t number)
{
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
}

static void put32(uint8_t *to, uint32_t number)
{
    put16(to, number >> 16);
    put16(to + 2, number);
}

/* RFC 1071, over the pseudo-header (RFC 8200 §8.1) too: its addresses stand before the segment. */
static uint16_t checksum(const uint8_t *packet, size_t len)
{
    uint32_t sum = (uint32_t)(len - IP_OCTETS) + 6;
    for (size_t i = 8; i < len; i++)
        sum += i & 1 ? packet[i] : (uint32_t)packet[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static size_t make_packet(const struct redacted_packets *packets, const struct carried *c,
                          uint32_t sequence, uint32_t acknowledgement, struct slice payload,
                          uint8_t *to)
{
    const struct address source = privacy_of_address(packets->privacy, &c->source);
    const struct address destination = privacy_of_address(packets->privacy, &c->destination);
    uint8_t *tcp = to + IP_OCTETS;
    assert(source.family == 6 && destination.family == 6 && payload.len <= LONGEST_PAYLOAD);
    memset(to, 0, HEADERS);
    to[0] = 0x60;
    put16(to + 4, (uint32_t)(TCP_OCTETS + payload.len));
    to[6] = 6;
    to[7] = 64;
    memcpy(to + 8, source.octets, 16);
    memcpy(to + 24, destination.octets, 16);
    put16(tcp, c->source_port);
    put16(tcp + 2, c->destination_port);
    put32(tcp + 4, sequence);
    put32(tcp + 8, acknowledgement);
    tcp[12] = TCP_OCTETS / 4 << 4;
    tcp[13] = c->flags & 0x1F;
    put16(tcp + 14, 65535);
    memcpy(tcp + TCP_OCTETS, payload.at, payload.len);
    put16(tcp + 16, checksum(to, HEADERS + payload.len));
    return HEADERS + payload.len;
}

/* As many packets as it takes; all but the last without what ends a connection. */
static size_t write_segment(const struct redacted_packets *packets, const struct kept *kept,
                            uint8_t *buffer, struct pcapng_writer *writer, const char *comment)
{
    struct carried c = kept->segment;
    const struct line *line = &packets->lines[kept->line];
    const struct direction *own = &line->directions[c.sender],
                           *other = &line->directions[!c.sender];
    uint64_t from = (uint64_t)place_of(own, c.sequence);
    struct slice payload = redacted_stream_octets(own->stream, from, from + c.payload.len);
    uint32_t sequence = sequence_now(own, c.sequence) - ((c.flags & FLAG_SYN) != 0);
    uint32_t acknowledgement = c.flags & FLAG_ACK ? sequence_now(other, c.acknowledgement) : 0;
    size_t n = 0;
    do {
        struct slice part = slice_first(payload, LONGEST_PAYLOAD);
        payload = slice_from(payload, part.len);
        c.flags = payload.len ? FLAG_ACK : kept->segment.flags;
        size_t len = make_packet(packets, &c, sequence, acknowledgement, part, buffer);
        const struct packet packet = {
            slice_of(buffer, len), (uint32_t)len, LINKTYPE_RAW_IP, kept->time_ns, 0, 0};
        (void)pcapng_write(writer, &packet, n++ ? NULL : comment); /* one link: there is room */
        sequence += (uint32_t)part.len;
    } while (payload.len);
    return n;
}

size_t redacted_packets_write(struct redacted_packets *packets,
                              const struct heads_seen *const *heads, struct pcapng_writer *writer,
                              redacted_comment *comment, const void *context)
{
    char text[700];
    size_t n = 0;
    uint8_t *buffer = xmalloc(HEADERS + LONGEST_PAYLOAD);
    packets->lines = xcalloc(packets->n_lines + 1, sizeof *packets->lines);
    find_bases(packets);
    for (unsigned i = 0; i < packets->n_lines; i++) {
        make_stream(packets, i, 0, heads[i]);
        make_stream(packets, i, 1, heads[i]);
    }
    for (size_t i = 0; i < packets->n; i++) {
        const struct kept *kept = &packets->kept[i];
        const struct packet original = {.frame = kept->frame, .input = kept->input};
        bool noted = comment(context, &original, text, sizeof text);
        n += write_segment(packets, kept, buffer, writer, noted ? text : NULL);
    }
    free(buffer);
    return n;
}
