/* SPDX-License-Identifier: MIT */
/* The bar is drawn at most ten times a second, over itself: CR, the line, erase to its end. */

#include "reports/live/progress.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/options/values.h"

#define BAR_CELLS 24

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_init(struct progress *progress, FILE *to, bool wanted)
{
    *progress = (struct progress){.to = wanted && isatty(fileno(to)) ? to : NULL};
    progress->started = progress->drawn = now();
}

/* "1:05" or "2:03:00". */
static void clock_text(char *text, size_t size, double seconds)
{
    unsigned long s = seconds < 359999 ? (unsigned long)(seconds + 0.5) : 359999;
    if (s < 3600)
        snprintf(text, size, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(text, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
}

void progress_text(char *text, size_t size, uint64_t done, uint64_t total, double seconds)
{
    char read[24], rate[24], left[32], bar[BAR_CELLS * 3 + 1] = "";
    double per_second = seconds > 0 ? (double)done / seconds : 0;
    size_text((uint64_t)per_second, rate);
    if (total == 0 || done > total) {
        snprintf(text, size, "%s read, %s/s", size_text(done, read), rate);
        return;
    }
    double part = (double)done / (double)total;
    for (unsigned i = 0; i < BAR_CELLS; i++)
        strcat(bar, i < (unsigned)(part * BAR_CELLS) ? "━" : "┄");
    clock_text(left, sizeof left, per_second > 0 ? (double)(total - done) / per_second : 0);
    snprintf(text, size, "%s %3.0f%%  %s/s  %s left", bar, part * 100, rate, left);
}

/* Is it time to draw? */
static bool is_due(struct progress *progress, double time)
{
    if (!progress->to || time - progress->started < 0.5 || time - progress->drawn < 0.1)
        return false;
    progress->drawn = time;
    progress->visible = true;
    return true;
}

static void draw(const struct progress *progress, const char *text)
{
    fprintf(progress->to, "\r%s\033[K", text);
    fflush(progress->to);
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    char text[256];
    double time = progress->to ? now() : 0;
    if (!is_due(progress, time))
        return;
    progress_text(text, sizeof text, done, total, time - progress->started);
    draw(progress, text);
}

void progress_pulse(struct progress *progress, const char *what)
{
    char text[256], clock[32];
    double time = progress->to ? now() : 0;
    if (!is_due(progress, time))
        return;
    clock_text(clock, sizeof clock, time - progress->started);
    snprintf(text, sizeof text, "%s  %s", what, clock);
    draw(progress, text);
}

void progress_clear(struct progress *progress)
{
    if (!progress->visible)
        return;
    fputs("\r\033[K", progress->to);
    fflush(progress->to);
    progress->visible = false;
}
