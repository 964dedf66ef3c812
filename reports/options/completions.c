/* SPDX-License-Identifier: MIT */
/*
 * What an option takes is told by the word that --help shows for it: FILE, RULES, WHEN. From that
 * word come the values, which are the same in every shell; below them each shell's own syntax.
 */

#include "reports/options/completions.h"

#include <string.h>

#include "base/attributes.h"
#include "reports/advice/software.h"
#include "reports/exporters.h"
#include "reports/formats/csv.h"

/* ------------------------------------------------------------------ values */

enum kind {
    KIND_ANY,
    KIND_FILE,
    KIND_WORDS,
    KIND_LIST /* parted by commas */,
    KIND_NAMES,
    KIND_IFACE
};

struct values {
    enum kind kind;
    const char *words[256];
    unsigned n;
};

static void add(struct values *values, const char *word)
{
    for (unsigned i = 0; i < values->n; i++)
        if (strcmp(values->words[i], word) == 0)
            return;
    if (values->n < COUNT_OF(values->words))
        values->words[values->n++] = word;
}

static void add_all(struct values *values, const char *const *words)
{
    for (; *words; words++)
        add(values, *words);
}

static void add_rules(struct values *values)
{
    for (unsigned i = 0; rule_card(i); i++)
        add(values, rule_card(i)->group);
    for (unsigned i = 0; rule_card(i); i++)
        add(values, rule_card(i)->id);
}

static void add_formats(struct values *values, unsigned commands)
{
    static const char *const few[] = {"terminal", "json", "markdown", NULL};
    if (!(commands & FOR_REPORT)) {
        add_all(values, few);
        return;
    }
    for (unsigned i = 0; exporter_at(i); i++)
        add(values, exporter_at(i)->name);
}

static void add_thresholds(struct values *values)
{
    struct threshold_row row;
    for (unsigned i = 0; threshold_row(i, &row); i++)
        add(values, row.name);
}

/* Words of the option table that stand for a few values. */
static const struct {
    const char *argument;
    const char *const words[8];
} choices[] = {
    {"WHEN", {"auto", "always", "never"}},
    {"MIN", {"info", "waste", "warning", "error"}},
    {"WHICH", {"findings", "all", "none"}},
    {"LEVEL", {"full", "standard", "strict"}},
    {"HOW", {"auto", "ip", "ip+ua", "forwarded", "none"}},
};

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static void values_of(struct values *values, const struct option_facts *option)
{
    static const char *const files[] = {"FILE", "DB", "DIR", NULL};
    const char *argument = option->argument;
    *values = (struct values){.kind = is_one_of(argument, files) ? KIND_FILE : KIND_ANY};
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        if (strcmp(argument, choices[i].argument) == 0)
            add_all(values, choices[i].words);
    if (strcmp(argument, "FORMAT") == 0)
        add_formats(values, option->commands);
    if (strcmp(argument, "VIEW") == 0)
        for (unsigned i = 0; csv_table(i); i++)
            add(values, csv_table(i));
    if (values->n)
        values->kind = KIND_WORDS;
    if (strcmp(argument, "RULES") == 0) {
        values->kind = KIND_LIST;
        add_rules(values);
    } else if (strcmp(option->name, "software") == 0) {
        values->kind = KIND_LIST;
        for (unsigned i = 0; software_word(i); i++)
            add(values, software_word(i));
    } else if (strcmp(argument, "NAME=VALUE") == 0) {
        values->kind = KIND_NAMES;
        add_thresholds(values);
    } else if (strcmp(argument, "IFACE") == 0) {
        values->kind = KIND_IFACE;
    }
}

/* What the operands of a command are. */
static void operands_of(struct values *values, const struct manual_command *command)
{
    static const char *const without[] = {"live", "rules", "top", NULL};
    *values = (struct values){.kind = is_one_of(command->name, without) ? KIND_ANY : KIND_FILE};
    if (strcmp(command->name, "explain") != 0)
        return;
    values->kind = KIND_WORDS;
    for (unsigned i = 0; rule_card(i); i++)
        add(values, rule_card(i)->id);
}

/* ------------------------------------------------------------------ texts */

/* On one line, with what the shell would read as something else escaped. */
static void put_quoted(FILE *to, const char *text, const char *escaped, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputc(' ', to);
        else if (*text == '\'')
            fputs(quote, to);
        else if (strchr(escaped, *text))
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
}

static void put_words(FILE *to, const struct values *values, const char *suffix)
{
    for (unsigned i = 0; i < values->n; i++)
        fprintf(to, "%s%s%s", i ? " " : "", values->words[i], suffix);
}

static void put_commands(FILE *to, const struct manual_command *commands, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fprintf(to, "%s ", commands[i].name);
    fputs("help", to);
}

/* ------------------------------------------------------------------ bash */

static const char bash_begin[] =
    "# bash completion for wire304                             -*- shell-script -*-\n"
    "# Printed by `wire304 help --completions bash`.\n"
    "\n"
    "_wire304_files()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
    "}\n"
    "\n"
    "# The last of words that are parted by commas.\n"
    "_wire304_list()\n"
    "{\n"
    "    local before=''\n"
    "    [[ $1 == *,* ]] && before=${1%,*},\n"
    "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$2\" -- \"${1##*,}\")\n"
    "}\n"
    "\n"
    "_wire304_words()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$1\")\n"
    "}\n"
    "\n"
    "_wire304()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} "
    "command=${COMP_WORDS[1]}\n"
    "    local rules=";
static const char bash_middle[] = "    # --option=value is three words\n"
                                  "    if [[ $cur == = ]]; then\n"
                                  "        cur=''\n"
                                  "    elif [[ $prev == = ]]; then\n"
                                  "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                                  "    fi\n"
                                  "    COMPREPLY=()\n";

static void bash_values(FILE *to, const struct values *values)
{
    bool is_rules = values->kind == KIND_LIST && strchr(values->words[0], '-');
    switch (values->kind) {
    case KIND_FILE:
        fputs("_wire304_files \"$cur\"", to);
        break;
    case KIND_LIST:
        fputs(is_rules ? "_wire304_list \"$cur\" \"$rules" : "_wire304_list \"$cur\" \"", to);
        if (!is_rules)
            put_words(to, values, "");
        fputs("\"", to);
        break;
    case KIND_NAMES:
        fputs("compopt -o nospace 2>/dev/null; _wire304_words \"$cur\" \"", to);
        put_words(to, values, "=");
        fputs("\"", to);
        break;
    case KIND_IFACE:
        fputs("_wire304_words \"$cur\" \"any $(ls /sys/class/net 2>/dev/null)\"", to);
        break;
    case KIND_WORDS:
        fputs("_wire304_words \"$cur\" \"", to);
        put_words(to, values, "");
        fputs("\"", to);
        break;
    case KIND_ANY:
        fputs(":", to);
        break;
    }
}

/* A case for each option of a command that takes a value. */
static void bash_options(FILE *to, const struct manual_command *command)
{
    struct option_facts option;
    struct values values;
    for (unsigned i = 0; option_facts(i, &option); i++) {
        if (!(option.commands & command->options) || !option.argument)
            continue;
        values_of(&values, &option);
        fprintf(to, "        '%s --%s'", command->name, option.name);
        if (option.letter)
            fprintf(to, " | '%s -%c'", command->name, option.letter);
        fputs(") ", to);
        bash_values(to, &values);
        fputs("; return ;;\n", to);
    }
}

static void bash_operands(FILE *to, const struct manual_command *command)
{
    struct option_facts option;
    struct values values;
    fprintf(to,
            "        %s)\n            if [[ $cur == -* ]]; then\n"
            "                _wire304_words \"$cur\" \"",
            command->name);
    for (unsigned i = 0; option_facts(i, &option); i++)
        if (option.commands & command->options)
            fprintf(to, "--%s ", option.name);
    fputs("\"\n            else\n                ", to);
    operands_of(&values, command);
    bash_values(to, &values);
    fputs("\n            fi\n            ;;\n", to);
}

static void print_bash(FILE *to, const struct manual_command *commands, unsigned n)
{
    struct values rules = {0};
    add_rules(&rules);
    fputs(bash_begin, to);
    fputs("'", to);
    put_words(to, &rules, "");
    fputs("'\n", to);
    fputs(bash_middle, to);
    fputs("    if ((COMP_CWORD == 1)); then\n        _wire304_words \"$cur\" \"", to);
    put_commands(to, commands, n);
    fputs(" --help --version\"\n        return\n    fi\n    case \"$command $prev\" in\n", to);
    for (unsigned i = 0; i < n; i++)
        bash_options(to, &commands[i]);
    fputs("    esac\n    case $command in\n", to);
    for (unsigned i = 0; i < n; i++)
        bash_operands(to, &commands[i]);
    fputs("        help)\n            _wire304_words \"$cur\" \"", to);
    put_commands(to, commands, n);
    fputs("\"\n            ;;\n    esac\n}\ncomplete -F _wire304 wire304\n", to);
}

/* ------------------------------------------------------------------ zsh */

static void zsh_action(FILE *to, const struct values *values)
{
    switch (values->kind) {
    case KIND_FILE:
        fputs("_files", to);
        break;
    case KIND_LIST:
        fputs("_values -s , word ", to);
        put_words(to, values, "");
        break;
    case KIND_NAMES:
        fputs("{compadd -S \"\" ", to);
        put_words(to, values, "=");
        fputs("}", to);
        break;
    case KIND_IFACE:
        fputs("{compadd any /sys/class/net/*(N\\:t)}", to);
        break;
    case KIND_WORDS:
        fputs("(", to);
        put_words(to, values, "");
        fputs(")", to);
        break;
    case KIND_ANY:
        fputs(" ", to);
        break;
    }
}

static void zsh_option(FILE *to, const struct option_facts *option)
{
    struct values values;
    bool repeats = strstr(option->help, "may be repeated") || strcmp(option->name, "set") == 0 ||
                   (option->argument && strcmp(option->argument, "RULES") == 0);
    fputs("                ", to);
    if (option->letter)
        fprintf(to, "%s{-%c%s,--%s%s}'[", repeats ? "'*'" : "", option->letter,
                option->argument ? "+" : "", option->name, option->argument ? "=" : "");
    else
        fprintf(to, "'%s--%s%s[", repeats ? "*" : "", option->name, option->argument ? "=" : "");
    put_quoted(to, option->help, "[]", "'\\''");
    fputs("]", to);
    if (option->argument) {
        values_of(&values, option);
        fprintf(to, ":%s:", option->argument);
        zsh_action(to, &values);
    }
    fputs("' \\\n", to);
}

static void zsh_command(FILE *to, const struct manual_command *command)
{
    struct option_facts option;
    struct values operands;
    fprintf(to, "        %s)\n            _arguments -s -S \\\n", command->name);
    for (unsigned i = 0; option_facts(i, &option); i++)
        if (option.commands & command->options)
            zsh_option(to, &option);
    operands_of(&operands, command);
    fputs("                '*:", to);
    put_quoted(to, command->arguments, ":[]", "'\\''");
    fputs(":", to);
    zsh_action(to, &operands);
    fputs("'\n            ;;\n", to);
}

static void print_zsh(FILE *to, const struct manual_command *commands, unsigned n)
{
    fputs("#compdef wire304\n# Printed by `wire304 help --completions zsh`.\n\n"
          "_wire304()\n{\n    local -a commands=(\n",
          to);
    for (unsigned i = 0; i < n; i++) {
        fprintf(to, "        '%s:", commands[i].name);
        put_quoted(to, commands[i].purpose, ":", "'\\''");
        fputs("'\n", to);
    }
    fputs("        'help:this text, or that of a command'\n    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n"
          "    case $command in\n",
          to);
    for (unsigned i = 0; i < n; i++)
        zsh_command(to, &commands[i]);
    fputs("        help)\n            _describe command commands\n            ;;\n    esac\n}\n\n"
          "if [ \"$funcstack[1]\" = _wire304 ]; then\n    _wire304 \"$@\"\nelse\n"
          "    compdef _wire304 wire304\nfi\n",
          to);
}

/* ------------------------------------------------------------------ fish */

static void fish_values(FILE *to, const struct values *values)
{
    switch (values->kind) {
    case KIND_FILE:
        fputs(" -r -F", to);
        break;
    case KIND_LIST:
        fputs(" -x -a '(__fish_append , ", to);
        put_words(to, values, "");
        fputs(")'", to);
        break;
    case KIND_NAMES:
        fputs(" -x -a '", to);
        put_words(to, values, "=");
        fputs("'", to);
        break;
    case KIND_IFACE:
        fputs(" -x -a 'any (path basename /sys/class/net/*)'", to);
        break;
    case KIND_WORDS:
        fputs(" -x -a '", to);
        put_words(to, values, "");
        fputs("'", to);
        break;
    case KIND_ANY:
        fputs(" -x", to);
        break;
    }
}

static void fish_command(FILE *to, const struct manual_command *command)
{
    struct option_facts option;
    struct values values;
    for (unsigned i = 0; option_facts(i, &option); i++) {
        if (!(option.commands & command->options))
            continue;
        fprintf(to, "complete -c wire304 -n '__fish_seen_subcommand_from %s' -l %s", command->name,
                option.name);
        if (option.letter)
            fprintf(to, " -s %c", option.letter);
        if (option.argument) {
            values_of(&values, &option);
            fish_values(to, &values);
        }
        fputs(" -d '", to);
        put_quoted(to, option.help, "\\", "\\'");
        fputs("'\n", to);
    }
    operands_of(&values, command);
    if (values.kind == KIND_FILE)
        fprintf(to, "complete -c wire304 -n '__fish_seen_subcommand_from %s' -F\n", command->name);
    if (values.kind != KIND_WORDS)
        return;
    fprintf(to, "complete -c wire304 -n '__fish_seen_subcommand_from %s'", command->name);
    fish_values(to, &values);
    fputs("\n", to);
}

static void print_fish(FILE *to, const struct manual_command *commands, unsigned n)
{
    fputs("# Printed by `wire304 help --completions fish`.\n\ncomplete -c wire304 -f\n", to);
    for (unsigned i = 0; i < n; i++) {
        fprintf(to, "complete -c wire304 -n __fish_use_subcommand -a %s -d '", commands[i].name);
        put_quoted(to, commands[i].purpose, "\\", "\\'");
        fputs("'\n", to);
    }
    fputs("complete -c wire304 -n __fish_use_subcommand -a help -d 'this text, or that of a "
          "command'\n"
          "complete -c wire304 -n '__fish_seen_subcommand_from help' -a '",
          to);
    put_commands(to, commands, n);
    fputs("'\n", to);
    for (unsigned i = 0; i < n; i++)
        fish_command(to, &commands[i]);
}

static const struct {
    const char *name;
    void (*print)(FILE *to, const struct manual_command *commands, unsigned n);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

bool completions_print(FILE *to, const char *shell, const struct manual_command *commands,
                       unsigned n)
{
    for (size_t i = 0; i < COUNT_OF(shells); i++) {
        if (strcmp(shells[i].name, shell) != 0)
            continue;
        shells[i].print(to, commands, n);
        return true;
    }
    return false;
}
