/* SPDX-License-Identifier: MIT */
/*
 * The grammar of entity tags (RFC 9110 §8.8.3) and the ways in which two of them can be the same:
 * the two comparisons of §8.8.3.2, and the two that no RFC knows but servers make necessary, over
 * mangled quotes and over the suffixes that content codings leave (Apache's DeflateAlterETag,
 * Jetty).
 */

#include "analysis/entity_tag.h"

#include <string.h>

#include "base/attributes.h"

/* Longest first where one ends like another. */
static const struct slice coding_suffixes[] = {
    {(const uint8_t *)"--gzip", 6}, {(const uint8_t *)"-gzip", 5}, {(const uint8_t *)";gzip", 5},
    {(const uint8_t *)":gzip", 5},  {(const uint8_t *)"--br", 4},  {(const uint8_t *)"-br", 3},
    {(const uint8_t *)"-zstd", 5},  {(const uint8_t *)"-df", 3},
};

/* etagc = %x21 / %x23-7E / obs-text */
static bool is_etagc(uint8_t c)
{
    return c > 0x20 && c != '"' && c != 0x7F;
}

static bool is_opaque(struct slice s)
{
    if (s.len < 2 || s.at[0] != '"' || s.at[s.len - 1] != '"')
        return false;
    unsigned char odd = 0; /* no way out of the loop: so 16 octets are looked at together */
    for (size_t i = 1; i < s.len - 1; i++)
        odd |= !is_etagc(s.at[i]);
    return !odd;
}

struct entity_tag entity_tag_parse(struct slice text)
{
    struct entity_tag tag = {.text = slice_trim(text)};
    tag.weak = slice_starts_with(tag.text, SLICE("W/"));
    tag.valid = is_opaque(slice_from(tag.text, tag.weak ? 2 : 0));
    return tag;
}

bool entity_tag_weak_equal(const struct entity_tag *a, const struct entity_tag *b)
{
    return a->valid && b->valid && slice_equal(entity_tag_opaque(a), entity_tag_opaque(b));
}

bool entity_tag_strong_equal(const struct entity_tag *a, const struct entity_tag *b)
{
    return !a->weak && !b->weak && entity_tag_weak_equal(a, b);
}

static bool is_quoting(uint8_t c)
{
    return c == '"' || c == '\\';
}

/* What is left of a tag when its marks are forgotten: W/, w/, W before a quote, quotes, backslashes
 * at the ends. */
static struct slice core_of(struct slice s)
{
    if (s.len >= 2 && octet_lower(s.at[0]) == 'w' && (s.at[1] == '/' || is_quoting(s.at[1])))
        s = slice_from(s, s.at[1] == '/' ? 2 : 1);
    while (s.len && is_quoting(s.at[0]))
        s = slice_from(s, 1);
    while (s.len && is_quoting(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool entity_tag_tolerant_equal(const struct entity_tag *a, const struct entity_tag *b)
{
    if (entity_tag_weak_equal(a, b))
        return true;
    struct slice core = core_of(a->text);
    return core.len && slice_equal(core, core_of(b->text));
}

static struct slice without_suffix(struct slice inner)
{
    if (inner.len == 0 || !memchr("prdf", inner.at[inner.len - 1], 4)) /* how they all end */
        return inner;
    for (size_t i = 0; i < COUNT_OF(coding_suffixes); i++)
        if (inner.len > coding_suffixes[i].len && slice_ends_with(inner, coding_suffixes[i]))
            return slice_first(inner, inner.len - coding_suffixes[i].len);
    return inner;
}

/* A W/ inside the quotes is the mark of a weak tag that was quoted once too often. */
static struct slice without_marks(struct slice inner)
{
    if (inner.len > 2 && slice_starts_with(inner, SLICE("W/")))
        inner = slice_from(inner, 2);
    return without_suffix(inner);
}

struct slice entity_tag_stem(const struct entity_tag *tag)
{
    if (!tag->valid)
        return SLICE_ABSENT;
    struct slice opaque = entity_tag_opaque(tag);
    return without_marks(slice_first(slice_from(opaque, 1), opaque.len - 2));
}

struct slice entity_tag_core(const struct entity_tag *tag)
{
    return without_marks(core_of(tag->text));
}

enum tag_kinship entity_tag_kinship(const struct entity_tag *a, const struct entity_tag *b)
{
    if (!a->valid || !b->valid)
        return TAGS_UNRELATED;
    if (slice_equal(entity_tag_opaque(a), entity_tag_opaque(b)))
        return TAGS_EQUAL;
    struct slice stem_a = entity_tag_stem(a), stem_b = entity_tag_stem(b);
    if (!slice_equal(stem_a, stem_b))
        return TAGS_UNRELATED;
    bool a_has = stem_a.len + 2 != entity_tag_opaque(a).len;
    bool b_has = stem_b.len + 2 != entity_tag_opaque(b).len;
    if (a_has && b_has)
        return TAGS_SUFFIX_ON_BOTH;
    return a_has ? TAGS_SUFFIX_ON_FIRST : TAGS_SUFFIX_ON_SECOND;
}

/* Length of the member at the beginning of s: up to the first comma outside quotes. A quote that
 * is not closed takes the rest; there is no telling where the member was meant to end. */
static size_t member_length(struct slice s)
{
    bool quoted = false;
    if (LIKELY(slice_find(s, ',') == s.len))
        return s.len;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '"')
            quoted = !quoted;
        else if (s.at[i] == ',' && !quoted)
            return i;
    }
    return s.len;
}

bool tag_list_next(struct slice *rest, struct entity_tag *member)
{
    while (rest->len && (octet_is_ows(rest->at[0]) || rest->at[0] == ','))
        *rest = slice_from(*rest, 1);
    if (rest->len == 0)
        return false;
    size_t length = member_length(*rest);
    *member = entity_tag_parse(slice_first(*rest, length));
    *rest = slice_from(*rest, length);
    return true;
}

struct tag_list tag_list_scan(struct slice text)
{
    struct tag_list list = {.text = text};
    if (slice_is_absent(text))
        return list;
    if (slice_equal(slice_trim(text), SLICE("*"))) {
        list.kind = TAG_LIST_STAR;
        list.members = 1;
        return list;
    }
    struct slice rest = text;
    struct entity_tag member;
    while (tag_list_next(&rest, &member)) {
        list.members++;
        list.valid += member.valid;
    }
    list.kind = list.members ? TAG_LIST_TAGS : TAG_LIST_EMPTY;
    list.malformed = list.valid != list.members;
    return list;
}

static enum truth list_has(const struct tag_list *list, const struct entity_tag *tag,
                           bool (*equal)(const struct entity_tag *, const struct entity_tag *))
{
    struct slice rest = list->text;
    struct entity_tag member;

    if (list->kind != TAG_LIST_TAGS || !tag->valid)
        return NO;
    while (tag_list_next(&rest, &member))
        if (equal(&member, tag))
            return YES;
    return list->malformed ? UNKNOWN : NO;
}

enum truth tag_list_has_weak(const struct tag_list *list, const struct entity_tag *tag)
{
    return list_has(list, tag, entity_tag_weak_equal);
}

enum truth tag_list_has_strong(const struct tag_list *list, const struct entity_tag *tag)
{
    return list_has(list, tag, entity_tag_strong_equal);
}

bool tag_list_has_tolerant(const struct tag_list *list, const struct entity_tag *tag,
                           struct entity_tag *member)
{
    struct slice rest = list->text;
    struct entity_tag candidate;

    if (list->kind != TAG_LIST_TAGS)
        return false;
    while (tag_list_next(&rest, &candidate)) {
        if (!entity_tag_tolerant_equal(&candidate, tag))
            continue;
        if (member)
            *member = candidate;
        return true;
    }
    return false;
}

enum tag_kinship tag_list_kinship(const struct tag_list *list, const struct entity_tag *tag,
                                  struct entity_tag *member)
{
    struct slice rest = list->text;
    struct entity_tag candidate;
    enum tag_kinship closest = TAGS_UNRELATED;

    if (list->kind != TAG_LIST_TAGS)
        return TAGS_UNRELATED;
    while (closest != TAGS_EQUAL && tag_list_next(&rest, &candidate)) {
        enum tag_kinship kinship = entity_tag_kinship(&candidate, tag);
        if (kinship == TAGS_UNRELATED || (closest != TAGS_UNRELATED && kinship > closest))
            continue;
        closest = kinship;
        if (member)
            *member = candidate;
    }
    return closest;
}
