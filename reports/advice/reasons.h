/* SPDX-License-Identifier: MIT */
#pragma once
/* Words of the database (contract.md), for people: `coverage.reason` and `checks.guard`. */

/* A few words: "not audited: no keys". */
const char *reason_name(const char *reason);
/* A sentence without its full stop, the word itself where it is none of ours. */
const char *reason_meaning(const char *reason);
/* Why a rule was withheld, the word itself where it is none of ours. */
const char *guard_meaning(const char *guard);
