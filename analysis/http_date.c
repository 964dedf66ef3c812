/* SPDX-License-Identifier: MIT */
/*
 * The three spellings of an HTTP date (RFC 9110 §5.6.7) and the calendar behind them:
 *
 *     IMF-fixdate   Sun, 06 Nov 1994 08:49:37 GMT
 *     rfc850-date   Sunday, 06-Nov-94 08:49:37 GMT
 *     asctime-date  Sun Nov  6 08:49:37 1994
 *
 * Widths are fixed but for the weekday of RFC 850, so a date is read straight down; the reader
 * remembers that something did not fit and is asked once, at the bottom.
 */

#include "analysis/http_date.h"

#include <stdbool.h>

#include "base/attributes.h"

struct reader {
    const uint8_t *at, *end;
    bool failed;
    bool odd_case;
};

struct calendar {
    unsigned year, month, day, hour, minute, second; /* month and day from 1 */
    unsigned weekday;                                /* Sunday is 0 */
};

/* Names are told apart by three letters, held in a word. */
#define LETTERS(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

static const uint32_t weekdays[] = {
    LETTERS('s', 'u', 'n'), LETTERS('m', 'o', 'n'), LETTERS('t', 'u', 'e'), LETTERS('w', 'e', 'd'),
    LETTERS('t', 'h', 'u'), LETTERS('f', 'r', 'i'), LETTERS('s', 'a', 't'),
};
static const char *const weekday_rests[] = {"day",   "day", "sday", "nesday",
                                            "rsday", "day", "urday"};
static const uint32_t months[] = {
    LETTERS('j', 'a', 'n'), LETTERS('f', 'e', 'b'), LETTERS('m', 'a', 'r'), LETTERS('a', 'p', 'r'),
    LETTERS('m', 'a', 'y'), LETTERS('j', 'u', 'n'), LETTERS('j', 'u', 'l'), LETTERS('a', 'u', 'g'),
    LETTERS('s', 'e', 'p'), LETTERS('o', 'c', 't'), LETTERS('n', 'o', 'v'), LETTERS('d', 'e', 'c'),
};

static size_t left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

static void take(struct reader *r, uint8_t c)
{
    if (left(r) == 0 || *r->at != c) {
        r->failed = true;
        return;
    }
    r->at++;
}

static unsigned take_number(struct reader *r, unsigned digits)
{
    unsigned n = 0;
    if (left(r) < digits) {
        r->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < digits; i++, r->at++) {
        r->failed |= !octet_is_digit(*r->at);
        n = n * 10 + (*r->at - (unsigned)'0');
    }
    return n;
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* Index of the name that comes next. */
static unsigned take_name(struct reader *r, const uint32_t *names, unsigned count)
{
    if (left(r) >= 3) {
        const uint8_t *at = r->at;
        uint32_t name = LETTERS(octet_lower(at[0]), octet_lower(at[1]), octet_lower(at[2]));
        r->odd_case |= !is_capital(at[0]) || is_capital(at[1]) || is_capital(at[2]);
        r->at += 3;
        for (unsigned i = 0; i < count; i++)
            if (names[i] == name)
                return i;
    }
    r->failed = true;
    return 0;
}

/* The letters of a word after its first three. */
static void take_letters(struct reader *r, const char *letters)
{
    for (; *letters && !r->failed; letters++) {
        if (left(r) && *r->at == (uint8_t)*letters - ('a' - 'A')) {
            r->odd_case = true;
            r->at++;
        } else {
            take(r, (uint8_t)*letters);
        }
    }
}

static unsigned take_month(struct reader *r)
{
    return take_name(r, months, COUNT_OF(months)) + 1;
}

static void take_time(struct reader *r, struct calendar *c)
{
    c->hour = take_number(r, 2);
    take(r, ':');
    c->minute = take_number(r, 2);
    take(r, ':');
    c->second = take_number(r, 2);
}

static void take_imf(struct reader *r, struct calendar *c)
{
    c->weekday = take_name(r, weekdays, COUNT_OF(weekdays));
    take(r, ',');
    take(r, ' ');
    c->day = take_number(r, 2);
    take(r, ' ');
    c->month = take_month(r);
    take(r, ' ');
    c->year = take_number(r, 4);
    take(r, ' ');
    take_time(r, c);
}

static void take_rfc850(struct reader *r, struct calendar *c)
{
    c->weekday = take_name(r, weekdays, COUNT_OF(weekdays));
    take_letters(r, weekday_rests[c->weekday]);
    take(r, ',');
    take(r, ' ');
    c->day = take_number(r, 2);
    take(r, '-');
    c->month = take_month(r);
    take(r, '-');
    c->year = take_number(r, 2);
    take(r, ' ');
    take_time(r, c);
}

static void take_asctime(struct reader *r, struct calendar *c)
{
    c->weekday = take_name(r, weekdays, COUNT_OF(weekdays));
    take(r, ' ');
    c->month = take_month(r);
    take(r, ' ');
    if (left(r) && *r->at == ' ') {
        take(r, ' ');
        c->day = take_number(r, 1);
    } else {
        c->day = take_number(r, 2);
    }
    take(r, ' ');
    take_time(r, c);
    take(r, ' ');
    c->year = take_number(r, 4);
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that
 * the leap day is the last of its year; 719468 days lie between 0000-03-01 and the epoch. */
static int64_t days_since_epoch(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t seconds_of(const struct calendar *c)
{
    return days_since_epoch(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 +
           c->second;
}

static bool is_possible(const struct calendar *c)
{
    return c->day >= 1 && c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
           c->minute <= 59 && c->second <= 60;
}

/* "Recipients MUST interpret a timestamp that appears to be more than 50 years in the future as
 * representing the most recent year in the past that had the same last two digits": of all years
 * with these digits, the latest that lies no more than 50 years ahead. */
static unsigned full_year(struct calendar c, int64_t now_s)
{
    const int64_t seconds_in_year = 31556952; /* 365.2425 days: only the century matters */
    int64_t now_year = 1970 + now_s / seconds_in_year;
    int64_t next_century = (now_year < 0 ? 0 : now_year > 9700 ? 9700 : now_year) / 100 * 100 + 100;

    for (c.year += (unsigned)next_century; c.year >= 100; c.year -= 100) {
        struct calendar fifty_years_before = c;
        fifty_years_before.year -= 50;
        if (seconds_of(&fifty_years_before) <= now_s)
            break;
    }
    return c.year;
}

/* The weekday of 1970-01-01 was a Thursday. */
static bool weekday_is_right(const struct calendar *c)
{
    int64_t days = days_since_epoch(c->year, c->month, c->day);
    return (unsigned)(((days + 4) % 7 + 7) % 7) == c->weekday;
}

static enum http_date_form take_date(struct reader *r, struct calendar *c)
{
    if (left(r) > 3 && r->at[3] == ',') {
        take_imf(r, c);
        return HTTP_DATE_IMF;
    }
    if (left(r) > 3 && r->at[3] == ' ') {
        take_asctime(r, c);
        return HTTP_DATE_ASCTIME;
    }
    take_rfc850(r, c);
    return HTTP_DATE_RFC850;
}

static struct http_date invalid(unsigned oddities)
{
    return (struct http_date){NO_DATE, HTTP_DATE_INVALID, oddities};
}

/* " GMT" and nothing behind it; asctime has no zone. */
static bool take_zone(struct reader *r, enum http_date_form form)
{
    static const uint32_t gmt[] = {LETTERS('g', 'm', 't')};
    if (form != HTTP_DATE_ASCTIME) {
        bool odd_case = r->odd_case;
        take(r, ' ');
        take_name(r, gmt, 1);
        r->odd_case = odd_case || (!r->failed && !(is_capital(r->at[-2]) && is_capital(r->at[-1]) &&
                                                   is_capital(r->at[-3])));
    }
    return !r->failed && left(r) == 0;
}

struct http_date http_date_parse(struct slice text, int64_t now_s)
{
    text = slice_trim(text);
    struct reader r = {.at = text.at, .end = text.at + text.len};
    struct calendar c = {.month = 1};

    enum http_date_form form = take_date(&r, &c);
    if (r.failed)
        return invalid(0);
    if (!take_zone(&r, form))
        return invalid(HTTP_DATE_OTHER_ZONE);
    if (form == HTTP_DATE_RFC850)
        c.year = full_year(c, now_s);
    if (!is_possible(&c))
        return invalid(HTTP_DATE_IMPOSSIBLE);

    unsigned oddities = r.odd_case ? HTTP_DATE_ODD_CASE : 0;
    if (!weekday_is_right(&c))
        oddities |= HTTP_DATE_WRONG_WEEKDAY;
    if (c.second == 60)
        oddities |= HTTP_DATE_LEAP_SECOND;
    return (struct http_date){seconds_of(&c), form, oddities};
}

int64_t http_date_seconds(struct slice text, int64_t now_s)
{
    return http_date_parse(text, now_s).seconds;
}
