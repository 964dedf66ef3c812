/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Sums of a run without end, as Prometheus reads them (text format 0.0.4). metrics.def names them;
 * docs/live.md lists them. What is known of single exchanges and findings is counted as it comes;
 * what is told as sums (checks, coverage, counters, inputs) replaces what was told before.
 */

#include <stdint.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "capture/capture.h"
#include "decode/decode.h"

struct metrics;

/* Opens what it reads about the process: before the sandbox. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* accepts NULL */

void metrics_exchange(struct metrics *metrics, const struct assessed *assessed);
void metrics_finding(struct metrics *metrics, const struct finding *finding);

/* Checks, coverage and what counters say are told anew from here on. */
void metrics_begin_checks(struct metrics *metrics);
void metrics_begin_counters(struct metrics *metrics);
void metrics_check(struct metrics *metrics, const struct check *check);
void metrics_coverage(struct metrics *metrics, const struct coverage *coverage);
void metrics_counter(struct metrics *metrics, const char *name, bool is_cap, uint64_t value);
/* As they stand now; `source` is asked, not kept. */
void metrics_inputs(struct metrics *metrics, const struct source *source);
void metrics_commit(struct metrics *metrics, int64_t took_ns);
void metrics_lines(struct metrics *metrics, uint64_t written, uint64_t dropped);
void metrics_scrape(struct metrics *metrics);

/* All of it. */
void metrics_print(const struct metrics *metrics, FILE *to);

/* The content of a label's value: what the format gives a meaning is escaped, and octets that are
 * no UTF-8 become U+FFFD. */
void metrics_put_label(FILE *to, struct slice text);
