/* SPDX-License-Identifier: MIT */
/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks, each
 *
 *     type:4 length:4 body padded to 4 octets length:4
 *
 * of which these matter here, by their bodies:
 *
 *     section      order:4 major:2 minor:2 length:8 options   its own byte order, interfaces anew
 *     interface    link:2 -:2 snaplen:4 options               resolution and offset of its clock
 *     enhanced     interface:4 time:8 captured:4 original:4 octets options
 *     packet       interface:2 drops:2 time:8 captured:4 original:4 octets options   (obsolete)
 *     simple       original:4 octets                          of interface 0, without a time
 *
 * and the rest is passed over. Interfaces may differ in link type and clock within one file, as
 * they do in merged captures, which libpcap refuses; that is why this file exists.
 */

#include "capture/reader.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "capture/limits.h"

struct pcapng_interface {
    uint16_t link_type;
    uint32_t snaplen; /* 0: none */
    /* A time in ns is ticks * multiply >> shift / divide + offset_ns. */
    uint32_t multiply;
    uint8_t shift;
    uint64_t divide;
    int64_t offset_ns;
};

enum block_type {
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
};

enum {
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    BLOCK_FRAME = 12, /* type and both lengths */
    BLOCK_HEAD = 8,
    OPTION_TIME_RESOLUTION = 9,
    OPTION_TIME_OFFSET = 14,
    /* What is held of a block: a packet and the heads before it, or all options that count. */
    BLOCK_HELD = LIMIT_PACKET + 4096,
};

static bool pcapng_claims(struct slice start)
{
    uint32_t order = load32(start.at + 8, false);
    return load32(start.at, false) == BLOCK_SECTION &&
           (order == BYTE_ORDER_MAGIC || order == __builtin_bswap32(BYTE_ORDER_MAGIC));
}

/* ---- clocks ---- */

static int64_t add_clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

static int64_t time_of(const struct pcapng_interface *interface, uint64_t ticks)
{
    unsigned __int128 ns = (unsigned __int128)ticks * interface->multiply >> interface->shift;
    if (UNLIKELY(interface->divide > 1))
        ns /= interface->divide;
    int64_t since = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
    int64_t time_ns = add_clamped(since, interface->offset_ns);
    if (UNLIKELY(time_ns > LIMIT_TIME))
        return LIMIT_TIME;
    return UNLIKELY(time_ns < -LIMIT_TIME) ? -LIMIT_TIME : time_ns;
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* if_tsresol: a tick is 10^-x s, or 2^-x s where the highest bit is set. */
static void set_resolution(struct pcapng_interface *interface, uint8_t resolution)
{
    unsigned x = resolution & 0x7f;
    interface->multiply = 1000000000;
    interface->shift = 0;
    interface->divide = 1;
    if (resolution & 0x80)
        interface->shift = (uint8_t)x;
    else if (x <= 9)
        interface->multiply = (uint32_t)power_of_ten(9 - x);
    else { /* where 64 bits do not reach to 1 ns, every time is 0 */
        interface->multiply = x <= 28;
        interface->divide = x <= 28 ? power_of_ten(x - 9) : 1;
    }
}

static void set_offset(struct pcapng_interface *interface, int64_t seconds)
{
    if (__builtin_mul_overflow(seconds, 1000000000, &interface->offset_ns))
        interface->offset_ns = seconds < 0 ? INT64_MIN : INT64_MAX;
}

/* ---- blocks; each gets its body without the lengths around it ---- */

static void read_options(struct pcapng_interface *interface, struct slice options, bool is_swapped)
{
    while (options.len >= 4) {
        uint16_t code = load16(options.at, is_swapped);
        uint16_t length = load16(options.at + 2, is_swapped);
        options = slice_from(options, 4);
        if (code == 0 || length > options.len)
            return;
        if (code == OPTION_TIME_RESOLUTION && length == 1)
            set_resolution(interface, options.at[0]);
        if (code == OPTION_TIME_OFFSET && length == 8)
            set_offset(interface, (int64_t)load64(options.at, is_swapped));
        options = slice_from(options, (length + 3u) & ~3u);
    }
}

static enum reading read_interface(struct reader *reader, struct slice body)
{
    struct pcapng_section *section = &reader->pcapng;
    if (section->n_interfaces == LIMIT_INTERFACES)
        return reader_damaged(reader, "more than %u interfaces in a section", LIMIT_INTERFACES);
    if (section->n_interfaces == section->room) {
        section->room = section->room ? section->room * 2 : 4;
        section->interfaces =
            xrealloc(section->interfaces, section->room * sizeof *section->interfaces);
    }
    struct pcapng_interface *interface = &section->interfaces[section->n_interfaces++];
    *interface = (struct pcapng_interface){
        .link_type = load16(body.at, reader->is_swapped),
        .snaplen = load32(body.at + 4, reader->is_swapped),
    };
    const uint8_t microseconds = 6;
    set_resolution(interface, microseconds);
    read_options(interface, slice_from(body, 8), reader->is_swapped);
    return READING_RECORD;
}

static enum reading read_section(struct reader *reader, struct slice body)
{
    uint16_t major = load16(body.at + 4, reader->is_swapped);
    uint16_t minor = load16(body.at + 6, reader->is_swapped);
    if (major != 1)
        return reader_damaged(reader, "version %u.%u is unknown", major, minor);
    reader->pcapng.n_interfaces = 0;
    return READING_RECORD;
}

/* The part that the enhanced and the obsolete packet block share, from the time on. `rest` is what
 * the block has behind it, held or not. */
static enum reading read_timed(struct reader *reader, uint32_t index, const uint8_t *at,
                               uint64_t rest, struct record *record)
{
    struct pcapng_section *section = &reader->pcapng;
    bool is_swapped = reader->is_swapped;
    if (index >= section->n_interfaces)
        return reader_damaged(reader, "a packet of interface %u, but only %u are described", index,
                              section->n_interfaces);
    const struct pcapng_interface *interface = &section->interfaces[index];
    uint64_t ticks = (uint64_t)load32(at, is_swapped) << 32 | load32(at + 4, is_swapped);
    uint32_t captured = load32(at + 8, is_swapped);
    uint32_t original = load32(at + 12, is_swapped);
    if (captured > rest)
        return reader_damaged(reader, "a packet of %u captured octets in a block of %u", captured,
                              section->block_length);
    record->bytes = slice_of(at + 16, captured < LIMIT_PACKET ? captured : LIMIT_PACKET);
    record->wire_length = original > captured ? original : captured;
    record->link_type = interface->link_type;
    record->is_swapped = is_swapped;
    record->time_ns = section->last_ns = time_of(interface, ticks);
    return READING_RECORD;
}

/* A simple packet's captured length is what snaplen and block leave of the original; its time is
 * that of the packet before it. */
static enum reading read_simple(struct reader *reader, struct slice body, struct record *record)
{
    struct pcapng_section *section = &reader->pcapng;
    if (section->n_interfaces == 0)
        return reader_damaged(reader, "a packet before any interface is described");
    const struct pcapng_interface *interface = &section->interfaces[0];
    uint32_t original = load32(body.at, reader->is_swapped);
    uint32_t captured = original;
    if (interface->snaplen && captured > interface->snaplen)
        captured = interface->snaplen;
    if (captured > section->block_length - BLOCK_FRAME - 4)
        return reader_damaged(reader, "a packet of %u octets in a block of %u", captured,
                              section->block_length);
    record->bytes = slice_of(body.at + 4, captured < LIMIT_PACKET ? captured : LIMIT_PACKET);
    record->wire_length = original;
    record->link_type = interface->link_type;
    record->is_swapped = reader->is_swapped;
    record->time_ns = section->last_ns;
    return READING_RECORD;
}

/* ---- the walk from block to block ---- */

struct block {
    uint32_t type, length;
    struct slice body; /* held; not all of it where the block is longer than BLOCK_HELD */
};

/* The shortest body of the blocks that are read. */
static uint32_t least_body(uint32_t type)
{
    switch (type) {
    case BLOCK_SECTION:
        return 16;
    case BLOCK_INTERFACE:
        return 8;
    case BLOCK_PACKET:
    case BLOCK_ENHANCED:
        return 20;
    case BLOCK_SIMPLE:
        return 4;
    default:
        return 0;
    }
}

static bool is_read(uint32_t type)
{
    return least_body(type) > 0;
}

/* A section's byte order is needed to read its length. */
static enum reading take_byte_order(struct reader *reader)
{
    const size_t up_to_order = 12;
    if (!octets_have(&reader->octets, up_to_order))
        return reader_starved(reader, up_to_order);
    if (!pcapng_claims(slice_of(reader->octets.at, up_to_order)))
        return reader_damaged(reader, "a section without a byte order");
    reader->is_swapped = load32(reader->octets.at + 8, false) != BYTE_ORDER_MAGIC;
    return READING_RECORD;
}

/* The second length, which must be the first. */
static enum reading check_trailer(struct reader *reader, const uint8_t *at)
{
    uint32_t again = load32(at, reader->is_swapped);
    if (again == reader->pcapng.block_length)
        return READING_RECORD;
    return reader_damaged(reader, "a block says %u octets at its start and %u at its end",
                          reader->pcapng.block_length, again);
}

/* What the last block has behind what was held of it. */
static enum reading finish_block(struct reader *reader)
{
    struct octets *octets = &reader->octets;
    uint64_t rest = reader->pcapng.rest;
    reader->pcapng.rest = 0;
    if (!octets_skip(octets, rest - 4) || !octets_have(octets, 4)) {
        enum reading reading = reader_starved(reader, 4);
        if (reading != READING_END)
            return reading;
        reader_damaged(reader, "the file ends within a block of %u octets",
                       reader->pcapng.block_length);
        return READING_CUT_SHORT;
    }
    enum reading reading = check_trailer(reader, octets->at);
    octets->at += 4;
    return reading;
}

/* Holds what matters of the next block. */
static enum reading begin_block(struct reader *reader, struct block *block)
{
    struct octets *octets = &reader->octets;
    struct pcapng_section *section = &reader->pcapng;

    reader->record_offset = octets_offset(octets);
    if (!octets_have(octets, BLOCK_HEAD))
        return reader_starved(reader, BLOCK_HEAD);
    block->type = load32(octets->at, reader->is_swapped);
    if (UNLIKELY(block->type == BLOCK_SECTION)) {
        enum reading reading = take_byte_order(reader);
        if (reading != READING_RECORD)
            return reading;
    }
    block->length = load32(octets->at + 4, reader->is_swapped);
    section->block_length = block->length;
    if (block->length < BLOCK_FRAME + least_body(block->type) || block->length % 4 != 0 ||
        block->length > LIMIT_BLOCK)
        return reader_damaged(reader, "a block of type 0x%x and %u octets is impossible",
                              block->type, block->length);

    size_t held = BLOCK_HEAD;
    if (is_read(block->type))
        held = block->length < BLOCK_HELD ? block->length : BLOCK_HELD;
    if (!octets_have(octets, held))
        return reader_starved(reader, block->length);
    section->rest = block->length - held;
    size_t body = held - BLOCK_HEAD - (section->rest == 0 ? 4 : 0);
    block->body = slice_of(octets->at + BLOCK_HEAD, body);
    octets->at += held;
    return section->rest ? READING_RECORD : check_trailer(reader, octets->at - 4);
}

static enum reading read_block(struct reader *reader, const struct block *block,
                               struct record *record)
{
    const uint8_t *at = block->body.at;
    assert(at);
    uint64_t behind = block->length - BLOCK_FRAME;
    switch (block->type) {
    case BLOCK_SECTION:
        return read_section(reader, block->body);
    case BLOCK_INTERFACE:
        return read_interface(reader, block->body);
    case BLOCK_PACKET:
        return read_timed(reader, load16(at, reader->is_swapped), at + 4, behind - 20, record);
    case BLOCK_ENHANCED:
        return read_timed(reader, load32(at, reader->is_swapped), at + 4, behind - 20, record);
    case BLOCK_SIMPLE:
        return read_simple(reader, block->body, record);
    default:
        return READING_RECORD;
    }
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_ENHANCED || type == BLOCK_PACKET || type == BLOCK_SIMPLE;
}

static enum reading step(struct reader *reader, struct block *block, struct record *record)
{
    enum reading reading = READING_RECORD;
    if (reader->pcapng.rest)
        reading = finish_block(reader);
    if (reading == READING_RECORD)
        reading = begin_block(reader, block);
    if (reading == READING_RECORD)
        reading = read_block(reader, block, record);
    return reading;
}

static enum reading pcapng_next(struct reader *reader, struct record *record)
{
    struct block block = {0};
    enum reading reading;
    do
        reading = step(reader, &block, record);
    while (reading == READING_RECORD && !is_packet(block.type));
    return reading;
}

/* The first block is a section, as claimed. */
static enum reading pcapng_open(struct reader *reader)
{
    struct block block = {0};
    struct record none;
    return step(reader, &block, &none);
}

static void pcapng_close(struct reader *reader)
{
    free(reader->pcapng.interfaces);
}

const struct format format_pcapng = {
    .name = "pcapng",
    .magic = 12,
    .claims = pcapng_claims,
    .open = pcapng_open,
    .next = pcapng_next,
    .close = pcapng_close,
};
