/* SPDX-License-Identifier: MIT */
/* The catalogue of rules in print: from the rows of analysis alone, so that it cannot differ. */

#include <inttypes.h>
#include <string.h>

#include "reports/advice/remedies.h"
#include "reports/audit/audit.h"
#include "reports/formats/page.h"
#include "reports/options/values.h"

static void print_card_line(const struct page *page, const struct rule_card *card)
{
    const char *severity = severity_word(card->severity);
    page_put(page, STYLE_PLAIN, "  ");
    page_put(page, style_of_severity(severity), "%-8s", severity);
    page_put(page, STYLE_PLAIN, " %-30s ", card->id);
    page_wrap(page, STYLE_PLAIN, 42, 42, card->title);
}

void catalogue_print(FILE *to, const struct summary_options *options)
{
    struct page page = page_of(to, options);
    unsigned n = 0;
    while (rule_card(n))
        n++;
    page_put(&page, STYLE_PLAIN,
             "%u rules. `wire304 explain RULE` prints what one means, and what to "
             "do about it.\n",
             n);
    for (unsigned i = 0; i < n; i++) { /* each group where its first rule stands */
        const struct rule_card *card = rule_card(i);
        bool seen = false;
        for (unsigned j = 0; j < i; j++)
            seen |= strcmp(rule_card(j)->group, card->group) == 0;
        if (seen)
            continue;
        page_heading(&page, card->group);
        for (unsigned j = i; j < n; j++)
            if (strcmp(rule_card(j)->group, card->group) == 0)
                print_card_line(&page, rule_card(j));
    }
}

void catalogue_flaws(FILE *to, const struct summary_options *options)
{
    struct page page = page_of(to, options);
    for (unsigned bit = 0; flaw_word(bit); bit++) {
        page_put(&page, STYLE_BOLD, "  %-26s", flaw_word(bit));
        page_wrap(&page, STYLE_PLAIN, 28, 28, flaw_text(bit));
    }
}

static const char *rule_name(unsigned index)
{
    const struct rule_card *card = rule_card(index);
    return card ? card->id : NULL;
}

static void print_fact(const struct page *page, const char *name, const char *text)
{
    if (!text)
        return;
    page_put(page, STYLE_DIM, "  %-12s", name);
    page_wrap(page, STYLE_PLAIN, 14, 14, text);
}

/* The remedies of a rule, of all software or of those in the set alone. */
static void print_remedies(const struct page *page, const char *rule, uint64_t set)
{
    bool first = true, untried = false;
    for (unsigned i = 0; remedy_at(i); i++) {
        const struct remedy *remedy = remedy_at(i);
        if (strcmp(remedy->rule, rule) != 0 || !(set >> remedy->software & 1))
            continue;
        if (first)
            page_heading(page, "In the software at hand");
        first = false;
        untried |= !remedy->tried;
        page_put(page, STYLE_BOLD, "  %s", software_name(remedy->software));
        page_put(page, STYLE_DIM, "%s%s%s\n", *remedy->since ? ", since " : "", remedy->since,
                 remedy_doubt(remedy));
        page_put(page, STYLE_PLAIN, "    ");
        page_wrap(page, STYLE_PLAIN, 4, 4, remedy->text);
    }
    if (first && set != UINT64_MAX)
        page_put(page, STYLE_DIM, "\n  No remedy of this software is known beyond that.\n");
    if (untried)
        page_put(page, STYLE_DIM,
                 "\n  Not tried: written by the manual, applied to no server of ours.\n");
}

bool catalogue_explain(const char *rule, uint64_t software, FILE *to,
                       const struct summary_options *options, struct error *error)
{
    struct page page = page_of(to, options);
    const struct rule_card *card = rule_card_by_id(rule);
    if (!card) {
        const char *near = nearest_name(rule, rule_name);
        return error_set(error, ERROR_USAGE, "there is no rule '%s'%s%s%s", rule,
                         near ? "; is '" : "; `wire304 rules` lists them", near ? near : "",
                         near ? "' meant?" : "");
    }
    page_put(&page, STYLE_BOLD, "%s\n", card->id);
    page_put(&page, STYLE_PLAIN, "  ");
    page_wrap(&page, STYLE_PLAIN, 2, 2, card->title);
    page_put(&page, STYLE_PLAIN, "\n");
    print_fact(&page, "severity", severity_word(card->severity));
    print_fact(&page, "norm", norm_word(card->norm));
    print_fact(&page, "section", card->section);
    print_fact(&page, "formerly", card->formerly);
    print_fact(&page, "party", card->party);
    print_fact(&page, "group", card->group);
    for (unsigned i = 0; card->variants && card->variants[i]; i++)
        print_fact(&page, i ? "" : "variants", card->variants[i]);
    page_heading(&page, "What it means");
    page_put(&page, STYLE_PLAIN, "  ");
    page_wrap(&page, STYLE_PLAIN, 2, 2, card->means);
    page_heading(&page, "What to do");
    page_put(&page, STYLE_PLAIN, "  ");
    page_wrap(&page, STYLE_PLAIN, 2, 2, card->remedy);
    print_remedies(&page, card->id, software ? software : UINT64_MAX);
    return true;
}

/* One rule of `wire304 rules --why`: how often it passed and fired, and what withheld it. */
static void print_why(const struct page *page, struct audit *audit, const struct rule_card *card)
{
    uint64_t passed = 0, fired = 0;
    char number[32], other[32];
    struct query query = query_begin(
        audit, "SELECT rule, outcome, guard, exchanges FROM checks ORDER BY exchanges DESC, guard");
    bool withheld = false;
    page_put(page, STYLE_PLAIN, "  %-30s ", card->id);
    struct query sums = query_begin(audit, "SELECT rule, outcome, sum(exchanges) FROM checks "
                                           "GROUP BY rule, outcome");
    while (query_next(&sums)) {
        if (strcmp(query_word(&sums, 0), card->id) != 0)
            continue;
        if (strcmp(query_word(&sums, 1), "passed") == 0)
            passed = (uint64_t)query_number(&sums, 2);
        if (strcmp(query_word(&sums, 1), "fired") == 0)
            fired = (uint64_t)query_number(&sums, 2);
    }
    if (passed + fired == 0)
        page_put(page, STYLE_YELLOW, "not checked");
    else
        page_put(page, STYLE_PLAIN, "%s examined", number_text(passed + fired, number));
    if (fired)
        page_put(page, STYLE_RED, ", %s fired", number_text(fired, other));
    while (query_next(&query)) {
        if (strcmp(query_word(&query, 0), card->id) != 0 ||
            strcmp(query_word(&query, 1), "withheld") != 0)
            continue;
        page_put(page, STYLE_DIM, "%s%s \303\227 %s", withheld ? ", " : "; withheld ",
                 number_text((uint64_t)query_number(&query, 3), number), query_word(&query, 2));
        withheld = true;
    }
    page_put(page, STYLE_PLAIN, "\n");
}

bool catalogue_why(const char *path, FILE *to, const struct summary_options *options,
                   struct error *error)
{
    struct page page = page_of(to, options);
    struct audit audit;
    if (!audit_open(&audit, path, error))
        return false;
    page_put(
        &page, STYLE_PLAIN,
        "What each rule examined. A rule that examined nothing was not checked, which is not the\n"
        "same as passed; the guards that withheld one are named as in the manual.\n\n");
    for (unsigned i = 0; rule_card(i); i++)
        print_why(&page, &audit, rule_card(i));
    return audit_close(&audit, error);
}
