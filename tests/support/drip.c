/* SPDX-License-Identifier: MIT */
/* A host for one connection of one protocol, and the language of its scripts. */

#include "tests/support/drip.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "tests/support/guarded.h"

#define RUN_MAX  (1u << 21)
#define EPOCH_NS INT64_C(1700000000000000000)
#define MS       INT64_C(1000000)

struct player {
    const struct protocol *protocol;
    struct protocol_host host;
    struct connection_facts facts;
    void *state;
    enum drip_how how;
    struct guarded guarded;
    uint8_t *octets; /* of the step at hand */
    int64_t time_ns, early_ns, clock_ns;
    uint64_t packets;
    uint32_t finished;
    bool same;
    struct drip *drip;
    struct exchange *last;
    size_t text_len, text_room;
};

/* ---- what came of it */

static const char *const stray_words[] = {
    [STRAY_CRLF] = "crlf",       [STRAY_EMPTY_CHUNK] = "empty-chunk",
    [STRAY_CHUNKED] = "chunked", [STRAY_CONTENT_LENGTH] = "content-length",
    [STRAY_OTHER] = "other",
};

void drip_describe(const struct exchange *x, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    assert(out);
    fprintf(out, SLICE_FMT " " SLICE_FMT, SLICE_ARG(x->method.at ? x->method : SLICE("-")),
            SLICE_ARG(x->target.at ? x->target : SLICE("-")));
    if (x->request.body_bytes)
        fprintf(out, " +%llu", (unsigned long long)x->request.body_bytes);
    if (x->status)
        fprintf(out, " %u", x->status);
    else
        fprintf(out, " -");
    fprintf(out, " %llu", (unsigned long long)x->response.content_bytes);
    if (x->response.body_bytes != x->response.content_bytes)
        fprintf(out, "/%llu", (unsigned long long)x->response.body_bytes);
    if (x->interim)
        fprintf(out, " 1xx:%u", x->interim);
    if (x->ending != ENDED_COMPLETE)
        fprintf(out, " %s", ending_word(x->ending));
    if (x->aborted_by)
        fprintf(out, x->aborted_by == ABORTED_BY_CLIENT ? " by-client" : " by-server");
    if (x->stray_bytes)
        fprintf(out, " stray-%s:%llu", x->stray ? stray_words[x->stray] : "none",
                (unsigned long long)x->stray_bytes);
    for (unsigned bit = 0; bit < FLAW_BITS; bit++)
        if (x->flaws >> bit & 1)
            fprintf(out, " %s", flaw_word(bit));
    fclose(out);
}

static void say(struct player *p, const char *line)
{
    size_t len = strlen(line);
    if (p->text_len + len + 2 > p->text_room) {
        p->text_room = (p->text_room + len + 2) * 2;
        p->drip->text = xrealloc(p->drip->text, p->text_room);
    }
    memcpy(p->drip->text + p->text_len, line, len);
    p->text_len += len;
    memcpy(p->drip->text + p->text_len++, "\n", 2);
}

static struct connection_facts facts(void *context)
{
    return ((struct player *)context)->facts;
}

static bool began(void *context)
{
    return ((struct player *)context)->facts.began_in_capture;
}

static uint32_t exchanges(void *context)
{
    return ((struct player *)context)->finished;
}

static void lost(void *context, int64_t from_ns, int64_t until_ns)
{
    struct player *p = context;
    assert(from_ns <= until_ns);
    p->drip->losses++;
}

static void take_exchange(void *context, struct exchange *x)
{
    struct player *p = context;
    char line[4096];
    drip_describe(x, line, sizeof line);
    say(p, line);
    assert(x->finished_ns <= p->clock_ns);
    assert(x->request.seen || x->response.seen);
    p->finished++;
    p->drip->framed += x->request.header_bytes + x->request.body_bytes + x->response.header_bytes +
                       x->response.body_bytes;
    p->drip->wire += x->wire_bytes;
    if (x->connection.preamble_client.family)
        p->facts.preamble_client = x->connection.preamble_client;
    x->next = NULL;
    if (p->last)
        p->last->next = x;
    else
        p->drip->first = x;
    p->last = x;
}

/* ---- steps */

static void *state_of(struct player *p)
{
    if (!p->state)
        p->state = p->protocol->open(&p->host);
    return p->state;
}

static void forget(struct player *p)
{
    if (p->how != DRIP_FORGETFUL || !p->state || !p->protocol->idle(p->state))
        return;
    p->protocol->close(p->state);
    p->state = NULL;
}

static struct mark mark_of(const struct player *p)
{
    return (struct mark){p->time_ns - p->early_ns, p->packets, p->packets, 0};
}

static void feed(struct player *p, enum direction from, struct slice bytes)
{
    struct provenance provenance = {
        .mark = mark_of(p),
        .overhead = p->same ? 0 : DRIP_OVERHEAD,
    };
    size_t step = p->how == DRIP_OCTETS ? 1 : bytes.len;
    for (size_t i = 0; i < bytes.len; i += step) {
        struct slice run = guarded_place(&p->guarded, slice_first(slice_from(bytes, i), step));
        p->protocol->feed(state_of(p), from, run, &provenance, p->clock_ns, p->packets);
        p->drip->fed += run.len;
        provenance.overhead = 0;
    }
    p->drip->fed_wire += bytes.len + (p->same ? 0 : DRIP_OVERHEAD);
}

static uint8_t octet_of(char c)
{
    return (uint8_t)(c == '~' ? '\n' : c == '`' ? 0 : c == '\\' ? '\r' : c);
}

static size_t repeat(const char **at, uint8_t *to)
{
    char *text;
    size_t n = strtoul(*at + 1, &text, 10), len = strcspn(++text, "}");
    assert(len > 0 && n < RUN_MAX);
    for (size_t i = 0; i < n; i++)
        to[i] = octet_of(text[i % len]);
    *at = text + len + 1;
    return n;
}

static struct slice octets_of(struct player *p, const char *at, const char *end)
{
    size_t n = 0;
    while (at < end) {
        uint8_t *to = p->octets + n;
        assert(n + 2 < RUN_MAX);
        if (*at == '{') {
            n += repeat(&at, to);
            continue;
        }
        if (*at == '|')
            p->octets[n++] = '\r';
        p->octets[n++] = octet_of((char)(*at == '|' ? '~' : *at));
        at++;
    }
    return slice_of(p->octets, n);
}

static void play_run(struct player *p, const char *line, const char *end)
{
    if (!p->same) {
        p->packets++;
        p->time_ns += MS;
    }
    if (p->clock_ns < p->time_ns)
        p->clock_ns = p->time_ns;
    feed(p, line[0] == '>' ? FROM_CLIENT : FROM_SERVER, octets_of(p, line + 2, end));
    p->same = false;
}

static void play_gap(struct player *p, const char *line)
{
    bool cut = line[0] == 'c';
    const char *side = strpbrk(line, "<>");
    struct mark at = mark_of(p);
    at.ordinal++;
    p->protocol->gap(state_of(p), *side == '>' ? FROM_CLIENT : FROM_SERVER,
                     strtoull(side + 1, NULL, 10), cut, &at, p->clock_ns, p->packets + 1);
}

static void play_end(struct player *p, enum direction from, enum stream_end end)
{
    if (!p->state)
        return;
    p->protocol->end(p->state, from, end, p->clock_ns, p->packets);
}

static void play_wait(struct player *p, int64_t ms)
{
    p->time_ns += ms * MS;
    p->clock_ns = p->time_ns;
    if (p->state)
        p->protocol->tick(p->state, p->clock_ns);
}

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

static void play_step(struct player *p, const char *line, const char *end)
{
    if (begins(line, "> ") || begins(line, "< "))
        play_run(p, line, end);
    else if (begins(line, "lost") || begins(line, "cut"))
        play_gap(p, line);
    else if (begins(line, "fin"))
        play_end(p, line[3] == '>' ? FROM_CLIENT : FROM_SERVER, STREAM_FIN);
    else if (begins(line, "rst"))
        play_end(p, line[3] == '>' ? FROM_CLIENT : FROM_SERVER, STREAM_RESET);
    else if (begins(line, "timeout"))
        play_end(p, FROM_CLIENT, STREAM_TIMEOUT);
    else if (begins(line, "limit"))
        play_end(p, FROM_CLIENT, STREAM_LIMIT);
    else if (begins(line, "wait "))
        play_wait(p, strtol(line + 5, NULL, 10));
    else if (begins(line, "early "))
        p->early_ns = strtol(line + 6, NULL, 10) * MS;
    else if (begins(line, "mid"))
        p->facts.began_in_capture = false;
    else if (begins(line, "same"))
        p->same = true;
    else
        assert(!"a step that nobody knows");
    forget(p);
}

/* The client's runs first, with the times and packets that they have. */
static void play_client_first(struct player *p, const char *script)
{
    for (int server = 0; server < 2; server++) {
        p->packets = 0;
        p->time_ns = EPOCH_NS;
        for (const char *line = script; *line;) {
            const char *end = line + strcspn(line, "\n");
            bool is_run = begins(line, "> ") || begins(line, "< ");
            if (is_run && (line[0] == '<') != server) {
                p->packets++;
                p->time_ns += MS;
            } else if (is_run || server != begins(line, "mid")) {
                play_step(p, line, end);
            }
            line = end + (*end == '\n');
        }
    }
}

static void play(struct player *p, const char *script)
{
    for (const char *line = script; *line;) {
        const char *end = line + strcspn(line, "\n");
        play_step(p, line, end);
        line = end + (*end == '\n');
    }
}

struct drip drip_play(const struct protocol *protocol, const char *script, enum drip_how how)
{
    static const struct host_calls calls = {facts, began, take_exchange, lost, exchanges};
    struct drip drip = {.text = xstrdup("")};
    struct player p = {
        .protocol = protocol,
        .host = {&p, &calls},
        .facts = {.id = 1, .rtt_ns = -1, .began_in_capture = true},
        .how = how,
        .guarded = guarded_new(RUN_MAX),
        .octets = xmalloc(RUN_MAX),
        .time_ns = EPOCH_NS,
        .clock_ns = EPOCH_NS,
        .drip = &drip,
        .text_room = 1,
    };
    if (how == DRIP_CLIENT_FIRST)
        play_client_first(&p, script);
    else
        play(&p, script);
    play_end(&p, FROM_CLIENT, STREAM_CAPTURE_ENDED);
    if (p.state) {
        drip.left = protocol->left(p.state);
        protocol->close(p.state);
    }
    guarded_free(&p.guarded);
    free(p.octets);
    return drip;
}

void drip_free(struct drip *drip)
{
    while (drip->first) {
        struct exchange *next = drip->first->next;
        exchange_free(drip->first);
        drip->first = next;
    }
    free(drip->text);
    drip->text = NULL;
}
