/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What we use of libmicrohttpd, loaded when somebody asks for metrics. It brings GnuTLS and seven
 * libraries more, which to load takes longer than a small audit: who is not served does not wait
 * for them. Before the sandbox closes, since it reads files.
 */

#include <stdbool.h>

#include <microhttpd.h>

#include "base/attributes.h"
#include "base/error.h"

#define MICROHTTPD_FUNCTIONS(ROW)                                                                  \
    ROW(start_daemon)                                                                              \
    ROW(stop_daemon)                                                                               \
    ROW(run)                                                                                       \
    ROW(get_timeout)                                                                               \
    ROW(get_connection_info)                                                                       \
    ROW(queue_response)                                                                            \
    ROW(create_response_from_buffer)                                                               \
    ROW(add_response_header)                                                                       \
    ROW(destroy_response)

/* Each as the library declares it, less MHD_. */
struct microhttpd {
#define MEMBER(name) __typeof__(MHD_##name) *name;
    MICROHTTPD_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* False and *error where it is not installed. What was loaded stays until the program ends. */
bool microhttpd_load(struct microhttpd *http, struct error *error) MUST_USE;
