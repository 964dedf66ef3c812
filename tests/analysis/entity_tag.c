/* SPDX-License-Identifier: MIT */
/* RFC 9110 §8.8.3 and §13.1.2; the traps T6, T7, T8 of rules.md. */

#include "analysis/entity_tag.h"

#include <criterion/criterion.h>

#include "base/attributes.h"

static struct entity_tag tag(const char *text)
{
    return entity_tag_parse(slice_of_text(text));
}

// clang-format off
static const struct { const char *text; bool valid, weak; const char *opaque; } grammar[] = {
    {"\"xyzzy\"", true, false, "\"xyzzy\""},
    {"W/\"xyzzy\"", true, true, "\"xyzzy\""},
    {"\"\"", true, false, "\"\""},
    {"W/\"\"", true, true, "\"\""},
    {" \"a\" ", true, false, "\"a\""},
    {"\"a,b\"", true, false, "\"a,b\""},
    {"\"back\\slash\"", true, false, "\"back\\slash\""},
    {"\"\xE4\xFF\"", true, false, "\"\xE4\xFF\""},
    {"\"!#~\"", true, false, "\"!#~\""},
    {"xyzzy", false, false, NULL},
    {"w/\"xyzzy\"", false, false, NULL},
    {"W\"xyzzy\"", false, false, NULL},
    {"W/ \"xyzzy\"", false, true, NULL},
    {"W/xyzzy", false, true, NULL},
    {"\"", false, false, NULL},
    {"W/\"", false, true, NULL},
    {"", false, false, NULL},
    {"\"a b\"", false, false, NULL},
    {"\"a\"b\"", false, false, NULL},
    {"\"a\tb\"", false, false, NULL},
    {"\"a\x7F\"", false, false, NULL},
    {"\"a", false, false, NULL},
    {"a\"", false, false, NULL},
    {"'a'", false, false, NULL},
    {"\"a\", \"b\"", false, false, NULL},
    {"*", false, false, NULL},
};

static const struct { const char *a, *b; bool weak, strong, tolerant; enum tag_kinship kinship; } pairs[] = {
    /* the table of §8.8.3.2 */
    {"W/\"1\"", "W/\"1\"", true, false, true, TAGS_EQUAL},
    {"W/\"1\"", "W/\"2\"", false, false, false, TAGS_UNRELATED},
    {"W/\"1\"", "\"1\"", true, false, true, TAGS_EQUAL},       /* T6 */
    {"\"1\"", "\"1\"", true, true, true, TAGS_EQUAL},
    {"\"a\"", "\"A\"", false, false, false, TAGS_UNRELATED},
    {"\"\"", "\"\"", true, true, true, TAGS_EQUAL},
    /* mangled */
    {"abc", "\"abc\"", false, false, true, TAGS_UNRELATED},
    {"w/\"abc\"", "W/\"abc\"", false, false, true, TAGS_UNRELATED},
    {"W\"abc\"", "\"abc\"", false, false, true, TAGS_UNRELATED},
    {"\\\"abc\\\"", "\"abc\"", false, false, true, TAGS_UNRELATED},
    {"W/\\\"abc\\\"", "W/\"abc\"", false, false, true, TAGS_UNRELATED},
    {"\"abc", "\"abc\"", false, false, true, TAGS_UNRELATED},
    {"abc", "abd", false, false, false, TAGS_UNRELATED},
    {"", "", false, false, false, TAGS_UNRELATED},
    {"W/", "\"", false, false, false, TAGS_UNRELATED},
    {"\"w/abc\"", "\"abc\"", false, false, false, TAGS_UNRELATED},
    /* codings: T7 and its kin */
    {"\"x-gzip\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x\"", "W/\"x--gzip\"", false, false, false, TAGS_SUFFIX_ON_SECOND},
    {"\"x;gzip\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x:gzip\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x-br\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x--br\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x-zstd\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"x-df\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"W/x\"", "\"x\"", false, false, false, TAGS_SUFFIX_ON_FIRST},
    {"\"W/\"", "\"\"", false, false, false, TAGS_UNRELATED},
    {"\"x-gzip\"", "\"x-br\"", false, false, false, TAGS_SUFFIX_ON_BOTH},
    {"\"x-gzip\"", "W/\"x-gzip\"", true, false, true, TAGS_EQUAL},
    {"\"x-gzip\"", "\"y\"", false, false, false, TAGS_UNRELATED},
    {"\"-gzip\"", "\"\"", false, false, false, TAGS_UNRELATED},
    {"x-gzip", "x", false, false, false, TAGS_UNRELATED},
};

static const struct { const char *list; enum tag_list_kind kind; bool malformed; unsigned members, valid; } lists[] = {
    {"*", TAG_LIST_STAR, false, 1, 0},
    {" * ", TAG_LIST_STAR, false, 1, 0},
    {"", TAG_LIST_EMPTY, false, 0, 0},
    {" , ,, ", TAG_LIST_EMPTY, false, 0, 0},
    {"\"a\"", TAG_LIST_TAGS, false, 1, 1},
    {"\"a\",W/\"b\" , \"c\"", TAG_LIST_TAGS, false, 3, 3},
    {", \"a\",, ,\"b\",", TAG_LIST_TAGS, false, 2, 2},
    {"\"a,b\", \"c\"", TAG_LIST_TAGS, false, 2, 2},
    {"\"a\", *", TAG_LIST_TAGS, true, 2, 1},
    {"*, *", TAG_LIST_TAGS, true, 2, 0},
    {"a, \"b\"", TAG_LIST_TAGS, true, 2, 1},
    {"\"a\" \"b\"", TAG_LIST_TAGS, true, 1, 0},
    {"\"a\", \"b", TAG_LIST_TAGS, true, 2, 1},
};

static const struct { const char *list, *tag; enum truth weak, strong; bool tolerant; enum tag_kinship kinship; } members[] = {
    {"\"a\", \"b\"", "\"b\"", YES, YES, true, TAGS_EQUAL},
    {"W/\"a\"", "\"a\"", YES, NO, true, TAGS_EQUAL},
    {"\"a\"", "W/\"a\"", YES, NO, true, TAGS_EQUAL},
    {"\"a\"", "\"b\"", NO, NO, false, TAGS_UNRELATED},
    {"a, \"c\"", "\"b\"", UNKNOWN, UNKNOWN, false, TAGS_UNRELATED},
    {"a, \"b\"", "\"b\"", YES, YES, true, TAGS_EQUAL},
    {"b", "\"b\"", UNKNOWN, UNKNOWN, true, TAGS_UNRELATED},
    {"*", "\"b\"", NO, NO, false, TAGS_UNRELATED},                /* T8: the caller's to say */
    {"", "\"b\"", NO, NO, false, TAGS_UNRELATED},
    {"\"b\"", "b", NO, NO, true, TAGS_UNRELATED},
    {"\"x-gzip\"", "\"x\"", NO, NO, false, TAGS_SUFFIX_ON_FIRST}, /* T7 */
    {"\"x-br\", \"x\"", "\"x\"", YES, YES, true, TAGS_EQUAL},
    {"\"a,b\"", "\"b\"", NO, NO, false, TAGS_UNRELATED},
};
// clang-format on

Test(entity_tag, grammar)
{
    for (size_t i = 0; i < COUNT_OF(grammar); i++) {
        struct entity_tag t = tag(grammar[i].text);
        cr_expect(t.valid == grammar[i].valid, "%s", grammar[i].text);
        cr_expect(t.weak == grammar[i].weak, "%s", grammar[i].text);
        struct slice opaque = slice_of_text(grammar[i].opaque);
        cr_expect(slice_equal(entity_tag_opaque(&t), opaque) &&
                      slice_is_absent(entity_tag_opaque(&t)) == slice_is_absent(opaque),
                  "%s", grammar[i].text);
    }
}

Test(entity_tag, absent_stays_absent)
{
    struct entity_tag none = entity_tag_parse(SLICE_ABSENT);
    cr_expect(!none.valid && slice_is_absent(none.text));
    cr_expect(!entity_tag_weak_equal(&none, &none));
    cr_expect(!entity_tag_tolerant_equal(&none, &none));
}

static enum tag_kinship mirrored(enum tag_kinship k)
{
    return k == TAGS_SUFFIX_ON_FIRST    ? TAGS_SUFFIX_ON_SECOND
           : k == TAGS_SUFFIX_ON_SECOND ? TAGS_SUFFIX_ON_FIRST
                                        : k;
}

Test(entity_tag, comparisons)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct entity_tag a = tag(pairs[i].a), b = tag(pairs[i].b);
        const char *what = pairs[i].a;
        cr_expect(entity_tag_weak_equal(&a, &b) == pairs[i].weak, "weak %s %s", what, pairs[i].b);
        cr_expect(entity_tag_strong_equal(&a, &b) == pairs[i].strong, "strong %s", what);
        cr_expect(entity_tag_tolerant_equal(&a, &b) == pairs[i].tolerant, "tolerant %s", what);
        cr_expect(entity_tag_kinship(&a, &b) == pairs[i].kinship, "kinship %s", what);
        cr_expect(entity_tag_weak_equal(&b, &a) == pairs[i].weak, "weak mirrored %s", what);
        cr_expect(entity_tag_tolerant_equal(&b, &a) == pairs[i].tolerant, "mirrored %s", what);
        cr_expect(entity_tag_kinship(&b, &a) == mirrored(pairs[i].kinship), "mirrored %s", what);
    }
}

Test(tag_list, kinds_and_counts)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct tag_list list = tag_list_scan(slice_of_text(lists[i].list));
        cr_expect(list.kind == lists[i].kind, "%s: kind %d", lists[i].list, list.kind);
        cr_expect(list.malformed == lists[i].malformed, "%s", lists[i].list);
        cr_expect(list.members == lists[i].members, "%s: %u", lists[i].list, list.members);
        cr_expect(list.valid == lists[i].valid, "%s: %u", lists[i].list, list.valid);
    }
    cr_expect(tag_list_scan(SLICE_ABSENT).kind == TAG_LIST_ABSENT);
}

Test(tag_list, membership)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct tag_list list = tag_list_scan(slice_of_text(members[i].list));
        struct entity_tag t = tag(members[i].tag), found = {0};
        const char *what = members[i].list;
        cr_expect(tag_list_has_weak(&list, &t) == members[i].weak, "weak %s", what);
        cr_expect(tag_list_has_strong(&list, &t) == members[i].strong, "strong %s", what);
        cr_expect(tag_list_has_tolerant(&list, &t, &found) == members[i].tolerant, "%s", what);
        cr_expect(tag_list_kinship(&list, &t, NULL) == members[i].kinship, "kinship %s", what);
        cr_expect(members[i].tolerant == (found.text.at != NULL), "%s", what);
    }
}

Test(tag_list, the_closest_member_is_told)
{
    struct tag_list list = tag_list_scan(SLICE("\"q\", \"x-br\", W/\"x\""));
    struct entity_tag t = tag("\"x\""), member;
    cr_expect(tag_list_kinship(&list, &t, &member) == TAGS_EQUAL);
    cr_expect(slice_equal(member.text, SLICE("W/\"x\"")));
}

Test(entity_tag, stem_has_no_suffix)
{
    struct entity_tag t = tag("W/\"x--gzip\"");
    cr_expect(slice_equal(entity_tag_stem(&t), SLICE("x")));
    t = tag("x-gzip");
    cr_expect(slice_is_absent(entity_tag_stem(&t)));
}
