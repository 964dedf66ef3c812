/* SPDX-License-Identifier: MIT */
/*
 * What of an exchange goes into which table (schema.c), and what has been written before. The
 * fields that the database keeps are gathered in one pass over each head; a field on several lines
 * is joined by ", " (contract.md).
 */

#include "reports/audit/exchange_rows.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "reports/audit/intern.h"
#include "reports/audit/schema.h"
#include "reports/privacy/mask.h"

/* The fields that are kept, in the order of their tables' columns. */
enum kept {
    KEPT_USER_AGENT,
    KEPT_REQUEST_CACHE_CONTROL,
    KEPT_IF_NONE_MATCH,
    KEPT_IF_MODIFIED_SINCE,
    KEPT_RANGE,
    KEPT_OF_REQUEST,

    KEPT_ETAG = 0,
    KEPT_LAST_MODIFIED,
    KEPT_CACHE_CONTROL,
    KEPT_VARY,
    KEPT_CONTENT_TYPE,
    KEPT_CONTENT_ENCODING,
    KEPT_CONTENT_LENGTH,
    KEPT_CONTENT_RANGE,
    KEPT_CONTENT_LOCATION,
    KEPT_VIA,
    KEPT_SERVER,
    KEPT_DATE,
    KEPT_EXPIRES,
    KEPT_AGE,
    KEPT_CACHE_STATUS,
    KEPT_OF_RESPONSE
};

/* Place of a token among the kept fields plus one; 0: not kept. */
static const uint8_t kept_of_request[FIELD_TOKENS] = {
    [FIELD_USER_AGENT] = 1 + KEPT_USER_AGENT,
    [FIELD_CACHE_CONTROL] = 1 + KEPT_REQUEST_CACHE_CONTROL,
    [FIELD_IF_NONE_MATCH] = 1 + KEPT_IF_NONE_MATCH,
    [FIELD_IF_MODIFIED_SINCE] = 1 + KEPT_IF_MODIFIED_SINCE,
    [FIELD_RANGE] = 1 + KEPT_RANGE,
};
static const uint8_t kept_of_response[FIELD_TOKENS] = {
    [FIELD_ETAG] = 1 + KEPT_ETAG,
    [FIELD_LAST_MODIFIED] = 1 + KEPT_LAST_MODIFIED,
    [FIELD_CACHE_CONTROL] = 1 + KEPT_CACHE_CONTROL,
    [FIELD_VARY] = 1 + KEPT_VARY,
    [FIELD_CONTENT_TYPE] = 1 + KEPT_CONTENT_TYPE,
    [FIELD_CONTENT_ENCODING] = 1 + KEPT_CONTENT_ENCODING,
    [FIELD_CONTENT_LENGTH] = 1 + KEPT_CONTENT_LENGTH,
    [FIELD_CONTENT_RANGE] = 1 + KEPT_CONTENT_RANGE,
    [FIELD_CONTENT_LOCATION] = 1 + KEPT_CONTENT_LOCATION,
    [FIELD_VIA] = 1 + KEPT_VIA,
    [FIELD_SERVER] = 1 + KEPT_SERVER,
    [FIELD_DATE] = 1 + KEPT_DATE,
    [FIELD_EXPIRES] = 1 + KEPT_EXPIRES,
    [FIELD_AGE] = 1 + KEPT_AGE,
    [FIELD_CACHE_STATUS] = 1 + KEPT_CACHE_STATUS,
};

/* What they are, for those who must not read them; the others are texts. */
static const uint8_t private_of_request[KEPT_OF_REQUEST] = {
    [KEPT_USER_AGENT] = PRIVATE_AGENT,
    [KEPT_IF_NONE_MATCH] = PRIVATE_TAGS,
};
static const uint8_t private_of_response[KEPT_OF_RESPONSE] = {
    [KEPT_ETAG] = PRIVATE_TAGS,
    [KEPT_CONTENT_LOCATION] = PRIVATE_URL,
};
_Static_assert(PRIVATE_TEXT == 0, "what the tables do not name");

/* A table of rows that repeat, and which of them were met lately. */
struct repeats {
    struct batch batch;
    struct interner *met;
};

struct exchange_rows {
    struct sql *sql;
    const struct privacy *privacy;
    struct arena scratch; /* joined and masked values of the exchange at hand */
    struct repeats links, urls, requesters, conditions, responses, moments, flaws;
    struct batch exchanges, connections;
};

static void repeats_init(struct repeats *repeats, struct sql *sql, const char *into, int columns)
{
    batch_init(&repeats->batch, sql, into, columns);
    repeats->met = interner_new();
}

static void repeats_fini(struct repeats *repeats)
{
    batch_fini(&repeats->batch);
    interner_free(repeats->met);
}

struct exchange_rows *exchange_rows_new(struct sql *sql, const struct privacy *privacy)
{
    struct exchange_rows *rows = xcalloc(1, sizeof *rows);
    rows->sql = sql;
    rows->privacy = privacy;
    arena_init(&rows->scratch, 4096);
    repeats_init(&rows->links, sql, "INSERT OR IGNORE INTO link", 6);
    repeats_init(&rows->urls, sql, "INSERT INTO url (scheme, host, target, url, url_pattern)", 5);
    repeats_init(&rows->requesters, sql,
                 "INSERT INTO requester (client_key, forwarded_for, method, user_agent, "
                 "cache_control)",
                 5);
    repeats_init(&rows->conditions, sql,
                 "INSERT INTO condition (if_none_match, if_modified_since, range)", 3);
    repeats_init(&rows->responses, sql,
                 "INSERT INTO response (etag, last_modified, cache_control, vary, content_type, "
                 "content_encoding, content_length, content_range, content_location, via, "
                 "server_software, lifetime_s)",
                 12);
    repeats_init(&rows->moments, sql, "INSERT INTO moment (date, expires, age, cache_status)", 4);
    repeats_init(&rows->flaws, sql, "INSERT OR IGNORE INTO flaws", 2);
    batch_init(&rows->exchanges, sql, "INSERT INTO exchange", 23);
    batch_init(&rows->connections, sql, "INSERT OR REPLACE INTO connection", 16);
    return rows;
}

void exchange_rows_continue(struct exchange_rows *rows)
{
    batch_continue(&rows->urls.batch, "url");
    batch_continue(&rows->requesters.batch, "requester");
    batch_continue(&rows->conditions.batch, "condition");
    batch_continue(&rows->responses.batch, "response");
    batch_continue(&rows->moments.batch, "moment");
    batch_continue(&rows->exchanges, "exchange");
}

void exchange_rows_begin_epoch(struct exchange_rows *rows, int64_t last[EXCHANGE_ROWS_TEXTS])
{
    struct repeats *const texts[EXCHANGE_ROWS_TEXTS] = {
        &rows->urls, &rows->requesters, &rows->conditions, &rows->responses, &rows->moments};
    for (unsigned i = 0; i < EXCHANGE_ROWS_TEXTS; i++) {
        interner_clear(texts[i]->met);
        last[i] = texts[i]->batch.written;
    }
}

void exchange_rows_free(struct exchange_rows *rows)
{
    if (!rows)
        return;
    repeats_fini(&rows->links);
    repeats_fini(&rows->urls);
    repeats_fini(&rows->requesters);
    repeats_fini(&rows->conditions);
    repeats_fini(&rows->responses);
    repeats_fini(&rows->moments);
    repeats_fini(&rows->flaws);
    batch_fini(&rows->exchanges);
    batch_fini(&rows->connections);
    arena_fini(&rows->scratch);
    free(rows);
}

void exchange_rows_flush(struct exchange_rows *rows)
{
    batch_flush(&rows->links.batch);
    batch_flush(&rows->urls.batch);
    batch_flush(&rows->requesters.batch);
    batch_flush(&rows->conditions.batch);
    batch_flush(&rows->responses.batch);
    batch_flush(&rows->moments.batch);
    batch_flush(&rows->flaws.batch);
    batch_flush(&rows->exchanges);
    batch_flush(&rows->connections);
}

/* Values that are, or will be, a row of a table of repeats. */
struct tuple {
    struct repeats *repeats;
    const struct slice *values; /* borrowed */
    unsigned n;
    const int64_t *number; /* the last value, where it is one; NULL: it is not */
    bool is_absent;        /* all of them are */
    struct intern_key key;
};

/* Where it is looked for is on its way when this returns: tuples are made together, and looked up
 * after that, so that their misses of the cache are waited for at the same time. */
static struct tuple tuple_of(struct repeats *repeats, const struct slice *values, unsigned n,
                             const int64_t *number)
{
    struct tuple tuple = {
        .repeats = repeats, .values = values, .n = n, .number = number, .is_absent = true};
    for (unsigned i = 0; i < n; i++) {
        if (slice_is_absent(values[i]))
            continue;
        intern_key_add_at(&tuple.key, i, values[i]);
        tuple.is_absent = false;
    }
    if (number) {
        intern_key_add_number(&tuple.key, (uint64_t)*number);
        tuple.is_absent &= *number == ABSENT_NUMBER;
    }
    interner_expect(repeats->met, &tuple.key);
    return tuple;
}

/* The id of the row that holds these values: one met before, or a new one. 0 where all are absent.
 */
static int64_t row_of(struct exchange_rows *rows, const struct tuple *tuple)
{
    if (tuple->is_absent)
        return 0;
    int64_t id = interner_find(tuple->repeats->met, &tuple->key);
    if (id != 0 || rows->sql->failed)
        return id;
    struct row row = batch_row(&tuple->repeats->batch);
    for (unsigned i = 0; i < tuple->n; i++)
        row_text(&row, tuple->values[i]);
    if (tuple->number)
        row_optional(&row, *tuple->number, ABSENT_NUMBER);
    id = row_write(&row);
    interner_put(tuple->repeats->met, &tuple->key, id);
    return id;
}

/* True the first time, and after it was forgotten, for tables whose ids mean something. */
static bool is_new(struct repeats *repeats, uint64_t id)
{
    struct intern_key key = {0};
    intern_key_add_number(&key, id);
    if (interner_find(repeats->met, &key))
        return false;
    interner_put(repeats->met, &key, 1);
    return true;
}

static void expect_link(const struct exchange_rows *rows, const struct connection_facts *facts)
{
    struct intern_key key = {0};
    intern_key_add_number(&key, facts->id);
    interner_expect(rows->links.met, &key);
}

static const char *shown_address(const struct exchange_rows *rows, const struct address *address,
                                 char text[46])
{
    struct address shown = privacy_of_address(rows->privacy, address);
    return address_text(&shown, text);
}

void exchange_rows_link(struct exchange_rows *rows, const struct connection_facts *facts)
{
    char client[46], server[46];
    if (rows->sql->failed || !is_new(&rows->links, facts->id))
        return;
    struct row row = batch_row(&rows->links.batch);
    row_number(&row, (int64_t)facts->id);
    row_words(&row, shown_address(rows, &facts->client, client));
    row_number(&row, facts->client_port);
    row_words(&row, shown_address(rows, &facts->server, server));
    row_number(&row, facts->server_port);
    row_optional(&row, facts->rtt_ns < 0 ? -1 : microseconds(facts->rtt_ns), -1);
    row_write(&row);
}

/* The words of a set of flaws, in the order of flaws.def. */
static void write_flaws(struct exchange_rows *rows, uint64_t flaws)
{
    char words[FLAW_BITS * 40] = "";
    size_t at = 0;
    if (rows->sql->failed || !is_new(&rows->flaws, flaws))
        return;
    for (unsigned bit = 0; bit < FLAW_BITS; bit++) {
        if (!(flaws >> bit & 1))
            continue;
        size_t length = strlen(flaw_word(bit));
        assert(at + length + 2 < sizeof words);
        if (at)
            words[at++] = ' ';
        memcpy(words + at, flaw_word(bit), length);
        at += length;
    }
    struct row row = batch_row(&rows->flaws.batch);
    row_number(&row, (int64_t)flaws);
    row_text(&row, slice_of(words, at));
    row_write(&row);
}

/* The kept fields of a head into `values`, which begins all absent. */
static void gather(struct exchange_rows *rows, const struct head *head, const uint8_t *places,
                   struct slice *values)
{
    uint32_t joined = 0; /* set of places: a field on a thousand lines is joined once */

    for (uint32_t i = 0; i < head->n_fields; i++) {
        const struct field *field = &head->fields[i];
        unsigned place = places[field->token];
        if (place == 0)
            continue;
        struct slice *value = &values[place - 1];
        if (slice_is_absent(*value)) {
            *value = field_value(head, field);
        } else if (!(joined >> place & 1)) {
            *value = head_joined(head, (enum field_token)field->token, &rows->scratch);
            joined |= 1u << place;
        }
    }
}

/* A target without the user and password that an absolute form may carry. */
static struct slice without_userinfo(struct exchange_rows *rows, struct slice target)
{
    if (slice_find(target, '@') == target.len)
        return target;
    uint8_t *copy = memcpy(arena_alloc(&rows->scratch, target.len), target.at, target.len);
    mask_userinfo(copy, target.len);
    return slice_of(copy, target.len);
}

static struct slice shown(struct exchange_rows *rows, enum private_kind kind, struct slice value)
{
    return rows->privacy->level == PRIVACY_FULL
               ? value
               : privacy_of(rows->privacy, kind, value, &rows->scratch);
}

static void hide(struct exchange_rows *rows, const uint8_t *kinds, struct slice *values, unsigned n)
{
    for (unsigned i = 0; i < n && rows->privacy->level != PRIVACY_FULL; i++)
        values[i] = shown(rows, (enum private_kind)kinds[i], values[i]);
}

static bool is_placed(const struct message *message)
{
    return message->seen && message->first.ordinal != 0;
}

static int64_t file_of(const struct message *message)
{
    assert(message->first.input < 1 << 20);
    return is_placed(message) ? (int64_t)message->first.input : 0;
}

static int64_t bits_of(const struct assessed *assessed)
{
    const struct exchange *x = assessed->exchange;
    enum http_version version = x->request.version ? x->request.version : x->response.version;
    return (int64_t)version << BITS_VERSION | (int64_t)assessed->outcome << BITS_OUTCOME |
           (int64_t)x->ending << BITS_ENDING | (int64_t)x->aborted_by << BITS_ABORTER |
           (int64_t)assessed->is_conditional << BITS_CONDITIONAL |
           (int64_t)x->status << BITS_STATUS | file_of(&x->request) << BITS_REQUEST_FILE |
           file_of(&x->response) << BITS_RESPONSE_FILE;
}

static void bind_frame(struct row *row, const struct message *message)
{
    row_optional(row, is_placed(message) ? (int64_t)message->first.frame : -1, -1);
}

/* A time as its distance from the exchange's first one; NULL where there was no packet. */
static void bind_time(struct row *row, const struct message *message, struct instant at,
                      int64_t start_us)
{
    /* of a reordered message the last octet may have come first: it was whole with its first */
    int64_t begun_ns = message->first.time_ns;
    int64_t time_ns = at.time_ns < begun_ns ? begun_ns : at.time_ns;
    if (message->seen && at.ordinal != 0)
        row_number(row, microseconds(time_ns) - start_us);
    else
        row_null(row);
}

static void bind_times(struct row *row, const struct exchange *x)
{
    const struct message *first = x->request.seen ? &x->request : &x->response;
    int64_t start_us = microseconds(first->first.time_ns);
    row_number(row, start_us);
    bind_time(row, &x->request, x->request.last, start_us);
    bind_time(row, &x->response, mark_instant(&x->response.first), start_us);
    bind_time(row, &x->response, x->response.last, start_us);
}

static void bind_digest(struct exchange_rows *rows, struct row *row, const struct message *response,
                        uint8_t octets[16])
{
    if (!digest_is_set(response->digest) || !response->body_whole || !response->end_certain) {
        row_null(row);
        return;
    }
    const uint64_t halves[2] = {htobe64(response->digest.high), htobe64(response->digest.low)};
    memcpy(octets, halves, 16);
    row_blob(row, shown(rows, PRIVATE_DIGEST, slice_of(octets, 16)));
}

static void bind_sizes(struct row *row, const struct exchange *x)
{
    row_number(row, (int64_t)x->request.header_bytes);
    row_number(row, (int64_t)x->request.body_bytes);
    row_number(row, (int64_t)x->response.header_bytes);
    row_number(row, (int64_t)x->response.body_bytes);
    row_number(row, (int64_t)x->wire_bytes);
    row_number(row, (int64_t)x->retransmitted_bytes);
}

void exchange_rows_write(struct exchange_rows *rows, const struct assessed *assessed)
{
    const struct exchange *x = assessed->exchange;
    struct slice asked[KEPT_OF_REQUEST] = {0}, said[KEPT_OF_RESPONSE] = {0};
    uint8_t digest[16];

    expect_link(rows, &x->connection);
    gather(rows, &x->request.head, kept_of_request, asked);
    gather(rows, &x->response.head, kept_of_response, said);
    hide(rows, private_of_request, asked, KEPT_OF_REQUEST);
    hide(rows, private_of_response, said, KEPT_OF_RESPONSE);
    struct slice location[] = {slice_of_text(assessed->scheme),
                               shown(rows, PRIVATE_HOST, assessed->host),
                               shown(rows, PRIVATE_URL, without_userinfo(rows, x->target)),
                               shown(rows, PRIVATE_URL, without_userinfo(rows, assessed->url)),
                               shown(rows, PRIVATE_URL, assessed->url_pattern)};
    struct slice requester[] = {shown(rows, PRIVATE_CLIENT, assessed->client_key),
                                shown(rows, PRIVATE_ADDRESS, assessed->forwarded_for), x->method,
                                asked[KEPT_USER_AGENT], asked[KEPT_REQUEST_CACHE_CONTROL]};
    struct tuple tuples[] = {
        tuple_of(&rows->urls, location, COUNT_OF(location), NULL),
        tuple_of(&rows->requesters, requester, COUNT_OF(requester), NULL),
        tuple_of(&rows->conditions, asked + KEPT_IF_NONE_MATCH, 3, NULL),
        tuple_of(&rows->responses, said, KEPT_DATE, &assessed->lifetime_s),
        tuple_of(&rows->moments, said + KEPT_DATE, KEPT_OF_RESPONSE - KEPT_DATE, NULL),
    };
    exchange_rows_link(rows, &x->connection);
    write_flaws(rows, x->flaws);
    int64_t url = row_of(rows, &tuples[0]), who = row_of(rows, &tuples[1]),
            condition = row_of(rows, &tuples[2]), response = row_of(rows, &tuples[3]),
            moment = row_of(rows, &tuples[4]);

    if (!rows->sql->failed) {
        struct row row = batch_row_of(&rows->exchanges, (int64_t)assessed->id);
        row_number(&row, (int64_t)x->connection.id);
        row_optional(&row, url, 0);
        row_optional(&row, who, 0);
        row_optional(&row, condition, 0);
        row_optional(&row, response, 0);
        row_optional(&row, moment, 0);
        row_number(&row, bits_of(assessed));
        row_number(&row, (int64_t)x->flaws);
        bind_frame(&row, &x->request);
        bind_frame(&row, &x->response);
        bind_times(&row, x);
        bind_sizes(&row, x);
        bind_digest(rows, &row, &x->response, digest);
        row_optional(&row, assessed->age_s, ABSENT_NUMBER);
        row_write(&row);
    }
    arena_reset(&rows->scratch);
}

void exchange_rows_connection(struct exchange_rows *rows, const struct connection *connection)
{
    exchange_rows_link(rows, &connection->facts);
    if (rows->sql->failed)
        return;
    struct row row = batch_row(&rows->connections);
    row_number(&row, (int64_t)connection->facts.id);
    row_words(&row, connection->transport);
    row_words(&row, connection->protocol);
    row_text(&row, connection->tls_version);
    row_text(&row, connection->alpn);
    row_text(&row, shown(rows, PRIVATE_HOST, connection->server_name));
    row_number(&row, connection->first.input);
    row_number(&row, (int64_t)connection->first.frame);
    row_number(&row, microseconds(connection->opened_ns));
    row_number(&row, microseconds(connection->closed_ns));
    row_number(&row, (int64_t)connection->packets);
    row_number(&row, (int64_t)connection->wire_bytes);
    row_number(&row, (int64_t)connection->overhead_bytes);
    row_number(&row, (int64_t)connection->retransmitted_bytes);
    row_number(&row, (int64_t)connection->lost_bytes);
    row_number(&row, connection->exchanges);
    row_write(&row);
    arena_reset(&rows->scratch);
}
