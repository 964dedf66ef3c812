/* SPDX-License-Identifier: MIT */
/* A capture is the same by its size, its first and last MiB, and the times of its first and last
 * packet: whoever has another one under its name is told, and gets no evidence of something else.
 */

#include "reports/evidence/captures.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/fingerprint.h"
#include "reports/options/values.h"

static bool is_another(const char *file, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT,
                     "%s is not the capture that was analysed: %s. Put that one back in its place, "
                     "or analyze this one and take the finding from there",
                     file, why);
}

static bool is_the_same(const struct evidence_plan *plan, size_t i, struct error *error)
{
    const char *file = plan->files[i];
    struct stat about;
    char why[80], ends[17];
    if (stat(file, &about) != 0)
        return error_set(error, ERROR_INPUT,
                         "%s is not there any more: evidence is read from the captures that "
                         "were analysed, in the folder where that was done",
                         file);
    snprintf(why, sizeof why, "it has %llu octets, then it had %llu",
             (unsigned long long)about.st_size, (unsigned long long)plan->sizes[i]);
    if ((uint64_t)about.st_size != plan->sizes[i])
        return is_another(file, why, error);
    if (plan->ends[i] && fingerprint_of_file(file, ends) && strcmp(ends, plan->ends[i]) != 0)
        return is_another(file, "its first or its last MiB are others", error);
    return true;
}

bool captures_lack(const struct evidence_plan *plan, const char *output, struct error *error)
{
    struct stat out, in;
    if (!output || stat(output, &out) != 0)
        return true;
    for (size_t i = 0; i < plan->n_files; i++)
        if (stat(plan->files[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return error_set(error, ERROR_USAGE,
                             "%s is a capture that was analysed: choose another name with -o",
                             output);
    return true;
}

bool captures_are_the_same(const struct evidence_plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->n_files && !plan->is_ring; i++)
        if (!is_the_same(plan, i, error))
            return false;
    return true;
}

bool captures_have_the_same_times(const struct evidence_plan *plan, const struct source *source,
                                  struct error *error)
{
    for (size_t i = 0; i < plan->n_files && !plan->is_ring; i++) {
        const struct input *input = source_input(source, i);
        if (input->packets == 0 || plan->first_us[i] == INT64_MIN)
            continue;
        if (input->first_ns / 1000 != plan->first_us[i] ||
            input->last_ns / 1000 != plan->last_us[i])
            return is_another(plan->files[i], "its first or its last packet is of another time",
                              error);
    }
    return true;
}

static int64_t limit_of(const char *text, int64_t first_ns, int64_t otherwise)
{
    int64_t ns;
    bool relative = false;
    if (!text || !value_time(text, &ns, &relative))
        return otherwise;
    return relative ? ns + first_ns : ns;
}

struct source *captures_open(const struct evidence_plan *plan, struct error *error)
{
    struct source_options options = SOURCE_EVERYTHING;
    options.filter = plan->filter;
    struct source *source =
        source_open((const char *const *)plan->files, plan->n_files, &options, error);
    if (!source)
        return NULL;
    int64_t first_ns = source_first_ns(source);
    source_limit(source, limit_of(plan->from, first_ns, INT64_MIN),
                 limit_of(plan->until, first_ns, INT64_MAX));
    return source;
}
