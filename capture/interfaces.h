/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Network interfaces as lanes of one source: opened through libpcap, read without blocking, merged
 * by time. source.c is the front door; this is what stands behind it for `live`.
 */

#include "capture/capture.h"

struct interfaces;

struct interfaces *interfaces_open(const char *const *names, size_t n,
                                   const struct interface_options *options,
                                   struct error *error) MUST_USE;
void interfaces_close(struct interfaces *interfaces); /* accepts NULL */

/* As source_packets(), source_is_idle(), source_drain(). */
size_t interfaces_packets(struct interfaces *interfaces, struct packet *packets, size_t most);
bool interfaces_are_idle(const struct interfaces *interfaces);
void interfaces_drain(struct interfaces *interfaces);

size_t interfaces_count(const struct interfaces *interfaces);
/* With what the kernel has dropped until now. */
const struct input *interfaces_input(struct interfaces *interfaces, size_t i);
