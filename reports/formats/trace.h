/* SPDX-License-Identifier: MIT */
#pragma once
/* The requests as a trace for cache simulators. */

#include "reports/exporters.h"

void trace_write(struct report *report);
