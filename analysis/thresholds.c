/* SPDX-License-Identifier: MIT */
/* The rows of thresholds.def as something that can be set and listed by name. */

#include <stddef.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/attributes.h"

static const struct {
    struct threshold_row row;
    size_t at; /* in struct thresholds */
} rows[] = {
#define THRESHOLD_ROW(name, value, unit, text)                                                     \
    {{#name, unit, text, value}, offsetof(struct thresholds, name)},
#include "analysis/thresholds.def"
#undef THRESHOLD_ROW
};

/* Seconds become nanoseconds and counts are multiplied: far from any overflow. */
static const int64_t largest = INT32_MAX;

struct thresholds thresholds_default(void)
{
    return (struct thresholds){
#define THRESHOLD_ROW(name, value, unit, text) .name = value,
#include "analysis/thresholds.def"
#undef THRESHOLD_ROW
    };
}

bool thresholds_set(struct thresholds *thresholds, const char *name, int64_t value)
{
    if (value < 0 || value > largest)
        return false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].row.name, name) != 0)
            continue;
        memcpy((char *)thresholds + rows[i].at, &value, sizeof value);
        return true;
    }
    return false;
}

bool threshold_row(unsigned index, struct threshold_row *row)
{
    if (index >= COUNT_OF(rows))
        return false;
    *row = rows[index].row;
    return true;
}

int64_t threshold_value(const struct thresholds *thresholds, unsigned index)
{
    int64_t value = 0;
    if (index < COUNT_OF(rows))
        memcpy(&value, (const char *)thresholds + rows[index].at, sizeof value);
    return value;
}
