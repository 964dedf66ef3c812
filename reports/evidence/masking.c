/* SPDX-License-Identifier: MIT */
/* Each direction is put together again from the pieces that were copied, masked as heads are, and
 * given back to the packets. */

#include "reports/evidence/masking.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/privacy/letters.h"

static int by_sequence(const void *left, const void *right)
{
    const struct piece *a = *(struct piece *const *)left, *b = *(struct piece *const *)right;
    int32_t distance = (int32_t)(a->sequence - b->sequence);
    return distance ? (distance > 0) - (distance < 0)
                    : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* What of a piece is no head: its end is left out, what stands before a head becomes letters that
 * are the same for the same octets. */
static void cut_piece(struct masking *m, struct piece *piece, uint8_t *octets, const uint8_t *keep)
{
    uint32_t end = piece->len;
    while (end && !keep[end - 1])
        end--;
    piece->keep = end;
    m->left_out += piece->len - end;
    for (uint32_t i = 0; i < end;) {
        uint32_t from = i;
        while (i < end && !keep[i])
            i++;
        if (i > from) {
            letters_write(m->pseudonyms, slice_of(octets + from, i - from), octets + from);
            m->left_out += i - from;
        }
        i += i == from;
    }
}

static void cut_run(struct masking *m, const struct line *line, struct piece **pieces, size_t n,
                    uint8_t *stream, size_t len)
{
    uint8_t *keep = xcalloc(len + 1, 1);
    for (size_t i = 0; i < n; i++) {
        size_t from = (uint32_t)(pieces[i]->sequence - pieces[0]->sequence);
        (void)heads_places(&line->heads, pieces[i]->ordinal, slice_of(stream, len), from,
                           from + pieces[i]->len, keep, NULL, 0);
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = (uint32_t)(pieces[i]->sequence - pieces[0]->sequence);
        cut_piece(m, pieces[i], stream + from, keep + from);
    }
    free(keep);
}

/* The octets of pieces[0..n) side by side, masked, and back. They overlap or touch each other. */
static void mask_run(struct masking *m, const struct line *line, struct piece **pieces, size_t n,
                     size_t len)
{
    uint32_t base = pieces[0]->sequence;
    uint8_t *stream = xmalloc(len + 1);
    memset(stream, 0, len);
    for (size_t i = 0; i < n; i++)
        memcpy(stream + (uint32_t)(pieces[i]->sequence - base), pieces[i]->copy + pieces[i]->offset,
               pieces[i]->len);
    if (m->heads_only)
        cut_run(m, line, pieces, n, stream, len);
    if (!m->with_credentials)
        letters_for_credentials(m->pseudonyms, stream, len);
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = pieces[i]->copy + pieces[i]->offset;
        const uint8_t *from = stream + (uint32_t)(pieces[i]->sequence - base);
        if (memcmp(to, from, pieces[i]->len) != 0)
            m->packets++;
        memcpy(to, from, pieces[i]->len);
    }
    free(stream);
}

/* The pieces of a direction that were copied, in the order of the stream; to be freed. */
static struct piece **pieces_of(struct line *line, unsigned sender, size_t *n)
{
    struct piece **sorted = xmalloc((line->n_pieces + 1) * sizeof *sorted);
    *n = 0;
    for (size_t i = 0; i < line->n_pieces; i++) {
        struct piece *p = &line->pieces[i];
        if (p->copy && p->len && p->sender == sender && p->offset != SIZE_MAX)
            sorted[(*n)++] = p;
    }
    if (*n)
        qsort(sorted, *n, sizeof *sorted, by_sequence);
    return sorted;
}

static void mask_direction(struct masking *m, struct line *line, unsigned sender)
{
    size_t n;
    struct piece **sorted = pieces_of(line, sender, &n);
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        uint32_t len = sorted[from]->len;
        while (to < n && sorted[to]->sequence - sorted[from]->sequence <= len) {
            uint32_t end = sorted[to]->sequence - sorted[from]->sequence + sorted[to]->len;
            len = end > len ? end : len;
            to++;
        }
        mask_run(m, line, sorted + from, to - from, len);
        from = to;
    }
    free(sorted);
}

void mask_line(struct masking *m, struct line *line)
{
    if (m->with_credentials && !m->heads_only)
        return;
    heads_sort(&line->heads);
    mask_direction(m, line, 0);
    mask_direction(m, line, 1);
}
