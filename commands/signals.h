/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What signals ask for, as flags that the program looks at between packets. Handlers do nothing
 * else, but for a second signal to stop: it ends the program at once.
 */

#include <signal.h>

/* SIGINT and SIGTERM ask to stop; a file size limit becomes an error of write(). */
void signals_catch(void);
/* Of a run without end: SIGHUP asks for another file, SIGUSR1 for counters. */
void signals_catch_wishes(void);

/* A second signal to stop removes this file first; NULL: none. Borrowed until it is changed. */
void signals_unfinished(const char *file);

/* The number of the signal that asked to stop, or 0. */
const volatile sig_atomic_t *signals_stop(void);
/* Not 0 once asked for; whoever does it sets it back first. */
volatile sig_atomic_t *signals_rotate(void);
volatile sig_atomic_t *signals_tell(void);
