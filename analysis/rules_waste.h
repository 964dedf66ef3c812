/* SPDX-License-Identifier: MIT */
#pragma once
/* What the rules about repeated transfers ask first, for other families too. */

#include "analysis/rules.h"

/* A GET for the whole, without conditions. */
bool is_plain_get(const struct facts *x);
/* A whole 200 that the client had: PASSED means go on, NOT_APPLICABLE that it had nothing. */
enum judgement had_it(const struct evidence *e, struct verdict *v);
/* The request itself asks for something fresher than the lifetime allows (RFC 9111 §5.2.1). */
bool wants_fresher(const struct request_facts *q);
/* The client's copy is the reference, and its model what the verdict rests on. */
void blame_client(struct verdict *v, const struct evidence *e);
