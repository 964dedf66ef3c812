/* SPDX-License-Identifier: MIT */
#pragma once
/* What the front door asks about accusations of a 304 that are decided by what follows it. */

#include "analysis/rules.h"

/* Is this conditional request one that only an ignored 304 explains: fresh by it, stale without it,
 * from a client that heeds lifetimes? */
bool ignores_update(const struct evidence *e);
/* Is this 200 the refetch of what a 304 had just confirmed? */
bool is_refetch_after_304(const struct evidence *e);
/* The verdict on that 304. */
void accuse_304_before_refetch(struct verdict *v, enum confidence confidence);
