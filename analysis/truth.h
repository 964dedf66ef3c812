/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Three-valued logic. Much of what a rule would like to know was not on the wire, or can be read in
 * two ways; such a thing is UNKNOWN, and a rule fires on YES or NO, never on UNKNOWN (Kleene's
 * logic: UNKNOWN stays UNKNOWN wherever the other operand does not decide).
 */

#include <stdbool.h>

enum truth { NO, YES, UNKNOWN };

static inline enum truth truth_of(bool claim)
{
    return claim ? YES : NO;
}

static inline enum truth truth_not(enum truth a)
{
    return a == UNKNOWN ? UNKNOWN : a == YES ? NO : YES;
}

static inline enum truth truth_and(enum truth a, enum truth b)
{
    if (a == NO || b == NO)
        return NO;
    return a == YES && b == YES ? YES : UNKNOWN;
}

static inline enum truth truth_or(enum truth a, enum truth b)
{
    if (a == YES || b == YES)
        return YES;
    return a == NO && b == NO ? NO : UNKNOWN;
}

/*
 * Where the wire leaves two readings, the verdict is taken in the direction that excuses the
 * accused: STRICT is the reading under which the client was right to ask (short lifetimes, old
 * responses), GENEROUS the one under which the cache was right to serve (long lifetimes, young
 * responses). A finding against a client must hold under STRICT, one against a cache under
 * GENEROUS.
 */
enum reading { STRICT, GENEROUS };

/* For whom a policy is read (RFC 9111 §1.1). */
enum cache_kind { PRIVATE_CACHE, SHARED_CACHE };
