/* SPDX-License-Identifier: MIT */
/*
 * Queries: parameters that only tell one fetch from the next (time stamps, random numbers), those
 * that sign a URL, and those that No-Vary-Search declares to make no difference.
 */

#include <stdlib.h>

#include "analysis/limits.h"
#include "analysis/url.h"
#include "base/attributes.h"

enum parameter_kind { PARAMETER_PLAIN, PARAMETER_BUSTER, PARAMETER_SIGNATURE };

#define WORD(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/* Names under which pages put time or chance; the value must look like it, too. */
static const struct slice buster_names[] = {
    WORD("_"),        WORD("__"),      WORD("cb"),        WORD("cachebuster"), WORD("cache_buster"),
    WORD("bust"),     WORD("buster"),  WORD("cachebust"), WORD("nocache"),     WORD("no_cache"),
    WORD("ts"),       WORD("t"),       WORD("time"),      WORD("timestamp"),   WORD("_ts"),
    WORD("_t"),       WORD("rnd"),     WORD("rand"),      WORD("random"),      WORD("r"),
    WORD("v"),        WORD("ver"),     WORD("version"),   WORD("nonce"),       WORD("dc"),
    WORD("_dc"),      WORD("ord"),     WORD("now"),       WORD("_rnd"),        WORD("_cb"),
    WORD("cachekey"), WORD("refresh"), WORD("hash"),
};

static const struct slice signature_names[] = {
    WORD("signature"), WORD("sig"),   WORD("expires"),     WORD("token"),
    WORD("policy"),    WORD("hmac"),  WORD("key-pair-id"), WORD("awsaccesskeyid"),
    WORD("hdnts"),     WORD("hdnea"), WORD("__token__"),   WORD("googleaccessid"),
    WORD("se"),        WORD("sp"),    WORD("sv"),          WORD("sr"),
    WORD("st"),        WORD("exp"),   WORD("md5"),         WORD("auth"),
};

static bool is_listed(struct slice name, const struct slice *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(name, list[i]))
            return true;
    return false;
}

/* Digits alone, or 8 and more octets of hexadecimal, or a fraction ("0.8437120941"). */
static bool looks_random(struct slice value)
{
    size_t digits = 0, hex = 0, dots = 0, dashes = 0;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t l = octet_lower(value.at[i]);
        digits += octet_is_digit(l);
        hex += octet_is_digit(l) || (l >= 'a' && l <= 'f');
        dots += l == '.';
        dashes += l == '-';
    }
    if (value.len < 8)
        return false;
    if (hex + dashes == value.len && digits > 0)
        return true;
    return dots == 1 && digits + 1 == value.len;
}

/* A value that is time or chance under any name: milliseconds since the epoch, of 2001
 * to 2033. */
static bool looks_like_milliseconds(struct slice value)
{
    if (value.len != 13 || value.at[0] != '1')
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (!octet_is_digit(value.at[i]))
            return false;
    return true;
}

/* `is_signed_url`: one of X-Amz-*, X-Goog-*, or a Signature stands in the query, so that Expires
 * and its kin belong to it. */
static enum parameter_kind kind_of(struct slice parameter, bool is_signed_url)
{
    struct slice value = parameter;
    struct slice name = slice_cut(&value, '=');

    if (slice_starts_with_nocase(name, SLICE("x-amz-")) ||
        slice_starts_with_nocase(name, SLICE("x-goog-")))
        return PARAMETER_SIGNATURE;
    if (is_signed_url && is_listed(name, signature_names, COUNT_OF(signature_names)))
        return PARAMETER_SIGNATURE;
    if (slice_is_absent(value)) /* "?1718000000000" */
        return looks_random(name) ? PARAMETER_BUSTER : PARAMETER_PLAIN;
    if (looks_like_milliseconds(value))
        return PARAMETER_BUSTER;
    if (looks_random(value) && is_listed(name, buster_names, COUNT_OF(buster_names)))
        return PARAMETER_BUSTER;
    return PARAMETER_PLAIN;
}

static bool has_signature(struct slice query)
{
    static const struct slice decisive[] = {
        WORD("signature"), WORD("sig"), WORD("token"), WORD("hmac"), WORD("hdnts"), WORD("hdnea"),
    };
    while (!slice_is_absent(query)) {
        struct slice parameter = slice_cut(&query, '&');
        struct slice name = slice_cut(&parameter, '=');
        if (slice_starts_with_nocase(name, SLICE("x-amz-")) ||
            slice_starts_with_nocase(name, SLICE("x-goog-")) ||
            (parameter.len >= 8 && is_listed(name, decisive, COUNT_OF(decisive))))
            return true;
    }
    return false;
}

/* The key up to its "?". */
static struct slice before_query(const struct url *url)
{
    return slice_first(url->key, (size_t)(url->query.at - url->key.at) - 1);
}

/* A key whose query is being put together anew, from parts of the old one. */
struct rebuilt {
    uint8_t *at;
    size_t len, base;
};

static struct rebuilt rebuilt_start(const struct url *url, struct arena *arena)
{
    struct slice base = before_query(url);
    struct rebuilt r = {arena_alloc(arena, url->key.len + 1), base.len, base.len};
    memcpy(r.at, base.at, base.len);
    return r;
}

static void rebuilt_add(struct rebuilt *r, struct slice parameter)
{
    r->at[r->len] = r->len == r->base ? '?' : '&';
    r->len++;
    if (parameter.len)
        memcpy(r->at + r->len, parameter.at, parameter.len);
    r->len += parameter.len;
}

struct url_bare url_without_busters(const struct url *url, struct arena *arena)
{
    struct url_bare bare = {.key = url->key};
    unsigned looked_at = 0;

    if (slice_is_absent(url->query))
        return bare;
    bool is_signed_url = has_signature(url->query);
    struct rebuilt r = rebuilt_start(url, arena);
    struct slice rest = url->query;
    while (!slice_is_absent(rest)) {
        struct slice parameter = slice_cut(&rest, '&');
        enum parameter_kind kind = PARAMETER_PLAIN;
        if (looked_at++ < LIMIT_URL_PARAMETERS)
            kind = kind_of(parameter, is_signed_url);
        bare.busters += kind == PARAMETER_BUSTER;
        bare.is_signed |= kind == PARAMETER_SIGNATURE;
        if (kind == PARAMETER_PLAIN)
            rebuilt_add(&r, parameter);
    }
    if (bare.busters || bare.is_signed)
        bare.key = slice_of(r.at, r.len);
    return bare;
}

bool url_is_buster(struct slice query, struct slice parameter)
{
    return kind_of(parameter, has_signature(query)) == PARAMETER_BUSTER;
}

/* ---- No-Vary-Search: a dictionary of structured fields (RFC 8941 §3.2) ---- */

struct no_vary_search {
    bool key_order;
    bool all;            /* params: every parameter */
    struct slice names;  /* params=("a" "b"): inside the parentheses */
    struct slice except; /* except=("a") */
};

/* The list between "(" and ")"; false where it is not one. */
static bool inner_list(struct slice value, struct slice *names)
{
    value = slice_trim(value);
    if (value.len < 2 || value.at[0] != '(' || value.at[value.len - 1] != ')')
        return false;
    *names = slice_first(slice_from(value, 1), value.len - 2);
    return true;
}

/* The names are quoted strings, so a comma inside the parentheses separates nothing that we read.
 */
static bool read_no_vary_search(struct slice value, struct no_vary_search *rule)
{
    *rule = (struct no_vary_search){0};
    while (!slice_is_absent(value)) {
        struct slice argument = slice_trim(slice_cut(&value, ','));
        struct slice key = slice_trim(slice_cut(&argument, '='));
        bool is_true = slice_is_absent(argument) || slice_equal(argument, SLICE("?1"));
        if (slice_equal(key, SLICE("key-order")))
            rule->key_order = is_true;
        else if (slice_equal(key, SLICE("params")) && is_true)
            rule->all = true;
        else if (slice_equal(key, SLICE("params")) && !slice_equal(argument, SLICE("?0")) &&
                 !inner_list(argument, &rule->names))
            return false;
        else if (slice_equal(key, SLICE("except")) && !inner_list(argument, &rule->except))
            return false;
    }
    return true;
}

/* Is the name one of the strings of an inner list? */
static bool list_names(struct slice list, struct slice name)
{
    while (list.len) {
        slice_cut(&list, '"');
        if (slice_is_absent(list))
            return false;
        if (slice_equal(slice_cut(&list, '"'), name))
            return true;
    }
    return false;
}

static bool is_irrelevant(const struct no_vary_search *rule, struct slice parameter)
{
    struct slice name = slice_cut(&parameter, '=');
    return rule->all ? !list_names(rule->except, name) : list_names(rule->names, name);
}

static int parameter_compare(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    if (order)
        return order;
    return x->len != y->len ? (x->len > y->len) - (x->len < y->len)
                            : (x->at > y->at) - (x->at < y->at);
}

struct slice url_no_vary_search(const struct url *url, struct slice no_vary_search,
                                struct arena *arena)
{
    struct no_vary_search rule;
    struct slice kept[LIMIT_URL_PARAMETERS];
    unsigned count = 0;
    struct slice rest = url->query;

    if (slice_is_absent(rest) || slice_is_absent(no_vary_search) ||
        !read_no_vary_search(no_vary_search, &rule))
        return url->key;
    while (!slice_is_absent(rest)) {
        struct slice parameter = slice_cut(&rest, '&');
        if (is_irrelevant(&rule, parameter))
            continue;
        if (count == LIMIT_URL_PARAMETERS)
            return url->key;
        kept[count++] = parameter;
    }
    if (rule.key_order)
        qsort(kept, count, sizeof kept[0], parameter_compare);
    struct rebuilt r = rebuilt_start(url, arena);
    for (unsigned i = 0; i < count; i++)
        rebuilt_add(&r, kept[i]);
    return slice_of(r.at, r.len);
}
