/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * --ndjson: findings of a run without end, a line each, in the form of `report --format ndjson`.
 * They are read from the database once they are committed, so what was told is never lost by a
 * crash; and written without ever waiting: what a reader does not take in time, or a disk has no
 * room for, is dropped by whole lines and counted.
 */

#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "reports/audit/audit.h"

struct finding_stream;

/* `path`: a file that is added to, a named pipe, or "-" for standard output. Opened before the
 * sandbox; what `audit` (which must outlive it) holds already is not told again. */
struct finding_stream *finding_stream_open(const char *path, struct audit *audit,
                                           struct error *error) MUST_USE;
/* `audit` reads another database now. */
void finding_stream_rotated(struct finding_stream *stream);
/* Something was committed. */
void finding_stream_commit(struct finding_stream *stream);
/* Reads a few findings and writes what fits; often. */
void finding_stream_turn(struct finding_stream *stream);
/* The run is over and all is committed: reads the rest, and waits some seconds for a slow
 * reader. */
void finding_stream_finish(struct finding_stream *stream);
uint64_t finding_stream_written(const struct finding_stream *stream); /* lines, whole */
uint64_t finding_stream_dropped(const struct finding_stream *stream);
/* Why lines were dropped, in words; NULL where none was. */
const char *finding_stream_trouble(const struct finding_stream *stream);
void finding_stream_close(struct finding_stream *stream); /* accepts NULL */
