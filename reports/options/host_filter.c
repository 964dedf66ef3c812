/* SPDX-License-Identifier: MIT */
/*
 * The host of a request is the authority of an absolute target, else the Host field (RFC 9112
 * §3.2.2), without its port. What was left out is kept per connection until decode tells that it is
 * over, in a table with linear probing, bounded by the connections that decode keeps open.
 */

#include "reports/options/host_filter.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "reports/options/values.h"

struct left_out {
    uint64_t connection_id; /* 0: free */
    uint64_t wire_bytes, retransmitted_bytes;
    uint32_t exchanges;
};

struct host_filter {
    struct globs wanted, left_out;
    struct left_out *table; /* a power of two, at most half full */
    size_t size, used;
};

struct host_filter *host_filter_new(struct globs wanted, struct globs left_out)
{
    struct host_filter *filter = xcalloc(1, sizeof *filter);
    *filter = (struct host_filter){.wanted = wanted, .left_out = left_out, .size = 64};
    filter->table = xcalloc(filter->size, sizeof *filter->table);
    return filter;
}

void host_filter_free(struct host_filter *filter)
{
    if (!filter)
        return;
    free(filter->table);
    free(filter);
}

static bool any_matches(const struct globs *globs, struct slice text)
{
    for (size_t i = 0; i < globs->n; i++)
        if (glob_matches(globs->items[i], text))
            return true;
    return false;
}

/* "user@host:port" and "[v6]:port" to the host alone. */
static struct slice host_of_authority(struct slice authority)
{
    size_t at = slice_find(authority, '@');
    if (at < authority.len)
        authority = slice_from(authority, at + 1);
    if (authority.len && authority.at[0] == '[')
        return slice_first(slice_from(authority, 1), slice_find(authority, ']') - 1);
    return slice_first(authority, slice_find(authority, ':'));
}

/* The authority of "http://host/path", absent where the target is no absolute form: a "://" further
 * on, in a query, is none. */
static struct slice authority_of_target(struct slice target)
{
    size_t scheme = 0;
    while (scheme < target.len && octet_is_alpha(target.at[scheme]))
        scheme++;
    if (scheme == 0 || !slice_starts_with(slice_from(target, scheme), SLICE("://")))
        return SLICE_ABSENT;
    struct slice rest = slice_from(target, scheme + 3);
    return slice_first(rest, slice_find(rest, '/'));
}

static struct slice host_of(const struct exchange *x)
{
    struct slice authority = authority_of_target(x->target);
    if (slice_is_absent(authority) && x->method_token == METHOD_CONNECT)
        authority = x->target;
    if (slice_is_absent(authority))
        authority = slice_trim(head_first(&x->request.head, FIELD_HOST));
    return host_of_authority(authority);
}

static bool concerns(const struct globs *globs, const struct exchange *x)
{
    char text[46];
    return any_matches(globs, host_of(x)) ||
           any_matches(globs, slice_of_text(address_text(&x->connection.server, text))) ||
           any_matches(globs, slice_of_text(address_text(&x->connection.client, text)));
}

static bool passes(const struct host_filter *filter, const struct exchange *x)
{
    return (filter->wanted.n == 0 || concerns(&filter->wanted, x)) &&
           (filter->left_out.n == 0 || !concerns(&filter->left_out, x));
}

/* The connection's entry, or the free one where it belongs. */
static struct left_out *entry_of(const struct host_filter *filter, uint64_t id)
{
    size_t at = hash_mix(id, 0) & (filter->size - 1);
    while (filter->table[at].connection_id != 0 && filter->table[at].connection_id != id)
        at = (at + 1) & (filter->size - 1);
    return &filter->table[at];
}

static void grow(struct host_filter *filter)
{
    struct left_out *old = filter->table;
    size_t old_size = filter->size;
    filter->size *= 2;
    filter->table = xcalloc(filter->size, sizeof *filter->table);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].connection_id)
            *entry_of(filter, old[i].connection_id) = old[i];
    free(old);
}

/* Frees an entry and moves up those that had to step past it. */
static void remove_entry(struct host_filter *filter, struct left_out *entry)
{
    size_t at = (size_t)(entry - filter->table);
    filter->table[at].connection_id = 0;
    filter->used--;
    for (;;) {
        at = (at + 1) & (filter->size - 1);
        struct left_out moved = filter->table[at];
        if (moved.connection_id == 0)
            return;
        filter->table[at].connection_id = 0;
        *entry_of(filter, moved.connection_id) = moved;
    }
}

bool host_filter_exchange(struct host_filter *filter, const struct exchange *exchange)
{
    if (passes(filter, exchange))
        return true;
    if (2 * (filter->used + 1) > filter->size)
        grow(filter);
    struct left_out *entry = entry_of(filter, exchange->connection.id);
    if (entry->connection_id == 0) {
        *entry = (struct left_out){.connection_id = exchange->connection.id};
        filter->used++;
    }
    entry->wire_bytes += exchange->wire_bytes;
    entry->retransmitted_bytes += exchange->retransmitted_bytes;
    entry->exchanges++;
    return false;
}

bool host_filter_connection(struct host_filter *filter, struct connection *connection)
{
    struct left_out *entry = entry_of(filter, connection->facts.id);
    if (entry->connection_id == 0)
        return connection->exchanges > 0;
    connection->overhead_bytes += entry->wire_bytes;
    connection->retransmitted_bytes += entry->retransmitted_bytes;
    connection->exchanges -=
        entry->exchanges < connection->exchanges ? entry->exchanges : connection->exchanges;
    remove_entry(filter, entry);
    return connection->exchanges > 0;
}
