/* SPDX-License-Identifier: MIT */
/*
 * Generates the traffic that the bench measures, with its truth in numbers:
 *
 *     generate WORKLOAD [-c CONNECTIONS] [-m MEGABYTES] [-s SEED] [-o FILE] [-t TRUTH]
 *
 *     bulk        200 connections, bodies of 64 KiB to 1 MiB
 *     many-304s   20,000 connections, heads of about 600 octets an exchange, bodies of 0 to 4 KiB,
 *                 70% of the answers 304
 *     lossy       bulk with 1% of the frames that carry data reordered, 0.5% retransmitted, 0.1%
 *                 missed by the tap
 *
 * All connections are open at once and kept alive: they shake hands, make exchanges until the size
 * is reached, and close. They share a link of 1 Gbit/s, which sets the times of the packets. The
 * capture (pcap, microseconds) goes to FILE or standard output as it is made: memory does not grow
 * with its size. The truth goes to TRUTH or standard error as one JSON object. The same arguments
 * make the same octets.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EPOCH_NS       (INT64_C(1700000000) * 1000000000)
#define MSS            1460
#define BURST          8                    /* segments that a server sends in one go */
#define NOISE          (2u << 20)           /* octets of which bodies are cut */
#define LINK_NS(bytes) ((int64_t)(bytes)*8) /* 1 Gbit/s */
#define HEADERS        54                   /* Ethernet, IPv4, TCP */
#define FAREWELL       210                  /* octets of the three frames that close a connection */

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };
enum side { CLIENT, SERVER };

struct workload {
    const char *name;
    uint32_t connections;
    uint32_t objects, hosts;
    uint32_t body_min, body_max;
    uint32_t per_mille_304;
    uint32_t per_100k_reordered, per_100k_retransmitted, per_100k_lost;
};

static const struct workload workloads[] = {
    {"bulk", 200, 2000, 20, 64 << 10, 1 << 20, 0, 0, 0, 0},
    {"many-304s", 20000, 20000, 200, 0, 4 << 10, 700, 0, 0, 0},
    {"lossy", 200, 2000, 20, 64 << 10, 1 << 20, 0, 1000, 500, 100},
};

enum state {
    SAY_SYN,
    SAY_SYN_ACK,
    SAY_ACK,
    SAY_REQUEST,
    SAY_RESPONSE,
    SAY_BODY,
    SAY_FIN,
    SAY_FIN_ACK,
    OVER
};

struct connection {
    uint32_t next[2]; /* sequence numbers */
    uint32_t object;
    uint32_t left; /* octets of the body not yet sent */
    uint32_t rtt_us;
    uint8_t state;
    bool conditional; /* the request in progress */
    bool head_lost;   /* so the exchange in progress cannot be found */
};

/* When a connection acts next; a binary heap. */
struct event {
    int64_t at_ns;
    uint32_t connection;
};

/* A frame that is held back, to come out of order or a second time. */
struct held {
    int64_t at_ns;
    uint32_t length;
    uint8_t bytes[HEADERS + MSS];
};

#define HELD 1024

struct truth {
    uint64_t connections, exchanges, not_modified, body_bytes, packets, bytes;
    uint64_t lost, reordered, retransmitted;
    uint64_t exchanges_with_heads, not_modified_with_heads; /* whose two heads are captured */
};

struct generator {
    const struct workload *w;
    FILE *out;
    struct connection *connections;
    struct event *events;
    uint32_t n_events;
    struct held *held; /* unsorted: there are few */
    uint32_t n_held;
    uint8_t *noise;
    int64_t now_ns; /* the link is free from here on */
    uint64_t random, limit;
    uint64_t planned; /* octets of frames that are still to come whatever happens, about */
    uint16_t ip_id;
    struct truth truth;
};

static uint64_t random_next(struct generator *g)
{
    uint64_t z = g->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t random_below(struct generator *g, uint32_t bound)
{
    return (uint32_t)(((random_next(g) >> 32) * bound) >> 32);
}

static uint32_t mix(uint32_t x) /* a fact about object x, the same for ever */
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

static uint32_t object_size(const struct workload *w, uint32_t object)
{
    return w->body_min + mix(object) % (w->body_max - w->body_min + 1);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* RFC 1071 in words of this machine's byte order: the folded sum is to be stored as it is. */
static uint64_t sum_words(uint64_t sum, const uint8_t *at, size_t n)
{
    for (; n >= 4; at += 4, n -= 4) {
        uint32_t word;
        memcpy(&word, at, 4);
        sum += word;
    }
    uint32_t rest = 0;
    memcpy(&rest, at, n);
    return sum + rest;
}

static void put_sum(uint8_t *at, uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t folded = (uint16_t)~sum;
    memcpy(at, &folded, 2);
}

/* 10.x.y.z for clients, 192.168.0.x for servers; one client address for each connection. */
static void put_addresses(uint8_t *at, uint32_t n, const struct workload *w, enum side from)
{
    uint32_t client = 0x0a000000u + 256 + n, server = 0xc0a80000u + 1 + n % w->hosts;
    put32(at, from == CLIENT ? client : server);
    put32(at + 4, from == CLIENT ? server : client);
}

static void put_headers(struct generator *g, uint8_t *at, uint32_t n, enum side from, uint8_t flags,
                        size_t payload)
{
    static const uint8_t ethernet[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    struct connection *c = &g->connections[n];
    uint8_t *ip = at + 14, *tcp = at + 34;
    memset(at, 0, HEADERS);
    memcpy(at, ethernet, sizeof ethernet);
    at[5] = from == CLIENT ? 2 : 1;
    at[11] = from == CLIENT ? 1 : 2;
    ip[0] = 0x45;
    put16(ip + 2, (uint32_t)(40 + payload));
    put16(ip + 4, g->ip_id++);
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = 6;
    put_addresses(ip + 12, n, g->w, from);
    put_sum(ip + 10, sum_words(0, ip, 20));
    uint16_t ports[2] = {(uint16_t)(1024 + n % 60000), 80};
    put16(tcp, ports[from]);
    put16(tcp + 2, ports[!from]);
    put32(tcp + 4, c->next[from]);
    put32(tcp + 8, flags & ACK ? c->next[!from] : 0);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    put16(tcp + 14, 65535);
    uint8_t tail[4] = {0, 6, 0, 0};
    put16(tail + 2, (uint32_t)(20 + payload));
    put_sum(tcp + 16, sum_words(sum_words(sum_words(0, ip + 12, 8), tail, 4), tcp, 20 + payload));
}

static void write_frame(struct generator *g, const uint8_t *bytes, uint32_t length, int64_t at_ns)
{
    uint32_t record[] = {(uint32_t)(at_ns / 1000000000), (uint32_t)(at_ns % 1000000000 / 1000),
                         length, length};
    fwrite(record, sizeof record, 1, g->out);
    fwrite(bytes, 1, length, g->out);
    g->truth.packets++;
    g->truth.bytes += length + sizeof record;
}

/* Held frames whose time has come go out first. */
static void write_due(struct generator *g)
{
    for (uint32_t i = 0; i < g->n_held;) {
        if (g->held[i].at_ns > g->now_ns) {
            i++;
            continue;
        }
        write_frame(g, g->held[i].bytes, g->held[i].length, g->now_ns);
        g->now_ns += LINK_NS(g->held[i].length + 24);
        g->held[i] = g->held[--g->n_held];
    }
}

static bool chance(struct generator *g, uint32_t per_100k)
{
    return per_100k && random_below(g, 100000) < per_100k;
}

static bool hold(struct generator *g, const uint8_t *bytes, uint32_t length, int64_t delay_ns)
{
    if (g->n_held == HELD)
        return false;
    struct held *held = &g->held[g->n_held++];
    held->at_ns = g->now_ns + delay_ns;
    held->length = length;
    memcpy(held->bytes, bytes, length);
    return true;
}

/* A frame with data comes to the tap, or does not. False where the tap misses it. */
static bool pass_tap(struct generator *g, uint8_t *bytes, uint32_t length)
{
    if (chance(g, g->w->per_100k_lost)) {
        g->truth.lost++;
        return false;
    }
    if (chance(g, g->w->per_100k_reordered) &&
        hold(g, bytes, length, 15000 + random_below(g, 45000))) {
        g->truth.reordered++;
        return true;
    }
    write_frame(g, bytes, length, g->now_ns);
    if (chance(g, g->w->per_100k_retransmitted)) {
        uint8_t *ip = bytes + 14;
        put16(ip + 4, g->ip_id++); /* another packet, with the same octets */
        put16(ip + 10, 0);
        put_sum(ip + 10, sum_words(0, ip, 20));
        if (hold(g, bytes, length, 10000000 + random_below(g, 30000000)))
            g->truth.retransmitted++;
    }
    return true;
}

/* `bytes` has room for the headers before its payload. False where the tap missed it. */
static bool send(struct generator *g, uint32_t n, enum side from, uint8_t flags, uint8_t *bytes,
                 uint32_t payload)
{
    bool seen = true;
    write_due(g);
    put_headers(g, bytes, n, from, flags, payload);
    if (payload)
        seen = pass_tap(g, bytes, HEADERS + payload);
    else
        write_frame(g, bytes, HEADERS, g->now_ns);
    g->now_ns += LINK_NS(HEADERS + payload + 24);
    g->connections[n].next[from] += payload + (flags & (SYN | FIN) ? 1 : 0);
    return seen;
}

static void acknowledge(struct generator *g, uint32_t n, enum side from)
{
    uint8_t bytes[HEADERS];
    send(g, n, from, ACK, bytes, 0);
}

static uint32_t write_request(const struct generator *g, const struct connection *c, char *to)
{
    int length = sprintf(
        to,
        "GET /assets/v2/%02x/item-%u.js HTTP/1.1\r\n"
        "Host: shop%u.example.com\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0\r\n"
        "Accept: */*\r\n"
        "Accept-Language: en-GB,en;q=0.5\r\n"
        "Accept-Encoding: gzip, deflate\r\n"
        "Connection: keep-alive\r\n"
        "Referer: http://shop%u.example.com/\r\n",
        mix(c->object) & 0xff, c->object, c->object % g->w->hosts, c->object % g->w->hosts);
    if (c->conditional)
        length += sprintf(to + length, "If-None-Match: \"%08x-%x\"\r\n",
                          mix(c->object ^ 0x5bd1e995u), object_size(g->w, c->object));
    memcpy(to + length, "\r\n", 2);
    return (uint32_t)length + 2;
}

/* Dates change once a second: they are made once a second. */
static const char *date_of(int64_t now_ns)
{
    static _Thread_local char text[40];
    static _Thread_local time_t made;
    time_t now = (time_t)(now_ns / 1000000000);
    if (now != made) {
        struct tm t;
        gmtime_r(&now, &t);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &t);
        made = now;
    }
    return text;
}

static uint32_t write_response(const struct generator *g, const struct connection *c, char *to)
{
    uint32_t size = object_size(g->w, c->object);
    int length = sprintf(to,
                         "HTTP/1.1 %s\r\n"
                         "Server: nginx/1.22.1\r\n"
                         "Date: %s\r\n"
                         "Connection: keep-alive\r\n"
                         "ETag: \"%08x-%x\"\r\n"
                         "Cache-Control: no-cache\r\n"
                         "Vary: Accept-Encoding\r\n",
                         c->conditional ? "304 Not Modified" : "200 OK", date_of(g->now_ns),
                         mix(c->object ^ 0x5bd1e995u), size);
    if (!c->conditional)
        length += sprintf(to + length,
                          "Content-Type: application/javascript\r\n"
                          "Content-Length: %u\r\n",
                          size);
    memcpy(to + length, "\r\n", 2);
    return (uint32_t)length + 2;
}

static void say_request(struct generator *g, uint32_t n)
{
    struct connection *c = &g->connections[n];
    uint8_t bytes[HEADERS + MSS];
    c->object = random_below(g, g->w->objects);
    c->conditional = random_below(g, 1000) < g->w->per_mille_304;
    uint32_t length = write_request(g, c, (char *)bytes + HEADERS);
    c->head_lost = !send(g, n, CLIENT, PSH | ACK, bytes, length);
    g->planned += c->conditional ? 0 : object_size(g->w, c->object);
    acknowledge(g, n, SERVER);
}

static void count_exchange(struct generator *g, const struct connection *c)
{
    struct truth *t = &g->truth;
    t->exchanges++;
    t->not_modified += c->conditional;
    t->exchanges_with_heads += !c->head_lost;
    t->not_modified_with_heads += c->conditional && !c->head_lost;
    if (!c->conditional)
        t->body_bytes += object_size(g->w, c->object);
}

static const uint8_t *body_at(const struct generator *g, const struct connection *c)
{
    uint32_t sent = object_size(g->w, c->object) - c->left;
    return g->noise + mix(c->object + 7) % (NOISE - g->w->body_max - 1) + sent;
}

/* The head, and as much of the body as fits behind it. */
static void say_response(struct generator *g, uint32_t n)
{
    struct connection *c = &g->connections[n];
    uint8_t bytes[HEADERS + MSS];
    uint32_t length = write_response(g, c, (char *)bytes + HEADERS);
    c->left = c->conditional ? 0 : object_size(g->w, c->object);
    uint32_t part = c->left < MSS - length ? c->left : MSS - length;
    memcpy(bytes + HEADERS + length, body_at(g, c), part);
    c->left -= part;
    g->planned -= part;
    c->head_lost |= !send(g, n, SERVER, c->left ? ACK : PSH | ACK, bytes, length + part);
    count_exchange(g, c);
    if (!c->left)
        acknowledge(g, n, CLIENT);
}

static void say_body(struct generator *g, uint32_t n)
{
    struct connection *c = &g->connections[n];
    uint8_t bytes[HEADERS + MSS];
    for (unsigned i = 1; i <= BURST && c->left; i++) {
        uint32_t part = c->left < MSS ? c->left : MSS;
        memcpy(bytes + HEADERS, body_at(g, c), part);
        c->left -= part;
        g->planned -= part;
        send(g, n, SERVER, c->left ? ACK : PSH | ACK, bytes, part);
        if (i % 2 == 0 || !c->left)
            acknowledge(g, n, CLIENT);
    }
}

static void say_flags(struct generator *g, uint32_t n, enum side from, uint8_t flags)
{
    uint8_t bytes[HEADERS];
    send(g, n, from, flags, bytes, 0);
}

/* What connection n does now; returns how long it waits then, or -1 when it is over. */
static int64_t act(struct generator *g, uint32_t n)
{
    struct connection *c = &g->connections[n];
    int64_t half_ns = c->rtt_us * INT64_C(500);
    switch ((enum state)c->state) {
    case SAY_SYN:
        say_flags(g, n, CLIENT, SYN);
        c->state = SAY_SYN_ACK;
        return half_ns;
    case SAY_SYN_ACK:
        say_flags(g, n, SERVER, SYN | ACK);
        c->state = SAY_ACK;
        return half_ns;
    case SAY_ACK:
        acknowledge(g, n, CLIENT);
        c->state = SAY_REQUEST;
        return 1000;
    case SAY_REQUEST:
        if (g->truth.bytes + g->planned >= g->limit) {
            c->state = SAY_FIN;
            return 0;
        }
        say_request(g, n);
        c->state = SAY_RESPONSE;
        return half_ns;
    case SAY_RESPONSE:
        say_response(g, n);
        c->state = c->left ? SAY_BODY : SAY_REQUEST;
        return c->left ? 1000 : half_ns + random_below(g, 20000000);
    case SAY_BODY:
        say_body(g, n);
        c->state = c->left ? SAY_BODY : SAY_REQUEST;
        return c->left ? 50000 : half_ns + random_below(g, 20000000);
    case SAY_FIN:
        say_flags(g, n, CLIENT, FIN | ACK);
        g->planned -= FAREWELL;
        c->state = SAY_FIN_ACK;
        return half_ns;
    case SAY_FIN_ACK:
        say_flags(g, n, SERVER, FIN | ACK);
        acknowledge(g, n, CLIENT);
        c->state = OVER;
        return -1;
    case OVER:
        break;
    }
    return -1;
}

static void event_sink(struct generator *g)
{
    struct event moving = g->events[0];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < g->n_events; i = child) {
        if (child + 1 < g->n_events && g->events[child + 1].at_ns < g->events[child].at_ns)
            child++;
        if (moving.at_ns <= g->events[child].at_ns)
            break;
        g->events[i] = g->events[child];
    }
    g->events[i] = moving;
}

/* Connections begin within a second, in their order: a sorted array is a heap. */
static void begin(struct generator *g)
{
    uint32_t n = g->w->connections;
    for (uint32_t i = 0; i < n; i++) {
        struct connection *c = &g->connections[i];
        c->next[CLIENT] = (uint32_t)random_next(g);
        c->next[SERVER] = (uint32_t)random_next(g);
        c->rtt_us = 5000 + random_below(g, 75000);
        g->events[i] = (struct event){EPOCH_NS + INT64_C(1000000000) * i / n, i};
    }
    g->n_events = n;
    g->planned = (uint64_t)n * FAREWELL;
    g->truth.connections = n;
}

static void generate(struct generator *g)
{
    begin(g);
    while (g->n_events) {
        struct event *next = &g->events[0];
        if (g->now_ns < next->at_ns)
            g->now_ns = next->at_ns;
        int64_t wait_ns = act(g, next->connection);
        if (wait_ns < 0)
            *next = g->events[--g->n_events];
        else
            next->at_ns = g->now_ns + wait_ns;
        if (g->n_events)
            event_sink(g);
    }
    g->now_ns += 100000000;
    write_due(g);
}

static void write_truth(const struct generator *g, FILE *to)
{
    const struct truth *t = &g->truth;
    fprintf(to,
            "{\"workload\": \"%s\", \"connections\": %" PRIu64 ", \"exchanges\": %" PRIu64
            ", \"not_modified\": %" PRIu64 ", \"body_bytes\": %" PRIu64 ", \"packets\": %" PRIu64
            ", \"bytes\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"retransmitted\": %" PRIu64
            ", \"lost\": %" PRIu64 ", \"exchanges_with_heads\": %" PRIu64
            ", \"not_modified_with_heads\": %" PRIu64 "}\n",
            g->w->name, t->connections, t->exchanges, t->not_modified, t->body_bytes, t->packets,
            t->bytes, t->reordered, t->retransmitted, t->lost, t->exchanges_with_heads,
            t->not_modified_with_heads);
}

static void *memory(size_t size)
{
    void *at = calloc(1, size);
    assert(at);
    return at;
}

static void generator_init(struct generator *g, const struct workload *w, FILE *out)
{
    static const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
    g->w = w;
    g->out = out;
    g->now_ns = EPOCH_NS;
    g->connections = memory(w->connections * sizeof *g->connections);
    g->events = memory(w->connections * sizeof *g->events);
    g->held = memory(HELD * sizeof *g->held);
    g->noise = memory(NOISE);
    for (size_t i = 0; i < NOISE; i += 8) {
        uint64_t word = random_next(g);
        memcpy(g->noise + i, &word, 8);
    }
    fwrite(head, sizeof head, 1, out);
}

static void generator_fini(struct generator *g)
{
    free(g->connections);
    free(g->events);
    free(g->held);
    free(g->noise);
}

static const struct workload *workload_named(const char *name)
{
    for (size_t i = 0; name && i < sizeof workloads / sizeof workloads[0]; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return &workloads[i];
    return NULL;
}

struct arguments {
    const char *out, *truth;
    uint64_t connections, megabytes, seed;
};

static bool read_arguments(int n, char **words, struct arguments *a)
{
    for (int option; (option = getopt(n, words, "c:m:s:o:t:")) != -1;) {
        if (option == 'c')
            a->connections = strtoull(optarg, NULL, 10);
        else if (option == 'm')
            a->megabytes = strtoull(optarg, NULL, 10);
        else if (option == 's')
            a->seed = strtoull(optarg, NULL, 10);
        else if (option == 'o')
            a->out = optarg;
        else if (option == 't')
            a->truth = optarg;
        else
            return false;
    }
    return optind == n && a->connections < 1u << 24;
}

static int run(struct workload *w, const struct arguments *a)
{
    FILE *out = a->out ? fopen(a->out, "wb") : stdout;
    FILE *truth = a->truth ? fopen(a->truth, "w") : stderr;
    if (!out || !truth) {
        fprintf(stderr, "generate: cannot write %s\n", out ? a->truth : a->out);
        return 1;
    }
    setvbuf(out, NULL, _IOFBF, 1 << 20);
    if (a->connections)
        w->connections = (uint32_t)a->connections;
    struct generator g = {.random = a->seed, .limit = a->megabytes * 1000000};
    generator_init(&g, w, out);
    generate(&g);
    write_truth(&g, truth);
    generator_fini(&g);
    bool failed = fclose(out) != 0;
    return (a->truth && fclose(truth) != 0) || failed;
}

int main(int n, char **words)
{
    struct arguments a = {.megabytes = 200, .seed = 1};
    const struct workload *named = n > 1 ? workload_named(words[1]) : NULL;
    if (!named || !read_arguments(n - 1, words + 1, &a)) {
        fprintf(stderr,
                "usage: generate bulk|many-304s|lossy [-c CONNECTIONS] [-m MEGABYTES] [-s SEED]"
                " [-o FILE] [-t TRUTH]\n");
        return 2;
    }
    struct workload w = *named;
    return run(&w, &a);
}
