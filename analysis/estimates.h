/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Running estimates in bounded memory: the median of the latest values, how long a 304 of an
 * exchange would have been (H304est of rules.md §3.6), and how far a server's clock is off.
 */

#include <stdint.h>

#include "analysis/facts.h"
#include "analysis/url.h"

#define MEDIAN_VALUES 15

/* The median of the latest MEDIAN_VALUES values. */
struct median {
    uint8_t count, next;
    int32_t values[MEDIAN_VALUES];
};

void median_add(struct median *median, int64_t value);
/* The lower middle of what is there; `none` where nothing is. */
int64_t median_of(const struct median *median, int64_t none);

/* What the estimate of a 304's size rests on, best first. */
enum size_basis { SIZE_OF_URL, SIZE_OF_FAMILY, SIZE_OF_SERVER, SIZE_BY_FORMULA };
const char *size_basis_word(enum size_basis basis); /* "url" "prefix" "server" "formula" */

struct size_estimate {
    uint64_t octets;
    enum size_basis basis;
};

#define SIZE_OF_304_LEAST 90 /* octets: the shortest head of a 304 that says anything */

/* Of the three medians (any may be NULL) the first that has a value, else the head of this response
 * without what a 304 leaves out. */
struct size_estimate size_of_304(const struct median *url, const struct median *family,
                                 const struct median *server, const struct facts *facts);

/* Octets of "name: value\r\n" of all lines with that token. */
uint64_t field_lines_octets(const struct head *head, enum field_token token);
