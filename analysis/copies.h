/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Bodies that a client got, by their octets: to tell when the same ones come from another path.
 * Only large enough bodies are looked up. Bounded, the least recently used goes first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "analysis/table.h"
#include "base/hash.h"

struct copy {
    struct entry entry;
    uint64_t client;
    struct digest body;
    uint64_t exchange_id; /* that brought it first; 0: it has just been made */
    int64_t arrived_ns;
    uint64_t path, authority; /* stable hashes of where it came from first */
    uint32_t urls;            /* with other paths, and the first one */
    struct partition partition;
    bool by_prefetch;
};

struct copy_table;

struct copy_table *copy_table_new(uint64_t cap);
void copy_table_free(struct copy_table *table); /* accepts NULL */

/* Made where there is none; may push another out. Valid until the next call. */
struct copy *copy_of(struct copy_table *table, uint64_t client, struct digest body);

uint64_t copy_table_evicted(const struct copy_table *table);
