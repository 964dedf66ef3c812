/* SPDX-License-Identifier: MIT */
/* The status of a live run in one line. It says what share of the octets could be audited, so that
 * nobody takes silence for health. */

#include "reports/live/status.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "reports/options/values.h"

#define LOG_EVERY_S 60.0

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void status_init(struct status *status, FILE *to, bool wanted)
{
    *status = (struct status){.to = wanted ? to : NULL, .is_terminal = isatty(fileno(to))};
}

void status_text(char *text, size_t size, const struct status_facts *facts)
{
    char avoidable[24];
    size_text(facts->avoidable_bytes, avoidable);
    int n =
        snprintf(text, size,
                 "%" PRIu64 " packets, %" PRIu64 " exchanges, %" PRIu64 " findings, %s avoidable",
                 facts->packets, facts->exchanges, facts->findings, avoidable);
    if (n < 0 || (size_t)n >= size)
        return;
    if (facts->bytes)
        n += snprintf(text + n, size - (size_t)n, ", %.0f%% of the bytes could be audited",
                      100.0 * (double)facts->audited_bytes / (double)facts->bytes);
    if (facts->dropped && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, ", %" PRIu64 " packets DROPPED", facts->dropped);
}

void status_update(struct status *status, const struct status_facts *facts)
{
    char text[256];
    double now = seconds();
    if (!status->to || (!status->is_terminal && now - status->told < LOG_EVERY_S))
        return;
    status->told = now;
    status_text(text, sizeof text, facts);
    if (status->is_terminal)
        fprintf(status->to, "\r%s\033[K", text);
    else
        fprintf(status->to, "wire304: %s\n", text);
    status->visible = status->is_terminal;
    fflush(status->to);
}

void status_clear(struct status *status)
{
    if (!status->visible)
        return;
    fputs("\r\033[K", status->to);
    fflush(status->to);
    status->visible = false;
}
