/* SPDX-License-Identifier: MIT */
/* The only state that belongs to nobody: a handler is given nothing but a number. */

#include "commands/signals.h"

#include <unistd.h>

static volatile sig_atomic_t stop, rotate, tell;
static const char *volatile unfinished_file;

static void on_stop(int number)
{
    if (stop == 0) {
        stop = number;
        return;
    }
    if (unfinished_file)
        unlink(unfinished_file);
    _exit(128 + number);
}

static void on_wish(int number)
{
    if (number == SIGHUP)
        rotate = 1;
    else
        tell = 1;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL);
}

void signals_catch_wishes(void)
{
    struct sigaction action = {.sa_handler = on_wish, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

void signals_unfinished(const char *file)
{
    unfinished_file = file;
}

const volatile sig_atomic_t *signals_stop(void)
{
    return &stop;
}

volatile sig_atomic_t *signals_rotate(void)
{
    return &rotate;
}

volatile sig_atomic_t *signals_tell(void)
{
    return &tell;
}
