/* SPDX-License-Identifier: MIT */
/*
 * What a response says of its own caching, read from it alone: a Cache-Control that is malformed or
 * at odds with itself (RFC 9111 §4.2.1, §5.2), no lifetime at all (§4.2.2), Vary: * (§4.1).
 */

#include <stddef.h>
#include <string.h>

#include "analysis/rules.h"
#include "analysis/storable.h"
#include "analysis/vary.h"
#include "base/attributes.h"

enum row { CACHE_CONTROL, HEURISTIC_ONLY, VARY_STAR, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- cc-malformed-or-conflicting ---- */

static const char *const cache_control_variants[] = {"argument", "separator", "syntax", "duplicate",
                                                     "quotes",   "conflict",  NULL};

#define WITH_SECONDS ((UINT32_C(1) << DIRECTIVES_WITH_SECONDS) - 1)

/* The first directive of a set that is not empty. */
static struct slice first_name(uint32_t set)
{
    return slice_of_text(directive_name((enum directive)__builtin_ctz(set)));
}

static uint32_t wrong_arguments(const struct cache_control *cc)
{
    return cc->invalid | (cc->quoted & WITH_SECONDS);
}

/* The first of several lines that is wrong by itself. */
static struct slice wrong_line(const struct head *head)
{
    for (uint32_t i = 0; i < head->n_fields; i++) {
        struct cache_control cc = CACHE_CONTROL_NONE;
        if (head->fields[i].token != FIELD_CACHE_CONTROL)
            continue;
        cache_control_add(&cc, field_value(head, &head->fields[i]));
        if (wrong_arguments(&cc) || cc.oddities & (CC_ODD_SEMICOLON | CC_ODD_SYNTAX))
            return field_value(head, &head->fields[i]);
    }
    return head_first(head, FIELD_CACHE_CONTROL);
}

/* Not in the form of §5.2. */
static enum judgement accuse_form(const struct cache_control *cc, const struct head *head,
                                  struct verdict *v)
{
    uint32_t wrong = wrong_arguments(cc);
    if (cc->oddities & CC_ODD_SEMICOLON) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: directives are separated by commas");
        v->variant = "separator";
        wrong = 0; /* what stands behind it is read as an argument */
    } else if (wrong) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: {} has no valid argument");
        v->variant = "argument";
    } else if (cc->oddities & CC_ODD_SYNTAX) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {} is no list of directives");
        v->variant = "syntax";
    } else {
        return PASSED;
    }
    say_text(v, wrong_line(head));
    if (wrong)
        say_text(v, first_name(wrong));
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

/* Two directives that take each other back; false where there are none. */
static bool find_conflict(const struct response_facts *r, enum directive pair[2])
{
    const struct cache_control *cc = &r->cc;
    if (cache_control_has(cc, CC_NO_STORE) && cache_control_seconds(cc, CC_MAX_AGE, GENEROUS) > 0)
        pair[0] = CC_NO_STORE, pair[1] = CC_MAX_AGE;
    else if (cache_control_has(cc, CC_NO_STORE) && cache_control_has(cc, CC_PUBLIC))
        pair[0] = CC_NO_STORE, pair[1] = CC_PUBLIC;
    else if (cache_control_has(cc, CC_PRIVATE) && cache_control_has(cc, CC_S_MAXAGE))
        pair[0] = CC_PRIVATE, pair[1] = CC_S_MAXAGE;
    else
        return false;
    return true;
}

static bool is_immutable_for_no_time(const struct response_facts *r)
{
    return cache_control_has(&r->cc, CC_IMMUTABLE) && !cache_control_has(&r->cc, CC_MAX_AGE) &&
           !cache_control_has(&r->cc, CC_S_MAXAGE) && !date_is_present(&r->expires);
}

/* In good form, but not of one mind. */
static enum judgement accuse_policy(const struct response_facts *r, struct slice text,
                                    struct verdict *v)
{
    enum directive pair[2];
    if (r->cc.conflicting) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: {} stands there twice, and differs");
        say_text(v, text);
        say_text(v, first_name(r->cc.conflicting));
        v->variant = "duplicate";
        v->severity = SEVERITY_WARNING;
        v->norm = NORM_SHOULD;
    } else if (r->cc.quoted) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: the argument of {} is to be in quotes");
        say_text(v, text);
        say_text(v, first_name(r->cc.quoted));
        v->variant = "quotes";
        v->severity = SEVERITY_WARNING;
        v->norm = NORM_SHOULD;
    } else if (find_conflict(r, pair)) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: {} takes back what {} says");
        say_text(v, text);
        say_text(v, first_name(UINT32_C(1) << pair[0]));
        say_text(v, first_name(UINT32_C(1) << pair[1]));
        v->variant = "conflict";
    } else if (is_immutable_for_no_time(r)) {
        accuse(v, CARD(CACHE_CONTROL), "Cache-Control: {}: immutable, but for no time");
        say_text(v, text);
        v->variant = "conflict";
    } else {
        return PASSED;
    }
    if (strcmp(v->variant, "conflict") == 0) {
        v->severity = SEVERITY_INFO; /* no norm forbids it */
        v->norm = NORM_NONE;
    }
    v->confidence = CONFIDENCE_CERTAIN;
    return FIRED;
}

static enum judgement judge_cache_control(const struct evidence *e, struct verdict *v)
{
    const struct cache_control *asked = &e->facts->request.cc, *said = &e->facts->response.cc;
    if (!asked->lines && !said->lines)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (said->lines) {
        struct slice text = head_first(&e->x->response.head, FIELD_CACHE_CONTROL);
        if (accuse_form(said, &e->x->response.head, v) == FIRED ||
            accuse_policy(&e->facts->response, text, v) == FIRED) {
            v->party = e->facts->response.intermediary_signs ? "responder" : "origin";
            return FIRED;
        }
    }
    if (asked->lines && accuse_form(asked, &e->x->request.head, v) == FIRED) {
        v->party = "client-cache";
        return FIRED;
    }
    return PASSED;
}

/* ---- heuristic-only-freshness ---- */

static const char *const heuristic_variants[] = {"pragma", NULL};

static enum judgement judge_heuristic(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    const uint32_t decided =
        DIRECTIVE(MAX_AGE) | DIRECTIVE(S_MAXAGE) | DIRECTIVE(NO_STORE) | DIRECTIVE(NO_CACHE);
    if (!e->facts->is_get || e->x->status == 206 ||
        !status_is_heuristically_cacheable(e->x->status))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_RESPONSE_HEAD))
        return WITHHELD;
    if ((r->cc.present | r->cc.maybe | r->cc.invalid) & decided || date_is_present(&r->expires) ||
        r->targeted.lines || r->vary_star)
        return PASSED;
    accuse(v, CARD(HEURISTIC_ONLY), "{} without a lifetime: every cache guesses its own");
    say_number(v, e->x->status);
    v->confidence = CONFIDENCE_CERTAIN;
    if (head_has(&e->x->response.head, FIELD_PRAGMA)) {
        v->message = "{} without a lifetime; Pragma means nothing in a response";
        v->variant = "pragma";
        v->section = "RFC 9111 §4.2.2, §5.4";
    }
    return FIRED;
}

/* ---- vary-star ---- */

static const char *const vary_star_variants[] = {"proxy", NULL};

/* RFC 9110 §12.5.5: "A proxy MUST NOT generate "*" in a Vary field value." */
static bool is_made_by_proxy(const struct evidence *e)
{
    return has_sure_inner(e) && e->inner->response_head_whole &&
           e->inner->x->status == e->x->status && e->x->status != 304 &&
           !e->inner->response.vary_star;
}

static enum judgement judge_vary_star(const struct evidence *e, struct verdict *v)
{
    const struct head *head = &e->x->response.head;
    if (!e->facts->response.has_vary)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (LIKELY(!e->facts->response.vary_star) || !vary_has_star(head))
        return PASSED;
    accuse(v, CARD(VARY_STAR), "Vary: {}: no later request can match");
    say_text(v, head_first(head, FIELD_VARY));
    v->confidence = CONFIDENCE_CERTAIN;
    if (!is_made_by_proxy(e))
        return FIRED;
    v->variant = "proxy";
    v->severity = SEVERITY_ERROR;
    v->norm = NORM_MUST;
    v->party = "intermediary";
    v->section = "RFC 9110 §12.5.5";
    v->reference_exchange_id = e->outer->inner->leg.id;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [CACHE_CONTROL] =
        {
            .card =
                {
                    .id = "cc-malformed-or-conflicting",
                    .group = "hygiene",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "sender",
                    .section = "RFC 9111 §4.2.1, §5.2",
                    .formerly = "RFC 7234 §4.2.1, §5.2",
                    .title = "Cache-Control is malformed, or says two things at once",
                    .means =
                        "Numbers are digits without quotes, and directives are separated by "
                        "commas. What is written otherwise is ignored by some caches and makes "
                        "the response stale for others. Of two values, or of directives that "
                        "contradict each other, each cache takes the one it likes.",
                    .remedy =
                        "Write each directive once, as in Cache-Control: private, max-age=60, and "
                        "in one place: look for an application and a server in front of it that "
                        "both add Cache-Control.",
                    .variants = cache_control_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_cache_control,
        },
    [HEURISTIC_ONLY] =
        {
            .card =
                {
                    .id = "heuristic-only-freshness",
                    .group = "hygiene",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §4.2.2",
                    .formerly = "RFC 7234 §4.2.2",
                    .title = "a response that caches may keep does not say for how long",
                    .means =
                        "Without max-age or Expires each cache makes up a lifetime, often a tenth "
                        "of the time since Last-Modified: users see old content for a time that "
                        "nobody has chosen, or ask each time.",
                    .remedy =
                        "Send Cache-Control: max-age=... for what may be reused, no-cache for "
                        "what must be validated, no-store for what must not be kept. Pragma "
                        "is for requests.",
                    .variants = heuristic_variants,
                },
            .subjects = SUBJECT_200 | SUBJECT_OTHER,
            .judge = judge_heuristic,
        },
    [VARY_STAR] =
        {
            .card =
                {
                    .id = "vary-star",
                    .group = "hygiene",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9111 §4.1, RFC 9110 §12.5.5",
                    .formerly = "RFC 7234 §4.1, RFC 7231 §7.1.4",
                    .title = "Vary: * keeps every cache from reusing the response",
                    .means = "\"*\" never matches: what is stored can only be validated, by each "
                             "user for each use.",
                    .remedy =
                        "Name the request fields that the answer depends on; where it depends "
                        "on something else, say Cache-Control: private or no-cache. A proxy must "
                        "not add it to what the origin said.",
                    .variants = vary_star_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_vary_star,
        },
};

const struct rule_set rules_policy = {rows, ROWS};
