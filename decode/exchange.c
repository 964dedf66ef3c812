/* SPDX-License-Identifier: MIT */
/*
 * Exchanges are born and die by the million, each with an arena whose first block lies behind it
 * and is as large as what it is opened for, a request mostly: many wait long for their responses.
 * Also the words by which results name endings and flaws.
 */

#include "decode/exchange.h"

#include <assert.h>

#include "base/attributes.h"
#include "base/heap.h"

/* Whoever asks for more gets it in a block of its own. */
#define ROOM_MOST     4096
#define USUAL_REQUEST 512 /* octets of its head and fields */

static _Thread_local bool gathers;
static _Thread_local struct exchange_list gathered;

struct exchange *exchange_new_for(size_t octets)
{
    size_t room = sizeof(struct exchange) + ARENA_HEADER + octets;
    room = heap_rounded(room < ROOM_MOST ? room : ROOM_MOST);
    struct exchange *x = heap_take(room);
    *x = (struct exchange){.room = (uint16_t)room};
    arena_init_in(&x->arena, x + 1, room - sizeof *x);
    return x;
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
    heap_give(x, x->room);
}

void exchange_expect(const struct exchange *x)
{
    expect_lines(x, sizeof *x + USUAL_REQUEST);
}

void exchange_expect_response(const struct exchange *x)
{
    const struct head *head = &x->response.head;
    if (head->bytes.at)
        expect_lines(head->bytes.at, head->bytes.len + head->n_fields * sizeof *head->fields);
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
