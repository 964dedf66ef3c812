/* SPDX-License-Identifier: MIT */
/*
 * A ring may be large, and a finding rests on little of it: only the files from the one before the
 * first wanted exchange (a connection is met in the middle better there than in the middle of what
 * is wanted) up to the one that begins after the last one's end are read.
 */

#include "reports/evidence/ring.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/capture.h"
#include "reports/reports.h"

#define AFTERWARDS_NS INT64_C(1000000000) /* what ends a connection may come a little later */

bool evidence_has_ring(struct audit *audit)
{
    struct query query = query_begin(audit, "SELECT 1 FROM input WHERE id >= ? LIMIT 1");
    query_bind(&query, 1, DATABASE_RING_INPUT);
    bool has = query_next(&query);
    query_end(&query);
    return has;
}

void evidence_ring_files(struct evidence_plan *plan, struct audit *audit)
{
    size_t room = 0;
    struct query query = query_begin(audit, "SELECT name FROM input WHERE id >= ? ORDER BY name");
    query_bind(&query, 1, DATABASE_RING_INPUT);
    while (query_next(&query)) {
        const char *name = query_word(&query, 0);
        if (access(name, F_OK) != 0)
            continue;
        if (plan->n_files == room) {
            room = room ? room * 2 : 32;
            plan->files = xrealloc(plan->files, room * sizeof *plan->files);
        }
        plan->files[plan->n_files++] = xstrdup(name);
    }
    query_end(&query);
    plan->sizes = xcalloc(plan->n_files + 1, sizeof *plan->sizes);
    plan->is_ring = true;
}

static bool is_there(const struct evidence_plan *plan, const struct spot *spot)
{
    return spot->frame == 0 || spot->input < plan->n_files;
}

/* Those whose packets have gone leave the plan. */
static void drop_gone(struct evidence_plan *plan)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < plan->n_wanted; i++) {
        const struct wanted *w = &plan->wanted[i];
        if (is_there(plan, &w->request) && is_there(plan, &w->response))
            plan->wanted[kept++] = *w;
        else
            plan->n_gone++;
    }
    plan->n_wanted = kept;
}

static void widen(const struct spot *spot, size_t *low, size_t *high)
{
    if (spot->frame == 0)
        return;
    *low = spot->input < *low ? spot->input : *low;
    *high = spot->input > *high ? spot->input : *high;
}

/* Does the file begin before that time? */
static bool begins_before(const char *name, int64_t time_ns)
{
    struct error ignored;
    const struct source_options all = SOURCE_EVERYTHING;
    struct source *source = source_open(&name, 1, &all, &ignored);
    bool does = source && source_first_ns(source) <= time_ns;
    source_close(source);
    return does;
}

static void keep_files(struct evidence_plan *plan, size_t low, size_t high)
{
    for (size_t i = 0; i < plan->n_files; i++)
        if (i < low || i > high)
            free(plan->files[i]);
    memmove(plan->files, plan->files + low, (high - low + 1) * sizeof *plan->files);
    plan->n_files = high - low + 1;
    for (unsigned i = 0; i < plan->n_wanted; i++) {
        plan->wanted[i].request.input -= (uint32_t)low;
        plan->wanted[i].response.input -= (uint32_t)low;
    }
}

bool evidence_ring_narrow(struct evidence_plan *plan, struct error *error)
{
    size_t low = SIZE_MAX, high = 0;
    int64_t end_ns = 0;
    drop_gone(plan);
    if (plan->n_wanted == 0 || strcmp(plan->wanted[0].role, "accused") != 0)
        return error_set(error, ERROR_INPUT,
                         "the packets of finding %llu have left the ring of packets: it keeps the "
                         "latest, as many as --packets-max allows",
                         (unsigned long long)plan->finding);
    for (unsigned i = 0; i < plan->n_wanted; i++) {
        widen(&plan->wanted[i].request, &low, &high);
        widen(&plan->wanted[i].response, &low, &high);
        if (plan->wanted[i].end_us * 1000 > end_ns)
            end_ns = plan->wanted[i].end_us * 1000;
    }
    while (high + 1 < plan->n_files && begins_before(plan->files[high + 1], end_ns + AFTERWARDS_NS))
        high++;
    keep_files(plan, low > 0 ? low - 1 : 0, high);
    return true;
}
