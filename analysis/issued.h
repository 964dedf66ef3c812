/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which entity tags were issued, and for what: per URL the few last ones, and over all URLs where a
 * tag was issued last. Answers whether a tag that a client offers can have come from the URL that
 * it is offered to (foreign-validator). Tags are known by the hash of what is left of them without
 * marks and coding suffixes, so that a mangled tag or that of another coding is no foreign one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/entity_tag.h"
#include "analysis/facts.h"
#include "analysis/limits.h"

/* Of one URL; all zeros is none. */
struct issued {
    uint64_t tags[LIMIT_TAGS_OF_URL]; /* stable hashes */
    uint32_t count;                   /* more than there is room for: some are forgotten */
};

/* Of all URLs: the latest that issued a tag. */
struct issuers;
struct issuers *issuers_new(void);
void issuers_free(struct issuers *issuers); /* accepts NULL */

/* Takes in what a response to the URL `serial` issues, and that a 304 vouches for what was offered.
 */
void issued_learn(struct issued *issued, struct issuers *issuers, uint64_t serial,
                  const struct facts *facts, uint64_t exchange_id);

enum foreign { FOREIGN_NOT, FOREIGN_FORGOTTEN, FOREIGN_UNKNOWN, FOREIGN_CROSS_URL };

/* A tag of If-None-Match that the URL never issued, as far as was seen: of nobody known, or of
 * another URL, in the exchange *exchange_id. FORGOTTEN: too many were issued to tell. *tag is it.
 */
enum foreign issued_foreign(const struct issued *issued, const struct issuers *issuers,
                            uint64_t serial, const struct tag_list *offered, struct slice *tag,
                            uint64_t *exchange_id);
