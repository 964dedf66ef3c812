/* SPDX-License-Identifier: MIT */
/*
 * Everything is asked as of the request (rules.md A6): what had not arrived whole when it was sent
 * is no transfer that it repeats, and what was under way then is one that it duplicates.
 */

#include "analysis/transfers.h"

#include "analysis/byte_range.h"
#include "analysis/storable.h"

#define NS_PER_S INT64_C(1000000000)

static enum cache_kind kind_of(const struct inspection *n)
{
    return n->evidence.cache_is_shared ? SHARED_CACHE : PRIVATE_CACHE;
}

/* Whose cache could have spared this (G13, G14)? For a 200 and a 304 model.c has said it. */
static void find_cache(struct model *model, struct inspection *n)
{
    struct evidence *e = &n->evidence;
    e->has_cache = store_client_has_cache(model->store, n->holder);
    e->cache = !e->cache_is_shared || e->has_cache ? n->holder : 0;
}

static struct footing footing_of(const struct inspection *n, struct partition partition,
                                 bool by_prefetch, int64_t arrived_ns)
{
    int64_t since_ns = n->facts.t_req0 - arrived_ns;
    return (struct footing){
        .same_partition = partition_same(partition, n->facts.request.partition),
        .stored_s = since_ns > 0 ? since_ns / NS_PER_S : 0,
        .by_prefetch = by_prefetch,
    };
}

/* ---- at the same time ---- */

/* "A cache can use a response that is stored or storable to satisfy multiple requests, provided
 * that it is allowed to reuse that response for the requests in question" (RFC 9111 §4). */
static void gather_concurrent(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct holding *h = n->holding;
    struct concurrent *c = &n->evidence.concurrent;
    if (!h || n->held_in_time || h->asked_ordinal >= facts->x->request.first.ordinal)
        return;
    find_cache(model, n);
    struct freshness f = holding_freshness(h, true);
    struct lifetime life = freshness_lifetime(&f, kind_of(n), STRICT);
    *c = (struct concurrent){
        .exchange_id = h->latest_id,
        .same_mode = h->mode == request_mode(facts),
        .is_explicit = life.kind == LIFETIME_EXPLICIT && life.seconds > 0,
        .footing = footing_of(n, h->partition, h->by_prefetch, h->arrived_ns),
    };
    c->same_octets = same_octets(h->representation, facts, &c->footing.octets_inferred);
    c->may_answer = h->is_stored && !h->stale_on_arrival && !life.must_validate &&
                    (c->is_explicit || life.kind == LIFETIME_HEURISTIC) &&
                    storability_of(facts, kind_of(n)).storable == YES;
}

/* ---- in parts ---- */

/* What tells that two parts belong together: "a strong validator" (RFC 9110 §15.3.7.3). Without
 * one, only the same octets of the same place are known to be the same. */
static uint64_t validator_of(const struct facts *facts, const struct content_range *range,
                             bool *is_strong)
{
    const struct response_facts *r = &facts->response;
    *is_strong = true;
    if (r->etag.valid && !r->etag.weak &&
        r->etag_lines == 1) /* one tag for two codings is a fault */
        return hash_mix(hash64(r->etag.text), hash64(r->content_encoding)) | 1;
    if (!r->etag.valid && r->last_modified_is_strong == YES)
        return hash_mix(2, (uint64_t)r->last_modified.date.seconds) | 1;
    *is_strong = false;
    const struct digest *digest = &facts->x->response.digest;
    if (!digest_is_set(*digest))
        return 0;
    return hash_mix(hash_mix(range->from, range->complete), digest->low) | 1;
}

/* Is the part one of what the client holds whole? */
static bool is_of_whole(const struct representation *r, const struct facts *facts)
{
    const struct response_facts *f = &facts->response;
    if (!r->body_whole)
        return false;
    if (f->etag.valid || r->etag.valid)
        return entity_tag_strong_equal(&r->etag, &f->etag);
    return f->last_modified_is_strong == YES && r->last_modified == f->last_modified.date.seconds &&
           last_modified_is_strong(r->last_modified, r->first.date) == YES;
}

static void overlap_with_whole(struct model *model, struct inspection *n)
{
    struct part *part = &n->evidence.part;
    const struct holding *h = store_holding(model->store, n->holder, n->resource, &n->facts,
                                            &n->evidence.key, &model->scratch, NULL);
    if (!h || h->arrived_ns > n->facts.t_req0 || !h->is_stored ||
        !is_of_whole(h->representation, &n->facts))
        return;
    part->overlap = part->octets;
    part->exchange_id = h->latest_id;
    part->footing = footing_of(n, h->partition, h->by_prefetch, h->arrived_ns);
}

static void gather_part(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct message *body = &facts->x->response;
    struct part *part = &n->evidence.part;
    struct content_range range = content_range_parse(facts->response.content_range);
    if (!range.valid || facts->was_aborted || !body->body_whole || !body->end_certain ||
        body->content_bytes != range.until - range.from)
        return;
    const struct parts *had = &n->receipt->parts;
    uint64_t validator = validator_of(facts, &range, &part->is_strong);
    part->is_part = true;
    part->octets = range.until - range.from;
    if (part->is_strong)
        overlap_with_whole(model, n);
    if (part->overlap || !validator || had->validator != validator ||
        n->resource->unsafe_ns >= had->arrived_ns)
        return; /* what it had is to be dropped when the URL is written to (RFC 9111 §4.4) */
    part->overlap = octet_ranges_overlap(&had->ranges, range.from, range.until, facts->t_req0);
    if (had->arrived_ns <= facts->t_req0)
        part->exchange_id = had->exchange_id;
    part->footing = footing_of(n, had->partition, had->by_prefetch, had->arrived_ns);
}

static void learn_part(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct parts *parts = &n->receipt->parts;
    bool is_strong;
    if (facts->is_excluded || storability_of(facts, PRIVATE_CACHE).storable == NO)
        return;
    struct content_range range = content_range_parse(facts->response.content_range);
    uint64_t validator = validator_of(facts, &range, &is_strong);
    if (!validator)
        return;
    if (parts->validator != validator || n->resource->unsafe_ns >= parts->arrived_ns)
        *parts = (struct parts){.validator = validator};
    if (!octet_ranges_add(&parts->ranges, range.from, range.until, facts->t_rsp1))
        model->ranges_forgotten++;
    parts->has_tag = is_strong && facts->response.etag.valid;
    parts->modified = facts->response.last_modified.date.seconds;
    parts->exchange_id = n->evidence.id;
    parts->arrived_ns = facts->t_rsp1;
    parts->partition = facts->request.partition;
    parts->by_prefetch = facts->request.is_prefetch;
}

/* The part that this client was given with the date in If-Range, and with a strong tag beside it.
 */
static void gather_tagged_part(struct inspection *n)
{
    const struct request_facts *q = &n->facts.request;
    const struct parts *parts = &n->receipt->parts;
    if (q->if_range != IF_RANGE_DATE || !parts->has_tag ||
        parts->modified != q->if_range_date.seconds || parts->arrived_ns > n->facts.t_req0)
        return;
    n->evidence.asker.tagged_part_id = parts->exchange_id;
    n->evidence.asker.tagged_part_ns = parts->arrived_ns;
}

/* ---- cut ---- */

/* Who fetches in segments ends each where the next begins. */
static void gather_cut(struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct receipt *r = n->receipt;
    n->evidence.cut = (struct cut){
        .is_cut = true,
        .others_asked = r->skipped_ns > facts->t_req0 ||
                        (!slice_is_absent(facts->request.range) && r->part_requests > 0),
        .by_server = r->cut_by_server + (facts->x->aborted_by == ABORTED_BY_SERVER),
    };
}

/* ---- the same redirect, the same error ---- */

static bool is_redirect(uint16_t status)
{
    return status == 301 || status == 308;
}

static uint64_t sameness_of(struct model *model, const struct facts *facts)
{
    const struct message *m = &facts->x->response;
    struct slice vary =
        vary_key(&m->head, &facts->x->request.head, facts->request_head_whole, &model->scratch);
    uint64_t hash = hash_mix(facts->x->status, vary_key_hash(vary, VARY_EXACT));
    if (is_redirect(facts->x->status))
        return hash_mix(hash, hash64(facts->response.location));
    return hash_mix(hash_mix(hash, m->digest.high), m->digest.low);
}

static bool is_whole_answer(const struct facts *facts)
{
    const struct message *m = &facts->x->response;
    if (facts->was_aborted || !facts->response_head_whole)
        return false;
    if (is_redirect(facts->x->status))
        return !slice_is_absent(facts->response.location);
    return m->body_whole && m->end_certain && digest_is_set(m->digest);
}

/* What the answer says of its reuse, in the reading under which the client was right to ask; that
 * it forbids it must be so in both. */
static enum term term_of(const struct model *model, const struct inspection *n,
                         const struct freshness *f)
{
    enum cache_kind kind = kind_of(n);
    struct lifetime generous = freshness_lifetime(f, kind, GENEROUS);
    if (generous.kind == LIFETIME_NOT_STORABLE || generous.must_validate ||
        (generous.kind == LIFETIME_EXPLICIT && generous.seconds <= 0))
        return TERM_FORBIDDEN;
    if (generous.kind != LIFETIME_EXPLICIT)
        return TERM_NONE;
    return freshness_state_explicit(f, n->facts.t_req0, server_skew_s(n->server),
                                    model->thresholds.guard_s, kind) == YES
               ? TERM_FRESH
               : TERM_OVER;
}

static void gather_repeat(struct model *model, struct inspection *n)
{
    struct repeat *repeat = &n->evidence.repeat;
    const struct answer *before = &n->receipt->answer;
    if (!is_whole_answer(&n->facts))
        return;
    if (before->status == 0 || before->sameness != sameness_of(model, &n->facts) ||
        n->resource->unsafe_ns >= before->arrived_ns ||
        store_is_cleared(model->store, n->holder, n->resource, before->arrived_ns)) {
        repeat->run = 1;
        return;
    }
    if (before->arrived_ns > n->facts.t_req0)
        return; /* at the same time: it is not one more */
    *repeat = (struct repeat){
        .run = before->run + 1,
        .exchange_id = before->exchange_id,
        .term = term_of(model, n, &before->freshness),
        .lifetime_s = freshness_explicit(&before->freshness, kind_of(n)),
        .footing = footing_of(n, before->partition, before->by_prefetch, before->arrived_ns),
    };
}

static void learn_answer(struct model *model, struct inspection *n)
{
    struct answer *answer = &n->receipt->answer;
    uint32_t run = n->evidence.repeat.run;
    if (run == 0) {
        bool overlaps = answer->status == n->facts.x->status;
        if (overlaps || n->facts.was_aborted)
            return;
        n->answers_otherwise = answer->status != 0;
        *answer = (struct answer){0};
        return;
    }
    n->answers_otherwise = run == 1 && answer->status != 0;
    if (cache_control_has(&n->facts.request.cc, CC_NO_STORE)) {
        *answer = (struct answer){0}; /* not even this may be kept (RFC 9111 §5.2.1.5) */
        return;
    }
    *answer = (struct answer){
        .status = n->facts.x->status,
        .sameness = sameness_of(model, &n->facts),
        .run = run,
        .exchange_id = n->evidence.id,
        .arrived_ns = n->facts.t_rsp1,
        .partition = n->facts.request.partition,
        .by_prefetch = n->facts.request.is_prefetch,
    };
    freshness_of(&answer->freshness, &n->facts);
}

/* ---- the same octets elsewhere ---- */

static bool is_first_of_url(const struct inspection *n)
{
    return !n->holding && n->facts.body_is_comparable && slice_is_absent(n->facts.request.range);
}

/* Another host, scheme or query alone is no other path: sites spread what they serve over hosts. */
static void gather_copy(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    const struct message *m = &facts->x->response;
    if (m->content_bytes < (uint64_t)model->thresholds.min_copy_body || !is_first_of_url(n) ||
        facts->is_excluded || cache_control_has(&facts->response.cc, CC_NO_STORE))
        return;
    struct copy *copy = n->copy = copy_of(model->copies, n->holder, m->digest);
    if (copy->exchange_id == 0 || copy->arrived_ns > facts->t_req0 ||
        copy->path == hash64_stable(n->url.path))
        return;
    n->evidence.copied = (struct copied){
        .exchange_id = copy->exchange_id,
        .urls = copy->urls + 1,
        .same_authority = copy->authority == hash64_stable(n->url.authority),
        .footing = footing_of(n, copy->partition, copy->by_prefetch, copy->arrived_ns),
    };
}

static void learn_copy(struct inspection *n)
{
    struct copy *copy = n->copy;
    if (copy->exchange_id) {
        copy->urls += n->evidence.copied.exchange_id != 0;
        return;
    }
    copy->exchange_id = n->evidence.id;
    copy->arrived_ns = n->facts.t_rsp1;
    copy->path = hash64_stable(n->url.path);
    copy->authority = hash64_stable(n->url.authority);
    copy->urls = 1;
    copy->partition = n->facts.request.partition;
    copy->by_prefetch = n->facts.request.is_prefetch;
}

/* ---- the same octets for others ---- */

/* Of the representation as it was seen at that time; how old it was then is only known of the first
 * time. */
static bool was_fresh(const struct model *model, const struct inspection *n,
                      const struct representation *r, const struct sighting *at)
{
    struct freshness f = representation_freshness(r);
    if (f.has_age && at->exchange_id != r->first.exchange_id)
        return false;
    f.t_req0 = at->t_req0;
    f.t_rsp0 = at->t_rsp0;
    f.date = at->date;
    f.expires = at->expires;
    return freshness_state_explicit(&f, n->facts.t_req0, server_skew_s(n->server),
                                    model->thresholds.guard_s, SHARED_CACHE) == YES;
}

static void gather_crowd(struct model *model, struct inspection *n)
{
    const struct resource *resource = n->resource;
    bool others_asked =
        resource->asked_by && (resource->asked_by != n->holder || resource->shared_by_clients);
    if (!others_asked || !is_first_of_url(n))
        return;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        bool inferred;
        if (r->first_client == 0 || r->first_client == n->holder ||
            same_octets(r, &n->facts, &inferred) != YES ||
            representation_answers(r, &n->facts, &n->evidence.key, VARY_CANON, &model->scratch) !=
                YES)
            continue;
        struct sighting at = sighting_before(r, n->facts.t_req0);
        if (!at.exchange_id)
            continue;
        n->evidence.crowd = (struct crowd){
            .exchange_id = at.exchange_id,
            .fresh = was_fresh(model, n, r, &at),
            .stored_s = (n->facts.t_req0 - at.t_rsp1) / NS_PER_S,
        };
        return;
    }
}

/* ---- all of it ---- */

static bool wants_receipt(const struct facts *facts)
{
    uint16_t status = facts->x->status;
    return status == 206 || is_redirect(status) || status_is_lasting_error(status) ||
           (status == 200 && facts->was_aborted);
}

void transfers_gather(struct model *model, struct inspection *n)
{
    const struct facts *facts = &n->facts;
    uint16_t status = facts->x->status;
    if (wants_receipt(facts))
        n->receipt = receipt_of(model->receipts, n->holder, n->resource);
    else
        n->receipt = receipt_find(model->receipts, n->holder, n->resource);
    if (status == 200) {
        gather_concurrent(model, n);
        gather_copy(model, n);
        gather_crowd(model, n);
    } else if (n->receipt && status != 304) {
        find_cache(model, n);
    }
    if (n->receipt && n->evidence.client.id)
        gather_tagged_part(n);
    if (status == 206)
        gather_part(model, n);
    if (is_redirect(status) || status_is_lasting_error(status))
        gather_repeat(model, n);
    if (facts->was_aborted && (status == 200 || status == 206))
        gather_cut(n);
}

static void learn_range(struct inspection *n)
{
    struct receipt *r = n->receipt;
    const struct facts *facts = &n->facts;
    if (slice_is_absent(facts->request.range))
        return;
    r->part_requests++;
    n->resumes = byte_range_skips(facts->request.range);
    if (n->resumes && facts->t_req0 > r->skipped_ns)
        r->skipped_ns = facts->t_req0;
}

void transfers_learn(struct model *model, struct inspection *n)
{
    if (n->copy)
        learn_copy(n);
    if (!n->receipt)
        return;
    learn_range(n);
    learn_answer(model, n);
    if (n->evidence.part.is_part)
        learn_part(model, n);
    if (n->evidence.cut.is_cut)
        n->receipt->cut_by_server = n->evidence.cut.by_server;
}
