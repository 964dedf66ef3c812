/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An exchange with accusations, and what is put away of it while some of them wait: there are many
 * of these, they are met again in no order, and most come to nothing, so each is small. What it
 * takes to judge again is the exchange (kept.h) and what of its evidence the model will not be able
 * to say later (the dossier).
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/evidence.h"
#include "analysis/kept.h"
#include "analysis/ledger.h"
#include "analysis/rules.h"
#include "base/arena.h"

struct line;

enum accusation_state { ACCUSATION_CLOSED, ACCUSATION_UNJUDGED, ACCUSATION_COUNTED };

struct accusation {
    const struct rule *rule;
    unsigned index; /* of the rule */
    enum accusation_state state;
    bool stands;             /* CLOSED: it became a finding */
    bool presumed;           /* it was, or is, COUNTED: it stands unless it is withdrawn */
    bool verdict_is_counted; /* it was COUNTED: `checks` hears of it when it is settled */
    enum wait waits;         /* UNJUDGED */
    struct verdict *verdict; /* of those that stand or are COUNTED, in the accused's arena; its
                                words are not kept */
    struct slice message;    /* in the accused's arena */
    struct representation *reference; /* a reference is held; NULL: none */
    uint64_t reference_exchange_id;
    /* COUNTED: its place in the tally */
    struct tally *tally;
    struct accusation *older, *newer;
    struct accused *accused;
};

/* What of the evidence outlives it, to judge again. Most of it is zero for most exchanges, so it is
 * put away sparsely (base/sparse.h). */
struct dossier {
    struct references refs; /* references are held */
    struct base_status status_before;
    struct held held; /* without what it points to */
    struct adoption adoption;
    struct asker asker;
    struct unsafe_change unsafe;
    struct server *server, *reference_server;
    struct habit *habit;
    uint64_t habit_server, habit_pattern;
    uint64_t node, authorized_exchange_id;
    struct field_sets fields;
    unsigned mangled_echo;
    bool cache_is_shared;
    bool is_shared_address; /* of the client */
    bool came_back;
};

/* What has come since. */
struct news {
    struct reference after; /* a reference is held */
    struct base_status status;
};

/* An exchange with accusations. */
struct accused {
    struct accused *older, *newer;                 /* of all that wait, by entry */
    struct accused *older_in_line, *newer_in_line; /* of those that wait for the same, see line */
    struct line *line;                             /* in which of them it stands; NULL: in none */
    struct accused *older_of_url, *newer_of_url;   /* of those that wait for a 200 of the URL */
    struct resource *resource;                     /* in whose list it stands; NULL: in none */
    int64_t deadline_ns, ripe_ns;

    uint64_t exchange_id;
    int64_t found_ns;
    uint64_t observed[FOUR];
    struct size_estimate size_of_304;
    int64_t t_rsp1;
    struct request_key key;
    enum responder_class responder;
    bool is_unheld; /* no 200 before it is known */
    bool has_after; /* one after it is */
    unsigned n_accusations;
    struct kept *kept;       /* the exchange; owned; NULL where its heads are not kept */
    struct news *news;       /* on the heap; NULL: nothing has come */
    struct outer_leg *outer; /* a reference; NULL */
    uint8_t *dossier;        /* behind the URL; NULL: it is not judged again */
    struct slice url_key;    /* behind the accusations */
    uint32_t octets;         /* of this block */
    uint64_t weight;         /* octets of all that it keeps */
    struct arena arena;      /* verdicts and messages */

    struct accusation accusations[];
};

/* Room for one with so many accusations, zeroed; for accused_free(). */
struct accused *accused_new(unsigned n_accusations);
/* Moves the draft to the heap, with its accusations. `x`: the exchange, where its heads are to be
 * kept; else NULL. */
struct accused *accused_put_away(const struct accused *draft, const struct dossier *dossier,
                                 struct slice url_key, const struct exchange *x);
void accused_free(struct accused *accused, struct store *store, struct legs *legs);

/* Zeros where there is none. */
struct dossier accused_dossier(const struct accused *accused);
/* Made where there is none. */
struct news *accused_news(struct accused *accused);

/* Does it wait for that? */
bool accused_waits_for(const struct accused *accused, enum wait what);
