/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Entity tags (RFC 9110 §8.8.3), their comparisons, and the lists of If-Match and If-None-Match.
 * Nothing is allocated: tags are slices of the field value.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/truth.h"
#include "base/slice.h"

struct entity_tag {
    struct slice text; /* as written, without outer white space; absent where there is no tag */
    bool weak;
    bool valid; /* entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE */
};

/* With its quotes; absent unless valid. */
static inline struct slice entity_tag_opaque(const struct entity_tag *tag)
{
    return tag->valid ? slice_from(tag->text, tag->weak ? 2 : 0) : SLICE_ABSENT;
}

/* `text` is one tag. Absent stays absent (and not valid). */
struct entity_tag entity_tag_parse(struct slice text);

/* RFC 9110 §8.8.3.2. Invalid tags equal nothing. */
bool entity_tag_weak_equal(const struct entity_tag *a, const struct entity_tag *b);
bool entity_tag_strong_equal(const struct entity_tag *a, const struct entity_tag *b);

/* Equal to somebody who overlooks a mangled tag: missing quotes, w/ or W\" for W/", backslashes
 * before quotes. Weakness plays no part. Two empty texts are not equal. */
bool entity_tag_tolerant_equal(const struct entity_tag *a, const struct entity_tag *b);

/* How two tags belong together once the suffixes that content codings append inside the quotes
 * (-gzip, --gzip, ;gzip, :gzip, -br, --br, -zstd, -df) and a W/ inside of them are overlooked. */
enum tag_kinship {
    TAGS_UNRELATED,
    TAGS_EQUAL,           /* by weak comparison; no suffix had to be overlooked */
    TAGS_SUFFIX_ON_FIRST, /* a has a suffix that b has not */
    TAGS_SUFFIX_ON_SECOND,
    TAGS_SUFFIX_ON_BOTH, /* two different suffixes */
};
enum tag_kinship entity_tag_kinship(const struct entity_tag *a, const struct entity_tag *b);

/* What is left of a tag, valid or not, without its marks (W/, quotes, backslashes) and such a
 * suffix: equal for all tags that are tolerantly equal or akin. */
struct slice entity_tag_core(const struct entity_tag *tag);

/* The opaque part between the quotes without such marks; absent where the tag is not valid. */
struct slice entity_tag_stem(const struct entity_tag *tag);

/* The value of If-Match or If-None-Match. */
enum tag_list_kind {
    TAG_LIST_ABSENT,
    TAG_LIST_EMPTY, /* there, but without members */
    TAG_LIST_STAR,  /* exactly "*" */
    TAG_LIST_TAGS,
};

struct tag_list {
    struct slice text; /* the value, several lines joined */
    enum tag_list_kind kind;
    bool malformed;          /* a member is no entity tag, or "*" stands beside others */
    uint32_t members, valid; /* empty members are no members */
};

/* `text` absent: TAG_LIST_ABSENT. */
struct tag_list tag_list_scan(struct slice text);

/* The next member of a list; start with *rest = list.text. Commas inside quotes do not separate.
 * False at the end. Members that are no tags come with `valid` false. */
bool tag_list_next(struct slice *rest, struct entity_tag *member);

/* Does a member equal the tag? UNKNOWN where none does but the list is malformed. NO for the star
 * (the caller knows what it means), for an absent list and an invalid tag. */
enum truth tag_list_has_weak(const struct tag_list *list, const struct entity_tag *tag);
enum truth tag_list_has_strong(const struct tag_list *list, const struct entity_tag *tag);

/* Is there a member that equals the tag tolerantly? It is put into *member (may be NULL). */
bool tag_list_has_tolerant(const struct tag_list *list, const struct entity_tag *tag,
                           struct entity_tag *member);

/* The closest kinship of the tag to a member (member first): TAGS_EQUAL before suffixes. */
enum tag_kinship tag_list_kinship(const struct tag_list *list, const struct entity_tag *tag,
                                  struct entity_tag *member);
