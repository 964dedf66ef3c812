/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a run can say of itself: how many packets, from when to when, out of which inputs, what was
 * dropped before they came here, and which caps were reached.
 */

#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "pipeline/pipeline.h"
#include "reports/reports.h"

/* Packets, as far as kernel and interface have told. */
struct drops {
    uint64_t by_kernel, by_interface;
};
struct drops drops_of(const struct source *source);

/* Of one database. */
struct tally {
    uint64_t packets;
    int64_t first_ns, last_ns; /* smallest and largest packet time */
    struct drops before;       /* this database began */
};
void tally_packet(struct tally *tally, int64_t time_ns);

/* The names of a source's inputs as the database keeps them (run.inputs), to be freed. */
char *tally_inputs_json(const struct source *source) MUST_USE;

/* As it stands; who looks on is told all counters. Borrows from the options; the rest is to be
 * freed by tally_facts_free(). */
struct run_facts tally_facts(const struct tally *tally, const struct pipeline_options *options,
                             const struct decoder *decoder, const struct analysis *analysis);
void tally_facts_free(struct run_facts *facts);
