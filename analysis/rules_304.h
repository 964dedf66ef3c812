/* SPDX-License-Identifier: MIT */
#pragma once
/* What other families ask about a 304. */

#include "analysis/evidence.h"
#include "analysis/truth.h"

/* Could If-Modified-Since have been the server's reason? YES and NO: as far as Last-Modified of the
 * 304, or of the 200 with its tag, tells. */
enum truth date_explains_304(const struct evidence *e);
bool may_be_mispaired(const struct evidence *e);

/* The 304 itself is the defect: then what it lacks is no second one (rules.md §3.7). */
bool is_defective_304(const struct facts *x);

/* The sign of a deployment in between: the server's software says another name. */
bool is_another_software(const struct evidence *e, const struct representation *r);

/* Was something lost (A10) from the reference before to the 304, and on to the reference after or
 * to what was heard last? The hour before the 304 counts too: another 304 or 200 in it could excuse
 * this one. */
bool reference_is_tainted(const struct evidence *e);
