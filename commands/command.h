/* SPDX-License-Identifier: MIT */
#pragma once
/* What the commands share: exit codes, and what the command line means to the rooms.
 */

#include <stdbool.h>

#include "pipeline/pipeline.h"
#include "reports/options/options.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAIL_ON = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_OUTPUT = 4,
    EXIT_NOTHING = 5,
};

int code_of(const struct error *error); /* of enum exit_code */

/* How a summary on standard output is laid out. */
struct summary_options layout(const struct options *options);

/* Says what was wrong with inputs; true where one broke before its end. */
bool tell_input_troubles(const struct source *source, bool quiet);

/* What the command line asks of the pipeline; borrows from both until pipeline_options_fini(). */
struct pipeline_options pipeline_options_of(const struct options *options, struct source *source);
void pipeline_options_fini(struct pipeline_options *pipeline);

/* The commands: each does its work through the front doors of the rooms and returns an exit code,
 * EXIT_USAGE and above only with *error filled, EXIT_NOTHING and those of signals excepted. */
int run_analyze(const struct options *options, struct error *error);
int run_compare(const struct options *options, struct error *error);
int run_evidence(const struct options *options, struct error *error);
int run_explain(const struct options *options, struct error *error);
int run_forget(const struct options *options, struct error *error);
int run_live(const struct options *options, struct error *error);
int run_report(const struct options *options, struct error *error);
int run_rules(const struct options *options, struct error *error);
