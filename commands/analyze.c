/* SPDX-License-Identifier: MIT */
/* `wire304 analyze`: captures in, a database out, its summary on standard output, and the exit code
 * that all of it comes to. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "commands/command.h"
#include "commands/signals.h"
#include "pipeline/pipeline.h"
#include "reports/audit/audit.h"
#include "reports/exporters.h"
#include "reports/formats/compare.h"
#include "reports/live/progress.h"

/* Makes the database and lets the signal handler know its file, with no signal in between. */
static struct database *create_database(const struct database_options *options, struct error *error)
{
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &before);
    struct database *database = database_create(options, error);
    if (database)
        signals_unfinished(database_beside(database));
    sigprocmask(SIG_SETMASK, &before, NULL);
    return database;
}

/* The first input's name without folder, compression and capture suffix. */
static char *default_output(const char *input)
{
    static const char *const suffixes[] = {".gz",  ".zst", ".zstd", NULL,    ".pcap", ".pcapng",
                                           ".cap", ".dmp", ".dump", ".ntar", NULL};
    const char *slash = strrchr(input, '/');
    const char *base = strcmp(input, "-") == 0 ? "stdin" : slash ? slash + 1 : input;
    size_t length = strlen(base);
    const char *const *suffix = suffixes;
    for (int round = 0; round < 2; round++, suffix++) {
        bool cut = false;
        for (; *suffix; suffix++) {
            size_t n = strlen(*suffix);
            if (cut || length <= n || strncasecmp(base + length - n, *suffix, n) != 0)
                continue;
            length -= n;
            cut = true;
        }
    }
    char *name = xmalloc(length + sizeof ".wire304.db");
    memcpy(name, base, length);
    strcpy(name + length, ".wire304.db");
    return name;
}

/* An output that is one of the inputs would be lost before it was read. */
static bool output_is_no_input(const char *output, const struct options *options,
                               struct error *error)
{
    struct stat out, in;
    if (stat(output, &out) != 0)
        return true;
    for (size_t i = 0; i < options->n_operands; i++)
        if (stat(options->operands[i], &in) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino)
            return error_set(error, ERROR_USAGE, "%s is an input: choose another name with -o",
                             output);
    return true;
}

/* Only now is it known when the capture begins, which times may be relative to. */
static void limit_times(const struct options *options, struct source *source)
{
    int64_t first_ns = source_first_ns(source);
    int64_t base = first_ns == INT64_MIN ? 0 : first_ns;
    int64_t from_ns = options->from.ns + (options->from.relative ? base : 0);
    int64_t until_ns = options->until.ns + (options->until.relative ? base : 0);
    source_limit(source, options->from.given ? from_ns : INT64_MIN,
                 options->until.given ? until_ns : INT64_MAX);
}

/* From source to finished database. */
static bool audit(const struct options *options, const char *output, struct source *source,
                  struct pipeline_result *result, struct error *error)
{
    const struct database_options file = {
        .path = output,
        .force = options->force,
        .heads = options->heads,
        .accepted = &options->accepted,
        .privacy = options->privacy,
    };
    struct database *database = create_database(&file, error);
    if (!database)
        return false;

    struct progress progress;
    progress_init(&progress, stderr, !options->quiet && !options->no_progress);
    struct pipeline_options pipeline = pipeline_options_of(options, source);
    pipeline.progress = &progress;
    bool done = pipeline_run(&pipeline, database, result, error);
    signals_unfinished(NULL);
    database_free(database);
    pipeline_options_fini(&pipeline);
    return done;
}

/* --baseline: what became of the issues of an earlier audit. */
static bool compare_with_baseline(const struct options *options, const char *output, bool *failed,
                                  struct error *error)
{
    const struct comparison comparison = {
        .before = options->baseline,
        .after = output,
        .format = "terminal",
        .layout = layout(options),
        .min_exercised = options->min_exercised,
        .fail_on = &options->compare_fail_on,
    };
    bool fails = false;
    if (!options->baseline)
        return true;
    if (!options->quiet)
        printf("\n");
    bool done = comparison_print(&comparison, options->quiet ? NULL : stdout, &fails, error);
    *failed |= fails;
    return done;
}

/* Better said before the captures are read than after. */
static bool baseline_is_there(const struct options *options, const char *output,
                              struct error *error)
{
    struct audit audit;
    struct stat out, baseline;
    if (!options->baseline)
        return true;
    if (!audit_open(&audit, options->baseline, error) || !audit_close(&audit, error))
        return false;
    if (stat(output, &out) == 0 && stat(options->baseline, &baseline) == 0 &&
        out.st_dev == baseline.st_dev && out.st_ino == baseline.st_ino)
        return error_set(error, ERROR_USAGE,
                         "%s is the baseline, and would be replaced: choose another name with -o",
                         output);
    return true;
}

/* The code that stands when the database does: the precedence of contract.md. */
static int verdict(const struct options *options, const char *output, bool damaged,
                   const struct pipeline_result *result, struct error *error)
{
    bool failed = false;
    if (damaged)
        return EXIT_INPUT;
    if (result->stopped)
        return 128 + (int)*signals_stop();
    if (result->exchanges == 0)
        return EXIT_NOTHING;
    if (!audit_fails(output, &options->fail_on, &failed, error) ||
        !compare_with_baseline(options, output, &failed, error))
        return code_of(error);
    return failed ? EXIT_FAIL_ON : EXIT_DONE;
}

static int analyze_source(const struct options *options, const char *output, struct source *source,
                          struct error *error)
{
    struct pipeline_result result;
    bool written = audit(options, output, source, &result, error);
    bool damaged = tell_input_troubles(source, options->quiet);
    if (!written)
        return code_of(error);
    if (!options->quiet) {
        const struct report_options report = {.format = "terminal",
                                              .layout = layout(options),
                                              .selection = &options->selection,
                                              .price = options->price};
        if (!report_print(output, stdout, &report, error))
            return code_of(error);
    }
    int code = verdict(options, output, damaged, &result, error);
    if (code == EXIT_NOTHING)
        fprintf(stderr, "wire304: nothing to audit: not one HTTP exchange was seen%s\n",
                options->hosts.n ? " of these hosts" : "");
    return code;
}

int run_analyze(const struct options *options, struct error *error)
{
    struct source_options all = SOURCE_EVERYTHING;
    all.filter = options->filter;
    char *output =
        options->output ? xstrdup(options->output) : default_output(options->operands[0]);
    struct source *source = NULL;
    int code = EXIT_USAGE;
    if (output_is_no_input(output, options, error) && baseline_is_there(options, output, error) &&
        database_may_replace(output, options->force, error) &&
        (source = source_open(options->operands, options->n_operands, &all, error))) {
        limit_times(options, source);
        code = analyze_source(options, output, source, error);
    } else {
        code = code_of(error);
    }
    source_close(source);
    free(output);
    return code;
}
