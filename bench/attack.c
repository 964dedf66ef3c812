/* SPDX-License-Identifier: MIT */
/*
 * Traffic that is made to use up memory, with one honest conversation in the middle of it:
 *
 *     attack KIND PACKETS >FILE
 *
 * as a pcap on standard output, made as it is written. The honest conversation, from 198.51.100.7
 * to 203.0.113.80, begins after a third of the packets and ends after two thirds: a request for
 * http://honest.example/page, 500 octets, and the same again without a condition, which is answered
 * with a 304 (rule 304-unsolicited). The same arguments make the same octets. Checksums are zero.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { HEADERS = 14 + 20 + 20, MOST = HEADERS + 1460 };

static uint64_t packets; /* written */

/* ---- a packet */

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

static void write_out(const void *bytes, size_t n)
{
    if (fwrite(bytes, 1, n, stdout) != n) {
        perror("attack");
        exit(1);
    }
}

/* A microsecond apart. */
static void write_frame(const uint8_t *frame, uint32_t length)
{
    const uint32_t record[4] = {(uint32_t)(1700000000 + packets / 1000000),
                                (uint32_t)(packets % 1000000), length, length};
    write_out(record, sizeof record);
    write_out(frame, length);
    packets++;
}

static void ip_header(uint8_t *frame, uint32_t from, uint32_t to, uint8_t protocol, uint32_t length)
{
    memset(frame, 0, HEADERS);
    put16(frame + 12, 0x0800);
    frame[14] = 0x45;
    put16(frame + 16, length - 14);
    frame[14 + 8] = 64;
    frame[14 + 9] = protocol;
    put32(frame + 14 + 12, from);
    put32(frame + 14 + 16, to);
}

struct side {
    uint32_t address;
    uint16_t port;
    uint32_t next; /* sequence number */
};

static void say(struct side *from, const struct side *to, uint8_t flags, const void *text,
                size_t length)
{
    uint8_t frame[MOST], *tcp = frame + 34;
    uint32_t size = (uint32_t)(HEADERS + length);
    ip_header(frame, from->address, to->address, 6, size);
    put16(tcp, from->port);
    put16(tcp + 2, to->port);
    put32(tcp + 4, from->next);
    put32(tcp + 8, flags & ACK ? to->next : 0);
    tcp[12] = 0x50;
    tcp[13] = flags;
    put16(tcp + 14, 65535);
    memcpy(frame + HEADERS, text, length);
    write_frame(frame, size);
    from->next += (uint32_t)length + ((flags & (SYN | FIN)) != 0);
}

static void send_text(struct side *from, const struct side *to, const char *text)
{
    say(from, to, ACK | PSH, text, strlen(text));
}

static void shake(struct side *client, struct side *server)
{
    say(client, server, SYN, "", 0);
    say(server, client, SYN | ACK, "", 0);
    say(client, server, ACK, "", 0);
}

/* ---- those who are up to no good: the n-th of them, and its server */

static struct side client_at(uint32_t n)
{
    return (struct side){0x0a000000 + n / 50000, (uint16_t)(10000 + n % 50000), n * 7919};
}

static const struct side server_at = {0xcb007101, 80, 0};

struct pair {
    struct side client, server;
    bool is_open;
};

static void open_pair(struct pair *pair, uint32_t n)
{
    if (pair->is_open)
        return;
    *pair = (struct pair){client_at(n), server_at, true};
    shake(&pair->client, &pair->server);
}

static char filler[1400];

/* Each of `of` connections in turn. */
static struct pair *turn(struct pair *pairs, uint64_t i, uint32_t of)
{
    uint32_t n = (uint32_t)(i % of);
    open_pair(&pairs[n], n);
    return &pairs[n];
}

static void syn_flood(struct pair *pairs, uint64_t i)
{
    struct side client = client_at((uint32_t)i), server = server_at;
    (void)pairs;
    say(&client, &server, SYN, "", 0);
}

/* Handshakes, and nothing after them. */
static void half_open(struct pair *pairs, uint64_t i)
{
    struct pair pair = {.is_open = false};
    (void)pairs;
    open_pair(&pair, (uint32_t)i);
}

/* A request each that is never answered. */
static void requests_in_flight(struct pair *pairs, uint64_t i)
{
    struct pair pair = {.is_open = false};
    (void)pairs;
    open_pair(&pair, (uint32_t)i);
    send_text(&pair.client, &pair.server,
              "GET /slow HTTP/1.1\r\nHost: slow.example\r\nUser-Agent: many of them\r\n"
              "Accept: */*\r\nCookie: a=b\r\n\r\n");
}

/* Waves of requests that are never answered, each wave's heads longer than those of the one before:
 * memory that the last wave gave back is of another size. */
static void heads_of_all_sizes(struct pair *pairs, uint64_t i)
{
    enum { WAVE = 10000, WAVES = 26, STEP = 100, LINE = 1300 };
    struct pair *pair = &pairs[i % WAVE];
    char line[1400];
    if (pair->is_open)
        say(&pair->client, &pair->server, RST, "", 0);
    pair->is_open = false;
    open_pair(pair, (uint32_t)i);
    send_text(&pair->client, &pair->server, "GET /slow HTTP/1.1\r\nHost: slow.example\r\n");
    for (int left = (int)(i / WAVE % WAVES) * STEP; left > 0; left -= LINE) {
        snprintf(line, sizeof line, "X: %.*s\r\n", left < LINE ? left : LINE, filler);
        send_text(&pair->client, &pair->server, line);
    }
    send_text(&pair->client, &pair->server, "\r\n");
}

static void endless_heads(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 4096);
    if (i < 4096)
        send_text(&pair->client, &pair->server, "GET / HTTP/1.1\r\n");
    char line[1400];
    snprintf(line, sizeof line, "X-%06u: %.1300s\r\n", (unsigned)(i % 1000000), filler);
    send_text(&pair->client, &pair->server, line);
}

static void one_octet_each(struct pair *pairs, uint64_t i)
{
    static const char text[] = "GET /a/long/path/that/comes/letter/by/letter HTTP/1.1\r\nX: y\r\n";
    struct pair *pair = turn(pairs, i, 4096);
    size_t at = (i / 4096) % (sizeof text - 1);
    say(&pair->client, &pair->server, ACK | PSH, text + at, 1);
}

static void pipelines(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 2048);
    char text[1400];
    size_t n = 0;
    for (unsigned k = 0; k < 20; k++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "GET /%u HTTP/1.1\r\nHost: p.example\r\n\r\n", k);
    send_text(&pair->client, &pair->server, text);
}

static void begin_response(struct pair *pair, const char *head)
{
    send_text(&pair->client, &pair->server, "GET /x HTTP/1.1\r\nHost: x.example\r\n\r\n");
    send_text(&pair->server, &pair->client, head);
}

/* Chunks of one octet with extensions that never end. */
static void chunk_extensions(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 4096);
    if (i < 4096)
        begin_response(pair, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    else
        say(&pair->server, &pair->client, ACK, filler, sizeof filler);
}

static void endless_bodies(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 65536);
    if (i < 65536)
        begin_response(pair, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    else
        say(&pair->server, &pair->client, ACK, filler, sizeof filler);
}

/* What came always lies behind a hole. */
static void holes(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 4096);
    if (i < 4096)
        begin_response(pair, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    pair->server.next += 1;
    say(&pair->server, &pair->client, ACK, filler, sizeof filler);
}

/* First fragments of datagrams that have no others. */
static void fragments(struct pair *pairs, uint64_t i)
{
    uint8_t frame[MOST] = {0};
    struct side client = client_at((uint32_t)(i / 65536));
    (void)pairs;
    ip_header(frame, client.address, server_at.address, 6, HEADERS + 1400);
    put16(frame + 18, (uint32_t)i);
    put16(frame + 20, 0x2000);
    memset(frame + 34, 'f', sizeof frame - 34);
    write_frame(frame, HEADERS + 1400);
}

/* Octets that are nobody's protocol: they are shown to who might know. */
static void nonsense(struct pair *pairs, uint64_t i)
{
    struct pair *pair = turn(pairs, i, 131072);
    char text[200];
    for (size_t k = 0; k < sizeof text; k++)
        text[k] = (char)(i * 31 + k * k * 7 + 128);
    say(&pair->client, &pair->server, ACK | PSH, text, sizeof text);
}

/* Another URL each, by another client each. */
static void urls(struct pair *pairs, uint64_t i)
{
    struct pair pair = {.is_open = false};
    char text[300];
    (void)pairs;
    open_pair(&pair, (uint32_t)i);
    snprintf(text, sizeof text, "GET /%u/%u HTTP/1.1\r\nHost: h%u.example\r\n\r\n", (unsigned)i,
             (unsigned)(i * 7919), (unsigned)(i % 5000));
    send_text(&pair.client, &pair.server, text);
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nETag: \"%u\"\r\nCache-Control: max-age=60\r\n"
             "Content-Length: 40\r\n\r\n%040u",
             (unsigned)i, (unsigned)i);
    send_text(&pair.server, &pair.client, text);
}

static const struct kind {
    const char *name;
    void (*step)(struct pair *pairs, uint64_t i);
} kinds[] = {
    {"syn-flood", syn_flood},
    {"half-open", half_open},
    {"requests-in-flight", requests_in_flight},
    {"heads-of-all-sizes", heads_of_all_sizes},
    {"endless-heads", endless_heads},
    {"one-octet-each", one_octet_each},
    {"pipelines", pipelines},
    {"chunk-extensions", chunk_extensions},
    {"endless-bodies", endless_bodies},
    {"holes", holes},
    {"fragments", fragments},
    {"nonsense", nonsense},
    {"urls", urls},
};

/* ---- the honest one */

#define REQUEST "GET /page HTTP/1.1\r\nHost: honest.example\r\nUser-Agent: honest\r\n\r\n"

static void honest_begins(struct side *client, struct side *server)
{
    shake(client, server);
    send_text(client, server, REQUEST);
    send_text(server, client,
              "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nETag: \"one\"\r\n"
              "Content-Type: text/plain\r\nContent-Length: 500\r\n\r\n");
    say(server, client, ACK | PSH, filler, 500);
    send_text(client, server, REQUEST);
}

static void honest_ends(struct side *client, struct side *server)
{
    send_text(server, client,
              "HTTP/1.1 304 Not Modified\r\nDate: Tue, 14 Nov 2023 22:13:21 GMT\r\n"
              "ETag: \"one\"\r\n\r\n");
    say(client, server, FIN | ACK, "", 0);
    say(server, client, FIN | ACK, "", 0);
    say(client, server, ACK, "", 0);
}

static void attack(const struct kind *kind, uint64_t wanted)
{
    const uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    struct side client = {0xc6336407, 40000, 1000}, server = {0xcb007150, 80, 2000};
    struct pair *pairs = calloc(131072, sizeof *pairs);
    unsigned done = 0;
    memset(filler, 'a', sizeof filler);
    write_out(header, sizeof header);
    for (uint64_t i = 0; pairs && packets < wanted; i++) {
        if (done == 0 && packets >= wanted / 3) {
            honest_begins(&client, &server);
            done = 1;
        } else if (done == 1 && packets >= wanted / 3 * 2) {
            honest_ends(&client, &server);
            done = 2;
        }
        kind->step(pairs, i);
    }
    free(pairs);
}

int main(int argc, char **argv)
{
    uint64_t wanted = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    for (size_t i = 0; wanted && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0) {
            attack(&kinds[i], wanted);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    fprintf(stderr, "usage: attack KIND PACKETS >FILE\nKIND:");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fprintf(stderr, " %s", kinds[i].name);
    fprintf(stderr, "\n");
    return 2;
}
