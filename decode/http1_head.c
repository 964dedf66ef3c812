/* SPDX-License-Identifier: MIT */
/*
 * The grammar of RFC 9112 §2 to §5, and what becomes of heads that depart from it:
 *
 *   request-line = method SP request-target SP HTTP-version      (§3)
 *   status-line  = HTTP-version SP status-code SP [ reason ]     (§4)
 *   field-line   = field-name ":" OWS field-value OWS            (§5)
 *
 * Lines end in CR LF, or in LF alone (§2.2). More or other white space between the parts of a start
 * line is understood (§3, §4). A field line that begins with white space continues the one before
 * it; its line break becomes spaces (§5.2). White space before the colon does not belong to the
 * name (§5.1). A line without colon or name is skipped; its octets are in the head all the same.
 */

#include "decode/http1_head.h"

#include <assert.h>

#include "base/attributes.h"

#define LONGEST_METHOD 64

// clang-format off
/* tchar of RFC 9110 §5.6.2; inline here, for it is asked for each octet of a name. */
static const bool is_tchar[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#'] = true,
    ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true,
    ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
};

static const struct {
    const char *name;
    enum method token;
} methods[] = {
    {"GET", METHOD_GET}, {"HEAD", METHOD_HEAD}, {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
    {"DELETE", METHOD_DELETE}, {"PATCH", METHOD_PATCH}, {"OPTIONS", METHOD_OPTIONS},
    {"TRACE", METHOD_TRACE}, {"CONNECT", METHOD_CONNECT},
};
// clang-format on

// clang-format off
static const char *const registered[] = {
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND",
    "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "PURGE", "BAN",
    "MERGE", "CHECKOUT", "CHECKIN", "MKACTIVITY", "MKCALENDAR", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY",
    "QUERY", "LINK", "UNLINK", "ACL", "BIND", "VERSION-CONTROL",
};
// clang-format on

static enum method method_token_of(struct slice method)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (slice_equal(method, slice_of_text(methods[i].name)))
            return methods[i].token;
    return METHOD_OTHER;
}

static size_t token_length(struct slice s)
{
    size_t n = 0;
    while (n < s.len && is_tchar[s.at[n]])
        n++;
    return n;
}

/* Without its LF and the CR before it. */
static struct slice line_text(struct slice line, uint64_t *flaws)
{
    assert(line.len > 0 && line.at[line.len - 1] == '\n');
    size_t len = line.len - 1;
    if (len > 0 && line.at[len - 1] == '\r')
        return slice_first(line, len - 1);
    *flaws |= FLAW(BARE_LF);
    return slice_first(line, len);
}

/* HTTP-version = "HTTP/" DIGIT "." DIGIT, case-sensitive (RFC 9112 §2.3). */
static enum http_version version_parse(struct slice text, uint64_t *flaws)
{
    bool is_regular = text.len == 8 && memcmp(text.at, "HTTP/", 5) == 0 &&
                      octet_is_digit(text.at[5]) && text.at[6] == '.' && octet_is_digit(text.at[7]);
    if (!is_regular) {
        *flaws |= FLAW(BAD_START_LINE) | FLAW(VERSION_ODD);
        return HTTP_1_1;
    }
    uint8_t major = text.at[5], minor = text.at[7];
    if (major != '1' || minor > '1')
        *flaws |= FLAW(VERSION_ODD);
    return major < '1' || (major == '1' && minor == '0') ? HTTP_1_0 : HTTP_1_1;
}

bool request_line_begins(struct slice bytes)
{
    size_t n = token_length(bytes);
    if (n == 0 || n > LONGEST_METHOD)
        return false;
    return n == bytes.len || bytes.at[n] == ' ' || bytes.at[n] == '\r' || bytes.at[n] == '\n';
}

static size_t find_last_space(struct slice s)
{
    size_t n = s.len;
    while (n > 0 && !octet_is_ows(s.at[n - 1]))
        n--;
    return n;
}

bool method_is_known(struct slice method)
{
    for (size_t i = 0; i < COUNT_OF(registered); i++)
        if (slice_equal(method, slice_of_text(registered[i])))
            return true;
    return false;
}

bool method_is_plausible(struct slice method)
{
    for (size_t i = 0; i < method.len; i++) {
        uint8_t c = method.at[i];
        bool is_capital = c >= 'A' && c <= 'Z';
        if (!is_capital && !octet_is_digit(c) && c != '-' && c != '_')
            return false;
    }
    return method.len > 2;
}

bool field_line_begins(struct slice bytes, bool *may)
{
    size_t n = token_length(bytes);
    *may = n == bytes.len;
    return n > 0 && n < bytes.len && bytes.at[n] == ':';
}

/* A request line without version: one of HTTP/0.9, or of somebody who tries what servers do. */
static bool parse_without_version(struct slice target, struct start_line *start)
{
    bool is_one_word = find_last_space(target) == 0;
    start->target = target;
    start->version = HTTP_VERSION_NONE;
    return is_one_word &&
           (target.len > 0 ? method_is_plausible(start->method) : method_is_known(start->method));
}

bool request_line_parse(struct slice line, struct start_line *start)
{
    *start = (struct start_line){.flaws = 0};
    struct slice text = line_text(line, &start->flaws);
    size_t method_len = token_length(text);
    if (method_len == 0 || method_len > LONGEST_METHOD ||
        (method_len < text.len && text.at[method_len] != ' '))
        return false;
    start->method = slice_first(text, method_len);
    start->method_token = method_token_of(start->method);

    struct slice untrimmed = slice_from(text, method_len + 1), rest = slice_trim(untrimmed);
    size_t version_at = find_last_space(rest);
    struct slice version = slice_from(rest, version_at);
    if (version_at == 0 || !slice_starts_with_nocase(version, SLICE("HTTP/")))
        return parse_without_version(rest, start);
    if (slice_equal(start->method, SLICE("PRI")) && slice_equal(version, SLICE("HTTP/2.0")))
        return false; /* HTTP/2's preface */
    start->version = version_parse(version, &start->flaws);
    start->target = slice_trim(slice_first(rest, version_at));
    bool has_single_spaces = rest.len == untrimmed.len && start->target.len + 1 == version_at;
    if (!has_single_spaces || start->target.len == 0 || find_last_space(start->target) > 0)
        start->flaws |= FLAW(BAD_START_LINE);
    return true;
}

bool status_line_parse(struct slice line, struct start_line *start)
{
    *start = (struct start_line){.flaws = 0};
    struct slice rest = line_text(line, &start->flaws), text = rest;
    struct slice version = slice_cut(&rest, ' ');
    if (version.len < 8 || memcmp(version.at, "HTTP/", 5) != 0 || !octet_is_digit(version.at[5]))
        return false;
    start->version = version_parse(version, &start->flaws);
    struct slice status = rest;
    while (status.len && octet_is_ows(status.at[0]))
        status = slice_from(status, 1);
    if (status.at != rest.at)
        start->flaws |= FLAW(BAD_START_LINE);
    if (status.len < 3 || !octet_is_digit(status.at[0]) || !octet_is_digit(status.at[1]) ||
        !octet_is_digit(status.at[2]) || status.at[0] == '0')
        return false;
    start->status =
        (uint16_t)((status.at[0] - '0') * 100 + (status.at[1] - '0') * 10 + (status.at[2] - '0'));
    struct slice after = slice_from(status, 3);
    if (after.len > 0 && !octet_is_ows(after.at[0]))
        return false;
    if (after.len == 0 || after.at[0] != ' ' || start->status > 599)
        start->flaws |= FLAW(BAD_START_LINE);
    start->reason = after.len ? slice_from(after, 1) : slice_from(text, text.len);
    return true;
}

size_t head_find(struct slice bytes, struct line_ends *lines)
{
    const uint8_t *end = bytes.at + bytes.len, *line = bytes.at, *lf;
    lines->n = 0;
    while (line < end && (lf = memchr(line, '\n', (size_t)(end - line)))) {
        if (lines->n < COUNT_OF(lines->at))
            lines->at[lines->n++] = (uint32_t)(lf - bytes.at);
        bool is_empty = lf == line || (lf == line + 1 && *line == '\r');
        if (is_empty && line != bytes.at)
            return (size_t)(lf + 1 - bytes.at);
        line = lf + 1;
    }
    return 0;
}

static bool is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

bool field_line_is_strict(struct slice line, bool may_end_in_lf)
{
    uint64_t flaws = 0;
    struct slice text = line_text(line, &flaws);
    size_t name_len = token_length(text);
    if ((flaws && !may_end_in_lf) || name_len == 0 || name_len == text.len ||
        text.at[name_len] != ':')
        return false;
    for (size_t i = name_len; i < text.len; i++)
        if (is_control(text.at[i]))
            return false;
    return true;
}

#define EACH_OCTET(c) (UINT64_C(0x0101010101010101) * (c))

/* 0x80 in each octet of the word that is zero. */
static uint64_t zero_octets(uint64_t word)
{
    uint64_t low = EACH_OCTET(0x7f);
    return ~(((word & low) + low) | word | low);
}

/* How many control octets other than HTAB. */
static size_t count_controls(const uint8_t *at, size_t len)
{
    size_t n = 0, i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        uint64_t controls =
            (zero_octets(word & EACH_OCTET(0xe0)) & ~zero_octets(word ^ EACH_OCTET('\t'))) |
            zero_octets(word ^ EACH_OCTET(0x7f));
        if (controls)
            n += (size_t)__builtin_popcountll(controls);
    }
    for (; i < len; i++)
        n += is_control(at[i]);
    return n;
}

struct parser {
    uint8_t *bytes;
    struct head *head;
    uint64_t flaws;
    bool may_continue; /* the last field line can be continued by a folded one */
};

static void trim_value(const uint8_t *bytes, size_t from, size_t to, struct field *field)
{
    while (from < to && octet_is_ows(bytes[from]))
        from++;
    while (to > from && octet_is_ows(bytes[to - 1]))
        to--;
    field->value_at = (uint32_t)from;
    field->value_len = (uint32_t)(to - from);
}

/* RFC 9112 §5.2: "replace each received obs-fold with one or more SP octets". */
static void continue_field(struct parser *p, size_t from, size_t to)
{
    p->flaws |= FLAW(FOLDED_LINE);
    if (!p->may_continue) {
        p->flaws |= FLAW(BAD_FIELD_LINE);
        return;
    }
    struct field *field = &p->head->fields[p->head->n_fields - 1];
    for (size_t i = from; i > 0 && (p->bytes[i - 1] == '\n' || p->bytes[i - 1] == '\r'); i--)
        p->bytes[i - 1] = ' ';
    trim_value(p->bytes, field->value_at, to, field);
}

static void parse_field(struct parser *p, size_t from, size_t to)
{
    const uint8_t *line = p->bytes + from;
    size_t len = to - from, name_len = 0, colon;
    while (name_len < len && is_tchar[line[name_len]])
        name_len++;
    for (colon = name_len; colon < len && octet_is_ows(line[colon]); colon++)
        ;
    if (colon == len || line[colon] != ':') {
        /* An odd name: it goes up to the colon, if there is one. */
        p->flaws |= FLAW(BAD_FIELD_LINE);
        colon = slice_find(slice_of(line, len), ':');
        name_len = colon;
    } else if (colon != name_len) {
        p->flaws |= FLAW(SPACE_BEFORE_COLON);
    }
    p->may_continue = colon < len && name_len > 0 && name_len <= UINT16_MAX;
    if (!p->may_continue) {
        p->flaws |= FLAW(BAD_FIELD_LINE);
        return;
    }
    struct field *field = &p->head->fields[p->head->n_fields++];
    field->name_at = (uint32_t)from;
    field->name_len = (uint16_t)name_len;
    trim_value(p->bytes, from + colon + 1, to, field);
    enum field_token token = field_token_of(slice_of(line, name_len));
    field->token = (uint16_t)token;
    p->head->present[token >> 6] |= UINT64_C(1) << (token & 63);
}

uint64_t head_parse(struct arena *arena, uint8_t *bytes, size_t len, const struct line_ends *lines,
                    struct head *head)
{
    *head = (struct head){.bytes = {bytes, len}};
    if (lines->n == 0)
        return 0;
    head->fields = arena_alloc(arena, (lines->n + 1) * sizeof *head->fields);
    struct parser p = {.bytes = bytes, .head = head};
    size_t controls = count_controls(bytes, len), of_lines = 0;
    for (uint32_t i = 0; i < lines->n; i++) {
        size_t from = i ? lines->at[i - 1] + 1 : 0, to = lines->at[i];
        bool has_cr = to > from && bytes[to - 1] == '\r';
        of_lines += has_cr ? 2 : 1;
        to -= has_cr;
        if (!has_cr)
            p.flaws |= FLAW(BARE_LF);
        if (i == 0 || to == from)
            continue;
        if (head->n_fields == LIMIT_FIELDS)
            p.flaws |= FLAW(HEAD_LIMIT);
        else if (octet_is_ows(bytes[from]))
            continue_field(&p, from, to);
        else
            parse_field(&p, from, to);
    }
    if (controls != of_lines)
        p.flaws |= FLAW(NUL_IN_HEAD);
    return p.flaws;
}
