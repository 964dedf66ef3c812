/* SPDX-License-Identifier: MIT */
/*
 * Packets lost at random from a capture never add an error to what the whole capture says: an error
 * of the lossy run is one of the whole run, for the same rule, URL and request (its frame in the
 * whole capture). Over recorded captures (*.pcap, *.pcapng, also compressed) and over generated
 * traffic in which every transcript is played at once.
 *
 *     losses [-v] [-n TRIALS] [-s SEED] TRANSCRIPTS [FOLDER ...]
 *
 * Folders that are not there are skipped. Every complaint names its seed; -v names every trial
 * before it begins, for what ends the program.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/recording.h"
#include "tests/support/transcript.h"
#include "tests/support/wire.h"

struct trials {
    unsigned n; /* per capture */
    uint64_t seed;
    unsigned run, added; /* trials run, errors added */
    unsigned captures;
    bool verbose;
};

static void record(struct recording *r, const struct kept_packets *kept, uint64_t seed,
                   uint32_t per_mille)
{
    uint64_t random = seed;
    recording_init(r, NULL);
    for (size_t i = 0; i < kept->n; i++)
        if (per_mille == 0 || wire_random_below(&random, 1000) >= per_mille)
            recording_packet(r, &kept->packets[i]);
    recording_finish(r);
}

/* Two whole responses contradict each other, whatever was lost around them. Which two is a matter
 * of what is remembered of a URL, and hundreds of transcripts at once overflow that. */
static bool is_of_two(const struct recorded_finding *f)
{
    return strcmp(f->rule->id, "strong-etag-collision") == 0;
}

static bool knows_error(const struct recording *whole, const struct recording *lossy,
                        const struct recorded_finding *f)
{
    const struct recorded_exchange *x = &lossy->exchanges[f->exchange];
    for (size_t i = 0; i < whole->n_findings; i++) {
        const struct recorded_finding *g = &whole->findings[i];
        const struct recorded_exchange *y = &whole->exchanges[g->exchange];
        if (g->severity == SEVERITY_ERROR && g->rule == f->rule &&
            (x->request_frame == y->request_frame || is_of_two(f)) && slice_equal(x->url, y->url))
            return true;
    }
    return false;
}

static void hold_against(struct trials *trials, const char *name, uint64_t seed, uint32_t per_mille,
                         const struct recording *whole, const struct recording *lossy)
{
    for (size_t i = 0; i < lossy->n_findings; i++) {
        const struct recorded_finding *f = &lossy->findings[i];
        const struct recorded_exchange *x = &lossy->exchanges[f->exchange];
        if (f->severity != SEVERITY_ERROR || knows_error(whole, lossy, f))
            continue;
        trials->added++;
        printf("%s, %u per mille, seed %llu: added %s%s%s, frame %llu, " SLICE_FMT "\n", name,
               per_mille, (unsigned long long)seed, f->rule->id, *f->variant ? "/" : "", f->variant,
               (unsigned long long)x->request_frame, SLICE_ARG(x->url));
    }
    if (lossy->broken_laws) {
        trials->added++;
        printf("%s, %u per mille, seed %llu: broken laws of the ledger\n", name, per_mille,
               (unsigned long long)seed);
    }
}

static void try_capture(struct trials *trials, const char *name, const struct kept_packets *kept)
{
    static const uint32_t rates[] = {2, 10, 50, 200, 500};
    struct recording whole, lossy;
    record(&whole, kept, 0, 0);
    trials->captures++;
    for (unsigned i = 0; i < trials->n; i++) {
        uint64_t seed = trials->seed + i;
        uint32_t per_mille = rates[i % COUNT_OF(rates)];
        if (trials->verbose)
            fprintf(stderr, "%s, %u per mille, seed %llu\n", name, per_mille,
                    (unsigned long long)seed);
        record(&lossy, kept, seed, per_mille);
        hold_against(trials, name, seed, per_mille, &whole, &lossy);
        recording_fini(&lossy);
        trials->run++;
    }
    recording_fini(&whole);
    fflush(stdout);
}

static int is_capture(const struct dirent *entry)
{
    return strstr(entry->d_name, ".pcap") && !strstr(entry->d_name, ".keys") &&
           !strstr(entry->d_name, ".tsv");
}

static int is_transcript(const struct dirent *entry)
{
    return strstr(entry->d_name, ".http") != NULL;
}

static void try_folder(struct trials *trials, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_capture, alphasort);
    if (n < 0)
        printf("%s is not there: skipped\n", folder);
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct error error;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        struct kept_packets *kept = packets_keep(path, &error);
        if (kept)
            try_capture(trials, entries[i]->d_name, kept);
        packets_free(kept);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* All transcripts on one wire, each from client addresses and to a server of its own ports. */
static void play_all(struct wire *wire, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_transcript, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct error error;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        struct transcript *t = transcript_read(path, &error);
        for (size_t c = 0; t && c < t->n_connections; c++) {
            t->connections[c].server_port = (uint16_t)(10000 + i);
            t->connections[c].client_port = (uint16_t)(1024 + 40 * i + (int)c % 40);
        }
        if (t)
            transcript_play(t, wire, false);
        transcript_free(t);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void try_generated(struct trials *trials, const char *folder)
{
    struct wire wire;
    wire_init(&wire, trials->seed);
    play_all(&wire, folder);
    wire_settle(&wire);
    struct kept_packets kept = {.n = wire.n};
    kept.packets = xcalloc(wire.n + 1, sizeof *kept.packets);
    for (size_t i = 0; i < wire.n; i++)
        kept.packets[i] = wire_packet(&wire, i);
    try_capture(trials, "all transcripts at once", &kept);
    free(kept.packets);
    wire_fini(&wire);
}

int main(int n, char **words)
{
    struct trials trials = {.n = 10, .seed = 1};
    for (int option; (option = getopt(n, words, "n:s:v")) != -1;) {
        if (option == 'n')
            trials.n = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 's')
            trials.seed = strtoull(optarg, NULL, 10);
        else if (option == 'v')
            trials.verbose = true;
        else
            return 2;
    }
    if (optind == n) {
        fprintf(stderr, "usage: losses [-v] [-n TRIALS] [-s SEED] TRANSCRIPTS [FOLDER ...]\n");
        return 2;
    }
    try_generated(&trials, words[optind]);
    for (int i = optind + 1; i < n; i++)
        try_folder(&trials, words[i]);
    printf("%u captures, %u trials with seeds from %llu, %u errors added\n", trials.captures,
           trials.run, (unsigned long long)trials.seed, trials.added);
    return trials.added > 0;
}
