/* SPDX-License-Identifier: MIT */
/* Commits by the clock, pauses for want of room, and counters for who asks by a signal. */

#include "pipeline/upkeep.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "reports/options/values.h"

#define CHECKPOINT_NS INT64_C(1000000000)  /* a database that grows is committed so often */
#define WHOLE_NS      INT64_C(10000000000) /* and its sums stand so often */

bool is_stopped(const struct pipeline_options *options)
{
    return *options->stop || watch_wants_end(options->watch);
}

bool was_asked(volatile sig_atomic_t *wish)
{
    if (!wish || !*wish)
        return false;
    *wish = 0;
    return true;
}

/* ---- commits ---- */

void upkeep_flush_ring(struct upkeep *upkeep)
{
    struct packet_ring *ring = upkeep->options->ring;
    if (!ring)
        return;
    packet_ring_flush(ring);
    const char *trouble = packet_ring_trouble(ring);
    if ((trouble != NULL) == upkeep->is_ring_broken)
        return;
    upkeep->is_ring_broken = trouble != NULL;
    watch_clear_line(upkeep->options->watch);
    if (trouble)
        fprintf(stderr, "wire304: warning: packets are not kept in %s: %s\n",
                packet_ring_folder(ring), trouble);
    else
        fprintf(stderr, "wire304: packets are kept again; %" PRIu64 " were not\n",
                packet_ring_lost(ring));
}

/* A whole one has the sums too, and stands as if the run had ended with it. */
static bool checkpoint(struct upkeep *upkeep, bool whole, struct error *error)
{
    struct auditor *auditor = upkeep->auditor;
    const struct pipeline_options *options = upkeep->options;
    if (whole)
        auditor_tell_sums(auditor, upkeep->decoder);
    upkeep_flush_ring(upkeep); /* no row speaks of a packet that a kill could take */
    struct run_facts facts =
        tally_facts(upkeep->tally, options, upkeep->decoder, auditor->analysis);
    int64_t began = monotonic_ns();
    bool done = database_checkpoint(auditor->database, &facts, whole, error);
    if (done)
        upkeep->committed = auditor->exchanges;
    auditor->status.packets = upkeep->tally->packets;
    auditor->status.exchanges = auditor->exchanges;
    auditor->status.dropped = facts.dropped_by_kernel + facts.dropped_by_interface;
    tally_facts_free(&facts);
    watch_commit(options->watch, options->source, &auditor->status, monotonic_ns() - began);
    return done;
}

/* ---- counters ---- */

static void print_counter(void *context, const char *name, const char *text, bool is_cap,
                          uint64_t value)
{
    (void)context, (void)is_cap;
    fprintf(stderr, "wire304: %s %" PRIu64 " (%s)\n", name, value, text);
}

/* One line each. */
static void tell_counters(const struct upkeep *upkeep)
{
    const struct pipeline_options *options = upkeep->options;
    const struct auditor *auditor = upkeep->auditor;
    const struct drops drops = drops_of(options->source);
    watch_clear_line(options->watch);
    const struct {
        const char *name, *text;
        uint64_t value;
    } own[] = {
        {"packets", "read, of this database", upkeep->tally->packets},
        {"exchanges", "of this database", auditor->exchanges},
        {"findings", "of this database", auditor->status.findings},
        {"dropped-by-kernel", "packets that the ring had no room for", drops.by_kernel},
        {"dropped-by-interface", "packets that the card or its driver lost", drops.by_interface},
        {"disk-full", "packets dropped while the disk was full",
         options->losses ? options->losses->packets : 0},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        print_counter(NULL, own[i].name, own[i].text, false, own[i].value);
    decoder_counters(upkeep->decoder, print_counter, NULL);
    analysis_counters(auditor->analysis, print_counter, NULL);
}

/* ---- room ---- */

static void tell_pause(const struct pipeline_options *options, const char *format, ...)
{
    char octets[24];
    va_list arguments;
    watch_clear_line(options->watch);
    fprintf(stderr, "wire304: warning: %s are left on the disk of the database: ",
            size_text(room_available(options->room), octets));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

/* While it waits, nothing is read: packets stay in the kernel's ring, which is as large as it is,
 * and it counts what it drops. */
static void wait_for_room(struct upkeep *upkeep)
{
    const struct timespec tick = {.tv_nsec = 50000000};
    const struct pipeline_options *options = upkeep->options;
    while (room_look(options->room) && !is_stopped(options) &&
           !(options->duration_ns && monotonic_ns() >= upkeep->until_ns)) {
        if (was_asked(options->tell))
            tell_counters(upkeep);
        watch_turn(options->watch, monotonic_ns());
        nanosleep(&tick, NULL);
    }
}

/* Where the disk is short of room, what is in the database is committed, and then it waits. */
static bool pause_for_room(struct upkeep *upkeep, struct error *error)
{
    const struct pipeline_options *options = upkeep->options;
    int64_t from_ns = monotonic_ns();
    if (!options->room || !room_look(options->room))
        return true;
    uint64_t before = drops_of(options->source).by_kernel;
    tell_pause(options, "writing pauses, and goes on when there is room\n");
    bool done = checkpoint(upkeep, false, error);
    if (done)
        wait_for_room(upkeep);
    uint64_t lost = drops_of(options->source).by_kernel - before;
    options->losses->packets += lost;
    options->losses->paused_ns += monotonic_ns() - from_ns;
    if (done)
        tell_pause(options, "after %.0f s writing goes on; %" PRIu64 " packets were lost\n",
                   (double)(monotonic_ns() - from_ns) / 1e9, lost);
    return done;
}

/* ---- together ---- */

bool upkeep_turn(struct upkeep *upkeep, struct error *error)
{
    const struct pipeline_options *options = upkeep->options;
    if (was_asked(options->tell))
        tell_counters(upkeep);
    if (!pause_for_room(upkeep, error))
        return false;
    database_turn(upkeep->auditor->database, real_ns() / 1000);
    int64_t now = monotonic_ns();
    watch_turn(options->watch, now);
    if (now < upkeep->checkpoint_ns)
        return true;
    bool whole = now >= upkeep->whole_ns;
    upkeep->checkpoint_ns = now + CHECKPOINT_NS;
    if (whole)
        upkeep->whole_ns = now + WHOLE_NS;
    return checkpoint(upkeep, whole, error);
}

bool upkeep_finish(struct upkeep *upkeep, struct error *error)
{
    struct auditor *auditor = upkeep->auditor;
    struct run_facts facts =
        tally_facts(upkeep->tally, upkeep->options, upkeep->decoder, auditor->analysis);
    bool finished = database_finish(auditor->database, &facts, error);
    tally_facts_free(&facts);
    return finished;
}
