/* SPDX-License-Identifier: MIT */
#pragma once
/* What a head says about the body that follows it (RFC 9112 §6). */

#include <stdbool.h>
#include <stdint.h>

#include "decode/exchange.h"

enum framing_kind {
    FRAMING_NONE, /* no body */
    FRAMING_LENGTH,
    FRAMING_CHUNKED,
    FRAMING_CLOSE, /* until the connection is closed */
    FRAMING_TUNNEL /* the connection leaves HTTP after this head */
};

struct framing {
    enum framing_kind kind;
    uint64_t length; /* of FRAMING_LENGTH */
    bool is_coded;   /* a coding besides chunked lies over the content */
    uint64_t flaws;
};

/* `head` may be one that was not seen whole (no fields). */
struct framing framing_of_request(const struct message *request);

/* `x->request` as far as it was seen: one that was not counts as a GET. */
struct framing framing_of_response(const struct exchange *x);

/* 1xx, 204, 304 and responses to HEAD end at their empty line (RFC 9112 §6.3), whatever their
 * Content-Length and Transfer-Encoding say. */
bool response_is_bodiless(const struct exchange *x);

/* The first Content-Length value, if it is a number. */
bool head_content_length(const struct head *head, uint64_t *length);
/* Transfer-Encoding names chunked last. */
bool head_is_chunked(const struct head *head);
