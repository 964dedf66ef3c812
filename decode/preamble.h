/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The PROXY protocol's preamble, by which a load balancer says who the client is: versions 1 (text)
 * and 2 (binary), at the very beginning of what the client's side sends.
 */

#include "base/slice.h"
#include "decode/exchange.h"

enum preamble {
    PREAMBLE_NO,     /* these octets do not begin one */
    PREAMBLE_MORE,   /* they may, more are needed */
    PREAMBLE_YES,    /* *length octets of them are one */
    PREAMBLE_BROKEN, /* they began like one, and are none: *length octets tell */
};

/* The longest preamble that is understood: version 2 with the extensions (TLVs) that load balancers
 * send is a few hundred octets. */
#define PREAMBLE_MAX 4096
/* As many octets tell whether it is one. */
#define PREAMBLE_UNSURE 12

/* What does not begin so is none. */
static inline bool preamble_may_begin(uint8_t first)
{
    return first == 'P' || first == '\r';
}

/* *client is who the preamble names; family 0 where it names nobody (UNKNOWN, LOCAL, other
 * families). */
enum preamble preamble_parse(struct slice bytes, size_t *length, struct address *client);
