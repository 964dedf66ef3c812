/* SPDX-License-Identifier: MIT */
/*
 * What makes a 304 wrong by itself, whatever the 200 was: the method it answers (RFC 9110 §13.1.2)
 * and the fields that are for one hop (RFC 9112 §6, RFC 9113 §8.2.2, RFC 9114 §4.2).
 */

#include <stddef.h>

#include "analysis/rules.h"

enum row { WRONG_METHOD, HOP_FIELD, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

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
