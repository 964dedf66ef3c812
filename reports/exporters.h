/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A report on its way: an exporter reads the audit's views and writes to a stream. What was asked
 * for by --host, --rule and the like is in the views already (selection.h), so that an exporter
 * asks `exchanges`, `findings`, `issues`, `totals` and `connections` as if the audit held nothing
 * else.
 *
 * Trouble sticks where it happens: a query that fails has no rows (audit.h), a stream that cannot
 * be written is told by ferror(). An exporter looks after neither.
 */

#include <stdint.h>
#include <stdio.h>

#include "reports/audit/audit.h"
#include "reports/reports.h"

struct report {
    struct audit *audit;
    FILE *to;
    const struct report_options *options;
};

struct exporter {
    const char *name; /* of --format */
    const char *what; /* one line, for people */
    void (*write)(struct report *report);
};

/* The list, one row for each; NULL past its end, or where there is none of that name. */
const struct exporter *exporter_at(unsigned index);
const struct exporter *exporter_by_name(const char *name);

/* How many rows of a list are wanted: --top, or else `usual` (0: all). For LIMIT: -1 is all. */
int64_t report_rows(const struct report *report, int64_t usual);

/* report_print() of an audit that is open, and stays so. */
bool report_print_open(struct audit *audit, FILE *to, const struct report_options *options,
                       struct error *error) MUST_USE;
