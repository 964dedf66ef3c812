/* SPDX-License-Identifier: MIT */
#pragma once
/* Is this the file that was read then? Told by its ends, so that captures of any size are told
 * apart at once. */

#include <stdbool.h>

#include "base/attributes.h"

/* 16 hexadecimal digits over the first and the last MiB of a file, which overlap where it is
 * shorter; false where it is no file, or cannot be read. */
bool fingerprint_of_file(const char *path, char text[17]) MUST_USE;
