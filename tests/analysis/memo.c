/* SPDX-License-Identifier: MIT */
/* memo: gives back what was kept of the very same text, and of no other. */

#include "analysis/memo.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(memo, gives_back_only_what_was_kept_of_this_text)
{
    struct memo *memo = memo_new();
    char text[32];
    for (unsigned i = 0; i < 5000; i++) { /* many more than there are places */
        int n = snprintf(text, sizeof text, "agent/%u (test)", i);
        struct slice value = slice_of(text, (size_t)n);
        cr_assert_null(memo_find(memo, MEMO_USER_AGENT, value), "%s", text);
        memo_keep(memo, MEMO_USER_AGENT, value, &i, sizeof i);
        const unsigned *known = memo_find(memo, MEMO_USER_AGENT, value);
        cr_assert_not_null(known);
        cr_expect_eq(*known, i);
        cr_expect_null(memo_find(memo, MEMO_SITE, value), "kinds are apart");
    }
    memo_free(memo);
}

Test(memo, keeps_neither_short_nor_long_texts)
{
    struct memo *memo = memo_new();
    uint8_t text[400] = {0};
    int result = 1;
    const size_t lengths[] = {0, 7, 173, 400};
    for (unsigned i = 0; i < 4; i++) {
        memo_keep(memo, MEMO_DATE, slice_of(text, lengths[i]), &result, sizeof result);
        cr_expect_null(memo_find(memo, MEMO_DATE, slice_of(text, lengths[i])));
    }
    cr_expect_null(memo_find(NULL, MEMO_DATE, slice_of(text, 20)),
                   "without a memo nothing is known");
    memo_free(memo);
}
