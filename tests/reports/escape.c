/* SPDX-License-Identifier: MIT */
/* escape: whatever was captured, a terminal shows it and does nothing else. */
#include "reports/formats/escape.h"

#include <criterion/criterion.h>

#include "base/attributes.h"

#define CASE(input, want)                                                                          \
    {                                                                                              \
        SLICE(input), want                                                                         \
    }

Test(escape, what_steers_hides_or_pretends_is_spelled_out)
{
    static const struct {
        struct slice input;
        const char *want;
    } cases[] = {
        CASE("plain text", "plain text"),
        CASE("", ""),
        CASE("a\0b", "a\\x00b"),
        CASE("\033[31mred\033]0;title\a", "\\x1b[31mred\\x1b]0;title\\x07"),
        CASE("tab\tcr\rlf\ndel\x7f", "tab\\x09cr\\x0dlf\\x0adel\\x7f"),
        CASE("back\\slash", "back\\\\slash"),
        CASE("caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5"),
        CASE("\xff\xc0\xaf", "\\xff\\xc0\\xaf"),
        CASE("\xed\xa0\x80", "\\xed\\xa0\\x80"),
        CASE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"),
        CASE("cut \xe2\x82", "cut \\xe2\\x82"),
        CASE("\xc2\x9b"
             "31m",
             "\\u{009b}31m"),
        CASE("\xe2\x80\xae"
             "gpj.exe",
             "\\u{202e}gpj.exe"),
        CASE("\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}"),
        CASE("zero\xe2\x80\x8bwidth\xef\xbb\xbf", "zero\\u{200b}width\\u{feff}"),
        CASE("\xf3\xa0\x81\x81", "\\u{e0041}"),
        CASE("\xef\xbf\xbe\xef\xbf\xbf", "\\u{fffe}\\u{ffff}"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char shown[256];
        escape_text(cases[i].input, 0, shown, sizeof shown);
        cr_expect_str_eq(shown, cases[i].want, "case %zu", i);
    }
}

Test(escape, absent_is_not_empty)
{
    char shown[64];
    escape_text(SLICE_ABSENT, 0, shown, sizeof shown);
    cr_expect_str_eq(shown, "-");
}

Test(escape, every_pair_of_octets_comes_out_printable_and_as_wide_as_said)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        uint8_t octets[] = {(uint8_t)(pair >> 8), (uint8_t)pair, 'x'};
        char shown[64];
        unsigned columns = escape_text(slice_of(octets, sizeof octets), 0, shown, sizeof shown);
        struct slice out = slice_of_text(shown);
        cr_assert(text_is_utf8(out), "%04x", pair);
        for (size_t i = 0; i < out.len; i++)
            cr_assert(out.at[i] >= 0x20 && out.at[i] != 0x7f, "%04x", pair);
        cr_assert_leq(columns, out.len, "%04x", pair);
    }
}

Test(escape, long_text_loses_its_middle_and_fits)
{
    static const char long_path[] = "/a/very/long/path/with/many/parts/and/a/file.png";
    for (unsigned columns = 3; columns < 60; columns++) {
        char shown[256];
        unsigned used = escape_text(slice_of_text(long_path), columns, shown, sizeof shown);
        cr_expect_leq(used, columns);
        cr_expect_eq(shown[0], '/');
        cr_expect_eq(shown[strlen(shown) - 1], 'g');
    }
}

Test(escape, the_buffer_is_never_passed)
{
    uint8_t octets[600];
    memset(octets, 0x01, sizeof octets);
    for (size_t size = 20; size < 300; size++) {
        char shown[400];
        memset(shown, '#', sizeof shown);
        escape_text(slice_of(octets, sizeof octets), 0, shown, size);
        cr_assert_lt(strlen(shown), size);
        for (size_t i = size; i < sizeof shown; i++)
            cr_assert_eq(shown[i], '#');
    }
}

Test(utf8, validity_does_not_depend_on_where_the_odd_octet_stands)
{
    uint8_t octets[40];
    memset(octets, 'a', sizeof octets);
    cr_expect(text_is_utf8(slice_of(octets, sizeof octets)));
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = 0xfe;
        cr_expect_not(text_is_utf8(slice_of(octets, sizeof octets)), "at %zu", i);
        octets[i] = 'a';
    }
}
