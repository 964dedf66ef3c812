/* SPDX-License-Identifier: MIT */
/*
 * RFC 9112 §6.3, in its order:
 *   1. responses to HEAD, 1xx, 204 and 304: no body;
 *   2. 2xx to CONNECT: a tunnel;
 *   3. Transfer-Encoding and Content-Length: the former, and suspicion;
 *   4. Transfer-Encoding: chunked where that is its last coding, else a response ends with the
 *      connection and a request cannot be understood (we go on after its head);
 *   5. Content-Length that is no number, or several that differ: trouble. A list of equal values is
 *      one value. Of different ones we take the first; where there is no number, a response ends
 *      with the connection and a request at its head;
 *   6. Content-Length;
 *   7. a request without either: no body;
 *   8. a response without either: until the connection is closed.
 * A 101 leaves HTTP where an upgrade was asked for or the request was not seen; else it is one of
 * the 1xx.
 */

#include "decode/http1_framing.h"

#include "base/attributes.h"

struct lengths {
    uint64_t first;
    bool any, invalid, repeated, conflict;
};

static void add_length(struct lengths *lengths, struct slice text)
{
    uint64_t value;
    bool saturated = false;
    if (!slice_to_u64(slice_trim(text), &value, &saturated) && !saturated) {
        lengths->invalid = true;
        return;
    }
    if (!lengths->any)
        lengths->first = value;
    else if (lengths->first == value)
        lengths->repeated = true;
    else
        lengths->conflict = true;
    lengths->any = true;
}

/* All members of all lines (RFC 9110 §8.6). */
static struct lengths lengths_of(const struct head *head)
{
    struct lengths lengths = {0};
    if (!head_has(head, FIELD_CONTENT_LENGTH))
        return lengths;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (head->fields[i].token != FIELD_CONTENT_LENGTH)
            continue;
        struct slice rest = field_value(head, &head->fields[i]);
        while (!slice_is_absent(rest))
            add_length(&lengths, slice_cut(&rest, ','));
    }
    return lengths;
}

static uint64_t flaws_of_lengths(const struct lengths *lengths)
{
    uint64_t flaws = 0;
    if (lengths->invalid)
        flaws |= FLAW(LENGTH_INVALID);
    if (lengths->conflict)
        flaws |= FLAW(LENGTHS_CONFLICT);
    else if (lengths->repeated)
        flaws |= FLAW(LENGTHS_REPEATED);
    return flaws;
}

struct codings {
    unsigned n; /* "identity", which RFC 2616 had, not counted */
    bool chunked_last;
    bool odd; /* any but chunked, or chunked more than once */
};

static void add_coding(struct codings *codings, struct slice text)
{
    struct slice name = slice_trim(slice_cut(&text, ';'));
    if (name.len == 0)
        return;
    bool is_chunked = slice_equal_nocase(name, SLICE("chunked"));
    codings->odd |= !is_chunked || codings->chunked_last;
    if (slice_equal_nocase(name, SLICE("identity")))
        return;
    codings->n++;
    codings->chunked_last = is_chunked;
}

static struct codings codings_of(const struct head *head)
{
    struct codings codings = {0};
    if (!head_has(head, FIELD_TRANSFER_ENCODING))
        return codings;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (head->fields[i].token != FIELD_TRANSFER_ENCODING)
            continue;
        struct slice rest = field_value(head, &head->fields[i]);
        while (!slice_is_absent(rest))
            add_coding(&codings, slice_cut(&rest, ','));
    }
    return codings;
}

static struct framing framing_of(const struct head *head, enum http_version version,
                                 enum framing_kind otherwise)
{
    struct framing framing = {.kind = otherwise};
    struct lengths lengths = lengths_of(head);
    struct codings codings = codings_of(head);
    framing.flaws = flaws_of_lengths(&lengths);
    if (codings.odd)
        framing.flaws |= FLAW(CODING_UNKNOWN);
    if (codings.n > 0) {
        if (version == HTTP_1_0)
            framing.flaws |= FLAW(CODING_IN_1_0);
        if (head_has(head, FIELD_CONTENT_LENGTH))
            framing.flaws |= FLAW(LENGTH_AND_CHUNKED);
        framing.kind = codings.chunked_last ? FRAMING_CHUNKED : otherwise;
        framing.is_coded = codings.n > 1 || !codings.chunked_last;
    } else if (lengths.any && !lengths.invalid) {
        framing.kind = lengths.first ? FRAMING_LENGTH : FRAMING_NONE;
        framing.length = lengths.first;
    }
    return framing;
}

struct framing framing_of_request(const struct message *request)
{
    return framing_of(&request->head, request->version, FRAMING_NONE);
}

static bool leaves_http(const struct exchange *x)
{
    if (x->method_token == METHOD_CONNECT)
        return x->status / 100 == 2;
    return x->status == 101 &&
           (!x->request.head.bytes.at || head_has(&x->request.head, FIELD_UPGRADE));
}

bool response_is_bodiless(const struct exchange *x)
{
    return x->method_token == METHOD_HEAD || x->status / 100 == 1 || x->status == 204 ||
           x->status == 304;
}

struct framing framing_of_response(const struct exchange *x)
{
    if (leaves_http(x))
        return (struct framing){.kind = FRAMING_TUNNEL};
    if (response_is_bodiless(x))
        return (struct framing){.kind = FRAMING_NONE};
    return framing_of(&x->response.head, x->response.version, FRAMING_CLOSE);
}

bool head_content_length(const struct head *head, uint64_t *length)
{
    struct lengths lengths = lengths_of(head);
    *length = lengths.first;
    return lengths.any && !lengths.invalid;
}

bool head_is_chunked(const struct head *head)
{
    return codings_of(head).chunked_last;
}
