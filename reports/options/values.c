/* SPDX-License-Identifier: MIT */
/*
 * Reading numbers with units, dates of RFC 3339 and globs, and writing numbers for people. Nothing
 * here depends on the locale or on the time zone of the machine.
 */

#include "reports/options/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"

#define SECOND 1000000000LL

struct unit {
    const char *name;
    double factor;
};

/* Digits with at most one point: strtod() alone would take "inf", "0x1p3" and signs. */
static bool take_decimal(const char **text, double *value)
{
    size_t digits = strspn(*text, "0123456789");
    size_t length = digits;
    if ((*text)[length] == '.') {
        size_t fraction = strspn(*text + length + 1, "0123456789");
        digits += fraction;
        length += 1 + fraction;
    }
    if (digits == 0 || length > 40)
        return false;
    char copy[48];
    memcpy(copy, *text, length);
    copy[length] = '\0';
    *value = strtod(copy, NULL);
    *text += length;
    return true;
}

/* The unit that is `length` octets of `text`, in any casing; 0 where there is none. */
static double factor_of(const struct unit *units, const char *text, size_t length)
{
    for (; units->name; units++)
        if (slice_equal_nocase(slice_of(text, length), slice_of_text(units->name)))
            return units->factor;
    return 0;
}

bool value_size(const char *text, uint64_t *octets)
{
    static const struct unit units[] = {
        {"", 1},
        {"b", 1},
        {"k", 1e3},
        {"kb", 1e3},
        {"m", 1e6},
        {"mb", 1e6},
        {"g", 1e9},
        {"gb", 1e9},
        {"t", 1e12},
        {"tb", 1e12},
        {"ki", 1024},
        {"kib", 1024},
        {"mi", 1 << 20},
        {"mib", 1 << 20},
        {"gi", 1 << 30},
        {"gib", 1 << 30},
        {"ti", 1099511627776.0},
        {"tib", 1099511627776.0},
        {NULL, 0},
    };
    double value;
    if (!take_decimal(&text, &value))
        return false;
    value *= factor_of(units, text, strlen(text));
    if (factor_of(units, text, strlen(text)) == 0 || value >= 9e18)
        return false;
    *octets = (uint64_t)value;
    return true;
}

bool value_duration(const char *text, int64_t *ns)
{
    static const struct unit units[] = {
        {"", 1},     {"s", 1},    {"ms", 1e-3}, {"us", 1e-6},  {"m", 60},
        {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0},
    };
    double total = 0, value;
    unsigned parts = 0;
    do {
        if (!take_decimal(&text, &value))
            return false;
        size_t length = strcspn(text, "0123456789.");
        double factor = factor_of(units, text, length);
        if (factor == 0 || (length == 0 && parts > 0))
            return false;
        total += value * factor;
        text += length;
        parts++;
    } while (*text);
    if (total > 9e9)
        return false;
    *ns = (int64_t)(total * SECOND + 0.5);
    return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years count from March, so that the
 * leap day is a year's last. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* Exactly `digits` digits. */
static bool take_digits(const char **text, unsigned digits, unsigned *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++, ++*text) {
        if (!octet_is_digit((uint8_t) * *text))
            return false;
        *value = *value * 10 + (unsigned)(**text - '0');
    }
    return true;
}

static bool take(const char **text, const char *any)
{
    if (**text == '\0' || !strchr(any, **text))
        return false;
    ++*text;
    return true;
}

/* ".123456789": fractions beyond the nanosecond are dropped. */
static int64_t take_fraction(const char **text)
{
    int64_t ns = 0, scale = SECOND;
    if (!take(text, "."))
        return 0;
    for (; octet_is_digit((uint8_t) * *text); ++*text) {
        scale /= 10;
        ns += scale * (**text - '0');
    }
    return ns;
}

static bool take_zone(const char **text, int64_t *seconds)
{
    unsigned hours, minutes;
    *seconds = 0;
    if (**text == '\0' || take(text, "Zz"))
        return true;
    int64_t sign = **text == '-' ? -1 : 1;
    if (!take(text, "+-") || !take_digits(text, 2, &hours))
        return false;
    take(text, ":");
    if (!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

static bool calendar_time(const char *text, int64_t *ns)
{
    unsigned year, month, day, hour = 0, minute = 0, second = 0;
    int64_t fraction = 0, zone = 0;
    if (!take_digits(&text, 4, &year) || !take(&text, "-") || !take_digits(&text, 2, &month) ||
        !take(&text, "-") || !take_digits(&text, 2, &day))
        return false;
    if (take(&text, "Tt ")) {
        if (!take_digits(&text, 2, &hour) || !take(&text, ":") || !take_digits(&text, 2, &minute))
            return false;
        if (take(&text, ":") && !take_digits(&text, 2, &second))
            return false;
        fraction = take_fraction(&text);
        if (!take_zone(&text, &zone))
            return false;
    }
    if (*text || year < 1700 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t seconds =
        days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *ns = (seconds - zone) * SECOND + fraction;
    return true;
}

static bool epoch_time(const char *text, int64_t *ns)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 10)
        return false;
    int64_t seconds = strtoll(text, NULL, 10);
    text += digits;
    *ns = seconds < INT64_MAX / SECOND ? seconds * SECOND + take_fraction(&text) : INT64_MAX;
    return *text == '\0';
}

bool value_time(const char *text, int64_t *ns, bool *relative)
{
    *relative = *text == '+';
    if (*relative)
        return value_duration(text + 1, ns);
    return calendar_time(text, ns) || epoch_time(text, ns);
}

bool price_read(const char *text, double *amount, const char **unit)
{
    size_t digits = strspn(text, "0123456789."), length;
    char number[24];
    char *end;
    if (digits == 0 || digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    *amount = strtod(number, &end);
    text += digits + strspn(text + digits, " ");
    *unit = text;
    for (length = 0; text[length] > ' ' && text[length] <= '~';)
        length++;
    return *end == '\0' && text[length] == '\0' && length <= 8;
}

bool value_number(const char *text, int64_t least, int64_t most, int64_t *number)
{
    size_t sign = *text == '-' && least < 0;
    size_t digits = strspn(text + sign, "0123456789");
    if (digits == 0 || text[sign + digits] != '\0')
        return false;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0 && *number >= least && *number <= most;
}

bool glob_matches(const char *glob, struct slice text)
{
    const char *star = NULL; /* the last '*' met, and where its run ended so far */
    size_t at = 0, resume = 0;
    while (at < text.len) {
        if (*glob == '*') {
            star = glob++;
            resume = at;
        } else if (*glob &&
                   (*glob == '?' || octet_lower((uint8_t)*glob) == octet_lower(text.at[at]))) {
            glob++;
            at++;
        } else if (star) {
            glob = star + 1;
            at = ++resume;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

/* Levenshtein's distance, of names shorter than 64; more than that is not near anyway. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t n = strlen(b);
    if (n >= COUNT_OF(row) || strlen(a) >= COUNT_OF(row))
        return UINT32_MAX;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; *a; i++, a++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned replaced = diagonal + (*a != b[j - 1]);
            unsigned other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[n];
}

const char *nearest_name(const char *text, const char *(*name_at)(unsigned index))
{
    const char *best = NULL;
    unsigned least = (unsigned)strlen(text) / 3 + 1;
    for (unsigned i = 0; name_at(i); i++) {
        unsigned d = distance(text, name_at(i));
        if (d <= least && d < strlen(text)) {
            best = name_at(i);
            least = d - (d > 0);
        }
    }
    return best;
}

char *size_text(uint64_t octets, char text[24])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)octets;
    unsigned unit = 0;
    if (octets < 10000) {
        snprintf(text, 24, "%" PRIu64 " B", octets);
        return text;
    }
    while (value >= 999.5) {
        value /= 1000;
        unit++;
    }
    snprintf(text, 24,
             value < 9.995   ? "%.2f %s"
             : value < 99.95 ? "%.1f %s"
                             : "%.0f %s",
             value, units[unit]);
    return text;
}

char *number_text(uint64_t number, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

void put_number(FILE *to, int64_t number)
{
    char text[24], *at = text + sizeof text;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    fwrite(at, 1, (size_t)(text + sizeof text - at), to);
}

void put_hex(FILE *to, struct slice octets)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < octets.len; i++) {
        fputc(digits[octets.at[i] >> 4], to);
        fputc(digits[octets.at[i] & 15], to);
    }
}

char *duration_text(int64_t us, char text[32])
{
    int64_t s = us / 1000000;
    if (us < 1000000)
        snprintf(text, 32, "%" PRId64 " ms", us / 1000);
    else if (s < 60)
        snprintf(text, 32, "%.1f s", (double)us / 1e6);
    else if (s < 3600)
        snprintf(text, 32, "%" PRId64 " min %02" PRId64 " s", s / 60, s % 60);
    else if (s < 172800)
        snprintf(text, 32, "%" PRId64 " h %02" PRId64 " min", s / 3600, s / 60 % 60);
    else
        snprintf(text, 32, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
    return text;
}
