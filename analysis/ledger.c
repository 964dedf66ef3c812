/* SPDX-License-Identifier: MIT */
/* Claims against four counters, in order, each taking no more than the ones before it left. */

#include "analysis/ledger.h"

#include <assert.h>
#include <string.h>

static uint64_t take(uint64_t *remaining, uint64_t wanted)
{
    uint64_t taken = wanted < *remaining ? wanted : *remaining;
    *remaining -= taken;
    return taken;
}

static uint64_t eliminate(uint64_t remaining[FOUR])
{
    uint64_t taken = 0;
    for (unsigned c = 0; c < FOUR; c++)
        taken += take(&remaining[c], UINT64_MAX);
    return taken;
}

/* A 304 in the place of the response: what is left is its size, and the condition that had to be
 * asked. The body goes first. */
static uint64_t replace(uint64_t remaining[FOUR], uint64_t size_of_304, uint64_t added)
{
    uint64_t response = remaining[RESPONSE_HEADER] + remaining[RESPONSE_BODY];
    uint64_t kept = size_of_304 + added;
    if (response <= kept)
        return 0;
    uint64_t wanted = response - kept;
    uint64_t taken = take(&remaining[RESPONSE_BODY], wanted);
    return taken + take(&remaining[RESPONSE_HEADER], wanted - taken);
}

static uint64_t claim_from(uint64_t remaining[FOUR], uint64_t size_of_304,
                           const struct claim *claim)
{
    switch (claim->kind) {
    case CLAIM_ELIMINATE:
        return eliminate(remaining);
    case CLAIM_REPLACE:
        return replace(remaining, size_of_304, claim->added_octets);
    case CLAIM_PART:
        return take(&remaining[REQUEST_HEADER], claim->request_header_octets) +
               take(&remaining[RESPONSE_HEADER], claim->header_octets) +
               take(&remaining[RESPONSE_BODY], claim->body_octets);
    case CLAIM_NOTHING:
        break;
    }
    return 0;
}

static uint64_t sum(const uint64_t counters[FOUR])
{
    return counters[REQUEST_HEADER] + counters[REQUEST_BODY] + counters[RESPONSE_HEADER] +
           counters[RESPONSE_BODY];
}

/* The next unsettled claim in the ledger's order; NULL at the end. */
static struct ledger_claim *next_claim(struct ledger_claim *claims, unsigned n, uint32_t done)
{
    struct ledger_claim *next = NULL;
    for (unsigned i = 0; i < n; i++)
        if (!(done >> i & 1) && (!next || claims[i].rule->order < next->rule->order))
            next = &claims[i];
    return next;
}

void ledger_settle(const uint64_t observed[FOUR], uint64_t size_of_304, struct ledger_claim *claims,
                   unsigned n_claims)
{
    assert(n_claims <= LIMIT_ACCUSATIONS);
    uint64_t remaining[FOUR], claimed = 0;
    memcpy(remaining, observed, sizeof remaining);
    uint32_t done = 0;
    struct ledger_claim *c;
    while ((c = next_claim(claims, n_claims, done)) != NULL) {
        done |= UINT32_C(1) << (c - claims);
        c->avoidable = c->opportunity = c->standalone = 0;
        if (c->rule->account == ACCOUNT_NONE)
            continue;
        uint64_t alone[FOUR];
        memcpy(alone, observed, sizeof alone);
        c->standalone = claim_from(alone, size_of_304, &c->claim);
        if (c->claim.waived)
            continue;
        uint64_t taken = claim_from(remaining, size_of_304, &c->claim);
        assert(taken <= c->standalone);
        claimed += taken;
        if (c->rule->account == ACCOUNT_AVOIDABLE)
            c->avoidable = taken;
        else
            c->opportunity = taken;
    }
    assert(claimed + sum(remaining) == sum(observed));
}
