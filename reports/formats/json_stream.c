/* SPDX-License-Identifier: MIT */
/* Commas, line ends and escapes: RFC 8259 §7, and stricter than it asks for. */

#include "reports/formats/json_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/formats/escape.h"
#include "reports/formats/json.h"
#include "reports/options/values.h"

struct json_stream json_stream_of(FILE *to, unsigned lines)
{
    return (struct json_stream){.to = to, .lines = lines};
}

/* ------------------------------------------------------------------ texts */

static void put_unit(FILE *to, uint32_t unit)
{
    fprintf(to, "\\u%04x", (unsigned)unit);
}

/* Beyond U+FFFF as a pair of surrogates. */
static void put_code(FILE *to, uint32_t code)
{
    if (code < 0x10000) {
        put_unit(to, code);
        return;
    }
    put_unit(to, 0xd800 + ((code - 0x10000) >> 10));
    put_unit(to, 0xdc00 + ((code - 0x10000) & 0x3ff));
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static size_t plain_run(struct slice text)
{
    size_t n = 0;
    while (n < text.len && is_plain(text.at[n]))
        n++;
    return n;
}

/* One character that is not plain; returns its octets. */
static unsigned put_other(FILE *to, struct slice text)
{
    uint32_t code = 0;
    unsigned length = utf8_decode(text, &code);
    if (length == 0)
        fputs("\\ufffd", to);
    else if (code == '"' || code == '\\')
        fprintf(to, "\\%c", (int)code);
    else if (code < 0xa0 || code_is_hidden(code))
        put_code(to, code);
    else
        fwrite(text.at, 1, length, to);
    return length ? length : 1;
}

static void put_string(FILE *to, struct slice text)
{
    fputc('"', to);
    while (text.len) {
        size_t n = plain_run(text);
        fwrite(text.at, 1, n, to);
        text = slice_from(text, n);
        if (text.len)
            text = slice_from(text, put_other(to, text));
    }
    fputc('"', to);
}

/* ------------------------------------------------------------------ structure */

/* What stands before a value. */
static void begin_value(struct json_stream *s, const char *key)
{
    uint32_t bit = UINT32_C(1) << s->depth;
    bool in_object = s->depth > 0 && !(s->arrays & bit);
    assert(in_object == (key != NULL));
    if (s->filled & bit)
        fputc(',', s->to);
    if (s->depth > 0 && s->depth <= s->lines)
        fputc('\n', s->to);
    s->filled |= bit;
    if (key) {
        put_string(s->to, slice_of_text(key));
        fputc(':', s->to);
    }
}

static void begin_container(struct json_stream *s, const char *key, bool is_array)
{
    begin_value(s, key);
    s->depth++;
    assert(s->depth < JSON_STREAM_DEPTH);
    uint32_t bit = UINT32_C(1) << s->depth;
    s->filled &= ~bit;
    s->arrays = is_array ? s->arrays | bit : s->arrays & ~bit;
    fputc(is_array ? '[' : '{', s->to);
}

void stream_object(struct json_stream *s, const char *key)
{
    begin_container(s, key, false);
}

void stream_array(struct json_stream *s, const char *key)
{
    begin_container(s, key, true);
}

void stream_end(struct json_stream *s)
{
    assert(s->depth > 0);
    uint32_t bit = UINT32_C(1) << s->depth;
    if (s->depth <= s->lines && (s->filled & bit))
        fputc('\n', s->to);
    fputc(s->arrays & bit ? ']' : '}', s->to);
    if (--s->depth == 0) {
        fputc('\n', s->to);
        s->filled = 0;
    }
}

/* ------------------------------------------------------------------ values */

static void put_absent(struct json_stream *s, const char *key)
{
    if (key)
        return;
    begin_value(s, key);
    fputs("null", s->to);
}

void stream_text(struct json_stream *s, const char *key, struct slice text)
{
    if (slice_is_absent(text)) {
        put_absent(s, key);
        return;
    }
    begin_value(s, key);
    put_string(s->to, text);
}

void stream_word(struct json_stream *s, const char *key, const char *word)
{
    stream_text(s, key, slice_of_text(word));
}

void stream_number(struct json_stream *s, const char *key, int64_t number)
{
    begin_value(s, key);
    put_number(s->to, number);
}

void stream_real(struct json_stream *s, const char *key, double number, int decimals)
{
    begin_value(s, key);
    fprintf(s->to, "%.*f", decimals, number);
}

void stream_bool(struct json_stream *s, const char *key, bool value)
{
    begin_value(s, key);
    fputs(value ? "true" : "false", s->to);
}

void stream_json(struct json_stream *s, const char *key, struct slice text)
{
    json_t *value = slice_is_absent(text)
                        ? NULL
                        : json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!value) {
        stream_text(s, key, text);
        return;
    }
    begin_value(s, key);
    json_dumpf(value, s->to, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
    json_decref(value);
}

void stream_hex(struct json_stream *s, const char *key, struct slice octets)
{
    begin_value(s, key);
    fputc('"', s->to);
    put_hex(s->to, octets);
    fputc('"', s->to);
}

void stream_column(struct json_stream *s, const char *key, const struct query *query, int column)
{
    switch (sqlite3_column_type(query->statement, column)) {
    case SQLITE_NULL:
        put_absent(s, key);
        break;
    case SQLITE_INTEGER:
        stream_number(s, key, query_number(query, column));
        break;
    case SQLITE_FLOAT:
        stream_real(s, key, sqlite3_column_double(query->statement, column), 6);
        break;
    default:
        stream_text(s, key, query_text(query, column));
    }
}

void stream_columns(struct json_stream *s, const struct query *query, int first, int end)
{
    int n = end ? end : sqlite3_column_count(query->statement);
    for (int i = first; i < n; i++) {
        const char *name = sqlite3_column_name(query->statement, i);
        bool is_hash = slice_ends_with(slice_of_text(name), SLICE("_hash"));
        if (is_hash && !query_is_null(query, i))
            stream_hex(s, name, query_text(query, i));
        else
            stream_column(s, name, query, i);
    }
}

const char *time_text(int64_t us, const char *zone, char text[48])
{
    int64_t fraction = us % 1000000;
    time_t seconds = (time_t)(us / 1000000);
    if (fraction < 0) {
        fraction += 1000000;
        seconds--;
    }
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t at = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + at, 48 - at, ".%06d%s", (int)fraction, zone);
    return text;
}
