/* SPDX-License-Identifier: MIT */
/* The catalogue: complete, in order, and every row fit to be printed. */

#include "analysis/rules.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/attributes.h"

Test(rules, every_row_of_a_family_is_in_the_list_once)
{
    const struct rule_set *sets[] = {
        &rules_304,        &rules_304_form,       &rules_304_missing, &rules_304_surplus,
        &rules_304_length, &rules_304_validators, &rules_304_policy,  &rules_304_history,
        &rules_after_304,  &rules_conditional,    &rules_outcome,     &rules_dates,
        &rules_ranges,     &rules_proxy,          &rules_hits,        &rules_waste,
        &rules_reloads,    &rules_hygiene,        &rules_fields,      &rules_policy,
        &rules_clients,    &rules_variants,       &rules_octets,      &rules_transfers,
        &rules_legs,       &rules_shared,         &rules_partial,     &rules_slow};
    unsigned rows = 0;
    for (unsigned s = 0; s < COUNT_OF(sets); s++)
        for (unsigned i = 0; i < sets[s]->count; i++, rows++) {
            unsigned listed = 0;
            for (unsigned k = 0; k < rules_count(); k++)
                listed += rule_at(k) == &sets[s]->rules[i];
            cr_expect(eq(u32, listed, 1), "%s", sets[s]->rules[i].card.id);
        }
    cr_expect(eq(u32, rows, rules_count()));
}

Test(rules, are_found_by_id_and_by_number)
{
    for (unsigned i = 0; i < rules_count(); i++)
        cr_expect(rule_card_by_id(rule_card(i)->id) == rule_card(i));
    cr_expect(rule_card(rules_count()) == NULL);
    cr_expect(rule_card_by_id("304") == NULL);
}

static bool is_kebab(const char *id)
{
    for (const char *c = id; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') &&
            !(*c == '-' && c > id && c[1] && c[1] != '-'))
            return false;
    return *id != 0;
}

Test(rules, have_complete_cards)
{
    static const char *const groups[] = {"304-violation", "conditional", "cache-behaviour", "waste",
                                         "hygiene"};
    for (unsigned i = 0; i < rules_count(); i++) {
        const struct rule_card *card = rule_card(i);
        unsigned known = 0;
        for (unsigned g = 0; g < COUNT_OF(groups); g++)
            known += strcmp(card->group, groups[g]) == 0;
        cr_expect(eq(u32, known, 1), "%s", card->id);
        cr_expect(is_kebab(card->id), "%s", card->id);
        cr_expect(card->party && card->section && card->title && card->means && card->remedy, "%s",
                  card->id);
        cr_expect(strstr(card->section, "RFC 9") != NULL, "%s", card->id);
        cr_expect(strlen(card->title) < 90, "%s: one line", card->id);
        cr_expect(strlen(card->means) > 60 && strlen(card->remedy) > 30, "%s", card->id);
        cr_expect(not(card->severity == SEVERITY_ERROR && card->norm != NORM_MUST), "%s", card->id);
        for (const char *const *v = card->variants; v && *v; v++)
            cr_expect(is_kebab(*v), "%s/%s", card->id, *v);
    }
}

/* Rules that the specification gives one place, and that cannot both claim the same octets. */
static bool are_exclusive(const char *a, const char *b)
{
    static const char *const pairs[][2] = {
        {"304-not-freshening", "stale-on-arrival"},  /* without Age, and by Age alone */
        {"unstable-etag", "unstable-last-modified"}, /* offered a tag, or a date alone */
        {"304-superfluous-metadata", "oversized-revalidation-headers"}, /* other lines */
        {"revalidated-while-fresh",
         "304-update-ignored"}, /* the one falls where the other stands */
    };
    for (unsigned i = 0; i < COUNT_OF(pairs); i++)
        if (strcmp(a, pairs[i][0]) == 0 && strcmp(b, pairs[i][1]) == 0)
            return true;
    return false;
}

/* The ledger's order decides between rules: no two that may claim of one exchange share a place. */
Test(rules, have_places_of_their_own_in_the_ledger)
{
    for (unsigned i = 0; i < rules_count(); i++) {
        const struct rule *a = rule_at(i);
        cr_expect(eq(int, a->order != 0, a->account != ACCOUNT_NONE), "%s", a->card.id);
        for (unsigned k = i + 1; k < rules_count(); k++)
            cr_expect(not(a->order && a->order == rule_at(k)->order &&
                          (a->subjects & rule_at(k)->subjects) &&
                          !are_exclusive(a->card.id, rule_at(k)->card.id)),
                      "%s and %s", a->card.id, rule_at(k)->card.id);
    }
}

/* rules.md §3.6 with A23, A24 and A26, place by place. */
Test(rules, stand_where_the_ledger_has_them)
{
    static const struct {
        unsigned order;
        const char *id;
    } places[] = {
        {1, "304-has-body"},
        {2, "proxy-304-expanded"},
        {3, "inm-match-got-200"},
        {3, "206-despite-inm-match"},
        {4, "ims-unmodified-got-200"},
        {5, "unstable-etag"},
        {5, "unstable-last-modified"},
        {7, "concurrent-duplicate"},
        {8, "304-then-refetch"},
        {9, "refetch-while-fresh"},
        {10, "range-redownload"},
        {10, "if-range-match-got-200"},
        {11, "no-store-unchanged"},
        {12, "no-validator-unchanged"},
        {13, "unconditional-refetch"},
        {14, "permanent-redirect-refetch"},
        {14, "negative-refetch"},
        {14, "aborted-unused"},
        {15, "cache-buster-identical"},
        {16, "vary-fragmentation"},
        {17, "duplicate-body-across-urls"},
        {18, "immutable-revalidated"},
        {19, "revalidated-while-fresh"},
        {19, "304-update-ignored"},
        {20, "304-not-freshening"},
        {20, "stale-on-arrival"},
        {21, "short-ttl-unchanged"},
        {22, "304-superfluous-metadata"},
        {22, "oversized-revalidation-headers"},
        {23, "uncompressed-transfer"},
    };
    for (unsigned i = 0; i < rules_count(); i++) {
        const struct rule *r = rule_at(i);
        unsigned order = 0;
        for (unsigned p = 0; p < COUNT_OF(places); p++)
            if (strcmp(places[p].id, r->card.id) == 0)
                order = places[p].order;
        cr_expect(eq(uint, r->order, order), "%s", r->card.id);
    }
}

/* A25. */
Test(rules, of_policy_count_as_opportunity)
{
    for (unsigned i = 0; i < rules_count(); i++) {
        const struct rule *r = rule_at(i);
        static const unsigned policies[] = {6, 11, 15, 16, 17, 21, 23};
        bool is_policy = false;
        for (unsigned p = 0; p < COUNT_OF(policies); p++)
            is_policy |= r->order == policies[p];
        is_policy |= strcmp(r->card.id, "aborted-unused") == 0; /* 6, which A26 puts after 14 */
        if (r->order)
            cr_expect(eq(int, r->account, is_policy ? ACCOUNT_OPPORTUNITY : ACCOUNT_AVOIDABLE),
                      "%s", r->card.id);
    }
}

Test(rules, demote_errors_that_are_only_possible)
{
    struct verdict v;
    accuse(&v, rule_card_by_id("304-unsolicited"), "x");
    settle_severity(&v);
    cr_expect(eq(int, v.severity, SEVERITY_ERROR));
    v.confidence = CONFIDENCE_POSSIBLE;
    settle_severity(&v);
    cr_expect(eq(int, v.severity, SEVERITY_WARNING));
    accuse(&v, rule_card_by_id("unstable-etag"), "x");
    demote(&v, "why");
    cr_expect(eq(int, v.severity, SEVERITY_WASTE));
    cr_expect(eq(int, v.confidence, CONFIDENCE_POSSIBLE));
}

Test(rules, call_a_lifetime_short_only_against_what_was_seen)
{
    struct thresholds t = thresholds_default();
    struct pace pace = {.span_s = 10000, .changes = 0, .unchanged = 5};
    cr_expect(pace_is_short(&t, &pace, 5, 100));
    cr_expect(not(pace_is_short(&t, &pace, 250, 100)), "a quarter of the tenth");
    cr_expect(not(pace_is_short(&t, &pace, 5, 1000)), "asked seldom enough");
    pace.changes = 20;
    cr_expect(not(pace_is_short(&t, &pace, 15, 20)), "it changes every 500 s");
    pace = (struct pace){.span_s = 10000, .unchanged = 4};
    cr_expect(not(pace_is_short(&t, &pace, 5, 100)), "too few");
    pace = (struct pace){.span_s = 599, .unchanged = 50};
    cr_expect(not(pace_is_short(&t, &pace, 0, 1)), "too short");
}
