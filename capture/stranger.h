/* SPDX-License-Identifier: MIT */
#pragma once
/* What a file is that is no capture, as far as its first octets tell, and what to do about it. */

#include "base/slice.h"

#define STRANGER_SAMPLE 512 /* octets that are worth looking at */

/* "is ...: do ...", a predicate for the file's name. Static. */
const char *stranger_describe(struct slice start);
