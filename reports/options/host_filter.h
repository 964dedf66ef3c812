/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * --host and --leave-out: only the exchanges of some hosts. What is left out stays counted where it
 * was seen: the octets of an exchange that is not reported are its connection's overhead, so that
 * the database's sums hold (contract.md, laws), and a connection without any other exchange is not
 * reported.
 */

#include <stdbool.h>
#include <stddef.h>

#include "decode/decode.h"

struct host_filter;

struct globs {
    const char *const *items;
    size_t n;
};

/* Exchanges pass whose host, or whose server's or client's address, matches one of `wanted` (none:
 * all do) and none of `left_out`; which must outlive the filter. */
struct host_filter *host_filter_new(struct globs wanted, struct globs left_out);
void host_filter_free(struct host_filter *filter); /* accepts NULL */

/* True: to be reported. False: it is remembered for its connection, and still the caller's. */
bool host_filter_exchange(struct host_filter *filter, const struct exchange *exchange);

/* Corrects a connection that is over; false where it is not to be reported. */
bool host_filter_connection(struct host_filter *filter, struct connection *connection);
