/* SPDX-License-Identifier: MIT */
/*
 * What waits for the reader lies in one buffer of whole lines, of which the front may be written in
 * part. A line that does not fit is dropped; one that was begun is always finished, or nothing ever
 * follows it.
 *
 * Standard output belongs to others too, so it is not made non-blocking itself: a pipe or terminal
 * is opened a second time (through /proc), which gives a description of our own.
 */

#include "reports/live/finding_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "reports/formats/ndjson.h"
#include "reports/limits.h"

/* At the end a reader may take so long for the next octets, and come back so often: 3 s at most. */
enum { FINAL_WAIT_MS = 50, FINAL_WAITS = 60 };

struct finding_stream {
    struct audit *audit;
    int fd;
    bool is_socket, is_closed; /* closed: by the reader, or broken */
    bool is_full;              /* the disk, when it was written last */
    bool is_behind;            /* the database may have findings that were not read yet */
    int64_t last;              /* finding that was read */
    char *waiting;             /* of LIMIT_STREAM_OCTETS */
    size_t begin, end;         /* in it */
    uint64_t written, dropped; /* lines */
    const char *trouble;
};

/* ------------------------------------------------------------------ opening */

static int open_standard_output(bool *is_socket)
{
    struct stat about;
    if (fstat(STDOUT_FILENO, &about) != 0)
        return -1;
    *is_socket = S_ISSOCK(about.st_mode);
    if (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode)) {
        int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

/* A named pipe is opened for both, or there would have to be a reader already. */
static int open_file(const char *path)
{
    struct stat about;
    bool is_pipe = stat(path, &about) == 0 && S_ISFIFO(about.st_mode);
    return open(path,
                (is_pipe ? O_RDWR : O_WRONLY | O_CREAT | O_APPEND) | O_NONBLOCK | O_NOCTTY |
                    O_CLOEXEC,
                0600);
}

struct finding_stream *finding_stream_open(const char *path, struct audit *audit,
                                           struct error *error)
{
    bool is_socket = false;
    int fd = strcmp(path, "-") == 0 ? open_standard_output(&is_socket) : open_file(path);
    if (fd < 0) {
        error_set(error, ERROR_OUTPUT, "--ndjson: cannot write %s: %s", path, strerror(errno));
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that left is no reason to end */
    struct finding_stream *stream = xcalloc(1, sizeof *stream);
    stream->fd = fd;
    stream->is_socket = is_socket;
    stream->audit = audit;
    stream->waiting = xmalloc(LIMIT_STREAM_OCTETS);
    finding_stream_rotated(stream);
    return stream;
}

void finding_stream_rotated(struct finding_stream *stream)
{
    stream->last = audit_number(stream->audit, "SELECT coalesce(max(id), 0) FROM findings");
}

void finding_stream_close(struct finding_stream *stream)
{
    if (!stream)
        return;
    close(stream->fd);
    free(stream->waiting);
    free(stream);
}

/* ------------------------------------------------------------------ writing */

static uint64_t lines_in(const char *text, size_t length)
{
    uint64_t n = 0;
    for (const char *at = text; (at = memchr(at, '\n', length - (size_t)(at - text))); at++)
        n++;
    return n;
}

static void drop(struct finding_stream *stream, uint64_t lines, const char *why)
{
    stream->dropped += lines;
    if (lines)
        stream->trouble = why;
}

static void give_up(struct finding_stream *stream)
{
    stream->is_closed = true;
    drop(stream, lines_in(stream->waiting + stream->begin, stream->end - stream->begin),
         "its reader is gone");
    stream->begin = stream->end = 0;
}

/* A pipe that poll() calls writable takes PIPE_BUF octets without waiting, whoever opened it. */
static ssize_t write_some(struct finding_stream *stream)
{
    struct pollfd polled = {.fd = stream->fd, .events = POLLOUT};
    size_t length = stream->end - stream->begin;
    const char *at = stream->waiting + stream->begin;
    if (stream->is_socket)
        return send(stream->fd, at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (poll(&polled, 1, 0) != 1 || !(polled.revents & (POLLOUT | POLLERR))) {
        errno = EAGAIN;
        return -1;
    }
    return write(stream->fd, at, length < 4096 ? length : 4096);
}

static void flush(struct finding_stream *stream)
{
    stream->is_full = false;
    while (stream->begin < stream->end) {
        ssize_t n = write_some(stream);
        if (n > 0) {
            stream->written += lines_in(stream->waiting + stream->begin, (size_t)n);
            stream->begin += (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOSPC) {
            give_up(stream);
        } else {
            stream->is_full = n < 0 && errno == ENOSPC;
            break;
        }
    }
    if (stream->begin == stream->end)
        stream->begin = stream->end = 0;
}

static const char *why_no_room(const struct finding_stream *stream)
{
    return stream->is_closed ? "its reader is gone"
           : stream->is_full ? "the disk is full"
                             : "its reader is too slow";
}

static void put_line(struct finding_stream *stream, const char *line, size_t length)
{
    if (stream->end + length > LIMIT_STREAM_OCTETS && stream->begin) {
        memmove(stream->waiting, stream->waiting + stream->begin, stream->end - stream->begin);
        stream->end -= stream->begin;
        stream->begin = 0;
    }
    if (stream->is_closed || stream->end + length > LIMIT_STREAM_OCTETS) {
        drop(stream, 1, why_no_room(stream));
        return;
    }
    memcpy(stream->waiting + stream->end, line, length);
    stream->end += length;
}

/* ------------------------------------------------------------------ reading */

/* Ids that are missing were taken out of the database before they were read. */
static void count_missing(struct finding_stream *stream, int64_t last, uint64_t lines)
{
    int64_t missing = last - stream->last - (int64_t)lines;
    if (missing > 0)
        drop(stream, (uint64_t)missing, "they left the database before they were read");
    stream->last = last;
}

static void read_some(struct finding_stream *stream)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    int64_t last = ndjson_findings(stream->audit, stream->last, LIMIT_STREAM_LINES, to);
    fclose(to);
    uint64_t lines = 0;
    for (size_t at = 0; at < length; lines++) {
        const char *line_end = memchr(text + at, '\n', length - at);
        size_t n = (size_t)(line_end - (text + at)) + 1;
        put_line(stream, text + at, n);
        at += n;
    }
    free(text);
    count_missing(stream, last, lines);
    stream->is_behind = lines == LIMIT_STREAM_LINES;
}

void finding_stream_commit(struct finding_stream *stream)
{
    stream->is_behind = true;
}

void finding_stream_turn(struct finding_stream *stream)
{
    if (stream->begin < stream->end)
        flush(stream);
    if (!stream->is_behind)
        return;
    read_some(stream);
    flush(stream);
}

void finding_stream_finish(struct finding_stream *stream)
{
    struct pollfd polled = {.fd = stream->fd, .events = POLLOUT};
    stream->is_behind = true;
    for (unsigned waits = 0; waits < FINAL_WAITS;) {
        finding_stream_turn(stream);
        if (stream->begin == stream->end && !stream->is_behind)
            return;
        if (stream->begin == stream->end)
            continue;
        if (stream->is_full || poll(&polled, 1, FINAL_WAIT_MS) < 0)
            break;
        waits += polled.revents == 0;
    }
    while (stream->is_behind)
        read_some(stream);
    drop(stream, lines_in(stream->waiting + stream->begin, stream->end - stream->begin),
         why_no_room(stream));
    stream->begin = stream->end = 0;
}

uint64_t finding_stream_written(const struct finding_stream *stream)
{
    return stream->written;
}

uint64_t finding_stream_dropped(const struct finding_stream *stream)
{
    return stream->dropped;
}

const char *finding_stream_trouble(const struct finding_stream *stream)
{
    return stream->trouble;
}
