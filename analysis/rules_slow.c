/* SPDX-License-Identifier: MIT */
/*
 * 304s that take as long as 200s: a server that makes the whole body, hashes it for the tag, and
 * drops it. Time to the first octet, less the connection's round trip, by the running medians of
 * the server's answers to one pattern of URLs.
 */

#include <stddef.h>

#include "analysis/rules.h"

static const struct rule rows[1];

static enum judgement judge_slow(const struct evidence *e, struct verdict *v)
{
    enum { LOOKUP_MS = 5 }; /* what a server takes that only compares tags */
    const struct facts *x = e->facts;
    const struct thresholds *t = e->thresholds;
    if (!x->is_get || !e->habit || x->response.responder == RESPONDER_CACHE)
        return NOT_APPLICABLE;
    const struct median *of_304 = &e->habit->ms_to_304, *of_200 = &e->habit->ms_to_200;
    if (of_304->count < t->slow_304_min || of_200->count < t->slow_304_min)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    if (e->x->connection.rtt_ns < 0)
        return withhold(v, GUARD_NO_RTT);
    int64_t rtt_ms = (e->x->connection.rtt_ns + 999999) / 1000000;
    int64_t own_ms = (x->t_rsp0 - x->t_req1) / 1000000 - rtt_ms;
    int64_t usual_304_ms = median_of(of_304, 0), usual_200_ms = median_of(of_200, 0);
    if (own_ms < t->slow_304_ms || usual_304_ms - rtt_ms < t->slow_304_ms ||
        usual_304_ms * 100 < usual_200_ms * t->slow_304_percent)
        return PASSED;
    accuse(v, &rows[0].card,
           "{} ms until the 304; here a 304 takes {} ms, a 200 {} ms: about {} ms for nothing");
    say_number(v, own_ms);
    say_number(v, usual_304_ms);
    say_number(v, usual_200_ms);
    say_number(v, own_ms - LOOKUP_MS);
    return FIRED;
}

static const struct rule rows[1] = {
    {
        .card =
            {
                .id = "304-slow",
                .group = "waste",
                .severity = SEVERITY_INFO,
                .norm = NORM_NONE,
                .party = "origin",
                .section = "RFC 9110 §15.4.5",
                .formerly = "RFC 7232 §4.1",
                .title = "a 304 takes as long as the 200 would have",
                .means =
                    "The server seems to make the whole response, compute its tag from it, and "
                    "drop it: octets are saved, but neither its work nor the client's time.",
                .remedy = "Tell from something cheap whether the representation has changed: a "
                          "version, a date, a row's counter. In frameworks: conditions are checked "
                          "before the page is made (Rails stale?, Django condition(), Spring "
                          "checkNotModified()), not by a filter that hashes the body.",
            },
        .subjects = SUBJECT_304,
        .judge = judge_slow,
    },
};

const struct rule_set rules_slow = {rows, 1};
