/* SPDX-License-Identifier: MIT */
#pragma once
/* A report on its way into a file: made beside it and renamed when whole, so that a full disk
 * leaves what was there. What is no regular file (a pipe, /dev/null) is written to as it comes. Without
 * a name it goes to standard output. */

#include <stdio.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"

struct output {
    FILE *to;
    const char *path; /* NULL: standard output */
    char *beside; /* NULL: written in place */
};

/* `path` may be NULL. ERROR_OUTPUT where it cannot be written, or holds an audit database. */
bool output_open(struct output *output, const char *path, struct error *error) MUST_USE;

/* Where `good`, the file is put under its name; else, or where that fails, it is removed. */
bool output_close(struct output *output, bool good, struct error *error) MUST_USE;

/* Makes an empty file beside `path` that nobody else may read, and returns its name, to be freed;
 * or NULL and *error. */
char *file_beside(const char *path, struct error *error) MUST_USE;

/* The folder that a file is in, to be freed. */
char *folder_of(const char *path) MUST_USE;

/* Is the file at `path` an audit database? */
bool file_is_audit(const char *path);

/* A file's name without its folders. */
struct slice file_base_name(struct slice path);
