/* SPDX-License-Identifier: MIT */
/*
 * A stream becomes pieces: heads, which have a new length, and all else, which keeps its length.
 * Of what is no head only framing is kept: line breaks, and the sizes of chunks (RFC 9112 §7.1),
 * without extensions. The letters of a body are made of all its content, so that the same content
 * has the same letters however it was cut into chunks, and a part tells nothing of the whole.
 *
 * What a proxy says of its client before the first request (the PROXY protocol) is left out.
 */

#include "reports/evidence/redacted_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/privacy/letters.h"

struct piece {
    uint64_t from, len; /* before */
    uint64_t new_from, new_len;
    size_t at; /* of its octets */
};

struct redacted_stream {
    const struct privacy *privacy;
    struct piece *pieces;
    size_t n_pieces, room_pieces;
    uint8_t *octets;
    size_t len, room;
};

struct redacted_stream *redacted_stream_new(const struct privacy *privacy)
{
    struct redacted_stream *stream = xcalloc(1, sizeof *stream);
    stream->privacy = privacy;
    return stream;
}

void redacted_stream_free(struct redacted_stream *stream)
{
    if (!stream)
        return;
    free(stream->pieces);
    free(stream->octets);
    free(stream);
}

/* ---- pieces ---- */

static uint64_t end_of(const struct redacted_stream *stream, uint64_t place)
{
    const struct piece *last = stream->n_pieces ? &stream->pieces[stream->n_pieces - 1] : NULL;
    return last ? last->new_from + last->new_len + (place - last->from - last->len) : place;
}

/* A piece of as many octets as are given; they can be written where it returns. */
static uint8_t *add_piece(struct redacted_stream *stream, uint64_t from, uint64_t len, size_t now)
{
    if (stream->n_pieces == stream->room_pieces) {
        stream->room_pieces = stream->room_pieces ? stream->room_pieces * 2 : 64;
        stream->pieces = xrealloc(stream->pieces, stream->room_pieces * sizeof *stream->pieces);
    }
    if (stream->len + now + 1 > stream->room) {
        stream->room = (stream->len + now) * 2 + 4096;
        stream->octets = xrealloc(stream->octets, stream->room);
    }
    uint64_t new_from = end_of(stream, from);
    stream->pieces[stream->n_pieces++] = (struct piece){from, len, new_from, now, stream->len};
    stream->len += now;
    return stream->octets + stream->len - now;
}

static void add_head(struct redacted_stream *stream, uint64_t from, struct slice head)
{
    struct arena arena;
    uint8_t *copy = memcpy(xmalloc(head.len + 1), head.at, head.len);
    arena_init(&arena, 4096);
    letters_for_credentials(stream->privacy->pseudonyms, copy, head.len);
    struct slice now = privacy_of(stream->privacy, PRIVATE_HEAD, slice_of(copy, head.len), &arena);
    memcpy(add_piece(stream, from, head.len, now.len), now.at, now.len);
    arena_fini(&arena);
    free(copy);
}

/* ---- what is no head ---- */

static bool is_line_break(uint8_t c)
{
    return c == '\r' || c == '\n';
}

static void put_letters(const struct redacted_stream *stream, struct slice text, uint8_t *to)
{
    letters_write(stream->privacy->pseudonyms, text, to);
    for (size_t i = 0; i < text.len; i++)
        if (is_line_break(text.at[i]))
            to[i] = text.at[i];
}

static int hex_value(uint8_t c)
{
    uint8_t l = octet_lower(c);
    return octet_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The size line of a chunk: its octets with the line break, 0 where there is none. */
static size_t size_line(struct slice text, uint64_t *size)
{
    size_t end = slice_find(text, '\n'), digits = 0;
    *size = 0;
    while (digits < end && digits < 15 && hex_value(text.at[digits]) >= 0)
        *size = *size << 4 | (uint64_t)hex_value(text.at[digits++]);
    bool ends = digits < end ? !octet_is_digit(text.at[digits]) && !octet_is_alpha(text.at[digits])
                             : digits == end;
    return digits && ends && end < text.len ? end + 1 : 0;
}

/* Octets of a chunked body up to its last chunk, its content side by side in `content`, and where
 * that was in `is_content`; 0 where it is none. */
static size_t read_chunks(struct slice body, uint8_t *is_content, uint8_t *content, size_t *n)
{
    size_t at = 0;
    uint64_t size;
    *n = 0;
    while (at < body.len) {
        size_t line = size_line(slice_from(body, at), &size);
        if (line == 0)
            return 0;
        at += line;
        if (size == 0)
            return at;
        size_t here = body.len - at < size ? body.len - at : (size_t)size;
        memset(is_content + at, 1, here);
        memcpy(content + *n, body.at + at, here);
        *n += here;
        at += here;
        while (at < body.len && is_line_break(body.at[at]))
            at++;
    }
    return at;
}

/* Of size lines the digits and the line break stay; an extension (RFC 9112 §7.1.1) becomes digits
 * of none: blanks. */
static void put_chunks(const struct redacted_stream *stream, struct slice body,
                       const uint8_t *is_content, struct slice content, uint8_t *to)
{
    uint64_t number = pseudonym_number(stream->privacy->pseudonyms, content), done = 0;
    bool in_extension = false;
    for (size_t i = 0; i < body.len; i++) {
        if (is_content[i]) {
            letters_write_part(number, done++, 1, to + i);
            continue;
        }
        in_extension = !is_line_break(body.at[i]) && (in_extension || hex_value(body.at[i]) < 0);
        to[i] = in_extension ? ' ' : body.at[i];
    }
}

/* Line breaks, or an empty chunk, where nothing may be: after a 304 (RFC 9112 §6.3). */
static bool is_no_content(struct slice body)
{
    size_t i = 0;
    while (i < body.len && is_line_break(body.at[i]))
        i++;
    return i == body.len || slice_equal(body, SLICE("0\r\n\r\n"));
}

static bool is_chunked(struct slice head)
{
    static const char name[] = "\ntransfer-encoding:";
    for (size_t at = 0; at + sizeof name - 1 <= head.len; at++)
        if (slice_starts_with_nocase(slice_from(head, at), slice_of(name, sizeof name - 1)))
            return true;
    return false;
}

static void add_body(struct redacted_stream *stream, uint64_t from, struct slice body,
                     struct slice head)
{
    size_t chunks = 0, n = 0;
    uint8_t *to = add_piece(stream, from, body.len, body.len);
    uint8_t *is_content = xcalloc(body.len + 1, 1), *content = xmalloc(body.len + 1);
    if (is_chunked(head))
        chunks = read_chunks(body, is_content, content, &n);
    put_chunks(stream, slice_first(body, chunks), is_content, slice_of(content, n), to);
    if (chunks)
        put_letters(stream, slice_from(body, chunks), to + chunks); /* trailers */
    else if (is_no_content(body))
        memcpy(to, body.at, body.len);
    else
        letters_write(stream->privacy->pseudonyms, body, to);
    free(content);
    free(is_content);
}

static bool is_proxy_preamble(struct slice text)
{
    return slice_starts_with(text, SLICE("PROXY ")) ||
           slice_starts_with(text, SLICE("\r\n\r\n\0\r\nQUIT\n"));
}

/* "HTTP/1.1 1": of an interim response (RFC 9110 §15.2), which nobody was told of. */
static size_t interim_length(struct slice text)
{
    if (!slice_starts_with(text, SLICE("HTTP/1.")) || text.len < 10 || text.at[9] != '1')
        return 0;
    const uint8_t *end = memmem(text.at, text.len, "\r\n\r\n", 4);
    return end ? (size_t)(end - text.at) + 4 : 0;
}

/* Between messages. */
static void add_rest(struct redacted_stream *stream, uint64_t from, struct slice rest)
{
    size_t head;
    if (stream->n_pieces == 0 && is_proxy_preamble(rest)) {
        (void)add_piece(stream, from, rest.len, 0);
        return;
    }
    while ((head = interim_length(rest)) > 0) {
        add_head(stream, from, slice_first(rest, head));
        from += head;
        rest = slice_from(rest, head);
    }
    if (rest.len)
        put_letters(stream, rest, add_piece(stream, from, rest.len, rest.len));
}

void redacted_stream_add(struct redacted_stream *stream, uint64_t from, struct slice run,
                         const struct head_place *heads, size_t n_heads)
{
    size_t first = n_heads ? heads[0].at : run.len;
    add_rest(stream, from, slice_first(run, first));
    for (size_t i = 0; i < n_heads; i++) {
        size_t end = i + 1 < n_heads ? heads[i + 1].at : run.len;
        struct slice head = slice_first(slice_from(run, heads[i].at), heads[i].len);
        struct slice after =
            slice_first(slice_from(run, heads[i].at + head.len), end - heads[i].at - head.len);
        size_t body = heads[i].body < after.len ? (size_t)heads[i].body : after.len;
        uint64_t at = from + heads[i].at + head.len;
        add_head(stream, from + heads[i].at, head);
        if (body)
            add_body(stream, at, slice_first(after, body), head);
        if (body < after.len)
            add_rest(stream, at + body, slice_from(after, body));
    }
}

/* ---- places ---- */

/* The last piece that begins at or before that place; NULL: none does. */
static const struct piece *piece_at(const struct redacted_stream *stream, uint64_t place)
{
    size_t low = 0, high = stream->n_pieces;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stream->pieces[middle].from <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &stream->pieces[low - 1] : NULL;
}

static uint64_t place_in(const struct piece *piece, uint64_t place)
{
    uint64_t in = place - piece->from;
    if (in >= piece->len)
        return piece->new_from + piece->new_len + (in - piece->len);
    return piece->new_from + (in < piece->new_len ? in : piece->new_len);
}

int64_t redacted_stream_place(const struct redacted_stream *stream, int64_t place)
{
    const struct piece *piece = place < 0 ? NULL : piece_at(stream, (uint64_t)place);
    return piece ? (int64_t)place_in(piece, (uint64_t)place) : place;
}

struct slice redacted_stream_octets(const struct redacted_stream *stream, uint64_t from,
                                    uint64_t until)
{
    const struct piece *piece = piece_at(stream, from);
    if (!piece || from >= until)
        return SLICE("");
    uint64_t start = place_in(piece, from);
    uint64_t end = (uint64_t)redacted_stream_place(stream, (int64_t)until);
    return slice_of(stream->octets + piece->at + (start - piece->new_from), (size_t)(end - start));
}
