/* SPDX-License-Identifier: MIT */
/* The three forms of RFC 9110 §5.6.7, and what is none of them. */

#include "analysis/http_date.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NOW INT64_C(1700000000) /* 2023-11-14 */

// clang-format off
static const struct {
    const char *text;
    int64_t seconds;
    enum http_date_form form;
    unsigned oddities;
} valid[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777, HTTP_DATE_IMF, 0},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777, HTTP_DATE_RFC850, 0},
    {"Sun Nov  6 08:49:37 1994", 784111777, HTTP_DATE_ASCTIME, 0},
    {"Tue Nov 14 22:13:20 2023", 1700000000, HTTP_DATE_ASCTIME, 0},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0, HTTP_DATE_IMF, 0},
    {"Wed, 31 Dec 1969 23:59:59 GMT", -1, HTTP_DATE_IMF, 0},
    {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800, HTTP_DATE_IMF, 0},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400, HTTP_DATE_IMF, 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799), HTTP_DATE_IMF, 0},
    {"Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483648), HTTP_DATE_IMF, 0},
    {"  Sun, 06 Nov 1994 08:49:37 GMT\t", 784111777, HTTP_DATE_IMF, 0},
    {"sun, 06 nov 1994 08:49:37 gmt", 784111777, HTTP_DATE_IMF, HTTP_DATE_ODD_CASE},
    {"SUNDAY, 06-NOV-94 08:49:37 GMT", 784111777, HTTP_DATE_RFC850, HTTP_DATE_ODD_CASE},
    {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777, HTTP_DATE_IMF, HTTP_DATE_WRONG_WEEKDAY},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800, HTTP_DATE_IMF, HTTP_DATE_LEAP_SECOND},
    /* two digits: the latest year no more than 50 years ahead */
    {"Monday, 14-Nov-22 22:13:20 GMT", 1668464000, HTTP_DATE_RFC850, 0},
    {"Saturday, 14-Nov-72 22:13:20 GMT", INT64_C(3246387200), HTTP_DATE_RFC850, HTTP_DATE_WRONG_WEEKDAY},
    {"Tuesday, 14-Nov-73 22:13:20 GMT", INT64_C(3277923200), HTTP_DATE_RFC850, 0},
    {"Wednesday, 14-Nov-73 22:13:21 GMT", 122163201, HTTP_DATE_RFC850, 0},
    {"Thursday, 14-Nov-74 22:13:20 GMT", 153699200, HTTP_DATE_RFC850, 0},
    {"Sunday, 14-Nov-99 22:13:20 GMT", 942617600, HTTP_DATE_RFC850, 0},
};

static const struct {
    const char *text;
    unsigned oddities;
} invalid[] = {
    {"", 0}, {"0", 0}, {"-1", 0}, {"now", 0}, {" ", 0},
    {"1700000000", 0},
    {"Sun, 06 Nov 1994 08:49:37", HTTP_DATE_OTHER_ZONE},
    {"Sun, 06 Nov 1994 08:49:37 UTC", HTTP_DATE_OTHER_ZONE},
    {"Sun, 06 Nov 1994 08:49:37 +0000", HTTP_DATE_OTHER_ZONE},
    {"Sun, 06 Nov 1994 08:49:37 GMT+1", HTTP_DATE_OTHER_ZONE},
    {"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_OTHER_ZONE},
    {"Sun Nov  6 08:49:37 1994 GMT", HTTP_DATE_OTHER_ZONE},
    {"Sun, 30 Feb 2020 00:00:00 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Fri, 29 Feb 2100 00:00:00 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 00 Nov 1994 08:49:37 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 31 Nov 1994 08:49:37 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 06 Nov 1994 24:00:00 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 06 Nov 1994 08:60:37 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 06 Nov 1994 08:49:61 GMT", HTTP_DATE_IMPOSSIBLE},
    {"Sun, 6 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 94 08:49:37 GMT", 0},
    {"Sun, 06 November 1994 08:49:37 GMT", 0},
    {"Sun 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun,  06 Nov 1994 08:49:37 GMT", 0},
    {"Xyz, 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06-Nov-1994 08:49:37 GMT", 0},
    {"Sunday, 06 Nov 1994 08:49:37 GMT", 0},
    {"06 Nov 1994 08:49:37 GMT", 0},
    {"1994-11-06T08:49:37Z", 0},
    {"Sun, 06 Nov 1994 8:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:49 GMT", 0},
};
// clang-format on

Test(http_date, three_forms_are_read)
{
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        struct http_date d = http_date_parse(slice_of_text(valid[i].text), NOW);
        cr_expect(d.seconds == valid[i].seconds, "%s: %" PRId64, valid[i].text, d.seconds);
        cr_expect(d.form == valid[i].form, "%s: form %d", valid[i].text, d.form);
        cr_expect(d.oddities == valid[i].oddities, "%s: oddities %u", valid[i].text, d.oddities);
    }
}

Test(http_date, everything_else_is_no_date)
{
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        struct http_date d = http_date_parse(slice_of_text(invalid[i].text), NOW);
        cr_expect(d.seconds == NO_DATE && d.form == HTTP_DATE_INVALID, "%s", invalid[i].text);
        cr_expect(d.oddities == invalid[i].oddities, "%s: %u", invalid[i].text, d.oddities);
    }
}

Test(http_date, no_beginning_of_a_date_is_one)
{
    const char *text = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (size_t n = 0; n < strlen(text); n++)
        cr_expect(http_date_seconds(slice_of(text, n), NOW) == NO_DATE, "%zu octets", n);
}

Test(http_date, absent_is_no_date)
{
    cr_expect(http_date_seconds(SLICE_ABSENT, NOW) == NO_DATE);
}

/* The calendar against the C library's, over four centuries and a half. */
Test(http_date, agrees_with_timegm)
{
    for (int64_t t = -3000000000; t < 11000000000; t += 86400 * 7 + 12345) {
        char text[64];
        time_t when = (time_t)t;
        struct tm tm;
        gmtime_r(&when, &tm);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        struct http_date d = http_date_parse(slice_of_text(text), NOW);
        cr_assert(d.seconds == t && d.oddities == 0, "%s", text);
        strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
        cr_assert(http_date_seconds(slice_of_text(text), NOW) == t, "%s", text);
    }
}

Test(http_date, two_digit_years_lie_within_fifty_years_of_any_now)
{
    for (int64_t now = -5000000000; now < 9000000000; now += 400000000)
        for (unsigned yy = 0; yy < 100; yy++) {
            char text[64];
            snprintf(text, sizeof text, "Monday, 15-Jun-%02u 12:00:00 GMT", yy);
            int64_t t = http_date_seconds(slice_of_text(text), now);
            const int64_t fifty = INT64_C(50) * 366 * 86400;
            cr_assert(t <= now + fifty && t >= now - fifty - 86400 * 366, "%u at %" PRId64, yy,
                      now);
        }
}
