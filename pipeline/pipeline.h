/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The front door of pipeline/: the rooms joined, packets from a source through a decoder and an
 * analysis into a database, on as many threads as are asked for. Beside it, auditor.h is the way
 * from decode to the database, upkeep.h what is due by the clock, tally.h what a run says of
 * itself, stage.h a thread.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/error.h"
#include "capture/capture.h"
#include "capture/packet_ring.h"
#include "decode/decode.h"
#include "reports/audit/room.h"
#include "reports/live/progress.h"
#include "reports/live/watch.h"
#include "reports/options/host_filter.h"
#include "reports/reports.h"

struct pipeline_options {
    struct source *source;
    struct globs hosts, left_out; /* of --host and --leave-out */
    struct decoder_options decoder;
    struct analysis_options analysis;
    unsigned jobs; /* threads at work, up to 3 of them; 2 where packets are kept. The result is the
                      same */
    const char *options_json, *thresholds_json, *price; /* as struct run_facts has them */
    struct progress *progress;
    struct watch *watch;               /* who looks on; NULL: nobody */
    int64_t duration_ns;               /* stop after so long, by the system's clock; 0: never */
    uint64_t count;                    /* stop after so many packets; 0: never */
    const volatile sig_atomic_t *stop; /* not 0: read no more, finish with what there is */
    /* of a run without end; set back once seen, NULL: never */
    volatile sig_atomic_t *rotate; /* not 0: finish, with packets left in the source */
    volatile sig_atomic_t *tell;   /* not 0: counters to standard error */
    int64_t rotate_at_ns;          /* as if asked to rotate, by the system's clock; 0: never */
    struct room *room;             /* nothing is read while it is short; NULL: always enough */
    struct packet_ring *ring;      /* keeps the packets, and numbers them; NULL: nobody does */
    struct losses *losses;         /* added to; NULL: nobody asks */
};

/* What a disk without room cost, over all databases of a run. */
struct losses {
    uint64_t packets;   /* that the kernel had to drop while nothing was read */
    uint64_t exchanges; /* that could not be committed */
    int64_t paused_ns;
};

enum pipeline_end {
    PIPELINE_OVER,    /* the source has ended, or was asked to */
    PIPELINE_ROTATES, /* another database is wanted */
    PIPELINE_FULL,    /* the disk took no more: what was not committed is lost, *error says it */
};

struct pipeline_result {
    uint64_t exchanges; /* reported */
    uint64_t packets;   /* read */
    bool stopped;       /* by *stop */
    enum pipeline_end end;
};

/* Reads the source to its end, or to where another database is wanted, fills this one and finishes
 * it: on success it stands under its name. What was wrong with an input is left for source_input()
 * to tell. */
bool pipeline_run(const struct pipeline_options *options, struct database *database,
                  struct pipeline_result *result, struct error *error) MUST_USE;
