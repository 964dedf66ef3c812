/* SPDX-License-Identifier: MIT */
/*
 * A file is as large as a sixteenth of what is allowed, so that what goes is little. Which file
 * holds which packets of this run is remembered as the number of each file's first packet; packets
 * that were not kept are a range without a file.
 *
 * A write that fails ends its file; another one is tried after a second, and meanwhile packets go
 * by uncounted in the files and counted here. Nobody waits for the disk.
 */

#include "capture/packet_ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "capture/limits.h"
#include "capture/pcapng_writer.h"

#define RETRY_NS INT64_C(1000000000)
enum { FILES_OF_A_RING = 16, BUFFER = 1 << 18 };

struct ring_file {
    uint32_t number;
    uint64_t octets;
};

struct range {
    uint64_t first; /* number of the packet that it begins with */
    uint32_t file;  /* 0: these were not kept */
};

struct packet_ring {
    const char *folder;
    uint64_t most, octets;   /* allowed; of the finished files */
    struct ring_file *files; /* finished ones, the oldest first */
    size_t n_files, room_files;
    struct pcapng_writer writer; /* its `to` is NULL where no file is open */
    uint64_t written;            /* octets of the open file, about */
    uint32_t last;               /* number of the newest file */
    struct range ranges[LIMIT_RING_RANGES];
    uint64_t n_ranges;    /* ever; the latest are kept */
    pthread_mutex_t lock; /* of the ranges: another thread may ask for a place */
    uint64_t packets, lost;
    int64_t retry_ns;
    bool is_made; /* the folder, by this run */
    char trouble[128];
};

static const char prefix[] = "wire304-", suffix[] = ".pcapng";
enum { DIGITS = 10 };

uint32_t packet_ring_number(const char *name)
{
    uint64_t number = 0;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    name += sizeof prefix - 1;
    if (strspn(name, "0123456789") != DIGITS || strcmp(name + DIGITS, suffix) != 0)
        return 0;
    for (unsigned i = 0; i < DIGITS; i++)
        number = number * 10 + (uint64_t)(name[i] - '0');
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

char *packet_ring_name(const char *folder, uint32_t file)
{
    size_t size = strlen(folder) + 40;
    char *name = xmalloc(size);
    snprintf(name, size, "%s/%s%010" PRIu32 "%s", folder, prefix, file, suffix);
    return name;
}

/* ---- the folder ---- */

static void add_file(struct packet_ring *ring, uint32_t number, uint64_t octets)
{
    if (ring->n_files == ring->room_files) {
        ring->room_files = ring->room_files ? ring->room_files * 2 : 32;
        ring->files = xrealloc(ring->files, ring->room_files * sizeof *ring->files);
    }
    ring->files[ring->n_files++] = (struct ring_file){number, octets};
    ring->octets += octets;
    if (number > ring->last)
        ring->last = number;
}

static int by_number(const void *left, const void *right)
{
    const struct ring_file *a = left, *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

static bool scan(struct packet_ring *ring, struct error *error)
{
    DIR *folder = opendir(ring->folder);
    const struct dirent *entry;
    struct stat about;
    if (!folder)
        return error_set(error, ERROR_OUTPUT, "--packets: cannot read %s: %s", ring->folder,
                         strerror(errno));
    while ((entry = readdir(folder))) {
        uint32_t number = packet_ring_number(entry->d_name);
        if (number && fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(about.st_mode))
            add_file(ring, number, (uint64_t)about.st_size);
    }
    closedir(folder);
    if (ring->n_files)
        qsort(ring->files, ring->n_files, sizeof *ring->files, by_number);
    return true;
}

struct packet_ring *packet_ring_open(const char *folder, uint64_t most, struct error *error)
{
    struct packet_ring *ring = xcalloc(1, sizeof *ring);
    ring->folder = folder;
    ring->most = most;
    pthread_mutex_init(&ring->lock, NULL);
    ring->is_made = mkdir(folder, 0700) == 0;
    if (!ring->is_made && errno != EEXIST)
        error_set(error, ERROR_OUTPUT, "--packets: cannot make %s: %s", folder, strerror(errno));
    else if (scan(ring, error))
        return ring;
    packet_ring_close(ring);
    return NULL;
}

bool packet_ring_give(const struct packet_ring *ring, uid_t uid, gid_t gid, struct error *error)
{
    if (!ring->is_made || geteuid() != 0 || lchown(ring->folder, uid, gid) == 0)
        return true;
    return error_set(error, ERROR_OUTPUT, "--packets: cannot give %s away: %s", ring->folder,
                     strerror(errno));
}

/* Removes the oldest files until another one has room. One that somebody else removed is gone too.
 */
static void make_room(struct packet_ring *ring, uint64_t octets)
{
    size_t gone = 0;
    while (gone < ring->n_files && ring->octets + octets > ring->most) {
        char *name = packet_ring_name(ring->folder, ring->files[gone].number);
        unlink(name);
        free(name);
        ring->octets -= ring->files[gone++].octets;
    }
    ring->n_files -= gone;
    if (gone)
        memmove(ring->files, ring->files + gone, ring->n_files * sizeof *ring->files);
}

/* ---- the open file ---- */

static uint64_t octets_of_a_file(const struct packet_ring *ring)
{
    return ring->most / FILES_OF_A_RING;
}

/* From the next packet on. */
static void begin_range(struct packet_ring *ring, uint32_t file)
{
    pthread_mutex_lock(&ring->lock);
    ring->ranges[ring->n_ranges++ % LIMIT_RING_RANGES] = (struct range){ring->packets + 1, file};
    pthread_mutex_unlock(&ring->lock);
}

static void end_file(struct packet_ring *ring)
{
    struct stat about;
    if (!ring->writer.to)
        return;
    fflush(ring->writer.to);
    uint64_t octets =
        fstat(fileno(ring->writer.to), &about) == 0 ? (uint64_t)about.st_size : ring->written;
    fclose(ring->writer.to);
    ring->writer.to = NULL;
    add_file(ring, ring->last, octets);
}

static void fail(struct packet_ring *ring, int reason)
{
    snprintf(ring->trouble, sizeof ring->trouble, "%s", strerrordesc_np(reason));
    ring->retry_ns = monotonic_ns() + RETRY_NS;
    end_file(ring);
    begin_range(ring, 0);
}

/* Another process may use the folder too, or did until now: its files are not written over. */
static int make_file(struct packet_ring *ring)
{
    int fd;
    unsigned attempts = 0;
    do {
        char *name = packet_ring_name(ring->folder, ++ring->last);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        free(name);
    } while (fd < 0 && errno == EEXIST && ++attempts < 1000);
    return fd;
}

static void begin_file(struct packet_ring *ring)
{
    make_room(ring, octets_of_a_file(ring));
    int fd = make_file(ring);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (!to) {
        fail(ring, errno);
        return;
    }
    setvbuf(to, NULL, _IOFBF, BUFFER);
    __fsetlocking(to, FSETLOCKING_BYCALLER); /* one thread: no lock for each number */
    pcapng_begin(&ring->writer, to, NULL);
    ring->written = 0;
    ring->trouble[0] = '\0';
    begin_range(ring, ring->last);
}

static bool is_waiting(const struct packet_ring *ring)
{
    return ring->trouble[0] && monotonic_ns() < ring->retry_ns;
}

uint64_t packet_ring_add(struct packet_ring *ring, const struct packet *packet)
{
    uint64_t octets = packet->bytes.len + 40;
    if (ring->writer.to && ring->written + octets > octets_of_a_file(ring))
        end_file(ring);
    if (!ring->writer.to && !is_waiting(ring))
        begin_file(ring);
    ring->packets++;
    if (!ring->writer.to) {
        ring->lost++;
        return ring->packets;
    }
    ring->written += octets;
    if (!pcapng_write(&ring->writer, packet, NULL)) {
        ring->packets--;
        fail(ring,
             EPROTONOSUPPORT); /* more kinds of links than one file holds: the next begins anew */
        ring->packets++;
        ring->lost++;
    }
    return ring->packets;
}

void packet_ring_flush(struct packet_ring *ring)
{
    if (ring->writer.to && (fflush(ring->writer.to) != 0 || ferror(ring->writer.to)))
        fail(ring, errno ? errno : EIO);
}

/* ---- finding ---- */

static bool find(const struct packet_ring *ring, uint64_t number, struct ring_place *place)
{
    uint64_t low = ring->n_ranges > LIMIT_RING_RANGES ? ring->n_ranges - LIMIT_RING_RANGES : 0;
    uint64_t high = ring->n_ranges; /* the last one that begins at or before `number` */
    if (low == high || ring->ranges[low % LIMIT_RING_RANGES].first > number)
        return false;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (ring->ranges[middle % LIMIT_RING_RANGES].first <= number)
            low = middle;
        else
            high = middle;
    }
    const struct range *range = &ring->ranges[low % LIMIT_RING_RANGES];
    *place = (struct ring_place){range->file, number - range->first + 1};
    return range->file != 0;
}

bool packet_ring_find(struct packet_ring *ring, uint64_t number, struct ring_place *place)
{
    pthread_mutex_lock(&ring->lock);
    bool found = find(ring, number, place);
    pthread_mutex_unlock(&ring->lock);
    return found;
}

const char *packet_ring_folder(const struct packet_ring *ring)
{
    return ring->folder;
}

uint64_t packet_ring_lost(const struct packet_ring *ring)
{
    return ring->lost;
}

const char *packet_ring_trouble(const struct packet_ring *ring)
{
    return ring->trouble[0] ? ring->trouble : NULL;
}

void packet_ring_close(struct packet_ring *ring)
{
    if (!ring)
        return;
    end_file(ring);
    free(ring->files);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}
