/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What to change in the software at hand so that a rule is kept: rows of remedies.def, found by
 * rule and software. The general advice is the `remedy` of a rule's card.
 */

#include <stdbool.h>

#include "reports/advice/software.h"

struct remedy {
    const char *rule; /* id */
    enum software software;
    const char *since; /* the version that has what the text names; "" where it does not matter */
    const char *text;  /* one sentence of ours, begins in lower case or with a directive */
    bool tried;        /* applied to that software in a test, and the finding was gone */
};

/* NULL past the end. */
const struct remedy *remedy_at(unsigned index);
/* What is to stand behind the software's name: "" or that it was not tried. */
const char *remedy_doubt(const struct remedy *remedy);
/* NULL where nothing is known. */
const struct remedy *remedy_find(const char *rule, enum software software);
