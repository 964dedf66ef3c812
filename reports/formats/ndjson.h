/* SPDX-License-Identifier: MIT */
#pragma once
/* One exchange or finding a line, for what ships logs. docs/reports.md has the names. */

#include "reports/exporters.h"

void ndjson_write(struct report *report);

/* The findings whose ids are larger than `after`, at most `most` of them (-1: all); returns the id
 * of the last one, or `after`. */
int64_t ndjson_findings(struct audit *audit, int64_t after, int64_t most, FILE *to);
