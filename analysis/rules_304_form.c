/* SPDX-License-Identifier: MIT */
/*
 * What makes a 304 wrong by itself, whatever the 200 was: octets after its head (RFC 9110 §15.4.5,
 * RFC 9112 §6.3), the method it answers (RFC 9110 §13.1.2) and the fields that are for one hop (RFC
 * 9112 §6, RFC 9113 §8.2.2, RFC 9114 §4.2).
 */

#include <stddef.h>

#include "analysis/rules.h"

enum row { HAS_BODY, WRONG_METHOD, HOP_FIELD, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- 304-has-body ---- */

static const char *const has_body_variants[] = {
    "cl-body", "empty-chunk", "chunked-body", "stray-crlf", "h2-data", "trailers", NULL};

static enum judgement judge_has_body(const struct evidence *e, struct verdict *v)
{
    static const char *const variants[] = {
        [STRAY_CRLF] = "stray-crlf",
        [STRAY_EMPTY_CHUNK] = "empty-chunk",
        [STRAY_CHUNKED] = "chunked-body",
        [STRAY_CONTENT_LENGTH] = "cl-body",
        [STRAY_OTHER] = NULL,
    };
    if (lacks(e, v, NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if (e->x->stray == STRAY_NONE)
        return PASSED;
    if (!e->facts->is_paired || e->x->flaws & FLAW(RESPONSE_BODY_GAP))
        return withhold(v, GUARD_PAIRING_UNSURE);
    accuse(v, CARD(HAS_BODY),
           "{} octets follow the head of a 304, which ends with its first empty "
           "line");
    say_number(v, (int64_t)e->x->stray_bytes);
    v->variant = variants[e->x->stray];
    v->confidence = CONFIDENCE_CERTAIN;
    if (e->x->stray == STRAY_CRLF)
        v->severity = SEVERITY_WARNING;
    v->claim = (struct claim){.kind = CLAIM_PART, .body_octets = e->x->stray_bytes};
    return FIRED;
}

/* ---- 304-wrong-method ---- */

static const char *const method_variants[] = {"method-override", "query", NULL};

static enum judgement judge_method(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (x->is_get || x->is_head)
        return PASSED;
    accuse(v, CARD(WRONG_METHOD), "304 to {}: a condition that is false makes that a 412");
    say_text(v, e->x->method);
    v->confidence = CONFIDENCE_CERTAIN;
    if (!slice_is_absent(x->request.x_http_method_override))
        v->variant = "method-override";
    else if (slice_equal(e->x->method, SLICE("QUERY")))
        v->variant = "query"; /* safe, and has conditions of its own */
    if (v->variant)
        v->severity = SEVERITY_INFO;
    return FIRED;
}

/* ---- 304-hop-field-forbidden ---- */

static const char *const hop_variants[] = {"http-1-0", "with-content-length", "connection-specific",
                                           NULL};

static bool is_multiplexed(enum http_version version)
{
    return version == HTTP_2 || version == HTTP_3;
}

/* The field that an HTTP/2 or HTTP/3 message must not have. */
static enum field_token connection_field(const struct head *head)
{
    static const enum field_token fields[] = {FIELD_TRANSFER_ENCODING, FIELD_CONNECTION,
                                              FIELD_KEEP_ALIVE, FIELD_PROXY_CONNECTION,
                                              FIELD_UPGRADE};
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (head_has(head, fields[i]))
            return fields[i];
    return FIELD_OTHER;
}

static enum judgement judge_hop_field(const struct evidence *e, struct verdict *v)
{
    const struct head *head = &e->x->response.head;
    bool multiplexed = is_multiplexed(e->x->response.version);
    enum field_token field = multiplexed ? connection_field(head) : FIELD_TRANSFER_ENCODING;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (field == FIELD_OTHER || !head_has(head, field))
        return PASSED;
    if (multiplexed) {
        accuse(v, CARD(HOP_FIELD), "{}: {} in a 304 of a version whose messages must not have it");
        v->variant = "connection-specific";
    } else if (e->x->request.version == HTTP_1_0 || e->x->request.version == HTTP_0_9) {
        accuse(v, CARD(HOP_FIELD), "{}: {} in a 304 to an HTTP/1.0 request");
        v->variant = "http-1-0";
    } else if (head_has(head, FIELD_CONTENT_LENGTH)) {
        accuse(v, CARD(HOP_FIELD), "{}: {} in a 304 that has Content-Length too");
        v->variant = "with-content-length";
        v->section = "RFC 9112 §6.2";
    } else {
        return PASSED; /* allowed, RFC 9112 §6.1 */
    }
    say_text(v, field_name_of(field));
    say_text(v, head_first(head, field));
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [HAS_BODY] =
        {
            .card =
                {
                    .id = "304-has-body",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9110 §15.4.5, RFC 9112 §6.3",
                    .formerly = "RFC 7232 §4.1, RFC 7230 §3.3.3",
                    .title = "a 304 is followed by octets that belong to no message",
                    .means = "A 304 ends with its first empty line and has neither content nor "
                             "trailers. A recipient takes what follows for the "
                             "beginning of the next response: connections break, and attackers can "
                             "smuggle. The octets are wasted in any case.",
                    .remedy =
                        "Do not write a body once the status is 304: return from the handler after "
                        "the head, take no template, error page or chunked wrapper around it, and "
                        "do not let a compression layer close an empty chunked body.",
                    .variants = has_body_variants,
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 1,
            .judge = judge_has_body,
        },
    [WRONG_METHOD] =
        {
            .card =
                {
                    .id = "304-wrong-method",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "origin",
                    .section = "RFC 9110 §13.1.2",
                    .formerly = "RFC 7232 §3.2",
                    .title = "304 to a request that was neither GET nor HEAD",
                    .means = "For every other method a false If-None-Match means 412 (Precondition "
                             "Failed). The client cannot tell from a 304 whether what it asked for "
                             "was done.",
                    .remedy = "Answer 304 for GET and HEAD only, and 412 for the others; keep "
                              "conditional "
                              "middleware (ETag filters of frameworks) away from POST, PUT, PATCH, "
                              "DELETE.",
                    .variants = method_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_method,
        },
    [HOP_FIELD] =
        {
            .card =
                {
                    .id = "304-hop-field-forbidden",
                    .group = "304-violation",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "responder",
                    .section = "RFC 9112 §6.1, RFC 9113 §8.2.2, RFC 9114 §4.2",
                    .formerly = "RFC 7230 §3.3.1, §3.3.2, RFC 7540 §8.1.2.2",
                    .title = "a 304 has a field about its transfer that it must not have",
                    .means = "Transfer-Encoding must not be sent to an HTTP/1.0 client, nor beside "
                             "Content-Length, and HTTP/2 and HTTP/3 know no fields about the "
                             "connection. Recipients disagree about such messages: requests hang, "
                             "and attackers smuggle. (To an HTTP/1.1 GET a 304 may carry "
                             "Transfer-Encoding.)",
                    .remedy = "Leave Transfer-Encoding, Connection and Keep-Alive to the server "
                              "software: do not set them in handlers, and remove them in gateways "
                              "that translate between versions.",
                    .variants = hop_variants,
                },
            .subjects = SUBJECT_304,
            .judge = judge_hop_field,
        },
};

const struct rule_set rules_304_form = {rows, ROWS};
