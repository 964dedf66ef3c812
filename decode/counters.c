/* SPDX-License-Identifier: MIT */
/* The names of the counters, and how counts of several shards become one. */

#include "decode/counters.h"

// clang-format off
static const struct counter_row {
    const char *name, *text;
    bool is_cap;
} rows[COUNTERS] = {
#define COUNTER_ROW(name, word, text, is_cap) [COUNT_##name] = {word, text, is_cap},
#include "decode/counters.def"
#undef COUNTER_ROW
};
// clang-format on

void counters_merge(struct counters *into, const struct counters *from)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        into->of[i] += from->of[i];
}

void counters_each(const struct counters *counters,
                   void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                uint64_t value),
                   void *context)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        if (counters->of[i])
            each(context, rows[i].name, rows[i].text, rows[i].is_cap, counters->of[i]);
}
