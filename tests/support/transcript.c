/* SPDX-License-Identifier: MIT */
/*
 * Reads transcripts (tests/exchanges/README.md shows one). Only this file knows the format:
 *
 *     # comment                     anywhere at the start of a line
 *     @client 10.0.0.2              of connections first used after this line: addresses (IPv6 as
 *     @server 192.0.2.80:8080       [::1]:80), round trip, segment size, TTL, TCP timestamps, or a
 *     @rtt 40ms  @mss 500           capture that met the connection after its handshake
 *     @ttl 128  @timestamps  @midstream
 *     >>> [NAME] [raw]              octets of the client on that connection, until the next line
 *     <<< [NAME] [raw]              that begins with >>> <<< ### === or @; of the server
 *     <gap N>                       within them: N octets that were sent and that the tap missed
 *     ### after 61s                 the clock moves on (ms s min h d); ### at 61s since the
 * beginning
 *     ### close NAME [server]       FIN, here from the client first; ### reset NAME [server]
 *     ### again NAME [server]       what that side sent last is sent once more
 *     ### left open                 connections are not closed at the end
 *     ### repeat N every 60s        the lines up to ### end, N times, 60 s from begin to begin
 *     === RULE[/VARIANT] #N ...     a finding that is due at the Nth exchange (#2-5: at each), with
 *                                   words, in any order, of severity (or `loud`: not info),
 *                                   confidence, account (avoidable, opportunity, free) and
 *                                   party=WHO (is to blame)
 *     === no RULE [#N]              not as error, warning or waste; never: not even as info
 *     === may RULE [#N]             is not judged
 *     === twin NAME                 the near twin of this one that does fire, or does not
 *     === clean                     nothing else is due: the same as no line, said aloud
 *     === exchanges N               so many exchanges are seen
 *     === plain                     the verdict holds for the packets as written, not for cut,
 *                                   reordered, repeated or lost ones (say why in a comment)
 *
 * A finding of severity error, warning or waste that no line allows is a failure; info is judged
 * only where a line names it.
 *
 * A block is a message: its lines end in CRLF up to and with the first empty one; after that
 * nothing is added, and line ends mean nothing. `raw` makes all of it the second part. A block may
 * hold one message only; what follows in the same direction goes into the next block, and is sent
 * at once. Backslash escapes: \r \n \t \0 \\ \xHH, and \c for nothing (a line of a head that ends
 * in \n or \c gets no CRLF; \c also hides a first character that would begin a directive).
 *
 *     {{body 10240 A}}   so many octets of the endless pseudo-random stream named A
 *     {{body 100-199 A}} a range of it, inclusive as in Content-Range
 *     {{chunked 10240 A 4096}}  the same in chunks of at most so many octets, with the last chunk
 *     {{repeat 300 ab}}  the text so many times
 *     {{length}}         octets of the block's second part (lost ones too); {{length -3}} lies
 *     {{date}}           IMF-fixdate of the transcript's clock; {{date +60s}}, {{date -30d}}
 *     {{n}}              which repetition this is, from 1
 *
 * The clock of dates is that of the ### lines alone; on the wire a block lasts as long as its
 * packets take, and half a round trip passes when the direction changes.
 */

#include "tests/support/transcript.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"

struct buffer {
    uint8_t *at;
    size_t len, room;
};

struct connection_name {
    char name[24];
};

struct reader {
    struct arena arena;
    struct transcript *t;
    struct connection_name *names;
    struct wire_setup setup; /* of connections to come */
    struct slice *lines;
    size_t n_lines, at; /* `at`: the line being read */
    int64_t clock_ns;   /* since the beginning */
    size_t repeat_at;   /* line of the open ### repeat */
    unsigned repeat_left, repeat_n;
    int64_t repeat_ns, repeat_began_ns;
    struct error *error;
};

/* What transcript_parse() allocates beside the transcript itself. */
struct memory {
    struct arena arena;
    void *names;
};

static bool fail(struct reader *r, const char *what, struct slice about)
{
    return error_set(r->error, ERROR_INPUT, "%s.http:%zu: %s: " SLICE_FMT, r->t->name, r->at + 1,
                     what, SLICE_ARG(about));
}

static void *grow(void *old, size_t n, size_t size)
{
    if ((n & (n - 1)) == 0) /* at 0, 1, 2, 4, ... */
        old = xrealloc(old, (n ? 2 * n : 1) * size);
    memset((uint8_t *)old + n * size, 0, size);
    return old;
}

static void append(struct buffer *b, const void *bytes, size_t n)
{
    if (b->len + n > b->room) {
        b->room = 2 * (b->len + n);
        b->at = xrealloc(b->at, b->room);
    }
    if (n)
        memcpy(b->at + b->len, bytes, n);
    b->len += n;
}

static struct slice word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    if (rest->len == 0)
        return SLICE_ABSENT;
    struct slice w = slice_cut(rest, ' ');
    return w;
}

static bool is(struct slice s, const char *text)
{
    return slice_equal(s, slice_of_text(text));
}

static bool copy_text(char *to, size_t room, struct slice s)
{
    if (s.len >= room)
        return false;
    if (s.len)
        memcpy(to, s.at, s.len);
    to[s.len] = '\0';
    return true;
}

static char *text_of(struct reader *r, struct slice s)
{
    char *text = arena_alloc(&r->arena, s.len + 1);
    if (s.len)
        memcpy(text, s.at, s.len);
    text[s.len] = '\0';
    return text;
}

/* 61s, 1.5s is not one; a bare number counts seconds. */
static bool read_duration(struct slice s, int64_t *ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"", 1000000000},     {"ms", 1000000},      {"us", 1000},
                 {"s", 1000000000},    {"min", 60000000000}, {"h", 3600000000000},
                 {"d", 86400000000000}};
    int64_t sign = 1;
    if (s.len && (*s.at == '+' || *s.at == '-')) {
        sign = *s.at == '-' ? -1 : 1;
        s = slice_from(s, 1);
    }
    size_t digits = 0;
    while (digits < s.len && octet_is_digit(s.at[digits]))
        digits++;
    uint64_t value;
    if (!slice_to_u64(slice_first(s, digits), &value, NULL))
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (is(slice_from(s, digits), units[i].unit)) {
            *ns = sign * (int64_t)value * units[i].ns;
            return true;
        }
    return false;
}

void transcript_body(struct slice seed, uint64_t from, uint8_t *to, size_t n)
{
    uint64_t key = 0xcbf29ce484222325u; /* FNV-1a: the same in every process */
    for (size_t i = 0; i < seed.len; i++)
        key = (key ^ seed.at[i]) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++) {
        uint64_t state = key + ((from + i) >> 3) * 0x9e3779b97f4a7c15u;
        to[i] = (uint8_t)(wire_random(&state) >> (((from + i) & 7) * 8));
    }
}

static void append_body(struct buffer *out, struct slice seed, uint64_t from, size_t n)
{
    size_t at = out->len;
    uint8_t *octets = xmalloc(n + 1);
    transcript_body(seed, from, octets, n);
    append(out, octets, n);
    free(octets);
    assert(out->len == at + n);
}

static bool expand_body(struct slice args, struct buffer *out)
{
    struct slice range = word(&args), seed = word(&args), first = slice_cut(&range, '-');
    uint64_t from = 0, n;
    if (!slice_to_u64(first, &n, NULL) || n > 64u << 20)
        return false;
    if (!slice_is_absent(range)) {
        from = n;
        if (!slice_to_u64(range, &n, NULL) || n < from || n - from > 64u << 20)
            return false;
        n = n - from + 1;
    }
    append_body(out, seed, from, (size_t)n);
    return true;
}

static bool expand_chunked(struct slice args, struct buffer *out)
{
    struct slice length = word(&args), seed = word(&args), size = word(&args);
    uint64_t n, chunk = 4096;
    if (!slice_to_u64(length, &n, NULL) || n > 64u << 20 ||
        (size.len && (!slice_to_u64(size, &chunk, NULL) || chunk == 0)))
        return false;
    for (uint64_t at = 0; at < n; at += chunk) {
        char line[24];
        uint64_t part = n - at < chunk ? n - at : chunk;
        append(out, line,
               (size_t)snprintf(line, sizeof line, "%llx\r\n", (unsigned long long)part));
        append_body(out, seed, at, (size_t)part);
        append(out, "\r\n", 2);
    }
    append(out, "0\r\n\r\n", 5);
    return true;
}

static bool expand_repeat(struct slice args, struct buffer *out)
{
    uint64_t n;
    if (!slice_to_u64(word(&args), &n, NULL) || n > 1u << 20)
        return false;
    while (n-- > 0)
        append(out, args.at, args.len);
    return true;
}

static bool expand_date(struct reader *r, struct slice args, struct buffer *out)
{
    static const char days[] = "SunMonTueWedThuFriSat",
                      months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t offset_ns = 0;
    if (args.len && !read_duration(args, &offset_ns))
        return false;
    time_t at = (time_t)(TRANSCRIPT_EPOCH + (r->clock_ns + offset_ns) / 1000000000);
    struct tm t;
    char text[64];
    gmtime_r(&at, &t);
    int n =
        snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * t.tm_wday,
                 t.tm_mday, months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    append(out, text, (size_t)n);
    return true;
}

static bool expand_number(struct slice args, int64_t number, struct buffer *out)
{
    char text[24];
    if (args.len) {
        uint64_t value;
        if (!slice_to_u64(slice_from(args, 1), &value, NULL))
            return false;
        number += *args.at == '-' ? -(int64_t)value : (int64_t)value;
    }
    append(out, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)number));
    return true;
}

/* What stands between {{ and }}. */
static bool expand(struct reader *r, struct slice macro, int64_t length, struct buffer *out)
{
    struct slice args = macro, name = word(&args);
    args = slice_trim(args);
    if (is(name, "body"))
        return expand_body(args, out);
    if (is(name, "chunked"))
        return expand_chunked(args, out);
    if (is(name, "repeat"))
        return expand_repeat(args, out);
    if (is(name, "date"))
        return expand_date(r, args, out);
    if (is(name, "length"))
        return expand_number(args, length, out);
    if (is(name, "n"))
        return expand_number(args, r->repeat_n, out);
    return false;
}

static int hex(uint8_t c)
{
    if (octet_is_digit(c))
        return c - '0';
    c = (uint8_t)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape at the start of *rest, which stands behind its backslash. */
static bool unescape(struct slice *rest, struct buffer *out)
{
    static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
    if (rest->len == 0)
        return false;
    uint8_t c = *rest->at;
    if (c == 'x' && rest->len >= 3 && hex(rest->at[1]) >= 0 && hex(rest->at[2]) >= 0) {
        uint8_t octet = (uint8_t)(hex(rest->at[1]) << 4 | hex(rest->at[2]));
        append(out, &octet, 1);
        *rest = slice_from(*rest, 3);
        return true;
    }
    const char *hit = c ? strchr(from, c) : NULL;
    if (!hit && c != 'c')
        return false;
    if (hit)
        append(out, &to[hit - from], 1);
    *rest = slice_from(*rest, 1);
    return true;
}

static bool expand_line(struct reader *r, struct slice line, int64_t length, struct buffer *out)
{
    while (line.len) {
        if (*line.at == '\\') {
            line = slice_from(line, 1);
            if (!unescape(&line, out))
                return fail(r, "no such escape", line);
        } else if (slice_starts_with(line, SLICE("{{"))) {
            const uint8_t *end = memmem(line.at, line.len, "}}", 2);
            if (!end)
                return fail(r, "{{ without }}", line);
            struct slice macro = slice_of(line.at + 2, (size_t)(end - line.at) - 2);
            if (!expand(r, macro, length, out))
                return fail(r, "cannot expand", macro);
            line = slice_from(line, macro.len + 4);
        } else {
            append(out, line.at, 1);
            line = slice_from(line, 1);
        }
    }
    return true;
}

static struct step *step_add(struct reader *r, enum step_kind kind)
{
    struct transcript *t = r->t;
    t->steps = grow(t->steps, t->n_steps, sizeof *t->steps);
    struct step *step = &t->steps[t->n_steps++];
    step->kind = kind;
    step->line = (unsigned)r->at + 1;
    return step;
}

static void add_send(struct reader *r, unsigned connection, enum wire_side from, struct buffer *b)
{
    if (b->len == 0)
        return;
    struct step *step = step_add(r, STEP_SEND);
    step->connection = connection;
    step->from = from;
    step->bytes = arena_copy(&r->arena, slice_of(b->at, b->len));
    b->len = 0;
}

static bool is_gap(struct slice line, uint64_t *octets)
{
    return slice_starts_with(line, SLICE("<gap ")) && slice_ends_with(line, SLICE(">")) &&
           slice_to_u64(slice_trim(slice_of(line.at + 5, line.len - 6)), octets, NULL) &&
           *octets > 0 && *octets < 1u << 30;
}

static bool is_directive(struct slice line)
{
    static const char *const words[] = {">>>", "<<<", "###", "===", "@"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (slice_starts_with(line, slice_of_text(words[i])))
            return true;
    return false;
}

static bool is_comment(struct slice line)
{
    return line.len && *line.at == '#' && !is_directive(line);
}

static bool ends_itself(struct slice line)
{
    return slice_ends_with(line, SLICE("\\n")) || slice_ends_with(line, SLICE("\\c"));
}

/* Octets of lines [from, to) as a second part, lost ones included. */
static bool measure(struct reader *r, size_t from, size_t to, int64_t *length)
{
    struct buffer b = {0};
    bool ok = true;
    *length = 0;
    for (size_t i = from; ok && i < to; i++) {
        uint64_t lost;
        if (is_comment(r->lines[i]))
            continue;
        if (is_gap(r->lines[i], &lost))
            *length += (int64_t)lost;
        else
            ok = expand_line(r, r->lines[i], 0, &b);
    }
    *length += (int64_t)b.len;
    free(b.at);
    return ok;
}

struct block {
    unsigned connection;
    enum wire_side from;
    size_t begin, body, end; /* lines; body: of the second part */
};

static bool write_line(struct reader *r, const struct block *block, size_t i, int64_t length,
                       struct buffer *b)
{
    uint64_t lost;
    struct slice line = r->lines[i];
    if (is_comment(line))
        return true;
    if (is_gap(line, &lost)) {
        add_send(r, block->connection, block->from, b);
        struct step *step = step_add(r, STEP_SKIP);
        step->connection = block->connection;
        step->from = block->from;
        step->octets = (uint32_t)lost;
        return true;
    }
    if (!expand_line(r, line, length, b))
        return false;
    if (i < block->body && !ends_itself(line))
        append(b, "\r\n", 2);
    return true;
}

static bool write_block(struct reader *r, const struct block *block)
{
    struct buffer b = {0};
    int64_t length;
    bool ok = measure(r, block->body, block->end, &length);
    for (size_t i = block->begin; ok && i < block->end; i++) {
        r->at = i;
        ok = write_line(r, block, i, length, &b);
    }
    add_send(r, block->connection, block->from, &b);
    free(b.at);
    return ok;
}

static unsigned connection_of(struct reader *r, struct slice name)
{
    struct transcript *t = r->t;
    for (size_t i = 0; i < t->n_connections; i++)
        if (is(name, r->names[i].name))
            return (unsigned)i;
    t->connections = grow(t->connections, t->n_connections, sizeof *t->connections);
    r->names = grow(r->names, t->n_connections, sizeof *r->names);
    t->connections[t->n_connections] = r->setup;
    copy_text(r->names[t->n_connections].name, sizeof r->names[0].name, slice_first(name, 23));
    return (unsigned)t->n_connections++;
}

static bool read_block(struct reader *r, struct slice line)
{
    struct block block = {.from = *line.at == '>' ? WIRE_CLIENT : WIRE_SERVER, .begin = r->at + 1};
    struct slice rest = slice_from(line, 3), name = word(&rest);
    bool raw = is(name, "raw") || is(word(&rest), "raw");
    if (is(name, "raw"))
        name = SLICE_ABSENT;
    block.connection = connection_of(r, name);
    block.end = block.begin;
    while (block.end < r->n_lines && !is_directive(r->lines[block.end]))
        block.end++;
    block.body = block.begin;
    while (!raw && block.body < block.end && r->lines[block.body].len > 0)
        block.body++;
    if (!raw && block.body == block.end)
        return fail(r, "the head has no empty line at its end", line);
    if (!raw)
        block.body++;
    if (!write_block(r, &block))
        return false;
    r->at = block.end - 1;
    return true;
}

/* "### repeat 6 every 60s" at line r->at: the lines up to "### end" are read so often. */
static bool read_repeat(struct reader *r, struct slice rest)
{
    uint64_t n;
    if (r->repeat_left || !slice_to_u64(word(&rest), &n, NULL) || n == 0 || n > 5000 ||
        !is(word(&rest), "every") || !read_duration(word(&rest), &r->repeat_ns))
        return fail(r, "not: repeat N every DURATION", rest);
    r->repeat_at = r->at;
    r->repeat_left = (unsigned)n;
    r->repeat_n = 1;
    r->repeat_began_ns = r->clock_ns;
    return true;
}

static bool set_clock(struct reader *r, int64_t clock_ns)
{
    if (clock_ns < r->clock_ns)
        return fail(r, "the clock goes backwards", SLICE(""));
    r->clock_ns = clock_ns;
    step_add(r, STEP_CLOCK)->clock_ns = clock_ns;
    return true;
}

static bool read_end(struct reader *r)
{
    if (!r->repeat_left)
        return fail(r, "end without repeat", SLICE(""));
    if (--r->repeat_left == 0)
        return true;
    r->at = r->repeat_at;
    r->repeat_n++;
    return set_clock(r, r->repeat_began_ns + (r->repeat_n - 1) * r->repeat_ns);
}

static bool read_ending(struct reader *r, enum step_kind kind, struct slice rest)
{
    struct slice name = word(&rest), who = word(&rest);
    if (is(name, "server") || is(name, "client")) {
        who = name;
        name = SLICE_ABSENT;
    }
    struct step *step = step_add(r, kind);
    step->connection = connection_of(r, name);
    step->from = is(who, "server") ? WIRE_SERVER : WIRE_CLIENT;
    return true;
}

static bool read_action(struct reader *r, struct slice line)
{
    struct slice rest = slice_from(line, 3), verb = word(&rest);
    int64_t ns;
    if (is(verb, "after") && read_duration(word(&rest), &ns))
        return set_clock(r, r->clock_ns + ns);
    if (is(verb, "at") && read_duration(word(&rest), &ns))
        return set_clock(r, ns);
    if (is(verb, "close"))
        return read_ending(r, STEP_CLOSE, rest);
    if (is(verb, "reset"))
        return read_ending(r, STEP_RESET, rest);
    if (is(verb, "again"))
        return read_ending(r, STEP_AGAIN, rest);
    if (is(verb, "left")) {
        r->t->left_open = true;
        return true;
    }
    if (is(verb, "repeat"))
        return read_repeat(r, rest);
    if (is(verb, "end"))
        return read_end(r);
    return fail(r, "no such action", line);
}

/* 192.0.2.80:8080, 10.0.0.1, [2001:db8::1]:80, 2001:db8::1 */
static void read_address(struct reader *r, struct slice s, const char **address, uint16_t *port)
{
    size_t colon = s.len;
    bool bracketed = s.len && *s.at == '[';
    if (bracketed || slice_find(slice_from(s, slice_find(s, ':') + 1), ':') ==
                         slice_from(s, slice_find(s, ':') + 1).len)
        while (colon > 0 && s.at[colon - 1] != ':' && s.at[colon - 1] != ']')
            colon--;
    uint64_t number = 0;
    if (colon > 0 && s.at[colon - 1] == ':' && slice_to_u64(slice_from(s, colon), &number, NULL))
        s = slice_first(s, colon - 1);
    *port = (uint16_t)number;
    if (bracketed)
        s = slice_of(s.at + 1, s.len - 2);
    *address = text_of(r, s);
}

static bool read_setting(struct reader *r, struct slice line)
{
    struct slice rest = slice_from(line, 1), name = word(&rest), value = slice_trim(rest);
    struct wire_setup *s = &r->setup;
    uint64_t number = 0;
    if (is(name, "client"))
        read_address(r, value, &s->client, &s->client_port);
    else if (is(name, "server"))
        read_address(r, value, &s->server, &s->server_port);
    else if (is(name, "rtt") && read_duration(value, &s->rtt_ns))
        ;
    else if (is(name, "mss") && slice_to_u64(value, &number, NULL))
        s->mss = (uint32_t)number;
    else if (is(name, "ttl") && slice_to_u64(value, &number, NULL))
        s->client_ttl = (uint8_t)number;
    else if (is(name, "timestamps"))
        s->timestamps = true;
    else if (is(name, "midstream"))
        s->midstream = true;
    else
        return fail(r, "no such setting", line);
    return true;
}

static int place_in(struct slice w, const char *(*name)(int), int n)
{
    for (int i = 0; i < n; i++)
        if (is(w, name(i)))
            return i;
    return -1;
}

static const char *severity_name(int i)
{
    static const char *const names[] = {"info", "waste", "warning", "error"};
    return names[i];
}

static const char *confidence_name(int i)
{
    static const char *const names[] = {"possible", "likely", "certain"};
    return names[i];
}

static const char *account_name(int i)
{
    static const char *const names[] = {"any", "avoidable", "opportunity", "free"};
    return names[i];
}

static bool read_due_word(struct reader *r, struct slice w, struct due *due, unsigned *last)
{
    int place;
    uint64_t number;
    if (*w.at == '#') {
        struct slice rest = slice_from(w, 1), first = slice_cut(&rest, '-');
        if (!slice_to_u64(first, &number, NULL))
            return fail(r, "not a number of an exchange", w);
        due->exchange = *last = (unsigned)number;
        if (!slice_is_absent(rest) && slice_to_u64(rest, &number, NULL))
            *last = (unsigned)number;
        return true;
    }
    if (is(w, "loud"))
        due->severity = DUE_LOUD;
    else if ((place = place_in(w, severity_name, 4)) >= 0)
        due->severity = place;
    else if ((place = place_in(w, confidence_name, 3)) >= 0)
        due->confidence = place;
    else if ((place = place_in(w, account_name, 4)) > 0)
        due->account = (enum due_account)place;
    else if (slice_starts_with(w, SLICE("party=")))
        return copy_text(due->party, sizeof due->party, slice_from(w, strlen("party="))) ||
               fail(r, "not a party", w);
    else
        return fail(r, "not a severity, confidence, account or party", w);
    return true;
}

static bool read_due(struct reader *r, enum due_kind kind, struct slice rule, struct slice rest)
{
    struct due due = {.kind = kind, .severity = -1, .confidence = -1, .line = (unsigned)r->at + 1};
    struct slice variant = rule, id = slice_cut(&variant, '/');
    unsigned last = 0;
    if (id.len == 0 || !copy_text(due.rule, sizeof due.rule, id) ||
        !copy_text(due.variant, sizeof due.variant, variant))
        return fail(r, "not the name of a rule", rule);
    for (struct slice w = word(&rest); w.len; w = word(&rest))
        if (!read_due_word(r, w, &due, &last))
            return false;
    for (unsigned n = due.exchange; n <= last; n++) {
        r->t->due = grow(r->t->due, r->t->n_due, sizeof *r->t->due);
        due.exchange = n;
        r->t->due[r->t->n_due++] = due;
    }
    return true;
}

static bool read_expectation(struct reader *r, struct slice line)
{
    struct slice rest = slice_from(line, 3), first = word(&rest);
    uint64_t number;
    if (is(first, "clean"))
        return r->t->clean = true;
    if (is(first, "plain"))
        return r->t->fragile = true;
    if (is(first, "twin")) {
        if (!copy_text(r->t->twin, sizeof r->t->twin, word(&rest)))
            return fail(r, "the name is too long", line);
        return true;
    }
    if (is(first, "exchanges")) {
        if (!slice_to_u64(word(&rest), &number, NULL))
            return fail(r, "not a number", line);
        r->t->exchanges = (unsigned)number;
        return true;
    }
    if (is(first, "no"))
        return read_due(r, DUE_NOT, word(&rest), rest);
    if (is(first, "never"))
        return read_due(r, DUE_NEVER, word(&rest), rest);
    if (is(first, "may"))
        return read_due(r, DUE_MAY, word(&rest), rest);
    return read_due(r, DUE, first, rest);
}

static bool read_line(struct reader *r)
{
    struct slice line = r->lines[r->at];
    if (slice_trim(line).len == 0 || is_comment(line))
        return true;
    if (slice_starts_with(line, SLICE(">>>")) || slice_starts_with(line, SLICE("<<<")))
        return read_block(r, line);
    if (slice_starts_with(line, SLICE("###")))
        return read_action(r, line);
    if (slice_starts_with(line, SLICE("===")))
        return read_expectation(r, line);
    if (*line.at == '@')
        return read_setting(r, line);
    return fail(r, "this belongs to no block", line);
}

static void split_lines(struct reader *r, struct slice text)
{
    while (!slice_is_absent(text) && text.len) {
        struct slice line = slice_cut(&text, '\n');
        if (slice_ends_with(line, SLICE("\r")))
            line.len--;
        r->lines = grow(r->lines, r->n_lines, sizeof *r->lines);
        r->lines[r->n_lines++] = line;
    }
}

static bool read_all(struct reader *r)
{
    for (r->at = 0; r->at < r->n_lines; r->at++)
        if (!read_line(r))
            return false;
    r->at = r->n_lines ? r->n_lines - 1 : 0;
    if (r->repeat_left)
        return fail(r, "repeat without end", SLICE(""));
    if (!r->t->clean && r->t->n_due == 0)
        return fail(r, "it says neither what is due nor that it is clean", SLICE(""));
    return true;
}

struct transcript *transcript_parse(const char *name, struct slice text, struct error *error)
{
    struct transcript *t = xcalloc(1, sizeof *t);
    struct memory *memory = xcalloc(1, sizeof *memory);
    struct reader r = {.t = t, .error = error};
    arena_init(&r.arena, 1 << 16);
    snprintf(t->name, sizeof t->name, "%s", name);
    split_lines(&r, text);
    bool ok = read_all(&r);
    free(r.lines);
    memory->arena = r.arena;
    memory->names = r.names;
    t->memory = memory;
    if (ok)
        return t;
    transcript_free(t);
    return NULL;
}

static bool read_file(const char *path, struct buffer *text, struct error *error)
{
    uint8_t piece[1 << 14];
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, ERROR_INPUT, "%s: cannot be opened", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        append(text, piece, n);
    fclose(file);
    return true;
}

struct transcript *transcript_read(const char *path, struct error *error)
{
    struct buffer text = {0};
    const char *slash = strrchr(path, '/');
    char name[96];
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : path);
    char *suffix = strstr(name, ".http");
    if (suffix)
        *suffix = '\0';
    if (!read_file(path, &text, error))
        return NULL;
    struct transcript *t = transcript_parse(name, slice_of(text.at, text.len), error);
    free(text.at);
    return t;
}

void transcript_free(struct transcript *t)
{
    if (!t)
        return;
    struct memory *memory = t->memory;
    arena_fini(&memory->arena);
    free(memory->names);
    free(memory);
    free(t->steps);
    free(t->due);
    free(t->connections);
    free(t);
}

/* A connection on the stage. */
struct player {
    struct wire_connection connection;
    bool open, spoke;
    enum wire_side speaker;
    struct slice sent[2]; /* last, by each side */
};

/* Brings the player on, and its clock up to `now_ns`. */
static void player_enter(struct player *p, const struct transcript *t, const struct step *step,
                         struct wire *wire, int64_t now_ns, bool ragged)
{
    if (!p->open) {
        struct wire_setup setup = t->connections[step->connection];
        setup.ragged = ragged;
        wire_open(&p->connection, wire, &setup, now_ns);
        p->open = true;
    }
    if (p->spoke && p->speaker != step->from)
        wire_turn(&p->connection);
    if (p->connection.now_ns < now_ns)
        p->connection.now_ns = now_ns;
    p->spoke = true;
    p->speaker = step->from;
}

static void player_act(struct player *p, const struct step *step)
{
    switch (step->kind) {
    case STEP_SEND:
        wire_send(&p->connection, step->from, step->bytes);
        p->sent[step->from] = step->bytes;
        break;
    case STEP_AGAIN:
        wire_again(&p->connection, step->from, p->sent[step->from]);
        break;
    case STEP_SKIP:
        wire_skip(&p->connection, step->from, step->octets);
        break;
    case STEP_CLOSE:
        wire_close(&p->connection, step->from);
        break;
    case STEP_RESET:
        wire_reset(&p->connection, step->from);
        break;
    case STEP_CLOCK:
        break;
    }
}

void transcript_play(const struct transcript *t, struct wire *wire, bool ragged)
{
    const int64_t epoch_ns = TRANSCRIPT_EPOCH * 1000000000;
    struct player *players = xcalloc(t->n_connections + 1, sizeof *players);
    int64_t now_ns = epoch_ns;
    for (size_t i = 0; i < t->n_steps; i++) {
        const struct step *step = &t->steps[i];
        if (step->kind == STEP_CLOCK) {
            if (now_ns < epoch_ns + step->clock_ns)
                now_ns = epoch_ns + step->clock_ns;
            continue;
        }
        struct player *p = &players[step->connection];
        player_enter(p, t, step, wire, now_ns, ragged);
        player_act(p, step);
        now_ns = p->connection.now_ns;
    }
    for (size_t i = 0; i < t->n_connections && !t->left_open; i++) {
        wire_turn(&players[i].connection);
        wire_close(&players[i].connection, WIRE_CLIENT);
    }
    free(players);
    wire_settle(wire);
}

struct slice transcript_stream(struct transcript *t, unsigned connection, enum wire_side from)
{
    struct memory *memory = t->memory;
    struct buffer b = {0};
    for (size_t i = 0; i < t->n_steps; i++) {
        const struct step *step = &t->steps[i];
        if (step->kind == STEP_SEND && step->connection == connection && step->from == from)
            append(&b, step->bytes.at, step->bytes.len);
    }
    struct slice stream = b.len ? arena_copy(&memory->arena, slice_of(b.at, b.len)) : SLICE_ABSENT;
    free(b.at);
    return stream;
}
