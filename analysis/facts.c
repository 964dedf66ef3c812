/* SPDX-License-Identifier: MIT */
/*
 * Reads an exchange once: a pass over each head with a switch on the token of the line, so that
 * what is not there costs nothing. Then the guards of rules.md §0.3, and who seems to have
 * answered.
 */

#include "analysis/facts.h"

#include <string.h>

#include "analysis/url.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)

static uint64_t hash_of(struct slice s)
{
    return hash64_stable(s) | 1; /* 0 means absent */
}

/* ---- what several lines share ---- */

static bool contains_nocase(struct slice s, struct slice word)
{
    for (size_t i = 0; i + word.len <= s.len; i++)
        if (octet_lower(s.at[i]) == word.at[0] &&
            slice_equal_nocase(slice_of(s.at + i, word.len), word))
            return true;
    return false;
}

static struct slice last_member(struct slice value)
{
    struct slice last = value;
    while (!slice_is_absent(value))
        last = slice_cut(&value, ',');
    return slice_trim(last);
}

/* Where what is read goes, and what it is read with. */
struct reader {
    struct facts *facts;
    struct arena *arena;
    struct memo *memo;
};

/* An IMF-fixdate means the same at any time; the year of an RFC 850 date does not. */
static struct http_date read_date(const struct reader *reader, struct slice value)
{
    const struct http_date *known = memo_find(reader->memo, MEMO_DATE, value);
    if (known)
        return *known;
    struct http_date date = http_date_parse(value, reader->facts->now_s);
    if (date.form == HTTP_DATE_IMF)
        memo_keep(reader->memo, MEMO_DATE, value, &date, sizeof date);
    return date;
}

static void add_date(const struct reader *reader, struct date_fact *fact, struct slice value)
{
    if (fact->lines++)
        return;
    fact->text = value;
    fact->date = read_date(reader, value);
}

/* One more line of Cache-Control, or of a field like it. */
static void add_directives(const struct reader *reader, struct cache_control *cc,
                           struct slice value)
{
    _Static_assert(sizeof *cc <= MEMO_RESULT, "it is remembered");
    if (cc->lines) {
        cache_control_add(cc, value);
        return;
    }
    const struct cache_control *known = memo_find(reader->memo, MEMO_CACHE_CONTROL, value);
    if (known) {
        *cc = *known;
        return;
    }
    cache_control_add(cc, value);
    memo_keep(reader->memo, MEMO_CACHE_CONTROL, value, cc, sizeof *cc);
}

/* Conditions want one date: RFC 9110 §13.1.3, "A recipient MUST ignore [..] if the received field
 * value is not a valid HTTP-date, the field value has more than one member". */
static void add_single_date(const struct reader *reader, struct date_fact *fact, struct slice value)
{
    add_date(reader, fact, value);
    if (fact->lines > 1)
        fact->date = (struct http_date){NO_DATE, HTTP_DATE_INVALID, 0};
}

/* The first line of a field. */
static void set_once(struct slice *slot, struct slice value)
{
    if (slice_is_absent(*slot))
        *slot = value;
}

/* A list field whose first line is in *slot: all its lines, joined where there are several. Once
 * per head, not per line: a thousand lines would be copied a thousand times. */
static void join_list(struct slice *slot, const struct head *head, enum field_token token,
                      struct arena *arena)
{
    if (!slice_is_absent(*slot))
        *slot = head_joined(head, token, arena);
}

/* ---- requests ---- */

static bool is_bot(struct slice user_agent)
{
    static const struct slice marks[] = {
        {(const uint8_t *)"bot", 3},     {(const uint8_t *)"crawl", 5},
        {(const uint8_t *)"spider", 6},  {(const uint8_t *)"slurp", 5},
        {(const uint8_t *)"http://", 7}, {(const uint8_t *)"https://", 8},
    };
    static const bool begins_mark[256] = {
        ['b'] = 1, ['B'] = 1, ['c'] = 1, ['C'] = 1, ['s'] = 1, ['S'] = 1, ['h'] = 1, ['H'] = 1};
    for (size_t i = 0; i + 3 <= user_agent.len; i++) {
        if (LIKELY(!begins_mark[user_agent.at[i]]))
            continue;
        uint8_t second = octet_lower(user_agent.at[i + 1]);
        struct slice rest = slice_from(user_agent, i);
        for (size_t m = 0; m < COUNT_OF(marks); m++)
            if (second == marks[m].at[1] && slice_starts_with_nocase(rest, marks[m]))
                return true;
    }
    return false;
}

static void read_user_agent(const struct reader *reader, struct request_facts *r)
{
    struct agent {
        uint64_t hash;
        bool is_bot;
    } agent;
    const struct agent *known = memo_find(reader->memo, MEMO_USER_AGENT, r->user_agent);
    if (known) {
        agent = *known;
    } else {
        agent = (struct agent){hash_of(r->user_agent), is_bot(r->user_agent)};
        memo_keep(reader->memo, MEMO_USER_AGENT, r->user_agent, &agent, sizeof agent);
    }
    r->user_agent_hash = agent.hash;
    r->is_bot = agent.is_bot;
}

static enum fetch_site fetch_site_of(struct slice value)
{
    if (slice_equal_nocase(value, SLICE("same-origin")))
        return FETCH_SAME_ORIGIN;
    if (slice_equal_nocase(value, SLICE("same-site")))
        return FETCH_SAME_SITE;
    if (slice_equal_nocase(value, SLICE("cross-site")))
        return FETCH_CROSS_SITE;
    return slice_equal_nocase(value, SLICE("none")) ? FETCH_NONE : FETCH_SITE_UNKNOWN;
}

static uint32_t site_hash(struct slice reference)
{
    uint8_t lower[256];
    struct slice site = slice_first(url_site(url_host_in(reference)), sizeof lower);
    if (site.len == 0)
        return 0;
    for (size_t i = 0; i < site.len; i++)
        lower[i] = octet_lower(site.at[i]);
    return (uint32_t)hash_of(slice_of(lower, site.len));
}

/* Up to where the path begins: it is the host that matters, and hosts repeat more than pages do. */
static struct slice without_path(struct slice reference)
{
    size_t authority = slice_find(reference, '/') + strlen("//");
    return slice_first(reference, authority + slice_find(slice_from(reference, authority), '/'));
}

static uint32_t site_of(const struct reader *reader, struct slice reference)
{
    struct slice origin = without_path(reference);
    const uint32_t *known = memo_find(reader->memo, MEMO_SITE, origin);
    if (known)
        return *known;
    uint32_t hash = site_hash(origin);
    memo_keep(reader->memo, MEMO_SITE, origin, &hash, sizeof hash);
    return hash;
}

static void read_if_range(struct request_facts *r, struct slice value, int64_t now_s)
{
    if (r->if_range != IF_RANGE_ABSENT) {
        r->if_range = IF_RANGE_INVALID;
        return;
    }
    r->if_range_text = value;
    r->if_range_tag = entity_tag_parse(value);
    r->if_range_date = http_date_parse(value, now_s);
    if (r->if_range_tag.valid)
        r->if_range = IF_RANGE_TAG;
    else
        r->if_range = r->if_range_date.seconds != NO_DATE ? IF_RANGE_DATE : IF_RANGE_INVALID;
}

/* proto= of the first element of Forwarded (RFC 7239 §5.4); absent where there is none. */
static struct slice forwarded_proto(struct slice value)
{
    struct slice element = slice_cut(&value, ',');
    while (!slice_is_absent(element)) {
        struct slice pair = slice_trim(slice_cut(&element, ';'));
        if (slice_starts_with_nocase(pair, SLICE("proto=")))
            return slice_from(pair, strlen("proto="));
    }
    return SLICE_ABSENT;
}

/* The first hop's scheme. */
static bool is_https(struct slice value)
{
    return slice_equal_nocase(slice_trim(slice_cut(&value, ',')), SLICE("https"));
}

static void read_request_line(const struct reader *reader, const struct head *head,
                              const struct field *field)
{
    struct facts *f = reader->facts;
    struct request_facts *r = &f->request;
    struct slice value = field_value(head, field);

    switch (field->token) {
    case FIELD_IF_NONE_MATCH:
        set_once(&r->if_none_match.text, value);
        break;
    case FIELD_IF_MATCH:
        set_once(&r->if_match.text, value);
        break;
    case FIELD_IF_MODIFIED_SINCE:
        add_single_date(reader, &r->if_modified_since, value);
        break;
    case FIELD_IF_UNMODIFIED_SINCE:
        add_single_date(reader, &r->if_unmodified_since, value);
        break;
    case FIELD_IF_RANGE:
        read_if_range(r, value, f->now_s);
        break;
    case FIELD_RANGE:
        set_once(&r->range, value);
        break;
    case FIELD_A_IM:
    case FIELD_IF:
        r->other_condition = true;
        break;
    case FIELD_CACHE_CONTROL:
        add_directives(reader, &r->cc, value);
        break;
    case FIELD_PRAGMA:
        r->pragma_no_cache |= contains_nocase(value, SLICE("no-cache"));
        break;
    case FIELD_PURPOSE:
    case FIELD_SEC_PURPOSE:
        r->is_prefetch |= slice_starts_with_nocase(value, SLICE("prefetch"));
        break;
    case FIELD_USER_AGENT:
        set_once(&r->user_agent, value);
        break;
    case FIELD_AUTHORIZATION:
        r->authorization_hash = hash_mix(r->authorization_hash, hash_of(value)) | 1;
        break;
    case FIELD_COOKIE:
        r->cookie_hash = hash_mix(r->cookie_hash, hash_of(value)) | 1;
        break;
    case FIELD_ORIGIN:
        set_once(&r->origin, value);
        break;
    case FIELD_REFERER:
        set_once(&r->referer, value);
        break;
    case FIELD_SEC_FETCH_SITE:
        r->partition.fetch_site = (uint8_t)fetch_site_of(value);
        break;
    case FIELD_SEC_FETCH_DEST:
        r->partition.empty_destination = slice_equal_nocase(value, SLICE("empty"));
        break;
    case FIELD_ACCEPT_ENCODING:
        set_once(&r->accept_encoding, value);
        break;
    case FIELD_X_HTTP_METHOD_OVERRIDE:
        set_once(&r->x_http_method_override, value);
        break;
    case FIELD_VIA:
        r->has_via = r->has_forwarding = true;
        break;
    case FIELD_X_FORWARDED_PROTO:
        r->was_https |= is_https(value);
        break;
    case FIELD_FORWARDED:
        r->was_https |= is_https(forwarded_proto(value));
        r->has_forwarding = true;
        break;
    case FIELD_X_FORWARDED_FOR:
    case FIELD_TRUE_CLIENT_IP:
    case FIELD_CF_CONNECTING_IP:
    case FIELD_X_REAL_IP:
    case FIELD_X_CLIENT_IP:
        r->has_forwarding = true;
        break;
    case FIELD_CONTENT_TYPE:
        f->is_excluded |= slice_starts_with_nocase(value, SLICE("application/grpc"));
        break;
    default:
        break;
    }
}

/* G10. Pragma counts only where there is no Cache-Control (RFC 9111 §5.4). */
static void read_intent(struct request_facts *r)
{
    r->pragma_no_cache &= r->cc.lines == 0;
    r->wants_hard_reload = r->pragma_no_cache || cache_control_says(&r->cc, CC_NO_CACHE) != NO ||
                           cache_control_says(&r->cc, CC_NO_STORE) != NO;
    r->wants_reload =
        r->wants_hard_reload || cache_control_seconds(&r->cc, CC_MAX_AGE, STRICT) == 0;
}

static void read_request(const struct reader *reader, const struct head *head)
{
    struct request_facts *r = &reader->facts->request;

    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token != FIELD_OTHER)
            read_request_line(reader, head, &head->fields[i]);
    join_list(&r->if_none_match.text, head, FIELD_IF_NONE_MATCH, reader->arena);
    join_list(&r->if_match.text, head, FIELD_IF_MATCH, reader->arena);
    r->if_none_match = tag_list_scan(r->if_none_match.text);
    r->if_match = tag_list_scan(r->if_match.text);
    r->is_conditional =
        r->if_none_match.kind != TAG_LIST_ABSENT || r->if_match.kind != TAG_LIST_ABSENT ||
        date_is_present(&r->if_modified_since) || date_is_present(&r->if_unmodified_since);
    read_intent(r);
    if (!slice_is_absent(r->user_agent))
        read_user_agent(reader, r);
    if (r->referer.len)
        r->partition.site = site_of(reader, r->referer);
    if (r->partition.site == 0 && r->origin.len)
        r->partition.site = site_of(reader, r->origin);
}

/* ---- responses ---- */

/* "If [..] a list of values, the first [..] used" (RFC 9111 §5.1). */
static void read_age(struct response_facts *r, struct slice value)
{
    bool saturated;
    uint64_t age;

    if (r->age_state != AGE_ABSENT) {
        r->age_is_list = true;
        return;
    }
    struct slice first = slice_cut(&value, ',');
    r->age_is_list = !slice_is_absent(value);
    r->age_state = AGE_INVALID;
    if (!slice_to_u64(slice_trim(first), &age, &saturated) && !saturated)
        return;
    r->age_state = AGE_VALID;
    r->age = age > (uint64_t)DELTA_MOST ? DELTA_MOST : (int64_t)age;
}

/* "42", "42, 42" and two lines with 42 all say 42 (RFC 9110 §8.6). */
static void read_content_length(struct response_facts *r, struct slice value)
{
    while (!slice_is_absent(value)) {
        struct slice member = slice_trim(slice_cut(&value, ','));
        uint64_t length;
        bool valid = slice_to_u64(member, &length, NULL);
        if (r->length_state == LENGTH_ABSENT) {
            r->length_state = valid ? LENGTH_VALID : LENGTH_INVALID;
            r->content_length = valid ? length : 0;
            continue;
        }
        r->length_is_list = true;
        if (!valid || length != r->content_length)
            r->length_state = LENGTH_INVALID;
    }
}

/* X-Cache: HIT / "Hit from cloudfront" / "TCP_HIT" / "MISS, HIT"; a refreshed hit asked upstream.
 */
static bool x_cache_says_hit(struct slice value)
{
    struct slice last = last_member(value);
    return contains_nocase(last, SLICE("hit")) && !contains_nocase(last, SLICE("refresh")) &&
           !contains_nocase(last, SLICE("revalid"));
}

static bool x_cache_hits_says_hit(struct slice value)
{
    uint64_t hits;
    return slice_to_u64(last_member(value), &hits, NULL) && hits > 0;
}

static bool cf_says_hit(struct slice value)
{
    return slice_equal_nocase(value, SLICE("hit")) || slice_equal_nocase(value, SLICE("stale")) ||
           slice_equal_nocase(value, SLICE("updating"));
}

/* Two transaction numbers: the second is that of the request that fetched the object. */
static bool x_varnish_says_hit(struct slice value)
{
    struct slice rest = slice_trim(value);
    slice_cut(&rest, ' ');
    return slice_trim(rest).len != 0;
}

static void read_response_line(const struct reader *reader, const struct head *head,
                               const struct field *field)
{
    struct facts *f = reader->facts;
    struct response_facts *r = &f->response;
    struct slice value = field_value(head, field);

    switch (field->token) {
    case FIELD_ETAG:
        if (r->etag_lines++ == 0)
            r->etag = entity_tag_parse(value);
        break;
    case FIELD_LAST_MODIFIED:
        add_date(reader, &r->last_modified, value);
        break;
    case FIELD_DATE:
        add_date(reader, &r->date, value);
        break;
    case FIELD_EXPIRES:
        add_date(reader, &r->expires, value);
        break;
    case FIELD_AGE:
        r->intermediary_signs |= SIGN_AGE;
        read_age(r, value);
        break;
    case FIELD_CACHE_CONTROL:
        add_directives(reader, &r->cc, value);
        break;
    case FIELD_CDN_CACHE_CONTROL:
        add_directives(reader, &r->targeted, value);
        break;
    case FIELD_SURROGATE_CONTROL:
        r->has_surrogate_control = true;
        break;
    case FIELD_VARY:
        r->has_vary = true;
        r->vary_star |= slice_find(value, '*') < value.len;
        break;
    case FIELD_CONTENT_LENGTH:
        read_content_length(r, value);
        break;
    case FIELD_CONTENT_ENCODING:
        set_once(&r->content_encoding, value);
        break;
    case FIELD_CONTENT_TYPE:
        set_once(&r->content_type, value);
        f->is_excluded |= slice_starts_with_nocase(value, SLICE("application/grpc")) ||
                          slice_starts_with_nocase(value, SLICE("text/event-stream")) ||
                          slice_starts_with_nocase(value, SLICE("multipart/x-mixed-replace"));
        break;
    case FIELD_CONTENT_LANGUAGE:
        set_once(&r->content_language, value);
        break;
    case FIELD_CONTENT_LOCATION:
        set_once(&r->content_location, value);
        break;
    case FIELD_CONTENT_RANGE:
        set_once(&r->content_range, value);
        break;
    case FIELD_ACCEPT_RANGES:
        set_once(&r->accept_ranges, value);
        break;
    case FIELD_LOCATION:
        set_once(&r->location, value);
        break;
    case FIELD_SERVER:
        set_once(&r->server, value);
        break;
    case FIELD_SET_COOKIE:
        r->has_set_cookie = true;
        break;
    case FIELD_VIA:
        r->intermediary_signs |= SIGN_VIA;
        set_once(&r->via, value);
        break;
    case FIELD_CACHE_STATUS:
        r->intermediary_signs |= SIGN_CACHE_STATUS;
        break;
    case FIELD_X_CACHE:
        r->intermediary_signs |= SIGN_X_CACHE;
        r->says_hit_by_x_cache_only |= x_cache_says_hit(value);
        break;
    case FIELD_X_CACHE_HITS:
        r->intermediary_signs |= SIGN_X_CACHE;
        r->says_hit_by_x_cache_only |= x_cache_hits_says_hit(value);
        break;
    case FIELD_CF_CACHE_STATUS:
        r->intermediary_signs |= SIGN_CF;
        r->says_hit_by_x_cache_only |= cf_says_hit(value);
        break;
    case FIELD_CF_RAY:
        r->intermediary_signs |= SIGN_CF;
        break;
    case FIELD_X_SERVED_BY:
        r->intermediary_signs |= SIGN_X_SERVED_BY;
        break;
    case FIELD_X_AMZ_CF_ID:
    case FIELD_X_AMZ_CF_POP:
        r->intermediary_signs |= SIGN_X_AMZ_CF;
        break;
    case FIELD_X_VARNISH:
        r->intermediary_signs |= SIGN_X_VARNISH;
        r->says_hit_by_x_cache_only |= x_varnish_says_hit(value);
        break;
    default:
        break;
    }
}

/* rules.md 0.1. Age "implies that the response was not generated or validated by the origin server
 * for this request" (RFC 9111 §5.1); its absence proves nothing. */
static void read_responder(struct response_facts *r)
{
    bool sure_hit = r->cache_status.hit;
    bool forwarded = r->cache_status.present && r->cache_status.forward != FWD_ABSENT;

    r->says_hit = sure_hit || r->says_hit_by_x_cache_only;
    r->says_hit_by_x_cache_only &= !sure_hit;
    if (r->age_state != AGE_ABSENT || sure_hit) {
        r->responder = RESPONDER_CACHE;
        r->responder_is_sure = true;
    } else if (forwarded) {
        r->responder = r->cache_status.forward_status == 304 ? RESPONDER_CACHE : RESPONDER_ORIGIN;
        r->responder_is_sure = true;
    } else if (r->says_hit) {
        r->responder = RESPONDER_CACHE;
    }
}

static bool lines_agree(const struct head *head, enum field_token token)
{
    struct slice first = head_first(head, token);
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token == token &&
            !slice_equal(field_value(head, &head->fields[i]), first))
            return false;
    return true;
}

static void doubt_date(struct date_fact *fact, const struct head *head, enum field_token token)
{
    if (UNLIKELY(fact->lines > 1) && !lines_agree(head, token))
        fact->date = (struct http_date){NO_DATE, HTTP_DATE_INVALID, 0};
}

/* Of several lines that say different things nobody knows which one counts (RFC 9110 §5.3). */
static void doubt_repeated(struct response_facts *r, const struct head *head)
{
    if (UNLIKELY(r->etag_lines > 1) && !lines_agree(head, FIELD_ETAG))
        r->etag = (struct entity_tag){.text = r->etag.text};
    doubt_date(&r->last_modified, head, FIELD_LAST_MODIFIED);
    doubt_date(&r->date, head, FIELD_DATE);
    doubt_date(&r->expires, head, FIELD_EXPIRES);
}

static void read_response(const struct reader *reader, const struct head *head)
{
    struct response_facts *r = &reader->facts->response;

    for (uint32_t i = 0; i < head->n_fields; i++)
        if (head->fields[i].token != FIELD_OTHER)
            read_response_line(reader, head, &head->fields[i]);
    doubt_repeated(r, head);
    if (r->intermediary_signs & SIGN_CACHE_STATUS)
        r->cache_status = cache_status_parse(head_joined(head, FIELD_CACHE_STATUS, reader->arena));
    bool is_malformed = r->targeted.invalid || r->targeted.oddities & CC_ODD_SYNTAX;
    if (r->targeted.lines && (r->targeted.members == 0 || is_malformed))
        cache_control_init(&r->targeted);
    r->last_modified_is_strong =
        last_modified_is_strong(r->last_modified.date.seconds, r->date.date.seconds);
    read_responder(r);
}

/* ---- the whole ---- */

static void read_guards(struct facts *f, const struct exchange *x)
{
    const uint64_t cut = FLAW(HEAD_LIMIT);

    f->request_head_whole =
        x->request.head.bytes.at != NULL && !(x->flaws & (cut | FLAW(REQUEST_HEAD_INCOMPLETE)));
    f->response_head_whole =
        x->response.head.bytes.at != NULL && !(x->flaws & (cut | FLAW(RESPONSE_HEAD_INCOMPLETE)));
    f->is_paired = exchange_is_paired(x);
    f->body_is_comparable = f->is_paired && f->is_get && (x->status == 200 || x->status == 203) &&
                            x->response.body_whole && x->response.end_certain &&
                            digest_is_set(x->response.digest);
    f->was_aborted = x->aborted_by != ABORTED_BY_NOBODY;
    f->is_excluded |=
        x->method_token == METHOD_CONNECT || x->status == 101 || (x->flaws & FLAW(UPGRADED)) != 0;
}

static void read_method(struct facts *f, enum method method)
{
    f->is_get = method == METHOD_GET;
    f->is_head = method == METHOD_HEAD;
    f->is_safe = f->is_get || f->is_head || method == METHOD_OPTIONS || method == METHOD_TRACE;
    f->is_unsafe = method == METHOD_POST || method == METHOD_PUT || method == METHOD_DELETE ||
                   method == METHOD_PATCH;
}

#define NO_DATE_FACT                                                                               \
    {                                                                                              \
        .date = { NO_DATE, HTTP_DATE_INVALID, 0 }                                                  \
    }

/* Absence of everything: dates that are none, directives that are not there. */
static const struct facts nothing = {
    .request = {.if_modified_since = NO_DATE_FACT,
                .if_unmodified_since = NO_DATE_FACT,
                .if_range_date = {NO_DATE, HTTP_DATE_INVALID, 0},
                .cc = CACHE_CONTROL_NONE},
    .response = {.last_modified = NO_DATE_FACT,
                 .date = NO_DATE_FACT,
                 .expires = NO_DATE_FACT,
                 .cc = CACHE_CONTROL_NONE,
                 .targeted = CACHE_CONTROL_NONE,
                 .cache_status = {.ttl = INT64_MIN}},
};

void facts_read(struct facts *f, const struct exchange *x, struct arena *arena, struct memo *memo)
{
    const struct reader reader = {f, arena, memo};
    *f = nothing;
    f->x = x;
    f->t_req0 = x->request.first.time_ns;
    f->t_req1 = x->request.last.time_ns;
    f->t_rsp0 = x->response.first.time_ns;
    f->t_rsp1 = x->response.last.time_ns;
    f->now_s = (x->response.seen ? f->t_rsp0 : f->t_req0) / NS_PER_S;
    f->status_class = (uint8_t)(x->status / 100);
    read_method(f, x->method_token);
    read_request(&reader, &x->request.head);
    read_response(&reader, &x->response.head);
    read_guards(f, x);
}

enum truth last_modified_is_strong(int64_t last_modified_s, int64_t date_s)
{
    if (last_modified_s == NO_DATE)
        return NO;
    if (date_s == NO_DATE)
        return UNKNOWN;
    return truth_of(date_s - 1 >= last_modified_s);
}

static bool is_first_party(enum fetch_site site)
{
    return site == FETCH_SAME_ORIGIN || site == FETCH_SAME_SITE || site == FETCH_NONE;
}

enum truth partition_same(struct partition a, struct partition b)
{
    if (a.empty_destination || b.empty_destination)
        return UNKNOWN;
    if (a.site && b.site && a.site != b.site)
        return NO;
    if (a.fetch_site && b.fetch_site)
        return truth_of(is_first_party(a.fetch_site) == is_first_party(b.fetch_site));
    return a.site && b.site ? YES : UNKNOWN;
}

void facts_assign_role(struct facts *facts, enum role server)
{
    struct response_facts *r = &facts->response;
    if (facts->t_rsp0 == 0)
        return;
    if (server == ROLE_PROXY || server == ROLE_CDN)
        r->intermediary_signs |= SIGN_ROLE;
    if (server != ROLE_ORIGIN || (r->responder == RESPONDER_CACHE && r->responder_is_sure))
        return;
    r->responder = RESPONDER_ORIGIN;
    r->responder_is_sure = true;
    r->says_hit = r->says_hit_by_x_cache_only = false; /* X-Cache of a cache inside of it */
}
