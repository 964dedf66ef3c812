/* SPDX-License-Identifier: MIT */
/* Names and tokens; lines of a head found again by token. */

#include "decode/fields.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>

#include "base/attributes.h"
#include "decode/http1_head.h"
#include "tests/support/guarded.h"

static const struct {
    enum field_token token;
    const char *name;
    bool secret;
} rows[] = {
#define FIELD_ROW(token, name, secret) {FIELD_##token, name, secret},
#include "decode/fields.def"
#undef FIELD_ROW
};

static enum field_token token_at_guard(struct guarded *guarded, const char *name)
{
    return field_token_of(guarded_place(guarded, slice_of_text(name)));
}

/* Each row of fields.def must stand in the table of fields.c. */
Test(fields, every_row_is_found_in_any_casing)
{
    struct guarded guarded = guarded_new(4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[64], upper[64], mixed[64];
        size_t len = strlen(rows[i].name);
        for (size_t k = 0; k <= len; k++) {
            name[k] = rows[i].name[k];
            upper[k] = (char)toupper(name[k]);
            mixed[k] = k % 2 ? upper[k] : name[k];
        }
        cr_expect(eq(int, token_at_guard(&guarded, name), (int)rows[i].token), "%s", name);
        cr_expect(eq(int, token_at_guard(&guarded, upper), (int)rows[i].token), "%s", upper);
        cr_expect(eq(int, token_at_guard(&guarded, mixed), (int)rows[i].token), "%s", mixed);
        cr_expect(eq(int, slice_equal(field_name_of(rows[i].token), slice_of_text(name)), 1));
        cr_expect(eq(int, field_is_secret(rows[i].token), (int)rows[i].secret));
    }
    guarded_free(&guarded);
}

Test(fields, one_octet_off_is_another_name)
{
    struct guarded guarded = guarded_new(4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = strlen(rows[i].name);
        for (size_t k = 0; k <= len; k++) {
            char name[64];
            memcpy(name, rows[i].name, len + 1);
            if (k < len)
                name[k] = name[k] == 'q' ? 'z' : 'q';
            else
                memcpy(name + len, "q", 2);
            cr_expect(eq(int, token_at_guard(&guarded, name), FIELD_OTHER), "%s", name);
        }
    }
    cr_expect(eq(int, token_at_guard(&guarded, ""), FIELD_OTHER));
    cr_expect(eq(int, token_at_guard(&guarded, "content_length"), FIELD_OTHER));
    cr_expect(
        eq(int, token_at_guard(&guarded, "access-control-allow-origin-and-more"), FIELD_OTHER));
    guarded_free(&guarded);
}

static struct head parse(struct arena *arena, const char *text, uint64_t *flaws)
{
    struct line_ends lines;
    struct head head;
    struct slice copy = arena_copy(arena, slice_of_text(text));
    cr_assert(eq(sz, head_find(copy, &lines), copy.len), "%s", text);
    *flaws = head_parse(arena, (uint8_t *)(uintptr_t)copy.at, copy.len, &lines, &head);
    return head;
}

Test(fields, values_are_trimmed_joined_and_unfolded)
{
    static const struct {
        const char *head;
        enum field_token token;
        uint32_t count;
        const char *first, *joined; /* NULL: absent */
        uint64_t flaws;
    } cases[] = {
        {"X\r\nVary: a\r\n\r\n", FIELD_VARY, 1, "a", "a", 0},
        {"X\r\nVary:a\r\n\r\n", FIELD_VARY, 1, "a", "a", 0},
        {"X\r\nVary: \t a b \t\r\n\r\n", FIELD_VARY, 1, "a b", "a b", 0},
        {"X\r\nVary:\r\n\r\n", FIELD_VARY, 1, "", "", 0},
        {"X\r\nVary:   \r\n\r\n", FIELD_VARY, 1, "", "", 0},
        {"X\r\nVary: a\r\nAge: 1\r\nvary: b\r\n\r\n", FIELD_VARY, 2, "a", "a, b", 0},
        {"X\r\nVary: a\r\nVary:\r\nVary: c\r\n\r\n", FIELD_VARY, 3, "a", "a, , c", 0},
        {"X\r\nVary:\r\nVary:\r\n\r\n", FIELD_VARY, 2, "", ", ", 0},
        {"X\r\nVary: a:b\r\n\r\n", FIELD_VARY, 1, "a:b", "a:b", 0},
        {"X\r\nAge: 1\r\n\r\n", FIELD_VARY, 0, NULL, NULL, 0},
        {"X\r\n\r\n", FIELD_VARY, 0, NULL, NULL, 0},
        {"X\r\nVary: a,\r\n b\r\n\r\n", FIELD_VARY, 1, "a,   b", "a,   b", FLAW(FOLDED_LINE)},
        {"X\r\nVary:\r\n\tb\r\n\r\n", FIELD_VARY, 1, "b", "b", FLAW(FOLDED_LINE)},
        {"X\r\nVary: a\r\n  \r\n\r\n", FIELD_VARY, 1, "a", "a", FLAW(FOLDED_LINE)},
        {"X\r\nVary: a\n b\n\n", FIELD_VARY, 1, "a  b", "a  b", FLAW(FOLDED_LINE) | FLAW(BARE_LF)},
        {"X\r\n: a\r\n b\r\nVary: c\r\n\r\n", FIELD_VARY, 1, "c", "c",
         FLAW(FOLDED_LINE) | FLAW(BAD_FIELD_LINE)},
        {"X\r\nVary : a\r\n\r\n", FIELD_VARY, 1, "a", "a", FLAW(SPACE_BEFORE_COLON)},
        {"X\r\nVary\t : a\r\n\r\n", FIELD_VARY, 1, "a", "a", FLAW(SPACE_BEFORE_COLON)},
        {"X\r\nVary\r\nVary: a\r\n\r\n", FIELD_VARY, 1, "a", "a", FLAW(BAD_FIELD_LINE)},
        {"X\r\n(Vary): b\r\nVary: a\r\n\r\n", FIELD_VARY, 1, "a", "a", FLAW(BAD_FIELD_LINE)},
        {"X\r\nVary: a\x01\r\n\r\n", FIELD_VARY, 1, "a\x01", "a\x01", FLAW(NUL_IN_HEAD)},
        {"X\r\nVary: a\xff\r\n\r\n", FIELD_VARY, 1, "a\xff", "a\xff", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        arena_init(&arena, 512);
        uint64_t flaws;
        struct head head = parse(&arena, cases[i].head, &flaws);
        struct slice first = head_first(&head, cases[i].token);
        struct slice joined = head_joined(&head, cases[i].token, &arena);
        cr_expect(eq(ulong, flaws, cases[i].flaws), "%zu: %s", i, cases[i].head);
        cr_expect(eq(uint, head_count(&head, cases[i].token), cases[i].count), "%zu", i);
        cr_expect(eq(int, head_has(&head, cases[i].token), (int)(cases[i].count > 0)), "%zu", i);
        cr_expect(eq(int, slice_is_absent(first), (int)!cases[i].first), "%zu", i);
        cr_expect(eq(int, slice_equal(first, slice_of_text(cases[i].first)), 1), "%zu", i);
        cr_expect(eq(int, slice_is_absent(joined), (int)!cases[i].joined), "%zu", i);
        cr_expect(eq(int, slice_equal(joined, slice_of_text(cases[i].joined)), 1), "%zu", i);
        arena_fini(&arena);
    }
}

/* Whatever the alignment: eight octets are looked at at once. */
Test(fields, control_octets_are_seen_anywhere)
{
    for (size_t at = 0; at < 40; at++) {
        for (unsigned c = 0; c < 256; c++) {
            char text[64];
            uint64_t flaws;
            struct arena arena;
            memset(text, 'v', sizeof text);
            memcpy(text, "X\r\nA:", 5);
            memcpy(text + 46, "\r\n\r\n", 5);
            text[5 + at] = (char)(c == 0 || c == '\n' ? 'v' : c);
            arena_init(&arena, 512);
            parse(&arena, text, &flaws);
            bool is_control = (c < 0x20 && c != 0 && c != '\t' && c != '\n') || c == 0x7f;
            /* CR before the line's own is one too many as well */
            cr_expect(eq(ulong, flaws, is_control ? FLAW(NUL_IN_HEAD) : 0), "%u at %zu", c, at);
            arena_fini(&arena);
        }
    }
}
