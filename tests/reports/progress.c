/* SPDX-License-Identifier: MIT */
/* progress: what the line says, and that it is only ever drawn on a terminal. */
#include "reports/live/progress.h"

#include <criterion/criterion.h>

Test(progress, says_how_far_how_fast_and_how_long_yet)
{
    char text[256];
    progress_text(text, sizeof text, 50000000, 200000000, 2.0);
    cr_expect(strstr(text, " 25%"), "%s", text);
    cr_expect(strstr(text, "25.0 MB/s"), "%s", text);
    cr_expect(strstr(text, "0:06 left"), "%s", text);
}

Test(progress, without_a_total_it_says_what_was_read)
{
    char text[256];
    progress_text(text, sizeof text, 50000000, 0, 2.0);
    cr_expect_str_eq(text, "50.0 MB read, 25.0 MB/s");
}

Test(progress, odd_numbers_are_survived)
{
    char text[256];
    progress_text(text, sizeof text, 0, 0, 0);
    progress_text(text, sizeof text, 0, UINT64_MAX, 1);
    progress_text(text, sizeof text, UINT64_MAX, UINT64_MAX, 1e-9);
    progress_text(text, sizeof text, 7, 5, 1);
    cr_expect_str_eq(text, "7 B read, 7 B/s");
}

Test(progress, nothing_is_drawn_into_a_file)
{
    FILE *file = tmpfile();
    struct progress progress;
    progress_init(&progress, file, true);
    progress.started -= 10;
    progress.drawn -= 10;
    progress_update(&progress, 1, 2);
    progress_clear(&progress);
    cr_expect_eq(ftell(file), 0);
    fclose(file);
}
