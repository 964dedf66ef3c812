/* SPDX-License-Identifier: MIT */
/*
 * pcapng (draft-ietf-opsawg-pcapng) in the byte order of this machine: one section, an interface
 * description for each kind of link when its first packet comes, times in nanoseconds.
 */

#include "capture/pcapng_writer.h"

#include <string.h>

#include <pcap/dlt.h>

enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_APPLICATION = 4, OPTION_RESOLUTION = 9 };
enum { LINKTYPE_RAW = 101 }; /* the one that files number otherwise than libpcap's handles do */

static void put32(FILE *to, uint32_t value)
{
    fwrite(&value, sizeof value, 1, to);
}

static uint32_t padded(size_t length)
{
    return (uint32_t)((length + 3) & ~(size_t)3);
}

static void put_octets(FILE *to, const void *at, size_t length)
{
    static const uint8_t zeros[4];
    fwrite(at, 1, length, to);
    fwrite(zeros, 1, padded(length) - length, to);
}

/* An option's octets on the wire; absent text takes none. */
static uint32_t option_size(const char *text)
{
    return text ? 4 + padded(strlen(text)) : 0;
}

static void put_option(FILE *to, uint16_t code, const void *at, uint16_t length)
{
    const uint16_t head[2] = {code, length};
    fwrite(head, sizeof head, 1, to);
    put_octets(to, at, length);
}

static void put_text_option(FILE *to, uint16_t code, const char *text)
{
    if (text)
        put_option(to, code, text, (uint16_t)strlen(text));
}

static void put_end(FILE *to)
{
    put32(to, OPTION_END);
}

void pcapng_begin(struct pcapng_writer *writer, FILE *to, const char *comment)
{
    static const char application[] = "wire304";
    const uint32_t size =
        28 + option_size(comment) + option_size(application) + 4; /* fixed parts, options, end */
    *writer = (struct pcapng_writer){.to = to};
    put32(to, 0x0a0d0d0a);
    put32(to, size);
    put32(to, 0x1a2b3c4d);
    put32(to, 1); /* version 1.0 */
    put32(to, UINT32_MAX);
    put32(to, UINT32_MAX); /* the section's length is not told */
    put_text_option(to, OPTION_COMMENT, comment);
    put_text_option(to, OPTION_APPLICATION, application);
    put_end(to);
    put32(to, size);
}

static void put_interface(FILE *to, int link_type)
{
    const uint8_t nanoseconds = 9;
    const uint32_t size = 20 + 8 + 4;
    put32(to, 1);
    put32(to, size);
    put32(to, (uint32_t)(link_type == DLT_RAW ? LINKTYPE_RAW : link_type));
    put32(to, 0); /* no snaplen */
    put_option(to, OPTION_RESOLUTION, &nanoseconds, 1);
    put_end(to);
    put32(to, size);
}

/* The number of the interface with that link; PCAPNG_WRITER_LINKS where there is no room. */
static uint32_t interface_of(struct pcapng_writer *writer, int link_type)
{
    unsigned i = 0;
    while (i < writer->n_links && writer->links[i] != link_type)
        i++;
    if (i < writer->n_links || i == PCAPNG_WRITER_LINKS)
        return i;
    put_interface(writer->to, link_type);
    writer->links[writer->n_links++] = link_type;
    return i;
}

bool pcapng_write(struct pcapng_writer *writer, const struct packet *packet, const char *comment)
{
    FILE *to = writer->to;
    uint32_t interface = interface_of(writer, packet->link_type);
    if (interface == PCAPNG_WRITER_LINKS)
        return false;
    uint64_t time = (uint64_t)packet->time_ns;
    uint32_t size = 32 + padded(packet->bytes.len) + option_size(comment) + (comment ? 4 : 0);
    put32(to, 6);
    put32(to, size);
    put32(to, interface);
    put32(to, (uint32_t)(time >> 32));
    put32(to, (uint32_t)time);
    put32(to, (uint32_t)packet->bytes.len);
    put32(to, packet->wire_length);
    put_octets(to, packet->bytes.at, packet->bytes.len);
    put_text_option(to, OPTION_COMMENT, comment);
    if (comment)
        put_end(to);
    put32(to, size);
    return true;
}
