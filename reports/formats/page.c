/* SPDX-License-Identifier: MIT */
/* Escape sequences of ECMA-48 §8.3.117 (SGR), and nothing else that steers a terminal. */

#include "reports/formats/page.h"

#include <stdarg.h>
#include <string.h>

#include "reports/formats/escape.h"

#define WIDTH_LEAST 60
#define WIDTH_USUAL 100
#define WIDTH_MOST  120

static const char *const sgr[] = {
    [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",
    [STYLE_RED] = "\033[31m",  [STYLE_YELLOW] = "\033[33m", [STYLE_GREEN] = "\033[32m",
    [STYLE_CYAN] = "\033[36m",
};

struct page page_of(FILE *to, const struct summary_options *options)
{
    unsigned width = options->width ? options->width : WIDTH_USUAL;
    if (width < WIDTH_LEAST)
        width = WIDTH_LEAST;
    if (width > WIDTH_MOST)
        width = WIDTH_MOST;
    return (struct page){to, options->color, width};
}

static void begin(const struct page *page, enum style style)
{
    if (page->color && style != STYLE_PLAIN)
        fputs(sgr[style], page->to);
}

static void end(const struct page *page, enum style style)
{
    if (page->color && style != STYLE_PLAIN)
        fputs("\033[0m", page->to);
}

void page_put(const struct page *page, enum style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin(page, style);
    vfprintf(page->to, format, arguments);
    end(page, style);
    va_end(arguments);
}

unsigned page_wire(const struct page *page, enum style style, struct slice text, unsigned columns)
{
    char shown[4096];
    unsigned used = escape_text(text, columns ? columns : page->width, shown, sizeof shown);
    page_put(page, style, "%s", shown);
    return used;
}

void page_wrap(const struct page *page, enum style style, unsigned column, unsigned indent,
               const char *text)
{
    bool first = true;
    begin(page, style);
    while (*(text += strspn(text, " \n"))) {
        size_t length = strcspn(text, " \n");
        unsigned columns = text_columns(slice_of(text, length));
        if (!first && column + 1 + columns > page->width) {
            fprintf(page->to, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        if (!first)
            fputc(' ', page->to);
        fwrite(text, 1, length, page->to);
        column += columns + !first;
        first = false;
        text += length;
    }
    end(page, style);
    fputc('\n', page->to);
}

void page_end_line(const struct page *page)
{
    fputc('\n', page->to);
}

void page_heading(const struct page *page, const char *text)
{
    page_end_line(page);
    page_put(page, STYLE_BOLD, "%s", text);
    page_end_line(page);
}

enum style style_of_severity(const char *severity)
{
    return strcmp(severity, "error") == 0     ? STYLE_RED
           : strcmp(severity, "warning") == 0 ? STYLE_YELLOW
           : strcmp(severity, "waste") == 0   ? STYLE_CYAN
                                              : STYLE_DIM;
}
