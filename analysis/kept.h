/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An exchange that is put away, to be read again when something else has come: its heads and all
 * that its struct says, in one block of about half the room. The exchange itself goes its way.
 */

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "decode/exchange.h"

struct kept;

struct kept *kept_new(const struct exchange *x);
void kept_free(struct kept *kept); /* accepts NULL */

/* Of its block. */
size_t kept_octets(const struct kept *kept);
/* As they were, valid as long as it is kept; absent where they were. */
struct slice kept_request_head(const struct kept *kept);
struct slice kept_response_head(const struct kept *kept);

/* The exchange as it was, but for its arena, which is empty: in `arena`, and its texts and tables
 * of fields valid as long as it is kept. */
const struct exchange *kept_read(const struct kept *kept, struct arena *arena);
