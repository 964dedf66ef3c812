/* SPDX-License-Identifier: MIT */
/*
 * From target and Host to the key of a cache: RFC 9112 §3.2 and §3.3 say how a target URI is put
 * together, RFC 9110 §4.2.3 how it is normalised (default port, empty path, percent-encoded
 * unreserved octets, case of scheme and host). Dot segments are left alone: caches do.
 */

#include "analysis/url.h"

#include <assert.h>
#include <string.h>

#include "analysis/limits.h"
#include "base/hash.h"

static bool is_unreserved(uint8_t c)
{
    return octet_is_alpha(c) || octet_is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static int hex_value(uint8_t c)
{
    if (octet_is_digit(c))
        return c - '0';
    c = octet_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A key under construction, in room that was taken beforehand. */
struct text {
    uint8_t *at;
    size_t len, room;
};

static void put(struct text *t, struct slice s)
{
    assert(s.len <= t->room - t->len);
    if (s.len)
        memcpy(t->at + t->len, s.at, s.len);
    t->len += s.len;
}

static void put_octet(struct text *t, uint8_t c)
{
    put(t, slice_of(&c, 1));
}

static void put_lower(struct text *t, struct slice s)
{
    assert(s.len <= t->room - t->len);
    uint8_t *to = t->at + t->len;
    for (size_t i = 0; i < s.len; i++)
        to[i] = octet_lower(s.at[i]);
    t->len += s.len;
}

/* What begins with "%": normalised, or, where no two digits follow, that octet alone. Returns what
 * is left. */
static struct slice put_encoded(struct text *t, struct slice s)
{
    static const char digits[] = "0123456789ABCDEF";
    int high = s.len > 2 ? hex_value(s.at[1]) : -1, low = s.len > 2 ? hex_value(s.at[2]) : -1;
    if (high < 0 || low < 0) {
        put_octet(t, '%');
        return slice_from(s, 1);
    }
    uint8_t octet = (uint8_t)(high << 4 | low);
    if (is_unreserved(octet)) {
        put_octet(t, octet);
    } else {
        put_octet(t, '%');
        put_octet(t, (uint8_t)digits[high]);
        put_octet(t, (uint8_t)digits[low]);
    }
    return slice_from(s, 3);
}

/* Unreserved octets plain, other percent-encodings in upper case, broken ones as they are. */
static void put_normalised(struct text *t, struct slice s)
{
    for (;;) {
        size_t plain = slice_find(s, '%');
        put(t, slice_first(s, plain));
        s = slice_from(s, plain);
        if (s.len == 0)
            return;
        s = put_encoded(t, s);
    }
}

/* An authority without what is not the host's: host and port, in their own case. */
struct authority {
    struct slice host;
    uint16_t port; /* 0: not a number */
    bool has_port;
    struct slice port_text;
};

static struct slice after_user(struct slice authority)
{
    const uint8_t *at = authority.len ? memrchr(authority.at, '@', authority.len) : NULL;
    return at ? slice_from(authority, (size_t)(at - authority.at) + 1) : authority;
}

/* Where the port's colon stands, or s.len: the last one, unless it is inside brackets. */
static size_t find_port(struct slice s)
{
    const uint8_t *colon = s.len ? memrchr(s.at, ':', s.len) : NULL;
    if (!colon)
        return s.len;
    size_t at = (size_t)(colon - s.at);
    return slice_find(slice_from(s, at), ']') == s.len - at ? at : s.len;
}

static struct authority authority_of(struct slice text)
{
    text = after_user(slice_trim(text));
    size_t colon = find_port(text);
    struct authority a = {.host = slice_trim(slice_first(text, colon)),
                          .port_text = slice_from(text, colon + 1)};
    uint64_t port;

    a.has_port = a.port_text.len != 0;
    if (a.has_port && slice_to_u64(a.port_text, &port, NULL) && port <= UINT16_MAX)
        a.port = (uint16_t)port;
    return a;
}

static uint16_t default_port(const char *scheme)
{
    return strcmp(scheme, "https") == 0 ? 443 : 80;
}

static void put_number(struct text *t, unsigned n)
{
    uint8_t digits[10];
    size_t i = sizeof digits;
    do {
        digits[--i] = (uint8_t)('0' + n % 10);
    } while (n /= 10);
    put(t, slice_of(digits + i, sizeof digits - i));
}

/* host[:port] in lower case; the scheme's default port is not written. */
static void put_authority(struct text *t, const struct authority *a, const char *scheme)
{
    put_lower(t, a->host);
    if (!a->has_port || a->port == default_port(scheme))
        return;
    put_octet(t, ':');
    if (a->port)
        put_number(t, a->port);
    else
        put_lower(t, a->port_text);
}

static struct url unknown(bool secure)
{
    return (struct url){.form = URL_UNKNOWN, .scheme = secure ? "https" : "http"};
}

/* `path` may begin with "?" (then it is empty) and carries the query. */
static struct url compose(enum url_form form, struct slice scheme_text, const char *scheme,
                          const struct authority *a, struct slice path_and_query,
                          struct arena *arena)
{
    size_t room = scheme_text.len + 3 + a->host.len + a->port_text.len + 8 + path_and_query.len + 1;
    struct text t = {.at = arena_alloc(arena, room), .room = room};
    struct url url = {.form = form, .scheme = scheme};

    put_lower(&t, scheme_text);
    put(&t, SLICE("://"));
    size_t authority_at = t.len;
    put_authority(&t, a, scheme);
    size_t path_at = t.len;
    if (form != URL_ASTERISK && (path_and_query.len == 0 || path_and_query.at[0] != '/'))
        put_octet(&t, '/');
    put_normalised(&t, path_and_query);

    url.key = slice_of(t.at, t.len);
    url.authority = slice_of(t.at + authority_at, path_at - authority_at);
    url.host = slice_first(url.authority, a->host.len);
    url.port = a->has_port ? a->port : default_port(scheme);
    url.query = slice_from(url.key, path_at);
    url.path = slice_cut(&url.query, '?');
    return url;
}

/* Length of "scheme" where s begins with scheme "://", else 0. */
static size_t scheme_length(struct slice s)
{
    size_t n = 0;
    while (n < s.len &&
           (octet_is_alpha(s.at[n]) ||
            (n && (octet_is_digit(s.at[n]) || s.at[n] == '+' || s.at[n] == '-' || s.at[n] == '.'))))
        n++;
    return n && slice_starts_with(slice_from(s, n), SLICE("://")) ? n : 0;
}

/* Splits what follows "//" into authority and the rest. */
static struct slice cut_authority(struct slice *rest)
{
    size_t n = 0;
    while (n < rest->len && rest->at[n] != '/' && rest->at[n] != '?' && rest->at[n] != '#')
        n++;
    struct slice authority = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    return authority;
}

static struct url absolute(struct slice target, bool secure, struct arena *arena)
{
    size_t length = scheme_length(target);
    struct slice scheme_text = slice_first(target, length);
    struct slice rest = slice_from(target, length + 3);
    struct authority a = authority_of(cut_authority(&rest));
    const char *scheme = secure ? "https" : "http";

    if (a.host.len == 0)
        return unknown(secure);
    if (slice_equal_nocase(scheme_text, SLICE("http")))
        scheme = "http";
    else if (slice_equal_nocase(scheme_text, SLICE("https")))
        scheme = "https";
    return compose(URL_ABSOLUTE, scheme_text, scheme, &a, rest, arena);
}

static struct url connect_target(bool secure, struct slice target, struct arena *arena)
{
    struct authority a = authority_of(target);
    struct url url = unknown(secure);
    if (a.host.len == 0)
        return url;
    struct text t = {.at = arena_alloc(arena, a.host.len), .room = a.host.len};
    put_lower(&t, a.host);
    url.form = URL_AUTHORITY;
    url.host = url.authority = slice_of(t.at, t.len);
    url.port = a.port;
    return url;
}

struct url url_make(bool secure, struct slice host, struct slice target, enum method method,
                    struct arena *arena)
{
    struct authority a = authority_of(host);
    const char *scheme = secure ? "https" : "http";

    if (method == METHOD_CONNECT)
        return connect_target(secure, target, arena);
    if (scheme_length(target))
        return absolute(target, secure, arena);
    if (a.host.len == 0 || target.len == 0)
        return unknown(secure);
    if (target.at[0] == '/')
        return compose(URL_ORIGIN, slice_of_text(scheme), scheme, &a, target, arena);
    if (slice_equal(target, SLICE("*")))
        return compose(URL_ASTERISK, slice_of_text(scheme), scheme, &a, SLICE(""), arena);
    return unknown(secure);
}

struct url url_of(const struct exchange *x, struct arena *arena)
{
    struct slice host = head_first(&x->request.head, FIELD_HOST);
    return url_make(x->secure, host, x->target, x->method_token, arena);
}

/* ---- references ---- */

static struct slice without_fragment(struct slice s)
{
    return slice_first(s, slice_find(s, '#'));
}

static struct slice join(struct slice a, struct slice b, struct arena *arena)
{
    struct text t = {.at = arena_alloc(arena, a.len + b.len + 1), .room = a.len + b.len + 1};
    put(&t, a);
    put(&t, b);
    return slice_of(t.at, t.len);
}

/* A path up to and with its last "/". */
static struct slice folder_of(struct slice path)
{
    const uint8_t *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
    return slice_first(path, slash ? (size_t)(slash - path.at) + 1 : 0);
}

/* mailto:, data: ... have a colon in their first segment. */
static bool has_other_scheme(struct slice reference)
{
    struct slice segment = slice_first(reference, slice_find(reference, '/'));
    return slice_find(segment, ':') < segment.len;
}

static struct url resolve_network(const struct url *base, struct slice scheme, struct slice rest,
                                  struct arena *arena)
{
    struct authority a = authority_of(cut_authority(&rest));
    if (a.host.len == 0)
        return unknown(strcmp(base->scheme, "https") == 0);
    return compose(URL_ABSOLUTE, scheme, base->scheme, &a, rest, arena);
}

struct url url_resolve(const struct url *base, struct slice reference, struct arena *arena)
{
    bool secure = strcmp(base->scheme, "https") == 0;
    reference = without_fragment(slice_trim(reference));

    if (scheme_length(reference))
        return absolute(reference, secure, arena);
    if (slice_is_absent(base->key) || reference.len == 0)
        return unknown(secure);
    struct slice scheme = slice_first(base->key, scheme_length(base->key));
    if (slice_starts_with(reference, SLICE("//")))
        return resolve_network(base, scheme, slice_from(reference, 2), arena);
    if (has_other_scheme(reference) || reference.at[0] == '.')
        return unknown(secure);
    if (reference.at[0] == '?')
        reference = join(base->path, reference, arena);
    else if (reference.at[0] != '/')
        reference = join(folder_of(base->path), reference, arena);
    struct authority a = authority_of(base->authority);
    return compose(URL_ABSOLUTE, scheme, base->scheme, &a, reference, arena);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return !slice_is_absent(a->host) && !slice_is_absent(b->host) && a->port == b->port &&
           slice_equal(a->host, b->host) && strcmp(a->scheme, b->scheme) == 0;
}

struct slice url_host_in(struct slice reference)
{
    size_t length = scheme_length(reference);
    if (length == 0)
        return SLICE_ABSENT;
    struct slice rest = slice_from(reference, length + 3);
    struct slice host = authority_of(cut_authority(&rest)).host;
    return host.len ? host : SLICE_ABSENT;
}

static bool is_address(struct slice host)
{
    if (host.len && host.at[0] == '[')
        return true;
    for (size_t i = 0; i < host.len; i++)
        if (!octet_is_digit(host.at[i]) && host.at[i] != '.')
            return false;
    return true;
}

struct slice url_site(struct slice host)
{
    if (host.len == 0 || is_address(host))
        return host;
    size_t end = host.at[host.len - 1] == '.' ? host.len - 1 : host.len;
    unsigned dots = 0;
    for (size_t i = end; i > 0; i--)
        if (host.at[i - 1] == '.' && ++dots == 2)
            return slice_first(slice_from(host, i), end - i);
    return slice_first(host, end);
}

/* ---- kinds of URLs ---- */

/* ".js"; "" where the file has no extension. */
static struct slice extension_of(struct slice path)
{
    struct slice file = slice_from(path, folder_of(path).len);
    const uint8_t *dot = file.len ? memrchr(file.at, '.', file.len) : NULL;
    return dot ? slice_from(file, (size_t)(dot - file.at)) : SLICE("");
}

uint64_t url_family(const struct url *url)
{
    struct slice rest = slice_from(url->path, 1);
    size_t end = slice_find(rest, '/');
    struct slice first = end < rest.len ? slice_first(rest, end) : SLICE("");
    return hash_mix(hash64_stable(first), hash64_stable(extension_of(url->path)));
}
