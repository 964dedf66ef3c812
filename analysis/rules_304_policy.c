/* SPDX-License-Identifier: MIT */
/*
 * A 304 between two 200s that agree on their policy, and carries another (RFC 9110 §15.4.5): caches
 * update the stored response with it (RFC 9111 §4.3.4). Drifts are told from conflicts, which make
 * of the policy its opposite.
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "analysis/rules_304.h"
#include "analysis/vary.h"
#include "base/attributes.h"

static const struct rule rows[1];
#define CARD (&rows[0].card)

static const char *const policy_differs_variants[] = {
    "cache-control", "vary", "content-location", "etag", "expires", "frozen-date", NULL};

/* Explicit lifetime of a response in s as its private and shared readers see it, or -1. */
static int64_t plain_lifetime(const struct cache_control *cc, int64_t expires, int64_t date)
{
    int64_t seconds = cache_control_seconds(cc, CC_MAX_AGE, GENEROUS);
    if (seconds != NO_DELTA)
        return seconds;
    if (expires != NO_DATE && date != NO_DATE)
        return expires > date ? expires - date : 0;
    return -1;
}

#define FLIPPING                                                                                   \
    (DIRECTIVE(NO_STORE) | DIRECTIVE(PRIVATE) | DIRECTIVE(NO_CACHE) | DIRECTIVE(PUBLIC) |          \
     DIRECTIVE(MUST_REVALIDATE))

/* "lifetime ratio > 10 or < 0.1" */
static bool lifetimes_conflict(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return false;
    return a > b * 10 || b > a * 10;
}

/* max-age that counts down to a fixed instant is one policy. */
static bool counts_down(const struct cache_control *a, int64_t a_date,
                        const struct cache_control *b, int64_t b_date)
{
    int64_t a_age = cache_control_seconds(a, CC_MAX_AGE, GENEROUS);
    int64_t b_age = cache_control_seconds(b, CC_MAX_AGE, GENEROUS);
    if (a_age == NO_DELTA || b_age == NO_DELTA || a_date == NO_DATE || b_date == NO_DATE)
        return false;
    int64_t apart = (a_date + a_age) - (b_date + b_age);
    return apart >= -2 && apart <= 2;
}

/* Equal but for max-age and the stale-* extensions. */
static bool same_directives(const struct cache_control *a, const struct cache_control *b)
{
    uint32_t soft = DIRECTIVE(STALE_WHILE_REVALIDATE) | DIRECTIVE(STALE_IF_ERROR);
    return (a->present & ~soft) == (b->present & ~soft) && a->qualified == b->qualified;
}

static bool same_cache_control(const struct cache_control *a, int64_t a_date,
                               const struct cache_control *b, int64_t b_date)
{
    if (!same_directives(a, b))
        return false;
    return (cache_control_seconds(a, CC_MAX_AGE, GENEROUS) ==
                cache_control_seconds(b, CC_MAX_AGE, GENEROUS) &&
            cache_control_seconds(a, CC_S_MAXAGE, GENEROUS) ==
                cache_control_seconds(b, CC_S_MAXAGE, GENEROUS)) ||
           counts_down(a, a_date, b, b_date);
}

/* The 304 between the two 200s. */
struct sides {
    const struct response_facts *n;
    const struct head *head;
    const struct reference *p, *f;
};

/* What differs, and whether it turns the policy into another one. */
struct difference {
    const char *variant;
    enum field_token token;
    bool conflict;
};

static bool differs_in_cache_control(const struct sides *s, struct difference *d)
{
    const struct cache_control *n = &s->n->cc;
    const struct cache_control *p = &s->p->representation->cc;
    const struct cache_control *f = &s->f->representation->cc;
    if (!n->lines || !p->lines || !f->lines ||
        !same_cache_control(p, s->p->at.date, f, s->f->at.date) ||
        same_cache_control(p, s->p->at.date, n, s->n->date.date.seconds))
        return false;
    *d = (struct difference){"cache-control", FIELD_CACHE_CONTROL, false};
    d->conflict = ((n->present ^ p->present) & FLIPPING) != 0 ||
                  lifetimes_conflict(plain_lifetime(n, NO_DATE, NO_DATE),
                                     plain_lifetime(p, NO_DATE, NO_DATE));
    return true;
}

/* What the 304 lacks is 304-missing-vary's; this is about what it adds. */
static bool differs_in_vary(const struct sides *s, struct difference *d)
{
    const struct head *p = &s->p->representation->head, *f = &s->f->representation->head;
    if (!head_has(s->head, FIELD_VARY) || !head_has(p, FIELD_VARY) ||
        vary_compare(p, f, NULL) != VARY_EQUAL ||
        vary_compare(p, s->head, NULL) != VARY_FIRST_LACKS)
        return false;
    *d = (struct difference){"vary", FIELD_VARY, vary_has_star(s->head)};
    return true;
}

static bool differs_in_location(const struct sides *s, struct difference *d)
{
    struct slice n = s->n->content_location;
    struct slice p = head_first(&s->p->representation->head, FIELD_CONTENT_LOCATION);
    struct slice f = head_first(&s->f->representation->head, FIELD_CONTENT_LOCATION);
    if (slice_is_absent(n) || slice_is_absent(p) || slice_is_absent(f) || !slice_equal(p, f) ||
        slice_equal(p, n))
        return false;
    *d = (struct difference){"content-location", FIELD_CONTENT_LOCATION, false};
    return true;
}

/* A suffix of a coding (Apache's -gzip) is 304-etag-not-in-inm's, and milder there. */
static bool differs_in_etag(const struct sides *s, struct difference *d)
{
    const struct entity_tag *p = &s->p->representation->etag;
    if (!s->n->etag.valid || !p->valid || !entity_tag_weak_equal(p, &s->f->representation->etag) ||
        entity_tag_kinship(p, &s->n->etag) != TAGS_UNRELATED)
        return false;
    *d = (struct difference){"etag", FIELD_ETAG, true};
    return true;
}

static bool about_equal(int64_t a, int64_t b)
{
    return a - b <= 2 && b - a <= 2;
}

/* A14: what Expires leaves after Date, where no max-age hides it. */
static bool differs_in_expires(const struct sides *s, struct difference *d)
{
    const struct sighting *p = &s->p->at, *f = &s->f->at;
    int64_t expires = s->n->expires.date.seconds, date = s->n->date.date.seconds;
    if (cache_control_has(&s->n->cc, CC_MAX_AGE) || expires == NO_DATE || date == NO_DATE ||
        p->expires == NO_DATE || f->expires == NO_DATE || p->date == NO_DATE || f->date == NO_DATE)
        return false;
    int64_t before = p->expires - p->date, after = f->expires - f->date, here = expires - date;
    if (expires == p->expires || !about_equal(before, after) || about_equal(before, here))
        return false; /* a fixed instant, no agreement, or no difference */
    *d = (struct difference){"expires", FIELD_EXPIRES, false};
    d->conflict = lifetimes_conflict(here < 0 ? 0 : here, before < 0 ? 0 : before);
    return true;
}

/* A14: a Date before that of an earlier response; a conflict where the lifetime is then over. */
static bool has_frozen_date(const struct sides *s, struct difference *d)
{
    int64_t date = s->n->date.date.seconds, before = s->p->at.date;
    if (date == NO_DATE || before == NO_DATE || s->n->responder == RESPONDER_CACHE ||
        date >= before - 2)
        return false;
    int64_t lifetime = plain_lifetime(&s->n->cc, s->n->expires.date.seconds, date);
    *d = (struct difference){"frozen-date", FIELD_DATE, false};
    d->conflict = lifetime > 0 && before - date >= lifetime;
    return true;
}

/* A conflict before a drift; no variant: nothing differs. */
static struct difference worst_difference(const struct sides *s)
{
    static bool (*const differs[])(const struct sides *, struct difference *) = {
        differs_in_cache_control, differs_in_etag, differs_in_expires,
        differs_in_location,      has_frozen_date, differs_in_vary,
    };
    struct difference worst = {0}, d;
    for (unsigned i = 0; i < COUNT_OF(differs); i++)
        if (differs[i](s, &d) && (!worst.variant || (d.conflict && !worst.conflict)))
            worst = d;
    return worst;
}

static enum judgement judge_policy_differs(const struct evidence *e, struct verdict *v)
{
    const struct reference *p = &e->refs.before, *f = &e->refs.after;
    struct sides sides = {&e->facts->response, &e->x->response.head, p, f};
    if (lacks(e, v, NEEDS_PAIR | NEEDS_SOUND_304))
        return WITHHELD;
    if (!p->representation || !p->matches)
        return withhold(v, GUARD_NO_REFERENCE);
    if (!e->closing) {
        sides.f = p; /* as if the next 200 will be what the last one was */
        return worst_difference(&sides).variant ? wait_for(v, WAIT_FOR_REFERENCE) : PASSED;
    }
    if (!f->representation || !f->matches)
        return withhold(v, GUARD_NO_REFERENCE);
    struct difference worst = worst_difference(&sides);
    if (!worst.variant)
        return PASSED;
    accuse(v, CARD, "the 304 says {}: {}, the 200s before and after it agree on {}");
    say_text(v, field_name_of(worst.token));
    say_text(v, head_first(&e->x->response.head, worst.token));
    say_text(v, head_first(&p->representation->head, worst.token));
    v->variant = worst.variant;
    v->reference = p;
    if (!worst.conflict)
        v->severity = SEVERITY_INFO;
    if (p->other_user || f->other_user)
        confine(v, SEVERITY_WARNING, CONFIDENCE_LIKELY);
    demote_for_gaps(e, v);
    return FIRED;
}

/* ---- the row ---- */

#define S_304     "RFC 9110 §15.4.5"
#define S_304_OLD "RFC 7232 §4.1"

static const struct rule rows[1] = {
    {
        .card =
            {
                .id = "304-policy-differs",
                .group = "304-violation",
                .severity = SEVERITY_ERROR,
                .norm = NORM_MUST,
                .party = "responder",
                .section = S_304 ", RFC 9111 §4.3.4",
                .formerly = S_304_OLD ", RFC 7234 §4.3.4",
                .title = "a 304 carries another policy than the 200s around it",
                .means = "The fields of a 304 are those that a 200 would have had, and caches "
                         "update "
                         "the stored response with them: the policy of the first visit is "
                         "overwritten "
                         "by that of the second.",
                .remedy =
                    "Compute Cache-Control, Expires, Vary and ETag in one place, before it is "
                    "decided whether the answer is 200 or 304.",
                .variants = policy_differs_variants,
            },
        .subjects = SUBJECT_304,
        .judge = judge_policy_differs,
    },
};

const struct rule_set rules_304_policy = {rows, 1};
