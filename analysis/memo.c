/* SPDX-License-Identifier: MIT */
/* Direct-mapped tables of texts and results, found by the length and the ends of a text. */

#include "analysis/memo.h"

#include <assert.h>
#include <string.h>

#include "analysis/limits.h"
#include "base/heap.h"

/* An entry fills five cache lines, of which a text of common length touches two or three. */
struct entry {
    uint32_t len; /* 0: free */
    uint8_t text[LIMIT_MEMO_TEXT];
    uint8_t result[MEMO_RESULT] __attribute__((aligned(8)));
};

struct memo {
    struct entry entries[MEMO_KINDS][LIMIT_MEMO_ENTRIES];
};

struct memo *memo_new(void)
{
    return heap_take_zeroed(sizeof(struct memo));
}

void memo_free(struct memo *memo)
{
    if (memo)
        heap_give(memo, sizeof *memo);
}

static bool is_kept(struct slice text)
{
    return text.len >= 8 && text.len <= LIMIT_MEMO_TEXT;
}

/* Dates differ at their ends, user agents and URLs in their length or there. */
static size_t place_of(struct slice text)
{
    uint64_t first, last;
    memcpy(&first, text.at, 8);
    memcpy(&last, text.at + text.len - 8, 8);
    uint64_t mixed = (first ^ last * 3 ^ text.len) * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= text.at[text.len / 2] * UINT64_C(0x9e3779b97f4a7c15);
    return mixed >> 32 & (LIMIT_MEMO_ENTRIES - 1);
}

const void *memo_find(const struct memo *memo, enum memo_kind kind, struct slice text)
{
    if (!memo || !is_kept(text))
        return NULL;
    const struct entry *entry = &memo->entries[kind][place_of(text)];
    if (entry->len != text.len || memcmp(entry->text, text.at, text.len) != 0)
        return NULL;
    return entry->result;
}

void memo_keep(struct memo *memo, enum memo_kind kind, struct slice text, const void *result,
               size_t size)
{
    assert(size <= MEMO_RESULT);
    if (!memo || !is_kept(text))
        return;
    struct entry *entry = &memo->entries[kind][place_of(text)];
    entry->len = (uint32_t)text.len;
    memcpy(entry->text, text.at, text.len);
    memcpy(entry->result, result, size);
}
