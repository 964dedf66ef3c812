/* SPDX-License-Identifier: MIT */
/* RFC 9111 §4.1 and rules.md 3.4: sets of names, secondary keys, canonical values. */

#include "analysis/vary.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 4096);
}

static void teardown(void)
{
    arena_fini(&arena);
}

TestSuite(vary, .init = setup, .fini = teardown);

static struct head lines(const char *text)
{
    return head_spoken(text, &arena);
}

// clang-format off
static const struct { const char *a, *b; enum vary_relation relation; const char *lacking; } sets[] = {
    {"Vary: Accept-Encoding\n", "Vary: accept-encoding\n", VARY_EQUAL, NULL},
    {"Vary: A, B\n", "Vary: b\nVary: a\n", VARY_EQUAL, NULL},
    {"Vary: A, A,,a\n", "Vary: A\n", VARY_EQUAL, NULL},
    {"", "", VARY_EQUAL, NULL},
    {"", "Vary: \n", VARY_EQUAL, NULL},
    {"", "Vary: A\n", VARY_FIRST_LACKS, "A"},
    {"Vary: A\n", "Vary: Origin, A\n", VARY_FIRST_LACKS, "Origin"},
    {"Vary: Origin, A\n", "Vary: A\n", VARY_SECOND_LACKS, "Origin"},
    {"Vary: A\n", "Vary: B\n", VARY_DIFFER, "B"},
    {"Vary: A, C\n", "Vary: B, C\n", VARY_DIFFER, "B"},
    {"Vary: *\n", "Vary: *\n", VARY_EQUAL, NULL},
    {"Vary: AB\n", "Vary: A\n", VARY_DIFFER, "A"},
};

/* response, its request, another request: EXACT, CANON, differing field */
static const struct { const char *vary, *stored, *live; enum truth exact, canon; const char *differs; } matches[] = {
    {"", "Accept: a\n", "Accept: b\n", YES, YES, NULL},
    {"Vary: Accept-Encoding\n", "", "", YES, YES, NULL},
    {"Vary: Accept-Encoding\n", "Accept-Encoding: gzip\n", "Accept-Encoding: gzip\n", YES, YES, NULL},
    {"Vary: Accept-Encoding\n", "Accept-Encoding: gzip, br\n", "Accept-Encoding: br,GZIP;q=1.0\n", NO, YES, "accept-encoding"},
    {"Vary: Accept-Encoding\n", "Accept-Encoding: gzip\n", "Accept-Encoding: br\n", NO, NO, "accept-encoding"},
    {"Vary: Accept-Encoding\n", "Accept-Encoding: gzip\n", "", NO, NO, "accept-encoding"},
    {"Vary: Accept-Encoding\n", "", "Accept-Encoding: gzip\n", NO, NO, "accept-encoding"},
    {"Vary: Accept-Encoding\n", "", "Accept-Encoding: \n", NO, NO, "accept-encoding"},
    {"Vary: Accept-Encoding\n", "Accept-Encoding: gzip\nAccept-Encoding: br\n", "Accept-Encoding: gzip, br\n", YES, YES, NULL},
    {"Vary: Accept-Language\n", "Accept-Language: de;q=0.5, en\n", "Accept-Language: en, de; q=0.5\n", NO, YES, NULL},
    {"Vary: Accept-Language\n", "Accept-Language: de, en;q=0.5\n", "Accept-Language: en, de;q=0.5\n", NO, NO, NULL},
    {"Vary: Cookie\n", "Cookie: a=1\n", "Cookie: a=2\n", NO, NO, "cookie"},            /* T17 */
    {"Vary: User-Agent\n", "User-Agent: Foo\n", "User-Agent: foo\n", NO, NO, "user-agent"},
    {"Vary: X-Own\n", "X-Own: a ; b = c\n", "X-Own: a;b=c\n", NO, YES, NULL},
    {"Vary: X-Own\n", "X-Own: a\n", "x-own: a\nY: 2\n", YES, YES, NULL},
    {"Vary: X-Own\n", "X-Own: a\nX-Own: b\n", "X-Own: a, b\n", YES, YES, NULL},
    {"Vary: X-Own\n", "X-Own: \nX-Own: b\n", "X-Own: b\n", NO, NO, NULL},
    {"Vary: X-Own\n", "", "Y: 2\n", YES, YES, NULL},
    {"Vary: *\n", "", "", NO, NO, NULL},
    {"Vary: Accept, *\n", "", "", NO, NO, NULL},
    {"Vary: A, B\n", "A: 1\nB: 2\n", "B: 2\nA: 1\n", YES, YES, NULL},
    {"Vary: A\nVary: B\n", "A: 1\nB: 2\n", "B: 3\nA: 1\n", NO, NO, "b"},
};

static const struct { const char *line, *canon; enum field_token token; } canons[] = {
    {"Accept-Encoding: GZIP , deflate;q=1, br ; q=0.8\n", "deflate,gzip,br;q=0.8", FIELD_ACCEPT_ENCODING},
    {"Accept-Encoding: gzip\nAccept-Encoding: br\n", "br,gzip", FIELD_ACCEPT_ENCODING},
    {"Accept-Encoding: ,, gzip,,\n", "gzip", FIELD_ACCEPT_ENCODING},
    {"Accept-Encoding: identity;q=0, *;q=0.5\n", "*;q=0.5,identity;q=0", FIELD_ACCEPT_ENCODING},
    {"Accept-Encoding: \n", "", FIELD_ACCEPT_ENCODING},
    {"Accept: text/html;level=1;q=0.4, text/html;q=1.000\n", "text/html,text/html;level=1;q=0.4", FIELD_ACCEPT},
    {"User-Agent:  Foo Bar ; X = Y \n", "Foo Bar;X=Y", FIELD_USER_AGENT},
    {"User-Agent: a   b\n", "a   b", FIELD_USER_AGENT},
    {"Host: x\n", NULL, FIELD_TE},
};

static const struct { const char *accept, *coding; bool allowed; } codings[] = {
    {"", "gzip", true},
    {"Accept-Encoding: gzip, br\n", "gzip", true},
    {"Accept-Encoding: GZIP\n", "gzip", true},
    {"Accept-Encoding: gzip\n", "x-gzip", true},
    {"Accept-Encoding: x-gzip\n", "gzip", true},
    {"Accept-Encoding: gzip\n", "br", false},
    {"Accept-Encoding: gzip\nAccept-Encoding: br\n", "br", true},
    {"Accept-Encoding: gzip;q=0\n", "gzip", false},
    {"Accept-Encoding: gzip ; q=0.000\n", "gzip", false},
    {"Accept-Encoding: gzip;q=0.001\n", "gzip", true},
    {"Accept-Encoding: *\n", "br", true},
    {"Accept-Encoding: *, br;q=0\n", "br", false},
    {"Accept-Encoding: *;q=0\n", "br", false},
    {"Accept-Encoding: \n", "gzip", false},
    {"Accept-Encoding: \n", "identity", true},
    {"Accept-Encoding: br\n", "", true},
    {"Accept-Encoding: gzip\n", "gzip, br", false},
    {"Accept-Encoding: gzip, br\n", "br, gzip", true},
};
// clang-format on

Test(vary, sets_are_compared_without_case_order_and_lines)
{
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        struct head a = lines(sets[i].a), b = lines(sets[i].b);
        struct slice lacking;
        enum vary_relation relation = vary_compare(&a, &b, &lacking);
        cr_expect(relation == sets[i].relation, "%zu: %d", i, relation);
        cr_expect(slice_is_absent(lacking) == (sets[i].lacking == NULL), "%zu", i);
        cr_expect(slice_equal(lacking, slice_of_text(sets[i].lacking)), "%zu", i);
    }
}

// clang-format off
/* response, its request, another request: the first of cookie and user-agent in which they differ */
static const struct { const char *vary, *stored, *live, *differs; } fragments[] = {
    {"", "", "Cookie: a\n", NULL},
    {"Vary: Cookie\n", "Cookie: a\n", "Cookie: a\n", NULL},
    {"Vary: Cookie\n", "Cookie: a\n", "Cookie: b\n", "cookie"},
    {"Vary: COOKIE\n", "", "Cookie: b\n", "cookie"},
    {"Vary: Cookie, User-Agent\n", "Cookie: a\nUser-Agent: x\n", "Cookie: a\nUser-Agent: y\n", "user-agent"},
    {"Vary: Cookie, Accept-Encoding\n", "Cookie: a\nAccept-Encoding: gzip\n", "Cookie: b\nAccept-Encoding: gzip\n", "cookie"},
    {"Vary: Cookie, Accept-Encoding\n", "Cookie: a\nAccept-Encoding: gzip\n", "Cookie: b\nAccept-Encoding: br\n", NULL},
    {"Vary: Origin\n", "Origin: a\n", "Origin: b\n", NULL},
    {"Vary: *\n", "", "", "*"},
    {"Vary: *, Cookie\n", "Cookie: a\n", "Cookie: b\n", "cookie"},
    {"Vary: *, Origin\n", "Origin: a\n", "Origin: b\n", NULL},
};

static const struct { const char *accept; bool wants; } wishes[] = {
    {"", false},
    {"Accept-Encoding: gzip\n", true},
    {"Accept-Encoding: \n", false},
    {"Accept-Encoding: identity\n", false},
    {"Accept-Encoding: deflate\n", false},
    {"Accept-Encoding: *\n", true},
    {"Accept-Encoding: gzip;q=0\n", false},
    {"Accept-Encoding: gzip;q=0, br\n", true},
    {"Accept-Encoding: *;q=0\n", false},
    {"Accept-Encoding: identity, gzip;q=0.5\n", false},
    {"Accept-Encoding: gzip;q=1.0, identity;q=0.5, *;q=0\n", true},
    {"Accept-Encoding: deflate\nAccept-Encoding: zstd\n", true},
};
// clang-format on

Test(vary, differs_only_in_fields_that_fragment)
{
    static const struct slice names[] = {{(const uint8_t *)"user-agent", 10},
                                         {(const uint8_t *)"cookie", 6}};
    for (size_t i = 0; i < COUNT_OF(fragments); i++) {
        struct head response = lines(fragments[i].vary), stored = lines(fragments[i].stored),
                    live = lines(fragments[i].live);
        struct slice key = vary_key(&response, &stored, true, &arena);
        struct slice differs =
            vary_key_differs_in(key, &live, true, names, COUNT_OF(names), &arena);
        cr_expect(slice_is_absent(differs) == (fragments[i].differs == NULL), "%zu", i);
        cr_expect(slice_equal(differs, slice_of_text(fragments[i].differs)), "%zu", i);
    }
}

Test(vary, a_coding_is_wanted_where_it_is_named_no_less_than_none)
{
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        struct head request = lines(wishes[i].accept);
        cr_expect(accept_encoding_wants_coding(&request) == wishes[i].wants, "%zu", i);
    }
}

static void expect_match(size_t i, struct slice key, const struct head *live, enum vary_mode mode,
                         enum truth want)
{
    struct slice differs;
    enum truth same = vary_key_match(key, live, true, mode, &arena, &differs);
    cr_expect(same == want, "%zu mode %d: %d", i, mode, same);
    if (same == NO && matches[i].differs)
        cr_expect(slice_equal(differs, slice_of_text(matches[i].differs)), "%zu", i);
    if (same == YES)
        cr_expect(slice_is_absent(differs), "%zu", i);
}

Test(vary, keys_match_requests)
{
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        struct head vary = lines(matches[i].vary), stored = lines(matches[i].stored);
        struct head live = lines(matches[i].live);
        struct slice key = vary_key(&vary, &stored, true, &arena);
        struct slice other = vary_key(&vary, &live, true, &arena);
        expect_match(i, key, &live, VARY_EXACT, matches[i].exact);
        expect_match(i, key, &live, VARY_CANON, matches[i].canon);
        cr_expect(vary_key_equal(key, other, VARY_EXACT) == matches[i].exact, "%zu", i);
        cr_expect(vary_key_equal(key, other, VARY_CANON) == matches[i].canon, "%zu", i);
        if (matches[i].canon == YES)
            cr_expect(vary_key_hash(key, VARY_CANON) == vary_key_hash(other, VARY_CANON), "%zu", i);
        if (matches[i].exact == YES)
            cr_expect(vary_key_hash(key, VARY_EXACT) == vary_key_hash(other, VARY_EXACT), "%zu", i);
    }
}

Test(vary, what_a_head_that_was_not_whole_lacks_is_unknown)
{
    struct head vary = lines("Vary: Accept-Encoding\n");
    struct head gzip = lines("Accept-Encoding: gzip\n"), br = lines("Accept-Encoding: br\n");
    struct head none = lines("X: 1\n");
    struct slice part = vary_key(&vary, &none, false, &arena);
    cr_expect(vary_key_match(part, &gzip, true, VARY_EXACT, &arena, NULL) == UNKNOWN);
    cr_expect(vary_key_match(part, &none, true, VARY_EXACT, &arena, NULL) == UNKNOWN);
    struct slice whole = vary_key(&vary, &gzip, true, &arena);
    cr_expect(vary_key_match(whole, &none, false, VARY_EXACT, &arena, NULL) == UNKNOWN);
    cr_expect(vary_key_match(whole, &br, false, VARY_EXACT, &arena, NULL) == NO);
    cr_expect(vary_key_match(whole, &gzip, false, VARY_EXACT, &arena, NULL) == YES);
}

Test(vary, more_names_than_the_cap_are_unknown)
{
    char text[2048] = "Vary: ";
    for (int i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "x-%d,", i);
    strcat(text, "\n");
    struct head vary = lines(text), same = lines("X-1: 1\n"), other = lines("X-1: 2\n");
    struct slice key = vary_key(&vary, &same, true, &arena);
    cr_expect(vary_key_match(key, &same, true, VARY_EXACT, &arena, NULL) == UNKNOWN);
    cr_expect(vary_key_match(key, &other, true, VARY_EXACT, &arena, NULL) == NO);
    struct head none = lines("");
    cr_expect(vary_compare(&vary, &none, NULL) == VARY_EQUAL, "nobody is accused");
}

Test(vary, nothing_of_the_values_is_in_the_key)
{
    struct head vary = lines("Vary: Cookie, Authorization\n");
    struct head request = lines("Cookie: secretsecretsecret\nAuthorization: Basic c2VjcmV0\n");
    struct slice key = vary_key(&vary, &request, true, &arena);
    cr_expect(memmem(key.at, key.len, "secret", 6) == NULL);
    cr_expect(memmem(key.at, key.len, "c2Vj", 4) == NULL);
}

Test(vary, canonical_values)
{
    for (size_t i = 0; i < COUNT_OF(canons); i++) {
        struct head head = lines(canons[i].line);
        struct slice canon = field_canon(&head, canons[i].token, &arena);
        cr_expect(slice_equal(canon, slice_of_text(canons[i].canon)), "%s: " SLICE_FMT,
                  canons[i].line, SLICE_ARG(canon));
        cr_expect(slice_is_absent(canon) == (canons[i].canon == NULL), "%s", canons[i].line);
    }
}

Test(vary, accept_encoding_hash_is_of_the_canonical_form)
{
    struct head a = lines("Accept-Encoding: gzip, br\n"),
                b = lines("Accept-Encoding: BR,gzip;q=1\n");
    struct head c = lines("Accept-Encoding: gzip\n"), none = lines("X: 1\n");
    cr_expect(accept_encoding_hash(&a, &arena) == accept_encoding_hash(&b, &arena));
    cr_expect(accept_encoding_hash(&a, &arena) != accept_encoding_hash(&c, &arena));
    cr_expect(accept_encoding_hash(&none, &arena) == 0);
}

Test(vary, accepted_codings)
{
    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        struct head head = lines(codings[i].accept);
        bool allowed = accept_encoding_allows(&head, slice_of_text(codings[i].coding));
        cr_expect(allowed == codings[i].allowed, "%s / %s", codings[i].accept, codings[i].coding);
    }
}

Test(vary, names_by_name)
{
    struct head head = lines("Vary: A, Accept-encoding\nVary: Origin\n");
    cr_expect(vary_has(&head, SLICE("origin")));
    cr_expect(vary_has(&head, SLICE("ACCEPT-ENCODING")));
    cr_expect(!vary_has(&head, SLICE("accept")));
    cr_expect(!vary_has_star(&head));
}

Test(vary, long_white_space_takes_linear_time)
{
    enum { LENGTH = 250000 };
    char *text = arena_alloc(&arena, LENGTH + 32);
    memset(text, ' ', LENGTH + 32);
    memcpy(text, "User-Agent: a", 13);
    memcpy(text + LENGTH, "b\n", 3);
    struct head head = lines(text);
    cr_expect(field_canon(&head, FIELD_USER_AGENT, &arena).len == (size_t)LENGTH + 1 - 12);
}
