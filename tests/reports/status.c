/* SPDX-License-Identifier: MIT */
/* status: what a line of a live run says, one of them a minute in a log, and drawn over on a
 * terminal. */
#include "reports/live/status.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct status_facts facts = {
    .packets = 1000,
    .exchanges = 20,
    .findings = 3,
    .avoidable_bytes = 25000,
    .bytes = 10000,
    .audited_bytes = 9000,
};

/* All of a file, and that it has so many lines. */
static void expect_lines(FILE *file, unsigned lines, const char *last)
{
    char line[300] = "";
    rewind(file);
    unsigned n = 0;
    while (fgets(line, sizeof line, file))
        n++;
    cr_expect_eq(n, lines, "%u lines", n);
    if (last)
        cr_expect_str_eq(line, last);
}

Test(status, counts_and_what_share_was_audited)
{
    char text[256];
    status_text(text, sizeof text, &facts);
    cr_expect_str_eq(text, "1000 packets, 20 exchanges, 3 findings, 25.0 kB avoidable, "
                           "90% of the bytes could be audited");
}

Test(status, nothing_seen_is_no_share_and_drops_are_told)
{
    char text[256];
    status_text(text, sizeof text, &(struct status_facts){.dropped = 7});
    cr_expect_str_eq(text, "0 packets, 0 exchanges, 0 findings, 0 B avoidable, 7 packets DROPPED");
}

Test(status, a_text_that_does_not_fit_is_cut)
{
    for (size_t size = 1; size < 120; size++) {
        char text[120];
        memset(text, '#', sizeof text);
        status_text(text, size, &facts);
        cr_expect_lt(strnlen(text, sizeof text), size);
        cr_expect(size == sizeof text || text[size] == '#', "%zu", size);
    }
}

Test(status, a_line_a_minute_in_a_log)
{
    FILE *file = tmpfile();
    struct status status;
    status_init(&status, file, true);
    status.told = -1000; /* whatever the clock says */
    status_update(&status, &facts);
    status_update(&status, &facts);
    expect_lines(file, 1,
                 "wire304: 1000 packets, 20 exchanges, 3 findings, 25.0 kB avoidable, "
                 "90% of the bytes could be audited\n");
    status.told -= 55;
    status_update(&status, &facts);
    expect_lines(file, 1, NULL);
    status.told -= 10;
    status_update(&status, &facts);
    status_clear(&status);
    expect_lines(file, 2, NULL);
    fclose(file);
}

Test(status, quiet_says_nothing)
{
    FILE *file = tmpfile();
    struct status status;
    status_init(&status, file, false);
    status.told = -1000;
    status_update(&status, &facts);
    expect_lines(file, 0, NULL);
    fclose(file);
}

Test(status, a_terminal_has_one_line_that_is_drawn_over)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert_geq(master, 0);
    cr_assert_eq(grantpt(master) | unlockpt(master), 0);
    FILE *terminal = fopen(ptsname(master), "w");
    cr_assert(terminal);
    struct status status;
    status_init(&status, terminal, true);
    status_update(&status, &facts);
    status_update(&status, &facts);
    status_clear(&status);
    status_clear(&status);
    char drawn[1000] = "";
    ssize_t n = read(master, drawn, sizeof drawn - 1);
    cr_assert_gt(n, 0);
    unsigned starts = 0;
    for (const char *at = drawn; (at = strchr(at, '\r')) != NULL; at++)
        starts++;
    cr_expect_eq(starts, 3, "two lines and what clears them: %s", drawn);
    cr_expect(!strchr(drawn, '\n'));
    fclose(terminal);
    close(master);
}
