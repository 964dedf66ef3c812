/* SPDX-License-Identifier: MIT */
#pragma once
/* How a run without end is getting on: a line that is drawn over on a terminal, else one line in
 * the log every minute. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct status {
    FILE *to; /* NULL: nothing is told */
    bool is_terminal, visible;
    double told; /* seconds of the monotonic clock; 0: never */
};

/* Sums since the run began. */
struct status_facts {
    uint64_t packets, exchanges, findings, dropped;
    uint64_t avoidable_bytes;      /* certain and likely */
    uint64_t bytes, audited_bytes; /* of all traffic; of that which could be read */
};

void status_init(struct status *status, FILE *to, bool wanted);
void status_update(struct status *status, const struct status_facts *facts);
void status_clear(struct status *status);

/* What is told, without line end. */
void status_text(char *text, size_t size, const struct status_facts *facts);
