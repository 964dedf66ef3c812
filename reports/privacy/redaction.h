/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * --redact: an audit as if it had been recorded with --privacy strict. What a report then reads is
 * a private copy of the database, in which every value has been through privacy.h; so no format,
 * now or later, can tell what it does not know. The pseudonyms' key is the copy's own, or that of
 * a file (pseudonym.h).
 */

#include "reports/audit/audit.h"

/* As audit_open(), of a copy that is gone when it is closed. The audit itself is there too, as the
 * schema `whole`, for who has to look for what the copy no longer tells. */
bool redaction_open(struct audit *audit, const char *path, const char *key_file,
                    struct error *error) MUST_USE;

/* What was chosen, as it may be told: whom was looked for is not. Nothing in it is owned. */
struct selection redaction_of_selection(const struct selection *selection);
