/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A hearing: exchanges are said, analysis hears them, and what it finds is written down. For tests
 * of the stateful half of analysis/, without packets.
 *
 * What is said gets what every test would have to repeat: Host, User-Agent and Referer in the
 * request, Date in the response (of the second in which it comes), Content-Length where there is a
 * body.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/arena.h"
#include "tests/support/spoken.h"

/* One exchange. What is left out is as a test would like it. */
struct said {
    double at_s;            /* after SPOKEN_S: the request; the response comes 0.1 s later */
    double took_s;          /* 0: 0.1 */
    const char *request;    /* "GET /a\nIf-None-Match: \"x\"\n"; NULL: not seen */
    const char *response;   /* "200\nETag: \"x\"\n"; NULL: not seen */
    const char *body;       /* of a 200: repeated until it has 1000 octets; NULL: empty */
    unsigned octets;        /* so many instead */
    uint8_t client, server; /* last octets of the addresses; 0: 1 */
    uint8_t asks_as;        /* the client is this server, asking in its turn; 0: it is `client` */
    bool unasked;           /* though nobody is known to have asked it anything */
    uint16_t port;          /* of the server; 0: 80 */
    bool same_host;         /* the client is the server's host itself */
    double over_s;          /* after SPOKEN_S: when it was known to be over; 0: with its end */
    int date_s;             /* added to the Date */
    bool no_date;           /* without Date */
    bool no_length;         /* without Content-Length */
    bool no_referer;        /* without Referer */
    bool secure;
    bool asks_1_0;         /* by HTTP/1.0 */
    uint64_t flaws;        /* set of FLAW() */
    enum stray_kind stray; /* with 5 octets */
};

struct heard {
    const struct rule_card *rule;
    const char *variant; /* "" where there is none */
    enum severity severity;
    enum confidence confidence;
    const char *party;
    uint64_t exchange, reference;
    uint64_t avoidable, opportunity, standalone;
    char *message;
    bool has_heads, has_reference_heads;
    uint64_t told_after; /* so many exchanges had been said */
};

struct hearing {
    struct analysis *analysis;
    struct arena arena;
    struct heard *heard;
    unsigned n_heard;
    uint64_t said; /* exchanges, which are also their ids */
    uint64_t ordinal;
    enum outcome *outcomes;     /* of exchange i + 1 */
    uint64_t *outers;           /* the outer one of exchange i + 1; 0: none */
    struct what_if what_if[32]; /* after hearing_end() */
    unsigned n_what_if;
    char *checks; /* "rule passed 1\nrule withheld G1 2\n", after hearing_end() */
};

/* `options` may be NULL. */
void hearing_begin(struct hearing *hearing, const struct analysis_options *options);
void hearing_say(struct hearing *hearing, const struct said *said);
/* Something to or from server 1 was lost in that time. */
void hearing_lose(struct hearing *hearing, double from_s, double until_s);
void hearing_end(struct hearing *hearing);
void hearing_free(struct hearing *hearing);

/* The finding of that rule on that exchange (0: on any); NULL where there is none. */
const struct heard *hearing_find(const struct hearing *hearing, const char *rule,
                                 uint64_t exchange);
/* All of them, by exchange and then by id of the rule: "304-has-body/cl-body#2 error certain",
 * one after the other with ", " between; in the hearing's arena. */
const char *hearing_findings(struct hearing *hearing);
/* Says all of `said`, of which the last has neither request nor response, and returns the findings;
 * free with free(). */
char *hearing_of(const struct said *said);
