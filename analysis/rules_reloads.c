/* SPDX-License-Identifier: MIT */
/*
 * Reloads that ask after what cannot have changed: what `immutable` is for (RFC 8246), and how many
 * of them there are where it is not used.
 */

#include <stddef.h>
#include <string.h>

#include "analysis/rules.h"
#include "analysis/rules_reloads.h"

#define NS_PER_S INT64_C(1000000000)

enum row { IMMUTABLE, STORM, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- immutable-revalidated ---- */

static bool has_word(struct slice text, const char *word)
{
    return text.len && memmem(text.at, text.len, word, strlen(word)) != NULL;
}

/* Firefox and Safari know immutable; the others that name Safari in their User-Agent do not. */
static bool knows_immutable(struct slice user_agent)
{
    if (has_word(user_agent, "Firefox/"))
        return true;
    return has_word(user_agent, "Safari/") && has_word(user_agent, "Version/") &&
           !has_word(user_agent, "Chrom") && !has_word(user_agent, "Android") &&
           !has_word(user_agent, "Edg");
}

/* Was it asked for over https? Where TLS ends in front of the tap, who ended it says so. */
static bool is_authenticated(const struct evidence *e)
{
    return e->x->secure || e->facts->request.was_https;
}

/* RFC 8246 §3: elsewhere, and where the end of the body is not certain, it is to be ignored. */
static enum judgement applies(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct held *h = &e->held;
    if (!x->is_get || !x->request.is_conditional || !h->immutable || !h->known || !h->asked_with)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_CLIENT | NEEDS_END))
        return WITHHELD;
    if (!h->is_stored || !h->fresh)
        return PASSED;
    if (!is_authenticated(e) || !e->refs.held.representation->body_whole)
        return withhold(v, GUARD_NOT_IMMUTABLE);
    return FIRED;
}

bool is_immutable_kept(const struct evidence *e)
{
    const struct request_facts *q = &e->facts->request;
    struct verdict v;
    return applies(e, &v) == FIRED && !q->wants_hard_reload &&
           (q->wants_reload || knows_immutable(q->user_agent));
}

static enum judgement judge_immutable(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    enum judgement judgement = applies(e, v);
    if (judgement != FIRED)
        return judgement;
    if (q->wants_hard_reload)
        return withhold(v, GUARD_RELOAD);
    bool knows = knows_immutable(q->user_agent);
    if (!knows && !q->wants_reload)
        return PASSED; /* revalidated-while-fresh says it */
    accuse(v, CARD(IMMUTABLE),
           "asked \"changed?\" about what is immutable for {} s, {} s after it "
           "came");
    say_number(v, e->held.lifetime_s);
    say_number(v, (e->facts->t_req0 - e->held.contact_ns) / NS_PER_S);
    v->reference = &e->refs.held;
    v->claim = (struct claim){.kind = CLAIM_ELIMINATE, .waived = !knows};
    if (!knows) {
        v->severity = SEVERITY_INFO;
        v->note = "this client is not known to heed immutable";
    }
    if (e->cache_is_shared)
        v->party = "intermediary";
    confine_to_client(v, e);
    return FIRED;
}

/* ---- reload-storm ---- */

static enum judgement judge_storm(const struct evidence *e, struct verdict *v)
{
    const struct reload_storm *storm = &e->storm;
    if (!e->facts->is_get || !e->facts->request.wants_reload || !e->facts->request.is_conditional)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (e->cache == 0 || e->cache_is_shared)
        return withhold(v, GUARD_NO_CLIENT);
    if (!storm->is_storm)
        return PASSED;
    if (storm->bursts) {
        accuse(v, CARD(STORM),
               "the {}. burst of reloads within {} s: {} answers of 304, {} octets");
        say_number(v, storm->bursts);
        say_number(v, storm->span_s);
        say_number(v, storm->reloads);
    } else {
        accuse(v, CARD(STORM), "{} reloads within {} s were all answered 304: {} octets");
        say_number(v, storm->reloads);
        say_number(v, storm->span_s);
    }
    say_number(v, (int64_t)storm->octets);
    if (e->client.shared_address)
        v->confidence = CONFIDENCE_POSSIBLE;
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [IMMUTABLE] =
        {
            .card =
                {
                    .id = "immutable-revalidated",
                    .group = "cache-behaviour",
                    .severity = SEVERITY_WARNING,
                    .norm = NORM_SHOULD,
                    .party = "client-cache",
                    .section = "RFC 8246 §2, RFC 9111 §5.2.3",
                    .formerly = "RFC 7234 §5.2.3",
                    .title = "a client asks whether something changed that is immutable",
                    .means =
                        "While it is fresh, what is immutable is not to be asked after, not even "
                        "when the page is reloaded; only a forced reload goes past it. That holds "
                        "over https, and for bodies whose end is certain: elsewhere the word is to "
                        "be ignored, and so it is here.",
                    .remedy =
                        "Have clients that know immutable, or put reloads of versioned resources "
                        "behind a service worker; nothing is to be changed on the server.",
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 18,
            .judge = judge_immutable,
        },
    [STORM] =
        {
            .card =
                {
                    .id = "reload-storm",
                    .group = "waste",
                    .severity = SEVERITY_INFO,
                    .norm = NORM_NONE,
                    .party = "client",
                    .section = "RFC 9111 §5.2.1, RFC 8246 §1",
                    .formerly = "RFC 7234 §5.2.1",
                    .title = "reload upon reload, and all of it answered 304",
                    .means =
                        "With each reload the client asks after everything on the page. The user "
                        "wanted to see whether there is something new; the parts of the page could "
                        "not have been. Nothing is claimed: it is the user's right.",
                    .remedy =
                        "Give parts of pages URLs with a version in them, a year to live and "
                        "immutable; for pages that are reloaded to watch something, send events.",
                },
            .subjects = SUBJECT_304,
            .judge = judge_storm,
        },
};

const struct rule_set rules_reloads = {rows, ROWS};
