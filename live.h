/* SPDX-License-Identifier: MIT */
#pragma once
/* The command `live`, in a file of its own. */

#include "base/error.h"
#include "reports/options/options.h"

/* As struct command wants it: an exit code; *error filled where something failed. */
int run_live(const struct options *options, struct error *error);
