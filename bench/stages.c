/* SPDX-License-Identifier: MIT */
/*
 * The first rooms alone, on one thread: what an audit costs up to there. What each room costs is
 * the difference between two runs, however the compiler has merged their functions.
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "capture/capture.h"
#include "decode/decode.h"

/* What came out, so that nothing is thought away. */
struct sums {
    uint64_t packets, exchanges, connections, rows;
    struct analysis *analysis; /* NULL: exchanges end here */
};

static void on_exchange(void *context, struct exchange *exchange)
{
    struct sums *sums = context;
    sums->exchanges++;
    if (sums->analysis)
        analysis_exchange(sums->analysis, exchange);
    else
        exchange_free(exchange);
}

static void on_connection(void *context, const struct connection *connection)
{
    struct sums *sums = context;
    sums->connections++;
    if (sums->analysis)
        analysis_connection(sums->analysis, connection);
}

static void on_asked(void *context, const struct asked *asked)
{
    struct sums *sums = context;
    if (sums->analysis)
        analysis_asked(sums->analysis, asked);
}

static void on_loss(void *context, const struct loss *loss)
{
    struct sums *sums = context;
    sums->rows++;
    if (sums->analysis)
        analysis_loss(sums->analysis, loss);
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    (void)coverage;
    ((struct sums *)context)->rows++;
}

static void on_assessed(void *context, const struct assessed *assessed)
{
    ((struct sums *)context)->rows += assessed->id != 0;
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    ((struct sums *)context)->rows += inner_id != outer_id;
}

static void on_finding(void *context, const struct finding *finding)
{
    ((struct sums *)context)->rows += finding->exchange_id != 0;
}

static void on_check(void *context, const struct check *check)
{
    ((struct sums *)context)->rows += check->exchanges != 0;
}

static void on_what_if(void *context, const struct what_if *what_if)
{
    ((struct sums *)context)->rows += what_if->exchanges != 0;
}

static void read_all(struct source *source, struct decoder *decoder, struct sums *sums)
{
    struct packet packets[DECODER_PACKETS];
    size_t n;
    while ((n = source_packets(source, packets, DECODER_PACKETS)) > 0) {
        sums->packets += n;
        if (decoder)
            decoder_packets(decoder, packets, n);
    }
}

static void run(struct source *source, bool decodes, bool analyses, struct sums *sums)
{
    const struct decode_sink exchanges = {sums,     on_exchange, on_connection,
                                          on_asked, on_loss,     on_coverage};
    const struct analysis_sink findings = {
        .context = sums,
        .exchange = on_assessed,
        .pair = on_pair,
        .finding = on_finding,
        .check = on_check,
        .what_if = on_what_if,
    };
    const struct decoder_options decoding = {.identify = true};
    const struct analysis_options analysing = analysis_options_default();
    struct decoder *decoder = decodes ? decoder_new(&decoding, &exchanges) : NULL;
    sums->analysis = analyses ? analysis_new(&analysing, &findings) : NULL;
    read_all(source, decoder, sums);
    if (decoder)
        decoder_finish(decoder);
    if (sums->analysis)
        analysis_finish(sums->analysis);
    decoder_free(decoder);
    analysis_free(sums->analysis);
}

int main(int n, char **words)
{
    static const char *const stages[] = {"capture", "decode", "analysis"};
    struct source_options everything = SOURCE_EVERYTHING;
    struct sums sums = {0};
    struct error error;
    int stage = 0;
    while (n == 3 && stage < 3 && strcmp(words[1], stages[stage]) != 0)
        stage++;
    if (n != 3 || stage == 3) {
        fprintf(stderr, "usage: stages capture|decode|analysis FILE\n");
        return 2;
    }
    struct source *source = source_open((const char *const *)words + 2, 1, &everything, &error);
    if (!source) {
        fprintf(stderr, "stages: %s\n", error.text);
        return 3;
    }
    run(source, stage > 0, stage > 1, &sums);
    printf("%" PRIu64 " packets, %" PRIu64 " exchanges, %" PRIu64 " connections, %" PRIu64
           " rows\n",
           sums.packets, sums.exchanges, sums.connections, sums.rows);
    source_close(source);
    return 0;
}
