/* SPDX-License-Identifier: MIT */
/* Any octets as a capture file, through the front door; read again, it is the same. */

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over all octets of all packets. */
static uint64_t read_all(const char *const *names, size_t n, const char *filter)
{
    struct source_options options = {filter, INT64_MIN, INT64_MAX};
    struct error error;
    struct packet packet;
    uint64_t sum = 0;
    struct source *source = source_open(names, n, &options, &error);
    while (source && source_next(source, &packet)) {
        assert(packet.bytes.len <= packet.wire_length);
        sum = hash_mix(sum, hash64(packet.bytes) ^ (uint64_t)packet.time_ns);
    }
    source_close(source);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[32];
    int file = memfd_create("capture", 0);
    snprintf(name, sizeof name, "/dev/fd/%d", file);
    assert(write(file, data, size) == (ssize_t)size);
    const char *const names[] = {name, name};
    assert(read_all(names, 1, NULL) == read_all(names, 1, NULL));
    read_all(names, 2, "tcp port 80"); /* merged with itself */
    close(file);
    return 0;
}
