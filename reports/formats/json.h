/* SPDX-License-Identifier: MIT */
#pragma once
/* JSON through jansson, and octets that are no UTF-8 on their way into it. */

#include <jansson.h>

#include "base/slice.h"

/* A JSON string; each octet that is no UTF-8 becomes U+FFFD. Absent text is null. */
json_t *json_text(struct slice text);

/* The value as compact text in a fixed order, to be freed; the value is given up. */
char *json_finish(json_t *value);
