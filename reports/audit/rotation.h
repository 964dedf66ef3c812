/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * When a new database begins, and how it is called. Periods are counted from the Unix epoch, so
 * that files of an hour begin with the hour (UTC), and who starts again within it finds the same
 * name.
 */

#include <stdint.h>

#include "base/attributes.h"

/* The beginning of the period that a time lies in, and of the next one. Seconds since the epoch. */
int64_t rotation_start(int64_t time_s, int64_t period_s);
int64_t rotation_next(int64_t time_s, int64_t period_s);

/* `path` with the time before its suffixes: "folder/site-20261122T160000Z.wire304.db"; to be
 * freed. */
char *rotation_name(const char *path, int64_t time_s) MUST_USE;
