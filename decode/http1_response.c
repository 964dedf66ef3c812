/* SPDX-License-Identifier: MIT */
/*
 * What the server sends: responses (RFC 9112 §4, §6.3), and what it should not have sent.
 *
 * A response that cannot have a body ends at its empty line. Octets behind it that do not begin
 * "HTTP/" are its illegal body: one or two empty lines, chunks, as many octets as its
 * Content-Length says, or others. "HTTP/" begins the next response, even if the first one had a
 * Content-Length: that is legal without a body, and the usual case. Within an illegal body of known
 * length it is believed only at the beginning of a packet, if a request was sent in the meantime.
 * "MUST NOT process, cache, or forward such extra data as a separate response" (RFC 9112 §6.3).
 *
 * Where we do not know what comes (after losses, behind octets that nobody announced) we hunt for
 * "HTTP/" anywhere, and believe it if the status line and each field line behind it are without
 * fault.
 */

#include <assert.h>

#include "decode/http1.h"

#include "base/attributes.h"

static const struct slice http = {(const uint8_t *)"HTTP/", 5};

/* The exchange whose illegal body these octets would be. */
static struct exchange *bodiless(const struct http1 *s)
{
    return s->answered && s->first->status && response_is_bodiless(s->first) ? s->first : NULL;
}

/* ---- bodies */

static void message_done(struct http1 *s, struct exchange *x)
{
    struct reader *r = &s->server;
    struct message *m = &x->response;
    x->flaws |= body_flaws(&r->now->body);
    m->body_whole = !(x->flaws & FLAW(RESPONSE_BODY_GAP));
    body_finish(&r->now->body, m);
    r->phase = PHASE_BETWEEN;
    pairing_response_done(s, x, response_is_bodiless(x) && x->status);
}

static void begin_hunting(struct http1 *s)
{
    struct reader *r = &s->server;
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
    r->hunting = true;
    if (s->answering)
        s->answering->flaws |= FLAW(BODY_ON_BODILESS);
    if (!r->seen && !began(s) && !r->lost) {
        r->lost = true;
        pairing_server_unclear(s);
    }
    r->junk |= !r->lost && !bodiless(s);
}

static void body_broke(struct http1 *s, struct exchange *x)
{
    if (x) {
        x->flaws |= body_flaws(&s->server.now->body);
        exchange_finish(s, x, ENDED_GAP);
    }
    body_drop(&s->server.now->body);
    begin_hunting(s);
}

/* Octets of a body that no exchange has. */
static enum body_state take_for_nobody(struct body *body, struct slice bytes, size_t *used)
{
    struct message nobody = {0};
    return body_take(body, bytes, &nobody, used);
}

/* Octets of the body, from the run at hand or kept before. */
static size_t take_body(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->server;
    struct exchange *x = r->exchange;
    size_t used;
    enum body_state state = x ? body_take(&r->now->body, bytes, &x->response, &used)
                              : take_for_nobody(&r->now->body, bytes, &used);
    reader_charge(r, x, used);
    if (x && used)
        instant_advance(&x->response.last, &r->now->packet);
    if (state == BODY_BROKEN) {
        body_broke(s, x);
    } else if (state == BODY_DONE) {
        r->phase = PHASE_BETWEEN;
        if (x)
            message_done(s, x);
    }
    return used;
}

/* ---- what follows a response without body */

static void count_stray(struct http1 *s, size_t n)
{
    struct reader *r = &s->server;
    struct exchange *x = bodiless(s);
    reader_charge(r, x, n);
    if (!x) {
        r->junk |= !r->lost;
        return;
    }
    x->response.body_bytes += n;
    instant_advance(&x->response.last, &r->now->packet);
    x->stray_bytes += n;
}

/* What was read as a beginning of "HTTP/" and is none. */
static void count_stray_kept(struct http1 *s)
{
    struct reader *r = &s->server;
    struct exchange *x = bodiless(s);
    uint64_t n = r->now->owed.octets;
    if (!x) {
        r->junk |= n > 0 && !r->lost;
    } else if (n) {
        reader_pay(r, x);
        x->response.body_bytes += n;
        instant_advance(&x->response.last, &r->now->packet);
        x->stray_bytes += n;
    }
    reader_drop_head(r);
}

static void set_stray(struct http1 *s, enum stray_kind kind)
{
    struct exchange *x = bodiless(s);
    if (x && x->status == 304)
        x->stray = kind;
}

static bool is_hex(uint8_t c)
{
    return octet_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* `begin` is the first octet that is not "HTTP/"'s; `kept` octets before it were taken for that. */
static void stray_begins(struct http1 *s, struct exchange *x, uint8_t begin, size_t kept)
{
    struct reader *r = &s->server;
    struct framing framing = {.kind = FRAMING_LENGTH};
    uint64_t before = x->stray_bytes, length;
    x->flaws |= FLAW(BODY_ON_BODILESS);
    bool is_first = before == 0 && kept == 0;
    bool is_line = begin == '\r' || begin == '\n';
    bool is_chunk = begin == '0' || (is_hex(begin) && head_is_chunked(&x->response.head));
    bool has_length = head_content_length(&x->response.head, &length) && length > before + kept;
    count_stray_kept(s);
    if (is_first && is_line) {
        set_stray(s, STRAY_CRLF);
        r->now->line = 0;
        r->phase = PHASE_STRAY_LINES;
        return;
    }
    set_stray(s, STRAY_OTHER);
    r->phase = PHASE_STRAY_BODY;
    if (is_first && is_chunk)
        framing.kind = FRAMING_CHUNKED;
    else if (has_length)
        framing.length = length - before - kept;
    else
        begin_hunting(s);
    body_begin(&r->now->body, &framing, false, false);
}

/* At most two empty lines. */
static size_t stray_lines(struct http1 *s, uint8_t c)
{
    struct reader *r = &s->server;
    if ((c != '\r' && c != '\n') || r->now->line == 2) {
        r->phase = PHASE_BETWEEN;
        return 0;
    }
    if (c == '\n')
        r->now->line++;
    count_stray(s, 1);
    return 1;
}

/* A request was sent since the bodiless response ended. */
static bool next_was_requested(const struct http1 *s)
{
    const struct exchange *x = bodiless(s), *next = x ? x->next : s->first;
    if (!next || s->client.exchange == next || !next->request.seen)
        return false;
    return next->request.last.time_ns <= s->server.last_ns &&
           (!x || next->request.first.time_ns > x->response.head_end.time_ns);
}

static enum stray_kind kind_of_chunks(const struct http1 *s)
{
    const struct exchange *x = bodiless(s);
    const struct chunked *chunked = &s->server.now->body.chunked;
    bool is_shortest = x && x->stray_bytes == 5 && !chunked->bare_lf;
    return is_shortest ? STRAY_EMPTY_CHUNK : STRAY_CHUNKED;
}

static size_t stray_body(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->server;
    if (bytes.at[0] == 'H' && r->packet_begins && r->now->body.kind == FRAMING_LENGTH &&
        next_was_requested(s)) {
        r->now->resume = PHASE_STRAY_BODY;
        r->phase = PHASE_MAYBE_BODY;
        return 0;
    }
    size_t used;
    enum body_state state = take_for_nobody(&r->now->body, bytes, &used);
    count_stray(s, used);
    if (state == BODY_DONE) {
        set_stray(s,
                  r->now->body.kind == FRAMING_LENGTH ? STRAY_CONTENT_LENGTH : kind_of_chunks(s));
        r->phase = PHASE_BETWEEN;
    } else if (state == BODY_BROKEN) {
        begin_hunting(s);
    }
    return used;
}

/* ---- is there a body? */

/* As much of "HTTP/1.d ddd" and white space as there is. */
static bool may_be_status_line(struct slice bytes)
{
    static const char pattern[] = "HTTP/1.0 000 ";
    for (size_t i = 0; i < bytes.len && i < sizeof pattern - 1; i++) {
        uint8_t c = bytes.at[i];
        bool is_end = i == sizeof pattern - 2;
        if (pattern[i] == '0' ? !octet_is_digit(c)
            : is_end          ? c != ' ' && c != '\r' && c != '\n'
                              : c != (uint8_t)pattern[i])
            return false;
    }
    return true;
}
#define STATUS_LINE_CERTAIN 13

static void no_status_line(struct http1 *s)
{
    struct reader *r = &s->server;
    struct slice kept = reader_head(r);
    r->phase = r->now->resume;
    if (r->phase == PHASE_STRAY_BODY) {
        struct message nobody = {0};
        size_t used;
        count_stray_kept(s);
        if (body_take(&r->now->body, kept, &nobody, &used) == BODY_DONE) {
            set_stray(s, STRAY_CONTENT_LENGTH);
            r->phase = PHASE_BETWEEN;
        }
        return;
    }
    if (r->exchange) {
        reader_pay(r, r->exchange);
        r->exchange->wire_bytes -= kept.len; /* charged as they are taken */
    }
    while (kept.len && r->phase == PHASE_BODY)
        kept = slice_from(kept, take_body(s, kept));
    body_park(&r->now->body);
    reader_drop_head(r);
}

static void is_status_line(struct http1 *s)
{
    struct reader *r = &s->server;
    struct exchange *x = r->exchange;
    r->phase = PHASE_HEAD;
    body_drop(&r->now->body);
    if (x)
        pairing_response_done(s, x, false);
    pairing_release(s);
}

static size_t maybe_body(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->server;
    if (r->now->head_len == 0) {
        reader_begin_message(r);
        if (bytes.at[0] != 'H') {
            r->phase = r->now->resume;
            return 0;
        }
    }
    size_t used = 0;
    while (used < bytes.len && r->phase == PHASE_MAYBE_BODY) {
        uint8_t next[STATUS_LINE_CERTAIN];
        if (r->now->head_len)
            memcpy(next, r->now->head, r->now->head_len);
        next[r->now->head_len] = bytes.at[used];
        if (!may_be_status_line(slice_of(next, r->now->head_len + 1u))) {
            no_status_line(s);
            return used;
        }
        reader_append(r, slice_of(bytes.at + used++, 1));
        reader_owe(r, 1);
        if (r->now->head_len == STATUS_LINE_CERTAIN)
            is_status_line(s);
    }
    return used;
}

/* ---- heads */

static bool is_interim(const struct exchange *x)
{
    return x->status / 100 == 1 && framing_of_response(x).kind != FRAMING_TUNNEL;
}

/* The exchange of the message whose head has been read, or of which a part was read. */
static struct exchange *take_exchange(struct http1 *s, size_t octets)
{
    struct reader *r = &s->server;
    pairing_release(s);
    struct exchange *x = pairing_response(s, octets);
    struct message *m = &x->response;
    m->seen = r->seen = true;
    m->first = r->now->first;
    m->last = r->now->newest;
    m->header_bytes += r->now->head_octets;
    if (r->junk)
        x->flaws |= FLAW(JUNK_BEFORE);
    if (r->hunting && !r->now->began_packet)
        x->flaws |= FLAW(PAIRING_UNSURE);
    r->junk = r->hunting = r->lost = false;
    reader_pay(r, x);
    return x;
}

static void leave(struct http1 *s, struct exchange *x)
{
    x->flaws |= FLAW(UPGRADED);
    x->response.body_whole = true;
    pairing_response_done(s, x, false);
    pairing_close(s, ENDED_CLOSED, true);
    s->left = true;
}

static void begin_body(struct http1 *s, struct exchange *x)
{
    struct reader *r = &s->server;
    struct framing framing = framing_of_response(x);
    x->flaws |= framing.flaws;
    x->response.end_certain = framing.kind != FRAMING_CLOSE;
    if (framing.kind == FRAMING_TUNNEL) {
        leave(s, x);
        return;
    }
    body_begin(&r->now->body, &framing, true, entropy_is_wanted(x));
    r->exchange = x;
    r->phase = PHASE_BODY;
    if (framing.kind == FRAMING_NONE) {
        message_done(s, x);
    } else if (!x->request.head.bytes.at || (x->flaws & FLAW(PAIRING_UNSURE))) {
        r->now->resume = PHASE_BODY;
        r->phase = PHASE_MAYBE_BODY;
    }
}

static void response_head(struct http1 *s, struct slice head, const struct line_ends *lines,
                          const struct start_line *start)
{
    struct reader *r = &s->server;
    size_t octets = head_octets(head.len, lines);
    struct exchange *x = take_exchange(s, octets);
    struct message *m = &x->response;
    bool is_longer = r->now->head_octets > head.len;
    m->version = start->version;
    m->head_end = m->last;
    x->flaws |= start->flaws;
    x->status = start->status;
    if (is_interim(x)) {
        x->status = 0;
        if (x->interim < UINT16_MAX)
            x->interim++;
        s->answering = x;
        r->phase = PHASE_BETWEEN;
        reader_drop_head(r);
        return;
    }
    s->answering = NULL;
    arena_reserve(&x->arena, octets);
    uint8_t *copy = arena_alloc(&x->arena, head.len);
    memcpy(copy, head.at, head.len);
    x->reason = slice_of(copy + (start->reason.at - head.at), start->reason.len);
    x->flaws |= head_parse(&x->arena, copy, head.len, lines, &m->head);
    exchange_weigh(s, x);
    if (is_longer)
        x->flaws |= FLAW(HEAD_LIMIT);
    reader_drop_head(r);
    begin_body(s, x);
}

/* The head ends before its empty line. */
static void cut_head(struct http1 *s, enum ending ending, enum aborter aborter, bool cut)
{
    struct reader *r = &s->server;
    struct slice head = reader_head(r);
    struct start_line start;
    size_t lf = slice_find(head, '\n');
    bool has_line = lf < head.len && status_line_parse(slice_first(head, lf + 1), &start);
    if (!r->hunting && r->now->head_octets > 0) {
        struct exchange *x = take_exchange(s, has_line ? lf + 1 : 0);
        x->flaws |= FLAW(RESPONSE_HEAD_INCOMPLETE) | (cut ? FLAW(CUT_BY_SNAPLEN) : 0);
        if (has_line && start.status >= 200) {
            x->response.version = start.version;
            x->status = start.status;
            x->reason = arena_copy(&x->arena, start.reason);
            x->flaws |= start.flaws;
        }
        x->aborted_by = aborter;
        exchange_finish(s, x, ending);
    }
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
}

/* The response to a simple request (HTTP/0.9) is content from its first octet on; some of it may
 * have been read already. */
static void simple_response(struct http1 *s, struct exchange *x, struct slice kept)
{
    struct reader *r = &s->server;
    struct framing framing = {.kind = FRAMING_CLOSE};
    struct message *m = &x->response;
    m->seen = r->seen = true;
    m->version = HTTP_0_9;
    m->first = r->now->first;
    if (r->junk)
        x->flaws |= FLAW(JUNK_BEFORE);
    r->exchange = x;
    r->junk = false;
    body_begin(&r->now->body, &framing, true, false);
    r->phase = r->now->resume = PHASE_BODY;
    reader_pay(r, x);
    x->wire_bytes -= kept.len;
    while (kept.len)
        kept = slice_from(kept, take_body(s, kept));
    body_park(&r->now->body);
    reader_drop_head(r);
}

static bool answers_simply(const struct http1 *s)
{
    const struct exchange *x = s->first;
    return x && !s->answered && !s->server.hunting && x->request.version == HTTP_0_9;
}

/* No status line: the head's first line, which has been read. */
static void no_head(struct http1 *s)
{
    struct reader *r = &s->server;
    if (answers_simply(s)) {
        simple_response(s, s->first, reader_head(r));
        return;
    }
    if (r->hunting)
        count_stray_kept(s);
    begin_hunting(s);
}

static bool is_believable(const struct http1 *s, const struct start_line *start)
{
    return !s->server.hunting || reader_believes(&s->server, start->flaws);
}

static size_t whole_head(struct http1 *s, struct slice bytes)
{
    struct line_ends lines;
    struct start_line start;
    size_t length = head_find(bytes, &lines);
    if (length == 0 || length > LIMIT_HEAD ||
        !status_line_parse(slice_first(bytes, lines.at[0] + 1), &start))
        return 0;
    s->server.now->head_octets = length;
    reader_owe(&s->server, length);
    response_head(s, slice_first(bytes, length), &lines, &start);
    return length;
}

static void head_in_pieces(struct http1 *s)
{
    struct line_ends lines;
    struct start_line start;
    struct slice head = reader_head(&s->server);
    bool is_response = status_line_parse(slice_first(head, slice_find(head, '\n') + 1), &start);
    assert(is_response);
    head_find(head, &lines);
    response_head(s, head, &lines, &start);
}

static void first_line(struct http1 *s, struct slice line)
{
    struct start_line start;
    if (status_line_parse(line, &start) && is_believable(s, &start))
        reader_next_line(&s->server);
    else
        no_head(s);
}

static void later_line(struct http1 *s, struct slice line)
{
    struct reader *r = &s->server;
    if (!r->hunting || field_line_is_strict(line, r->now->began_packet)) {
        reader_next_line(r);
        return;
    }
    uint64_t before = r->now->line_at;
    struct exchange *x = bodiless(s);
    if (x && r->now->owed.octets > before) {
        struct bill owed = r->now->owed;
        r->now->owed.octets = before;
        reader_pay(r, x);
        x->response.body_bytes += before;
        x->stray_bytes += before;
        r->now->owed = (struct bill){.octets = owed.octets - before, .differs = owed.differs};
    }
    reader_restart(r);
    first_line(s, reader_head(r));
}

static size_t read_head(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->server;
    if (r->now->head_octets == 0 && !r->hunting) {
        size_t used = whole_head(s, bytes);
        if (used)
            return used;
    }
    size_t used;
    struct slice line;
    bool is_first = r->now->line_at == 0 && !r->now->dropping;
    enum line kind = reader_take_line(r, bytes, &used, &line);
    reader_owe(r, used);
    if (is_first && kind == LINE_TEXT)
        first_line(s, line);
    else if (kind == LINE_TEXT)
        later_line(s, line);
    else if (kind == LINE_EMPTY)
        head_in_pieces(s);
    else if (r->now->dropping && (is_first || r->hunting))
        no_head(s);
    else if (kind == LINE_DROPPED)
        reader_next_line(r);
    return used;
}

/* ---- between messages */

/* The octets at hand do not begin "HTTP/", after some that did. */
static void no_beginning(struct http1 *s, uint8_t c)
{
    struct reader *r = &s->server;
    struct slice kept = slice_first(http, r->matched);
    struct exchange *x = bodiless(s);
    r->matched = 0;
    if (r->hunting)
        count_stray_kept(s);
    else if (answers_simply(s))
        simple_response(s, s->first, kept);
    else if (x)
        stray_begins(s, x, kept.len ? kept.at[0] : c, kept.len);
    else
        begin_hunting(s);
}

/* "HTTP/" has been read: whole in the run at hand, or partly before. */
static void a_head_begins(struct http1 *s)
{
    struct reader *r = &s->server;
    r->matched = 0;
    r->phase = PHASE_HEAD;
    if (!r->hunting)
        pairing_release(s);
}

static size_t between(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->server;
    if (r->hunting && !r->matched && bytes.at[0] != 'H') {
        size_t n = slice_find(bytes, 'H');
        count_stray(s, n);
        return n;
    }
    if (!r->matched) {
        request_is_simple(s);
        reader_begin_message(r);
        if (slice_starts_with(bytes, http)) {
            a_head_begins(s);
            return 0;
        }
    }
    size_t used = 0;
    while (used < bytes.len && r->matched < http.len && bytes.at[used] == http.at[r->matched]) {
        r->matched++;
        used++;
    }
    reader_owe(r, used);
    if (r->matched == http.len) {
        a_head_begins(s);
        reader_append(r, http);
    } else if (used < bytes.len) {
        no_beginning(s, bytes.at[used]);
    }
    return used;
}

size_t response_octets(struct http1 *s, struct slice bytes)
{
    switch ((enum phase)s->server.phase) {
    case PHASE_BETWEEN:
        return between(s, bytes);
    case PHASE_HEAD:
        return read_head(s, bytes);
    case PHASE_BODY:
        return take_body(s, bytes);
    case PHASE_MAYBE_BODY:
        return maybe_body(s, bytes);
    case PHASE_STRAY_LINES:
        return stray_lines(s, bytes.at[0]);
    case PHASE_STRAY_BODY:
        return stray_body(s, bytes);
    case PHASE_PREAMBLE:
        break;
    }
    assert(0 && "a phase of the client");
    return bytes.len;
}

/* ---- losses and ends */

/* True where the message goes on behind the hole. */
static bool skip_in_body(struct http1 *s, uint64_t length, bool cut, const struct mark *at)
{
    struct reader *r = &s->server;
    struct exchange *x = r->exchange;
    struct message nobody = {0};
    enum body_state state = body_skip(&r->now->body, length, x ? &x->response : &nobody);
    if (x)
        x->flaws |= FLAW(RESPONSE_BODY_GAP) | (cut ? FLAW(CUT_BY_SNAPLEN) : 0);
    if (state == BODY_MORE)
        return true;
    r->phase = PHASE_BETWEEN;
    if (x && state == BODY_DONE) {
        x->response.last = mark_instant(at);
        message_done(s, x);
    } else if (x) {
        x->flaws |= body_flaws(&r->now->body);
        exchange_finish(s, x, ENDED_GAP);
    }
    return state == BODY_DONE;
}

static bool skip_in_stray(struct http1 *s, uint64_t length)
{
    struct reader *r = &s->server;
    struct exchange *x = bodiless(s);
    struct message nobody = {0};
    if (x)
        x->flaws |= FLAW(RESPONSE_BODY_GAP);
    enum body_state state = body_skip(&r->now->body, length, &nobody);
    if (state == BODY_DONE)
        r->phase = PHASE_BETWEEN;
    return state != BODY_BROKEN;
}

void response_gap(struct http1 *s, uint64_t length, bool cut, const struct mark *at)
{
    struct reader *r = &s->server;
    if (r->phase == PHASE_MAYBE_BODY)
        no_status_line(s);
    if (r->phase == PHASE_BODY && skip_in_body(s, length, cut, at))
        return;
    if (r->phase == PHASE_STRAY_BODY && skip_in_stray(s, length))
        return;
    if (r->phase == PHASE_HEAD)
        cut_head(s, ENDED_GAP, ABORTED_BY_NOBODY, cut);
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
    r->hunting = r->lost = true;
    pairing_server_lost(s);
    reader_lost(s, r, at);
}

static void cut_body(struct http1 *s, struct exchange *x, enum ending ending, enum aborter aborter)
{
    struct reader *r = &s->server;
    bool by_close = r->now->body.kind == FRAMING_CLOSE;
    if (by_close && (ending == ENDED_CLOSED || ending == ENDED_RESET))
        x->flaws |= FLAW(ENDED_BY_CLOSE);
    if (by_close && ending == ENDED_CLOSED) {
        x->ending = ENDED_CLOSED;
        message_done(s, x);
        return;
    }
    if (!by_close && (ending == ENDED_CLOSED || ending == ENDED_RESET))
        x->flaws |= FLAW(BODY_SHORT);
    x->flaws |= body_flaws(&r->now->body);
    x->aborted_by = aborter;
    exchange_finish(s, x, ending);
}

void response_end(struct http1 *s, enum ending ending, enum aborter aborter)
{
    struct reader *r = &s->server;
    if (r->phase == PHASE_MAYBE_BODY)
        no_status_line(s);
    if (r->phase == PHASE_HEAD)
        cut_head(s, ending, aborter, false);
    else if (r->matched && answers_simply(s))
        simple_response(s, s->first, slice_first(http, r->matched));
    if (r->phase == PHASE_BODY && r->exchange)
        cut_body(s, r->exchange, ending, aborter);
}
