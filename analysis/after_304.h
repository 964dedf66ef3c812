/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a client was told by its latest 304 of a URL, as far as it bears on what it does next (RFC
 * 9111 §4.3.4): whether it is to be seen using its copy, whether the copy became fresh by it, and
 * whether it brought a tag that nobody had given it. Made with the first 304 of a holding, gone
 * with the next 200.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"

/* Why a 304 that is meant to make a copy fresh did not. */
enum unfreshened {
    UNFRESHENED_NOT,
    UNFRESHENED_FROZEN_DATE,    /* Date did not move on: the copy is as old as ever */
    UNFRESHENED_FROZEN_EXPIRES, /* Expires did not, and lies in the past */
    UNFRESHENED_NO_EXPIRES      /* none in the 304: the stored one lies in the past */
};

struct after_304 {
    uint64_t exchange_id; /* of the latest 304; 0: what followed it has been seen */
    int64_t t_rsp0, t_rsp1, found_ns;
    uint64_t connection;
    uint32_t index;                           /* on that connection */
    uint32_t request_octets, response_octets; /* its heads: it has no more */
    /* It claims nothing of these octets so far, and is not kept; a refetch claims them for it, with
     * that confidence. */
    bool may_be_claimed;
    bool confirmed; /* it had been asked by the validator of what the client holds */
    uint8_t confidence;

    uint8_t unfreshened; /* enum unfreshened */
    bool expires_moves;  /* Expires was seen to go with the time of the 200s */
    int64_t nominal_s;   /* lifetime that it was meant to have */

    uint32_t ignored;   /* times that it was asked about although a 304 had made it fresh */
    bool heeds_nothing; /* it was asked about although the 200 itself was fresh yet */

    uint64_t foreign_tag; /* stable hash of a strong tag that it had not offered; 0: none */
    uint64_t foreign_exchange_id;
    int64_t foreign_ns; /* t_rsp0 of that 304 */
};

struct holding;

/* A tag's opaque part as a number that is never 0. */
uint64_t tag_opaque_hash(const struct entity_tag *tag);

/* A 304 reached the client: after holding_freshen(). */
void after_304_note(struct holding *holding, const struct facts *facts, uint64_t exchange_id,
                    bool confirmed, int64_t guard_s);

/* Is this request sent on the heels of a 304 that confirmed what the client holds: within seconds,
 * or as the next one of the same connection before long? */
bool after_304_is_followed(const struct after_304 *after, const struct facts *facts);

/* Is it this tag? */
bool after_304_is_foreign(const struct after_304 *after, const struct entity_tag *tag);
/* Does the request offer the foreign tag? */
bool after_304_offers_foreign(const struct after_304 *after, const struct tag_list *offered);
