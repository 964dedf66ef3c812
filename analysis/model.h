/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * All that analysis remembers, and the two things done with it: to make evidence for an exchange
 * from it, and, after the rules have spoken, to learn from the exchange.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/accusations.h"
#include "analysis/analysis.h"
#include "analysis/client.h"
#include "analysis/copies.h"
#include "analysis/evidence.h"
#include "analysis/legs.h"
#include "analysis/receipts.h"
#include "analysis/server.h"
#include "analysis/store.h"
#include "analysis/url.h"

struct model {
    struct store *store;
    struct server_table *servers;
    struct client_table *clients;
    struct legs *legs;
    struct receipt_table *receipts;
    struct copy_table *copies;
    struct errand_table *errands;
    uint64_t ranges_forgotten;
    struct reload_table *reloads;
    struct thresholds thresholds;
    enum client_key client_key;
    const struct roles *roles;  /* NULL: nothing is known beside the traffic */
    int64_t begin_ns;           /* of the capture: the first request that was seen */
    struct memo *memo;          /* of field values */
    struct arena scratch;       /* for the exchange in hand */
    struct arena scratch_again; /* for one that is looked at again */
};

void model_init(struct model *model, const struct analysis_options *options,
                const struct store_hooks *hooks, const struct legs_hooks *legs_hooks,
                uint32_t scale);
void model_fini(struct model *model);

/* One exchange under the lens; facts, URL and evidence borrow from it and from the scratch arena.
 */
struct inspection {
    struct evidence evidence;
    struct url url;
    struct server *server;
    struct resource *resource; /* NULL where the URL is not known */
    struct habit *habit;       /* NULL without a resource */
    struct family *family;
    uint64_t holder;              /* whose holdings these are: cache or would-be cache; 0: nobody */
    struct holding *holding;      /* what it held of this variant, as of t_req0 or later; NULL */
    struct holding *other;        /* else another variant of the URL */
    bool held_in_time;            /* the holding had arrived when the request was sent (A6) */
    struct after_304 after;       /* of the holding, before this exchange */
    struct reload_watch *watch;   /* of the client, where this is a reload; NULL */
    struct buster *buster;        /* of its URL without changing parameters; NULL */
    struct receipt *receipt;      /* of parts, cut transfers, redirects and errors; NULL */
    struct copy *copy;            /* of its octets under any path; NULL */
    bool resumes;                 /* it asks for what is behind the beginning */
    bool answers_otherwise;       /* than the holder was answered before */
    struct representation *shown; /* after model_learn(): of a 200 to GET */
    bool told_base;               /* after model_learn(): the resource's `base` is of it */
    bool changed;                 /* another tag or other octets than the variant had before */
    bool unchanged;
    struct meeting meeting; /* on which sides of proxies it stands */
    struct facts facts;     /* last: it is filled as a whole, the rest must begin as zeros */
};

/* Reads the exchange and gathers what is known when it enters. Its references are held until
 * model_release(). */
void model_inspect(struct model *model, const struct exchange *x, uint64_t id,
                   struct inspection *inspection);

/* Takes in what the exchange shows. Holdings and resources of the inspection stay valid. */
void model_learn(struct model *model, struct inspection *inspection);

void model_release(struct model *model, struct inspection *inspection);

/* What it takes to inspect it again. */
struct dossier model_dossier(struct model *model, const struct inspection *inspection,
                             int64_t clock_ns);

/* Evidence for an exchange whose accusations wait, or (`closing`) are being closed; its references
 * are borrowed from the accused and from the store. */
void model_inspect_again(struct model *model, const struct accused *accused, int64_t heard_until_ns,
                         bool closing, struct inspection *inspection);

/* Is this 200, just shown, a reference that the accused waits for? Fills *reference. */
bool model_is_reference(struct model *model, const struct accused *accused,
                        struct representation *shown, struct reference *reference);

struct size_estimate model_size_of_304(const struct inspection *inspection);

/* What the client made of it (contract.md, `outcome`). */
enum outcome model_outcome(const struct inspection *inspection);
