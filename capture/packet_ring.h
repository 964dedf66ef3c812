/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Packets of a run without end, kept in pcapng files of one folder for as long as there is room:
 * where all of them together would be larger than was allowed, the oldest goes. Files are numbered
 * from 1 on, over all runs; what a kill leaves of one is read up to its last whole packet.
 *
 * A packet is known by its number within the run, which is given even where it could not be kept.
 *
 * Thread:  one adds packets; where one of them lies may be asked by another.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/error.h"
#include "capture/capture.h"

struct packet_ring;

/* Makes the folder where there is none, and takes the files of earlier runs into account. `folder`
 * must outlive the ring. NULL and *error where that cannot be done. */
struct packet_ring *packet_ring_open(const char *folder, uint64_t most,
                                     struct error *error) MUST_USE;
/* A folder that was made goes to another user, who is to go on writing. */
bool packet_ring_give(const struct packet_ring *ring, uid_t uid, gid_t gid,
                      struct error *error) MUST_USE;

/* Keeps the packet; its number, from 1. */
uint64_t packet_ring_add(struct packet_ring *ring, const struct packet *packet);
/* What was kept until now is in its file, where it survives the process. */
void packet_ring_flush(struct packet_ring *ring);

/* Where the packet is: file and number in it, from 1. False where it was not kept, or so long ago
 * that its file is forgotten. */
struct ring_place {
    uint32_t file;
    uint64_t frame;
};
bool packet_ring_find(struct packet_ring *ring, uint64_t number, struct ring_place *place);
/* "folder/wire304-0000000042.pcapng"; to be freed. */
char *packet_ring_name(const char *folder, uint32_t file) MUST_USE;

const char *packet_ring_folder(const struct packet_ring *ring);
/* Packets that could not be kept, and why at last; NULL while they are kept. */
uint64_t packet_ring_lost(const struct packet_ring *ring);
const char *packet_ring_trouble(const struct packet_ring *ring);

void packet_ring_close(struct packet_ring *ring); /* accepts NULL */

/* For tests: is it the name of a file of a ring? Its number, else 0. */
uint32_t packet_ring_number(const char *name);
