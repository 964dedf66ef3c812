/* SPDX-License-Identifier: MIT */
/*
 * Telling clients apart (rules.md §0.1, §0.5 A1, A2). Two bounded tables: addresses, with whether
 * they speak for others and which signs of several users they have shown; and pairs of address and
 * host that are watched for cookies and for connections at the same time. What a table forgets
 * makes a client look less shared than it is, so evictions are counted.
 */

#include "analysis/client.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/limits.h"
#include "analysis/table.h"
#include "base/alloc.h"
#include "base/attributes.h"
#include "base/heap.h"

/* Two of these within a minute, and an address is shared (A2). */
enum sharing_sign { SIGN_COOKIES, SIGN_CONNECTIONS, SIGN_TTLS, SHARING_SIGNS };

#define NEVER INT64_MIN

struct address_entry {
    struct entry entry;           /* hash: the key, which is its own identity */
    int64_t signs[SHARING_SIGNS]; /* when last shown; NEVER */
    uint64_t ttl : 8;             /* initial TTL class last seen; 0: none */
    uint64_t ttl_us : 54;         /* and when, see ttl_ns() */
    bool speaks_for_others : 1;
    bool is_shared : 1;
};
_Static_assert(sizeof(struct address_entry) <= 64, "one cache line: every exchange looks at one");

/* A connection as far as its exchanges show it. */
struct span {
    uint64_t connection;
    int64_t first_ns, last_ns;
};

#define FEW_SPANS 5 /* as many as most have, and three cache lines hold */

struct host_entry {
    struct entry entry;
    uint64_t cookie; /* hash last seen, at cookie_ns */
    int64_t cookie_ns;
    unsigned n_spans;
    struct span *spans; /* `few`, or room for one more than the threshold */
    struct span few[FEW_SPANS];
};
_Static_assert(sizeof(struct host_entry) <= 192, "three cache lines");

struct client_table {
    enum client_key mode;
    const struct roles *roles;
    unsigned most_connections; /* more at once are a sign; 0: not looked at */
    struct table addresses, hosts;
    struct client_counts counts;
};

struct client_table *client_table_new(enum client_key mode, int64_t connections,
                                      const struct roles *roles)
{
    struct client_table *table = xcalloc(1, sizeof *table);
    table->mode = mode;
    table->roles = roles && roles->n ? roles : NULL;
    if (connections < LIMIT_CLIENT_CONNECTIONS)
        table->most_connections = (unsigned)connections;
    table_init(&table->addresses);
    table_set_cap(&table->addresses, LIMIT_CLIENT_ADDRESSES);
    table_init(&table->hosts);
    table_set_cap(&table->hosts, LIMIT_CLIENT_HOSTS);
    return table;
}

static size_t spans_size(const struct client_table *table)
{
    return (table->most_connections + 1) * sizeof(struct span);
}

static void spans_give(const struct client_table *table, struct host_entry *host)
{
    if (host->spans != host->few)
        heap_give(host->spans, spans_size(table));
}

void client_table_free(struct client_table *table)
{
    if (!table)
        return;
    while (table->addresses.oldest) {
        struct entry *entry = table->addresses.oldest;
        table_remove(&table->addresses, entry);
        heap_give(ENTRY_OF(struct address_entry, entry, entry), sizeof(struct address_entry));
    }
    while (table->hosts.oldest) {
        struct entry *entry = table->hosts.oldest;
        table_remove(&table->hosts, entry);
        spans_give(table, ENTRY_OF(struct host_entry, entry, entry));
        heap_give(ENTRY_OF(struct host_entry, entry, entry), sizeof(struct host_entry));
    }
    table_fini(&table->addresses);
    table_fini(&table->hosts);
    free(table);
}

struct client_counts client_table_counts(const struct client_table *table)
{
    return table->counts;
}

/* ---- names ---- */

/* for= of the first element of Forwarded (RFC 7239 §4), without quotes. */
static struct slice forwarded_for(struct slice value)
{
    bool quoted = false;
    size_t end = 0;
    while (end < value.len && (quoted || value.at[end] != ','))
        quoted ^= value.at[end++] == '"';
    struct slice element = slice_first(value, end);
    while (!slice_is_absent(element)) {
        struct slice pair = slice_trim(slice_cut(&element, ';'));
        if (!slice_starts_with_nocase(pair, SLICE("for=")))
            continue;
        struct slice name = slice_from(pair, 4);
        if (name.len >= 2 && name.at[0] == '"' && name.at[name.len - 1] == '"')
            name = slice_first(slice_from(name, 1), name.len - 2);
        return name;
    }
    return SLICE_ABSENT;
}

static bool is_name(struct slice name)
{
    return name.len != 0 && !slice_equal_nocase(name, SLICE("unknown"));
}

struct slice forwarded_for_of(const struct head *request)
{
    static const enum field_token tokens[] = {
        FIELD_FORWARDED,        FIELD_X_FORWARDED_FOR, FIELD_TRUE_CLIENT_IP,
        FIELD_CF_CONNECTING_IP, FIELD_X_REAL_IP,       FIELD_X_CLIENT_IP,
    };
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        struct slice value = head_first(request, tokens[i]);
        struct slice name = tokens[i] == FIELD_FORWARDED ? forwarded_for(value)
                                                         : slice_trim(slice_cut(&value, ','));
        if (is_name(name))
            return name;
    }
    return SLICE_ABSENT;
}

/* A name as text that is the same however it was written, and safe to print. */
struct name_text {
    char at[64];
    size_t len;
    struct address address; /* family 0: it is not one */
};

static void name_of_address(struct name_text *name, const struct address *address)
{
    name->address = *address;
    address_text(address, name->at);
    name->len = strlen(name->at);
}

static void name_of_text(struct name_text *name, struct slice text)
{
    struct address address;
    if (address_parse(text, &address)) {
        name_of_address(name, &address);
        return;
    }
    *name = (struct name_text){.len = text.len < sizeof name->at ? text.len : sizeof name->at};
    for (size_t i = 0; i < name->len; i++)
        name->at[i] = (char)(text.at[i] > ' ' && text.at[i] < 0x7F ? text.at[i] : '?');
}

static uint64_t address_hash(const struct address *address)
{
    return hash_mix(address->family, hash64_stable(slice_of(address->octets, 16))) | 1;
}

static bool is_carrier_grade(const struct address *a)
{
    return a->family == 4 && a->octets[0] == 100 && (a->octets[1] & 0xC0) == 64;
}

/* ---- memory ---- */

/* Keys come from the wire unseeded, so tables hash them anew. */
static uint64_t seeded(uint64_t key)
{
    return hash64(slice_of(&key, sizeof key));
}

uint64_t client_expect(const struct client_table *table, const struct exchange *x)
{
    uint64_t hash = seeded(address_hash(&x->connection.client));
    table_expect(&table->addresses, hash);
    return hash;
}

void client_expect_more(const struct client_table *table, uint64_t expected)
{
    table_expect_entry(&table->addresses, expected);
}

static struct address_entry *address_entry(struct client_table *table, uint64_t key)
{
    uint64_t hash = seeded(key);
    struct entry *found = table_find(&table->addresses, hash);
    if (found) {
        table_touch(&table->addresses, found);
        return ENTRY_OF(struct address_entry, entry, found);
    }
    struct address_entry *fresh;
    if (table->addresses.count < LIMIT_CLIENT_ADDRESSES) {
        fresh = heap_take(sizeof *fresh);
    } else {
        fresh = ENTRY_OF(struct address_entry, entry, table->addresses.oldest);
        table_remove(&table->addresses, &fresh->entry);
        table->counts.addresses_evicted++;
    }
    *fresh = (struct address_entry){.signs = {NEVER, NEVER, NEVER}};
    table_add(&table->addresses, &fresh->entry, hash);
    return fresh;
}

static struct host_entry *host_entry(struct client_table *table, uint64_t hash)
{
    struct entry *found = table_find(&table->hosts, hash);
    if (found) {
        table_touch(&table->hosts, found);
        return ENTRY_OF(struct host_entry, entry, found);
    }
    struct host_entry *fresh;
    if (table->hosts.count < LIMIT_CLIENT_HOSTS) {
        fresh = heap_take(sizeof *fresh);
    } else {
        fresh = ENTRY_OF(struct host_entry, entry, table->hosts.oldest);
        table_remove(&table->hosts, &fresh->entry);
        spans_give(table, fresh);
        table->counts.hosts_evicted++;
    }
    fresh->cookie = 0;
    fresh->cookie_ns = NEVER;
    fresh->n_spans = 0;
    fresh->spans = fresh->few;
    table_add(&table->hosts, &fresh->entry, hash);
    return fresh;
}

/* ---- several users behind an address (A2) ---- */

static bool within_window(int64_t then_ns, int64_t now_ns)
{
    if (then_ns == NEVER)
        return false;
    int64_t apart = now_ns > then_ns ? now_ns - then_ns : then_ns - now_ns;
    return apart <= LIMIT_CLIENT_WINDOW_NS;
}

/* Before 1970 as well: the highest of the bits is the sign. */
static int64_t ttl_ns(const struct address_entry *address)
{
    return ((int64_t)((uint64_t)address->ttl_us << 10) >> 10) * 1000;
}

static void watch_ttl(struct address_entry *address, uint8_t ttl, int64_t now_ns)
{
    if (ttl == 0)
        return;
    if (address->ttl && address->ttl != ttl && within_window(ttl_ns(address), now_ns))
        address->signs[SIGN_TTLS] = now_ns;
    address->ttl = ttl;
    address->ttl_us = (uint64_t)(now_ns / 1000) & ((UINT64_C(1) << 54) - 1);
}

static void watch_cookie(struct address_entry *address, struct host_entry *host, uint64_t cookie,
                         int64_t now_ns)
{
    if (cookie == 0)
        return;
    if (host->cookie && host->cookie != cookie && within_window(host->cookie_ns, now_ns))
        address->signs[SIGN_COOKIES] = now_ns;
    host->cookie = cookie;
    host->cookie_ns = now_ns;
}

static void spans_grow(const struct client_table *table, struct host_entry *host)
{
    struct span *spans = heap_take(spans_size(table));
    memcpy(spans, host->few, sizeof host->few);
    host->spans = spans;
}

/* The span of this connection; a new one takes the place of the one that ended first. */
static struct span *span_of(struct client_table *table, struct host_entry *host,
                            uint64_t connection, int64_t now_ns)
{
    bool may_grow = host->n_spans <= table->most_connections;
    struct span *oldest = host->spans;
    for (struct span *s = host->spans; s < host->spans + host->n_spans; s++) {
        if (s->connection == connection)
            return s;
        if (s->last_ns < oldest->last_ns)
            oldest = s;
    }
    if (host->n_spans == FEW_SPANS && host->spans == host->few && may_grow)
        spans_grow(table, host);
    struct span *fresh = may_grow ? host->spans + host->n_spans++ : oldest;
    *fresh = (struct span){connection, now_ns, now_ns};
    return fresh;
}

static unsigned open_at(const struct host_entry *host, int64_t time_ns)
{
    unsigned open = 0;
    for (unsigned i = 0; i < host->n_spans; i++)
        open += host->spans[i].first_ns <= time_ns && time_ns <= host->spans[i].last_ns;
    return open;
}

/* A connection is known to have been open from its first exchange to the end of its latest. As one
 * grows, more can only have been open at once in the time that it grew by, and there most when
 * another one began. */
static void watch_connection(struct client_table *table, struct address_entry *address,
                             struct host_entry *host, const struct facts *facts)
{
    int64_t begin_ns = facts->t_req0;
    int64_t end_ns = facts->t_rsp1 > begin_ns ? facts->t_rsp1 : begin_ns;
    struct span *span = span_of(table, host, facts->x->connection.id, begin_ns);
    int64_t grown_from_ns = span->last_ns;

    if (begin_ns < span->first_ns)
        span->first_ns = begin_ns;
    if (end_ns > span->last_ns)
        span->last_ns = end_ns;
    if (host->n_spans <= table->most_connections)
        return;
    bool many = open_at(host, begin_ns) > table->most_connections;
    for (unsigned i = 0; i < host->n_spans && !many; i++) {
        int64_t first_ns = host->spans[i].first_ns;
        if (first_ns >= grown_from_ns && first_ns <= end_ns)
            many = open_at(host, first_ns) > table->most_connections;
    }
    if (many)
        address->signs[SIGN_CONNECTIONS] = begin_ns;
}

/* 100.64.0.0/10 (RFC 6598) counts as a sign at any time. */
static bool has_shown_sharing(struct address_entry *address, bool is_carrier_grade, int64_t now_ns)
{
    unsigned signs = is_carrier_grade;
    for (unsigned i = 0; i < SHARING_SIGNS; i++)
        signs += within_window(address->signs[i], now_ns);
    address->is_shared |= signs >= 2;
    return address->is_shared;
}

/* Where the pair of a subject and a host is watched; 0: there is no host. */
static uint64_t watched_hash_of(uint64_t subject, struct slice host)
{
    return host.len ? seeded(hash_mix(subject, hash64_stable(host))) | 1 : 0;
}

/* `entry` is of the client's address, or of the name that an intermediary gave it: then connections
 * and TTLs are the intermediary's and say nothing. */
static bool is_shared(struct client_table *table, const struct facts *facts,
                      struct address_entry *entry, uint64_t watched_hash,
                      const struct address *address, bool is_named)
{
    int64_t now_ns = facts->t_req0;

    if (!is_named)
        watch_ttl(entry, facts->x->connection.client_initial_ttl, now_ns);
    if (watched_hash) {
        struct host_entry *watched = host_entry(table, watched_hash);
        watch_cookie(entry, watched, facts->request.cookie_hash, now_ns);
        if (!is_named && table->most_connections)
            watch_connection(table, entry, watched, facts);
    }
    return has_shown_sharing(entry, is_carrier_grade(address), now_ns);
}

/* ---- who it is ---- */

static char *put_text(char *out, const struct name_text *name)
{
    memcpy(out, name->at, name->len);
    return out + name->len;
}

static char *put_hex(char *out, char mark, uint64_t value, unsigned digits)
{
    *out++ = mark;
    while (digits-- > 0)
        *out++ = "0123456789abcdef"[value >> (4 * digits) & 15];
    return out;
}

/* "203.0.113.9@10.0.0.1#1f3a9c2b+07c4": named client, intermediary, User-Agent, Authorization. Of
 * the latter only 16 bits of a hash are shown: enough to tell two users apart, too few to try
 * passwords against. */
static struct slice key_text(const struct name_text *name, const struct name_text *through,
                             const struct request_facts *r, bool with_principal,
                             struct arena *arena)
{
    char *key = arena_alloc(arena, 2 * sizeof name->at + sizeof "@#12345678+1234");
    char *out = put_text(key, name);

    if (through) {
        *out++ = '@';
        out = put_text(out, through);
    }
    if (with_principal && r->user_agent_hash)
        out = put_hex(out, '#', r->user_agent_hash, 8);
    if (with_principal && r->authorization_hash)
        out = put_hex(out, '+', r->authorization_hash >> 32, 4);
    return slice_of(key, (size_t)(out - key));
}

/* The first hop by header or preamble; false where the request names nobody. */
static bool find_name(const struct facts *facts, struct client *client, struct name_text *name,
                      struct arena *arena)
{
    const struct address *preamble = &facts->x->connection.preamble_client;

    if (facts->request.has_forwarding)
        client->forwarded_for = forwarded_for_of(&facts->x->request.head);
    if (!slice_is_absent(client->forwarded_for)) {
        name_of_text(name, client->forwarded_for);
        return true;
    }
    if (preamble->family == 0)
        return false;
    name_of_address(name, preamble);
    client->forwarded_for = arena_copy(arena, slice_of(name->at, name->len));
    return true;
}

/* Whether the address speaks for others: this request shows it, or an earlier one did. A host that
 * asks itself may have a proxy and its clients at one address: there each request speaks for
 * itself. */
static bool learn_intermediary(struct address_entry *entry, const struct facts *facts)
{
    const struct connection_facts *c = &facts->x->connection;
    bool now = facts->request.has_forwarding || c->preamble_client.family != 0;
    if (address_equal(&c->client, &c->server))
        return now;
    entry->speaks_for_others |= now;
    return entry->speaks_for_others;
}

void client_note_intermediary(struct client_table *table, const struct address *address)
{
    address_entry(table, address_hash(address))->speaks_for_others = true;
}

static uint64_t principal_hash(const struct request_facts *r)
{
    return hash_mix(r->user_agent_hash, r->authorization_hash);
}

struct client client_of(struct client_table *table, const struct facts *facts, struct slice host,
                        struct arena *arena)
{
    const struct address *peer = &facts->x->connection.client;
    struct client client = {.address_id = address_hash(peer)};
    struct name_text peer_name, name;
    struct address_entry *entry = NULL; /* of `subject` */
    bool named = find_name(facts, &client, &name, arena);
    enum role role = table->roles ? role_of(table->roles, peer) : ROLE_UNKNOWN;
    bool by_name =
        (table->mode == CLIENT_AUTO || table->mode == CLIENT_FORWARDED) && role != ROLE_CLIENT;

    if (by_name)
        client.is_intermediary =
            role == ROLE_PROXY || role == ROLE_CDN ||
            learn_intermediary(entry = address_entry(table, client.address_id), facts);
    client.is_named = by_name && named;
    client.is_nobody = table->mode == CLIENT_NONE || peer->family == 0 ||
                       (table->mode == CLIENT_AUTO && client.is_intermediary && !named);
    if (client.is_nobody)
        return client;

    name_of_address(&peer_name, peer);
    bool through = client.is_named;
    if (!through)
        name = peer_name;
    uint64_t subject = client.address_id;
    if (through)
        subject = hash_mix(subject, hash64_stable(slice_of(name.at, name.len)));
    if (through || !entry)
        entry = address_entry(table, subject);
    uint64_t watched_hash = watched_hash_of(subject, host);
    table_expect(&table->hosts, watched_hash);
    bool with_principal = table->mode != CLIENT_IP;
    client.id = (with_principal ? hash_mix(subject, principal_hash(&facts->request)) : subject) | 1;
    client.key =
        key_text(&name, through ? &peer_name : NULL, &facts->request, with_principal, arena);
    client.shared_address = is_shared(table, facts, entry, watched_hash, &name.address, through);
    return client;
}
