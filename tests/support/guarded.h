/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Octets whose end touches a page that nobody may read: a parser that looks one octet too far dies
 * at once, with or without sanitizers.
 */

#include <stddef.h>

#include "base/slice.h"

struct guarded {
    uint8_t *map;
    size_t size; /* of the readable part */
};

/* Room for at least `room` octets. */
struct guarded guarded_new(size_t room);
void guarded_free(struct guarded *guarded);

/* A copy of `s` at the end of the room. What was there before is overwritten first, so that nobody
 * profits from octets that he should not have kept. */
struct slice guarded_place(struct guarded *guarded, struct slice s);
