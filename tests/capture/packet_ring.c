/* SPDX-License-Identifier: MIT */
#include "capture/packet_ring.h"

#include <dirent.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

Test(packet_ring, knows_the_names_of_its_files_and_no_others)
{
    static const struct {
        const char *name;
        uint32_t want;
    } cases[] = {
        {"wire304-0000000042.pcapng", 42},   {"wire304-4294967295.pcapng", UINT32_MAX},
        {"wire304-4294967296.pcapng", 0},    {"wire304-42.pcapng", 0},
        {"wire304-0000000042.pcap", 0},      {"wire304-00000000042.pcapng", 0},
        {"wire304--000000042.pcapng", 0},    {"other-0000000042.pcapng", 0},
        {"wire304-0000000042.pcapng.gz", 0}, {"", 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(packet_ring_number(cases[i].name), cases[i].want, "%s", cases[i].name);
    char *name = packet_ring_name("a/b", 42);
    cr_expect_str_eq(name, "a/b/wire304-0000000042.pcapng");
    free(name);
}

static char folder[] = "/tmp/wire304-ring-XXXXXX";
static uint8_t octets[1000];
static const struct packet packet = {
    .bytes = {octets, sizeof octets}, .wire_length = sizeof octets, .link_type = DLT_EN10MB};

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
}

static void remove_folder(void)
{
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
}

static uint64_t octets_in_folder(unsigned *files)
{
    uint64_t sum = 0;
    DIR *dir = opendir(folder);
    struct stat about;
    *files = 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (packet_ring_number(entry->d_name) &&
            fstatat(dirfd(dir), entry->d_name, &about, 0) == 0) {
            sum += (uint64_t)about.st_size;
            ++*files;
        }
    closedir(dir);
    return sum;
}

/* How many packets the file holds; fails where it is not whole. */
static uint64_t packets_in(uint32_t file, enum input_state *state)
{
    struct error error;
    struct packet read;
    char *name = packet_ring_name(folder, file);
    const char *names[] = {name};
    struct source_options all = SOURCE_EVERYTHING;
    struct source *source = source_open(names, 1, &all, &error);
    cr_assert(source != NULL, "%s", error.text);
    while (source_next(source, &read))
        cr_expect_eq(read.bytes.len, sizeof octets);
    uint64_t packets = source_input(source, 0)->packets;
    *state = source_input(source, 0)->state;
    source_close(source);
    free(name);
    return packets;
}

Test(packet_ring, keeps_the_latest_within_what_is_allowed, .init = make_folder,
     .fini = remove_folder)
{
    struct error error;
    unsigned files;
    struct packet_ring *ring = packet_ring_open(folder, 1 << 20, &error);
    cr_assert(ring != NULL);
    for (unsigned i = 1; i <= 5000; i++)
        cr_assert_eq(packet_ring_add(ring, &packet), i);
    packet_ring_flush(ring);
    cr_expect(octets_in_folder(&files) <= 1 << 20);
    cr_expect(files >= 15 && files <= 16, "%u files", files);
    struct ring_place place;
    cr_assert(packet_ring_find(ring, 5000, &place));
    enum input_state state;
    cr_expect_eq(packets_in(place.file, &state), place.frame, "the last packet is the last there");
    cr_assert(packet_ring_find(ring, 1, &place));
    cr_expect(place.file == 1 && place.frame == 1, "what has gone is still known by its place");
    cr_expect(!packet_ring_find(ring, 0, &place));
    packet_ring_close(ring);

    ring = packet_ring_open(folder, 1 << 19, &error); /* another run, with less */
    packet_ring_add(ring, &packet);
    packet_ring_flush(ring);
    cr_expect(octets_in_folder(&files) <= 1 << 19);
    cr_assert(packet_ring_find(ring, 1, &place));
    cr_expect(place.file > 70 && place.frame == 1, "files are numbered on: %u", place.file);
    packet_ring_close(ring);
}

Test(packet_ring, a_file_that_a_kill_cut_short_is_read, .init = make_folder, .fini = remove_folder)
{
    struct error error;
    enum input_state state;
    struct packet_ring *ring = packet_ring_open(folder, 1 << 20, &error);
    for (unsigned i = 0; i < 10; i++)
        packet_ring_add(ring, &packet);
    packet_ring_close(ring);
    char *name = packet_ring_name(folder, 1);
    struct stat about;
    cr_assert(stat(name, &about) == 0 && truncate(name, about.st_size - 100) == 0);
    free(name);
    cr_expect_eq(packets_in(1, &state), 9);
    cr_expect_eq(state, INPUT_CUT_SHORT);
}

Test(packet_ring, packets_without_room_keep_their_numbers, .init = make_folder)
{
    struct error error;
    struct ring_place place;
    struct packet_ring *ring = packet_ring_open(folder, 1 << 20, &error);
    cr_assert_eq(rmdir(folder), 0); /* somebody took it away */
    cr_expect_eq(packet_ring_add(ring, &packet), 1);
    cr_expect_eq(packet_ring_add(ring, &packet), 2);
    cr_expect_eq(packet_ring_lost(ring), 2);
    cr_expect(packet_ring_trouble(ring) != NULL);
    cr_expect(!packet_ring_find(ring, 2, &place));
    packet_ring_close(ring);
}
