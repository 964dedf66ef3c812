/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a run owes its database beside rows: commits while it grows, a pause while the disk is full,
 * and the facts of the run at the end. All of it is done by the thread that reads while the others
 * stand still: nothing that it looks at needs a lock.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "pipeline/auditor.h"
#include "pipeline/pipeline.h"
#include "pipeline/tally.h"

struct upkeep {
    const struct pipeline_options *options;
    const struct decoder *decoder;
    const struct tally *tally;
    struct auditor *auditor;
    int64_t until_ns;                /* when the run ends, by the monotonic clock; only where
                                        options->duration_ns */
    int64_t checkpoint_ns, whole_ns; /* the same clock: when due */
    uint64_t committed;              /* exchanges */
    bool is_ring_broken;
};

/* By a signal, or by who looks on. */
bool is_stopped(const struct pipeline_options *options);
/* True once for each time that it was set; NULL: nobody can ask. */
bool was_asked(volatile sig_atomic_t *wish);

/* What is due by the clock in a run without end. False and *error where the database cannot be
 * written any more. */
bool upkeep_turn(struct upkeep *upkeep, struct error *error) MUST_USE;

/* Kept packets are on the disk before rows speak of them; a ring that fails says so once. */
void upkeep_flush_ring(struct upkeep *upkeep);

/* After the last row: the database stands under its name. */
bool upkeep_finish(struct upkeep *upkeep, struct error *error) MUST_USE;
