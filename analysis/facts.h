/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the rules need to know of one exchange, read once: every field that they look at, parsed,
 * and the global guards of rules.md §0.3 as booleans. One pass over each head.
 *
 * Everything borrowed lies in the exchange; facts die before it. Times in nanoseconds are the
 * capture's clock, dates are seconds since the epoch.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/cache_control.h"
#include "analysis/cache_status.h"
#include "analysis/entity_tag.h"
#include "analysis/http_date.h"
#include "analysis/memo.h"
#include "analysis/roles.h"
#include "analysis/truth.h"
#include "base/arena.h"
#include "decode/exchange.h"

/* A field with a date. */
struct date_fact {
    struct slice text;     /* the first line; absent where the field is */
    struct http_date date; /* NO_DATE also where several lines or members make it no single date:
                              any in a condition, different ones in a response */
    uint16_t lines;
};
static inline bool date_is_present(const struct date_fact *d)
{
    return d->lines != 0;
}
static inline bool date_is_valid(const struct date_fact *d)
{
    return d->date.seconds != NO_DATE;
}

enum if_range_kind { IF_RANGE_ABSENT, IF_RANGE_TAG, IF_RANGE_DATE, IF_RANGE_INVALID };

enum fetch_site {
    FETCH_SITE_UNKNOWN,
    FETCH_SAME_ORIGIN,
    FETCH_SAME_SITE,
    FETCH_CROSS_SITE,
    FETCH_NONE
};

/* From which page a request came, as far as caches may be keyed by it (G11, A3): small, so that it
 * can be kept with what is stored. */
struct partition {
    uint32_t site;          /* hash of the last two labels of Referer's or Origin's host; 0: none */
    uint8_t fetch_site;     /* enum fetch_site */
    bool empty_destination; /* Sec-Fetch-Dest: empty: a script, perhaps a service worker */
};
/* Do both belong to one partition of a cache? UNKNOWN where one of them does not say, or where a
 * script asked. */
enum truth partition_same(struct partition a, struct partition b);

struct request_facts {
    /* conditions (RFC 9110 §13.1) */
    struct tag_list if_none_match, if_match;
    struct date_fact if_modified_since, if_unmodified_since;
    enum if_range_kind if_range;
    struct slice if_range_text;
    struct entity_tag if_range_tag;
    struct http_date if_range_date;
    struct slice range;
    bool other_condition; /* A-IM, or WebDAV's If */
    bool is_conditional;  /* has any of If-None-Match, If-Modified-Since, If-Match,
                             If-Unmodified-Since */
    /* intent */
    struct cache_control cc;
    bool pragma_no_cache;
    bool wants_reload;      /* R(X) of G10 */
    bool wants_hard_reload; /* of these, not just max-age=0: no-cache, no-store or Pragma */
    bool is_prefetch;       /* G12 */
    bool is_bot;            /* G12, by User-Agent */
    /* who asks */
    struct slice user_agent;
    uint64_t user_agent_hash; /* stable hashes; 0: the field is absent */
    uint64_t authorization_hash;
    uint64_t cookie_hash;
    struct slice origin, referer;
    struct partition partition;
    /* other */
    struct slice accept_encoding; /* of the first line */
    struct slice x_http_method_override;
    bool has_forwarding; /* X-Forwarded-For and its kin, or Via: it speaks for others */
    bool has_via;
    bool was_https; /* before it came here: who ended TLS in front of the tap says so */
};

enum responder_class { RESPONDER_UNKNOWN, RESPONDER_ORIGIN, RESPONDER_CACHE };

/* Signs of an intermediary in a response (A11) and of a hit. */
enum intermediary_sign {
    SIGN_AGE = 1,
    SIGN_VIA = 2,
    SIGN_X_CACHE = 4, /* X-Cache, X-Cache-Hits */
    SIGN_CACHE_STATUS = 8,
    SIGN_CF = 16, /* CF-Cache-Status, CF-Ray */
    SIGN_X_SERVED_BY = 32,
    SIGN_X_AMZ_CF = 64,
    SIGN_X_VARNISH = 128,
    SIGN_ROLE = 256 /* it was said to be a proxy or a CDN */
};

enum age_state { AGE_ABSENT, AGE_VALID, AGE_INVALID };
enum length_state { LENGTH_ABSENT, LENGTH_VALID, LENGTH_INVALID };

struct response_facts {
    /* validators */
    struct entity_tag etag; /* of the first line, and not valid where others say something else;
                               etag.text absent where there is none */
    uint16_t etag_lines;
    struct date_fact last_modified;
    enum truth last_modified_is_strong; /* lm_strong() of rules.md 3.1; UNKNOWN without a Date */
    /* freshness */
    struct date_fact date;
    struct date_fact expires; /* present and not valid: the past (RFC 9111 §5.3) */
    enum age_state age_state;
    int64_t age; /* of the first member; 0 unless valid */
    bool age_is_list;
    struct cache_control cc;
    struct cache_control targeted; /* CDN-Cache-Control; lines == 0 where it is absent, or malformed
                                      or empty and so to be ignored (RFC 9213 §2.1) */
    bool has_surrogate_control;
    /* variants */
    bool has_vary, vary_star;
    /* content */
    enum length_state length_state;
    uint64_t content_length; /* "42, 42" and two equal lines are 42 */
    bool length_is_list;
    struct slice content_encoding, content_type, content_language, content_location, content_range,
        accept_ranges, location, server, via; /* first lines */
    bool has_set_cookie;
    /* who answered */
    unsigned intermediary_signs; /* set of enum intermediary_sign */
    enum responder_class responder;
    bool responder_is_sure;        /* not resting on X-Cache and its kin */
    bool says_hit;                 /* Cache-Status, X-Cache or CF-Cache-Status claims a hit */
    bool says_hit_by_x_cache_only; /* ... and only the fields that no RFC knows (A21) */
    struct cache_status cache_status;
};

struct facts {
    const struct exchange *x;
    int64_t t_req0, t_req1, t_rsp0, t_rsp1; /* rules.md 0.1; 0 where that half was not seen */
    int64_t now_s; /* t_rsp0, else t_req0, in seconds: for two-digit years */

    /* guards */
    bool request_head_whole; /* G1: absence of a field means something */
    bool response_head_whole;
    bool is_paired;          /* G2: rules that need request and response may look */
    bool body_is_comparable; /* G3, A7: 200 or 203 to GET, every octet seen, certain end, digest */
    bool was_aborted;        /* G4 */
    bool is_excluded;        /* G9: no waste rules */

    /* method and status */
    bool is_get, is_head, is_safe, is_unsafe; /* unsafe: known not to be safe */
    uint8_t status_class;                     /* 2 for 2xx; 0 where there is no status */

    struct request_facts request;
    struct response_facts response;
};

/* Reads the exchange. `arena` (the exchange's own will do) takes joined lines, which are rare;
 * `memo` saves work where values repeat, NULL does without. */
void facts_read(struct facts *facts, const struct exchange *x, struct arena *arena,
                struct memo *memo);

/* What is known of the server's address beside the traffic: an origin is one unless the response
 * itself says otherwise (Age, Cache-Status); a proxy or CDN may always be the one at fault. */
void facts_assign_role(struct facts *facts, enum role server);

/* RFC 9110 §8.8.2.2: Date is at least one second later than Last-Modified. */
enum truth last_modified_is_strong(int64_t last_modified_s, int64_t date_s);

/* Responder classes differ only where both are known (A31). */
static inline bool responders_differ(enum responder_class a, enum responder_class b)
{
    return a != b && a != RESPONDER_UNKNOWN && b != RESPONDER_UNKNOWN;
}
