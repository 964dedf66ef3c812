/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The metrics over HTTP, without a thread: whoever owns the loop calls metrics_server_turn() often.
 * A turn takes what the few connections at hand have ready and never waits; how many there are, how
 * much each may say and how long it may take are bounded (limits.h), so that clients cost the
 * capture next to nothing whatever they do.
 */

#include "base/attributes.h"
#include "base/error.h"
#include "reports/live/metrics.h"

struct metrics_server;

/* Listens at `address`: "9304", ":9304" (both at 127.0.0.1), "192.0.2.7:9304", "[::1]:9304".
 * `metrics` must outlive it. NULL and *error where it is no address or cannot be had. */
struct metrics_server *metrics_server_open(const char *address, struct metrics *metrics,
                                           struct error *error) MUST_USE;
void metrics_server_turn(struct metrics_server *server, int64_t now_ns);
/* Of `address`, without opening anything: false and *error (ERROR_USAGE) where it is none. */
bool metrics_address_check(const char *address, struct error *error) MUST_USE;
/* Where it listens, for people: "http://127.0.0.1:9304/metrics"; whether only this machine. */
const char *metrics_server_url(const struct metrics_server *server);
bool metrics_server_is_local(const struct metrics_server *server);
void metrics_server_close(struct metrics_server *server); /* accepts NULL */
