/* SPDX-License-Identifier: MIT */
#pragma once
/* The summary for people at a terminal, as an exporter. */

#include "reports/exporters.h"

void summary_write(struct report *report);
