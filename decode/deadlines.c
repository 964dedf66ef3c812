/* SPDX-License-Identifier: MIT */
/* A binary heap of deadlines; of equal ones the older flow comes first, so that the order is the
 * same in every run. */

#include "decode/deadlines.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/pool.h"

void deadlines_fini(struct deadlines *deadlines)
{
    free(deadlines->heap);
}

static bool sooner(const struct deadline *a, const struct deadline *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->flow_id < b->flow_id;
}

static void push(struct deadlines *deadlines, struct deadline deadline)
{
    if (deadlines->count == deadlines->room) {
        deadlines->room = deadlines->room ? deadlines->room * 2 : 16;
        deadlines->heap = xrealloc(deadlines->heap, deadlines->room * sizeof *deadlines->heap);
    }
    struct deadline *heap = deadlines->heap;
    uint32_t at = deadlines->count++;
    for (; at > 0 && sooner(&deadline, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = deadline;
}

static struct deadline pop(struct deadlines *deadlines)
{
    struct deadline *heap = deadlines->heap, top = heap[0], last = heap[--deadlines->count];
    uint32_t at = 0, count = deadlines->count;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!sooner(&heap[child], &last))
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

void deadlines_set(struct deadlines *deadlines, struct flow *flow, int64_t due_ns)
{
    if (due_ns >= flow->due_ns)
        return;
    flow->due_ns = due_ns;
    push(deadlines, (struct deadline){due_ns, flow->first_ordinal, flow->index});
}

static bool is_due(const struct deadlines *deadlines, int64_t clock_ns)
{
    return deadlines->count && deadlines->heap[0].due_ns <= clock_ns;
}

/* Nobody has looked at these flows for long: their memory is asked for before any of it is read. */
static size_t take_some(struct deadlines *deadlines, const struct flow_table *flows,
                        int64_t clock_ns, struct flow *due[DEADLINES_TAKEN])
{
    struct deadline taken[DEADLINES_TAKEN];
    size_t n = 0, n_due = 0;
    while (n < DEADLINES_TAKEN && is_due(deadlines, clock_ns)) {
        taken[n] = pop(deadlines);
        expect_lines(flow_at(flows, taken[n++].flow), sizeof(struct flow));
    }
    for (size_t i = 0; i < n; i++) {
        struct flow *flow = flow_at(flows, taken[i].flow);
        if (flow->first_ordinal != taken[i].flow_id || flow->due_ns != taken[i].due_ns)
            continue;
        flow->due_ns = INT64_MAX;
        due[n_due++] = flow;
    }
    return n_due;
}

size_t deadlines_take(struct deadlines *deadlines, const struct flow_table *flows, int64_t clock_ns,
                      struct flow *due[DEADLINES_TAKEN])
{
    size_t n = 0;
    while (n == 0 && is_due(deadlines, clock_ns))
        n = take_some(deadlines, flows, clock_ns, due);
    return n;
}
