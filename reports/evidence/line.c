/* SPDX-License-Identifier: MIT */
/* Connections as the first pass notes them. */

#include "reports/evidence/line.h"

#include <stdlib.h>

#include "base/alloc.h"

static void *room_for_one(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    return xrealloc(array, *room * size);
}

void line_add_piece(struct line *line, const struct piece *piece)
{
    line->pieces =
        room_for_one(line->pieces, line->n_pieces, &line->room_pieces, sizeof *line->pieces);
    line->pieces[line->n_pieces++] = *piece;
}

void line_add_span(struct line *line, const struct span *span)
{
    line->spans = room_for_one(line->spans, line->n_spans, &line->room_spans, sizeof *line->spans);
    line->spans[line->n_spans++] = *span;
}

static int by_first(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

void line_set_bounds(struct line *line)
{
    size_t first = SIZE_MAX, last = 0;
    qsort(line->spans, line->n_spans, sizeof *line->spans, by_first);
    for (size_t i = 0; i < line->n_spans; i++)
        if (line->spans[i].wanted) {
            first = first == SIZE_MAX ? i : first;
            last = i;
        }
    if (first == SIZE_MAX) {
        line->from = 1;
        line->until = 0;
        return;
    }
    line->from = first == 0 ? 0 : line->spans[first].first;
    line->until = last + 1 == line->n_spans ? UINT64_MAX
                  : line->spans[last + 1].first > line->spans[last].last
                      ? line->spans[last + 1].first - 1
                      : line->spans[last].last;
}

struct piece *line_piece_of(const struct line *line, uint64_t ordinal)
{
    if (!line_wants(line, ordinal))
        return NULL;
    size_t low = 0, high = line->n_pieces;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (line->pieces[middle].ordinal < ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    return low < line->n_pieces && line->pieces[low].ordinal == ordinal ? &line->pieces[low] : NULL;
}

void line_free(struct line *line)
{
    free(line->pieces);
    free(line->spans);
    heads_free(&line->heads);
}
