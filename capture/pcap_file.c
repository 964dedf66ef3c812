/* SPDX-License-Identifier: MIT */
/*
 * The classic capture file (pcap-savefile(5), draft-ietf-opsawg-pcap): a head of 24 octets,
 *
 *     magic:4 major:2 minor:2 zone:4 accuracy:4 snaplen:4 link:4
 *
 * whose magic tells byte order and unit of time, then for each packet
 *
 *     seconds:4 fraction:4 captured:4 original:4 octets:captured
 *
 * or, in the dialect of Alexey Kuznetsov's patched libpcap, 8 octets more before the packet. There
 * is nothing between packets that would tell where one begins: after one wrong length all is lost.
 * Zone and accuracy are zero since ever and ignored by everybody.
 */

#include "capture/reader.h"

#include "capture/limits.h"

enum {
    FILE_HEAD = 24,
    RECORD_HEAD = 16,
    PATCHED_RECORD_HEAD = 24,
};

struct dialect {
    uint32_t magic, ns_per_tick, record_head;
};

static const struct dialect dialects[] = {
    {0xa1b2c3d4, 1000, RECORD_HEAD},
    {0xa1b23c4d, 1, RECORD_HEAD},
    {0xa1b2cd34, 1000, PATCHED_RECORD_HEAD},
};

static const struct dialect *dialect_of(const uint8_t *magic, bool *is_swapped)
{
    for (size_t i = 0; i < COUNT_OF(dialects) * 2; i++) {
        *is_swapped = i % 2;
        if (load32(magic, *is_swapped) == dialects[i / 2].magic)
            return &dialects[i / 2];
    }
    return NULL;
}

static bool pcap_claims(struct slice start)
{
    bool is_swapped;
    return dialect_of(start.at, &is_swapped) != NULL;
}

/* 543.0 is what an old FreeBSD wrote; 2.4 is of 1998. */
static bool is_known_version(uint16_t major, uint16_t minor)
{
    return (major == 2 && minor <= 4) || (major == 543 && minor == 0);
}

static enum reading pcap_open(struct reader *reader)
{
    struct octets *octets = &reader->octets;
    if (!octets_have(octets, FILE_HEAD))
        return reader_starved(reader, FILE_HEAD);

    const uint8_t *head = octets->at;
    const struct dialect *dialect = dialect_of(head, &reader->is_swapped);
    uint16_t major = load16(head + 4, reader->is_swapped);
    uint16_t minor = load16(head + 6, reader->is_swapped);
    if (!is_known_version(major, minor))
        return reader_damaged(reader, "version %u.%u is unknown", major, minor);
    reader->pcap = (struct pcap_head){
        .link_type = load32(head + 20, reader->is_swapped),
        .snaplen = load32(head + 16, reader->is_swapped),
        .record_head = dialect->record_head,
        .ns_per_tick = dialect->ns_per_tick,
        .version_minor = minor,
    };
    octets->at += FILE_HEAD;
    return READING_RECORD;
}

/* A length that the rest of the file cannot hold: was the file cut, or is the length wrong? It is
 * taken for wrong where it also contradicts the packet or the file's own limit. */
static enum reading judge_missing(struct reader *reader, uint32_t captured, uint32_t original)
{
    enum reading reading = reader_starved(reader, reader->pcap.record_head + captured);
    uint32_t snaplen = reader->pcap.snaplen;
    if (reading == READING_CUT_SHORT && (captured > original || (snaplen && captured > snaplen)))
        return reader_damaged(
            reader, "a packet of %u octets on the wire, %u of them captured, is impossible",
            original, captured);
    return reading;
}

/* What begins at `at` in the window, and is there to its end. */
static inline void take_record(struct reader *reader, struct record *record, uint32_t captured,
                               uint32_t original)
{
    const struct pcap_head *pcap = &reader->pcap;
    struct octets *octets = &reader->octets;
    uint32_t seconds = load32(octets->at, reader->is_swapped);
    uint32_t fraction = load32(octets->at + 4, reader->is_swapped);
    record->bytes = slice_of(octets->at + pcap->record_head, captured);
    record->wire_length = original > captured ? original : captured;
    record->link_type = pcap->link_type;
    record->is_swapped = reader->is_swapped;
    record->time_ns = (int64_t)seconds * 1000000000 + (int64_t)fraction * pcap->ns_per_tick;
    octets->at += pcap->record_head + captured;
}

static enum reading pcap_next(struct reader *reader, struct record *record)
{
    struct octets *octets = &reader->octets;
    const struct pcap_head *pcap = &reader->pcap;
    bool is_swapped = reader->is_swapped;

    reader->record_offset = octets_offset(octets);
    if (!octets_have(octets, pcap->record_head))
        return reader_starved(reader, pcap->record_head);
    uint32_t seconds = load32(octets->at, is_swapped);
    uint32_t fraction = load32(octets->at + 4, is_swapped);
    uint32_t captured = load32(octets->at + 8, is_swapped);
    uint32_t original = load32(octets->at + 12, is_swapped);

    if (UNLIKELY(pcap->version_minor < 4) && (pcap->version_minor < 3 || captured > original)) {
        uint32_t swap = captured;
        captured = original;
        original = swap;
    }
    if (UNLIKELY(captured > LIMIT_PACKET))
        return reader_damaged(reader, "a packet of %u captured octets is impossible", captured);
    if (UNLIKELY((seconds | fraction | captured | original) == 0))
        return reader_damaged(reader, "zeros are where a packet should be");
    if (UNLIKELY(!octets_have(octets, pcap->record_head + captured)))
        return judge_missing(reader, captured, original);

    take_record(reader, record, captured, original);
    return READING_RECORD;
}

/* Whatever would be looked at twice is left to next(). */
static bool pcap_next_ready(struct reader *reader, struct record *record)
{
    const struct octets *octets = &reader->octets;
    size_t left = octets_left(octets);
    if (left < reader->pcap.record_head || reader->pcap.version_minor < 4)
        return false;
    uint32_t captured = load32(octets->at + 8, reader->is_swapped);
    if (captured == 0 || captured > LIMIT_PACKET || left - reader->pcap.record_head < captured)
        return false;
    reader->record_offset = octets_offset(octets);
    take_record(reader, record, captured, load32(octets->at + 12, reader->is_swapped));
    return true;
}

const struct format format_pcap = {
    .name = "pcap",
    .magic = 4,
    .claims = pcap_claims,
    .open = pcap_open,
    .next = pcap_next,
    .next_ready = pcap_next_ready,
};
