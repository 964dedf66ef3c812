/* SPDX-License-Identifier: MIT */
/*
 * Several inputs as one capture. Each input is a lane: looked at once when the source is opened,
 * for its format and the time of its first packet, closed again, and opened when the merge comes to
 * it. What cannot be opened twice (standard input, pipes) stays open.
 *
 * Order is decided before filters: they hide packets and never change the order of the others.
 */

#include "capture/capture.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/coding.h"
#include "capture/interfaces.h"
#include "capture/links.h"
#include "capture/merge.h"
#include "capture/reader.h"

struct lane {
    struct input input;
    struct reader *reader;      /* NULL while closed */
    struct record record;       /* the next packet, while open */
    struct link *link;          /* of the packet before, to spare a search */
    const struct link *refused; /* a link of it that the filter does not fit */
    int fd;
    bool is_spent;   /* the packet in `record` was handed on or hidden */
    bool is_lasting; /* cannot be opened twice */
    bool is_sized;   /* its size was known when it was opened */
    char *trouble;
};

struct source {
    struct lane *lanes;
    size_t count;
    size_t unreadable;  /* of them, from the start */
    struct merge merge; /* of lanes that have packets left */
    struct links links;
    int64_t from_ns, until_ns;
    struct interfaces *interfaces; /* instead of lanes; else NULL */
    bool is_drained;               /* nothing more is wanted */
};

/* ---- a lane and its file ---- */

static bool is_standard_input(const char *name)
{
    return strcmp(name, "-") == 0;
}

/* The end of a long path tells more than its start, and leaves room for what happened. */
static const char *shown_name(const char *name)
{
    const size_t most = 240;
    size_t length = strlen(name);
    if (is_standard_input(name))
        return "standard input";
    return length > most ? name + length - most : name;
}

static bool open_failed(const char *name, struct error *error)
{
    if (errno == EMFILE || errno == ENFILE)
        return error_set(error, ERROR_INPUT,
                         "%s: too many files are open at once: raise the limit (ulimit -n)", name);
    return error_set(error, ERROR_INPUT, "%s: cannot be opened: %s", name, strerrordesc_np(errno));
}

/* Opens the descriptor, and learns what kind of file it is. */
static bool open_descriptor(struct lane *lane, struct error *error)
{
    const char *name = shown_name(lane->input.name);
    struct stat about;

    lane->fd = is_standard_input(lane->input.name) ? STDIN_FILENO
                                                   : open(lane->input.name, O_RDONLY | O_CLOEXEC);
    if (lane->fd < 0 || fstat(lane->fd, &about) != 0)
        return open_failed(name, error);
    if (S_ISDIR(about.st_mode))
        return error_set(error, ERROR_INPUT, "%s: is a folder: name the captures in it", name);
    if (isatty(lane->fd))
        return error_set(error, ERROR_INPUT, "%s: is a terminal: pipe a capture into it", name);
    lane->is_sized = S_ISREG(about.st_mode);
    lane->is_lasting = !lane->is_sized || is_standard_input(lane->input.name);
    if (lane->is_sized) {
        lane->input.size = (uint64_t)about.st_size;
        posix_fadvise(lane->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return true;
}

static void close_descriptor(struct lane *lane)
{
    if (lane->fd > STDIN_FILENO)
        close(lane->fd);
    lane->fd = -1;
}

static void lane_close(struct lane *lane)
{
    if (lane->reader) {
        reader_close(lane->reader);
        free(lane->reader);
        lane->reader = NULL;
    }
    close_descriptor(lane);
}

static void put_trouble(struct lane *lane, enum input_state state, const struct error *error)
{
    assert(!lane->trouble);
    lane->trouble = xstrdup(error->text);
    lane->input.trouble = lane->trouble;
    lane->input.state = state;
}

/* The reader's trouble, with the place. */
static void describe_trouble(struct lane *lane, enum reading reading)
{
    const struct reader *reader = lane->reader;
    struct error error;
    error_set(&error, ERROR_INPUT, "%s: packet %" PRIu64 " at offset %" PRIu64 "%s: %s",
              shown_name(lane->input.name), lane->input.packets + 1, reader->record_offset,
              reader->octets.coding ? " (uncompressed)" : "", reader->trouble);
    put_trouble(lane, reading == READING_CUT_SHORT ? INPUT_CUT_SHORT : INPUT_DAMAGED, &error);
}

/* That the filter means nothing on a link is an error when the source is opened. Where such a link
 * comes up later, its packets are left out, and the input says so in the end. */
static void describe_refusal(struct lane *lane)
{
    struct error error;
    error_set(&error, ERROR_INPUT, "%s: packets of link type %u are left out: %s",
              shown_name(lane->input.name), lane->refused->file_type, lane->refused->refusal);
    put_trouble(lane, INPUT_WHOLE, &error);
}

static void note_progress(struct lane *lane)
{
    lane->input.octets_read = lane->reader->octets.stored_read;
    if (lane->input.size < lane->input.octets_read)
        lane->input.size = lane->input.octets_read;
}

/* Reads the next packet; false, and the file closed, where there is none. */
static bool lane_advance(struct lane *lane)
{
    enum reading reading = reader_next(lane->reader, &lane->record);
    lane->is_spent = false;
    if (LIKELY(reading == READING_RECORD))
        return true;
    if (reading != READING_END)
        describe_trouble(lane, reading);
    else if (lane->refused)
        describe_refusal(lane);
    note_progress(lane);
    lane_close(lane);
    return false;
}

static bool lane_open(struct lane *lane, struct error *error)
{
    if (!open_descriptor(lane, error)) {
        close_descriptor(lane);
        return false;
    }
    lane->reader = xmalloc(sizeof *lane->reader);
    if (reader_open(lane->reader, lane->fd, shown_name(lane->input.name), error))
        return true;
    free(lane->reader);
    lane->reader = NULL;
    close_descriptor(lane);
    return false;
}

/* Its time has come. The file is read from its start again. */
static bool lane_reopen(struct lane *lane)
{
    struct error error;
    if (lane_open(lane, &error))
        return lane_advance(lane);
    put_trouble(lane, INPUT_DAMAGED, &error);
    return false;
}

/* ---- filters ---- */

static const struct link *find_link(struct source *source, struct lane *lane)
{
    struct link *link = lane->link;
    if (LIKELY(link && link->file_type == lane->record.link_type &&
               link->is_swapped == lane->record.is_swapped))
        return link;
    link = lane->link = links_find(&source->links, &lane->record);
    if (link->refusal)
        lane->refused = link;
    return link;
}

static bool check_filter(struct source *source, const struct record *record, const char *name,
                         struct error *error)
{
    const struct link *link = links_find(&source->links, record);
    if (link->refusal)
        return error_set(error, ERROR_USAGE, "%s: the filter '%s' does not fit: %s", name,
                         source->links.filter, link->refusal);
    return true;
}

static void count_packet(struct input *input, int64_t time_ns)
{
    if (UNLIKELY(input->packets == 0))
        input->first_ns = input->last_ns = time_ns;
    if (time_ns < input->first_ns)
        input->first_ns = time_ns;
    if (time_ns > input->last_ns)
        input->last_ns = time_ns;
    input->packets++;
}

/* Hands on the lane's packet, unless it is to be hidden. */
static bool hand_on(struct source *source, struct lane *lane, struct packet *packet)
{
    const struct record *record = &lane->record;
    struct input *input = &lane->input;
    const struct link *link = find_link(source, lane);

    count_packet(input, record->time_ns);
    lane->is_spent = true;
    if (UNLIKELY(record->is_swapped))
        link_straighten(link, reader_writable(lane->reader, record->bytes), record->bytes.len);
    if (record->time_ns < source->from_ns || record->time_ns > source->until_ns ||
        !link_passes(&source->links, link, record))
        return false;
    input->passed++;
    *packet = (struct packet){
        .bytes = record->bytes,
        .wire_length = record->wire_length,
        .link_type = link->type,
        .time_ns = record->time_ns,
        .input = (uint32_t)(lane - source->lanes),
        .frame = input->packets,
    };
    return true;
}

/* ---- opening ---- */

/* A first look: is it a capture, when does it begin, does the filter fit? */
static bool look_at(struct source *source, uint32_t index, struct error *error)
{
    struct lane *lane = &source->lanes[index];
    if (!lane_open(lane, error))
        return false;
    if (!lane_advance(lane))
        return true;
    if (source->links.filter &&
        !check_filter(source, &lane->record, shown_name(lane->input.name), error))
        return false;
    merge_add(&source->merge, index, lane->record.time_ns);
    if (source->count > 1 && !lane->is_lasting)
        lane_close(lane);
    return true;
}

/* A filter that is wrong is wrong for captures without packets too. */
static bool check_filter_alone(struct source *source, struct error *error)
{
    const struct record ethernet = {.link_type = 1};
    if (!source->links.filter || source->links.count > 0)
        return true;
    return check_filter(source, &ethernet, "no packets", error);
}

/* One of several that cannot be read is told like one that breaks; the others go on. */
static bool look_at_or_leave(struct source *source, uint32_t index, struct error *error)
{
    struct lane *lane = &source->lanes[index];
    if (look_at(source, index, error))
        return true;
    if (error->kind != ERROR_INPUT || source->count == 1)
        return false;
    if (!lane->trouble)
        put_trouble(lane, INPUT_DAMAGED, error);
    if (++source->unreadable == source->count)
        return false;
    *error = (struct error){0}; /* told with the input */
    return true;
}

static bool look_at_all(struct source *source, struct error *error)
{
    bool has_standard_input = false;
    for (uint32_t i = 0; i < source->count; i++) {
        if (is_standard_input(source->lanes[i].input.name)) {
            if (has_standard_input)
                return error_set(error, ERROR_USAGE, "standard input is named twice");
            has_standard_input = true;
        }
        if (!look_at_or_leave(source, i, error))
            return false;
    }
    return source->unreadable < source->count && check_filter_alone(source, error);
}

struct source *source_open(const char *const *names, size_t n, const struct source_options *options,
                           struct error *error)
{
    assert(n <= UINT32_MAX);
    struct source *source = xcalloc(1, sizeof *source);
    *source = (struct source){
        .lanes = xcalloc(n, sizeof *source->lanes),
        .count = n,
        .from_ns = options->from_ns,
        .until_ns = options->until_ns,
    };
    for (size_t i = 0; i < n; i++) {
        source->lanes[i].input.name = names[i];
        source->lanes[i].fd = -1;
    }
    merge_init(&source->merge, n);
    links_init(&source->links, options->filter);
    if (look_at_all(source, error))
        return source;
    source_close(source);
    return NULL;
}

struct source *source_open_interfaces(const char *const *names, size_t n,
                                      const struct interface_options *options, struct error *error)
{
    struct interfaces *interfaces = interfaces_open(names, n, options, error);
    if (!interfaces)
        return NULL;
    struct source *source = xcalloc(1, sizeof *source);
    merge_init(&source->merge, 1);
    links_init(&source->links, NULL);
    source->interfaces = interfaces;
    source_limit(source, INT64_MIN, INT64_MAX);
    return source;
}

/* ---- reading ---- */

/* Brings the first lane to its next packet and lets it find its place. */
static void advance_first(struct source *source, struct lane *lane)
{
    bool has_packet = lane->reader ? lane_advance(lane) : lane_reopen(lane);
    if (!has_packet)
        merge_drop_first(&source->merge);
    else
        merge_update_first(&source->merge, lane->record.time_ns);
}

/* Of interfaces: what comes too early or too late is passed over. */
static size_t packets_in_time(struct source *source, struct packet *packets, size_t most)
{
    size_t n, in_time = 0;
    while (!in_time && (n = interfaces_packets(source->interfaces, packets, most)) > 0)
        for (size_t i = 0; i < n; i++)
            if (packets[i].time_ns >= source->from_ns && packets[i].time_ns <= source->until_ns)
                packets[in_time++] = packets[i];
    return in_time;
}

bool source_next(struct source *source, struct packet *packet)
{
    if (source->interfaces)
        return packets_in_time(source, packet, 1) > 0;
    while (source->merge.count > 0 && !source->is_drained) {
        struct lane *lane = &source->lanes[source->merge.entries[0].input];
        if (lane->is_spent || !lane->reader)
            advance_first(source, lane);
        else if (hand_on(source, lane, packet))
            return true;
    }
    return false;
}

bool source_is_idle(const struct source *source)
{
    return source->interfaces && interfaces_are_idle(source->interfaces);
}

void source_drain(struct source *source)
{
    source->is_drained = true;
    if (source->interfaces)
        interfaces_drain(source->interfaces);
}

/* The same where the packets that were handed on stay where they are; else false. */
static bool advance_within(struct source *source, struct lane *lane)
{
    struct reader *reader = lane->reader;
    if (!reader || !reader->format->next_ready ||
        !reader->format->next_ready(reader, &lane->record))
        return false;
    lane->is_spent = false;
    merge_update_first(&source->merge, lane->record.time_ns);
    return true;
}

size_t source_packets(struct source *source, struct packet *packets, size_t most)
{
    if (source->interfaces)
        return most ? packets_in_time(source, packets, most) : 0;
    if (most == 0 || !source_next(source, &packets[0]))
        return 0;
    size_t n = 1;
    while (n < most && source->merge.count > 0) {
        struct lane *lane = &source->lanes[source->merge.entries[0].input];
        if (!lane->is_spent && lane->reader)
            n += hand_on(source, lane, &packets[n]);
        else if (!advance_within(source, lane))
            break;
    }
    return n;
}

int64_t source_first_ns(const struct source *source)
{
    return source->merge.count > 0 ? source->merge.entries[0].time_ns : INT64_MIN;
}

void source_limit(struct source *source, int64_t from_ns, int64_t until_ns)
{
    source->from_ns = from_ns;
    source->until_ns = until_ns;
}

size_t source_inputs(const struct source *source)
{
    return source->interfaces ? interfaces_count(source->interfaces) : source->count;
}

const struct input *source_input(const struct source *source, size_t i)
{
    if (source->interfaces)
        return interfaces_input(source->interfaces, i);
    assert(i < source->count);
    struct lane *lane = &source->lanes[i];
    if (lane->reader)
        note_progress(lane);
    return &lane->input;
}

void source_progress(const struct source *source, uint64_t *done, uint64_t *total)
{
    bool is_known = true;
    *done = *total = 0;
    for (size_t i = 0; i < source->count; i++) {
        const struct input *input = source_input(source, i);
        is_known = is_known && (source->lanes[i].is_sized || !source->lanes[i].reader);
        *done += input->octets_read;
        *total += input->size;
    }
    if (!is_known)
        *total = 0;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    interfaces_close(source->interfaces);
    for (size_t i = 0; i < source->count; i++) {
        lane_close(&source->lanes[i]);
        free(source->lanes[i].trouble);
    }
    merge_fini(&source->merge);
    links_fini(&source->links);
    free(source->lanes);
    free(source);
}
