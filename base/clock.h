/* SPDX-License-Identifier: MIT */
#pragma once
/* The system's clocks in ns: the one that only goes forward, and the one that people set. What
 * happened on the wire is never timed by either: packets bring their own times. */

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static inline int64_t real_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}
