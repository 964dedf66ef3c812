/* SPDX-License-Identifier: MIT */
#pragma once
/* The exchanges as an HTTP Archive 1.2, for browsers' developer tools. */

#include "reports/exporters.h"

void har_write(struct report *report);

/* A URL that a HAR may hold: what RFC 3986 does not allow in one is percent-encoded. Returns its
 * length; `to` has room for 3 * text.len. */
size_t har_url(struct slice text, char *to);
