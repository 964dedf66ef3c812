/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Sums by key over rows that come in any order: SQLite would sort a million rows to add them up.
 * The sums lie in a hash table of bounded size; when it is full they are poured into a table of the
 * schema `temp` and begin anew. So a key may have several rows there, and who reads them adds up.
 */

#include <stdint.h>

#include "base/attributes.h"
#include "reports/audit/audit.h"

#define GROUP_KEYS 4 /* at most */
#define GROUP_SUMS 8 /* at most */

struct group_sums;

/* `table` exists: its first `keys` columns are the key, the next `sums` ones the sums. */
struct group_sums *group_sums_new(struct audit *audit, const char *table, unsigned keys,
                                  unsigned sums) MUST_USE;
/* Adds to each sum of a key. */
void group_sums_add(struct group_sums *groups, const int64_t *key, const int64_t *sums);
/* Pours what is left; failures stick to the audit. */
void group_sums_free(struct group_sums *groups);
