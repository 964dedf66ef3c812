/* SPDX-License-Identifier: MIT */
/* acceptances: what a file says, and what is wrong with it, by its line. */
#include "reports/options/acceptances.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY "3f2a9c1b00e4d5a7"

static bool read_text(const char *text, struct acceptances *acceptances, struct error *error)
{
    char path[] = "/tmp/wire304-test-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *acceptances = (struct acceptances){0};
    bool good = acceptances_read(acceptances, path, error);
    unlink(path);
    return good;
}

Test(acceptances, lines_are_key_day_and_reason)
{
    struct acceptances a;
    struct error error;
    cr_assert(read_text("# a comment\n\n" KEY "  2027-03-31   replaced in spring, #812 \r\n"
                        "\t90ab12cd34ef5678 never it is measured",
                        &a, &error),
              "%s", error.text);
    cr_assert_eq(a.n, 2u);
    cr_expect_str_eq(a.items[0].key, KEY);
    cr_expect_str_eq(a.items[0].until, "2027-03-31");
    cr_expect_eq(a.items[0].until_us, INT64_C(1806537600000000) - 1); /* to the end of that day */
    cr_expect_str_eq(a.items[0].reason, "replaced in spring, #812 ");
    cr_expect_eq(a.items[1].until_us, INT64_MAX);
    cr_expect_eq(a.items[1].line, 4u);
    acceptances_fini(&a);
}

Test(acceptances, what_is_wrong_is_told_with_its_line)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"\n304-missing-vary never x\n", "line 2: an issue's key"},
        {"3F2A9C1B00E4D5A7 never x\n", "line 1: an issue's key"},
        {KEY "\n", "line 1: after the key"},
        {KEY " tomorrow x\n", "line 1: after the key"},
        {KEY " 2027-02-30 x\n", "line 1: after the key"},
        {KEY " 27-02-30 x\n", "line 1: after the key"},
        {KEY " never\n", "line 1: after the day"},
        {KEY " never  \n", "line 1: after the day"},
        {KEY " never a\n" KEY " never b\n", "line 2: this key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acceptances a;
        struct error error;
        cr_expect_not(read_text(cases[i].text, &a, &error), "%s", cases[i].text);
        cr_expect(strstr(error.text, cases[i].says), "%s: %s", cases[i].text, error.text);
        cr_expect_eq(error.kind, ERROR_USAGE);
        acceptances_fini(&a);
    }
}
