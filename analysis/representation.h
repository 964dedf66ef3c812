/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A representation: a 200 that a URL gave, as it was received the first time, and when it was seen
 * since. There are tens of thousands and they are met in no order, so what most questions look at
 * stands first, what can be read in the head is not written down beside it, and most are seen but
 * once. One block: the struct, the table of fields, both heads, the secondary key.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "analysis/freshness.h"
#include "analysis/server.h"
#include "analysis/vary.h"
#include "base/arena.h"
#include "base/hash.h"

/* What of a request decides whether a response to another one may be held against it. */
struct request_key {
    uint64_t accept_encoding;     /* hash of the canonical form; 0: absent */
    uint64_t accept_encoding_raw; /* hash as written */
    uint64_t authorization;       /* 0: absent */
    bool has_cookie, has_origin, has_range;
    uint64_t user; /* hash of who asks and of the Cookie; 0: nobody that can be told apart */
};

/* One time that a representation was seen. Times in ns, dates in s. */
struct sighting {
    uint64_t exchange_id; /* 0: none */
    uint64_t ordinal;     /* of the packet with its first octet: decides between equal times */
    uint64_t user;        /* who got it; see struct request_key */
    uint64_t terms;       /* what it was asked with (terms.h) */
    int64_t t_req0, t_rsp0, t_rsp1;
    int64_t date, expires; /* NO_DATE */
};

/* The times that it was seen again. */
struct sightings {
    uint32_t n;
    struct sighting latest[3]; /* the newest first */
};

/* A 200 to GET. Everything but refs and the sightings stays as it was made. */
struct representation {
    uint32_t refs;
    uint32_t octets;    /* of this block */
    uint64_t signature; /* of all that makes it differ from another */
    struct sighting first;
    struct sightings *again; /* on the heap; NULL: it was seen once */
    struct request_key request;
    struct address server, client; /* of the first sighting */
    uint16_t server_port;
    uint8_t responder;            /* enum responder_class */
    uint8_t storable;             /* enum truth: by a private cache */
    uint8_t carries;              /* set of 1 << enum due_field */
    bool varies_by_encoding_only; /* the key has no name but accept-encoding */
    bool body_whole;              /* every octet of it was seen and its end was certain */
    bool has_length;              /* it had a valid Content-Length */
    bool has_set_cookie;
    bool many_cookies;                    /* it was given for another Cookie, too */
    bool has_expires, has_age, vary_star; /* see representation_freshness() */
    uint32_t vary_key, request_head;      /* octets of them, behind the head */

    struct digest digest;   /* unset where the body cannot be compared (G3, A7) */
    struct entity_tag etag; /* in the head */
    int64_t last_modified;  /* s; NO_DATE */
    struct head head;       /* of the response, as received the first time */
    struct cache_control cc;
    struct cache_control *targeted; /* on the heap; NULL: none */
    uint64_t age;                   /* s */
    uint64_t content_octets;        /* 0 unless body_whole */
    uint64_t content_length;
    unsigned signs;         /* of an intermediary */
    uint64_t first_client;  /* who was seen to get it first; 0: nobody that can be told apart */
    uint64_t cookie;        /* stable hash of the first request's Cookie; 0: it had none */
    uint64_t place, object; /* hashes of the URL, and of it with variant and octets; made by
                               whatif.c when it first needs them; 0: not yet */
};

/* What makes the 200 differ from another of its URL, its secondary key (vary.h) among it. */
uint64_t representation_signature(const struct facts *facts, const struct request_key *key,
                                  enum truth storable, struct slice vary_key);
/* Seen once, with one reference to it. */
struct representation *representation_new(const struct facts *facts, const struct request_key *key,
                                          enum truth storable, struct slice vary_key,
                                          uint64_t signature, uint64_t exchange_id);
/* It was seen again. Returns how many octets more it takes. */
size_t representation_see(struct representation *representation, const struct facts *facts,
                          const struct request_key *key, uint64_t exchange_id);
/* Of all that it takes. */
size_t representation_octets(const struct representation *representation);
/* Nobody refers to it. */
void representation_free(struct representation *representation);

static inline void representation_take(struct representation *representation)
{
    representation->refs++;
}

static inline bool representation_has_validator(const struct representation *r)
{
    return r->etag.valid || r->last_modified != NO_DATE;
}

/* The first line of the field; absent. */
static inline struct slice representation_says(const struct representation *r,
                                               enum field_token token)
{
    return head_has(&r->head, token) ? head_first(&r->head, token) : SLICE_ABSENT;
}

/* Of the first request, as received; absent where it was not seen whole. */
struct slice representation_request_head(const struct representation *representation);
/* By the fields of the first request that Vary names; empty where there is no Vary. */
struct slice representation_vary_key(const struct representation *representation);
/* As of the first sighting. */
struct freshness representation_freshness(const struct representation *representation);

/* May a shared cache store it, and give it to others (RFC 9111 §3, §3.5)? Private caches are what
 * `storable` is about. */
bool representation_may_be_shared(const struct representation *representation);

/* May it answer this request, by its Vary? */
enum truth representation_answers(const struct representation *r, const struct facts *facts,
                                  const struct request_key *key, enum vary_mode mode,
                                  struct arena *scratch);

/* The latest time, which may be the first one. */
static inline const struct sighting *representation_latest(const struct representation *r)
{
    return r->again ? &r->again->latest[0] : &r->first;
}

/* The sightings that are remembered, the latest first; NULL at the end. */
static inline const struct sighting *sighting_at(const struct representation *r, uint32_t i)
{
    uint32_t again = r->again ? r->again->n : 0;
    return i < again ? &r->again->latest[i] : i == again ? &r->first : NULL;
}

/* Which was sent first? */
bool sighting_precedes(const struct sighting *a, const struct sighting *b);

/* The latest sighting that had arrived whole at that time (A6), and the earliest of a request that
 * was sent not before it; exchange_id 0 where there is none. */
struct sighting sighting_before(const struct representation *r, int64_t at_ns);
/* The latest whose response began before that time. */
struct sighting sighting_begun_before(const struct representation *r, int64_t at_ns);
struct sighting sighting_after(const struct representation *r, int64_t at_ns);

/* Set of 1 << enum due_field. */
unsigned due_fields_of(const struct head *head);
enum field_token due_field_token(enum due_field field);
