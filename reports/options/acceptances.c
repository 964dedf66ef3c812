/* SPDX-License-Identifier: MIT */
/* Lines of three words, of which the last one goes on to the end of its line. */

#include "reports/options/acceptances.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "reports/options/values.h"

#define DAY_US INT64_C(86400000000)

/* The next word of the line, or "" at its end; *rest is what comes after it. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    size_t length = strcspn(word, " \t");
    *rest = word + length;
    if (**rest)
        *(*rest)++ = '\0';
    return word;
}

static bool is_key(const char *word)
{
    return strlen(word) == 16 && strspn(word, "0123456789abcdef") == 16;
}

/* Of what the calendar does not have (February 30th) another day would be made. */
static bool is_day(const char *word, int64_t ns)
{
    char text[11];
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return strftime(text, sizeof text, "%Y-%m-%d", &utc) == 10 && strcmp(text, word) == 0;
}

static bool read_until(struct acceptance *acceptance, const char *word)
{
    char midnight[32];
    int64_t ns;
    bool relative;
    if (strcmp(word, "never") == 0) {
        acceptance->until_us = INT64_MAX;
        strcpy(acceptance->until, word);
        return true;
    }
    if (strlen(word) != 10 || strspn(word, "0123456789-") != 10)
        return false;
    snprintf(midnight, sizeof midnight, "%sT00:00:00Z", word);
    if (!value_time(midnight, &ns, &relative) || relative || !is_day(word, ns))
        return false;
    acceptance->until_us = ns / 1000 + DAY_US - 1;
    strcpy(acceptance->until, word);
    return true;
}

/* NULL, or what is wrong with the line. */
static const char *read_line(struct acceptances *acceptances, char *line, unsigned number)
{
    struct acceptance acceptance = {.line = number};
    line[strcspn(line, "\r\n")] = '\0';
    char *rest = line, *key = next_word(&rest);
    if (*key == '\0' || *key == '#')
        return NULL;
    if (!is_key(key))
        return "an issue's key is wanted first: 16 hexadecimal digits, as in the column issues.key";
    strcpy(acceptance.key, key);
    if (!read_until(&acceptance, next_word(&rest)))
        return "after the key the last day is wanted: 2027-03-31, or never";
    rest += strspn(rest, " \t");
    if (*rest == '\0')
        return "after the day a reason is wanted";
    for (size_t i = 0; i < acceptances->n; i++)
        if (strcmp(acceptances->items[i].key, acceptance.key) == 0)
            return "this key stands there already";
    acceptance.reason = xstrdup(rest);
    acceptances->items =
        xrealloc(acceptances->items, (acceptances->n + 1) * sizeof *acceptances->items);
    acceptances->items[acceptances->n++] = acceptance;
    return NULL;
}

bool acceptances_read(struct acceptances *acceptances, const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(error, ERROR_USAGE, "cannot read %s: %s", path, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    const char *wrong = NULL;
    unsigned number = 0;
    while (!wrong && getline(&line, &size, file) >= 0)
        wrong = read_line(acceptances, line, ++number);
    bool unreadable = ferror(file) != 0;
    free(line);
    fclose(file);
    if (wrong)
        return error_set(error, ERROR_USAGE, "%s, line %u: %s", path, number, wrong);
    return !unreadable || error_set(error, ERROR_USAGE, "cannot read %s", path);
}

void acceptances_fini(struct acceptances *acceptances)
{
    for (size_t i = 0; i < acceptances->n; i++)
        free(acceptances->items[i].reason);
    free(acceptances->items);
    *acceptances = (struct acceptances){0};
}
