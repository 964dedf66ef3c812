/* SPDX-License-Identifier: MIT */
/*
 * Heads, line by line, as leniently as mask.c reads them: whatever is no field line that is
 * understood becomes '*' at the level `strict`. There only the fields that caching rests on keep
 * their values, each as what it is; others (names of people, tokens, ids of requests) have nothing
 * to say in an audit.
 */

#include "reports/privacy/privacy.h"

#include "decode/fields.h"

/* Kind of a field's value plus one; 0: opaque. */
#define IS(kind) (1 + PRIVATE_##kind)
static const uint8_t kinds[FIELD_TOKENS] = {
    [FIELD_REFERER] = IS(URL),
    [FIELD_LOCATION] = IS(URL),
    [FIELD_CONTENT_LOCATION] = IS(URL),
    [FIELD_ORIGIN] = IS(URL),
    [FIELD_ACCESS_CONTROL_ALLOW_ORIGIN] = IS(URL),
    [FIELD_HOST] = IS(HOST),
    [FIELD_USER_AGENT] = IS(AGENT),
    [FIELD_ETAG] = IS(TAGS),
    [FIELD_IF_MATCH] = IS(TAGS),
    [FIELD_IF_NONE_MATCH] = IS(TAGS),
    [FIELD_IF_RANGE] = IS(TAGS),
    [FIELD_FORWARDED] = IS(CLIENTS),
    [FIELD_X_FORWARDED_FOR] = IS(CLIENTS),
    [FIELD_X_REAL_IP] = IS(CLIENTS),
    [FIELD_X_CLIENT_IP] = IS(CLIENTS),
    [FIELD_TRUE_CLIENT_IP] = IS(CLIENTS),
    [FIELD_CF_CONNECTING_IP] = IS(CLIENTS),
    [FIELD_A_IM] = IS(TEXT),
    [FIELD_ACCEPT] = IS(TEXT),
    [FIELD_ACCEPT_CHARSET] = IS(TEXT),
    [FIELD_ACCEPT_ENCODING] = IS(TEXT),
    [FIELD_ACCEPT_LANGUAGE] = IS(TEXT),
    [FIELD_ACCEPT_RANGES] = IS(TEXT),
    [FIELD_AGE] = IS(TEXT),
    [FIELD_CACHE_CONTROL] = IS(TEXT),
    [FIELD_CACHE_STATUS] = IS(TEXT),
    [FIELD_CDN_CACHE_CONTROL] = IS(TEXT),
    [FIELD_CF_CACHE_STATUS] = IS(TEXT),
    [FIELD_CLEAR_SITE_DATA] = IS(TEXT),
    [FIELD_CONNECTION] = IS(TEXT),
    [FIELD_CONTENT_ENCODING] = IS(TEXT),
    [FIELD_CONTENT_LANGUAGE] = IS(TEXT),
    [FIELD_CONTENT_LENGTH] = IS(TEXT),
    [FIELD_CONTENT_RANGE] = IS(TEXT),
    [FIELD_CONTENT_TYPE] = IS(TEXT),
    [FIELD_DATE] = IS(TEXT),
    [FIELD_EXPECT] = IS(TEXT),
    [FIELD_EXPIRES] = IS(TEXT),
    [FIELD_IF_MODIFIED_SINCE] = IS(TEXT),
    [FIELD_IF_UNMODIFIED_SINCE] = IS(TEXT),
    [FIELD_KEEP_ALIVE] = IS(TEXT),
    [FIELD_LAST_MODIFIED] = IS(TEXT),
    [FIELD_NO_VARY_SEARCH] = IS(TEXT),
    [FIELD_PRAGMA] = IS(TEXT),
    [FIELD_PROXY_CONNECTION] = IS(TEXT),
    [FIELD_PURPOSE] = IS(TEXT),
    [FIELD_RANGE] = IS(TEXT),
    [FIELD_SEC_FETCH_DEST] = IS(TEXT),
    [FIELD_SEC_FETCH_MODE] = IS(TEXT),
    [FIELD_SEC_FETCH_SITE] = IS(TEXT),
    [FIELD_SEC_PURPOSE] = IS(TEXT),
    [FIELD_SERVER] = IS(TEXT),
    [FIELD_SURROGATE_CONTROL] = IS(TEXT),
    [FIELD_TE] = IS(TEXT),
    [FIELD_TRAILER] = IS(TEXT),
    [FIELD_TRANSFER_ENCODING] = IS(TEXT),
    [FIELD_UPGRADE] = IS(TEXT),
    [FIELD_VARY] = IS(TEXT),
    [FIELD_VIA] = IS(TEXT),
    [FIELD_WARNING] = IS(TEXT),
    [FIELD_X_CACHE] = IS(TEXT),
    [FIELD_X_CACHE_HITS] = IS(TEXT),
    [FIELD_X_FORWARDED_PROTO] = IS(TEXT),
    [FIELD_X_HTTP_METHOD_OVERRIDE] = IS(TEXT),
    [FIELD_X_POWERED_BY] = IS(TEXT),
    [FIELD_X_SERVED_BY] = IS(TEXT),
    [FIELD_X_VARNISH] = IS(TEXT),
};
#undef IS

enum private_kind private_kind_of_field(struct slice name)
{
    uint8_t kind = kinds[field_token_of(name)];
    return kind ? (enum private_kind)(kind - 1) : PRIVATE_OPAQUE;
}

/* At `standard` only what is a URL whole is told apart from a text, and what nobody knows. */
static enum private_kind kind_at(const struct privacy *p, struct slice name)
{
    enum private_kind kind = private_kind_of_field(name);
    bool is_apart = kind == PRIVATE_URL || kind == PRIVATE_OPAQUE;
    return p->level == PRIVACY_STRICT || is_apart ? kind : PRIVATE_TEXT;
}

/* A line without its end and the lines that continue it (obs-fold, RFC 9112 §5.2); `*end` is what
 * ends it. */
static struct slice take_line(struct slice *rest, struct slice *end)
{
    size_t to = slice_find(*rest, '\n');
    size_t past = to + (to < rest->len);
    while (past > 1 && past < rest->len && octet_is_ows(rest->at[past])) {
        to = past + slice_find(slice_from(*rest, past), '\n');
        past = to + (to < rest->len);
    }
    while (to && rest->at[to - 1] == '\r')
        to--;
    struct slice line = slice_first(*rest, to);
    *end = slice_first(slice_from(*rest, to), past - to);
    *rest = slice_from(*rest, past);
    return line;
}

static void put(const struct privacy *p, struct pen *pen, enum private_kind kind, struct slice text)
{
    struct arena scratch;
    arena_init(&scratch, 1024);
    pen_put(pen, privacy_of(p, kind, text, &scratch));
    arena_fini(&scratch);
}

/* "GET /path?query HTTP/1.1", whose target may have spaces in it, or "HTTP/1.1 200 OK". */
static void put_start_line(const struct privacy *p, struct pen *pen, struct slice line,
                           bool is_busting)
{
    size_t from = slice_find(line, ' '), to = line.len;
    if (slice_starts_with_nocase(line, SLICE("HTTP/"))) {
        put(p, pen, PRIVATE_TEXT, line);
        return;
    }
    while (to > from + 1 && line.at[to - 1] != ' ')
        to--;
    if (to > from + 1 && slice_starts_with_nocase(slice_from(line, to), SLICE("HTTP/")))
        to--;
    else
        to = line.len;
    struct slice target = slice_first(slice_from(line, from + 1), to > from ? to - from - 1 : 0);
    pen_put(pen, slice_first(line, from + 1));
    if (is_busting)
        pen_put(pen, privacy_of_busting(p, target, pen->arena));
    else
        put(p, pen, PRIVATE_URL, target);
    pen_put(pen, slice_from(line, from + 1 + target.len));
}

/* A value on several lines, or with control characters in it, is not understood. */
static bool is_one_line(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] < ' ' && value.at[i] != '\t')
            return false;
    return true;
}

static void put_field_line(const struct privacy *p, struct pen *pen, struct slice line)
{
    size_t colon = slice_find(line, ':'), from = colon + 1;
    enum private_kind kind = kind_at(p, slice_trim(slice_first(line, colon)));
    if (line.len == 0)
        return;
    while (from < line.len && octet_is_ows(line.at[from]))
        from++;
    if (colon == line.len || colon == 0)
        from = 0;
    struct slice value = slice_from(line, from);
    if (from == 0 || !is_one_line(value))
        kind = PRIVATE_OPAQUE;
    pen_put(pen, slice_first(line, from));
    put(p, pen, kind, value);
}

static struct slice head_of(const struct privacy *p, struct slice head, bool is_busting,
                            struct arena *arena)
{
    struct pen pen = {.arena = arena};
    struct slice end;
    struct slice line = take_line(&head, &end);
    put_start_line(p, &pen, line, is_busting);
    pen_put(&pen, end);
    while (head.len) {
        line = take_line(&head, &end);
        put_field_line(p, &pen, line);
        pen_put(&pen, end);
    }
    return pen_slice(&pen);
}

struct slice privacy_of_head(const struct privacy *p, struct slice head, struct arena *arena)
{
    return head_of(p, head, false, arena);
}

struct slice privacy_of_busting_head(const struct privacy *p, struct slice head,
                                     struct arena *arena)
{
    return head_of(p, head, true, arena);
}
