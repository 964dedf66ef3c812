/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The ledger: the only place that counts octets as avoidable or as opportunity (rules.md §3.6 with
 * A25 to A28). An exchange is settled once, when its last accusation has been closed: the rules
 * claim in the ledger's order from what is left of its four counters, so that nothing is counted
 * twice and all claims together never pass what was seen.
 */

#include <stdint.h>

#include "analysis/estimates.h"
#include "analysis/rules.h"

enum counter_of_exchange { REQUEST_HEADER, REQUEST_BODY, RESPONSE_HEADER, RESPONSE_BODY, FOUR };

struct ledger_claim {
    const struct rule *rule;
    struct claim claim;
    /* filled by ledger_settle() */
    uint64_t avoidable, opportunity;
    uint64_t standalone; /* if it were alone; also where it is waived */
};

/* Claims may come in any order; among equals of the ledger's order the first comes first. */
void ledger_settle(const uint64_t observed[FOUR], uint64_t size_of_304, struct ledger_claim *claims,
                   unsigned n_claims);
