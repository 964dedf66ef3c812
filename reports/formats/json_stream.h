/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * JSON (RFC 8259) written as it comes, for documents that no memory should hold. The keys are ours;
 * texts may be anything: octets that are no UTF-8 become U+FFFD, and whatever could steer a
 * terminal, hide, or end a script in a page of HTML is written as \uNNNN.
 */

#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"
#include "reports/audit/audit.h"

#define JSON_STREAM_DEPTH 32

struct json_stream {
    FILE *to;
    unsigned lines; /* members of containers less deep than that begin on lines of their own */
    unsigned depth;
    uint32_t arrays, filled; /* a bit per depth: it is an array; it has a member */
};

struct json_stream json_stream_of(FILE *to, unsigned lines);

/* In an object each value has a key; in an array, and at the top, it is NULL. */
void stream_object(struct json_stream *stream, const char *key);
void stream_array(struct json_stream *stream, const char *key);
void stream_end(struct json_stream *stream); /* of the innermost */

/* Absent text is left out of an object, and null in an array. */
void stream_text(struct json_stream *stream, const char *key, struct slice text);
void stream_word(struct json_stream *stream, const char *key, const char *word);
void stream_number(struct json_stream *stream, const char *key, int64_t number);
void stream_real(struct json_stream *stream, const char *key, double number, int decimals);
void stream_bool(struct json_stream *stream, const char *key, bool value);
/* Text that is JSON already; where it turns out to be none, it is a text. */
void stream_json(struct json_stream *stream, const char *key, struct slice text);
void stream_hex(struct json_stream *stream, const char *key, struct slice octets);

/* A column of a row, as what it is; NULL as if absent. */
void stream_column(struct json_stream *stream, const char *key, const struct query *query,
                   int column);
/* Columns of a row from `first` on, before `end` (0: to the last), as members by their names; those
 * that end in `_hash` are hexadecimal. */
void stream_columns(struct json_stream *stream, const struct query *query, int first, int end);

/* "2026-11-22T10:16:34.123456" and the zone as given, such as "Z". */
const char *time_text(int64_t us, const char *zone, char text[48]);
