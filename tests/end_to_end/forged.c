/* SPDX-License-Identifier: MIT */
/*
 * The tools of the tests are tested too: what a transcript expands to and which mistakes in one are
 * refused; that a wire is a function of its seed, and that spoiling moves, repeats and takes away
 * frames without making any up.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "tests/support/transcript.h"
#include "tests/support/wire.h"

static unsigned failures;

#define CHECK(claim, ...) ((claim) ? (void)0 : (failures++, (void)printf(__VA_ARGS__)))

// clang-format off
static const struct {
    const char *title, *text, *client;
} expansions[] = {
    {"a head gets CRLF up to its empty line, a body nothing",
     ">>>\nGET / HTTP/1.1\nHost: a\n\nab\ncd\n=== clean\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\nabcd"},
    {"a line of a head may end itself",
     ">>>\nA\\n\nB\\c\n\n=== clean\n", "A\nB\r\n"},
    {"escapes", ">>> raw\n\\r\\n\\t\\\\\\x41\\c@\n=== clean\n", "\r\n\t\\A@"},
    {"comments vanish", ">>> raw\n# no\na\n# no\nb\n=== clean\n", "ab"},
    {"lengths count the second part, lost octets included",
     ">>>\nL: {{length}}\n\n12345\n<gap 7>\n=== clean\n", "L: 12\r\n\r\n12345"},
    {"lengths may lie", ">>>\nL: {{length -2}}\n\n12345\n=== clean\n", "L: 3\r\n\r\n12345"},
    {"dates follow the clock",
     "### after 61s\n>>> raw\n{{date}}|{{date -1d}}\n=== clean\n",
     "Tue, 14 Nov 2023 22:14:21 GMT|Mon, 13 Nov 2023 22:14:21 GMT"},
    {"repetitions count", "### repeat 3 every 1s\n>>> raw\n{{n}},\n### end\n=== clean\n", "1,2,3,"},
    {"chunks", ">>> raw\n{{chunked 0 A}}\n=== clean\n", "0\r\n\r\n"},
    {"repeated text", ">>> raw\n{{repeat 3 ab}}\n=== clean\n", "ababab"},
};

static const struct {
    const char *text, *complaint;
} mistakes[] = {
    {">>>\nGET / HTTP/1.1\n=== clean\n", "no empty line"},
    {"hello\n=== clean\n", "belongs to no block"},
    {">>> raw\n{{bod 1 A}}\n=== clean\n", "cannot expand"},
    {">>> raw\n{{body\n=== clean\n", "{{ without }}"},
    {">>> raw\n\\q\n=== clean\n", "no such escape"},
    {"### later 5s\n=== clean\n", "no such action"},
    {"### at 5s\n### at 4s\n=== clean\n", "backwards"},
    {"### repeat 2 every 5s\n=== clean\n", "repeat without end"},
    {"### end\n=== clean\n", "end without repeat"},
    {"@speed 5\n=== clean\n", "no such setting"},
    {"=== some-rule #1 grave\n", "not a severity"},
    {">>> raw\na\n", "neither what is due"},
};
// clang-format on

static void check_expansions(void)
{
    for (size_t i = 0; i < COUNT_OF(expansions); i++) {
        struct error error;
        struct transcript *t = transcript_parse("case", slice_of_text(expansions[i].text), &error);
        CHECK(t, "%s: %s\n", expansions[i].title, error.text);
        if (!t)
            continue;
        struct slice got = transcript_stream(t, 0, WIRE_CLIENT);
        CHECK(slice_equal(got, slice_of_text(expansions[i].client)), "%s: " SLICE_FMT "\n",
              expansions[i].title, SLICE_ARG(got));
        transcript_free(t);
    }
}

static void check_mistakes(void)
{
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct error error = {0};
        struct transcript *t = transcript_parse("case", slice_of_text(mistakes[i].text), &error);
        CHECK(!t, "accepted although %s\n", mistakes[i].complaint);
        CHECK(t || strstr(error.text, mistakes[i].complaint), "'%s' does not say '%s'\n",
              error.text, mistakes[i].complaint);
        transcript_free(t);
    }
}

/* Two connections that overlap, with bodies. */
static void script(struct wire *wire, bool ragged)
{
    uint8_t body[20000];
    struct wire_connection a, b;
    transcript_body(SLICE("A"), 0, body, sizeof body);
    wire_open(&a, wire, &(struct wire_setup){.timestamps = true, .ragged = ragged}, 1000);
    wire_open(&b, wire, &(struct wire_setup){.client = "::1", .server = "::2"}, 2000);
    wire_send(&a, WIRE_CLIENT, SLICE("GET / HTTP/1.1\r\n\r\n"));
    wire_send(&b, WIRE_SERVER, slice_of(body, 5000));
    wire_turn(&a);
    wire_send(&a, WIRE_SERVER, slice_of(body, sizeof body));
    wire_close(&a, WIRE_CLIENT);
    wire_reset(&b, WIRE_SERVER);
    wire_settle(wire);
}

static uint64_t content_of(const struct wire *wire)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < wire->n; i++)
        sum = hash_mix(sum, hash64_stable(wire_packet(wire, i).bytes));
    return sum;
}

static void check_seeds(void)
{
    uint64_t content[3];
    const uint64_t seeds[3] = {1, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        struct wire wire;
        wire_init(&wire, seeds[i]);
        script(&wire, true);
        wire_retransmit(&wire, 100);
        wire_reorder(&wire, 200, 4);
        wire_lose(&wire, 50, false);
        content[i] = content_of(&wire);
        wire_fini(&wire);
    }
    CHECK(content[0] == content[1], "the same seed made other octets\n");
    CHECK(content[0] != content[2], "another seed made the same octets\n");
}

static void check_spoiling(void)
{
    struct wire wire;
    wire_init(&wire, 1);
    script(&wire, false);
    size_t n = wire.n, moved = 0;
    wire_reorder(&wire, 500, 3);
    for (size_t i = 0; i < wire.n; i++)
        moved += wire.frames[i].origin != i + 1;
    CHECK(wire.n == n && moved > 0, "reordering moved %zu of %zu frames\n", moved, n);
    wire_retransmit(&wire, 1000);
    size_t repeated = wire.n;
    CHECK(repeated > n, "nothing was sent again\n");
    wire_tap_twice(&wire, 1000);
    CHECK(wire.n == 2 * repeated, "the tap saw %zu of %zu twice\n", wire.n - repeated, repeated);
    for (size_t i = 1; i < wire.n; i++)
        assert(wire.frames[i].time_ns >= wire.frames[i - 1].time_ns);
    wire_lose(&wire, 1000, true);
    for (size_t i = 0; i < wire.n; i++)
        CHECK(wire.frames[i].length == wire.frames[i].payload_at, "data survived its loss\n");
    wire_lose(&wire, 1000, false);
    CHECK(wire.n == 0, "frames survived their loss\n");
    wire_fini(&wire);
}

static uint32_t sum16(const uint8_t *at, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Sums over header and checksum come out as all ones (RFC 1071). */
static void check_checksums(void)
{
    struct wire wire;
    wire_init(&wire, 1);
    script(&wire, true);
    wire_retransmit(&wire, 500);
    wire_tap_twice(&wire, 500);
    for (size_t i = 0; i < wire.n; i++) {
        const struct wire_frame *f = &wire.frames[i];
        const uint8_t *ip = f->bytes + f->link_length, *tcp = ip + f->ip_length;
        uint32_t length = f->length - f->link_length - f->ip_length;
        bool four = ip[0] >> 4 == 4;
        uint32_t sum = sum16(ip + (four ? 12 : 8), four ? 8 : 32, 6 + length);
        CHECK(sum16(tcp, length, sum) == 0xffff, "frame %zu: TCP checksum\n", i + 1);
        CHECK(!four || sum16(ip, f->ip_length, 0) == 0xffff, "frame %zu: IP checksum\n", i + 1);
    }
    wire_fini(&wire);
}

int main(void)
{
    check_expansions();
    check_mistakes();
    check_seeds();
    check_spoiling();
    check_checksums();
    printf("%u failures\n", failures);
    return failures > 0;
}
