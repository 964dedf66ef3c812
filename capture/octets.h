/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The octets of a capture, uncompressed, as a window that moves over them. Formats read straight
 * from the window, so that a packet is handed on where it came to lie; nothing is copied but the
 * rest of a record that did not fit.
 *
 * A window of read(2) is what the kernel copies to anyway: stdio costs a second copy and a call per
 * packet (two thirds of pcap_open_offline's time), mapping costs a page fault per 4 KiB.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/slice.h"

struct coding;

enum octets_state {
    OCTETS_FLOWING,
    OCTETS_ENDED,  /* all have been read */
    OCTETS_CUT,    /* the compressed stream ends before its end */
    OCTETS_BROKEN, /* it cannot be decoded, or the file cannot be read */
};

struct octets {
    const uint8_t *at, *end; /* in the window and not consumed yet */
    uint64_t end_offset;     /* of `end` in the capture */
    enum octets_state state;
    const char *trouble; /* what OCTETS_BROKEN means; static or the coding's */

    int fd; /* not owned */
    uint64_t stored_read;
    size_t next_read;

    uint8_t *window;             /* LIMIT_WINDOW octets */
    const struct coding *coding; /* NULL: the capture is stored as it is */
    void *coding_state;
    uint8_t *stored_window; /* LIMIT_STORED octets, where there is a coding */
    struct slice stored;    /* read and not decoded yet */
};

/* Begins at the descriptor's position, finds out the coding by the first octets. */
void octets_open(struct octets *octets, int fd);
void octets_close(struct octets *octets);

bool octets_fill(struct octets *octets, size_t count);

static inline size_t octets_left(const struct octets *octets)
{
    return (size_t)(octets->end - octets->at);
}

static inline uint64_t octets_offset(const struct octets *octets)
{
    return octets->end_offset - octets_left(octets);
}

/* Whether `count` (<= LIMIT_WINDOW) octets are at `at`, after reading more where needed. That moves
 * the window: what pointed into it is void. */
static inline bool octets_have(struct octets *octets, size_t count)
{
    return LIKELY(octets_left(octets) >= count) || octets_fill(octets, count);
}

/* Passes over `count` octets; false where there are fewer. */
bool octets_skip(struct octets *octets, uint64_t count);
