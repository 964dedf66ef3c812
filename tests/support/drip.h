/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Plays a script to a protocol, whole or drop by drop, and says in one line per exchange what came
 * of it. However the octets are cut into runs, the same must come of them.
 *
 * A script has one step per line:
 *
 *     > GET / HTTP/1.1|Host: a||     the client sends these octets in one packet, 1 ms after the
 *                                    last step; "|" is CR LF, "~" is LF, "`" is NUL, "\" CR,
 *                                    "{9 ab}" is "ab" repeated to 9 octets
 *     < HTTP/1.1 204 No||            the server does
 *     lost> 12, lost< 12             octets that the capture does not have
 *     cut> 12, cut< 12               the same, because of the snaplen
 *     fin>, fin<, rst>, rst<         who ends it
 *     timeout, limit                 ends it without them; else the capture ends after the last
 * step wait 250                       milliseconds pass, deadlines are looked at early 250 what
 * follows is captured that much earlier than it is fed mid                            the capture
 * met the connection after its beginning same                           the next step's octets are
 * in the packet of the step before
 */

#include <stdbool.h>
#include <stddef.h>

#include "decode/protocol.h"

enum drip_how {
    DRIP_WHOLE,        /* each packet one run, against a guard page */
    DRIP_OCTETS,       /* each octet a run */
    DRIP_CLIENT_FIRST, /* all that the client sends before anything of the server */
    DRIP_FORGETFUL,    /* whole; the state is closed whenever it is idle */
    DRIP_WAYS
};

struct drip {
    char *text;             /* a line per exchange, in the order in which they were finished */
    struct exchange *first; /* the same exchanges, through ->next */
    uint64_t fed;           /* octets */
    uint64_t framed;        /* octets of heads and bodies, as the exchanges say */
    uint64_t wire;          /* sum of their wire_bytes */
    uint64_t fed_wire;      /* the same with the overhead, DRIP_OVERHEAD for each packet */
    unsigned losses;        /* how often the protocol told of one */
    bool left;
};

#define DRIP_OVERHEAD 54

struct drip drip_play(const struct protocol *protocol, const char *script, enum drip_how how);
void drip_free(struct drip *drip);

/* "GET /a +3 200 5/15 closed ...": method, target, octets of the request's body where it has one,
 * status ("-" where there is none), octets of content, of the body as framed where that differs,
 * ending unless complete, "by-client" or "by-server", illegal octets "stray-crlf:2", flaws. */
void drip_describe(const struct exchange *x, char *text, size_t size);
