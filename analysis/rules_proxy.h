/* SPDX-License-Identifier: MIT */
#pragma once
/* What others ask about responses of caches. */

#include "analysis/facts.h"
#include "analysis/truth.h"

/* Its Age has reached its explicit lifetime, so that nobody may reuse it (A23). */
bool arrives_stale(const struct facts *x, enum cache_kind kind);

/* Was the client's condition false, so that 304 was due to it? */
bool client_was_due_304(const struct facts *x);
