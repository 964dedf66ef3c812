/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The modelled caches: which responses every URL was seen to give (representations, shared by all),
 * and what each client holds of it (RFC 9111 §4, two readings: see struct holding). Bounded; the
 * least recently used goes first, and a URL that comes back after that says so.
 *
 * The model is asked "as of": entries carry times, and whoever asks compares them (rules.md A6).
 * Equal responses share a representation: it keeps the head that was seen first, and when it was
 * seen since.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/after_304.h"
#include "analysis/base_status.h"
#include "analysis/estimates.h"
#include "analysis/facts.h"
#include "analysis/freshness.h"
#include "analysis/issued.h"
#include "analysis/limits.h"
#include "analysis/representation.h"
#include "analysis/server.h"
#include "analysis/table.h"
#include "analysis/url.h"
#include "analysis/vary.h"
#include "base/arena.h"
#include "base/hash.h"

/* A queue of accusations that wait for the same count; accusations.c keeps it. */
struct accusation;
struct tally {
    struct accusation *first, *last;
    uint32_t waiting;
};

/* Is it often asked for and never changed? For short-ttl-unchanged. */
struct change_count {
    int64_t from_ns;    /* t_rsp0 of the first sighting; NEVER */
    uint32_t changes;   /* of tag or octets within one variant */
    uint32_t unchanged; /* 304s and identical 200s */
    struct tally tally;
};

/* Users (told apart by client and Cookie) who were given the same octets as private ones. */
struct users {
    struct digest body;
    uint64_t exchange_id; /* of the first of them */
    uint32_t count;
    uint64_t client[3], cookie[3];
};

/* An unsafe request that was not answered with an error; exchange_id 0: none. */
struct unsafe_change {
    uint64_t exchange_id;
    int64_t t_req0, t_rsp1;
    uint64_t endpoint; /* stable hash of the server's address and port: the cache that it passed */
    uint64_t node;     /* of the signs that tell nodes behind one address apart */
};

/* What is to be remembered of few URLs. */
struct oddities {
    struct users users;
    struct unsafe_change unsafe[2]; /* the latest, by the endpoint that they passed */
    uint64_t mangled[4];            /* stable hashes of ETags that were no entity tags, as issued */
    uint32_t n_mangled;
};

struct accused;

/* What every exchange asks of its URL stands first. */
struct resource {
    struct entry entry;
    struct slice key, pattern;
    uint64_t serial; /* never used twice */
    uint32_t n_representations;
    bool came_back;    /* it had been pushed out: older ones may be missing */
    bool was_held;     /* some client was given it: there may be holdings */
    bool has_receipts; /* or parts of it, or something in its place: see receipts.h */
    bool shared_by_clients;
    struct representation *representations[LIMIT_REPRESENTATIONS]; /* the latest seen first */
    uint64_t pattern_hash, kind;                                   /* stable */
    /* as looked up last */
    struct habit *habit;
    struct family *family;
    struct oddities *oddities; /* on the heap; NULL: none */
    uint64_t asked_by;         /* the first client; with `shared_by_clients`: others came too */
    int64_t unsafe_ns;         /* t_rsp1 of the latest unsafe request that succeeded; NEVER */
    uint64_t tag_otherwise;    /* tag_opaque_hash() of the latest that something other than the
                                  answer to a GET of the whole gave; 0: none */
    /* exchanges whose accusations wait for a 200 of this URL: accusations.c keeps them */
    struct accused *waiting_first, *waiting_last;
    uint32_t waiting, waiting_unheld;
    struct change_count changing;
    struct issued issued;
    struct median sizes;     /* header octets of its 304s */
    struct base_status base; /* the latest plain answer */
};

/* When a stored response was received or last validated: what a 304 restarts (RFC 9111 §4.3.4). */
struct holding_clock {
    int64_t t_rsp0, date, expires;
    int32_t delay_us; /* t_rsp0 - t_req0 */
    uint32_t age_s;
};

/* What 304s have made of the terms of a holding. */
struct renewed {
    bool has_policy; /* another than that of the representation */
    struct freshness policy;
    struct holding_clock lenient;
};

/* What one client received last of one variant of a URL. Two readings (rules.md 3.3): in the strict
 * one a 304 renews only what RFC 9111 §4.3.4 says, in the lenient one whatever it was asked with.
 */
struct holding {
    struct entry entry;
    uint64_t client, resource; /* id; serial */
    struct representation *representation;
    struct renewed *renewed;     /* by 304s; NULL: its terms are those of the representation */
    struct after_304 *after;     /* of the 304s since the 200; NULL: none */
    uint64_t exchange_id;        /* that brought the representation first to this client */
    int64_t arrived_ns;          /* t_rsp1 of the latest 200 */
    uint64_t latest_id;          /* of the exchange that brought that */
    uint64_t asked_ordinal : 56; /* of the packet with the first octet of its request */
    bool is_stored : 1;          /* a private cache may have it */
    bool had_origin : 1;         /* the request had an Origin field */
    bool by_prefetch : 1;        /* G12 */
    bool proved : 1;             /* the client was noted to have a cache */
    bool proved_tags : 1;        /* and to send entity tags */
    bool began_plain : 1;        /* the first thing known of this client and URL is a plain GET */
    bool stale_on_arrival : 1;   /* at latest contact (A23) */
    bool ambiguous : 1;  /* the readings differ by more than clocks: no verdict on freshness */
    uint32_t mode;       /* how it was asked for: request_mode() */
    uint32_t run;        /* how often the same octets came in full */
    int64_t run_from_ns; /* t_rsp0 of the first of them */
    int64_t contact_ns;  /* t_rsp0 of the latest 200 or 304 */
    struct holding_clock clock; /* strict */
    struct partition partition;
    struct tally tally; /* accusations that wait for counts of this client and URL */
};
_Static_assert(sizeof(struct holding) <= 192, "three cache lines: there are many, met in no order");

/* The same octets under changing query parameters, to one client. */
struct buster {
    struct entry entry;
    uint64_t client;
    struct digest url; /* of the key without them */
    struct digest body;
    uint32_t values; /* how many different URLs gave that body in a row */
    uint64_t last_serial;
    uint64_t exchange_id; /* of the first of them */
    struct freshness freshness;
    struct tally tally;
};

struct store;

/* Told before something with waiting accusations goes. */
struct store_hooks {
    void *context;
    void (*forget_resource)(void *context, struct resource *resource);
    void (*forget_tally)(void *context, struct tally *tally);
};

/* `scale`: of all caps, in 1/256; 256 are the defaults of limits.h. */
struct store *store_new(const struct store_hooks *hooks, uint32_t scale);
void store_free(struct store *store); /* accepts NULL; calls no hooks */

/* That URL is going to be asked for: brings its entry nearer, in two steps with something else to
 * do between them. The second is given what the first returned. */
uint64_t store_expect(const struct store *store, struct slice key);
void store_expect_more(const struct store *store, uint64_t expected);
/* The same for what the URL has shown and what that client holds of it. */
void store_expect_holding(const struct store *store, uint64_t client,
                          const struct resource *resource);

/* The URL's entry, made where there is none; may push others out. Valid until the next call. */
struct resource *store_resource(struct store *store, const struct url *url);
/* Of a URL that has some from now on. */
struct oddities *resource_oddities(struct resource *resource);
/* NULL where there is none. */
struct resource *store_find_resource(struct store *store, struct slice key);

/* Notes that this 200 was seen, and returns what it is: the representation that it equals, or a new
 * one. Owned by the resource: take a reference to keep it. */
struct representation *store_show(struct store *store, struct resource *resource,
                                  const struct facts *facts, const struct request_key *key,
                                  uint64_t exchange_id, enum truth storable, struct arena *scratch);
void representation_drop(struct store *store, struct representation *representation);

struct request_key request_key_of(struct store *store, const struct facts *facts,
                                  struct arena *scratch);

/* What the client holds of the URL and may use for this request; where there are several the one
 * that came last. *other (may be NULL): where there is none, another variant that it holds. */
struct holding *store_holding(struct store *store, uint64_t client, const struct resource *resource,
                              const struct facts *facts, const struct request_key *key,
                              struct arena *scratch, struct holding **other);
/* How a browser's caches tell requests for one URL apart beside Vary: cookies, Origin, mode of
 * fetching; and, since it may have tried several at once, the server's address. A hash. */
uint32_t request_mode(const struct facts *facts);
/* A 200 reached the client: replaces what it held of that variant (`old`, may be NULL). */
struct holding *store_hold(struct store *store, uint64_t client, struct resource *resource,
                           struct representation *representation, struct holding *old,
                           const struct facts *facts, uint64_t exchange_id);
/* The same for a holding in no table, which takes a reference to the representation; and what it
 * has is given back. */
void holding_fill(struct holding *holding, struct representation *representation,
                  const struct facts *facts, uint64_t exchange_id);
void holding_fini(struct store *store, struct holding *holding);
/* When it was received or last validated, in that reading. */
const struct holding_clock *holding_clock(const struct holding *holding, bool strict);
/* Is its policy another than the 200 said? */
bool holding_has_policy(const struct holding *holding);
/* A 304 reached the client: restarts the clocks of what it freshens. `holding` is what the client
 * held and asked with. Is it to be used after that in both models? */
bool holding_freshen(struct holding *holding, const struct facts *facts);
/* Its freshness in the strict or the lenient reading. */
struct freshness holding_freshness(const struct holding *holding, bool strict);
/* The client no longer holds it (RFC 9111 §4.4, Clear-Site-Data). */
void holding_invalidate(struct holding *holding);
/* The same for every variant of the URL, of this client. */
void store_invalidate(struct store *store, uint64_t client, const struct resource *resource);
/* Everything that the client got until then of this origin ("scheme://host[:port]"). */
/* Did Clear-Site-Data tell the client to forget what it had got of this URL until then? */
bool store_is_cleared(struct store *store, uint64_t client, const struct resource *resource,
                      int64_t arrived_ns);
void store_clear_site(struct store *store, uint64_t client, struct slice origin, int64_t at_ns);

/* Does this client have a cache (G13)? */
bool store_client_has_cache(const struct store *store, uint64_t client);
/* `by_tag`: it asked with an entity tag. */
void store_prove_cache(struct store *store, uint64_t client, bool by_tag);
/* Has it ever asked with an entity tag that it had been given (A19)? */
bool store_client_sends_tags(const struct store *store, uint64_t client);
/* It asked about what a 200 had made fresh: it heeds no lifetimes, or its clock is ahead. Only of a
 * client that has a cache. */
bool store_client_is_heedless(const struct store *store, uint64_t client);
void store_note_heedless(struct store *store, uint64_t client);
/* Which tags were issued by which URL. */
struct issuers *store_issuers(struct store *store);

/* Made where there is none. */
struct buster *store_buster(struct store *store, uint64_t client, struct digest url);

struct store_counts {
    uint64_t resources_evicted, representations_evicted, holdings_evicted, clients_evicted,
        busters_evicted;
};
/* Brings the octets of all representations under their cap. Whatever the store returned before may
 * be gone after it. */
void store_trim(struct store *store);

struct store_counts store_counts(const struct store *store);
