/* SPDX-License-Identifier: MIT */
/* Keys, references, patterns and queries of URLs; T18. */

#include "analysis/url.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/attributes.h"
#include "tests/support/spoken.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 4096);
}

static void teardown(void)
{
    arena_fini(&arena);
}

TestSuite(url, .init = setup, .fini = teardown);

static bool is(struct slice s, const char *text)
{
    return slice_is_absent(s) == (text == NULL) && slice_equal(s, slice_of_text(text));
}

// clang-format off
static const struct {
    const char *host, *target;
    bool secure;
    const char *key, *want_host, *path, *query;
    unsigned port;
    enum url_form form;
} keys[] = {
    {"example.org", "/", false, "http://example.org/", "example.org", "/", NULL, 80, URL_ORIGIN},
    {"example.org", "/", true, "https://example.org/", "example.org", "/", NULL, 443, URL_ORIGIN},
    {"Example.ORG:80", "/A?B", false, "http://example.org/A?B", "example.org", "/A", "B", 80, URL_ORIGIN},
    {"example.org:443", "/", true, "https://example.org/", "example.org", "/", NULL, 443, URL_ORIGIN},
    {"example.org:443", "/", false, "http://example.org:443/", "example.org", "/", NULL, 443, URL_ORIGIN},
    {"example.org:8080", "/a", false, "http://example.org:8080/a", "example.org", "/a", NULL, 8080, URL_ORIGIN},
    {"example.org:", "/a", false, "http://example.org/a", "example.org", "/a", NULL, 80, URL_ORIGIN},
    {"example.org:0080", "/a", false, "http://example.org/a", "example.org", "/a", NULL, 80, URL_ORIGIN},
    {"example.org:abc", "/a", false, "http://example.org:abc/a", "example.org", "/a", NULL, 0, URL_ORIGIN},
    {"example.org:99999", "/a", false, "http://example.org:99999/a", "example.org", "/a", NULL, 0, URL_ORIGIN},
    {"[2001:DB8::1]", "/a", false, "http://[2001:db8::1]/a", "[2001:db8::1]", "/a", NULL, 80, URL_ORIGIN},
    {"[2001:DB8::1]:8080", "/a", false, "http://[2001:db8::1]:8080/a", "[2001:db8::1]", "/a", NULL, 8080, URL_ORIGIN},
    {" example.org ", "/a", false, "http://example.org/a", "example.org", "/a", NULL, 80, URL_ORIGIN},
    /* percent-encoding */
    {"h", "/%7Euser/%41%62%2d", false, "http://h/~user/Ab-", "h", "/~user/Ab-", NULL, 80, URL_ORIGIN},
    {"h", "/a%2fb%3f?c=%26%c3%a4", false, "http://h/a%2Fb%3F?c=%26%C3%A4", "h", "/a%2Fb%3F", "c=%26%C3%A4", 80, URL_ORIGIN},
    {"h", "/%zz%4%", false, "http://h/%zz%4%", "h", "/%zz%4%", NULL, 80, URL_ORIGIN},
    {"h", "/%00%2541", false, "http://h/%00%2541", "h", "/%00%2541", NULL, 80, URL_ORIGIN},
    {"h", "/a?", false, "http://h/a?", "h", "/a", "", 80, URL_ORIGIN},
    {"h", "/a?b?c", false, "http://h/a?b?c", "h", "/a", "b?c", 80, URL_ORIGIN},
    {"h", "//a/../b", false, "http://h//a/../b", "h", "//a/../b", NULL, 80, URL_ORIGIN},
    /* absolute form wins over Host */
    {"other", "http://Example.org/x", false, "http://example.org/x", "example.org", "/x", NULL, 80, URL_ABSOLUTE},
    {NULL, "HTTP://Example.org:80", false, "http://example.org/", "example.org", "/", NULL, 80, URL_ABSOLUTE},
    {NULL, "http://example.org?q", false, "http://example.org/?q", "example.org", "/", "q", 80, URL_ABSOLUTE},
    {NULL, "https://example.org/", false, "https://example.org/", "example.org", "/", NULL, 443, URL_ABSOLUTE},
    {NULL, "http://user:secret@example.org/", false, "http://example.org/", "example.org", "/", NULL, 80, URL_ABSOLUTE},
    {NULL, "ftp://example.org/f", false, "ftp://example.org/f", "example.org", "/f", NULL, 80, URL_ABSOLUTE},
    {NULL, "http:///x", false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
    {"h", "*", false, "http://h", "h", "", NULL, 80, URL_ASTERISK},
    /* no URL */
    {NULL, "/", false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
    {"", "/", false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
    {"h", "", false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
    {"h", NULL, false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
    {"h", "index.html", false, NULL, NULL, NULL, NULL, 0, URL_UNKNOWN},
};

static const struct { const char *base, *reference, *key; } references[] = {
    {"/a/b?c", "/x", "http://h/x"},
    {"/a/b?c", "x", "http://h/a/x"},
    {"/a/b?c", "?d", "http://h/a/b?d"},
    {"/a/b", "//Other:80/y", "http://other/y"},
    {"/a/b", "https://Other/y#frag", "https://other/y"},
    {"/a/b", "/x#frag", "http://h/x"},
    {"/a/b", "/x:y", "http://h/x:y"},
    {"/a/b", "mailto:a@b", NULL},
    {"/a/b", "../x", NULL},
    {"/a/b", "", NULL},
    {"/a/b", "#frag", NULL},
    {"/a/b", "//", NULL},
};

static const struct { const char *target, *pattern; } patterns[] = {
    {"/", "/"},
    {"/index.html", "/index.html"},
    {"/user/42/avatar", "/user/*/avatar"},
    {"/user/0f8fad5b-d9cb-469f-a165-70867728950e/avatar", "/user/*/avatar"},
    {"/static/app.3f2a9c1b.js", "/static/app.*.js"},
    {"/static/app.js", "/static/app.js"},
    {"/static/main-3f2a9c1b4e.chunk.css", "/static/main-*.chunk.css"},
    {"/static/jquery-3.6.0.min.js", "/static/jquery-*.min.js"},
    {"/img/2024/05/17/photo_1.jpg", "/img/*/*/*/photo_*.jpg"},
    {"/o/9e107d9d372bb6826bd81d3542a419d6", "/o/*"},
    {"/o/k7Qz81xPqT", "/o/*"},
    {"/video/seg-00017.ts", "/video/seg-*.ts"},
    {"/v2/list", "/v2/list"},
    {"/api/v1.1/x", "/api/v1.*/x"},
    {"/font/icons.woff2", "/font/icons.woff2"},
    {"/a/decade/facade", "/a/decade/facade"},
    {"/article/how-to-cook-rice", "/article/how-to-cook-rice"},
    {"/data?x=1&y=2", "/data"},
    {"/%E4%B8%AD/x", "/%E4%B8%AD/x"},
    {"/a//b", "/a//b"},
    {"/x/dGhpc0lzQVJhbmRvbVRva2Vu", "/x/*"},
};

static const struct { const char *target, *bare; unsigned busters; bool is_signed; } busters[] = {
    {"/a", "http://h/a", 0, false},
    {"/a?", "http://h/a?", 0, false},
    {"/a?x=1", "http://h/a?x=1", 0, false},
    {"/a?_=1718000000000", "http://h/a", 1, false},
    {"/a?x=1&_=1718000000000&y=2", "http://h/a?x=1&y=2", 1, false},
    {"/a?cb=0.8437120941", "http://h/a", 1, false},
    {"/a?v=3f2a9c1b", "http://h/a", 1, false},
    {"/a?v=2", "http://h/a?v=2", 0, false},
    {"/a?V=12345678", "http://h/a", 1, false},
    {"/a?1718000000000", "http://h/a", 1, false},
    {"/a?whatever=1718000000000", "http://h/a", 1, false},
    {"/a?id=12345678", "http://h/a?id=12345678", 0, false},
    {"/a?rnd=&t=&x", "http://h/a?rnd=&t=&x", 0, false},
    {"/a?X-Amz-Date=20240101T000000Z&X-Amz-Signature=abc&w=5", "http://h/a?w=5", 0, true},
    {"/a?Expires=1718000000&Signature=abcdefgh~&Key-Pair-Id=K", "http://h/a", 0, true},
    {"/a?expires=1718000000", "http://h/a?expires=1718000000", 0, false},
    {"/a?v=feedface", "http://h/a?v=feedface", 0, false},
};

static const struct { const char *target, *rule, *key; } ignored[] = {
    {"/a?b=1&c=2", NULL, "http://h/a?b=1&c=2"},
    {"/a?b=1&c=2", "params", "http://h/a"},
    {"/a?b=1&c=2", "params=?1", "http://h/a"},
    {"/a?b=1&c=2", "params=?0", "http://h/a?b=1&c=2"},
    {"/a?b=1&c=2", "params=(\"b\")", "http://h/a?c=2"},
    {"/a?b=1&c=2", "params=(\"b\" \"c\")", "http://h/a"},
    {"/a?b=1&c=2", "params, except=(\"c\")", "http://h/a?c=2"},
    {"/a?c=2&b=1", "key-order", "http://h/a?b=1&c=2"},
    {"/a?c=2&b=1&a", "key-order, params=(\"a\")", "http://h/a?b=1&c=2"},
    {"/a?b=1", "params=\"b\"", "http://h/a?b=1"},
    {"/a", "params", "http://h/a"},
};
// clang-format on

static struct url url(const char *target)
{
    return url_make(false, SLICE("h"), slice_of_text(target), METHOD_GET, &arena);
}

Test(url, keys)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct url u = url_make(keys[i].secure, slice_of_text(keys[i].host),
                                slice_of_text(keys[i].target), METHOD_GET, &arena);
        cr_expect(u.form == keys[i].form, "%zu: form %d", i, u.form);
        cr_expect(is(u.key, keys[i].key), "%zu: " SLICE_FMT, i, SLICE_ARG(u.key));
        cr_expect(is(u.host, keys[i].want_host), "%zu: " SLICE_FMT, i, SLICE_ARG(u.host));
        cr_expect(is(u.path, keys[i].path), "%zu: " SLICE_FMT, i, SLICE_ARG(u.path));
        cr_expect(is(u.query, keys[i].query), "%zu: " SLICE_FMT, i, SLICE_ARG(u.query));
        cr_expect(u.port == keys[i].port, "%zu: port %u", i, u.port);
    }
}

Test(url, normalising_twice_changes_nothing)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct url u = url_make(keys[i].secure, slice_of_text(keys[i].host),
                                slice_of_text(keys[i].target), METHOD_GET, &arena);
        if (u.form != URL_ORIGIN && u.form != URL_ABSOLUTE)
            continue;
        struct url again = url_make(keys[i].secure, SLICE("other"), u.key, METHOD_GET, &arena);
        cr_expect(slice_equal(again.key, u.key), "%zu: " SLICE_FMT, i, SLICE_ARG(again.key));
    }
}

Test(url, nul_and_control_octets_are_data)
{
    struct url u = url_make(false, SLICE("h\0i"), SLICE("/a\0b\xFF\r?\0"), METHOD_GET, &arena);
    cr_expect(slice_equal(u.key, SLICE("http://h\0i/a\0b\xFF\r?\0")));
    cr_expect(slice_equal(u.path, SLICE("/a\0b\xFF\r")));
}

Test(url, connect_has_a_host_and_no_key)
{
    struct url u = url_make(false, SLICE("x"), SLICE("Example.org:443"), METHOD_CONNECT, &arena);
    cr_expect(u.form == URL_AUTHORITY && is(u.host, "example.org") && u.port == 443);
    cr_expect(slice_is_absent(u.key));
}

Test(url, of_an_exchange)
{
    struct facts f = facts_spoken("GET /x?y HTTP/1.1\nHost: Foo\n", "200\n");
    struct exchange *x = (struct exchange *)(uintptr_t)f.x;
    struct slice target = x->target;
    x->target = slice_cut(&target, ' ');
    cr_expect(is(url_of(x, &arena).key, "http://foo/x?y"));
    x->secure = true;
    cr_expect(is(url_of(x, &arena).key, "https://foo/x?y"), "T18: another key");
    spoken_free(&f);
}

Test(url, references)
{
    for (size_t i = 0; i < COUNT_OF(references); i++) {
        struct url base = url(references[i].base);
        struct url u = url_resolve(&base, slice_of_text(references[i].reference), &arena);
        cr_expect(is(u.key, references[i].key), "%zu: " SLICE_FMT, i, SLICE_ARG(u.key));
    }
}

Test(url, same_origin)
{
    struct url a = url("/x"), b = url("/y"), c = url("https://h/x"), d = url("http://h:81/"),
               none = {0};
    none.scheme = "http";
    cr_expect(url_same_origin(&a, &b));
    cr_expect(!url_same_origin(&a, &c));
    cr_expect(!url_same_origin(&a, &d));
    cr_expect(!url_same_origin(&none, &none));
}

Test(url, sites)
{
    cr_expect(is(url_site(SLICE("a.b.example.org")), "example.org"));
    cr_expect(is(url_site(SLICE("example.org")), "example.org"));
    cr_expect(is(url_site(SLICE("www.example.org.")), "example.org"));
    cr_expect(is(url_site(SLICE("localhost")), "localhost"));
    cr_expect(is(url_site(SLICE("192.0.2.1")), "192.0.2.1"));
    cr_expect(is(url_site(SLICE("[::1]")), "[::1]"));
    cr_expect(is(url_host_in(SLICE("https://u@Www.x.org:8/p?q")), "Www.x.org"));
    cr_expect(is(url_host_in(SLICE("null")), NULL));
    cr_expect(is(url_host_in(SLICE("/path")), NULL));
}

Test(url, patterns)
{
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct url u = url(patterns[i].target);
        struct slice pattern = url_pattern(&u, &arena);
        cr_expect(is(pattern, patterns[i].pattern), "%s: " SLICE_FMT, patterns[i].target,
                  SLICE_ARG(pattern));
    }
}

Test(url, a_pattern_is_bounded)
{
    char target[5000] = "/";
    for (int i = 1; i < 4998; i++)
        target[i] = i % 7 ? 'a' : '/';
    struct url u = url(target);
    struct slice pattern = url_pattern(&u, &arena);
    cr_expect(pattern.len <= 1024 && pattern.at[pattern.len - 1] == '*');
}

Test(url, families_are_first_folder_and_extension)
{
    struct url a = url("/static/app.3f2a.js"), b = url("/static/x/y.js"), c = url("/static/y.css");
    struct url d = url("/other/y.js"), e = url("/y.js");
    cr_expect(url_family(&a) == url_family(&b));
    cr_expect(url_family(&a) != url_family(&c));
    cr_expect(url_family(&a) != url_family(&d));
    cr_expect(url_family(&e) != url_family(&d));
}

Test(url, cache_busters)
{
    for (size_t i = 0; i < COUNT_OF(busters); i++) {
        struct url u = url(busters[i].target);
        struct url_bare bare = url_without_busters(&u, &arena);
        cr_expect(is(bare.key, busters[i].bare), "%s: " SLICE_FMT, busters[i].target,
                  SLICE_ARG(bare.key));
        cr_expect(bare.busters == busters[i].busters, "%s", busters[i].target);
        cr_expect(bare.is_signed == busters[i].is_signed, "%s", busters[i].target);
    }
}

Test(url, no_vary_search)
{
    for (size_t i = 0; i < COUNT_OF(ignored); i++) {
        struct url u = url(ignored[i].target);
        struct slice key = url_no_vary_search(&u, slice_of_text(ignored[i].rule), &arena);
        cr_expect(is(key, ignored[i].key), "%zu: " SLICE_FMT, i, SLICE_ARG(key));
    }
}
