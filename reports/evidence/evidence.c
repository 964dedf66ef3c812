/* SPDX-License-Identifier: MIT */
/*
 * Two passes over the original captures. The first decodes them as the audit did and notes the
 * connections of the wanted exchanges (line.h). The second copies their packets, masked
 * (masking.h), or makes them anew where the evidence is to be handed on (redacted.h).
 */

#include "reports/evidence/evidence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/pcapng_writer.h"
#include "decode/decode.h"
#include "reports/audit/exchange_rows.h"
#include "reports/evidence/captures.h"
#include "reports/evidence/heads.h"
#include "reports/evidence/line.h"
#include "reports/evidence/masking.h"
#include "reports/evidence/plan.h"
#include "reports/evidence/redacted.h"
#include "reports/formats/escape.h"
#include "reports/limits.h"

struct gathering {
    struct evidence_plan plan;
    struct line lines[EVIDENCE_EXCHANGES];
    unsigned n_lines;
    struct packet packet;              /* in hand */
    struct privacy privacy;            /* for its pseudonyms; where it is redacted, for all */
    struct redacted_packets *redacted; /* NULL: packets are copied */
    const struct evidence_options *options;
};

/* ---- the first pass ---- */

static struct line *line_of(struct gathering *g, uint64_t connection)
{
    for (unsigned i = 0; i < g->n_lines; i++)
        if (g->lines[i].id == connection)
            return &g->lines[i];
    return NULL;
}

static void on_carried(void *context, const struct carried *carried)
{
    struct gathering *g = context;
    struct line *line = line_of(g, carried->connection);
    if (!line)
        return;
    const struct slice packet = g->packet.bytes;
    const uint8_t *at = carried->payload.at;
    bool is_inside = at && at >= packet.at && at <= packet.at + packet.len;
    const struct piece piece = {
        .ordinal = carried->ordinal,
        .sequence = carried->sequence,
        .len = (uint32_t)carried->payload.len,
        .sender = carried->sender,
        .offset = is_inside ? (size_t)(at - packet.at) : SIZE_MAX,
    };
    line_add_piece(line, &piece);
}

static bool is_at(const struct spot *spot, const struct message *message)
{
    return message->seen && spot->frame == message->first.frame &&
           spot->input == message->first.input;
}

static const struct wanted *wanted_of(const struct gathering *g, const struct exchange *x)
{
    for (unsigned i = 0; i < g->plan.n_wanted; i++) {
        const struct wanted *w = &g->plan.wanted[i];
        bool by_request = w->request.frame != 0;
        if (w->connection == x->connection.id &&
            (by_request ? is_at(&w->request, &x->request) : is_at(&w->response, &x->response)))
            return w;
    }
    return NULL;
}

static void on_exchange(void *context, struct exchange *x)
{
    struct gathering *g = context;
    struct line *line = line_of(g, x->connection.id);
    if (line) {
        uint64_t first = x->request.seen ? x->request.first.ordinal : x->response.first.ordinal;
        uint64_t last = x->response.seen ? x->response.last.ordinal : x->request.last.ordinal;
        line_add_span(line, &(struct span){first, last, wanted_of(g, x)});
        if (g->options->heads_only || g->options->redact) {
            heads_note(&line->heads, &x->request);
            heads_note(&line->heads, &x->response);
        }
    }
    exchange_free(x);
}

static void on_connection(void *context, const struct connection *connection)
{
    (void)context, (void)connection;
}

static void on_asked(void *context, const struct asked *asked)
{
    (void)context, (void)asked;
}

static void on_loss(void *context, const struct loss *loss)
{
    (void)context, (void)loss;
}

static void on_coverage(void *context, const struct coverage *coverage)
{
    (void)context, (void)coverage;
}

static bool decode_again(struct gathering *g, void (*exchange)(void *, struct exchange *),
                         const struct decoder_options *options, struct error *error)
{
    const struct decode_sink sink = {g, exchange, on_connection, on_asked, on_loss, on_coverage};
    struct source *source = captures_open(&g->plan, error);
    if (!source)
        return false;
    struct decoder *decoder = decoder_new(options, &sink);
    while (source_next(source, &g->packet))
        decoder_packet(decoder, &g->packet);
    decoder_finish(decoder);
    decoder_free(decoder);
    bool same = captures_have_the_same_times(&g->plan, source, error);
    source_close(source);
    return same;
}

/* Where it was, and when: a file of a ring may have taken the place of another one. */
static bool is_wanted(const struct wanted *w, const struct exchange *x)
{
    const struct spot *spot = w->request.frame ? &w->request : &w->response;
    const struct message *message = w->request.frame ? &x->request : &x->response;
    return is_at(spot, message) && microseconds(message->first.time_ns) == w->start_us;
}

/* Of a ring, connections are numbered anew: whose connection it is, is told by the exchange. */
static void on_exchange_of_ring(void *context, struct exchange *x)
{
    struct gathering *g = context;
    for (unsigned i = 0; i < g->plan.n_wanted; i++) {
        if (is_wanted(&g->plan.wanted[i], x))
            g->plan.wanted[i].connection = x->connection.id;
    }
    exchange_free(x);
}

/* The connections of the wanted exchanges. */
static bool find_connections(struct gathering *g, struct error *error)
{
    if (g->plan.is_ring) {
        for (unsigned i = 0; i < g->plan.n_wanted; i++)
            g->plan.wanted[i].connection = 0;
        if (!decode_again(g, on_exchange_of_ring, &(struct decoder_options){0}, error))
            return false;
    }
    for (unsigned i = 0; i < g->plan.n_wanted; i++)
        if (g->plan.wanted[i].connection && !line_of(g, g->plan.wanted[i].connection))
            g->lines[g->n_lines++].id = g->plan.wanted[i].connection;
    return true;
}

static bool find_packets(struct gathering *g, struct error *error)
{
    const struct decoder_options options = {.carried = on_carried, .carried_context = g};
    if (!decode_again(g, on_exchange, &options, error))
        return false;
    for (unsigned i = 0; i < g->n_lines; i++)
        line_set_bounds(&g->lines[i]);
    const struct line *accused = line_of(g, g->plan.wanted[0].connection);
    return (accused && accused->until > 0) ||
           error_set(error, ERROR_INPUT,
                     "the captures do not hold the exchange of the finding where it was: they have "
                     "been changed");
}

/* ---- the second pass ---- */

struct copied {
    struct packet packet;
    uint8_t *octets;
    const struct piece *piece;
};

struct copies {
    struct copied *of;
    size_t n, room;
};

/* The piece of any wanted connection that this packet is; NULL: none. */
static struct piece *piece_of(const struct gathering *g, uint64_t ordinal)
{
    struct piece *piece = NULL;
    for (unsigned i = 0; i < g->n_lines && !piece; i++)
        piece = line_piece_of(&g->lines[i], ordinal);
    return piece;
}

static bool is_too_much(struct error *error)
{
    return error_set(error, ERROR_INPUT, "the packets of this finding are more than %llu MiB",
                     (unsigned long long)LIMIT_EVIDENCE_OCTETS >> 20);
}

/* Kept whole: a capture has them once, and `piece` is told where. */
static void copy_packet(struct copies *copies, const struct packet *packet, struct piece *piece)
{
    if (copies->n == copies->room) {
        copies->room = copies->room ? copies->room * 2 : 64;
        copies->of = xrealloc(copies->of, copies->room * sizeof *copies->of);
    }
    struct copied *c = &copies->of[copies->n++];
    *c = (struct copied){.packet = *packet, .piece = piece};
    c->octets = xmalloc(packet->bytes.len + 1);
    memcpy(c->octets, packet->bytes.at, packet->bytes.len);
    c->packet.bytes.at = c->octets;
    piece->copy = c->octets;
}

static bool copy_packets(struct gathering *g, struct copies *copies, struct error *error)
{
    uint64_t ordinal = 0, octets = 0;
    struct source *source = captures_open(&g->plan, error);
    if (!source)
        return false;
    while (octets <= LIMIT_EVIDENCE_OCTETS && source_next(source, &g->packet)) {
        struct piece *piece = piece_of(g, ++ordinal);
        if (!piece)
            continue;
        octets += g->packet.bytes.len;
        if (octets <= LIMIT_EVIDENCE_OCTETS)
            copy_packet(copies, &g->packet, piece);
    }
    source_close(source);
    return octets <= LIMIT_EVIDENCE_OCTETS || is_too_much(error);
}

static void copies_free(struct copies *copies)
{
    for (size_t i = 0; i < copies->n; i++)
        free(copies->of[i].octets);
    free(copies->of);
}

/* ---- the second pass, where it is redacted ---- */

static void on_carried_redacted(void *context, const struct carried *carried)
{
    struct gathering *g = context;
    const struct line *line = line_of(g, carried->connection);
    if (line && line_wants(line, carried->ordinal) &&
        redacted_packets_octets(g->redacted) <= LIMIT_EVIDENCE_OCTETS)
        redacted_packets_add(g->redacted, (unsigned)(line - g->lines), &g->packet, carried);
}

static void on_exchange_known(void *context, struct exchange *x)
{
    (void)context;
    exchange_free(x);
}

static bool gather_segments(struct gathering *g, struct error *error)
{
    const struct decoder_options options = {.carried = on_carried_redacted, .carried_context = g};
    g->redacted = redacted_packets_new(&g->privacy);
    if (!decode_again(g, on_exchange_known, &options, error))
        return false;
    return redacted_packets_octets(g->redacted) <= LIMIT_EVIDENCE_OCTETS || is_too_much(error);
}

/* ---- writing ---- */

/* What the packet shows, where it carries the first octet of an exchange. */
static bool comment_on(const void *context, const struct packet *packet, char *text, size_t size)
{
    const struct gathering *g = context;
    for (unsigned i = 0; i < g->plan.n_wanted; i++) {
        const struct wanted *w = &g->plan.wanted[i];
        bool request = w->request.frame == packet->frame && w->request.input == packet->input;
        bool response = w->response.frame == packet->frame && w->response.input == packet->input;
        if (!request && !response)
            continue;
        int n = snprintf(text, size, "%s of exchange %" PRIu64 " (%s)",
                         request ? "request" : "response", w->id, w->role);
        if (strcmp(w->role, "accused") == 0)
            snprintf(text + n, size - (size_t)n, ": %s%s%s (%s): %s", g->plan.rule,
                     *g->plan.variant ? "/" : "", g->plan.variant, g->plan.weight,
                     g->plan.message ? g->plan.message : "");
        return true;
    }
    return false;
}

static void tell_exchange(const struct gathering *g, FILE *to, const struct wanted *w)
{
    bool is_file = w->request.input < g->plan.n_files;
    char file[LIMIT_SHOWN_TEXT];
    escape_text(slice_of_text(is_file ? g->plan.files[w->request.input] : "?"), 0, file,
                sizeof file);
    fprintf(to,
            "  %-9s  exchange %" PRIu64 ": %s, request in frame %" PRIu64
            ", response in frame %" PRIu64 "\n",
            w->role, w->id, file, w->request.frame, w->response.frame);
}

static void tell_what_is_hidden(const struct gathering *g, FILE *to, const struct masking *masking)
{
    if (g->options->redact)
        fprintf(to,
                "  redacted: packets made anew, with pseudonyms and without any body's octets\n");
    else if (g->options->with_credentials)
        fprintf(to, "  credentials are in it: do not hand it on\n");
    else
        fprintf(to, "  credentials masked in %u packet%s\n", masking->packets,
                masking->packets == 1 ? "" : "s");
    if (g->options->heads_only)
        fprintf(to,
                "  heads only: %" PRIu64 " octets of bodies are left out, and what rests on them "
                "cannot be told from it\n",
                masking->left_out);
}

/* `masking` is not looked at where it is redacted. */
static void tell(const struct gathering *g, FILE *to, size_t packets, const struct masking *masking)
{
    const struct evidence_plan *plan = &g->plan;
    unsigned connections = 0;
    for (unsigned i = 0; i < g->n_lines; i++)
        connections += g->lines[i].until >= g->lines[i].from;
    fprintf(to, "finding %" PRIu64 ": %s%s%s (%s): %zu packets of %u connection%s, %u exchange%s\n",
            plan->finding, plan->rule, *plan->variant ? "/" : "", plan->variant, plan->weight,
            packets, connections, connections == 1 ? "" : "s", plan->n_wanted,
            plan->n_wanted == 1 ? "" : "s");
    for (unsigned i = 0; i < plan->n_wanted && i < 2; i++)
        if (strcmp(plan->wanted[i].role, "context") != 0)
            tell_exchange(g, to, &plan->wanted[i]);
    tell_what_is_hidden(g, to, masking);
    if (plan->n_gone)
        fprintf(to, "  %u exchange%s that bear%s on it %s left the ring of packets\n", plan->n_gone,
                plan->n_gone == 1 ? "" : "s", plan->n_gone == 1 ? "s" : "",
                plan->n_gone == 1 ? "has" : "have");
    if (plan->is_cut)
        fprintf(to, "  more exchanges bear on it than are included\n");
}

/* As a capture that cut its packets short would have it. Of what was joined from fragments, only
 * the first headers are known. */
static void leave_out_body(struct packet *packet, const struct piece *piece)
{
    enum { HEADERS = 34 };
    size_t len = piece->offset == SIZE_MAX ? HEADERS : piece->offset + piece->keep;
    if (piece->len && len < packet->bytes.len)
        packet->bytes.len = len;
}

static void begin_file(const struct gathering *g, struct pcapng_writer *writer, FILE *to)
{
    char about[256];
    snprintf(about, sizeof about, "wire304 evidence%s: finding %" PRIu64 ", %s%s%s",
             g->options->redact ? " (redacted)" : "", g->plan.finding, g->plan.rule,
             *g->plan.variant ? "/" : "", g->plan.variant);
    pcapng_begin(writer, to, about);
}

static size_t write_redacted(struct gathering *g, FILE *to)
{
    struct pcapng_writer writer;
    const struct heads_seen *heads[EVIDENCE_EXCHANGES];
    begin_file(g, &writer, to);
    for (unsigned i = 0; i < g->n_lines; i++) {
        heads_sort(&g->lines[i].heads);
        heads[i] = &g->lines[i].heads;
    }
    return redacted_packets_write(g->redacted, heads, &writer, comment_on, g);
}

static bool write_packets(const struct gathering *g, const struct copies *copies, FILE *to,
                          struct error *error)
{
    struct pcapng_writer writer;
    char text[700];
    begin_file(g, &writer, to);
    for (size_t i = 0; i < copies->n; i++) {
        struct packet packet = copies->of[i].packet;
        bool noted = comment_on(g, &packet, text, sizeof text);
        if (g->options->heads_only)
            leave_out_body(&packet, copies->of[i].piece);
        if (!pcapng_write(&writer, &packet, noted ? text : NULL))
            return error_set(error, ERROR_OUTPUT, "more kinds of links than one file can hold");
    }
    return true;
}

static bool copy_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    struct copies copies = {0};
    struct masking masking = {.pseudonyms = g->privacy.pseudonyms,
                              .with_credentials = g->options->with_credentials,
                              .heads_only = g->options->heads_only};
    bool done = copy_packets(g, &copies, error);
    for (unsigned i = 0; done && i < g->n_lines; i++)
        mask_line(&masking, &g->lines[i]);
    done = done && write_packets(g, &copies, to, error);
    if (done && told)
        tell(g, told, copies.n, &masking);
    copies_free(&copies);
    return done;
}

static bool redact_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    if (!gather_segments(g, error))
        return false;
    size_t n = write_redacted(g, to);
    if (told)
        tell(g, told, n, NULL);
    return true;
}

static bool gather_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    if (!captures_lack(&g->plan, g->options->output, error) ||
        !captures_are_the_same(&g->plan, error) || !find_connections(g, error) ||
        !find_packets(g, error))
        return false;
    return g->options->redact ? redact_and_write(g, to, told, error)
                              : copy_and_write(g, to, told, error);
}

static bool make_plan(struct gathering *g, struct audit *audit, const char *finding,
                      struct error *error)
{
    if (!privacy_init(&g->privacy, PRIVACY_STRICT, g->options->redact_key, error) ||
        !evidence_plan_make(&g->plan, audit, finding, error))
        return false;
    g->privacy.keeps_apart = true;
    if (g->options->redact)
        evidence_plan_redact(&g->plan, audit, &g->privacy);
    return true;
}

bool evidence_write(const char *database, const char *finding,
                    const struct evidence_options *options, FILE *to, FILE *told,
                    struct error *error)
{
    struct audit audit;
    if (!audit_open(&audit, database, error))
        return false;
    struct gathering *g = xcalloc(1, sizeof *g);
    g->options = options;
    bool done = make_plan(g, &audit, finding, error);
    done = audit_close(&audit, done ? error : &(struct error){0}) && done;
    done = done && gather_and_write(g, to, told, error);
    for (unsigned i = 0; i < g->n_lines; i++)
        line_free(&g->lines[i]);
    redacted_packets_free(g->redacted);
    privacy_fini(&g->privacy);
    evidence_plan_free(&g->plan);
    free(g);
    return done;
}
