/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Who audits: analysis on one side, database on the other. All of it belongs to the thread that
 * audits, but for what is said to be another's; while the others stand still (`is_settled`) the
 * thread that reads may do all of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "capture/packet_ring.h"
#include "decode/decode.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage.h"
#include "reports/audit/rows_batch.h"
#include "reports/live/status.h"
#include "reports/live/watch.h"
#include "reports/options/host_filter.h"
#include "reports/reports.h"

enum { FILES_NAMED = 64 }; /* one that is told again does no harm */

struct auditor {
    struct analysis *analysis;
    struct host_filter *hosts; /* NULL: all */
    uint64_t exchanges;        /* reported */
    struct status_facts status;
    struct watch *watch;       /* NULL: nobody looks on */
    struct stage *writing;     /* NULL: this thread does it */
    struct rows_batch *rows;   /* being filled; else NULL */
    struct exchange_list done; /* nobody needs them any more */
    bool is_settled;           /* no row is deferred: the database itself is told */

    /* of the thread that writes */
    struct database *database;
    struct packet_ring *ring;    /* NULL: packets are numbered by their interface */
    uint32_t named[FILES_NAMED]; /* files of the ring that the database knows the names of */
};

/* Borrows options, database, watch and ring until auditor_fini(); nobody writes but this one until
 * `writing` is set. */
void auditor_init(struct auditor *auditor, const struct pipeline_options *options,
                  struct database *database);
void auditor_fini(struct auditor *auditor);

/* What decode is to tell, as it tells it; exchanges that are done with are in `done`, or in
 * exchange_gathered() of the thread that calls. */
struct decode_sink auditor_sink(struct auditor *auditor);

/* Only where another thread writes: an empty batch is taken from it, and a full one handed on. */
void auditor_begin_rows(struct auditor *auditor);
void auditor_hand_on_rows(struct auditor *auditor);

/* Checks and coverage are sums: they begin anew whenever they are told. */
void auditor_begin_sums(struct auditor *auditor);
void auditor_tell_sums(struct auditor *auditor, const struct decoder *decoder);
