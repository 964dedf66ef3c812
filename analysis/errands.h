/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Connections that carried nothing but one or two 304s, until they are over: what a connection
 * itself cost is only known then. Kept from the first exchange on, given up as soon as another
 * kind of answer comes. Bounded, the oldest goes first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/table.h"
#include "decode/exchange.h"

#define ERRAND_EXCHANGES 2 /* with more of them the connection was worth its while */

struct errand {
    struct entry entry;
    uint64_t connection;
    uint64_t exchange_id; /* of the first 304 */
    int64_t found_ns;     /* when the latest was finished */
    uint32_t exchanges;
    uint64_t octets; /* of HTTP: heads and bodies, both directions */
};

struct errand_table;

struct errand_table *errand_table_new(uint64_t cap);
void errand_table_free(struct errand_table *table); /* accepts NULL */

/* An exchange of some connection was finished, and has that id. */
void errand_note(struct errand_table *table, const struct exchange *x, uint64_t id);
/* The connection is over: false where it was no errand; else it is *errand's last. */
bool errand_take(struct errand_table *table, uint64_t connection, struct errand *errand);

uint64_t errand_table_evicted(const struct errand_table *table);
