/* SPDX-License-Identifier: MIT */
#pragma once
/* What decode/ counts, by number: counters.def has the names. One array per shard, added up at the
 * end, so that nobody shares one. */

#include <stdbool.h>
#include <stdint.h>

enum counter {
#define COUNTER_ROW(name, word, text, is_cap) COUNT_##name,
#include "decode/counters.def"
#undef COUNTER_ROW
    COUNTERS
};

struct counters {
    uint64_t of[COUNTERS];
};

static inline void counter_add(struct counters *counters, enum counter which, uint64_t n)
{
    counters->of[which] += n;
}

void counters_merge(struct counters *into, const struct counters *from);

/* Calls back for each that is not zero, in the order of counters.def. */
void counters_each(const struct counters *counters,
                   void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                uint64_t value),
                   void *context);
