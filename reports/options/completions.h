/* SPDX-License-Identifier: MIT */
#pragma once
/* Completions for shells, from the tables of commands, options, thresholds and rules: scripts that
 * need nothing but the shell. */

#include <stdbool.h>
#include <stdio.h>

#include "reports/options/manual.h"

/* False where there is none for a shell of that name: bash, zsh, fish. */
bool completions_print(FILE *to, const char *shell, const struct manual_command *commands,
                       unsigned n);
