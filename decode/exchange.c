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
    arena_fini(&x->arena);
    pool_give(&rooms, x);
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
