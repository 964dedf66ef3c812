/* SPDX-License-Identifier: MIT */
/* Several files as one capture: by time, ties by the order of names, a few descriptors. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "capture/merge.h"

TestSuite(merging, .init = folder_make, .fini = folder_remove);

/* One packet per letter of `times`: 'a' is second 1, 'b' second 2... Its octets are its file's
 * number and its place. */
static char *file_of_times(unsigned number, const char *times)
{
    struct bytes b = {0};
    char name[16], packet[32];
    pcap_head(&b, MAGIC_MICRO, false, 1);
    for (size_t i = 0; times[i]; i++) {
        snprintf(packet, sizeof packet, "%u%c ", number, times[i]);
        pcap_record(&b, false, (uint32_t)(times[i] - 'a') + 1, 0, slice_of_text(packet));
    }
    snprintf(name, sizeof name, "%u.pcap", number);
    char *path = file_with(name, bytes_slice(&b));
    bytes_free(&b);
    return path;
}

static void expect_order(const char *title, const char *const *times, size_t n, const char *want)
{
    const char *names[4];
    struct error error;
    struct bytes got = {0};
    for (unsigned i = 0; i < n; i++)
        names[i] = file_of_times(i, times[i]);
    struct source *source = source_open(names, n, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL);
    struct packet packets[4];
    uint64_t frames[4] = {0};
    for (size_t count; (count = source_packets(source, packets, COUNT_OF(packets)));)
        for (size_t i = 0; i < count; i++) {
            put(&got, packets[i].bytes.at, packets[i].bytes.len);
            cr_expect(eq(u64, packets[i].frame, ++frames[packets[i].input]), "%s", title);
        }
    cr_expect(slice_equal(bytes_slice(&got), slice_of_text(want)), "%s: " SLICE_FMT, title,
              SLICE_ARG(bytes_slice(&got)));
    source_close(source);
    bytes_free(&got);
    for (unsigned i = 0; i < n; i++)
        free((char *)(uintptr_t)names[i]);
}

Test(merging, order)
{
    static const struct {
        const char *title;
        const char *times[4];
        size_t n;
        const char *want;
    } cases[] = {
        {"one behind the other", {"ab", "cd"}, 2, "0a 0b 1c 1d "},
        {"named in the wrong order", {"cd", "ab"}, 2, "1a 1b 0c 0d "},
        {"overlapping", {"ace", "bdf"}, 2, "0a 1b 0c 1d 0e 1f "},
        {"one within another", {"az", "bcd"}, 2, "0a 1b 1c 1d 0z "},
        {"ties go by name order", {"aab", "aab", "ab"}, 3, "0a 0a 1a 1a 2a 0b 1b 2b "},
        {"time may go backwards within a file", {"adb", "c"}, 2, "0a 1c 0d 0b "},
        {"empty ones do not disturb", {"", "b", "", "a"}, 4, "3a 1b "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_order(cases[i].title, cases[i].times, cases[i].n, cases[i].want);
}

Test(merging, the_heap_sorts_whatever_comes)
{
    enum { INPUTS = 300 };
    struct merge merge;
    uint32_t noise = 7;
    merge_init(&merge, INPUTS);
    for (uint32_t i = 0; i < INPUTS; i++)
        merge_add(&merge, i, (noise = noise * 1664525 + 1013904223) >> 26);
    struct merge_entry last = {INT64_MIN, 0};
    for (int left = 5000; merge.count > 0; left--) {
        struct merge_entry first = merge.entries[0];
        cr_assert(first.time_ns > last.time_ns ||
                  (first.time_ns == last.time_ns && first.input >= last.input));
        last = first;
        noise = noise * 1664525 + 1013904223;
        if (left > 0)
            merge_update_first(&merge, first.time_ns + (noise >> 30));
        else
            merge_drop_first(&merge);
    }
    merge_fini(&merge);
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

Test(merging, a_ring_of_fifteen_hundred_files_needs_a_few_descriptors)
{
    enum { FILES = 1500, EACH = 3 };
    const char **names = xcalloc(FILES, sizeof *names);
    for (uint32_t i = 0; i < FILES; i++) {
        struct bytes b = {0};
        char name[16];
        /* Every tenth is compressed, the ring is named backwards, each file overlaps the next. */
        uint32_t start = (FILES - i) * 2;
        pcap_head(&b, MAGIC_MICRO, false, 1);
        for (uint32_t k = 0; k < EACH; k++)
            pcap_record(&b, false, start + k, 0, SLICE("packet"));
        snprintf(name, sizeof name, "%u", i);
        struct bytes packed = i % 10 ? (struct bytes){0} : gzipped(bytes_slice(&b));
        names[i] = file_with(name, bytes_slice(packed.at ? &packed : &b));
        bytes_free(&packed);
        bytes_free(&b);
    }
    struct rlimit limit = {64, 64};
    cr_assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    size_t before = open_descriptors();
    struct error error;
    struct source *source = source_open(names, FILES, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL, "%s", error.text);
    cr_expect(eq(sz, open_descriptors(), before));
    struct packet packet;
    size_t packets = 0;
    int64_t last = 0;
    for (; source_next(source, &packet); packets++) {
        cr_assert(packet.time_ns >= last);
        last = packet.time_ns;
        if (packets % 100 == 0)
            cr_assert(open_descriptors() <= before + 3);
    }
    cr_expect(eq(sz, packets, FILES * EACH));
    uint64_t done, total;
    source_progress(source, &done, &total);
    cr_expect(eq(u64, done, total));
    cr_expect(gt(u64, total, 0));
    source_close(source);
    for (size_t i = 0; i < FILES; i++)
        free((char *)(uintptr_t)names[i]);
    free(names);
}

Test(merging, too_many_files_at_once_are_told)
{
    enum { FILES = 100 };
    const char *names[FILES];
    for (unsigned i = 0; i < FILES; i++)
        names[i] = file_of_times(i, "az");
    struct rlimit limit = {40, 40};
    cr_assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    struct error error;
    struct source *source = source_open(names, FILES, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL, "%s", error.text);
    struct packet packet;
    while (source_next(source, &packet))
        ;
    const struct input *last = source_input(source, FILES - 1);
    cr_expect(eq(int, last->state, INPUT_DAMAGED));
    cr_expect(strstr(last->trouble, "ulimit -n") != NULL, "%s", last->trouble);
    source_close(source);
    for (unsigned i = 0; i < FILES; i++)
        free((char *)(uintptr_t)names[i]);
}

/* ---- standard input and pipes, which cannot be opened twice ---- */

/* A child that writes `content` to a pipe, some octets at a time. Returns the reading end. */
static int piped(struct slice content, size_t at_a_time)
{
    int ends[2];
    cr_assert(pipe(ends) == 0);
    if (fork() == 0) {
        close(ends[0]);
        for (; content.len; content = slice_from(content, at_a_time)) {
            struct slice part = slice_first(content, at_a_time);
            if (write(ends[1], part.at, part.len) < 0)
                break;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

Test(merging, standard_input_through_a_pipe_compressed_or_not)
{
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    for (uint32_t i = 0; i < 100; i++)
        pcap_record(&b, false, i, 0, SLICE("through a pipe"));
    struct bytes forms[] = {b, gzipped(bytes_slice(&b)), zstd_packed(bytes_slice(&b))};
    for (size_t i = 0; i < COUNT_OF(forms) * 2; i++) {
        struct bytes *form = &forms[i / 2];
        int end = piped(bytes_slice(form), i % 2 ? 1 : 4096);
        dup2(end, STDIN_FILENO);
        close(end);
        struct seen seen = see("-");
        cr_expect(eq(sz, seen.packets, 100), "form %zu", i);
        cr_expect(eq(int, seen.input.state, INPUT_WHOLE), "form %zu", i);
        cr_expect(eq(u64, seen.input.size, form->len), "form %zu", i);
        cr_expect(eq(u64, seen.input.octets_read, form->len), "form %zu", i);
        bytes_free(&seen.octets);
        wait(NULL);
    }
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        bytes_free(&forms[i]);
}

Test(merging, standard_input_is_merged_with_files_and_pipes)
{
    struct bytes b = {0}, c = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    pcap_record(&b, false, 2, 0, SLICE("stdin "));
    pcap_head(&c, MAGIC_MICRO, false, 1);
    pcap_record(&c, false, 3, 0, SLICE("pipe "));
    int end = piped(bytes_slice(&b), 5);
    dup2(end, STDIN_FILENO);
    close(end);
    end = piped(bytes_slice(&c), 5);
    char pipe_name[32];
    snprintf(pipe_name, sizeof pipe_name, "/dev/fd/%d", end);
    char *file = file_of_times(9, "ad");
    struct error error;
    struct source *source =
        source_open((const char *[]){pipe_name, file, "-"}, 3, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL, "%s", error.text);
    uint64_t done, total;
    source_progress(source, &done, &total);
    cr_expect(eq(u64, total, 0)); /* who knows how much is to come */
    struct bytes got = {0};
    struct packet packet;
    while (source_next(source, &packet))
        put(&got, packet.bytes.at, packet.bytes.len);
    cr_expect(slice_equal(bytes_slice(&got), SLICE("9a stdin pipe 9d ")));
    source_progress(source, &done, &total);
    cr_expect(eq(u64, done, total));
    source_close(source);
    free(file);
    close(end);
    bytes_free(&got);
    bytes_free(&b);
    bytes_free(&c);
    while (wait(NULL) > 0)
        ;
}

static void ignore(int signal_number)
{
    (void)signal_number;
}

Test(merging, a_signal_ends_the_wait_for_a_silent_pipe, .timeout = 20)
{
    int ends[2];
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    pcap_record(&b, false, 1, 0, SLICE("and then nothing"));
    cr_assert(pipe(ends) == 0);
    cr_assert(write(ends[1], b.at, b.len) == (ssize_t)b.len);
    dup2(ends[0], STDIN_FILENO);
    cr_assert(sigaction(SIGALRM, &(struct sigaction){.sa_handler = ignore}, NULL) == 0);
    alarm(1);
    struct seen seen = see("-"); /* the pipe stays open for writing */
    cr_expect(eq(sz, seen.packets, 1));
    cr_expect(eq(int, seen.input.state, INPUT_WHOLE));
    bytes_free(&seen.octets);
    bytes_free(&b);
    close(ends[0]);
    close(ends[1]);
}

Test(merging, standard_input_that_is_a_file_has_a_size)
{
    char *file = file_of_times(0, "abc");
    cr_assert(freopen(file, "rb", stdin) != NULL);
    struct error error;
    struct source *source = source_open((const char *[]){"-"}, 1, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL, "%s", error.text);
    uint64_t done, total;
    source_progress(source, &done, &total);
    cr_expect(eq(u64, total, 24 + 3 * (16 + 3)));
    source_close(source);
    free(file);
}

Test(merging, standard_input_can_be_named_once)
{
    int end = piped(SLICE(""), 1);
    dup2(end, STDIN_FILENO);
    struct bytes b = {0};
    pcap_head(&b, MAGIC_MICRO, false, 1);
    int good = piped(bytes_slice(&b), 24);
    dup2(good, STDIN_FILENO);
    struct error error;
    cr_expect(source_open((const char *[]){"-", "-"}, 2, &SOURCE_EVERYTHING, &error) == NULL);
    cr_expect(eq(int, error.kind, ERROR_USAGE));
    bytes_free(&b);
    close(good);
    close(end);
    while (wait(NULL) > 0)
        ;
}
