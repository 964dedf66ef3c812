/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What ideal caches would have left of the traffic: a private one in front of each client, and one
 * shared by all, for capacities from 1 MiB on. Ideal: it knows without asking whether what it has
 * is still current, and stores whatever RFC 9111 §3 lets it store. No real cache does better;
 * docs/what-if.md has the model.
 */

#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/model.h"

struct whatif;

/* `scale`: of all caps, in 1/256. */
struct whatif *whatif_new(uint32_t scale);
void whatif_free(struct whatif *whatif); /* accepts NULL */

/* After model_learn(). */
void whatif_exchange(struct whatif *whatif, const struct inspection *inspection);
/* As legs_hooks.pair: the inner one does not count. It may be the one that comes next. */
void whatif_pair(struct whatif *whatif, uint64_t inner_id, uint64_t outer_id);

/* The private caches, then the shared ones by capacity, up to that which is as good as
 * one without limit, and that one. Call once, last. */
void whatif_finish(struct whatif *whatif, void (*each)(void *context, const struct what_if *row),
                   void *context);

/* Inner exchanges that counted, because they were known as such too late. */
uint64_t whatif_pairs_late(const struct whatif *whatif);
