/* SPDX-License-Identifier: MIT */
/* The PROXY protocol, and what only begins like it: every prefix of each asks for more. */

#include "decode/preamble.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/attributes.h"
#include "tests/support/guarded.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
    const char *title;
    struct slice bytes;
    enum preamble what;
    size_t length;
    const char *client; /* NULL: nobody */
} cases[] = {
    // clang-format off
    {"v1, IPv4", {(const uint8_t *)"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\nGET", 38}, PREAMBLE_YES, 35, "192.0.2.7"},
    {"v1, IPv6", {(const uint8_t *)"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", 32}, PREAMBLE_YES, 32, "2001:db8::7"},
    {"v1, unknown", {(const uint8_t *)"PROXY UNKNOWN\r\n", 15}, PREAMBLE_YES, 15, NULL},
    {"v1, unknown and more", {(const uint8_t *)"PROXY UNKNOWN ffff:: ffff:: 1 2\r\n", 33}, PREAMBLE_YES, 33, NULL},
    {"v1, other", {(const uint8_t *)"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", 32}, PREAMBLE_BROKEN, 32, NULL},
    {"v1, families mixed", {(const uint8_t *)"PROXY TCP4 ::1 ::1 1 2\r\n", 24}, PREAMBLE_BROKEN, 24, NULL},
    {"v1, no address", {(const uint8_t *)"PROXY TCP4  1.2.3.4 1 2\r\n", 25}, PREAMBLE_BROKEN, 25, NULL},
    {"v1, bare LF", {(const uint8_t *)"PROXY UNKNOWN\n", 14}, PREAMBLE_BROKEN, 14, NULL},
    {"v2, IPv4", {(const uint8_t *)V2 "\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\0\x01\0\x02GET", 31}, PREAMBLE_YES, 28, "192.0.2.7"},
    {"v2, IPv4 and extensions", {(const uint8_t *)V2 "\x21\x11\0\x0f\xc0\0\x02\x07\x0a\0\0\x01\0\x01\0\x02\x04\0\0", 31}, PREAMBLE_YES, 31, "192.0.2.7"},
    {"v2, local", {(const uint8_t *)V2 "\x20\0\0\0", 16}, PREAMBLE_YES, 16, NULL},
    {"v2, unix sockets", {(const uint8_t *)V2 "\x21\x31\0\x02xy", 18}, PREAMBLE_YES, 18, NULL},
    {"v2, too short for its family", {(const uint8_t *)V2 "\x21\x11\0\x02xy", 18}, PREAMBLE_YES, 18, NULL},
    {"v2, version 3", {(const uint8_t *)V2 "\x31\x11\0\x0c", 16}, PREAMBLE_BROKEN, 16, NULL},
    {"v2, an odd command", {(const uint8_t *)V2 "\x22\x11\0\x0c", 16}, PREAMBLE_BROKEN, 16, NULL},
    {"v2, longer than we take", {(const uint8_t *)V2 "\x21\x11\xff\xff", 16}, PREAMBLE_BROKEN, 16, NULL},
    {"a request", {(const uint8_t *)"GET / HTTP/1.1\r\n", 16}, PREAMBLE_NO, 0, NULL},
    {"a method", {(const uint8_t *)"PROPFIND", 8}, PREAMBLE_NO, 0, NULL},
    {"empty lines", {(const uint8_t *)"\r\n\r\nGET", 7}, PREAMBLE_NO, 0, NULL},
    // clang-format on
};

Test(preamble, is_known_when_it_is_whole)
{
    struct guarded guarded = guarded_new(4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t length;
        struct address client;
        struct slice bytes = guarded_place(&guarded, cases[i].bytes);
        enum preamble what = preamble_parse(bytes, &length, &client);
        char text[46];
        cr_expect(eq(int, what, (int)cases[i].what), "%s", cases[i].title);
        cr_expect(eq(sz, length, cases[i].length), "%s", cases[i].title);
        cr_expect(eq(int, client.family != 0, (int)(cases[i].client != NULL)), "%s",
                  cases[i].title);
        if (cases[i].client)
            cr_expect(eq(int, strcmp(address_text(&client, text), cases[i].client), 0), "%s", text);
    }
    guarded_free(&guarded);
}

Test(preamble, asks_for_more_until_then)
{
    struct guarded guarded = guarded_new(4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t n = 0; cases[i].what == PREAMBLE_YES && n < cases[i].length; n++) {
            size_t length;
            struct address client;
            struct slice part = guarded_place(&guarded, slice_first(cases[i].bytes, n));
            cr_expect(eq(int, preamble_parse(part, &length, &client), PREAMBLE_MORE), "%s, %zu",
                      cases[i].title, n);
        }
    }
    guarded_free(&guarded);
}

Test(preamble, a_line_without_end_is_none)
{
    char line[256];
    size_t length;
    struct address client;
    memset(line, ' ', sizeof line);
    memcpy(line, "PROXY UNKNOWN", 13);
    cr_expect(eq(int, preamble_parse(slice_of(line, 106), &length, &client), PREAMBLE_MORE));
    cr_expect(eq(int, preamble_parse(slice_of(line, 107), &length, &client), PREAMBLE_BROKEN));
}
