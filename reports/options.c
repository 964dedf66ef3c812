/* SPDX-License-Identifier: MIT */
/*
 * The table of options, and how each is understood. A file given with --config holds the same
 * names, one a line, and thresholds by their names; what stands on the command line comes after it
 * and wins.
 */

#include "reports/options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "reports/csv.h"
#include "reports/json.h"
#include "reports/metrics_server.h"
#include "reports/software.h"
#include "reports/values.h"

struct option_row {
    const char *name;
    char letter;          /* 0: none */
    unsigned commands;    /* set of enum command_bit */
    bool in_config;       /* may stand in a --config file */
    const char *argument; /* NULL: takes none */
    bool (*set)(struct options *options, const char *value, struct error *error);
    const char *help; /* lines parted by \n */
};

static bool wrong(struct error *error, const char *option, const char *value, const char *wants)
{
    return error_set(error, ERROR_USAGE, "--%s '%s': %s", option, value, wants);
}

static void list_add(struct text_list *list, const char *text)
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

static const char *rule_name(unsigned index)
{
    const struct rule_card *card = rule_card(index);
    return card ? card->id : NULL;
}

static const char *threshold_name(unsigned index)
{
    struct threshold_row row;
    return threshold_row(index, &row) ? row.name : NULL;
}

/* ------------------------------------------------------------------ what each option does */

static bool set_output(struct options *options, const char *value, struct error *error)
{
    options->output = value;
    return *value || wrong(error, "output", value, "a file name is wanted");
}

static bool set_format(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->format = value;
    return true;
}

static bool set_table(struct options *options, const char *value, struct error *error)
{
    options->table = value;
    return csv_has_table(value) ||
           wrong(error, "table", value,
                 "a view is wanted: issues, findings, exchanges, waste_by_host, ...");
}

static bool set_why(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->why = value;
    return true;
}

/* Comma-separated words of software.def. */
static bool set_software(struct options *options, const char *value, struct error *error)
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

static bool set_flaws(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->flaws = true;
}

static bool set_help(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->help = true;
}

static bool set_quiet(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->quiet = true;
}

static bool set_no_progress(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->no_progress = true;
}

static bool set_force(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->force = true;
}

static bool set_color(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    int i = word_index(words, value);
    options->color = (enum color_choice)i;
    return i >= 0 || wrong(error, "color", value, "auto, always or never is wanted");
}

static bool set_filter(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->filter = value;
    return true;
}

static bool set_host(struct options *options, const char *value, struct error *error)
{
    list_add(&options->hosts, value);
    return *value || wrong(error, "host", value, "a host name, an address or a pattern is wanted");
}

static bool add_pattern(struct text_list *list, const char *option, const char *value,
                        struct error *error)
{
    list_add(list, value);
    return *value || wrong(error, option, value, "a pattern is wanted");
}

static bool set_report_host(struct options *options, const char *value, struct error *error)
{
    return add_pattern(&options->selection.hosts, "host", value, error);
}

static bool set_url(struct options *options, const char *value, struct error *error)
{
    return add_pattern(&options->selection.urls, "url", value, error);
}

static bool set_client(struct options *options, const char *value, struct error *error)
{
    return add_pattern(&options->selection.clients, "client", value, error);
}

static bool set_top(struct options *options, const char *value, struct error *error)
{
    return value_number(value, 1, INT64_MAX, &options->selection.top) ||
           wrong(error, "top", value, "a number from 1 on is wanted");
}

static bool set_leave_out(struct options *options, const char *value, struct error *error)
{
    list_add(&options->left_out, value);
    return *value ||
           wrong(error, "leave-out", value, "a host name, an address or a pattern is wanted");
}

static const char *const role_words[] = {"", "origin", "proxy", "cdn", "client", NULL};

/* "proxy=10.0.0.0/8,192.0.2.7"; a config file may write a space for the "=". */
static bool set_role(struct options *options, const char *value, struct error *error)
{
    char word[8];
    size_t length = strcspn(value, "= ");
    snprintf(word, sizeof word, "%.*s", (int)length, value);
    int role = word_index(role_words, word);
    if (role < ROLE_ORIGIN || !value[length])
        return wrong(error, "role", value, "origin=, proxy=, cdn= or client= is wanted first");
    struct slice rest = slice_of_text(value + length + 1);
    while (!slice_is_absent(rest))
        if (!roles_add(&options->roles, slice_cut(&rest, ','), (enum role)role))
            return wrong(error, "role", value,
                         "addresses or networks are wanted: 192.0.2.7,10.0.0.0/8,2001:db8::/32");
    return true;
}

static bool set_price(struct options *options, const char *value, struct error *error)
{
    double number;
    const char *unit;
    options->price = value;
    return price_read(value, &number, &unit) ||
           wrong(error, "price", value, "what a gigabyte costs is wanted: 0.09 or '0.09 EUR'");
}

static bool set_accept(struct options *options, const char *value, struct error *error)
{
    return acceptances_read(&options->accepted, value, error);
}

static bool set_time(struct time_limit *limit, const char *option, const char *value,
                     struct error *error)
{
    limit->given = true;
    limit->text = value;
    return value_time(value, &limit->ns, &limit->relative) ||
           wrong(error, option, value,
                 "a time is wanted: 2026-11-22T10:00:00Z, seconds since the epoch, or +90s");
}

static bool set_from(struct options *options, const char *value, struct error *error)
{
    return set_time(&options->from, "from", value, error);
}

static bool set_until(struct options *options, const char *value, struct error *error)
{
    return set_time(&options->until, "until", value, error);
}

static bool set_since(struct options *options, const char *value, struct error *error)
{
    return set_time(&options->selection.since, "since", value, error);
}

static bool set_report_until(struct options *options, const char *value, struct error *error)
{
    return set_time(&options->selection.until, "until", value, error);
}

static bool set_keylog(struct options *options, const char *value, struct error *error)
{
    (void)options, (void)value;
    return error_set(error, ERROR_USAGE,
                     "--keylog: this version of wire304 cannot decrypt TLS; without the option, "
                     "encrypted traffic is counted in the coverage");
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
    list_add(&options->owned, copy);
    while ((pattern = strsep(&rest, ","))) {
        if (matches_any_rule(pattern)) {
            list_add(list, pattern);
            continue;
        }
        const char *near = nearest_name(pattern, rule_name);
        return error_set(error, ERROR_USAGE, "--%s: there is no rule '%s'%s%s%s", option, pattern,
                         near ? "; is '" : "; `wire304 rules` lists them", near ? near : "",
                         near ? "' meant?" : "");
    }
    return true;
}

static bool set_only(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->only, "only", value, error);
}

static bool set_skip(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->skip, "skip", value, error);
}

static bool set_rule(struct options *options, const char *value, struct error *error)
{
    return set_rules(options, &options->selection.rules, "rule", value, error);
}

static const char *const severities[] = {"info", "waste", "warning", "error", NULL};

static bool set_severity(struct options *options, const char *value, struct error *error)
{
    int i = word_index(severities, value);
    options->severity = options->selection.least = (enum severity)i;
    return i >= 0 || wrong(error, "severity", value, "info, waste, warning or error is wanted");
}

static bool set_jobs(struct options *options, const char *value, struct error *error)
{
    return value_number(value, 1, 64, &options->jobs) ||
           wrong(error, "jobs", value, "a number from 1 to 64 is wanted");
}

static bool set_threshold_value(struct options *options, const char *name, const char *value,
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
    char names[400] = "";
    for (unsigned i = 0; threshold_name(i); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 threshold_name(i));
    return error_set(error, ERROR_USAGE, "there is no threshold '%s'; there are %s", name, names);
}

static bool set_threshold(struct options *options, const char *value, struct error *error)
{
    const char *equals = strchr(value, '=');
    if (!equals)
        return wrong(error, "set", value, "NAME=VALUE is wanted");
    char *name = xstrdup(value);
    name[equals - value] = '\0';
    bool done = set_threshold_value(options, name, equals + 1, error);
    free(name);
    return done;
}

static bool set_config(struct options *options, const char *value, struct error *error);

static bool set_window(struct options *options, const char *value, struct error *error)
{
    return value_duration(value, &options->window_ns) ||
           wrong(error, "window", value, "a duration is wanted: 90s, 30m, 1h, 7d");
}

static bool set_heads(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {"findings", "all", "none", NULL};
    int i = word_index(words, value);
    options->heads = (enum heads_policy)i;
    return i >= 0 || wrong(error, "heads", value, "findings, all or none is wanted");
}

static const char *const client_keys[] = {"auto", "ip", "ip+ua", "forwarded", "none", NULL};

static bool set_client_key(struct options *options, const char *value, struct error *error)
{
    int i = word_index(client_keys, value);
    options->client_key = (enum client_key)i;
    return i >= 0 ||
           wrong(error, "client-key", value, "auto, ip, ip+ua, forwarded or none is wanted");
}

static bool set_privacy(struct options *options, const char *value, struct error *error)
{
    unsigned level = 0;
    while (privacy_word(level) && strcmp(privacy_word(level), value) != 0)
        level++;
    options->privacy = (enum privacy_level)level;
    return privacy_word(level) ||
           wrong(error, "privacy", value, "full, standard or strict is wanted");
}

static bool set_redact(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->redact = true;
}

static bool set_redact_key(struct options *options, const char *value, struct error *error)
{
    options->redact_key = value;
    return set_redact(options, value, error);
}

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
static bool set_compare_fail_on(struct options *options, const char *value, struct error *error)
{
    struct compare_fail_on *fail_on = &options->compare_fail_on;
    bool is_new = strncmp(value, "new", 3) == 0;
    size_t length = is_new ? 3 : strncmp(value, "remaining", 9) == 0 ? 9 : 0;
    int least = value[length] == '-' ? word_index(severities, value + length + 1) : 0;
    if (length == 0 || least < 0 || (value[length] && value[length] != '-'))
        return wrong(error, "fail-on", value,
                     "new or remaining is wanted, or with a severity, such as new-error");
    bool *asked = is_new ? &fail_on->on_new : &fail_on->on_remaining;
    enum severity *kept = is_new ? &fail_on->least_new : &fail_on->least_remaining;
    if (!*asked || (enum severity)least < *kept)
        *kept = (enum severity)least;
    return *asked = true;
}

static bool set_fail_on(struct options *options, const char *value, struct error *error)
{
    static const char avoidable[] = "avoidable>";
    struct fail_on *fail_on = &options->fail_on;
    if (strncmp(value, "new", 3) == 0 || strncmp(value, "remaining", 9) == 0)
        return set_compare_fail_on(options, value, error);
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
    return wrong(error, "fail-on", value,
                 "error, warning, 'avoidable>5%' or 'avoidable>10MB' is wanted");
}

static bool set_baseline(struct options *options, const char *value, struct error *error)
{
    options->baseline = value;
    return *value || wrong(error, "baseline", value, "an earlier audit is wanted");
}

static bool set_min_exercised(struct options *options, const char *value, struct error *error)
{
    return value_number(value, 1, INT64_MAX, &options->min_exercised) ||
           wrong(error, "min-exercised", value, "a number from 1 on is wanted");
}

static bool set_memory(struct options *options, const char *value, struct error *error)
{
    return (value_size(value, &options->memory) && options->memory >= 1 << 20) ||
           wrong(error, "memory", value, "a size from 1MiB on is wanted: 512MiB, 2G");
}

static bool set_interface(struct options *options, const char *value, struct error *error)
{
    list_add(&options->interfaces, value);
    return *value || wrong(error, "interface", value, "the name of an interface is wanted");
}

static bool set_duration(struct options *options, const char *value, struct error *error)
{
    return (value_duration(value, &options->duration_ns) && options->duration_ns > 0) ||
           wrong(error, "duration", value, "a duration is wanted: 90s, 30m, 1h, 7d");
}

static bool set_count(struct options *options, const char *value, struct error *error)
{
    return value_number(value, 1, INT64_MAX, &options->count) ||
           wrong(error, "count", value, "a number of packets from 1 on is wanted");
}

static bool set_rotate(struct options *options, const char *value, struct error *error)
{
    return (value_duration(value, &options->rotate_ns) && options->rotate_ns >= 1000000000) ||
           wrong(error, "rotate", value, "a duration from one second on is wanted: 1h, 1d");
}

static bool set_keep(struct options *options, const char *value, struct error *error)
{
    return (value_duration(value, &options->keep_ns) && options->keep_ns >= 1000000000) ||
           wrong(error, "keep", value, "a duration from one second on is wanted: 12h, 7d");
}

static bool set_max_db(struct options *options, const char *value, struct error *error)
{
    return (value_size(value, &options->max_db) && options->max_db >= 4 << 20) ||
           wrong(error, "max-db", value, "a size from 4MiB on is wanted: 4G");
}

static bool set_packets(struct options *options, const char *value, struct error *error)
{
    options->packets = value;
    return *value || wrong(error, "packets", value, "the name of a folder is wanted");
}

static bool set_packets_max(struct options *options, const char *value, struct error *error)
{
    return (value_size(value, &options->packets_max) && options->packets_max >= 1 << 20) ||
           wrong(error, "packets-max", value, "a size from 1MiB on is wanted: 20G");
}

static bool set_buffer(struct options *options, const char *value, struct error *error)
{
    return (value_size(value, &options->buffer) && options->buffer >= 1 << 20 &&
            options->buffer <= 1 << 30) ||
           wrong(error, "buffer", value, "a size from 1MiB to 1GiB is wanted");
}

static bool set_snaplen(struct options *options, const char *value, struct error *error)
{
    return (value_size(value, &options->snaplen) && options->snaplen >= 64 &&
            options->snaplen <= 262144) ||
           wrong(error, "snaplen", value, "a number of octets from 64 to 262144 is wanted");
}

static bool set_one_station(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->one_station = true;
}

static bool set_with_credentials(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->with_credentials = true;
}

static bool set_heads_only(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->heads_only = true;
}

static bool set_no_sandbox(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->no_sandbox = true;
}

static bool set_metrics(struct options *options, const char *value, struct error *error)
{
    options->metrics = value;
    return metrics_address_check(value, error);
}

static bool set_ndjson(struct options *options, const char *value, struct error *error)
{
    options->ndjson = value;
    return *value || wrong(error, "ndjson", value, "a file is wanted, or - for standard output");
}

static bool set_plain(struct options *options, const char *value, struct error *error)
{
    (void)value, (void)error;
    return options->plain = true;
}

static bool set_user(struct options *options, const char *value, struct error *error)
{
    options->user = value;
    return *value || wrong(error, "user", value, "the name of a user is wanted");
}

/* ------------------------------------------------------------------ the table */

// clang-format off
static const struct option_row rows[] = {
    {"output", 'o', FOR_AUDIT | FOR_REPORT | FOR_COMPARE | FOR_EVIDENCE, false, "FILE", set_output,
     "where the result goes (analyze: FIRST-INPUT.wire304.db in this folder)"},
    {"force", 0, FOR_AUDIT, false, NULL, set_force,
     "replace a file that is no database of wire304"},
    {"format", 0, FOR_REPORT, false, "FORMAT", set_format,
     "terminal (the default), html, json, ndjson, csv, markdown, har or\ntrace"},
    {"format", 0, FOR_COMPARE, false, "FORMAT", set_format,
     "terminal (the default), json or markdown"},
    {"min-exercised", 0, FOR_COMPARE, false, "N", set_min_exercised,
     "an issue that is gone is fixed if its URLs were exercised so often (20)"},
    {"fail-on", 0, FOR_COMPARE, false, "WHAT", set_compare_fail_on,
     "exit 1 on issues that are: new, new-error, new-warning, new-waste,\nremaining, remaining-error, ...; may be repeated"},
    {"format", 0, FOR_RULES, false, "FORMAT", set_format,
     "terminal (the default), json or markdown"},
    {"table", 0, FOR_REPORT, false, "VIEW", set_table,
     "of csv: issues (the default), findings, exchanges, waste_by_host or\nany other view of the database"},
    {"why", 0, FOR_RULES, false, "DB", set_why,
     "what each rule examined in that audit, and what withheld it"},
    {"software", 0, FOR_EXPLAIN, false, "NAMES", set_software,
     "only the remedies of this software: nginx,rails"},
    {"flaws", 0, FOR_RULES, false, NULL, set_flaws,
     "the words of the column `flaws`, explained"},

    {"with-credentials", 0, FOR_EVIDENCE, false, NULL, set_with_credentials,
     "leave Cookie, Set-Cookie, Authorization and Proxy-Authorization as they\nwere sent; else each secret becomes letters that tell nothing"},

    {"heads-only", 0, FOR_EVIDENCE, false, NULL, set_heads_only,
     "leave bodies out, as a capture with cut packets would: what rests on\nheads alone is still found in it"},

    {"interface", 'i', FOR_LIVE, true, "IFACE", set_interface,
     "where to listen: eth0, or any; may be repeated"},
    {"duration", 0, FOR_LIVE, true, "DURATION", set_duration,
     "stop after so long: 90s, 30m, 1h, 7d"},
    {"count", 0, FOR_LIVE, true, "N", set_count,
     "stop after so many packets"},
    {"rotate", 0, FOR_LIVE, true, "DURATION", set_rotate,
     "a new database so often, with the time (UTC) in its name: 1h, 1d;\nSIGHUP begins one at once"},
    {"keep", 0, FOR_LIVE, true, "DURATION", set_keep,
     "let exchanges, findings and heads go when they are older: 12h, 7d;\ntotals, issues and hours keep what they came to"},
    {"max-db", 0, FOR_LIVE, true, "SIZE", set_max_db,
     "let the oldest go where the database would become larger: 4G"},
    {"packets", 0, FOR_LIVE, true, "DIR", set_packets,
     "keep the latest packets there as pcapng files, so that `wire304 evidence`\nhas them; they hold everything that was sent, credentials too"},
    {"packets-max", 0, FOR_LIVE, true, "SIZE", set_packets_max,
     "octets of these files (1G): the oldest goes"},
    {"buffer", 0, FOR_LIVE, true, "SIZE", set_buffer,
     "the kernel's ring for each interface (64MiB): more survives longer bursts"},
    {"snaplen", 0, FOR_LIVE, true, "OCTETS", set_snaplen,
     "octets kept of each packet (262144); a cut body cannot be compared"},
    {"no-promiscuous", 0, FOR_LIVE, true, NULL, set_one_station,
     "only frames to and from this machine"},
    {"user", 0, FOR_LIVE, true, "NAME", set_user,
     "whom to become once the interface is open (who called sudo, else the\nowner of the database's folder, else nobody)"},
    {"plain", 0, FOR_LIVE, true, NULL, set_plain,
     "no full-screen view on a terminal, but a line"},
    {"metrics", 0, FOR_LIVE, true, "[ADDRESS:]PORT", set_metrics,
     "serve metrics for Prometheus at http://ADDRESS:PORT/metrics\n(ADDRESS: 127.0.0.1)"},
    {"ndjson", 0, FOR_LIVE, true, "FILE", set_ndjson,
     "add each finding to this file or pipe as it is made, a line of JSON;\n- is standard output, which then has no summary"},
    {"no-sandbox", 0, FOR_LIVE, true, NULL, set_no_sandbox,
     "keep privileges, files and system calls: an error in the parser is then\nas powerful as whoever started wire304"},

    {"filter", 0, FOR_AUDIT, true, "BPF", set_filter,
     "only packets that match, as tcpdump writes it: 'port 8080'\n(live: TCP, its fragments and tunnels, QUIC; '' is everything)"},
    {"host", 0, FOR_AUDIT, true, "GLOB", set_host,
     "only exchanges whose host, server or client address matches;\nmay be repeated: *.example.org, 10.1.*"},
    {"leave-out", 0, FOR_AUDIT, true, "GLOB", set_leave_out,
     "not the exchanges that match, by the same; may be repeated"},
    {"role", 0, FOR_AUDIT, true, "ROLE=ADDRESSES", set_role,
     "what addresses and networks are: origin=192.0.2.7, proxy=10.1.0.0/16,\ncdn=..., client=... (never an intermediary, whatever it sends)"},
    {"from", 0, FOR_AUDIT, true, "TIME", set_from,
     "only packets from then on: 2026-11-22T10:00:00Z, seconds since the\nepoch, or +90s after the first packet (live: after the start)"},
    {"until", 0, FOR_AUDIT, true, "TIME", set_until,
     "only packets up to then (live: ends then)"},
    {"keylog", 0, FOR_AUDIT, true, "FILE", set_keylog,
     "TLS secrets (this version cannot decrypt yet)"},

    {"only", 0, FOR_AUDIT, true, "RULES", set_only,
     "only these rules or groups: 304-*,unconditional-refetch"},
    {"skip", 0, FOR_AUDIT, true, "RULES", set_skip,
     "not these"},
    {"set", 0, FOR_AUDIT, false, "NAME=VALUE", set_threshold,
     "a threshold of the rules (listed below)"},
    {"window", 0, FOR_AUDIT, true, "DURATION", set_window,
     "how long an accusation may wait for what confirms it, in the\ncapture's time (1h)"},
    {"client-key", 0, FOR_AUDIT, true, "HOW", set_client_key,
     "who is taken for one client: auto, ip, ip+ua, forwarded, none"},

    {"severity", 0, FOR_AUDIT | FOR_REPORT, true, "MIN", set_severity,
     "shows findings from here on: info (the default), waste, warning,\nerror; the database has all"},
    {"fail-on", 0, FOR_AUDIT, true, "WHAT", set_fail_on,
     "exit 1 on: error, warning, 'avoidable>5%', 'avoidable>10MB'\n(certain and likely together); may be repeated"},
    {"accept", 0, FOR_AUDIT, true, "FILE", set_accept,
     "issues that are known and lived with, a line each: KEY UNTIL REASON;\nshown as accepted, and nothing to --fail-on"},
    {"price", 0, FOR_AUDIT | FOR_REPORT, true, "AMOUNT", set_price,
     "what a gigabyte costs: '0.09 EUR'; of a report, for the format html"},
    {"baseline", 0, FOR_ANALYZE, true, "DB", set_baseline,
     "compare with an earlier audit: what was fixed, what is new; --fail-on\nthen takes new, new-error, remaining-error, ... too"},
    {"heads", 0, FOR_AUDIT, true, "WHICH", set_heads,
     "heads kept in the database, without credentials: findings, all, none"},
    {"privacy", 0, FOR_AUDIT, true, "LEVEL", set_privacy,
     "what of people is written down: full (the default); standard, no values\nof queries; strict, no addresses and tags either (docs/privacy.md)"},
    {"redact", 0, FOR_REPORT | FOR_EVIDENCE, false, NULL, set_redact,
     "addresses, values of queries, tags and User-Agents as pseudonyms, the\nsame for the same throughout: to be handed on"},
    {"redact-key", 0, FOR_REPORT | FOR_EVIDENCE, true, "FILE", set_redact_key,
     "--redact with the key in FILE, made if it is not there: the same\npseudonyms in all that is made with it; keep it to yourself"},

    {"host", 0, FOR_REPORT, false, "GLOB", set_report_host,
     "only exchanges with this host, or server address; may be repeated:\n*.example.org, 10.1.*"},
    {"url", 0, FOR_REPORT, false, "GLOB", set_url,
     "only these URLs, or targets as they were sent; may be repeated:\n'*/assets/*', '/api/*'"},
    {"client", 0, FOR_REPORT, false, "GLOB", set_client,
     "only these clients: an address, or who the request says it is for;\nmay be repeated"},
    {"rule", 0, FOR_REPORT, false, "RULES", set_rule,
     "only findings of these rules or groups: 304-*,unconditional-refetch"},
    {"since", 0, FOR_REPORT, false, "TIME", set_since,
     "only exchanges that began then or later: 2026-11-22T10:00:00Z,\nseconds since the epoch, or +90s after the first packet"},
    {"until", 0, FOR_REPORT, false, "TIME", set_report_until,
     "only exchanges that began then or before"},
    {"top", 0, FOR_REPORT | FOR_COMPARE, false, "N", set_top,
     "at most so many rows of each list, the worst first"},

    {"client", 0, FOR_FORGET, false, "GLOB", set_client,
     "whom: an address, a client_key, or who the request says it is for;\nmay be repeated"},
    {"jobs", 0, FOR_AUDIT, true, "N", set_jobs,
     "threads at work: 1, 2 (default, where there are two processors), 3;\nmore find no work, but live shares an interface between as many rings,\nup to 16; never changes the result"},
    {"memory", 0, FOR_AUDIT, true, "SIZE", set_memory,
     "about as much for connections and modelled caches, such as 512MiB"},
    {"config", 0, FOR_AUDIT, false, "FILE", set_config,
     "options and thresholds from a file: NAME = VALUE, # begins a comment"},
    {"color", 0, FOR_ALL, true, "WHEN", set_color,
     "auto, always, never; NO_COLOR is honoured"},
    {"no-progress", 0, FOR_AUDIT, true, NULL, set_no_progress,
     "no progress bar; live: no view and no line on a terminal, but a line a minute"},
    {"quiet", 'q', FOR_AUDIT | FOR_EVIDENCE | FOR_FORGET, true, NULL, set_quiet,
     "print nothing when all goes well"},
    {"help", 'h', FOR_ALL, false, NULL, set_help,
     "this text"},
};
// clang-format on

static const char *row_name(unsigned index)
{
    return index < COUNT_OF(rows) ? rows[index].name : NULL;
}

static const struct option_row *row_by_name(const char *name)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* ------------------------------------------------------------------ --config */

/* The line without comment and outer white space, in place. */
static char *trimmed(char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *comment = line;
    while ((comment = strchr(comment, '#'))) {
        if (comment == line || octet_is_ows((uint8_t)comment[-1])) {
            *comment = '\0';
            break;
        }
        comment++;
    }
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n && octet_is_ows((uint8_t)line[n - 1]); n--)
        line[n - 1] = '\0';
    return line;
}

/* The option that a line of a file may set: another command may have one of the same name. */
static const struct option_row *setting_by_name(const char *name)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].in_config && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool apply_setting(struct options *options, char *line, struct error *error)
{
    char *equals = strchr(line, '=');
    if (equals)
        *equals = '\0';
    char *name = trimmed(line), *value = equals ? trimmed(equals + 1) : NULL;
    const struct option_row *row = setting_by_name(name);
    if (row) {
        if (!row->argument && (!value || strcmp(value, "yes") == 0))
            return row->set(options, NULL, error);
        if (row->argument && value)
            return row->set(options, value, error);
        return error_set(error, ERROR_USAGE,
                         row->argument ? "%s needs a value" : "%s takes no value", name);
    }
    if (!value)
        return error_set(error, ERROR_USAGE, "NAME = VALUE is wanted");
    return set_threshold_value(options, name, value, error);
}

static bool apply_line(struct options *options, const char *file, unsigned number, char *text,
                       struct error *error)
{
    char *copy = xstrdup(trimmed(text));
    list_add(&options->owned, copy);
    struct error inner;
    if (*copy == '\0' || apply_setting(options, copy, &inner))
        return true;
    return error_set(error, ERROR_USAGE, "%s, line %u: %s", file, number, inner.text);
}

static bool set_config(struct options *options, const char *value, struct error *error)
{
    FILE *file = fopen(value, "re");
    if (!file)
        return error_set(error, ERROR_USAGE, "cannot read %s: %s", value, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    for (unsigned n = 1; good && getline(&line, &size, file) >= 0; n++)
        good = apply_line(options, value, n, line, error);
    if (good && ferror(file))
        good = error_set(error, ERROR_USAGE, "cannot read %s: %s", value, strerror(errno));
    free(line);
    fclose(file);
    return good;
}

/* ------------------------------------------------------------------ the command line */

/* The table as getopt_long() wants it: the index of a row plus 256 is what it returns. */
static void getopt_tables(enum command_bit command, struct option *longs, char *letters)
{
    *letters++ = ':'; /* tell a missing argument from an unknown option */
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        if (!(rows[i].commands & command))
            continue;
        *longs++ = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
                                   NULL, (int)i + 256};
        if (rows[i].letter) {
            *letters++ = rows[i].letter;
            if (rows[i].argument)
                *letters++ = ':';
        }
    }
    *longs = (struct option){0};
    *letters = '\0';
}

static const struct option_row *row_of(int returned)
{
    if (returned >= 256)
        return &rows[returned - 256];
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].letter == returned)
            return &rows[i];
    return NULL;
}

/* What getopt_long() did not like, in one line. `word` is the argument that it stopped at. */
static bool refuse(int returned, const char *word, struct error *error)
{
    char name[64];
    const struct option_row *row = optopt ? row_of(optopt) : NULL;
    if (returned == ':' && row)
        return error_set(error, ERROR_USAGE, "--%s needs a value: %s", row->name, row->argument);
    if (row && row->letter != optopt)
        return error_set(error, ERROR_USAGE, "--%s takes no value", row->name);
    if (optopt)
        return error_set(error, ERROR_USAGE, "there is no option -%c here", optopt);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *near = nearest_name(name, row_name);
    if (row_by_name(name))
        return error_set(error, ERROR_USAGE, "--%s is no option of this command", name);
    return error_set(error, ERROR_USAGE, "there is no option --%s%s%s%s", name,
                     near ? "; is --" : "", near ? near : "", near ? " meant?" : "");
}

/* Runs over argv once: in the first pass only --config is applied, in the second all the others. */
static bool pass(struct options *options, enum command_bit command, int argc, char **argv,
                 bool config, struct error *error)
{
    struct option longs[COUNT_OF(rows) + 1];
    char letters[2 * COUNT_OF(rows) + 2];
    getopt_tables(command, longs, letters);
    optind = 0;
    opterr = 0;
    for (;;) {
        int returned = getopt_long(argc, argv, letters, longs, NULL);
        if (returned == -1)
            break;
        if (returned == '?' || returned == ':')
            return refuse(returned, argv[optind - 1], error);
        const struct option_row *row = row_of(returned);
        if ((row->set == set_config) == config && !row->set(options, optarg, error))
            return false;
    }
    options->operands = (const char *const *)argv + optind;
    options->n_operands = (size_t)(argc - optind);
    return true;
}

/* Only times of one kind can be told apart already. */
static bool lies_after(const struct time_limit *one, const struct time_limit *other)
{
    return one->given && other->given && one->relative == other->relative && one->ns > other->ns;
}

/* Threads: more than two gain too little to be taken unasked. */
static int64_t two_if_there_are(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1 ? 2 : 1;
}

bool options_parse(struct options *options, enum command_bit command, int argc, char **argv,
                   struct error *error)
{
    struct analysis_options defaults = analysis_options_default();
    *options = (struct options){
        .format = "terminal",
        .table = "issues",
        .min_exercised = 20,
        .packets_max = 1000000000,
        .jobs = two_if_there_are(),
        .thresholds = thresholds_default(),
        .window_ns = defaults.window_ns,
        .client_key = defaults.client_key,
        .fail_on.avoidable_percent = -1,
    };
    if (!pass(options, command, argc, argv, true, error) ||
        !pass(options, command, argc, argv, false, error))
        return false;
    if (lies_after(&options->from, &options->until))
        return error_set(error, ERROR_USAGE, "--from lies after --until");
    if ((command & FOR_AUDIT) && !options->baseline &&
        (options->compare_fail_on.on_new || options->compare_fail_on.on_remaining))
        return error_set(error, ERROR_USAGE,
                         "--fail-on new, remaining: since when? --baseline DB "
                         "names an earlier audit");
    if (lies_after(&options->selection.since, &options->selection.until))
        return error_set(error, ERROR_USAGE, "--since lies after --until");
    return true;
}

static void list_fini(struct text_list *list)
{
    free(list->items);
    *list = (struct text_list){0};
}

void options_fini(struct options *options)
{
    for (size_t i = 0; i < options->owned.n; i++)
        free((void *)(uintptr_t)options->owned.items[i]);
    list_fini(&options->owned);
    list_fini(&options->hosts);
    list_fini(&options->left_out);
    roles_fini(&options->roles);
    acceptances_fini(&options->accepted);
    list_fini(&options->interfaces);
    list_fini(&options->only);
    list_fini(&options->skip);
    list_fini(&options->selection.hosts);
    list_fini(&options->selection.urls);
    list_fini(&options->selection.clients);
    list_fini(&options->selection.rules);
}

/* One option, its help in a column of its own. */
static void print_row(FILE *to, const struct option_row *row)
{
    char left[64], letter[8] = "    ";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    for (const char *help = row->help; help;) {
        int length = (int)strcspn(help, "\n");
        fprintf(to, "  %-25s %.*s\n", left, length, help);
        left[0] = '\0';
        help = help[length] ? help + length + 1 : NULL;
    }
}

void options_print(FILE *to, enum command_bit command)
{
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].commands & command)
            print_row(to, &rows[i]);
    if (!(command & FOR_AUDIT))
        return;
    fprintf(to, "\nThresholds (--set NAME=VALUE):\n");
    struct threshold_row row;
    for (unsigned i = 0; threshold_row(i, &row); i++)
        fprintf(to, "  %-25s %lld %s: %s\n", row.name, (long long)row.value, row.unit, row.text);
}

bool option_facts(unsigned index, struct option_facts *facts)
{
    if (index >= COUNT_OF(rows))
        return false;
    const struct option_row *row = &rows[index];
    *facts = (struct option_facts){row->name, row->letter, row->commands, row->argument, row->help};
    return true;
}

/* ------------------------------------------------------------------ for the database */

static json_t *json_list(const struct text_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, json_text(slice_of_text(list->items[i])));
    return array;
}

static void json_put_list(json_t *object, const char *name, const struct text_list *list)
{
    if (list->n)
        json_object_set_new(object, name, json_list(list));
}

static void json_put_time(json_t *object, const char *name, const struct time_limit *limit)
{
    if (limit->given)
        json_object_set_new(object, name, json_text(slice_of_text(limit->text)));
}

static void json_put_roles(json_t *object, const struct roles *roles)
{
    char address[46], network[64];
    if (roles->n == 0)
        return;
    json_t *array = json_array();
    for (size_t i = 0; i < roles->n; i++) {
        const struct role_of_network *row = &roles->networks[i];
        snprintf(network, sizeof network, "%s/%u", address_text(&row->network, address), row->bits);
        json_t *entry = json_object();
        json_object_set_new(entry, "network", json_string(network));
        json_object_set_new(entry, "role", json_string(role_words[row->role]));
        json_array_append_new(array, entry);
    }
    json_object_set_new(object, "roles", array);
}

char *options_json(const struct options *options)
{
    json_t *object = json_object();
    if (options->filter)
        json_object_set_new(object, "filter", json_text(slice_of_text(options->filter)));
    json_put_list(object, "host", &options->hosts);
    json_put_list(object, "leave_out", &options->left_out);
    json_put_roles(object, &options->roles);
    json_put_time(object, "from", &options->from);
    json_put_time(object, "until", &options->until);
    json_put_list(object, "only", &options->only);
    json_put_list(object, "skip", &options->skip);
    json_object_set_new(object, "client_key", json_string(client_keys[options->client_key]));
    if (options->privacy != PRIVACY_FULL)
        json_object_set_new(object, "privacy", json_string(privacy_word(options->privacy)));
    json_object_set_new(object, "window_s", json_real((double)options->window_ns / 1e9));
    if (options->memory)
        json_object_set_new(object, "memory", json_integer((json_int_t)options->memory));
    return json_finish(object);
}

char *thresholds_json(const struct thresholds *thresholds)
{
    json_t *object = json_object();
    for (unsigned i = 0; threshold_name(i); i++)
        json_object_set_new(object, threshold_name(i),
                            json_integer(threshold_value(thresholds, i)));
    return json_finish(object);
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
