/* SPDX-License-Identifier: MIT */
/* What several commands do alike. */

#include "commands/command.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands/signals.h"

static bool wants_color(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR");
    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && (!no_color || !*no_color);
}

struct summary_options layout(const struct options *options)
{
    struct winsize size = {0};
    struct summary_options summary = {.color = wants_color(options), .least = options->severity};
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        summary.width = size.ws_col;
    return summary;
}

int code_of(const struct error *error)
{
    return error->kind == ERROR_USAGE   ? EXIT_USAGE
           : error->kind == ERROR_INPUT ? EXIT_INPUT
                                        : EXIT_OUTPUT;
}

bool tell_input_troubles(const struct source *source, bool quiet)
{
    bool damaged = false;
    for (size_t i = 0; i < source_inputs(source); i++) {
        const struct input *input = source_input(source, i);
        damaged |= input->state == INPUT_DAMAGED;
        if (input->trouble && (!quiet || input->state == INPUT_DAMAGED))
            fprintf(stderr, "wire304: %s%s\n",
                    input->state == INPUT_DAMAGED ? "" : "warning: ", input->trouble);
    }
    return damaged;
}

struct pipeline_options pipeline_options_of(const struct options *options, struct source *source)
{
    struct pipeline_options pipeline = {
        .source = source,
        .hosts = {options->hosts.items, options->hosts.n},
        .left_out = {options->left_out.items, options->left_out.n},
        .decoder = {.memory = options->memory / 2, .identify = true},
        .analysis = analysis_options_default(),
        .jobs = (unsigned)options->jobs,
        .options_json = options_json(options),
        .thresholds_json = thresholds_json(&options->thresholds),
        .price = options->price,
        .stop = signals_stop(),
    };
    pipeline.analysis.thresholds = options->thresholds;
    pipeline.analysis.client_key = options->client_key;
    pipeline.analysis.roles = &options->roles;
    pipeline.analysis.window_ns = options->window_ns;
    pipeline.analysis.rule_enabled = options_rule_enabled;
    pipeline.analysis.rule_context = (void *)(uintptr_t)options;
    pipeline.analysis.memory = options->memory / 2;
    return pipeline;
}

void pipeline_options_fini(struct pipeline_options *pipeline)
{
    free((char *)(uintptr_t)pipeline->options_json);
    free((char *)(uintptr_t)pipeline->thresholds_json);
}
