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
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
    uint8_t name[8];
    uint8_t len;
    uint8_t token; /* enum method */
} methods[] = {
    {"GET", 3, METHOD_GET}, {"HEAD", 4, METHOD_HEAD}, {"POST", 4, METHOD_POST},
    {"PUT", 3, METHOD_PUT}, {"DELETE", 6, METHOD_DELETE}, {"PATCH", 5, METHOD_PATCH},
    {"OPTIONS", 7, METHOD_OPTIONS}, {"TRACE", 5, METHOD_TRACE}, {"CONNECT", 7, METHOD_CONNECT},
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
        if (method.len == methods[i].len && memcmp(method.at, methods[i].name, method.len) == 0)
            return (enum method)methods[i].token;
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

static bool has_space(struct slice s)
{
    return slice_find(s, ' ') < s.len || slice_find(s, '\t') < s.len;
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
    bool is_one_word = !has_space(target);
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
    if (!has_single_spaces || start->target.len == 0 || has_space(start->target))
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

/* ---- where lines end. This loop sees every octet of every head: it looks at a block at once,
 * takes the LF from a mask with a bit per octet (the lowest for the first), and counts the control
 * octets, so that no other pass is needed to know that there are none but the line ends. */

#define BLOCK 64

#ifdef __SSE2__
struct block {
    uint64_t lf;
    __m128i controls[BLOCK / 16]; /* 0xff for each */
};

static inline __m128i controls_in(__m128i x)
{
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i tab = _mm_cmpeq_epi8(x, _mm_set1_epi8('\t'));
    __m128i del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));
    return _mm_or_si128(_mm_andnot_si128(tab, low), del);
}

static inline uint64_t bits_of(__m128i x)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(x);
}

static inline struct block block_at(const uint8_t *at)
{
    struct block block = {.lf = 0};
#pragma GCC unroll 4
    for (size_t i = 0; i < BLOCK / 16; i++) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));
        block.lf |= bits_of(_mm_cmpeq_epi8(x, _mm_set1_epi8('\n'))) << 16 * i;
        block.controls[i] = controls_in(x);
    }
    return block;
}

static inline uint32_t block_controls(const struct block *block)
{
    __m128i a = _mm_add_epi8(block->controls[0], block->controls[1]);
    __m128i b = _mm_add_epi8(block->controls[2], block->controls[3]);
    __m128i count = _mm_sub_epi8(_mm_setzero_si128(), _mm_add_epi8(a, b)); /* 0xff is -1 */
    __m128i sums = _mm_sad_epu8(count, _mm_setzero_si128());
    return (uint32_t)(_mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_srli_si128(sums, 8)));
}

static inline uint64_t block_mask(const struct block *block)
{
    return bits_of(block->controls[0]) | bits_of(block->controls[1]) << 16 |
           bits_of(block->controls[2]) << 32 | bits_of(block->controls[3]) << 48;
}
#else
struct block {
    uint64_t lf, controls;
};

static inline struct block block_at(const uint8_t *at)
{
    struct block block = {0, 0};
    for (unsigned i = 0; i < BLOCK; i++) {
        block.lf |= (uint64_t)(at[i] == '\n') << i;
        block.controls |= (uint64_t)((at[i] < 0x20 && at[i] != '\t') || at[i] == 0x7f) << i;
    }
    return block;
}

static inline uint64_t block_mask(const struct block *block)
{
    return block->controls;
}

static inline uint32_t block_controls(const struct block *block)
{
    return (uint32_t)__builtin_popcountll(block->controls);
}
#endif

static struct block block_of_rest(const uint8_t *at, size_t len)
{
    uint8_t copy[BLOCK];
    memset(copy, 'x', sizeof copy);
    memcpy(copy, at, len);
    return block_at(copy);
}

size_t head_find(struct slice bytes, struct line_ends *lines)
{
    size_t line = 0; /* where the current one begins */
    uint32_t n = 0, controls = 0;
    for (size_t base = 0; base < bytes.len; base += BLOCK) {
        size_t rest = bytes.len - base;
        struct block block =
            rest < BLOCK ? block_of_rest(bytes.at + base, rest) : block_at(bytes.at + base);
        for (uint64_t lf = block.lf; lf; lf &= lf - 1) {
            size_t at = base + (size_t)__builtin_ctzll(lf);
            if (LIKELY(n < COUNT_OF(lines->at)))
                lines->at[n++] = (uint32_t)at;
            bool is_empty = at == line || (at == line + 1 && bytes.at[line] == '\r');
            if (UNLIKELY(is_empty) && line > 0) {
                uint64_t before = (lf & -lf) - 1; /* this LF is one more */
                controls += (uint32_t)__builtin_popcountll(block_mask(&block) & before) + 1;
                lines->n = n;
                lines->controls = controls;
                return at + 1;
            }
            line = at + 1;
        }
        controls += block_controls(&block);
    }
    lines->n = n;
    lines->controls = controls;
    return 0;
}

/* ---- field lines */

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

/* Length of the name before the first colon; `len` where there is none. */
static inline size_t find_colon(const uint8_t *line, size_t len)
{
#ifdef __SSE2__
    if (LIKELY(len >= sizeof(__m128i))) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)line);
        int colons = _mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(':')));
        if (LIKELY(colons))
            return (size_t)__builtin_ctz((unsigned)colons);
    }
#endif
    return slice_find(slice_of(line, len), ':');
}

/* A name that has no token may be odd: returns its length without white space behind it. */
static size_t check_name(struct parser *p, const uint8_t *name, size_t len)
{
    size_t valid = token_length(slice_of(name, len)), end = len;
    if (LIKELY(valid == len))
        return len;
    while (end > 0 && octet_is_ows(name[end - 1]))
        end--;
    p->flaws |= valid == end ? FLAW(SPACE_BEFORE_COLON) : FLAW(BAD_FIELD_LINE);
    return valid == end ? end : len;
}

static void parse_field(struct parser *p, size_t from, size_t to)
{
    const uint8_t *line = p->bytes + from;
    size_t colon = find_colon(line, to - from), name_len = colon;
    enum field_token token = field_token_of(slice_of(line, name_len));
    if (token == FIELD_OTHER) {
        name_len = check_name(p, line, colon);
        if (name_len != colon)
            token = field_token_of(slice_of(line, name_len));
    }
    p->may_continue = colon < to - from && name_len > 0 && name_len <= UINT16_MAX;
    if (UNLIKELY(!p->may_continue)) {
        p->flaws |= FLAW(BAD_FIELD_LINE);
        return;
    }
    struct field *field = &p->head->fields[p->head->n_fields++];
    field->name_at = (uint32_t)from;
    field->name_len = (uint16_t)name_len;
    field->token = (uint16_t)token;
    trim_value(p->bytes, from + colon + 1, to, field);
    p->head->present[token >> 6] |= UINT64_C(1) << (token & 63);
}

uint64_t head_parse(struct arena *arena, uint8_t *bytes, size_t len, const struct line_ends *lines,
                    struct head *head)
{
    *head = (struct head){.bytes = {bytes, len}};
    if (lines->n == 0)
        return 0;
    head->fields = arena_alloc(arena, head_fields_most(lines) * sizeof *head->fields);
    struct parser p = {.bytes = bytes, .head = head};
    uint32_t of_lines = 0; /* control octets */
    for (uint32_t i = 0; i < lines->n; i++) {
        size_t from = i ? lines->at[i - 1] + 1 : 0, to = lines->at[i];
        bool has_cr = to > from && bytes[to - 1] == '\r';
        of_lines += 1u + has_cr;
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
    if (of_lines != lines->controls && lines->n < COUNT_OF(lines->at))
        p.flaws |= FLAW(NUL_IN_HEAD);
    return p.flaws;
}
