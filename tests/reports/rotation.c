/* SPDX-License-Identifier: MIT */
#include "reports/audit/rotation.h"

#include <stdlib.h>

#include <criterion/criterion.h>

Test(rotation, periods_begin_with_the_hour)
{
    const int64_t hour = 3600, at = 1795365061; /* 2026-11-22T16:31:01Z */
    cr_expect_eq(rotation_start(at, hour), 1795363200);
    cr_expect_eq(rotation_next(at, hour), 1795363200 + hour);
    cr_expect_eq(rotation_start(1795363200, hour), 1795363200, "a period holds its first second");
    cr_expect_eq(rotation_next(1795363200, hour), 1795363200 + hour, "and the next one follows");
    cr_expect_eq(rotation_start(-1, hour), -hour, "before 1970 too");
}

Test(rotation, names_carry_the_time_before_their_suffixes)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"a.db", "a-20261122T160000Z.db"},
        {"wire304-eth0.wire304.db", "wire304-eth0-20261122T160000Z.wire304.db"},
        {"/var/lib/x.y/audit", "/var/lib/x.y/audit-20261122T160000Z"},
        {"/var/lib/x.y/a.b.db", "/var/lib/x.y/a.b-20261122T160000Z.db"},
        {".hidden", ".hidden-20261122T160000Z"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = rotation_name(cases[i].path, 1795363200);
        cr_expect_str_eq(name, cases[i].want);
        free(name);
    }
}
