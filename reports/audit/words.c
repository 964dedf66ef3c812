/* SPDX-License-Identifier: MIT */
/* Codes to words, in SQL. */

#include "reports/audit/words.h"

#include <assert.h>
#include <string.h>

#include <sqlite3.h>

#include "analysis/analysis.h"
#include "base/attributes.h"

enum { CODES_MOST = 16 };

static const char *version_of(unsigned code)
{
    static const char *const words[] = {NULL,       "HTTP/0.9", "HTTP/1.0",
                                        "HTTP/1.1", "HTTP/2",   "HTTP/3"};
    return code < COUNT_OF(words) ? words[code] : NULL;
}

static const char *aborter_of(unsigned code)
{
    static const char *const words[] = {NULL, "client", "server"};
    return code < COUNT_OF(words) ? words[code] : NULL;
}

static const char *check_of(unsigned code)
{
    static const char *const words[] = {"passed", "fired", "withheld"};
    return code < COUNT_OF(words) ? words[code] : NULL;
}

static const char *word_of(char kind, unsigned code)
{
    switch (kind) {
    case 'V':
        return version_of(code);
    case 'O':
        return code <= OUTCOME_OTHER ? outcome_word((enum outcome)code) : NULL;
    case 'E':
        return code < ENDINGS ? ending_word((enum ending)code) : NULL;
    case 'A':
        return aborter_of(code);
    case 'S':
        return code <= SEVERITY_ERROR ? severity_word((enum severity)code) : NULL;
    case 'C':
        return code <= CONFIDENCE_CERTAIN ? confidence_word((enum confidence)code) : NULL;
    case 'N':
        return code <= NORM_MUST ? norm_word((enum norm)code) : NULL;
    default:
        assert(kind == 'K');
        return check_of(code);
    }
}

static void put_case(sqlite3_str *to, char kind, const char *code, size_t length)
{
    sqlite3_str_appendf(to, "CASE %.*s", (int)length, code);
    for (unsigned i = 0; i < CODES_MOST; i++)
        if (word_of(kind, i))
            sqlite3_str_appendf(to, " WHEN %u THEN %Q", i, word_of(kind, i));
    sqlite3_str_appendall(to, " END");
}

char *words_expand(const char *sql)
{
    sqlite3_str *to = sqlite3_str_new(NULL);
    for (const char *mark; (mark = strchr(sql, '\1'));) {
        const char *end = strchr(mark, '\2');
        assert(end && end - mark > 2);
        sqlite3_str_append(to, sql, (int)(mark - sql));
        put_case(to, mark[1], mark + 2, (size_t)(end - mark - 2));
        sql = end + 1;
    }
    sqlite3_str_appendall(to, sql);
    return sqlite3_str_finish(to);
}
