/* SPDX-License-Identifier: MIT */
#pragma once
/* The audit as one JSON document: docs/audit.schema.json says what is in it. */

#include "reports/exporters.h"
#include "reports/formats/json_stream.h"

#define JSON_DOCUMENT_VERSION 1

void json_document_write(struct report *report);

/* A rule's card as an object. */
void json_write_rule(struct json_stream *stream, const char *key, const struct rule_card *card);
