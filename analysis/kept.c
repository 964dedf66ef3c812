/* SPDX-License-Identifier: MIT */
/*
 * One block: the two tables of fields, the struct without its zeros (base/sparse.h), the texts. In
 * the struct that is packed a slice has instead of its address its place among the texts, from 1:
 * the words of the start lines lie in the heads.
 */

#include "analysis/kept.h"

#include <stdbool.h>
#include <string.h>

#include "base/heap.h"
#include "base/sparse.h"

struct kept {
    uint32_t octets; /* of this block */
    uint32_t texts;  /* where they begin: the head of the request, of the response, other words */
    uint32_t request_head, response_head; /* octets of them */
    uint32_t n_fields;                    /* of both */
    struct field fields[];
};

enum { TEXTS = 5 };

static void texts_of(struct exchange *x, struct slice *texts[TEXTS])
{
    texts[0] = &x->request.head.bytes;
    texts[1] = &x->response.head.bytes;
    texts[2] = &x->method;
    texts[3] = &x->target;
    texts[4] = &x->reason;
}

static bool lies_in(struct slice s, struct slice head)
{
    return !slice_is_absent(head) && s.at >= head.at && s.at + s.len <= head.at + head.len;
}

/* Puts places for addresses. Returns how many octets the texts take. */
static size_t give_places(struct exchange *x)
{
    struct slice *texts[TEXTS];
    struct slice request = x->request.head.bytes, response = x->response.head.bytes;
    size_t octets = request.len + response.len;
    texts_of(x, texts);
    for (unsigned i = 0; i < TEXTS; i++) {
        struct slice *s = texts[i];
        size_t place = octets;
        if (slice_is_absent(*s))
            continue;
        if (lies_in(*s, request))
            place = (size_t)(s->at - request.at);
        else if (lies_in(*s, response))
            place = request.len + (size_t)(s->at - response.at);
        else
            octets += s->len;
        s->at = (const uint8_t *)(uintptr_t)(place + 1);
    }
    return octets;
}

/* Texts that several slices share are written once for each: the same octets. */
static void write_texts(uint8_t *at, const struct exchange *x, struct exchange *placed)
{
    struct exchange plain = *x;
    struct slice *from[TEXTS], *to[TEXTS];
    texts_of(&plain, from);
    texts_of(placed, to);
    for (unsigned i = 0; i < TEXTS; i++)
        if (from[i]->len)
            memcpy(at + (uintptr_t)to[i]->at - 1, from[i]->at, from[i]->len);
}

static size_t fields_size(const struct head *head)
{
    return head->n_fields * sizeof *head->fields;
}

struct kept *kept_new(const struct exchange *x)
{
    uint8_t packed[SPARSE_MOST(sizeof *x)];
    struct exchange placed = *x;
    placed.arena = (struct arena){0};
    placed.next = NULL;
    placed.request.head.fields = placed.response.head.fields = NULL;
    size_t texts = give_places(&placed);
    size_t sparse = sparse_pack(packed, &placed, sizeof placed);
    size_t q_fields = fields_size(&x->request.head), r_fields = fields_size(&x->response.head);
    size_t before = sizeof(struct kept) + q_fields + r_fields + sparse;

    struct kept *kept = heap_take(before + texts);
    *kept = (struct kept){
        .octets = (uint32_t)(before + texts),
        .texts = (uint32_t)before,
        .request_head = (uint32_t)x->request.head.bytes.len,
        .response_head = (uint32_t)x->response.head.bytes.len,
        .n_fields = x->request.head.n_fields + x->response.head.n_fields,
    };
    uint8_t *at = (uint8_t *)kept->fields;
    if (q_fields)
        memcpy(at, x->request.head.fields, q_fields);
    if (r_fields)
        memcpy(at + q_fields, x->response.head.fields, r_fields);
    memcpy(at + q_fields + r_fields, packed, sparse);
    write_texts((uint8_t *)kept + before, x, &placed);
    return kept;
}

void kept_free(struct kept *kept)
{
    if (kept)
        heap_give(kept, kept->octets);
}

size_t kept_octets(const struct kept *kept)
{
    return kept->octets;
}

static const uint8_t *texts_in(const struct kept *kept)
{
    return (const uint8_t *)kept + kept->texts;
}

struct slice kept_request_head(const struct kept *kept)
{
    return kept->request_head ? slice_of(texts_in(kept), kept->request_head) : SLICE_ABSENT;
}

struct slice kept_response_head(const struct kept *kept)
{
    return kept->response_head ? slice_of(texts_in(kept) + kept->request_head, kept->response_head)
                               : SLICE_ABSENT;
}

const struct exchange *kept_read(const struct kept *kept, struct arena *arena)
{
    struct exchange *x = arena_alloc(arena, sizeof *x);
    struct slice *texts[TEXTS];
    struct field *fields = (struct field *)(uintptr_t)kept->fields;
    sparse_unpack(x, sizeof *x, (const uint8_t *)(kept->fields + kept->n_fields));
    texts_of(x, texts);
    for (unsigned i = 0; i < TEXTS; i++)
        if (!slice_is_absent(*texts[i]))
            texts[i]->at = texts_in(kept) + ((uintptr_t)texts[i]->at - 1);
    x->request.head.fields = fields;
    x->response.head.fields = fields + x->request.head.n_fields;
    return x;
}
