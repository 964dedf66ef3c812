/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What a request asks for apart from the URL, the user and the cache: the fields by which servers
 * choose among answers whether or not Vary says so (RFC 9110 §12.1, §10.1). Where they differ, two
 * answers of one URL say nothing of each other.
 */

#include <stdint.h>

#include "decode/fields.h"

/* Hash of Accept, Accept-Language, Origin and of fields of the application's own (X-...) but those
 * that number requests or name the way. User-Agent, Authorization and Cookie are of the user. */
uint64_t terms_of(const struct head *request);
