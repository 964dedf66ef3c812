/* SPDX-License-Identifier: MIT */
/* What reports do to text from the wire: JSON, CSV, Markdown, URLs of a HAR. Whole reports are
 * tested in end_to_end/reports.py. */
#include "reports/formats/csv.h"
#include "reports/formats/har.h"
#include "reports/formats/json_stream.h"
#include "reports/formats/markdown.h"
#include "reports/options/values.h"

#include <criterion/criterion.h>

#include <stdlib.h>

/* A stream into memory; its text lives until the next one. */
struct paper {
    FILE *to;
    char *text;
    size_t length;
};

static void paper_open(struct paper *paper)
{
    paper->to = open_memstream(&paper->text, &paper->length);
    cr_assert(paper->to);
}

static const char *paper_read(struct paper *paper)
{
    static char copy[4096];
    fclose(paper->to);
    cr_assert_lt(paper->length, sizeof copy);
    memcpy(copy, paper->text, paper->length + 1);
    free(paper->text);
    return copy;
}

#define WRITTEN(...)                                                                               \
    ({                                                                                             \
        struct paper paper;                                                                        \
        paper_open(&paper);                                                                        \
        FILE *to = paper.to;                                                                       \
        __VA_ARGS__;                                                                               \
        paper_read(&paper);                                                                        \
    })

/* ------------------------------------------------------------------ JSON */

static const char *json_of(struct slice text)
{
    return WRITTEN({
        struct json_stream s = json_stream_of(to, 0);
        stream_array(&s, NULL);
        stream_text(&s, NULL, text);
        stream_end(&s);
    });
}

Test(writers, json_texts_are_escaped)
{
    static const struct {
        const char *title;
        struct slice text;
        const char *want;
    } cases[] = {
        {"plain", SLICE("a b"), "[\"a b\"]\n"},
        {"empty", SLICE(""), "[\"\"]\n"},
        {"quotation mark and backslash", SLICE("\"\\"), "[\"\\\"\\\\\"]\n"},
        {"control characters", SLICE("\0\n\x1b\x7f"), "[\"\\u0000\\u000a\\u001b\\u007f\"]\n"},
        {"the end of a script", SLICE("</script>&"), "[\"\\u003c/script\\u003e\\u0026\"]\n"},
        {"UTF-8 stays", SLICE("\xc3\xa9\xe2\x82\xac"), "[\"\xc3\xa9\xe2\x82\xac\"]\n"},
        {"no UTF-8", SLICE("a\xff\xc3("), "[\"a\\ufffd\\ufffd(\"]\n"},
        {"C1 control", SLICE("\xc2\x9b"), "[\"\\u009b\"]\n"},
        {"turns the direction", SLICE("\xe2\x80\xae"), "[\"\\u202e\"]\n"},
        {"hidden, beyond U+FFFF", SLICE("\xf3\xa0\x80\x81"), "[\"\\udb40\\udc01\"]\n"},
        {"absent", SLICE_ABSENT, "[null]\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        cr_expect_str_eq(json_of(cases[i].text), cases[i].want, "%s", cases[i].title);
}

Test(writers, json_has_commas_and_lines_where_they_belong)
{
    const char *text = WRITTEN({
        struct json_stream s = json_stream_of(to, 1);
        stream_object(&s, NULL);
        stream_number(&s, "least", INT64_MIN);
        stream_word(&s, "left out", NULL);
        stream_real(&s, "real", 1.5, 3);
        stream_array(&s, "list");
        stream_bool(&s, NULL, true);
        stream_object(&s, NULL);
        stream_end(&s);
        stream_hex(&s, NULL, SLICE("\x00\xff"));
        stream_end(&s);
        stream_json(&s, "json", SLICE("{\"a\": [1]}"));
        stream_json(&s, "none", SLICE("{"));
        stream_end(&s);
        stream_array(&s, NULL);
        stream_end(&s);
    });
    cr_expect_str_eq(
        text, "{\n\"least\":-9223372036854775808,\n\"real\":1.500,\n"
              "\"list\":[true,{},\"00ff\"],\n\"json\":{\"a\":[1]},\n\"none\":\"{\"\n}\n[]\n");
}

Test(writers, times_are_in_utc)
{
    char text[48];
    cr_expect_str_eq(time_text(INT64_C(1795342594139803), "Z", text),
                     "2026-11-22T10:16:34.139803Z");
    cr_expect_str_eq(time_text(0, "+0000", text), "1970-01-01T00:00:00.000000+0000");
    cr_expect_str_eq(time_text(-1, "", text), "1969-12-31T23:59:59.999999");
}

/* ------------------------------------------------------------------ CSV */

Test(writers, csv_fields_are_one_line_and_no_formula)
{
    static const struct {
        const char *title;
        struct slice text;
        const char *want;
    } cases[] = {
        {"plain", SLICE("abc"), "abc"},
        {"empty is not NULL", SLICE(""), "\"\""},
        {"comma", SLICE("a,b"), "\"a,b\""},
        {"quotation mark", SLICE("W/\"v1\""), "\"W/\"\"v1\"\"\""},
        {"space at the end", SLICE("a "), "\"a \""},
        {"formula", SLICE("=1+1"), "\"'=1+1\""},
        {"formula behind white space", SLICE(" \t-1"), "\"' \xe2\x90\x89-1\""},
        {"full-width formula",
         SLICE("\xef\xbc\x9d"
               "1"),
         "\"'\xef\xbc\x9d"
         "1\""},
        {"no formula", SLICE("a=1"), "a=1"},
        {"line ends", SLICE("a\r\nb"),
         "\"a\xe2\x90\x8d\xe2\x90\x8a"
         "b\""},
        {"escape, delete", SLICE("\x1b\x7f"), "\"\xe2\x90\x9b\xe2\x90\xa1\""},
        {"no UTF-8", SLICE("\xff"), "\"\xef\xbf\xbd\""},
        {"UTF-8", SLICE("\xc3\xa9"), "\"\xc3\xa9\""},
        {"C1 control", SLICE("\xc2\x9b"), "\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        cr_expect_str_eq(WRITTEN(csv_put_text(to, cases[i].text)), cases[i].want, "%s",
                         cases[i].title);
}

Test(writers, csv_knows_views_and_no_tables)
{
    cr_expect(csv_has_table("issues"));
    cr_expect(csv_has_table("etag_history"));
    cr_expect_not(csv_has_table("exchange"));
    cr_expect_not(csv_has_table("sqlite_schema"));
}

/* ------------------------------------------------------------------ Markdown */

Test(writers, markdown_code_cannot_be_left)
{
    static const struct {
        const char *title;
        struct slice text;
        const char *code, *cell;
    } cases[] = {
        {"plain", SLICE("/a"), "`/a`", "`/a`"},
        {"backticks", SLICE("a``b`"), "``` a``b` ```", "``` a``b` ```"},
        {"bar", SLICE("a|b"), "`a|b`", "`a\\|b`"},
        {"bar behind a backslash", SLICE("a\\|b"), "`a\\\\|b`", "`a\\\\\\|b`"},
        {"markup", SLICE("<b>*[x](y)@z"), "`<b>*[x](y)@z`", "`<b>*[x](y)@z`"},
        {"line end", SLICE("a\nb"), "`a\\x0ab`", "`a\\x0ab`"},
        {"empty", SLICE(""), "`   `", "`   `"},
        {"absent", SLICE_ABSENT, "`-`", "`-`"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cr_expect_str_eq(WRITTEN(markdown_code(to, cases[i].text, 60)), cases[i].code, "%s",
                         cases[i].title);
        cr_expect_str_eq(WRITTEN(markdown_cell(to, cases[i].text, 60)), cases[i].cell, "%s",
                         cases[i].title);
    }
}

Test(writers, markdown_text_is_no_markup)
{
    cr_expect_str_eq(WRITTEN(markdown_text(to, "a*b<c|d\\e")), "a\\*b\\<c\\|d\\\\e");
}

/* ------------------------------------------------------------------ URLs of a HAR */

Test(writers, urls_of_a_har_are_urls)
{
    static const struct {
        const char *title;
        struct slice text;
        const char *want;
    } cases[] = {
        {"plain", SLICE("http://a/b?c=d&e"), "http://a/b?c=d&e"},
        {"an address", SLICE("http://[::1]:80/[x]"), "http://[::1]:80/%5Bx%5D"},
        {"escapes stay", SLICE("http://a/%41"), "http://a/%41"},
        {"no escape", SLICE("http://a/%4"), "http://a/%254"},
        {"no escape either", SLICE("http://a/%zz"), "http://a/%25zz"},
        {"number sign", SLICE("http://a/#x"), "http://a/%23x"},
        {"markup", SLICE("http://a/<\">|`{}^\\ "), "http://a/%3C%22%3E%7C%60%7B%7D%5E%5C%20"},
        {"octets", SLICE("http://a/\x00\xff\xc3\xa9"), "http://a/%00%FF%C3%A9"},
        {"no authority", SLICE("x"), "x"},
        {"empty", SLICE(""), ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[128];
        size_t n = har_url(cases[i].text, text);
        cr_expect_leq(n, 3 * cases[i].text.len);
        text[n] = '\0';
        cr_expect_str_eq(text, cases[i].want, "%s", cases[i].title);
    }
}

/* ------------------------------------------------------------------ numbers */

Test(writers, numbers_have_all_their_digits)
{
    cr_expect_str_eq(WRITTEN(put_number(to, 0)), "0");
    cr_expect_str_eq(WRITTEN(put_number(to, -10)), "-10");
    cr_expect_str_eq(WRITTEN(put_number(to, INT64_MAX)), "9223372036854775807");
    cr_expect_str_eq(WRITTEN(put_number(to, INT64_MIN)), "-9223372036854775808");
    cr_expect_str_eq(WRITTEN(put_hex(to, SLICE("\x0f\xa0"))), "0fa0");
}
