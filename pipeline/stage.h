/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A thread that works on batches, one after the other, in the order in which they were given. The
 * batches are made before it starts and go round for ever: empty to the one thread that fills them,
 * full to the stage, back when they are worked on. So much waits between two threads and no more,
 * the lock is taken once per batch, and memory that a batch carries comes home with it.
 *
 * Whatever the stage alone touches needs no lock: stage_new() and stage_free() are a border over
 * which everything that was written is seen.
 */

#include "base/attributes.h"

struct stage;

struct stage_hooks {
    void *context;
    void (*begin)(void *context); /* in its thread, before anything else; NULL: nothing */
    void (*work)(void *context, void *batch);
    void (*end)(void *context); /* in its thread, after the last batch; NULL: nothing */
};

#define STAGE_BATCHES 8 /* between two threads: enough that neither waits for a single slow one */

/* Starts the thread, with all signals blocked: they are the business of who reads. NULL where the
 * machine has no thread left. */
struct stage *stage_new(const struct stage_hooks *hooks,
                        void *const batches[STAGE_BATCHES]) MUST_USE;

/* An empty batch, to be filled; waits until there is one. */
void *stage_take(struct stage *stage) MUST_USE;

/* Hands a batch on to be worked on. */
void stage_give(struct stage *stage, void *batch);

/* Waits until all that was given is worked on; `held` batches were taken and are not given back.
 * Until the next one is given the stage stands still, and what it wrote is seen by who waited. */
void stage_wait(struct stage *stage, unsigned held);

/* Waits until all is worked on, and ends the thread. Accepts NULL. */
void stage_free(struct stage *stage);
