/* SPDX-License-Identifier: MIT */
/*
 * Which formats there are, which of them a file is, and what it means that a file ends early.
 */

#include "capture/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "capture/coding.h"
#include "capture/stranger.h"

static const struct format *const formats[] = {&format_pcap, &format_pcapng};

enum reading reader_damaged(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->trouble, sizeof reader->trouble, format, arguments);
    va_end(arguments);
    return READING_DAMAGED;
}

enum reading reader_starved(struct reader *reader, size_t wanted)
{
    const struct octets *octets = &reader->octets;
    size_t left = octets_left(octets);

    if (octets->state == OCTETS_BROKEN)
        return reader_damaged(reader, "%s", octets->trouble);
    if (octets->state == OCTETS_CUT) {
        reader_damaged(reader, "the %s stream ends before its end", octets->coding->name);
        return READING_CUT_SHORT;
    }
    if (left == 0)
        return READING_END;
    reader_damaged(reader, "the file ends after %zu of the %zu octets that belong here", left,
                   wanted);
    return READING_CUT_SHORT;
}

static const struct format *format_of(struct octets *octets)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (octets_have(octets, formats[i]->magic) &&
            formats[i]->claims(slice_of(octets->at, octets_left(octets))))
            return formats[i];
    return NULL;
}

/* Why there is no format: the octets end or break at once, or they are something else. */
static bool refuse(struct reader *reader, const char *name, struct error *error)
{
    struct octets *octets = &reader->octets;
    const char *coding = octets->coding ? octets->coding->name : NULL;

    octets_have(octets, STRANGER_SAMPLE);
    if (octets->state == OCTETS_BROKEN)
        return error_set(error, ERROR_INPUT, "%s: cannot be %s: %s", name,
                         coding ? "decompressed" : "read", octets->trouble);
    if (octets->state == OCTETS_CUT && octets_left(octets) < STRANGER_SAMPLE)
        return error_set(error, ERROR_INPUT, "%s: the %s stream ends before a capture begins in it",
                         name, coding);
    struct slice start = slice_of(octets->at, octets_left(octets));
    return error_set(error, ERROR_INPUT, "%s%s%s %s", name, coding ? ": what it holds in " : "",
                     coding ? coding : "", stranger_describe(start));
}

bool reader_open(struct reader *reader, int fd, const char *name, struct error *error)
{
    *reader = (struct reader){0};
    octets_open(&reader->octets, fd);
    reader->format = format_of(&reader->octets);
    if (!reader->format) {
        refuse(reader, name, error);
        octets_close(&reader->octets);
        return false;
    }
    if (reader->format->open(reader) == READING_RECORD)
        return true;
    error_set(error, ERROR_INPUT, "%s: %s file without a whole head: %s", name,
              reader->format->name, reader->trouble);
    reader_close(reader);
    return false;
}

void reader_close(struct reader *reader)
{
    if (reader->format->close)
        reader->format->close(reader);
    octets_close(&reader->octets);
}
