/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How a capture file may be compressed: one const row per coding, listed in octets.c. A coding
 * turns stored octets into capture octets, piece by piece, and knows whether its stream is whole.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define CODING_MAGIC 4 /* octets that claims() wants to see */

struct coding {
    const char *name;
    /* Whether a file that starts so is of this coding. */
    bool (*claims)(struct slice start);
    void *(*open)(void);
    /* Takes octets off *stored and writes up to `room` (> 0) to `out`; returns how many. 0 says
     * that it needs more of *stored, or, with *trouble set, that the stream is broken. */
    size_t (*decode)(void *state, struct slice *stored, uint8_t *out, size_t room,
                     const char **trouble);
    /* Whether the stored octets may end here. */
    bool (*is_whole)(const void *state);
    void (*close)(void *state);
};

extern const struct coding coding_gzip, coding_zstd;
