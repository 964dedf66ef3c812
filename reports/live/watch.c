/* SPDX-License-Identifier: MIT */
/* Hands on to each looker what concerns it. A looker that nobody asked for is NULL. */

#include "reports/live/watch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "reports/live/finding_stream.h"
#include "reports/live/metrics.h"
#include "reports/live/metrics_server.h"
#include "reports/live/screen.h"
#include "reports/live/service_manager.h"

enum { STREAM_TURN_NS = 20000000 };

struct watch {
    struct metrics *metrics;
    struct metrics_server *server;
    struct finding_stream *stream;
    struct screen *screen;
    struct service_manager *manager;
    struct status status; /* where there is no screen */
    bool quiet, dropping_told, wants_end;
    uint64_t dropped_told;
    int64_t turned_ns, stream_turned_ns;
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
    bool done = !options->metrics || open_metrics(watch, options->metrics, error);
    if (done && options->ndjson) {
        watch->stream = finding_stream_open(options->ndjson, audit, error);
        done = watch->stream != NULL;
    }
    if (done && options->screen)
        watch->screen = screen_open(options->screen, audit, options->color);
    status_init(&watch->status, stderr, !options->quiet && !watch->screen);
    watch->manager = service_manager_open();
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
    if (watch && watch->screen)
        screen_begin_coverage(watch->screen);
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
    if (watch && watch->screen)
        screen_coverage(watch->screen, coverage);
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
    if (watch->screen)
        screen_commit(watch->screen, source, facts);
    if (watch->manager) {
        char text[256];
        status_text(text, sizeof text, facts);
        service_manager_status(watch->manager, text, watch->turned_ns);
    }
    status_update(&watch->status, facts);
}

static void tell(struct watch *watch, const char *text)
{
    watch_clear_line(watch);
    fprintf(stderr, "wire304: warning: %s\n", text);
    if (watch->screen)
        screen_say(watch->screen, text);
}

/* Once, when it begins; how many they were is told at the end. */
static void tell_dropping(struct watch *watch)
{
    char text[128];
    const char *trouble = finding_stream_trouble(watch->stream);
    if (!trouble || watch->dropping_told)
        return;
    watch->dropping_told = true;
    snprintf(text, sizeof text, "--ndjson: findings are being dropped: %s", trouble);
    tell(watch, text);
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
    watch->turned_ns = now_ns;
    if (watch->manager)
        service_manager_turn(watch->manager, now_ns);
    if (watch->server)
        metrics_server_turn(watch->server, now_ns);
    if (watch->stream && now_ns - watch->stream_turned_ns >= STREAM_TURN_NS) {
        watch->stream_turned_ns = now_ns;
        turn_stream(watch);
    }
    if (watch->screen && !screen_turn(watch->screen, now_ns))
        watch->wants_end = true;
}

bool watch_wants_end(const struct watch *watch)
{
    return watch && watch->wants_end;
}

void watch_stop(struct watch *watch)
{
    if (watch && watch->manager)
        service_manager_stopping(watch->manager);
    if (watch && watch->screen)
        screen_leave(watch->screen);
}

void watch_finish(struct watch *watch)
{
    char text[128];
    if (!watch)
        return;
    status_clear(&watch->status);
    if (!watch->stream)
        return;
    finding_stream_finish(watch->stream);
    uint64_t dropped = finding_stream_dropped(watch->stream);
    if (dropped == watch->dropped_told)
        return;
    watch->dropped_told = dropped;
    snprintf(text, sizeof text, "--ndjson: %" PRIu64 " findings were not written: %s", dropped,
             finding_stream_trouble(watch->stream));
    tell(watch, text);
}

void watch_rotated(struct watch *watch)
{
    if (watch && watch->stream)
        finding_stream_rotated(watch->stream);
    if (watch && watch->screen)
        screen_rotated(watch->screen);
}

void watch_clear_line(struct watch *watch)
{
    if (!watch)
        return;
    status_clear(&watch->status);
    if (watch->screen)
        screen_step_aside(watch->screen);
}

void watch_close(struct watch *watch)
{
    if (!watch)
        return;
    screen_close(watch->screen);
    service_manager_close(watch->manager);
    status_clear(&watch->status);
    finding_stream_close(watch->stream);
    metrics_server_close(watch->server);
    metrics_free(watch->metrics);
    free(watch);
}
