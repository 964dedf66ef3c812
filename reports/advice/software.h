/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Which software the traffic itself names: products in Server, Via, X-Powered-By and User-Agent,
 * fields that only one product sends, and the names of framework cookies. Names alone are looked
 * at: the value of a cookie is never read.
 */

#include <stdint.h>

#include "base/slice.h"

enum software {
#define SOFTWARE_ROW(name, word, shown) SOFTWARE_##name,
#include "reports/advice/software.def"
#undef SOFTWARE_ROW
    SOFTWARES
};
_Static_assert(SOFTWARES < 64, "a set of software is 64 bits");

#define SOFTWARE_TEXT 512 /* room for all words of a set */

const char *software_word(unsigned software); /* "nginx"; NULL past the end */
const char *software_name(unsigned software); /* "Apache httpd" */
/* SOFTWARES where there is no such word. */
enum software software_by_word(struct slice word);

/* The set (of 1 << enum software) that a head names, as it was on the wire; absent: nothing. */
uint64_t software_in_request(struct slice head);
uint64_t software_in_response(struct slice head);

/* The words of a set, parted by spaces, "" for the empty one; and back, unknown words left out. */
const char *software_words(uint64_t set, char text[SOFTWARE_TEXT]);
uint64_t software_set(struct slice words);
