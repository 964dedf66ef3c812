/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is remembered of a server's address: when something to or from it was lost (A10), whether it
 * has a clock and how far that is off, how long its 304s are, and, per kind of URL, which fields
 * its 304s carried lately (A9). Bounded; the least recently used address is forgotten, and what is
 * met again after that counts as tainted.
 *
 * Pointers stay valid until server_table_free(): an entry that was forgotten is given another key.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/estimates.h"
#include "analysis/limits.h"
#include "analysis/table.h"
#include "decode/exchange.h"

#define NEVER INT64_MIN /* for times in ns that have not been */

struct interval {
    int64_t from_ns, until_ns;
};

/* The six fields that a 304 must have where the 200 has them (RFC 9110 §15.4.5): numbers of bits.
 */
enum due_field {
    DUE_CACHE_CONTROL,
    DUE_CONTENT_LOCATION,
    DUE_DATE,
    DUE_ETAG,
    DUE_EXPIRES,
    DUE_VARY,
    DUE_FIELDS
};

struct server {
    struct entry entry;
    struct address address;
    struct interval losses[LIMIT_LOSSES]; /* apart from each other, in order of time */
    uint32_t n_losses;
    int64_t date_seen_ns;  /* t_rsp0 of the latest response with a Date; NEVER */
    struct median sizes;   /* header octets of its 304s */
    struct median skew_ms; /* t_rsp0 - Date - 0.5 s of responses without Age */
    /* tags that changed over the same octets: at how many URLs in the last minutes */
    int64_t deploy_from_ns;
    uint32_t deploy_urls;
};

/* What the 304s of one server for one pattern of URLs carried. */
struct habit {
    struct entry entry;
    uint64_t server; /* entry.hash of it: the struct may come to hold another */
    uint64_t pattern;
    int64_t carried_ns[DUE_FIELDS];     /* t_rsp0 of the latest 304 with the field; NEVER */
    struct median ms_to_304, ms_to_200; /* from the request's last octet to the response's first */
};

/* It is going to be looked at: brings its lines nearer. */
static inline void habit_expect(const struct habit *habit)
{
    for (size_t line = 0; line < sizeof *habit; line += 64)
        __builtin_prefetch((const char *)habit + line, 1);
}

/* Sizes of the 304s of one server for one kind of URL. */
struct family {
    struct entry entry;
    uint64_t server, kind;
    struct median sizes;
};

struct server_table;

struct server_table *server_table_new(void);
void server_table_free(struct server_table *table); /* accepts NULL */

/* Never NULL; a new one may push the oldest out. `now_ns`: the capture clock. */
struct server *server_of(struct server_table *table, const struct address *address, int64_t now_ns);
/* NULL where it is not known. */
const struct server *server_find(const struct server_table *table, const struct address *address);
/* `last`: what the caller got last for this pattern or kind, or NULL; saves the search. */
struct habit *habit_of(struct server_table *table, const struct server *server, uint64_t pattern,
                       struct habit *last);
struct family *family_of(struct server_table *table, const struct server *server, uint64_t kind,
                         struct family *last);

/* Nobody's address: holds the losses of all servers, for what may have come from any of them. */
struct server *server_anywhere(struct server_table *table);

/* Something was lost in that time. */
void server_add_loss(struct server *server, int64_t from_ns, int64_t until_ns);
/* Was anything lost that touches that time? */
bool server_lost(const struct server *server, int64_t from_ns, int64_t until_ns);

/* How far its clock is ahead of the capture's (negative: behind), in s; 0 where it is not known
 * well enough (fewer than 5 responses) or not worth minding (2 s). */
int64_t server_skew_s(const struct server *server);
/* How far it, or what is behind it, may be behind the capture's clock, in s: one response without
 * Age is enough to excuse. */
int64_t server_may_lag_s(const struct server *server);

struct server_counts {
    uint64_t servers_evicted, habits_evicted, families_evicted, losses_joined;
};
struct server_counts server_table_counts(const struct server_table *table);
