/* SPDX-License-Identifier: MIT */
/*
 * RFC 9112 §7.1:
 *     chunked-body = *( chunk-size [ BWS ";" chunk-ext ] CRLF  chunk-data CRLF )
 *                    1*"0" [ BWS ";" chunk-ext ] CRLF  trailer-section  CRLF
 * White space after a size is padding that old servers write. LF alone ends a line, as in heads.
 * What else departs from the grammar breaks the message: nobody can say where it ends.
 */

#include "decode/chunked.h"

#include <assert.h>

#include "base/attributes.h"

/* Larger sizes are nonsense; below, no sum of octets overflows. */
#define SIZE_MAX_BITS 56

static int hex_value(uint8_t c)
{
    if (octet_is_digit(c))
        return c - '0';
    c = octet_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum chunked_phase size_line_done(const struct chunked *chunked)
{
    return chunked->left ? CHUNKED_DATA : CHUNKED_TRAILER;
}

static enum chunked_phase end_of_line(struct chunked *chunked, bool after_cr,
                                      enum chunked_phase next)
{
    chunked->bare_lf |= !after_cr;
    return next;
}

static enum chunked_phase after_digits(struct chunked *chunked, uint8_t c)
{
    switch (c) {
    case ';':
        chunked->extension = true;
        chunked->after_cr = false;
        return CHUNKED_EXTENSION;
    case ' ':
    case '\t':
        return CHUNKED_PADDING;
    case '\r':
        return CHUNKED_SIZE_LF;
    case '\n':
        return end_of_line(chunked, false, size_line_done(chunked));
    default:
        return CHUNKED_BROKEN;
    }
}

static enum chunked_phase digit(struct chunked *chunked, uint8_t c)
{
    int value = hex_value(c);
    if (value < 0)
        return chunked->phase == CHUNKED_SIZE ? CHUNKED_BROKEN : after_digits(chunked, c);
    if (chunked->left >> (SIZE_MAX_BITS - 4))
        return CHUNKED_BROKEN;
    chunked->left = chunked->left << 4 | (uint64_t)value;
    return CHUNKED_DIGITS;
}

static enum chunked_phase trailer_begins(struct chunked *chunked, uint8_t c)
{
    if (c == '\r')
        return CHUNKED_LAST_LF;
    if (c == '\n')
        return end_of_line(chunked, false, CHUNKED_DONE);
    chunked->trailers = true;
    chunked->after_cr = false;
    return CHUNKED_TRAILER_LINE;
}

/* One octet of framing. */
static enum chunked_phase step(struct chunked *chunked, uint8_t c)
{
    switch ((enum chunked_phase)chunked->phase) {
    case CHUNKED_SIZE:
    case CHUNKED_DIGITS:
        return digit(chunked, c);
    case CHUNKED_PADDING:
        return after_digits(chunked, c);
    case CHUNKED_SIZE_LF:
        return c == '\n' ? size_line_done(chunked) : CHUNKED_BROKEN;
    case CHUNKED_DATA_CR:
        if (c == '\n')
            return end_of_line(chunked, false, CHUNKED_SIZE);
        return c == '\r' ? CHUNKED_DATA_LF : CHUNKED_BROKEN;
    case CHUNKED_DATA_LF:
        return c == '\n' ? CHUNKED_SIZE : CHUNKED_BROKEN;
    case CHUNKED_TRAILER:
        return trailer_begins(chunked, c);
    case CHUNKED_LAST_LF:
        return c == '\n' ? CHUNKED_DONE : CHUNKED_BROKEN;
    default:
        assert(0 && "a phase without framing");
        return CHUNKED_BROKEN;
    }
}

/* To the end of an extension or trailer line, whose text nobody needs. */
static size_t skip_line(struct chunked *chunked, struct slice in)
{
    size_t lf = slice_find(in, '\n');
    if (lf > 0)
        chunked->after_cr = in.at[lf - 1] == '\r';
    if (lf == in.len)
        return lf;
    enum chunked_phase next =
        chunked->phase == CHUNKED_EXTENSION ? size_line_done(chunked) : CHUNKED_TRAILER;
    chunked->phase = (uint8_t)end_of_line(chunked, chunked->after_cr, next);
    return lf + 1;
}

static struct slice take_data(struct chunked *chunked, struct slice in)
{
    struct slice data = slice_first(in, chunked->left > in.len ? in.len : (size_t)chunked->left);
    chunked->left -= data.len;
    if (chunked->left == 0)
        chunked->phase = CHUNKED_DATA_CR;
    return data;
}

size_t chunked_take(struct chunked *chunked, struct slice in, struct slice *data)
{
    size_t used = 0;
    assert(in.at || in.len == 0);
    *data = SLICE_ABSENT;
    while (used < in.len && !chunked_is_over(chunked)) {
        struct slice rest = slice_from(in, used);
        if (chunked->phase == CHUNKED_DATA) {
            *data = take_data(chunked, rest);
            return used + data->len;
        }
        if (chunked->phase == CHUNKED_EXTENSION || chunked->phase == CHUNKED_TRAILER_LINE) {
            used += skip_line(chunked, rest);
            continue;
        }
        chunked->phase = (uint8_t)step(chunked, rest.at[0]);
        used += chunked->phase != CHUNKED_BROKEN;
    }
    return used;
}

bool chunked_skip(struct chunked *chunked, uint64_t length)
{
    if (chunked->phase != CHUNKED_DATA || length > chunked->left)
        return false;
    chunked->left -= length;
    if (chunked->left == 0)
        chunked->phase = CHUNKED_DATA_CR;
    return true;
}
