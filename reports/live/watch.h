/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Those who look on while a run without end goes on: the metrics, the stream of findings, the
 * full-screen view or the line of status, and the service manager. The pipeline tells them what comes, and gives them a turn often; none of them
 * ever waits for anybody. Everything that a looker needs is opened before the sandbox.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "base/error.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "reports/audit/audit.h"
#include "reports/live/status.h"

struct watch_options {
    const char *metrics; /* where to listen; NULL: nowhere */
    const char *ndjson;  /* a file, or "-"; NULL: none */
    bool quiet;          /* no line of status */
    const char *screen;  /* the title of a full-screen view, where there is a terminal; NULL: none */
    bool color;          /* of it */
};

struct watch;

/* `audit`, which must outlive it, is the database that grows. NULL and *error where something
 * cannot be opened. */
struct watch *watch_open(const struct watch_options *options, struct audit *audit,
                         struct error *error) MUST_USE;
/* Does it listen for connections? The sandbox then has to let them in. */
bool watch_serves(const struct watch *watch);

/* As the sinks bring it. All of these accept NULL: nobody looks on. */
void watch_exchange(struct watch *watch, const struct assessed *assessed);
void watch_finding(struct watch *watch, const struct finding *finding);
/* Checks and coverage are told anew. */
void watch_begin_standing(struct watch *watch);
void watch_check(struct watch *watch, const struct check *check);
void watch_coverage(struct watch *watch, const struct coverage *coverage);
/* Counters are told anew. */
void watch_begin_counters(struct watch *watch);
void watch_counter(struct watch *watch, const char *name, bool is_cap, uint64_t value);
/* The database was committed, which took so long. */
void watch_commit(struct watch *watch, const struct source *source,
                  const struct status_facts *facts, int64_t took_ns);
/* Often, at least every 100 ms; now_ns of the monotonic clock. */
void watch_turn(struct watch *watch, int64_t now_ns);
/* Somebody wants the run to end, now or before. */
bool watch_wants_end(const struct watch *watch);
/* The run ends: what is still to come is no longer shown. */
void watch_stop(struct watch *watch);
/* No packet comes any more; the database is finished. */
void watch_finish(struct watch *watch);
/* Another database begins; the `audit` of watch_open() reads it now. */
void watch_rotated(struct watch *watch);
/* Takes the line of status away, before somebody else writes to standard error. */
void watch_clear_line(struct watch *watch);
void watch_close(struct watch *watch);
