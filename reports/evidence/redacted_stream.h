/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One direction of a connection, without what tells of anybody: heads as --privacy strict would
 * have them, contents as letters. Heads change their length, so every octet gets a new place; what
 * is asked for by its old place, a segment, what repeats it, what acknowledges it, fits as before.
 *
 * Places are octets from the direction's first one that is known; what lies before is negative.
 */

#include "reports/evidence/heads.h"
#include "reports/privacy/privacy.h"

struct redacted_stream;

/* `privacy` is borrowed, strict, and has `keeps_apart` set. */
struct redacted_stream *redacted_stream_new(const struct privacy *privacy);
void redacted_stream_free(struct redacted_stream *stream); /* accepts NULL */

/* The octets from place `from` on, without a hole; the heads in them in their order. Runs are added
 * in their order, and do not touch each other. */
void redacted_stream_add(struct redacted_stream *stream, uint64_t from, struct slice run,
                         const struct head_place *heads, size_t n_heads);

/* Where that octet is now. */
int64_t redacted_stream_place(const struct redacted_stream *stream, int64_t place);

/* What has become of the octets [from, until), which lie in one run. Borrowed from the stream. */
struct slice redacted_stream_octets(const struct redacted_stream *stream, uint64_t from,
                                    uint64_t until);
