/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Two audits of the same service, before and after a change: what became of each issue. Four
 * states, by issue key:
 *
 *   fixed           it is gone, although its URLs were asked for again often enough, in the way
 * that the rule looks at, and the rule examined as many exchanges remaining       it is in both new
 * it was not there before not exercised   it is gone, and nobody can say why: only what is fixed
 * counts as saved
 *
 * Octets are those of certain and likely findings. What is saved is what the issue would have cost
 * with the later audit's traffic, at the rate per request of the earlier one.
 */

#include <stdio.h>

#include "reports/options/options.h"

struct comparison {
    const char *before, *after; /* databases */
    const char *format;         /* "terminal", "json", "markdown" */
    struct summary_options layout;
    int64_t min_exercised;
    int64_t top; /* issues of each state; 0: the format's own number */
    const struct compare_fail_on *fail_on;
};

/* False and ERROR_USAGE where there is no such format. */
bool comparison_is_format(const char *format, struct error *error) MUST_USE;

/* Prints the comparison, where `to` is not NULL; *fails: --fail-on is met. */
bool comparison_print(const struct comparison *comparison, FILE *to, bool *fails,
                      struct error *error) MUST_USE;
