/* SPDX-License-Identifier: MIT */
/*
 * The only file that calls libpcap: it knows which DLT_ this system has for a LINKTYPE_ of a file,
 * and how to compile a filter for it. It is asked by handing it a capture file that consists of a
 * head. That is better than pcap_open_dead(): filters on loopback links depend on the byte order of
 * the file, and without a file libpcap takes the capture for a live one.
 */

#include "capture/links.h"

#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "base/alloc.h"
#include "capture/nflog.h"

static void put32(uint8_t *at, uint32_t value, bool is_swapped)
{
    value = is_swapped ? __builtin_bswap32(value) : value;
    memcpy(at, &value, sizeof value);
}

/* A capture without packets of that link; NULL where libpcap does not take it. */
static pcap_t *empty_capture(uint32_t file_type, bool is_swapped)
{
    enum { MAGIC = 0, VERSION = 4, SNAPLEN = 16, LINK = 20, SIZE = 24 };
    uint8_t head[SIZE] = {0};
    char complaint[PCAP_ERRBUF_SIZE];
    uint16_t version[2] = {2, 4};

    put32(head + MAGIC, 0xa1b2c3d4, is_swapped);
    if (is_swapped)
        for (int i = 0; i < 2; i++)
            version[i] = __builtin_bswap16(version[i]);
    memcpy(head + VERSION, version, sizeof version);
    put32(head + SNAPLEN, LIMIT_PACKET, is_swapped);
    put32(head + LINK, file_type, is_swapped);

    FILE *file = fmemopen(head, sizeof head, "rb");
    if (!file)
        return NULL;
    pcap_t *pcap = pcap_fopen_offline(file, complaint);
    if (!pcap)
        fclose(file);
    return pcap; /* owns the file, whose memory ends with this function: only its head was wanted */
}

static void compile(struct link *link, pcap_t *pcap, const char *filter)
{
    const int optimize = 1;
    struct bpf_program program;
    if (pcap_compile(pcap, &program, filter, optimize, PCAP_NETMASK_UNKNOWN) == 0)
        link->program = program.bf_insns; /* freed with free(), as pcap_freecode() does */
    else
        link->refusal = xstrdup(pcap_geterr(pcap));
}

static void link_init(struct link *link, const struct record *record, const char *filter)
{
    *link = (struct link){
        .file_type = record->link_type,
        .is_swapped = record->is_swapped,
        .type = (int)record->link_type,
    };
    pcap_t *pcap = empty_capture(record->link_type, record->is_swapped);
    if (!pcap)
        return;
    link->type = pcap_datalink(pcap);
    if (filter)
        compile(link, pcap, filter);
    pcap_close(pcap);
}

void links_init(struct links *links, const char *filter)
{
    *links = (struct links){.filter = filter, .beyond = {.type = -1}}; /* no link is -1 */
}

void links_fini(struct links *links)
{
    for (unsigned i = 0; i < links->count; i++) {
        free(links->links[i].program);
        free(links->links[i].refusal);
    }
}

struct link *links_find(struct links *links, const struct record *record)
{
    for (unsigned i = 0; i < links->count; i++)
        if (links->links[i].file_type == record->link_type &&
            links->links[i].is_swapped == record->is_swapped)
            return &links->links[i];
    if (links->count == LIMIT_LINKS)
        return &links->beyond;
    struct link *link = &links->links[links->count++];
    link_init(link, record, links->filter);
    return link;
}

void link_straighten(const struct link *link, uint8_t *at, size_t len)
{
    if (link->type == DLT_NFLOG) /* loopback links keep their order too, but there it shows */
        nflog_swap(at, len);
}

bool link_passes(const struct links *links, const struct link *link, const struct record *record)
{
    if (!links->filter)
        return true;
    return link->program && bpf_filter(link->program, record->bytes.at, record->wire_length,
                                       (u_int)record->bytes.len) != 0;
}
