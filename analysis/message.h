/* SPDX-License-Identifier: MIT */
#pragma once
/* The sentence of a finding: the verdict's message with its words put in, why it was demoted, and
 * what an estimate rests on. Octets of the wire come through as they are: escape before printing.
 */

#include "analysis/estimates.h"
#include "analysis/rules.h"
#include "base/arena.h"

/* In the arena. Words longer than MESSAGE_WORD octets are cut, with "..." at the end. */
#define MESSAGE_WORD 200
struct slice message_compose(const struct verdict *v, const struct size_estimate *size_of_304,
                             struct arena *arena) COLD;
