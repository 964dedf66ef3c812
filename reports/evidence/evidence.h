/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The packets that a finding rests on, as a capture of their own: what to send to whoever has to
 * mend it. They are read again from the original captures, so those must still be where they were.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/error.h"

struct evidence_options {
    bool with_credentials;  /* leave Cookie and its kin as they are */
    bool heads_only;        /* leave bodies out */
    bool redact;            /* pseudonyms for whatever tells of somebody; alone */
    const char *redact_key; /* pseudonym.h; NULL: a key of its own */
    const char *output; /* where it goes, which may be none of the captures; NULL: nowhere known */
};

/* `finding`: the number of a finding, or the key or number ("#7") of an issue. What was included is
 * told to `tell` (NULL: to nobody). ERROR_INPUT where finding or captures are not there. */
bool evidence_write(const char *database, const char *finding,
                    const struct evidence_options *options, FILE *to, FILE *tell,
                    struct error *error) MUST_USE;
