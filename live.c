/* SPDX-License-Identifier: MIT */
/* `wire304 live`: what is opened before the privileges go, and what is done until a signal comes.
 */

#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/privileges.h"
#include "command.h"
#include "reports/audit.h"
#include "reports/exporters.h"
#include "reports/output.h"

static char *live_output(const struct options *options)
{
    if (options->output)
        return xstrdup(options->output);
    const char *name = options->interfaces.items[0];
    char *output = xmalloc(strlen(name) + sizeof "wire304-.wire304.db");
    sprintf(output, "wire304-%s.wire304.db", name);
    return output;
}

/* From here on the process can do little: the interfaces and the database are open. */
static bool lose_privileges(const struct options *options, const char *output,
                            struct database *database, const struct watch *watch,
                            struct error *error)
{
    char told[256];
    struct unprivileged who;
    if (options->no_sandbox) {
        if (!options->quiet)
            fprintf(stderr, "wire304: warning: --no-sandbox: whoever finds an error in the parser "
                            "gets this user's rights\n");
        return true;
    }
    char *folder = folder_of(output);
    bool done = unprivileged_choose(&who, options->user, folder, error) &&
                database_give(database, who.uid, who.gid, error) &&
                privileges_drop(&who, folder, watch_serves(watch), told, sizeof told, error);
    if (done && !options->quiet)
        fprintf(stderr, "wire304: sandbox: %s\n", told);
    free(folder);
    return done;
}

/* The interfaces are open, and the database that grows: how it is read again is opened too, since
 * that is not possible any more once the privileges are gone. */
static bool listen_to(const struct options *options, const char *output, struct source *source,
                      struct database *database, const struct database_past *past,
                      struct watch *watch, struct pipeline_result *result, struct error *error)
{
    struct progress progress;
    progress_init(&progress, stderr, false);
    struct pipeline_options pipeline = pipeline_options_of(options, source);
    pipeline.progress = &progress;
    pipeline.watch = watch;
    pipeline.duration_ns = options->duration_ns;
    pipeline.count = (uint64_t)options->count;
    pipeline.decoder.packets_before = past->packets;
    pipeline.analysis.exchanges_before = past->exchanges;
    bool done = lose_privileges(options, output, database, watch, error) &&
                pipeline_run(&pipeline, database, result, error);
    pipeline_options_fini(&pipeline);
    return done;
}

/* Summary and exit code after a live run: a signal is its normal end. */
static int live_verdict(const struct options *options, struct audit *audit, bool lost,
                        const struct pipeline_result *result, struct error *error)
{
    const struct report_options report = {"terminal", layout(options), &options->selection,
                                          options->table, options->price};
    bool is_stream = options->ndjson && strcmp(options->ndjson, "-") == 0;
    if (!options->quiet && !is_stream && !report_print_open(audit, stdout, &report, error))
        return code_of(error);
    return lost                                         ? EXIT_INPUT
           : result->exchanges == 0                     ? EXIT_NOTHING
           : audit_is_failing(audit, &options->fail_on) ? EXIT_FAIL_ON
                                                        : EXIT_DONE;
}

static int listen_and_audit(const struct options *options, const char *output,
                            struct source *source, struct error *error)
{
    const struct database_options file = {output, options->force, options->heads,
                                          &options->accepted};
    struct pipeline_result result = {0};
    struct database_past past;
    struct audit audit;
    char *inputs = pipeline_inputs_json(source);
    struct database *database = database_grow(&file, inputs, &past, error);
    free(inputs);
    if (!database)
        return code_of(error);
    if (!audit_open_growing(&audit, output, error)) {
        database_free(database);
        return code_of(error);
    }
    const struct watch_options lookers = {options->metrics, options->ndjson, options->quiet};
    struct watch *watch = watch_open(&lookers, &audit, error);
    bool done = watch && listen_to(options, output, source, database, &past, watch, &result, error);
    watch_close(watch);
    bool lost = tell_input_troubles(source, options->quiet);
    database_free(database);
    int code = done ? live_verdict(options, &audit, lost, &result, error) : code_of(error);
    struct error closing = {0};
    if (!audit_close(&audit, &closing) && error->kind == ERROR_NONE) {
        *error = closing;
        code = code_of(error);
    }
    return code;
}

int run_live(const struct options *options, struct error *error)
{
    struct interface_options how = INTERFACE_DEFAULTS;
    how.filter = options->filter;
    how.promiscuous = !options->one_station;
    if (options->buffer)
        how.buffer = (int)options->buffer;
    if (options->snaplen)
        how.snaplen = (int)options->snaplen;
    struct source *source =
        source_open_interfaces(options->interfaces.items, options->interfaces.n, &how, error);
    if (!source)
        return code_of(error);
    char *output = live_output(options);
    int code = listen_and_audit(options, output, source, error);
    source_close(source);
    free(output);
    return code;
}
