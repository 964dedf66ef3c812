/* SPDX-License-Identifier: MIT */
/*
 * The envelope and the names inside `http` and `alert` are those of Suricata's EVE log, which
 * Vector, Fluent Bit and Elastic know; where it has none they are Zeek's (request_body_len). What
 * only this program knows stands in `wire304`. The client is the source, whoever sent the packet,
 * since an event speaks of the exchange.
 */

#include "reports/formats/ndjson.h"

#include "reports/formats/json_stream.h"

/* The columns come in runs; each run is the members of one object. */
#define ENVELOPE                                                                                   \
    " e.connection_id AS flow_id, coalesce(e.request_file, e.response_file) AS pcap_filename,"     \
    " coalesce(e.request_frame, e.response_frame) AS pcap_cnt,"                                    \
    " e.client AS src_ip, e.client_port AS src_port,"                                              \
    " e.server AS dest_ip, e.server_port AS dest_port,"                                            \
    " CASE e.version WHEN 'HTTP/3' THEN 'UDP' ELSE 'TCP' END AS proto, 'http' AS app_proto,"

enum { TIME, FLOW_ID, ENVELOPE_END = FLOW_ID + 9 };

static const char exchange_rows[] =
    "SELECT coalesce(e.requested_us, e.responded_us)," ENVELOPE " content_range,"
    " host AS hostname, target AS url, method AS http_method, version AS protocol, status,"
    " response_body_bytes AS length, request_body_bytes AS request_body_len,"
    " response_body_bytes AS response_body_len, user_agent AS http_user_agent,"
    " content_type AS http_content_type, forwarded_for AS xff, if_none_match, if_modified_since,"
    " range, etag, last_modified, cache_control, expires, vary, age, date, content_encoding,"
    " content_length, cache_status, via, server_software AS server,"
    " id AS exchange_id, outer_exchange_id, client_key, e.url, url_pattern, outcome, ending,"
    " aborted_by, nullif(flaws, '') AS flaws, request_cache_control, request_file, request_frame,"
    " response_file, response_frame, requested_us, request_end_us, responded_us, response_end_us,"
    " rtt_us, request_header_bytes, request_body_bytes, response_header_bytes,"
    " response_body_bytes, wire_bytes, retransmitted_bytes, body_hash, lifetime_s, age_s,"
    " avoidable_bytes, opportunity_bytes FROM listed e ORDER BY e.id LIMIT ?1";

enum { CONTENT_RANGE = ENVELOPE_END, HOSTNAME, EXCHANGE_ID = HOSTNAME + 26 };

static const char finding_rows[] =
    "SELECT f.found_us," ENVELOPE " f.severity, e.host AS hostname, e.target AS url,"
    " e.method AS http_method, e.version AS protocol, e.status, e.user_agent AS http_user_agent,"
    " f.id AS finding_id, f.issue_id, (SELECT key FROM main.issue WHERE id = f.issue_id) AS "
    "issue_key,"
    " f.rule, f.variant, f.severity,"
    " f.confidence, f.party, f.norm, f.section, f.message, f.exchange_id,"
    " f.reference_exchange_id, f.url, e.url_pattern, e.client_key, f.request_frame,"
    " f.response_frame, f.avoidable_bytes, f.opportunity_bytes, f.standalone_bytes"
    " FROM findings f JOIN main.exchanges e ON e.id = f.exchange_id"
    " WHERE f.id > ?2 ORDER BY f.id LIMIT ?1";

enum {
    SEVERITY = ENVELOPE_END,
    FINDING_HOSTNAME,
    FINDING_ID = FINDING_HOSTNAME + 6,
    RULE = FINDING_ID + 3
};

static void begin_event(struct json_stream *s, const struct query *query, const char *type)
{
    char text[48];
    stream_object(s, NULL);
    stream_word(s, "timestamp", time_text(query_number(query, TIME), "+0000", text));
    stream_word(s, "event_type", type);
    stream_columns(s, query, FLOW_ID, ENVELOPE_END);
}

static void write_exchange(struct json_stream *s, const struct query *query)
{
    begin_event(s, query, "http");
    stream_object(s, "http");
    stream_columns(s, query, HOSTNAME, EXCHANGE_ID);
    if (!query_is_null(query, CONTENT_RANGE)) {
        stream_object(s, "content_range");
        stream_column(s, "raw", query, CONTENT_RANGE);
        stream_end(s);
    }
    stream_end(s);
    stream_object(s, "wire304");
    stream_columns(s, query, EXCHANGE_ID, 0);
    stream_end(s);
    stream_end(s);
}

/* As Suricata counts: 1 is the worst. */
static int64_t priority_of(const char *severity)
{
    for (int i = SEVERITY_ERROR; i > SEVERITY_INFO; i--)
        if (strcmp(severity, severity_word((enum severity)i)) == 0)
            return 1 + SEVERITY_ERROR - i;
    return 1 + SEVERITY_ERROR;
}

static void write_finding(struct json_stream *s, const struct query *query)
{
    const struct rule_card *card = rule_card_by_id(query_word(query, RULE));
    begin_event(s, query, "alert");
    stream_object(s, "alert");
    stream_word(s, "action", "allowed");
    stream_column(s, "signature", query, RULE);
    stream_word(s, "category", card ? card->group : NULL);
    stream_number(s, "severity", priority_of(query_word(query, SEVERITY)));
    stream_end(s);
    stream_object(s, "http");
    stream_columns(s, query, FINDING_HOSTNAME, FINDING_ID);
    stream_end(s);
    stream_object(s, "wire304");
    stream_columns(s, query, FINDING_ID, 0);
    stream_end(s);
    stream_end(s);
}

static void write_exchanges(struct report *report)
{
    struct json_stream s = json_stream_of(report->to, 0);
    struct query query = query_begin(report->audit, exchange_rows);
    query_bind(&query, 1, report_rows(report, 0));
    while (query_next(&query))
        write_exchange(&s, &query);
}

int64_t ndjson_findings(struct audit *audit, int64_t after, int64_t most, FILE *to)
{
    struct json_stream s = json_stream_of(to, 0);
    struct query query = query_begin(audit, finding_rows);
    query_bind(&query, 1, most);
    query_bind(&query, 2, after);
    while (query_next(&query)) {
        write_finding(&s, &query);
        after = query_number(&query, FINDING_ID);
    }
    return after;
}

void ndjson_write(struct report *report)
{
    write_exchanges(report);
    ndjson_findings(report->audit, 0, report_rows(report, 0), report->to);
}
