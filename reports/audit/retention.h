/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How long a database that grows keeps what: exchanges older than an age go, and the oldest where
 * the file would become larger than was allowed. A little at a time, so that reading packets never
 * waits long; what they came to stays (deletion.h). Texts go once nothing that is left can speak of
 * them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "reports/audit/deletion.h"
#include "reports/audit/exchange_rows.h"
#include "reports/audit/finding_rows.h"
#include "reports/audit/sql.h"

struct retention {
    struct sql *sql;
    struct exchange_rows *exchanges;
    struct finding_rows *findings;
    int64_t keep_us;     /* 0: any age */
    uint64_t max_octets; /* 0: any size */
    int64_t cursor;      /* exchanges up to here were looked at in this round */
    int64_t next_us;     /* nothing is due before */
    int64_t epoch_first; /* exchange that the latest epoch began with */
};

/* Octets in use, from where on the oldest go: what comes between two looks has to fit above. */
uint64_t retention_threshold(uint64_t max_octets);
/* An eighth of what is kept: texts stay for at most so much longer. */
bool retention_begins_epoch(int64_t oldest, int64_t newest, int64_t epoch_first);

/* Of a database that may go on; `now_us` of the system's clock. */
void retention_begin(struct retention *retention, struct sql *sql);
/* A slice of what is due, if anything. */
void retention_turn(struct retention *retention, int64_t now_us, struct deletion_inners *inners);
