/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1 as a protocol: what its connections begin with, and what happens to octets, losses and
 * ends before the readers of the two directions see them. A state exists only while something is in
 * progress; it comes from a pool of this thread.
 *
 * The frames' overhead: a packet's is paid by the first exchange that takes octets of it. A head
 * whose exchange is not known yet runs up a bill, which its exchange pays when it is.
 *
 * A PROXY preamble is kept here until the connection's facts have it; the state is not idle before.
 */

#include "decode/http1.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/heap.h"
#include "base/pool.h"
#include "decode/preamble.h"

#define HEAD_ROOM 1024 /* first size of a head that comes in pieces, then four times as much */
#define HEAD_KEPT (4u << 10) /* larger ones are given back */

static _Thread_local struct pool states = POOL_OF(struct http1);
static _Thread_local struct pool readings = POOL_OF(struct reading);

/* ---- what both readers need */

void reader_begin_message(struct reader *r)
{
    struct reading *now = r->now;
    now->first = now->packet;
    now->newest = mark_instant(&now->packet);
    now->began_packet = r->packet_begins;
    now->head_len = now->line_at = 0;
    now->head_octets = 0;
    now->line = 0;
    now->dropping = false;
    now->owed = (struct bill){0};
}

void reader_owe(struct reader *r, size_t n)
{
    struct reading *now = r->now;
    now->owed.octets += n;
    now->owed.differs |= r->differs;
    instant_advance(&now->newest, &now->packet);
    r->packet_begins = false;
}

void reader_charge(struct reader *r, struct exchange *x, size_t n)
{
    struct reading *now = r->now;
    if (n)
        r->packet_begins = false;
    if (!x || !n)
        return;
    x->wire_bytes += n + now->overhead;
    x->retransmitted_bytes += now->repeated;
    now->overhead = now->repeated = 0;
    if (r->differs)
        x->flaws |= FLAW(BYTES_DIFFER);
}

void reader_pay(struct reader *r, struct exchange *x)
{
    struct reading *now = r->now;
    struct bill *owed = &now->owed;
    if (!owed->octets)
        return;
    x->wire_bytes += owed->octets + owed->overhead + now->overhead;
    x->retransmitted_bytes += owed->repeated + now->repeated;
    now->overhead = now->repeated = 0;
    if (owed->differs)
        x->flaws |= FLAW(BYTES_DIFFER);
    *owed = (struct bill){0};
}

/* What a class of the heap ever had it keeps for its size. Few heads are large, unless somebody
 * makes them so: these do not get classes of their own. */
static uint8_t *room_take(uint32_t size)
{
    return size > HEAD_KEPT ? xmalloc(size) : heap_take(size);
}

static void room_give(uint8_t *room, uint32_t size)
{
    if (size > HEAD_KEPT)
        free(room);
    else
        heap_give(room, size);
}

void reader_drop_head(struct reader *r)
{
    struct reading *now = r->now;
    if (!now)
        return;
    if (now->head_room > HEAD_KEPT) {
        room_give(now->head, now->head_room);
        now->head = NULL;
        now->head_room = 0;
    }
    now->head_len = now->line_at = 0;
    now->head_octets = 0;
    now->line = 0;
    now->dropping = false;
    now->owed = (struct bill){0};
    r->matched = 0;
}

static void keep(struct reading *now, struct slice bytes)
{
    uint32_t needed = now->head_len + (uint32_t)bytes.len;
    if (needed > now->head_room) {
        uint32_t room = now->head_room ? now->head_room : HEAD_ROOM;
        while (room < needed)
            room *= 4;
        uint8_t *head = room_take(room);
        if (now->head_len)
            memcpy(head, now->head, now->head_len);
        room_give(now->head, now->head_room);
        now->head = head;
        now->head_room = room;
    }
    memcpy(now->head + now->head_len, bytes.at, bytes.len);
    now->head_len = needed;
}

static void look_at_line(struct reading *now, struct slice text)
{
    if (text.len == 0)
        return;
    bool is_cr = now->line == 0 && text.len == 1 && text.at[0] == '\r';
    now->line = is_cr ? 1 : 2;
}

void reader_append(struct reader *r, struct slice bytes)
{
    struct reading *now = r->now;
    assert(now->head_len + bytes.len <= LIMIT_HEAD);
    keep(now, bytes);
    now->head_octets += bytes.len;
    look_at_line(now, bytes);
}

enum line reader_take_line(struct reader *r, struct slice bytes, size_t *used, struct slice *line)
{
    struct reading *now = r->now;
    size_t lf = slice_find(bytes, '\n');
    bool is_whole = lf < bytes.len;
    struct slice part = slice_first(bytes, lf + is_whole);
    *used = part.len;
    now->head_octets += part.len;
    look_at_line(now, slice_first(bytes, lf));
    if (now->dropping || now->head_len + part.len > LIMIT_HEAD) {
        now->dropping = true;
        now->head_len = now->line_at;
    } else {
        keep(now, part);
    }
    if (!is_whole)
        return LINE_PARTIAL;
    if (now->line < 2)
        return LINE_EMPTY;
    *line = slice_of(now->head + now->line_at, now->head_len - now->line_at);
    return now->dropping ? LINE_DROPPED : LINE_TEXT;
}

void reader_next_line(struct reader *r)
{
    struct reading *now = r->now;
    now->line = 0;
    now->line_at = now->head_len;
}

void reader_restart(struct reader *r)
{
    struct reading *now = r->now;
    uint32_t len = now->head_len - now->line_at;
    memmove(now->head, now->head + now->line_at, len);
    now->head_len = len;
    now->head_octets = len;
    now->line_at = 0;
    now->first = now->packet;
    now->newest = mark_instant(&now->packet);
    now->began_packet = false;
    now->owed = (struct bill){.octets = len, .differs = r->differs};
}

/* What was lost came after the last octet that was read, or, if it was the first, after the first
 * request or whatever else the connection has shown. */
static int64_t last_before_loss(const struct http1 *s, const struct reader *r)
{
    const struct reader *other = r == &s->client ? &s->server : &s->client;
    if (r->last_ordinal)
        return r->last_ns;
    if (s->first)
        return s->first->request.seen ? s->first->request.first.time_ns
                                      : s->first->response.first.time_ns;
    return other->last_ordinal ? other->last_ns : INT64_MAX;
}

void reader_lost(struct http1 *s, const struct reader *r, const struct mark *at)
{
    int64_t from_ns = last_before_loss(s, r);
    if (from_ns > at->time_ns)
        from_ns = at->time_ns;
    s->host->calls->lost(s->host->context, from_ns, at->time_ns);
}

/* ---- the packet at hand */

/* A message has begun whose exchange is not known yet. */
static bool runs_up_a_bill(const struct reader *r)
{
    return r->now && r->now->owed.octets > 0;
}

static void begin_run(struct reader *r, const struct provenance *from)
{
    struct reading *now = r->now;
    now->packet = from->mark;
    if (from->mark.ordinal == r->last_ordinal) {
        now->overhead += from->overhead;
        now->repeated += from->repeated;
        r->differs |= from->differs;
        return;
    }
    if (runs_up_a_bill(r)) {
        now->owed.overhead += now->overhead;
        now->owed.repeated += now->repeated;
    }
    r->last_ordinal = from->mark.ordinal;
    r->last_ns = from->mark.time_ns;
    now->overhead = from->overhead;
    now->repeated = from->repeated;
    r->differs = from->differs;
    r->packet_begins = true;
}

static void reader_begin(struct reader *r)
{
    if (r->now)
        return;
    r->now = pool_take(&readings);
    *r->now = (struct reading){.head = NULL};
}

static void reader_end(struct reader *r)
{
    if (!r->now)
        return;
    body_drop(&r->now->body);
    room_give(r->now->head, r->now->head_room);
    pool_give(&readings, r->now);
    r->now = NULL;
}

/* Between messages nothing of what is being read is needed, unless a packet is not paid yet of
 * which more may come. */
static void reader_rest(struct reader *r)
{
    if (r->now && r->phase == PHASE_BETWEEN && !r->matched && !r->exchange && !r->now->overhead)
        reader_end(r);
}

static void readers_rest(struct http1 *s)
{
    reader_rest(&s->client);
    reader_rest(&s->server);
}

static void at_event(struct http1 *s, int64_t clock_ns, uint64_t ordinal)
{
    pairing_expire(s, clock_ns);
    s->clock_ns = clock_ns;
    s->ordinal = ordinal;
}

/* The exchange whose message a frame repeats: the one that is being read, or was read last. */
static struct exchange *latest_read(struct http1 *s, enum direction from)
{
    struct reader *r = from == FROM_CLIENT ? &s->client : &s->server;
    struct exchange *x = from == FROM_CLIENT ? s->last : s->first;
    if (r->exchange)
        return r->exchange;
    return x && (from == FROM_CLIENT ? x->request.seen : s->answered) ? x : NULL;
}

/* A frame repeated octets that were read before, perhaps with another content. */
static void read_again(struct http1 *s, enum direction from, const struct provenance *provenance)
{
    struct reader *r = from == FROM_CLIENT ? &s->client : &s->server;
    struct exchange *x = latest_read(s, from);
    if (provenance->differs && runs_up_a_bill(r))
        r->now->owed.differs = true;
    if (!x)
        return;
    x->repeated_bytes += provenance->overhead;
    if (provenance->differs)
        x->flaws |= FLAW(BYTES_DIFFER);
}

static void http1_feed(void *state, enum direction from, struct slice bytes,
                       const struct provenance *provenance, int64_t clock_ns, uint64_t ordinal)
{
    struct http1 *s = state;
    struct reader *r = from == FROM_CLIENT ? &s->client : &s->server;
    if (s->left)
        return;
    at_event(s, clock_ns, ordinal);
    if (bytes.len == 0) {
        read_again(s, from, provenance);
        return;
    }
    s->active_ns = clock_ns;
    if (from == FROM_SERVER)
        s->server_ns = clock_ns;
    reader_begin(r);
    begin_run(r, provenance);
    while (bytes.len > 0 && !s->left) {
        size_t used = from == FROM_CLIENT ? request_octets(s, bytes) : response_octets(s, bytes);
        assert(used <= bytes.len);
        bytes = slice_from(bytes, used);
    }
    body_park(&r->now->body);
    readers_rest(s);
}

static void http1_gap(void *state, enum direction from, uint64_t length, bool cut,
                      const struct mark *at, int64_t clock_ns, uint64_t ordinal)
{
    struct http1 *s = state;
    if (s->left)
        return;
    assert(length > 0);
    at_event(s, clock_ns, ordinal);
    s->active_ns = clock_ns;
    if (from == FROM_CLIENT)
        request_gap(s, length, cut, at);
    else
        response_gap(s, length, cut, at);
    readers_rest(s);
}

static enum ending ending_of(enum stream_end end)
{
    switch (end) {
    case STREAM_FIN:
        return ENDED_CLOSED;
    case STREAM_RESET:
        return ENDED_RESET;
    case STREAM_TIMEOUT:
        return ENDED_TIMEOUT;
    case STREAM_LIMIT:
        return ENDED_LIMIT;
    case STREAM_CAPTURE_ENDED:
        break;
    }
    return ENDED_CAPTURE_ENDED;
}

static void client_closed(struct http1 *s)
{
    s->client.over = true;
    s->client_quit = s->server.exchange != NULL;
    request_end(s, ENDED_CLOSED);
    if (s->server.over)
        pairing_close(s, ENDED_CLOSED, true);
}

static void server_closed(struct http1 *s)
{
    s->server.over = true;
    response_end(s, ENDED_CLOSED, s->client_quit ? ABORTED_BY_CLIENT : ABORTED_BY_SERVER);
    pairing_close(s, ENDED_CLOSED, s->client.over);
}

static void both_over(struct http1 *s, enum ending ending, enum aborter aborter)
{
    request_end(s, ending);
    if (s->client.exchange)
        s->client.exchange->aborted_by = aborter;
    response_end(s, ending, aborter);
    pairing_close(s, ending, true);
    s->client.over = s->server.over = true;
}

static void http1_end(void *state, enum direction from, enum stream_end end, int64_t clock_ns,
                      uint64_t ordinal)
{
    struct http1 *s = state;
    if (s->left)
        return;
    at_event(s, clock_ns, ordinal);
    if (end == STREAM_FIN && from == FROM_CLIENT)
        client_closed(s);
    else if (end == STREAM_FIN)
        server_closed(s);
    else if (end == STREAM_RESET)
        both_over(s, ENDED_RESET,
                  from == FROM_CLIENT || s->client_quit ? ABORTED_BY_CLIENT : ABORTED_BY_SERVER);
    else
        both_over(s, ending_of(end), ABORTED_BY_NOBODY);
    readers_rest(s);
}

static int64_t http1_deadline(const void *state)
{
    return pairing_deadline(state);
}

static int64_t http1_tick(void *state, int64_t clock_ns)
{
    pairing_expire(state, clock_ns);
    return pairing_deadline(state);
}

static bool reader_is_idle(const struct reader *r)
{
    bool is_between = r->phase == PHASE_BETWEEN || (r->phase == PHASE_PREAMBLE && !r->now);
    return is_between && !r->matched && !r->hunting && !r->over && !r->junk && !r->empty_lines;
}

/* What a new state would not know must not matter any more: doubts, habits, how it began. */
static bool http1_idle(const void *state)
{
    const struct http1 *s = state;
    if (s->first || s->loose || s->abandoned || s->left)
        return false;
    if (s->doubt || s->pipelined || s->unasked_ns || !began(s))
        return false;
    if (s->preamble && !host_facts(s).preamble_client.family)
        return false;
    return reader_is_idle(&s->client) && reader_is_idle(&s->server);
}

static uint32_t reading_weight(const struct reading *now)
{
    return now ? (uint32_t)sizeof *now + now->head_room : 0;
}

static uint32_t http1_weight(const void *state)
{
    const struct http1 *s = state;
    return (uint32_t)sizeof *s + s->kept + reading_weight(s->client.now) +
           reading_weight(s->server.now);
}

static bool http1_left(const void *state)
{
    const struct http1 *s = state;
    return s->left;
}

static void *http1_open(const struct protocol_host *host)
{
    struct http1 *s = pool_take(&states);
    uint32_t earlier = host->calls->exchanges(host->context);
    *s = (struct http1){
        .host = host,
        .created = earlier,
        .alternations = (uint8_t)(earlier < UINT8_MAX ? earlier : UINT8_MAX),
    };
    s->client.phase = PHASE_PREAMBLE;
    s->client.hunting = s->client.line_begins = !began(s); /* until a request proves to be one */
    s->server.phase = PHASE_BETWEEN;
    return s;
}

static void http1_close(void *state)
{
    struct http1 *s = state;
    if (s->first || s->loose) /* it was opened after a FIN that nobody told it of */
        both_over(s, ENDED_CLOSED, ABORTED_BY_NOBODY);
    reader_end(&s->client);
    reader_end(&s->server);
    heap_give(s->preamble, sizeof *s->preamble);
    pool_give(&states, s);
}

/* ---- identification */

/* A line without version: somebody speaks HTTP if he asks for a path, or if a field line follows.
 */
static enum claim claims_line(struct slice line, struct slice rest)
{
    struct start_line start;
    bool may;
    if (!request_line_parse(line, &start))
        return CLAIM_NO;
    bool is_known = method_is_known(start.method);
    bool is_path = start.target.len > 0 && start.target.at[0] == '/';
    if (start.version != HTTP_VERSION_NONE || (is_known && is_path) ||
        field_line_begins(rest, &may))
        return CLAIM_YES;
    return may && (is_known || rest.len > 0) ? CLAIM_MORE : CLAIM_NO;
}

/* A request line that goes on beyond what we see. */
static enum claim claims_long(struct slice method, struct slice target)
{
    bool is_url = slice_starts_with_nocase(target, SLICE("http://"));
    if (target.len + method.len < LIMIT_CLAIM_OCTETS - 8)
        return CLAIM_MORE;
    if (slice_equal(method, SLICE("CONNECT")) || (is_url && method_is_known(method)))
        return CLAIM_YES;
    return target.at[0] == '/' && method_is_plausible(method) ? CLAIM_YES : CLAIM_NO;
}

static enum claim claims_request(struct slice begin)
{
    static const struct slice preface = {(const uint8_t *)"PRI * HTTP/2", 12};
    if (slice_equal(slice_first(begin, preface.len), slice_first(preface, begin.len)))
        return begin.len < 4 ? CLAIM_MORE : CLAIM_NO;
    size_t lf = slice_find(begin, '\n');
    if (lf < begin.len && lf > 0)
        return claims_line(slice_first(begin, lf + 1), slice_from(begin, lf + 1));
    if (!request_line_begins(begin))
        return CLAIM_NO;
    struct slice rest = begin, method = slice_cut(&rest, ' ');
    if (rest.len == 0) {
        bool is_plausible = method.len < 3 || method_is_plausible(method);
        return is_plausible && method.len < 24 ? CLAIM_MORE : CLAIM_NO;
    }
    if (rest.at[0] == '/' && method_is_known(method))
        return CLAIM_YES;
    size_t space = slice_find(rest, ' ');
    if (space == rest.len)
        return claims_long(method, rest);
    struct slice version = slice_from(rest, space + 1), http = SLICE("HTTP/");
    if (!slice_equal(slice_first(version, http.len), slice_first(http, version.len)))
        return CLAIM_NO;
    return version.len < http.len ? CLAIM_MORE : CLAIM_YES;
}

static enum claim claims_response(struct slice begin)
{
    static const struct slice version = {(const uint8_t *)"HTTP/1.", 7};
    if (!slice_equal(slice_first(begin, version.len), slice_first(version, begin.len)))
        return CLAIM_NO;
    return begin.len < version.len ? CLAIM_MORE : CLAIM_YES;
}

static enum claim claims_preamble(struct slice begin)
{
    size_t length;
    struct address client;
    switch (preamble_parse(begin, &length, &client)) {
    case PREAMBLE_YES:
        return CLAIM_YES;
    case PREAMBLE_MORE:
        return begin.len < 12 ? CLAIM_MORE : CLAIM_YES;
    default:
        return CLAIM_NO;
    }
}

static struct slice without_empty_lines(struct slice begin)
{
    while (begin.len && (begin.at[0] == '\r' || begin.at[0] == '\n'))
        begin = slice_from(begin, 1);
    return begin;
}

static enum claim http1_claims(struct slice begin, enum direction *from)
{
    enum claim response = claims_response(begin);
    *from = response == CLAIM_NO ? FROM_CLIENT : FROM_SERVER;
    if (response != CLAIM_NO)
        return response;
    enum claim preamble = claims_preamble(begin);
    if (preamble != CLAIM_NO)
        return preamble;
    struct slice line = without_empty_lines(begin);
    if (begin.len - line.len > 4)
        return CLAIM_NO;
    return line.len ? claims_request(line) : CLAIM_MORE;
}

/* A request is put behind the last one; a response answers the first, or lets it go and answers the
 * one behind it, which mostly is the last. */
static void expect_exchanges(const struct http1 *s, enum direction from)
{
    if (!s->first)
        return;
    if (from == FROM_CLIENT) {
        expect_lines(s->last, offsetof(struct exchange, flaws));
        return;
    }
    expect_lines(s->first, sizeof *s->first);
    if (s->last != s->first)
        expect_lines(s->last, sizeof *s->last);
}

static void http1_expect(const void *state, enum direction from, unsigned step)
{
    const struct http1 *s = state;
    if (step == 0)
        expect_lines(s, sizeof *s);
    else
        expect_exchanges(s, from);
}

const struct protocol protocol_http1 = {
    .name = "HTTP/1",
    .label = "HTTP",
    .claims = http1_claims,
    .open = http1_open,
    .feed = http1_feed,
    .gap = http1_gap,
    .end = http1_end,
    .tick = http1_tick,
    .idle = http1_idle,
    .left = http1_left,
    .deadline = http1_deadline,
    .weight = http1_weight,
    .close = http1_close,
    .expect = http1_expect,
};
