/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which value stands behind what was written for it, while the database is being written: an
 * accusation may come long after its exchange, and its issue's key is made of the true values. In
 * memory only, for hosts, addresses of servers and URL patterns that were changed; gone with the
 * process.
 */

#include "base/slice.h"
#include "reports/audit/sql.h"
#include "reports/privacy/privacy.h"

struct originals;

/* `sql` must outlive it. NULL at PRIVACY_FULL, which the functions below accept. */
struct originals *originals_new(struct sql *sql, const struct privacy *privacy);
void originals_free(struct originals *originals);

/* `shown` is written in place of `value`. */
void originals_note(struct originals *originals, struct slice shown, struct slice value);
/* What `shown` was written for; itself where nothing was noted. Borrowed until it is asked again.
 */
struct slice originals_of(struct originals *originals, struct slice shown);
