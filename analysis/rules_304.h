/* SPDX-License-Identifier: MIT */
#pragma once
/* What other families ask about a 304. */

#include "analysis/evidence.h"
#include "analysis/truth.h"

struct verdict;

/* Could If-Modified-Since have been the server's reason? YES and NO: as far as Last-Modified of the
 * 304, or of the 200 with its tag, tells. */
enum truth date_explains_304(const struct evidence *e);

/* A 304 that does not fit its request, in the first exchange of a connection met in the middle, may
 * be the answer to a request that was pipelined before. */
bool may_be_mispaired(const struct evidence *e);

/* The 304 itself is the defect: then what it lacks is no second one (rules.md §3.7). */
bool is_defective_304(const struct facts *x);

/* The 200s around it are a weaker witness where responses were lost in between, or where the URL
 * had been forgotten. */
void demote_for_gaps(const struct evidence *e, struct verdict *v);
