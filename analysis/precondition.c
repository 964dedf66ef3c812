/* SPDX-License-Identifier: MIT */
/*
 * The steps of RFC 9110 §13.2.2, one function each, in their order. A step either decides or hands
 * on to the next; what cannot be known decides for "anything goes".
 */

#include "analysis/precondition.h"

struct selected selected_unknown(void)
{
    return (struct selected){
        .exists = UNKNOWN,
        .has_etag = UNKNOWN,
        .has_last_modified = UNKNOWN,
        .last_modified = NO_DATE,
        .last_modified_is_strong = UNKNOWN,
        .ranges = UNKNOWN,
    };
}

static enum truth says_ranges(const struct response_facts *r, uint16_t status)
{
    if (status == 206)
        return YES;
    if (slice_equal_nocase(r->accept_ranges, SLICE("bytes")))
        return YES;
    return slice_equal_nocase(r->accept_ranges, SLICE("none")) ? NO : UNKNOWN;
}

/* Only answers to GET and HEAD show the representation that the conditions were evaluated on; the
 * ETag in an answer to PUT is that of the new one. */
struct selected selected_by(const struct facts *facts)
{
    const struct response_facts *r = &facts->response;
    struct selected s = selected_unknown();
    uint16_t status = facts->x->status;

    if (!facts->is_get && !facts->is_head)
        return s;
    if (facts->status_class != 2) {
        if (status != 304 && status != 412 && status != 416)
            s.base_status = status;
        return s;
    }
    s.base_status = status == 206 ? 200 : status;
    if (status != 200 && status != 206)
        return s;
    s.exists = YES;
    s.etag = r->etag;
    s.has_etag = r->etag_lines ? YES : facts->response_head_whole ? NO : UNKNOWN;
    s.last_modified = r->last_modified.date.seconds;
    s.last_modified_is_strong = r->last_modified_is_strong;
    if (s.last_modified != NO_DATE)
        s.has_last_modified = YES;
    else
        s.has_last_modified = facts->response_head_whole ? NO : UNKNOWN;
    /* A 206 to If-Range may leave both out (§15.3.7). */
    if (status == 206 && s.has_etag == NO)
        s.has_etag = UNKNOWN;
    if (status == 206 && s.has_last_modified == NO)
        s.has_last_modified = UNKNOWN;
    s.ranges = says_ranges(r, status);
    return s;
}

/* ---- verdicts ---- */

static struct expected anything(enum precondition_step step)
{
    return (struct expected){EXPECT_ANY, EXPECT_ANY, LEVEL_NONE, step, UNKNOWN, 0};
}

static struct expected verdict(unsigned wanted, unsigned also, enum expected_level level,
                               enum precondition_step step, enum truth condition)
{
    return (struct expected){wanted | also, wanted, level, step, condition, 0};
}

/* ---- steps ---- */

static bool ignores_preconditions(enum method method)
{
    return method == METHOD_CONNECT || method == METHOD_OPTIONS || method == METHOD_TRACE ||
           method == METHOD_OTHER; /* of which we do not know */
}

/* What a list says of the selected representation, once the comparison is known. A tag that is no
 * tag can be taken for anything. */
static enum truth list_matches(const struct tag_list *list, const struct selected *s,
                               enum truth (*has)(const struct tag_list *,
                                                 const struct entity_tag *))
{
    if (list->kind == TAG_LIST_STAR)
        return s->exists;
    if (list->kind == TAG_LIST_EMPTY || s->has_etag == NO)
        return NO;
    if (s->has_etag == UNKNOWN || !s->etag.valid)
        return UNKNOWN;
    return has(list, &s->etag);
}

/* Steps 1 and 2 fail alike: 412, or for a method that changes things 2xx, "if the request [..]
 * appears to have already been applied" (§13.1.1, §13.1.4). */
static struct expected failed(const struct facts *f, enum precondition_step step)
{
    bool changes = !f->is_get && !f->is_head;
    return verdict(EXPECT_412, changes ? EXPECT_200 : 0, LEVEL_MUST, step, NO);
}

/* Step 1. */
static enum truth if_match(const struct facts *f, const struct selected *s)
{
    return list_matches(&f->request.if_match, s, tag_list_has_strong);
}

/* Step 2: an invalid date, and a representation without a date, make it be ignored. */
static enum truth if_unmodified_since(const struct facts *f, const struct selected *s)
{
    const struct date_fact *ius = &f->request.if_unmodified_since;
    if (!date_is_valid(ius) || s->has_last_modified == NO)
        return YES;
    return s->has_last_modified == YES ? truth_of(s->last_modified <= ius->date.seconds) : UNKNOWN;
}

/* Step 3: matching makes the condition false. */
static struct expected not_none_match(const struct facts *f, bool as_cache)
{
    enum expected_level level = as_cache ? LEVEL_SHOULD : LEVEL_MUST;
    unsigned wanted = f->is_get || f->is_head ? EXPECT_304 : EXPECT_412;
    unsigned also = as_cache ? EXPECT_200 : 0;
    return verdict(wanted, also, level, STEP_IF_NONE_MATCH, NO);
}

/* Step 4 is a SHOULD for the very date, and less than that where the server may think of the date
 * as too weak or compare for equality only (§13.1.3). 200 is never wrong. */
static struct expected not_modified_since(const struct facts *f, const struct selected *s)
{
    bool exact = s->last_modified == f->request.if_modified_since.date.seconds;
    bool plain = exact && s->last_modified_is_strong == YES;
    unsigned also = EXPECT_200 | (slice_is_absent(f->request.range) ? 0 : EXPECT_206);
    return verdict(EXPECT_304, also, plain ? LEVEL_SHOULD : LEVEL_INFO, STEP_IF_MODIFIED_SINCE, NO);
}

/* Step 5: strong comparison, or the very date if it is a strong validator (§13.1.5). */
static enum truth if_range(const struct request_facts *r, const struct selected *s)
{
    if (r->if_range == IF_RANGE_TAG) {
        if (s->has_etag == UNKNOWN || (s->has_etag == YES && !s->etag.valid))
            return UNKNOWN;
        return truth_of(s->has_etag == YES && entity_tag_strong_equal(&r->if_range_tag, &s->etag));
    }
    if (r->if_range != IF_RANGE_DATE || s->has_last_modified == UNKNOWN)
        return UNKNOWN;
    if (s->has_last_modified == NO || r->if_range_date.seconds != s->last_modified)
        return NO;
    return s->last_modified_is_strong;
}

static struct expected by_if_range(const struct facts *f, const struct selected *s)
{
    switch (if_range(&f->request, s)) {
    case YES: {
        enum expected_level level = s->ranges == YES ? LEVEL_SHOULD : LEVEL_INFO;
        return verdict(EXPECT_206, EXPECT_200, level, STEP_IF_RANGE, YES);
    }
    case NO:
        return verdict(EXPECT_200, 0, LEVEL_MUST, STEP_IF_RANGE, NO);
    default:
        return anything(STEP_IF_RANGE);
    }
}

/* Steps 5 and 6, and the plain answer. */
static struct expected by_range(const struct facts *f, const struct selected *s)
{
    const struct request_facts *r = &f->request;
    if (!f->is_get || slice_is_absent(r->range))
        return verdict(EXPECT_200, EXPECT_BASE, LEVEL_MUST, STEP_NONE, YES);
    if (r->if_range != IF_RANGE_ABSENT)
        return by_if_range(f, s);
    return verdict(EXPECT_206, EXPECT_200 | EXPECT_416, LEVEL_NONE, STEP_RANGE, YES);
}

/* Steps 3 and 4: true where they decided. */
static bool by_validators(const struct facts *f, const struct selected *s, bool as_cache,
                          struct expected *expected)
{
    const struct request_facts *r = &f->request;

    if (r->if_none_match.kind != TAG_LIST_ABSENT) {
        enum truth matches = list_matches(&r->if_none_match, s, tag_list_has_weak);
        if (matches == NO)
            return false; /* and If-Modified-Since is ignored (§13.1.3) */
        *expected = matches == YES ? not_none_match(f, as_cache) : anything(STEP_IF_NONE_MATCH);
        return true;
    }
    if (!(f->is_get || f->is_head) || !date_is_valid(&r->if_modified_since) ||
        s->has_last_modified == NO)
        return false;
    if (s->has_last_modified == UNKNOWN) {
        *expected = anything(STEP_IF_MODIFIED_SINCE);
        return true;
    }
    if (s->last_modified > r->if_modified_since.date.seconds)
        return false;
    *expected = not_modified_since(f, s);
    return true;
}

/* Steps 1 and 2, which caches leave alone: true where they decided. */
static bool by_state(const struct facts *f, const struct selected *s, struct expected *expected)
{
    const struct request_facts *r = &f->request;
    enum precondition_step step = STEP_NONE;
    enum truth holds = YES;

    if (r->if_match.kind != TAG_LIST_ABSENT) {
        step = STEP_IF_MATCH;
        holds = if_match(f, s);
    } else if (date_is_present(&r->if_unmodified_since)) {
        step = STEP_IF_UNMODIFIED_SINCE;
        holds = if_unmodified_since(f, s);
    }
    if (holds == YES)
        return false;
    *expected = holds == NO ? failed(f, step) : anything(step);
    return true;
}

static bool is_2xx(uint16_t status)
{
    return status >= 200 && status < 300;
}

struct expected expected_of(const struct facts *facts, const struct selected *selected,
                            bool as_cache)
{
    uint16_t base = selected->base_status;
    struct expected e;

    if (ignores_preconditions(facts->x->method_token))
        return anything(STEP_METHOD);
    if (base != 0 && !is_2xx(base) && base != 412) {
        e = verdict(EXPECT_BASE, 0, LEVEL_MUST, STEP_NOT_2XX, UNKNOWN);
        e.base_status = base;
        return e;
    }
    if (!(!as_cache && by_state(facts, selected, &e)) &&
        !by_validators(facts, selected, as_cache, &e))
        e = by_range(facts, selected);
    e.base_status = base;
    return e;
}

/* ---- questions ---- */

static unsigned bit_of(const struct expected *e, uint16_t status)
{
    switch (status) {
    case 206:
        return EXPECT_206;
    case 304:
        return EXPECT_304;
    case 412:
        return EXPECT_412;
    case 416:
        return EXPECT_416;
    default:
        break;
    }
    if (is_2xx(status))
        return EXPECT_200;
    return e->step != STEP_NOT_2XX || status == e->base_status ? EXPECT_BASE : 0;
}

/* Preconditions do not judge statuses that they cannot give (§13.2.1): an error is an error. */
bool expected_allows(const struct expected *e, uint16_t status)
{
    unsigned bit = bit_of(e, status);
    if (status < 200)
        return true;
    if (bit == EXPECT_BASE || (bit == 0 && !is_2xx(status)))
        return true;
    return (e->allowed & bit) != 0;
}

bool expected_wants(const struct expected *e, uint16_t status)
{
    return (e->wanted & bit_of(e, status)) != 0;
}
