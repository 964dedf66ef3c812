/* SPDX-License-Identifier: MIT */
/* The arithmetic of --rotate. Names are in UTC: local time comes twice in one night of the year. */

#include "reports/audit/rotation.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"

int64_t rotation_start(int64_t time_s, int64_t period_s)
{
    int64_t past = time_s % period_s;
    return time_s - (past < 0 ? past + period_s : past);
}

int64_t rotation_next(int64_t time_s, int64_t period_s)
{
    return rotation_start(time_s, period_s) + period_s;
}

/* Where the suffixes of a file name begin: ".wire304.db", else what follows its last dot. */
static size_t suffix_at(const char *path)
{
    static const char ours[] = ".wire304.db";
    size_t length = strlen(path), n = sizeof ours - 1;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (length > n && strcmp(path + length - n, ours) == 0)
        return length - n;
    return dot && dot != name ? (size_t)(dot - path) : length;
}

char *rotation_name(const char *path, int64_t time_s)
{
    char text[32];
    struct tm tm;
    time_t time = (time_t)time_s;
    size_t at = suffix_at(path), length = strlen(path);
    size_t n = gmtime_r(&time, &tm) ? strftime(text, sizeof text, "-%Y%m%dT%H%M%SZ", &tm) : 0;
    char *name = xmalloc(length + n + 1);
    memcpy(name, path, at);
    memcpy(name + at, text, n);
    memcpy(name + at + n, path + at, length - at + 1);
    return name;
}
