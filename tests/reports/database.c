/* SPDX-License-Identifier: MIT */
/* database: what goes in comes out, as contract.md writes it, and nothing half-done is left. */
#include "reports/reports.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rule_card card = {.id = "304-missing-etag", .title = "t"};
static const struct rule_card other_card = {.id = "unconditional-refetch", .title = "t"};

/* A folder of its own for each test, and a database in it. */
struct bench {
    char folder[64], path[96];
    struct database *database;
    struct error error;
};

static struct bench bench_new(enum heads_policy heads)
{
    struct bench bench = {.folder = "/tmp/wire304-test-XXXXXX"};
    cr_assert(mkdtemp(bench.folder));
    snprintf(bench.path, sizeof bench.path, "%s/x.db", bench.folder);
    const struct database_options options = {.path = bench.path, .heads = heads};
    bench.database = database_create(&options, &bench.error);
    cr_assert(bench.database, "%s", bench.error.text);
    return bench;
}

static bool bench_finish(struct bench *bench)
{
    const struct run_facts facts = {.options_json = "{}",
                                    .thresholds_json = "{}",
                                    .inputs_json = "[{\"file\":\"a.pcap\"},{\"file\":\"b.pcap\"}]",
                                    .caps_json = "[]",
                                    .started_ns = -1,
                                    .first_ns = 1999,
                                    .last_ns = 5000000,
                                    .packets = 7};
    bool done = database_finish(bench->database, &facts, &bench->error);
    database_free(bench->database);
    bench->database = NULL;
    return done;
}

static void bench_end(struct bench *bench)
{
    char command[96];
    database_free(bench->database);
    snprintf(command, sizeof command, "rm -r %s", bench->folder);
    cr_assert_eq(system(command), 0);
}

/* The first row of a query as text, columns parted by '|', NULL as "NULL", blobs marked. */
static const char *ask(const struct bench *bench, const char *query)
{
    static char answer[200000];
    sqlite3 *db;
    sqlite3_stmt *statement;
    size_t at = 0;
    cr_assert_eq(sqlite3_open_v2(bench->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK, "%s: %s", query,
                 sqlite3_errmsg(db));
    answer[0] = '\0';
    if (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            bool blob = sqlite3_column_type(statement, i) == SQLITE_BLOB;
            const char *text = (const char *)sqlite3_column_text(statement, i);
            at += (size_t)snprintf(answer + at, sizeof answer - at, "%s%s%s", i ? "|" : "",
                                   blob ? "blob:" : "", text ? text : "NULL");
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

/* Adds a field line to a head that is being made. */
static void add(struct exchange *x, struct message *message, enum field_token token,
                struct slice value)
{
    struct head *head = &message->head;
    struct slice name = field_name_of(token);
    size_t size = head->bytes.len + name.len + value.len + 4;
    uint8_t *bytes = arena_alloc(&x->arena, size);
    if (head->bytes.len)
        memcpy(bytes, head->bytes.at, head->bytes.len);
    struct field field = {.name_at = (uint32_t)head->bytes.len,
                          .name_len = (uint16_t)name.len,
                          .value_at = (uint32_t)(head->bytes.len + name.len + 2),
                          .value_len = (uint32_t)value.len,
                          .token = (uint16_t)token};
    memcpy(bytes + field.name_at, name.at, name.len);
    memcpy(bytes + field.name_at + name.len, ": ", 2);
    if (value.len)
        memcpy(bytes + field.value_at, value.at, value.len);
    memcpy(bytes + field.value_at + value.len, "\r\n", 2);
    head->bytes = slice_of(bytes, size);
    head->fields = arena_grow(&x->arena, head->fields, head->n_fields * sizeof field,
                              (head->n_fields + 1) * sizeof field);
    head->fields[head->n_fields++] = field;
    head->present[token >> 6] |= UINT64_C(1) << (token & 63);
}

static struct mark mark_at(int64_t ns, uint64_t frame, uint32_t input)
{
    return (struct mark){.time_ns = ns, .ordinal = frame, .frame = frame, .input = input};
}

/* A request and a 304, both seen. */
static struct exchange *exchange_usual(void)
{
    struct exchange *x = exchange_new();
    x->connection = (struct connection_facts){.id = 5,
                                              .client = {4, {10, 0, 0, 1}},
                                              .server = {4, {192, 0, 2, 80}},
                                              .client_port = 40000,
                                              .server_port = 80,
                                              .rtt_ns = 20500};
    x->method = SLICE("GET");
    x->target = SLICE("/a");
    x->status = 304;
    x->request = (struct message){.seen = true, .version = HTTP_1_1, .header_bytes = 100};
    x->response = (struct message){.seen = true, .version = HTTP_1_0, .header_bytes = 200};
    x->request.first = mark_at(1000000, 6, 0);
    x->request.last = (struct instant){2000000, 7};
    x->response.first = mark_at(3000000, 9, 1);
    x->response.last = (struct instant){4000000, 10};
    x->wire_bytes = 400;
    return x;
}

static struct assessed assessed_of(uint64_t id, const struct exchange *x)
{
    return (struct assessed){.id = id,
                             .exchange = x,
                             .client_key = SLICE("k"),
                             .scheme = "http",
                             .host = SLICE("h"),
                             .url = SLICE("http://h/a"),
                             .url_pattern = SLICE("/a"),
                             .outcome = OUTCOME_NOT_MODIFIED,
                             .is_conditional = true,
                             .lifetime_s = ABSENT_NUMBER,
                             .age_s = ABSENT_NUMBER};
}

static void put(struct bench *bench, uint64_t id, struct exchange *x)
{
    struct assessed assessed = assessed_of(id, x);
    database_exchange(bench->database, &assessed);
    exchange_free(x);
}

static struct finding finding_of(const struct rule_card *rule, uint64_t exchange)
{
    return (struct finding){.rule = rule,
                            .severity = SEVERITY_ERROR,
                            .confidence = CONFIDENCE_LIKELY,
                            .norm = NORM_MUST,
                            .party = "responder",
                            .section = "RFC",
                            .exchange_id = exchange,
                            .found_ns = (int64_t)exchange * 1000000,
                            .message = SLICE("m")};
}

Test(database, an_exchange_comes_back_as_it_was)
{
    struct bench bench = bench_new(HEADS_FINDINGS);
    struct exchange *x = exchange_usual();
    add(x, &x->request, FIELD_IF_NONE_MATCH, SLICE("\"a\""));
    add(x, &x->request, FIELD_IF_NONE_MATCH, SLICE("\"b\""));
    add(x, &x->request, FIELD_IF_NONE_MATCH, SLICE("\"c\""));
    add(x, &x->response, FIELD_VARY, SLICE(""));
    add(x, &x->response, FIELD_AGE, SLICE("007"));
    x->flaws = FLAW(BARE_LF) | FLAW(JUNK_BEFORE);
    x->ending = ENDED_GAP;
    x->aborted_by = ABORTED_BY_SERVER;
    put(&bench, 1, x);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(
        ask(&bench,
            "SELECT id, connection_id, outer_exchange_id, client_key, client, client_port, "
            "server, server_port, forwarded_for, version, method, scheme, host, target, url, "
            "url_pattern, status, outcome FROM exchanges"),
        "1|5|NULL|k|10.0.0.1|40000|192.0.2.80|80|NULL|HTTP/1.1|GET|http|h|/a|http://h/a|/a|304|"
        "not-modified");
    cr_expect_str_eq(ask(&bench, "SELECT request_file, request_frame, response_file, "
                                 "response_frame, requested_us, request_end_us, responded_us, "
                                 "response_end_us, rtt_us FROM exchanges"),
                     "a.pcap|6|b.pcap|9|1000|2000|3000|4000|20");
    cr_expect_str_eq(
        ask(&bench, "SELECT if_none_match, vary, typeof(vary), etag, age, flaws, ending, "
                    "aborted_by, is_conditional, lifetime_s, body_hash FROM exchanges"),
        "\"a\", \"b\", \"c\"||text|NULL|007|bare-lf junk-before|gap|server|1|NULL|NULL");
    cr_expect_str_eq(ask(&bench, "SELECT request_header_bytes, request_body_bytes, "
                                 "response_header_bytes, response_body_bytes, wire_bytes, "
                                 "retransmitted_bytes, avoidable_bytes, opportunity_bytes FROM "
                                 "exchanges"),
                     "100|0|200|0|400|0|0|0");
    cr_expect_str_eq(ask(&bench, "SELECT started_us, first_us, last_us, packets FROM run"),
                     "-1|1|5000|7");
    bench_end(&bench);
}

Test(database, half_an_exchange_has_null_for_the_other_half)
{
    struct bench bench = bench_new(HEADS_ALL);
    struct exchange *request = exchange_usual(), *response = exchange_usual();
    request->response = (struct message){0};
    request->status = 0;
    request->connection.rtt_ns = -1;
    response->request = (struct message){0};
    response->method = response->target = SLICE_ABSENT;
    put(&bench, 1, request);
    response->connection.id = 6;
    put(&bench, 2, response);
    cr_assert(bench_finish(&bench));
    const char *query = "SELECT status, version, requested_us, request_frame, responded_us, "
                        "response_frame, response_file, rtt_us, target FROM exchanges WHERE id = ";
    char text[400];
    snprintf(text, sizeof text, "%s1", query);
    cr_expect_str_eq(ask(&bench, text), "NULL|HTTP/1.1|1000|6|NULL|NULL|NULL|NULL|/a");
    snprintf(text, sizeof text, "%s2", query);
    cr_expect_str_eq(ask(&bench, text), "304|HTTP/1.0|NULL|NULL|3000|9|b.pcap|20|NULL");
    bench_end(&bench);
}

Test(database, a_digest_needs_a_whole_body_with_a_certain_end)
{
    struct bench bench = bench_new(HEADS_NONE);
    for (int i = 0; i < 4; i++) {
        struct exchange *x = exchange_usual();
        x->response.digest = (struct digest){UINT64_C(0x0102030405060708), 0x0a};
        x->response.body_whole = i & 1;
        x->response.end_certain = i & 2;
        put(&bench, (uint64_t)i + 1, x);
    }
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(
        ask(&bench,
            "SELECT group_concat(iif(body_hash IS NULL, '-', hex(body_hash)), ' ') FROM exchanges"),
        "- - - 0102030405060708000000000000000A");
    bench_end(&bench);
}

Test(database, hostile_values_come_back_octet_for_octet)
{
    static uint8_t big[65536];
    memset(big, 'A', sizeof big);
    static const struct {
        const char *title;
        struct slice value;
        bool text;
    } cases[] = {
        {"quotes", SLICE("'; DROP TABLE exchange; --\"`"), true},
        {"a NUL", SLICE("a\0b"), true},
        {"no UTF-8", SLICE("\xff\xfe\x80"), false},
        {"overlong UTF-8", SLICE("\xc0\xaf"), false},
        {"a surrogate", SLICE("\xed\xa0\x80"), false},
        {"good UTF-8", SLICE("\xe6\x97\xa5\xe6\x9c\xac"), true},
        {"64 KiB", {big, sizeof big}, true},
        {"nothing", SLICE(""), true},
    };
    struct bench bench = bench_new(HEADS_NONE);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct exchange *x = exchange_usual();
        x->target = cases[i].value;
        add(x, &x->request, FIELD_USER_AGENT, cases[i].value);
        add(x, &x->response, FIELD_ETAG, cases[i].value);
        add(x, &x->response, FIELD_EXPIRES, cases[i].value);
        put(&bench, i + 1, x);
    }
    cr_assert(bench_finish(&bench));

    sqlite3 *db;
    sqlite3_stmt *statement;
    sqlite3_open_v2(bench.path, &db, SQLITE_OPEN_READONLY, NULL);
    sqlite3_prepare_v2(db, "SELECT target, user_agent, etag, expires FROM exchanges ORDER BY id",
                       -1, &statement, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
        for (int column = 0; column < 4; column++) {
            cr_expect_eq(sqlite3_column_type(statement, column),
                         cases[i].text ? SQLITE_TEXT : SQLITE_BLOB, "%s", cases[i].title);
            struct slice got = slice_of(sqlite3_column_blob(statement, column),
                                        (size_t)sqlite3_column_bytes(statement, column));
            cr_expect(slice_equal(got, cases[i].value), "%s", cases[i].title);
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    bench_end(&bench);
}

Test(database, a_thousand_lines_of_one_field_are_joined_once, .timeout = 20)
{
    struct bench bench = bench_new(HEADS_NONE);
    struct exchange *x = exchange_usual();
    for (int i = 0; i < 1000; i++)
        add(x, &x->response, FIELD_VIA, SLICE("1.1 x"));
    put(&bench, 1, x);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT length(via) FROM exchanges"), "6998");
    bench_end(&bench);
}

Test(database, claims_are_summed_per_exchange_issue_and_confidence)
{
    struct bench bench = bench_new(HEADS_NONE);
    for (uint64_t i = 1; i <= 4; i++) {
        struct exchange *x = exchange_usual();
        struct assessed assessed = assessed_of(i, x);
        x->response.body_bytes = 1000;
        database_exchange(bench.database, &assessed);
        exchange_free(x);
    }
    struct finding findings[] = {finding_of(&card, 1), finding_of(&other_card, 1),
                                 finding_of(&card, 2), finding_of(&card, 4)};
    findings[0].avoidable_bytes = 10;
    findings[1].avoidable_bytes = 5;
    findings[1].confidence = CONFIDENCE_CERTAIN;
    findings[1].severity = SEVERITY_WASTE;
    findings[2].opportunity_bytes = 7;
    findings[2].severity = SEVERITY_WARNING;
    findings[3].avoidable_bytes = 500; /* behind a proxy: in no total */
    for (size_t i = 0; i < COUNT_OF(findings); i++)
        database_finding(bench.database, &findings[i]);
    database_pair(bench.database, 4, 2);
    database_pair(bench.database, 3, 2);
    database_pair(bench.database, 4, 1); /* replaces */
    database_pair(bench.database, 3, 0); /* takes back */
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT group_concat(coalesce(outer_exchange_id, '-'), ' ') "
                                 "FROM exchanges"),
                     "- - - 1");
    cr_expect_str_eq(ask(&bench,
                         "SELECT group_concat(avoidable_bytes || '+' || opportunity_bytes, ' ') "
                         "FROM exchanges"),
                     "15+0 0+7 0+0 500+0");
    cr_expect_str_eq(ask(&bench,
                         "SELECT exchanges, observed_bytes, avoidable_certain, "
                         "avoidable_likely, avoidable_possible, opportunity_bytes FROM totals"),
                     "3|3900|5|10|0|7");
    cr_expect_str_eq(ask(&bench, "SELECT rule, severity, party, host, server, url_pattern, "
                                 "first_finding_id, exchanges, avoidable_bytes, opportunity_bytes, "
                                 "first_us, last_us FROM issues ORDER BY id"),
                     "304-missing-etag|error|responder|h|192.0.2.80|/a|1|3|510|7|1000|4000");
    cr_expect_str_eq(ask(&bench, "SELECT rule, variant, severity, confidence, norm, url, "
                                 "request_frame, response_frame FROM findings WHERE id = 2"),
                     "unconditional-refetch|NULL|waste|certain|MUST|http://h/a|6|9");
    bench_end(&bench);
}

/* Folding must not depend on what is still remembered, nor on the order of arrival. */
Test(database, issues_fold_by_text_and_have_the_same_key_in_another_capture)
{
    char keys[2][64];
    for (int round = 0; round < 2; round++) {
        struct bench bench = bench_new(HEADS_FINDINGS);
        static const struct slice hosts[] = {SLICE("h"), SLICE("i"), SLICE_ABSENT, SLICE("")};
        const uint64_t n = round ? 40000 : 8; /* more than are remembered */
        for (uint64_t i = 1; i <= n; i++) {
            struct exchange *x = exchange_usual();
            struct assessed assessed = assessed_of(i, x);
            assessed.host = hosts[i % 4];
            database_exchange(bench.database, &assessed);
            exchange_free(x);
        }
        for (uint64_t i = 1; i <= 8; i++) { /* the first ones are forgotten by now */
            struct finding finding = finding_of(&card, i);
            database_finding(bench.database, &finding);
        }
        cr_assert(bench_finish(&bench));
        cr_expect_str_eq(ask(&bench, "SELECT count(*), sum(exchanges) FROM issues"), "4|8");
        snprintf(keys[round], sizeof keys[round], "%s",
                 ask(&bench, "SELECT key, length(key) FROM issues WHERE host = 'h'"));
        bench_end(&bench);
    }
    cr_expect_str_eq(keys[0], keys[1]);
}

Test(database, heads_of_the_first_eight_findings_of_an_issue_are_kept_masked)
{
    struct bench bench = bench_new(HEADS_FINDINGS);
    for (uint64_t i = 1; i <= 30; i++)
        put(&bench, i, exchange_usual());
    for (uint64_t i = 11; i <= 30; i++) {
        struct finding finding = finding_of(&card, i);
        finding.reference_exchange_id = i - 10;
        finding.request_head = SLICE("GET / HTTP/1.1\r\nCookie: abc\r\n\r\n");
        finding.response_head = SLICE("HTTP/1.1 304 N\r\nSet-Cookie: abc\r\n\r\n");
        finding.reference_response_head = SLICE("HTTP/1.1 200 O\r\n\r\n");
        database_finding(bench.database, &finding);
    }
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT count(*), min(exchange_id), max(exchange_id) FROM heads"),
                     "16|1|18");
    cr_expect_str_eq(
        ask(&bench, "SELECT request_head, response_head FROM heads WHERE exchange_id = 11"),
        "blob:GET / HTTP/1.1\r\nCookie: ***\r\n\r\n|"
        "blob:HTTP/1.1 304 N\r\nSet-Cookie: ***\r\n\r\n");
    cr_expect_str_eq(
        ask(&bench, "SELECT request_head, response_head FROM heads WHERE exchange_id = 1"),
        "NULL|blob:HTTP/1.1 200 O\r\n\r\n");
    bench_end(&bench);
}

Test(database, connections_coverage_and_checks_come_back)
{
    struct bench bench = bench_new(HEADS_NONE);
    const struct connection connection = {.facts = {.id = 5,
                                                    .client = {4, {10, 0, 0, 1}},
                                                    .server = {4, {10, 0, 0, 2}},
                                                    .rtt_ns = -1},
                                          .transport = "tcp",
                                          .protocol = "HTTP/1",
                                          .first = mark_at(1, 5, 1),
                                          .opened_ns = 1000,
                                          .closed_ns = 2000,
                                          .packets = 3,
                                          .wire_bytes = 100,
                                          .overhead_bytes = 40,
                                          .retransmitted_bytes = 8,
                                          .lost_bytes = 2,
                                          .exchanges = 1};
    const struct coverage read = {"tcp", "HTTP", SLICE_ABSENT, NULL, 1, 3, 100, 0, 1};
    const struct coverage tls = {"tcp", "TLS", SLICE("www.example.org"), "no-keys", 1, 4, 900,
                                 800,   0};
    const struct check check = {&card, CHECK_WITHHELD, "G1", 3};
    database_connection(bench.database, &connection);
    database_coverage(bench.database, &read);
    database_coverage(bench.database, &tls);
    database_check(bench.database, &check);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT * FROM connections"),
                     "5|tcp|10.0.0.1|0|10.0.0.2|0|HTTP/1|NULL|NULL|NULL|b.pcap|5|1|2|3|100|40|2|1|NULL|NULL");
    cr_expect_str_eq(ask(&bench, "SELECT * FROM coverage WHERE reason NOT NULL"),
                     "tcp|TLS|www.example.org|no-keys|1|4|900|800|0");
    cr_expect_str_eq(ask(&bench, "SELECT * FROM coverage WHERE reason IS NULL"),
                     "tcp|HTTP|NULL|NULL|1|3|100|0|1");
    cr_expect_str_eq(ask(&bench, "SELECT * FROM checks"), "304-missing-etag|withheld|G1|3");
    cr_expect_str_eq(
        ask(&bench, "SELECT connection_bytes, retransmitted_bytes, unseen_bytes FROM totals"),
        "40|8|800");
    bench_end(&bench);
}

Test(database, nothing_stands_under_its_name_before_it_is_finished)
{
    struct bench bench = bench_new(HEADS_NONE);
    struct stat st;
    put(&bench, 1, exchange_usual());
    cr_expect_neq(stat(bench.path, &st), 0);
    cr_assert_eq(stat(database_beside(bench.database), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600u);
    database_abandon(bench.database);
    cr_expect_neq(stat(database_beside(bench.database), &st), 0);
    bench_end(&bench);
}

Test(database, only_our_own_files_are_replaced)
{
    struct bench bench = bench_new(HEADS_NONE);
    char path[96];
    cr_assert(bench_finish(&bench));
    cr_expect(database_may_replace(bench.path, false, &bench.error));

    snprintf(path, sizeof path, "%s/other", bench.folder);
    cr_expect(database_may_replace(path, false, &bench.error), "not there");
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    cr_assert_eq(write(fd, "mine", 4), 4);
    close(fd);
    cr_expect_not(database_may_replace(path, false, &bench.error));
    cr_expect_eq(bench.error.kind, ERROR_OUTPUT);
    cr_expect(database_may_replace(path, true, &bench.error));
    cr_expect_not(database_may_replace(bench.folder, true, &bench.error), "a folder");
    cr_expect_not(database_may_replace("/dev/null", false, &bench.error), "a device");
    bench_end(&bench);
}

Test(database, the_first_failure_sticks_and_leaves_nothing)
{
    struct bench bench = bench_new(HEADS_NONE);
    struct exchange *x = exchange_usual();
    struct assessed assessed = assessed_of(1, x);
    database_exchange(bench.database, &assessed);
    database_exchange(bench.database, &assessed); /* the same id twice: SQLite refuses */
    struct finding finding = finding_of(&card, 1);
    database_finding(bench.database, &finding);
    exchange_free(x);
    struct stat st;
    cr_expect_not(bench_finish(&bench));
    cr_expect_eq(bench.error.kind, ERROR_OUTPUT);
    cr_expect(strstr(bench.error.text, bench.path), "%s", bench.error.text);
    cr_expect_neq(stat(bench.path, &st), 0);
    bench_end(&bench);
}

Test(database, user_and_password_of_a_target_are_not_stored)
{
    struct bench bench = bench_new(HEADS_ALL);
    struct exchange *x = exchange_usual();
    x->target = SLICE("http://me:pw@h/a");
    put(&bench, 1, x);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT target FROM exchanges"), "http://*****@h/a");
    bench_end(&bench);
}

/* Two remedies for one exchange, one for another that is the far side of a proxy. */
Test(database, what_remedies_save_is_summed_alone_and_on_the_near_side)
{
    struct bench bench = bench_new(HEADS_FINDINGS);
    for (uint64_t id = 1; id <= 3; id++)
        put(&bench, id, exchange_usual());
    database_pair(bench.database, 3, 2);
    for (uint64_t id = 1; id <= 3; id++) {
        struct finding f = finding_of(&card, id);
        f.avoidable_bytes = f.standalone_bytes = 300;
        f.saves = SAVES_ROUND_TRIP;
        f.confidence = id == 2 ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
        database_finding(bench.database, &f);
    }
    struct finding other = finding_of(&other_card, 1);
    other.standalone_bytes = 50;
    other.saves = SAVES_OCTETS;
    other.is_opportunity = true;
    database_finding(bench.database, &other);
    other.exchange_id = 2;
    other.saves = SAVES_NOTHING; /* waived */
    database_finding(bench.database, &other);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT account, exchanges, saved_bytes, left_bytes, "
                                 "possible_bytes, round_trips, time_us FROM what_if WHERE rule = "
                                 "'304-missing-etag'"),
                     "avoidable|2|600|0|300|2|6000");
    cr_expect_str_eq(ask(&bench, "SELECT account, exchanges, saved_bytes, round_trips, time_us "
                                 "FROM what_if WHERE rule = 'unconditional-refetch'"),
                     "opportunity|1|50|0|0");
    cr_expect_str_eq(ask(&bench, "SELECT needless_round_trips, needless_time_us, "
                                 "possible_round_trips, possible_time_us FROM totals"),
                     "1|3000|1|3000");
    cr_expect_str_eq(ask(&bench, "SELECT group_concat(exchange_id || confidence || rtt_us || "
                                 "'/' || time_us) FROM needless_round_trips"),
                     "1likely20/3000,2possible20/3000");
    bench_end(&bench);
}

Test(database, what_caches_would_have_left_comes_back)
{
    struct bench bench = bench_new(HEADS_FINDINGS);
    struct what_if row = {SCENARIO_PRIVATE_CACHE, UINT64_MAX, 3, 1000, 500, 7000000, 1000000};
    database_what_if(bench.database, &row);
    row = (struct what_if){SCENARIO_SHARED_CACHE, 1 << 20, 2, 900, 600, 0, 250000};
    database_what_if(bench.database, &row);
    row.capacity_bytes = UINT64_MAX;
    database_what_if(bench.database, &row);
    cr_assert(bench_finish(&bench));
    cr_expect_str_eq(ask(&bench, "SELECT capacity_bytes, exchanges, saved_bytes, left_bytes, "
                                 "time_us, sampled_ppm FROM what_if WHERE scenario = "
                                 "'private-cache'"),
                     "NULL|3|1000|500|7000|1000000");
    cr_expect_str_eq(ask(&bench, "SELECT count(*), count(capacity_bytes), max(capacity_bytes), "
                                 "max(time_us), min(sampled_ppm) FROM what_if WHERE scenario = "
                                 "'shared-cache'"),
                     "2|1|1048576|NULL|250000");
    bench_end(&bench);
}
