/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What waits: exchanges of which some accusation cannot be judged yet. They are kept (with their
 * heads, where it takes them to judge again) until a later 200 of the same URL, a count, the time
 * in which losses are told, the window, the end of the capture or a cap closes them. This module
 * knows where they wait and for how long; judging is the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/evidence.h"
#include "analysis/ledger.h"
#include "analysis/rules.h"
#include "base/arena.h"

enum accusation_state { ACCUSATION_CLOSED, ACCUSATION_UNJUDGED, ACCUSATION_COUNTED };

struct accusation {
    const struct rule *rule;
    unsigned index; /* of the rule */
    enum accusation_state state;
    bool stands;             /* CLOSED: it became a finding */
    bool presumed;           /* it was, or is, COUNTED: it stands unless it is withdrawn */
    bool verdict_is_counted; /* it was COUNTED: `checks` hears of it when it is settled */
    enum wait waits;         /* UNJUDGED */
    struct verdict verdict;  /* of those that stand or are COUNTED; its words are not kept */
    struct slice message;    /* in the accused's arena */
    struct representation *reference; /* a reference is held; NULL: none */
    uint64_t reference_exchange_id;
    /* COUNTED: its place in the tally */
    struct tally *tally;
    struct accusation *older, *newer;
    struct accused *accused;
};

/* Exchanges in order of entry. */
struct line {
    struct accused *oldest, *newest;
    uint64_t count;
};

/* An exchange with accusations. */
struct accused {
    struct accused *older, *newer;                 /* of all that wait, by entry */
    struct accused *older_in_line, *newer_in_line; /* of those that wait for the same, see line */
    struct line *line;                             /* in which of them it stands; NULL: in none */
    struct accused *older_of_url, *newer_of_url;   /* of those that wait for a 200 of the URL */
    struct resource *resource;                     /* in whose list it stands; NULL: in none */
    bool is_unheld;                                /* no 200 before it is known */
    int64_t deadline_ns, ripe_ns;

    uint64_t exchange_id;
    int64_t found_ns;
    uint64_t observed[FOUR];
    struct size_estimate size_of_304;
    struct exchange *exchange; /* owned; NULL where its heads are not kept */
    uint64_t octets;           /* that it keeps */
    struct slice url_key;      /* behind the accusations */
    int64_t t_rsp1;
    struct server *server, *reference_server;
    struct habit *habit;
    uint64_t habit_server, habit_pattern;
    struct request_key key;
    enum responder_class responder;
    struct references refs; /* references are held */
    struct base_status status_before, status_after;
    struct held held; /* without what it points to */
    struct adoption adoption;
    bool cache_is_shared;
    struct field_sets fields;
    struct asker asker;
    bool is_shared_address; /* of the client */
    bool came_back;
    struct outer_leg *outer; /* a reference; NULL */
    struct unsafe_change unsafe;
    uint64_t node, authorized_exchange_id;
    unsigned mangled_echo;
    struct arena arena; /* messages */

    unsigned n_accusations;
    struct accusation accusations[];
};

struct accusation_hooks {
    void *context;
    /* Judge what is UNJUDGED: afterwards every such accusation is CLOSED. */
    void (*judge)(void *context, struct accused *accused);
    /* Its reference has come: may close what is UNJUDGED and need not wait on. */
    void (*reconsider)(void *context, struct accused *accused);
    /* Nothing of it is open any more: settle it, tell it, free it. */
    void (*settle)(void *context, struct accused *accused);
};

struct accusations;

struct accusations *accusations_new(const struct accusation_hooks *hooks, int64_t window_ns,
                                    uint32_t scale);
void accusations_free(struct accusations *accusations); /* accepts NULL; nothing may wait */

/* Takes it: at least one of its accusations is open. `resource` may be NULL where none of them
 * waits for a reference. */
void accusations_add(struct accusations *accusations, struct accused *accused,
                     struct resource *resource, int64_t now_ns);
/* Puts one of its accusations into the queue of a count. Before accusations_add(). */
void tally_add(struct accusations *accusations, struct tally *tally, struct accusation *accusation);

/* Does it wait for that? */
bool accused_waits_for(const struct accused *accused, enum wait what);

/* The reference that it waited for has come: from now on it waits for losses, if for anything. */
void accusations_ripen(struct accusations *accusations, struct accused *accused, int64_t now_ns);

/* Closes those of the tally for which `confirms` says so: they stand, or fall (unless_confirmed),
 * or wait on for losses (ripens). */
void tally_confirm(struct accusations *accusations, struct tally *tally,
                   bool (*confirms)(const void *context, const struct accusation *accusation),
                   const void *context, int64_t now_ns);
/* From now on all of the tally is presumed. */
void tally_presume(struct tally *tally);
/* Closes all of the tally: they fall. */
void tally_withdraw(struct accusations *accusations, struct tally *tally);
/* Closes those of the tally for which `applies` says so: unconfirmed. */
void tally_reject(struct accusations *accusations, struct tally *tally,
                  bool (*applies)(const void *context, const struct accusation *accusation),
                  const void *context);
/* Closes all of the tally, which is about to be forgotten: what was presumed stands. */
void tally_drop(struct accusations *accusations, struct tally *tally);

/* Closes what waits for a 200 of this URL, which is about to be forgotten. */
void accusations_forget(struct accusations *accusations, struct resource *resource);
/* Closes what has waited long enough. */
void accusations_expire(struct accusations *accusations, int64_t now_ns);
/* Closes everything, the oldest first. */
void accusations_finish(struct accusations *accusations);

struct accusation_counts {
    uint64_t pushed_out, unheld_pushed_out, brief_pushed_out, tallies_full;
};
struct accusation_counts accusation_counts(const struct accusations *accusations);
