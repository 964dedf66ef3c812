/* SPDX-License-Identifier: MIT */
/*
 * Which names have tokens, and how a head's lines are found again by token.
 *
 * A name is looked up by its length: few names share one, and a line's first octets tell them
 * apart. Names of fields.def consist of lower-case letters, digits and '-', all of which have bit
 * 0x20 set, so setting that bit in an octet of a token (RFC 9110 §5.6.2) lowers its letters and
 * makes nothing else equal to them: what would, are control octets, and no token has these.
 */

#include "decode/fields.h"

#include <assert.h>

#include "base/attributes.h"

#define LONGEST 27

static const struct {
    char name[LONGEST + 1];
    uint8_t len;
    bool secret;
} rows[FIELD_TOKENS] = {
    [FIELD_OTHER] = {"", 0, false},
#define FIELD_ROW(token, name, secret) [FIELD_##token] = {name, sizeof(name) - 1, secret},
#include "decode/fields.def"
#undef FIELD_ROW
};

/* The tokens by the length of their names, ended by FIELD_OTHER. tests/decode/fields.c says which
 * row of fields.def is missing here. */
#define LONGEST 27
#define WIDEST  9
// clang-format off
static const uint8_t by_length[LONGEST + 1][WIDEST] = {
    [2] = {FIELD_IF, FIELD_TE},
    [3] = {FIELD_AGE, FIELD_VIA},
    [4] = {FIELD_HOST, FIELD_DATE, FIELD_ETAG, FIELD_VARY, FIELD_LINK, FIELD_A_IM},
    [5] = {FIELD_RANGE},
    [6] = {FIELD_ACCEPT, FIELD_COOKIE, FIELD_SERVER, FIELD_PRAGMA, FIELD_ORIGIN, FIELD_EXPECT,
           FIELD_CF_RAY, FIELD_DIGEST},
    [7] = {FIELD_EXPIRES, FIELD_REFERER, FIELD_X_CACHE, FIELD_UPGRADE, FIELD_TRAILER,
           FIELD_WARNING, FIELD_PURPOSE},
    [8] = {FIELD_LOCATION, FIELD_IF_RANGE, FIELD_IF_MATCH},
    [9] = {FIELD_X_VARNISH, FIELD_FORWARDED, FIELD_X_REAL_IP},
    [10] = {FIELD_CONNECTION, FIELD_USER_AGENT, FIELD_KEEP_ALIVE, FIELD_SET_COOKIE},
    [11] = {FIELD_X_SERVED_BY, FIELD_X_AMZ_CF_ID, FIELD_SEC_PURPOSE, FIELD_TRACEPARENT,
            FIELD_REPR_DIGEST, FIELD_CONTENT_MD5, FIELD_X_CLIENT_IP},
    [12] = {FIELD_CONTENT_TYPE, FIELD_CACHE_STATUS, FIELD_X_CACHE_HITS, FIELD_X_POWERED_BY,
            FIELD_X_REQUEST_ID, FIELD_X_AMZ_CF_POP},
    [13] = {FIELD_CACHE_CONTROL, FIELD_LAST_MODIFIED, FIELD_IF_NONE_MATCH, FIELD_ACCEPT_RANGES,
            FIELD_CONTENT_RANGE, FIELD_AUTHORIZATION},
    [14] = {FIELD_CONTENT_LENGTH, FIELD_ACCEPT_CHARSET, FIELD_SEC_FETCH_SITE, FIELD_SEC_FETCH_MODE,
            FIELD_SEC_FETCH_DEST, FIELD_CONTENT_DIGEST, FIELD_NO_VARY_SEARCH, FIELD_TRUE_CLIENT_IP},
    [15] = {FIELD_ACCEPT_ENCODING, FIELD_ACCEPT_LANGUAGE, FIELD_X_FORWARDED_FOR,
            FIELD_CF_CACHE_STATUS, FIELD_CLEAR_SITE_DATA},
    [16] = {FIELD_CONTENT_ENCODING, FIELD_CONTENT_LOCATION, FIELD_CONTENT_LANGUAGE,
            FIELD_PROXY_CONNECTION, FIELD_WWW_AUTHENTICATE, FIELD_CF_CONNECTING_IP},
    [17] = {FIELD_TRANSFER_ENCODING, FIELD_IF_MODIFIED_SINCE, FIELD_CDN_CACHE_CONTROL,
            FIELD_SURROGATE_CONTROL, FIELD_X_FORWARDED_PROTO},
    [18] = {FIELD_PROXY_AUTHENTICATE},
    [19] = {FIELD_CONTENT_DISPOSITION, FIELD_IF_UNMODIFIED_SINCE, FIELD_PROXY_AUTHORIZATION},
    [22] = {FIELD_X_HTTP_METHOD_OVERRIDE},
    [27] = {FIELD_ACCESS_CONTROL_ALLOW_ORIGIN},
};
// clang-format on
_Static_assert(LONGEST <= 32, "same_name() looks at four words");
_Static_assert(FIELD_TOKENS <= 256, "tokens fit into an octet of by_length");

static inline uint64_t word_at(const void *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t half_word_at(const void *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

#define LOWER UINT64_C(0x2020202020202020)

static inline uint64_t word_differs(const uint8_t *at, const char *lower)
{
    return (word_at(at) | LOWER) ^ word_at(lower);
}

/* The words overlap where the length is no multiple of theirs. */
static inline bool same_name(const uint8_t *at, const char *lower, size_t len)
{
    if (len >= 8) {
        uint64_t differs = word_differs(at, lower) | word_differs(at + len - 8, lower + len - 8);
        if (len > 16)
            differs |= word_differs(at + 8, lower + 8);
        if (len > 24)
            differs |= word_differs(at + 16, lower + 16);
        return differs == 0;
    }
    if (len >= 4)
        return (half_word_at(at) | (uint32_t)LOWER) == half_word_at(lower) &&
               (half_word_at(at + len - 4) | (uint32_t)LOWER) == half_word_at(lower + len - 4);
    for (size_t i = 0; i < len; i++)
        if ((at[i] | 0x20) != (uint8_t)lower[i])
            return false;
    return true;
}

enum field_token field_token_of(struct slice name)
{
    if (name.len > LONGEST)
        return FIELD_OTHER;
    for (const uint8_t *token = by_length[name.len]; *token; token++) {
        const char *lower = rows[*token].name;
        if ((name.at[0] | 0x20) == (uint8_t)lower[0] && same_name(name.at, lower, name.len))
            return (enum field_token) * token;
    }
    return FIELD_OTHER;
}

struct slice field_name_of(enum field_token token)
{
    assert(token < FIELD_TOKENS);
    return slice_of(rows[token].name, rows[token].len);
}

bool field_is_secret(enum field_token token)
{
    assert(token < FIELD_TOKENS);
    return rows[token].secret;
}

uint32_t head_count(const struct head *head, enum field_token token)
{
    uint32_t n = 0;
    if (token == FIELD_OTHER || !head_has(head, token))
        return 0;
    for (uint32_t i = 0; i < head->n_fields; i++)
        n += head->fields[i].token == token;
    return n;
}

struct slice head_first(const struct head *head, enum field_token token)
{
    if (!head_has(head, token))
        return SLICE_ABSENT;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token == token)
            return field_value(head, &head->fields[i]);
    return SLICE_ABSENT;
}

static size_t joined_length(const struct head *head, enum field_token token)
{
    size_t len = 0;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token == token)
            len += head->fields[i].value_len + 2;
    return len - 2;
}

struct slice head_joined(const struct head *head, enum field_token token, struct arena *arena)
{
    if (head_count(head, token) < 2)
        return head_first(head, token);
    size_t len = joined_length(head, token);
    uint8_t *all = arena_alloc(arena, len), *at = all;
    bool first = true; /* which may be empty */
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (head->fields[i].token != token)
            continue;
        struct slice value = field_value(head, &head->fields[i]);
        if (!first) {
            *at++ = ',';
            *at++ = ' ';
        }
        first = false;
        memcpy(at, value.at, value.len);
        at += value.len;
    }
    assert(at == all + len);
    return slice_of(all, len);
}
