/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What was read lately: field values repeat from exchange to exchange, and to compare one with what
 * was there last takes less than to parse it again. Values are compared as a whole, so nothing on
 * the wire can make one pass for another. Each kind has a small table in which a newer value takes
 * an older one's place; it only ever saves work.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum memo_kind { MEMO_USER_AGENT, MEMO_SITE, MEMO_DATE, MEMO_CACHE_CONTROL, MEMO_KINDS };

struct memo;

struct memo *memo_new(void);
void memo_free(struct memo *memo); /* accepts NULL */

/* What was kept of this text, borrowed until the next memo_keep(); NULL where nothing was, or memo
 * is NULL. */
const void *memo_find(const struct memo *memo, enum memo_kind kind, struct slice text);

/* Keeps `size` octets of a result, at most MEMO_RESULT; short and very long texts are not kept. */
#define MEMO_RESULT 144
void memo_keep(struct memo *memo, enum memo_kind kind, struct slice text, const void *result,
               size_t size);
