/* SPDX-License-Identifier: MIT */
#pragma once
/* Octets of an evidence file that stand for others: as many, the same for the same within one file,
 * and telling nothing else (pseudonym.h). */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "reports/privacy/pseudonym.h"

/* Writes as many as `what` has; `to` may be where that stands. */
void letters_write(struct pseudonyms *pseudonyms, struct slice what, uint8_t *to);

/* Letters [from, from + len) for the text that has this pseudonym_number(): for a text that is
 * there in parts. */
void letters_write_part(uint64_t number, uint64_t from, size_t len, uint8_t *to);

/* Credentials in heads, in place (mask.h): letters instead of '*', so that two users stay two. */
void letters_for_credentials(struct pseudonyms *pseudonyms, uint8_t *octets, size_t len);
