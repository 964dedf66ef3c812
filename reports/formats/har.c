/* SPDX-License-Identifier: MIT */
/*
 * HAR 1.2 as it was last written down (W3C Web Performance, 2012, and Odvarko's page). An entry
 * needs a request: responses whose requests were not seen are left out and counted in the comment.
 * Where the head was kept its fields stand as they were sent, credentials as so many `*`; else
 * those that the database has. Bodies are never kept. Findings are members of `_wire304`, since
 * names of one's own begin with an underscore there.
 */

#include "reports/formats/har.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "reports/formats/json_stream.h"

enum {
    ID,
    CONNECTION,
    METHOD,
    VERSION,
    STATUS,
    REQUESTED,
    REQUEST_END,
    RESPONDED,
    RESPONSE_END,
    SCHEME,
    SERVER,
    SERVER_PORT,
    URL,
    TARGET,
    REQUEST_HEADER,
    REQUEST_BODY,
    RESPONSE_HEADER,
    RESPONSE_BODY,
    REQUEST_HEAD,
    RESPONSE_HEAD,
    REQUEST_FIELDS,
    RESPONSE_FIELDS = REQUEST_FIELDS + 6,
    CONTENT_TYPE = RESPONSE_FIELDS,
    OWN = RESPONSE_FIELDS + 14,
};

/* A column named after its field keeps that name: it is what the header is then called. */
static const char entries[] =
    "SELECT id, connection_id, method, version, status, requested_us, request_end_us,"
    " responded_us, response_end_us, scheme, server, server_port, url, target,"
    " request_header_bytes, request_body_bytes, response_header_bytes, response_body_bytes,"
    " (SELECT request_head FROM heads WHERE exchange_id = e.id),"
    " (SELECT response_head FROM heads WHERE exchange_id = e.id),"
    " host AS \"Host\", user_agent AS \"User-Agent\", if_none_match AS \"If-None-Match\","
    " if_modified_since AS \"If-Modified-Since\", range AS \"Range\","
    " request_cache_control AS \"Cache-Control\","
    " content_type AS \"Content-Type\", content_length AS \"Content-Length\","
    " content_encoding AS \"Content-Encoding\", content_range AS \"Content-Range\","
    " etag AS \"ETag\", last_modified AS \"Last-Modified\", cache_control AS \"Cache-Control\","
    " expires AS \"Expires\", vary AS \"Vary\", age AS \"Age\", date AS \"Date\","
    " cache_status AS \"Cache-Status\", via AS \"Via\", server_software AS \"Server\","
    " id, outer_exchange_id, client_key, client, client_port, outcome, ending, aborted_by,"
    " nullif(flaws, '') AS flaws, request_frame, response_frame, rtt_us, lifetime_s, age_s,"
    " avoidable_bytes, opportunity_bytes FROM listed e"
    " WHERE method IS NOT NULL AND requested_us IS NOT NULL ORDER BY id LIMIT ?1";

static const char accusations[] =
    "SELECT exchange_id, id, rule, variant, severity, confidence, party, norm, section, message,"
    " reference_exchange_id, avoidable_bytes, opportunity_bytes FROM findings"
    " ORDER BY exchange_id, id";

/* ------------------------------------------------------------------ URLs */

/* RFC 3986 §2.2, §2.3. "#" ends a URL, and what was sent in a target never does. */
static bool is_url_octet(uint8_t c)
{
    return octet_is_alpha(c) || octet_is_digit(c) || (c && strchr("-._~:/?@!$&'()*+,;=", c));
}

static bool is_hex(uint8_t c)
{
    return octet_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Where the authority ends: only in it brackets may stand, around an address. */
static size_t authority_end(struct slice text)
{
    size_t at = slice_find(text, ':') + 3;
    while (at < text.len && !strchr("/?#", text.at[at]))
        at++;
    return at;
}

static bool may_stay(struct slice text, size_t i, size_t authority)
{
    uint8_t c = text.at[i];
    if (c == '%')
        return i + 2 < text.len && is_hex(text.at[i + 1]) && is_hex(text.at[i + 2]);
    if (c == '[' || c == ']')
        return i < authority;
    return is_url_octet(c);
}

size_t har_url(struct slice text, char *to)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0, authority = authority_end(text);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (may_stay(text, i, authority)) {
            to[n++] = (char)c;
            continue;
        }
        to[n++] = '%';
        to[n++] = digits[c >> 4];
        to[n++] = digits[c & 15];
    }
    return n;
}

/* The URL, or where no host was named what a client of that address would have asked. */
static struct slice url_of(const struct query *query, char **owned)
{
    struct slice url = query_text(query, URL), target = query_text(query, TARGET);
    *owned = NULL;
    if (!slice_is_absent(url) || slice_is_absent(target))
        return url;
    const char *server = query_word(query, SERVER);
    bool v6 = strchr(server, ':') != NULL;
    bool absolute = target.len && target.at[0] != '/' && target.at[0] != '*';
    *owned = xmalloc(target.len + strlen(server) + 64);
    int n = absolute
                ? 0
                : sprintf(*owned, "%s://%s%s%s:%lld%s", query_word(query, SCHEME), v6 ? "[" : "",
                          server, v6 ? "]" : "", (long long)query_number(query, SERVER_PORT),
                          target.len && target.at[0] == '/' ? "" : "/");
    memcpy(*owned + n, target.at, target.len);
    return slice_of(*owned, (size_t)n + target.len);
}

static void write_url(struct json_stream *s, const struct query *query)
{
    char *owned;
    struct slice url = url_of(query, &owned);
    char *text = xmalloc(3 * url.len + 1);
    struct slice encoded = slice_of(text, har_url(url, text));
    struct slice rest = slice_from(encoded, slice_find(encoded, '?') + 1);
    stream_text(s, "url", encoded);
    stream_array(s, "queryString");
    while (rest.len) {
        struct slice value = slice_cut(&rest, '&');
        struct slice name = slice_cut(&value, '=');
        stream_object(s, NULL);
        stream_text(s, "name", name);
        stream_text(s, "value", slice_is_absent(value) ? SLICE("") : value);
        stream_end(s);
    }
    stream_end(s);
    free(text);
    free(owned);
}

/* ------------------------------------------------------------------ fields */

static void write_field(struct json_stream *s, struct slice name, struct slice value)
{
    stream_object(s, NULL);
    stream_text(s, "name", name);
    stream_text(s, "value", value);
    stream_end(s);
}

/* A line without its end, taken off a head. */
static struct slice take_line(struct slice *head)
{
    struct slice line = slice_cut(head, '\n');
    return line.len && line.at[line.len - 1] == '\r' ? slice_first(line, line.len - 1) : line;
}

/* Takes a field off a head behind its first line; a line that is none is passed over. */
static bool next_field(struct slice *head, struct slice *name, struct slice *value)
{
    while (head->len) {
        struct slice line = take_line(head);
        size_t colon = slice_find(line, ':');
        if (line.len == 0)
            return false;
        if (colon == 0 || colon == line.len || octet_is_ows(line.at[0]))
            continue;
        *name = slice_first(line, colon);
        *value = slice_trim(slice_from(line, colon + 1));
        return true;
    }
    return false;
}

static void write_headers(struct json_stream *s, const struct query *query, int head, int first,
                          int end)
{
    struct slice rest = query_text(query, head), name, value;
    stream_array(s, "headers");
    if (!slice_is_absent(rest)) {
        take_line(&rest);
        while (next_field(&rest, &name, &value))
            write_field(s, name, value);
    } else {
        for (int i = first; i < end; i++)
            if (!query_is_null(query, i))
                write_field(s, slice_of_text(sqlite3_column_name(query->statement, i)),
                            query_text(query, i));
    }
    stream_end(s);
}

static struct slice field_of(struct slice head, struct slice wanted)
{
    struct slice name, value;
    take_line(&head);
    while (next_field(&head, &name, &value))
        if (slice_equal_nocase(name, wanted))
            return value;
    return SLICE("");
}

/* "Not Modified": what follows the status in the first line of a head. */
static struct slice reason_of(struct slice head)
{
    struct slice line = take_line(&head);
    slice_cut(&line, ' ');
    slice_cut(&line, ' ');
    return slice_is_absent(line) ? SLICE("") : line;
}

/* ------------------------------------------------------------------ entries */

static void write_request(struct json_stream *s, const struct query *query)
{
    stream_object(s, "request");
    stream_column(s, "method", query, METHOD);
    write_url(s, query);
    stream_word(s, "httpVersion", query_word(query, VERSION));
    stream_array(s, "cookies");
    stream_end(s);
    write_headers(s, query, REQUEST_HEAD, REQUEST_FIELDS, RESPONSE_FIELDS);
    stream_column(s, "headersSize", query, REQUEST_HEADER);
    stream_column(s, "bodySize", query, REQUEST_BODY);
    stream_end(s);
}

/* Sizes of a response that was not seen are -1. */
static void write_response(struct json_stream *s, const struct query *query)
{
    bool seen = !query_is_null(query, STATUS);
    struct slice head = query_text(query, RESPONSE_HEAD);
    stream_object(s, "response");
    stream_number(s, "status", query_number(query, STATUS));
    stream_text(s, "statusText", reason_of(head));
    stream_word(s, "httpVersion", seen ? query_word(query, VERSION) : "");
    stream_array(s, "cookies");
    stream_end(s);
    write_headers(s, query, RESPONSE_HEAD, RESPONSE_FIELDS, OWN);
    stream_object(s, "content");
    stream_number(s, "size", query_number(query, RESPONSE_BODY));
    stream_word(s, "mimeType", query_word(query, CONTENT_TYPE));
    stream_end(s);
    stream_text(s, "redirectURL", field_of(head, SLICE("Location")));
    stream_number(s, "headersSize", seen ? query_number(query, RESPONSE_HEADER) : -1);
    stream_number(s, "bodySize", seen ? query_number(query, RESPONSE_BODY) : -1);
    stream_end(s);
}

/* Milliseconds between two columns; 0 where one is not known, or they stand the other way. */
static double between(const struct query *query, int from, int to)
{
    int64_t us = query_number(query, to) - query_number(query, from);
    bool known = !query_is_null(query, from) && !query_is_null(query, to);
    return known && us > 0 ? (double)us / 1000 : 0;
}

static void write_times(struct json_stream *s, const struct query *query)
{
    double send = between(query, REQUESTED, REQUEST_END);
    double wait = between(query, REQUEST_END, RESPONDED);
    double receive = between(query, RESPONDED, RESPONSE_END);
    char text[48];
    stream_word(s, "startedDateTime", time_text(query_number(query, REQUESTED), "Z", text));
    stream_real(s, "time", send + wait + receive, 3);
    stream_object(s, "timings");
    stream_real(s, "send", send, 3);
    stream_real(s, "wait", wait, 3);
    stream_real(s, "receive", receive, 3);
    stream_end(s);
}

/* What this program has to say; the findings' cursor moves on to those of the next exchange. */
static void write_own(struct json_stream *s, const struct query *query, struct query *found,
                      bool *more)
{
    int64_t id = query_number(query, ID);
    stream_object(s, "_wire304");
    stream_columns(s, query, OWN, 0);
    while (*more && query_number(found, 0) < id)
        *more = query_next(found);
    stream_array(s, "findings");
    for (; *more && query_number(found, 0) == id; *more = query_next(found)) {
        stream_object(s, NULL);
        stream_columns(s, found, 1, 0);
        stream_end(s);
    }
    stream_end(s);
    stream_end(s);
}

static void write_entry(struct json_stream *s, const struct query *query, struct query *found,
                        bool *more)
{
    char connection[24];
    stream_object(s, NULL);
    write_times(s, query);
    write_request(s, query);
    write_response(s, query);
    stream_object(s, "cache");
    stream_end(s);
    stream_column(s, "serverIPAddress", query, SERVER);
    snprintf(connection, sizeof connection, "%lld", (long long)query_number(query, CONNECTION));
    stream_word(s, "connection", connection);
    write_own(s, query, found, more);
    stream_end(s);
}

static void write_comment(struct json_stream *s, struct report *report)
{
    char text[120];
    int64_t n = audit_number(report->audit, "SELECT count(*) FROM listed WHERE method IS NULL OR "
                                            "requested_us IS NULL");
    if (n == 0)
        return;
    snprintf(text, sizeof text, "%lld responses whose requests were not seen are left out",
             (long long)n);
    stream_word(s, "comment", text);
}

void har_write(struct report *report)
{
    struct json_stream s = json_stream_of(report->to, 3);
    struct query query = query_begin(report->audit, entries);
    struct query found = query_begin(report->audit, accusations);
    query_bind(&query, 1, report_rows(report, 0));
    bool more = query_next(&found);

    stream_object(&s, NULL);
    stream_object(&s, "log");
    stream_word(&s, "version", "1.2");
    stream_object(&s, "creator");
    stream_word(&s, "name", "wire304");
    stream_word(&s, "version", WIRE304_VERSION);
    stream_end(&s);
    stream_array(&s, "pages");
    stream_end(&s);
    write_comment(&s, report);
    stream_array(&s, "entries");
    while (query_next(&query))
        write_entry(&s, &query, &found, &more);
    stream_end(&s);
    stream_end(&s);
    stream_end(&s);
    query_end(&found);
}
