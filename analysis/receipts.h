/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a client was sent of a URL other than whole representations: parts of one, transfers that
 * were cut, redirects and errors. (Whole ones are holdings: store.h.) Most clients never get any of
 * it, so a receipt is made when the first such thing comes; `resource.has_receipts` saves the
 * search. Bounded, the least recently used goes first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/freshness.h"
#include "analysis/octet_ranges.h"
#include "analysis/store.h"
#include "analysis/table.h"

/* The redirect or error that the client was given last. */
struct answer {
    uint16_t status;   /* 0: none */
    uint64_t sameness; /* hash of all that makes it equal to another */
    uint32_t run;      /* how often it was given in a row, each asked for after the one before */
    uint64_t exchange_id;
    int64_t arrived_ns;
    struct freshness freshness;
    struct partition partition;
    bool by_prefetch;
};

/* Parts of one representation, by its validator. */
struct parts {
    uint64_t validator; /* hash; 0: none yet */
    bool has_tag;       /* it is a strong entity tag, */
    int64_t modified;   /* and that Last-Modified stood beside it in the latest; else NO_DATE */
    struct octet_ranges ranges;
    uint64_t exchange_id; /* of the latest */
    int64_t arrived_ns;
    struct partition partition;
    bool by_prefetch;
};

struct receipt {
    struct entry entry;
    uint64_t client, resource; /* id; serial */
    struct parts parts;
    struct answer answer;
    struct tally errors;    /* accusations that wait for more of the same answer, or another */
    struct tally cuts;      /* and those of cut transfers, which a resumption would excuse */
    uint32_t part_requests; /* with Range */
    int64_t skipped_ns;     /* t_req0 of the latest that skipped the beginning; NEVER */
    uint32_t cut_by_server; /* transfers */
};

struct receipt_table;

/* `forget` is told before a tally with waiting accusations goes. */
struct receipt_table *receipt_table_new(void (*forget)(void *context, struct tally *tally),
                                        void *context, uint64_t cap);
void receipt_table_free(struct receipt_table *table); /* accepts NULL; tells nobody */

/* NULL where there is none. */
struct receipt *receipt_find(struct receipt_table *table, uint64_t client,
                             const struct resource *resource);
/* Made where there is none; may push another out. Valid until the next call. */
struct receipt *receipt_of(struct receipt_table *table, uint64_t client, struct resource *resource);

uint64_t receipt_table_evicted(const struct receipt_table *table);
