/* SPDX-License-Identifier: MIT */
#pragma once
/* The audit for a ticket or a pull request. */

#include "reports/exporters.h"

void markdown_report_write(struct report *report);
