/* SPDX-License-Identifier: MIT */
/* `wire304 live`: what is opened before the privileges go, and what is done until a signal comes.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "capture/packet_ring.h"
#include "capture/privileges.h"
#include "commands/command.h"
#include "commands/signals.h"
#include "pipeline/tally.h"
#include "reports/audit/audit.h"
#include "reports/audit/rotation.h"
#include "reports/exporters.h"
#include "reports/output.h"

#define NS_PER_S INT64_C(1000000000)

static char *live_output(const struct options *options)
{
    if (options->output)
        return xstrdup(options->output);
    const char *name = options->interfaces.items[0];
    char *output = xmalloc(strlen(name) + sizeof "wire304-.wire304.db");
    sprintf(output, "wire304-%s.wire304.db", name);
    return output;
}

/* A run, which may fill several databases one after the other. */
struct run {
    const struct options *options;
    struct source *source;
    struct pipeline_options pipeline;
    struct progress progress;
    struct watch *watch;
    struct packet_ring *ring; /* NULL: packets are not kept */
    struct room room;
    struct losses losses;
    char *base;   /* the output as it was named, before any time is put into it */
    char *output; /* of the database at hand */
    struct database *database;
    struct audit audit;  /* the same one, as it is read for the summary */
    int64_t began_ns;    /* by the monotonic clock */
    int64_t duration_ns; /* from then on: of --duration and --until the earlier; 0: no end */
    uint64_t exchanges;  /* of all databases */
    bool has_terminal;
};

static void go_on_after(struct run *run, const struct database_past *past)
{
    run->pipeline.decoder.packets_before = past->packets;
    run->pipeline.analysis.exchanges_before = past->exchanges;
}

/* ---- the database at hand ---- */

/* How it is read again is opened too: where the folder is another user's, that is not possible any
 * more once the privileges are gone. */
static bool open_database(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    const struct database_options file = {
        .path = run->output,
        .force = options->force,
        .heads = options->heads,
        .keep_ns = options->keep_ns,
        .max_octets = options->max_db,
        .accepted = &options->accepted,
        .privacy = options->privacy,
    };
    struct database_past past;
    char *inputs = tally_inputs_json(run->source);
    run->database = database_grow(&file, inputs, &past, error);
    free(inputs);
    if (!run->database)
        return false;
    if (!audit_open_growing(&run->audit, run->output, error)) {
        database_free(run->database);
        run->database = NULL;
        return false;
    }
    go_on_after(run, &past);
    return true;
}

/* Whoever closes last takes the log away. */
static bool close_database(struct run *run, struct error *error)
{
    struct error closing = {0};
    database_free(run->database);
    run->database = NULL;
    if (audit_close(&run->audit, &closing) || error->kind != ERROR_NONE)
        return true;
    *error = closing;
    return false;
}

/* ---- privileges ---- */

/* What another user's folder does not allow is said at the start, not when it is too late. */
static bool check_folder(const struct run *run, const char *folder, const char *user,
                         struct error *error)
{
    if (access(folder, W_OK | X_OK) == 0)
        return true;
    if (run->options->rotate_ns)
        return error_set(error, ERROR_OUTPUT,
                         "--rotate: user %s may not make files in %s: give it the folder (chown), "
                         "or choose with --user who may",
                         user, folder);
    if (!run->options->quiet)
        fprintf(stderr,
                "wire304: warning: user %s may not make or remove files in %s: %s-wal and -shm "
                "stay when it ends (nothing is lost), and SIGHUP begins no new file; give it the "
                "folder (chown), or choose with --user who may\n",
                user, folder, run->output);
    return true;
}

static bool check_ring(const struct run *run, const char *user, struct error *error)
{
    const char *folder = run->options->packets;
    return !folder || access(folder, W_OK | X_OK) == 0 ||
           error_set(error, ERROR_OUTPUT,
                     "--packets: user %s may not make files in %s: give it the folder (chown), or "
                     "choose with --user who may",
                     user, folder);
}

/* From here on the process can do little: the interfaces and the database are open. */
static bool lose_privileges(struct run *run, struct error *error)
{
    char told[256];
    struct unprivileged who;
    const struct options *options = run->options;
    if (options->no_sandbox) {
        if (!options->quiet)
            fprintf(stderr, "wire304: warning: --no-sandbox: whoever finds an error in the parser "
                            "gets this user's rights\n");
        run->pipeline.rotate = signals_rotate();
        return true;
    }
    char *folder = folder_of(run->output);
    const char *const folders[] = {folder, options->packets, NULL};
    const struct privileges_left left = {folders, watch_serves(run->watch), options->jobs > 1};
    bool done = unprivileged_choose(&who, options->user, folder, error) &&
                database_give(run->database, who.uid, who.gid, error) &&
                (!run->ring || packet_ring_give(run->ring, who.uid, who.gid, error)) &&
                privileges_drop(&who, &left, told, sizeof told, error);
    if (done && !options->quiet)
        fprintf(stderr, "wire304: sandbox: %s\n", told);
    done = done && check_folder(run, folder, who.name, error) && check_ring(run, who.name, error);
    if (done && access(folder, W_OK | X_OK) == 0)
        run->pipeline.rotate = signals_rotate();
    free(folder);
    return done;
}

/* ---- one database after the other ---- */

static bool is_stopped(const struct run *run)
{
    return *signals_stop() || watch_wants_end(run->watch);
}

/* Until there is room again, or somebody wants no more of it. */
static void wait_for_room(struct run *run, bool (*is_there)(struct run *run))
{
    const struct timespec tick = {.tv_nsec = 50000000};
    int64_t from_ns = monotonic_ns();
    if (is_there(run))
        return;
    while (!is_stopped(run) && !is_there(run)) {
        watch_turn(run->watch, monotonic_ns());
        nanosleep(&tick, NULL);
    }
    run->losses.paused_ns += monotonic_ns() - from_ns;
}

static bool has_room(struct run *run)
{
    return !room_look(&run->room);
}

static bool has_recovered(struct run *run)
{
    struct database_past past;
    struct error ignored;
    if (room_look(&run->room) || !database_recover(run->database, &past, &ignored))
        return false;
    go_on_after(run, &past);
    return true;
}

/* A write found no room, in spite of the reserve: a quota, or somebody else was faster. As after a
 * kill, what was committed stands, and the caches begin empty. */
static bool go_on_when_there_is_room(struct run *run, struct error *error)
{
    watch_clear_line(run->watch);
    fprintf(stderr, "wire304: warning: %s; writing pauses, and goes on when there is room\n",
            error->text);
    wait_for_room(run, has_recovered);
    if (is_stopped(run) && database_lacks_room(run->database))
        return false;
    watch_clear_line(run->watch);
    fprintf(stderr, "wire304: writing goes on; %" PRIu64 " exchanges were lost in all\n",
            run->losses.exchanges);
    *error = (struct error){0};
    return true;
}

static void name_database(struct run *run, int64_t at_ns)
{
    free(run->output);
    run->output = rotation_name(run->base, at_ns / NS_PER_S);
}

/* Its name for now, and when the next one is due. */
static void choose_database(struct run *run)
{
    int64_t period_s = run->options->rotate_ns / NS_PER_S, now_s = real_ns() / NS_PER_S;
    if (!period_s)
        return;
    name_database(run, rotation_start(now_s, period_s) * NS_PER_S);
    run->pipeline.rotate_at_ns = rotation_next(now_s, period_s) * NS_PER_S;
}

static bool rotate(struct run *run, struct error *error)
{
    int64_t due_ns = run->pipeline.rotate_at_ns, at_ns = real_ns();
    char *before = xstrdup(run->output);
    if (due_ns && at_ns >= due_ns)
        choose_database(run);
    else
        name_database(run, at_ns);
    bool done = close_database(run, error);
    wait_for_room(run, has_room);
    done = done && open_database(run, error);
    if (done)
        watch_rotated(run->watch);
    if (done && !run->options->quiet) {
        watch_clear_line(run->watch);
        fprintf(stderr, "wire304: %s is finished, %s begins\n", before, run->output);
    }
    free(before);
    return done;
}

/* What is left of --duration and --count. False where nothing is. */
static bool limit_rest(struct run *run, uint64_t packets)
{
    struct pipeline_options *pipeline = &run->pipeline;
    if (run->duration_ns) {
        pipeline->duration_ns = run->duration_ns - (monotonic_ns() - run->began_ns);
        if (pipeline->duration_ns <= 0)
            return false;
    }
    if (pipeline->count) {
        if (pipeline->count <= packets)
            return false;
        pipeline->count -= packets;
    }
    return true;
}

/* SIGHUP also comes when somebody closes the terminal; then there is nobody to go on for. */
static bool was_hung_up(const struct run *run)
{
    return run->has_terminal && !isatty(STDERR_FILENO);
}

static bool listen_on(struct run *run, struct error *error)
{
    struct pipeline_result result = {0};
    for (;;) {
        bool done = pipeline_run(&run->pipeline, run->database, &result, error);
        bool is_over = !limit_rest(run, result.packets) || is_stopped(run) || was_hung_up(run);
        run->exchanges += result.exchanges;
        if (result.end == PIPELINE_FULL && !is_over)
            done = go_on_when_there_is_room(run, error);
        else if (result.end == PIPELINE_ROTATES && !is_over)
            done = done && rotate(run, error);
        else
            return done;
        if (!done)
            return false;
    }
}

/* ---- the end ---- */

static void tell_losses(const struct run *run)
{
    if (run->losses.paused_ns && !run->options->quiet)
        fprintf(stderr,
                "wire304: the disk was full for %.0f s: %" PRIu64 " packets and %" PRIu64
                " exchanges were lost\n",
                (double)run->losses.paused_ns / 1e9, run->losses.packets, run->losses.exchanges);
}

/* Summary and exit code after a live run: a signal is its normal end. */
static int live_verdict(struct run *run, bool lost, struct error *error)
{
    const struct options *options = run->options;
    const struct report_options report = {.format = "terminal",
                                          .layout = layout(options),
                                          .selection = &options->selection,
                                          .price = options->price};
    bool is_stream = options->ndjson && strcmp(options->ndjson, "-") == 0;
    if (!options->quiet && !is_stream && !report_print_open(&run->audit, stdout, &report, error))
        return code_of(error);
    return lost                                               ? EXIT_INPUT
           : run->exchanges == 0                              ? EXIT_NOTHING
           : audit_is_failing(&run->audit, &options->fail_on) ? EXIT_FAIL_ON
                                                              : EXIT_DONE;
}

/* On a terminal there is a screen, unless something else is written there. */
static struct watch *open_watch(const struct options *options, struct audit *audit,
                                struct error *error)
{
    char what[256] = "";
    const char *no_color = getenv("NO_COLOR");
    bool is_stream = options->ndjson && strcmp(options->ndjson, "-") == 0;
    for (size_t i = 0, n = 0; i < options->interfaces.n && n < sizeof what - 1; i++)
        n += (size_t)snprintf(what + n, sizeof what - n, "%s%s", i ? ", " : "",
                              options->interfaces.items[i]);
    const struct watch_options lookers = {
        .metrics = options->metrics,
        .ndjson = options->ndjson,
        .quiet = options->quiet,
        .screen =
            options->quiet || options->plain || (is_stream && isatty(STDOUT_FILENO)) ? NULL : what,
        .color = options->color == COLOR_ALWAYS ||
                 (options->color == COLOR_AUTO && (!no_color || !*no_color)),
    };
    return watch_open(&lookers, audit, error);
}

static int listen_and_audit(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    run->pipeline.watch = run->watch = open_watch(options, &run->audit, error);
    bool done = run->watch && lose_privileges(run, error) && listen_on(run, error);
    watch_close(run->watch);
    bool lost = tell_input_troubles(run->source, options->quiet);
    tell_losses(run);
    if (!run->database)
        return code_of(error);
    database_free(run->database);
    run->database = NULL;
    int code = done ? live_verdict(run, lost, error) : code_of(error);
    return close_database(run, error) ? code : code_of(error);
}

static bool open_ring(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    if (!options->packets)
        return true;
    run->ring = packet_ring_open(options->packets, options->packets_max, error);
    run->pipeline.ring = run->ring;
    return run->ring != NULL;
}

static void run_init(struct run *run, const struct options *options, struct source *source)
{
    *run = (struct run){
        .options = options,
        .source = source,
        .pipeline = pipeline_options_of(options, source),
        .base = live_output(options),
        .output = live_output(options),
        .began_ns = monotonic_ns(),
        .has_terminal = isatty(STDERR_FILENO) && !options->no_progress,
    };
    char *folder = folder_of(run->output);
    room_open(&run->room, folder);
    free(folder);
    progress_init(&run->progress, stderr, false);
    run->pipeline.progress = &run->progress;
    run->pipeline.count = (uint64_t)options->count;
    run->pipeline.tell = signals_tell();
    run->pipeline.room = &run->room;
    run->pipeline.losses = &run->losses;
}

static void run_fini(struct run *run)
{
    pipeline_options_fini(&run->pipeline);
    packet_ring_close(run->ring);
    room_close(&run->room);
    free(run->base);
    free(run->output);
}

/* Times of packets are those of the system's clock; relative ones are after the start. */
static bool limit_times(struct run *run, struct error *error)
{
    const struct options *options = run->options;
    int64_t now = real_ns();
    int64_t from_ns = options->from.ns + (options->from.relative ? now : 0);
    int64_t until_ns = options->until.ns + (options->until.relative ? now : 0);
    run->duration_ns = options->duration_ns;
    if (options->until.given && until_ns <= now)
        return error_set(error, ERROR_USAGE, "--until is over already");
    if (options->until.given && (!run->duration_ns || until_ns - now < run->duration_ns))
        run->duration_ns = until_ns - now;
    source_limit(run->source, options->from.given ? from_ns : INT64_MIN,
                 options->until.given ? until_ns : INT64_MAX);
    run->pipeline.duration_ns = run->duration_ns;
    return true;
}

int run_live(const struct options *options, struct error *error)
{
    struct interface_options how = INTERFACE_DEFAULTS;
    how.filter = options->filter;
    how.promiscuous = !options->one_station;
    how.rings = (unsigned)options->jobs;
    if (options->buffer)
        how.buffer = (int)options->buffer;
    if (options->snaplen)
        how.snaplen = (int)options->snaplen;
    struct source *source =
        source_open_interfaces(options->interfaces.items, options->interfaces.n, &how, error);
    if (!source)
        return code_of(error);
    struct run run;
    run_init(&run, options, source);
    choose_database(&run);
    signals_catch_wishes();
    int code = limit_times(&run, error) && open_ring(&run, error) && open_database(&run, error)
                   ? listen_and_audit(&run, error)
                   : code_of(error);
    run_fini(&run);
    source_close(source);
    return code;
}
