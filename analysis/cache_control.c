/* SPDX-License-Identifier: MIT */
/*
 * The grammar of Cache-Control (RFC 9111 §5.2),
 *
 *     Cache-Control   = #cache-directive
 *     cache-directive = token [ "=" ( token / quoted-string ) ]
 *
 * and what is made of those who do not keep to it. Lines are read one after the other, which is the
 * same as joining them first unless somebody leaves a quoted string open over the end of a line.
 */

#include "analysis/cache_control.h"

#include "base/attributes.h"

enum argument { NOTHING, DELTA, DELTA_OR_NOTHING, FIELDS };

static const struct {
    struct slice name;
    enum argument argument;
} directives[DIRECTIVES] = {
#define DIRECTIVE_ROW(token, text, argument_kind)                                                  \
    [CC_##token] = {{(const uint8_t *)(text), sizeof(text) - 1}, argument_kind},
#include "analysis/directives.def"
#undef DIRECTIVE_ROW
};

#define NO_SECONDS UINT32_MAX

/* One member of the list, unknown directives included. */
struct member {
    struct slice name;     /* empty: the member does not begin with a token */
    struct slice argument; /* without quotes; absent where there is none */
    bool quoted;
    bool junk;      /* more stands behind it, or spaces round "=", or an open quote */
    bool semicolon; /* ended by ";" instead of "," */
};

static size_t token_length(struct slice s)
{
    size_t n = 0;
    while (n < s.len && (octet_is_alpha(s.at[n]) || s.at[n] == '-' || octet_is_token(s.at[n])))
        n++;
    return n;
}

static struct slice skip_ows(struct slice s)
{
    while (s.len && octet_is_ows(s.at[0]))
        s = slice_from(s, 1);
    return s;
}

/* Length of the quoted string at the beginning of s, both quotes included; s.len + 1 where it is
 * not closed. */
static size_t quoted_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.at[i] == '\\')
            i++;
        else if (s.at[i] == '"')
            return i + 1;
    }
    return s.len + 1;
}

static void take_argument(struct slice *rest, struct member *m)
{
    if (rest->len && rest->at[0] == '"') {
        size_t length = quoted_length(*rest);
        bool open = length > rest->len;
        m->quoted = true;
        m->junk |= open;
        m->argument = slice_first(slice_from(*rest, 1), length - 2);
        *rest = slice_from(*rest, length);
        return;
    }
    size_t length = token_length(*rest);
    m->argument = slice_first(*rest, length);
    *rest = slice_from(*rest, length);
}

/* Whatever stands before the next separator does not belong there. */
static void take_junk(struct slice *rest, struct member *m)
{
    *rest = skip_ows(*rest);
    while (rest->len && rest->at[0] != ',' && rest->at[0] != ';') {
        size_t length = rest->at[0] == '"' ? quoted_length(*rest) : 1;
        *rest = slice_from(*rest, length);
        m->junk = true;
    }
    m->semicolon = rest->len && rest->at[0] == ';';
}

static bool member_next(struct slice *rest, struct member *m)
{
    while (rest->len && (octet_is_ows(rest->at[0]) || rest->at[0] == ',' || rest->at[0] == ';'))
        *rest = slice_from(*rest, 1);
    if (rest->len == 0)
        return false;

    size_t length = token_length(*rest);
    *m = (struct member){.name = slice_first(*rest, length)};
    *rest = slice_from(*rest, length);
    struct slice after = skip_ows(*rest);
    if (length && after.len && after.at[0] == '=') {
        struct slice argument = skip_ows(slice_from(after, 1));
        m->junk = after.at != rest->at || argument.at != after.at + 1;
        *rest = argument;
        take_argument(rest, m);
    }
    take_junk(rest, m);
    return true;
}

static enum directive directive_of(struct slice name)
{
    uint8_t first = name.len ? octet_lower(name.at[0]) : 0;
    for (enum directive d = 0; d < DIRECTIVES; d++)
        if (directives[d].name.len == name.len && directives[d].name.at[0] == first &&
            slice_equal_nocase(directives[d].name, name))
            return d;
    return DIRECTIVES;
}

static bool to_seconds(struct cache_control *cc, struct slice text, uint32_t *seconds)
{
    uint64_t n;
    bool saturated;

    if (text.len > 1 && text.at[0] == '-' && octet_is_digit(text.at[1]))
        cc->oddities |= CC_ODD_NEGATIVE;
    if (!slice_to_u64(text, &n, &saturated) && !saturated)
        return false;
    if (n > (uint64_t)DELTA_MOST) {
        n = (uint64_t)DELTA_MOST;
        cc->oddities |= CC_ODD_SATURATED;
    }
    *seconds = (uint32_t)n;
    return true;
}

/* A second valid value joins the first. */
static void add_seconds(struct cache_control *cc, enum directive d, uint32_t seconds)
{
    struct delta_seconds *delta = &cc->delta[d];
    if (delta->first == NO_SECONDS) {
        *delta = (struct delta_seconds){seconds, seconds, seconds};
        return;
    }
    if (delta->first != seconds)
        cc->conflicting |= UINT32_C(1) << d;
    if (seconds < delta->least)
        delta->least = seconds;
    if (seconds > delta->most)
        delta->most = seconds;
}

/* Doubtful ones count as present with an invalid argument: STRICT sees 0, GENEROUS the value. */
static void add_delta(struct cache_control *cc, enum directive d, const struct member *m,
                      bool doubtful)
{
    uint32_t bit = UINT32_C(1) << d, seconds;

    cc->present |= bit;
    if (m->quoted)
        cc->quoted |= bit;
    if (slice_is_absent(m->argument) && directives[d].argument == DELTA_OR_NOTHING)
        add_seconds(cc, d, (uint32_t)DELTA_MOST);
    else if (to_seconds(cc, m->argument, &seconds))
        add_seconds(cc, d, seconds);
    else
        cc->invalid |= bit;
    if (doubtful)
        cc->invalid |= bit;
}

/* no-cache and private: with field names they mean less. Nobody can say what no-cache="" means. */
static void add_fields(struct cache_control *cc, enum directive d, const struct member *m,
                       bool doubtful)
{
    uint32_t bit = UINT32_C(1) << d;
    bool has_argument = !slice_is_absent(m->argument);

    if (doubtful || (has_argument && m->argument.len == 0))
        cc->maybe |= bit;
    else if (has_argument)
        cc->qualified |= bit;
    else
        cc->present |= bit;
    if (has_argument && !m->quoted)
        cc->quoted |= bit;
    if (cc->qualified & cc->present & bit)
        cc->conflicting |= bit;
}

static void add_bare(struct cache_control *cc, enum directive d, const struct member *m,
                     bool doubtful)
{
    uint32_t bit = UINT32_C(1) << d;
    if (doubtful)
        cc->maybe |= bit;
    else
        cc->present |= bit;
    if (!slice_is_absent(m->argument))
        cc->invalid |= bit;
}

static void add_member(struct cache_control *cc, const struct member *m, bool doubtful)
{
    enum directive d = directive_of(m->name);
    if (d == DIRECTIVES)
        return; /* "A cache MUST ignore unrecognized cache directives" (§5.2.3) */

    uint32_t bit = UINT32_C(1) << d;
    if (!slice_equal(m->name, directives[d].name))
        cc->oddities |= CC_ODD_CASE;
    if ((cc->present | cc->qualified | cc->maybe) & bit)
        cc->repeated |= bit;
    switch (directives[d].argument) {
    case DELTA:
    case DELTA_OR_NOTHING:
        add_delta(cc, d, m, doubtful);
        break;
    case FIELDS:
        add_fields(cc, d, m, doubtful);
        break;
    case NOTHING:
        add_bare(cc, d, m, doubtful);
        break;
    }
}

void cache_control_init(struct cache_control *cc)
{
    static const struct cache_control none = CACHE_CONTROL_NONE;
    *cc = none;
}

void cache_control_add(struct cache_control *cc, struct slice line)
{
    struct member m;
    bool chained = false; /* a ";" joins it to the member before */

    cc->lines++;
    while (member_next(&line, &m)) {
        cc->members++;
        if (m.semicolon)
            cc->oddities |= CC_ODD_SEMICOLON;
        if (m.junk || m.name.len == 0)
            cc->oddities |= CC_ODD_SYNTAX;
        add_member(cc, &m, m.junk || m.semicolon || chained);
        chained = m.semicolon;
    }
}

void cache_control_parse(struct cache_control *cc, const struct head *head, enum field_token token)
{
    cache_control_init(cc);
    if (!head_has(head, token))
        return;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token == token)
            cache_control_add(cc, field_value(head, &head->fields[i]));
}

enum truth cache_control_says(const struct cache_control *cc, enum directive d)
{
    if (cc->present >> d & 1)
        return YES;
    return (cc->maybe | cc->qualified) >> d & 1 ? UNKNOWN : NO;
}

int64_t cache_control_seconds(const struct cache_control *cc, enum directive d,
                              enum reading reading)
{
    if (!(cc->present >> d & 1))
        return NO_DELTA;
    if (reading == STRICT && cc->invalid >> d & 1)
        return 0;
    if (cc->delta[d].first == NO_SECONDS)
        return NO_DELTA;
    return reading == STRICT ? cc->delta[d].least : cc->delta[d].most;
}

bool cache_control_equal(const struct cache_control *a, const struct cache_control *b)
{
    if (a->present != b->present || a->qualified != b->qualified || a->maybe != b->maybe)
        return false;
    for (enum directive d = 0; d < DIRECTIVES_WITH_SECONDS; d++)
        for (enum reading r = STRICT; r <= GENEROUS; r++)
            if (cache_control_seconds(a, d, r) != cache_control_seconds(b, d, r))
                return false;
    return true;
}

const char *directive_name(enum directive d)
{
    return d < DIRECTIVES ? (const char *)directives[d].name.at : "";
}

struct slice cache_control_fields(const struct head *head, enum field_token token, enum directive d)
{
    struct member m;
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (head->fields[i].token != token)
            continue;
        struct slice rest = field_value(head, &head->fields[i]);
        while (member_next(&rest, &m))
            if (m.argument.len && directive_of(m.name) == d)
                return m.argument;
    }
    return SLICE_ABSENT;
}
