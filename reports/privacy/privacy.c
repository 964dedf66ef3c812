/* SPDX-License-Identifier: MIT */
/*
 * Which octets of a value tell of a person. What is not understood is taken for private: a query
 * parameter without a value may be a token that ends in '=', a fragment may carry what a login gave
 * (RFC 6749 §4.2.2), a parameter of a path a session (";jsessionid="), and a word in place of an
 * address a user's name.
 */

#include "reports/privacy/privacy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/http_date.h"
#include "analysis/url.h"
#include "decode/fields.h"
#include "reports/privacy/letters.h"

/* A parameter's name that is longer is no name. */
enum { LONGEST_NAME = 64 };

static const char *const words[] = {"full", "standard", "strict", NULL};

const char *privacy_word(unsigned level)
{
    return words[level < COUNT_OF(words) ? level : COUNT_OF(words) - 1];
}

bool privacy_init(struct privacy *privacy, enum privacy_level level, const char *key_file,
                  struct error *error)
{
    *privacy = (struct privacy){.level = level};
    if (level != PRIVACY_FULL)
        privacy->pseudonyms = pseudonyms_new(key_file, error);
    return level == PRIVACY_FULL || privacy->pseudonyms;
}

void privacy_fini(struct privacy *privacy)
{
    pseudonyms_free(privacy->pseudonyms);
    privacy->pseudonyms = NULL;
}

/* ---- writing ---- */

void pen_put(struct pen *pen, struct slice text)
{
    if (pen->len + text.len > pen->room) {
        size_t room = (pen->len + text.len) * 2 + 64;
        pen->at = pen->at ? arena_grow(pen->arena, pen->at, pen->room, room)
                          : arena_alloc(pen->arena, room);
        pen->room = room;
    }
    if (text.len)
        memcpy(pen->at + pen->len, text.at, text.len);
    pen->len += text.len;
}

struct slice pen_slice(const struct pen *pen)
{
    return slice_of(pen->at ? (const char *)pen->at : "", pen->len);
}

static void put_pseudonym(const struct privacy *p, struct pen *pen, struct slice value)
{
    uint8_t name[PSEUDONYM_LENGTH];
    pseudonym_write(p->pseudonyms, value, name);
    pen_put(pen, slice_of(name, sizeof name));
}

static void put_address(const struct privacy *p, struct pen *pen, const struct address *address,
                        bool bracketed)
{
    char text[46];
    struct address other = pseudonym_address(p->pseudonyms, address);
    pen_put(pen, bracketed ? SLICE("[") : SLICE(""));
    pen_put(pen, slice_of_text(address_text(&other, text)));
    pen_put(pen, bracketed ? SLICE("]") : SLICE(""));
}

/* ---- queries ---- */

/* Does it say anything? "=" alone, as at the end of base64, does not. */
static bool says_nothing(struct slice value)
{
    while (value.len && value.at[0] == '=')
        value = slice_from(value, 1);
    return value.len == 0;
}

static void put_parameter(const struct privacy *p, struct pen *pen, struct slice parameter)
{
    struct slice value = parameter, name = slice_cut(&value, '=');
    if (parameter.len == 0)
        return;
    if (says_nothing(value) || name.len > LONGEST_NAME) {
        put_pseudonym(p, pen, parameter);
        return;
    }
    pen_put(pen, name);
    pen_put(pen, SLICE("="));
    put_pseudonym(p, pen, value);
}

/* Parameters parted by '&', and by the '#' of a fragment; `spares` leaves those that defeat caches.
 */
static void put_query(const struct privacy *p, struct pen *pen, struct slice query, bool spares)
{
    const struct slice whole = query;
    for (;;) {
        size_t end = 0;
        while (end < query.len && query.at[end] != '&' && query.at[end] != '#')
            end++;
        struct slice parameter = slice_first(query, end);
        if (spares && url_is_buster(whole, parameter))
            pen_put(pen, parameter);
        else
            put_parameter(p, pen, parameter);
        if (end == query.len)
            return;
        pen_put(pen, slice_first(slice_from(query, end), 1));
        query = slice_from(query, end + 1);
    }
}

/* ---- addresses in texts ---- */

static bool is_hex(uint8_t c)
{
    uint8_t l = octet_lower(c);
    return octet_is_digit(c) || (l >= 'a' && l <= 'f');
}

/* Length of the IPv4 address that begins there; 0: none does. */
static size_t ipv4_length(struct slice text)
{
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        size_t digits = 0;
        if (part && (at == text.len || text.at[at++] != '.'))
            return 0;
        while (at < text.len && octet_is_digit(text.at[at])) {
            at++;
            digits++;
        }
        if (digits == 0 || digits > 3)
            return 0;
    }
    return at;
}

static size_t ipv6_length(struct slice text)
{
    size_t at = 0, colons = 0;
    while (at < text.len && at < 45 &&
           (is_hex(text.at[at]) || text.at[at] == ':' || text.at[at] == '.'))
        colons += text.at[at++] == ':';
    while (at && text.at[at - 1] == '.')
        at--;
    return colons >= 2 ? at : 0;
}

/* Length of the address that text[at...] begins with; 0: none. */
static size_t address_length(struct slice text, size_t at, struct address *address)
{
    uint8_t before = at ? text.at[at - 1] : ' ', c = text.at[at];
    struct slice rest = slice_from(text, at);
    size_t length = 0;
    if (!is_hex(c) && c != ':')
        return 0;
    if (octet_is_digit(c) && !octet_is_digit(before) && before != '.')
        length = ipv4_length(rest);
    if (length == 0 && !octet_is_digit(before) && !octet_is_alpha(before) && before != ':')
        length = ipv6_length(rest);
    return length && address_parse(slice_first(rest, length), address) ? length : 0;
}

/* Nothing but addresses is looked for. */
static void put_without_addresses(const struct privacy *p, struct pen *pen, struct slice text)
{
    size_t kept = 0;
    for (size_t at = 0; at < text.len;) {
        struct address address;
        size_t length = address_length(text, at, &address);
        if (length == 0) {
            at++;
            continue;
        }
        pen_put(pen, slice_first(slice_from(text, kept), at - kept));
        bool has_port =
            address.family == 4 && at + length < text.len && text.at[at + length] == ':';
        put_address(p, pen, &address, has_port || (at && text.at[at - 1] == '/'));
        at += length;
        kept = at;
    }
    pen_put(pen, slice_from(text, kept));
}

static void put_plain(const struct privacy *p, struct pen *pen, struct slice text)
{
    if (p->level == PRIVACY_STRICT)
        put_without_addresses(p, pen, text);
    else
        pen_put(pen, text);
}

/* ---- kinds ---- */

/* What ends a URL that stands in a text, and is no part of it. */
static bool closes(uint8_t c)
{
    return c == '"' || c == '\'' || c == ',' || c == ';' || c == ')' || c == ']';
}

/* Length of the query that begins a text. */
static size_t query_length(struct slice text)
{
    size_t end = 0;
    while (end < text.len && text.at[end] > ' ' && text.at[end] != '>' && text.at[end] != 0x7F)
        end++;
    while (end && closes(text.at[end - 1]))
        end--;
    return end;
}

/* "?0" and "?1" are the Booleans of structured fields (RFC 8941 §3.3.6). */
static bool is_boolean(struct slice query)
{
    return query.len && (query.at[0] == '0' || query.at[0] == '1') &&
           (query.len == 1 || closes(query.at[1]));
}

static void put_text(const struct privacy *p, struct pen *pen, struct slice text)
{
    for (;;) {
        size_t mark = slice_find(text, '?');
        put_plain(p, pen, slice_first(text, mark));
        if (mark == text.len)
            return;
        pen_put(pen, SLICE("?"));
        text = slice_from(text, mark + 1);
        size_t length = query_length(text);
        if (is_boolean(slice_first(text, length)))
            length = 0;
        put_query(p, pen, slice_first(text, length), false);
        text = slice_from(text, length);
        if (length == 0 && text.len) { /* goes on behind a digit */
            size_t step = slice_find(text, '?');
            put_plain(p, pen, slice_first(text, step));
            text = slice_from(text, step);
            if (text.len == 0)
                return;
        }
    }
}

/* A path, with what stands before it; parameters of its segments (RFC 3986 §3.3) are private. */
static void put_path(const struct privacy *p, struct pen *pen, struct slice path)
{
    while (path.len) {
        size_t mark = slice_find(path, ';');
        put_plain(p, pen, slice_first(path, mark));
        path = slice_from(path, mark);
        if (path.len == 0)
            return;
        size_t end = 1;
        while (end < path.len && path.at[end] != '/' && path.at[end] != ';')
            end++;
        pen_put(pen, SLICE(";"));
        put_parameter(p, pen, slice_first(slice_from(path, 1), end - 1));
        path = slice_from(path, end);
    }
}

static void put_url(const struct privacy *p, struct pen *pen, struct slice url, bool spares)
{
    size_t mark = 0;
    while (mark < url.len && url.at[mark] != '?' && url.at[mark] != '#')
        mark++;
    put_path(p, pen, slice_first(url, mark));
    if (mark == url.len)
        return;
    pen_put(pen, slice_first(slice_from(url, mark), 1));
    put_query(p, pen, slice_from(url, mark + 1), spares);
}

/* Folded lines and spaces are in no URL, but a reader may have joined them: what begins like a
 * query is one to its end. */
static void put_unknown(const struct privacy *p, struct pen *pen, struct slice text)
{
    size_t mark = slice_find(text, '?') + 1;
    pen_put(pen, slice_first(text, mark));
    if (is_boolean(slice_from(text, mark)))
        put_text(p, pen, slice_from(text, mark));
    else
        put_query(p, pen, slice_from(text, mark), false);
}

static void put_address_or_name(const struct privacy *p, struct pen *pen, struct slice text)
{
    struct address address;
    if (address_parse(text, &address) && address.family)
        put_address(p, pen, &address, false);
    else if (text.len)
        put_pseudonym(p, pen, text);
}

static bool parts_clients(uint8_t c)
{
    return c <= ' ' || c == ',' || c == ';' || c == '"' || c == '=';
}

/* Names of Forwarded (RFC 7239 §5), and what it says of nobody. */
static bool is_word_of_forwarded(struct slice word)
{
    static const char *const known[] = {"for",   "by",   "host",    "proto",
                                        "https", "http", "unknown", "_hidden"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (slice_equal_nocase(word, slice_of_text(known[i])))
            return true;
    return false;
}

static void put_clients(const struct privacy *p, struct pen *pen, struct slice text)
{
    while (text.len) {
        size_t end = 0;
        while (end < text.len && !parts_clients(text.at[end]))
            end++;
        struct slice word = slice_first(text, end);
        if (is_word_of_forwarded(word))
            pen_put(pen, word);
        else
            put_address_or_name(p, pen, word);
        if (end < text.len)
            pen_put(pen, slice_first(slice_from(text, end), 1));
        text = slice_from(text, end + 1);
    }
}

/* Without the suffixes that content codings append, so that it is seen when one was appended. */
static void put_opaque_tag(const struct privacy *p, struct pen *pen, struct slice tag)
{
    static const char *const suffixes[] = {"--gzip", "-gzip", ";gzip", ":gzip", "--br",
                                           "-br",    "-zstd", "-df",   NULL};
    if (slice_starts_with(tag, SLICE("W/"))) { /* of a weak tag that somebody quoted whole */
        pen_put(pen, slice_first(tag, 2));
        tag = slice_from(tag, 2);
    }
    for (unsigned i = 0; suffixes[i]; i++) {
        struct slice suffix = slice_of_text(suffixes[i]);
        if (tag.len > suffix.len && slice_ends_with(tag, suffix)) {
            put_pseudonym(p, pen, slice_first(tag, tag.len - suffix.len));
            pen_put(pen, suffix);
            return;
        }
    }
    if (tag.len)
        put_pseudonym(p, pen, tag);
}

/* A tag from its opening quote on; how long it is. */
static size_t put_quoted_tag(const struct privacy *p, struct pen *pen, struct slice text)
{
    struct slice inside = slice_from(text, 1);
    size_t end = slice_find(inside, '"');
    pen_put(pen, SLICE("\""));
    put_opaque_tag(p, pen, slice_first(inside, end));
    pen_put(pen, end < inside.len ? SLICE("\"") : SLICE(""));
    return end < inside.len ? end + 2 : text.len;
}

/* What should have been a tag, up to the next comma. */
static size_t put_bare_tag(const struct privacy *p, struct pen *pen, struct slice text)
{
    size_t end = slice_find(text, ',');
    struct slice tag = slice_trim(slice_first(text, end));
    if (slice_equal(tag, SLICE("*")) || slice_equal(tag, SLICE("(none)")))
        pen_put(pen, tag);
    else
        put_opaque_tag(p, pen, tag);
    return end;
}

static void put_tags(const struct privacy *p, struct pen *pen, struct slice text)
{
    while (text.len) {
        size_t step = 1;
        if (text.at[0] == ',' || octet_is_ows(text.at[0])) {
            pen_put(pen, slice_first(text, 1));
        } else if (text.at[0] == '"') {
            step = put_quoted_tag(p, pen, text);
        } else if (slice_starts_with_nocase(text, SLICE("W/\""))) {
            step = 2;
            pen_put(pen, slice_first(text, 2));
        } else {
            step = put_bare_tag(p, pen, text);
        }
        text = slice_from(text, step);
    }
}

static bool is_date(struct slice text)
{
    return http_date_seconds(text, 0) != NO_DATE;
}

static void put_stars(struct pen *pen, size_t n)
{
    static const char stars[] = "********************************";
    for (; n > sizeof stars - 1; n -= sizeof stars - 1)
        pen_put(pen, slice_of_text(stars));
    pen_put(pen, slice_of(stars, n));
}

/* One address may be that of several, who are told apart by their User-Agents. */
static void put_agent(const struct privacy *p, struct pen *pen, struct slice agent)
{
    pen_put(pen, agent_family(agent));
    if (p->keeps_apart) {
        pen_put(pen, SLICE(" "));
        put_pseudonym(p, pen, agent);
    }
}

static void put_opaque(const struct privacy *p, struct pen *pen, struct slice value)
{
    if (!p->keeps_apart) {
        put_stars(pen, value.len);
        return;
    }
    uint8_t *letters = arena_alloc(pen->arena, value.len + 1);
    letters_write(p->pseudonyms, value, letters);
    pen_put(pen, slice_of(letters, value.len));
}

static void put_digest(const struct privacy *p, struct pen *pen, struct slice digest)
{
    uint64_t halves[2];
    halves[0] = pseudonym_number(p->pseudonyms, digest);
    halves[1] = pseudonym_number(p->pseudonyms, slice_of(halves, sizeof halves[0]));
    pen_put(pen, slice_of(halves, sizeof halves));
}

static void put_key(const struct privacy *p, struct pen *pen, struct slice key)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, pseudonym_number(p->pseudonyms, key));
    pen_put(pen, slice_of_text(text));
}

/* ---- the levels ---- */

static void put_strictly(const struct privacy *p, enum private_kind kind, struct slice value,
                         struct pen *pen)
{
    switch (kind) {
    case PRIVATE_HOST:
    case PRIVATE_TEXT:
        put_text(p, pen, value);
        break;
    case PRIVATE_URL:
        put_url(p, pen, value, false);
        break;
    case PRIVATE_ADDRESS:
        put_address_or_name(p, pen, value);
        break;
    case PRIVATE_CLIENTS:
        put_clients(p, pen, value);
        break;
    case PRIVATE_CLIENT:
        put_pseudonym(p, pen, value);
        break;
    case PRIVATE_TAGS:
        is_date(value) ? pen_put(pen, value) : put_tags(p, pen, value);
        break;
    case PRIVATE_AGENT:
        put_agent(p, pen, value);
        break;
    case PRIVATE_DIGEST:
        put_digest(p, pen, value);
        break;
    case PRIVATE_KEY:
        put_key(p, pen, value);
        break;
    case PRIVATE_OPAQUE:
        put_opaque(p, pen, value);
        break;
    case PRIVATE_HEAD:
        break; /* privacy_of_head() */
    }
}

/* Does the level `standard` change anything of it? */
static bool may_have_query(enum private_kind kind, struct slice value)
{
    if (kind != PRIVATE_TEXT && kind != PRIVATE_URL && kind != PRIVATE_HOST &&
        kind != PRIVATE_AGENT && kind != PRIVATE_OPAQUE)
        return false;
    return slice_find(value, '?') < value.len ||
           (kind == PRIVATE_URL &&
            (slice_find(value, ';') < value.len || slice_find(value, '#') < value.len));
}

struct slice privacy_of(const struct privacy *p, enum private_kind kind, struct slice value,
                        struct arena *arena)
{
    struct pen pen = {.arena = arena};
    if (p->level == PRIVACY_FULL || value.len == 0)
        return value;
    if (kind == PRIVATE_HEAD)
        return privacy_of_head(p, value, arena);
    if (p->level == PRIVACY_STRICT)
        put_strictly(p, kind, value, &pen);
    else if (!may_have_query(kind, value))
        return value;
    else if (kind == PRIVATE_URL)
        put_url(p, &pen, value, false);
    else if (kind == PRIVATE_OPAQUE)
        put_unknown(p, &pen, value);
    else
        put_text(p, &pen, value);
    return pen_slice(&pen);
}

struct address privacy_of_address(const struct privacy *p, const struct address *address)
{
    return p->level == PRIVACY_STRICT ? pseudonym_address(p->pseudonyms, address) : *address;
}

struct slice privacy_of_busting(const struct privacy *p, struct slice target, struct arena *arena)
{
    struct pen pen = {.arena = arena};
    if (p->level == PRIVACY_FULL)
        return target;
    put_url(p, &pen, target, true);
    return pen_slice(&pen);
}

/* ---- messages ---- */

/* The name of a field before "{}" says what stands there: "ETag: {}", "their ETag {}". What no
 * field is named for may be a tag. */
static enum private_kind kind_after(struct slice literal)
{
    size_t end = literal.len, from;
    while (end && (literal.at[end - 1] == ' ' || literal.at[end - 1] == ':'))
        end--;
    for (from = end; from && octet_is_token(literal.at[from - 1]);)
        from--;
    struct slice name = slice_first(slice_from(literal, from), end - from);
    return field_token_of(name) == FIELD_OTHER ? PRIVATE_TAGS : private_kind_of_field(name);
}

/* Numbers, dates, names of fields and our own words tell nothing. */
static bool is_harmless(struct slice word)
{
    size_t digits = 0;
    while (digits < word.len && octet_is_digit(word.at[digits]))
        digits++;
    return digits == word.len || field_token_of(word) != FIELD_OTHER || is_date(word);
}

static void put_word(const struct privacy *p, struct pen *pen, struct slice before,
                     struct slice word)
{
    enum private_kind kind = kind_after(before);
    if (p->level != PRIVACY_STRICT)
        put_text(p, pen, word);
    else if (is_harmless(word))
        pen_put(pen, word);
    else if (kind == PRIVATE_HEAD || kind == PRIVATE_OPAQUE)
        put_pseudonym(p, pen, word);
    else
        put_strictly(p, kind, word, pen);
}

/* Where `what` last stands in a text; the text's length: nowhere. */
static size_t find_last(struct slice text, struct slice what)
{
    for (size_t at = text.len - what.len + 1; what.len <= text.len && at-- > 0;)
        if (memcmp(text.at + at, what.at, what.len) == 0)
            return at;
    return text.len;
}

static size_t find_first(struct slice text, struct slice what)
{
    const uint8_t *hit = what.len ? memmem(text.at, text.len, what.at, what.len) : NULL;
    return hit ? (size_t)(hit - text.at) : text.len;
}

/* How long the word is that begins `rest`, where `literal` follows it in the form. What stands
 * behind the last word is ours, and may have been lengthened by a note. A word that holds the
 * literal itself is not cut in two: what is left of it would be taken for our own. */
static size_t word_length(struct slice rest, struct slice literal, bool is_last)
{
    size_t tail = find_last(rest, SLICE("; a 304 would take "));
    if (literal.len == 0)
        return tail;
    size_t first = find_first(rest, literal);
    if (!is_last || is_harmless(slice_first(rest, first)))
        return first;
    size_t last = find_last(slice_first(rest, tail), literal);
    return last < tail ? last : first;
}

struct slice privacy_of_message(const struct privacy *p, struct slice form, struct slice message,
                                struct arena *arena)
{
    struct pen pen = {.arena = arena};
    struct slice before, word = SLICE_ABSENT;
    if (p->level == PRIVACY_FULL || message.len == 0)
        return message;
    size_t gap = find_first(form, SLICE("{}"));
    if (gap > message.len || !slice_equal(slice_first(form, gap), slice_first(message, gap)))
        return privacy_of(p, PRIVATE_TEXT, message, arena); /* not made of it: by our own fault */
    while (gap < form.len) {
        before = slice_first(form, gap);
        pen_put(&pen, before);
        message = slice_from(message, gap);
        form = slice_from(form, gap + 2);
        gap = find_first(form, SLICE("{}"));
        bool is_named = slice_equal(before, SLICE(": ")); /* "{}: {}", a field and its value */
        struct slice name = is_named ? word : before;
        size_t length = word_length(message, slice_first(form, gap), gap == form.len);
        word = slice_first(message, length);
        put_word(p, &pen, name, word);
        message = slice_from(message, length);
    }
    pen_put(&pen, message);
    return pen_slice(&pen);
}
