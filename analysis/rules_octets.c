/* SPDX-License-Identifier: MIT */
/*
 * Octets that a message carries and nobody needs: heads of revalidations that are larger than what
 * they save, and texts sent plain to who accepts a coding.
 */

#include <stddef.h>

#include "analysis/estimates.h"
#include "analysis/rules.h"
#include "analysis/vary.h"
#include "base/attributes.h"

enum row { OVERSIZED_HEADS, UNCOMPRESSED, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* ---- oversized-revalidation-headers ---- */

static const char *const oversized_variants[] = {"request-fields", "response-fields", NULL};

/* Octets of "name: value\r\n". */
static uint64_t line_octets(const struct field *field)
{
    return (uint64_t)field->name_len + 2 + field->value_len + 2;
}

static uint64_t luggage_of_request(const struct head *head)
{
    return field_lines_octets(head, FIELD_COOKIE) + field_lines_octets(head, FIELD_REFERER) +
           field_lines_octets(head, FIELD_USER_AGENT);
}

/* Policies and cookies, which the client has from the 200. */
static bool is_luggage_of_response(const struct head *head, const struct field *field)
{
    static const struct slice names[] = {
        {(const uint8_t *)"content-security-policy", 23},
        {(const uint8_t *)"content-security-policy-report-only", 35},
        {(const uint8_t *)"report-to", 9},
        {(const uint8_t *)"nel", 3},
    };
    if (field->token == FIELD_SET_COOKIE)
        return true;
    for (unsigned i = 0; field->token == FIELD_OTHER && i < COUNT_OF(names); i++)
        if (slice_equal_nocase(field_name(head, field), names[i]))
            return true;
    return false;
}

static uint64_t luggage_of_response(const struct head *head)
{
    uint64_t octets = 0;
    for (uint32_t i = 0; i < head->n_fields; i++)
        if (is_luggage_of_response(head, &head->fields[i]))
            octets += line_octets(&head->fields[i]);
    return octets;
}

/* What a 304 must say, may have to say anew, or is 304-superfluous-metadata's. */
static bool has_its_place(enum field_token token)
{
    switch (token) {
    case FIELD_CACHE_CONTROL:
    case FIELD_CONTENT_LOCATION:
    case FIELD_DATE:
    case FIELD_ETAG:
    case FIELD_EXPIRES:
    case FIELD_VARY:
    case FIELD_LAST_MODIFIED:
    case FIELD_CONTENT_TYPE:
    case FIELD_CONTENT_ENCODING:
    case FIELD_CONTENT_LANGUAGE:
    case FIELD_CONTENT_RANGE:
    case FIELD_CONTENT_MD5:
    case FIELD_DIGEST:
    case FIELD_CONTENT_DIGEST:
    case FIELD_REPR_DIGEST:
    case FIELD_CONTENT_DISPOSITION:
    case FIELD_ACCEPT_RANGES:
    case FIELD_CONNECTION:
    case FIELD_KEEP_ALIVE:
    case FIELD_SERVER:
    case FIELD_VIA:
        return true;
    default:
        return false;
    }
}

enum { LINES_COMPARED = 64 }; /* of either head: more are not looked at */

static bool has_line(const struct head *head, struct slice name, struct slice value)
{
    for (uint32_t i = 0; i < head->n_fields && i < LINES_COMPARED; i++)
        if (slice_equal(field_value(head, &head->fields[i]), value) &&
            slice_equal_nocase(field_name(head, &head->fields[i]), name))
            return true;
    return false;
}

/* Lines that the stored 200 has octet by octet, as far as they make the head longer than 512. */
static uint64_t repeated_octets(const struct evidence *e)
{
    enum { ENOUGH_OCTETS = 512 };
    const struct head *head = &e->x->response.head;
    const struct reference *p = &e->refs.before;
    uint64_t octets = 0, size = e->x->response.header_bytes;
    if (size <= ENOUGH_OCTETS || !p->representation || !p->matches)
        return 0;
    for (uint32_t i = 0; i < head->n_fields && i < LINES_COMPARED; i++) {
        const struct field *field = &head->fields[i];
        if (!has_its_place(field->token) &&
            has_line(&p->representation->head, field_name(head, field), field_value(head, field)))
            octets += line_octets(field);
    }
    return octets < size - ENOUGH_OCTETS ? octets : size - ENOUGH_OCTETS;
}

/* Field lines are counted in clear; from HTTP/2 on they are coded, and only totals are known. */
static bool is_plain_text(const struct exchange *x)
{
    return x->response.version <= HTTP_1_1 && x->request.version <= HTTP_1_1;
}

static enum judgement judge_oversized(const struct evidence *e, struct verdict *v)
{
    const struct facts *x = e->facts;
    const struct message *q = &e->x->request, *r = &e->x->response;
    uint64_t most = (uint64_t)e->thresholds->large_fields,
             total = q->header_bytes + r->header_bytes;
    if (!x->is_get || !x->request.is_conditional)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    if (LIKELY(total <= 2 * most))
        return PASSED; /* too little for any of it */
    uint64_t asked = is_plain_text(e->x) ? luggage_of_request(&q->head) : 0;
    uint64_t told = is_plain_text(e->x) ? luggage_of_response(&r->head) : 0;
    /* Every request has some of it, so twice as much is allowed to it. */
    bool is_request = asked > 2 * most && asked * 2 > q->header_bytes, is_response = told > most;
    if (total <= (uint64_t)e->thresholds->large_heads && !is_request && !is_response)
        return PASSED;
    accuse(v, CARD(OVERSIZED_HEADS), "{} and {} octets of heads to learn that nothing changed");
    say_number(v, (int64_t)q->header_bytes);
    say_number(v, (int64_t)r->header_bytes);
    if (is_request || is_response) {
        v->variant =
            is_request && (!is_response || asked >= told) ? "request-fields" : "response-fields";
        v->message = asked >= told ? "{} and {} octets of heads to learn that nothing changed: {} "
                                     "of them Cookie, Referer and User-Agent"
                                   : "{} and {} octets of heads to learn that nothing changed: {} "
                                     "of them cookies and policies that came with the 200";
        say_number(v, (int64_t)(asked >= told ? asked : told));
    }
    v->confidence = CONFIDENCE_POSSIBLE;
    if (is_plain_text(e->x)) {
        v->claim.header_octets = repeated_octets(e);
        if (e->ignores_cookies)
            v->claim.request_header_octets = field_lines_octets(&q->head, FIELD_COOKIE);
    }
    if (v->claim.header_octets || v->claim.request_header_octets) {
        v->claim.kind = CLAIM_PART;
        v->reference = &e->refs.before;
    }
    return FIRED;
}

/* ---- uncompressed-transfer ---- */

/* A code by the frequencies of octets alone would save this; deflate saves more of a text. */
static uint64_t octets_saved(const struct message *m)
{
    enum { PLAIN = 800 }; /* hundredths of a bit in an octet */
    return m->entropy >= PLAIN ? 0 : m->content_bytes / PLAIN * (uint64_t)(PLAIN - m->entropy);
}

static enum judgement judge_uncompressed(const struct evidence *e, struct verdict *v)
{
    enum { WORTH_IT = 10 }; /* a tenth */
    const struct facts *x = e->facts;
    const struct message *m = &e->x->response;
    if (!x->is_get || m->sampled_octets == 0)
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR | NEEDS_END))
        return WITHHELD;
    if (x->was_aborted)
        return withhold(v, GUARD_ABORTED);
    if (m->content_bytes < (uint64_t)e->thresholds->min_compressible)
        return withhold(v, GUARD_TINY);
    if (!slice_is_absent(x->request.range) || !accept_encoding_wants_coding(&e->x->request.head) ||
        (cache_control_says(&x->response.cc, CC_NO_TRANSFORM) != NO &&
         x->response.intermediary_signs))
        return PASSED;
    uint64_t saved = octets_saved(m);
    if (saved * WORTH_IT < m->content_bytes)
        return PASSED;
    accuse(
        v, CARD(UNCOMPRESSED),
        "{} octets of {} sent plain, although a coding was accepted; by the entropy of the first "
        "{} octets at most {} would do");
    say_number(v, (int64_t)m->content_bytes);
    struct slice type = x->response.content_type;
    say_text(v, slice_trim(slice_cut(&type, ';')));
    say_number(v, m->sampled_octets);
    say_number(v, (int64_t)(m->content_bytes - saved));
    v->confidence = CONFIDENCE_POSSIBLE;
    v->claim = (struct claim){.kind = CLAIM_PART, .body_octets = saved};
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [OVERSIZED_HEADS] =
        {
            .card =
                {
                    .id = "oversized-revalidation-headers",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "both",
                    .section = "RFC 9110 §15.4.5",
                    .formerly = "RFC 7232 §4.1",
                    .title = "the heads of a revalidation are large",
                    .means =
                        "A 304 is worth its round trip because it is small. Cookies on requests "
                        "for what is the same for everybody, and policies and cookies repeated in "
                        "the 304, are carried each time and change nothing.",
                    .remedy =
                        "Serve static files from a host without cookies, or narrow the Path and "
                        "Domain of the cookie; set Content-Security-Policy, Report-To, NEL and "
                        "Set-Cookie on documents only; give versioned files a long lifetime and "
                        "immutable, so that nobody asks.",
                    .variants = oversized_variants,
                },
            .subjects = SUBJECT_304,
            .account = ACCOUNT_AVOIDABLE,
            .order = 22,
            .judge = judge_oversized,
        },
    [UNCOMPRESSED] =
        {
            .card =
                {
                    .id = "uncompressed-transfer",
                    .group = "waste",
                    .severity = SEVERITY_WASTE,
                    .norm = NORM_NONE,
                    .party = "origin",
                    .section = "RFC 9110 §8.4, §12.5.3",
                    .formerly = "RFC 7231 §3.1.2.2, §5.3.4",
                    .title = "a text was sent plain to a client that accepts a coding",
                    .means =
                        "Texts shrink to a third or less. The figure is an estimate from the "
                        "frequencies of octets at the beginning of the body, which gzip and br "
                        "beat by far. Pages that mix secrets with what a visitor can write are "
                        "better left plain (BREACH).",
                    .remedy =
                        "nginx: gzip on; gzip_types ...; gzip_vary on. Apache: mod_deflate or "
                        "mod_brotli with AddOutputFilterByType. Caddy: encode. Or compress once, "
                        "when the files are made (gzip_static, precompressed), with a tag for "
                        "each coding.",
                },
            .subjects = SUBJECT_200,
            .account = ACCOUNT_OPPORTUNITY,
            .order = 23,
            .judge = judge_uncompressed,
        },
};

const struct rule_set rules_octets = {rows, ROWS};
