/* SPDX-License-Identifier: MIT */
/* thresholds.def by name. */

#include <criterion/criterion.h>

#include "analysis/analysis.h"

Test(thresholds, every_row_can_be_listed_set_and_read)
{
    struct thresholds t = thresholds_default();
    struct threshold_row row;
    unsigned n = 0;
    for (; threshold_row(n, &row); n++) {
        cr_expect(threshold_value(&t, n) == row.value, "%s", row.name);
        cr_expect(thresholds_set(&t, row.name, row.value + 7), "%s", row.name);
        cr_expect(threshold_value(&t, n) == row.value + 7, "%s", row.name);
    }
    cr_expect(n * sizeof(int64_t) == sizeof t);
    cr_expect(threshold_value(&t, n) == 0);
    cr_expect(t.guard_s == 9 && thresholds_default().guard_s == 2);
}

Test(thresholds, what_is_refused)
{
    struct thresholds t = thresholds_default(), before = t;
    cr_expect(!thresholds_set(&t, "no_such_thing", 1));
    cr_expect(!thresholds_set(&t, "", 1));
    cr_expect(!thresholds_set(&t, "guard_s", -1));
    cr_expect(!thresholds_set(&t, "guard_s", INT64_C(1) << 40));
    cr_expect(memcmp(&t, &before, sizeof t) == 0);
    cr_expect(thresholds_set(&t, "guard_s", 0));
}
