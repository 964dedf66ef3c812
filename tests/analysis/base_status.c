/* SPDX-License-Identifier: MIT */
/* Plain answers: which ones there are, and which of them a 304 may not take the place of. */

#include "analysis/base_status.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

#define GET "GET /a\nHost: x\n"

static bool is_told(const char *request, const char *response)
{
    struct facts facts = facts_spoken(request, response);
    bool told = base_status_is_told(&facts);
    spoken_free(&facts);
    return told;
}

static struct base_status status_of(const char *request, const char *response, uint64_t user)
{
    struct facts facts = facts_spoken(request, response);
    struct base_status base = base_status_of(&facts, 7, user);
    spoken_free(&facts);
    return base;
}

Test(base_status, a_whole_answer_to_a_plain_get_tells_it)
{
    static const struct {
        const char *request, *response;
        bool told;
    } rows[] = {
        {GET, "200\nETag: \"a\"\n", true},
        {GET, "404\nServer: s\n", true},
        {GET, "304\nETag: \"a\"\n", false},
        {"HEAD /a\nHost: x\n", "404\nServer: s\n", false},
        {"POST /a\nHost: x\n", "404\nServer: s\n", false},
        {GET "If-None-Match: \"a\"\n", "404\nServer: s\n", false},
        {GET "If-Modified-Since: " SPOKEN_DATE "\n", "404\nServer: s\n", false},
        {GET "If-Match: \"a\"\n", "412\nServer: s\n", false},
        {GET "Range: bytes=0-9\n", "206\nServer: s\n", false},
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++)
        cr_expect(eq(int, is_told(rows[r].request, rows[r].response), rows[r].told), "row %zu", r);
}

Test(base_status, what_excludes_a_304)
{
    static const uint16_t excluding[] = {301, 302, 303, 307, 308, 401, 403, 404, 410};
    for (uint16_t status = 200; status < 600; status++) {
        struct base_status base = {.exchange_id = 1, .status = status};
        bool expected = false;
        for (size_t i = 0; i < COUNT_OF(excluding); i++)
            expected |= excluding[i] == status;
        cr_expect(eq(int, base_status_excludes_304(&base), expected), "%u", status);
        base.exchange_id = 0; /* none was seen */
        cr_expect(not(base_status_excludes_304(&base)), "%u", status);
    }
}

Test(base_status, a_connection_may_have_been_let_in)
{
    static const struct {
        const char *response;
        bool by_connection;
    } rows[] = {
        {"401\nWWW-Authenticate: NTLM\n", true},
        {"401\nWWW-Authenticate: Basic realm=\"r\"\nWWW-Authenticate: negotiate\n", true},
        {"401\nWWW-Authenticate: Basic realm=\"NTLM\"\n", false},
        {"401\nServer: s\n", false},
        {"403\nWWW-Authenticate: NTLM\n", false},
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        struct base_status base = status_of(GET, rows[r].response, 1);
        cr_expect(eq(int, base.by_connection, rows[r].by_connection), "row %zu", r);
        cr_expect(eq(int, base_status_excludes_304(&base), !rows[r].by_connection), "row %zu", r);
    }
}

Test(base_status, a_cache_on_the_way_is_noticed)
{
    cr_expect(not(status_of(GET, "404\nServer: s\n", 1).by_cache));
    cr_expect(status_of(GET, "404\nAge: 3\n", 1).by_cache);
    cr_expect(status_of(GET, "404\nVia: 1.1 p\n", 1).by_cache);
    cr_expect(status_of(GET, "404\nX-Cache: HIT\n", 1).by_cache);
}

Test(base_status, the_same_answer_to_the_same_user)
{
    static const struct {
        const char *request, *response;
        uint64_t user;
        bool equal;
    } rows[] = {
        {GET, "302\nLocation: /b\n", 5, true},
        {GET "X-Trace: 1\n", "302\nLocation: /b\nX-Trace: 1\n", 5, true},
        {GET, "302\nLocation: /c\n", 5, false},
        {GET, "302\nServer: s\n", 5, false},
        {GET, "301\nLocation: /b\n", 5, false},
        {GET, "302\nLocation: /b\n", 6, false},
        {GET "Referer: http://y/\n", "302\nLocation: /b\n", 5, false},
        {GET "Accept-Language: de\n", "302\nLocation: /b\n", 5, false},
    };
    struct base_status first = status_of(GET, "302\nLocation: /b\n", 5);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        struct base_status other = status_of(rows[r].request, rows[r].response, rows[r].user);
        cr_expect(eq(int, base_status_equal(&first, &other), rows[r].equal), "row %zu", r);
        cr_expect(eq(int, base_status_equal(&other, &first), rows[r].equal), "row %zu", r);
    }
    struct base_status nobody = status_of(GET, "302\nLocation: /b\n", 0), none = {0};
    cr_expect(not(base_status_equal(&nobody, &nobody)));
    cr_expect(not(base_status_equal(&none, &first)));
}
