/* SPDX-License-Identifier: MIT */
/* Hands on to each looker what concerns it. A looker that nobody asked for is NULL. */

#include "reports/watch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "reports/finding_stream.h"
#include "reports/metrics.h"
#include "reports/metrics_server.h"

enum { STREAM_TURN_NS = 20000000 };

struct watch {
    struct metrics *metrics;
    struct metrics_server *server;
    struct finding_stream *stream;
    struct status status;
    bool quiet, dropping_told;
    int64_t stream_turned_ns;
};

static bool open_metrics(struct watch *watch, const char *address, struct error *error)
{
    watch->metrics = metrics_new();
    watch->server = metrics_server_open(address, watch->metrics, error);
    if (!watch->server)
        return false;
    if (!watch->quiet)
        fprintf(stderr, "wire304: metrics: %s\n", metrics_server_url(watch->server));
    if (!metrics_server_is_local(watch->server))
        fprintf(stderr, "wire304: warning: the metrics can be read by whoever reaches %s\n",
                metrics_server_url(watch->server));
    return true;
}

struct watch *watch_open(const struct watch_options *options, struct audit *audit,
                         struct error *error)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->quiet = options->quiet;
    status_init(&watch->status, stderr, !options->quiet);
    bool done = !options->metrics || open_metrics(watch, options->metrics, error);
    if (done && options->ndjson) {
        watch->stream = finding_stream_open(options->ndjson, audit, error);
        done = watch->stream != NULL;
    }
    if (done)
        return watch;
    watch_close(watch);
    return NULL;
}

bool watch_serves(const struct watch *watch)
{
    return watch->server != NULL;
}

void watch_exchange(struct watch *watch, const struct assessed *assessed)
{
    if (watch && watch->metrics)
        metrics_exchange(watch->metrics, assessed);
}

void watch_finding(struct watch *watch, const struct finding *finding)
{
    if (watch && watch->metrics)
        metrics_finding(watch->metrics, finding);
}

void watch_begin_standing(struct watch *watch)
{
    if (watch && watch->metrics)
        metrics_begin_checks(watch->metrics);
}

void watch_check(struct watch *watch, const struct check *check)
{
    if (watch && watch->metrics)
        metrics_check(watch->metrics, check);
}

void watch_coverage(struct watch *watch, const struct coverage *coverage)
{
    if (watch && watch->metrics)
        metrics_coverage(watch->metrics, coverage);
}

void watch_begin_counters(struct watch *watch)
{
    if (watch && watch->metrics)
        metrics_begin_counters(watch->metrics);
}

void watch_counter(struct watch *watch, const char *name, bool is_cap, uint64_t value)
{
    if (watch && watch->metrics)
        metrics_counter(watch->metrics, name, is_cap, value);
}

void watch_commit(struct watch *watch, const struct source *source,
                  const struct status_facts *facts, int64_t took_ns)
{
    if (!watch)
        return;
    if (watch->metrics) {
        metrics_inputs(watch->metrics, source);
        metrics_commit(watch->metrics, took_ns);
    }
    if (watch->stream)
        finding_stream_commit(watch->stream);
    status_update(&watch->status, facts);
}

/* Once, when it begins; how many they were is told at the end. */
static void tell_dropping(struct watch *watch)
{
    const char *trouble = finding_stream_trouble(watch->stream);
    if (!trouble || watch->dropping_told)
        return;
    watch->dropping_told = true;
    status_clear(&watch->status);
    fprintf(stderr, "wire304: warning: --ndjson: findings are being dropped: %s\n", trouble);
}

static void turn_stream(struct watch *watch)
{
    finding_stream_turn(watch->stream);
    if (watch->metrics)
        metrics_lines(watch->metrics, finding_stream_written(watch->stream),
                      finding_stream_dropped(watch->stream));
    tell_dropping(watch);
}

void watch_turn(struct watch *watch, int64_t now_ns)
{
    if (!watch)
        return;
    if (watch->server)
        metrics_server_turn(watch->server, now_ns);
    if (watch->stream && now_ns - watch->stream_turned_ns >= STREAM_TURN_NS) {
        watch->stream_turned_ns = now_ns;
        turn_stream(watch);
    }
}

void watch_finish(struct watch *watch)
{
    if (!watch)
        return;
    status_clear(&watch->status);
    if (!watch->stream)
        return;
    finding_stream_finish(watch->stream);
    uint64_t dropped = finding_stream_dropped(watch->stream);
    if (dropped)
        fprintf(stderr, "wire304: warning: --ndjson: %" PRIu64 " findings were not written: %s\n",
                dropped, finding_stream_trouble(watch->stream));
}

void watch_rotated(struct watch *watch)
{
    if (watch && watch->stream)
        finding_stream_rotated(watch->stream);
}

void watch_clear_line(struct watch *watch)
{
    if (watch)
        status_clear(&watch->status);
}

void watch_close(struct watch *watch)
{
    if (!watch)
        return;
    status_clear(&watch->status);
    finding_stream_close(watch->stream);
    metrics_server_close(watch->server);
    metrics_free(watch->metrics);
    free(watch);
}
