/* SPDX-License-Identifier: MIT */
/* html: whatever was captured is text in the page, and every figure says what it is of. */
#include "reports/html/html.h"

#include <criterion/criterion.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "reports/advice/norms.h"
#include "reports/html/files.h"
#include "reports/limits.h"

struct sink {
    struct html html;
    char *text;
    size_t size;
};

static struct sink *sink_open(void)
{
    static struct sink sink;
    sink = (struct sink){0};
    sink.html.to = open_memstream(&sink.text, &sink.size);
    return &sink;
}

static const char *sink_text(struct sink *sink)
{
    fflush(sink->html.to);
    return sink->text;
}

static void sink_close(struct sink *sink)
{
    fclose(sink->html.to);
    free(sink->text);
}

Test(html, nothing_from_the_wire_is_markup)
{
    static const struct {
        struct slice input;
        const char *want;
    } cases[] = {
        {SLICE("plain"), "plain"},
        {SLICE("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {SLICE("\" onload='x'"), "&#34; onload=&#39;x&#39;"},
        {SLICE("&lt;&#60;"), "&amp;lt;&amp;#60;"},
        {SLICE("]]>--><!--"), "]]&gt;--&gt;&lt;!--"},
        {SLICE("\x1b[31m\0\x7f"), "\\x1b[31m\\x00\\x7f"},
        {SLICE("\xff\xfe<"), "\\xff\\xfe&lt;"},
        {SLICE("\xe2\x80\xaegpj.exe"), "\\u{202e}gpj.exe"},
        {SLICE("\xef\xbf\xbe\xef\xbf\xbf"), "\\u{fffe}\\u{ffff}"},
        {SLICE(""), ""},
        {{NULL, 0}, "-"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sink *sink = sink_open();
        html_wire(&sink->html, cases[i].input, 0);
        cr_expect_str_eq(sink_text(sink), cases[i].want, "case %zu: %s", i, sink->text);
        cr_expect_eq(sink->html.written, strlen(cases[i].want), "case %zu", i);
        sink_close(sink);
    }
}

Test(html, long_words_may_break_where_urls_part)
{
    struct sink *sink = sink_open();
    html_wire_breaking(&sink->html, SLICE("a/b?c=<d>&e;f//g"), 0);
    cr_expect_str_eq(sink_text(sink), "a/<wbr/>b?<wbr/>c=&lt;d&gt;&amp;<wbr/>e;<wbr/>f//<wbr/>g",
                     "%s", sink->text);
    sink_close(sink);
}

Test(html, a_text_is_cut_however_it_is_spelled_out)
{
    static uint8_t hostile[100000];
    struct sink *sink = sink_open();
    memset(hostile, '\x01', sizeof hostile);
    html_wire(&sink->html, slice_of(hostile, sizeof hostile), 0);
    cr_expect_lt(strlen(sink_text(sink)), 4 * LIMIT_SHOWN_TEXT);
    sink_close(sink);
}

Test(html, a_share_is_never_nothing_of_something_nor_all_of_less)
{
    static const struct {
        uint64_t part, whole;
        const char *want;
    } cases[] = {
        {0, 0, "-"},      {0, 10, "0.0 %"},    {1, 100000, "&lt;0.1 %"},
        {1, 8, "12.5 %"}, {10, 10, "100.0 %"}, {99999, 100000, "&gt;99.9 %"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sink *sink = sink_open();
        html_share(&sink->html, cases[i].part, cases[i].whole);
        cr_expect_str_eq(sink_text(sink), cases[i].want, "%s", sink->text);
        sink_close(sink);
    }
}

Test(html, times_before_the_epoch_are_times_too)
{
    struct sink *sink = sink_open();
    html_clock(&sink->html, -1000);
    html_put(&sink->html, " ");
    html_date(&sink->html, -1000);
    cr_expect_str_eq(sink_text(sink), "23:59:59.999 1969-12-31 23:59:59", "%s", sink->text);
    sink_close(sink);
}

Test(html, every_rule_that_an_rfc_states_has_its_sentence)
{
    for (unsigned i = 0; rule_card(i); i++) {
        const struct rule_card *card = rule_card(i);
        const struct norm_sentence *norm = norm_sentence_of(card->id);
        char address[96];
        if (!norm) {
            cr_expect_eq(card->norm, NORM_NONE, "%s is a %s without its sentence", card->id,
                         norm_word(card->norm));
            continue;
        }
        cr_expect_neq(*norm_address(norm->source, address), '\0', "%s: %s", card->id, norm->source);
    }
    cr_expect_null(norm_sentence_of("no-such-rule"));
}

Test(html, the_hashes_are_base64_of_32_octets)
{
    cr_expect_eq(strlen(html_css_sha256), 44);
    cr_expect_eq(strlen(html_js_sha256), 44);
    cr_expect_eq(html_css_sha256[43], '=');
    cr_expect_null(strstr(html_js, "</script"));
    cr_expect_null(strstr(html_css, "</style"));
}
