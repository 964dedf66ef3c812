/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A recording runs packets through decode and analysis, front door by front door, and keeps what
 * comes out, so that a test can compare two runs. Between tests nothing is shared.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/arena.h"
#include "capture/capture.h"
#include "decode/decode.h"

/* An exchange as analysis told it. Text lives in the recording's arena. */
struct recorded_exchange {
    uint64_t id;
    uint64_t connection; /* connection_facts.id */
    uint32_t index;
    uint16_t client_port, status;
    uint64_t frame;                  /* of the request's first octet, else of the response's */
    uint64_t request_frame;          /* 0: not seen */
    uint64_t octets;                 /* its four byte counters together */
    uint64_t avoidable, opportunity; /* claimed by its findings so far */
    struct slice method, url;
    uint64_t flaws;
    enum ending ending;
    enum outcome outcome;
    uint64_t outer_id; /* 0: none */
    unsigned number;   /* its place in the order of `frame`, from 1 */
};

struct recorded_finding {
    const struct rule_card *rule;
    const char *variant; /* "" where there is none */
    const char *party;
    enum severity severity;
    enum confidence confidence;
    size_t exchange; /* index of the accused */
    uint64_t avoidable, opportunity;
    struct slice message;
};

struct recording {
    struct arena arena;
    struct recorded_exchange *exchanges;
    size_t n_exchanges;
    struct recorded_finding *findings;
    size_t n_findings;
    uint64_t left_bytes;            /* by the ideal cache told last */
    uint64_t broken_laws;           /* findings that accuse nobody, ledgers that claim too much */
    struct decode_sink decode_sink; /* these live as long as what was given them */
    struct analysis_sink analysis_sink;
    struct analysis_options options;
    struct decoder *decoder;
    struct analysis *analysis;
    bool identify; /* ask nDPI; off unless set between init and the first packet */
};

/* `options` may be NULL. */
void recording_init(struct recording *recording, const struct analysis_options *options);
void recording_packet(struct recording *recording, const struct packet *packet);
/* The capture is over; numbers the exchanges and checks the ledger's laws. */
void recording_finish(struct recording *recording);
void recording_fini(struct recording *recording);

/* All packets of a capture, kept; `frame` and `input` as read. */
struct kept_packets {
    struct packet *packets;
    size_t n;
    struct arena arena;
};
/* NULL and *error where the file cannot be opened. Damage ends it early, without a word. */
struct kept_packets *packets_keep(const char *path, struct error *error) MUST_USE;
void packets_free(struct kept_packets *packets); /* accepts NULL */
