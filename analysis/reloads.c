/* SPDX-License-Identifier: MIT */
/*
 * Two ways to be a storm: so many reloads within so many seconds, or so many bursts. A burst is
 * three or more reloads, each within two seconds of the one before.
 */

#include "analysis/reloads.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/server.h"
#include "base/alloc.h"
#include "base/hash.h"

#define NS_PER_S INT64_C(1000000000)

enum { BURST_LEAST = 3, BURST_GAP_S = 2 };

struct reload_table {
    struct table watches;
    uint64_t evicted;
};

struct reload_table *reload_table_new(void)
{
    struct reload_table *table = xcalloc(1, sizeof *table);
    table_init(&table->watches);
    table_set_cap(&table->watches, LIMIT_RELOADERS);
    return table;
}

void reload_table_free(struct reload_table *table)
{
    if (!table)
        return;
    while (table->watches.oldest) {
        struct entry *e = table->watches.oldest;
        table_remove(&table->watches, e);
        free(ENTRY_OF(struct reload_watch, entry, e));
    }
    table_fini(&table->watches);
    free(table);
}

struct reload_watch *reload_watch_of(struct reload_table *table, uint64_t client)
{
    uint64_t hash = hash64(slice_of(&client, sizeof client));
    for (struct entry *e = table_find(&table->watches, hash); e; e = entry_again(e)) {
        struct reload_watch *watch = ENTRY_OF(struct reload_watch, entry, e);
        if (watch->client != client)
            continue;
        table_touch(&table->watches, e);
        return watch;
    }
    struct reload_watch *watch;
    if (table->watches.count < LIMIT_RELOADERS) {
        watch = xmalloc(sizeof *watch);
    } else {
        struct entry *oldest = table->watches.oldest;
        table_remove(&table->watches, oldest);
        watch = ENTRY_OF(struct reload_watch, entry, oldest);
        table->evicted++;
    }
    memset(watch, 0, sizeof *watch);
    watch->client = client;
    watch->latest_ns = NEVER;
    table_add(&table->watches, &watch->entry, hash);
    return watch;
}

/* The i-th latest of the ring. */
static const struct reload *latest(const struct reload_watch *watch, uint32_t i)
{
    return &watch->ring[(watch->next + LIMIT_RELOADS - 1 - i) % LIMIT_RELOADS];
}

/* Reloads since then, and their octets. */
static void count_since(const struct reload_watch *watch, int64_t from_ns,
                        struct reload_storm *storm)
{
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct reload *r = latest(watch, i);
        if (r->at_ns < from_ns)
            continue; /* exchanges do not end in the order in which they began */
        storm->reloads++;
        storm->octets += r->octets;
    }
}

static bool goes_on(const struct reload_watch *watch, int64_t at_ns)
{
    return watch->latest_ns != NEVER && at_ns - watch->latest_ns <= BURST_GAP_S * NS_PER_S;
}

/* Bursts since then that are bursts already, if this reload makes the present one such. */
static uint32_t bursts_since(const struct reload_watch *watch, struct reload reload,
                             int64_t from_ns)
{
    if (!goes_on(watch, reload.at_ns) || watch->in_burst + 1 != BURST_LEAST)
        return 0;
    uint32_t bursts = 1;
    for (uint32_t i = 0; i < watch->n_bursts; i++)
        bursts += watch->bursts[i] >= from_ns;
    return bursts;
}

struct reload_storm reload_storm_with(const struct reload_watch *watch, struct reload reload,
                                      const struct thresholds *thresholds)
{
    struct reload_storm storm = {.reloads = 1, .octets = reload.octets};
    storm.span_s = thresholds->reload_storm_s;
    count_since(watch, reload.at_ns - storm.span_s * NS_PER_S, &storm);
    if (storm.reloads >= thresholds->reload_storm) {
        storm.is_storm = true;
        return storm;
    }
    int64_t from_ns = reload.at_ns - thresholds->reload_bursts_s * NS_PER_S;
    uint32_t bursts = bursts_since(watch, reload, from_ns);
    if (bursts < thresholds->reload_bursts)
        return (struct reload_storm){0};
    storm = (struct reload_storm){.is_storm = true, .reloads = 1, .octets = reload.octets};
    storm.bursts = bursts;
    storm.span_s = thresholds->reload_bursts_s;
    count_since(watch, from_ns, &storm);
    return storm;
}

/* Remembers when a burst reached the size of one. */
static void end_of_beginning(struct reload_watch *watch, int64_t at_ns)
{
    if (watch->n_bursts == LIMIT_RELOAD_BURSTS) {
        memmove(&watch->bursts[0], &watch->bursts[1],
                (LIMIT_RELOAD_BURSTS - 1) * sizeof watch->bursts[0]);
        watch->n_bursts--;
    }
    watch->bursts[watch->n_bursts++] = at_ns;
}

void reload_watch_add(struct reload_watch *watch, struct reload reload, bool was_storm)
{
    if (!goes_on(watch, reload.at_ns))
        watch->in_burst = 0;
    if (++watch->in_burst == BURST_LEAST)
        end_of_beginning(watch, reload.at_ns);
    if (reload.at_ns > watch->latest_ns)
        watch->latest_ns = reload.at_ns;
    if (was_storm) {
        watch->count = 0;
        watch->n_bursts = 0;
        return;
    }
    watch->ring[watch->next] = reload;
    watch->next = (watch->next + 1) % LIMIT_RELOADS;
    if (watch->count < LIMIT_RELOADS)
        watch->count++;
}

uint64_t reload_table_evicted(const struct reload_table *table)
{
    return table->evicted;
}
