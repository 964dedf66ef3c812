/* SPDX-License-Identifier: MIT */
/*
 * Finding secret values in a head as it was sent. The head is read here once more, and more freely
 * than by the parser: whatever some receiver could take for a Cookie line is one, also after a bare
 * CR or LF, after leading white space, with white space before the colon, in any casing. A secret
 * value goes on to the end of its line and over all lines that begin with white space, which
 * continue it (obs-fold, RFC 9112 §5.2); a bare CR does not end it.
 */

#include "reports/privacy/mask.h"

#include <stdbool.h>
#include <string.h>

#include "base/slice.h"
#include "decode/fields.h"

/* Length of "name:" where a secret field line begins at `line`, else 0. */
static size_t secret_name(struct slice line)
{
    size_t from = 0, to, colon;
    while (from < line.len && octet_is_ows(line.at[from]))
        from++;
    for (to = from; to < line.len && octet_is_token(line.at[to]);)
        to++;
    for (colon = to; colon < line.len && octet_is_ows(line.at[colon]);)
        colon++;
    if (to == from || colon == line.len || line.at[colon] != ':')
        return 0;
    enum field_token token = field_token_of(slice_of(line.at + from, to - from));
    return token != FIELD_OTHER && field_is_secret(token) ? colon + 1 : 0;
}

/* Masks a line's octets but for its line break and the white space around them. */
static void mask_line(uint8_t *at, size_t len)
{
    while (len && (at[len - 1] == '\r' || at[len - 1] == '\n' || octet_is_ows(at[len - 1])))
        len--;
    while (len && octet_is_ows(*at)) {
        at++;
        len--;
    }
    memset(at, '*', len);
}

/* Masks the value that begins at `at`, with the lines that continue it; returns where it ends. */
static size_t mask_value(uint8_t *head, size_t at, size_t len)
{
    bool continued;
    do {
        size_t end = at + slice_find(slice_of(head + at, len - at), '\n');
        end += end < len;
        mask_line(head + at, end - at);
        at = end;
        continued = at < len && octet_is_ows(head[at]);
    } while (continued);
    return at;
}

void mask_head(uint8_t *head, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t name = secret_name(slice_of(head + at, len - at));
        if (name) {
            at = mask_value(head, at + name, len);
            continue;
        }
        while (at < len && head[at] != '\n' && head[at] != '\r')
            at++;
        at += at < len;
    }
    mask_userinfo(head, len);
}

static bool ends_authority(uint8_t c)
{
    return c <= ' ' || c == '/' || c == '?' || c == '#' || c == '"' || c == '<' || c == '>';
}

void mask_userinfo(uint8_t *text, size_t len)
{
    for (size_t at = 0; at + 3 <= len; at++) {
        if (memcmp(text + at, "://", 3) != 0)
            continue;
        size_t from = at + 3, last = 0, i;
        for (i = from; i < len && !ends_authority(text[i]); i++)
            if (text[i] == '@')
                last = i;
        if (last)
            memset(text + from, '*', last - from);
        at = i - 2; /* "a://b@": the end of one may begin the next */
    }
}
