/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Octets from the wire on their way to a terminal. Everything that a capture can contain goes
 * through escape_text(), so that nothing in it can move the cursor, hide text, or pretend to be
 * something else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(struct slice text);

/* One character of UTF-8 from the front of `text`: its octets (1 to 4), and *code; 0 where it is
 * none. `text` may not be empty. */
unsigned utf8_decode(struct slice text, uint32_t *code);

/* Does the character show nothing, or turn the direction of writing? */
bool code_is_hidden(uint32_t code);

/* Writes `text` into `to` (`size` octets, always terminated), printable and at most `columns` wide
 * (0: no limit but `size`); where it does not fit, the middle is replaced by an ellipsis, since
 * hosts and file names stand at the ends. Control characters, octets that are no UTF-8, and
 * invisible and direction-changing characters become \xNN or \u{NNNN}, a backslash is doubled.
 * Absent text gives
 * "-". Returns the columns used. */
unsigned escape_text(struct slice text, unsigned columns, char *to, size_t size);

/* Columns that text without control characters takes. */
unsigned text_columns(struct slice text);
