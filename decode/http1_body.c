/* SPDX-License-Identifier: MIT */
/* RFC 9112 §6 and §7: the three ways in which a body is delimited, behind one set of verbs. */

#include "decode/http1_body.h"

#include <assert.h>

#include "base/attributes.h"
#include "base/pool.h"

static _Thread_local struct pool samples = POOL_OF(struct entropy);

void body_begin(struct body *body, const struct framing *framing, bool is_hashed, bool is_sampled)
{
    assert(!body->stream && !body->entropy);
    *body = (struct body){
        .left = framing->length,
        .kind = (uint8_t)framing->kind,
        .is_hashed = is_hashed && !framing->is_coded,
    };
    body->is_sampled = is_sampled && body->is_hashed;
}

static void note_entropy(struct body *body, const struct entropy *entropy)
{
    body->sampled_octets = (uint16_t)entropy->octets;
    body->centibits = entropy_centibits(entropy);
    body->is_sampled = false;
}

static void sample_drop(struct body *body)
{
    if (body->entropy)
        pool_give(&samples, body->entropy);
    body->entropy = NULL;
    body->is_sampled = false;
}

/* What comes in one run, as most do, is counted on the stack. */
static void sample_run(struct body *body, bool is_last)
{
    if (!body->entropy && (is_last || body->run.len >= LIMIT_ENTROPY_OCTETS)) {
        struct entropy entropy = {0};
        entropy_add(&entropy, body->run);
        note_entropy(body, &entropy);
        return;
    }
    if (!body->entropy) {
        body->entropy = pool_take(&samples);
        *body->entropy = (struct entropy){.octets = 0};
    }
    entropy_add(body->entropy, body->run);
    if (!is_last && !entropy_is_full(body->entropy))
        return;
    note_entropy(body, body->entropy);
    sample_drop(body);
}

static void hash_run(struct body *body)
{
    if (!body->run.len)
        return;
    if (body->is_sampled)
        sample_run(body, false);
    if (!body->stream)
        body->stream = digest_stream_new();
    digest_stream_add(body->stream, body->run);
    body->run = SLICE_ABSENT;
}

static void add_content(struct body *body, struct message *message, struct slice data)
{
    message->content_bytes += data.len;
    if (!body->is_hashed || !data.len)
        return;
    if (body->run.at && body->run.at + body->run.len == data.at) {
        body->run.len += data.len;
        return;
    }
    hash_run(body);
    body->run = data;
}

static enum body_state take_length(struct body *body, struct slice bytes, struct message *message,
                                   size_t *used)
{
    struct slice data = slice_first(bytes, body->left < bytes.len ? (size_t)body->left : bytes.len);
    add_content(body, message, data);
    body->left -= data.len;
    *used = data.len;
    return body->left ? BODY_MORE : BODY_DONE;
}

static enum body_state take_chunked(struct body *body, struct slice bytes, struct message *message,
                                    size_t *used)
{
    *used = 0;
    while (*used < bytes.len && !chunked_is_over(&body->chunked)) {
        struct slice data;
        *used += chunked_take(&body->chunked, slice_from(bytes, *used), &data);
        add_content(body, message, data);
    }
    if (body->chunked.phase == CHUNKED_BROKEN)
        return BODY_BROKEN;
    return body->chunked.phase == CHUNKED_DONE ? BODY_DONE : BODY_MORE;
}

enum body_state body_take(struct body *body, struct slice bytes, struct message *message,
                          size_t *used)
{
    enum body_state state = BODY_MORE;
    if (body->kind == FRAMING_LENGTH) {
        state = take_length(body, bytes, message, used);
    } else if (body->kind == FRAMING_CHUNKED) {
        state = take_chunked(body, bytes, message, used);
    } else {
        assert(body->kind == FRAMING_CLOSE);
        add_content(body, message, bytes);
        *used = bytes.len;
    }
    message->body_bytes += *used;
    return state;
}

enum body_state body_skip(struct body *body, uint64_t length, struct message *message)
{
    body_drop(body);
    if (body->kind == FRAMING_CHUNKED) {
        if (!chunked_skip(&body->chunked, length))
            return BODY_BROKEN;
        message->content_bytes += length;
        return BODY_MORE;
    }
    if (body->kind == FRAMING_CLOSE) {
        message->content_bytes += length;
        return BODY_MORE;
    }
    bool is_within = length <= body->left;
    uint64_t lost = is_within ? length : body->left;
    message->content_bytes += lost;
    body->left -= lost;
    if (!is_within)
        return BODY_BROKEN;
    return body->left ? BODY_MORE : BODY_DONE;
}

void body_park(struct body *body)
{
    hash_run(body);
}

void body_finish(struct body *body, struct message *message)
{
    if (body->is_sampled)
        sample_run(body, true);
    message->sampled_octets = body->sampled_octets;
    message->entropy = body->centibits;
    if (body->is_hashed && !body->stream) {
        message->digest = digest_of(body->run.at ? body->run : SLICE(""));
    } else if (body->is_hashed) {
        hash_run(body);
        message->digest = digest_stream_finish(body->stream);
    }
    body_drop(body);
}

void body_drop(struct body *body)
{
    digest_stream_free(body->stream);
    body->stream = NULL;
    sample_drop(body);
    body->run = SLICE_ABSENT;
    body->is_hashed = false;
}

uint64_t body_flaws(const struct body *body)
{
    uint64_t flaws = 0;
    if (body->kind != FRAMING_CHUNKED)
        return flaws;
    if (body->chunked.extension)
        flaws |= FLAW(CHUNK_EXTENSION);
    if (body->chunked.trailers)
        flaws |= FLAW(TRAILERS);
    if (body->chunked.bare_lf)
        flaws |= FLAW(BARE_LF);
    if (body->chunked.phase == CHUNKED_BROKEN)
        flaws |= FLAW(CHUNK_BROKEN);
    return flaws;
}
