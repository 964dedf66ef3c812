/* SPDX-License-Identifier: MIT */
#pragma once
/* One of the views as a table (RFC 4180), fit to be opened in a spreadsheet. */

#include "reports/exporters.h"

void csv_write(struct report *report);

/* What --table may say; NULL past the end. */
const char *csv_table(unsigned index);
bool csv_has_table(const char *name);

/* A field: quoted where it must be, on one line, and no formula. */
void csv_put_text(FILE *to, struct slice text);
