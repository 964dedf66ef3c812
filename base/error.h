/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An error is the environment failing: a file that cannot be opened, a disk that is full. It is
 * composed where the facts are, says what to do, travels upward as a return value and is printed
 * once, by main. Odd octets from the wire are never errors (they are data: flaws and counters), and
 * our own mistakes are assertions, which stay on in release builds.
 */

#include <stdbool.h>

#include "base/attributes.h"

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,  /* the command line is wrong: exit 2 */
    ERROR_INPUT,  /* an input cannot be opened, is no capture or is damaged: exit 3 */
    ERROR_OUTPUT, /* the result cannot be written: exit 4 */
};

struct error {
    enum error_kind kind;
    char text[512]; /* one line, no newline, safe to print on a terminal */
};

/* Fills *error and returns false, so that a failing function can `return error_set(...)`.
 * Control characters that come in through the arguments (file names) are replaced by '?'. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...) PRINTF(3, 4);
