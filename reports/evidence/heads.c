/* SPDX-License-Identifier: MIT */
/*
 * Whatever is not known to be a head is taken for a body: heads that were not seen whole, interim
 * responses, trailers and chunk framing go with the bodies.
 */

#include "reports/evidence/heads.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void heads_note(struct heads_seen *heads, const struct message *message)
{
    const struct slice head = message->head.bytes;
    if (!message->seen || head.len == 0)
        return;
    if (heads->n == heads->room) {
        heads->room = heads->room ? heads->room * 2 : 16;
        heads->heads = xrealloc(heads->heads, heads->room * sizeof *heads->heads);
    }
    uint8_t *copy = xmalloc(head.len);
    memcpy(copy, head.at, head.len);
    heads->heads[heads->n++] =
        (struct head_seen){message->first.ordinal, copy, head.len, message->body_bytes};
}

/* Those of one packet stay in the order in which they were told. */
static int by_ordinal(const void *left, const void *right)
{
    const struct head_seen *a = left, *b = right;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

void heads_sort(struct heads_seen *heads)
{
    if (heads->n)
        qsort(heads->heads, heads->n, sizeof *heads->heads, by_ordinal);
}

void heads_free(struct heads_seen *heads)
{
    for (size_t i = 0; i < heads->n; i++)
        free(heads->heads[i].octets);
    free(heads->heads);
    *heads = (struct heads_seen){0};
}

/* Line breaks of obsolete folding have become spaces in the head (decode/fields.h). */
static bool is_there(const struct head_seen *head, struct slice stream, size_t at)
{
    if (stream.len - at < head->len)
        return false;
    for (size_t i = 0; i < head->len; i++) {
        uint8_t c = stream.at[at + i], h = head->octets[i];
        if (c != h && !(h == ' ' && (c == '\r' || c == '\n')))
            return false;
    }
    return true;
}

static size_t first_of(const struct heads_seen *heads, uint64_t ordinal)
{
    size_t low = 0, high = heads->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (heads->heads[middle].ordinal < ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where a head begins that no other one was found at; `to`: nowhere. */
static size_t place_of(const struct head_seen *head, struct slice stream, size_t from, size_t to,
                       const uint8_t *keep)
{
    size_t at = from;
    while (at < to && (keep[at] || stream.at[at] != head->octets[0] || !is_there(head, stream, at)))
        at++;
    return at;
}

size_t heads_places(const struct heads_seen *heads, uint64_t ordinal, struct slice stream,
                    size_t from, size_t to, uint8_t *keep, struct head_place *places, size_t room)
{
    size_t n = 0;
    for (size_t i = first_of(heads, ordinal); i < heads->n; i++) {
        const struct head_seen *head = &heads->heads[i];
        if (head->ordinal != ordinal)
            break;
        size_t at = place_of(head, stream, from, to, keep);
        if (at == to)
            continue;
        memset(keep + at, 1, head->len);
        if (places && n < room)
            places[n++] = (struct head_place){at, head->len, head->body};
    }
    return n;
}
