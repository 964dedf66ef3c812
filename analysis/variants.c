/* SPDX-License-Identifier: MIT */
/*
 * What proactive negotiation looks like from outside (RFC 9110 §12.1): two answers of one version
 * differ, and the one that was given is in each case the one that its request asks for rather. A
 * server that does it always, or never, or whose content changed in between, does not show that.
 */

#include "analysis/variants.h"

#include "analysis/vary.h"
#include "base/attributes.h"

static const struct aspect aspects[] = {
    {"content-encoding", FIELD_CONTENT_ENCODING, FIELD_ACCEPT_ENCODING},
    {"content-type", FIELD_CONTENT_TYPE, FIELD_ACCEPT},
    {"content-language", FIELD_CONTENT_LANGUAGE, FIELD_ACCEPT_LANGUAGE},
    {"access-control-allow-origin", FIELD_ACCESS_CONTROL_ALLOW_ORIGIN, FIELD_ORIGIN},
};

/* ---- what a request asks for rather ---- */

/* A field of a request, its lines joined by nothing: several lines are not looked into. */
struct wish {
    struct slice value; /* absent: no such field */
    bool is_clear;
};

static struct wish wish_of(const struct head *request, enum field_token token)
{
    return (struct wish){head_first(request, token), head_count(request, token) < 2};
}

/* The same from the head of a stored request, of which only the octets are kept. */
static struct wish stored_wish(struct slice head, enum field_token token)
{
    struct slice name = field_name_of(token);
    struct wish wish = {SLICE_ABSENT, true};
    slice_cut(&head, '\n');
    while (!slice_is_absent(head)) {
        struct slice line = slice_cut(&head, '\n');
        if (line.len <= name.len || line.at[name.len] != ':' ||
            !slice_starts_with_nocase(line, name))
            continue;
        wish.is_clear = slice_is_absent(wish.value);
        line = slice_from(line, name.len + 1);
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        wish.value = slice_trim(line);
    }
    return wish;
}

/* "0.8" in thousandths; what is no weight is none. */
static unsigned weight_of(struct slice text)
{
    unsigned weight = 0, place = 1000;
    for (size_t i = 0; i < text.len && place; i++) {
        if (text.at[i] == '.' && i == 1)
            continue;
        if (!octet_is_digit(text.at[i]))
            break;
        weight += (unsigned)(text.at[i] - '0') * place;
        place /= 10;
    }
    return weight > 1000 ? 1000 : weight;
}

/* The member's range without parameters, and its weight. */
static struct slice next_range(struct slice *rest, unsigned *weight)
{
    struct slice member = slice_cut(rest, ',');
    struct slice range = slice_trim(slice_cut(&member, ';'));
    *weight = 1000;
    while (!slice_is_absent(member)) {
        struct slice parameter = slice_trim(slice_cut(&member, ';'));
        if (slice_starts_with_nocase(parameter, SLICE("q=")))
            *weight = weight_of(slice_trim(slice_from(parameter, 2)));
    }
    return range;
}

static bool is_prefix(struct slice range, struct slice value, uint8_t end)
{
    return value.len > range.len && value.at[range.len] == end &&
           slice_starts_with_nocase(value, range);
}

/* How closely a range names a value: 3 itself, 2 its kind, 1 anything, 0 not at all. */
static unsigned closeness(enum field_token token, struct slice range, struct slice value)
{
    if (slice_equal_nocase(range, value))
        return 3;
    if (slice_equal(range, SLICE("*")) || slice_equal(range, SLICE("*/*")))
        return 1;
    if (token == FIELD_ACCEPT_LANGUAGE)
        return is_prefix(range, value, '-') ? 2 : 0;
    if (range.len > 2 && slice_ends_with(range, SLICE("/*")))
        return is_prefix(slice_first(range, range.len - 2), value, '/') ? 2 : 0;
    return 0;
}

/* Orders the values that one request may be given: by weight, then by how closely they are named.
 * 0: it was not asked for. */
static unsigned rank(enum field_token token, struct slice wish, struct slice value)
{
    unsigned best = 0, closest = 0;
    while (!slice_is_absent(wish)) {
        unsigned weight;
        struct slice range = next_range(&wish, &weight);
        unsigned close = range.len ? closeness(token, range, value) : 0;
        if (close > closest) {
            closest = close;
            best = weight ? weight * 4 + close : 0;
        }
    }
    return best;
}

/* Each request was given what it asks for rather, and one of them clearly so. */
static bool each_got_its_own(enum field_token token, struct slice wish, struct slice got,
                             struct slice other_wish, struct slice other_got)
{
    unsigned mine = rank(token, wish, got), not_mine = rank(token, wish, other_got);
    unsigned its = rank(token, other_wish, other_got), not_its = rank(token, other_wish, got);
    return mine >= not_mine && its >= not_its && (mine > not_mine || its > not_its);
}

/* A coding that was asked for by the one who got it, and by nobody else. */
static bool is_coded_for(struct slice coding, struct slice wish, struct slice other_wish)
{
    return coding.len == 0 || (rank(FIELD_ACCEPT_ENCODING, wish, coding) > 0 &&
                               rank(FIELD_ACCEPT_ENCODING, other_wish, coding) == 0);
}

/* The page that asked is the one that is allowed; or none was told apart from one that asked. */
static bool is_allowed_for(struct slice allowed, struct slice origin, struct slice other_allowed,
                           struct slice other_origin)
{
    if (slice_is_absent(allowed))
        return true;
    return !slice_is_absent(origin) &&
           (slice_equal(allowed, origin) ||
            (slice_is_absent(other_allowed) && slice_is_absent(other_origin)));
}

/* ---- what it was given ---- */

static struct slice without_parameters(struct slice value)
{
    return slice_is_absent(value) ? value : slice_trim(slice_cut(&value, ';'));
}

/* As far as it counts: no coding is identity, types go without parameters. */
static struct slice given(const struct head *response, const struct aspect *aspect)
{
    struct slice value = head_first(response, aspect->response);
    switch (aspect->response) {
    case FIELD_CONTENT_ENCODING:
        return slice_equal_nocase(value, SLICE("identity")) ? SLICE("") : value;
    case FIELD_CONTENT_TYPE:
        return without_parameters(value);
    default:
        return value;
    }
}

static bool is_given_alike(struct slice a, struct slice b, const struct aspect *aspect)
{
    if (aspect->response == FIELD_CONTENT_ENCODING)
        return slice_equal_nocase(a, b); /* absent is empty */
    return slice_is_absent(a) == slice_is_absent(b) && slice_equal_nocase(a, b);
}

static bool is_as_asked(const struct aspect *aspect, const struct wish *wish, struct slice got,
                        const struct wish *other_wish, struct slice other_got)
{
    if (!wish->is_clear || !other_wish->is_clear ||
        (slice_is_absent(wish->value) && slice_is_absent(other_wish->value)) ||
        slice_equal(wish->value, other_wish->value))
        return false;
    switch (aspect->response) {
    case FIELD_CONTENT_ENCODING:
        return is_coded_for(got, wish->value, other_wish->value) &&
               is_coded_for(other_got, other_wish->value, wish->value);
    case FIELD_ACCESS_CONTROL_ALLOW_ORIGIN:
        return is_allowed_for(got, wish->value, other_got, other_wish->value) &&
               is_allowed_for(other_got, other_wish->value, got, wish->value);
    default:
        return got.len && other_got.len &&
               each_got_its_own(aspect->request, wish->value, got, other_wish->value, other_got);
    }
}

/* Another field that Vary names differs too: then no cache takes one for the other. */
static bool is_told_apart(const struct facts *facts, const struct representation *other)
{
    struct vary_walk walk = vary_walk(&facts->x->response.head);
    struct slice name;
    while (vary_next(&walk, &name)) {
        enum field_token token = field_token_of(name);
        if (token == FIELD_OTHER) /* "*", or a field that is not known by number: excuse */
            return true;
        struct wish here = wish_of(&facts->x->request.head, token);
        struct wish there = stored_wish(representation_request_head(other), token);
        if (!here.is_clear || !there.is_clear ||
            slice_is_absent(here.value) != slice_is_absent(there.value) ||
            !slice_equal(here.value, there.value))
            return true;
    }
    return false;
}

/* Who is served without a coding whatever he accepts loses nothing but octets: the one with the
 * coding names the field, and the one without it may be meant for everybody. */
static bool is_meant_for_all(const struct head *head, const struct representation *other,
                             const struct aspect *aspect)
{
    return aspect->response == FIELD_CONTENT_ENCODING && given(head, aspect).len == 0 &&
           vary_has(&other->head, field_name_of(aspect->request));
}

static bool differs_in(const struct facts *facts, const struct representation *other,
                       const struct aspect *aspect)
{
    const struct head *head = &facts->x->response.head;
    struct slice here = given(head, aspect), there = given(&other->head, aspect);
    if (LIKELY(is_given_alike(here, there, aspect)) ||
        vary_has(head, field_name_of(aspect->request)) || is_meant_for_all(head, other, aspect))
        return false;
    struct wish mine = wish_of(&facts->x->request.head, aspect->request);
    struct wish its = stored_wish(representation_request_head(other), aspect->request);
    return is_as_asked(aspect, &mine, here, &its, there);
}

const struct aspect *variants_differ(const struct facts *facts, const struct representation *other)
{
    for (unsigned i = 0; i < COUNT_OF(aspects); i++)
        if (differs_in(facts, other, &aspects[i]))
            return is_told_apart(facts, other) ? NULL : &aspects[i];
    return NULL;
}

/* ---- of one version ---- */

static bool is_same_version(const struct facts *facts, const struct representation *r)
{
    const struct response_facts *here = &facts->response;
    if (here->etag.valid && r->etag.valid)
        return entity_tag_kinship(&here->etag, &r->etag) != TAGS_UNRELATED ||
               (date_is_valid(&here->last_modified) &&
                here->last_modified.date.seconds == r->last_modified);
    return date_is_valid(&here->last_modified) &&
           here->last_modified.date.seconds == r->last_modified;
}

/* What the URL gives has gone to the other and come back to this. */
static bool came_again(const struct resource *resource, const struct facts *facts,
                       const struct representation *other, const struct sighting *at,
                       const struct aspect *aspect)
{
    struct slice here = given(&facts->x->response.head, aspect);
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        if (r != other && r->first.t_rsp1 <= at->t_req0 &&
            is_given_alike(given(&r->head, aspect), here, aspect))
            return true;
    }
    return false;
}

/* Somebody asked in the same words and was given what the other one was. */
static bool is_contradicted(const struct resource *resource, const struct facts *facts,
                            const struct representation *other, const struct aspect *aspect)
{
    struct wish mine = wish_of(&facts->x->request.head, aspect->request);
    struct slice there = given(&other->head, aspect);
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        const struct representation *r = resource->representations[i];
        struct wish its = stored_wish(representation_request_head(r), aspect->request);
        if (slice_is_absent(its.value) == slice_is_absent(mine.value) &&
            slice_equal(its.value, mine.value) &&
            is_given_alike(given(&r->head, aspect), there, aspect))
            return true;
    }
    return false;
}

static bool may_be_held_against(const struct representation *r, const struct facts *facts,
                                const struct request_key *key)
{
    return r->storable == YES && r->request.authorization == key->authorization &&
           !r->request.has_range && !responders_differ(r->responder, facts->response.responder) &&
           !is_of_other_leg(r, facts);
}

/* Nothing to see, as nearly always. */
static bool looks_alike(const struct facts *facts, const struct representation *r)
{
    const struct response_facts *here = &facts->response;
    const uint64_t *mine = facts->x->response.head.present, *its = r->head.present;
    static const enum field_token rare[] = {FIELD_CONTENT_LANGUAGE,
                                            FIELD_ACCESS_CONTROL_ALLOW_ORIGIN};
    for (unsigned i = 0; i < COUNT_OF(rare); i++)
        if ((mine[rare[i] >> 6] | its[rare[i] >> 6]) >> (rare[i] & 63) & 1)
            return false;
    return slice_equal(here->content_encoding, representation_says(r, FIELD_CONTENT_ENCODING)) &&
           slice_equal(here->content_type, representation_says(r, FIELD_CONTENT_TYPE));
}

struct reference variants_find(const struct resource *resource, const struct facts *facts,
                               const struct request_key *key, struct arena *scratch)
{
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        if (LIKELY(looks_alike(facts, r)) || !may_be_held_against(r, facts, key))
            continue;
        const struct aspect *aspect = variants_differ(facts, r);
        if (!aspect)
            continue;
        struct sighting at = sighting_before(r, facts->t_req0);
        if (!at.exchange_id || representation_answers(r, facts, key, VARY_CANON, scratch) != YES ||
            is_contradicted(resource, facts, r, aspect))
            continue;
        bool again = came_again(resource, facts, r, &at, aspect);
        if (again || is_same_version(facts, r))
            return (struct reference){.representation = r, .at = at, .matches = again};
    }
    return (struct reference){0};
}

/* ---- Vary that tells apart what is the same ---- */

static const struct slice fragmenting[] = {
    {(const uint8_t *)"user-agent", 10}, {(const uint8_t *)"cookie", 6},
    {(const uint8_t *)"referer", 7},     {(const uint8_t *)"authorization", 13},
    {(const uint8_t *)"accept", 6},
};

struct slice variants_fragmenting(const struct representation *r, const struct facts *facts,
                                  struct arena *scratch)
{
    return vary_key_differs_in(representation_vary_key(r), &facts->x->request.head,
                               facts->request_head_whole, fragmenting, COUNT_OF(fragmenting),
                               scratch);
}

static bool has_octets_of(const struct representation *r, const struct facts *facts)
{
    return digest_is_set(r->digest) && digest_equal(r->digest, facts->x->response.digest) &&
           slice_equal_nocase(representation_says(r, FIELD_CONTENT_ENCODING),
                              facts->response.content_encoding);
}

struct representation *variants_of_equal_octets(const struct resource *resource,
                                                const struct facts *facts, unsigned *values,
                                                struct slice *by, struct arena *scratch)
{
    uint64_t seen[LIMIT_REPRESENTATIONS];
    struct representation *earliest = NULL;
    unsigned n = 0;
    *values = 0;
    for (uint32_t i = 0; i < resource->n_representations; i++) {
        struct representation *r = resource->representations[i];
        if (r->vary_key == 0 || r->varies_by_encoding_only || r->storable != YES ||
            !has_octets_of(r, facts))
            continue;
        struct slice name = variants_fragmenting(r, facts, scratch);
        if (slice_is_absent(name) || slice_equal(name, SLICE("*")))
            return NULL; /* told apart by something else, or not at all: this value is not new */
        uint64_t value = vary_key_hash(representation_vary_key(r), VARY_EXACT);
        unsigned k = 0;
        while (k < n && seen[k] != value)
            k++;
        if (k == n)
            seen[n++] = value;
        if (!earliest || sighting_precedes(&r->first, &earliest->first)) {
            earliest = r;
            *by = name;
        }
    }
    *values = n ? n + 1 : 0;
    return earliest;
}

bool variants_ignore_cookies(const struct resource *resource, const struct representation *r)
{
    if (r->many_cookies)
        return true;
    for (uint32_t i = 0; digest_is_set(r->digest) && i < resource->n_representations; i++) {
        const struct representation *other = resource->representations[i];
        if (digest_equal(r->digest, other->digest) &&
            (other->many_cookies || other->cookie != r->cookie))
            return true;
    }
    return false;
}
