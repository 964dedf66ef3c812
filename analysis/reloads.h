/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How often a client asks "changed?" because its user reloads: what RFC 8246 §1 calls hundreds of
 * conditional requests for nothing. Per client the latest of them are remembered, and when bursts
 * (a page with its parts) began. Bounded; the client that has not reloaded for longest is
 * forgotten.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/limits.h"
#include "analysis/table.h"

struct reload {
    int64_t at_ns;
    uint32_t octets; /* of the exchange */
};

struct reload_watch {
    struct entry entry;
    uint64_t client;
    uint32_t count, next; /* of the ring */
    struct reload ring[LIMIT_RELOADS];
    /* the burst that goes on, and when those before it began */
    int64_t latest_ns;
    uint32_t in_burst;
    int64_t bursts[LIMIT_RELOAD_BURSTS];
    uint32_t n_bursts;
};

/* A storm, as of one more reload. */
struct reload_storm {
    bool is_storm;
    uint32_t reloads, bursts; /* bursts: 0 where it is one by number alone */
    int64_t span_s;
    uint64_t octets; /* of these reloads */
};

struct reload_table;

struct reload_table *reload_table_new(void);
void reload_table_free(struct reload_table *table); /* accepts NULL */

/* Made where there is none. Valid until the next call. */
struct reload_watch *reload_watch_of(struct reload_table *table, uint64_t client);

/* What the watch will be with this reload. */
struct reload_storm reload_storm_with(const struct reload_watch *watch, struct reload reload,
                                      const struct thresholds *thresholds);
/* Takes it in. After a storm the count begins anew, so that each is told once. */
void reload_watch_add(struct reload_watch *watch, struct reload reload, bool was_storm);

/* Clients that were pushed out. */
uint64_t reload_table_evicted(const struct reload_table *table);
