/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Exchanges taken out of a database, with their findings, heads and whatever belongs to them alone.
 * What they came to stays: in the totals, in their issues, by rule, by hour, and as one row of what
 * was let go (`let_go`), so that what remains and what went are still the totals.
 *
 * First their ids go into the table `slice`, by a statement of the caller; then deletion_run().
 * Exchanges against which accusations wait must not be among them.
 */

#include <stdint.h>

#include "reports/audit/sql.h"

/* Temporary tables and, since findings are looked up by their exchange, indices. */
void deletion_prepare(struct sql *sql);

/* Of the exchanges that went, those that a proxy sent for others: totals never counted them. */
struct deletion_inners {
    int64_t exchanges, observed, retransmitted;
};
void deletion_run(struct sql *sql, struct deletion_inners *inners);

/* Connections all of whose exchanges have gone, up to `most` of them. */
void deletion_of_connections(struct sql *sql, int most);
