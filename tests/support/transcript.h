/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A transcript is a text file that says what clients and servers send, when, and which findings are
 * due. The format is described at the top of transcript.c and in tests/exchanges/README.md.
 *
 * In:       a file, or its text.
 * Out:      steps to play on a wire, and what is due.
 * Lifetime: everything lives until transcript_free().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/error.h"
#include "base/slice.h"
#include "tests/support/wire.h"

/* Tuesday, 14 November 2023, 22:13:20 UTC: when every transcript begins. */
#define TRANSCRIPT_EPOCH INT64_C(1700000000)

enum step_kind {
    STEP_SEND,  /* `bytes` from `from` on `connection` */
    STEP_SKIP,  /* `octets` that the tap misses */
    STEP_CLOCK, /* nothing before `clock_ns` after the beginning */
    STEP_CLOSE, /* FIN, `from` first */
    STEP_RESET,
    STEP_AGAIN, /* what `from` sent last, once more */
};

struct step {
    enum step_kind kind;
    unsigned connection; /* index into transcript.connections */
    enum wire_side from;
    struct slice bytes;
    uint32_t octets;
    int64_t clock_ns;
    unsigned line;
};

enum due_kind {
    DUE,       /* must be found */
    DUE_NOT,   /* may not be found as error, warning or waste */
    DUE_NEVER, /* may not be found at all */
    DUE_MAY,   /* is not judged */
};

/* Which account a finding claims octets from. */
enum due_account { ACCOUNT_ANY, ACCOUNT_AVOIDABLE, ACCOUNT_OPPORTUNITY, ACCOUNT_NONE };

struct due {
    enum due_kind kind;
    char rule[48], variant[32]; /* "" any variant; "-" none */
    unsigned exchange;          /* in the order of requests, from 1; 0: any */
    int severity, confidence;   /* values of the enums, -1: any */
#define DUE_LOUD (-2)           /* severity: error, warning or waste */
    enum due_account account;
    char party[16]; /* "": any */
    unsigned line;
};

struct transcript {
    char name[96]; /* of the file, without folder and suffix */
    struct step *steps;
    size_t n_steps;
    struct due *due;
    size_t n_due;
    struct wire_setup *connections;
    size_t n_connections;
    char twin[96];      /* another transcript; "" where none is named */
    unsigned exchanges; /* how many there must be; 0: not said */
    bool clean;         /* `=== clean`: nothing but what is due or may be */
    bool left_open;     /* connections are not closed at the end */
    bool fragile;       /* `=== plain`: not to be played over a spoilt wire */
    void *memory;       /* what the rest points into */
};

/* NULL and *error (with file and line) where it cannot be read or does not follow the format. */
struct transcript *transcript_read(const char *path, struct error *error) MUST_USE;
struct transcript *transcript_parse(const char *name, struct slice text,
                                    struct error *error) MUST_USE;
void transcript_free(struct transcript *transcript); /* accepts NULL */

/* Plays it; `ragged` cuts its octets into random segments. The wire is settled. */
void transcript_play(const struct transcript *transcript, struct wire *wire, bool ragged);

/* One side's octets of one connection in order, without what the tap misses: for fuzz seeds and for
 * parsers. Absent where nothing was sent. Borrowed from a buffer of the transcript's arena. */
struct slice transcript_stream(struct transcript *transcript, unsigned connection,
                               enum wire_side from);

/* The pseudo-random content behind {{body}}: octets [from, from + n) of the endless stream `seed`.
 */
void transcript_body(struct slice seed, uint64_t from, uint8_t *to, size_t n);
