/* SPDX-License-Identifier: MIT */
/*
 * The secondary key of a cache (RFC 9111 §4.1). A stored key is a run of octets,
 *
 *     flags (1), then per nominated name, in the order of the names, each name once:
 *     length of the name (2), the name in lower case, present (1),
 *     hash of the value as it was (8), hash of its canonical form (8)
 *
 * in the byte order of this machine: it never leaves it. No Vary at all is the empty key.
 */

#include "analysis/vary.h"

#include <string.h>

#include "analysis/limits.h"
#include "base/attributes.h"
#include "base/hash.h"

enum key_flag {
    KEY_STAR = 1,     /* never matches */
    KEY_PARTIAL = 2,  /* the request's head was not seen whole */
    KEY_TOO_MANY = 4, /* more names than we look at */
};

/* ---- names ---- */

bool vary_next(struct vary_walk *walk, struct slice *name)
{
    for (;;) {
        while (!slice_is_absent(walk->rest)) {
            *name = slice_trim(slice_cut(&walk->rest, ','));
            if (name->len)
                return true;
        }
        const struct head *head = walk->response;
        while (walk->next_field < head->n_fields &&
               head->fields[walk->next_field].token != FIELD_VARY)
            walk->next_field++;
        if (walk->next_field == head->n_fields)
            return false;
        walk->rest = field_value(head, &head->fields[walk->next_field++]);
    }
}

bool vary_has(const struct head *response, struct slice name)
{
    struct vary_walk walk = vary_walk(response);
    struct slice member;

    if (!head_has(response, FIELD_VARY))
        return false;
    while (vary_next(&walk, &member))
        if (slice_equal_nocase(member, name))
            return true;
    return false;
}

bool vary_has_star(const struct head *response)
{
    return vary_has(response, SLICE("*"));
}

/* A set of names, sorted without regard to case. */
struct names {
    struct slice name[LIMIT_VARY_NAMES];
    unsigned count;
    bool too_many;
};

static int name_compare(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int difference = octet_lower(a.at[i]) - octet_lower(b.at[i]);
        if (difference)
            return difference;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static void names_add(struct names *set, struct slice name)
{
    unsigned at = set->count;
    while (at > 0 && name_compare(set->name[at - 1], name) > 0)
        at--;
    if (at > 0 && name_compare(set->name[at - 1], name) == 0)
        return;
    if (set->count == LIMIT_VARY_NAMES) {
        set->too_many = true;
        return;
    }
    memmove(set->name + at + 1, set->name + at, (set->count - at) * sizeof set->name[0]);
    set->name[at] = name;
    set->count++;
}

static void names_collect(struct names *set, const struct head *response)
{
    struct vary_walk walk = vary_walk(response);
    struct slice name;

    set->count = 0;
    set->too_many = false;
    if (!head_has(response, FIELD_VARY))
        return;
    while (!set->too_many && vary_next(&walk, &name))
        names_add(set, slice_first(name, UINT16_MAX));
}

/* The first name of `a` that `b` does not have; absent if there is none. */
static struct slice names_lacking(const struct names *a, const struct names *b)
{
    unsigned j = 0;
    for (unsigned i = 0; i < a->count; i++) {
        while (j < b->count && name_compare(b->name[j], a->name[i]) < 0)
            j++;
        if (j == b->count || name_compare(b->name[j], a->name[i]) != 0)
            return a->name[i];
    }
    return SLICE_ABSENT;
}

bool vary_has_same_text(const struct head *a, const struct head *b)
{
    return head_count(a, FIELD_VARY) == 1 && head_count(b, FIELD_VARY) == 1 &&
           slice_equal(head_first(a, FIELD_VARY), head_first(b, FIELD_VARY));
}

enum vary_relation vary_compare(const struct head *a, const struct head *b, struct slice *lacking)
{
    struct names names_a, names_b;
    if (lacking)
        *lacking = SLICE_ABSENT;
    if (LIKELY(vary_has_same_text(a, b)))
        return VARY_EQUAL;
    names_collect(&names_a, a);
    names_collect(&names_b, b);
    struct slice only_b = names_lacking(&names_b, &names_a);
    struct slice only_a = names_lacking(&names_a, &names_b);
    bool b_has_more = !slice_is_absent(only_b), a_has_more = !slice_is_absent(only_a);

    if (names_a.too_many || names_b.too_many) /* not to be known: nobody is accused */
        b_has_more = a_has_more = false;
    if (lacking && (a_has_more || b_has_more))
        *lacking = b_has_more ? only_b : only_a;
    if (a_has_more && b_has_more)
        return VARY_DIFFER;
    if (b_has_more)
        return VARY_FIRST_LACKS;
    return a_has_more ? VARY_SECOND_LACKS : VARY_EQUAL;
}

/* ---- canonical values ---- */

static bool is_accept_like(enum field_token token)
{
    return token == FIELD_ACCEPT || token == FIELD_ACCEPT_CHARSET ||
           token == FIELD_ACCEPT_ENCODING || token == FIELD_ACCEPT_LANGUAGE || token == FIELD_TE;
}

static bool is_separator(uint8_t c)
{
    return c == ',' || c == ';' || c == '=';
}

/* Without white space next to "," ";" "=", and in lower case if `lower`. */
static struct slice without_space(struct slice value, bool lower, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, value.len + 1);
    size_t n = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (!octet_is_ows(value.at[i])) {
            out[n++] = lower ? octet_lower(value.at[i]) : value.at[i];
            continue;
        }
        size_t next = i;
        while (next < value.len && octet_is_ows(value.at[next]))
            next++;
        bool at_edge = n == 0 || next == value.len;
        if (!at_edge && !is_separator(out[n - 1]) && !is_separator(value.at[next])) {
            memcpy(out + n, value.at + i, next - i);
            n += next - i;
        }
        i = next - 1;
    }
    return slice_of(out, n);
}

struct weighted {
    struct slice text; /* without its weight if that is 1 */
    unsigned weight;   /* thousandths */
};

/* qvalue of RFC 9110 §12.4.2 in thousandths; anything else counts as 1. */
static unsigned weight_of(struct slice q)
{
    unsigned weight = q.len && q.at[0] == '1' ? 1000 : 0, digit = 100;
    if (q.len == 0 || (q.at[0] != '0' && q.at[0] != '1'))
        return 1000;
    for (size_t i = 2; i < q.len && i < 5 && q.at[1] == '.'; i++, digit /= 10)
        if (octet_is_digit(q.at[i]))
            weight += (q.at[i] - (unsigned)'0') * digit;
    return weight < 1000 ? weight : 1000;
}

/* Where ";q=" stands in a member that has no spaces, or its length. */
static size_t find_weight(struct slice member)
{
    for (size_t i = 0; i + 3 <= member.len; i++)
        if (member.at[i] == ';' && octet_lower(member.at[i + 1]) == 'q' && member.at[i + 2] == '=')
            return i;
    return member.len;
}

static struct weighted weighted_of(struct slice member)
{
    size_t at = find_weight(member);
    struct weighted w = {.text = member, .weight = 1000};
    if (at < member.len) {
        struct slice rest = slice_from(member, at + 3);
        w.weight = weight_of(slice_cut(&rest, ';'));
        if (w.weight == 1000 && slice_is_absent(rest))
            w.text = slice_first(member, at);
    }
    return w;
}

/* Heavier first, equal ones by name. */
static bool stands_before(const struct weighted *a, const struct weighted *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return name_compare(a->text, b->text) < 0;
}

/* `list` is lower case and without spaces. More members than the cap stay in their order. */
static struct slice sorted(struct slice list, struct arena *arena)
{
    struct weighted members[LIMIT_CANON_MEMBERS];
    unsigned count = 0;
    struct slice rest = list;

    while (!slice_is_absent(rest)) {
        struct slice member = slice_cut(&rest, ',');
        if (member.len == 0)
            continue;
        if (count == LIMIT_CANON_MEMBERS)
            return list;
        struct weighted w = weighted_of(member);
        unsigned at = count++;
        for (; at > 0 && stands_before(&w, &members[at - 1]); at--)
            members[at] = members[at - 1];
        members[at] = w;
    }
    uint8_t *out = arena_alloc(arena, list.len + 1);
    size_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        if (i)
            out[n++] = ',';
        memcpy(out + n, members[i].text.at, members[i].text.len);
        n += members[i].text.len;
    }
    return slice_of(out, n);
}

static struct slice canon(enum field_token token, struct slice joined, struct arena *arena)
{
    if (slice_is_absent(joined))
        return joined;
    bool accept_like = is_accept_like(token);
    struct slice bare = without_space(joined, accept_like, arena);
    return accept_like ? sorted(bare, arena) : bare;
}

struct slice field_canon(const struct head *head, enum field_token token, struct arena *arena)
{
    return canon(token, head_joined(head, token, arena), arena);
}

uint64_t accept_encoding_hash(const struct head *request, struct arena *scratch)
{
    if (!head_has(request, FIELD_ACCEPT_ENCODING))
        return 0;
    return hash64(field_canon(request, FIELD_ACCEPT_ENCODING, scratch)) | 1;
}

/* ---- Accept-Encoding against Content-Encoding ---- */

static struct slice coding_name(struct slice coding)
{
    return slice_starts_with_nocase(coding, SLICE("x-")) ? slice_from(coding, 2) : coding;
}

/* Weight that Accept-Encoding gives a coding by name or by "*": named ones first. */
static unsigned coding_weight(const struct head *request, struct slice coding)
{
    unsigned star = 0;
    for (uint32_t i = 0; i < request->n_fields; i++) {
        if (request->fields[i].token != FIELD_ACCEPT_ENCODING)
            continue;
        struct slice rest = field_value(request, &request->fields[i]);
        while (!slice_is_absent(rest)) {
            struct slice parameters = slice_cut(&rest, ',');
            struct slice name = slice_trim(slice_cut(&parameters, ';'));
            struct slice weight = slice_trim(parameters);
            unsigned q = 1000;
            if (slice_starts_with_nocase(weight, SLICE("q=")))
                q = weight_of(slice_trim(slice_from(weight, 2)));
            if (slice_equal_nocase(coding_name(name), coding_name(coding)))
                return q;
            if (slice_equal(name, SLICE("*")))
                star = q;
        }
    }
    return star;
}

bool accept_encoding_wants_coding(const struct head *request)
{
    static const struct slice codings[] = {
        {(const uint8_t *)"gzip", 4}, {(const uint8_t *)"br", 2}, {(const uint8_t *)"zstd", 4}};
    if (!head_has(request, FIELD_ACCEPT_ENCODING))
        return false;
    unsigned plain = coding_weight(request, SLICE("identity"));
    for (unsigned i = 0; i < COUNT_OF(codings); i++) {
        unsigned weight = coding_weight(request, codings[i]);
        if (weight && weight >= plain)
            return true;
    }
    return false;
}

bool accept_encoding_allows(const struct head *request, struct slice content_encoding)
{
    if (!head_has(request, FIELD_ACCEPT_ENCODING))
        return true;
    while (!slice_is_absent(content_encoding)) {
        struct slice coding = slice_trim(slice_cut(&content_encoding, ','));
        if (coding.len == 0 || slice_equal_nocase(coding, SLICE("identity")))
            continue;
        if (coding_weight(request, coding) == 0)
            return false;
    }
    return true;
}

/* ---- keys ---- */

struct record {
    struct slice name;
    bool present;
    uint64_t exact, canonical;
};

static bool line_has_name(const struct head *head, const struct field *field,
                          enum field_token token, struct slice name)
{
    if (field->token != token)
        return false;
    return token != FIELD_OTHER || slice_equal_nocase(field_name(head, field), name);
}

/* All lines of a field joined by ", ", also of one that has no token; absent where it is. */
static struct slice value_of(const struct head *head, struct slice name, struct arena *arena)
{
    enum field_token token = field_token_of(name);
    if (token != FIELD_OTHER)
        return head_joined(head, token, arena);

    struct slice value = SLICE_ABSENT;
    size_t total = 0;
    uint32_t lines = 0;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (!line_has_name(head, &head->fields[i], token, name))
            continue;
        value = field_value(head, &head->fields[i]);
        total += value.len + 2;
        lines++;
    }
    if (lines < 2)
        return value;
    uint8_t *out = arena_alloc(arena, total), *at = out;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (!line_has_name(head, &head->fields[i], token, name))
            continue;
        struct slice line = field_value(head, &head->fields[i]);
        memcpy(at, line.at, line.len);
        at += line.len;
        *at++ = ',';
        *at++ = ' ';
    }
    return slice_of(out, total - 2);
}

static struct record record_of(const struct head *request, struct slice name, struct arena *arena)
{
    struct slice value = value_of(request, name, arena);
    struct record r = {.name = name, .present = !slice_is_absent(value)};
    if (r.present) {
        r.exact = hash64(value);
        r.canonical = hash64(canon(field_token_of(name), value, arena));
    }
    return r;
}

#define RECORD_SIZE(name_len) (2 + (name_len) + 1 + 8 + 8)

static uint8_t *record_write(uint8_t *out, const struct record *r)
{
    uint16_t length = (uint16_t)r->name.len;
    memcpy(out, &length, 2);
    out += 2;
    for (size_t i = 0; i < r->name.len; i++)
        *out++ = octet_lower(r->name.at[i]);
    *out++ = r->present;
    memcpy(out, &r->exact, 8);
    memcpy(out + 8, &r->canonical, 8);
    return out + 16;
}

/* False at the end. */
static bool record_read(struct slice *rest, struct record *r)
{
    uint16_t length;
    if (rest->len < RECORD_SIZE(0))
        return false;
    memcpy(&length, rest->at, 2);
    if (rest->len < RECORD_SIZE((size_t)length))
        return false;
    r->name = slice_of(rest->at + 2, length);
    const uint8_t *at = r->name.at + length;
    r->present = *at;
    memcpy(&r->exact, at + 1, 8);
    memcpy(&r->canonical, at + 9, 8);
    *rest = slice_from(*rest, RECORD_SIZE((size_t)length));
    return true;
}

struct slice vary_key(const struct head *response, const struct head *request, bool request_whole,
                      struct arena *arena)
{
    struct names names;
    size_t size = 1;

    if (!head_has(response, FIELD_VARY))
        return SLICE("");
    names_collect(&names, response);
    for (unsigned i = 0; i < names.count; i++)
        size += RECORD_SIZE(names.name[i].len);

    uint8_t *key = arena_alloc(arena, size), *out = key + 1;
    *key = (uint8_t)((vary_has_star(response) ? KEY_STAR : 0) | (request_whole ? 0 : KEY_PARTIAL) |
                     (names.too_many ? KEY_TOO_MANY : 0));
    for (unsigned i = 0; i < names.count; i++) {
        struct record r = record_of(request, names.name[i], arena);
        out = record_write(out, &r);
    }
    return slice_of(key, (size_t)(out - key));
}

static enum truth values_equal(const struct record *a, bool a_whole, const struct record *b,
                               bool b_whole, enum vary_mode mode)
{
    if (a->present != b->present)
        return (a->present || a_whole) && (b->present || b_whole) ? NO : UNKNOWN;
    if (!a->present)
        return a_whole && b_whole ? YES : UNKNOWN;
    return truth_of(mode == VARY_EXACT ? a->exact == b->exact : a->canonical == b->canonical);
}

enum truth vary_key_match(struct slice key, const struct head *request, bool request_whole,
                          enum vary_mode mode, struct arena *scratch, struct slice *differs)
{
    struct record stored;
    enum truth all = YES;

    if (differs)
        *differs = SLICE_ABSENT;
    if (key.len == 0)
        return YES;
    unsigned flags = key.at[0];
    if (flags & KEY_STAR)
        return NO;
    if (flags & KEY_TOO_MANY)
        all = UNKNOWN;
    struct slice rest = slice_from(key, 1);
    while (record_read(&rest, &stored)) {
        struct record live = record_of(request, stored.name, scratch);
        enum truth same = values_equal(&stored, !(flags & KEY_PARTIAL), &live, request_whole, mode);
        if (same == NO && differs)
            *differs = stored.name;
        if (same == NO)
            return NO;
        all = truth_and(all, same);
    }
    return all;
}

static const struct slice *find_name(const struct slice *names, unsigned n, struct slice name)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_equal(names[i], name))
            return &names[i];
    return NULL;
}

struct slice vary_key_differs_in(struct slice key, const struct head *request, bool request_whole,
                                 const struct slice *names, unsigned n, struct arena *scratch)
{
    struct record stored;
    struct slice rest = slice_from(key, 1), first = SLICE_ABSENT;
    if (key.len == 0 || key.at[0] & KEY_TOO_MANY)
        return SLICE_ABSENT;
    while (record_read(&rest, &stored)) {
        struct record live = record_of(request, stored.name, scratch);
        enum truth same =
            values_equal(&stored, !(key.at[0] & KEY_PARTIAL), &live, request_whole, VARY_EXACT);
        if (same == YES)
            continue;
        const struct slice *name = same == NO ? find_name(names, n, stored.name) : NULL;
        if (!name)
            return SLICE_ABSENT;
        if (slice_is_absent(first))
            first = *name;
    }
    return slice_is_absent(first) && key.at[0] & KEY_STAR ? SLICE("*") : first;
}

enum truth vary_key_equal(struct slice a, struct slice b, enum vary_mode mode)
{
    struct record record_a = {0}, record_b = {0};
    unsigned flags_a = a.len ? a.at[0] : 0, flags_b = b.len ? b.at[0] : 0;
    struct slice rest_a = slice_from(a, 1), rest_b = slice_from(b, 1);
    enum truth all = (flags_a | flags_b) & KEY_TOO_MANY ? UNKNOWN : YES;

    if ((flags_a | flags_b) & KEY_STAR)
        return NO;
    for (;;) {
        bool more_a = record_read(&rest_a, &record_a), more_b = record_read(&rest_b, &record_b);
        if (!more_a && !more_b)
            return all;
        if (more_a != more_b || !slice_equal(record_a.name, record_b.name))
            return NO;
        all = truth_and(all, values_equal(&record_a, !(flags_a & KEY_PARTIAL), &record_b,
                                          !(flags_b & KEY_PARTIAL), mode));
        if (all == NO)
            return NO;
    }
}

uint64_t vary_key_hash(struct slice key, enum vary_mode mode)
{
    struct record r;
    struct slice rest = slice_from(key, 1);
    uint64_t hash = 0;

    while (record_read(&rest, &r)) {
        uint64_t value = mode == VARY_EXACT ? r.exact : r.canonical;
        hash = hash_mix(hash, hash_mix(hash64(r.name), r.present ? value | 1 : 0));
    }
    return hash;
}
