/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What people write on a command line: sizes, durations, times, patterns. All return false where
 * the text is not one, and read the whole of it or nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

/* "1500", "64k", "1.5MB", "512MiB": k, M, G, T are powers of 1000; Ki, Mi, Gi, Ti of 1024. */
bool value_size(const char *text, uint64_t *octets);

/* "90" (seconds), "250ms", "1.5h", "1h30m", "7d". */
bool value_duration(const char *text, int64_t *ns);

/* A point of time: "2026-11-22T10:00:00Z", with fraction and "+01:00" too, without a zone UTC;
 * seconds since the epoch, "1700000000.25"; or "+90s", relative to the first packet (*relative is
 * then set). */
bool value_time(const char *text, int64_t *ns, bool *relative);

/* "0.09", "0.09 EUR", "12 ct": an amount and what it is of, which is at most 8 printable ASCII
 * characters; *unit points into `text`, at "" where there is none. */
bool price_read(const char *text, double *amount, const char **unit);

/* Whole decimal number within [least, most]; a sign is allowed where least < 0. */
bool value_number(const char *text, int64_t least, int64_t most, int64_t *number);

/* Does `text` match `glob`? '*' is any run, '?' any one octet; letters in any casing. Takes time in
 * proportion to the product of the lengths at worst. */
bool glob_matches(const char *glob, struct slice text);

/* The name nearest to `text` in a list that `name_at` gives (NULL past its end), where it is near
 * enough to be a slip of the fingers; else NULL. */
const char *nearest_name(const char *text, const char *(*name_at)(unsigned index));

/* For people: "1.3 MB", at most four digits; exact below 10,000 octets. Returns `text`. */
char *size_text(uint64_t octets, char text[24]);
/* With separators: "1,234,567". Returns `text`. */
char *number_text(uint64_t number, char text[32]);
/* In decimal, without a locale or a format to read. */
void put_number(FILE *to, int64_t number);
void put_hex(FILE *to, struct slice octets);
/* "3 h 12 min", "250 ms". Returns `text`. */
char *duration_text(int64_t us, char text[32]);
