/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The command line. One table of options (options.c) feeds getopt_long(), --help, --config and the
 * manual page.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "base/error.h"
#include "reports/options/acceptances.h"
#include "reports/reports.h"

/* Commands as a set, for the table's rows. */
enum command_bit {
    FOR_ANALYZE = 1,
    FOR_REPORT = 2,
    FOR_RULES = 4,
    FOR_EXPLAIN = 8,
    FOR_LIVE = 16,
    FOR_COMPARE = 32,
    FOR_EVIDENCE = 64,
    FOR_FORGET = 128,
    FOR_AUDIT = FOR_ANALYZE | FOR_LIVE,
    FOR_ALL = 255
};

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Texts in the order in which they were given. */
struct text_list {
    const char **items;
    size_t n;
};

struct time_limit {
    bool given, relative; /* relative to the first packet */
    int64_t ns;
    const char *text;
};

/* What of an audit is reported (selection.h). Patterns; an empty list chooses everything. */
struct selection {
    struct text_list hosts, urls, clients, rules;
    struct time_limit since, until;
    enum severity least;
    int64_t top; /* rows of each list; 0: as many as the format usually has */
};

/* --fail-on: what makes exit 1. */
struct fail_on {
    bool severity_given;
    enum severity severity;   /* a finding of this severity or above */
    double avoidable_percent; /* of the octets observed; negative: not asked for */
    bool avoidable_bytes_given;
    uint64_t avoidable_bytes;
};

/* The same of compare: issues that are new, that remain, from a severity on. */
struct compare_fail_on {
    bool on_new, on_remaining;
    enum severity least_new, least_remaining;
};

struct options {
    const char *output, *format, *why, *table;
    uint64_t software; /* set of 1 << enum software; 0: all */
    bool help, quiet, no_progress, force, flaws;
    enum color_choice color;
    const char *filter;
    struct text_list hosts, left_out, only, skip;
    struct roles roles;
    struct acceptances accepted;
    const char *price; /* "0.09 EUR": of a gigabyte; NULL */
    struct time_limit from, until;
    enum severity severity;     /* the least that the summary shows */
    struct selection selection; /* of a report; its `least` is `severity` */
    int64_t jobs;
    struct thresholds thresholds;
    int64_t window_ns;
    enum heads_policy heads;
    enum client_key client_key;
    enum privacy_level privacy;
    struct fail_on fail_on;
    struct compare_fail_on compare_fail_on;
    int64_t min_exercised; /* of compare */
    const char *baseline;  /* the audit that analyze compares with; NULL */
    uint64_t memory;
    /* live */
    struct text_list interfaces;
    int64_t duration_ns, count; /* 0: no end */
    const char *packets;        /* folder of a ring of packets; NULL: they are not kept */
    uint64_t packets_max;       /* its octets */
    int64_t keep_ns;            /* exchanges older than that go; 0: none */
    uint64_t max_db;            /* octets of the database; 0: any */
    int64_t rotate_ns;          /* a new database so often; 0: never */
    uint64_t buffer, snaplen;   /* 0: as the source has it */
    bool one_station, no_sandbox;
    const char *metrics, *ndjson;      /* NULL: none */
    bool plain;                        /* no full-screen view */
    bool with_credentials, heads_only; /* evidence */
    bool redact;                       /* report, evidence */
    const char *redact_key;            /* the same; NULL: a key of its own */
    const char *user;
    const char *const *operands; /* into argv */
    size_t n_operands;
    struct text_list owned; /* copies that texts above may point into */
};

/* Reads argv[1...] as options and operands of `command`. False and ERROR_USAGE where something is
 * wrong. Call options_fini() either way. */
bool options_parse(struct options *options, enum command_bit command, int argc, char **argv,
                   struct error *error) MUST_USE;
void options_fini(struct options *options);

/* The options of a command as --help shows them. */
void options_print(FILE *to, enum command_bit command);

/* A row of the table, for the manual page; false past the end. */
struct option_facts {
    const char *name;
    char letter;          /* 0: none */
    unsigned commands;    /* set of enum command_bit */
    const char *argument; /* NULL: takes none */
    const char *help;     /* lines parted by \n */
};
bool option_facts(unsigned index, struct option_facts *facts);

/* Those that bear on the verdicts, as JSON, for the database; to be freed. */
char *options_json(const struct options *options) MUST_USE;
char *thresholds_json(const struct thresholds *thresholds) MUST_USE;

/* Do --only and --skip leave this rule on? For struct analysis_options; context: struct options. */
bool options_rule_enabled(void *context, const struct rule_card *rule);
