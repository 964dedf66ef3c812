/* SPDX-License-Identifier: MIT */
/* group_sums: whatever was poured out on the way, the sums of each key are right in the end. */
#include "reports/html/group_sums.h"

#include <criterion/criterion.h>

#include "reports/limits.h"

Test(group_sums, are_right_with_more_keys_than_places)
{
    enum { KEYS = LIMIT_GROUP_SUMS + 1000, TURNS = 3 };
    struct audit audit = {.path = "none"};
    cr_assert_eq(sqlite3_open(":memory:", &audit.db), SQLITE_OK);
    audit_run(&audit, "CREATE TEMP TABLE told (a, b, n, twice); BEGIN");
    struct group_sums *groups = group_sums_new(&audit, "told", 2, 2);
    for (int64_t turn = 0; turn < TURNS; turn++)
        for (int64_t i = 0; i < KEYS; i++)
            group_sums_add(groups, (int64_t[]){i / 7, i % 7}, (int64_t[]){1, 2 * i});
    group_sums_free(groups);
    audit_run(&audit, "COMMIT");
    cr_expect_eq(audit_number(&audit, "SELECT count(*) FROM (SELECT 1 FROM told GROUP BY a, b)"),
                 KEYS);
    cr_expect_gt(audit_number(&audit, "SELECT count(*) FROM told"), KEYS, "nothing was poured");
    cr_expect_eq(audit_number(&audit, "SELECT count(*) FROM (SELECT 1 FROM told GROUP BY a, b"
                                      " HAVING sum(n) <> 3 OR sum(twice) <> 6 * (7 * a + b))"),
                 0);
    cr_expect_not(audit.failed);
    sqlite3_close(audit.db);
}

Test(group_sums, of_nothing_are_none)
{
    struct audit audit = {.path = "none"};
    cr_assert_eq(sqlite3_open(":memory:", &audit.db), SQLITE_OK);
    audit_run(&audit, "CREATE TEMP TABLE told (a, n)");
    group_sums_free(group_sums_new(&audit, "told", 1, 1));
    cr_expect_eq(audit_number(&audit, "SELECT count(*) FROM told"), 0);
    cr_expect_not(audit.failed);
    sqlite3_close(audit.db);
}
