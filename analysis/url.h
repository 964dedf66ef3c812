/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * URLs: the key of a cache (RFC 9111 §2, normalised as RFC 9110 §4.2.3 allows), the pattern under
 * which findings are folded, and which parts of a query look like they only defeat caches. Octets
 * that no URL may hold (NUL, broken percent-encoding) are data like any other.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "decode/exchange.h"

enum url_form {                /* RFC 9112 §3.2 */
                URL_UNKNOWN,   /* target or host not known, or the target has no form at all */
                URL_ORIGIN,    /* /path?query with Host */
                URL_ABSOLUTE,  /* http://host/path: wins over Host */
                URL_AUTHORITY, /* CONNECT host:port: host only, no key */
                URL_ASTERISK   /* OPTIONS *: the key has no path */
};

struct url {
    enum url_form form;
    const char *scheme; /* "http" or "https"; never NULL */
    struct slice key;   /* scheme://host[:port]/path[?query]; absent for UNKNOWN and AUTHORITY */
    struct slice host;  /* lower case, without port and user; absent where not known */
    uint16_t port;      /* the scheme's default where none is written; 0 where it is no number */
    struct slice authority; /* host[:port] as in the key; absent where host is */
    struct slice path;      /* "/..." as in the key; "" for ASTERISK; absent where key is */
    struct slice query;     /* without "?"; absent where there is no "?" */
};

/* The URL of an exchange. The slices lie in `arena` and live as long; path, query and authority are
 * parts of key. A CONNECT has no key. */
struct url url_of(const struct exchange *x, struct arena *arena);

/* The same for any scheme, host field value (absent: none) and target. */
struct url url_make(bool secure, struct slice host, struct slice target, enum method method,
                    struct arena *arena);

/* Resolves a reference (Location, Content-Location) against a URL, and normalises it. URL_UNKNOWN
 * where it is neither absolute, nor begins with "/" or "//" or "?", nor is a plain relative path.
 */
struct url url_resolve(const struct url *base, struct slice reference, struct arena *arena);

/* scheme, host and port equal (RFC 9110 §4.3.1). */
bool url_same_origin(const struct url *a, const struct url *b);

/* The path with its changing parts as "*": numbers, hexadecimal and base64-like identifiers, UUIDs,
 * hashes inside file names (/static/app.3f2a9c1b.js -> /static/app.*.js). No query. */
struct slice url_pattern(const struct url *url, struct arena *arena);

/* Stable hash of (first directory of the path, extension of its file): URLs of one kind, whose
 * 304s are about equally long. */
uint64_t url_family(const struct url *url);

/* The host in a reference with "//" (Referer, Origin), without user and port, in its own case;
 * absent where there is none. */
struct slice url_host_in(struct slice reference);

/* The last two labels of the host; an address whole. Absent where host is. */
struct slice url_site(struct slice host);

/* A query without what only tells fetches apart (card cache-buster-identical). */
struct url_bare {
    struct slice key; /* the URL without those parameters; url.key itself where there are none */
    uint32_t busters; /* parameters left out: name and value look like time or chance */
    bool is_signed;   /* signature parameters (X-Amz-*, Signature, token ...) were left out */
};
struct url_bare url_without_busters(const struct url *url, struct arena *arena);

/* Is that parameter of the query one of those? */
bool url_is_buster(struct slice query, struct slice parameter);

/* The key with the parameters removed (and sorted, for key-order) that No-Vary-Search declares
 * irrelevant; url.key itself where the field says nothing or is malformed. */
struct slice url_no_vary_search(const struct url *url, struct slice no_vary_search,
                                struct arena *arena);
