/* SPDX-License-Identifier: MIT */
/* Two passes over the same pieces: measure, then copy. */

#include "analysis/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct pen {
    uint8_t *at; /* NULL: only measure */
    size_t len;
};

static void put(struct pen *pen, struct slice s)
{
    if (pen->at && s.len)
        memcpy(pen->at + pen->len, s.at, s.len);
    pen->len += s.len;
}

static void put_word(struct pen *pen, const struct word *word)
{
    char digits[24];
    if (slice_is_absent(word->text)) {
        int n = snprintf(digits, sizeof digits, "%" PRId64, word->number);
        put(pen, slice_of(digits, (size_t)n));
        return;
    }
    put(pen, slice_first(word->text, MESSAGE_WORD));
    if (word->text.len > MESSAGE_WORD)
        put(pen, SLICE("..."));
}

static void put_sentence(struct pen *pen, const struct verdict *v)
{
    struct slice rest = slice_of_text(v->message);
    for (unsigned i = 0; i < v->n_words; i++) {
        const uint8_t *gap = memmem(rest.at, rest.len, "{}", 2);
        if (!gap)
            break;
        size_t before = (size_t)(gap - rest.at);
        put(pen, slice_first(rest, before));
        put_word(pen, &v->words[i]);
        rest = slice_from(rest, before + 2);
    }
    put(pen, rest);
}

static void put_all(struct pen *pen, const struct verdict *v,
                    const struct size_estimate *size_of_304)
{
    put_sentence(pen, v);
    if (v->note) {
        put(pen, SLICE("; "));
        put(pen, slice_of_text(v->note));
    }
    if (v->claim.kind == CLAIM_REPLACE) {
        struct word octets = {.text = SLICE_ABSENT, .number = (int64_t)size_of_304->octets};
        put(pen, SLICE("; a 304 would take "));
        put_word(pen, &octets);
        put(pen, SLICE(" octets (by "));
        put(pen, slice_of_text(size_basis_word(size_of_304->basis)));
        put(pen, SLICE(")"));
    }
}

struct slice message_compose(const struct verdict *v, const struct size_estimate *size_of_304,
                             struct arena *arena)
{
    struct pen pen = {0};
    put_all(&pen, v, size_of_304);
    pen = (struct pen){.at = arena_alloc(arena, pen.len + 1)};
    put_all(&pen, v, size_of_304);
    return slice_of(pen.at, pen.len);
}
