/* SPDX-License-Identifier: MIT */
/* values: what people write is read whole or not at all. */
#include "reports/options/values.h"

#include <criterion/criterion.h>

#include "base/attributes.h"

#define WRONG INT64_MIN /* what a case wants where the text is to be refused */

struct value_case {
    const char *text;
    int64_t want;
};

Test(values, sizes)
{
    static const struct value_case cases[] = {
        {"0", 0},           {"1500", 1500},       {"64k", 64000},        {"64KiB", 65536},
        {"1.5MB", 1500000}, {"2G", 2000000000},   {"512MiB", 536870912}, {"1b", 1},
        {"", WRONG},        {"k", WRONG},         {"-1", WRONG},         {"1 k", WRONG},
        {"1kk", WRONG},     {"0x10", WRONG},      {"inf", WRONG},        {"1e3", WRONG},
        {".", WRONG},       {"99999999T", WRONG}, {"1.2.3", WRONG},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t octets = 0;
        bool read = value_size(cases[i].text, &octets);
        cr_expect_eq(read, cases[i].want != WRONG, "'%s'", cases[i].text);
        if (read)
            cr_expect_eq(octets, (uint64_t)cases[i].want, "'%s'", cases[i].text);
    }
}

Test(values, durations)
{
    static const struct value_case cases[] = {
        {"90", 90000000000},
        {"90s", 90000000000},
        {"250ms", 250000000},
        {"1.5h", 5400000000000},
        {"1h30m", 5400000000000},
        {"7d", 604800000000000},
        {"1d12h", 129600000000000},
        {"", WRONG},
        {"h", WRONG},
        {"1h30", WRONG},
        {"-1s", WRONG},
        {"1y", WRONG},
        {"1h 30m", WRONG},
        {"9999999999999999", WRONG},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns = 0;
        bool read = value_duration(cases[i].text, &ns);
        cr_expect_eq(read, cases[i].want != WRONG, "'%s'", cases[i].text);
        if (read)
            cr_expect_eq(ns, cases[i].want, "'%s'", cases[i].text);
    }
}

Test(values, times)
{
    static const struct {
        const char *text;
        int64_t want;
        bool relative;
    } cases[] = {
        {"2023-11-14T22:13:20Z", 1700000000000000000, false},
        {"2023-11-14t22:13:20.25z", 1700000000250000000, false},
        {"2023-11-14 22:13:20", 1700000000000000000, false},
        {"2023-11-14T23:13:20+01:00", 1700000000000000000, false},
        {"2023-11-14T17:43:20-0430", 1700000000000000000, false},
        {"2023-11-14T22:13", 1699999980000000000, false},
        {"1970-01-01", 0, false},
        {"2024-02-29", 1709164800000000000, false},
        {"1969-12-31T23:59:59.5Z", -500000000, false},
        {"1700000000", 1700000000000000000, false},
        {"1700000000.000000001", 1700000000000000001, false},
        {"+90s", 90000000000, true},
        {"+1h30m", 5400000000000, true},
        {"", WRONG, false},
        {"now", WRONG, false},
        {"2023-13-01", WRONG, false},
        {"2023-11-14T25:00:00Z", WRONG, false},
        {"2023-11-14T22:13:20Zx", WRONG, false},
        {"2023-11-14T22:13:20+1", WRONG, false},
        {"99999999999", WRONG, false},
        {"12:00", WRONG, false},
        {"+", WRONG, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ns = 0;
        bool relative, read = value_time(cases[i].text, &ns, &relative);
        cr_expect_eq(read, cases[i].want != WRONG, "'%s'", cases[i].text);
        cr_expect_eq(relative, cases[i].relative, "'%s'", cases[i].text);
        if (read)
            cr_expect_eq(ns, cases[i].want, "'%s' gives %lld", cases[i].text, (long long)ns);
    }
}

Test(values, globs)
{
    static const struct {
        const char *glob, *text;
        bool want;
    } cases[] = {
        {"*", "", true},
        {"*", "anything", true},
        {"", "", true},
        {"", "x", false},
        {"*.example.org", "www.Example.ORG", true},
        {"*.example.org", "example.org", false},
        {"10.1.*", "10.1.2.3", true},
        {"304-missing-?tag", "304-missing-etag", true},
        {"a*b*c", "a--b--b--c", true},
        {"a*b*c", "a--b--b--d", false},
        {"***x", "aaax", true},
        {"a?", "a", false},
        {"?", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        cr_expect_eq(glob_matches(cases[i].glob, slice_of_text(cases[i].text)), cases[i].want,
                     "'%s' on '%s'", cases[i].glob, cases[i].text);
}

Test(values, a_hostile_glob_ends, .timeout = 5)
{
    static uint8_t text[65536];
    memset(text, 'a', sizeof text);
    cr_expect_not(glob_matches("*a*a*a*a*a*a*a*a*a*a*b", slice_of(text, sizeof text)));
}

static const char *name_at(unsigned index)
{
    static const char *const names[] = {"analyze", "report", "rules", "explain"};
    return index < COUNT_OF(names) ? names[index] : NULL;
}

Test(values, a_slip_of_the_fingers_is_guessed_and_no_more)
{
    static const char *const cases[][2] = {{"analyse", "analyze"}, {"anlyze", "analyze"},
                                           {"reprot", "report"},   {"rule", "rules"},
                                           {"frobnicate", NULL},   {"x", NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *near = nearest_name(cases[i][0], name_at);
        if (cases[i][1])
            cr_expect(near && strcmp(near, cases[i][1]) == 0, "'%s'", cases[i][0]);
        else
            cr_expect(near == NULL, "'%s'", cases[i][0]);
    }
}

Test(values, sizes_for_people)
{
    static const struct {
        uint64_t octets;
        const char *want;
    } cases[] = {
        {0, "0 B"},           {9999, "9999 B"},     {10000, "10.0 kB"},
        {123456, "123 kB"},   {999499, "999 kB"},   {999500, "1.00 MB"},
        {9994999, "9.99 MB"}, {9995000, "10.0 MB"}, {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[24];
        cr_expect_str_eq(size_text(cases[i].octets, text), cases[i].want);
    }
}

Test(values, numbers_for_people)
{
    char text[32];
    cr_expect_str_eq(number_text(0, text), "0");
    cr_expect_str_eq(number_text(999, text), "999");
    cr_expect_str_eq(number_text(1000, text), "1,000");
    cr_expect_str_eq(number_text(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

Test(values, durations_for_people)
{
    char text[32];
    cr_expect_str_eq(duration_text(250000, text), "250 ms");
    cr_expect_str_eq(duration_text(12500000, text), "12.5 s");
    cr_expect_str_eq(duration_text(751000000, text), "12 min 31 s");
    cr_expect_str_eq(duration_text(3 * 3600000000LL + 60000000, text), "3 h 01 min");
    cr_expect_str_eq(duration_text(3 * 86400000000LL, text), "3 d 0 h");
}
