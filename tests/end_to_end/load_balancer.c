/* SPDX-License-Identifier: MIT */
/*
 * A thousand users behind one load balancer give no client-side waste (rules.md A1, G14). One
 * address fetches the same scripts again and again, fresh and unchanged: for one user that would be
 * refetch-while-fresh a thousand times. Each request names its user in X-Forwarded-For, or names
 * nobody but an intermediary (Via), and neither may be blamed on a client. The near twin, one user
 * without those fields, must be blamed.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/recording.h"
#include "tests/support/transcript.h"
#include "tests/support/wire.h"

#define USERS       1000
#define CONNECTIONS 20
#define EPOCH_NS    (TRANSCRIPT_EPOCH * 1000000000)

static struct slice response(char *to, size_t room)
{
    int n = snprintf(to, room,
                     "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
                     "Cache-Control: max-age=86400\r\nETag: \"j\"\r\nContent-Length: 4096\r\n\r\n");
    assert(n > 0 && (size_t)n + 4096 <= room);
    transcript_body(SLICE("j"), 0, (uint8_t *)to + n, 4096);
    return slice_of(to, (size_t)n + 4096);
}

/* The field that says who asks: its name, the user's address, and what comes after; without an
 * `after`, a line that names nobody. */
struct naming {
    const char *name, *after;
};

static void write_naming(char *to, size_t room, const struct naming *naming, unsigned user)
{
    int n = snprintf(to, room, "%s", naming->name);
    if (naming->after)
        snprintf(to + n, room - (size_t)n, "198.51.%u.%u%s\r\n", user / 250, user % 250,
                 naming->after);
}

static void play(struct wire *wire, const struct naming *naming, unsigned users)
{
    char body[8192], request[1024], fields[256];
    struct wire_connection connections[CONNECTIONS];
    struct slice answer = response(body, sizeof body);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        wire_open(&connections[i], wire, &(struct wire_setup){.client = "10.0.0.5"}, EPOCH_NS + i);
    for (unsigned user = 0; user < users; user++) {
        struct wire_connection *c = &connections[user % CONNECTIONS];
        if (c->now_ns < EPOCH_NS + 100000000 + user * INT64_C(50000000))
            c->now_ns = EPOCH_NS + 100000000 + user * INT64_C(50000000);
        write_naming(fields, sizeof fields, naming, user);
        int n = snprintf(request, sizeof request,
                         "GET /app.js HTTP/1.1\r\nHost: www.example.com\r\n"
                         "User-Agent: browser/1\r\nReferer: http://www.example.com/\r\n%s\r\n",
                         fields);
        wire_send(c, WIRE_CLIENT, slice_of(request, (size_t)n));
        wire_turn(c);
        wire_send(c, WIRE_SERVER, answer);
        wire_turn(c);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++)
        wire_close(&connections[i], WIRE_CLIENT);
    wire_settle(wire);
}

/* Findings, of any severity that is loud, that blame a client. */
static unsigned blamed(const struct naming *naming, unsigned users)
{
    struct wire wire;
    struct recording r;
    unsigned n = 0;
    wire_init(&wire, 1);
    play(&wire, naming, users);
    recording_init(&r, NULL);
    for (size_t i = 0; i < wire.n; i++) {
        struct packet packet = wire_packet(&wire, i);
        recording_packet(&r, &packet);
    }
    recording_finish(&r);
    assert(r.n_exchanges == users && r.broken_laws == 0);
    for (size_t i = 0; i < r.n_findings; i++)
        n += strcmp(r.findings[i].rule->party, "client-cache") == 0 &&
             r.findings[i].severity != SEVERITY_INFO;
    recording_fini(&r);
    wire_fini(&wire);
    return n;
}

static const struct {
    const char *title;
    struct naming naming;
    bool blamed;
} cases[] = {
    {"X-Forwarded-For names every user", {"X-Forwarded-For: ", ""}, false},
    {"Forwarded names every user", {"Forwarded: for=", ";proto=http"}, false},
    {"X-Real-IP names every user", {"X-Real-IP: ", ""}, false},
    {"Via alone: an intermediary that names nobody", {"Via: 1.1 balancer\r\n", NULL}, false},
    {"one user, again and again", {"Accept: */*\r\n", NULL}, true},
};

int main(void)
{
    int status = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned n = blamed(&cases[i].naming, cases[i].blamed ? 5 : USERS);
        bool right = (n > 0) == cases[i].blamed;
        printf("%s: %s: %u findings against clients\n", right ? "ok" : "WRONG", cases[i].title, n);
        status |= !right;
    }
    return status;
}
