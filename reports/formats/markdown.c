/* SPDX-License-Identifier: MIT */
/*
 * A code span (CommonMark 0.30 §6.1) takes its content as it is, between runs of backticks that are
 * longer than any in it. In a table (GitHub Flavored Markdown §4.10) "|" ends a cell even there,
 * unless a backslash stands before it, which is then taken away.
 */

#include "reports/formats/markdown.h"

#include <string.h>

#include "reports/formats/escape.h"

void markdown_text(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*<|", *text))
            fputc('\\', to);
        fputc(*text, to);
    }
}

static unsigned longest_run(const char *text, char c)
{
    unsigned longest = 0, run = 0;
    for (; *text; text++) {
        run = *text == c ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_fence(FILE *to, unsigned length)
{
    while (length--)
        fputc('`', to);
}

static void put_code(FILE *to, struct slice text, unsigned columns, bool in_table)
{
    char shown[4096];
    escape_text(text.len || slice_is_absent(text) ? text : SLICE(" "), columns, shown,
                sizeof shown);
    unsigned fence = longest_run(shown, '`') + 1;
    size_t length = strlen(shown);
    /* one space at both ends is taken away again, where it is at both */
    bool padded = shown[0] == '`' || shown[0] == ' ' || shown[length - 1] == '`';
    put_fence(to, fence);
    fputs(padded ? " " : "", to);
    for (const char *at = shown; *at; at++) {
        if (*at == '|' && in_table)
            fputc('\\', to);
        fputc(*at, to);
    }
    fputs(padded ? " " : "", to);
    put_fence(to, fence);
}

void markdown_code(FILE *to, struct slice text, unsigned columns)
{
    put_code(to, text, columns, false);
}

void markdown_cell(FILE *to, struct slice text, unsigned columns)
{
    put_code(to, text, columns, true);
}
