/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a rule is: a row of facts (its card) and a pure predicate over evidence. rules.c has the
 * list; each family has its file. A predicate keeps no state, allocates nothing and prints nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/evidence.h"
#include "base/attributes.h"

/* Why a rule that applied said nothing. */
enum guard {
#define GUARD_ROW(name, word, text) GUARD_##name,
#include "analysis/guards.def"
#undef GUARD_ROW
    GUARDS
};
const char *guard_word(enum guard guard); /* "G1" ... */

enum judgement {
    NOT_APPLICABLE, /* nothing of this exchange concerns the rule: not counted */
    PASSED,
    FIRED,
    WITHHELD, /* verdict.guard says by what */
    WAITS     /* what comes later decides: verdict.waits says what */
};

enum wait {
    WAIT_FOR_REFERENCE, /* a later 200 of the URL; judged again then, or at the close. Without any
                           200, before or after, there is nothing to judge */
    WAIT_FOR_STATUS,    /* the next plain answer of the URL; judged again then, or at the close */
    WAIT_FOR_MORE,      /* whatever the server says within the window */
    WAIT_FOR_LOSSES,    /* judged again once losses that touch it must have been told */
    WAIT_FOR_COUNT      /* the verdict stands if the tally confirms it, else falls; one that is
                           presumed stands unless the tally withdraws it */
};

/* Which count confirms. */
enum counted {
    COUNTED_RUN,
    COUNTED_PACE,
    COUNTED_BUSTING,
    COUNTED_ERRORS,
    COUNTED_CUTS,
    COUNTED_IGNORED,
    COUNTED_REFETCH
};

/* What the ledger is asked for (rules.md §3.6). */
enum claim_kind {
    CLAIM_NOTHING,
    CLAIM_ELIMINATE, /* the whole exchange */
    CLAIM_REPLACE,   /* a 304 would have done */
    CLAIM_PART       /* these octets of the heads and the response's body */
};

struct claim {
    enum claim_kind kind;
    bool waived;                         /* shown as standalone, claims 0 */
    uint64_t added_octets;               /* REPLACE: the condition that the request lacked */
    uint64_t header_octets, body_octets; /* PART: of the response */
    uint64_t request_header_octets;      /* PART */
};

/* A word of a message: octets or a number. */
struct word {
    struct slice text; /* absent: the number */
    int64_t number;
};

#define VERDICT_WORDS 4

struct verdict {
    const char *variant;
    enum severity severity;
    enum confidence confidence;
    enum norm norm;
    const char *party, *section;
    enum guard guard; /* WITHHELD */
    enum wait waits;  /* WAITS */
    enum counted counted;
    bool presumed;                  /* it waits only for what would excuse */
    bool ripens;                    /* WAIT_FOR_COUNT: once confirmed, it waits for losses */
    bool unless_confirmed;          /* WAIT_FOR_COUNT the other way round: it falls if confirmed */
    int64_t lifetime_s, distance_s; /* COUNTED_PACE: of this exchange */
    const char *message;            /* "{}" stands for the next word */
    const char *note;               /* why it was demoted; NULL */
    struct word words[VERDICT_WORDS];
    unsigned n_words;
    struct claim claim;
    const struct reference *reference; /* in the evidence; NULL: none */
    uint64_t reference_exchange_id;    /* where there is no struct reference */
};

/* Which account of the ledger (A25). */
enum account { ACCOUNT_NONE, ACCOUNT_AVOIDABLE, ACCOUNT_OPPORTUNITY };

/* Which exchanges a rule is asked about. */
enum subject {
    SUBJECT_304 = 1,
    SUBJECT_200 = 2,
    SUBJECT_206 = 4,
    SUBJECT_REDIRECT = 8, /* 301, 308 */
    SUBJECT_REST = 16,    /* any other status, or none */
    SUBJECT_OTHER = SUBJECT_206 | SUBJECT_REDIRECT | SUBJECT_REST,
    SUBJECT_ANY = 31,
    SUBJECTS = 6,
    SUBJECT_ERRAND = 32 /* no exchange: a connection that is over and carried 304s only. Of the
                           evidence there is `errand`, `connection` and `thresholds` */
};

struct rule {
    struct rule_card card;
    unsigned subjects;
    enum account account;
    unsigned order; /* in the ledger, rules.md §3.6; 0: claims nothing */
    enum judgement (*judge)(const struct evidence *e, struct verdict *v);
};

struct rule_set {
    const struct rule *rules;
    unsigned count;
};
extern const struct rule_set rules_304, rules_304_form, rules_304_missing, rules_304_surplus,
    rules_304_length, rules_304_validators, rules_304_policy, rules_304_history, rules_after_304,
    rules_conditional, rules_outcome, rules_dates, rules_ranges, rules_partial, rules_slow,
    rules_proxy, rules_hits, rules_waste, rules_reloads, rules_hygiene, rules_fields, rules_policy,
    rules_clients, rules_variants, rules_octets, rules_transfers, rules_legs, rules_shared;

#define RULES_MOST 96
unsigned rules_count(void);
/* In the order of rule-ids.tsv. */
const struct rule *rule_at(unsigned index);

/* ---- for the predicates ---- */

/* Begins a verdict of FIRED with what the card says. */
void accuse(struct verdict *v, const struct rule_card *card, const char *message) COLD;
void say_text(struct verdict *v, struct slice text) COLD;
void say_number(struct verdict *v, int64_t number) COLD;

static inline enum judgement withhold(struct verdict *v, enum guard guard)
{
    v->guard = guard;
    return WITHHELD;
}

/* What most rules cannot do without, in the order in which it is missed. */
enum need {
    NEEDS_PAIR = 1,          /* the response is certain to answer the request */
    NEEDS_REQUEST_HEAD = 2,  /* seen whole, so that what is absent was not sent */
    NEEDS_RESPONSE_HEAD = 4, /* the same */
    NEEDS_SOUND_304 = 8,     /* the 304 is not the defect itself (rules.md §3.7) */
    NEEDS_CLIENT = 16,       /* somebody's cache, who can be told apart */
    NEEDS_END = 32           /* no stream, no upgrade, no gRPC */
};

/* Returns true, and withholds the verdict by the guard that is meant, where one is missing. */
static inline bool lacks(const struct evidence *e, struct verdict *v, unsigned needs)
{
    const struct facts *x = e->facts;
    if (needs & NEEDS_PAIR && !x->is_paired)
        v->guard = GUARD_PAIRING_UNSURE;
    else if ((needs & NEEDS_REQUEST_HEAD && !x->request_head_whole) ||
             (needs & NEEDS_RESPONSE_HEAD && !x->response_head_whole))
        v->guard = GUARD_HEAD_INCOMPLETE;
    else if (needs & NEEDS_SOUND_304 && e->is_defective_304)
        v->guard = GUARD_DEFECT;
    else if (needs & NEEDS_CLIENT && e->cache == 0)
        v->guard = GUARD_NO_CLIENT;
    else if (needs & NEEDS_END && x->is_excluded)
        v->guard = GUARD_EXCLUDED;
    else
        return false;
    return true;
}

static inline enum judgement wait_for(struct verdict *v, enum wait what)
{
    v->waits = what;
    return WAITS;
}

/* Is the lifetime short for what was seen of the URL's changes (card short-ttl-unchanged)? */
bool pace_is_short(const struct thresholds *thresholds, const struct pace *pace, int64_t lifetime_s,
                   int64_t distance_s);

/* Octets of the condition that a request lacked (H_inm of rules.md §3.6). */
uint64_t condition_octets(const struct representation *r);

/* Warning at most, and possible. */
void demote(struct verdict *v, const char *note) COLD;
/* At most that. */
void confine(struct verdict *v, enum severity severity, enum confidence confidence) COLD;
/* Confidence of a verdict that rests on the model of a client's cache: A2, A3, G11, G12. */
void confine_to_footing(struct verdict *v, const struct evidence *e,
                        const struct footing *footing) COLD;
/* The same for what evidence.held says. */
void confine_to_client(struct verdict *v, const struct evidence *e) COLD;
/* A29: an error that is only possible is a warning. The last thing done to a verdict. */
void settle_severity(struct verdict *v) COLD;
