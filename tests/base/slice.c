/* SPDX-License-Identifier: MIT */
/* slice: the verbs that everything else trusts. */
#include "base/slice.h"

#include <criterion/criterion.h>

Test(slice, absent_is_not_empty)
{
    cr_expect(slice_is_absent(SLICE_ABSENT));
    cr_expect(!slice_is_absent(SLICE("")));
    cr_expect(slice_equal(SLICE_ABSENT, SLICE("")), "but both have no octets");
}

Test(slice, cut_takes_what_is_before_and_keeps_what_is_after)
{
    struct slice rest = SLICE("a,b,,c");
    static const char *const want[] = {"a", "b", "", "c"};
    for (size_t i = 0; i < 4; i++)
        cr_expect(slice_equal(slice_cut(&rest, ','), slice_of_text(want[i])), "part %zu", i);
    cr_expect(slice_is_absent(rest), "nothing is left after the last part");
}

Test(slice, cut_keeps_an_empty_last_part)
{
    struct slice rest = SLICE("a,");
    slice_cut(&rest, ',');
    cr_expect(!slice_is_absent(rest) && rest.len == 0);
}

Test(slice, trim_removes_spaces_and_tabs_only)
{
    cr_expect(slice_equal(slice_trim(SLICE(" \ta b\t ")), SLICE("a b")));
    cr_expect(slice_equal(slice_trim(SLICE("\r\na")), SLICE("\r\na")));
    cr_expect_eq(slice_trim(SLICE(" \t ")).len, 0u);
}

Test(slice, case_is_ignored_for_ascii_letters_alone)
{
    cr_expect(slice_equal_nocase(SLICE("ETag"), SLICE("eTAG")));
    cr_expect(!slice_equal_nocase(SLICE("a@b"), SLICE("a`b")), "@ and ` differ by the case bit");
    cr_expect(!slice_equal_nocase(SLICE("\xc4"), SLICE("\xe4")), "obs-text has no case");
}

Test(slice, numbers_are_digits_and_nothing_else)
{
    static const struct {
        const char *text;
        bool is_number, is_too_large;
        uint64_t value;
    } cases[] = {
        {"0", true, false, 0},
        {"007", true, false, 7},
        {"9223372036854775807", true, false, INT64_MAX},
        {"9223372036854775808", false, true, INT64_MAX},
        {"99999999999999999999999", false, true, INT64_MAX},
        {"", false, false, 1},
        {"-1", false, false, 1},
        {"+1", false, false, 1},
        {"1 ", false, false, 1},
        {"1.0", false, false, 1},
        {"99999999999999999999999x", false, false, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 1;
        bool too_large = false;
        bool ok = slice_to_u64(slice_of_text(cases[i].text), &value, &too_large);
        cr_expect_eq(ok, cases[i].is_number, "'%s'", cases[i].text);
        cr_expect_eq(too_large, cases[i].is_too_large, "'%s' too large", cases[i].text);
        cr_expect_eq(value, cases[i].value, "value of '%s'", cases[i].text);
    }
}

Test(slice, token_octets_are_those_of_rfc_9110)
{
    static const char separators[] = "\"(),/:;<=>?@[\\]{} \t\x7f";
    for (unsigned c = 0; c < 256; c++) {
        bool want = c > 0x20 && c < 0x7f && !strchr(separators, (int)c);
        cr_expect_eq(octet_is_token((uint8_t)c), want, "octet %u", c);
    }
}
