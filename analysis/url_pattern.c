/* SPDX-License-Identifier: MIT */
/*
 * Patterns: which parts of a path change from one object to the next. A path is cut at "/", a
 * segment at "." "-" "_" "~" "," ";" ":" "@" "=" "+" into pieces; a piece that looks like a number,
 * a hash or an identifier becomes "*". It must be the same for the same path for ever, so it looks
 * at nothing but the path.
 */

#include "analysis/limits.h"
#include "analysis/url.h"

/* A word of letters that is longer is taken for an identifier. */
enum { LONGEST_WORD = 32 };

struct shape {
    unsigned digits, hex_letters, lower, upper, other;
    unsigned switches; /* between letters and digits, between small and capital letters */
};

static unsigned kind_of(uint8_t c)
{
    return octet_is_digit(c) ? 1 : c >= 'a' && c <= 'z' ? 2 : c >= 'A' && c <= 'Z' ? 3 : 4;
}

static struct shape shape_of(struct slice piece)
{
    struct shape s = {0};
    for (size_t i = 0; i < piece.len; i++) {
        uint8_t c = piece.at[i], l = octet_lower(c);
        unsigned kind = kind_of(c);
        s.digits += kind == 1;
        s.lower += kind == 2;
        s.upper += kind == 3;
        s.other += kind == 4;
        s.hex_letters += l >= 'a' && l <= 'f';
        s.switches += i > 0 && kind != kind_of(piece.at[i - 1]);
    }
    return s;
}

/* "v2", "h264", "mp4", "2x", "1080p": few digits beside few letters are a name. */
static bool changes(struct slice piece)
{
    struct shape s = shape_of(piece);
    unsigned letters = s.lower + s.upper;

    if (piece.len == 0)
        return false;
    if (s.other)
        return piece.len > LONGEST_WORD;
    if (letters == 0)
        return true; /* a number */
    if (s.digits && letters == s.hex_letters && piece.len >= 6)
        return true; /* 3f2a9c1b */
    if (piece.len >= 8 && s.digits >= 2 && s.switches >= 3)
        return true; /* k7Qz81xP */
    if (piece.len >= 12 && s.digits && s.switches >= 2)
        return true; /* user1234abcde */
    if (piece.len >= 16 && s.lower && s.upper && s.switches * 3 >= piece.len)
        return true; /* base64 without digits */
    return piece.len > LONGEST_WORD;
}

static bool is_cut(uint8_t c)
{
    return c == '.' || c == '-' || c == '_' || c == '~' || c == ',' || c == ';' || c == ':' ||
           c == '@' || c == '=' || c == '+' || c == '/';
}

static size_t piece_length(struct slice s)
{
    size_t n = 0;
    while (n < s.len && !is_cut(s.at[n]))
        n++;
    return n;
}

/* 8-4-4-4-12 hexadecimal digits: its length where s begins with one, else 0. */
static size_t uuid_length(struct slice s)
{
    enum { LENGTH = 36 };
    if (s.len < LENGTH || (s.len > LENGTH && octet_is_alpha(s.at[LENGTH])))
        return 0;
    for (size_t i = 0; i < LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t l = octet_lower(s.at[i]);
        if (dash ? l != '-' : !(octet_is_digit(l) || (l >= 'a' && l <= 'f')))
            return 0;
    }
    return LENGTH;
}

/* A dot before digits only ("1.2.3", "jquery-3.6.0") makes one changing thing of them. */
static bool joins_star(const uint8_t *out, size_t n, uint8_t cut)
{
    return n > 0 && out[n - 1] == '*' && (cut == '.' || cut == '-' || cut == '_');
}

struct slice url_pattern(const struct url *url, struct arena *arena)
{
    struct slice rest = url->path;
    size_t n = 0;

    if (slice_is_absent(rest))
        return SLICE_ABSENT;
    size_t room = rest.len + 1 < LIMIT_PATTERN ? rest.len + 1 : LIMIT_PATTERN;
    uint8_t *out = arena_alloc(arena, room);
    while (rest.len) {
        size_t length = uuid_length(rest);
        bool star = length != 0;
        if (!star) {
            length = piece_length(rest);
            star = changes(slice_first(rest, length));
        }
        if (n + (star ? 1 : length) + 2 > LIMIT_PATTERN) {
            out[n++] = '*';
            break;
        }
        if (star && n >= 2 && joins_star(out, n - 1, out[n - 1])) {
            n--; /* "*.*" is "*" */
        } else if (star) {
            out[n++] = '*';
        } else {
            memcpy(out + n, rest.at, length);
            n += length;
        }
        rest = slice_from(rest, length);
        if (rest.len) {
            out[n++] = rest.at[0];
            rest = slice_from(rest, 1);
        }
    }
    return slice_of(out, n);
}
