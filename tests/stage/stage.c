/* SPDX-License-Identifier: MIT */
#include "pipeline/stage.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/attributes.h"

#define GIVEN 1000

struct numbers {
    unsigned n, of[64];
};

/* What the stage alone touches, and is read when it has ended. */
struct seen {
    unsigned n, of[GIVEN];
    unsigned begun, ended;
    bool signals_are_blocked;
};

static void on_begin(void *context)
{
    struct seen *seen = context;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    seen->begun++;
    seen->signals_are_blocked = sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM);
}

static void on_work(void *context, void *batch)
{
    struct seen *seen = context;
    const struct numbers *numbers = batch;
    for (unsigned i = 0; i < numbers->n; i++)
        seen->of[seen->n++] = numbers->of[i];
}

static void on_end(void *context)
{
    struct seen *seen = context;
    seen->ended = seen->n;
}

static void give_all(struct stage *stage, unsigned per_batch)
{
    unsigned given = 0;
    while (given < GIVEN) {
        struct numbers *numbers = stage_take(stage);
        for (numbers->n = 0; numbers->n < per_batch && given < GIVEN; given++)
            numbers->of[numbers->n++] = given;
        stage_give(stage, numbers);
    }
}

Test(stage, works_on_all_in_the_order_in_which_it_was_given)
{
    for (unsigned per_batch = 1; per_batch <= 64; per_batch += 7) {
        static struct numbers room[STAGE_BATCHES];
        static struct seen seen;
        void *batches[STAGE_BATCHES];
        seen = (struct seen){.n = 0};
        for (unsigned i = 0; i < STAGE_BATCHES; i++)
            batches[i] = &room[i];
        struct stage *stage =
            stage_new(&(struct stage_hooks){&seen, on_begin, on_work, on_end}, batches);
        cr_assert(stage != NULL);
        give_all(stage, per_batch);
        stage_free(stage);
        cr_assert(eq(uint, seen.n, GIVEN));
        for (unsigned i = 0; i < GIVEN; i++)
            cr_assert(eq(uint, seen.of[i], i), "batches of %u", per_batch);
        cr_expect(eq(uint, seen.begun, 1));
        cr_expect(eq(uint, seen.ended, GIVEN), "the end comes after the last batch");
        cr_expect(seen.signals_are_blocked, "signals are the reader's");
    }
}

Test(stage, that_was_given_nothing_ends)
{
    static struct numbers room[STAGE_BATCHES];
    static struct seen seen;
    void *batches[STAGE_BATCHES];
    for (unsigned i = 0; i < STAGE_BATCHES; i++)
        batches[i] = &room[i];
    stage_free(stage_new(&(struct stage_hooks){.context = &seen, .work = on_work}, batches));
    cr_expect(eq(uint, seen.n, 0));
    stage_free(NULL);
}

Test(stage, stands_still_once_it_was_waited_for)
{
    static struct numbers room[STAGE_BATCHES];
    static struct seen seen;
    void *batches[STAGE_BATCHES];
    for (unsigned i = 0; i < STAGE_BATCHES; i++)
        batches[i] = &room[i];
    struct stage *stage =
        stage_new(&(struct stage_hooks){&seen, on_begin, on_work, on_end}, batches);
    cr_assert(stage != NULL);
    stage_wait(stage, 0);
    for (unsigned given = 0; given < GIVEN; given++) {
        struct numbers *numbers = stage_take(stage);
        numbers->n = 1;
        numbers->of[0] = given;
        stage_give(stage, numbers);
        if (given % 7 == 0) {
            stage_wait(stage, 0);
            cr_assert(eq(uint, seen.n, given + 1), "what was given is worked on");
        }
    }
    struct numbers *held = stage_take(stage);
    stage_wait(stage, 1);
    cr_expect(eq(uint, seen.n, GIVEN));
    held->n = 0;
    stage_give(stage, held);
    stage_free(stage);
}
