/* SPDX-License-Identifier: MIT */
#pragma once
/* Text on its way into Markdown as GitHub, GitLab and most tickets read it. */

#include <stdio.h>

#include "base/slice.h"

/* Our own text, such that nothing of it is taken for markup. */
void markdown_text(FILE *to, const char *text);

/* Text from the wire, as code: nothing in it is markup, a link or a mention. Escaped as for a
 * terminal and at most `columns` wide. */
void markdown_code(FILE *to, struct slice text, unsigned columns);
/* The same in a table, where it does not end its cell either. */
void markdown_cell(FILE *to, struct slice text, unsigned columns);
