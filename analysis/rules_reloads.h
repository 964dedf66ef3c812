/* SPDX-License-Identifier: MIT */
#pragma once
/* What other families ask about reloads. */

#include "analysis/evidence.h"

/* Does immutable-revalidated speak of this revalidation? Then it is not accused twice. */
bool is_immutable_kept(const struct evidence *e);
