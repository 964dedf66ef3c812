/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What addresses are, as whoever runs the network says: it decides what the traffic leaves open. A
 * list of networks with a role each; the longest prefix that covers an address wins, among equals
 * the one that came last.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "decode/exchange.h"

enum role { ROLE_UNKNOWN, ROLE_ORIGIN, ROLE_PROXY, ROLE_CDN, ROLE_CLIENT };

struct role_of_network {
    struct address network; /* bits beyond the prefix are zero */
    uint8_t bits, role;
};

struct roles {
    struct role_of_network *networks; /* the longest prefix first */
    size_t n;
};

/* "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". False where it is none of these. */
bool roles_add(struct roles *roles, struct slice network, enum role role);
void roles_fini(struct roles *roles);

/* ROLE_UNKNOWN where nothing covers it, or `roles` is NULL. */
enum role role_of(const struct roles *roles, const struct address *address);
