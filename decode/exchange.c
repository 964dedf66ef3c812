/* SPDX-License-Identifier: MIT */
/*
 * Exchanges are born and die by the million, each with an arena: a list per thread keeps dead ones
 * with the first block of their arena. Also the words by which results name endings and flaws.
 */

#include "decode/exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"

/* Two heads of usual size and their field tables fit into it. */
#define FIRST_BLOCK 2048
/* Exchanges that are kept for reuse, about 3 KiB each: more are seldom open at once in a thread. */
#define POOL_SIZE 2048

static _Thread_local struct exchange *pool;
static _Thread_local unsigned pooled;

struct exchange *exchange_new(void)
{
    struct exchange *x = pool;
    struct arena arena;
    if (x) {
        pool = x->next;
        pooled--;
        arena = x->arena;
    } else {
        x = xmalloc(sizeof *x);
        arena_init(&arena, FIRST_BLOCK);
    }
    memset(x, 0, sizeof *x);
    x->arena = arena;
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    arena_reset(&x->arena);
    if (pooled >= POOL_SIZE || x->arena.total > FIRST_BLOCK) {
        arena_fini(&x->arena);
        free(x);
        return;
    }
    x->next = pool;
    pool = x;
    pooled++;
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
