/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * HTTP dates (RFC 9110 §5.6.7) in their three forms. Everything else is no date: a zone other than
 * GMT, a day that does not exist, "0", "-1".
 */

#include <stdint.h>

#include "base/slice.h"

#define NO_DATE INT64_MIN

enum http_date_form {
    HTTP_DATE_INVALID,
    HTTP_DATE_IMF,     /* Sun, 06 Nov 1994 08:49:37 GMT: the one that senders must write */
    HTTP_DATE_RFC850,  /* Sunday, 06-Nov-94 08:49:37 GMT */
    HTTP_DATE_ASCTIME, /* Sun Nov  6 08:49:37 1994 */
};

/* What a date is although it was understood, or why it was not. */
enum http_date_oddity {
    HTTP_DATE_ODD_CASE = 1, /* letters in another case: no IMF-fixdate, but caches read it */
    HTTP_DATE_WRONG_WEEKDAY = 2,
    HTTP_DATE_LEAP_SECOND = 4, /* second 60, read as the first of the next minute */
    HTTP_DATE_OTHER_ZONE = 8,  /* invalid only because the zone is not GMT */
    HTTP_DATE_IMPOSSIBLE = 16, /* has the shape of a date, but there is no such day or time */
};

struct http_date {
    int64_t seconds; /* since the Unix epoch, UTC; NO_DATE where invalid */
    enum http_date_form form;
    unsigned oddities; /* set of enum http_date_oddity */
};

/* `now_s`, seconds since the epoch, decides the century of an RFC 850 year: one that would lie more
 * than 50 years in the future is past. Outer white space is no part of a date. */
struct http_date http_date_parse(struct slice text, int64_t now_s);

/* Only the seconds, or NO_DATE. */
int64_t http_date_seconds(struct slice text, int64_t now_s);
