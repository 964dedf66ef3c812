/* SPDX-License-Identifier: MIT */
/*
 * Making representations, telling one from another, and what they say of when they were seen.
 */

#include "analysis/representation.h"

#include <string.h>

#include "analysis/terms.h"
#include "base/attributes.h"
#include "base/heap.h"

unsigned due_fields_of(const struct head *head)
{
    return (unsigned)head_has(head, FIELD_CACHE_CONTROL) << DUE_CACHE_CONTROL |
           (unsigned)head_has(head, FIELD_CONTENT_LOCATION) << DUE_CONTENT_LOCATION |
           (unsigned)head_has(head, FIELD_DATE) << DUE_DATE |
           (unsigned)head_has(head, FIELD_ETAG) << DUE_ETAG |
           (unsigned)head_has(head, FIELD_EXPIRES) << DUE_EXPIRES |
           (unsigned)head_has(head, FIELD_VARY) << DUE_VARY;
}

enum field_token due_field_token(enum due_field field)
{
    static const enum field_token tokens[DUE_FIELDS] = {
        [DUE_CACHE_CONTROL] = FIELD_CACHE_CONTROL,
        [DUE_CONTENT_LOCATION] = FIELD_CONTENT_LOCATION,
        [DUE_DATE] = FIELD_DATE,
        [DUE_ETAG] = FIELD_ETAG,
        [DUE_EXPIRES] = FIELD_EXPIRES,
        [DUE_VARY] = FIELD_VARY,
    };
    return tokens[field];
}

/* How Access-Control-Allow-Origin speaks, not to whom: a value for each page that asks would make
 * a representation of each. */
static uint64_t origin_class(const struct facts *facts)
{
    struct slice allowed = head_first(&facts->x->response.head, FIELD_ACCESS_CONTROL_ALLOW_ORIGIN);
    if (slice_is_absent(allowed))
        return 0;
    if (slice_equal(allowed, SLICE("*")))
        return 1;
    return slice_equal(allowed, facts->request.origin) ? 2 : 3;
}

/* Fields whose values tell representations, policies or backends apart. */
static bool is_telling(uint16_t token)
{
    switch (token) {
    case FIELD_CACHE_CONTROL:
    case FIELD_CDN_CACHE_CONTROL:
    case FIELD_CONTENT_ENCODING:
    case FIELD_CONTENT_LANGUAGE:
    case FIELD_CONTENT_LENGTH:
    case FIELD_CONTENT_LOCATION:
    case FIELD_CONTENT_TYPE:
    case FIELD_ETAG:
    case FIELD_LAST_MODIFIED:
    case FIELD_SERVER:
    case FIELD_SURROGATE_CONTROL:
    case FIELD_VARY:
        return true;
    default:
        return false;
    }
}

uint64_t representation_signature(const struct facts *facts, const struct request_key *key,
                                  enum truth storable, struct slice vary_key)
{
    const struct exchange *x = facts->x;
    const struct head *head = &x->response.head;
    uint64_t signature = 0;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (is_telling(head->fields[i].token))
            signature = hash_mix(signature, head->fields[i].token ^
                                                hash64(field_value(head, &head->fields[i])));
    signature = hash_mix(signature, due_fields_of(head));
    signature = hash_mix(signature, facts->response.intermediary_signs);
    signature =
        hash_mix(signature, hash64(slice_of(&x->connection.server, sizeof x->connection.server)));
    if (facts->body_is_comparable)
        signature = hash_mix(signature, x->response.digest.high ^ x->response.digest.low);
    signature = hash_mix(signature, x->response.content_bytes << 1 | facts->body_is_comparable);
    if (head_has(head, FIELD_ACCESS_CONTROL_ALLOW_ORIGIN))
        signature = hash_mix(signature, origin_class(facts));
    signature = hash_mix(signature, key->accept_encoding);
    signature = hash_mix(signature, key->accept_encoding_raw);
    signature = hash_mix(signature, key->authorization);
    signature = hash_mix(signature,
                         (uint64_t)(key->has_cookie | key->has_origin << 1 | key->has_range << 2));
    if (vary_key.len)
        signature = hash_mix(signature, vary_key_hash(vary_key, VARY_EXACT));
    return hash_mix(signature, (uint64_t)storable);
}

static bool varies_by_encoding_only(const struct head *head)
{
    struct vary_walk walk = vary_walk(head);
    struct slice name;
    while (vary_next(&walk, &name))
        if (!slice_equal_nocase(name, SLICE("accept-encoding")))
            return false;
    return true;
}

static struct sighting sighting_of(const struct facts *facts, uint64_t exchange_id, uint64_t user)
{
    return (struct sighting){
        .exchange_id = exchange_id,
        .ordinal = facts->x->request.first.ordinal,
        .user = user,
        .terms = terms_of(&facts->x->request.head),
        .t_req0 = facts->t_req0,
        .t_rsp0 = facts->t_rsp0,
        .t_rsp1 = facts->t_rsp1,
        .date = facts->response.date.date.seconds,
        .expires = facts->response.expires.date.seconds,
    };
}

/* The same octets in another copy of the head. */
static struct slice moved(struct slice s, struct slice from, struct slice to)
{
    if (slice_is_absent(s))
        return s;
    if (s.at < from.at || s.at + s.len > from.at + from.len) /* joined or elsewhere */
        return SLICE_ABSENT;
    return slice_of(to.at + (s.at - from.at), s.len);
}

static uint8_t *append_octets(uint8_t *at, struct slice s)
{
    return s.len ? (uint8_t *)memcpy(at, s.at, s.len) + s.len : at;
}

/* The head, and behind it the other two. */
static void copy_texts(struct representation *r, const struct facts *facts, struct slice vary_key)
{
    const struct head *head = &facts->x->response.head;
    size_t fields = head->n_fields * sizeof *head->fields;
    r->head = *head;
    r->head.fields = (struct field *)(r + 1);
    if (fields)
        memcpy(r->head.fields, head->fields, fields);
    uint8_t *at = (uint8_t *)(r + 1) + fields;
    r->head.bytes.at = at;
    at = append_octets(at, head->bytes);
    at = append_octets(at, facts->x->request.head.bytes);
    append_octets(at, vary_key);
}

static void copy_tag(struct representation *r, const struct facts *facts)
{
    const struct entity_tag *tag = &facts->response.etag;
    r->etag.text = moved(tag->text, facts->x->response.head.bytes, r->head.bytes);
    if (tag->valid)
        r->etag = entity_tag_parse(r->etag.text);
}

static void copy_policy(struct representation *r, const struct facts *facts)
{
    const struct response_facts *f = &facts->response;
    r->cc = f->cc;
    if (UNLIKELY(f->targeted.lines)) {
        r->targeted = heap_take(sizeof *r->targeted);
        *r->targeted = f->targeted;
    }
}

struct representation *representation_new(const struct facts *facts, const struct request_key *key,
                                          enum truth storable, struct slice vary_key,
                                          uint64_t signature, uint64_t exchange_id)
{
    const struct message *response = &facts->x->response;
    const struct response_facts *f = &facts->response;
    const struct connection_facts *c = &facts->x->connection;
    struct slice request_head = facts->x->request.head.bytes;
    size_t octets = sizeof(struct representation) +
                    response->head.n_fields * sizeof *response->head.fields +
                    response->head.bytes.len + request_head.len + vary_key.len;
    struct representation *r = heap_take(octets);
    *r = (struct representation){
        .refs = 1,
        .octets = (uint32_t)octets,
        .signature = signature,
        .first = sighting_of(facts, exchange_id, key->user),
        .request = *key,
        .server = c->server,
        .client = c->client,
        .server_port = c->server_port,
        .responder = (uint8_t)f->responder,
        .storable = (uint8_t)storable,
        .carries = (uint8_t)due_fields_of(&response->head),
        .varies_by_encoding_only = varies_by_encoding_only(&response->head),
        .body_whole = response->body_whole && response->end_certain && !facts->was_aborted,
        .has_length = f->length_state == LENGTH_VALID,
        .has_set_cookie = f->has_set_cookie,
        .has_expires = date_is_present(&f->expires),
        .has_age = f->age_state == AGE_VALID,
        .vary_star = f->vary_star,
        .vary_key = (uint32_t)vary_key.len,
        .request_head = (uint32_t)request_head.len,
        .last_modified = f->last_modified.date.seconds,
        .age = f->age,
        .content_length = f->content_length,
        .signs = f->intermediary_signs,
        .cookie = facts->request.cookie_hash,
    };
    if (facts->body_is_comparable)
        r->digest = response->digest;
    if (r->body_whole)
        r->content_octets = response->content_bytes;
    copy_texts(r, facts, vary_key);
    copy_tag(r, facts);
    copy_policy(r, facts);
    return r;
}

size_t representation_see(struct representation *r, const struct facts *facts,
                          const struct request_key *key, uint64_t exchange_id)
{
    size_t before = representation_octets(r);
    r->many_cookies |= facts->request.cookie_hash != r->cookie;
    if (!r->again)
        r->again = heap_take_zeroed(sizeof *r->again);
    struct sightings *again = r->again;
    memmove(&again->latest[1], &again->latest[0], sizeof again->latest - sizeof again->latest[0]);
    again->latest[0] = sighting_of(facts, exchange_id, key->user);
    if (again->n < COUNT_OF(again->latest))
        again->n++;
    return representation_octets(r) - before;
}

size_t representation_octets(const struct representation *r)
{
    return r->octets + (r->again ? sizeof *r->again : 0) + (r->targeted ? sizeof *r->targeted : 0);
}

void representation_free(struct representation *r)
{
    heap_give(r->again, sizeof *r->again);
    heap_give(r->targeted, sizeof *r->targeted);
    heap_give(r, r->octets);
}

struct slice representation_request_head(const struct representation *r)
{
    return r->request_head ? slice_of(r->head.bytes.at + r->head.bytes.len, r->request_head)
                           : SLICE_ABSENT;
}

struct slice representation_vary_key(const struct representation *r)
{
    return slice_of(r->head.bytes.at + r->head.bytes.len + r->request_head, r->vary_key);
}

struct freshness representation_freshness(const struct representation *r)
{
    struct freshness f = {
        .t_req0 = r->first.t_req0,
        .t_rsp0 = r->first.t_rsp0,
        .date = r->first.date,
        .expires = r->first.expires,
        .last_modified = r->last_modified,
        .age = (int64_t)r->age,
        .cc = r->cc,
        .status = 200,
        .has_expires = r->has_expires,
        .has_age = r->has_age,
        .vary_star = r->vary_star,
    };
    if (r->targeted)
        f.targeted = *r->targeted;
    else
        cache_control_init(&f.targeted);
    return f;
}

bool representation_may_be_shared(const struct representation *r)
{
    const struct cache_control *cc = &r->cc;
    if (cache_control_says(cc, CC_PRIVATE) != NO)
        return false;
    return !r->request.authorization || cache_control_has(cc, CC_PUBLIC) ||
           cache_control_has(cc, CC_S_MAXAGE) || cache_control_has(cc, CC_MUST_REVALIDATE);
}

bool sighting_precedes(const struct sighting *a, const struct sighting *b)
{
    return a->t_req0 < b->t_req0 || (a->t_req0 == b->t_req0 && a->ordinal < b->ordinal);
}

struct sighting sighting_before(const struct representation *r, int64_t at_ns)
{
    struct sighting best = {0};
    const struct sighting *s;
    for (uint32_t i = 0; (s = sighting_at(r, i)) != NULL; i++)
        if (s->t_rsp1 <= at_ns && (!best.exchange_id || sighting_precedes(&best, s)))
            best = *s;
    return best;
}

struct sighting sighting_begun_before(const struct representation *r, int64_t at_ns)
{
    struct sighting best = {0};
    const struct sighting *s;
    for (uint32_t i = 0; (s = sighting_at(r, i)) != NULL; i++)
        if (s->t_rsp0 < at_ns && (!best.exchange_id || sighting_precedes(&best, s)))
            best = *s;
    return best;
}

struct sighting sighting_after(const struct representation *r, int64_t at_ns)
{
    struct sighting best = {0};
    const struct sighting *s;
    for (uint32_t i = 0; (s = sighting_at(r, i)) != NULL; i++)
        if (s->t_req0 >= at_ns && (!best.exchange_id || sighting_precedes(s, &best)))
            best = *s;
    return best;
}

enum truth representation_answers(const struct representation *r, const struct facts *facts,
                                  const struct request_key *key, enum vary_mode mode,
                                  struct arena *scratch)
{
    if (r->vary_key == 0)
        return YES;
    if (r->varies_by_encoding_only && facts->request_head_whole) {
        if (r->request.accept_encoding_raw == key->accept_encoding_raw)
            return YES;
        if (mode == VARY_CANON)
            return truth_of(r->request.accept_encoding == key->accept_encoding);
    }
    return vary_key_match(representation_vary_key(r), &facts->x->request.head,
                          facts->request_head_whole, mode, scratch, NULL);
}
