/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: which eight octets of a datagram have arrived. Parts begin at multiples of
 * eight and all but the last are multiples of eight long, so a bit for each eight octets of the 64
 * KiB tells everything: adding a part costs its length, however it overlaps with others, and
 * nothing has to be sorted. Where the snaplen cut a part its octets count as arrived, and the whole
 * is cut at the first of them that is not there.
 *
 * A part that contradicts what is known (an end elsewhere, octets past the end) is refused and the
 * others go on waiting. Datagrams that wait are found by a hash and given up oldest first.
 */

#include "decode/fragments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "decode/limits.h"

enum {
    HEADER_ROOM = 256,    /* octets for the headers in front of a fragment header */
    PAYLOAD_MOST = 65535, /* octets of payload; IPv4's header is subtracted where it is known */
    UNITS = PAYLOAD_MOST / 8 + 1,
    FIRST_CAPACITY = 4096, /* octets of payload: most datagrams are of two or three parts */
    BUCKETS = 4096,
};

/* Hashed and compared as octets: it has no padding. */
struct key {
    uint32_t id;
    struct address source, destination;
    uint8_t protocol; /* RFC 791: tells datagrams apart; RFC 8200: does not, and is 0 */
    uint8_t zero;
};
_Static_assert(sizeof(struct key) == 4 + 2 * sizeof(struct address) + 2, "no padding");

struct datagram {
    struct key key;
    struct datagram *next;          /* in its bucket, or among the spent ones */
    struct datagram *older, *newer; /* by arrival of the first part */
    uint32_t bucket;
    int64_t begun_ns;
    struct frames frames;
    uint8_t *octets;     /* HEADER_ROOM, then the payload */
    uint32_t capacity;   /* of the payload */
    uint32_t header_len; /* 0: the first part has not come */
    uint32_t total;      /* octets of payload; 0: the last part has not come */
    uint32_t reach;      /* end of the part that reaches farthest */
    uint32_t units;      /* bits that are set */
    uint32_t cut_at;     /* first octet that the snaplen took; UINT32_MAX: none */
    uint64_t arrived[(UNITS + 63) / 64];
};

struct fragments {
    struct datagram *oldest, *newest, *spent;
    uint64_t memory; /* octets of the datagrams that wait */
    uint32_t waiting;
    struct dissector_counts counts;
    struct datagram *buckets[BUCKETS];
};

struct fragments *fragments_new(void)
{
    return xcalloc(1, sizeof(struct fragments));
}

static void datagram_free(struct datagram *datagram)
{
    free(datagram->octets);
    free(datagram);
}

static void free_spent(struct fragments *fragments)
{
    while (fragments->spent) {
        struct datagram *datagram = fragments->spent;
        fragments->spent = datagram->next;
        datagram_free(datagram);
    }
}

static uint64_t memory_of(const struct datagram *datagram)
{
    return sizeof *datagram + HEADER_ROOM + datagram->capacity;
}

/* Takes a datagram out of everything. */
static void unlink_datagram(struct fragments *fragments, struct datagram *datagram)
{
    struct datagram **at = &fragments->buckets[datagram->bucket];
    while (*at != datagram)
        at = &(*at)->next;
    *at = datagram->next;

    *(datagram->older ? &datagram->older->newer : &fragments->oldest) = datagram->newer;
    *(datagram->newer ? &datagram->newer->older : &fragments->newest) = datagram->older;
    fragments->memory -= memory_of(datagram);
    fragments->waiting--;
}

static void give_up_oldest(struct fragments *fragments)
{
    struct datagram *datagram = fragments->oldest;
    fragments->counts.fragments_dropped += datagram->frames.count;
    fragments->counts.fragment_bytes_dropped += datagram->frames.wire_length;
    unlink_datagram(fragments, datagram);
    datagram_free(datagram);
}

static void evict_oldest(struct fragments *fragments)
{
    fragments->counts.fragments_evicted += fragments->oldest->frames.count;
    give_up_oldest(fragments);
}

void fragments_free(struct fragments *fragments)
{
    if (!fragments)
        return;
    free_spent(fragments);
    while (fragments->oldest)
        give_up_oldest(fragments);
    free(fragments);
}

void fragments_tick(struct fragments *fragments, int64_t clock_ns)
{
    const int64_t patience_ns = LIMIT_FRAGMENT_SECONDS * INT64_C(1000000000);

    if (fragments->spent)
        free_spent(fragments);
    while (fragments->oldest && clock_ns - fragments->oldest->begun_ns > patience_ns)
        give_up_oldest(fragments);
}

static struct key key_of(const struct ip *part)
{
    return (struct key){
        .id = part->id,
        .source = part->source,
        .destination = part->destination,
        .protocol = (uint8_t)(part->source.family == 4 ? part->protocol : 0),
    };
}

static struct datagram *find(struct fragments *fragments, const struct key *key, uint32_t bucket)
{
    struct datagram *datagram = fragments->buckets[bucket];
    while (datagram && memcmp(&datagram->key, key, sizeof *key) != 0)
        datagram = datagram->next;
    return datagram;
}

static struct datagram *begin(struct fragments *fragments, const struct key *key, uint32_t bucket,
                              int64_t clock_ns, const struct frames *frames)
{
    if (fragments->waiting == LIMIT_FRAGMENTED_DATAGRAMS)
        evict_oldest(fragments);

    struct datagram *datagram = xcalloc(1, sizeof *datagram);
    datagram->key = *key;
    datagram->bucket = bucket;
    datagram->next = fragments->buckets[bucket];
    fragments->buckets[bucket] = datagram;
    datagram->older = fragments->newest;
    *(fragments->newest ? &fragments->newest->newer : &fragments->oldest) = datagram;
    fragments->newest = datagram;
    datagram->begun_ns = clock_ns;
    datagram->frames = (struct frames){.mark = frames->mark};
    datagram->cut_at = UINT32_MAX;
    fragments->memory += memory_of(datagram);
    fragments->waiting++;
    return datagram;
}

/* Makes room for payload up to `end`; the memory for it is taken from the oldest ones. */
static void reserve(struct fragments *fragments, struct datagram *datagram, uint32_t end)
{
    uint32_t capacity = datagram->capacity ? datagram->capacity : FIRST_CAPACITY;
    while (capacity < end)
        capacity *= 2;
    if (capacity == datagram->capacity)
        return;
    fragments->memory += capacity - datagram->capacity;
    datagram->capacity = capacity;
    datagram->octets = xrealloc(datagram->octets, HEADER_ROOM + (size_t)capacity);
    while (fragments->memory > LIMIT_FRAGMENT_MEMORY && fragments->oldest != datagram)
        evict_oldest(fragments);
}

/* Is this part possible by itself and beside those that came before? */
static bool is_acceptable(const struct datagram *datagram, const struct ip *part)
{
    uint32_t header = part->source.family == 4 ? 20 : 0;
    uint64_t end = (uint64_t)part->offset + part->payload.wire;

    if (end + header > PAYLOAD_MOST || part->header_len > HEADER_ROOM)
        return false;
    if (part->more && (part->payload.wire == 0 || part->payload.wire % 8 != 0))
        return false;
    if (!datagram)
        return end > 0;
    if (!part->more)
        return datagram->total ? end == datagram->total : end >= datagram->reach && end > 0;
    return datagram->total == 0 || end <= datagram->total;
}

/* Copies what had not arrived yet. Of a part that the snaplen cut there are fewer octets than
 * units. */
static void copy_payload(struct datagram *datagram, const struct ip *part)
{
    const struct slice from = part->payload.bytes;
    uint8_t *to = datagram->octets + HEADER_ROOM + part->offset;

    for (size_t at = 0; at < part->payload.wire; at += 8) {
        size_t unit = (part->offset + at) / 8;
        uint64_t bit = UINT64_C(1) << (unit % 64);
        if (datagram->arrived[unit / 64] & bit)
            continue;
        datagram->arrived[unit / 64] |= bit;
        datagram->units++;
        struct slice octets = slice_first(slice_from(from, at), 8);
        if (octets.len)
            memcpy(to + at, octets.at, octets.len);
        size_t wanted = part->payload.wire - at < 8 ? part->payload.wire - at : 8;
        if (octets.len < wanted && part->offset + at + octets.len < datagram->cut_at)
            datagram->cut_at = (uint32_t)(part->offset + at + octets.len);
    }
}

/* The headers of the first part, right in front of the payload, as they would be in a packet that
 * was never cut up. The length is filled in at the end. */
static void copy_header(struct datagram *datagram, const struct ip *part)
{
    uint8_t *header = datagram->octets + HEADER_ROOM - part->header_len;
    memcpy(header, part->packet.at, part->header_len);
    if (part->source.family == 4)
        memset(header + 6, 0, 2);
    else
        header[part->next_at] = part->protocol;
    datagram->header_len = part->header_len;
}

/* The oldest packet stands for the datagram until the one with its first octet comes. */
static void add_frames(struct datagram *datagram, const struct ip *part,
                       const struct frames *frames)
{
    if (part->offset == 0 && datagram->header_len == 0)
        datagram->frames.mark = frames->mark;
    datagram->frames.mark.time_ns = frames->mark.time_ns;
    datagram->frames.mark.ordinal = frames->mark.ordinal;
    datagram->frames.count += frames->count;
    datagram->frames.wire_length += frames->wire_length;
}

/* Writes the length into the header; where it does not fit any more the datagram is impossible. */
static bool finish(struct datagram *datagram, struct layer *whole)
{
    uint8_t *header = datagram->octets + HEADER_ROOM - datagram->header_len;
    bool is_v4 = datagram->key.source.family == 4;
    uint32_t length = datagram->total + datagram->header_len - (is_v4 ? 0 : 40);
    if (length > PAYLOAD_MOST)
        return false;

    uint8_t *field = header + (is_v4 ? 2 : 4);
    field[0] = (uint8_t)(length >> 8);
    field[1] = (uint8_t)length;
    uint32_t there = datagram->cut_at < datagram->total ? datagram->cut_at : datagram->total;
    *whole = (struct layer){
        .bytes = slice_of(header, datagram->header_len + there),
        .wire = datagram->header_len + datagram->total,
    };
    return true;
}

enum joining fragments_add(struct fragments *fragments, const struct ip *part, int64_t clock_ns,
                           struct frames *frames, struct layer *whole)
{
    struct key key = key_of(part);
    uint32_t bucket = (uint32_t)hash64(slice_of(&key, sizeof key)) % BUCKETS;
    struct datagram *datagram = find(fragments, &key, bucket);
    if (!is_acceptable(datagram, part))
        return JOINING_REFUSED;

    uint32_t end = part->offset + (uint32_t)part->payload.wire;
    if (!datagram)
        datagram = begin(fragments, &key, bucket, clock_ns, frames);
    reserve(fragments, datagram, end);
    add_frames(datagram, part, frames);
    copy_payload(datagram, part);
    if (part->offset == 0 && datagram->header_len == 0)
        copy_header(datagram, part);
    if (!part->more)
        datagram->total = end;
    if (end > datagram->reach)
        datagram->reach = end;
    if (datagram->total == 0 || datagram->units < (datagram->total + 7) / 8)
        return JOINING_WAITS;

    assert(datagram->header_len);
    *frames = datagram->frames;
    unlink_datagram(fragments, datagram);
    datagram->next = fragments->spent;
    fragments->spent = datagram;
    return finish(datagram, whole) ? JOINING_DONE : JOINING_REFUSED;
}

void fragments_count(const struct fragments *fragments, struct dissector_counts *counts)
{
    counts->fragments_dropped = fragments->counts.fragments_dropped;
    counts->fragment_bytes_dropped = fragments->counts.fragment_bytes_dropped;
    counts->fragments_evicted = fragments->counts.fragments_evicted;
    for (const struct datagram *d = fragments->oldest; d; d = d->newer) {
        counts->fragments_waiting += d->frames.count;
        counts->fragment_bytes_waiting += d->frames.wire_length;
    }
}
