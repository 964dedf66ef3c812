/* SPDX-License-Identifier: MIT */
/*
 * The list of formats that `wire304 report` knows, and how a report comes about: the database is
 * opened, narrowed to what was asked for, and handed to the exporter. A new format is a file with a
 * function and a row here.
 */

#include "reports/exporters.h"

#include <stdio_ext.h>
#include <string.h>

#include "reports/formats/csv.h"
#include "reports/formats/har.h"
#include "reports/formats/json_document.h"
#include "reports/formats/markdown_report.h"
#include "reports/formats/ndjson.h"
#include "reports/formats/summary.h"
#include "reports/formats/trace.h"
#include "reports/html/report.h"
#include "reports/live/progress.h"
#include "reports/options/values.h"
#include "reports/privacy/redaction.h"
#include "reports/selection.h"

// clang-format off
static const struct exporter exporters[] = {
    {"terminal", "the summary, as analyze prints it", summary_write},
    {"html", "one page for a browser, with everything in it", html_write},
    {"json", "one document: docs/audit.schema.json says what is in it", json_document_write},
    {"ndjson", "a line for each exchange and finding, as in Suricata's EVE log", ndjson_write},
    {"csv", "one view, or with --table another, for spreadsheets", csv_write},
    {"markdown", "the worst of it for a ticket or a pull request", markdown_report_write},
    {"har", "an HTTP Archive 1.2, for browsers' developer tools", har_write},
    {"trace", "time,id,size of each GET, for cache simulators", trace_write},
};
// clang-format on

const struct exporter *exporter_at(unsigned index)
{
    return index < COUNT_OF(exporters) ? &exporters[index] : NULL;
}

static const char *exporter_name(unsigned index)
{
    return index < COUNT_OF(exporters) ? exporters[index].name : NULL;
}

const struct exporter *exporter_by_name(const char *name)
{
    for (unsigned i = 0; i < COUNT_OF(exporters); i++)
        if (strcmp(exporters[i].name, name) == 0)
            return &exporters[i];
    return NULL;
}

int64_t report_rows(const struct report *report, int64_t usual)
{
    int64_t top = report->options->selection->top;
    int64_t rows = top ? top : usual;
    return rows ? rows : -1;
}

static bool refuse(const char *format, struct error *error)
{
    char names[200] = "";
    const char *near = nearest_name(format, exporter_name);
    for (unsigned i = 0; i < COUNT_OF(exporters); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 exporters[i].name);
    if (near)
        return error_set(error, ERROR_USAGE, "--format: there is no '%s'; is '%s' meant?", format,
                         near);
    return error_set(error, ERROR_USAGE, "--format: there is no '%s'; there are %s", format, names);
}

bool report_is_format(const char *format, struct error *error)
{
    return exporter_by_name(format) || refuse(format, error);
}

bool report_print_open(struct audit *audit, FILE *to, const struct report_options *options,
                       struct error *error)
{
    const struct exporter *exporter = exporter_by_name(options->format);
    if (!exporter)
        return refuse(options->format, error);
    __fsetlocking(to, FSETLOCKING_BYCALLER); /* one thread: no lock for each character */
    struct report_options shown = *options;
    struct selection told = redaction_of_selection(options->selection);
    struct report report = {audit, to, &shown};
    if (audit->is_redacted)
        shown.selection = &told;
    selection_apply(options->selection, audit);
    if (!audit->failed)
        exporter->write(&report);
    return true;
}

/* SQLite asks every so many of its instructions, some milliseconds. */
enum { INSTRUCTIONS = 200000 };

static int pulse(void *progress)
{
    progress_pulse(progress, "making the report");
    return 0;
}

bool report_print(const char *path, FILE *to, const struct report_options *options,
                  struct error *error)
{
    struct audit audit;
    if (!report_is_format(options->format, error) ||
        !(options->redact ? redaction_open(&audit, path, options->redact_key, error)
                          : audit_open(&audit, path, error)))
        return false;
    struct progress progress;
    progress_init(&progress, stderr, options->shows_progress);
    sqlite3_progress_handler(audit.db, progress.to ? INSTRUCTIONS : 0, pulse, &progress);
    bool printed = report_print_open(&audit, to, options, error);
    progress_clear(&progress);
    return audit_close(&audit, error) && printed;
}
