/* SPDX-License-Identifier: MIT */
/*
 * Joins the rooms as main does, with a sink that remembers. It knows the laws of contract.md that
 * concern one exchange: its findings' claims fit into its octets.
 */

#include "tests/support/recording.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void *grow(void *old, size_t n, size_t size)
{
    if ((n & (n - 1)) == 0) /* at 0, 1, 2, 4, ... */
        old = xrealloc(old, (n ? 2 * n : 1) * size);
    return old;
}

static void record_exchange(void *context, const struct assessed *a)
{
    struct recording *r = context;
    const struct exchange *x = a->exchange;
    r->exchanges = grow(r->exchanges, r->n_exchanges, sizeof *r->exchanges);
    r->exchanges[r->n_exchanges++] = (struct recorded_exchange){
        .id = a->id,
        .connection = x->connection.id,
        .index = x->index,
        .client_port = x->connection.client_port,
        .status = x->status,
        .frame = x->request.seen ? x->request.first.frame : x->response.first.frame,
        .request_frame = x->request.seen ? x->request.first.frame : 0,
        .octets = x->request.header_bytes + x->request.body_bytes + x->response.header_bytes +
                  x->response.body_bytes,
        .method = arena_copy(&r->arena, x->method),
        .url = arena_copy(&r->arena, a->url),
        .flaws = x->flaws,
        .ending = x->ending,
        .outcome = a->outcome,
    };
}

/* Exchanges come with ids 1, 2, 3 ..., so that the id is the place. */
static bool find_exchange(const struct recording *r, uint64_t id, size_t *place)
{
    *place = (size_t)id - 1;
    return id > 0 && id <= r->n_exchanges && r->exchanges[*place].id == id;
}

static void record_finding(void *context, const struct finding *f)
{
    struct recording *r = context;
    size_t place;
    if (!find_exchange(r, f->exchange_id, &place)) {
        r->broken_laws++;
        return;
    }
    r->exchanges[place].avoidable += f->avoidable_bytes;
    r->exchanges[place].opportunity += f->opportunity_bytes;
    r->findings = grow(r->findings, r->n_findings, sizeof *r->findings);
    r->findings[r->n_findings++] = (struct recorded_finding){
        .rule = f->rule,
        .variant = f->variant ? f->variant : "",
        .severity = f->severity,
        .confidence = f->confidence,
        .party = f->party,
        .exchange = place,
        .avoidable = f->avoidable_bytes,
        .opportunity = f->opportunity_bytes,
        .message = arena_copy(&r->arena, f->message),
    };
}

static void record_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct recording *r = context;
    size_t inner, outer;
    if (!find_exchange(r, inner_id, &inner) || (outer_id && !find_exchange(r, outer_id, &outer)))
        r->broken_laws++;
    else
        r->exchanges[inner].outer_id = outer_id;
}

static void record_check(void *context, const struct check *check)
{
    struct recording *r = context;
    r->broken_laws += (check->outcome == CHECK_WITHHELD) != (check->guard != NULL);
}

/* A larger cache leaves no more than a smaller one. */
static void record_what_if(void *context, const struct what_if *what_if)
{
    struct recording *r = context;
    bool follows = what_if->scenario == SCENARIO_SHARED_CACHE && what_if->capacity_bytes > 1 << 20;
    r->broken_laws += follows && what_if->left_bytes > r->left_bytes;
    r->left_bytes = what_if->left_bytes;
}

static void pass_exchange(void *context, struct exchange *exchange)
{
    struct recording *r = context;
    analysis_exchange(r->analysis, exchange);
}

static void pass_asked(void *context, const struct asked *asked)
{
    struct recording *r = context;
    analysis_asked(r->analysis, asked);
}

static void pass_loss(void *context, const struct loss *loss)
{
    struct recording *r = context;
    analysis_loss(r->analysis, loss);
}

static void pass_connection(void *context, const struct connection *connection)
{
    struct recording *r = context;
    r->broken_laws += connection->overhead_bytes > connection->wire_bytes;
    analysis_connection(r->analysis, connection);
}

static void pass_coverage(void *context, const struct coverage *coverage)
{
    (void)context;
    (void)coverage;
}

void recording_init(struct recording *r, const struct analysis_options *options)
{
    struct analysis_options defaults = analysis_options_default();
    *r = (struct recording){0};
    arena_init(&r->arena, 1 << 14);
    r->analysis_sink = (struct analysis_sink){.context = r,
                                              .exchange = record_exchange,
                                              .pair = record_pair,
                                              .finding = record_finding,
                                              .check = record_check,
                                              .what_if = record_what_if};
    r->decode_sink = (struct decode_sink){.context = r,
                                          .exchange = pass_exchange,
                                          .connection = pass_connection,
                                          .asked = pass_asked,
                                          .loss = pass_loss,
                                          .coverage = pass_coverage};
    r->options = options ? *options : defaults;
    r->analysis = analysis_new(&r->options, &r->analysis_sink);
}

void recording_packet(struct recording *r, const struct packet *packet)
{
    static const struct decoder_options plain = {.identify = false}, asking = {.identify = true};
    if (!r->decoder)
        r->decoder = decoder_new(r->identify ? &asking : &plain, &r->decode_sink);
    decoder_packet(r->decoder, packet);
}

static int by_frame(const void *left, const void *right)
{
    const struct recorded_exchange *a = *(struct recorded_exchange *const *)left;
    const struct recorded_exchange *b = *(struct recorded_exchange *const *)right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void number_exchanges(struct recording *r)
{
    struct recorded_exchange **order = xcalloc(r->n_exchanges + 1, sizeof(*order));
    for (size_t i = 0; i < r->n_exchanges; i++)
        order[i] = &r->exchanges[i];
    qsort(order, r->n_exchanges, sizeof(*order), by_frame);
    for (size_t i = 0; i < r->n_exchanges; i++)
        order[i]->number = (unsigned)i + 1;
    free(order);
}

void recording_finish(struct recording *r)
{
    if (r->decoder)
        decoder_finish(r->decoder);
    analysis_finish(r->analysis);
    number_exchanges(r);
    for (size_t i = 0; i < r->n_exchanges; i++)
        r->broken_laws +=
            r->exchanges[i].avoidable + r->exchanges[i].opportunity > r->exchanges[i].octets;
}

void recording_fini(struct recording *r)
{
    decoder_free(r->decoder);
    analysis_free(r->analysis);
    free(r->exchanges);
    free(r->findings);
    arena_fini(&r->arena);
    *r = (struct recording){0};
}

struct kept_packets *packets_keep(const char *path, struct error *error)
{
    const char *const names[] = {path};
    struct source_options options = {.from_ns = INT64_MIN, .until_ns = INT64_MAX};
    struct source *source = source_open(names, 1, &options, error);
    if (!source)
        return NULL;
    struct kept_packets *kept = xcalloc(1, sizeof *kept);
    arena_init(&kept->arena, 1 << 20);
    for (struct packet packet; source_next(source, &packet);) {
        kept->packets = grow(kept->packets, kept->n, sizeof *kept->packets);
        packet.bytes = arena_copy(&kept->arena, packet.bytes);
        kept->packets[kept->n++] = packet;
    }
    source_close(source);
    return kept;
}

void packets_free(struct kept_packets *kept)
{
    if (!kept)
        return;
    arena_fini(&kept->arena);
    free(kept->packets);
    free(kept);
}
