/* SPDX-License-Identifier: MIT */
#pragma once
/* The captures that were analysed, to be read once more: are they still the ones? Of a ring of
 * packets nothing is asked: its files come and go, and an exchange is known by its time. */

#include <stdbool.h>

#include "base/attributes.h"
#include "base/error.h"
#include "capture/capture.h"
#include "reports/evidence/plan.h"

/* False and *error where `output` is one of them: it would be lost, and with it the evidence of all
 * other findings. NULL is standard output. */
bool captures_lack(const struct evidence_plan *plan, const char *output,
                   struct error *error) MUST_USE;

/* By what the files are, before they are read. */
bool captures_are_the_same(const struct evidence_plan *plan, struct error *error) MUST_USE;

/* Under the same filter and limits as then; NULL and *error where one cannot be opened. To be
 * closed by source_close(). */
struct source *captures_open(const struct evidence_plan *plan, struct error *error) MUST_USE;

/* By their packets, once `source` has been read to its end. */
bool captures_have_the_same_times(const struct evidence_plan *plan, const struct source *source,
                                  struct error *error) MUST_USE;
