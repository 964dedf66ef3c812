/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the full-screen view shows of the database that grows: the worst issues, the latest
 * violations, and the card of one finding. Text from the wire is escaped here, so that rows may be
 * put on a terminal as they are. Queries look at a bounded number of rows, or at the small table of
 * issues' sums.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/audit/audit.h"

enum { BOARD_ROWS = 64, BOARD_PLACE = 384 };

enum board_order { BY_AVOIDABLE, BY_OPPORTUNITY, BY_EXCHANGES, BY_LATEST, BOARD_ORDERS };
const char *board_order_word(enum board_order order); /* for people */

struct board_row {
    int64_t finding; /* its id; of an issue, its first one's */
    enum severity severity;
    const struct rule_card *rule;
    uint64_t exchanges, octets; /* octets: by the order chosen, avoidable or opportunity */
    int64_t at_us;              /* the latest of an issue; when a violation was found */
    char place[BOARD_PLACE];    /* host and URL pattern, or URL */
};

struct board_list {
    struct board_row rows[BOARD_ROWS];
    unsigned n;
};

struct board {
    struct audit *audit;
    struct board_list issues; /* the worst first */
    struct board_list latest; /* errors and warnings, the newest first */
    int64_t last_finding;     /* that was looked at */
};

void board_init(struct board *board, struct audit *audit);
void board_read_issues(struct board *board, enum board_order order);
/* Those that were committed since; returns how many. */
unsigned board_read_latest(struct board *board);
/* What is known of a finding, in lines of at most `columns`. */
void board_print_card(struct board *board, int64_t finding, unsigned columns, FILE *to);
