/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the copies of packets must not tell: a secret becomes letters that are the same for the same
 * secret within one file and tell nothing else, so that two users stay two. Where heads alone are
 * wanted, bodies are left out too.
 */

#include <stdbool.h>
#include <stdint.h>

#include "reports/evidence/line.h"
#include "reports/privacy/privacy.h"

struct masking {
    struct pseudonyms *pseudonyms; /* borrowed */
    bool with_credentials, heads_only;
    unsigned packets;  /* that were changed */
    uint64_t left_out; /* octets of bodies */
};

/* In the copies of its pieces; sorts its heads. */
void mask_line(struct masking *m, struct line *line);
