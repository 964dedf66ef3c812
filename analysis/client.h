/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Who is taken for one client (rules.md §0.1, A1, A2): an address, a hint at the principal behind
 * it (User-Agent, Authorization), and, where the address speaks for others, whom it names.
 * Remembers per address whether it ever spoke for others or was seen to be shared by several users;
 * bounded, the oldest forgotten first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/facts.h"
#include "base/arena.h"
#include "base/slice.h"

struct client {
    uint64_t id;         /* of the client; not seeded, so hash it again for tables. 0: nobody
                            can be told apart, client-side rules are off */
    uint64_t address_id; /* of the peer address alone: the intermediary as one shared cache,
                            where is_nobody; never 0 */
    struct slice key;    /* printable: address[@intermediary][#principal]; absent if id is 0 */
    struct slice forwarded_for; /* the first hop that the request names, as written, else the client
                                   of a PROXY preamble; absent if none */
    bool is_intermediary;       /* the peer address speaks for others */
    bool is_named;              /* and says for whom */
    bool is_nobody;             /* and does not: id is 0 */
    bool shared_address;        /* several users behind the address (A2): `possible` at most */
};

struct client_table;

/* `connections`: same_address_connections of the thresholds. `roles` may be NULL, else it outlives
 * the table: a client is never an intermediary, whatever its requests say, a proxy or CDN always.
 */
struct client_table *client_table_new(enum client_key mode, int64_t connections,
                                      const struct roles *roles);
void client_table_free(struct client_table *table); /* accepts NULL */

/* client_of() is going to be asked about this exchange: brings nearer what will be looked at, in
 * two steps with something else to do between them. The second is given what the first returned. */
uint64_t client_expect(const struct client_table *table, const struct exchange *x);
void client_expect_more(const struct client_table *table, uint64_t expected);

/* Who sent the request of this exchange; learns from it. Exchanges come in the order of analysis.
 * `host` (of the URL) may be absent. key lies in `arena`, forwarded_for there or in the exchange.
 */
struct client client_of(struct client_table *table, const struct facts *facts, struct slice host,
                        struct arena *arena);

/* The address was seen to ask for others, whether or not its requests say so. */
void client_note_intermediary(struct client_table *table, const struct address *address);

/* Addresses and watched hosts that a cap pushed out so far. */
struct client_counts {
    uint64_t addresses_evicted, hosts_evicted;
};
struct client_counts client_table_counts(const struct client_table *table);

/* The first hop that the request names, by Forwarded, X-Forwarded-For, True-Client-IP,
 * CF-Connecting-IP, X-Real-IP, X-Client-IP in this order; absent where none does. "unknown" is no
 * name, the obfuscated identifiers of Forwarded are. */
struct slice forwarded_for_of(const struct head *request);
