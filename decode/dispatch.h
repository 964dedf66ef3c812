/* SPDX-License-Identifier: MIT */
#pragma once
/* The decoder behind the dissector, for tests and benches: with protocols of their own, fed with
 * segments instead of packets. */

#include "decode/decode.h"
#include "decode/protocol.h"
#include "decode/segment.h"

/* `list` as protocols[]; outlives the decoder. */
struct decoder *decoder_new_with(const struct decoder_options *options,
                                 const struct decode_sink *sink,
                                 const struct protocol *const *list);

/* A segment as a packet would bring it: gives it the next ordinal, and advances the clock to its
 * time, first. */
void decoder_segment(struct decoder *decoder, struct segment *segment);
