/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A struct that is mostly zeros, kept without them: a bit for each of its words of eight octets
 * says which are there, and those follow. For what is put away for long and looked at once.
 */

#include <stddef.h>
#include <stdint.h>

/* As much as a struct of `size` octets, which is a multiple of eight, may take. */
#define SPARSE_MOST(size) ((size) + ((size) / 8 + 7) / 8)

/* Returns how many octets of `packed`, which has room for SPARSE_MOST(size), were taken. */
size_t sparse_pack(uint8_t *packed, const void *plain, size_t size);
void sparse_unpack(void *plain, size_t size, const uint8_t *packed);
