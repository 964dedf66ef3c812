/* SPDX-License-Identifier: MIT */
#pragma once
/* One exchange or finding a line, for what ships logs. docs/reports.md has the names. */

#include "reports/exporters.h"

void ndjson_write(struct report *report);
