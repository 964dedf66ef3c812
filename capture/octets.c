/* SPDX-License-Identifier: MIT */
/*
 * Reading a descriptor into a window, through a coding where the first octets say so. This file
 * alone calls read(2). A read that a signal interrupts ends the input: whoever installs a handler
 * without SA_RESTART wants a silent pipe to let go.
 */

#include "capture/octets.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/coding.h"
#include "capture/limits.h"

/* Told by content, asked in this order. */
static const struct coding *const codings[] = {&coding_gzip, &coding_zstd};

/* One read of at most `room` octets; 0 when `state` has become something else. */
static size_t read_stored(struct octets *octets, uint8_t *to, size_t room)
{
    if (room > octets->next_read)
        room = octets->next_read;
    if (octets->next_read < LIMIT_READ)
        octets->next_read *= 4;
    ssize_t got = read(octets->fd, to, room);
    if (got > 0) {
        octets->stored_read += (uint64_t)got;
        return (size_t)got;
    }
    octets->state = got == 0 || errno == EINTR ? OCTETS_ENDED : OCTETS_BROKEN;
    if (octets->state == OCTETS_BROKEN)
        octets->trouble = strerrordesc_np(errno);
    return 0;
}

/* More for the coding to work on. The end is right only where the coding agrees. */
static bool refill_stored(struct octets *octets)
{
    size_t got = read_stored(octets, octets->stored_window, LIMIT_STORED);
    octets->stored = slice_of(octets->stored_window, got);
    if (octets->state == OCTETS_ENDED && !octets->coding->is_whole(octets->coding_state))
        octets->state = OCTETS_CUT;
    return got > 0;
}

/* The same as read_stored(), through the coding. */
static size_t read_coded(struct octets *octets, uint8_t *to, size_t room)
{
    while (!octets->trouble) {
        size_t before = octets->stored.len;
        size_t got = octets->coding->decode(octets->coding_state, &octets->stored, to, room,
                                            &octets->trouble);
        if (got)
            return got;
        if (octets->stored.len == 0 && !octets->trouble) {
            if (!refill_stored(octets))
                return 0;
        } else if (octets->stored.len == before && !octets->trouble) {
            octets->trouble = "the compressed stream leads nowhere";
        }
    }
    octets->state = OCTETS_BROKEN;
    return 0;
}

bool octets_fill(struct octets *octets, size_t count)
{
    assert(count <= LIMIT_WINDOW);
    size_t left = octets_left(octets);
    if (left >= count)
        return true;
    if (left)
        memmove(octets->window, octets->at, left);
    octets->at = octets->window;
    while (left < count && octets->state == OCTETS_FLOWING) {
        uint8_t *to = octets->window + left;
        size_t room = LIMIT_WINDOW - left;
        size_t got = octets->coding ? read_coded(octets, to, room) : read_stored(octets, to, room);
        octets->end_offset += got;
        left += got;
    }
    octets->end = octets->window + left;
    return left >= count;
}

bool octets_skip(struct octets *octets, uint64_t count)
{
    while (count > octets_left(octets)) {
        count -= octets_left(octets);
        octets->at = octets->end;
        if (!octets_fill(octets, 1))
            return false;
    }
    octets->at += count;
    return true;
}

/* What has been read so far is compressed: it becomes the stored window, and another window is
 * filled from it. */
static void start_decoding(struct octets *octets, const struct coding *coding)
{
    octets->coding = coding;
    octets->coding_state = coding->open();
    octets->stored_window = octets->window;
    octets->stored = slice_of(octets->at, octets_left(octets));
    octets->window = xmalloc(LIMIT_WINDOW);
    octets->at = octets->end = octets->window;
    octets->end_offset = 0;
    octets->state = OCTETS_FLOWING;
    octets->trouble = NULL;
}

void octets_open(struct octets *octets, int fd)
{
    *octets = (struct octets){.fd = fd, .next_read = LIMIT_FIRST_READ};
    octets->window = xmalloc(LIMIT_WINDOW);
    octets->at = octets->end = octets->window;
    octets_fill(octets, CODING_MAGIC);
    struct slice start = slice_of(octets->at, octets_left(octets));
    for (size_t i = 0; i < COUNT_OF(codings); i++)
        if (codings[i]->claims(start)) {
            start_decoding(octets, codings[i]);
            break;
        }
}

void octets_close(struct octets *octets)
{
    if (octets->coding)
        octets->coding->close(octets->coding_state);
    free(octets->stored_window);
    free(octets->window);
    *octets = (struct octets){.fd = -1};
}
