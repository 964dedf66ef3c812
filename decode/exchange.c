/* SPDX-License-Identifier: MIT */
/*
 * Exchanges are born and die by the million, each with an arena whose first block lies behind it.
 * Also the words by which results name endings and flaws.
 */

#include "decode/exchange.h"

#include <assert.h>

#include "base/attributes.h"
#include "base/pool.h"

/* Two heads of usual size and their field tables fit into it. */
#define FIRST_BLOCK 1168

struct exchange_room {
    struct exchange exchange;
    uint8_t block[FIRST_BLOCK] __attribute__((aligned(16)));
};

static _Thread_local struct pool rooms = POOL_OF(struct exchange_room);

static _Thread_local bool gathers;
static _Thread_local struct exchange_list gathered;

struct exchange *exchange_new(void)
{
    struct exchange_room *room = pool_take(&rooms);
    room->exchange = (struct exchange){.index = 0};
    arena_init_in(&room->exchange.arena, room->block, sizeof room->block);
    return &room->exchange;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    if (UNLIKELY(gathers)) {
        x->next = NULL;
        exchange_list_append(&gathered, &(struct exchange_list){x, x});
        return;
    }
    arena_fini(&x->arena);
    pool_give(&rooms, x);
}

void exchange_expect(const struct exchange *x)
{
    const char *room = (const char *)x;
    for (size_t line = 0; line < sizeof(struct exchange_room); line += 64)
        __builtin_prefetch(room + line);
}

void exchange_gather(void)
{
    gathers = true;
}

struct exchange_list exchange_gathered(void)
{
    struct exchange_list all = gathered;
    gathered = (struct exchange_list){NULL, NULL};
    return all;
}

void exchange_list_append(struct exchange_list *list, struct exchange_list *from)
{
    if (!from->first)
        return;
    if (list->first)
        list->last->next = from->first;
    else
        list->first = from->first;
    list->last = from->last;
    *from = (struct exchange_list){NULL, NULL};
}

void exchange_list_free(struct exchange_list *list)
{
    for (struct exchange *x = list->first, *next; x; x = next) {
        next = x->next;
        exchange_free(x);
    }
    *list = (struct exchange_list){NULL, NULL};
}

static const struct {
    const char *word, *text;
} flaw_rows[] = {
#define FLAW_ROW(name, word, text) {word, text},
#include "decode/flaws.def"
#undef FLAW_ROW
};

const char *flaw_word(unsigned bit)
{
    return bit < FLAW_BITS ? flaw_rows[bit].word : NULL;
}

const char *flaw_text(unsigned bit)
{
    return bit < FLAW_BITS ? flaw_rows[bit].text : NULL;
}

const char *ending_word(enum ending ending)
{
    static const char *const words[ENDINGS] = {
        [ENDED_COMPLETE] = "complete",
        [ENDED_CLOSED] = "closed",
        [ENDED_RESET] = "reset",
        [ENDED_GAP] = "gap",
        [ENDED_TIMEOUT] = "timeout",
        [ENDED_LIMIT] = "limit",
        [ENDED_CAPTURE_ENDED] = "capture-ended",
    };
    assert(ending < ENDINGS);
    return words[ending];
}
