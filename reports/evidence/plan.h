/* SPDX-License-Identifier: MIT */
#pragma once
/* Which exchanges a finding rests on, and where their packets are: from the database alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "reports/audit/audit.h"
#include "reports/privacy/privacy.h"

enum { EVIDENCE_EXCHANGES = 96 };

/* Where the first octet of a message is: input and frame in it; frame 0: not seen. */
struct spot {
    uint32_t input;
    uint64_t frame;
};

struct wanted {
    uint64_t id, connection;
    const char *role; /* "accused", "reference", "context" */
    struct spot request, response;
    int64_t start_us, end_us; /* of its first octet, and of its last */
};

struct evidence_plan {
    uint64_t finding;
    char rule[64], variant[64], weight[32]; /* weight: "error, likely" */
    char *message;                          /* printable */
    struct wanted wanted[EVIDENCE_EXCHANGES];
    unsigned n_wanted;
    bool is_cut; /* there were more that might bear on it */
    /* the run */
    char **files;
    uint64_t *sizes;
    int64_t *first_us, *last_us; /* INT64_MIN: without packets */
    char **ends;                 /* fingerprint_of_file(); NULL: not known */
    size_t n_files;
    bool is_ring;    /* these are of a ring; connections have other numbers when it is read again */
    unsigned n_gone; /* exchanges that bear on it, and have left the ring */
    char *filter, *from, *until; /* NULL: none */
};

bool evidence_plan_make(struct evidence_plan *plan, struct audit *audit, const char *finding,
                        struct error *error) MUST_USE;
/* The finding's message without what tells of somebody. */
void evidence_plan_redact(struct evidence_plan *plan, struct audit *audit,
                          const struct privacy *privacy);
void evidence_plan_free(struct evidence_plan *plan);
