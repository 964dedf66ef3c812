/* SPDX-License-Identifier: MIT */
/*
 * The manual page in the man(7) macros, which man-db and mandoc both read. What the tables know is
 * printed from them; the rest is the text below.
 */

#include "reports/options/manual.h"

#include <string.h>

#include "base/attributes.h"

#define MANUAL_DATE "2026-11-22" /* when the text below was last changed */

/* Text within a line: nothing in it is taken for an escape, and "-" is the character typed. */
static void put_text(FILE *to, const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++) {
        switch (*text) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\'':
            fputs("\\(aq", to);
            break;
        case '`':
            fputs("\\(ga", to);
            break;
        default:
            fputc(*text, to);
        }
    }
}

/* Text that begins a line, and is no request. */
static void put_at_line_start(FILE *to, const char *text, size_t length)
{
    if (length && (*text == '.' || *text == '\''))
        fputs("\\&", to);
    put_text(to, text, length);
}

static void put_words(FILE *to, const char *text)
{
    put_text(to, text, strlen(text));
}

/* Text to be filled, on lines of its own that are as short as mandoc likes them. */
static void put_filled(FILE *to, const char *text, size_t length)
{
    enum { WIDTH = 72 };
    size_t column = 0;
    for (size_t at = 0, n; at < length; at += n + 1) {
        n = strcspn(text + at, " \n");
        n = n < length - at ? n : length - at;
        bool fits = column && column + 1 + n <= WIDTH;
        if (column)
            fputc(fits ? ' ' : '\n', to);
        if (fits)
            put_text(to, text + at, n);
        else
            put_at_line_start(to, text + at, n);
        column = fits ? column + 1 + n : n;
    }
    fputc('\n', to);
}

static void put_line(FILE *to, const char *text)
{
    put_filled(to, text, strlen(text));
}

/* Filled paragraphs; lines that are indented stand as examples. */
static void put_details(FILE *to, const char *text)
{
    bool in_example = false, is_new = true;
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        bool example = strncmp(text, "  ", 2) == 0;
        if (in_example && !example)
            fputs(".EE\n.RE\n", to);
        if (length && is_new)
            fputs(".PP\n", to);
        if (example && !in_example)
            fputs(".RS\n.EX\n", to);
        is_new = length == 0;
        in_example = example;
        if (length == 0)
            continue;
        if (example) {
            put_at_line_start(to, text + 2, length - 2);
            fputc('\n', to);
        } else {
            put_filled(to, text, length);
        }
    }
    if (in_example)
        fputs(".EE\n.RE\n", to);
}

/* What follows .TP: the option as it is typed, then what it does. */
static void put_option(FILE *to, const struct option_facts *option)
{
    fputs(".TP\n", to);
    if (option->letter)
        fprintf(to, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", to);
    put_words(to, option->name);
    fputs("\\fR", to);
    if (option->argument) {
        fputs(" \\fI", to);
        put_words(to, option->argument);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    put_line(to, option->help);
}

static void put_command(FILE *to, const struct manual_command *command)
{
    struct option_facts option;
    fputs(".SS wire304 ", to);
    put_words(to, command->name);
    fputc(' ', to);
    put_line(to, command->arguments);
    put_line(to, command->purpose);
    if (command->details)
        put_details(to, command->details);
    for (unsigned i = 0; option_facts(i, &option); i++)
        if (option.commands & command->options)
            put_option(to, &option);
}

static void put_commands(FILE *to, const struct manual_command *commands, unsigned n)
{
    fputs(".SH SYNOPSIS\n.nf\n", to);
    for (unsigned i = 0; i < n; i++) {
        fprintf(to, "\\fBwire304 %s\\fR ", commands[i].name);
        put_line(to, commands[i].arguments);
    }
    fputs("\\fBwire304 help\\fR [COMMAND]\n\\fBwire304 \\-\\-version\\fR\n.fi\n", to);
    fputs(".SH DESCRIPTION\n", to);
    put_line(to,
             "wire304 reads packet captures, rebuilds the HTTP exchanges in them and holds every "
             "304 Not Modified and every repeated transfer against what the RFCs ask (9110, "
             "9111, 9112) and what a cache in that place would have held.");
    put_line(to, "It says who wasted how many octets, and in which packets, and writes all of it "
                 "to an SQLite database.");
    put_line(to, "What could not be seen is said and counted, and the rules that would have needed "
                 "it are silent.");
    fputs(".SH COMMANDS\n", to);
    for (unsigned i = 0; i < n; i++)
        put_command(to, &commands[i]);
}

static void put_thresholds(FILE *to)
{
    struct threshold_row row;
    fputs(".SH THRESHOLDS\n"
          "Set with \\fB\\-\\-set\\fR \\fINAME\\fR=\\fIVALUE\\fR,\n"
          "or by a line of a \\fB\\-\\-config\\fR file.\n",
          to);
    for (unsigned i = 0; threshold_row(i, &row); i++) {
        fputs(".TP\n\\fB", to);
        put_words(to, row.name);
        fprintf(to, "\\fR (%lld %s)\n", (long long)row.value, row.unit);
        put_line(to, row.text);
    }
}

static void put_rules(FILE *to)
{
    fputs(".SH RULES\n"
          "\\fBwire304 explain\\fR \\fIRULE\\fR says what one means and what to do about it.\n",
          to);
    for (unsigned i = 0; rule_card(i); i++) {
        fputs(".TP\n\\fB", to);
        put_words(to, rule_card(i)->id);
        fprintf(to, "\\fR (%s)\n", severity_word(rule_card(i)->severity));
        put_line(to, rule_card(i)->title);
    }
}

static void put_exit_status(FILE *to)
{
    static const struct {
        const char *code, *meaning;
    } rows[] = {
        {"0", "Done. A last record cut short at the end of a file is a warning, no more."},
        {"1", "Done, and --fail-on was met."},
        {"2", "The command line is wrong."},
        {"3", "An input cannot be opened, is no capture, or is damaged before its end; or a "
              "database is not one of ours, or newer. What could be read is analysed and kept."},
        {"4", "The result cannot be written. What was there before is not lost."},
        {"5", "Nothing to audit: not one HTTP exchange was seen. The coverage says why."},
        {"130, 143", "Stopped by SIGINT or SIGTERM: the first one finishes and keeps what was "
                     "read, a second one leaves the old database as it was."},
    };
    fputs(".SH EXIT STATUS\n", to);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        fprintf(to, ".TP\n.B %s\n", rows[i].code);
        put_line(to, rows[i].meaning);
    }
    fputs(".PP\nWhere several apply: 4, then 3, 130 or 143, 5, 1.\n", to);
}

void manual_print(FILE *to, const struct manual_command *commands, unsigned n)
{
    fputs(
        ".\\\" SPDX-License-Identifier: MIT\n"
        ".\\\" Printed by `wire304 help --man`: change the tables of the program, not this file.\n"
        ".TH WIRE304 1 " MANUAL_DATE " \"wire304 " WIRE304_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nwire304 \\- packet\\-level HTTP cache analyzer\n",
        to);
    put_commands(to, commands, n);
    put_thresholds(to);
    put_rules(to);
    put_exit_status(to);
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n"
          "Set and not empty: no colors, unless \\fB\\-\\-color always\\fR asks for them.\n"
          ".SH FILES\n.TP\n.I NAME.wire304.db\n"
          "The audit of the capture NAME.pcap: a SQLite database,\n"
          "in the current folder unless \\fB\\-o\\fR says another place.\n"
          "Only its owner may read it.\n"
          ".TP\n.I /usr/share/doc/wire304\n"
          "The manual: 304.md, rules.md, verdicts.md, database.md,\n"
          "\\%configuration.md, what\\-if.md, reports.md, sql.md, html.md,\n"
          "\\%tapping.md, limits.md.\n"
          ".SH SEE ALSO\n.BR tcpdump (8),\n.BR sqlite3 (1)\n",
          to);
}
