/* SPDX-License-Identifier: MIT */
/* Plain answers, and which of them a condition cannot turn into a 304 (RFC 9110 §13.2.1). */

#include "analysis/base_status.h"

#include "analysis/terms.h"
#include "base/hash.h"

bool base_status_is_told(const struct facts *facts)
{
    uint16_t status = facts->x->status;
    return facts->is_get && facts->is_paired && status >= 200 && status != 304 &&
           facts->request_head_whole && facts->response_head_whole &&
           !facts->request.is_conditional && !facts->request.other_condition &&
           slice_is_absent(facts->request.range);
}

uint64_t base_terms_of(const struct head *request)
{
    return terms_of(request) + hash64(head_first(request, FIELD_REFERER));
}

/* NTLM and Negotiate speak once for each connection (RFC 4559 §6): another one that has been
 * let in sends no Authorization either. */
static bool is_by_connection(const struct exchange *x)
{
    const struct head *head = &x->response.head;
    if (x->status != 401)
        return false;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        struct slice value = field_value(head, &head->fields[i]);
        if (head->fields[i].token == FIELD_WWW_AUTHENTICATE &&
            (slice_starts_with_nocase(value, SLICE("ntlm")) ||
             slice_starts_with_nocase(value, SLICE("negotiate"))))
            return true;
    }
    return false;
}

struct base_status base_status_of(const struct facts *facts, uint64_t exchange_id, uint64_t user)
{
    const struct response_facts *r = &facts->response;
    return (struct base_status){
        .exchange_id = exchange_id,
        .user = user,
        .terms = base_terms_of(&facts->x->request.head),
        .location = slice_is_absent(r->location) ? 0 : hash64_stable(r->location) | 1,
        .t_req0 = facts->t_req0,
        .t_rsp1 = facts->t_rsp1,
        .status = facts->x->status,
        .by_cache = r->intermediary_signs != 0 || r->responder == RESPONDER_CACHE,
        .by_connection = is_by_connection(facts->x),
    };
}

bool base_status_excludes_304(const struct base_status *base)
{
    switch (base->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
    case 401:
    case 403:
    case 404:
    case 410:
        return base->exchange_id != 0 && !base->by_connection;
    default:
        return false;
    }
}

bool base_status_equal(const struct base_status *a, const struct base_status *b)
{
    return a->exchange_id && b->exchange_id && a->status == b->status &&
           a->location == b->location && a->user && a->user == b->user && a->terms == b->terms;
}
