/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What traffic there was and what of it could be read: rows keyed by transport, protocol, server
 * name and reason (contract.md, `coverage`). How things are counted:
 *
 * - Each flow belongs to one row, with 1 connection, all its packets and all their link-level
 * octets. What is no flow (no IP, broken, fragments that never made a datagram) belongs to a row
 * with 0 connections. So the sums over all rows are all packets and octets of the capture, less
 * what the tap saw twice.
 * - unseen_bytes of a row that was not read: all payload octets of its flows.
 * - A connection that carried HTTP belongs to the row with reason NULL, with its exchanges. Octets
 * of it that could not be read are unseen_bytes of further rows, each with its reason, that have 0
 *   connections, packets, bytes and exchanges: "lost-at-tap" (gaps), "snaplen" (cut off),
 *   "began-before-capture" (before its first message could be told), "unsupported" (before a late
 *   start, or after CONNECT or Upgrade).
 * - What was never identified is protocol "Unknown", reason "unsupported"; TLS and QUIC are
 * "no-keys".
 */

#include "base/arena.h"
#include "decode/decode.h"

struct coverage_table {
    struct arena names; /* what rows refer to */
    struct coverage *rows;
    uint32_t *slots; /* open addressing: index of row + 1, 0: empty */
    uint32_t count, room, mask;
    uint32_t server_names; /* rows that have one */
    uint32_t names_max;
    uint64_t names_dropped;
};

void coverage_init(struct coverage_table *table, uint32_t names_max);
void coverage_fini(struct coverage_table *table);

/* Index of the row with that key, made where there is none; texts are copied. Beyond names_max rows
 * with a server name, the name is left out and names_dropped counts. */
uint32_t coverage_row(struct coverage_table *table, const char *transport, const char *protocol,
                      struct slice server_name, const char *reason);

void coverage_merge(struct coverage_table *into, const struct coverage_table *from);

/* Calls back for each row that counts anything, in the order of the keys. The table is sorted by
 * that: nothing may be added after it. */
void coverage_each(struct coverage_table *table,
                   void (*each)(void *context, const struct coverage *coverage), void *context);

/* "tcp", "udp", ...; "ip" for what has no name here. */
const char *transport_name(uint8_t ip_protocol);
