/* SPDX-License-Identifier: MIT */
/*
 * What the values of options mean that are more than a text, a number, a size or a time.
 */

#include "reports/options/option_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/advice/software.h"
#include "reports/formats/csv.h"
#include "reports/live/metrics_server.h"
#include "reports/options/values.h"

bool option_wrong(struct error *error, const char *option, const char *value, const char *wants)
{
    return error_set(error, ERROR_USAGE, "--%s '%s': %s", option, value, wants);
}

void text_list_add(struct text_list *list, const char *text)
{
    list->items = xrealloc(list->items, (list->n + 1) * sizeof *list->items);
    list->items[list->n++] = text;
}

/* Index of `value` in a list of words that ends in NULL, or -1. */
static int word_index(const char *const *words, const char *value)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    return -1;
}

/* ---- words ---- */

bool option_set_color(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    int i = word_index(words, value);
    options->color = (enum color_choice)i;
    return i >= 0 || option_wrong(error, "color", value, "auto, always or never is wanted");
}

static const char *const severities[] = {"info", "waste", "warning", "error", NULL};

bool option_set_severity(struct options *options, const char *value, struct error *error)
{
    int i = word_index(severities, value);
    options->severity = options->selection.least = (enum severity)i;
    return i >= 0 ||
           option_wrong(error, "severity", value, "info, waste, warning or error is wanted");
}

bool option_set_heads(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {"findings", "all", "none", NULL};
    int i = word_index(words, value);
    options->heads = (enum heads_policy)i;
    return i >= 0 || option_wrong(error, "heads", value, "findings, all or none is wanted");
}

static const char *const client_keys[] = {"auto", "ip", "ip+ua", "forwarded", "none", NULL};

bool option_set_client_key(struct options *options, const char *value, struct error *error)
{
    int i = word_index(client_keys, value);
    options->client_key = (enum client_key)i;
    return i >= 0 ||
           option_wrong(error, "client-key", value, "auto, ip, ip+ua, forwarded or none is wanted");
}

const char *client_key_word(enum client_key key)
{
    return client_keys[key];
}

bool option_set_privacy(struct options *options, const char *value, struct error *error)
{
    unsigned level = 0;
    while (privacy_word(level) && strcmp(privacy_word(level), value) != 0)
        level++;
    options->privacy = (enum privacy_level)level;
    return privacy_word(level) ||
           option_wrong(error, "privacy", value, "full, standard or strict is wanted");
}

bool option_set_table(struct options *options, const char *value, struct error *error)
{
    options->table = value;
    return csv_has_table(value) ||
           option_wrong(error, "table", value,
                        "a view is wanted: issues, findings, exchanges, waste_by_host, ...");
}

/* Comma-separated words of software.def. */
bool option_set_software(struct options *options, const char *value, struct error *error)
{
    struct slice rest = slice_of_text(value);
    while (!slice_is_absent(rest)) {
        struct slice word = slice_cut(&rest, ',');
        enum software software = software_by_word(word);
        if (software == SOFTWARES) {
            char names[SOFTWARE_TEXT];
            return error_set(error, ERROR_USAGE, "--software: '" SLICE_FMT "' is none of %s",
                             SLICE_ARG(word), software_words(UINT64_MAX, names));
        }
        options->software |= UINT64_C(1) << software;
    }
    return true;
}

/* ---- addresses, prices, files ---- */

static const char *const role_words[] = {"", "origin", "proxy", "cdn", "client", NULL};

/* "proxy=10.0.0.0/8,192.0.2.7"; a config file may write a space for the "=". */
bool option_set_role(struct options *options, const char *value, struct error *error)
{
    char word[8];
    size_t length = strcspn(value, "= ");
    snprintf(word, sizeof word, "%.*s", (int)length, value);
    int role = word_index(role_words, word);
    if (role < ROLE_ORIGIN || !value[length])
        return option_wrong(error, "role", value,
                            "origin=, proxy=, cdn= or client= is wanted first");
    struct slice rest = slice_of_text(value + length + 1);
    while (!slice_is_absent(rest))
        if (!roles_add(&options->roles, slice_cut(&rest, ','), (enum role)role))
            return option_wrong(
                error, "role", value,
                "addresses or networks are wanted: 192.0.2.7,10.0.0.0/8,2001:db8::/32");
    return true;
}

const char *role_word(enum role role)
{
    return role_words[role];
}

bool option_set_price(struct options *options, const char *value, struct error *error)
{
    double number;
    const char *unit;
    options->price = value;
    return price_read(value, &number, &unit) ||
           option_wrong(error, "price", value,
                        "what a gigabyte costs is wanted: 0.09 or '0.09 EUR'");
}

bool option_set_accept(struct options *options, const char *value, struct error *error)
{
    return acceptances_read(&options->accepted, value, error);
}

bool option_set_metrics(struct options *options, const char *value, struct error *error)
{
    options->metrics = value;
    return metrics_address_check(value, error);
}

bool option_set_redact_key(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->redact_key = value;
    return options->redact = true;
}

bool option_set_keylog(struct options *options, const char *value, struct error *error)
{
    (void)options, (void)value;
    return error_set(error, ERROR_USAGE,
                     "--keylog: this version of wire304 cannot decrypt TLS; without the option, "
                     "encrypted traffic is counted in the coverage");
}

/* ---- rules ---- */

static const char *rule_name(unsigned index)
{
    const struct rule_card *card = rule_card(index);
    return card ? card->id : NULL;
}

static bool rule_matches(const char *pattern, const struct rule_card *card)
{
    return glob_matches(pattern, slice_of_text(card->id)) ||
           glob_matches(pattern, slice_of_text(card->group));
}

static bool matches_any_rule(const char *pattern)
{
    for (unsigned i = 0; rule_card(i); i++)
        if (rule_matches(pattern, rule_card(i)))
            return true;
    return false;
}

/* Comma-separated patterns of rule ids or groups, each of which must match something. */
static bool set_rules(struct options *options, struct text_list *list, const char *option,
                      const char *value, struct error *error)
{
    char *copy = xstrdup(value), *rest = copy, *pattern;
    text_list_add(&options->owned, copy);
    while ((pattern = strsep(&rest, ","))) {
        if (matches_any_rule(pattern)) {
            text_list_add(list, pattern);
            continue;
        }
        const char *near = nearest_name(pattern, rule_name);
        return error_set(error, ERROR_USAGE, "--%s: there is no rule '%s'%s%s%s", option, pattern,
                         near ? "; is '" : "; `wire304 rules` lists them", near ? near : "",
                         near ? "' meant?" : "");
    }
    return true;
}

bool option_set_only(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->only, "only", value, error);
}

bool option_set_skip(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->skip, "skip", value, error);
}

bool option_set_rule(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->selection.rules, "rule", value, error);
}

static bool any_matches(const struct text_list *patterns, const struct rule_card *rule)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (rule_matches(patterns->items[i], rule))
            return true;
    return false;
}

bool options_rule_enabled(void *context, const struct rule_card *rule)
{
    const struct options *options = context;
    return (options->only.n == 0 || any_matches(&options->only, rule)) &&
           !any_matches(&options->skip, rule);
}

/* ---- thresholds ---- */

static const char *threshold_name(unsigned index)
{
    struct threshold_row row;
    return threshold_row(index, &row) ? row.name : NULL;
}

bool option_set_threshold_value(struct options *options, const char *name, const char *value,
                                struct error *error)
{
    int64_t number;
    if (!value_number(value, INT64_MIN, INT64_MAX, &number))
        return error_set(error, ERROR_USAGE, "threshold %s: '%s' is no whole number", name, value);
    if (thresholds_set(&options->thresholds, name, number))
        return true;
    for (unsigned i = 0; threshold_name(i); i++)
        if (strcmp(threshold_name(i), name) == 0)
            return error_set(error, ERROR_USAGE, "threshold %s: %s is out of range", name, value);
    const char *near = nearest_name(name, threshold_name);
    return near ? error_set(error, ERROR_USAGE, "there is no threshold '%s'; is '%s' meant?", name,
                            near)
                : error_set(error, ERROR_USAGE,
                            "there is no threshold '%s'; `wire304 help analyze` lists them", name);
}

bool option_set_threshold(struct options *options, const char *value, struct error *error)
{
    const char *equals = strchr(value, '=');
    if (!equals)
        return option_wrong(error, "set", value, "NAME=VALUE is wanted");
    char *name = xstrdup(value);
    name[equals - value] = '\0';
    bool done = option_set_threshold_value(options, name, equals + 1, error);
    free(name);
    return done;
}

/* ---- what makes exit 1 ---- */

static bool set_fail_on_avoidable(struct fail_on *fail_on, const char *value)
{
    char number[32];
    size_t length = strlen(value);
    if (length < 2 || length >= sizeof number || value[length - 1] != '%') {
        fail_on->avoidable_bytes_given = true;
        return value_size(value, &fail_on->avoidable_bytes);
    }
    memcpy(number, value, length - 1);
    number[length - 1] = '\0';
    if (strspn(number, "0123456789.") != length - 1)
        return false;
    char *end;
    fail_on->avoidable_percent = strtod(number, &end);
    return *end == '\0' && fail_on->avoidable_percent <= 100;
}

/* "new", "new-error", "remaining-warning". */
bool option_set_compare_fail_on(struct options *options, const char *value, struct error *error)
{
    struct compare_fail_on *fail_on = &options->compare_fail_on;
    bool is_new = strncmp(value, "new", 3) == 0;
    size_t length = is_new ? 3 : strncmp(value, "remaining", 9) == 0 ? 9 : 0;
    int least = value[length] == '-' ? word_index(severities, value + length + 1) : 0;
    if (length == 0 || least < 0 || (value[length] && value[length] != '-'))
        return option_wrong(error, "fail-on", value,
                            "new or remaining is wanted, or with a severity, such as new-error");
    bool *asked = is_new ? &fail_on->on_new : &fail_on->on_remaining;
    enum severity *kept = is_new ? &fail_on->least_new : &fail_on->least_remaining;
    if (!*asked || (enum severity)least < *kept)
        *kept = (enum severity)least;
    return *asked = true;
}

bool option_set_fail_on(struct options *options, const char *value, struct error *error)
{
    static const char avoidable[] = "avoidable>";
    struct fail_on *fail_on = &options->fail_on;
    if (strncmp(value, "new", 3) == 0 || strncmp(value, "remaining", 9) == 0)
        return option_set_compare_fail_on(options, value, error);
    bool is_error = strcmp(value, "error") == 0;
    if (is_error || strcmp(value, "warning") == 0) {
        enum severity severity = is_error ? SEVERITY_ERROR : SEVERITY_WARNING;
        if (!fail_on->severity_given || severity < fail_on->severity)
            fail_on->severity = severity;
        return fail_on->severity_given = true;
    }
    if (strncmp(value, avoidable, sizeof avoidable - 1) == 0 &&
        set_fail_on_avoidable(fail_on, value + sizeof avoidable - 1))
        return true;
    return option_wrong(error, "fail-on", value,
                        "error, warning, 'avoidable>5%' or 'avoidable>10MB' is wanted");
}
