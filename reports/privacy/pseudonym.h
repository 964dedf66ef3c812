/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Names that stand for others: the same value has the same pseudonym as long as the key lives, and
 * without the key neither can the value be found nor a guess be tried. Keys are random, one for
 * each writer of a database and each report, stay in memory and are kept nowhere; but where reports
 * are to speak of the same things by the same names, their key is kept in a file (--redact-key).
 */

#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"
#include "decode/exchange.h"

struct pseudonyms;

/* With the key in that file, which is made, for its owner alone, where it is not there; NULL: with
 * one that is kept nowhere. NULL and ERROR_OUTPUT where the system has no random octets to give or
 * the file cannot be made, ERROR_INPUT where what it holds is no key. */
struct pseudonyms *pseudonyms_new(const char *key_file, struct error *error) MUST_USE;
void pseudonyms_free(struct pseudonyms *pseudonyms); /* accepts NULL */

/* "~" and 13 letters or digits, which stand for themselves in URLs, tags and JSON. */
#define PSEUDONYM_LENGTH 14
void pseudonym_write(struct pseudonyms *pseudonyms, struct slice value, uint8_t *to);

/* 64 bits that tell nothing of the value. */
uint64_t pseudonym_number(struct pseudonyms *pseudonyms, struct slice value);

/* An address of 2001:db8::/32, which is nobody's (RFC 3849): whoever reads addresses can read it,
 * and nobody takes it for a real one. An address of no family stays one. */
struct address pseudonym_address(struct pseudonyms *pseudonyms, const struct address *address);
