/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is left of a frame while its layers are taken off: the octets that were captured, and how
 * many there were on the wire. The two differ where the snaplen cut the frame, and every layer that
 * has a length of its own narrows both.
 */

#include <stddef.h>

#include "base/slice.h"

struct layer {
    struct slice bytes; /* borrowed */
    size_t wire;        /* octets on the wire, >= bytes.len */
};

/* Takes `n` octets off the front; `n` <= bytes.len. */
static inline void layer_skip(struct layer *layer, size_t n)
{
    layer->bytes.at += n;
    layer->bytes.len -= n;
    layer->wire -= n;
}

/* The layer ends after `length` octets; what follows is padding. */
static inline void layer_cut(struct layer *layer, size_t length)
{
    if (length < layer->wire)
        layer->wire = length;
    layer->bytes = slice_first(layer->bytes, length);
}
