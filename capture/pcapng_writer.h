/* SPDX-License-Identifier: MIT */
#pragma once
/* A pcapng file with comments on its packets, for people and for Wireshark. */

#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"
#include "capture/capture.h"

#define PCAPNG_WRITER_LINKS 16

struct pcapng_writer {
    FILE *to; /* whoever opened it asks ferror() */
    int links[PCAPNG_WRITER_LINKS];
    unsigned n_links;
};

/* Begins the file; `comment` (NULL: none) says what it is. */
void pcapng_begin(struct pcapng_writer *writer, FILE *to, const char *comment);

/* Appends a packet: its captured octets, `packet->bytes`, of `wire_length`. `comment` may be NULL.
 * False where there are more kinds of links than can be told apart. */
bool pcapng_write(struct pcapng_writer *writer, const struct packet *packet, const char *comment);
