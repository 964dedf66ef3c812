/* SPDX-License-Identifier: MIT */
/* Two rings of pointers under one lock. A ring has room for all batches: nobody waits to put. */

#include "pipeline/stage.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

struct ring {
    void *items[STAGE_BATCHES];
    unsigned put, taken; /* count on; the difference is what lies in it */
    pthread_cond_t grown;
};

struct stage {
    struct stage_hooks hooks;
    pthread_t thread;
    pthread_mutex_t lock; /* of the rings and `over` */
    struct ring empty, full;
    bool over; /* nothing more will be given */
};

static void ring_put(struct stage *stage, struct ring *ring, void *item)
{
    pthread_mutex_lock(&stage->lock);
    assert(ring->put - ring->taken < STAGE_BATCHES);
    ring->items[ring->put++ % STAGE_BATCHES] = item;
    pthread_mutex_unlock(&stage->lock);
    pthread_cond_signal(&ring->grown);
}

/* NULL where nothing is left and nothing will come. */
static void *ring_take(struct stage *stage, struct ring *ring)
{
    void *item = NULL;
    pthread_mutex_lock(&stage->lock);
    while (ring->put == ring->taken && !stage->over)
        pthread_cond_wait(&ring->grown, &stage->lock);
    if (ring->put != ring->taken)
        item = ring->items[ring->taken++ % STAGE_BATCHES];
    pthread_mutex_unlock(&stage->lock);
    return item;
}

static void *run(void *context)
{
    struct stage *stage = context;
    void *batch;
    if (stage->hooks.begin)
        stage->hooks.begin(stage->hooks.context);
    while ((batch = ring_take(stage, &stage->full)) != NULL) {
        stage->hooks.work(stage->hooks.context, batch);
        ring_put(stage, &stage->empty, batch);
    }
    if (stage->hooks.end)
        stage->hooks.end(stage->hooks.context);
    return NULL;
}

static bool start(struct stage *stage)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool done = pthread_create(&stage->thread, NULL, run, stage) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

static void discard(struct stage *stage)
{
    pthread_cond_destroy(&stage->empty.grown);
    pthread_cond_destroy(&stage->full.grown);
    pthread_mutex_destroy(&stage->lock);
    free(stage);
}

struct stage *stage_new(const struct stage_hooks *hooks, void *const batches[STAGE_BATCHES])
{
    struct stage *stage = xcalloc(1, sizeof *stage);
    stage->hooks = *hooks;
    pthread_mutex_init(&stage->lock, NULL);
    pthread_cond_init(&stage->empty.grown, NULL);
    pthread_cond_init(&stage->full.grown, NULL);
    for (unsigned i = 0; i < STAGE_BATCHES; i++)
        stage->empty.items[stage->empty.put++] = batches[i];
    if (start(stage))
        return stage;
    discard(stage);
    return NULL;
}

void *stage_take(struct stage *stage)
{
    return ring_take(stage, &stage->empty);
}

void stage_give(struct stage *stage, void *batch)
{
    ring_put(stage, &stage->full, batch);
}

void stage_wait(struct stage *stage, unsigned held)
{
    struct ring *empty = &stage->empty;
    pthread_mutex_lock(&stage->lock);
    while (empty->put - empty->taken < STAGE_BATCHES - held)
        pthread_cond_wait(&empty->grown, &stage->lock);
    pthread_mutex_unlock(&stage->lock);
}

void stage_free(struct stage *stage)
{
    if (!stage)
        return;
    pthread_mutex_lock(&stage->lock);
    stage->over = true;
    pthread_mutex_unlock(&stage->lock);
    pthread_cond_signal(&stage->full.grown);
    pthread_join(stage->thread, NULL);
    discard(stage);
}
