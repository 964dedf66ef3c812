/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Front door of reports/: the audit database, and everything made from it.
 *
 * In:       exchanges, pairs, findings, checks, connections, coverage, in the order of the sinks.
 * Out:      a SQLite database (contract.md: nine views), written beside its final name and renamed by
 *           database_finish(); and from a finished database, text.
 * Lifetime: what is handed in is borrowed for the call.
 * Thread:   one.
 *
 * Trouble:  writing fails as ERROR_OUTPUT; what stood under the final name before is then untouched.
 *           The first failure sticks and is returned by database_finish().
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "base/attributes.h"
#include "base/error.h"
#include "capture/capture.h"
#include "decode/decode.h"
#include "reports/privacy/privacy.h"

struct acceptances;

enum heads_policy { HEADS_FINDINGS, HEADS_ALL, HEADS_NONE };

struct database_options {
    const char *path;
    bool force; /* replace a file that is no database of ours */
    enum heads_policy heads;
    const struct acceptances *accepted; /* borrowed until database_finish(); NULL: none */
    enum privacy_level privacy;
    int64_t keep_ns;     /* of one that grows: exchanges older than that go; 0: none */
    uint64_t max_octets; /* and the oldest, where it would become larger; 0: none */
};

/* What `run` says, beside what the sinks bring. JSON texts are made by the caller. */
struct run_facts {
    const char *options_json, *thresholds_json, *inputs_json, *caps_json;
    const char *price; /* "0.09 EUR": of a gigabyte; NULL: not told */
    int64_t started_ns; /* smallest packet time; the database never holds wall time */
    int64_t first_ns, last_ns;
    uint64_t packets, dropped_by_kernel, dropped_by_interface;
};

struct database;

struct database *database_create(const struct database_options *options,
                                 struct error *error) MUST_USE;

/* What earlier runs left in a database that grows. */
struct database_past {
    uint64_t exchanges; /* the largest id */
    uint64_t packets;
};

/* For `live`: the file stands under its name from the start, others may read it at any moment, and
 * what database_checkpoint() has committed is never lost. Goes on in one that database_grow() made
 * before; `inputs` (JSON) must then be the same. */
struct database *database_grow(const struct database_options *options, const char *inputs,
                               struct database_past *past, struct error *error) MUST_USE;
/* Its files to another user, who is to go on writing. */
bool database_give(const struct database *database, unsigned uid, unsigned gid,
                   struct error *error) MUST_USE;
bool database_grows(const struct database *database);
/* Commits what came until now. With `whole`, checks and coverage were told since
 * database_begin_checkpoint(). False and *error where it cannot be written. */
void database_begin_checkpoint(struct database *database);
bool database_checkpoint(struct database *database, const struct run_facts *facts, bool whole,
                         struct error *error) MUST_USE;
/* After a failure: is it only that the disk is full? Then what was committed stands, and
 * database_recover() goes on from there, as another run would; false while there is still no room. */
bool database_lacks_room(const struct database *database);
bool database_recover(struct database *database, struct database_past *past,
                      struct error *error) MUST_USE;
/* Inputs of packets from here on are files of a ring (capture/packet_ring.h), each of which is named
 * before a row speaks of it. An exchange has 20 bits for its input, so numbers come again after a
 * million files, long after the first of that number has gone. */
#define DATABASE_RING_INPUT 1024u
static inline uint32_t database_ring_input(uint32_t file)
{
    return DATABASE_RING_INPUT + file % ((1u << 20) - DATABASE_RING_INPUT);
}
void database_ring_file(struct database *database, uint32_t input, const char *name);
/* Often, at least every second: a little of what is no longer to be kept goes. now_us of the
 * system's clock. */
void database_turn(struct database *database, int64_t now_us);
/* Accusations against the exchange wait, or do no longer. */
void database_waits(struct database *database, uint64_t exchange_id, bool waits);

void database_exchange(struct database *database, const struct assessed *assessed);
/* As analysis tells it; outer_id 0: no pair after all. */
void database_pair(struct database *database, uint64_t inner_id, uint64_t outer_id);
void database_finding(struct database *database, const struct finding *finding);
void database_what_if(struct database *database, const struct what_if *what_if);
void database_check(struct database *database, const struct check *check);
void database_connection(struct database *database, const struct connection *connection);
void database_coverage(struct database *database, const struct coverage *coverage);
/* Writes what is left, makes the views and renames. */
bool database_finish(struct database *database, const struct run_facts *facts,
                     struct error *error) MUST_USE;
/* The name of the file beside, for a signal handler that must give up at once; lives until
 * database_free(). */
const char *database_beside(const struct database *database);
/* Gives up: removes the file beside; the old one stays. Accepts NULL. */
void database_abandon(struct database *database);
/* After database_finish(). Accepts NULL. */
void database_free(struct database *database);
/* False and *error where `path` is there and is neither ours nor forced. */
bool database_may_replace(const char *path, bool force, struct error *error) MUST_USE;

struct summary_options {
    bool color;
    enum severity least; /* findings below it are not shown */
    unsigned width; /* columns; 0: 100 */
};

struct selection;

struct report_options {
    const char *format; /* a name of exporters.c */
    struct summary_options layout; /* where it is for a terminal */
    const struct selection *selection; /* options.h; what of the audit is reported */
    const char *table; /* of csv: a view */
    const char *price; /* of html: "0.09 EUR", of a gigabyte; NULL: what the audit was told */
    bool redact;       /* redaction.h */
    const char *redact_key; /* its file (pseudonym.h); NULL: a key of its own */
    bool shows_progress; /* on standard error, where that is a terminal */
};

/* False and ERROR_USAGE where no exporter has that name. */
bool report_is_format(const char *format, struct error *error) MUST_USE;

/* A report of a finished database, written to `to` as it is read. What `to` could not take is told by
 * ferror(). */
bool report_print(const char *path, FILE *to, const struct report_options *options,
                  struct error *error) MUST_USE;

/* `wire304 rules`, `wire304 rules --why DB`, `wire304 rules --flaws`, `wire304 explain RULE`. */
void catalogue_print(FILE *to, const struct summary_options *options);
void catalogue_markdown(FILE *to); /* with guards, flaws and thresholds: docs/rules.md */
void catalogue_json(FILE *to);     /* the same */
bool catalogue_why(const char *path, FILE *to, const struct summary_options *options,
                   struct error *error) MUST_USE;
void catalogue_flaws(FILE *to, const struct summary_options *options);
/* `software`: a set of 1 << enum software whose remedies are shown; 0: all. */
bool catalogue_explain(const char *rule, uint64_t software, FILE *to,
                       const struct summary_options *options, struct error *error) MUST_USE;
