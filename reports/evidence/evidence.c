/* SPDX-License-Identifier: MIT */
/*
 * Two passes over the original captures. The first decodes them as the audit did and notes, for the
 * connections of the wanted exchanges, which packet carried which octets and where exchanges begin
 * and end. The second copies the packets: of each connection from its first wanted exchange to its
 * last without a hole, since octets that are missing in between would be taken for lost; from the
 * handshake on where the first wanted exchange is the connection's first.
 *
 * Credentials are masked in the copies: each direction is put together again, masked as heads are
 * (mask.h), and given back to the packets. A secret becomes letters that are the same for the same
 * secret within one file and tell nothing else, so that two users stay two.
 */

#include "reports/evidence/evidence.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "capture/fingerprint.h"
#include "capture/pcapng_writer.h"
#include "decode/decode.h"
#include "reports/audit/exchange_rows.h"
#include "reports/evidence/heads.h"
#include "reports/evidence/plan.h"
#include "reports/evidence/redacted.h"
#include "reports/formats/escape.h"
#include "reports/limits.h"
#include "reports/options/values.h"
#include "reports/privacy/letters.h"

/* A packet of a connection, and which of its stream's octets it carries. */
struct piece {
    uint64_t ordinal;
    uint32_t sequence, len;
    unsigned sender;
    size_t offset; /* of the payload in the packet, SIZE_MAX: not there (joined from fragments) */
    uint8_t *copy; /* of the whole packet, once it is read again; NULL: not wanted */
    uint32_t keep; /* of the payload's octets, from the first: where heads alone are wanted */
};

/* An exchange of a wanted connection, by its packets. */
struct span {
    uint64_t first, last;
    const struct wanted *wanted; /* NULL: it only lies there */
};

struct line {
    uint64_t id; /* of the connection */
    struct piece *pieces;
    size_t n_pieces, room_pieces;
    struct span *spans;
    size_t n_spans, room_spans;
    uint64_t from, until; /* ordinals that are wanted */
    struct heads_seen heads;
};

struct gathering {
    struct evidence_plan plan;
    struct source *source;
    struct line lines[EVIDENCE_EXCHANGES];
    unsigned n_lines;
    struct packet packet; /* in hand */
    uint64_t ordinal;
    uint64_t octets;                   /* copied */
    struct privacy privacy;            /* for its pseudonyms; where it is redacted, for all */
    struct redacted_packets *redacted; /* NULL: packets are copied */
    unsigned masked_packets;
    uint64_t left_out; /* octets of bodies */
    const struct evidence_options *options;
};

/* ---- the captures ---- */

static bool is_another(const char *file, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT,
                     "%s is not the capture that was analysed: %s. Put that one back in its place, "
                     "or analyze this one and take the finding from there",
                     file, why);
}

static bool is_the_same(const struct evidence_plan *plan, size_t i, struct error *error)
{
    const char *file = plan->files[i];
    struct stat about;
    char why[80], ends[17];
    if (stat(file, &about) != 0)
        return error_set(error, ERROR_INPUT,
                         "%s is not there any more: evidence is read from the captures that "
                         "were analysed, in the folder where that was done",
                         file);
    snprintf(why, sizeof why, "it has %llu octets, then it had %llu",
             (unsigned long long)about.st_size, (unsigned long long)plan->sizes[i]);
    if ((uint64_t)about.st_size != plan->sizes[i])
        return is_another(file, why, error);
    if (plan->ends[i] && fingerprint_of_file(file, ends) && strcmp(ends, plan->ends[i]) != 0)
        return is_another(file, "its first or its last MiB are others", error);
    return true;
}

/* The capture would be lost, and with it the evidence of all other findings. */
static bool is_no_capture(const struct evidence_plan *plan, const char *output, struct error *error)
{
    struct stat out, in;
    if (!output || stat(output, &out) != 0)
        return true;
    for (size_t i = 0; i < plan->n_files; i++)
        if (stat(plan->files[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return error_set(error, ERROR_USAGE,
                             "%s is a capture that was analysed: choose another name with -o",
                             output);
    return true;
}

static bool are_the_same(const struct evidence_plan *plan, struct error *error)
{
    for (size_t i = 0; i < plan->n_files && !plan->is_ring; i++)
        if (!is_the_same(plan, i, error))
            return false;
    return true;
}

/* Once they have been read, under the same filter and limits. */
static bool have_the_same_times(const struct gathering *g, struct error *error)
{
    const struct evidence_plan *plan = &g->plan;
    for (size_t i = 0; i < plan->n_files && !plan->is_ring; i++) {
        const struct input *input = source_input(g->source, i);
        if (input->packets == 0 || plan->first_us[i] == INT64_MIN)
            continue;
        if (input->first_ns / 1000 != plan->first_us[i] ||
            input->last_ns / 1000 != plan->last_us[i])
            return is_another(plan->files[i], "its first or its last packet is of another time",
                              error);
    }
    return true;
}

static int64_t limit_of(const char *text, int64_t first_ns, int64_t otherwise)
{
    int64_t ns;
    bool relative = false;
    if (!text || !value_time(text, &ns, &relative))
        return otherwise;
    return relative ? ns + first_ns : ns;
}

static bool open_again(struct gathering *g, struct error *error)
{
    struct source_options options = SOURCE_EVERYTHING;
    options.filter = g->plan.filter;
    g->source = source_open((const char *const *)g->plan.files, g->plan.n_files, &options, error);
    if (!g->source)
        return false;
    int64_t first_ns = source_first_ns(g->source);
    source_limit(g->source, limit_of(g->plan.from, first_ns, INT64_MIN),
                 limit_of(g->plan.until, first_ns, INT64_MAX));
    g->ordinal = 0;
    return true;
}

static void close_again(struct gathering *g)
{
    source_close(g->source);
    g->source = NULL;
}

/* ---- the first pass ---- */

static struct line *line_of(struct gathering *g, uint64_t connection)
{
    for (unsigned i = 0; i < g->n_lines; i++)
        if (g->lines[i].id == connection)
            return &g->lines[i];
    return NULL;
}

static void *room_for_one(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    return xrealloc(array, *room * size);
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
    line->pieces =
        room_for_one(line->pieces, line->n_pieces, &line->room_pieces, sizeof *line->pieces);
    line->pieces[line->n_pieces++] = (struct piece){
        .ordinal = carried->ordinal,
        .sequence = carried->sequence,
        .len = (uint32_t)carried->payload.len,
        .sender = carried->sender,
        .offset = is_inside ? (size_t)(at - packet.at) : SIZE_MAX,
    };
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
        line->spans =
            room_for_one(line->spans, line->n_spans, &line->room_spans, sizeof *line->spans);
        line->spans[line->n_spans++] = (struct span){first, last, wanted_of(g, x)};
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

static int by_first(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

/* From the first wanted exchange to the last, and what belongs to that: the handshake before the
 * connection's first exchange, the end of the connection after its last. */
static void set_bounds(struct line *line)
{
    size_t first = SIZE_MAX, last = 0;
    qsort(line->spans, line->n_spans, sizeof *line->spans, by_first);
    for (size_t i = 0; i < line->n_spans; i++)
        if (line->spans[i].wanted) {
            first = first == SIZE_MAX ? i : first;
            last = i;
        }
    if (first == SIZE_MAX) {
        line->from = 1;
        line->until = 0;
        return;
    }
    line->from = first == 0 ? 0 : line->spans[first].first;
    line->until = last + 1 == line->n_spans ? UINT64_MAX
                  : line->spans[last + 1].first > line->spans[last].last
                      ? line->spans[last + 1].first - 1
                      : line->spans[last].last;
}

static bool decode_again(struct gathering *g, void (*exchange)(void *, struct exchange *),
                         const struct decoder_options *options, struct error *error)
{
    const struct decode_sink sink = {g, exchange, on_connection, on_asked, on_loss, on_coverage};
    if (!open_again(g, error))
        return false;
    struct decoder *decoder = decoder_new(options, &sink);
    while (source_next(g->source, &g->packet))
        decoder_packet(decoder, &g->packet);
    decoder_finish(decoder);
    decoder_free(decoder);
    bool same = have_the_same_times(g, error);
    close_again(g);
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
        set_bounds(&g->lines[i]);
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

/* The piece of any wanted connection that this packet is; NULL: none. */
static struct piece *piece_of(struct gathering *g, uint64_t ordinal)
{
    for (unsigned i = 0; i < g->n_lines; i++) {
        struct line *line = &g->lines[i];
        if (ordinal < line->from || ordinal > line->until || line->n_pieces == 0)
            continue;
        size_t low = 0, high = line->n_pieces;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (line->pieces[middle].ordinal < ordinal)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < line->n_pieces && line->pieces[low].ordinal == ordinal)
            return &line->pieces[low];
    }
    return NULL;
}

static bool is_too_much(struct error *error)
{
    return error_set(error, ERROR_INPUT, "the packets of this finding are more than %llu MiB",
                     (unsigned long long)LIMIT_EVIDENCE_OCTETS >> 20);
}

static bool copy_packets(struct gathering *g, struct copied **copies, size_t *n,
                         struct error *error)
{
    size_t room = 0;
    *copies = NULL;
    *n = 0;
    if (!open_again(g, error))
        return false;
    while (source_next(g->source, &g->packet)) {
        struct piece *piece = piece_of(g, ++g->ordinal);
        if (!piece)
            continue;
        g->octets += g->packet.bytes.len;
        if (g->octets > LIMIT_EVIDENCE_OCTETS) {
            close_again(g);
            return is_too_much(error);
        }
        *copies = room_for_one(*copies, *n, &room, sizeof **copies);
        struct copied *c = &(*copies)[(*n)++];
        *c = (struct copied){.packet = g->packet, .piece = piece};
        c->octets = xmalloc(g->packet.bytes.len + 1);
        memcpy(c->octets, g->packet.bytes.at, g->packet.bytes.len);
        c->packet.bytes.at = c->octets;
        piece->copy = c->octets;
    }
    close_again(g);
    return true;
}

/* ---- credentials ---- */

static int by_sequence(const void *left, const void *right)
{
    const struct piece *a = *(struct piece *const *)left, *b = *(struct piece *const *)right;
    int32_t distance = (int32_t)(a->sequence - b->sequence);
    return distance ? (distance > 0) - (distance < 0)
                    : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* What of a piece is no head: its end is left out, what stands before a head becomes letters that
 * are the same for the same octets. */
static void cut_piece(struct gathering *g, struct piece *piece, uint8_t *octets,
                      const uint8_t *keep)
{
    uint32_t end = piece->len;
    while (end && !keep[end - 1])
        end--;
    piece->keep = end;
    g->left_out += piece->len - end;
    for (uint32_t i = 0; i < end;) {
        uint32_t from = i;
        while (i < end && !keep[i])
            i++;
        if (i > from) {
            letters_write(g->privacy.pseudonyms, slice_of(octets + from, i - from), octets + from);
            g->left_out += i - from;
        }
        i += i == from;
    }
}

static void cut_run(struct gathering *g, const struct line *line, struct piece **pieces, size_t n,
                    uint8_t *stream, size_t len)
{
    uint8_t *keep = xcalloc(len + 1, 1);
    for (size_t i = 0; i < n; i++) {
        size_t from = (uint32_t)(pieces[i]->sequence - pieces[0]->sequence);
        (void)heads_places(&line->heads, pieces[i]->ordinal, slice_of(stream, len), from,
                           from + pieces[i]->len, keep, NULL, 0);
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = (uint32_t)(pieces[i]->sequence - pieces[0]->sequence);
        cut_piece(g, pieces[i], stream + from, keep + from);
    }
    free(keep);
}

/* The octets of pieces[0..n) side by side, masked, and back. They overlap or touch each other. */
static void mask_run(struct gathering *g, const struct line *line, struct piece **pieces, size_t n,
                     size_t len)
{
    uint32_t base = pieces[0]->sequence;
    uint8_t *stream = xmalloc(len + 1);
    memset(stream, 0, len);
    for (size_t i = 0; i < n; i++)
        memcpy(stream + (uint32_t)(pieces[i]->sequence - base), pieces[i]->copy + pieces[i]->offset,
               pieces[i]->len);
    if (g->options->heads_only)
        cut_run(g, line, pieces, n, stream, len);
    if (!g->options->with_credentials)
        letters_for_credentials(g->privacy.pseudonyms, stream, len);
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = pieces[i]->copy + pieces[i]->offset;
        const uint8_t *from = stream + (uint32_t)(pieces[i]->sequence - base);
        if (memcmp(to, from, pieces[i]->len) != 0)
            g->masked_packets++;
        memcpy(to, from, pieces[i]->len);
    }
    free(stream);
}

static void mask_direction(struct gathering *g, struct line *line, unsigned sender)
{
    struct piece **sorted = xmalloc((line->n_pieces + 1) * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < line->n_pieces; i++) {
        struct piece *p = &line->pieces[i];
        if (p->copy && p->len && p->sender == sender && p->offset != SIZE_MAX)
            sorted[n++] = p;
    }
    if (n)
        qsort(sorted, n, sizeof *sorted, by_sequence);
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        uint32_t len = sorted[from]->len;
        while (to < n && sorted[to]->sequence - sorted[from]->sequence <= len) {
            uint32_t end = sorted[to]->sequence - sorted[from]->sequence + sorted[to]->len;
            len = end > len ? end : len;
            to++;
        }
        mask_run(g, line, sorted + from, to - from, len);
        from = to;
    }
    free(sorted);
}

static void mask_all(struct gathering *g)
{
    if (g->options->with_credentials && !g->options->heads_only)
        return;
    for (unsigned i = 0; i < g->n_lines; i++) {
        heads_sort(&g->lines[i].heads);
        mask_direction(g, &g->lines[i], 0);
        mask_direction(g, &g->lines[i], 1);
    }
}

/* ---- the second pass, where it is redacted ---- */

static void on_carried_redacted(void *context, const struct carried *carried)
{
    struct gathering *g = context;
    const struct line *line = line_of(g, carried->connection);
    if (line && carried->ordinal >= line->from && carried->ordinal <= line->until &&
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

static void tell(const struct gathering *g, FILE *to, size_t packets,
                 const struct evidence_options *options)
{
    unsigned connections = 0;
    for (unsigned i = 0; i < g->n_lines; i++)
        connections += g->lines[i].until >= g->lines[i].from;
    fprintf(to, "finding %" PRIu64 ": %s%s%s (%s): %zu packets of %u connection%s, %u exchanges\n",
            g->plan.finding, g->plan.rule, *g->plan.variant ? "/" : "", g->plan.variant,
            g->plan.weight, packets, connections, connections == 1 ? "" : "s", g->plan.n_wanted);
    for (unsigned i = 0; i < g->plan.n_wanted && i < 2; i++) {
        const struct wanted *w = &g->plan.wanted[i];
        bool is_file = w->request.input < g->plan.n_files;
        char file[LIMIT_SHOWN_TEXT];
        escape_text(slice_of_text(is_file ? g->plan.files[w->request.input] : "?"), 0, file,
                    sizeof file);
        if (strcmp(w->role, "context") != 0)
            fprintf(to,
                    "  %-9s  exchange %" PRIu64 ": %s, request in frame %" PRIu64
                    ", response in frame %" PRIu64 "\n",
                    w->role, w->id, file, w->request.frame, w->response.frame);
    }
    if (options->redact)
        fprintf(to,
                "  redacted: packets made anew, with pseudonyms and without any body's octets\n");
    else if (options->with_credentials)
        fprintf(to, "  credentials are in it: do not hand it on\n");
    else
        fprintf(to, "  credentials masked in %u packet%s\n", g->masked_packets,
                g->masked_packets == 1 ? "" : "s");
    if (options->heads_only)
        fprintf(to,
                "  heads only: %" PRIu64 " octets of bodies are left out, and what rests on them "
                "cannot be told from it\n",
                g->left_out);
    if (g->plan.n_gone)
        fprintf(to, "  %u exchanges that bear on it have left the ring of packets\n",
                g->plan.n_gone);
    if (g->plan.is_cut)
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

static bool write_packets(struct gathering *g, const struct copied *copies, size_t n, FILE *to,
                          struct error *error)
{
    struct pcapng_writer writer;
    char text[700];
    begin_file(g, &writer, to);
    for (size_t i = 0; i < n; i++) {
        struct packet packet = copies[i].packet;
        bool noted = comment_on(g, &packet, text, sizeof text);
        if (g->options->heads_only)
            leave_out_body(&packet, copies[i].piece);
        if (!pcapng_write(&writer, &packet, noted ? text : NULL))
            return error_set(error, ERROR_OUTPUT, "more kinds of links than one file can hold");
    }
    return true;
}

static bool copy_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    struct copied *copies = NULL;
    size_t n = 0;
    bool done = copy_packets(g, &copies, &n, error);
    if (done)
        mask_all(g);
    done = done && write_packets(g, copies, n, to, error);
    if (done && told)
        tell(g, told, n, g->options);
    for (size_t i = 0; i < n; i++)
        free(copies[i].octets);
    free(copies);
    return done;
}

static bool redact_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    if (!gather_segments(g, error))
        return false;
    size_t n = write_redacted(g, to);
    if (told)
        tell(g, told, n, g->options);
    return true;
}

static bool gather_and_write(struct gathering *g, FILE *to, FILE *told, struct error *error)
{
    if (!is_no_capture(&g->plan, g->options->output, error) || !are_the_same(&g->plan, error) ||
        !find_connections(g, error) || !find_packets(g, error))
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
    for (unsigned i = 0; i < g->n_lines; i++) {
        free(g->lines[i].pieces);
        free(g->lines[i].spans);
        heads_free(&g->lines[i].heads);
    }
    redacted_packets_free(g->redacted);
    privacy_fini(&g->privacy);
    evidence_plan_free(&g->plan);
    free(g);
    return done;
}
