/* SPDX-License-Identifier: MIT */
/*
 * Reading a 304 for what is to follow it. Where it does not make fresh what it is meant to, the
 * clocks do not matter: Date is held against the Date of the 200, and the time between the two
 * against the time between their arrivals.
 */

#include "analysis/after_304.h"

#include "analysis/store.h"
#include "base/hash.h"
#include "base/heap.h"

#define NS_PER_S INT64_C(1000000000)

/* max-age: by how much Date fell behind since the 200, which comes on top of any age. */
static bool has_frozen_date(const struct sighting *full, const struct facts *facts,
                            int64_t nominal_s, int64_t guard_s)
{
    int64_t passed_s = (facts->t_rsp0 - full->t_rsp0) / NS_PER_S;
    int64_t moved_s = facts->response.date.date.seconds - full->date;
    return passed_s - moved_s >= nominal_s + guard_s;
}

static bool expires_moves(const struct representation *r)
{
    int64_t latest = representation_latest(r)->expires;
    return r->first.expires != NO_DATE && latest != NO_DATE && r->first.expires != latest;
}

static bool is_expires_of_200(const struct representation *r, int64_t expires)
{
    const struct sighting *s;
    for (uint32_t i = 0; (s = sighting_at(r, i)) != NULL; i++)
        if (s->expires == expires)
            return true;
    return false;
}

/* Expires without max-age: that of the 200 stays, and the time that it names is over. */
static enum unfreshened by_expires(const struct freshness *now, const struct representation *r,
                                   const struct facts *facts)
{
    if (now->expires == NO_DATE || facts->response.date.date.seconds < now->expires)
        return UNFRESHENED_NOT;
    if (!date_is_present(&facts->response.expires))
        return UNFRESHENED_NO_EXPIRES;
    return is_expires_of_200(r, now->expires) ? UNFRESHENED_FROZEN_EXPIRES : UNFRESHENED_NOT;
}

static void note_freshening(struct after_304 *after, const struct holding *holding,
                            const struct facts *facts, int64_t guard_s)
{
    struct freshness now = holding_freshness(holding, true);
    struct lifetime life = freshness_lifetime(&now, PRIVATE_CACHE, STRICT);
    struct sighting full = sighting_before(holding->representation, facts->t_req0);
    after->unfreshened = UNFRESHENED_NOT;
    if (holding->ambiguous || life.must_validate || life.kind != LIFETIME_EXPLICIT ||
        facts->response.age_state != AGE_ABSENT || /* then it is stale-on-arrival */
        !full.exchange_id || full.date == NO_DATE || !date_is_valid(&facts->response.date))
        return;
    bool by_age = cache_control_has(&now.cc, CC_MAX_AGE);
    if (!by_age && full.expires == NO_DATE)
        return;
    after->nominal_s = by_age ? life.seconds : full.expires - full.date;
    if (after->nominal_s <= guard_s)
        return;
    if (!by_age)
        after->unfreshened = (uint8_t)by_expires(&now, holding->representation, facts);
    else if (has_frozen_date(&full, facts, after->nominal_s, guard_s))
        after->unfreshened = UNFRESHENED_FROZEN_DATE;
    after->expires_moves = expires_moves(holding->representation);
}

/* The opaque part: a cache may write a strong tag back as a weak one. */
uint64_t tag_opaque_hash(const struct entity_tag *tag)
{
    struct slice opaque = tag->text;
    if (tag->weak)
        opaque = slice_from(opaque, 2);
    return hash64_stable(opaque) | 1;
}

/* A strong Last-Modified identifies what is stored as a strong tag does: then the new tag is to be
 * taken over with the other fields (RFC 9111 §4.3.4). */
static bool is_identified_by_date(const struct holding *holding, const struct facts *facts)
{
    const struct representation *r = holding->representation;
    return date_is_valid(&facts->response.last_modified) &&
           facts->response.last_modified.date.seconds == r->last_modified &&
           facts->response.last_modified_is_strong != NO &&
           last_modified_is_strong(r->last_modified, r->first.date) != NO;
}

/* Tags were offered, and this one is neither among them, nor akin to one, nor that of the copy. */
static void note_foreign(struct after_304 *after, const struct holding *holding,
                         const struct facts *facts, uint64_t exchange_id)
{
    const struct entity_tag *tag = &facts->response.etag;
    const struct tag_list *offered = &facts->request.if_none_match;
    if (offered->kind != TAG_LIST_TAGS || offered->malformed || !tag->valid || tag->weak ||
        facts->response.etag_lines != 1 || tag_list_kinship(offered, tag, NULL) != TAGS_UNRELATED ||
        tag_list_has_tolerant(offered, tag, NULL) ||
        entity_tag_kinship(tag, &holding->representation->etag) != TAGS_UNRELATED ||
        is_identified_by_date(holding, facts))
        return;
    after->foreign_tag = tag_opaque_hash(tag);
    after->foreign_exchange_id = exchange_id;
    after->foreign_ns = facts->t_rsp0;
}

static uint32_t clamped(uint64_t octets)
{
    return octets > UINT32_MAX ? UINT32_MAX : (uint32_t)octets;
}

void after_304_note(struct holding *holding, const struct facts *facts, uint64_t exchange_id,
                    bool confirmed, int64_t guard_s)
{
    const struct exchange *x = facts->x;
    if (!holding->after)
        holding->after = heap_take_zeroed(sizeof *holding->after);
    struct after_304 *after = holding->after;
    after->exchange_id = exchange_id;
    after->t_rsp0 = facts->t_rsp0;
    after->t_rsp1 = facts->t_rsp1;
    after->found_ns = x->finished_ns;
    after->connection = x->connection.id;
    after->index = x->index;
    after->request_octets = clamped(x->request.header_bytes);
    after->response_octets = clamped(x->response.header_bytes);
    after->may_be_claimed = false;
    after->confirmed = confirmed;
    note_freshening(after, holding, facts, guard_s);
    note_foreign(after, holding, facts, exchange_id);
}

bool after_304_is_followed(const struct after_304 *after, const struct facts *facts)
{
    enum { SOON_S = 5, NEXT_S = 60 };
    int64_t apart_ns = facts->t_req0 - after->t_rsp1;
    if (!after->confirmed || apart_ns < 0)
        return false;
    bool is_next =
        after->connection == facts->x->connection.id && after->index + 1 == facts->x->index;
    return apart_ns <= (is_next ? NEXT_S : SOON_S) * NS_PER_S;
}

bool after_304_is_foreign(const struct after_304 *after, const struct entity_tag *tag)
{
    return after->foreign_tag && tag->valid && tag_opaque_hash(tag) == after->foreign_tag;
}

bool after_304_offers_foreign(const struct after_304 *after, const struct tag_list *offered)
{
    struct slice rest = offered->text;
    struct entity_tag member;
    if (!after->foreign_tag || offered->kind != TAG_LIST_TAGS)
        return false;
    while (tag_list_next(&rest, &member))
        if (after_304_is_foreign(after, &member))
            return true;
    return false;
}
