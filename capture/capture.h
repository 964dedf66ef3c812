/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Front door of capture/: where packets come from.
 *
 * In:       names of capture files, or "-" for standard input; or names of network interfaces.
 * Out:      one packet after the other, merged over all inputs by time, filtered as asked.
 * Lifetime: a packet's octets are borrowed until more packets are asked for.
 * Thread:   one; a source is used by the thread that opened it.
 *
 * Trouble:  where no input can be opened and read as a capture, source_open() fails. One of several
 *           that cannot, and one that is cut short or damaged later (it is kept up to there), is
 *           reported by source_input(); the other inputs go on. A signal whose handler was
 * installed without SA_RESTART ends an input that waits for octets (a silent pipe) right there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

struct packet {
    struct slice bytes;   /* what was captured, from the link header on */
    uint32_t wire_length; /* octets it had on the wire, >= bytes.len */
    int link_type;        /* a DLT_ value of libpcap; may change from packet to packet */
    int64_t time_ns;      /* since the Unix epoch, as the capture says */
    uint32_t input;       /* which input: index for source_input() */
    uint64_t frame;       /* its number in that input, from 1, filtered packets counted too */
};

/* Hosts are not chosen here: an address lies under links and tunnels that only decode knows. */
struct source_options {
    const char *filter;        /* BPF expression, or NULL */
    int64_t from_ns, until_ns; /* both inclusive; packets outside are skipped */
};

/* No filter and no limit in time. */
#define SOURCE_EVERYTHING ((struct source_options){.from_ns = INT64_MIN, .until_ns = INT64_MAX})

enum input_state {
    INPUT_WHOLE,     /* read to its end, or not yet */
    INPUT_CUT_SHORT, /* the last record is not all there: a warning, no more */
    INPUT_DAMAGED,   /* the format broke before the end: exit 3 */
};

/* What is known of one input so far. Text lives as long as the source. */
struct input {
    const char *name;          /* as given; "-" for standard input */
    uint64_t size;             /* octets of the file as stored, 0 for standard input until read */
    uint64_t octets_read;      /* of the file as stored, for progress */
    uint64_t packets;          /* read so far, filtered ones included */
    uint64_t passed;           /* of these, handed on */
    int64_t first_ns, last_ns; /* smallest and largest packet time, if packets > 0 */
    /* of an interface: what it captured and nobody saw; packets older than one handed on before */
    uint64_t dropped_by_kernel, dropped_by_interface, late;
    enum input_state state;
    const char *trouble; /* "FILE: packet N at offset M: ..." or NULL; with INPUT_WHOLE, a remark */
};

struct source;

/* Opens `n` inputs as one capture. Each is looked at now (its format and first packet), and kept
 * open only while its time has come. Of several, one that cannot be read is INPUT_DAMAGED with its
 * trouble, and the others go on. Returns NULL and fills *error (ERROR_INPUT where none can be read,
 * ERROR_USAGE for a filter that does not compile). `names` and `options` must outlive the source.
 */
struct source *source_open(const char *const *names, size_t n, const struct source_options *options,
                           struct error *error) MUST_USE;

struct interface_options {
    const char *filter; /* BPF expression; NULL: all that may carry HTTP; "": everything */
    int snaplen;        /* octets kept of a packet */
    int buffer;         /* octets of the kernel's rings, for each interface */
    unsigned rings;     /* so many share it, where the kernel can, and none is less than 1 MiB */
    bool promiscuous;   /* frames for other stations too */
};
#define INTERFACE_DEFAULTS                                                                         \
    ((struct interface_options){                                                                   \
        .snaplen = 262144, .buffer = 64 << 20, .rings = 1, .promiscuous = true})

/* Opens interfaces ("any" too) as one capture; needs CAP_NET_RAW until it has returned, and never
 * after. Returns NULL and fills *error. `names` must outlive the source. */
struct source *source_open_interfaces(const char *const *names, size_t n,
                                      const struct interface_options *options,
                                      struct error *error) MUST_USE;

/* Time of the first packet, before any was read; INT64_MIN where there is none. */
int64_t source_first_ns(const struct source *source);

/* Changes the limits of time, before any packet was read. */
void source_limit(struct source *source, int64_t from_ns, int64_t until_ns);

/* True and *packet filled, or false at the end of everything; of interfaces also where nothing was
 * there and some 100 ms were waited for more: source_is_idle() says that it is worth asking again.
 */
bool source_next(struct source *source, struct packet *packet);
bool source_is_idle(const struct source *source);

/* Nothing more is wanted: of files the end comes now, of interfaces as soon as all that was
 * captured until now has been handed on. */
void source_drain(struct source *source);

/* As many of the next packets, up to `most`, as lie in memory at once; 0 at the end of everything.
 * Waits for the first of them only. They are borrowed until the next call. */
size_t source_packets(struct source *source, struct packet *packets, size_t most);

size_t source_inputs(const struct source *source);
const struct input *source_input(const struct source *source, size_t i);

/* Octets of all inputs as stored, and of these read: what a progress bar needs. 0 when unknown. */
void source_progress(const struct source *source, uint64_t *done, uint64_t *total);

void source_close(struct source *source); /* accepts NULL */
