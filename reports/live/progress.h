/* SPDX-License-Identifier: MIT */
#pragma once
/* A line on a terminal that says how far a long run has come, and goes away at its end. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *to;            /* NULL: nothing is shown */
    double started, drawn; /* seconds of the monotonic clock */
    bool visible;
};

/* Nothing is shown where `to` is no terminal, or `wanted` is false, nor in the first half second. */
void progress_init(struct progress *progress, FILE *to, bool wanted);

/* `done` of `total` octets; total 0: not known. Cheap enough to be called for every MiB. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total);

/* The same where nobody knows how much there is to do: `what` is done, and for how long. */
void progress_pulse(struct progress *progress, const char *what);

/* Takes the line away. */
void progress_clear(struct progress *progress);

/* What the line says, without colour or line end; for progress_update(), and to be tested. */
void progress_text(char *text, size_t size, uint64_t done, uint64_t total, double seconds);
