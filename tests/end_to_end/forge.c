/* SPDX-License-Identifier: MIT */
/*
 * Writes transcripts as what other programs read: a capture file (`forge in.http out.pcap`, also
 * .pcapng), or the seeds of the fuzz targets (`forge --seeds folder in.http ...`): in streams/ what
 * each side of a connection sent, in frames/ single frames.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "tests/support/transcript.h"
#include "tests/support/wire.h"

static int say(const struct error *error)
{
    fprintf(stderr, "forge: %s\n", error->text);
    return 1;
}

static int write_capture(const char *from, const char *to)
{
    struct error error;
    struct wire wire;
    struct transcript *t = transcript_read(from, &error);
    if (!t)
        return say(&error);
    size_t length = strlen(to);
    bool next = length > 7 && strcmp(to + length - 7, ".pcapng") == 0;
    wire_init(&wire, 1);
    transcript_play(t, &wire, false);
    bool ok = wire_write(&wire, to, next ? WIRE_PCAPNG : WIRE_PCAP_MICRO, &error);
    wire_fini(&wire);
    transcript_free(t);
    return ok ? 0 : say(&error);
}

/* Named by content, so that what many transcripts share is there once. */
static void write_seed(const char *folder, const char *kind, struct slice octets)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%016llx", folder, kind,
             (unsigned long long)hash64_stable(octets));
    FILE *file = octets.len ? fopen(path, "wb") : NULL;
    if (!file)
        return;
    fwrite(octets.at, 1, octets.len, file);
    fclose(file);
}

/* Long bodies teach a fuzzer nothing. */
#define SEED_LIMIT  4096
#define SEED_FRAMES 6 /* the handshake, a request, the beginning of a response */

static int write_seeds(const char *folder, const char *from)
{
    struct error error;
    struct transcript *t = transcript_read(from, &error);
    if (!t)
        return say(&error);
    for (unsigned c = 0; c < t->n_connections; c++) {
        struct slice client = transcript_stream(t, c, WIRE_CLIENT);
        struct slice server = transcript_stream(t, c, WIRE_SERVER);
        write_seed(folder, "streams", slice_first(client, SEED_LIMIT));
        write_seed(folder, "streams", slice_first(server, SEED_LIMIT));
    }
    struct wire wire;
    wire_init(&wire, 1);
    transcript_play(t, &wire, false);
    for (size_t i = 0; i < wire.n && i < SEED_FRAMES; i++)
        write_seed(folder, "frames", wire_packet(&wire, i).bytes);
    wire_fini(&wire);
    transcript_free(t);
    return 0;
}

int main(int n, char **words)
{
    if (n > 3 && strcmp(words[1], "--seeds") == 0) {
        int status = 0;
        mkdir(words[2], 0777);
        for (int i = 3; i < n; i++)
            status |= write_seeds(words[2], words[i]);
        return status;
    }
    if (n == 3)
        return write_capture(words[1], words[2]);
    fprintf(stderr, "usage: forge IN.http OUT.pcap | forge --seeds FOLDER IN.http ...\n");
    return 2;
}
