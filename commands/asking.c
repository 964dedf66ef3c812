/* SPDX-License-Identifier: MIT */
/* The commands that read no packets but a finished audit, or only the catalogue of rules: a few
 * lines each from the options to the front door of reports/. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "reports/evidence/evidence.h"
#include "reports/exporters.h"
#include "reports/formats/compare.h"
#include "reports/output.h"
#include "reports/privacy/forget.h"

int run_report(const struct options *options, struct error *error)
{
    struct report_options report = {options->format,     layout(options),
                                    &options->selection, options->table,
                                    options->price,      options->redact,
                                    options->redact_key, options->output || !isatty(STDOUT_FILENO)};
    struct output output;
    if (!report_is_format(report.format, error))
        return EXIT_USAGE;
    if (options->output) { /* no terminal */
        report.layout.width = 0;
        report.layout.color = options->color == COLOR_ALWAYS;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool printed = report_print(options->operands[0], output.to, &report, error);
    return output_close(&output, printed, error) ? EXIT_DONE : code_of(error);
}

int run_compare(const struct options *options, struct error *error)
{
    struct comparison comparison = {
        options->operands[0],   options->operands[1],   options->format,          layout(options),
        options->min_exercised, options->selection.top, &options->compare_fail_on};
    struct output output;
    bool fails = false;
    if (!comparison_is_format(options->format, error))
        return EXIT_USAGE;
    if (options->output) { /* no terminal */
        comparison.layout.width = 0;
        comparison.layout.color = options->color == COLOR_ALWAYS;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool printed = comparison_print(&comparison, output.to, &fails, error);
    if (!output_close(&output, printed, error))
        return code_of(error);
    return fails ? EXIT_FAIL_ON : EXIT_DONE;
}

int run_evidence(const struct options *options, struct error *error)
{
    const struct evidence_options how = {.with_credentials = options->with_credentials,
                                         .heads_only = options->heads_only,
                                         .redact = options->redact,
                                         .redact_key = options->redact_key,
                                         .output = options->output};
    struct output output;
    if (how.redact && (how.with_credentials || how.heads_only)) {
        error_set(error, ERROR_USAGE,
                  "--redact leaves neither credentials nor bodies: it stands "
                  "without --with-credentials and --heads-only");
        return EXIT_USAGE;
    }
    if (!options->output && isatty(STDOUT_FILENO)) {
        error_set(error, ERROR_USAGE, "a capture is no text for a terminal: name a file with -o");
        return EXIT_USAGE;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool written = evidence_write(options->operands[0], options->operands[1], &how, output.to,
                                  options->quiet ? NULL : stderr, error);
    return output_close(&output, written, error) ? EXIT_DONE : code_of(error);
}

int run_forget(const struct options *options, struct error *error)
{
    struct forgotten gone = {0};
    if (!audit_forget(options->operands[0], &options->selection.clients, &gone, error))
        return code_of(error);
    if (!options->quiet)
        printf("forgot %" PRIu64 " exchanges, %" PRIu64 " connections and %" PRIu64 " findings\n",
               gone.exchanges, gone.connections, gone.findings);
    return EXIT_DONE;
}

int run_rules(const struct options *options, struct error *error)
{
    struct summary_options summary = layout(options);
    bool as_markdown = strcmp(options->format, "markdown") == 0;
    bool as_json = strcmp(options->format, "json") == 0;
    if (!as_markdown && !as_json && strcmp(options->format, "terminal") != 0) {
        error_set(error, ERROR_USAGE,
                  "rules are listed as 'terminal', 'json' or 'markdown', not as '%s'",
                  options->format);
        return EXIT_USAGE;
    }
    if ((as_markdown || as_json) && (options->why || options->flaws)) {
        error_set(error, ERROR_USAGE, "--format %s is of the whole catalogue, without --%s",
                  options->format, options->why ? "why" : "flaws");
        return EXIT_USAGE;
    }
    if (options->why)
        return catalogue_why(options->why, stdout, &summary, error) ? EXIT_DONE : code_of(error);
    if (as_markdown)
        catalogue_markdown(stdout);
    else if (as_json)
        catalogue_json(stdout);
    else if (options->flaws)
        catalogue_flaws(stdout, &summary);
    else
        catalogue_print(stdout, &summary);
    return EXIT_DONE;
}

int run_explain(const struct options *options, struct error *error)
{
    struct summary_options summary = layout(options);
    bool known =
        catalogue_explain(options->operands[0], options->software, stdout, &summary, error);
    return known ? EXIT_DONE : code_of(error);
}
