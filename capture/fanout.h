/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Several rings for one interface (packet(7), PACKET_FANOUT): the kernel puts each packet into one
 * of them, by a hash that both directions of a connection share, or where that one is full into one
 * that has room. So processors that receive at the same time do not wait for one lock.
 *
 * IPv4 fragments are not put together for it: what is captured stays what was on the wire, and
 * whoever reads the rings merges them by time, whichever a packet lies in.
 */

#include <stdbool.h>

#include "base/attributes.h"

#define FANOUT_NONE (-1)

/* The capturing socket `fd`, which is bound and has its filter, joins a group; *group is that of
 * the first socket of an interface, FANOUT_NONE for this one itself. False where the kernel has
 * none.
 */
bool fanout_join(int fd, int *group) MUST_USE;
