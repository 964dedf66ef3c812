/* SPDX-License-Identifier: MIT */
#pragma once
/* The manual page, docs/wire304.1, from the tables of commands, options, thresholds and rules. */

#include <stdio.h>

#include "reports/options/options.h"

struct manual_command {
    const char *name, *arguments, *purpose;
    const char
        *details; /* paragraphs, and lines indented by two spaces as they stand; NULL: none */
    enum command_bit options;
};

void manual_print(FILE *to, const struct manual_command *commands, unsigned n);
