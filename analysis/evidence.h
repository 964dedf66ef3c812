/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Everything that a rule may look at, computed once per exchange: the exchange's facts, who asked,
 * what that client held when it asked (as of t_req0), the responses that it may be held against
 * (rules.md §0.4 as amended), and what was lost in between. Rules read it and change nothing.
 *
 * Evidence is made twice for an exchange whose accusations wait: when it enters, and, with what
 * came later, when they are closed (`closing`).
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/base_status.h"
#include "analysis/client.h"
#include "analysis/errands.h"
#include "analysis/facts.h"
#include "analysis/legs.h"
#include "analysis/reloads.h"
#include "analysis/server.h"
#include "analysis/store.h"
#include "analysis/url.h"

/* A 200 that something is held against, and when it was seen. */
struct reference {
    struct representation *representation; /* NULL: none */
    struct sighting at;
    bool matches;    /* its validator is the one in question: match() of §0.4 */
    bool other_user; /* Cookie or Origin stands in one of the two requests only (A8) */
};

/* What outlives the evidence where an accusation waits. */
struct references {
    struct reference before, after; /* P and F of ref200(): of a 304 */
    struct reference same_tag;      /* of a 200: the latest other 200 with its strong tag */
    struct reference offered;       /* of a 200: one with its octets, whose tag was offered */
    struct reference held;          /* what the client held; `at` is the client's own exchange */
    struct reference variant;       /* of a 200: another one, made to measure for another request;
                                       `matches`: the URL has gone there and come back */
    struct reference fragment;      /* of a 200: its octets under another secondary key; `matches`:
                                       of the same client, which held it */
    int64_t same_octets_ns;         /* when the strong tag was seen last with these octets; NEVER */
};

/* Holds all representations of the references, or gives them back. */
void references_take(const struct references *refs);
void references_drop(const struct references *refs, struct store *store);

/* Is what this response carries also what was carried otherwise? Sets of 1 << enum due_field. */
struct field_sets {
    unsigned lacked;   /* some comparable 200 since evidence_begins_ns() lacked it (T22) */
    unsigned agreed;   /* 200s with and without Cookie or Origin agree on it (A8) */
    unsigned habitual; /* another 304 of this server and pattern carried it within 1 h (A9) */
};

/* What the client held of the URL when it asked, as the models say. */
struct held {
    bool known;             /* it held something that answers this request */
    bool is_stored;         /* and may have stored it */
    enum truth same_octets; /* as the body of this 200 */
    bool octets_inferred;   /* from strong tag and length, not from digests (truncated captures) */
    bool fresh;             /* explicitly, in both readings and both models, with the guard */
    bool fresh_by_304;      /* and only because a 304 renewed it: by the 200 alone it is stale */
    bool immutable;
    const struct after_304 *after; /* of the 304s since then; NULL: none, or closing */
    int64_t arrived_ns;            /* t_rsp1 of its latest 200 */
    bool asked_with;               /* this request carries its validator */
    bool fresh_by_guess;           /* it is by the lifetime that caches make up, and has no other */
    bool stale_on_arrival;         /* its latest validation or transfer arrived stale (A23) */
    int64_t stored_s;              /* how long ago its latest 200 arrived */
    int64_t contact_ns;            /* t_rsp0 of the latest 200 or 304; NEVER */
    int64_t lifetime_s;            /* explicit, strict; ABSENT_NUMBER */
    uint32_t run;                  /* how often the same octets came, with this time */
    int64_t run_from_ns;
    bool had_origin;
    bool by_prefetch;
    enum truth same_partition; /* G11 */
};

/* How sure it is that a client's cache could have used what its user had got. */
struct footing {
    enum truth same_partition; /* G11 */
    int64_t stored_s;          /* how long ago it arrived */
    bool by_prefetch;
    bool octets_inferred; /* from strong tag and length, not from digests */
};

/* Another transfer of the URL to the same client that had been asked for before this one, and was
 * under way when this one was. */
struct concurrent {
    uint64_t exchange_id; /* 0: none */
    enum truth same_octets;
    bool same_mode;   /* see request_mode() */
    bool may_answer;  /* it may be stored, and nothing forbids to use it for this request too */
    bool is_explicit; /* because it says for how long */
    struct footing footing;
};

/* A part (206), and what the client had been sent of the same representation. */
struct part {
    bool is_part;         /* one range of octets, that the body fills */
    bool is_strong;       /* by a strong validator; else these octets are known to be equal */
    uint64_t octets;      /* of it */
    uint64_t overlap;     /* of these, such as had arrived before it was asked for */
    uint64_t exchange_id; /* that brought the latest of them, or the whole */
    struct footing footing;
};

/* A transfer that was cut. */
struct cut {
    bool is_cut;        /* and the client can be told apart */
    bool others_asked;  /* its client asked for further parts meanwhile */
    uint32_t by_server; /* how many of the URL the server has cut, with this one */
};

/* A redirect or an error that the client was given before. */
enum term { TERM_NONE, TERM_FORBIDDEN, TERM_OVER, TERM_FRESH };
struct repeat {
    uint32_t run; /* how often in a row, with this one; 0: no such answer */
    uint64_t exchange_id;
    enum term term; /* what the one before said of its reuse, explicitly */
    int64_t lifetime_s;
    struct footing footing;
};

/* The octets of this 200, new to the client under this URL, under another path. */
struct copied {
    uint64_t exchange_id; /* 0: no */
    uint32_t urls;        /* that gave them, with this one */
    bool same_authority;
    struct footing footing;
};

/* The octets of this 200, which another client had got from the URL. */
struct crowd {
    uint64_t exchange_id; /* 0: no */
    bool fresh;           /* explicitly, for a shared cache, when this was asked for */
    int64_t stored_s;
};

/* A tag is offered that only a 304 gave to the client: 304-adopted-foreign-tag. */
struct adoption {
    uint64_t exchange_id; /* of the 304; 0: none */
    int64_t from_ns;      /* t_rsp0 of it */
    bool has_client;
};

/* Of the URL over all clients: short-ttl-unchanged. */
struct pace {
    int64_t span_s;              /* from the first sighting to now */
    uint32_t changes, unchanged; /* with this one */
};

/* Of the URL without its changing parameters: cache-buster-identical. */
struct busting {
    bool applies;
    bool is_signed;
    uint32_t values;      /* different values in a row with these octets, with this one */
    uint64_t exchange_id; /* of the first */
    bool first_is_fresh;
};

/* Who asks, as far as rules about validators mind. */
struct asker {
    bool sends_tags;              /* this client was seen to ask with an entity tag (A19) */
    bool date_is_ambiguous;       /* the Last-Modified it asks with was issued without a tag, too */
    uint8_t foreign;              /* enum foreign: a tag that the URL never issued */
    uint64_t foreign_exchange_id; /* that issued it for another URL */
    uint64_t tagged_part_id;      /* of If-Range with a date: the exchange that brought a part with
                                     it and with a strong tag; 0: none */
    int64_t tagged_part_ns;       /* when that was whole */
};

struct evidence {
    const struct facts *facts;
    const struct exchange *x;
    const struct thresholds *thresholds;
    uint64_t id;
    const struct url *url;
    struct client client;
    uint64_t cache; /* whose cache: the client's id, or that of an intermediary that has shown to be
                       one shared cache; 0: nobody can be blamed (G14) */
    bool cache_is_shared;
    bool has_cache; /* G13 */
    const struct server *server;
    struct request_key key;
    struct references refs;
    struct field_sets fields;
    struct held held;
    struct asker asker;
    struct pace pace;
    struct busting busting;
    struct slice fragmented_by; /* of refs.fragment: the field that keeps it from being reused */
    unsigned fragments;         /* how many values of it were given the octets, with this one */
    bool ignores_cookies;       /* of a 304: its octets were given for different Cookies */
    struct concurrent concurrent;
    struct part part;
    struct cut cut;
    struct repeat repeat;
    struct copied copied;
    struct crowd crowd;
    const struct errand *errand;         /* see SUBJECT_ERRAND; NULL for exchanges */
    const struct connection *connection; /* the same */
    struct adoption adoption;
    struct reload_storm storm;
    uint32_t users; /* different users that got these octets as private ones, with this new one; 0:
                       none, or not a new one */
    uint64_t first_user_exchange_id;
    struct base_status status_before, status_after; /* plain answers around a 304 */
    int64_t latest_200_ns; /* t_rsp0 of the latest 200 of the URL, whoever got it; NEVER */
    int64_t unsafe_ns;     /* when an unsafe request to the URL succeeded last; NEVER */
    bool tags_alternate;   /* another validator than P's was seen since P's was first (fleets) */
    bool is_defective_304; /* the 304 itself is the defect (rules.md §3.7) */
    bool came_back;        /* the URL had been pushed out of the store */
    unsigned mangled_echo; /* how many malformed members of If-None-Match echo an issued tag */
    bool date_seen_before; /* this Last-Modified had been seen on the URL, with these octets */
    unsigned tag_values;   /* different tags that these octets had lately, with this one */
    bool tag_seen_before;  /* this tag had been seen on the URL, before the one offered */
    uint32_t deploy_urls;  /* URLs of the server whose tag changed lately over equal octets */
    const struct habit *habit; /* of a 304: the server's with this URL pattern; or NULL */
    const struct server *reference_server; /* of P, where it is another than `server`; else NULL */
    int64_t heard_until_ns;                /* the capture clock: what came until then is known */
    bool server_has_clock;                 /* a Date was seen within 1 h */
    /* Both sides of a proxy. */
    const struct outer_leg *outer; /* what the other side shows of this exchange; NULL: nothing */
    const struct facts *inner;     /* of the inner exchange that decided it; NULL */
    const struct head *freshened;  /* of the response that an inner 304 freshens; NULL: none seen */
    const struct server *anywhere; /* the losses of all servers together */
    const struct server *upstream; /* the origin that what it was answered with came from; NULL */
    struct unsafe_change unsafe;   /* of the URL; exchange_id 0: none */
    uint64_t node;                 /* as unsafe.node, of this exchange */
    bool kept_no_store; /* the client asks with a tag that it was given with no-store alone */
    uint64_t
        authorized_exchange_id; /* with Authorization, had brought what this hit was made of; 0 */
    bool closing;               /* nothing that comes later will be heard */
};

/* How sure the pair is: waits with what rests on time alone until late ones have been told. */
static inline bool has_sure_inner(const struct evidence *e)
{
    return e->inner && (e->closing || e->outer->by > PAIR_BY_TIME);
}

/* By an identifier, or because they speak of the same representation. */
static inline bool is_pair_certain(const struct evidence *e)
{
    const struct outer_leg *o = e->outer;
    return o->by > PAIR_BY_TIME ||
           (o->leg.validator && o->leg.validator == o->inner->leg.validator);
}

/* Was something lost in that time that could have been a response for this key (A10)? */
static inline bool evidence_lost(const struct evidence *e, int64_t from_ns, int64_t until_ns)
{
    return server_lost(e->server, from_ns, until_ns) ||
           (e->reference_server && server_lost(e->reference_server, from_ns, until_ns));
}

/* match() of §0.4: does this 200 carry the validator that the 304 speaks of? */
bool reference_matches(const struct representation *r, const struct facts *not_modified);

/* The same octets as in the body of this 200? Digests decide; in a capture cut by the snaplen a
 * strong tag and the announced length do (rules.md §3.6), and *inferred is true; it is not touched
 * otherwise. */
enum truth same_octets(const struct representation *r, const struct facts *facts, bool *inferred);

/* What the asking host itself serves lies on the other side of a proxy. */
bool is_of_other_leg(const struct representation *r, const struct facts *facts);

/* May it be held against the 304 at all (C of §0.4 with A8 and A31)? */
bool is_comparable(const struct representation *r, const struct facts *facts,
                   const struct request_key *key, struct arena *scratch);

/* P and F among what the URL has given, for a 304: those in *refs stay unless there are better
 * ones. */
void references_find(struct references *refs, const struct resource *resource,
                     const struct facts *facts, const struct request_key *key,
                     struct arena *scratch);

/* For a 206: the latest whole that had arrived when it was asked for, of this server and with its
 * strong validator; and which of the six fields some such 200 lacks. */
unsigned references_find_whole(struct references *refs, const struct resource *resource,
                               const struct facts *facts, const struct request_key *key,
                               struct arena *scratch);

/* The latest 200 of the URL that began before this one and has its strong tag, and when the tag was
 * seen last with its octets. */
void references_find_same_tag(struct references *refs, const struct resource *resource,
                              const struct facts *facts);

/* Was the URL seen with another validator after the one of P was first seen, and before F, or with
 * one that this 304's request offered? Then several backends answer, or a deployment was undone. */
bool validators_alternate(const struct references *refs, const struct resource *resource,
                          const struct facts *facts, const struct request_key *key,
                          struct arena *scratch);

/* From then on what was seen, or lost, bears on what a 304 lacks: the reference before it, or an
 * hour before it where that is earlier. */
int64_t evidence_begins_ns(const struct references *refs, const struct facts *facts);

/* The sign of a deployment in between: the server's software says another name. */
bool is_another_software(const struct evidence *e, const struct representation *r);

/* Was something lost (A10) from the reference before to the 304, and on to the reference after or
 * to what was heard last? The hour before the 304 counts too: another 304 or 200 in it could excuse
 * this one. */
bool reference_is_tainted(const struct evidence *e);

/* The sets of fields for a 304 that lacks some of them. */
struct field_sets field_sets_of(const struct resource *resource, const struct habit *habit,
                                const struct facts *facts, const struct request_key *key,
                                int64_t from_ns, struct arena *scratch);
