/* SPDX-License-Identifier: MIT */
/*
 * Findings that are the same matter are one issue: same rule, variant, party, host, server and URL
 * pattern. The issue's key is a hash over these texts, so that it is the same in another capture.
 * An accusation may come long after its exchange: where that belongs is remembered for the latest
 * ones, and read from the database for the others.
 */

#include "reports/audit/finding_rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "reports/advice/software.h"
#include "reports/audit/exchange_rows.h"
#include "reports/audit/intern.h"
#include "reports/audit/originals.h"
#include "reports/audit/recent_heads.h"
#include "reports/audit/schema.h"
#include "reports/limits.h"
#include "reports/privacy/mask.h"

/* Host, server and URL pattern of an exchange as one number, the same in every capture. */
struct place {
    uint64_t exchange_id;
    uint64_t hash;
};

struct finding_rows {
    struct sql *sql;
    struct exchange_rows *exchanges;
    enum heads_policy heads;
    const struct privacy *privacy;
    struct arena scratch;
    struct batch findings;
    struct place recent[LIMIT_RECENT_EXCHANGES];
    struct recent_heads *recent_heads;  /* NULL: not those of findings are wanted */
    struct interner *verdicts, *issues; /* of issues: id * 16 + heads kept */
    sqlite3_stmt *place_of, *verdict, *issue, *issue_by_key, *count_head, *head;
    sqlite3_stmt *reveal;
    struct originals *originals; /* NULL: everything is as it was */
    int64_t let_go;              /* the latest exchange that was */
};

struct finding_rows *finding_rows_new(struct sql *sql, struct exchange_rows *exchanges,
                                      enum heads_policy heads, const struct privacy *privacy)
{
    struct finding_rows *rows = xcalloc(1, sizeof *rows);
    rows->sql = sql;
    rows->exchanges = exchanges;
    rows->heads = heads;
    rows->recent_heads = heads == HEADS_FINDINGS ? recent_heads_new() : NULL;
    rows->privacy = privacy;
    arena_init(&rows->scratch, 4096);
    rows->verdicts = interner_new();
    rows->issues = interner_new();
    rows->place_of = sql_prepare(sql, "SELECT u.host, l.server, u.url_pattern FROM exchange e "
                                      "LEFT JOIN url u ON u.id = e.url "
                                      "LEFT JOIN link l ON l.id = e.link WHERE e.id = ?");
    rows->originals = originals_new(sql, privacy);
    rows->reveal =
        sql_prepare(sql, "UPDATE url SET target = ?1, url = substr(url, 1, instr(url, '?')) || ?2 "
                         "WHERE id = (SELECT url FROM exchange WHERE id = ?3) AND instr(url, '?')");
    rows->verdict = sql_prepare(sql, "INSERT INTO verdict VALUES (NULL,?,?,?,?,?,?,?,?)");
    batch_init(&rows->findings, sql,
               "INSERT INTO finding (issue, verdict, exchange, reference, found_us, message, "
               "avoidable, opportunity, standalone, saves)",
               10);
    rows->issue = sql_prepare(sql, "INSERT INTO issue VALUES (NULL,?,?,0,?)");
    rows->issue_by_key = sql_prepare(sql, "SELECT id, heads FROM issue WHERE key = ?");
    rows->count_head = sql_prepare(sql, "UPDATE issue SET heads = heads + 1 WHERE id = ?");
    rows->head = sql_prepare(sql, "INSERT INTO head VALUES (?,?,?) ON CONFLICT(id) DO UPDATE SET "
                                  "request = coalesce(request, excluded.request), "
                                  "response = coalesce(response, excluded.response)");
    return rows;
}

void finding_rows_continue(struct finding_rows *rows)
{
    batch_continue(&rows->findings, "finding");
}

void finding_rows_begin_epoch(struct finding_rows *rows)
{
    interner_clear(rows->issues);
    sql_run(rows->sql, "UPDATE issue SET heads = 0 WHERE heads > 0");
}

void finding_rows_free(struct finding_rows *rows)
{
    if (!rows)
        return;
    sqlite3_finalize(rows->place_of);
    sqlite3_finalize(rows->reveal);
    originals_free(rows->originals);
    sqlite3_finalize(rows->verdict);
    sqlite3_finalize(rows->issue);
    sqlite3_finalize(rows->issue_by_key);
    sqlite3_finalize(rows->count_head);
    sqlite3_finalize(rows->head);
    batch_fini(&rows->findings);
    interner_free(rows->verdicts);
    interner_free(rows->issues);
    arena_fini(&rows->scratch);
    recent_heads_free(rows->recent_heads);
    free(rows);
}

void finding_rows_flush(struct finding_rows *rows)
{
    batch_flush(&rows->findings);
}

/* A head without its credentials, and what else must not be read, in the scratch arena. */
static struct slice masked(struct finding_rows *rows, struct slice head, bool is_busting)
{
    if (slice_is_absent(head))
        return head;
    uint8_t *copy = arena_alloc(&rows->scratch, head.len ? head.len : 1);
    memcpy(copy, head.at, head.len);
    mask_head(copy, head.len);
    head = slice_of(copy, head.len);
    return is_busting ? privacy_of_busting_head(rows->privacy, head, &rows->scratch)
                      : privacy_of(rows->privacy, PRIVATE_HEAD, head, &rows->scratch);
}

/* `is_busting`: the target's parameters were shown to defeat caches. */
static void write_heads(struct finding_rows *rows, uint64_t exchange_id, struct slice request,
                        struct slice response, bool is_busting)
{
    if (exchange_id == 0 || (slice_is_absent(request) && slice_is_absent(response)))
        return;
    struct row row = row_begin(rows->sql, rows->head);
    row_number(&row, (int64_t)exchange_id);
    row_blob(&row, masked(rows, request, is_busting));
    row_blob(&row, masked(rows, response, false));
    row_write(&row);
    arena_reset(&rows->scratch);
}

/* A number over where an exchange belongs, in which NULL and '' differ. */
static uint64_t place_hash(struct slice host, const struct address *server, struct slice pattern)
{
    const struct slice texts[] = {host, slice_of(server->octets, sizeof server->octets), pattern};
    uint64_t hash = server->family;
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        hash = hash_mix(hash, slice_is_absent(texts[i]) ? 1 : hash64_stable(texts[i]));
    return hash;
}

/* What place_of() may have to read again. */
static void note_originals(struct finding_rows *rows, const struct assessed *assessed)
{
    const struct privacy *privacy = rows->privacy;
    const struct address *server = &assessed->exchange->connection.server;
    char text[46], real[46];
    if (privacy->level == PRIVACY_FULL)
        return;
    struct address shown = privacy_of_address(privacy, server);
    originals_note(rows->originals, slice_of_text(address_text(&shown, text)),
                   slice_of_text(address_text(server, real)));
    originals_note(rows->originals,
                   privacy_of(privacy, PRIVATE_HOST, assessed->host, &rows->scratch),
                   assessed->host);
    originals_note(rows->originals,
                   privacy_of(privacy, PRIVATE_URL, assessed->url_pattern, &rows->scratch),
                   assessed->url_pattern);
    arena_reset(&rows->scratch);
}

void finding_rows_exchange(struct finding_rows *rows, const struct assessed *assessed)
{
    const struct exchange *x = assessed->exchange;
    rows->recent[assessed->id % LIMIT_RECENT_EXCHANGES] = (struct place){
        assessed->id, place_hash(assessed->host, &x->connection.server, assessed->url_pattern)};
    if (rows->recent_heads)
        recent_heads_keep(rows->recent_heads, assessed->id, x->request.head.bytes,
                          x->response.head.bytes);
    if (rows->heads == HEADS_ALL && !rows->sql->failed)
        write_heads(rows, assessed->id, x->request.head.bytes, x->response.head.bytes, false);
    note_originals(rows, assessed);
}

static struct slice column(sqlite3_stmt *statement, int i)
{
    if (sqlite3_column_type(statement, i) == SQLITE_NULL)
        return SLICE_ABSENT;
    const void *at = sqlite3_column_blob(statement, i);
    return slice_of(at ? at : "", (size_t)sqlite3_column_bytes(statement, i));
}

static uint64_t place_of(struct finding_rows *rows, uint64_t exchange_id)
{
    const struct place *recent = &rows->recent[exchange_id % LIMIT_RECENT_EXCHANGES];
    if (recent->exchange_id == exchange_id)
        return recent->hash;
    uint64_t hash = 0;
    exchange_rows_flush(rows->exchanges);
    sqlite3_bind_int64(rows->place_of, 1, (int64_t)exchange_id);
    if (sqlite3_step(rows->place_of) == SQLITE_ROW) {
        struct slice texts[3];
        struct address server = {0};
        for (int i = 0; i < 3; i++)
            texts[i] = arena_copy(&rows->scratch,
                                  originals_of(rows->originals, column(rows->place_of, i)));
        address_parse(texts[1], &server);
        hash = place_hash(texts[0], &server, texts[2]);
    }
    if (sqlite3_reset(rows->place_of) != SQLITE_OK)
        sql_fail(rows->sql);
    return hash;
}

static int64_t verdict_row(struct finding_rows *rows, const struct finding *finding)
{
    struct intern_key key = {0};
    intern_key_add(&key, slice_of_text(finding->rule->id));
    intern_key_add(&key, slice_of_text(finding->variant));
    intern_key_add_number(&key, finding->severity * 64u + finding->confidence * 8u + finding->norm);
    intern_key_add(&key, slice_of_text(finding->party));
    intern_key_add(&key, slice_of_text(finding->section));
    intern_key_add(&key, slice_of_text(finding->form));
    int64_t id = interner_find(rows->verdicts, &key);
    if (id)
        return id;
    struct row row = row_begin(rows->sql, rows->verdict);
    row_words(&row, finding->rule->id);
    row_words(&row, finding->variant);
    row_number(&row, finding->severity);
    row_number(&row, finding->confidence);
    row_words(&row, finding->party);
    row_number(&row, finding->norm);
    row_words(&row, finding->section);
    row_words(&row, finding->form);
    id = row_write(&row);
    if (!rows->sql->failed)
        interner_put(rows->verdicts, &key, id);
    return id;
}

/* The issue's number as the interner keeps it: its id times 16, and how many heads it has. */
static int64_t issue_in_table(struct finding_rows *rows, const char *key)
{
    int64_t number = 0;
    sqlite3_bind_text(rows->issue_by_key, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(rows->issue_by_key) == SQLITE_ROW)
        number = sqlite3_column_int64(rows->issue_by_key, 0) * 16 +
                 sqlite3_column_int64(rows->issue_by_key, 1);
    if (sqlite3_reset(rows->issue_by_key) != SQLITE_OK)
        sql_fail(rows->sql);
    return number;
}

/* The software that both exchanges name; that of the reference answers for a 304, which says less
 * of who made it. */
static uint64_t software_of(const struct finding *finding)
{
    return software_in_request(finding->request_head) |
           software_in_response(finding->response_head) |
           software_in_response(finding->reference_response_head);
}

static int64_t issue_insert(struct finding_rows *rows, const char *key, int64_t finding_id,
                            const struct finding *finding)
{
    char software[SOFTWARE_TEXT];
    struct row row = row_begin(rows->sql, rows->issue);
    row_words(&row, key);
    row_number(&row, finding_id);
    row_words(&row, software_words(software_of(finding), software));
    return row_write(&row) * 16;
}

/* Does it show that parameters of the query only defeat caches? What signs a URL does so too, and
 * is a secret. */
static bool is_busting(const struct finding_rows *rows, const struct finding *finding)
{
    return rows->privacy->level != PRIVACY_FULL && !finding->variant &&
           strcmp(finding->rule->id, "cache-buster-identical") == 0;
}

/* The exchange's target and URL, in which they may be read from now on. */
static void reveal_busters(struct finding_rows *rows, const struct finding *finding)
{
    struct slice rest = finding->request_head;
    slice_cut(&rest, ' ');
    struct slice target = slice_cut(&rest, ' ');
    if (slice_is_absent(target) || slice_is_absent(rest) || slice_find(target, '@') < target.len)
        return;
    target = privacy_of_busting(rows->privacy, target, &rows->scratch);
    exchange_rows_flush(rows->exchanges);
    struct row row = row_begin(rows->sql, rows->reveal);
    row_text(&row, target);
    row_text(&row, slice_from(target, slice_find(target, '?') + 1));
    row_number(&row, (int64_t)finding->exchange_id);
    row_write(&row);
}

/* Counts this finding among those of the issue whose heads are kept; false where there are enough.
 */
static bool wants_heads(struct finding_rows *rows, int64_t number)
{
    if (rows->heads != HEADS_FINDINGS || number % 16 >= LIMIT_HEADS_PER_ISSUE)
        return false;
    struct row row = row_begin(rows->sql, rows->count_head);
    row_number(&row, number / 16);
    row_write(&row);
    return true;
}

/* What came with the finding, or else what is remembered: it may have waited for long. */
static void write_heads_of(struct finding_rows *rows, uint64_t exchange_id, struct slice request,
                           struct slice response, bool is_busting)
{
    if (slice_is_absent(request) && slice_is_absent(response))
        recent_heads_find(rows->recent_heads, exchange_id, &request, &response);
    write_heads(rows, exchange_id, request, response, is_busting);
}

/* The id of the issue that the finding belongs to; its heads are kept on the way. */
static int64_t issue_row(struct finding_rows *rows, const struct finding *finding,
                         int64_t finding_id)
{
    const struct slice words[] = {slice_of_text(finding->rule->id), slice_of_text(finding->variant),
                                  slice_of_text(finding->party)};
    uint64_t hash = place_of(rows, finding->exchange_id);
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        hash = hash_mix(hash, slice_is_absent(words[i]) ? 1 : hash64_stable(words[i]));
    char key[17];
    snprintf(key, sizeof key, "%016" PRIx64, hash);

    struct intern_key intern = {0};
    intern_key_add_number(&intern, hash);
    int64_t number = interner_find(rows->issues, &intern);
    if (number == 0)
        number = issue_in_table(rows, key);
    if (number == 0)
        number = issue_insert(rows, key, finding_id, finding);
    if (rows->sql->failed)
        return 0;

    if (wants_heads(rows, number)) {
        number++;
        write_heads_of(rows, finding->exchange_id, finding->request_head, finding->response_head,
                       is_busting(rows, finding));
        write_heads_of(rows, finding->reference_exchange_id, finding->reference_request_head,
                       finding->reference_response_head, false);
    }
    interner_put(rows->issues, &intern, number);
    return number / 16;
}

static struct slice without_userinfo(struct finding_rows *rows, struct slice message)
{
    if (slice_find(message, '@') == message.len)
        return message;
    uint8_t *copy = memcpy(arena_alloc(&rows->scratch, message.len), message.at, message.len);
    mask_userinfo(copy, message.len);
    return slice_of(copy, message.len);
}

void finding_rows_let_go(struct finding_rows *rows, int64_t exchange_id)
{
    if (exchange_id > rows->let_go)
        rows->let_go = exchange_id;
}

/* It accuses an exchange that was let go. */
static bool is_late(struct finding_rows *rows, const struct finding *finding)
{
    char text[80];
    if ((int64_t)finding->exchange_id > rows->let_go)
        return false;
    exchange_rows_flush(rows->exchanges);
    snprintf(text, sizeof text, "SELECT count(*) FROM exchange WHERE id = %" PRIu64,
             finding->exchange_id);
    return sql_number(rows->sql, text) == 0;
}

static void count_late(struct finding_rows *rows, const struct finding *finding)
{
    char text[200];
    snprintf(text, sizeof text,
             "INSERT INTO rule_past VALUES ('%s', 1, 0) ON CONFLICT(rule) DO UPDATE SET "
             "exchanges = exchanges + 1",
             finding->rule->id);
    sql_run(rows->sql, text);
}

void finding_rows_write(struct finding_rows *rows, const struct finding *finding)
{
    if (rows->sql->failed)
        return;
    if (is_late(rows, finding)) {
        count_late(rows, finding);
        return;
    }
    int64_t id = rows->findings.written + 1;
    int64_t issue = issue_row(rows, finding, id);
    int64_t verdict = verdict_row(rows, finding);
    if (is_busting(rows, finding))
        reveal_busters(rows, finding);
    if (rows->sql->failed)
        return;
    struct row row = batch_row(&rows->findings);
    row_number(&row, issue);
    row_number(&row, verdict);
    row_number(&row, (int64_t)finding->exchange_id);
    row_optional(&row, (int64_t)finding->reference_exchange_id, 0);
    row_number(&row, microseconds(finding->found_ns));
    row_text(&row, privacy_of_message(rows->privacy, slice_of_text(finding->form),
                                      without_userinfo(rows, finding->message), &rows->scratch));
    row_number(&row, (int64_t)finding->avoidable_bytes);
    row_number(&row, (int64_t)finding->opportunity_bytes);
    row_number(&row, (int64_t)finding->standalone_bytes);
    row_number(&row, finding->saves + (finding->is_opportunity ? SAVES_AS_OPPORTUNITY : 0));
    row_write(&row);
    arena_reset(&rows->scratch);
}
