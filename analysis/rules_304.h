/* SPDX-License-Identifier: MIT */
#pragma once
/* What other families ask about a 304. */

#include "analysis/evidence.h"
#include "analysis/truth.h"

/* Could If-Modified-Since have been the server's reason? YES and NO: as far as Last-Modified of the
 * 304, or of the 200 with its tag, tells. */
enum truth date_explains_304(const struct evidence *e);

/* The 304 itself is the defect: then what it lacks is no second one (rules.md §3.7). */
bool is_defective_304(const struct facts *x);
