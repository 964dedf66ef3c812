/* SPDX-License-Identifier: MIT */
#pragma once
/* A terminal as a page: its width, a few styles, wrapping, and wire text made harmless. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/slice.h"
#include "reports/reports.h"

struct page {
    FILE *to;
    bool color;
    unsigned width;
};

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_YELLOW, STYLE_GREEN, STYLE_CYAN };

struct page page_of(FILE *to, const struct summary_options *options);

/* Text of ours, in a style. */
void page_put(const struct page *page, enum style style, const char *format, ...) PRINTF(3, 4);

/* Text from the wire, escaped and at most `columns` wide (0: the page's width); returns the columns
 * used. */
unsigned page_wire(const struct page *page, enum style style, struct slice text, unsigned columns);

/* Words of ours, wrapped between `indent` and the page's width; the first line goes on from `column`.
 * Ends with a line end. */
void page_wrap(const struct page *page, enum style style, unsigned column, unsigned indent,
               const char *text);

void page_end_line(const struct page *page);

/* An empty line and a heading. */
void page_heading(const struct page *page, const char *text);

/* The style in which a severity is shown. */
enum style style_of_severity(const char *severity);
