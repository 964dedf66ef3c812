/* SPDX-License-Identifier: MIT */
/* THE list of rules, in the order of the specification, and the words that predicates use. */

#include "analysis/rules.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"

/* Every rule that exists, once. A new one is a row of its family's file and a line here. */
static const char *const ids[] = {
    "inm-match-got-200",
    "unconditional-refetch",
    "unstable-etag",
    "no-validator-unchanged",
    "no-store-unchanged",
    "refetch-while-fresh",
    "revalidated-while-fresh",
    "short-ttl-unchanged",
    "304-has-body",
    "304-missing-etag",
    "304-missing-cache-control",
    "304-missing-vary",
    "304-missing-expires",
    "304-missing-content-location",
    "304-missing-date",
    "304-content-length-mismatch",
    "304-unsolicited",
    "304-etag-not-in-inm",
    "304-superfluous-metadata",
    "ims-unmodified-got-200",
    "proxy-304-expanded",
    "strong-etag-collision",
    "ims-honoured-over-inm",
    "304-policy-differs",
    "cache-buster-identical",
    "missing-vary-observed",
    "vary-fragmentation",
    "unstable-last-modified",
    "304-slow",
    "304-not-freshening",
    "304-update-ignored",
    "304-then-refetch",
    "304-etag-strength-flip",
    "304-despite-change",
    "304-wrong-method",
    "304-masks-non-2xx",
    "206-despite-inm-match",
    "412-instead-of-304",
    "client-omits-etag",
    "concurrent-duplicate",
    "duplicate-body-across-urls",
    "range-redownload",
    "aborted-unused",
    "permanent-redirect-refetch",
    "negative-refetch",
    "oversized-revalidation-headers",
    "reload-storm",
    "immutable-revalidated",
    "served-stale",
    "reuse-without-validation",
    "stored-no-store",
    "private-shared",
    "vary-violation",
    "not-invalidated-after-unsafe",
    "age-missing-on-hit",
    "proxy-304-union-leak",
    "proxy-drops-directives",
    "proxy-drops-preconditions",
    "if-range-weak-validator",
    "if-range-without-range",
    "if-range-mismatch-got-206",
    "if-range-match-got-200",
    "precondition-outcome-mismatch",
    "foreign-validator",
    "client-omits-ims",
    "malformed-validator",
    "last-modified-in-future",
    "lm-unchanged-body-changed",
    "304-hop-field-forbidden",
    "conditional-head",
    "cc-malformed-or-conflicting",
    "duplicate-singleton-field",
    "bad-http-date",
    "heuristic-only-freshness",
    "vary-star",
    "uncompressed-transfer",
    "handshake-for-304",
    "wire-retransmission",
    "shared-cache-opportunity",
    "304-no-validator",
    "206-missing-metadata",
    "stale-on-arrival",
    "304-adopted-foreign-tag",
};
_Static_assert(COUNT_OF(ids) <= RULES_MOST, "tables of rules have room for all of them");

static const struct rule_set *const sets[] = {
    &rules_304,        &rules_304_form,       &rules_304_missing, &rules_304_surplus,
    &rules_304_length, &rules_304_validators, &rules_304_policy,  &rules_304_history,
    &rules_after_304,  &rules_conditional,    &rules_outcome,     &rules_dates,
    &rules_ranges,     &rules_proxy,          &rules_hits,        &rules_waste,
    &rules_reloads,    &rules_hygiene,        &rules_fields,      &rules_policy,
    &rules_clients,    &rules_variants,       &rules_octets,      &rules_transfers,
    &rules_legs,       &rules_shared,         &rules_partial,     &rules_slow,
};

unsigned rules_count(void)
{
    return COUNT_OF(ids);
}

static const struct rule *rule_by_id(const char *id)
{
    for (unsigned s = 0; s < COUNT_OF(sets); s++)
        for (unsigned i = 0; i < sets[s]->count; i++)
            if (strcmp(sets[s]->rules[i].card.id, id) == 0)
                return &sets[s]->rules[i];
    return NULL;
}

const struct rule *rule_at(unsigned index)
{
    assert(index < COUNT_OF(ids));
    const struct rule *rule = rule_by_id(ids[index]);
    assert(rule);
    return rule;
}

const struct rule_card *rule_card(unsigned index)
{
    return index < COUNT_OF(ids) ? &rule_at(index)->card : NULL;
}

const struct rule_card *rule_card_by_id(const char *id)
{
    const struct rule *rule = rule_by_id(id);
    return rule ? &rule->card : NULL;
}

const char *guard_word(enum guard guard)
{
    static const char *const words[GUARDS] = {
#define GUARD_ROW(name, word, text) [GUARD_##name] = (word),
#include "analysis/guards.def"
#undef GUARD_ROW
    };
    return words[guard];
}

const char *severity_word(enum severity severity)
{
    static const char *const words[] = {[SEVERITY_INFO] = "info",
                                        [SEVERITY_WASTE] = "waste",
                                        [SEVERITY_WARNING] = "warning",
                                        [SEVERITY_ERROR] = "error"};
    return words[severity];
}

const char *confidence_word(enum confidence confidence)
{
    static const char *const words[] = {[CONFIDENCE_POSSIBLE] = "possible",
                                        [CONFIDENCE_LIKELY] = "likely",
                                        [CONFIDENCE_CERTAIN] = "certain"};
    return words[confidence];
}

const char *norm_word(enum norm norm)
{
    static const char *const words[] = {
        [NORM_NONE] = NULL, [NORM_SHOULD] = "SHOULD", [NORM_MUST] = "MUST"};
    return words[norm];
}

const char *outcome_word(enum outcome outcome)
{
    static const char *const words[] = {
        [OUTCOME_FIRST] = "first",
        [OUTCOME_NOT_MODIFIED] = "not-modified",
        [OUTCOME_REFRESHED_SAME] = "refreshed-same",
        [OUTCOME_REFRESHED_CHANGED] = "refreshed-changed",
        [OUTCOME_REFETCHED_SAME] = "refetched-same",
        [OUTCOME_REFETCHED_CHANGED] = "refetched-changed",
        [OUTCOME_OTHER] = "other",
    };
    return words[outcome];
}

/* ---- for the predicates ---- */

void accuse(struct verdict *v, const struct rule_card *card, const char *message)
{
    *v = (struct verdict){
        .severity = card->severity,
        .confidence = CONFIDENCE_LIKELY, /* who has it all in one exchange says certain */
        .norm = card->norm,
        .party = card->party,
        .section = card->section,
        .message = message,
    };
}

static void say(struct verdict *v, struct word word)
{
    assert(v->n_words < VERDICT_WORDS);
    v->words[v->n_words++] = word;
}

void say_text(struct verdict *v, struct slice text)
{
    say(v, (struct word){.text = slice_is_absent(text) ? SLICE("") : text});
}

void say_number(struct verdict *v, int64_t number)
{
    say(v, (struct word){.text = SLICE_ABSENT, .number = number});
}

void confine(struct verdict *v, enum severity severity, enum confidence confidence)
{
    if (v->severity > severity)
        v->severity = severity;
    if (v->confidence > confidence)
        v->confidence = confidence;
}

void demote(struct verdict *v, const char *note)
{
    confine(v, SEVERITY_WARNING, CONFIDENCE_POSSIBLE);
    if (!v->note)
        v->note = note;
}

void confine_to_footing(struct verdict *v, const struct evidence *e, const struct footing *footing)
{
    int64_t eviction_s = e->thresholds->eviction_s;
    if (v->confidence > CONFIDENCE_LIKELY)
        v->confidence = CONFIDENCE_LIKELY;
    if (e->client.shared_address || footing->same_partition != YES ||
        footing->stored_s > eviction_s || footing->octets_inferred)
        v->confidence = CONFIDENCE_POSSIBLE;
    if ((e->facts->request.is_prefetch || e->facts->request.is_bot || footing->by_prefetch) &&
        v->confidence > CONFIDENCE_POSSIBLE)
        v->confidence--; /* G12 */
}

void confine_to_client(struct verdict *v, const struct evidence *e)
{
    const struct held *held = &e->held;
    const struct footing footing = {held->same_partition, held->stored_s, held->by_prefetch,
                                    held->octets_inferred};
    confine_to_footing(v, e, &footing);
}

void settle_severity(struct verdict *v)
{
    if (v->severity == SEVERITY_ERROR && v->confidence == CONFIDENCE_POSSIBLE)
        v->severity = SEVERITY_WARNING;
}
