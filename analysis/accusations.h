/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What waits: exchanges of which some accusation cannot be judged yet. They are kept (with their
 * heads, where it takes them to judge again) until a later 200 of the same URL, a count, the time
 * in which losses are told, the window, the end of the capture or a cap closes them. This module
 * knows where they wait and for how long; judging is the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/accused.h"

/* Exchanges in order of entry. */
struct line {
    struct accused *oldest, *newest;
    uint64_t count;
};

struct accusation_hooks {
    void *context;
    /* Judge what is UNJUDGED: afterwards every such accusation is CLOSED. */
    void (*judge)(void *context, struct accused *accused);
    /* Its reference has come: may close what is UNJUDGED and need not wait on. */
    void (*reconsider)(void *context, struct accused *accused);
    /* Nothing of it is open any more: settle it, tell it, free it. */
    void (*settle)(void *context, struct accused *accused);
};

struct accusations;

struct accusations *accusations_new(const struct accusation_hooks *hooks, int64_t window_ns,
                                    uint32_t scale);
void accusations_free(struct accusations *accusations); /* accepts NULL; nothing may wait */

/* Takes it: at least one of its accusations is open. `resource` may be NULL where none of them
 * waits for a reference. */
void accusations_add(struct accusations *accusations, struct accused *accused,
                     struct resource *resource, int64_t now_ns);
/* Puts one of its accusations into the queue of a count. Before accusations_add(). */
void tally_add(struct accusations *accusations, struct tally *tally, struct accusation *accusation);

/* The reference that it waited for has come: from now on it waits for losses, if for anything. */
void accusations_ripen(struct accusations *accusations, struct accused *accused, int64_t now_ns);

/* Closes those of the tally for which `confirms` says so: they stand, or fall (unless_confirmed),
 * or wait on for losses (ripens). */
void tally_confirm(struct accusations *accusations, struct tally *tally,
                   bool (*confirms)(const void *context, const struct accusation *accusation),
                   const void *context, int64_t now_ns);
/* From now on all of the tally is presumed. */
void tally_presume(struct tally *tally);
/* Closes all of the tally: they fall. */
void tally_withdraw(struct accusations *accusations, struct tally *tally);
/* Closes those of the tally for which `applies` says so: unconfirmed. */
void tally_reject(struct accusations *accusations, struct tally *tally,
                  bool (*applies)(const void *context, const struct accusation *accusation),
                  const void *context);
/* Closes all of the tally, which is about to be forgotten: what was presumed stands. */
void tally_drop(struct accusations *accusations, struct tally *tally);

/* Closes what waits for a 200 of this URL, which is about to be forgotten. */
void accusations_forget(struct accusations *accusations, struct resource *resource);
/* Closes what has waited long enough. */
void accusations_expire(struct accusations *accusations, int64_t now_ns);
/* Closes everything, the oldest first. */
void accusations_finish(struct accusations *accusations);

struct accusation_counts {
    uint64_t pushed_out, unheld_pushed_out, brief_pushed_out, tallies_full;
};
struct accusation_counts accusation_counts(const struct accusations *accusations);
