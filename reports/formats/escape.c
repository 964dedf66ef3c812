/* SPDX-License-Identifier: MIT */
/*
 * What may stand on a terminal: printable characters that are what they look like. What may not:
 * C0 and C1 controls (they steer the terminal), octets that are no UTF-8, and the format characters
 * of Unicode that show nothing or turn the direction of writing (UAX #9, UTR #36).
 */

#include "reports/formats/escape.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "reports/limits.h"

#define LONGEST_PIECE 12 /* "\u{10FFFF}" and a NUL */

struct range {
    uint32_t first, last;
};

static const struct range hidden[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x061c, 0x061c},    {0x115f, 0x1160}, {0x17b4, 0x17b5},
    {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfff0, 0xfffb}, {0xe000, 0xf8ff},
    {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
};

/* Two columns on a terminal (East Asian Wide, emoji); coarse, for layout only. */
static const struct range wide[] = {
    {0x1100, 0x115e}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
};

/* No column of their own: combining marks. */
static const struct range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

static bool in_ranges(const struct range *ranges, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

unsigned utf8_decode(struct slice text, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = text.at[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    unsigned length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.len < length)
        return 0;
    uint32_t value = lead & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((text.at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (text.at[i] & 0x3f);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return length;
}

/* Index of the first octet that is not ASCII, eight at a time. */
static size_t ascii_run(struct slice text)
{
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= text.len; i += sizeof eight) {
        memcpy(&eight, text.at + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < text.len && text.at[i] < 0x80)
        i++;
    return i;
}

bool text_is_utf8(struct slice text)
{
    for (text = slice_from(text, ascii_run(text)); text.len;) {
        uint32_t code;
        unsigned length = utf8_decode(text, &code);
        if (length == 0)
            return false;
        text = slice_from(text, length);
    }
    return true;
}

bool code_is_hidden(uint32_t code)
{
    return in_ranges(hidden, COUNT_OF(hidden), code);
}

static unsigned columns_of(uint32_t code)
{
    if (code < 0x300)
        return 1;
    if (in_ranges(combining, COUNT_OF(combining), code))
        return 0;
    return in_ranges(wide, COUNT_OF(wide), code) ? 2 : 1;
}

/* Takes one character off *rest and writes its shown form; returns its columns. */
static unsigned next_piece(struct slice *rest, char piece[LONGEST_PIECE])
{
    uint32_t code = 0;
    unsigned length = utf8_decode(*rest, &code);
    const uint8_t *at = rest->at;
    *rest = slice_from(*rest, length ? length : 1);
    if (length == 0 || code < 0x20 || code == 0x7f)
        return (unsigned)snprintf(piece, LONGEST_PIECE, "\\x%02x", at[0]);
    if (code == '\\')
        return (unsigned)snprintf(piece, LONGEST_PIECE, "\\\\");
    if ((code >= 0x80 && code < 0xa0) || code_is_hidden(code))
        return (unsigned)snprintf(piece, LONGEST_PIECE, "\\u{%04x}", (unsigned)code);
    memcpy(piece, at, length);
    piece[length] = '\0';
    return columns_of(code);
}

/* Writes pieces while they fit into both `columns` and `size`; what is left stays in *rest. */
static unsigned write_front(struct slice *rest, unsigned columns, char *to, size_t size)
{
    unsigned used = 0;
    size_t at = 0;
    while (rest->len) {
        char piece[LONGEST_PIECE];
        struct slice before = *rest;
        unsigned width = next_piece(rest, piece);
        size_t length = strlen(piece);
        if (used + width > columns || at + length >= size) {
            *rest = before;
            break;
        }
        memcpy(to + at, piece, length);
        at += length;
        used += width;
    }
    to[at] = '\0';
    return used;
}

/* Columns of the shown form, and its octets. */
static unsigned measure(struct slice text, size_t *octets)
{
    unsigned columns = 0;
    *octets = 0;
    while (text.len) {
        char piece[LONGEST_PIECE];
        columns += next_piece(&text, piece);
        *octets += strlen(piece);
    }
    return columns;
}

unsigned text_columns(struct slice text)
{
    size_t octets;
    return measure(text, &octets);
}

/* Drops characters from the front until the rest is at most `columns` wide. */
static struct slice tail_of(struct slice text, unsigned columns)
{
    unsigned width = text_columns(text);
    while (text.len && width > columns) {
        char piece[LONGEST_PIECE];
        width -= next_piece(&text, piece);
    }
    return text;
}

unsigned escape_text(struct slice text, unsigned columns, char *to, size_t size)
{
    static const char ellipsis[] = "…";
    assert(size > LONGEST_PIECE + sizeof ellipsis);
    if (slice_is_absent(text))
        text = SLICE("-");
    bool cut = text.len > LIMIT_SHOWN_TEXT;
    text = slice_first(text, LIMIT_SHOWN_TEXT);
    size_t octets;
    unsigned whole = measure(text, &octets);
    if (!cut && octets < size && (columns == 0 || whole <= columns))
        return write_front(&text, whole, to, size);

    /* Not whole: as many columns as have room in the worst case. */
    unsigned most = (unsigned)((size - sizeof ellipsis) / LONGEST_PIECE) + 1;
    if (columns && columns < most)
        most = columns;

    unsigned back = (most - 1) / 2;
    struct slice tail = tail_of(text, back);
    unsigned used = write_front(&text, most - 1 - back, to, size - sizeof ellipsis);
    size_t at = strlen(to);
    memcpy(to + at, ellipsis, sizeof ellipsis);
    at += sizeof ellipsis - 1;
    return used + 1 + write_front(&tail, back, to + at, size - at);
}
