/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: over every file of the folders (or files) that are named,
 * and over a few mutations of each, always the same ones. It is no search; it keeps the targets and
 * their invariants alive under every compiler.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "tests/support/wire.h"

#define INPUT_LIMIT 65536
#define MUTATIONS   12

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n);

/* The input ends where its memory ends, so that the sanitizer sees an octet read too many. */
static void run_exact(const uint8_t *at, size_t n)
{
    uint8_t *copy = xmalloc(n ? n : 1);
    memcpy(copy, at, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static size_t mutate(uint8_t *at, size_t n, uint64_t *random)
{
    static const uint8_t telling[] = {0, '\r', '\n', ' ', ':', '"', ',', 0x7f, 0x80, 0xff};
    if (n == 0)
        return 0;
    for (unsigned i = 1 + wire_random_below(random, 4); i > 0; i--) {
        uint32_t place = wire_random_below(random, (uint32_t)n);
        if (wire_random_below(random, 2))
            at[place] ^= (uint8_t)(1u << wire_random_below(random, 8));
        else
            at[place] = telling[wire_random_below(random, sizeof telling)];
    }
    return wire_random_below(random, 3) ? n : wire_random_below(random, (uint32_t)n);
}

static void run_file(const char *path)
{
    static uint8_t seed[INPUT_LIMIT], input[INPUT_LIMIT];
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    size_t n = fread(seed, 1, sizeof seed, file);
    uint64_t random = n;
    fclose(file);
    run_exact(seed, n);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        memcpy(input, seed, n);
        run_exact(input, mutate(input, n, &random));
    }
}

static unsigned run_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    unsigned run = 0;
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            run_file(path);
            run++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return run;
}

int main(int n, char **words)
{
    unsigned run = 0;
    run_exact((const uint8_t *)"", 0);
    for (int i = 1; i < n; i++) {
        struct stat facts;
        if (stat(words[i], &facts) == 0 && S_ISDIR(facts.st_mode)) {
            run += run_folder(words[i]);
        } else {
            run_file(words[i]);
            run++;
        }
    }
    printf("%u inputs\n", run);
    return run == 0;
}
