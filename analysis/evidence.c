/* SPDX-License-Identifier: MIT */
/*
 * The parts of evidence that take a search: the 200s that a 304 or a 200 is held against (rules.md
 * §0.4 with A8, A9, A31), and what the 200s around it say about a field.
 */

#include "analysis/evidence.h"

#include <stddef.h>

#include "analysis/vary.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)

#define REFERENCES 7
_Static_assert(offsetof(struct references, same_octets_ns) == REFERENCES * sizeof(struct reference),
               "the references stand first and side by side");

void references_take(const struct references *refs)
{
    const struct reference *all = &refs->before;
    for (unsigned i = 0; i < REFERENCES; i++)
        if (all[i].representation)
            representation_take(all[i].representation);
}

void references_drop(const struct references *refs, struct store *store)
{
    const struct reference *all = &refs->before;
    for (unsigned i = 0; i < REFERENCES; i++)
        if (all[i].representation)
            representation_drop(store, all[i].representation);
}

bool reference_matches(const struct representation *r, const struct facts *not_modified)
{
    const struct entity_tag *tag = &not_modified->response.etag;
    const struct tag_list *offered = &not_modified->request.if_none_match;
    const struct date_fact *since = &not_modified->request.if_modified_since;
    if (tag->valid && entity_tag_weak_equal(&r->etag, tag))
        return true;
    if (offered->kind != TAG_LIST_ABSENT)
        return tag_list_has_weak(offered, &r->etag) == YES;
    return date_is_valid(since) && r->last_modified == since->date.seconds;
}

enum truth same_octets(const struct representation *r, const struct facts *facts, bool *inferred)
{
    const struct exchange *x = facts->x;
    if (facts->body_is_comparable && digest_is_set(r->digest)) {
        if (!slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING),
                                facts->response.content_encoding))
            return NO;
        return truth_of(digest_equal(r->digest, x->response.digest));
    }
    if (!(x->flaws & FLAW(CUT_BY_SNAPLEN)) || facts->was_aborted)
        return UNKNOWN;
    *inferred = entity_tag_strong_equal(&r->etag, &facts->response.etag) && r->has_length &&
                facts->response.length_state == LENGTH_VALID &&
                r->content_length == facts->response.content_length;
    return *inferred ? YES : UNKNOWN;
}

/* What the asking host itself serves, and what the answering host itself asked for, lies on the
 * other side of a proxy: it may change fields. (With both on one host the ports tell.) */
bool is_of_other_leg(const struct representation *r, const struct facts *facts)
{
    const struct connection_facts *c = &facts->x->connection;
    if (r->server_port == c->server_port && address_equal(&r->server, &c->server))
        return false;
    return address_equal(&r->server, &c->client) || address_equal(&r->client, &c->server);
}

bool is_comparable(const struct representation *r, const struct facts *facts,
                   const struct request_key *key, struct arena *scratch)
{
    return !responders_differ((enum responder_class)r->responder, facts->response.responder) &&
           !is_of_other_leg(r, facts) && r->request.authorization == key->authorization &&
           r->request.has_range == key->has_range &&
           r->request.accept_encoding == key->accept_encoding &&
           representation_answers(r, facts, key, VARY_CANON, scratch) == YES;
}

static bool is_other_user(const struct representation *r, const struct request_key *key)
{
    return r->request.has_cookie != key->has_cookie || r->request.has_origin != key->has_origin;
}

/* Two server addresses that are known to send other fields: only the own one is a reference. */
static bool is_of_other_backend(const struct resource *resource, const struct representation *r,
                                const struct address *server)
{
    if (address_equal(&r->server, server))
        return false;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *own = resource->representations[i];
        if (address_equal(&own->server, server) && own->carries != r->carries)
            return true;
    }
    return false;
}

static void consider(struct reference *best, struct representation *r, struct sighting at,
                     bool earliest)
{
    if (!at.exchange_id)
        return;
    if (best->representation &&
        (earliest ? !sighting_precedes(&at, &best->at) : !sighting_precedes(&best->at, &at)))
        return;
    best->representation = r;
    best->at = at;
}

void references_find(struct references *refs, const struct resource *resource,
                     const struct facts *facts, const struct request_key *key,
                     struct arena *scratch)
{
    const struct address *server = &facts->x->connection.server;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        if (!is_comparable(r, facts, key, scratch) || is_of_other_backend(resource, r, server))
            continue;
        consider(&refs->before, r, sighting_before(r, facts->t_req0), false);
        consider(&refs->after, r, sighting_after(r, facts->t_rsp1), true);
    }
    struct reference *const both[] = {&refs->before, &refs->after};
    for (unsigned i = 0; i < 2; i++)
        if (both[i]->representation) {
            both[i]->matches = reference_matches(both[i]->representation, facts);
            both[i]->other_user = is_other_user(both[i]->representation, key);
        }
}

/* Does the part say that it is one of these octets? Strongly: by its tag; without one by the tag
 * that If-Range named, or by a date that is strong on both sides (RFC 9110 §8.8.2.2). */
static bool is_whole_of(const struct representation *r, const struct facts *part)
{
    const struct response_facts *f = &part->response;
    if (!slice_is_absent(f->etag.text))
        return entity_tag_strong_equal(&f->etag, &r->etag);
    if (part->request.if_range == IF_RANGE_TAG)
        return entity_tag_strong_equal(&part->request.if_range_tag, &r->etag);
    return f->last_modified_is_strong == YES && f->last_modified.date.seconds == r->last_modified &&
           last_modified_is_strong(r->last_modified, r->first.date) == YES;
}

unsigned references_find_whole(struct references *refs, const struct resource *resource,
                               const struct facts *facts, const struct request_key *key,
                               struct arena *scratch)
{
    unsigned lacked = 0;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        if (!is_whole_of(r, facts) || r->request.has_range ||
            !address_equal(&r->server, &facts->x->connection.server) ||
            responders_differ((enum responder_class)r->responder, facts->response.responder) ||
            is_of_other_leg(r, facts) || r->request.authorization != key->authorization ||
            r->request.accept_encoding != key->accept_encoding ||
            representation_answers(r, facts, key, VARY_CANON, scratch) != YES)
            continue;
        lacked |= ((1u << DUE_FIELDS) - 1) & ~r->carries;
        consider(&refs->before, r, sighting_before(r, facts->t_req0), false);
    }
    if (refs->before.representation) {
        refs->before.matches = true;
        refs->before.other_user = is_other_user(refs->before.representation, key);
    }
    return lacked;
}

void references_find_same_tag(struct references *refs, const struct resource *resource,
                              const struct facts *facts)
{
    const struct entity_tag *tag = &facts->response.etag;
    if (!tag->valid || tag->weak)
        return;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        struct sighting at = sighting_begun_before(r, facts->t_rsp0);
        if (!at.exchange_id || !entity_tag_strong_equal(tag, &r->etag) || is_of_other_leg(r, facts))
            continue;
        consider(&refs->same_tag, r, at, false);
        if (facts->body_is_comparable && digest_equal(r->digest, facts->x->response.digest) &&
            at.t_rsp0 > refs->same_octets_ns)
            refs->same_octets_ns = at.t_rsp0;
    }
}

static bool has_same_validator(const struct representation *a, const struct representation *b)
{
    if (a->etag.valid || b->etag.valid)
        return entity_tag_kinship(&a->etag, &b->etag) != TAGS_UNRELATED ||
               entity_tag_weak_equal(&a->etag, &b->etag);
    return a->last_modified == b->last_modified;
}

bool validators_alternate(const struct references *refs, const struct resource *resource,
                          const struct facts *facts, const struct request_key *key,
                          struct arena *scratch)
{
    const struct representation *p = refs->before.representation;
    int64_t from_ns = INT64_MAX,
            until_ns = refs->after.representation ? refs->after.at.t_req0 : INT64_MAX;
    for (uint32_t i = 0; p && i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        if (has_same_validator(r, p) && r->first.t_rsp0 < from_ns)
            from_ns = r->first.t_rsp0;
    }
    for (uint32_t i = 0; p && i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        if (has_same_validator(r, p) || !is_comparable(r, facts, key, scratch))
            continue;
        struct sighting since = sighting_after(r, from_ns);
        if (since.exchange_id && (since.t_req0 < until_ns || reference_matches(r, facts)))
            return true;
    }
    return false;
}

int64_t evidence_begins_ns(const struct references *refs, const struct facts *facts)
{
    int64_t from = facts->t_rsp0 - HOUR_NS;
    if (refs->before.representation && refs->before.at.t_rsp0 < from)
        from = refs->before.at.t_rsp0;
    return from;
}

bool is_another_software(const struct evidence *e, const struct representation *r)
{
    struct slice here = e->facts->response.server, there = representation_says(r, FIELD_SERVER);
    return !slice_is_absent(here) && !slice_is_absent(there) && !slice_equal(here, there);
}

bool reference_is_tainted(const struct evidence *e)
{
    int64_t until = e->heard_until_ns;
    if (e->refs.after.representation && e->refs.after.at.t_rsp1 > until)
        until = e->refs.after.at.t_rsp1;
    return evidence_lost(e, evidence_begins_ns(&e->refs, e->facts), until);
}

struct field_sets field_sets_of(const struct resource *resource, const struct habit *habit,
                                const struct facts *facts, const struct request_key *key,
                                int64_t from_ns, struct arena *scratch)
{
    const unsigned all = (1u << DUE_FIELDS) - 1;
    struct field_sets sets = {0};
    unsigned own = 0, other = 0, own_all = all, other_all = all;
    for (uint32_t i = 0; resource && i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        if (representation_latest(r)->t_rsp0 < from_ns || !is_comparable(r, facts, key, scratch))
            continue;
        if (reference_matches(r, facts))
            sets.lacked |= all & ~r->carries;
        if (is_other_user(r, key))
            other |= r->carries, other_all &= r->carries;
        else
            own |= r->carries, own_all &= r->carries;
    }
    /* Both kinds were seen, and carry it always. */
    if (own && other)
        sets.agreed = own_all & other_all;
    for (unsigned f = 0; habit && f < DUE_FIELDS; f++)
        if (habit->carried_ns[f] != NEVER && habit->carried_ns[f] >= facts->t_rsp0 - HOUR_NS)
            sets.habitual |= 1u << f;
    return sets;
}
