/* SPDX-License-Identifier: MIT */
/*
 * Fields that are not written as they must be, seen from one message: dates (RFC 9110 §5.6.7),
 * fields that may stand there only once (§5.3), and a Last-Modified from the future (§8.8.2.1).
 */

#include <stddef.h>

#include "analysis/rules.h"
#include "base/attributes.h"

enum row { BAD_HTTP_DATE, DUPLICATE_SINGLETON, MODIFIED_IN_FUTURE, ROWS };
static const struct rule rows[ROWS];
#define CARD(row) (&rows[row].card)

/* Whoever wrote a response, as far as can be told. */
static const char *responder_of(const struct facts *x)
{
    return x->response.intermediary_signs ? "responder" : "origin";
}

/* ---- bad-http-date ---- */

static const char *const date_variants[] = {
    "date",     "expires", "last-modified", "if-modified-since", "if-unmodified-since",
    "if-range", NULL};

/* A field with a date, and what its variant is called. */
struct dated {
    const struct date_fact *fact;
    const char *variant;
    bool of_request;
};

/* "0", "-1", nothing: Expires in the past, as everybody writes it (RFC 9111 §5.3). */
static bool is_number_or_empty(struct slice text)
{
    for (size_t i = text.len && text.at[0] == '-'; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return true;
}

static bool is_imf_fixdate(const struct date_fact *fact, int64_t now_s)
{
    struct http_date date = fact->date;
    if (fact->lines > 1) /* then a condition counts as none */
        date = http_date_parse(fact->text, now_s);
    return date.form == HTTP_DATE_IMF && !(date.oddities & HTTP_DATE_ODD_CASE);
}

/* What is wrong with it: FIRED, or PASSED. */
static enum judgement accuse_date(const struct evidence *e, const struct dated *d,
                                  struct verdict *v)
{
    struct slice text = d->fact->text;
    accuse(v, CARD(BAD_HTTP_DATE),
           date_is_valid(d->fact) ? "{}: {} is a date, but not in the one form that is to be sent"
                                  : "{}: {} is no date");
    say_text(v, slice_of_text(d->variant));
    say_text(v, text);
    v->variant = d->variant;
    v->party = d->of_request ? "client-cache" : responder_of(e->facts);
    v->confidence = CONFIDENCE_CERTAIN;
    if (d->fact == &e->facts->response.expires && is_number_or_empty(text))
        v->severity = SEVERITY_INFO;
    return FIRED;
}

static enum judgement judge_date(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    const struct response_facts *r = &e->facts->response;
    const struct date_fact if_range = {q->if_range_text, q->if_range_date,
                                       q->if_range == IF_RANGE_DATE};
    const struct dated all[] = {
        {&r->date, "date", false},
        {&r->last_modified, "last-modified", false},
        {&q->if_modified_since, "if-modified-since", true},
        {&q->if_unmodified_since, "if-unmodified-since", true},
        {&if_range, "if-range", true},
        {&r->expires, "expires", false}, /* last: it may be no more than info */
    };
    bool any = false;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        if (!date_is_present(all[i].fact))
            continue;
        any = true;
        if (UNLIKELY(!is_imf_fixdate(all[i].fact, e->facts->now_s)))
            return accuse_date(e, &all[i], v);
    }
    return any ? PASSED : NOT_APPLICABLE;
}

/* ---- duplicate-singleton-field ---- */

static const char *const singleton_variants[] = {
    "etag", "last-modified",     "date", "expires", "content-location",
    "age",  "if-modified-since", NULL};

/* Lines of that name: how many, and are they all equal? */
struct lines {
    unsigned n;
    bool equal;
    struct slice first, other;
};

static struct lines lines_of(const struct head *head, enum field_token token)
{
    struct lines lines = {.equal = true};
    for (uint32_t i = 0; i < head->n_fields; i++) {
        if (head->fields[i].token != token)
            continue;
        struct slice value = field_value(head, &head->fields[i]);
        if (lines.n++ == 0) {
            lines.first = lines.other = value;
        } else if (lines.equal) {
            lines.other = value;
            lines.equal = slice_equal(value, lines.first);
        }
    }
    return lines;
}

static enum judgement judge_duplicate(const struct evidence *e, struct verdict *v)
{
    const struct request_facts *q = &e->facts->request;
    const struct response_facts *r = &e->facts->response;
    const struct {
        enum field_token token;
        const char *variant;
        bool may_repeat; /* worth counting */
    } all[] = {
        {FIELD_ETAG, "etag", r->etag_lines > 1},
        {FIELD_LAST_MODIFIED, "last-modified", r->last_modified.lines > 1},
        {FIELD_DATE, "date", r->date.lines > 1},
        {FIELD_EXPIRES, "expires", r->expires.lines > 1},
        {FIELD_CONTENT_LOCATION, "content-location", !slice_is_absent(r->content_location)},
        {FIELD_AGE, "age", r->age_is_list},
        {FIELD_IF_MODIFIED_SINCE, "if-modified-since", q->if_modified_since.lines > 1},
    };
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    enum judgement judgement = PASSED;
    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        if (LIKELY(!all[i].may_repeat))
            continue;
        bool of_request = all[i].token == FIELD_IF_MODIFIED_SINCE;
        struct lines lines =
            lines_of(of_request ? &e->x->request.head : &e->x->response.head, all[i].token);
        if (lines.n < 2 || (judgement == FIRED && lines.equal))
            continue;
        accuse(v, CARD(DUPLICATE_SINGLETON), "{} stands there {} times: {}, and {}");
        say_text(v, field_name_of(all[i].token));
        say_number(v, lines.n);
        say_text(v, lines.first);
        say_text(v, lines.other);
        v->variant = all[i].variant;
        v->party = of_request ? "client-cache" : responder_of(e->facts);
        v->confidence = CONFIDENCE_CERTAIN;
        judgement = FIRED;
        if (!lines.equal)
            return FIRED;
        v->severity = SEVERITY_WARNING; /* goes on to look for a worse one */
    }
    return judgement;
}

/* ---- last-modified-in-future ---- */

static enum judgement judge_future(const struct evidence *e, struct verdict *v)
{
    const struct response_facts *r = &e->facts->response;
    if (!date_is_present(&r->last_modified))
        return NOT_APPLICABLE;
    if (lacks(e, v, NEEDS_PAIR))
        return WITHHELD;
    if (!date_is_valid(&r->last_modified) || !date_is_valid(&r->date) ||
        r->last_modified.lines > 1 || r->date.lines > 1)
        return PASSED;
    if (LIKELY(r->last_modified.date.seconds <= r->date.date.seconds))
        return PASSED;
    accuse(v, CARD(MODIFIED_IN_FUTURE), "Last-Modified: {} is later than Date: {}");
    say_text(v, r->last_modified.text);
    say_text(v, r->date.text);
    v->confidence = CONFIDENCE_CERTAIN;
    if (r->intermediary_signs) {
        v->severity = SEVERITY_WARNING;
        v->note = "an intermediary may have written the Date";
    }
    return FIRED;
}

/* ---- the rows ---- */

static const struct rule rows[ROWS] = {
    [BAD_HTTP_DATE] =
        {
            .card =
                {
                    .id = "bad-http-date",
                    .group = "hygiene",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "sender",
                    .section = "RFC 9110 §5.6.7",
                    .formerly = "RFC 7231 §7.1.1.1",
                    .title = "a date that is not written as dates are",
                    .means =
                        "There is one form to send: Sun, 06 Nov 1994 08:49:37 GMT. Conditions with "
                        "another date are ignored by some recipients and understood by others; an "
                        "Expires that is no date has expired. (Expires: 0 and -1 are read by "
                        "everybody as the past and are only listed.)",
                    .remedy =
                        "Format dates with the function for HTTP dates of your library, in "
                        "English and GMT; instead of Expires: 0 send Cache-Control: no-cache.",
                    .variants = date_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_date,
        },
    [DUPLICATE_SINGLETON] =
        {
            .card =
                {
                    .id = "duplicate-singleton-field",
                    .group = "hygiene",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "sender",
                    .section = "RFC 9110 §5.3",
                    .formerly = "RFC 7230 §3.2.2",
                    .title = "a field that may be there once is there several times",
                    .means = "Recipients take the first, the last, or none of them, so two caches "
                             "on the way may come to different ends. Lines that say the same do "
                             "less harm.",
                    .remedy =
                        "Set the field in one place: look for an application and a server or proxy "
                        "in front of it that both add it (nginx: proxy_hide_header; Apache: Header "
                        "set instead of add).",
                    .variants = singleton_variants,
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_duplicate,
        },
    [MODIFIED_IN_FUTURE] =
        {
            .card =
                {
                    .id = "last-modified-in-future",
                    .group = "hygiene",
                    .severity = SEVERITY_ERROR,
                    .norm = NORM_MUST,
                    .party = "origin",
                    .section = "RFC 9110 §8.8.2.1",
                    .formerly = "RFC 7232 §2.2.1",
                    .title = "Last-Modified is later than the response itself",
                    .means =
                        "Until that time has come, changes cannot be told from the date, and "
                        "clients that ask with it may be told 304 about what is new. Heuristic "
                        "lifetimes come out wrong as well.",
                    .remedy =
                        "Correct the time stamps of the files and the clocks and time zones of "
                        "the servers; send Date instead where the date lies ahead of it.",
                },
            .subjects = SUBJECT_ANY,
            .judge = judge_future,
        },
};

const struct rule_set rules_fields = {rows, ROWS};
