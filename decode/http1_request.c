/* SPDX-License-Identifier: MIT */
/*
 * What the client sends: a PROXY preamble perhaps, then requests (RFC 9112 §2.2, §3).
 *
 * Octets that begin no request are skipped up to a line that does, without any fault, with field
 * lines without any fault behind it: at the beginning of a packet or of a line.
 */

#include <assert.h>

#include "decode/http1.h"

#include "base/attributes.h"
#include "base/heap.h"
#include "decode/preamble.h"

static struct slice moved(struct slice part, struct slice from, const uint8_t *to)
{
    return slice_of(to + (part.at - from.at), part.len);
}

/* ---- heads */

static void message_done(struct http1 *s, struct exchange *x)
{
    struct reader *r = &s->client;
    struct message *m = &x->request;
    x->flaws |= body_flaws(&r->now->body);
    m->body_whole = !(x->flaws & FLAW(REQUEST_BODY_GAP));
    m->end_certain = true;
    body_finish(&r->now->body, m);
    r->phase = PHASE_BETWEEN;
    pairing_request_done(s, x);
}

/* A response that came first was read as one to GET; if this is a HEAD, it is over. */
static void correct_early_response(struct http1 *s, struct exchange *x)
{
    if (x->status == 0 || !response_is_bodiless(x)) {
        s->holding &= !s->answered || x != s->first;
        return;
    }
    if (s->server.exchange != x || x->response.body_bytes > 0 || s->server.now->owed.octets > 0)
        return;
    body_drop(&s->server.now->body);
    s->server.phase = PHASE_BETWEEN;
    x->response.body_whole = x->response.end_certain = true;
    x->response.digest = digest_of(SLICE(""));
    pairing_response_done(s, x, true);
}

static void begin_body(struct http1 *s, struct exchange *x)
{
    struct reader *r = &s->client;
    struct framing framing = framing_of_request(&x->request);
    x->flaws |= framing.flaws;
    body_begin(&r->now->body, &framing, true, false);
    r->exchange = x;
    r->phase = PHASE_BODY;
    if (framing.kind == FRAMING_NONE)
        message_done(s, x);
}

/* What the request line says, into the arena. */
static void take_start_line(struct exchange *x, const struct start_line *start, struct slice from,
                            const uint8_t *to)
{
    x->method = moved(start->method, from, to);
    x->target = moved(start->target, from, to);
    x->method_token = start->method_token;
    x->request.version = start->version;
    x->flaws |= start->flaws;
}

/* The exchange of the message whose head is being read. */
static struct exchange *take_exchange(struct http1 *s, size_t octets)
{
    struct reader *r = &s->client;
    struct exchange *x = pairing_request(s, octets);
    struct message *m = &x->request;
    m->seen = r->seen = true;
    m->first = r->now->first;
    m->last = r->now->newest;
    m->header_bytes = r->now->head_octets;
    if (r->empty_lines)
        x->flaws |= FLAW(EMPTY_LINES_BEFORE);
    if (r->junk)
        x->flaws |= FLAW(JUNK_BEFORE);
    r->empty_lines = r->junk = r->hunting = r->lost = false;
    reader_pay(r, x);
    return x;
}

/* HTTP/0.9 is believed of the first octets of a connection only, and had GET alone. */
static enum http_version without_version(const struct http1 *s, const struct exchange *x)
{
    bool is_simple = x->index == 0 && began(s) && x->method_token == METHOD_GET &&
                     x->target.len > 0 && x->request.head.n_fields == 0;
    return is_simple ? HTTP_0_9 : HTTP_1_0;
}

static void request_head(struct http1 *s, struct slice head, const struct line_ends *lines,
                         const struct start_line *start)
{
    struct reader *r = &s->client;
    size_t octets = head_octets(head.len, lines);
    struct exchange *x = take_exchange(s, octets);
    struct message *m = &x->request;
    m->head_end = m->last;
    arena_reserve(&x->arena, octets);
    uint8_t *copy = arena_alloc(&x->arena, head.len);
    memcpy(copy, head.at, head.len);
    take_start_line(x, start, head, copy);
    x->flaws |= head_parse(&x->arena, copy, head.len, lines, &m->head);
    exchange_weigh(s, x);
    if (r->now->head_octets > head.len)
        x->flaws |= FLAW(HEAD_LIMIT);
    if (m->version == HTTP_VERSION_NONE) {
        m->version = without_version(s, x);
        x->flaws |= m->version == HTTP_0_9 ? FLAW(HTTP_0_9) : FLAW(BAD_START_LINE);
    }
    if (m->version == HTTP_1_1 && head_count(&m->head, FIELD_HOST) != 1)
        x->flaws |= FLAW(HOST_MISSING);
    reader_drop_head(r);
    correct_early_response(s, x);
    begin_body(s, x);
}

/* The head ends before its empty line. */
static void cut_head(struct http1 *s, enum ending ending, bool cut)
{
    struct reader *r = &s->client;
    request_is_simple(s);
    if (r->phase != PHASE_HEAD)
        return;
    struct slice head = reader_head(r);
    struct start_line start;
    size_t lf = slice_find(head, '\n');
    bool has_line = lf < head.len && request_line_parse(slice_first(head, lf + 1), &start);
    bool is_request = has_line || (lf == head.len && slice_find(head, ' ') < head.len);
    if (!is_request || r->hunting) {
        reader_drop_head(r);
        r->phase = PHASE_BETWEEN;
        return;
    }
    struct exchange *x = take_exchange(s, has_line ? lf + 1 : 0);
    x->flaws |= FLAW(REQUEST_HEAD_INCOMPLETE) | (cut ? FLAW(CUT_BY_SNAPLEN) : 0);
    if (has_line)
        take_start_line(x, &start, head, arena_copy(&x->arena, slice_first(head, lf + 1)).at);
    if (x->ending == ENDED_COMPLETE)
        x->ending = ending;
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
    pairing_request_done(s, x);
}

static bool is_believable(const struct http1 *s, const struct start_line *start)
{
    if (!s->client.hunting)
        return true;
    return start->version != HTTP_VERSION_NONE && reader_believes(&s->client, start->flaws);
}

static void begin_hunting(struct http1 *s, bool line_begins)
{
    struct reader *r = &s->client;
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
    r->hunting = true;
    r->line_begins = line_begins;
    if (!r->seen && !began(s) && !r->lost) {
        r->lost = true;
        pairing_client_lost(s);
    }
    r->junk |= !r->lost;
}

/* The usual case: the whole head lies in one run, and is one. */
static size_t whole_head(struct http1 *s, struct slice bytes)
{
    struct line_ends lines;
    struct start_line start;
    size_t lf = slice_find(bytes, '\n');
    if (lf == bytes.len || !request_line_parse(slice_first(bytes, lf + 1), &start) ||
        start.version == HTTP_VERSION_NONE)
        return 0;
    size_t length = head_find(bytes, &lines);
    if (length == 0 || length > LIMIT_HEAD)
        return 0;
    s->client.now->head_octets = length;
    reader_owe(&s->client, length);
    request_head(s, slice_first(bytes, length), &lines, &start);
    return length;
}

static void head_in_pieces(struct http1 *s)
{
    struct line_ends lines;
    struct start_line start;
    struct slice head = reader_head(&s->client);
    bool is_request = request_line_parse(slice_first(head, slice_find(head, '\n') + 1), &start);
    assert(is_request);
    head_find(head, &lines);
    request_head(s, head, &lines, &start);
}

static void first_line(struct http1 *s, struct slice line)
{
    struct start_line start;
    if (!request_line_parse(line, &start) || !is_believable(s, &start)) {
        begin_hunting(s, true);
        return;
    }
    s->client.now->versionless = start.version == HTTP_VERSION_NONE;
    reader_next_line(&s->client);
}

/* Simple-Request = "GET" SP Request-URI CRLF (RFC 1945 §5) */
static bool is_simple(const struct start_line *start)
{
    return start->method_token == METHOD_GET && start->target.len > 0;
}

/* What follows a request line without version is no field line: the request ended with it, or it is
 * none. Either way that line belongs to nobody. */
static void line_after_versionless(struct http1 *s)
{
    struct reader *r = &s->client;
    struct start_line start;
    uint32_t len = r->now->head_len - r->now->line_at;
    request_line_parse(slice_first(reader_head(r), r->now->line_at), &start);
    if (is_simple(&start)) {
        r->now->head_len -= len;
        r->now->head_octets -= len;
        r->now->owed.octets -= len;
        head_in_pieces(s);
    }
    begin_hunting(s, true);
}

static void later_line(struct http1 *s, struct slice line)
{
    struct reader *r = &s->client;
    bool may;
    if (r->now->versionless && !field_line_begins(line, &may)) {
        line_after_versionless(s);
        return;
    }
    r->now->versionless = false;
    if (!r->hunting || field_line_is_strict(line, r->now->began_packet)) {
        reader_next_line(r);
        return;
    }
    reader_restart(r);
    first_line(s, reader_head(r));
}

/* While hunting, what looked like the beginning of a method was the end of something else: a method
 * is not spread over two packets. */
static bool is_wrong_start(const struct reader *r)
{
    struct slice head = reader_head(r);
    return r->hunting && r->packet_begins && head.len && slice_find(head, ' ') == head.len;
}

static size_t read_head(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->client;
    if (r->now->head_octets == 0 && !r->hunting) {
        size_t used = whole_head(s, bytes);
        if (used)
            return used;
    }
    size_t used;
    struct slice line;
    bool is_first = r->now->line_at == 0 && !r->now->dropping;
    if (is_first && is_wrong_start(r)) {
        begin_hunting(s, true);
        return 0;
    }
    enum line kind = reader_take_line(r, bytes, &used, &line);
    reader_owe(r, used);
    if (is_first && kind == LINE_PARTIAL &&
        (r->now->dropping || !request_line_begins(reader_head(r))))
        begin_hunting(s, false);
    else if (is_first && kind == LINE_TEXT)
        first_line(s, line);
    else if (kind == LINE_TEXT)
        later_line(s, line);
    else if (kind == LINE_DROPPED && (is_first || r->hunting))
        begin_hunting(s, true);
    else if (kind == LINE_DROPPED)
        reader_next_line(r);
    else if (kind == LINE_EMPTY)
        head_in_pieces(s);
    return used;
}

void request_is_simple(struct http1 *s)
{
    struct reader *r = &s->client;
    struct start_line start;
    if (r->phase != PHASE_HEAD || !r->now->versionless || r->now->head_len != r->now->line_at)
        return;
    request_line_parse(reader_head(r), &start);
    if (is_simple(&start))
        head_in_pieces(s);
}

/* ---- between messages */

static size_t skip(struct http1 *s, size_t n)
{
    reader_charge(&s->client, NULL, n);
    return n;
}

static size_t begin_head(struct http1 *s)
{
    reader_begin_message(&s->client);
    s->client.phase = PHASE_HEAD;
    return 0;
}

static size_t hunt(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->client;
    bool may_begin = r->packet_begins || r->line_begins;
    r->line_begins = false;
    if (may_begin && octet_is_token(bytes.at[0]))
        return begin_head(s);
    size_t lf = slice_find(bytes, '\n');
    r->line_begins = lf < bytes.len;
    return skip(s, lf + r->line_begins);
}

static size_t between(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->client;
    uint8_t c = bytes.at[0];
    if (r->hunting)
        return hunt(s, bytes);
    if (c == '\r' || c == '\n') {
        r->empty_lines = true;
        return skip(s, 1);
    }
    if (octet_is_token(c))
        return begin_head(s);
    begin_hunting(s, false);
    return 0;
}

/* ---- the preamble */

/* They were the beginning of a method, or empty lines and what came behind them. */
static void no_preamble(struct http1 *s)
{
    struct reader *r = &s->client;
    uint8_t copy[PREAMBLE_UNSURE];
    uint32_t len = r->now->head_len;
    assert(len <= sizeof copy);
    r->phase = PHASE_BETWEEN;
    if (len == 0)
        return;
    if (r->now->head[0] == 'P') {
        r->phase = PHASE_HEAD;
        return;
    }
    memcpy(copy, r->now->head, len);
    reader_drop_head(r);
    struct slice kept = slice_of(copy, len);
    while (kept.len > 0)
        kept = slice_from(kept, request_octets(s, kept));
}

static void set_preamble(struct http1 *s, const struct address *client)
{
    assert(!s->preamble);
    if (!client->family)
        return;
    s->preamble = heap_take(sizeof *client);
    *s->preamble = *client;
}

static size_t read_preamble(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->client;
    uint32_t before = r->now->head_len;
    if (before == 0)
        reader_begin_message(r);
    if (before == 0 && !preamble_may_begin(bytes.at[0])) { /* nothing need be kept */
        r->phase = PHASE_BETWEEN;
        return 0;
    }
    struct slice part = slice_first(bytes, PREAMBLE_MAX + 1 - before);
    reader_append(r, part);
    size_t length;
    struct address client;
    switch (preamble_parse(reader_head(r), &length, &client)) {
    case PREAMBLE_MORE:
        reader_owe(r, part.len);
        return part.len;
    case PREAMBLE_YES:
        set_preamble(s, &client);
        reader_drop_head(r);
        r->phase = PHASE_BETWEEN;
        return skip(s, length - before);
    case PREAMBLE_BROKEN:
        begin_hunting(s, bytes.at[length - before - 1] == '\n');
        return skip(s, length - before);
    case PREAMBLE_NO:
        break;
    }
    r->now->head_len = before;
    r->now->head_octets = before;
    no_preamble(s);
    return 0;
}

/* ---- bodies */

static size_t read_body(struct http1 *s, struct slice bytes)
{
    struct reader *r = &s->client;
    struct exchange *x = r->exchange;
    struct message nobody = {0};
    size_t used;
    enum body_state state = body_take(&r->now->body, bytes, x ? &x->request : &nobody, &used);
    reader_charge(r, x, used);
    if (x && used)
        instant_advance(&x->request.last, &r->now->packet);
    if (state == BODY_MORE)
        return used;
    r->phase = PHASE_BETWEEN;
    if (state == BODY_BROKEN)
        begin_hunting(s, false);
    if (x && state == BODY_DONE) {
        message_done(s, x);
    } else if (x) {
        x->flaws |= body_flaws(&r->now->body);
        x->ending = ENDED_GAP;
        body_drop(&r->now->body);
        pairing_request_done(s, x);
    }
    return used;
}

size_t request_octets(struct http1 *s, struct slice bytes)
{
    switch ((enum phase)s->client.phase) {
    case PHASE_PREAMBLE:
        return read_preamble(s, bytes);
    case PHASE_BETWEEN:
        return between(s, bytes);
    case PHASE_HEAD:
        return read_head(s, bytes);
    case PHASE_BODY:
        return read_body(s, bytes);
    default:
        break;
    }
    assert(0 && "a phase of the server");
    return bytes.len;
}

/* ---- losses and ends */

/* True where the message goes on behind the hole. */
static bool skip_in_body(struct http1 *s, uint64_t length, bool cut, const struct mark *at)
{
    struct reader *r = &s->client;
    struct exchange *x = r->exchange;
    struct message nobody = {0};
    enum body_state state = body_skip(&r->now->body, length, x ? &x->request : &nobody);
    if (x)
        x->flaws |= FLAW(REQUEST_BODY_GAP) | (cut ? FLAW(CUT_BY_SNAPLEN) : 0);
    if (state == BODY_MORE)
        return true;
    r->phase = PHASE_BETWEEN;
    if (x && state == BODY_DONE) {
        x->request.last = mark_instant(at);
        message_done(s, x);
    } else if (x) {
        x->ending = ENDED_GAP;
        pairing_request_done(s, x);
    }
    return state == BODY_DONE;
}

void request_gap(struct http1 *s, uint64_t length, bool cut, const struct mark *at)
{
    struct reader *r = &s->client;
    if (r->phase == PHASE_BODY && skip_in_body(s, length, cut, at))
        return;
    if (r->phase == PHASE_HEAD)
        cut_head(s, ENDED_GAP, cut);
    reader_drop_head(r);
    r->phase = PHASE_BETWEEN;
    r->hunting = r->lost = true;
    r->line_begins = true;
    pairing_client_lost(s);
    reader_lost(s, r, at);
}

void request_end(struct http1 *s, enum ending ending)
{
    struct reader *r = &s->client;
    if (r->phase == PHASE_HEAD)
        cut_head(s, ending, false);
    if (r->phase == PHASE_BODY && r->exchange) {
        struct exchange *x = r->exchange;
        x->flaws |= body_flaws(&r->now->body);
        if (ending == ENDED_CLOSED || ending == ENDED_RESET)
            x->flaws |= FLAW(BODY_SHORT);
        if (ending == ENDED_CLOSED) {
            x->aborted_by = ABORTED_BY_CLIENT;
            x->ending = ENDED_CLOSED;
            body_drop(&r->now->body);
            pairing_request_done(s, x);
        }
    }
}
