/* SPDX-License-Identifier: MIT */
/* Exchanges from a few words, and a sink that remembers. */

#include "tests/support/hearing.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)
#define MOST     65536

static int64_t ns_of(double s)
{
    return SPOKEN_NS + (int64_t)(s * 1e6) * 1000;
}

static char *keep(struct hearing *h, const char *text, size_t len)
{
    char *copy = arena_alloc(&h->arena, len + 1);
    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

/* ---- what analysis says ---- */

static void on_exchange(void *context, const struct assessed *assessed)
{
    struct hearing *h = context;
    assert(assessed->id == h->said + 1 && h->said < MOST);
    h->outcomes[h->said] = assessed->outcome;
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct hearing *h = context;
    assert(inner_id > 0 && inner_id <= h->said + 1 && outer_id <= h->said + 1);
    h->outers[inner_id - 1] = outer_id;
}

static void on_finding(void *context, const struct finding *f)
{
    struct hearing *h = context;
    assert(h->n_heard < MOST);
    h->heard[h->n_heard++] = (struct heard){
        .rule = f->rule,
        .variant = f->variant ? f->variant : "",
        .severity = f->severity,
        .confidence = f->confidence,
        .party = f->party,
        .exchange = f->exchange_id,
        .reference = f->reference_exchange_id,
        .avoidable = f->avoidable_bytes,
        .opportunity = f->opportunity_bytes,
        .standalone = f->standalone_bytes,
        .message = keep(h, (const char *)f->message.at, f->message.len),
        .has_heads = !slice_is_absent(f->response_head),
        .has_reference_heads = !slice_is_absent(f->reference_response_head),
        .told_after = h->said,
    };
}

static void on_what_if(void *context, const struct what_if *what_if)
{
    struct hearing *h = context;
    assert(h->n_what_if < COUNT_OF(h->what_if));
    h->what_if[h->n_what_if++] = *what_if;
}

static void on_check(void *context, const struct check *check)
{
    static const char *const words[] = {"passed", "fired", "withheld"};
    struct hearing *h = context;
    char line[256];
    size_t before = h->checks ? strlen(h->checks) : 0;
    int n = snprintf(line, sizeof line, "%s %s%s%s %" PRIu64 "\n", check->rule->id,
                     words[check->outcome], check->guard ? " " : "",
                     check->guard ? check->guard : "", check->exchanges);
    h->checks = xrealloc(h->checks, before + (size_t)n + 1);
    memcpy(h->checks + before, line, (size_t)n + 1);
}

/* What nearly everything that is said would trip by the way: rules about single messages, which
 * have their transcripts. */
static bool is_heard(void *context UNUSED, const struct rule_card *card)
{
    static const char *const left_out[] = {"heuristic-only-freshness", "conditional-head",
                                           "bad-http-date", "served-stale",
                                           "304-etag-strength-flip"};
    for (unsigned i = 0; i < COUNT_OF(left_out); i++)
        if (strcmp(card->id, left_out[i]) == 0)
            return false;
    return true;
}

void hearing_begin(struct hearing *hearing, const struct analysis_options *options)
{
    struct analysis_options chosen = options ? *options : analysis_options_default();
    if (!chosen.rule_enabled)
        chosen.rule_enabled = is_heard;
    struct analysis_sink sink = {.context = hearing,
                                 .exchange = on_exchange,
                                 .pair = on_pair,
                                 .finding = on_finding,
                                 .check = on_check,
                                 .what_if = on_what_if};
    *hearing = (struct hearing){
        .heard = xcalloc(MOST, sizeof *hearing->heard),
        .outcomes = xcalloc(MOST, sizeof *hearing->outcomes),
        .outers = xcalloc(MOST, sizeof *hearing->outers),
    };
    arena_init(&hearing->arena, 4096);
    hearing->analysis = analysis_new(&chosen, &sink);
}

/* ---- what is said to it ---- */

struct text {
    char bytes[8192];
    size_t len;
};

static void add(struct text *text, const char *words)
{
    size_t len = strlen(words);
    assert(text->len + len < sizeof text->bytes);
    memcpy(text->bytes + text->len, words, len + 1);
    text->len += len;
}

static void add_request(struct text *text, const struct said *s)
{
    const char *lines = strchr(s->request, '\n');
    assert(lines);
    text->len = (size_t)(lines + 1 - s->request);
    memcpy(text->bytes, s->request, text->len);
    if (!strstr(s->request, "\nHost:"))
        add(text, "Host: www.example.com\n");
    if (!strstr(s->request, "\nUser-Agent:"))
        add(text, "User-Agent: test/1.0\n");
    if (!s->no_referer && !strstr(s->request, "\nReferer:"))
        add(text, "Referer: http://www.example.com/\n");
    add(text, lines + 1);
}

static void add_response(struct text *text, const struct said *s, size_t octets)
{
    char line[96];
    time_t second = (time_t)(ns_of(s->at_s) / NS_PER_S) + s->date_s;
    struct tm tm;
    add(text, s->response);
    gmtime_r(&second, &tm);
    strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\n", &tm);
    if (!s->no_date && !strstr(s->response, "\nDate:"))
        add(text, line);
    snprintf(line, sizeof line, "Content-Length: %zu\n", octets);
    if (!s->no_length && strncmp(s->response, "304", 3) != 0 &&
        !strstr(s->response, "\nContent-Length:"))
        add(text, line);
}

static struct slice body_of(struct hearing *h, const struct said *s)
{
    if (!s->body)
        return SLICE("");
    size_t len = s->octets ? s->octets : 1000, unit = strlen(s->body);
    char *body = arena_alloc(&h->arena, len);
    for (size_t i = 0; i < len; i++)
        body[i] = s->body[i % unit];
    return slice_of(body, len);
}

static struct mark mark_at(struct hearing *h, int64_t time_ns)
{
    h->ordinal++;
    return (struct mark){.time_ns = time_ns, .ordinal = h->ordinal, .frame = h->ordinal};
}

static void set_request(struct hearing *h, struct exchange *x, const struct said *s)
{
    struct message *m = &x->request;
    m->first = mark_at(h, ns_of(s->at_s));
    m->head_end = m->last = mark_instant(&m->first);
    m->header_bytes = m->head.bytes.len + 2;
}

static void set_response(struct hearing *h, struct exchange *x, const struct said *s,
                         struct slice body)
{
    struct message *m = &x->response;
    bool whole = !(s->flaws & (FLAW(RESPONSE_BODY_GAP) | FLAW(CUT_BY_SNAPLEN)));
    m->first = mark_at(h, ns_of(s->at_s + (s->took_s > 0 ? s->took_s : 0.1)));
    m->head_end = m->last = mark_instant(&m->first);
    m->header_bytes = m->head.bytes.len + 2;
    m->body_bytes = m->content_bytes = body.len;
    m->body_whole = whole;
    m->end_certain = !(s->flaws & FLAW(ENDED_BY_CLOSE));
    m->digest = whole && body.len ? digest_of(body) : (struct digest){0};
    if (s->stray == STRAY_NONE)
        return;
    x->stray = s->stray;
    x->stray_bytes = 5;
    m->body_bytes += x->stray_bytes;
}

void hearing_say(struct hearing *hearing, const struct said *said)
{
    struct text request = {.len = 0}, response = {.len = 0};
    struct slice body = body_of(hearing, said);
    if (said->request)
        add_request(&request, said);
    if (said->response)
        add_response(&response, said, body.len);
    struct exchange *x = exchange_spoken(said->request ? request.bytes : NULL,
                                         said->response ? response.bytes : NULL);
    x->connection.id = hearing->said + 1;
    x->connection.client.octets[3] = said->client ? said->client : 1;
    x->connection.server.octets[3] = said->server ? said->server : 1;
    x->connection.server_port = said->port ? said->port : 80;
    if (said->asks_as) {
        x->connection.client = x->connection.server;
        x->connection.client.octets[3] = said->asks_as;
    }
    if (said->same_host)
        x->connection.client = x->connection.server;
    if (said->asks_as && !said->unasked)
        analysis_asked(hearing->analysis, &(struct asked){x->connection.client});
    analysis_asked(hearing->analysis, &(struct asked){x->connection.server});
    x->secure = said->secure;
    x->flaws = said->flaws;
    if (said->request)
        set_request(hearing, x, said);
    if (said->asks_1_0)
        x->request.version = HTTP_1_0;
    if (said->response)
        set_response(hearing, x, said, body);
    x->finished_ns = said->response ? x->response.last.time_ns : ns_of(said->at_s + 1);
    if (said->over_s > 0)
        x->finished_ns = ns_of(said->over_s);
    x->finished_ordinal = hearing->ordinal;
    analysis_exchange(hearing->analysis, x);
    hearing->said++;
}

void hearing_lose(struct hearing *hearing, double from_s, double until_s)
{
    struct loss loss = {
        .server = {4, {198, 51, 100, 1}},
        .from_ns = ns_of(from_s),
        .until_ns = ns_of(until_s),
    };
    analysis_loss(hearing->analysis, &loss);
}

void hearing_end(struct hearing *hearing)
{
    analysis_finish(hearing->analysis);
}

void hearing_free(struct hearing *hearing)
{
    analysis_free(hearing->analysis);
    arena_fini(&hearing->arena);
    free(hearing->heard);
    free(hearing->outcomes);
    free(hearing->outers);
    free(hearing->checks);
}

/* ---- what was found ---- */

const struct heard *hearing_find(const struct hearing *hearing, const char *rule, uint64_t exchange)
{
    for (unsigned i = 0; i < hearing->n_heard; i++)
        if (strcmp(hearing->heard[i].rule->id, rule) == 0 &&
            (exchange == 0 || hearing->heard[i].exchange == exchange))
            return &hearing->heard[i];
    return NULL;
}

static int by_exchange(const void *a, const void *b)
{
    const struct heard *x = a, *y = b;
    if (x->exchange != y->exchange)
        return x->exchange < y->exchange ? -1 : 1;
    return strcmp(x->rule->id, y->rule->id);
}

const char *hearing_findings(struct hearing *hearing)
{
    struct text text = {.len = 0};
    text.bytes[0] = 0;
    qsort(hearing->heard, hearing->n_heard, sizeof *hearing->heard, by_exchange);
    for (unsigned i = 0; i < hearing->n_heard; i++) {
        const struct heard *f = &hearing->heard[i];
        char line[256];
        snprintf(line, sizeof line, "%s%s%s%s#%" PRIu64 " %s %s", i ? ", " : "", f->rule->id,
                 *f->variant ? "/" : "", f->variant, f->exchange, severity_word(f->severity),
                 confidence_word(f->confidence));
        add(&text, line);
    }
    return keep(hearing, text.bytes, text.len);
}

char *hearing_of(const struct said *said)
{
    struct hearing hearing;
    hearing_begin(&hearing, NULL);
    for (; said->request || said->response; said++)
        hearing_say(&hearing, said);
    hearing_end(&hearing);
    char *findings = xstrdup(hearing_findings(&hearing));
    hearing_free(&hearing);
    return findings;
}
