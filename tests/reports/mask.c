/* SPDX-License-Identifier: MIT */
/* mask: no credential survives, whatever the head looks like; everything else does. */
#include "reports/privacy/mask.h"

#include <criterion/criterion.h>

#include "base/attributes.h"
#include "base/slice.h"

#define CASE(title, input, want)                                                                   \
    {                                                                                              \
        title, input, want, sizeof input - 1                                                       \
    }

Test(mask, secret_values_become_as_many_stars)
{
    static const struct {
        const char *title, *input, *want;
        size_t len;
    } cases[] = {
        CASE("plain", "GET / HTTP/1.1\r\nCookie: a=b; c=d\r\nAccept: x\r\n\r\n",
             "GET / HTTP/1.1\r\nCookie: ********\r\nAccept: x\r\n\r\n"),
        CASE("any casing", "GET / HTTP/1.1\r\nauthORIZation: Basic eA==\r\n\r\n",
             "GET / HTTP/1.1\r\nauthORIZation: **********\r\n\r\n"),
        CASE("all four",
             "x\r\nSet-Cookie: a\r\nCookie:b\r\nAuthorization:\tc\r\nProxy-Authorization: d\r\n",
             "x\r\nSet-Cookie: *\r\nCookie:*\r\nAuthorization:\t*\r\nProxy-Authorization: *\r\n"),
        CASE("folded", "x\r\nCookie: a\r\n b=c\r\n\td\r\nHost: e\r\n",
             "x\r\nCookie: *\r\n ***\r\n\t*\r\nHost: e\r\n"),
        CASE("folded before anything", "x\r\nCookie:\r\n \r\n a=b\r\nHost: e\r\n",
             "x\r\nCookie:\r\n \r\n ***\r\nHost: e\r\n"),
        CASE("bare LF", "x\nCookie: ab\nHost: e\n\n", "x\nCookie: **\nHost: e\n\n"),
        CASE("after a bare CR", "x\r\nFoo: y\rCookie: ab\r\n", "x\r\nFoo: y\rCookie: **\r\n"),
        CASE("with a bare CR inside", "x\r\nCookie: a\rb=c\r\nHost: e\r\n",
             "x\r\nCookie: *****\r\nHost: e\r\n"),
        CASE("space before the colon", "x\r\nCookie \t: ab\r\n", "x\r\nCookie \t: **\r\n"),
        CASE("space before the name", "x\r\n  Cookie: ab\r\n", "x\r\n  Cookie: **\r\n"),
        CASE("as the first line", "Cookie: ab\r\n\r\n", "Cookie: **\r\n\r\n"),
        CASE("cut in the value", "x\r\nCookie: abc", "x\r\nCookie: ***"),
        CASE("cut in the name", "x\r\nCooki", "x\r\nCooki"),
        CASE("NUL in the value", "x\r\nCookie: a\0b\r\n", "x\r\nCookie: ***\r\n"),
        CASE("two spaces inside", "x\r\nCookie:  a  b  \r\n", "x\r\nCookie:  ****  \r\n"),
        CASE("names that only begin so", "x\r\nCookies: a\r\nX-Cookie: b\r\nCookie2: c\r\n",
             "x\r\nCookies: a\r\nX-Cookie: b\r\nCookie2: c\r\n"),
        CASE("names in values", "x\r\nVary: Cookie, Authorization\r\n",
             "x\r\nVary: Cookie, Authorization\r\n"),
        CASE("user and password in the target",
             "GET http://user:pass@host/p?q=a@b HTTP/1.1\r\n\r\n",
             "GET http://*********@host/p?q=a@b HTTP/1.1\r\n\r\n"),
        CASE("and in a Referer", "x\r\nReferer: https://u@h/\r\n",
             "x\r\nReferer: https://*@h/\r\n"),
        CASE("an @ in the password", "GET http://u:p@ss@host/ HTTP/1.1\r\n",
             "GET http://******@host/ HTTP/1.1\r\n"),
        CASE("mail addresses stay", "x\r\nFrom: a@b.example\r\n", "x\r\nFrom: a@b.example\r\n"),
        CASE("one authority after the other", "http://a://b:c@d/", "http://a://***@d/"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t head[256];
        memcpy(head, cases[i].input, cases[i].len);
        mask_head(head, cases[i].len);
        cr_expect_arr_eq(head, cases[i].want, cases[i].len, "%s: %.*s", cases[i].title,
                         (int)cases[i].len, (const char *)head);
    }
}

/* Wherever a head is cut, what was masked stays masked. */
Test(mask, a_cut_head_shows_no_more_than_the_whole)
{
    static const char head[] =
        "GET http://me:pw@h/ HTTP/1.1\r\nCookie: sekrit\r\n more\r\nA: b\r\n\r\n";
    for (size_t len = 0; len < sizeof head; len++) {
        uint8_t copy[sizeof head];
        memcpy(copy, head, len);
        mask_head(copy, len);
        cr_expect(memmem(copy, len, "sek", 3) == NULL, "%zu", len);
        cr_expect(memmem(copy, len, "ore", 3) == NULL, "%zu", len);
    }
}
