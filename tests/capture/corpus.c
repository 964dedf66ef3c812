/* SPDX-License-Identifier: MIT */
/* Real captures, where they lie beside the checkout: every one opens and has as many packets as its
 * manifest says, and libpcap, where it can read it, sees the same octets. */

#include "tests/capture/files.h"

#include <criterion/new/assert.h>
#include <pcap/pcap.h>

#define CORPUS SOURCE_DIR "/../shared/corpus"

/* Column `index` of a tab-separated line, cut off in place. */
static char *column(char *line, int index)
{
    char *at = NULL;
    for (int i = 0; i <= index; i++)
        at = strsep(&line, "\t\n");
    return at;
}

static void compare_with_libpcap(const char *path)
{
    char complaint[PCAP_ERRBUF_SIZE];
    pcap_t *pcap =
        pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, complaint);
    if (!pcap) /* compressed, or of several links */
        return;
    struct error error;
    struct source *source = source_open(&path, 1, &SOURCE_EVERYTHING, &error);
    cr_assert(source != NULL, "%s", error.text);
    struct packet ours;
    struct pcap_pkthdr *head;
    const u_char *theirs;
    while (pcap_next_ex(pcap, &head, &theirs) == 1) {
        cr_assert(source_next(source, &ours), "%s", path);
        cr_assert(slice_equal(ours.bytes, slice_of(theirs, head->caplen)), "%s", path);
        cr_assert(eq(i64, ours.time_ns, head->ts.tv_sec * SECOND + head->ts.tv_usec), "%s", path);
        cr_assert(eq(int, ours.link_type, pcap_datalink(pcap)), "%s", path);
    }
    source_close(source);
    pcap_close(pcap);
}

Test(corpus, is_read_whole)
{
    char line[4096];
    FILE *manifest = fopen(CORPUS "/manifest.tsv", "r");
    if (!manifest)
        cr_skip("no corpus here");
    size_t files = 0;
    cr_assert(fgets(line, sizeof line, manifest) != NULL); /* the columns' names */
    for (; fgets(line, sizeof line, manifest); files++) {
        char path[512], copy[sizeof line];
        strcpy(copy, line);
        snprintf(path, sizeof path, CORPUS "/%s", column(copy, 0));
        strcpy(copy, line);
        size_t want = strtoul(column(copy, 5), NULL, 10);
        struct seen seen = see(path);
        cr_expect(eq(int, seen.error.kind, ERROR_NONE), "%s", seen.error.text);
        cr_expect(eq(sz, seen.packets, want), "%s", path);
        cr_expect(eq(int, seen.input.state, INPUT_WHOLE), "%s", seen.trouble);
        bytes_free(&seen.octets);
        compare_with_libpcap(path);
    }
    cr_expect(gt(sz, files, 0));
    fclose(manifest);
}
