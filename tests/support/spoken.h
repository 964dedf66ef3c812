/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * An exchange from what was said, without a wire: for tests of what only looks at heads. Lines end
 * in "\n". The request is sent, and the response comes, at SPOKEN_S seconds (Tuesday, 14 November
 * 2023, 22:13:20 UTC); both are whole, the body has a digest. Change what the test is about.
 */

#include "analysis/facts.h"
#include "decode/exchange.h"

#define SPOKEN_S    INT64_C(1700000000)
#define SPOKEN_NS   (SPOKEN_S * INT64_C(1000000000))
#define SPOKEN_DATE "Tue, 14 Nov 2023 22:13:20 GMT"

/* "GET /a\nHost: x\n", "200\nETag: \"a\"\n". NULL for a half that was not seen. */
struct exchange *exchange_spoken(const char *request, const char *response);

/* The same, with its facts; free facts.x with spoken_free(). */
struct facts facts_spoken(const char *request, const char *response);
void spoken_free(struct facts *facts);

/* A head from field lines alone, in `arena`. */
struct head head_spoken(const char *lines, struct arena *arena);
