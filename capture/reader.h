/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One capture file from its octets to its records, whatever the format and the coding. A format is
 * one file and one const row, listed in reader.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"
#include "capture/octets.h"

/* A captured packet as the file has it. */
struct record {
    struct slice bytes;   /* in the window: void when the reader reads on */
    uint32_t wire_length; /* >= bytes.len */
    uint32_t link_type;   /* a LINKTYPE_ of the file format, which is not always libpcap's DLT_ */
    bool is_swapped;      /* written by a machine of the other byte order */
    int64_t time_ns;
};

enum reading {
    READING_RECORD,
    READING_END,
    READING_CUT_SHORT, /* the octets end within a record */
    READING_DAMAGED,   /* what is there is no record */
};

struct reader;

struct format {
    const char *name;
    size_t magic; /* octets that claims() wants to see */
    bool (*claims)(struct slice start);
    /* Reads the file's head; READING_RECORD when records may follow. */
    enum reading (*open)(struct reader *reader);
    enum reading (*next)(struct reader *reader, struct record *record);
    /* [optional] As next() where that moves nothing, since the record is whole in the window; else
     * false, and nothing is done. */
    bool (*next_ready)(struct reader *reader, struct record *record);
    void (*close)(struct reader *reader); /* [optional] */
};

extern const struct format format_pcap, format_pcapng;

struct pcap_head {
    uint32_t link_type, snaplen;
    uint32_t record_head; /* octets before each packet */
    uint32_t ns_per_tick;
    uint16_t version_minor; /* before 2.4 the two lengths may have changed places */
};

struct pcapng_section {
    struct pcapng_interface *interfaces; /* of the section, in the order of their blocks */
    uint32_t n_interfaces, room;
    uint64_t rest; /* octets of the current block that were not looked at yet */
    uint32_t block_length;
    int64_t last_ns; /* for packets without a time */
};

struct reader {
    const struct format *format;
    struct octets octets;
    bool is_swapped;
    union {
        struct pcap_head pcap;
        struct pcapng_section pcapng;
    };
    uint64_t record_offset; /* of what was read last, in the uncompressed capture */
    char trouble[160];      /* why READING_CUT_SHORT or READING_DAMAGED */
};

/* Finds out coding and format and reads the head. False and *error where this is no capture; `name`
 * is for its text. The descriptor stays the caller's and must outlive the reader. */
bool reader_open(struct reader *reader, int fd, const char *name, struct error *error) MUST_USE;
void reader_close(struct reader *reader);

static inline enum reading reader_next(struct reader *reader, struct record *record)
{
    return reader->format->next(reader, record);
}

/* The octets of a record that nobody was shown yet. */
static inline uint8_t *reader_writable(struct reader *reader, struct slice bytes)
{
    return reader->octets.window + (bytes.at - reader->octets.window);
}

/* For formats: the octets ended where `wanted` were needed. */
enum reading reader_starved(struct reader *reader, size_t wanted);

/* For formats: puts down why, returns READING_DAMAGED. */
enum reading reader_damaged(struct reader *reader, const char *format, ...) PRINTF(2, 3);

/* Numbers in the byte order of the machine that wrote the file. */
static inline uint16_t load16(const uint8_t *at, bool is_swapped)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t load32(const uint8_t *at, bool is_swapped)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t load64(const uint8_t *at, bool is_swapped)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return is_swapped ? __builtin_bswap64(value) : value;
}
