/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of rules as a page of the manual (docs/rules.md): `wire304 rules --format
 * markdown`. Rules, guards, flaws and thresholds, each from its own table, so that the page cannot
 * differ.
 */

#include <string.h>

#include "base/attributes.h"
#include "decode/exchange.h"
#include "reports/advice/remedies.h"
#include "reports/formats/markdown.h"
#include "reports/reports.h"

static bool is_first_of_group(unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (strcmp(rule_card(i)->group, rule_card(index)->group) == 0)
            return false;
    return true;
}

/* Calls back for each rule, those of a group together, groups in the order of their first rules. */
static void each_by_group(FILE *to, void (*each)(FILE *to, const struct rule_card *card))
{
    for (unsigned i = 0; rule_card(i); i++)
        for (unsigned j = i; is_first_of_group(i) && rule_card(j); j++)
            if (strcmp(rule_card(i)->group, rule_card(j)->group) == 0)
                each(to, rule_card(j));
}

static void put_index_row(FILE *to, const struct rule_card *card)
{
    fprintf(to, "| [%s](#%s) | %s | %s | ", card->id, card->id, card->group,
            severity_word(card->severity));
    markdown_text(to, card->title);
    fputs(" |\n", to);
}

static void put_fact(FILE *to, const char *name, const char *text)
{
    if (!text)
        return;
    fprintf(to, "| %s | ", name);
    markdown_text(to, text);
    fputs(" |\n", to);
}

static void put_variants(FILE *to, const char *const *variants)
{
    if (!variants || !variants[0])
        return;
    fputs("| variants |", to);
    for (unsigned i = 0; variants[i]; i++)
        fprintf(to, "%s `%s`", i ? "," : "", variants[i]);
    fputs(" |\n", to);
}

static void put_remedies(FILE *to, const char *rule)
{
    bool first = true;
    for (unsigned i = 0; remedy_at(i); i++) {
        const struct remedy *remedy = remedy_at(i);
        if (strcmp(remedy->rule, rule) != 0)
            continue;
        fputs(first ? "\n" : "", to);
        first = false;
        fprintf(to, "- **%s**%s%s%s: ", software_name(remedy->software),
                *remedy->since ? " since " : "", remedy->since, remedy_doubt(remedy));
        markdown_text(to, remedy->text);
        fputc('\n', to);
    }
}

static void put_card(FILE *to, const struct rule_card *card)
{
    fprintf(to, "\n### %s\n\n", card->id);
    markdown_text(to, card->title);
    fputs("\n\n| | |\n|---|---|\n", to);
    put_fact(to, "severity", severity_word(card->severity));
    put_fact(to, "norm", norm_word(card->norm));
    put_fact(to, "section", card->section);
    put_fact(to, "formerly", card->formerly);
    put_fact(to, "party", card->party);
    put_fact(to, "group", card->group);
    put_variants(to, card->variants);
    fputs("\n**What it means.** ", to);
    markdown_text(to, card->means);
    fputs("\n\n**What to do.** ", to);
    markdown_text(to, card->remedy);
    fputc('\n', to);
    put_remedies(to, card->id);
}

static void put_word(FILE *to, const char *word, const char *text)
{
    fprintf(to, "| `%s` | ", word);
    markdown_text(to, text);
    fputs(" |\n", to);
}

static void put_guards(FILE *to)
{
    static const struct {
        const char *word, *text;
    } guards[] = {
#define GUARD_ROW(name, word, text) {word, text},
#include "analysis/guards.def"
#undef GUARD_ROW
    };
    fputs(
        "\n## Guards\n\nWhat may withhold a rule from an exchange: the column `guard` of the view "
        "`checks`, and what `wire304 rules --why DB` counts.\n\n| guard | why |\n|---|---|\n",
        to);
    for (unsigned i = 0; i < COUNT_OF(guards); i++)
        put_word(to, guards[i].word, guards[i].text);
}

static void put_flaws(FILE *to)
{
    fputs("\n## Flaws\n\nWhat can be wrong with an exchange, or with our view of it: the words of "
          "the column `flaws` of the view `exchanges`.\n\n| flaw | what it says |\n|---|---|\n",
          to);
    for (unsigned bit = 0; flaw_word(bit); bit++)
        put_word(to, flaw_word(bit), flaw_text(bit));
}

static void put_thresholds(FILE *to)
{
    struct threshold_row row;
    fputs("\n## Thresholds\n\nEach is set with `--set NAME=VALUE`, or by a line `NAME = VALUE` of "
          "a `--config` file.\n\n| name | default | unit | what it is for |\n|---|---|---|---|\n",
          to);
    for (unsigned i = 0; threshold_row(i, &row); i++) {
        fprintf(to, "| `%s` | %lld | %s | ", row.name, (long long)row.value, row.unit);
        markdown_text(to, row.text);
        fputs(" |\n", to);
    }
}

void catalogue_markdown(FILE *to)
{
    fputs("<!-- printed by `wire304 rules --format markdown`; `cmake --build BUILD --target "
          "rules-doc` prints it anew -->\n"
          "# The rules\n\n"
          "Severity is what a rule says before any demotion; [verdicts.md](verdicts.md) tells how "
          "evidence weakens it. `wire304 explain RULE` prints one of these cards. Remedies were "
          "applied to the real software by a test, after which the finding was gone, but for those "
          "marked as not tried.\n\n"
          "| rule | group | severity | what is wrong |\n|---|---|---|---|\n",
          to);
    each_by_group(to, put_index_row);
    fputs("\n## Cards\n", to);
    each_by_group(to, put_card);
    put_guards(to);
    put_flaws(to);
    put_thresholds(to);
}
