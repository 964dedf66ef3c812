/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Front door of analysis/: what the RFCs say about an exchange, and what a cache would have done.
 *
 * In:       finished exchanges, losses and closed connections, in the order of decode's sink.
 * Out:      to the sink: every exchange, once, as it enters, with what could be computed about it
 *           (struct assessed); every finding when its accusation has been closed, which may be much
 *           later; every pair of exchanges on the two sides of a proxy when it is known; at the end
 *           one row per rule, outcome and guard (struct check).
 * Lifetime: what the sink is given is borrowed for the call. Exchanges are taken and freed here.
 * Thread:   one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/roles.h"
#include "base/slice.h"
#include "decode/decode.h"
#include "decode/exchange.h"

enum severity { SEVERITY_INFO, SEVERITY_WASTE, SEVERITY_WARNING, SEVERITY_ERROR };
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };
enum norm { NORM_NONE, NORM_SHOULD, NORM_MUST };
const char *severity_word(enum severity severity);       /* "error" ... */
const char *confidence_word(enum confidence confidence); /* "certain" ... */
const char *norm_word(enum norm norm);                   /* "MUST", "SHOULD", NULL */

/* A row of the catalogue: facts about a rule, the same for every finding. */
struct rule_card {
    const char *id;         /* kebab-case, stable for ever */
    const char *group;      /* "304-violation" "conditional" "cache-behaviour" "waste" "hygiene" */
    enum severity severity; /* before any demotion */
    enum norm norm;
    const char *party;    /* "origin" "client-cache" "intermediary" "responder" "sender" ... */
    const char *section;  /* "RFC 9110 §15.4.5" */
    const char *formerly; /* the section in the RFC of 2014, or NULL */
    const char *title;    /* one line: what is wrong */
    const char *means;    /* a few sentences: what it means, what it costs */
    const char *remedy;   /* what to do about it */
    const char *const *variants; /* NULL-terminated names, or NULL */
};

/* The catalogue in the order of rule-ids.tsv; NULL past the end. */
const struct rule_card *rule_card(unsigned index);
const struct rule_card *rule_card_by_id(const char *id); /* NULL: no such rule */

enum outcome {
    OUTCOME_FIRST,        /* this client had no representation of this URL yet, as far as we saw */
    OUTCOME_NOT_MODIFIED, /* conditional, 304 */
    OUTCOME_REFRESHED_SAME, /* conditional, 200 with the octets the client had */
    OUTCOME_REFRESHED_CHANGED,
    OUTCOME_REFETCHED_SAME, /* unconditional, 200 with the octets the client had */
    OUTCOME_REFETCHED_CHANGED,
    OUTCOME_OTHER
};
const char *outcome_word(enum outcome outcome);

#define ABSENT_NUMBER INT64_MIN /* for optional numbers below */

/* An exchange as it enters analysis, and what is computed about it then. */
struct assessed {
    uint64_t id; /* 1, 2, 3 ... in the order of entry */
    const struct exchange *exchange;
    struct slice client_key;    /* absent where nobody can be told apart */
    struct slice forwarded_for; /* who the request says it is for; absent if it does not */
    const char *scheme;         /* "http", "https" */
    struct slice host;          /* as asked for, with port: Host, else of an absolute target */
    struct slice url;           /* normalised; absent where target or host is not known */
    struct slice url_pattern;   /* the same with the changing parts of the path replaced */
    enum outcome outcome;
    bool is_conditional;
    int64_t lifetime_s, age_s; /* for a private cache; ABSENT_NUMBER where nothing is said */
};

/* What its remedy would save of the accused exchange. */
enum saving { SAVES_NOTHING, SAVES_OCTETS, SAVES_ROUND_TRIP }; /* the last: all of the exchange */

/* An accusation that has been closed. */
struct finding {
    const struct rule_card *rule;
    const char *variant;    /* NULL: none */
    enum severity severity; /* after every demotion */
    enum confidence confidence;
    enum norm norm; /* the rule's, unless a variant has another */
    const char *party;
    const char *section;
    uint64_t exchange_id;
    uint64_t reference_exchange_id; /* 0: none */
    int64_t found_ns;               /* capture clock when the accused exchange was finished */
    struct slice message;           /* one line of UTF-8 or wire octets: escape before printing */
    const char *form;               /* of the message: "{}" stands for what may be wire octets */
    uint64_t avoidable_bytes;       /* the ledger's claim for this finding */
    uint64_t opportunity_bytes;
    enum saving saves;         /* by its remedy alone; NOTHING also where the claim is waived */
    bool is_opportunity;       /* another policy's, and nobody's fault (A25) */
    uint64_t standalone_bytes; /* the claim if this finding were alone; never added up */
    /* Heads that prove it, with credentials still in them (reports masks them); absent if not kept.
     */
    struct slice request_head, response_head;
    struct slice reference_request_head, reference_response_head;
};

/* What an ideal cache would have left of the traffic (docs/what-if.md), over the exchanges that
 * have no outer one. */
enum scenario { SCENARIO_PRIVATE_CACHE, SCENARIO_SHARED_CACHE };
struct what_if {
    enum scenario scenario;
    uint64_t capacity_bytes;         /* of a SHARED_CACHE; UINT64_MAX: without limit */
    uint64_t exchanges, saved_bytes; /* that the cache would have answered */
    uint64_t left_bytes;             /* the rest of what was seen */
    int64_t time_ns;                 /* of a PRIVATE_CACHE: how long those exchanges took */
    uint32_t sampled_ppm;            /* of a million URLs so many were followed */
};

enum check_outcome { CHECK_PASSED, CHECK_FIRED, CHECK_WITHHELD };

/* How many exchanges a rule looked at with that outcome; `guard` says what withheld it. */
struct check {
    const struct rule_card *rule;
    enum check_outcome outcome;
    const char *guard; /* "G1" ... "tainted-reference" ...; NULL unless withheld */
    uint64_t exchanges;
};

struct analysis_sink {
    void *context;
    void (*exchange)(void *context, const struct assessed *assessed);
    /* A proxy sent the inner exchange because of the outer one; both have been told. A later call
     * for the same inner one replaces it; outer_id 0 takes it back. */
    void (*pair)(void *context, uint64_t inner_id, uint64_t outer_id);
    void (*finding)(void *context, const struct finding *finding);
    void (*check)(void *context, const struct check *check);
    void (*what_if)(void *context, const struct what_if *what_if);
    /* Some accusation against the exchange waits, or none does any longer; NULL: nobody asks. */
    void (*waits)(void *context, uint64_t exchange_id, bool waits);
};

enum client_key { CLIENT_AUTO, CLIENT_IP, CLIENT_IP_UA, CLIENT_FORWARDED, CLIENT_NONE };

/* Thresholds of rules.md §6, each settable with --set NAME=VALUE. */
struct thresholds {
#define THRESHOLD_ROW(name, value, unit, text) int64_t name;
#include "analysis/thresholds.def"
#undef THRESHOLD_ROW
};
struct thresholds thresholds_default(void);
/* False where there is no such name or the value is out of range. */
bool thresholds_set(struct thresholds *thresholds, const char *name, int64_t value);
struct threshold_row {
    const char *name, *unit, *text;
    int64_t value;
};
/* A row of thresholds.def, with its default; false past the end. */
bool threshold_row(unsigned index, struct threshold_row *row);
int64_t threshold_value(const struct thresholds *thresholds, unsigned index);

struct analysis_options {
    struct thresholds thresholds;
    enum client_key client_key;
    const struct roles *roles; /* outlive the analysis; NULL: none are known */
    int64_t window_ns;         /* how long an accusation may wait, packet time */
    bool (*rule_enabled)(void *context, const struct rule_card *rule); /* NULL: all */
    void *rule_context;
    uint64_t memory;           /* about as many octets for the models; 0: the default caps */
    uint64_t exchanges_before; /* ids go on from there: exchanges of an earlier run */
};
struct analysis_options analysis_options_default(void);

struct analysis;

/* Copies both; what they point to is borrowed until analysis_free(). */
struct analysis *analysis_new(const struct analysis_options *options,
                              const struct analysis_sink *sink);
/* Takes the exchange. */
void analysis_exchange(struct analysis *analysis, struct exchange *exchange);
/* Where what a server asks elsewhere may be for whom it is asked by (analysis/legs.h). */
void analysis_asked(struct analysis *analysis, const struct asked *asked);
void analysis_loss(struct analysis *analysis, const struct loss *loss);
/* The connection is over: all its exchanges have been told. */
void analysis_connection(struct analysis *analysis, const struct connection *connection);
/* What was checked until now, for those who cannot wait for the end; sums, as at the end. */
void analysis_checks(const struct analysis *analysis,
                     void (*each)(void *context, const struct check *check), void *context);
/* Closes what waits, judged on what is known; then tells the checks, and what if. Call once. */
void analysis_finish(struct analysis *analysis);
/* As decoder_counters(). */
void analysis_counters(const struct analysis *analysis,
                       void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                    uint64_t value),
                       void *context);
void analysis_free(struct analysis *analysis); /* accepts NULL */
