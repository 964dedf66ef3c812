/* SPDX-License-Identifier: MIT */
/*
 * Signs of software. A product is the token before "/" (RFC 9110 §10.1.5), and Via has it in a
 * comment: "1.1 proxy (squid/5.7)"; so every token of these fields is held against the list, as a
 * whole: Apache-Coyote is not Apache. Heads are read here as octets, once more and freely: what
 * reaches this file was received in full, and a sign that is missed costs a line of advice.
 */

#include "reports/advice/software.h"

#include <string.h>

#include "base/attributes.h"
#include "decode/fields.h"
#include "reports/options/values.h"

enum place { IN_SERVER, IN_VIA, IN_POWERED_BY, IN_AGENT, PRODUCTS, BY_COOKIE = PRODUCTS, BY_FIELD };

/* `text`: a product, a glob over the names of cookies, a field's name. */
static const struct sign {
    enum place place;
    const char *text;
    enum software software;
} signs[] = {
    // clang-format off
    {IN_SERVER, "nginx", SOFTWARE_NGINX},
    {IN_SERVER, "openresty", SOFTWARE_NGINX},
    {IN_SERVER, "Apache", SOFTWARE_APACHE},
    {IN_VIA, "Apache", SOFTWARE_APACHE},
    {IN_SERVER, "Caddy", SOFTWARE_CADDY},
    {IN_VIA, "Caddy", SOFTWARE_CADDY},
    {IN_SERVER, "lighttpd", SOFTWARE_LIGHTTPD},
    {IN_SERVER, "Microsoft-IIS", SOFTWARE_IIS},
    {IN_SERVER, "Varnish", SOFTWARE_VARNISH},
    {IN_VIA, "varnish", SOFTWARE_VARNISH},
    {BY_FIELD, "x-varnish", SOFTWARE_VARNISH},
    {IN_SERVER, "squid", SOFTWARE_SQUID},
    {IN_VIA, "squid", SOFTWARE_SQUID},
    {BY_FIELD, "x-squid-error", SOFTWARE_SQUID},
    {IN_VIA, "haproxy", SOFTWARE_HAPROXY},
    {IN_SERVER, "ATS", SOFTWARE_TRAFFICSERVER},
    {IN_VIA, "ApacheTrafficServer", SOFTWARE_TRAFFICSERVER},
    {IN_VIA, "ATS", SOFTWARE_TRAFFICSERVER},
    {IN_SERVER, "cloudflare", SOFTWARE_CLOUDFLARE},
    {BY_FIELD, "cf-ray", SOFTWARE_CLOUDFLARE},
    {IN_SERVER, "CloudFront", SOFTWARE_CLOUDFRONT},
    {IN_VIA, "CloudFront", SOFTWARE_CLOUDFRONT},
    {BY_FIELD, "x-amz-cf-id", SOFTWARE_CLOUDFRONT},
    {BY_FIELD, "x-fastly-request-id", SOFTWARE_FASTLY},
    {BY_FIELD, "fastly-restarts", SOFTWARE_FASTLY},
    {IN_SERVER, "AkamaiGHost", SOFTWARE_AKAMAI},
    {IN_SERVER, "AkamaiNetStorage", SOFTWARE_AKAMAI},
    {BY_FIELD, "x-akamai-transformed", SOFTWARE_AKAMAI},
    {BY_COOKIE, "_*_session", SOFTWARE_RAILS},
    {BY_FIELD, "x-debug-token", SOFTWARE_SYMFONY},
    {BY_FIELD, "x-drupal-cache", SOFTWARE_SYMFONY},
    {BY_COOKIE, "laravel_session", SOFTWARE_SYMFONY},
    {IN_SERVER, "PHP", SOFTWARE_PHP},
    {IN_POWERED_BY, "PHP", SOFTWARE_PHP},
    {BY_COOKIE, "PHPSESSID", SOFTWARE_PHP},
    {BY_COOKIE, "csrftoken", SOFTWARE_DJANGO},
    {IN_SERVER, "WSGIServer", SOFTWARE_PYTHON},
    {IN_SERVER, "Werkzeug", SOFTWARE_FLASK},
    {IN_SERVER, "SimpleHTTP", SOFTWARE_PYTHON},
    {IN_SERVER, "BaseHTTP", SOFTWARE_PYTHON},
    {IN_SERVER, "gunicorn", SOFTWARE_PYTHON},
    {IN_SERVER, "uvicorn", SOFTWARE_PYTHON},
    {IN_POWERED_BY, "Express", SOFTWARE_EXPRESS},
    {BY_COOKIE, "connect.sid", SOFTWARE_EXPRESS},
    {BY_COOKIE, "JSESSIONID", SOFTWARE_SPRING},
    {BY_FIELD, "x-application-context", SOFTWARE_SPRING},
    {IN_SERVER, "Apache-Coyote", SOFTWARE_SPRING},
    {IN_POWERED_BY, "ASP.NET", SOFTWARE_ASPNET},
    {IN_SERVER, "Kestrel", SOFTWARE_ASPNET},
    {BY_FIELD, "x-aspnet-version", SOFTWARE_ASPNET},
    {BY_FIELD, "x-aspnetmvc-version", SOFTWARE_ASPNET},
    {BY_COOKIE, "ASP.NET_SessionId", SOFTWARE_ASPNET},
    {BY_COOKIE, ".AspNetCore.*", SOFTWARE_ASPNET},
    {IN_AGENT, "curl", SOFTWARE_CURL},
    {IN_AGENT, "Wget", SOFTWARE_WGET},
    {IN_AGENT, "python-requests", SOFTWARE_REQUESTS},
    {IN_AGENT, "Go-http-client", SOFTWARE_GO_CLIENT},
    {IN_AGENT, "okhttp", SOFTWARE_OKHTTP},
    {IN_AGENT, "Mozilla", SOFTWARE_BROWSER},
    // clang-format on
};

static const struct {
    const char *word, *name;
} rows[] = {
#define SOFTWARE_ROW(name, word, shown) {word, shown},
#include "reports/advice/software.def"
#undef SOFTWARE_ROW
};

const char *software_word(unsigned software)
{
    return software < SOFTWARES ? rows[software].word : NULL;
}

const char *software_name(unsigned software)
{
    return software < SOFTWARES ? rows[software].name : NULL;
}

enum software software_by_word(struct slice word)
{
    unsigned i = 0;
    while (i < SOFTWARES && !slice_equal(word, slice_of_text(rows[i].word)))
        i++;
    return (enum software)i;
}

/* ---- signs ---- */

static uint64_t signs_of(enum place place, struct slice text)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < COUNT_OF(signs); i++) {
        if (signs[i].place != place)
            continue;
        bool matches = place == BY_COOKIE ? glob_matches(signs[i].text, text)
                                          : slice_equal_nocase(text, slice_of_text(signs[i].text));
        if (matches)
            set |= UINT64_C(1) << signs[i].software;
    }
    return set;
}

/* Every token of a value, versions and comments among them. */
static uint64_t products_in(enum place place, struct slice value)
{
    uint64_t set = 0;
    for (size_t at = 0; at < value.len;) {
        size_t from = at;
        while (at < value.len && octet_is_token(value.at[at]))
            at++;
        if (at > from)
            set |= signs_of(place, slice_of(value.at + from, at - from));
        at += at == from;
    }
    return set;
}

/* The names of a Cookie field: "name=value; name=value". */
static uint64_t cookies_in(struct slice value)
{
    uint64_t set = 0;
    while (!slice_is_absent(value)) {
        struct slice pair = slice_trim(slice_cut(&value, ';'));
        set |= signs_of(BY_COOKIE, slice_first(pair, slice_find(pair, '=')));
    }
    return set;
}

static uint64_t field_signs(struct slice name, struct slice value, bool of_request)
{
    enum field_token token = field_token_of(name);
    if (of_request)
        return token == FIELD_USER_AGENT ? products_in(IN_AGENT, value)
               : token == FIELD_COOKIE   ? cookies_in(value)
               : token == FIELD_VIA      ? products_in(IN_VIA, value) /* who hands it on */
                                         : 0;
    switch (token) {
    case FIELD_SERVER:
        return products_in(IN_SERVER, value);
    case FIELD_VIA:
        return products_in(IN_VIA, value);
    case FIELD_X_POWERED_BY:
        return products_in(IN_POWERED_BY, value);
    case FIELD_SET_COOKIE: /* one cookie, and then its attributes */
        return cookies_in(slice_cut(&value, ';'));
    default:
        return signs_of(BY_FIELD, name);
    }
}

static uint64_t head_signs(struct slice head, bool of_request)
{
    uint64_t set = 0;
    slice_cut(&head, '\n'); /* the start line */
    while (!slice_is_absent(head)) {
        struct slice value = slice_cut(&head, '\n');
        struct slice name = slice_trim(slice_cut(&value, ':'));
        if (!slice_is_absent(value))
            set |= field_signs(name, value, of_request);
    }
    return set;
}

uint64_t software_in_request(struct slice head)
{
    return head_signs(head, true);
}

uint64_t software_in_response(struct slice head)
{
    return head_signs(head, false);
}

/* ---- sets as text ---- */

const char *software_words(uint64_t set, char text[SOFTWARE_TEXT])
{
    char *out = text;
    *out = '\0';
    for (unsigned i = 0; i < SOFTWARES; i++) {
        if (!(set >> i & 1))
            continue;
        if (out != text)
            *out++ = ' ';
        out = stpcpy(out, rows[i].word);
    }
    return text;
}

uint64_t software_set(struct slice words)
{
    uint64_t set = 0;
    while (!slice_is_absent(words)) {
        enum software software = software_by_word(slice_cut(&words, ' '));
        if (software < SOFTWARES)
            set |= UINT64_C(1) << software;
    }
    return set;
}
