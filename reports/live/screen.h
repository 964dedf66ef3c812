/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The full-screen view of `live` on a terminal: rates, losses, coverage, the worst issues and the
 * latest violations; keys to pause, sort, look into one, help, quit. Nothing is waited for: keys
 * are read as they are there, and what is shown is drawn at most a few times a second.
 *
 * The description of the terminal is read by screen_open(), before the sandbox; the screen is taken
 * with the first screen_turn().
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "reports/audit/audit.h"
#include "reports/live/status.h"

struct screen;

/* `audit` must outlive it; `what` is said in the title. NULL where standard input and error are no
 * terminal that can be drawn on. */
struct screen *screen_open(const char *what, struct audit *audit, bool color);
void screen_begin_coverage(struct screen *screen);
void screen_coverage(struct screen *screen, const struct coverage *coverage);
/* What was committed. `whole`: the sums of issues, too. */
void screen_commit(struct screen *screen, const struct source *source,
                   const struct status_facts *facts);
/* Something that happened, told in a line of its own. */
void screen_say(struct screen *screen, const char *text);
/* Somebody else is about to write to the terminal: what was there before the screen was taken comes
 * back until it is drawn next. */
void screen_step_aside(struct screen *screen);
/* The audit is of another database now. */
void screen_rotated(struct screen *screen);
/* Reads keys and draws. False once the user wants to quit. */
bool screen_turn(struct screen *screen, int64_t now_ns);
/* Gives the terminal back as it was; nothing is drawn from then on. */
void screen_leave(struct screen *screen);
void screen_close(struct screen *screen); /* accepts NULL */
