/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1 from octets to exchanges. Each case is a script (tests/support/drip.h) and what must come
 * of it, one line per exchange; it is played whole against a guard page, octet by octet, with all
 * of the client's octets first, and with the state closed whenever it is idle. All four must give
 * the same exchanges, and every octet of the streams must be framed in one of them but those that
 * belong to nobody.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"

#include "base/alloc.h"
#include "decode/limits.h"
#include "tests/support/drip.h"
#include "tests/support/guarded.h"

enum {
    ORDER = 1, /* what the client sends later depends on what the server sent: not CLIENT_FIRST */
    KEPT = 2,  /* what a state remembers matters: not FORGETFUL */
};

struct script {
    const char *title, *script, *want;
    uint64_t nobody; /* octets that no exchange has */
    unsigned flags;
};

#define GET(target)  "> GET " target " HTTP/1.1|Host: a||\n"
#define LEN(n, body) "< HTTP/1.1 200 OK|Content-Length: " n "||" body "\n"
#define NM           "HTTP/1.1 304 Not Modified|ETag: \"a\"|"

static bool same_messages(const struct message *a, const struct message *b)
{
    return digest_equal(a->digest, b->digest) && a->body_whole == b->body_whole &&
           a->header_bytes == b->header_bytes && a->first.ordinal == b->first.ordinal &&
           a->head_end.ordinal == b->head_end.ordinal && a->last.ordinal == b->last.ordinal &&
           a->sampled_octets == b->sampled_octets && a->entropy == b->entropy &&
           a->end_certain == b->end_certain && a->version == b->version &&
           slice_equal(a->head.bytes, b->head.bytes) && a->head.n_fields == b->head.n_fields &&
           memcmp(a->head.present, b->head.present, sizeof a->head.present) == 0;
}

static void expect(bool holds, const char *what, const struct script *c, int how)
{
    cr_expect(eq(int, holds, 1), "%s: %s, played as %d", c->title, what, how);
}

static void check_same(const struct script *c, const struct drip *a, const struct drip *b, int how)
{
    const struct exchange *x = a->first, *y = b->first;
    cr_expect(eq(str, a->text, b->text), "%s, played as %d", c->title, how);
    for (; x && y; x = x->next, y = y->next) {
        expect(same_messages(&x->request, &y->request), "request", c, how);
        expect(same_messages(&x->response, &y->response), "response", c, how);
        expect(x->wire_bytes == y->wire_bytes, "wire_bytes", c, how);
        expect(x->index == y->index, "index", c, how);
        expect(slice_equal(x->reason, y->reason), "reason", c, how);
    }
}

static void check(const struct script *c)
{
    struct drip whole = drip_play(&protocol_http1, c->script, DRIP_WHOLE);
    char want[2048];
    snprintf(want, sizeof want, "%s%s", c->want, c->want[0] ? "\n" : "");
    cr_expect(eq(str, whole.text, want), "%s", c->title);
    cr_expect(eq(ulong, whole.fed, whole.framed + c->nobody), "%s", c->title);
    expect(whole.wire <= whole.fed_wire, "wire <= fed", c, DRIP_WHOLE);
    for (enum drip_how how = DRIP_OCTETS; how < DRIP_WAYS; how++) {
        if ((how == DRIP_CLIENT_FIRST && c->flags & ORDER) ||
            (how == DRIP_FORGETFUL && c->flags & KEPT))
            continue;
        struct drip other = drip_play(&protocol_http1, c->script, how);
        check_same(c, &whole, &other, how);
        drip_free(&other);
    }
    drip_free(&whole);
}

#define ROW(...) ROW_OF(__VA_ARGS__, 0, 0, 0)
#define ROW_OF(title, script, want, nobody, flags, ...)                                            \
    {                                                                                              \
        title, script, want, nobody, flags                                                         \
    }
#define SCRIPTS(suite, name, ...)                                                                  \
    static const struct script suite##_##name[] = {__VA_ARGS__};                                   \
    Test(suite, name)                                                                              \
    {                                                                                              \
        for (size_t i = 0; i < COUNT_OF(suite##_##name); i++)                                      \
            check(&suite##_##name[i]);                                                             \
    }

// clang-format off

/* ---- RFC 9112 §6: where bodies end */

SCRIPTS(framing, responses,
    ROW("content-length", GET("/a") LEN("5", "hello"), "GET /a 200 5"),
    ROW("content-length 0", GET("/a") LEN("0", ""), "GET /a 200 0"),
    ROW("body in pieces", GET("/a") LEN("10", "he") "< llo\n< world\n", "GET /a 200 10"),
    ROW("body of many packets", GET("/a") LEN("3000", "{1000 abc}") "< {1000 xyz}\n< {1000 q}\n", "GET /a 200 3000"),
    ROW("a text in many packets, of which a sample is taken", "> GET /a HTTP/1.1|Host: a|Accept-Encoding: gzip||\n"
     "< HTTP/1.1 200 OK|Content-Type: text/plain|Content-Length: 9000||{3000 It was a dark night}\n"
     "< {3000 and stormy}\n< {3000 0123456789}\n", "GET /a 200 9000"),
    ROW("a short text in chunks", "> GET /a HTTP/1.1|Host: a|Accept-Encoding: gzip||\n"
     "< HTTP/1.1 200 OK|Content-Type: text/plain|Transfer-Encoding: chunked||5|hello|3|abc|0||\n", "GET /a 200 8/23"),
    ROW("no length: until close", GET("/a") "< HTTP/1.1 200 OK||hello\n< world\nfin<\n",
     "GET /a 200 10 closed ended-by-close"),
    ROW("until close, empty", GET("/a") "< HTTP/1.1 200 OK||\nfin<\n", "GET /a 200 0 closed ended-by-close"),
    ROW("until close holds what looks like a response", GET("/a") GET("/b")
     "< HTTP/1.1 200 OK||hello\n< HTTP/1.1 200 OK|Content-Length: 0||\nfin<\n",
     "GET /a 200 43 closed ended-by-close\nGET /b - 0 closed response-missing"),
    ROW("http/1.0 until close", "> GET /a HTTP/1.0||\n< HTTP/1.0 200 OK|Server: x||abc\nfin<\n",
     "GET /a 200 3 closed ended-by-close"),
    ROW("keep-alive", GET("/a") LEN("5", "hello") GET("/b") LEN("3", "abc"), "GET /a 200 5\nGET /b 200 3"),
    ROW("204", GET("/a") "< HTTP/1.1 204 No Content||\n" GET("/b") LEN("3", "abc"), "GET /a 204 0\nGET /b 200 3"),
    ROW("204 with a length that means nothing", GET("/a") "< HTTP/1.1 204 No Content|Content-Length: 5||\n"
     GET("/b") LEN("3", "abc"), "GET /a 204 0\nGET /b 200 3"),
    ROW("205 with length 0", GET("/a") "< HTTP/1.1 205 Reset Content|Content-Length: 0||\n" GET("/b") LEN("3", "abc"),
     "GET /a 205 0\nGET /b 200 3"),
    ROW("205 with an empty chunk", GET("/a") "< HTTP/1.1 205 Reset Content|Transfer-Encoding: chunked||0||\n"
     GET("/b") LEN("3", "abc"), "GET /a 205 0/5\nGET /b 200 3"),
    ROW("head", "> HEAD /a HTTP/1.1|Host: a||\n" LEN("5", "") GET("/b") LEN("3", "abc"), "HEAD /a 200 0\nGET /b 200 3"),
    ROW("head, chunked", "> HEAD /a HTTP/1.1|Host: a||\n< HTTP/1.1 200 OK|Transfer-Encoding: chunked||\n" GET("/b")
     LEN("3", "abc"), "HEAD /a 200 0\nGET /b 200 3"),
    ROW("head pipelined with get", "> HEAD /a HTTP/1.1|Host: a||GET /b HTTP/1.1|Host: a||\n"
     "< HTTP/1.1 200 OK|Content-Length: 3||HTTP/1.1 200 OK|Content-Length: 3||abc\n", "HEAD /a 200 0\nGET /b 200 3"),
    ROW("206 multipart is framing by length", "> GET /a HTTP/1.1|Host: a|Range: bytes=0-1,3-4||\n"
     "< HTTP/1.1 206 Partial Content|Content-Type: multipart/byteranges; boundary=B|Content-Length: 65||"
     "--B|Content-Range: bytes 0-1/9||ab|--B|HTTP/1.1 200 OK|x|y\n", "GET /a 206 65"),
    ROW("206 multipart until close", GET("/a")
     "< HTTP/1.1 206 Partial Content|Content-Type: multipart/byteranges; boundary=B||--B||ab|--B--|\nfin<\n",
     "GET /a 206 18 closed ended-by-close"),
    ROW("large length", GET("/a") LEN("9223372036854775807", "hello") "fin<\n", "GET /a 200 5 closed by-server body-short"),
    ROW("length beyond 63 bits", GET("/a") LEN("99999999999999999999", "hello") "fin<\n",
     "GET /a 200 5 closed by-server body-short"),
    ROW("length with leading zeros", GET("/a") LEN("0005", "hello"), "GET /a 200 5"),
    ROW("status 2xx of a length on 1.1 to a 1.0 request", "> GET /a HTTP/1.0||\n" LEN("2", "ab"), "GET /a 200 2"),
    ROW("reason with high octets", GET("/a") "< HTTP/1.1 404 Pas trouv\xe9|Content-Length: 0||\n", "GET /a 404 0"),
    ROW("body that begins like a status line", GET("/a") LEN("19", "HTTP/1.1 200 OK||") GET("/b") LEN("0", ""),
     "GET /a 200 19\nGET /b 200 0"),
)

SCRIPTS(framing, lengths,
    ROW("list of equal values", GET("/a") LEN("5, 5", "hello"), "GET /a 200 5 lengths-repeated"),
    ROW("repeated line", GET("/a") "< HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 5||hello\n",
     "GET /a 200 5 lengths-repeated"),
    ROW("list that differs: the first", GET("/a") LEN("5, 6", "hello") GET("/b") LEN("0", ""),
     "GET /a 200 5 lengths-conflict\nGET /b 200 0 pairing-unsure"),
    ROW("lines that differ: the first", GET("/a") "< HTTP/1.1 200 OK|Content-Length: 5|content-length: 7||hello\n",
     "GET /a 200 5 lengths-conflict"),
    ROW("not a number: until close", GET("/a") LEN("5x", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("negative", GET("/a") LEN("-5", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("plus", GET("/a") LEN("+5", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("hex", GET("/a") LEN("0x5", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("empty", GET("/a") LEN("", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("empty member", GET("/a") LEN("5,", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("two words", GET("/a") LEN("5 5", "hello") "fin<\n", "GET /a 200 5 closed length-invalid ended-by-close"),
    ROW("white space around", GET("/a") LEN(" \t5\t ", "hello"), "GET /a 200 5"),
    ROW("conflict and repetition", GET("/a") LEN("5, 6, 5", "hello"), "GET /a 200 5 lengths-conflict"),
    ROW("of a request, a list", "> POST /a HTTP/1.1|Host: a|Content-Length: 3, 3||abc\n" LEN("0", ""), "POST /a +3 200 0 lengths-repeated"),
    ROW("of a request, a conflict", "> POST /a HTTP/1.1|Host: a|Content-Length: 3|Content-Length: 4||abc\n" LEN("0", ""),
     "POST /a +3 200 0 lengths-conflict"),
    ROW("of a request, invalid: no body", "> POST /a HTTP/1.1|Host: a|Content-Length: x||\n" LEN("0", ""),
     "POST /a 200 0 length-invalid"),
)

SCRIPTS(framing, requests,
    ROW("body", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||hello\n" LEN("2", "ok"), "POST /a +5 200 2"),
    ROW("body in pieces", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||he\n> ll\n> o\n" LEN("2", "ok"), "POST /a +5 200 2"),
    ROW("body and next request in one packet", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||helloGET /b HTTP/1.1|Host: a||\n"
     LEN("0", "") LEN("1", "x"), "POST /a +5 200 0\nGET /b 200 1"),
    ROW("chunked", "> POST /a HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|abc|0||\n" LEN("0", ""), "POST /a +13 200 0"),
    ROW("no length: no body", "> POST /a HTTP/1.1|Host: a||\n" LEN("0", ""), "POST /a 200 0"),
    ROW("get with a body", "> GET /a HTTP/1.1|Host: a|Content-Length: 3||abc\n" LEN("0", ""), "GET /a +3 200 0"),
    ROW("chunked and length", "> POST /a HTTP/1.1|Host: a|Content-Length: 4|Transfer-Encoding: chunked||3|abc|0||\n" LEN("0", ""),
     "POST /a +13 200 0 length-and-chunked"),
    ROW("an unknown coding: no body that we could find", "> POST /a HTTP/1.1|Host: a|Transfer-Encoding: xyz||\n" LEN("0", ""),
     "POST /a 200 0 coding-unknown"),
    ROW("expect and 100", "> POST /a HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 3||\n< HTTP/1.1 100 Continue||\n> abc\n"
     LEN("2", "ok"), "POST /a +3 200 2 1xx:1", 0, ORDER),
    ROW("expect refused", "> POST /a HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 3||\n"
     "< HTTP/1.1 417 Expectation Failed|Content-Length: 0||\nfin>\n", "POST /a 417 0 closed by-client body-short early-response", 0, ORDER),
    ROW("early response, then the rest of the request", "> POST /a HTTP/1.1|Host: a|Content-Length: 6||abc\n" LEN("2", "no") "> def\n"
     GET("/b") LEN("0", ""), "POST /a +6 200 2 early-response\nGET /b 200 0", 0, ORDER),
    ROW("early response, request never ends", "> POST /a HTTP/1.1|Host: a|Content-Length: 6||abc\n" LEN("2", "no") "fin<\nfin>\n",
     "POST /a +3 200 2 closed by-client body-short early-response", 0, ORDER),
    ROW("trailers", "> POST /a HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|abc|0|X: y||\n" LEN("0", ""), "POST /a +19 200 0 trailers"),
)

SCRIPTS(framing, chunked,
    ROW("one chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0||\n", "GET /a 200 5/15"),
    ROW("two chunks", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|1|!|0||\n", "GET /a 200 6/21"),
    ROW("no chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||0||\n", "GET /a 200 0/5"),
    ROW("hex in both cases", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: Chunked||a|0123456789|A|0123456789|0||\n", "GET /a 200 20/35"),
    ROW("leading zeros", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||00005|hello|0000||\n", "GET /a 200 5/22"),
    ROW("extension", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5;a=b;c=\"d;e\"|hello|0;z||\n", "GET /a 200 5/29 chunk-extension"),
    ROW("padding", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5  |hello|0 \t||\n", "GET /a 200 5/19"),
    ROW("padding before an extension", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5 ;x|hello|0||\n", "GET /a 200 5/18 chunk-extension"),
    ROW("trailers", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0|Digest: x|Y: z||\n" GET("/b") LEN("0", ""),
     "GET /a 200 5/32 trailers\nGET /b 200 0"),
    ROW("bare LF", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5~hello~0~~\n", "GET /a 200 5/11 bare-lf"),
    ROW("bare LF in an extension and a trailer", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5;a~hello|0|T: u~|\n",
     "GET /a 200 5/21 bare-lf chunk-extension trailers"),
    ROW("then the next response", GET("/a") GET("/b") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|0||HTTP/1.1 200 OK|Content-Length: 2||ab\n",
     "GET /a 200 5/15\nGET /b 200 2"),
    ROW("chunk data that looks like chunks", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||9|0||5|h|0||\n", "GET /a 200 9/19"),
    ROW("and a length: chunked wins", GET("/a") "< HTTP/1.1 200 OK|Content-Length: 5|Transfer-Encoding: chunked||2|ab|0||\n",
     "GET /a 200 2/12 length-and-chunked"),
    ROW("in 1.0", GET("/a") "< HTTP/1.0 200 OK|Transfer-Encoding: chunked||2|ab|0||\n", "GET /a 200 2/12 coding-in-1.0"),
    ROW("gzip, chunked: framed, content unknown", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||2|ab|0||\n",
     "GET /a 200 2/12 coding-unknown"),
    ROW("two lines", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: gzip|Transfer-Encoding: chunked||2|ab|0||\n", "GET /a 200 2/12 coding-unknown"),
    ROW("chunked twice", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked, chunked||2|ab|0||\n", "GET /a 200 2/12 coding-unknown"),
    ROW("chunked not last: until close", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked, gzip||abc\nfin<\n",
     "GET /a 200 3 closed coding-unknown ended-by-close"),
    ROW("gzip alone: until close", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: gzip||abc\nfin<\n",
     "GET /a 200 3 closed coding-unknown ended-by-close"),
    ROW("identity: as if it were not there", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: identity|Content-Length: 3||abc\n",
     "GET /a 200 3 coding-unknown"),
    ROW("parameters", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked;q=1||2|ab|0||\n", "GET /a 200 2/12"),
    ROW("empty value: until close", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding:||abc\nfin<\n", "GET /a 200 3 closed ended-by-close"),
    ROW("broken size", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||zz|hello|\n", "GET /a 200 0 gap chunk-broken", 11),
    ROW("broken after data, found again", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|abc|0||\n" GET("/b") LEN("1", "x"),
     "GET /a 200 2/5 gap chunk-broken\nGET /b 200 1 junk-before", 8),
    ROW("a size too large", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||fffffffffffffffff|\nfin<\n", "GET /a 200 0/14 gap chunk-broken", 5),
    ROW("cut in a chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|he\nfin<\n", "GET /a 200 2/5 closed by-server body-short"),
    ROW("cut before the last chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|\nfin<\n", "GET /a 200 5/10 closed by-server body-short"),
)

/* ---- RFC 9112 §6.3, RFC 9110 §15.4.5: a 304 ends at its first empty line */

SCRIPTS(not_modified, ends_at_its_first_empty_line,
    ROW("plain", GET("/a") "< " NM "|\n" GET("/b") LEN("1", "x"), "GET /a 304 0\nGET /b 200 1"),
    ROW("T1: with the length of the 200", GET("/a") "< " NM "Content-Length: 10240||\n" GET("/b") LEN("1", "x"), "GET /a 304 0\nGET /b 200 1"),
    ROW("T2: chunked", GET("/a") "< " NM "Transfer-Encoding: chunked||\n" GET("/b") LEN("1", "x"), "GET /a 304 0\nGET /b 200 1"),
    ROW("T20: pipelined, directly followed", GET("/a") GET("/b") "< " NM "Content-Length: 5||HTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0\nGET /b 200 1"),
    ROW("deep pipeline of 304s", GET("/1") GET("/2") GET("/3") GET("/4") "< " NM "Content-Length: 7||" NM "|" NM "Content-Length: 99||" NM "|\n",
     "GET /1 304 0\nGET /2 304 0\nGET /3 304 0\nGET /4 304 0"),
    ROW("status line split", GET("/a") GET("/b") "< " NM "Content-Length: 5||HT\n< TP/1.\n< 1 200 OK|Content-Length: 1||x\n", "GET /a 304 0\nGET /b 200 1"),
    ROW("status line split after one octet", GET("/a") GET("/b") "< " NM "|H\n< TTP/1.1 200 OK|Content-Length: 1||x\n", "GET /a 304 0\nGET /b 200 1"),
    ROW("to a post with a body", "> POST /a HTTP/1.1|Host: a|Content-Length: 2||ab\n< " NM "|\n", "POST /a +2 304 0"),
    ROW("at the end of the connection", GET("/a") "< " NM "Content-Length: 5||\nfin<\nfin>\n", "GET /a 304 0"),
    ROW("then a reset", GET("/a") "< " NM "Content-Length: 5||\nrst>\n", "GET /a 304 0"),
    ROW("after a pause", GET("/a") "< " NM "Content-Length: 5||\nwait 300\n" GET("/b") LEN("1", "x"), "GET /a 304 0\nGET /b 200 1"),
    ROW("the next request does not release it", GET("/a") "< " NM "Content-Length: 5||\n" GET("/b") "< hello\n" LEN("1", "x"),
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\nGET /b 200 1"),
    ROW("lengths in it mean nothing, not even trouble", GET("/a") "< " NM "Content-Length: 5|Content-Length: x|Transfer-Encoding: chunked||\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0\nGET /b 200 1"),
)

SCRIPTS(not_modified, illegal_body,
    ROW("one CRLF", GET("/a") "< " NM "||\n" GET("/b") LEN("1", "x"), "GET /a 304 0/2 stray-crlf:2 body-on-bodiless\nGET /b 200 1"),
    ROW("two CRLF", GET("/a") "< " NM "|||\n" GET("/b") LEN("1", "x"), "GET /a 304 0/4 stray-crlf:4 body-on-bodiless\nGET /b 200 1"),
    ROW("one LF", GET("/a") "< " NM "|~\n" GET("/b") LEN("1", "x"), "GET /a 304 0/1 stray-crlf:1 body-on-bodiless\nGET /b 200 1"),
    ROW("CRLF in its own packet", GET("/a") "< " NM "|\n< |\n" GET("/b") LEN("1", "x"), "GET /a 304 0/2 stray-crlf:2 body-on-bodiless\nGET /b 200 1"),
    ROW("CRLF in a pipeline", GET("/a") GET("/b") "< " NM "||HTTP/1.1 200 OK|Content-Length: 1||x\n", "GET /a 304 0/2 stray-crlf:2 body-on-bodiless\nGET /b 200 1"),
    ROW("three CRLF", GET("/a") "< " NM "||||\n" GET("/b") LEN("1", "x"), "GET /a 304 0/6 stray-other:6 body-on-bodiless\nGET /b 200 1"),
    ROW("CRLF although a length is given", GET("/a") "< " NM "Content-Length: 50|||\n" GET("/b") LEN("1", "x"), "GET /a 304 0/2 stray-crlf:2 body-on-bodiless\nGET /b 200 1"),
    ROW("as long as it says", GET("/a") "< " NM "Content-Length: 5||hello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\nGET /b 200 1"),
    ROW("as long as it says, own packet", GET("/a") "< " NM "Content-Length: 5||\n< hello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\nGET /b 200 1"),
    ROW("as long as it says, nothing follows", GET("/a") "< " NM "Content-Length: 5||hello\n", "GET /a 304 0/5 stray-content-length:5 body-on-bodiless"),
    ROW("as long as it says, pipelined", GET("/a") GET("/b") "< " NM "Content-Length: 5||helloHTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\nGET /b 200 1"),
    ROW("holds a response", GET("/a") "< " NM "Content-Length: 53||see HTTP/1.1 200 OK|Content-Length: 0||that is all\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/53 stray-content-length:53 body-on-bodiless\nGET /b 200 1"),
    ROW("begins with CRLF", GET("/a") "< " NM "Content-Length: 7|||hello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/7 stray-content-length:7 body-on-bodiless\nGET /b 200 1"),
    ROW("begins with H", GET("/a") "< " NM "Content-Length: 6||HTello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/6 stray-content-length:6 body-on-bodiless\nGET /b 200 1"),
    ROW("begins with H, split", GET("/a") "< " NM "Content-Length: 6||HT\n< ello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/6 stray-content-length:6 body-on-bodiless\nGET /b 200 1"),
    ROW("shorter than it says, next response", GET("/a") "< " NM "Content-Length: 5000||short\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "y"),
     "GET /a 304 0/5 stray-other:5 body-on-bodiless\nGET /b 200 1\nGET /c 200 1", 0, ORDER),
    ROW("shorter than it says, then what only begins like a response", GET("/a") "< " NM "Content-Length: 27||short\n" GET("/b")
     "< HTTP/1.1 is a protocol\n", "GET /a 304 0/27 stray-content-length:27 body-on-bodiless\nGET /b - 0 capture-ended response-missing"),
    ROW("shorter than it says, end", GET("/a") "< " NM "Content-Length: 5000||short\nfin<\n", "GET /a 304 0/5 stray-other:5 body-on-bodiless"),
    ROW("longer than it says", GET("/a") "< " NM "Content-Length: 5||hello world\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/11 stray-other:11 body-on-bodiless\nGET /b 200 1"),
    ROW("an empty chunk", GET("/a") "< " NM "Transfer-Encoding: chunked||0||\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/5 stray-empty-chunk:5 body-on-bodiless\nGET /b 200 1"),
    ROW("an empty chunk, own packet, pipelined", GET("/a") GET("/b") "< " NM "Transfer-Encoding: chunked||\n< 0||HTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0/5 stray-empty-chunk:5 body-on-bodiless\nGET /b 200 1"),
    ROW("an empty chunk that nobody announced", GET("/a") "< " NM "|0||\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/5 stray-empty-chunk:5 body-on-bodiless\nGET /b 200 1"),
    ROW("chunks", GET("/a") "< " NM "Transfer-Encoding: chunked||5|hello|0||\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/15 stray-chunked:15 body-on-bodiless\nGET /b 200 1"),
    ROW("chunks that hold a response", GET("/a") GET("/b") "< " NM "Transfer-Encoding: chunked||13|HTTP/1.1 200 OK|||0||HTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0/30 stray-chunked:30 body-on-bodiless\nGET /b 200 1"),
    ROW("chunks with length: chunks", GET("/a") "< " NM "Content-Length: 3|Transfer-Encoding: chunked||5|hello|0||\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/15 stray-chunked:15 body-on-bodiless\nGET /b 200 1"),
    ROW("chunks that break", GET("/a") "< " NM "Transfer-Encoding: chunked||5|helloX\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/9 stray-other:9 body-on-bodiless\nGET /b 200 1"),
    ROW("chunks that are cut", GET("/a") "< " NM "Transfer-Encoding: chunked||5|he\nfin<\n", "GET /a 304 0/5 stray-other:5 body-on-bodiless"),
    ROW("unannounced", GET("/a") "< " NM "|<html>\n" GET("/b") LEN("1", "x"), "GET /a 304 0/6 stray-other:6 body-on-bodiless\nGET /b 200 1"),
    ROW("unannounced, lines", GET("/a") "< " NM "|<html>|Hello|</html>|\n" GET("/b") LEN("1", "x"), "GET /a 304 0/24 stray-other:24 body-on-bodiless\nGET /b 200 1"),
    ROW("unannounced, next response in the same packet", GET("/a") GET("/b") "< " NM "|<html>HTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0/6 stray-other:6 body-on-bodiless\nGET /b 200 1 pairing-unsure"),
    ROW("unannounced, speaks of HTTP/", GET("/a") "< " NM "|on HTTP/1.1 200 you see|nothing|\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/34 stray-other:34 body-on-bodiless\nGET /b 200 1"),
    ROW("unannounced, speaks of HTTP/, with a field", GET("/a") "< " NM "|HHTTP/1.1 200 OK|A: b|no field|\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/34 stray-other:34 body-on-bodiless\nGET /b 200 1"),
    ROW("after the grace: nobody's", GET("/a") "< " NM "Content-Length: 5||\nwait 300\n< hello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0\nGET /b 200 1 junk-before", 5, ORDER),
    ROW("within the grace", GET("/a") "< " NM "Content-Length: 5||\nwait 150\n< hello\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\nGET /b 200 1", 0, ORDER),
    ROW("slowly: the grace counts from the last octet", GET("/a") "< " NM "Content-Length: 5||he\nwait 150\n< ll\nwait 150\n< o\n",
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless", 0, ORDER),
    ROW("a response without request follows", GET("/a") "< " NM "Content-Length: 5||helloHTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 304 0/5 stray-content-length:5 body-on-bodiless\n- - 200 1 request-missing"),
    ROW("bare LF in its head", GET("/a") "< HTTP/1.1 304 Not Modified~ETag: x~~\n" GET("/b") LEN("1", "x"), "GET /a 304 0 bare-lf\nGET /b 200 1"),
)

SCRIPTS(bodiless, others,
    ROW("204 with a body", GET("/a") "< HTTP/1.1 204 No|Content-Length: 2||ab\n" GET("/b") LEN("1", "x"), "GET /a 204 0/2 stray-none:2 body-on-bodiless\nGET /b 200 1"),
    ROW("head with a body", "> HEAD /a HTTP/1.1|Host: a||\n" LEN("2", "ab") GET("/b") LEN("1", "x"), "HEAD /a 200 0/2 stray-none:2 body-on-bodiless\nGET /b 200 1"),
    ROW("head with chunks", "> HEAD /a HTTP/1.1|Host: a||\n< HTTP/1.1 200 OK|Transfer-Encoding: chunked||0||\n" GET("/b") LEN("1", "x"),
     "HEAD /a 200 0/5 stray-none:5 body-on-bodiless\nGET /b 200 1"),
    ROW("200 with more than it says", GET("/a") LEN("2", "abc") GET("/b") LEN("1", "x"), "GET /a 200 2\nGET /b 200 1 junk-before", 1),
    ROW("200 with CRLF behind", GET("/a") LEN("2", "ab|") GET("/b") LEN("1", "x"), "GET /a 200 2\nGET /b 200 1 junk-before", 2),
)

SCRIPTS(interim, responses,
    ROW("one", GET("/a") "< HTTP/1.1 100 Continue||\n" LEN("1", "x"), "GET /a 200 1 1xx:1"),
    ROW("many in one packet", GET("/a") "< HTTP/1.1 102 Processing||HTTP/1.1 103 Early Hints|Link: </x>||HTTP/1.1 103 Early Hints||HTTP/1.1 200 OK|Content-Length: 1||x\n",
     "GET /a 200 1 1xx:3"),
    ROW("with a length that means nothing", GET("/a") "< HTTP/1.1 103 Early Hints|Content-Length: 7||\n" LEN("1", "x"), "GET /a 200 1 1xx:1"),
    ROW("each of a pipeline", GET("/a") GET("/b") "< HTTP/1.1 100 C||HTTP/1.1 200 OK|Content-Length: 1||xHTTP/1.1 100 C||HTTP/1.1 304 N||\n",
     "GET /a 200 1 1xx:1\nGET /b 304 0 1xx:1"),
    ROW("nothing after it", GET("/a") "< HTTP/1.1 100 Continue||\nfin<\n", "GET /a - 0 1xx:1 closed"),
    ROW("with an illegal body", GET("/a") "< HTTP/1.1 100 Continue||hello\n" LEN("1", "x"), "GET /a 200 1 1xx:1 junk-before body-on-bodiless", 5),
    ROW("without request", "< HTTP/1.1 100 Continue||HTTP/1.1 200 OK|Content-Length: 1||x\n", "- - 200 1 1xx:1 request-missing"),
    ROW("101 nobody asked for is one of them", GET("/a") "< HTTP/1.1 101 Switching Protocols|Upgrade: x||\n" LEN("1", "x"), "GET /a 200 1 1xx:1"),
)

SCRIPTS(leaving, http,
    ROW("upgrade", "> GET /ws HTTP/1.1|Host: a|Connection: Upgrade|Upgrade: websocket||\n< HTTP/1.1 101 Switching Protocols|Upgrade: websocket||``xyz\n> ``abc\n",
     "GET /ws 101 0 upgraded", 10, ORDER),
    ROW("upgrade declined", "> GET /a HTTP/1.1|Host: a|Upgrade: h2c||\n" LEN("1", "x") GET("/b") LEN("1", "x"), "GET /a 200 1\nGET /b 200 1"),
    ROW("100 before 101", "> GET /ws HTTP/1.1|Host: a|Upgrade: websocket||\n< HTTP/1.1 100 C||HTTP/1.1 101 Switching Protocols||\n", "GET /ws 101 0 1xx:1 upgraded"),
    ROW("101 to a request that was not seen", "< HTTP/1.1 101 Switching Protocols||``xyz\n", "- - 101 0 request-missing upgraded", 5),
    ROW("connect", "> CONNECT a:443 HTTP/1.1|Host: a:443||\n< HTTP/1.1 200 Connection established||\n> \x16\x03\x01\n< \x16\x03\x03\n",
     "CONNECT a:443 200 0 upgraded", 6, ORDER),
    ROW("connect with a length that means nothing", "> CONNECT a:443 HTTP/1.1|Host: a:443||\n< HTTP/1.1 200 OK|Content-Length: 0||GET / HTTP/1.1||\n",
     "CONNECT a:443 200 0 upgraded", 18, ORDER),
    ROW("connect refused", "> CONNECT a:443 HTTP/1.1|Host: a:443||\n< HTTP/1.1 407 Proxy|Content-Length: 2||no\n> CONNECT a:443 HTTP/1.1|Host: a:443||\n< HTTP/1.1 200 OK||\n",
     "CONNECT a:443 407 2\nCONNECT a:443 200 0 upgraded", 0, ORDER),
)

/* ---- heads */

SCRIPTS(heads, requests,
    ROW("absolute-form", "> GET http://a.b/c?d HTTP/1.1|Host: a.b||\n" LEN("0", ""), "GET http://a.b/c?d 200 0"),
    ROW("asterisk-form", "> OPTIONS * HTTP/1.1|Host: a||\n" LEN("0", ""), "OPTIONS * 200 0"),
    ROW("a method of its own", "> M-SEARCH * HTTP/1.1|Host: a||\n" LEN("0", ""), "M-SEARCH * 200 0"),
    ROW("lower-case method", "> get / HTTP/1.1|Host: a||\n" LEN("0", ""), "get / 200 0"),
    ROW("http/1.0", "> GET / HTTP/1.0||\n" LEN("0", ""), "GET / 200 0"),
    ROW("http/1.0 with host", "> GET / HTTP/1.0|Host: a||\n" LEN("0", ""), "GET / 200 0"),
    ROW("no host in 1.1", "> GET / HTTP/1.1||\n" LEN("0", ""), "GET / 200 0 host-missing"),
    ROW("two hosts", "> GET / HTTP/1.1|Host: a|Host: b||\n" LEN("0", ""), "GET / 200 0 host-missing"),
    ROW("empty host", "> GET / HTTP/1.1|Host:||\n" LEN("0", ""), "GET / 200 0"),
    ROW("http/1.2", "> GET / HTTP/1.2|Host: a||\n" LEN("0", ""), "GET / 200 0 version-odd"),
    ROW("http/3.7", "> GET / HTTP/3.7|Host: a||\n" LEN("0", ""), "GET / 200 0 version-odd"),
    ROW("http/1", "> GET / HTTP/1|Host: a||\n" LEN("0", ""), "GET / 200 0 bad-start-line version-odd"),
    ROW("http/1.10", "> GET / HTTP/1.10|Host: a||\n" LEN("0", ""), "GET / 200 0 bad-start-line version-odd"),
    ROW("lower-case version", "> GET / http/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 bad-start-line version-odd"),
    ROW("two spaces", "> GET  / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 bad-start-line"),
    ROW("space at the end", "> GET / HTTP/1.1 |Host: a||\n" LEN("0", ""), "GET / 200 0 bad-start-line"),
    ROW("space in the target", "> GET /a b HTTP/1.1|Host: a||\n" LEN("0", ""), "GET /a b 200 0 bad-start-line"),
    ROW("no target", "> GET HTTP/1.1|Host: a||\n" LEN("0", ""), "GET HTTP/1.1 200 0 bad-start-line"),
    ROW("bare LF", "> GET / HTTP/1.1~Host: a~~\n" LEN("0", ""), "GET / 200 0 bare-lf"),
    ROW("bare LF at the end only", "> GET / HTTP/1.1|Host: a|~\n" LEN("0", ""), "GET / 200 0 bare-lf"),
    ROW("bare CR", "> GET / HTTP/1.1|Host: a\\b||\n" LEN("0", ""), "GET / 200 0 nul-in-head"),
    ROW("two CR", "> GET / HTTP/1.1|Host: a\\||\n" LEN("0", ""), "GET / 200 0 nul-in-head"),
    ROW("NUL", "> GET / HTTP/1.1|Host: a|X: a`b||\n" LEN("0", ""), "GET / 200 0 nul-in-head"),
    ROW("control octet", "> GET /\x01 HTTP/1.1|Host: a||\n" LEN("0", ""), "GET /\x01 200 0 nul-in-head"),
    ROW("DEL", "> GET / HTTP/1.1|Host: a\x7f||\n" LEN("0", ""), "GET / 200 0 nul-in-head"),
    ROW("tab and high octets are fine", "> GET /\xc3\xa9 HTTP/1.1|Host: a|X:\ta\tb\xff\x80||\n" LEN("0", ""), "GET /\xc3\xa9 200 0"),
    ROW("folded", "> GET / HTTP/1.1|Host: a|X: a|  b|\tc||\n" LEN("0", ""), "GET / 200 0 folded-line"),
    ROW("folded first line", "> GET / HTTP/1.1| x|Host: a||\n" LEN("0", ""), "GET / 200 0 folded-line bad-field-line"),
    ROW("space before the colon", "> GET / HTTP/1.1|Host : a||\n" LEN("0", ""), "GET / 200 0 space-before-colon"),
    ROW("no colon", "> GET / HTTP/1.1|Host: a|what||\n" LEN("0", ""), "GET / 200 0 bad-field-line"),
    ROW("no name", "> GET / HTTP/1.1|Host: a|: x||\n" LEN("0", ""), "GET / 200 0 bad-field-line"),
    ROW("odd name", "> GET / HTTP/1.1|Host: a|a b: x||\n" LEN("0", ""), "GET / 200 0 bad-field-line"),
    ROW("empty lines before", "> ||GET / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 empty-lines-before", 4),
    ROW("empty lines between", "> POST / HTTP/1.1|Host: a|Content-Length: 1||x|\n" LEN("0", "") GET("/b") LEN("0", ""), "POST / +1 200 0\nGET /b 200 0 empty-lines-before", 2),
    ROW("bare LF before", "> ~GET / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 empty-lines-before", 1),
    ROW("junk before", "> {9 \xff}GET /x HTTP/1.1|Host: a||\n> GET / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 junk-before", 37),
    ROW("junk lines before", "> no request at all|nor this|\n> GET / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 junk-before", 29),
    ROW("http/2's preface", "> PRI * HTTP/2.0||SM||``\n", "", 26),
    ROW("no request line in 64 octets", "> {70 GET}\n> GET / HTTP/1.1|Host: a||\n" LEN("0", ""), "GET / 200 0 junk-before", 70),
    ROW("head of many packets", "> GET /\n> abc HT\n> TP/1.1|Ho\n> st: a|\n> |\n" LEN("0", ""), "GET /abc 200 0"),
)

SCRIPTS(heads, responses,
    ROW("no reason", GET("/") "< HTTP/1.1 200 |Content-Length: 0||\n", "GET / 200 0"),
    ROW("no reason and no space", GET("/") "< HTTP/1.1 200|Content-Length: 0||\n", "GET / 200 0 bad-start-line"),
    ROW("two spaces", GET("/") "< HTTP/1.1  200 OK|Content-Length: 0||\n", "GET / 200 0 bad-start-line"),
    ROW("http/2.0 in a text", GET("/") "< HTTP/2.0 200 OK|Content-Length: 0||\n", "GET / 200 0 version-odd"),
    ROW("status beyond 599", GET("/") "< HTTP/1.1 999 Denied|Content-Length: 0||\n", "GET / 999 0 bad-start-line"),
    ROW("status of two digits", GET("/") "< HTTP/1.1 20 OK||\n" LEN("0", ""), "GET / 200 0 junk-before", 18),
    ROW("status of four digits", GET("/") "< HTTP/1.1 2000 OK||\n" LEN("0", ""), "GET / 200 0 junk-before", 20),
    ROW("not HTTP", GET("/") "< ICY 200 OK||abc\nfin<\n", "GET / - 0 closed response-missing", 17),
    ROW("bare LF", GET("/") "< HTTP/1.1 200 OK~Content-Length: 1~~x\n", "GET / 200 1 bare-lf"),
    ROW("casing", GET("/") "< HTTP/1.1 200 OK|cOnTeNt-LeNgTh: 1||x\n", "GET / 200 1"),
    ROW("folded length", GET("/") "< HTTP/1.1 200 OK|Content-Length:| 1||x\n", "GET / 200 1 folded-line"),
    ROW("space before colon of the length", GET("/") "< HTTP/1.1 200 OK|Content-Length : 1||x\n", "GET / 200 1 space-before-colon"),
    ROW("no fields at all", GET("/") "< HTTP/1.0 304 N||\n", "GET / 304 0"),
    ROW("head of many packets", GET("/") "< HTTP/\n< 1.1 200 O\n< K|Content-Le\n< ngth: 1|\n< |\n< x\n", "GET / 200 1"),
    ROW("empty lines before", GET("/") "< |HTTP/1.1 200 OK|Content-Length: 0||\n", "GET / 200 0 pairing-unsure junk-before", 2),
)

SCRIPTS(http_0_9, simple,
    ROW("simple request", "> GET /a|\n< <html>hello\nfin<\n", "GET /a - 11 closed http-0.9 ended-by-close"),
    ROW("bare LF", "> GET /a~\n< <html>hello\nfin<\n", "GET /a - 11 closed bare-lf http-0.9 ended-by-close"),
    ROW("content that begins like a status line", "> GET /a|\n< HTML\nfin<\n", "GET /a - 4 closed http-0.9 ended-by-close"),
    ROW("content that is cut in one", "> GET /a|\n< HTT\nfin<\n", "GET /a - 3 closed http-0.9 ended-by-close"),
    ROW("content whose first line begins like one", "> GET /a|\n< HTTP/1.1 is a protocol|made of lines|\nfin<\n", "GET /a - 39 closed http-0.9 ended-by-close"),
    ROW("answered with a head", "> GET /a|\n< HTTP/1.0 200 OK|Content-Length: 1||x\n", "GET /a 200 1 http-0.9"),
    ROW("no answer", "> GET /a|\nfin<\n", "GET /a - 0 closed response-missing http-0.9"),
    ROW("with an empty line", "> GET /a||\n< hello\nfin<\n", "GET /a - 5 closed http-0.9 ended-by-close"),
    ROW("not as a later request", GET("/a") LEN("0", "") "> GET /b|\n< hello\n", "GET /a 200 0\nGET /b - 0 capture-ended response-missing bad-start-line", 5, ORDER),
    ROW("not in the middle of a connection", "mid\n> GET /b|\n< hello\n", "", 13),
    ROW("not with other methods", "> POST /b|\n", "POST /b - 0 capture-ended response-missing request-head-incomplete"),
    ROW("what follows is no field", "> GET /a|<what>|\n< hello\nfin<\n", "GET /a - 5 closed http-0.9 ended-by-close", 8),
    ROW("no version, but fields", "> GET /HTTP/1.1~Host: a~~\n" LEN("1", "x"), "GET /HTTP/1.1 200 1 bare-lf bad-start-line"),
    ROW("no target, but fields", "> OPTIONS~Host: a~~\n" LEN("1", "x"), "OPTIONS  200 1 bare-lf bad-start-line"),
    ROW("a method of its own, no version, but fields", "> CCM_POST /x|Host: a||\n" LEN("1", "x"), "CCM_POST /x 200 1 bad-start-line"),
    ROW("three words without version", "> GET /a b|Host: a||\n> GET /c HTTP/1.1|Host: a||\n" LEN("1", "x"), "GET /c 200 1 junk-before", 21),
)

/* ---- pairing */

SCRIPTS(pairing, in_order,
    ROW("pipeline", "> GET /1 HTTP/1.1|Host: a||GET /2 HTTP/1.1|Host: a||GET /3 HTTP/1.1|Host: a||\n" LEN("1", "x") LEN("2", "xy") LEN("3", "xyz"),
     "GET /1 200 1\nGET /2 200 2\nGET /3 200 3"),
    ROW("pipeline, answers in one packet", GET("/1") GET("/2") "< HTTP/1.1 200 OK|Content-Length: 1||xHTTP/1.1 200 OK|Content-Length: 2||xy\n", "GET /1 200 1\nGET /2 200 2"),
    ROW("not answered", GET("/1") GET("/2") LEN("1", "x") "fin<\n", "GET /1 200 1\nGET /2 - 0 closed response-missing"),
    ROW("not answered at the end of the capture", GET("/1"), "GET /1 - 0 capture-ended response-missing"),
    ROW("response without request", LEN("1", "x"), "- - 200 1 request-missing"),
    ROW("responses only", LEN("1", "x") LEN("2", "xy"), "- - 200 1 request-missing\n- - 200 2 request-missing"),
    ROW("response captured just before its request", "< HTTP/1.1 200 OK|Content-Length: 1||x\n> GET /a HTTP/1.1|Host: a||\n", "GET /a 200 1 response-before-request", 0, ORDER),
    ROW("the same to a HEAD", "< HTTP/1.1 200 OK|Content-Length: 7||\n> HEAD /a HTTP/1.1|Host: a||\n" GET("/b") LEN("1", "x"),
     "HEAD /a 200 0 response-before-request\nGET /b 200 1", 0, ORDER),
    ROW("a response read before its request, but later by the clock", "< HTTP/1.1 200 OK|Content-Length: 1||x\nearly 20\n> GET /a HTTP/1.1|Host: a||\n", "GET /a 200 1", 0, ORDER),
    ROW("a 408 long before the next request", "< HTTP/1.1 408 Request Timeout|Content-Length: 0||\nwait 50\n" GET("/a") LEN("1", "x"),
     "- - 408 0 request-missing\nGET /a 200 1", 0, ORDER),
    ROW("responses to HEAD, requests not seen", "< HTTP/1.1 200 OK|Content-Length: 100||\n< HTTP/1.1 200 OK|Content-Length: 100||\n< HTTP/1.1 304 N||\n",
     "- - 200 0 request-missing\n- - 200 0 request-missing\n- - 304 0 request-missing"),
    ROW("body that begins with H, request not seen", "< HTTP/1.1 200 OK|Content-Length: 10||HTTP/1.1 x\n", "- - 200 10 request-missing"),
    ROW("body that begins with H, split", "< HTTP/1.1 200 OK|Content-Length: 10||\n< HTT\n< P/1.1 x\n", "- - 200 10 request-missing"),
    ROW("body of one octet H", "< HTTP/1.1 200 OK|Content-Length: 1||H\n", "- - 200 1 request-missing"),
    ROW("time out", GET("/a") "wait 700000\n" GET("/b") LEN("1", "x") LEN("2", "xy"),
     "GET /a - 0 timeout response-missing\n- - 200 1 request-missing\nGET /b 200 2", 0, ORDER),
    ROW("time out in a body", GET("/a") LEN("9", "abc") "wait 700000\n< defghi\n" GET("/b") LEN("1", "x"), "GET /a 200 3 timeout\nGET /b 200 1", 6, ORDER),
    ROW("no time out as long as octets come", GET("/a") "wait 500000\n< HTTP/1.1 100 C||\nwait 500000\n" LEN("1", "x"), "GET /a 200 1 1xx:1", 0, ORDER),
    ROW("a second response to a request that goes on", "> POST /a HTTP/1.1|Host: a|Content-Length: 4||ab\n" LEN("0", "") LEN("1", "x") "> cd\n",
     "- - 200 1 request-missing\nPOST /a +4 200 0 early-response", 0, ORDER),
)

SCRIPTS(pairing, in_the_middle,
    ROW("begins with a request", "mid\n" GET("/a") LEN("1", "x") GET("/b") LEN("1", "x"), "GET /a 200 1 mid-connection\nGET /b 200 1"),
    ROW("begins with a response", "mid\n" LEN("1", "x") GET("/b") LEN("1", "x"), "- - 200 1 request-missing mid-connection\nGET /b 200 1", 0, ORDER),
    ROW("begins in a body", "mid\n< ccccc\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "x") GET("/d") LEN("1", "x"),
     "GET /b 200 1 mid-connection pairing-unsure\nGET /c 200 1 pairing-unsure\nGET /d 200 1 pairing-unsure", 5, ORDER),
    ROW("begins in a head", "mid\n< t: x|Content-Length: 3||abc\n" GET("/b") LEN("1", "x"), "GET /b 200 1 mid-connection pairing-unsure", 30, ORDER),
    ROW("begins in a request's body", "mid\n> xyz\n" LEN("1", "x") GET("/b") LEN("1", "x"), "- - 200 1 request-missing mid-connection\nGET /b 200 1 pairing-unsure", 3, ORDER),
    ROW("begins pipelined", "mid\n" GET("/a") GET("/b") LEN("1", "x") LEN("2", "xy"), "GET /a 200 1 mid-connection pairing-unsure\nGET /b 200 2 pairing-unsure"),
    ROW("silence ends the doubt", "mid\n< ccccc\n" GET("/b") LEN("1", "x") "wait 1500\n" GET("/c") LEN("1", "x"),
     "GET /b 200 1 mid-connection pairing-unsure\nGET /c 200 1", 5, ORDER),
)

/* ---- what the capture could not show; a talk of eight, so that the connection has shown its habits */

#define TWO    GET("/1") LEN("1", "x") GET("/2") LEN("1", "x")
#define HABITS TWO TWO TWO TWO
#define SHOWN2 "GET /1 200 1\nGET /2 200 1\n"
#define SHOWN  SHOWN2 SHOWN2 SHOWN2 SHOWN2

SCRIPTS(gaps, of_the_server,
    ROW("in a body of known length", GET("/a") LEN("10", "abc") "lost< 4\n< hij\n" GET("/b") LEN("1", "x"),
     "GET /a 200 10/6 response-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("the rest of such a body", GET("/a") LEN("10", "abc") "lost< 7\n" GET("/b") LEN("1", "x"), "GET /a 200 10/3 response-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("the whole of such a body", GET("/a") LEN("10", "") "lost< 10\n" GET("/b") LEN("1", "x"), "GET /a 200 10/0 response-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("two holes in it", GET("/a") LEN("10", "abc") "lost< 1\n< e\nlost< 2\n< hij\n", "GET /a 200 10/7 response-body-gap", 0, ORDER),
    ROW("in a chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||a|abc\nlost< 4\n< hij|0||\n" GET("/b") LEN("1", "x"),
     "GET /a 200 10/16 response-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("the rest of a chunk", GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||a|abc\nlost< 7\n< |0||\n" GET("/b") LEN("1", "x"),
     "GET /a 200 10/13 response-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("over the framing of chunks", HABITS GET("/a") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||a|abc\nlost< 10\n< xyz|0||\n"
     GET("/b") LEN("1", "x") GET("/c") LEN("1", "x"),
     SHOWN "GET /a 200 3/6 gap response-body-gap\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 10, ORDER),
    ROW("until close: what is left is body", GET("/a") "< HTTP/1.1 200 OK||abc\nlost< 4\n< HTTP/1.1 200 OK||\nfin<\n",
     "GET /a 200 26/22 closed response-body-gap ended-by-close", 0, ORDER),
    ROW("beyond the end of a body", HABITS GET("/a") LEN("10", "abc") "lost< 20\n< gth: 1||x\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "x"),
     SHOWN "GET /a 200 10/3 gap response-body-gap\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 11, ORDER),
    ROW("in a head", HABITS GET("/a") "< HTTP/1.1 200 OK|Conte\nlost< 14\n< |abc\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "x"),
     SHOWN "GET /a 200 0 gap response-head-incomplete\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 5, ORDER),
    ROW("in a status line", GET("/a") "< HTTP/1.1 2\nlost< 34\n", "GET /a - 0 gap response-head-incomplete", 0, ORDER),
    ROW("a whole response: the second request's is left", HABITS GET("/a") "lost< 50\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "y") GET("/d") LEN("1", "y") GET("/e") LEN("1", "y"),
     SHOWN "GET /a - 0 gap response-missing pairing-unsure\nGET /b 200 1 pairing-unsure\nGET /c 200 1\nGET /d 200 1\nGET /e 200 1", 0, ORDER),
    ROW("a whole response, told before the next request", HABITS GET("/a") LEN("1", "x") "lost< 50\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "y"),
     SHOWN "GET /a 200 1\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 0, ORDER),
    ROW("of a pipeline: nobody knows", GET("/a") GET("/b") GET("/c") LEN("1", "x") "lost< 40\n" LEN("2", "yz") "fin<\n",
     "GET /a 200 1\nGET /b 200 2 pairing-unsure\nGET /c - 0 closed response-missing pairing-unsure", 0, ORDER),
    ROW("beginning of a response", HABITS GET("/a") "lost< 10\n< 00 OK|Content-Length: 2||ab\n" GET("/b") LEN("1", "x") GET("/c") LEN("1", "x"),
     SHOWN "GET /a - 0 gap response-missing pairing-unsure\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 30, ORDER),
    ROW("behind a 304: no body, perhaps the next response", GET("/a") "< " NM "|\nlost< 5\n" GET("/b") LEN("1", "x"), "GET /a 304 0\nGET /b 200 1 pairing-unsure", 0, ORDER),
    ROW("in a 304's illegal body", GET("/a") "< " NM "Content-Length: 10||abc\nlost< 4\n< hij\n" GET("/b") LEN("1", "x"),
     "GET /a 304 0/6 stray-content-length:6 response-body-gap body-on-bodiless\nGET /b 200 1", 0, ORDER),
    ROW("cut by the snaplen", GET("/a") LEN("10", "abc") "cut< 7\n" GET("/b") LEN("1", "x"), "GET /a 200 10/3 response-body-gap cut-by-snaplen\nGET /b 200 1", 0, ORDER),
    ROW("a head cut by the snaplen", GET("/a") "< HTTP/1.1 200 OK|Conte\ncut< 100\n", "GET /a 200 0 gap response-head-incomplete cut-by-snaplen", 0, ORDER),
    ROW("what is found in the middle of a packet must be whole", HABITS GET("/a") "lost< 20\n< xxHTTP/1.1 200 OK|nonsense|\n< yyHTTP/1.1 200 OK|Content-Length: 1||z\n",
     SHOWN "GET /a 200 1 pairing-unsure", 31, ORDER),
    ROW("silence ends the doubt", GET("/a") "lost< 50\n" GET("/b") LEN("1", "x") "wait 1200\n" GET("/c") LEN("1", "x"),
     "GET /a - 0 gap response-missing pairing-unsure\nGET /b 200 1 pairing-unsure\nGET /c 200 1", 0, ORDER),
)

SCRIPTS(gaps, of_the_client,
    ROW("in a body", "> POST /a HTTP/1.1|Host: a|Content-Length: 10||abc\nlost> 4\n> hij\n" LEN("0", "") GET("/b") LEN("1", "x"),
     "POST /a +6 200 0 request-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("the rest of a body", "> POST /a HTTP/1.1|Host: a|Content-Length: 10||abc\nlost> 7\n" LEN("0", "") GET("/b") LEN("1", "x"),
     "POST /a +3 200 0 request-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("in a chunk", "> POST /a HTTP/1.1|Host: a|Transfer-Encoding: chunked||a|abc\nlost> 4\n> hij|0||\n" LEN("0", "") GET("/b") LEN("1", "x"),
     "POST /a +16 200 0 request-body-gap\nGET /b 200 1", 0, ORDER),
    ROW("in a head: it is answered all the same", HABITS "> GET /a HTTP/1.1|Ho\nlost> 20\n" LEN("1", "x") GET("/b") LEN("1", "x"),
     SHOWN "GET /a 200 1 gap request-head-incomplete\nGET /b 200 1", 0, ORDER),
    ROW("in a HEAD's head", "> HEAD /a HTTP/1.1|Ho\nlost> 20\n" LEN("10", "") "wait 300\n", "HEAD /a 200 0 gap request-head-incomplete", 0, ORDER),
    ROW("a whole request, its response is nobody's", HABITS "lost> 50\n" LEN("1", "y") GET("/b") LEN("1", "x"), SHOWN "- - 200 1 request-missing\nGET /b 200 1", 0, ORDER),
    ROW("a whole request, noticed late", HABITS LEN("1", "y") "wait 300\nlost> 50\n" GET("/b") LEN("1", "x"), SHOWN "- - 200 1 request-missing\nGET /b 200 1", 0, ORDER),
    ROW("a whole request, no habits known", "lost> 50\n" LEN("1", "y") GET("/b") LEN("1", "x") GET("/c") LEN("1", "x") GET("/d") LEN("1", "x"),
     "- - 200 1 request-missing\nGET /b 200 1 pairing-unsure\nGET /c 200 1 pairing-unsure\nGET /d 200 1 pairing-unsure", 0, ORDER),
    ROW("a whole request of a pipeline: those after it are in doubt", GET("/a") "lost> 50\n" GET("/c") LEN("1", "x") LEN("2", "yz") LEN("3", "abc"),
     "GET /a 200 1\nGET /c 200 2 pairing-unsure\n- - 200 3 request-missing", 0, ORDER),
    ROW("the end of one and the beginning of another", HABITS "> POST /a HTTP/1.1|Host: a|Content-Length: 5||ab\nlost> 20\n> tp: x|Host: a||\n" LEN("0", "") LEN("1", "x") GET("/c") LEN("1", "x"),
     SHOWN "POST /a +2 200 0 gap request-body-gap\n- - 200 1 request-missing\nGET /c 200 1", 18, ORDER),
    ROW("found at the beginning of a line", "lost> 20\n> x|y|GET /b HTTP/1.1|Host: a||\n" LEN("1", "x"), "GET /b 200 1 pairing-unsure", 6, ORDER),
    ROW("a line that only looks like one", "lost> 20\n> GET /b HTTP/1.1|no field|GET /c HTTP/1.1|Host: a||\n" LEN("1", "x"), "GET /c 200 1 pairing-unsure", 27, ORDER),
    ROW("in both directions: the wrong pair is not believed", HABITS GET("/a") "lost< 50\n" LEN("1", "x") "lost> 50\n" GET("/c") LEN("1", "x"),
     SHOWN "GET /a 200 1 pairing-unsure\nGET /c 200 1 pairing-unsure", 0, ORDER),
)

SCRIPTS(ends, of_connections,
    ROW("reset by the client in a body", GET("/a") LEN("10", "abc") "rst>\n", "GET /a 200 3 reset by-client body-short"),
    ROW("reset by the server in a body", GET("/a") LEN("10", "abc") "rst<\n", "GET /a 200 3 reset by-server body-short"),
    ROW("reset in a body until close", GET("/a") "< HTTP/1.1 200 OK||abc\nrst>\n", "GET /a 200 3 reset by-client ended-by-close"),
    ROW("reset before the response", GET("/a") "rst<\n", "GET /a - 0 reset response-missing"),
    ROW("reset in a request", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||ab\nrst>\n", "POST /a +2 - 0 reset by-client response-missing body-short"),
    ROW("reset in a request's head", "> POST /a HTTP/1.1|Host\nrst>\n", "POST /a - 0 reset response-missing request-head-incomplete"),
    ROW("closed in a response's head", GET("/a") "< HTTP/1.1 200 OK|Con\nfin<\n", "GET /a 200 0 closed by-server response-head-incomplete"),
    ROW("closed in a status line", GET("/a") "< HTTP/1\nfin<\n", "GET /a - 0 closed by-server response-head-incomplete"),
    ROW("closed in a request's body", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||ab\nfin>\n" LEN("1", "x"), "POST /a +2 200 1 closed by-client body-short early-response", 0, ORDER),
    ROW("half-closed by the client, answered", GET("/a") "fin>\n" LEN("3", "abc") "fin<\n", "GET /a 200 3", 0, ORDER),
    ROW("closed by the client in a body", GET("/a") LEN("5", "ab") "fin>\nfin<\n", "GET /a 200 2 closed by-client body-short", 0, ORDER),
    ROW("closed by the client in a body, which comes whole", GET("/a") LEN("5", "ab") "fin>\n< cde\nfin<\n", "GET /a 200 5", 0, ORDER),
    ROW("a request after the server's FIN", GET("/a") LEN("1", "x") "fin<\n" GET("/b"), "GET /a 200 1\nGET /b - 0 closed response-missing", 0, ORDER | KEPT),
    ROW("capture ends in a body", GET("/a") LEN("5", "ab"), "GET /a 200 2 capture-ended"),
    ROW("capture ends in a body until close", GET("/a") "< HTTP/1.1 200 OK||abc\n", "GET /a 200 3 capture-ended"),
    ROW("capture ends in a head", GET("/a") "< HTTP/1.1 200 OK|Con\n", "GET /a 200 0 capture-ended response-head-incomplete"),
    ROW("capture ends in a request's body", "> POST /a HTTP/1.1|Host: a|Content-Length: 5||ab\n", "POST /a +2 - 0 capture-ended response-missing"),
    ROW("flow timed out", GET("/a") LEN("5", "ab") "timeout\n", "GET /a 200 2 timeout", 0, ORDER),
    ROW("flow evicted", GET("/a") LEN("5", "ab") "limit\n", "GET /a 200 2 limit", 0, ORDER),
    ROW("orphan cut by a reset", LEN("5", "ab") "rst<\n", "- - 200 2 reset by-server request-missing body-short"),
    ROW("orphan that may have no body, at the end", LEN("5", "") "fin<\n", "- - 200 0 closed by-server request-missing body-short"),
)

SCRIPTS(preambles, proxy_protocol,
    ROW("version 1", "> PROXY TCP4 192.0.2.7 10.0.0.1 5555 80|GET /a HTTP/1.1|Host: a||\n" LEN("1", "x"), "GET /a 200 1", 39),
    ROW("version 1, own packet", "> PROXY TCP6 2001:db8::7 ::1 5555 80|\n" GET("/a") LEN("1", "x"), "GET /a 200 1", 36),
    ROW("version 1, unknown", "> PROXY UNKNOWN|\n" GET("/a") LEN("1", "x"), "GET /a 200 1", 15),
    ROW("version 2", "> ||`|QUIT~!\x11`\x0c\xc0`\x02\x07~``\x01\x15\xb3`P\n" GET("/a") LEN("1", "x"), "GET /a 200 1", 28),
    ROW("version 2, local", "> ||`|QUIT~ ```\n" GET("/a") LEN("1", "x"), "GET /a 200 1", 16),
    ROW("a method that begins like it", "> PROPFIND /a HTTP/1.1|Host: a||\n" LEN("1", "x"), "PROPFIND /a 200 1"),
    ROW("the same in two packets", "> PRO\n> PFIND /a HTTP/1.1|Host: a||\n" LEN("1", "x"), "PROPFIND /a 200 1"),
    ROW("P alone, then more", "> P\n> OST /a HTTP/1.1|Host: a|Content-Length: 0||\n" LEN("1", "x"), "POST /a 200 1"),
    ROW("empty lines that begin like it", "> ||\n" GET("/a") LEN("1", "x"), "GET /a 200 1 empty-lines-before", 4),
    ROW("broken", "> PROXY TCP4 nonsense|\n" GET("/a") LEN("1", "x"), "GET /a 200 1 junk-before", 21),
)

// clang-format on

Test(preambles, name_the_client_of_every_exchange)
{
    for (enum drip_how how = DRIP_WHOLE; how < DRIP_WAYS; how++) {
        struct drip drip = drip_play(&protocol_http1,
                                     "> PROXY TCP4 192.0.2.7 10.0.0.1 5555 80|\n" GET("/a")
                                         LEN("1", "x") "wait 300\n" GET("/b") LEN("1", "x"),
                                     how);
        static const uint8_t client[4] = {192, 0, 2, 7};
        for (const struct exchange *x = drip.first; x; x = x->next)
            cr_expect(eq(int, memcmp(x->connection.preamble_client.octets, client, 4), 0));
        cr_expect(eq(int, strcmp(drip.text, "GET /a 200 1\nGET /b 200 1\n"), 0));
        drip_free(&drip);
    }
}

Test(bodies, digest_is_of_the_content)
{
    static const struct {
        const char *script;
        struct slice content; /* absent: there is no digest */
    } cases[] = {
        {GET("/") LEN("5", "hello"), SLICE("hello")},
        {GET("/") LEN("0", ""), SLICE("")},
        {GET("/") "< " NM "Content-Length: 5||\n", SLICE("")},
        {GET("/") LEN("10", "hello") "< world\n", SLICE("helloworld")},
        {GET("/") "< HTTP/1.1 200 OK|Transfer-Encoding: chunked||5|hello|5|world|0||\n",
         SLICE("helloworld")},
        {GET("/") "< HTTP/1.1 200 OK||hello\n< world\nfin<\n", SLICE("helloworld")},
        {GET("/") LEN("5", "hel"), SLICE_ABSENT},
        {GET("/") LEN("5", "hel") "lost< 2\n", SLICE_ABSENT},
        {GET("/") "< HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||5|hello|0||\n",
         SLICE_ABSENT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum drip_how how = DRIP_WHOLE; how <= DRIP_OCTETS; how++) {
            struct drip drip = drip_play(&protocol_http1, cases[i].script, how);
            struct slice content = cases[i].content;
            struct digest want = content.at ? digest_of(content) : (struct digest){0};
            cr_expect(eq(int, digest_equal(drip.first->response.digest, want), 1), "%zu", i);
            drip_free(&drip);
        }
    }
}

/* Contract: a frame's headers belong to the first exchange whose octets it carries. */
Test(wire, octets_are_counted_once)
{
    static const struct {
        const char *title, *script;
        uint64_t first, second; /* wire_bytes */
    } cases[] = {
        {"a packet each", GET("/a") LEN("1", "x") GET("/b") LEN("1", "x"), 28 + 39 + 108,
         28 + 39 + 108},
        {"two responses in a packet", GET("/a") GET("/b") "< HTTP/1.1 304 N||HTTP/1.1 304 N||\n",
         28 + 18 + 108, 28 + 18 + 54},
        {"two requests in a packet",
         "> GET /a HTTP/1.1|Host: a||GET /b HTTP/1.1|Host: a||\n" LEN("0", "") LEN("0", ""),
         28 + 38 + 108, 28 + 38 + 54},
        {"a head in three packets",
         "> GET /a HT\n> TP/1.1|Ho\n> st: a||\n" LEN("0", "") GET("/b") LEN("0", ""),
         28 + 38 + 4 * 54, 28 + 38 + 108},
        {"a status line that is split where a 304 waits",
         GET("/a") GET("/b") "< HTTP/1.1 304 N||H\n< TTP/1.1 304 N||\n", 28 + 18 + 108,
         28 + 18 + 108},
        {"H is the illegal body's",
         GET("/a") "< HTTP/1.1 304 N||H\n< ello\n" GET("/b") LEN("0", ""), 28 + 18 + 5 + 54 * 3,
         28 + 38 + 108},
        {"nobody's octets first in a packet",
         "> ||GET /a HTTP/1.1|Host: a||\n" LEN("0", "") GET("/b") LEN("0", ""), 28 + 38 + 108,
         28 + 38 + 108},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum drip_how how = DRIP_WHOLE; how <= DRIP_OCTETS; how++) {
            struct drip drip = drip_play(&protocol_http1, cases[i].script, how);
            cr_assert(drip.first && drip.first->next, "%s", cases[i].title);
            cr_expect(eq(ulong, drip.first->wire_bytes, cases[i].first), "%s", cases[i].title);
            cr_expect(eq(ulong, drip.first->next->wire_bytes, cases[i].second), "%s",
                      cases[i].title);
            drip_free(&drip);
        }
    }
}

/* ---- caps */

struct text {
    char *at;
    size_t len, room;
};

static void append(struct text *text, const char *more)
{
    size_t len = strlen(more);
    if (text->len + len + 1 > text->room)
        text->at = xrealloc(text->at, text->room = (text->room + len + 1) * 2);
    memcpy(text->at + text->len, more, len + 1);
    text->len += len;
}

Test(caps, more_requests_wait_than_are_kept)
{
    struct text script = {0};
    char line[128];
    for (unsigned i = 0; i < LIMIT_WAITING_REQUESTS + 2; i++) {
        snprintf(line, sizeof line, "> GET /%u HTTP/1.1|Host: a||\n", i);
        append(&script, line);
    }
    for (unsigned i = 0; i < LIMIT_WAITING_REQUESTS + 2; i++) {
        snprintf(line, sizeof line, "< HTTP/1.1 200 OK|Content-Length: %u||{%u x}\n", i + 1, i + 1);
        append(&script, line);
    }
    for (enum drip_how how = DRIP_WHOLE; how <= DRIP_OCTETS; how++) {
        struct drip drip = drip_play(&protocol_http1, script.at, how);
        const struct exchange *x = drip.first;
        unsigned limit = 0, orphans = 0, right = 0;
        for (; x; x = x->next) {
            char target[16];
            snprintf(target, sizeof target, "/%u", (unsigned)x->response.content_bytes - 1);
            limit += x->ending == ENDED_LIMIT && (x->flaws & FLAW(PIPELINE_LIMIT));
            orphans += (x->flaws & FLAW(REQUEST_MISSING)) != 0;
            right += x->status && slice_equal(x->target, slice_of_text(target));
        }
        cr_expect(eq(uint, limit, 2u));
        cr_expect(eq(uint, orphans, 2u));
        cr_expect(eq(uint, right, (unsigned)LIMIT_WAITING_REQUESTS));
        cr_expect(eq(ulong, drip.fed, drip.framed));
        drip_free(&drip);
    }
    free(script.at);
}

Test(caps, heads_are_kept_up_to_a_length)
{
    static const struct {
        const char *script;
        bool limited;
    } cases[] = {
        {GET("/{262000 x}") LEN("1", "y") GET("/b") LEN("1", "y"), false},
        {"> GET / HTTP/1.1|Host: a|X: {300000 x}|Y: z||\n" LEN("1", "y") GET("/b") LEN("1", "y"),
         true},
        {GET("/") "< HTTP/1.1 200 OK|Content-Length: 1|{300000 X: yy~}|y\n" GET("/b") LEN("1", "y"),
         true},
        {GET("/") "< HTTP/1.1 200 OK|Content-Length: 1|{9996 X: yy~}|y\n" GET("/b") LEN("1", "y"),
         true},
        {GET("/") "< HTTP/1.1 200 OK|Content-Length: 1|{4998 X: yy~}|y\n" GET("/b") LEN("1", "y"),
         false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum drip_how how = DRIP_WHOLE; how <= DRIP_OCTETS; how++) {
            struct drip drip = drip_play(&protocol_http1, cases[i].script, how);
            const struct exchange *x = drip.first;
            cr_assert(x && x->next, "%zu", i);
            cr_expect(eq(int, (x->flaws & FLAW(HEAD_LIMIT)) != 0, (int)cases[i].limited), "%zu", i);
            cr_expect(le(sz, x->request.head.bytes.len, (size_t)LIMIT_HEAD), "%zu", i);
            cr_expect(le(sz, x->response.head.bytes.len, (size_t)LIMIT_HEAD), "%zu", i);
            cr_expect(le(uint, x->response.head.n_fields, (unsigned)LIMIT_FIELDS), "%zu", i);
            cr_expect(eq(ulong, x->response.content_bytes, 1ul), "%zu", i);
            cr_expect(eq(ulong, drip.fed, drip.framed), "%zu", i);
            cr_expect(eq(ulong, x->next->flaws, 0ul), "%zu", i);
            drip_free(&drip);
        }
    }
}

/* ---- identification */

Test(claims, first_octets_tell)
{
    static const struct {
        const char *begin;
        enum claim claim;
        enum direction from;
    } cases[] = {
        {"GET / HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"GET /", CLAIM_YES, FROM_CLIENT},
        {"G", CLAIM_MORE, FROM_CLIENT},
        {"GET ", CLAIM_MORE, FROM_CLIENT},
        {"GET http://a/ HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"OPTIONS * HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"OPTIONS sip:a@b SIP/2.0\r\n", CLAIM_NO, FROM_CLIENT},
        {"OPTIONS * RTSP/1.0\r\n", CLAIM_NO, FROM_CLIENT},
        {"CONNECT a:443 HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"CONNECT a-very-long-name-of-a-host-somewhere-in-the-world.example.com:4", CLAIM_YES,
         FROM_CLIENT},
        {"GET http://a-very-long-name-of-a-host-somewhere-in-the-world.example.c", CLAIM_YES,
         FROM_CLIENT},
        {"X-MINE /a HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"X-MINE /a HT", CLAIM_MORE, FROM_CLIENT},
        {"M-SEARCH * HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"\r\nGET / HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"\r\n", CLAIM_MORE, FROM_CLIENT},
        {"GET /a\r\n", CLAIM_YES, FROM_CLIENT},
        {"OPTIONS\nHost: a\n", CLAIM_YES, FROM_CLIENT},
        {"OPTIONS\nHo", CLAIM_MORE, FROM_CLIENT},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n", CLAIM_NO, FROM_CLIENT},
        {"PROPFIND /a HTTP/1.1\r\n", CLAIM_YES, FROM_CLIENT},
        {"PRO", CLAIM_MORE, FROM_CLIENT},
        {"PROXY TCP4 1.2.3.4", CLAIM_YES, FROM_CLIENT},
        {"PROXY UNKNOWN\r\n", CLAIM_YES, FROM_CLIENT},
        {"\r\n\r\n", CLAIM_MORE, FROM_CLIENT},
        {"HTTP/1.1 200 OK\r\n", CLAIM_YES, FROM_SERVER},
        {"HTTP/1.", CLAIM_YES, FROM_SERVER},
        {"HTTP", CLAIM_MORE, FROM_SERVER},
        {"HTTP/2", CLAIM_NO, FROM_SERVER},
        {"SSH-2.0-OpenSSH", CLAIM_NO, FROM_CLIENT},
        {"220 mail ESMTP\r\n", CLAIM_NO, FROM_CLIENT},
        {"EHLO host\r\n", CLAIM_NO, FROM_CLIENT},
        {"USER anonymous\r\nPASS x\r\n", CLAIM_NO, FROM_CLIENT},
        {"\x16\x03\x01\x02", CLAIM_NO, FROM_CLIENT},
        {"get key\r\n", CLAIM_NO, FROM_CLIENT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum direction from;
        struct guarded guarded = guarded_new(64);
        struct slice begin = guarded_place(&guarded, slice_of_text(cases[i].begin));
        enum claim claim = protocol_http1.claims(begin, &from);
        cr_expect(eq(int, claim, (int)cases[i].claim), "%s", cases[i].begin);
        if (claim != CLAIM_NO)
            cr_expect(eq(int, from, (int)cases[i].from), "%s", cases[i].begin);
        guarded_free(&guarded);
    }
}
