/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Both sides of a proxy in one capture: which exchange with an origin (inner) a proxy sent because
 * of which exchange with a client (outer).
 *
 * An inner one has the method and the path with query of the outer one (its Host may be another),
 * is sent by the address that answers the outer one, to another endpoint, and lies in it in time:
 * o.t_req0 <= i.t_req0 and i.t_rsp0 <= o.t_rsp1. Identifiers that both carry decide (X-Request-Id,
 * the trace-id of traceparent, X-Varnish), then Via with equal validator and Date; time alone only
 * where there is one candidate on either side, and, where client and proxy are one host, only for a
 * request that was visibly handed on: its Host names the outer one's port, or it names a forwarder,
 * or it is HTTP/1.0 in the name of a client that speaks HTTP/1.1.
 *
 * Either may enter first: a 304 is known to be over only when the next thing comes on its
 * connection, so an inner 304 mostly enters after the outer exchange that it decided. Times decide.
 *
 * What is remembered lies on shelves, one per proxy and path; bounded, the least recently used goes
 * first. Most captures have no proxy: an address that is met as client and as server is the
 * trigger. Before that, the first few exchanges are kept of who answers, in case it asks as well,
 * and of who asks and was asked by somebody, though no answer of it is known yet: what it is asked
 * comes before what it asks because of that.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "analysis/kept.h"
#include "analysis/limits.h"
#include "analysis/roles.h"
#include "analysis/server.h"
#include "analysis/store.h"
#include "analysis/table.h"
#include "analysis/url.h"

enum pair_by { PAIR_NONE, PAIR_BY_TIME, PAIR_BY_VALIDATOR, PAIR_BY_NAME };

/* What both sides show of an exchange: by which the other side knows it. Hashes of this run; 0:
 * absent. */
struct leg {
    uint64_t id; /* of the exchange */
    uint64_t method, host;
    uint64_t request_id, answered_id; /* X-Request-Id of the request, of the response */
    uint64_t trace;                   /* trace-id of traceparent */
    uint64_t varnish;                 /* X-Varnish: of an inner request; of an outer hit, the fetch
                                         that it names */
    uint64_t agent;                   /* User-Agent */
    uint64_t validator;               /* ETag without its strength, else Last-Modified */
    struct digest digest;             /* unset where the body cannot be compared */
    uint64_t content_octets;
    int64_t date;                   /* s; NO_DATE */
    int64_t age;                    /* s; -1: absent or no number */
    int64_t t_req0, t_rsp0, t_rsp1; /* of a half that was not seen: when the other was over */
    int64_t finished_ns;
    struct address client, server;
    uint16_t server_port, status;
    uint16_t named_port; /* that Host names, be it asked there or not; 0: none */
    uint32_t input;
    bool from_intermediary; /* the response bears a sign of one */
    bool is_1_0;            /* the request is HTTP/1.0 */
    bool for_others;        /* the request says that it is asked for somebody else */
};

struct shelf;

/* An address that asks and answers. */
struct proxy {
    struct entry entry;
    struct address address;
    uint64_t outers_paired;      /* outer exchanges with an inner one */
    uint64_t outers_unexplained; /* GETs answered 200 that neither an inner one, nor anything that
                                    was seen to come in, nor the answer itself explains: other ways
                                    in that the capture does not have, or files of its own */
    struct address failed; /* whom it asked when it last was answered 5xx, or not at all, and */
    int64_t failed_ns;     /* when; since then that one has not answered better */
    struct {
        uint64_t host;
        int64_t last_ns;        /* sent */
    } asked[LIMIT_PROXY_HOSTS]; /* whom it asked last, by Host; the longest ago goes first */
    bool has_failed;
    bool asks_for_others; /* one of these came from another host */
    bool is_cache;        /* showed it: Age, Cache-Status and the like, conditions of its own,
                      answers without an inner one */
};

struct inner_leg {
    struct leg leg;
    uint32_t refs;
    /* the outer one that made the proxy send it */
    uint64_t outer_id; /* 0: none known */
    enum pair_by by;
    bool is_contested;    /* by time alone there would be several */
    bool outer_is_strict; /* it lies in that one without any slack */
    int64_t outer_t_req0;
    uint64_t outer_host, outer_client;
    uint16_t outer_port;         /* at which the proxy was asked */
    struct slice outer_vary_key; /* by the fields that the client sent; on the heap; absent: not
                                    known */
    /* What came in, if it was a 200 to GET: as of now, with the 304s that freshened it since; on
       the heap; NULL: it was none. */
    struct holding *held;
    struct inner_leg *freshens; /* of a 304: the latest 200 that it identifies (RFC 9111 §4.3.4) in
                                   every reading; a reference; NULL: none seen */
    bool surrogate;        /* Surrogate-Control: policies for caches in front that were not seen */
    bool is_conditional;   /* If-None-Match or If-Modified-Since */
    bool lengths_conflict; /* FLAW(LENGTHS_CONFLICT) */
    struct kept *kept;     /* the exchange */
};

/* What the proxy may have answered with, without asking (shared_cache.h). */
struct hit {
    struct inner_leg *stored; /* a reference: the latest of what it may have been; NULL: none */
    unsigned sins;            /* set of enum stored_sin: of all that it may have been */
    bool is_proved;           /* by Age, Date, Cache-Status or X-Varnish; else only by absence */
    int64_t age_s, lifetime_s;
    struct slice differs; /* SIN_VARY: the field, in stored->outer_vary_key */
};

struct outer_leg {
    struct leg leg;
    uint32_t refs;
    struct proxy *proxy;     /* NULL: when it entered the address was not known to ask anybody */
    struct inner_leg *inner; /* a reference: that decided its answer; NULL: none known */
    enum pair_by by;
    unsigned candidates; /* inner ones that lie in it */
    bool is_crowded;     /* something to an origin for this path was under way, or was told later
                            than this one: then absence of an inner one means nothing */
    bool needs_reason;   /* a GET answered 200 that does not say that it came from a store */
    bool is_unexplained; /* counted as such in `proxy` */
    struct hit hit;
};

struct legs;

/* Told when a pair is found: both have been told before. A later call for the same inner one
 * replaces it; outer_id 0 withdraws it. */
struct legs_hooks {
    void *context;
    void (*pair)(void *context, uint64_t inner_id, uint64_t outer_id);
};

/* Representations are kept in `store`, which must outlive it, as `roles` must (NULL: nothing was
 * said): who is said to be a proxy or a CDN is one from the first packet on, and a client never. */
struct legs *legs_new(const struct legs_hooks *hooks, struct store *store,
                      const struct roles *roles, uint32_t scale);
void legs_free(struct legs *legs); /* accepts NULL */

/* An exchange under the lens: what there is of the other sides of its client and of its server. */
struct meeting {
    struct shelf *as_inner, *as_outer; /* NULL: nothing to remember */
    struct outer_leg *outer;           /* what it is to its server; a reference; NULL */
    bool client_is_proxy; /* its client is known to have asked for others, on other hosts */
    bool is_handed_on;    /* client and server are one host, and this is a proxy's request there */
};

/* Somebody asks this address; told before what that makes it ask. */
void legs_asked(struct legs *legs, const struct address *server);
/* Looks for the inner ones of this exchange. Nothing is told yet, and nothing remembered. */
void legs_meet(struct legs *legs, struct meeting *meeting, const struct facts *facts,
               const struct url *url, uint64_t id, const struct server_table *servers);
/* Puts it on its shelves and tells pairs. `shown`: of a 200 to GET, else NULL. `client` is who
 * asked. */
void legs_learn(struct legs *legs, const struct meeting *meeting, const struct facts *facts,
                const struct url *url, struct representation *shown, uint64_t id, uint64_t client,
                struct arena *scratch);
/* The meeting is over; brings the shelves under their caps. */
void legs_part(struct legs *legs, struct meeting *meeting);

/* Every 200 to GET that came in for the path, the latest first; NULL past the end. */
struct inner_leg *shelf_stored(const struct shelf *shelf, unsigned index);

/* May it be what the proxy sent there, as far as addresses tell? Where client and proxy are one
 * host, only what is known to have come in for that very endpoint. */
bool may_have_come_in(const struct inner_leg *inner, const struct outer_leg *outer);

/* Is it known to ask that host on a link that is in the capture, still after that time? Then a
 * question to it before would have been seen. */
bool proxy_asked_after(const struct proxy *proxy, uint64_t host, int64_t after_ns);

/* The same representation, by tag, date or enough octets to tell: what everybody says, "OK", does
 * not. */
bool is_telling_content(const struct leg *inner, const struct leg *outer);

void outer_leg_take(struct outer_leg *outer);
void outer_leg_drop(struct legs *legs, struct outer_leg *outer);
void inner_leg_take(struct inner_leg *inner);
void inner_leg_drop(struct legs *legs, struct inner_leg *inner);

struct legs_counts {
    uint64_t shelves_evicted, proxies_missed;
};
struct legs_counts legs_counts(const struct legs *legs);
