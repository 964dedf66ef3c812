/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * --accept FILE: issues that somebody has looked at and lives with, by key, with a reason and the
 * last day on which that holds. One a line:
 *
 *     # key            until        why
 *     3f2a9c1b00e4d5a7 2027-03-31   the shop is replaced in spring, ticket #812
 *     90ab12cd34ef5678 never        measured: gzip saves more than the 304s would
 *
 * Whether one has expired goes by the capture's clock: by its last packet.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"

struct acceptance {
    char key[17];     /* of the issue */
    char until[11];   /* "2027-03-31" or "never" */
    int64_t until_us; /* the last microsecond of that day, UTC; INT64_MAX: never */
    char *reason;
    unsigned line;
};

struct acceptances {
    struct acceptance *items;
    size_t n;
};

/* Adds what the file has. False and ERROR_USAGE, with file and line, where it is not as above or
 * cannot be read. acceptances_fini() either way. */
bool acceptances_read(struct acceptances *acceptances, const char *path,
                      struct error *error) MUST_USE;
void acceptances_fini(struct acceptances *acceptances);
