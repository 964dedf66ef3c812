/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Evidence that can be handed on: the segments of its connections, as packets made anew. Below TCP
 * nothing of the original is left but times; addresses are pseudonyms, streams are what
 * redacted_stream.h makes of them.
 */

#include "capture/pcapng_writer.h"
#include "decode/decode.h"
#include "reports/evidence/heads.h"
#include "reports/privacy/privacy.h"

struct redacted_packets;

/* `privacy` is borrowed, strict, and has `keeps_apart` set. */
struct redacted_packets *redacted_packets_new(const struct privacy *privacy);
void redacted_packets_free(struct redacted_packets *packets); /* accepts NULL */

/* A segment of connection `line`; `packet` is the one in hand. Copied. They are given in their
 * order. */
void redacted_packets_add(struct redacted_packets *packets, unsigned line,
                          const struct packet *packet, const struct carried *carried);
/* Octets that were copied. */
uint64_t redacted_packets_octets(const struct redacted_packets *packets);

/* Writes what a packet shows, of which input and frame are the original's; false: nothing. */
typedef bool redacted_comment(const void *context, const struct packet *packet, char *text,
                              size_t size);

/* `heads` of all lines, sorted. How many packets were written. */
size_t redacted_packets_write(struct redacted_packets *packets,
                              const struct heads_seen *const *heads, struct pcapng_writer *writer,
                              redacted_comment *comment, const void *context);
