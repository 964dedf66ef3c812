/* SPDX-License-Identifier: MIT */
#include "reports/audit/retention.h"

#include <criterion/criterion.h>

#include "reports/limits.h"

Test(retention, the_oldest_go_before_the_size_is_met)
{
    cr_expect_eq(retention_threshold(8 << 20), 6 << 20, "a quarter of a small one");
    cr_expect_eq(retention_threshold(UINT64_C(4) << 30),
                 (UINT64_C(4) << 30) - LIMIT_RETENTION_SLACK);
}

Test(retention, an_epoch_is_an_eighth_of_what_is_kept)
{
    static const struct {
        const char *title;
        int64_t oldest, newest, first;
        bool want;
    } cases[] = {
        {"few exchanges: never", 1, LIMIT_RETENTION_EPOCH, 1, false},
        {"as many as an epoch has at least", 1, LIMIT_RETENTION_EPOCH + 1, 1, true},
        {"not an eighth yet", 0, 1600000, 1400001, false},
        {"an eighth", 0, 1600000, 1400000, true},
        {"of what is left, not of what there ever was", 1500000, 1600000, 1580000, true},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(retention_begins_epoch(cases[i].oldest, cases[i].newest, cases[i].first),
                     cases[i].want, "%s", cases[i].title);
}
