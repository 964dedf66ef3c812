/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a URL answers where nobody sets a condition. Where that is no 2xx, conditions are to be
 * ignored (RFC 9110 §13.2.1), so it is what a 304 is held against that should have been a 404. Only
 * the latest such answer of a URL is remembered.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"

struct base_status {
    uint64_t exchange_id;   /* 0: none was seen */
    uint64_t user;          /* of struct request_key */
    uint64_t terms;         /* what it was asked with, Referer included: base_terms_of() */
    uint64_t location;      /* hash of Location; 0: absent */
    int64_t t_req0, t_rsp1; /* ns */
    uint16_t status;
    bool by_cache;      /* something on the way may have answered */
    bool by_connection; /* 401 of a scheme that knows connections, not requests */
};

/* What a request asks with (terms.h); and Referer, by which sites refuse their images to others. */
uint64_t base_terms_of(const struct head *request);

/* Does this exchange tell it: a whole final answer to a plain GET? */
bool base_status_is_told(const struct facts *facts);
struct base_status base_status_of(const struct facts *facts, uint64_t exchange_id, uint64_t user);

/* The statuses that a 304 may not take the place of: a redirection, 401, 403, 404, 410. Others may
 * pass by themselves. */
bool base_status_excludes_304(const struct base_status *base);
/* The same answer to the same user? */
bool base_status_equal(const struct base_status *a, const struct base_status *b);
