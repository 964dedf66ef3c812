/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The heads of the latest exchanges, in bounded memory: an accusation may wait until its exchange,
 * and what it rests on, have gone home, and the database keeps the heads of both (contract.md).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct recent_heads;

struct recent_heads *recent_heads_new(void);
void recent_heads_free(struct recent_heads *recent); /* accepts NULL */

/* Copies the heads of an exchange; one that was not seen is absent. */
void recent_heads_keep(struct recent_heads *recent, uint64_t id, struct slice request,
                       struct slice response);

/* False where they are not kept, or no longer. Valid until the next recent_heads_keep(). */
bool recent_heads_find(const struct recent_heads *recent, uint64_t id, struct slice *request,
                       struct slice *response);
