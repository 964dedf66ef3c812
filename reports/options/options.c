/* SPDX-License-Identifier: MIT */
/*
 * The table of options, and how it is applied (option_values.c: values that are more than a
 * number). A file given with --config holds the same names, one a line, and thresholds by their
 * names; what stands on the command line comes after it and wins.
 */

#include "reports/options/options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/options/option_values.h"
#include "reports/options/values.h"

enum option_kind {
    KIND_FLAG,
    KIND_TEXT,
    KIND_LIST,
    KIND_NUMBER,
    KIND_SIZE,
    KIND_DURATION,
    KIND_TIME,
    KIND_OWN
};

struct option_row {
    const char *name;
    char letter;          /* 0: none */
    unsigned commands;    /* set of enum command_bit */
    bool in_config;       /* may stand in a --config file */
    const char *argument; /* NULL: takes none */
    struct option_value {
        enum option_kind kind;
        size_t at;            /* of the field in struct options */
        uint64_t least, most; /* number, octets, ns */
        const char *wants;    /* what is wanted in place of a wrong one; NULL: any text will do */
        bool (*own)(struct options *options, const char *value, struct error *error);
    } value;
    const char *help; /* lines parted by \n */
};

/* Where a field lies, if it has that type. */
#define AT(field, type)                                                                            \
    _Generic(((struct options *)0)->field, type : offsetof(struct options, field))
#define VALUE(k, field, type, ...)                                                                 \
    {                                                                                              \
        .kind = KIND_##k, .at = AT(field, type), __VA_ARGS__                                       \
    }
#define FLAG(field)                VALUE(FLAG, field, bool, .wants = NULL)
#define TEXT(field, w)             VALUE(TEXT, field, const char *, .wants = w)
#define LIST(field, w)             VALUE(LIST, field, struct text_list, .wants = w)
#define NUMBER(field, from, to, w) VALUE(NUMBER, field, int64_t, from, to, w)
#define SIZE(field, from, to, w)   VALUE(SIZE, field, uint64_t, from, to, w)
#define DURATION(field, from, w)   VALUE(DURATION, field, int64_t, from, INT64_MAX, w)
#define TIME(field)                VALUE(TIME, field, struct time_limit, .wants = A_TIME)
#define OWN(setter)                                                                                \
    {                                                                                              \
        .kind = KIND_OWN, .own = setter                                                            \
    }

#define MIB        (UINT64_C(1) << 20)
#define SECOND     UINT64_C(1000000000)
#define A_HOST     "a host name, an address or a pattern is wanted"
#define A_DURATION "a duration is wanted: 90s, 30m, 1h, 7d"
#define A_TIME     "a time is wanted: 2026-11-22T10:00:00Z, seconds since the epoch, or +90s"

static bool set_config(struct options *options, const char *value, struct error *error);

/* ------------------------------------------------------------------ the table */

// clang-format off
static const struct option_row rows[] = {
    {"output", 'o', FOR_ANALYZE, false, "FILE", TEXT(output, "a file name is wanted"),
     "the database; else FIRST-INPUT.wire304.db, in the folder wire304 was started in"},
    {"output", 'o', FOR_LIVE, false, "FILE", TEXT(output, "a file name is wanted"),
     "the database; else wire304-IFACE.wire304.db, in the folder wire304 was started in"},
    {"output", 'o', FOR_REPORT | FOR_COMPARE | FOR_EVIDENCE, false, "FILE", TEXT(output, "a file name is wanted"),
     "where the result goes; else to standard output"},
    {"force", 0, FOR_AUDIT, false, NULL, FLAG(force),
     "replace a file that is no database of wire304"},
    {"format", 0, FOR_REPORT, false, "FORMAT", TEXT(format, NULL),
     "terminal (the default), html, json, ndjson, csv, markdown, har or\ntrace"},
    {"format", 0, FOR_COMPARE, false, "FORMAT", TEXT(format, NULL),
     "terminal (the default), json or markdown"},
    {"min-exercised", 0, FOR_COMPARE, false, "N", NUMBER(min_exercised, 1, INT64_MAX, "a number from 1 on is wanted"),
     "an issue that is gone is fixed if its URLs were exercised so often (20)"},
    {"fail-on", 0, FOR_COMPARE, false, "WHAT", OWN(option_set_compare_fail_on),
     "exit 1 on issues that are: new, new-error, new-warning, new-waste,\nremaining, remaining-error, ...; may be repeated"},
    {"format", 0, FOR_RULES, false, "FORMAT", TEXT(format, NULL),
     "terminal (the default), json or markdown"},
    {"table", 0, FOR_REPORT, false, "VIEW", OWN(option_set_table),
     "of csv: issues (the default), findings, exchanges, waste_by_host or\nany other view of the database"},
    {"why", 0, FOR_RULES, false, "DB", TEXT(why, NULL),
     "what each rule examined in that audit, and what withheld it"},
    {"software", 0, FOR_EXPLAIN, false, "NAMES", OWN(option_set_software),
     "only the remedies of this software: nginx,rails"},
    {"flaws", 0, FOR_RULES, false, NULL, FLAG(flaws),
     "the words of the column `flaws`, explained"},

    {"with-credentials", 0, FOR_EVIDENCE, false, NULL, FLAG(with_credentials),
     "leave Cookie, Set-Cookie, Authorization and Proxy-Authorization as they\nwere sent; else each secret becomes letters that tell nothing"},

    {"heads-only", 0, FOR_EVIDENCE, false, NULL, FLAG(heads_only),
     "leave bodies out, as a capture with cut packets would: what rests on\nheads alone is still found in it"},

    {"interface", 'i', FOR_LIVE, true, "IFACE", LIST(interfaces, "the name of an interface is wanted"),
     "where to listen: eth0, or any; may be repeated"},
    {"duration", 0, FOR_LIVE, true, "DURATION", DURATION(duration_ns, 1, A_DURATION),
     "stop after so long: 90s, 30m, 1h, 7d"},
    {"count", 0, FOR_LIVE, true, "N", NUMBER(count, 1, INT64_MAX, "a number of packets from 1 on is wanted"),
     "stop after so many packets"},
    {"rotate", 0, FOR_LIVE, true, "DURATION", DURATION(rotate_ns, SECOND, "a duration from one second on is wanted: 1h, 1d"),
     "a new database so often, with the time (UTC) in its name: 1h, 1d;\nSIGHUP begins one at once"},
    {"keep", 0, FOR_LIVE, true, "DURATION", DURATION(keep_ns, SECOND, "a duration from one second on is wanted: 12h, 7d"),
     "let exchanges, findings and heads go when they are older: 12h, 7d;\ntotals, issues and hours keep what they came to"},
    {"max-db", 0, FOR_LIVE, true, "SIZE", SIZE(max_db, 4 * MIB, UINT64_MAX, "a size from 4MiB on is wanted: 4G"),
     "let the oldest go where the database would become larger: 4G"},
    {"packets", 0, FOR_LIVE, true, "DIR", TEXT(packets, "the name of a folder is wanted"),
     "keep the latest packets there as pcapng files, so that `wire304 evidence`\nhas them; they hold everything that was sent, credentials too"},
    {"packets-max", 0, FOR_LIVE, true, "SIZE", SIZE(packets_max, MIB, UINT64_MAX, "a size from 1MiB on is wanted: 20G"),
     "octets of these files (1G): the oldest goes"},
    {"buffer", 0, FOR_LIVE, true, "SIZE", SIZE(buffer, MIB, 1024 * MIB, "a size from 1MiB to 1GiB is wanted"),
     "the kernel's ring for each interface (64MiB): more survives longer bursts"},
    {"snaplen", 0, FOR_LIVE, true, "OCTETS", SIZE(snaplen, 64, 262144, "a number of octets from 64 to 262144 is wanted"),
     "octets kept of each packet (262144); a cut body cannot be compared"},
    {"no-promiscuous", 0, FOR_LIVE, true, NULL, FLAG(one_station),
     "only frames to and from this machine"},
    {"user", 0, FOR_LIVE, true, "NAME", TEXT(user, "the name of a user is wanted"),
     "whom to become once the interface is open (who called sudo, else the\nowner of the database's folder, else nobody)"},
    {"plain", 0, FOR_LIVE, true, NULL, FLAG(plain),
     "no full-screen view on a terminal, but a line"},
    {"metrics", 0, FOR_LIVE, true, "[ADDRESS:]PORT", OWN(option_set_metrics),
     "serve metrics for Prometheus at http://ADDRESS:PORT/metrics\n(ADDRESS: 127.0.0.1)"},
    {"ndjson", 0, FOR_LIVE, true, "FILE", TEXT(ndjson, "a file is wanted, or - for standard output"),
     "add each finding to this file or pipe as it is made, a line of JSON;\n- is standard output, which then has no summary"},
    {"no-sandbox", 0, FOR_LIVE, true, NULL, FLAG(no_sandbox),
     "keep privileges, files and system calls: an error in the parser is then\nas powerful as whoever started wire304"},

    {"filter", 0, FOR_AUDIT, true, "BPF", TEXT(filter, NULL),
     "only packets that match, as tcpdump writes it: 'port 8080'\n(live: TCP, its fragments and tunnels, QUIC; '' is everything)"},
    {"host", 0, FOR_AUDIT, true, "GLOB", LIST(hosts, A_HOST),
     "only exchanges whose host, server or client address matches;\nmay be repeated: *.example.org, 10.1.*"},
    {"leave-out", 0, FOR_AUDIT, true, "GLOB", LIST(left_out, A_HOST),
     "not the exchanges that match, by the same; may be repeated"},
    {"role", 0, FOR_AUDIT, true, "ROLE=ADDRESSES", OWN(option_set_role),
     "what addresses and networks are: origin=192.0.2.7, proxy=10.1.0.0/16,\ncdn=..., client=... (never an intermediary, whatever it sends)"},
    {"from", 0, FOR_AUDIT, true, "TIME", TIME(from),
     "only packets from then on: 2026-11-22T10:00:00Z, seconds since the\nepoch, or +90s after the first packet (live: after the start)"},
    {"until", 0, FOR_AUDIT, true, "TIME", TIME(until),
     "only packets up to then (live: ends then)"},
    {"keylog", 0, FOR_AUDIT, true, "FILE", OWN(option_set_keylog),
     "TLS secrets (this version cannot decrypt yet)"},

    {"only", 0, FOR_AUDIT, true, "RULES", OWN(option_set_only),
     "only these rules or groups: 304-*,unconditional-refetch"},
    {"skip", 0, FOR_AUDIT, true, "RULES", OWN(option_set_skip),
     "not these"},
    {"set", 0, FOR_AUDIT, false, "NAME=VALUE", OWN(option_set_threshold),
     "a threshold of the rules (listed below)"},
    {"window", 0, FOR_AUDIT, true, "DURATION", DURATION(window_ns, 0, A_DURATION),
     "how long an accusation may wait for what confirms it, in the\ncapture's time (1h)"},
    {"client-key", 0, FOR_AUDIT, true, "HOW", OWN(option_set_client_key),
     "who is taken for one client: auto, ip, ip+ua, forwarded, none"},

    {"severity", 0, FOR_AUDIT | FOR_REPORT, true, "MIN", OWN(option_set_severity),
     "shows findings from here on: info (the default), waste, warning,\nerror; the database has all"},
    {"fail-on", 0, FOR_AUDIT, true, "WHAT", OWN(option_set_fail_on),
     "exit 1 on: error, warning, 'avoidable>5%', 'avoidable>10MB'\n(certain and likely together); may be repeated"},
    {"accept", 0, FOR_AUDIT, true, "FILE", OWN(option_set_accept),
     "issues that are known and lived with, a line each: KEY UNTIL REASON;\nshown as accepted, and nothing to --fail-on"},
    {"price", 0, FOR_AUDIT | FOR_REPORT, true, "AMOUNT", OWN(option_set_price),
     "what a gigabyte costs: '0.09 EUR'; of a report, for the format html"},
    {"baseline", 0, FOR_ANALYZE, true, "DB", TEXT(baseline, "an earlier audit is wanted"),
     "compare with an earlier audit: what was fixed, what is new; --fail-on\nthen takes new, new-error, remaining-error, ... too"},
    {"heads", 0, FOR_AUDIT, true, "WHICH", OWN(option_set_heads),
     "heads kept in the database, without credentials: findings, all, none"},
    {"privacy", 0, FOR_AUDIT, true, "LEVEL", OWN(option_set_privacy),
     "what of people is written down: full (the default); standard, no values\nof queries; strict, no addresses and tags either (docs/privacy.md)"},
    {"redact", 0, FOR_REPORT | FOR_EVIDENCE, false, NULL, FLAG(redact),
     "addresses, values of queries, tags and User-Agents as pseudonyms, the\nsame for the same throughout: to be handed on"},
    {"redact-key", 0, FOR_REPORT | FOR_EVIDENCE, true, "FILE", OWN(option_set_redact_key),
     "--redact with the key in FILE, made if it is not there: the same\npseudonyms in all that is made with it; keep it to yourself"},

    {"host", 0, FOR_REPORT, false, "GLOB", LIST(selection.hosts, "a pattern is wanted"),
     "only exchanges with this host, or server address; may be repeated:\n*.example.org, 10.1.*"},
    {"url", 0, FOR_REPORT, false, "GLOB", LIST(selection.urls, "a pattern is wanted"),
     "only these URLs, or targets as they were sent; may be repeated:\n'*/assets/*', '/api/*'"},
    {"client", 0, FOR_REPORT, false, "GLOB", LIST(selection.clients, "a pattern is wanted"),
     "only these clients: an address, or who the request says it is for;\nmay be repeated"},
    {"rule", 0, FOR_REPORT, false, "RULES", OWN(option_set_rule),
     "only findings of these rules or groups: 304-*,unconditional-refetch"},
    {"since", 0, FOR_REPORT, false, "TIME", TIME(selection.since),
     "only exchanges that began then or later: 2026-11-22T10:00:00Z,\nseconds since the epoch, or +90s after the first packet"},
    {"until", 0, FOR_REPORT, false, "TIME", TIME(selection.until),
     "only exchanges that began then or before"},
    {"top", 0, FOR_REPORT | FOR_COMPARE, false, "N", NUMBER(selection.top, 1, INT64_MAX, "a number from 1 on is wanted"),
     "at most so many rows of each list, the worst first"},

    {"client", 0, FOR_FORGET, false, "GLOB", LIST(selection.clients, "a pattern is wanted"),
     "whom: an address, a client_key, or who the request says it is for;\nmay be repeated"},
    {"jobs", 0, FOR_AUDIT, true, "N", NUMBER(jobs, 1, 64, "a number from 1 to 64 is wanted"),
     "threads at work: 1, 2 (default, where there are two processors), 3;\nmore find no work, but live shares an interface between as many rings,\nup to 16; never changes the result"},
    {"memory", 0, FOR_AUDIT, true, "SIZE", SIZE(memory, MIB, UINT64_MAX, "a size from 1MiB on is wanted: 512MiB, 2G"),
     "about as much for connections and modelled caches, such as 512MiB"},
    {"config", 0, FOR_AUDIT, false, "FILE", OWN(set_config),
     "options and thresholds from a file: NAME = VALUE, # begins a comment"},
    {"color", 0, FOR_ALL, true, "WHEN", OWN(option_set_color),
     "auto, always, never; NO_COLOR is honoured"},
    {"no-progress", 0, FOR_AUDIT, true, NULL, FLAG(no_progress),
     "no progress bar; live: no view and no line on a terminal, but a line a minute"},
    {"quiet", 'q', FOR_AUDIT | FOR_EVIDENCE | FOR_FORGET, true, NULL, FLAG(quiet),
     "print nothing when all goes well"},
    {"help", 'h', FOR_ALL, false, NULL, FLAG(help),
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

static bool take_duration(const char *text, const struct option_value *value, int64_t *ns)
{
    return value_duration(text, ns) && (uint64_t)*ns >= value->least;
}

static bool take_size(const char *text, const struct option_value *value, uint64_t *octets)
{
    return value_size(text, octets) && *octets >= value->least && *octets <= value->most;
}

static bool take_time(const char *text, struct time_limit *limit)
{
    limit->given = true;
    limit->text = text;
    return value_time(text, &limit->ns, &limit->relative);
}

static bool take(struct options *options, const struct option_row *row, const char *text,
                 struct error *error)
{
    const struct option_value *value = &row->value;
    void *at = (char *)options + value->at;
    bool good = true;
    switch (value->kind) {
    case KIND_FLAG:
        *(bool *)at = true;
        break;
    case KIND_TEXT:
        *(const char **)at = text;
        good = *text || !value->wants;
        break;
    case KIND_LIST:
        text_list_add(at, text);
        good = *text;
        break;
    case KIND_NUMBER:
        good = value_number(text, (int64_t)value->least, (int64_t)value->most, at);
        break;
    case KIND_SIZE:
        good = take_size(text, value, at);
        break;
    case KIND_DURATION:
        good = take_duration(text, value, at);
        break;
    case KIND_TIME:
        good = take_time(text, at);
        break;
    case KIND_OWN:
        return value->own(options, text, error);
    }
    return good || option_wrong(error, row->name, text, value->wants);
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
            return take(options, row, NULL, error);
        if (row->argument && value)
            return take(options, row, value, error);
        return error_set(error, ERROR_USAGE,
                         row->argument ? "%s needs a value" : "%s takes no value", name);
    }
    if (!value)
        return error_set(error, ERROR_USAGE, "NAME = VALUE is wanted");
    return option_set_threshold_value(options, name, value, error);
}

static bool apply_line(struct options *options, const char *file, unsigned number, char *text,
                       struct error *error)
{
    char *copy = xstrdup(trimmed(text));
    text_list_add(&options->owned, copy);
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
        if ((row->value.own == set_config) == config && !take(options, row, optarg, error))
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
