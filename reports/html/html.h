/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * HTML on its way into a file. What we write is markup; what came from the wire is text, and goes
 * through html_wire() alone: first escape_text(), so that nothing in it is invisible or changes the
 * direction of reading, then the five characters that mean something to HTML, in text and in quoted
 * attributes alike. The page is well-formed XML too, so that any parser can say whether it is
 * whole.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/slice.h"

struct html {
    FILE *to;
    uint64_t written; /* octets so far: sections stop adding rows when LIMIT_HTML_PAGE is near */
};

/* Markup of ours; arguments are words and numbers of ours, never text from the wire. */
void html_put(struct html *html, const char *format, ...) PRINTF(2, 3);

/* Words of ours as text. */
void html_text(struct html *html, const char *text);

/* Octets from the wire as text of at most `columns` (0: LIMIT_SHOWN_TEXT); absent gives "-". */
void html_wire(struct html *html, struct slice text, unsigned columns);
/* The same in the middle of a word that may break: after each '/', '?', '&', ',' and ';'. */
void html_wire_breaking(struct html *html, struct slice text, unsigned columns);

/* "25.4 KiB", the exact number of octets as its title. */
void html_size(struct html *html, uint64_t octets);
/* "1,234". */
void html_count(struct html *html, uint64_t number);
/* "12.3 %", never 0.0 of something, nor 100.0 of less than all; "-" of nothing. */
void html_share(struct html *html, uint64_t part, uint64_t whole);
/* Of a point of time in microseconds, UTC. */
void html_date(struct html *html, int64_t us);
void html_clock(struct html *html, int64_t us); /* with milliseconds */

/* Cells of a table that sorts: the number to sort by stands in an attribute. */
void html_cell_size(struct html *html, uint64_t octets);
void html_cell_count(struct html *html, uint64_t number);
void html_cell_share(struct html *html, uint64_t part, uint64_t whole);
void html_cell_wire(struct html *html, struct slice text, unsigned columns);

/* Has the page room for more rows? */
bool html_has_room(const struct html *html);
