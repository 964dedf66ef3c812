/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A body on its way: how much of it is still to come, its octets counted and its content hashed as
 * they pass. Nothing of it is kept.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/chunked.h"
#include "decode/entropy.h"
#include "decode/exchange.h"
#include "decode/http1_framing.h"

struct body {
    uint64_t left;                /* FRAMING_LENGTH: octets to come */
    struct chunked chunked;       /* FRAMING_CHUNKED */
    struct slice run;             /* content that was not hashed yet; borrowed, see body_park() */
    struct entropy *entropy;      /* of a sample that came in more than one run, until it is full */
    struct digest_stream *stream; /* what was hashed, where it came in more than one run */
    uint8_t kind;                 /* enum framing_kind */
    bool is_hashed;
    bool is_sampled;         /* and its entropy is wanted, and not yet known */
    uint16_t sampled_octets; /* as in struct message, once it is known */
    uint16_t centibits;
};

enum body_state { BODY_MORE, BODY_DONE, BODY_BROKEN };

/* `is_hashed`: its digest is wanted; `is_sampled`: its entropy too. */
void body_begin(struct body *body, const struct framing *framing, bool is_hashed, bool is_sampled);

/* Takes octets into *message; *used of them belong to the body. */
enum body_state body_take(struct body *body, struct slice bytes, struct message *message,
                          size_t *used);

/* `length` octets are lost. BODY_BROKEN where the rest cannot be joined: nothing is skipped then,
 * but what a known length says is counted as content. */
enum body_state body_skip(struct body *body, uint64_t length, struct message *message);

/* The octets that were taken go away: hashes what was put off. One digest of one run is cheaper
 * than a stream of one run, so hashing waits as long as it can. */
void body_park(struct body *body);

/* All of it was seen: sets the digest, and the entropy where it was wanted. */
void body_finish(struct body *body, struct message *message);

/* Gives up hashing; harmless after body_finish(). */
void body_drop(struct body *body);

/* Flaws of a chunked body so far. */
uint64_t body_flaws(const struct body *body);
