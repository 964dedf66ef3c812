/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is asked for ahead. An exchange looks at what is remembered of its URL, its client and its
 * server in dozens of places of memory that were last touched long ago, and most of them are known
 * only from one another. Exchanges come in batches; so those that come soon are read, and step by
 * step, while others are worked on, what they will look at is brought nearer. Nothing is remembered
 * of what is found on the way, and nothing changed: what has gone when an exchange's turn comes
 * was asked for in vain.
 */

#include "analysis/model.h"
#include "analysis/url.h"
#include "base/arena.h"

/* An exchange that comes soon, and where it will be looked for what is known. */
struct prospect {
    const struct exchange *x;
    struct url url;
    struct arena arena;                /* of the URL */
    unsigned step;                     /* the next one */
    uint64_t resource, server, errand; /* hashes in the tables of these */
    struct client_places client;
};

struct ahead;
struct ahead *ahead_new(void);
void ahead_free(struct ahead *ahead); /* accepts NULL */

/* See analysis_expect() and analysis_pass_over(). */
void ahead_expect(struct ahead *ahead, const struct model *model, const struct exchange *x);
void ahead_pass_over(struct ahead *ahead, const struct exchange *x);
/* Its turn has come, expected or not. Valid until the next call of ahead_expect() or ahead_take().
 */
const struct prospect *ahead_take(struct ahead *ahead, const struct model *model,
                                  const struct exchange *x);
/* Once for each exchange, long after ahead_expect(): the next step of all that come soon. */
void ahead_step(struct ahead *ahead, const struct model *model);
