/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Between the shards and the sink: while a packet is worked on, one shard speaks and all passes; in
 * a tick many do, and what they say is kept and put in an order that does not depend on which one
 * was asked first.
 */

#include <stdbool.h>
#include <stddef.h>

#include "decode/decode.h"

struct outbox {
    const struct decode_sink *to;
    struct decode_sink from; /* what shards are given */
    bool keeps;
    struct exchange **exchanges;
    struct asked *asked; /* what a gap had held back may be read when it is given up */
    struct loss *losses;
    struct connection *connections;
    size_t n_asked, n_exchanges, n_losses, n_connections;
    size_t room_asked, room_exchanges, room_losses, room_connections;
};

void outbox_init(struct outbox *outbox, const struct decode_sink *to);
void outbox_fini(struct outbox *outbox);

/* From now on nothing passes... */
void outbox_keep(struct outbox *outbox);
/* ...until now: who was asked, by address; exchanges by (finished_ns, finished_ordinal, index),
 * losses by server and time, then connections by id. */
void outbox_pass(struct outbox *outbox);
