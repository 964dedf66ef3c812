/* SPDX-License-Identifier: MIT */
#pragma once
/* Packets of Linux's NFLOG have attributes in the byte order of the machine that captured them, and
 * say nowhere which that is: only the capture file knows. */

#include "base/slice.h"

/* Turns the attributes' heads from the other byte order into this machine's, in place. Anything
 * that is no list of attributes stays from there on as it is. */
void nflog_swap(uint8_t *at, size_t len);
